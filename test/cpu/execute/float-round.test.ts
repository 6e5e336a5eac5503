import { expect, test } from 'vitest';
import * as round from '../../../src/cpu/execute/float-round.ts';
import { FloatHarness } from '../../support/float-harness.ts';

test.each([
  // imm8  MXCSR    doubles of xmm0 after      MXCSR after
  [0x0,   0x1f80, [2, -2],                   0x1fa0], // Nearest, even.
  [0x1,   0x1f80, [2, -3],                   0x1fa0], // Down.
  [0x2,   0x1f80, [3, -2],                   0x1fa0], // Up.
  [0x3,   0x1f80, [2, -2],                   0x1fa0], // Towards zero.
  [0x4,   0x5f80, [3, -2],                   0x5fa0], // As MXCSR says: up.
  [0xa,   0x1f80, [3, -2],                   0x1f80], // PE suppressed.
])('ROUNDPD xmm0, xmm1, %i with %i', (immediate, before, after, mxcsr) => {
  const h = new FloatHarness(round);
  h.setDoubles(1, 2.5, -2.5);
  h.mxcsr = before;
  expect(h.run(0x66, 0x0f, 0x3a, 0x09, 0xc1, immediate)).toBeUndefined();
  expect(h.doubles(0, 2)).toEqual(after);
  expect(h.mxcsr).toBe(mxcsr);
}); // biome-ignore format: a table.

test('scalars keep the rest', () => {
  const h = new FloatHarness(round);
  h.setSingles(0, 1, 2, 3, 4, 5, 6, 7, 8);
  h.setSingles(1, 1.25, 20, 30, 40);
  expect(h.run(0x66, 0x0f, 0x3a, 0x0a, 0xc1, 2)).toBeUndefined(); // roundss xmm0, xmm1, up
  expect(h.singles(0)).toEqual([2, 2, 3, 4, 5, 6, 7, 8]);
  expect(h.run(0xc4, 0xe3, 0x71, 0x0a, 0xc1, 2)).toBeUndefined(); // vroundss xmm0, xmm1, xmm1, up
  expect(h.singles(0)).toEqual([2, 20, 30, 40, 0, 0, 0, 0]);
});
