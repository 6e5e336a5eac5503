import { expect, test } from 'vitest';
import * as half from '../../../src/cpu/execute/float-half.ts';
import { FloatHarness } from '../../support/float-harness.ts';

test('VCVTPH2PS and VCVTPS2PH', () => {
  const h = new FloatHarness(half);
  h.setWords(1, 0xc0003c00, 0x00017bff, 0x7c000000, 0xfc000000);
  expect(h.run(0xc4, 0xe2, 0x7d, 0x13, 0xc1)).toBeUndefined(); // vcvtph2ps ymm0, xmm1
  const values = [1, -2, 65504, 2 ** -24, 0, Infinity, 0, -Infinity];
  expect(h.singles(0)).toEqual(values);
  h.setWords(2, 9, 9, 9, 9, 9, 9, 9, 9);
  expect(h.run(0xc4, 0xe3, 0x79, 0x1d, 0xc2, 0)).toBeUndefined(); // vcvtps2ph xmm2, xmm0, 0
  expect(h.words(2)).toEqual([0xc0003c00, 0x00017bff, 0, 0, 0, 0, 0, 0]);
  h.set('rbx', 0x30004);
  expect(h.run(0xc4, 0xe3, 0x7d, 0x1d, 0x03, 0)).toBeUndefined(); // vcvtps2ph [rbx], ymm0, 0
  expect([h.read64(0x30004), h.read64(0x3000c)]).toEqual([0x00017bff_c0003c00n, 0xfc000000_7c000000n]);
  expect(h.mxcsr).toBe(0x1f80);
});

test('the fault of the store comes before an unmasked exception, and leaves MXCSR', () => {
  const h = new FloatHarness(half);
  h.page(0x50000, false, false);
  h.set('rbx', 0x50000);
  h.setSingles(0, 1e10);
  expect(h.run(0xc4, 0xe3, 0x79, 0x1d, 0x03, 0)).toBe('#PF(2)');
  h.mxcsr = 0x1b80;
  expect(h.run(0xc4, 0xe3, 0x79, 0x1d, 0x03, 0)).toBe('#PF(2)');
  expect(h.mxcsr).toBe(0x1b80);
  h.set('rbx', 0x30000);
  expect(h.run(0xc4, 0xe3, 0x79, 0x1d, 0x03, 0)).toBe('#XM');
  expect(h.read64(0x30000)).toBe(0n);
});
