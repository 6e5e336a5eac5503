import { FLOAT_DE, FLOAT_IE, FLOAT_OE, FLOAT_PE, FLOAT_UE, type FloatEnv, ROUND_ZERO } from './env.ts';
import { multiplyHigh } from './exact.ts';
import { writeNan80 } from './float80.ts';
import { pack32, pack64, pack80, round, roundToInteger } from './round.ts';
import {
  DOUBLE_BIAS,
  NORMAL,
  QUIET_NAN,
  SIGNALING_NAN,
  SINGLE_BIAS,
  UNSUPPORTED,
  Unpacked,
  unpack32,
  unpack64,
  unpack80,
  unpackInteger,
  ZERO,
} from './unpacked.ts';

/**
 * Loads and stores of the x87: between the 80-bit format and singles, doubles, integers and packed decimals. A load that an
 * unmasked exception stops writes nothing. A store answers false when its destination must stay as it was, which for
 * memory includes unmasked overflow and underflow.
 */

const A = new Unpacked();

function writeLoaded(words: Int32Array, out: number, env: FloatEnv): void {
  if (A.isNan()) {
    writeNan80(A, words, out, env);
    return;
  }
  if (A.denormal) env.flags |= FLOAT_DE;
  if (env.denormalLoadCompletes || !env.stopsBefore()) pack80(A, words, out);
}

/** FLD m32. */
export function loadSingle80(word: number, words: Int32Array, out: number, env: FloatEnv): void {
  unpack32(word, A);
  writeLoaded(words, out, env);
}

/** FLD m64. */
export function loadDouble80(lo: number, hi: number, words: Int32Array, out: number, env: FloatEnv): void {
  unpack64(lo, hi, A);
  writeLoaded(words, out, env);
}

/** FILD: a signed integer of 64 bits; shorter ones come sign-extended. Exact, no exceptions. */
export function loadInteger80(lo: number, hi: number, words: Int32Array, out: number): void {
  unpackInteger(lo, hi, A);
  pack80(A, words, out);
}

function prepareStore(words: Int32Array, a: number, precision: number, bias: number, env: FloatEnv): boolean {
  unpack80(words, a, A);
  if (A.kind === UNSUPPORTED) {
    env.flags |= FLOAT_IE;
    A.setIndefinite();
  } else if (A.kind === SIGNALING_NAN) {
    env.flags |= FLOAT_IE;
    A.hi |= 0x40000000;
  } else {
    round(A, precision, bias, 0, env);
  }
  if ((env.flags & ~env.masks & (FLOAT_IE | FLOAT_OE | FLOAT_UE)) === 0) return true;
  // Nothing was rounded that anybody could see: neither PE nor C1.
  env.flags &= ~FLOAT_PE;
  env.roundedUp = 0;
  return false;
}

/** FST m32: the single to `result[0]`. */
export function storeSingle80(words: Int32Array, a: number, result: Int32Array, env: FloatEnv): boolean {
  if (!prepareStore(words, a, 24, SINGLE_BIAS, env)) return false;
  result[0] = pack32(A);
  return true;
}

/** FST m64: the double to `result[0]` (low) and `result[1]`. */
export function storeDouble80(words: Int32Array, a: number, result: Int32Array, env: FloatEnv): boolean {
  if (!prepareStore(words, a, 53, DOUBLE_BIAS, env)) return false;
  pack64(A, result, 0);
  return true;
}

/**
 * The unpacked number as a signed integer of `bits` (16, 32, 64), sign-extended, to `result[at]` and the next. False when
 * there is none. Changes the operand. Raises no flag; tells by `env.roundedUp` and the answer of `inexactInteger`.
 */
export function integerOf(
  a: Unpacked,
  bits: number,
  rounding: number,
  result: Int32Array,
  at: number,
  env: FloatEnv,
): boolean {
  inexactInteger = false;
  if (a.kind >= QUIET_NAN || (a.kind !== ZERO && a.kind !== NORMAL) || a.exponent >= 64) return false;
  inexactInteger = roundToInteger(a, rounding, env);
  let lo = 0;
  let hi = 0;
  if (a.kind === NORMAL) {
    const right = 63 - a.exponent;
    if (right < 0) return false;
    if (right >= 32) {
      lo = right === 32 ? a.hi : a.hi >>> (right - 32);
    } else {
      hi = a.hi >>> right;
      lo = right === 0 ? a.lo : (a.lo >>> right) | (a.hi << (32 - right));
      hi |= 0;
    }
    if (a.negative) {
      const isMinimum = bits === 64 && hi === (0x80000000 | 0) && lo === 0;
      if (hi < 0 && !isMinimum) return false;
      hi = (lo === 0 ? -hi : ~hi) | 0;
      lo = -lo | 0;
    } else if (hi < 0) {
      return false;
    }
  }
  if (bits === 32 && hi !== lo >> 31) return false;
  if (bits === 16 && (hi !== lo >> 31 || lo !== (lo << 16) >> 16)) return false;
  result[at] = lo;
  result[at + 1] = hi;
  return true;
}

/** Whether the last `integerOf` that succeeded had to round. */
export let inexactInteger = false;

/**
 * FIST and, with `truncate`, FISTTP: the integer, sign-extended to 64 bits, to `result[0]` and `result[1]`. Out of range it
 * is the integer indefinite and raises IE.
 */
export function storeInteger80(
  words: Int32Array,
  a: number,
  bits: number,
  truncate: boolean,
  result: Int32Array,
  env: FloatEnv,
): boolean {
  unpack80(words, a, A);
  if (integerOf(A, bits, truncate ? ROUND_ZERO : env.rounding, result, 0, env)) {
    if (inexactInteger) env.inexact(env.roundedUp);
    return true;
  }
  env.roundedUp = 0;
  env.flags |= FLOAT_IE;
  result[0] = bits === 16 ? -0x8000 : bits === 32 ? 0x80000000 | 0 : 0;
  result[1] = bits === 64 ? 0x80000000 | 0 : -1;
  return !env.stopsBefore();
}

const BILLION = 1000000000;

/** The two decimal digits of `value` below 100, packed. */
function packedDigits(value: number): number {
  return ((value / 10) << 4) | ((value % 10) | 0);
}

/** FBLD: eighteen packed digits of `lo:hi` and the low byte of `top`, whose bit 15 is the sign. No exceptions. */
export function loadDecimal80(lo: number, hi: number, top: number, words: Int32Array, out: number): void {
  let low = 0;
  let high = 0;
  const digit = (position: number): number =>
    position < 8
      ? (lo >>> (position * 4)) & 15
      : position < 16
        ? (hi >>> (position * 4 - 32)) & 15
        : (top >>> (position * 4 - 64)) & 15;
  for (let i = 8; i >= 0; i--) {
    low = low * 10 + digit(i);
    high = high * 10 + digit(i + 9);
  }
  // high * 10^9 + low, below 2^61 even for digits above nine.
  const productLo = Math.imul(high, BILLION);
  const sumLo = (productLo + low) | 0;
  const sumHi = multiplyHigh(high, BILLION) + (sumLo >>> 0 < low >>> 0 ? 1 : 0);
  unpackInteger(sumLo, sumHi, A);
  A.negative = (top >>> 15) & 1;
  pack80(A, words, out);
}

/** FBSTP: ten bytes to `result[0]`, `result[1]` and the low half of `result[2]`. */
export function storeDecimal80(words: Int32Array, a: number, result: Int32Array, env: FloatEnv): boolean {
  unpack80(words, a, A);
  const negative = A.negative;
  A.negative = 0;
  // RC rounds the signed number, the digits are those of its magnitude: swap the directions.
  const rounding = negative && (env.rounding === 1 || env.rounding === 2) ? 3 - env.rounding : env.rounding;
  if (integerOf(A, 64, rounding, result, 0, env)) {
    const lo = result[0]!;
    const hi = result[1]!;
    // Below 10^18 the quotient by 10^9 is a word; doubles find it to within one.
    const value = (hi >>> 0) * 4294967296 + (lo >>> 0);
    let quotient = Math.floor(value / BILLION);
    let rest = (lo - Math.imul(quotient | 0, BILLION)) | 0;
    if (rest < 0) {
      quotient--;
      rest += BILLION;
    } else if (rest >= BILLION) {
      quotient++;
      rest -= BILLION;
    }
    if (quotient < BILLION) {
      writeDigits(quotient, rest, negative, result);
      if (inexactInteger) env.inexact(env.roundedUp);
      return true;
    }
  }
  env.roundedUp = 0;
  env.flags |= FLOAT_IE;
  result[0] = 0;
  result[1] = 0xc0000000 | 0;
  result[2] = 0xffff;
  return !env.stopsBefore();
}

function writeDigits(high: number, low: number, negative: number, result: Int32Array): void {
  // Eighteen digits: nine of `high`, nine of `low`; the words hold eight each.
  const lowTop = (low / 100000000) | 0;
  const lowRest = low - lowTop * 100000000;
  result[0] = eightDigits(lowRest);
  const middle = (high % 10000000) * 10 + lowTop;
  result[1] = eightDigits(middle);
  result[2] = (negative << 15) | packedDigits((high / 10000000) | 0);
}

function eightDigits(value: number): number {
  let packed = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    packed |= packedDigits(value % 100) << shift;
    value = (value / 100) | 0;
  }
  return packed;
}
