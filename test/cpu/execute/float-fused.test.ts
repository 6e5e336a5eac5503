import { expect, test } from 'vitest';
import * as fused from '../../../src/cpu/execute/float-fused.ts';
import { FloatHarness } from '../../support/float-harness.ts';

test.each([
  // op xmm0 (2), xmm1 (3), xmm2 (5)     opcode  first doubles of ymm0 after
  ['VFMADD132PD 2*5+3',                  0x98, [13, 13, 0, 0]],
  ['VFMADD213PD 3*2+5',                  0xa8, [11, 11, 0, 0]],
  ['VFMADD231PD 3*5+2',                  0xb8, [17, 17, 0, 0]],
  ['VFMSUB231PD 3*5-2',                  0xba, [13, 13, 0, 0]],
  ['VFNMADD231PD -3*5+2',                0xbc, [-13, -13, 0, 0]],
  ['VFNMSUB231PD -3*5-2',                0xbe, [-17, -17, 0, 0]],
  ['VFMADDSUB231PD 3*5-2, 3*5+2',        0xb6, [13, 17, 0, 0]],
  ['VFMSUBADD231PD 3*5+2, 3*5-2',        0xb7, [17, 13, 0, 0]],
  ['VFMADD231SD 3*5+2, the rest of xmm0', 0xb9, [17, 2, 0, 0]],
])('%s', (_text, opcode, after) => {
  const h = new FloatHarness(fused);
  h.setDoubles(0, 2, 2, 2, 2);
  h.setDoubles(1, 3, 3, 3, 3);
  h.setDoubles(2, 5, 5, 5, 5);
  expect(h.run(0xc4, 0xe2, 0xf1, opcode, 0xc2)).toBeUndefined();
  expect(h.doubles(0)).toEqual(after);
}); // biome-ignore format: a table.

test('the product is not rounded', () => {
  const h = new FloatHarness(fused);
  const x = 1 + 2 ** -52;
  h.setDoubles(0, -(1 + 2 ** -51));
  h.setDoubles(1, x);
  h.setDoubles(2, x);
  expect(h.run(0xc4, 0xe2, 0xf1, 0xb9, 0xc2)).toBeUndefined(); // vfmadd231sd xmm0, xmm1, xmm2
  expect(h.doubles(0, 1)).toEqual([2 ** -104]);
  expect(h.mxcsr).toBe(0x1f80);
});
