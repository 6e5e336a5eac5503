import { FLOAT_DE, type FloatEnv } from './env.ts';
import { compareWords } from './exact.ts';
import { settleNans80, write80, writeInvalid80 } from './float80.ts';
import { INFINITY, NORMAL, Unpacked, unpack80, ZERO } from './unpacked.ts';

/**
 * FPREM and FPREM1 (SDM Vol. 2A, "FPREM—Partial Remainder"). Both are exact. When the exponents are 64 or more apart the
 * remainder is partial: one call lowers the difference by 32 to 63, as the processors do.
 */

/** Answer of a remainder: bits 2:0 are those of the quotient, this bit says the remainder is partial (C2). */
export const REMAINDER_PARTIAL = 8;
/** Answer when an unmasked exception left everything as it was. */
export const REMAINDER_STOPPED = -1;

const A = new Unpacked();

/**
 * out = a rem b with the quotient rounded towards zero, or to nearest when `nearest` (FPREM1). Returns the low three bits
 * of the quotient, or REMAINDER_PARTIAL, or REMAINDER_STOPPED.
 */
export function remainder80(
  words: Int32Array,
  a: number,
  b: Unpacked,
  nearest: boolean,
  out: number,
  env: FloatEnv,
): number {
  unpack80(words, a, A);
  if (settleNans80(A, b, words, out, env)) return env.stopsBefore() ? REMAINDER_STOPPED : 0;
  if (A.kind === INFINITY || b.kind === ZERO) {
    writeInvalid80(words, out, env);
    return env.stopsBefore() ? REMAINDER_STOPPED : 0;
  }
  if ((A.denormal | b.denormal) !== 0) {
    env.flags |= FLOAT_DE;
    if (env.stopsBefore()) return REMAINDER_STOPPED;
  }
  let answer = 0;
  if (A.kind === NORMAL && b.kind === NORMAL) {
    const distance = A.exponent - b.exponent;
    if (distance >= 64) {
      const step = 32 | (distance & 31);
      reduce(A, b, step);
      A.exponent += distance - step;
      answer = REMAINDER_PARTIAL;
    } else if (nearest) {
      answer = nearestRemainder(A, b, distance);
    } else if (distance >= 0) {
      answer = reduce(A, b, distance) & 7;
    }
    if ((A.hi | A.lo) === 0) A.setZero(A.negative);
  }
  write80(A, 64, words, out, env);
  return answer;
}

/**
 * Long division: r's significand, shifted left by `steps`, modulo d's. r keeps the remainder, not normalized, at d's
 * exponent; answers the low word of the quotient.
 */
function reduce(r: Unpacked, d: Unpacked, steps: number): number {
  const dHi = d.hi;
  const dLo = d.lo;
  let hi = r.hi;
  let lo = r.lo;
  let carry = 0;
  let quotient = 0;
  for (let i = 0; ; i++) {
    quotient <<= 1;
    if (carry !== 0 || compareWords(hi, lo, dHi, dLo) >= 0) {
      const borrow = lo >>> 0 < dLo >>> 0 ? 1 : 0;
      lo = (lo - dLo) | 0;
      hi = (hi - dHi - borrow) | 0;
      quotient |= 1;
    }
    if (i === steps) break;
    carry = hi >>> 31;
    hi = (hi << 1) | (lo >>> 31);
    lo <<= 1;
  }
  r.hi = hi;
  r.lo = lo;
  r.exponent = d.exponent;
  return quotient;
}

function nearestRemainder(r: Unpacked, d: Unpacked, distance: number): number {
  // Below half of the divisor the quotient is zero.
  if (distance < -1) return 0;
  let quotient = 0;
  let doubled = 1;
  if (distance >= 0) {
    quotient = reduce(r, d, distance);
  } else {
    // r is between a quarter and the whole of d: compare r with d / 2 at r's own scale.
    doubled = 0;
  }
  const twiceHi = doubled ? (r.hi << 1) | (r.lo >>> 31) : r.hi;
  const twiceLo = doubled ? r.lo << 1 : r.lo;
  const order = doubled && r.hi < 0 ? 1 : compareWords(twiceHi, twiceLo, d.hi, d.lo);
  if (order < 0 || (order === 0 && (quotient & 1) === 0)) return quotient & 7;
  // One more: the remainder becomes d - r, of the other sign.
  let hi = d.hi;
  let lo = d.lo;
  if (doubled) {
    const borrow = lo >>> 0 < r.lo >>> 0 ? 1 : 0;
    lo = (lo - r.lo) | 0;
    hi = (hi - r.hi - borrow) | 0;
  } else {
    // d - r with r one binary place lower: 2d - r at r's exponent, which fits because r exceeds d / 2.
    const twice = lo << 1;
    const borrow = twice >>> 0 < r.lo >>> 0 ? 1 : 0;
    hi = (((hi << 1) | (lo >>> 31)) - r.hi - borrow) | 0;
    lo = (twice - r.lo) | 0;
  }
  r.hi = hi;
  r.lo = lo;
  r.negative ^= 1;
  return (quotient + 1) & 7;
}
