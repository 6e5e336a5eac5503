import { FLOAT_DE, FLOAT_IE, FLOAT_ZE, type FloatEnv, ROUND_DOWN } from './env.ts';
import { addExact, compareWords, divideExact, multiplyExact, squareRootExact } from './exact.ts';
import { pack80, round, roundToInteger } from './round.ts';
import {
  EXTENDED_BIAS,
  INFINITY,
  NORMAL,
  normalize,
  QUIET_NAN,
  SIGNALING_NAN,
  UNSUPPORTED,
  Unpacked,
  unpack80,
  ZERO,
} from './unpacked.ts';

/**
 * Arithmetic of the x87 in double extended precision. A register is three words of one Int32Array, at the index given:
 * significand low, significand high, sign and exponent (the layout of `state/layout.ts`). The second operand is already
 * unpacked, so that a memory operand of another format keeps its signalling NaN and its denormal until the operation
 * judges them: `unpack80`, `unpack64`, `unpack32` or `unpackInteger` fill it.
 *
 * Every operation raises its exceptions in `env.flags`. When one of IE, DE, ZE is unmasked, nothing is written. A result
 * of unmasked overflow or underflow is written with its exponent adjusted by 24576 (SDM Vol. 1, "Numeric Overflow
 * Exception (#O)"). The caller clears `env` before and looks at the flags after. Nothing is allocated.
 */

const EXPONENT_ADJUSTMENT = 24576;

const A = new Unpacked();
const Z = new Unpacked();

/** How two numbers relate. */
export const LESS = -1;
export const EQUAL = 0;
export const GREATER = 1;
export const UNORDERED = 2;

/** Raises the invalid operation exception and, when it is masked, writes the QNaN floating-point indefinite. */
export function writeInvalid80(words: Int32Array, out: number, env: FloatEnv): void {
  env.flags |= FLOAT_IE;
  if (env.stopsBefore()) return;
  Z.setIndefinite();
  pack80(Z, words, out);
}

/** Rounds to the precision given, then writes. */
export function write80(z: Unpacked, precision: number, words: Int32Array, out: number, env: FloatEnv): void {
  round(z, precision, EXTENDED_BIAS, EXPONENT_ADJUSTMENT, env);
  if (z.kind === NORMAL && (z.exponent > EXTENDED_BIAS || z.exponent < 1 - EXTENDED_BIAS)) {
    // Out of reach even after the adjustment, as only FSCALE can be.
    env.inexact(z.exponent > 0 ? 1 : 0);
    if (z.exponent > 0) z.setInfinity(z.negative);
    else z.setZero(z.negative);
  }
  pack80(z, words, out);
}

/** Writes a NaN operand as a result: quieted, IE for a signalling one. */
export function writeNan80(nan: Unpacked, words: Int32Array, out: number, env: FloatEnv): void {
  if (nan.kind === SIGNALING_NAN) env.flags |= FLOAT_IE;
  if (env.stopsBefore()) return;
  const negative = nan.negative;
  words[out] = nan.lo;
  words[out + 1] = nan.hi | 0x40000000;
  words[out + 2] = (negative << 15) | 0x7fff;
}

/**
 * True when an operand is a NaN or of an unsupported format; the result is then written (SDM Vol. 1, "Rules for Handling
 * NaNs": the NaN with the larger significand, but a quiet one before a signalling one).
 */
export function settleNans80(
  a: Unpacked,
  b: Unpacked,
  words: Int32Array,
  out: number,
  env: FloatEnv,
): boolean {
  if (a.kind < QUIET_NAN && b.kind < QUIET_NAN) return false;
  if (a.kind === UNSUPPORTED || b.kind === UNSUPPORTED) {
    writeInvalid80(words, out, env);
    return true;
  }
  if (a.kind === SIGNALING_NAN || b.kind === SIGNALING_NAN) env.flags |= FLOAT_IE;
  writeNan80(chooseNan(a, b), words, out, env);
  return true;
}

function chooseNan(a: Unpacked, b: Unpacked): Unpacked {
  if (!b.isNan()) return a;
  if (!a.isNan()) return b;
  if (a.kind !== b.kind) return a.kind === QUIET_NAN ? a : b;
  const order = compareWords(a.hi, a.lo, b.hi, b.lo);
  if (order !== 0) return order > 0 ? a : b;
  return a.negative ? b : a;
}

/** Raises DE for denormal operands; true when that stops the instruction. */
function stoppedByDenormal(a: Unpacked, b: Unpacked, env: FloatEnv): boolean {
  if ((a.denormal | b.denormal) === 0) return false;
  env.flags |= FLOAT_DE;
  return env.stopsBefore();
}

/** out = a + b. */
export function add80(words: Int32Array, a: number, b: Unpacked, out: number, env: FloatEnv): void {
  unpack80(words, a, A);
  addOperands(words, A, b, 0, out, env);
}

/** out = a - b. */
export function subtract80(words: Int32Array, a: number, b: Unpacked, out: number, env: FloatEnv): void {
  unpack80(words, a, A);
  addOperands(words, A, b, 1, out, env);
}

/** out = b - a. */
export function subtractReversed80(
  words: Int32Array,
  a: number,
  b: Unpacked,
  out: number,
  env: FloatEnv,
): void {
  unpack80(words, a, A);
  addOperands(words, b, A, 1, out, env);
}

function addOperands(
  words: Int32Array,
  a: Unpacked,
  b: Unpacked,
  flip: number,
  out: number,
  env: FloatEnv,
): void {
  if (settleNans80(a, b, words, out, env) || stoppedByDenormal(a, b, env)) return;
  const bNegative = b.negative ^ flip;
  if (a.kind === INFINITY || b.kind === INFINITY) {
    if (a.kind === b.kind && a.negative !== bNegative) {
      writeInvalid80(words, out, env);
      return;
    }
    Z.setInfinity(a.kind === INFINITY ? a.negative : bNegative);
  } else {
    addExact(a, b, flip, env.rounding, Z);
  }
  write80(Z, env.precision, words, out, env);
}

/** out = a * b. */
export function multiply80(words: Int32Array, a: number, b: Unpacked, out: number, env: FloatEnv): void {
  unpack80(words, a, A);
  if (settleNans80(A, b, words, out, env)) return;
  if (A.kind === INFINITY || b.kind === INFINITY) {
    if (A.kind === ZERO || b.kind === ZERO) {
      writeInvalid80(words, out, env);
      return;
    }
    if (stoppedByDenormal(A, b, env)) return;
    Z.setInfinity(A.negative ^ b.negative);
  } else {
    if (stoppedByDenormal(A, b, env)) return;
    multiplyExact(A, b, Z);
  }
  write80(Z, env.precision, words, out, env);
}

/** out = a / b. */
export function divide80(words: Int32Array, a: number, b: Unpacked, out: number, env: FloatEnv): void {
  unpack80(words, a, A);
  divideOperands(words, A, b, out, env);
}

/** out = b / a. */
export function divideReversed80(
  words: Int32Array,
  a: number,
  b: Unpacked,
  out: number,
  env: FloatEnv,
): void {
  unpack80(words, a, A);
  divideOperands(words, b, A, out, env);
}

function divideOperands(words: Int32Array, a: Unpacked, b: Unpacked, out: number, env: FloatEnv): void {
  if (settleNans80(a, b, words, out, env)) return;
  const negative = a.negative ^ b.negative;
  if (a.kind === b.kind && a.kind !== NORMAL) {
    writeInvalid80(words, out, env);
    return;
  }
  if (b.kind === ZERO && a.kind === NORMAL) {
    env.flags |= FLOAT_ZE;
    if (env.stopsBefore()) return;
    Z.setInfinity(negative);
  } else if (stoppedByDenormal(a, b, env)) {
    return;
  } else if (a.kind === INFINITY) {
    Z.setInfinity(negative);
  } else if (b.kind === INFINITY) {
    Z.setZero(negative);
  } else {
    divideExact(a, b, Z);
  }
  write80(Z, env.precision, words, out, env);
}

/** out = square root of a. */
export function squareRoot80(words: Int32Array, a: number, out: number, env: FloatEnv): void {
  unpack80(words, a, A);
  if (settleNans80(A, A, words, out, env)) return;
  if (A.negative && A.kind !== ZERO) {
    writeInvalid80(words, out, env);
    return;
  }
  if (stoppedByDenormal(A, A, env)) return;
  if (A.kind === INFINITY) Z.setInfinity(0);
  else squareRootExact(A, Z);
  write80(Z, env.precision, words, out, env);
}

/** FRNDINT. */
export function round80(words: Int32Array, a: number, out: number, env: FloatEnv): void {
  unpack80(words, a, A);
  if (settleNans80(A, A, words, out, env) || stoppedByDenormal(A, A, env)) return;
  if (roundToInteger(A, env.rounding, env)) write80Inexact(A, words, out, env);
  else pack80(A, words, out);
}

function write80Inexact(z: Unpacked, words: Int32Array, out: number, env: FloatEnv): void {
  const up = env.roundedUp;
  write80(z, 64, words, out, env);
  env.inexact(up);
}

/**
 * How `a` relates to `b`: LESS, EQUAL, GREATER or UNORDERED. A signalling NaN or an unsupported format raises IE, and so
 * does a quiet NaN when `signaling` (FCOM, not FUCOM).
 */
export function compare80(
  words: Int32Array,
  a: number,
  b: Unpacked,
  signaling: boolean,
  env: FloatEnv,
): number {
  unpack80(words, a, A);
  if (A.kind >= QUIET_NAN || b.kind >= QUIET_NAN) {
    if (signaling || A.kind > QUIET_NAN || b.kind > QUIET_NAN) env.flags |= FLOAT_IE;
    return UNORDERED;
  }
  if ((A.denormal | b.denormal) !== 0) env.flags |= FLOAT_DE;
  return compareUnpacked(A, b);
}

/** Order of two numbers that are no NaNs. */
export function compareUnpacked(a: Unpacked, b: Unpacked): number {
  if (a.kind === ZERO && b.kind === ZERO) return EQUAL;
  if (a.kind === ZERO) return b.negative ? GREATER : LESS;
  if (b.kind === ZERO || a.negative !== b.negative) return a.negative ? LESS : GREATER;
  let order: number;
  if (a.kind !== b.kind) order = a.kind === INFINITY ? 1 : -1;
  else if (a.kind === INFINITY) order = 0;
  else if (a.exponent !== b.exponent) order = a.exponent - b.exponent;
  else order = compareWords(a.hi, a.lo, b.hi, b.lo);
  if (order === 0) return EQUAL;
  return order < 0 !== (a.negative !== 0) ? LESS : GREATER;
}

/** FSCALE: out = a * 2^(b rounded towards zero). */
export function scale80(words: Int32Array, a: number, b: Unpacked, out: number, env: FloatEnv): void {
  unpack80(words, a, A);
  if (settleNans80(A, b, words, out, env)) return;
  if (b.kind === INFINITY) {
    if (b.negative ? A.kind === INFINITY : A.kind === ZERO) {
      writeInvalid80(words, out, env);
      return;
    }
    if (stoppedByDenormal(A, b, env)) return;
    if (b.negative) Z.setZero(A.negative);
    else Z.setInfinity(A.negative);
    pack80(Z, words, out);
    return;
  }
  if (stoppedByDenormal(A, b, env)) return;
  if (A.kind === NORMAL && b.kind === NORMAL && b.exponent >= 0) {
    // Beyond 2^16 any scale is as good as any other.
    const scale = b.exponent > 16 ? 0x20000 : b.hi >>> (31 - b.exponent);
    A.exponent += b.negative ? -scale : scale;
  }
  write80(A, 64, words, out, env);
}

/** FXTRACT: the exponent of `a` as a number to `exponentOut`, its significand to `significandOut`. */
export function extract80(
  words: Int32Array,
  a: number,
  exponentOut: number,
  significandOut: number,
  env: FloatEnv,
): void {
  unpack80(words, a, A);
  if (A.kind >= QUIET_NAN) {
    settleNans80(A, A, words, exponentOut, env);
    if (!env.stopsBefore()) words.copyWithin(significandOut, exponentOut, exponentOut + 3);
    return;
  }
  const negative = A.negative;
  if (A.kind === ZERO) {
    env.flags |= FLOAT_ZE;
    if (env.stopsBefore()) return;
    Z.setInfinity(1);
  } else if (A.kind === INFINITY) {
    Z.setInfinity(0);
  } else {
    if (stoppedByDenormal(A, A, env)) return;
    setSmallInteger(Z, A.exponent);
    A.exponent = 0;
  }
  A.negative = negative;
  pack80(Z, words, exponentOut);
  pack80(A, words, significandOut);
}

function setSmallInteger(z: Unpacked, value: number): void {
  z.setZero(value < 0 ? 1 : 0);
  if (value === 0) return;
  z.kind = NORMAL;
  z.exponent = 31;
  z.hi = value < 0 ? -value : value;
  normalize(z);
}

/** What FXAM finds in a register that is not empty, as C3, C2, C0 in bits 2, 1, 0; C1 is the sign. */
export function examine80(words: Int32Array, a: number): number {
  unpack80(words, a, A);
  switch (A.kind) {
    case UNSUPPORTED:
      return 0;
    case INFINITY:
      return 3;
    case ZERO:
      return 4;
    case NORMAL:
      return A.denormal ? 6 : 2;
    default:
      return 1;
  }
}

/** The constants of FLD1 and its kin: 67 bits are enough to round them in every direction. */
export const FLD1 = [0, 0x80000000 | 0, 0, 0] as const;
export const FLDL2T = [0xcd1b8afe | 0, 0xd49a784b | 0, 0x492bf6ff, 1] as const;
export const FLDL2E = [0x5c17f0bb, 0xb8aa3b29 | 0, 0xbe87fed0 | 0, 0] as const;
export const FLDPI = [0x2168c234, 0xc90fdaa2 | 0, 0xc4c6628b | 0, 1] as const;
export const FLDLG2 = [0xfbcff798 | 0, 0x9a209a84 | 0, 0x8f8959ac | 0, -2] as const;
export const FLDLN2 = [0xd1cf79ab | 0, 0xb17217f7 | 0, 0xc9e3b398 | 0, -1] as const;

/** Writes a constant, rounded as RC asks; no exception, C1 clear. */
export function constant80(
  constant: readonly [number, number, number, number],
  words: Int32Array,
  out: number,
  env: FloatEnv,
): void {
  const [lo, hi, below, exponent] = constant;
  // All constants are positive and inexact ones differ from their neighbours: up is one more, and nothing carries.
  const up =
    env.rounding === 0 ? below < 0 : env.rounding !== ROUND_DOWN && env.rounding !== 3 && below !== 0;
  words[out] = up ? (lo + 1) | 0 : lo;
  words[out + 1] = hi;
  words[out + 2] = exponent + EXTENDED_BIAS;
}
