import { ROUND_DOWN } from './env.ts';
import { NORMAL, normalize, shiftRightJam, Unpacked } from './unpacked.ts';

/**
 * Exact sums, products, quotients and roots of unpacked numbers, NORMAL or ZERO, into 128 bits and a sticky last bit:
 * enough for one correct rounding to any format. Integer arithmetic on 32-bit words throughout.
 */

/** High word of the unsigned 64-bit product of two words. */
export function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0;
  const cross = (Math.imul(a0, b1) + (middle & 0xffff)) | 0;
  return (Math.imul(a1, b1) + (middle >>> 16) + (cross >>> 16)) | 0;
}

/** Negative, zero or positive as the unsigned `aHi:aLo` is below, equal to or above `bHi:bLo`. */
export function compareWords(aHi: number, aLo: number, bHi: number, bLo: number): number {
  if (aHi !== bHi) return aHi >>> 0 < bHi >>> 0 ? -1 : 1;
  return aLo === bLo ? 0 : aLo >>> 0 < bLo >>> 0 ? -1 : 1;
}

const shifted = new Unpacked();

/** z = a + b, b's sign flipped when `flip` is 1. z is neither a nor b. The rounding mode decides the sign of x - x. */
export function addExact(a: Unpacked, b: Unpacked, flip: number, rounding: number, z: Unpacked): void {
  const bNegative = b.negative ^ flip;
  if (a.kind !== NORMAL) {
    if (b.kind === NORMAL) {
      z.copy(b);
      z.negative = bNegative;
    } else {
      z.setZero(a.negative === bNegative ? bNegative : rounding === ROUND_DOWN ? 1 : 0);
    }
    return;
  }
  if (b.kind !== NORMAL) {
    z.copy(a);
    return;
  }
  let big = a;
  let small = b;
  let negative = a.negative;
  if (a.exponent < b.exponent || (a.exponent === b.exponent && isBelow(a, b))) {
    big = b;
    small = a;
    negative = bNegative;
  }
  const s = shifted;
  s.copy(small);
  const distance = big.exponent - small.exponent;
  if (distance !== 0) shiftRightJam(s, distance);
  z.kind = NORMAL;
  z.denormal = 0;
  z.negative = negative;
  z.exponent = big.exponent;
  if (a.negative === bNegative) addWords(big, s, z);
  else {
    subtractWords(big, s, z);
    if ((z.hi | z.lo | z.x1 | z.x0) === 0) z.setZero(rounding === ROUND_DOWN ? 1 : 0);
  }
}

function isBelow(a: Unpacked, b: Unpacked): boolean {
  const high = compareWords(a.hi, a.lo, b.hi, b.lo);
  return high !== 0 ? high < 0 : compareWords(a.x1, a.x0, b.x1, b.x0) < 0;
}

function addWords(a: Unpacked, b: Unpacked, z: Unpacked): void {
  const x0 = (a.x0 + b.x0) | 0;
  let carry = x0 >>> 0 < a.x0 >>> 0 ? 1 : 0;
  const x1 = (a.x1 + b.x1 + carry) | 0;
  carry = carryOf(a.x1, b.x1, x1);
  const lo = (a.lo + b.lo + carry) | 0;
  carry = carryOf(a.lo, b.lo, lo);
  const hi = (a.hi + b.hi + carry) | 0;
  carry = carryOf(a.hi, b.hi, hi);
  if (carry === 0) {
    z.x0 = x0;
    z.x1 = x1;
    z.lo = lo;
    z.hi = hi;
    return;
  }
  z.exponent++;
  z.x0 = (x0 >>> 1) | (x1 << 31) | (x0 & 1);
  z.x1 = (x1 >>> 1) | (lo << 31);
  z.lo = (lo >>> 1) | (hi << 31);
  z.hi = (hi >>> 1) | 0x80000000;
}

function carryOf(a: number, b: number, sum: number): number {
  return ((a & b) | ((a | b) & ~sum)) >>> 31;
}

function borrowOf(a: number, b: number, difference: number): number {
  return ((~a & b) | ((~a | b) & difference)) >>> 31;
}

function subtractWords(a: Unpacked, b: Unpacked, z: Unpacked): void {
  const x0 = (a.x0 - b.x0) | 0;
  let borrow = borrowOf(a.x0, b.x0, x0);
  const x1 = (a.x1 - b.x1 - borrow) | 0;
  borrow = borrowOf(a.x1, b.x1, x1);
  const lo = (a.lo - b.lo - borrow) | 0;
  borrow = borrowOf(a.lo, b.lo, lo);
  z.hi = (a.hi - b.hi - borrow) | 0;
  z.lo = lo;
  z.x1 = x1;
  z.x0 = x0;
}

/** z = a * b, of operands that fill `hi:lo` only. */
export function multiplyExact(a: Unpacked, b: Unpacked, z: Unpacked): void {
  const negative = a.negative ^ b.negative;
  if (a.kind !== NORMAL || b.kind !== NORMAL) {
    z.setZero(negative);
    return;
  }
  const aHi = a.hi;
  const aLo = a.lo;
  const bHi = b.hi;
  const bLo = b.lo;
  z.kind = NORMAL;
  z.denormal = 0;
  z.negative = negative;
  z.exponent = a.exponent + b.exponent + 1;
  let hi = multiplyHigh(aHi, bHi);
  let lo = Math.imul(aHi, bHi);
  let x1 = 0;
  let x0 = 0;
  if ((aLo | bLo) !== 0) {
    x0 = Math.imul(aLo, bLo);
    x1 = multiplyHigh(aLo, bLo);
    const p = Math.imul(aLo, bHi);
    const q = Math.imul(aHi, bLo);
    const first = (x1 + p) | 0;
    let carry = first >>> 0 < p >>> 0 ? 1 : 0;
    x1 = (first + q) | 0;
    carry += x1 >>> 0 < q >>> 0 ? 1 : 0;
    const pHigh = multiplyHigh(aLo, bHi);
    const qHigh = multiplyHigh(aHi, bLo);
    // pHigh + carry cannot overflow: the high word of a product is at most 2^32 - 2, and carry 2 needs two of them.
    const sum = (lo >>> 0) + (pHigh >>> 0) + (qHigh >>> 0) + carry;
    lo = sum | 0;
    hi = (hi + Math.floor(sum / 4294967296)) | 0;
  }
  if (hi >= 0) {
    z.exponent--;
    hi = (hi << 1) | (lo >>> 31);
    lo = (lo << 1) | (x1 >>> 31);
    x1 = (x1 << 1) | (x0 >>> 31);
    x0 <<= 1;
  }
  z.hi = hi;
  z.lo = lo;
  z.x1 = x1;
  z.x0 = x0;
}

/** Remainder of the last division step, as words; `quotientDigit` returns the digit. */
let remainderHi = 0;
let remainderLo = 0;

/** One base-2^32 digit of (rHi:rLo:next) / (dHi:dLo), for rHi:rLo < dHi:dLo and dHi's top bit set. */
function quotientDigit(rHi: number, rLo: number, next: number, dHi: number, dLo: number): number {
  // The estimate from doubles is off by at most one either way: relative error 2^-51, quotient below 2^32.
  const estimate =
    (((rHi >>> 0) * 4294967296 + (rLo >>> 0)) / ((dHi >>> 0) * 4294967296 + (dLo >>> 0))) * 4294967296;
  let q = estimate >= 4294967295 ? -1 : Math.floor(estimate) | 0;
  const p0 = Math.imul(q, dLo);
  const p1a = multiplyHigh(q, dLo);
  const p1b = Math.imul(q, dHi);
  const p1 = (p1a + p1b) | 0;
  const p2 = (multiplyHigh(q, dHi) + carryOf(p1a, p1b, p1)) | 0;
  let r0 = (next - p0) | 0;
  let borrow = borrowOf(next, p0, r0);
  let r1 = (rLo - p1 - borrow) | 0;
  borrow = borrowOf(rLo, p1, r1);
  let r2 = (rHi - p2 - borrow) | 0;
  while (r2 < 0) {
    q = (q - 1) | 0;
    const s0 = (r0 + dLo) | 0;
    const s1 = (r1 + dHi + carryOf(r0, dLo, s0)) | 0;
    r2 += carryOf(r1, dHi, s1);
    r0 = s0;
    r1 = s1;
  }
  while (r2 > 0 || compareWords(r1, r0, dHi, dLo) >= 0) {
    q = (q + 1) | 0;
    const s0 = (r0 - dLo) | 0;
    const b0 = borrowOf(r0, dLo, s0);
    const s1 = (r1 - dHi - b0) | 0;
    r2 -= borrowOf(r1, dHi, s1);
    r0 = s0;
    r1 = s1;
  }
  remainderHi = r1;
  remainderLo = r0;
  return q;
}

/** z = a / b, of operands that fill `hi:lo` only; b is not zero. */
export function divideExact(a: Unpacked, b: Unpacked, z: Unpacked): void {
  const negative = a.negative ^ b.negative;
  if (a.kind !== NORMAL) {
    z.setZero(negative);
    return;
  }
  const dHi = b.hi;
  const dLo = b.lo;
  let rHi = a.hi;
  let rLo = a.lo;
  let next = 0;
  let exponent = a.exponent - b.exponent - 1;
  if (compareWords(rHi, rLo, dHi, dLo) >= 0) {
    exponent++;
    next = rLo << 31;
    rLo = (rLo >>> 1) | (rHi << 31);
    rHi >>>= 1;
  }
  z.kind = NORMAL;
  z.denormal = 0;
  z.negative = negative;
  z.exponent = exponent;
  z.hi = quotientDigit(rHi, rLo, next, dHi, dLo);
  if ((remainderHi | remainderLo) === 0) {
    z.lo = z.x1 = z.x0 = 0;
    return;
  }
  z.lo = quotientDigit(remainderHi, remainderLo, 0, dHi, dLo);
  rHi = remainderHi;
  rLo = remainderLo;
  // The next bit of the quotient, and whether anything follows it.
  const twiceHi = (rHi << 1) | (rLo >>> 31);
  const twiceLo = rLo << 1;
  const bit = rHi < 0 || compareWords(twiceHi, twiceLo, dHi, dLo) >= 0;
  z.x1 = bit ? 0x80000000 | 0 : 0;
  z.x0 = (bit ? twiceHi === dHi && twiceLo === dLo && rHi >= 0 : (rHi | rLo) === 0) ? 0 : 1;
}

/** z = square root of a, which is not negative and fills `hi:lo` only. */
export function squareRootExact(a: Unpacked, z: Unpacked): void {
  if (a.kind !== NORMAL) {
    z.setZero(a.negative);
    return;
  }
  // The radicand as a 128-bit integer n3:n2:0:0 or with one bit in n1, its root a 64-bit integer with the top bit set.
  const exponent = a.exponent;
  const odd = exponent & 1;
  const n3 = odd ? a.hi : a.hi >>> 1;
  const n2 = odd ? a.lo : (a.hi << 31) | (a.lo >>> 1);
  const n1 = odd ? 0 : a.lo << 31;
  let top = Math.floor(Math.sqrt((n3 >>> 0) * 4294967296 + (n2 >>> 0)));
  if (top > 4294967295) top = 4294967295;
  let root = top | 0;
  // remainder = n3:n2 - root^2, made to lie in 0 .. 2 root.
  let rLo = 0;
  let rHi = 0;
  for (;;) {
    const pLo = Math.imul(root, root);
    const pHi = multiplyHigh(root, root);
    if (compareWords(pHi, pLo, n3, n2) > 0) {
      root = (root - 1) | 0;
      continue;
    }
    rLo = (n2 - pLo) | 0;
    rHi = (n3 - pHi - borrowOf(n2, pLo, rLo)) | 0;
    if (root !== -1 && compareWords(rHi, rLo, root >>> 31, root << 1) > 0) {
      root = (root + 1) | 0;
      continue;
    }
    break;
  }
  squareRootSecondDigit(root, rHi, rLo, n1, z);
  z.kind = NORMAL;
  z.denormal = 0;
  z.negative = 0;
  z.exponent = exponent >> 1;
}

/**
 * The low word `q` of the root of n = (root^2 + r) * 2^64 + n1 * 2^32, into z with the bits below it: the largest q with
 * 2 root q 2^32 + q^2 <= r * 2^64 + n1 * 2^32.
 */
function squareRootSecondDigit(root: number, rHi: number, rLo: number, n1: number, z: Unpacked): void {
  const remainder = (rHi >>> 0) * 4294967296 + (rLo >>> 0) + (n1 >>> 0) / 4294967296;
  const estimate = (remainder * 2147483648) / (root >>> 0);
  let q = estimate >= 4294967295 ? -1 : Math.floor(estimate) | 0;
  // s = remainder (rHi:rLo:n1:0) - 2 root q 2^32 - q^2, in the 128-bit s3:s2:s1:s0, two's complement.
  for (;;) {
    const crossLo = Math.imul(root, q);
    const crossHi = multiplyHigh(root, q);
    const squareLo = Math.imul(q, q);
    const squareHi = multiplyHigh(q, q);
    // subtrahend t3:t2:t1:t0
    const t0 = squareLo;
    const double1 = crossLo << 1;
    const t1 = (double1 + squareHi) | 0;
    const c1 = carryOf(double1, squareHi, t1);
    const double2 = (crossHi << 1) | (crossLo >>> 31);
    const t2 = (double2 + c1) | 0;
    const t3 = (crossHi >>> 31) + (t2 === 0 && c1 === 1 ? 1 : 0);
    const s0 = -t0 | 0;
    const b0 = t0 === 0 ? 0 : 1;
    const s1 = (n1 - t1 - b0) | 0;
    const b1 = borrowOf(n1, t1, s1);
    const s2 = (rLo - t2 - b1) | 0;
    const b2 = borrowOf(rLo, t2, s2);
    const s3 = (rHi - t3 - b2) | 0;
    if (s3 < 0) {
      q = (q - 1) | 0;
      continue;
    }
    // Fits as long as s <= 2 (root:q), that is (root:q + 1)^2 is still above.
    const limit2 = root >>> 31;
    const limit1 = (root << 1) | (q >>> 31);
    const limit0 = q << 1;
    const over = s3 !== 0 || (s2 !== limit2 ? s2 >>> 0 > limit2 : compareWords(s1, s0, limit1, limit0) > 0);
    if (over) {
      q = (q + 1) | 0;
      continue;
    }
    z.hi = root;
    z.lo = q;
    // s > root:q means the fraction is above one half; it is never exactly that.
    const above = s2 !== 0 || compareWords(s1, s0, root, q) > 0;
    z.x1 = above ? 0x80000000 | 0 : 0;
    z.x0 = (s2 | s1 | s0) === 0 ? 0 : 1;
    return;
  }
}

const product = new Unpacked();

/** z = a * b + c, the signs of product and addend flipped on request. No operand is infinite. */
export function fusedMultiplyAddExact(
  a: Unpacked,
  b: Unpacked,
  c: Unpacked,
  flipProduct: number,
  flipAddend: number,
  rounding: number,
  z: Unpacked,
): void {
  multiplyExact(a, b, product);
  product.negative ^= flipProduct;
  if (product.kind === NORMAL) normalize(product);
  addExact(product, c, flipAddend, rounding, z);
}
