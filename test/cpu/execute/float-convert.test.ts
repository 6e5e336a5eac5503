import { expect, test } from 'vitest';
import * as convert from '../../../src/cpu/execute/float-convert.ts';
import { FloatHarness } from '../../support/float-harness.ts';

test('between singles and doubles', () => {
  const h = new FloatHarness(convert);
  h.setSingles(1, 1.5, -2.5, 3.5, 4.5);
  expect(h.run(0x0f, 0x5a, 0xc1)).toBeUndefined(); // cvtps2pd xmm0, xmm1
  expect(h.doubles(0, 2)).toEqual([1.5, -2.5]);
  expect(h.run(0xc5, 0xfc, 0x5a, 0xd1)).toBeUndefined(); // vcvtps2pd ymm2, xmm1
  expect(h.doubles(2)).toEqual([1.5, -2.5, 3.5, 4.5]);
  h.setSingles(3, 1, 1, 1, 1, 1, 1, 1, 1);
  expect(h.run(0xc5, 0xfd, 0x5a, 0xda)).toBeUndefined(); // vcvtpd2ps xmm3, ymm2
  expect(h.singles(3)).toEqual([1.5, -2.5, 3.5, 4.5, 0, 0, 0, 0]);
  expect(h.run(0x66, 0x0f, 0x5a, 0xd8)).toBeUndefined(); // cvtpd2ps xmm3, xmm0
  expect(h.singles(3, 4)).toEqual([1.5, -2.5, 0, 0]);
});

test('between singles and integers', () => {
  const h = new FloatHarness(convert);
  h.setSingles(1, 2.5, -1.5, 3e9, 7);
  expect(h.run(0x66, 0x0f, 0x5b, 0xc1)).toBeUndefined(); // cvtps2dq xmm0, xmm1
  expect(h.words(0, 4)).toEqual([2, 0xfffffffe, 0x80000000, 7]);
  expect(h.mxcsr).toBe(0x1fa1);
  expect(h.run(0xf3, 0x0f, 0x5b, 0xc1)).toBeUndefined(); // cvttps2dq xmm0, xmm1
  expect(h.words(0, 4)).toEqual([2, 0xffffffff, 0x80000000, 7]);
  expect(h.run(0x0f, 0x5b, 0xc0)).toBeUndefined(); // cvtdq2ps xmm0, xmm0
  expect(h.singles(0, 4)).toEqual([2, -1, -2147483648, 7]);
});

test('between doubles and integers: the upper half of the integers is cleared', () => {
  const h = new FloatHarness(convert);
  h.setDoubles(1, -2.5, 3.5);
  h.setWords(0, 9, 9, 9, 9);
  expect(h.run(0xf2, 0x0f, 0xe6, 0xc1)).toBeUndefined(); // cvtpd2dq xmm0, xmm1
  expect(h.words(0, 4)).toEqual([0xfffffffe, 4, 0, 0]);
  expect(h.run(0x66, 0x0f, 0xe6, 0xc1)).toBeUndefined(); // cvttpd2dq xmm0, xmm1
  expect(h.words(0, 4)).toEqual([0xfffffffe, 3, 0, 0]);
  expect(h.run(0xf3, 0x0f, 0xe6, 0xc0)).toBeUndefined(); // cvtdq2pd xmm0, xmm0
  expect(h.doubles(0, 2)).toEqual([-2, 3]);
});
