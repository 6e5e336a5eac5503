import {
  FLOAT_OE,
  FLOAT_PE,
  FLOAT_UE,
  type FloatEnv,
  ROUND_DOWN,
  ROUND_NEAREST,
  ROUND_UP,
  ROUND_ZERO,
} from './env.ts';
import {
  DOUBLE_BIAS,
  EXTENDED_BIAS,
  HALF_BIAS,
  INFINITY,
  NORMAL,
  normalize,
  SINGLE_BIAS,
  shiftRightJam,
  type Unpacked,
  ZERO,
} from './unpacked.ts';

/**
 * From an exact result to one that fits: rounding, overflow, underflow (SDM Vol. 1, "Rounding", "Numeric Overflow
 * Exception (#O)", "Numeric Underflow Exception (#U)"). Tininess is detected after rounding, by x87 and SSE alike.
 */

/** What `roundSignificand` did: nothing, cut off, or cut off and went up in magnitude. */
const EXACT = 0;
const INEXACT = 1;
const INEXACT_UP = 3;

/**
 * Rounds the 128-bit significand to its first `precision` bits, counted from bit 127. A carry out of the top bit
 * raises the exponent.
 */
export function roundSignificand(u: Unpacked, precision: number, rounding: number): number {
  let half: number;
  let rest: number;
  let odd: number;
  const below = u.x1 | u.x0;
  if (precision === 64) {
    half = u.x1 >>> 31;
    rest = (u.x1 << 1) | u.x0;
    odd = u.lo & 1;
  } else if (precision > 32) {
    const shift = 64 - precision;
    half = (u.lo >>> (shift - 1)) & 1;
    rest = (u.lo & ((1 << (shift - 1)) - 1)) | below;
    odd = (u.lo >>> shift) & 1;
    u.lo &= -1 << shift;
  } else {
    const shift = 32 - precision;
    half = (u.hi >>> (shift - 1)) & 1;
    rest = (u.hi & ((1 << (shift - 1)) - 1)) | u.lo | below;
    odd = (u.hi >>> shift) & 1;
    u.hi &= -1 << shift;
    u.lo = 0;
  }
  u.x1 = u.x0 = 0;
  if (half === 0 && rest === 0) return EXACT;
  if (rounding === ROUND_NEAREST) {
    if (half === 0 || (rest === 0 && odd === 0)) return INEXACT;
  } else if (rounding === ROUND_ZERO || (rounding === ROUND_DOWN) !== (u.negative !== 0)) {
    return INEXACT;
  }
  if (precision > 32) {
    const lo = (u.lo + (precision === 64 ? 1 : 1 << (64 - precision))) | 0;
    u.lo = lo;
    if (lo === 0) u.hi = (u.hi + 1) | 0;
  } else {
    u.hi = (u.hi + (1 << (32 - precision))) | 0;
  }
  if ((u.hi | u.lo) === 0) {
    u.hi = 0x80000000 | 0;
    u.exponent++;
  }
  return INEXACT_UP;
}

/** True when the first `precision` bits are all ones and rounding to them would carry out. */
function roundsUpToPowerOfTwo(u: Unpacked, precision: number, rounding: number): boolean {
  const { hi, lo, x1, x0, exponent } = u;
  roundSignificand(u, precision, rounding);
  const carried = u.exponent !== exponent;
  u.hi = hi;
  u.lo = lo;
  u.x1 = x1;
  u.x0 = x0;
  u.exponent = exponent;
  return carried;
}

/**
 * Rounds a finite result to `precision` bits and exponents -bias+1 .. bias, and raises OE, UE, PE and C1 for it. A
 * denormal comes out with its integer bit clear. `adjustment` is what unmasked overflow and underflow scale the exponent
 * by (x87 register destinations); with 0 the caller drops the result of an unmasked exception.
 */
export function round(u: Unpacked, precision: number, bias: number, adjustment: number, env: FloatEnv): void {
  if (u.kind !== NORMAL) return;
  normalize(u);
  const minimum = 1 - bias;
  const rounding = env.rounding;
  let how: number;
  if (u.exponent < minimum && !(u.exponent === minimum - 1 && roundsUpToPowerOfTwo(u, precision, rounding))) {
    if ((env.masks & FLOAT_UE) === 0) {
      env.flags |= FLOAT_UE;
      u.exponent += adjustment;
      how = roundSignificand(u, precision, rounding);
    } else if (env.ftz) {
      env.flags |= FLOAT_UE | FLOAT_PE;
      u.setZero(u.negative);
      return;
    } else {
      shiftRightJam(u, minimum - u.exponent);
      how = roundSignificand(u, precision, rounding);
      if (how !== EXACT) env.flags |= FLOAT_UE;
      if ((u.hi | u.lo) === 0) u.kind = ZERO;
    }
  } else {
    how = roundSignificand(u, precision, rounding);
    if (u.exponent > bias) {
      env.flags |= FLOAT_OE;
      if ((env.masks & FLOAT_OE) === 0) {
        u.exponent -= adjustment;
      } else {
        overflow(u, precision, bias, env);
        return;
      }
    }
  }
  if (how === EXACT) return;
  env.flags |= FLOAT_PE;
  env.roundedUp = how >> 1;
}

/** The masked response to overflow: infinity, or the largest finite number when rounding goes the other way. */
function overflow(u: Unpacked, precision: number, bias: number, env: FloatEnv): void {
  env.flags |= FLOAT_PE;
  const inward = env.rounding === ROUND_ZERO || env.rounding === (u.negative ? ROUND_UP : ROUND_DOWN);
  env.roundedUp = inward ? 0 : 1;
  if (!inward) {
    u.setInfinity(u.negative);
    return;
  }
  u.exponent = bias;
  u.hi = precision < 32 ? -1 << (32 - precision) : -1;
  u.lo = precision < 32 ? 0 : precision === 64 ? -1 : -1 << (64 - precision);
}

/** Writes a rounded number as `lo, hi, sign and exponent`. */
export function pack80(u: Unpacked, words: Int32Array, i: number): void {
  let field = 0;
  let hi = u.hi;
  if (u.kind === NORMAL) field = hi < 0 ? u.exponent + EXTENDED_BIAS : 0;
  else if (u.kind !== ZERO) {
    field = 0x7fff;
    if (u.kind === INFINITY) hi = 0x80000000 | 0;
  }
  words[i] = u.lo;
  words[i + 1] = hi;
  words[i + 2] = (u.negative << 15) | field;
}

export function pack64(u: Unpacked, words: Int32Array, i: number): void {
  let field = 0;
  if (u.kind === NORMAL) field = u.hi < 0 ? u.exponent + DOUBLE_BIAS : 0;
  else if (u.kind !== ZERO) field = 0x7ff;
  words[i] = (u.hi << 21) | (u.lo >>> 11);
  words[i + 1] = (u.negative << 31) | (field << 20) | ((u.hi >>> 11) & 0xfffff);
}

export function pack32(u: Unpacked): number {
  let field = 0;
  if (u.kind === NORMAL) field = u.hi < 0 ? u.exponent + SINGLE_BIAS : 0;
  else if (u.kind !== ZERO) field = 0xff;
  return (u.negative << 31) | (field << 23) | ((u.hi >>> 8) & 0x7fffff);
}

export function pack16(u: Unpacked): number {
  let field = 0;
  if (u.kind === NORMAL) field = u.hi < 0 ? u.exponent + HALF_BIAS : 0;
  else if (u.kind !== ZERO) field = 0x1f;
  return (u.negative << 15) | (field << 10) | ((u.hi >>> 21) & 0x3ff);
}

/**
 * Rounds to an integer in place, value and exponent as before. Returns false when nothing changed. Sets `roundedUp`,
 * raises no flag.
 */
export function roundToInteger(u: Unpacked, rounding: number, env: FloatEnv): boolean {
  env.roundedUp = 0;
  if (u.kind !== NORMAL || u.exponent >= 63) return false;
  // Align so that the units bit is bit 64 of the 128, the last one `roundSignificand` keeps.
  if (u.exponent < -1) {
    // Less than a half: only which side of zero matters.
    u.hi = u.lo = u.x1 = 0;
    u.x0 = 1;
    u.exponent = 63;
  } else {
    shiftRightJam(u, 63 - u.exponent);
  }
  const how = roundSignificand(u, 64, rounding);
  if ((u.hi | u.lo) === 0) u.setZero(u.negative);
  else normalize(u);
  env.roundedUp = how >> 1;
  return how !== EXACT;
}
