import { expect, test } from 'vitest';
import * as horizontal from '../../../src/cpu/execute/float-horizontal.ts';
import { FloatHarness } from '../../support/float-harness.ts';

test.each([
  // instruction                    bytes                                  singles of ymm0 after
  ['HADDPS xmm0, xmm1',             [0xf2, 0x0f, 0x7c, 0xc1],              [3, 7, 30, 70, 5, 6, 7, 8]],
  ['HSUBPS xmm0, xmm1',             [0xf2, 0x0f, 0x7d, 0xc1],              [-1, -1, -10, -10, 5, 6, 7, 8]],
  ['VHADDPS ymm0, ymm0, ymm1',      [0xc5, 0xff, 0x7c, 0xc1],              [3, 7, 30, 70, 11, 15, 110, 150]],
  ['ADDSUBPS xmm0, xmm1',           [0xf2, 0x0f, 0xd0, 0xc1],              [-9, 22, -27, 44, 5, 6, 7, 8]],
  ['DPPS xmm0, xmm1, 0x75',         [0x66, 0x0f, 0x3a, 0x40, 0xc1, 0x75],  [140, 0, 140, 0, 5, 6, 7, 8]],
  ['VDPPS xmm0, xmm0, xmm1, 0xf1',  [0xc4, 0xe3, 0x79, 0x40, 0xc1, 0xf1],  [300, 0, 0, 0, 0, 0, 0, 0]],
  ['VDPPS ymm0, ymm0, ymm1, 0xf8',  [0xc4, 0xe3, 0x7d, 0x40, 0xc1, 0xf8],  [0, 0, 0, 300, 0, 0, 0, 1740]],
])('%s', (_text, bytes, after) => {
  const h = new FloatHarness(horizontal);
  h.setSingles(0, 1, 2, 3, 4, 5, 6, 7, 8);
  h.setSingles(1, 10, 20, 30, 40, 50, 60, 70, 80);
  expect(h.run(...bytes)).toBeUndefined();
  expect(h.singles(0)).toEqual(after);
}); // biome-ignore format: a table.

test('DPPD, HADDPD, ADDSUBPD', () => {
  const h = new FloatHarness(horizontal);
  h.setDoubles(0, 1, 2);
  h.setDoubles(1, 10, 20);
  expect(h.run(0x66, 0x0f, 0x3a, 0x41, 0xc1, 0x32)).toBeUndefined(); // dppd xmm0, xmm1, 0x32
  expect(h.doubles(0, 2)).toEqual([0, 50]);
  expect(h.run(0x66, 0x0f, 0x7c, 0xc1)).toBeUndefined(); // haddpd xmm0, xmm1
  expect(h.doubles(0, 2)).toEqual([50, 30]);
  expect(h.run(0x66, 0x0f, 0xd0, 0xc1)).toBeUndefined(); // addsubpd xmm0, xmm1
  expect(h.doubles(0, 2)).toEqual([40, 50]);
});

test('an unmasked exception of a product leaves the sum undone: PE, and not the IE of infinity minus infinity', () => {
  const h = new FloatHarness(horizontal);
  h.setWords(0, 0x7f7fffff, 0x7f7fffff);
  h.setWords(1, 0x7f7fffff, 0xff7fffff);
  h.mxcsr = 0x0f80;
  expect(h.run(0x66, 0x0f, 0x3a, 0x40, 0xc1, 0x31)).toBe('#XM');
  expect(h.mxcsr).toBe(0x0fa8);
  expect(h.words(0, 2)).toEqual([0x7f7fffff, 0x7f7fffff]);
});
