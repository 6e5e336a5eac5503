import { expect, test } from 'vitest';
import * as convert from '../../../src/cpu/execute/float-convert-integer.ts';
import { STATE_FSW, STATE_FTW, STATE_X87 } from '../../../src/state/layout.ts';
import { FloatHarness } from '../../support/float-harness.ts';

test('from general registers', () => {
  const h = new FloatHarness(convert);
  h.set('rcx', 0xffffffff_fffffffen);
  h.setDoubles(0, 1, 2);
  expect(h.run(0xf2, 0x0f, 0x2a, 0xc1)).toBeUndefined(); // cvtsi2sd xmm0, ecx
  expect(h.doubles(0, 2)).toEqual([-2, 2]);
  h.set('rcx', 0x7fffffff_ffffffffn);
  expect(h.run(0xf2, 0x48, 0x0f, 0x2a, 0xc1)).toBeUndefined(); // cvtsi2sd xmm0, rcx
  expect(h.doubles(0, 2)).toEqual([2 ** 63, 2]);
  expect(h.mxcsr).toBe(0x1fa0);
});

test.each([
  // bytes                         double       rax after
  [[0xf2, 0x0f, 0x2d, 0xc1],       -2.5,        0xfffffffen],
  [[0xf2, 0x0f, 0x2c, 0xc1],       -2.9,        0xfffffffen],
  [[0xf2, 0x48, 0x0f, 0x2c, 0xc1], -2.9,        0xffffffff_fffffffen],
  [[0xf2, 0x0f, 0x2d, 0xc1],       3e9,         0x80000000n],
  [[0xf2, 0x48, 0x0f, 0x2d, 0xc1], 3e9,         3000000000n],
  [[0xf2, 0x48, 0x0f, 0x2d, 0xc1], 1e19,        0x80000000_00000000n],
])('to general registers: %j of %d is %i', (bytes, value, after) => {
  const h = new FloatHarness(convert);
  h.set('rax', 0x11111111_11111111n);
  h.setDoubles(1, value);
  expect(h.run(...bytes)).toBeUndefined();
  expect(h.get('rax')).toBe(after);
}); // biome-ignore format: a table.

test('MMX registers: the x87 state changes, but not for CVTPI2PD from memory', () => {
  const h = new FloatHarness(convert);
  const { words } = h.core;
  words[STATE_FSW >> 2] = 0x1800;
  h.set('rbx', 0x30000);
  h.write64(0x30000, 0x00000005_fffffffdn);
  expect(h.run(0x66, 0x0f, 0x2a, 0x03)).toBeUndefined(); // cvtpi2pd xmm0, [rbx]
  expect(h.doubles(0, 2)).toEqual([-3, 5]);
  expect(words[STATE_FSW >> 2]).toBe(0x1800);
  h.setSingles(1, 1.5, -7);
  expect(h.run(0x0f, 0x2d, 0xd1)).toBeUndefined(); // cvtps2pi mm2, xmm1
  const mm2 = (STATE_X87 >> 2) + 2 * 4;
  expect([words[mm2], words[mm2 + 1], words[mm2 + 2]]).toEqual([2, -7, 0xffff]);
  expect([words[STATE_FSW >> 2], words[STATE_FTW >> 2]]).toEqual([0, 0xff]);
});
