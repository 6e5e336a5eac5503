/** Multiplication and division of 64-bit and 128-bit integers as 32-bit words. Pure: no processor here. */

/** 1 when the unsigned difference `a - b` of two words borrows. */
export function borrowOut(a: number, b: number): number {
  return a >>> 0 < b >>> 0 ? 1 : 0;
}

/** High word of the unsigned 64-bit product of two words. */
export function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  // Neither sum leaves 32 bits: 0xffff * 0xffff + 0xffff is 0xffff0000.
  const middle = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0;
  const carry = (Math.imul(a0, b1) + (middle & 0xffff)) | 0;
  return (Math.imul(a1, b1) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/** High word of the signed 64-bit product of two words. */
export function multiplyHighSigned(a: number, b: number): number {
  return (multiplyHigh(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
}

/** A 128-bit integer, low word first: the product of `multiply64`, and RDX:RAX of `divide128`. */
export type Words128 = Int32Array;

/** Unsigned 64 by 64 bits to 128. */
export function multiply64(aLo: number, aHi: number, bLo: number, bHi: number, product: Words128): void {
  const cross1Lo = Math.imul(aLo, bHi);
  const cross2Lo = Math.imul(aHi, bLo);
  const high00 = multiplyHigh(aLo, bLo);
  const word1a = (high00 + cross1Lo) | 0;
  const word1 = (word1a + cross2Lo) | 0;
  const carry1 = (word1a >>> 0 < high00 >>> 0 ? 1 : 0) + (word1 >>> 0 < word1a >>> 0 ? 1 : 0);
  const high11 = multiplyHigh(aHi, bHi);
  // Three words and a carry of at most 2: their sum is exact as a number.
  const word2 =
    (Math.imul(aHi, bHi) >>> 0) + (multiplyHigh(aLo, bHi) >>> 0) + (multiplyHigh(aHi, bLo) >>> 0) + carry1;
  product[0] = Math.imul(aLo, bLo);
  product[1] = word1;
  product[2] = word2;
  product[3] = high11 + Math.floor(word2 / 4294967296);
}

/** Signed 64 by 64 bits to 128. */
export function multiply64Signed(
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
  product: Words128,
): void {
  multiply64(aLo, aHi, bLo, bHi, product);
  if (aHi < 0) subtractFromHigh(product, bLo, bHi);
  if (bHi < 0) subtractFromHigh(product, aLo, aHi);
}

function subtractFromHigh(product: Words128, lo: number, hi: number): void {
  const old = product[2]!;
  product[2] = old - lo;
  product[3] = product[3]! - hi - borrowOut(old, lo);
}

/** Two's complement of all four words. */
export function negate128(value: Words128): void {
  let carry = 1;
  for (let i = 0; i < 4; i++) {
    const word = (~value[i]! + carry) | 0;
    value[i] = word;
    carry &= word === 0 ? 1 : 0;
  }
}

/** Scratch digits of 16 bits, least significant first: as many as the dividend has, and one for normalisation. */
const dividend = new Int32Array(9);
const divisor = new Int32Array(4);

/**
 * Unsigned 128 by 64 bits, quotient and remainder of 64. The caller has seen to it that the high half of `value` is
 * below the divisor (which is therefore not 0): the quotient fits. Leaves the quotient in words 0 and 1 and the
 * remainder in words 2 and 3 of `value`.
 */
export function divide128(value: Words128, divisorLo: number, divisorHi: number): void {
  if (divisorHi === 0) divideByWord(value, divisorLo >>> 0);
  else divideByDigits(value, divisorLo, divisorHi);
}

/** Schoolbook division in digits of 16 bits: every step stays below 2^48 and is exact as a number. */
function divideByWord(value: Words128, by: number): void {
  let remainder = value[2]! >>> 0;
  for (let word = 1; word >= 0; word--) {
    const bits = value[word]!;
    const high = remainder * 65536 + (bits >>> 16);
    const highDigit = Math.floor(high / by);
    const low = (high - highDigit * by) * 65536 + (bits & 0xffff);
    const lowDigit = Math.floor(low / by);
    remainder = low - lowDigit * by;
    value[word] = (highDigit << 16) | lowDigit;
  }
  value[2] = remainder;
  value[3] = 0;
}

/** Knuth, The Art of Computer Programming, Vol. 2, 4.3.1, Algorithm D, base 2^16. `divisorHi` is not 0. */
function divideByDigits(value: Words128, divisorLo: number, divisorHi: number): void {
  const digits = divisorHi >>> 16 !== 0 ? 4 : 3;
  const shift = Math.clz32(digits === 4 ? divisorHi : divisorHi << 16);
  // D1: normalise, so that the divisor's top digit has its top bit set.
  const lo = divisorLo << shift;
  const hi = (divisorHi << shift) | ((divisorLo >>> 1) >>> (31 - shift));
  divisor[0] = lo & 0xffff;
  divisor[1] = lo >>> 16;
  divisor[2] = hi & 0xffff;
  divisor[3] = hi >>> 16;
  let previous = 0;
  for (let word = 0; word < 4; word++) {
    const bits = (value[word]! << shift) | ((previous >>> 1) >>> (31 - shift));
    dividend[word * 2] = bits & 0xffff;
    dividend[word * 2 + 1] = bits >>> 16;
    previous = value[word]!;
  }
  dividend[8] = (previous >>> 1) >>> (31 - shift);
  const top = divisor[digits - 1]!;
  const second = divisor[digits - 2]!;
  let quotientLo = 0;
  let quotientHi = 0;
  for (let at = 8 - digits; at >= 0; at--) {
    // D3: estimate a digit from the top of both, at most two too large, and correct it by the second digit.
    const head = dividend[at + digits]! * 65536 + dividend[at + digits - 1]!;
    let digit = Math.floor(head / top);
    let rest = head - digit * top;
    while (rest < 65536 && (digit > 65535 || digit * second > rest * 65536 + dividend[at + digits - 2]!)) {
      digit--;
      rest += top;
    }
    // D4: multiply and subtract.
    let borrow = 0;
    for (let i = 0; i < digits; i++) {
      const difference = dividend[at + i]! - digit * divisor[i]! - borrow;
      dividend[at + i] = difference & 0xffff;
      borrow = -Math.floor(difference / 65536);
    }
    const difference = dividend[at + digits]! - borrow;
    dividend[at + digits] = difference & 0xffff;
    if (difference < 0) {
      // D6: the estimate was one too large after all; add the divisor back.
      digit--;
      let carry = 0;
      for (let i = 0; i < digits; i++) {
        const sum = dividend[at + i]! + divisor[i]! + carry;
        dividend[at + i] = sum & 0xffff;
        carry = sum >>> 16;
      }
      dividend[at + digits] = (dividend[at + digits]! + carry) & 0xffff;
    }
    // Digits above the fourth are 0, because the quotient fits.
    if (at >= 2 && at < 4) quotientHi |= digit << ((at - 2) * 16);
    else if (at < 2) quotientLo |= digit << (at * 16);
  }
  // D8: the remainder, shifted back.
  const remainderLo = dividend[0]! | (dividend[1]! << 16);
  const remainderHi = dividend[2]! | (dividend[3]! << 16);
  value[0] = quotientLo;
  value[1] = quotientHi;
  value[2] = (remainderLo >>> shift) | ((remainderHi << 1) << (31 - shift));
  value[3] = remainderHi >>> shift;
}
