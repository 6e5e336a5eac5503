import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  borrowOut,
  divide128,
  multiply64,
  multiply64Signed,
  multiplyHigh,
  multiplyHighSigned,
  negate128,
} from '../../../src/cpu/execute/wide-math.ts';

const lo = (value: bigint) => Number(BigInt.asIntN(32, value));
const hi = (value: bigint) => Number(BigInt.asIntN(32, value >> 32n));

function toWords(value: bigint): Int32Array {
  return Int32Array.of(lo(value), hi(value), lo(value >> 64n), hi(value >> 64n));
}

function fromWords(words: Int32Array, first: number, count: number): bigint {
  let value = 0n;
  for (let i = first + count - 1; i >= first; i--) value = (value << 32n) | BigInt(words[i]! >>> 0);
  return value;
}

/** 64-bit values with long runs of equal bits, where carries and estimates go wrong. */
const u64 = fc.oneof(
  fc.bigInt(0n, (1n << 64n) - 1n),
  fc
    .tuple(fc.bigInt(0n, 63n), fc.bigInt(-2n, 2n))
    .map(([bit, delta]) => BigInt.asUintN(64, (1n << bit) + delta)),
  fc
    .array(fc.constantFrom<bigint[]>(0n, 1n, 0x7fffn, 0x8000n, 0xffffn), { minLength: 4, maxLength: 4 })
    .map((digits) => digits.reduce((sum, digit) => (sum << 16n) | digit)),
);
const i32 = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 0x7fffffff, -0x80000000, 0xffff, 0x10000));

describe('multiplication of words', () => {
  test('the high word is that of the exact product', () => {
    fc.assert(
      fc.property(i32, i32, (a, b) => {
        expect(multiplyHigh(a, b)).toBe(hi(BigInt(a >>> 0) * BigInt(b >>> 0)));
        expect(multiplyHighSigned(a, b)).toBe(hi(BigInt(a) * BigInt(b)));
      }),
      { numRuns: 5000 },
    );
  });

  test('64 by 64 bits give 128, unsigned and signed', () => {
    const product = new Int32Array(4);
    fc.assert(
      fc.property(u64, u64, (a, b) => {
        multiply64(lo(a), hi(a), lo(b), hi(b), product);
        expect(fromWords(product, 0, 4)).toBe(a * b);
        multiply64Signed(lo(a), hi(a), lo(b), hi(b), product);
        expect(fromWords(product, 0, 4)).toBe(
          BigInt.asUintN(128, BigInt.asIntN(64, a) * BigInt.asIntN(64, b)),
        );
      }),
      { numRuns: 5000 },
    );
  });
});

describe('division of 128 by 64 bits', () => {
  test('quotient and remainder are exact whenever the quotient fits', () => {
    fc.assert(
      fc.property(u64, u64, u64, (low, high, divisor) => {
        fc.pre(divisor !== 0n);
        const dividend = ((high % divisor) << 64n) | low;
        const words = toWords(dividend);
        divide128(words, lo(divisor), hi(divisor));
        expect(fromWords(words, 0, 2)).toBe(dividend / divisor);
        expect(fromWords(words, 2, 2)).toBe(dividend % divisor);
      }),
      { numRuns: 20_000 },
    );
  });

  test('an estimate that is one too large is put right (step D6)', () => {
    // Knuth's exercise 22: such dividends are rare at random.
    const dividend = 0x7fff_8000_0000_0000_0000_0000n;
    const divisor = 0x8000_0000_0000_0001n;
    const words = toWords(dividend);
    divide128(words, lo(divisor), hi(divisor));
    expect(fromWords(words, 0, 2)).toBe(dividend / divisor);
    expect(fromWords(words, 2, 2)).toBe(dividend % divisor);
  });
});

test('negation of 128 bits', () => {
  fc.assert(
    fc.property(u64, u64, (low, high) => {
      const value = (high << 64n) | low;
      const words = toWords(value);
      negate128(words);
      expect(fromWords(words, 0, 4)).toBe(BigInt.asUintN(128, -value));
    }),
  );
});

test.each([
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, 0],
  [0x7fffffff, -1, 1],
  [-1, 0x7fffffff, 0],
])('%i - %i borrows %i', (a, b, borrow) => {
  expect(borrowOut(a, b)).toBe(borrow);
});
