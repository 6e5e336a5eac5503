import { describe, expect, test } from 'vitest';
import {
  carryOut,
  compareUnsigned64,
  highWord,
  isCanonical,
  lowWord,
  toNumber,
} from '../../src/bits/words.ts';

describe('words', () => {
  test.each([
    [0xffffffff, 1, 1],
    [0xffffffff, 0, 0],
    [0x80000000, 0x80000000, 1],
    [0x7fffffff, 0x7fffffff, 0],
  ])('carry out of %i + %i is %i', (a, b, carry) => {
    expect(carryOut(a | 0, (a + b) | 0)).toBe(carry);
  });

  test.each([
    [0, 48, true],
    [0x00007fff, 48, true],
    [0x00008000, 48, false],
    [0xffff8000 | 0, 48, true],
    [0xffff7fff | 0, 48, false],
    [0x01000000, 48, false],
    [0x00ffffff, 57, true],
    [0x01000000, 57, false],
    [0xff000000 | 0, 57, true],
  ] as const)('high word %i with %i linear bits: canonical is %s', (hi, bits, expected) => {
    expect(isCanonical(hi, bits)).toBe(expected);
  });

  test('numbers and pairs', () => {
    expect(toNumber(-1, 0)).toBe(0xffffffff);
    expect(toNumber(5, 1)).toBe(0x100000005);
    expect([lowWord(0x123456789a), highWord(0x123456789a)]).toEqual([0x3456789a, 0x12]);
  });

  test('unsigned order', () => {
    expect(compareUnsigned64(-1, 0, 0, 1)).toBeLessThan(0);
    expect(compareUnsigned64(0, -1, 0, 1)).toBeGreaterThan(0);
    expect(compareUnsigned64(3, 4, 3, 4)).toBe(0);
    expect(compareUnsigned64(-1, 7, 1, 7)).toBeGreaterThan(0);
  });
});
