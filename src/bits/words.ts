/**
 * 64-bit values as pairs of 32-bit words. A word is a signed int32 wherever it is stored; `>>> 0` makes it unsigned
 * only at the place that needs the order or the magnitude.
 */

/** 1 when the unsigned sum `a + b` of two words, whose low 32 bits are `sum`, carries out. */
export function carryOut(a: number, sum: number): number {
  return sum >>> 0 < a >>> 0 ? 1 : 0;
}

/** `hi:lo` as an unsigned number; exact below 2^53, which every physical address and every limit is. */
export function toNumber(lo: number, hi: number): number {
  return (hi >>> 0) * 4294967296 + (lo >>> 0);
}

export function lowWord(value: number): number {
  return value | 0;
}

/** The high word of a non-negative integer below 2^53. */
export function highWord(value: number): number {
  return (value / 4294967296) | 0;
}

/** True when bits 63 down to `linearBits - 1` of `hi:lo` are all equal (SDM Vol. 1, "Canonical Addressing"). */
export function isCanonical(hi: number, linearBits: 48 | 57): boolean {
  const shift = linearBits - 33;
  return hi >> shift === hi >> 31;
}

/** Unsigned order of two 64-bit values: negative, zero or positive. */
export function compareUnsigned64(aLo: number, aHi: number, bLo: number, bHi: number): number {
  if (aHi !== bHi) return aHi >>> 0 < bHi >>> 0 ? -1 : 1;
  if (aLo === bLo) return 0;
  return aLo >>> 0 < bLo >>> 0 ? -1 : 1;
}
