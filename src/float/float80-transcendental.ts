import { FLOAT_DE, FLOAT_PE, FLOAT_UE, FLOAT_ZE, type FloatEnv } from './env.ts';
import {
  arctangentFixed,
  cosineFixed,
  exponentialMinusOneFixed,
  logarithmFixed,
  overLn2,
  piFixed,
  sineFixed,
  timesLn2,
} from './fixed-point.ts';
import { settleNans80, write80, writeInvalid80 } from './float80.ts';
import { pack80 } from './round.ts';
import { INFINITY, NORMAL, Unpacked, unpack80, ZERO } from './unpacked.ts';

/**
 * The transcendental instructions. Results are those of the mathematical functions, rounded once as RC asks, so within
 * half a unit of the last place where the manual grants a whole one (SDM Vol. 1, "Transcendental Instruction Accuracy").
 * The functions of angles reduce their argument by the processors' own pi of 66 significant bits ("Approximation of Pi");
 * Zen 3 was measured to do so too. Precision control does not apply. BigInt: these are cold.
 */

const A = new Unpacked();
const B = new Unpacked();
const Z = new Unpacked();

/** pi = 4 * 0.C90FDAA22168C234C, in units of 2^-66. */
const PI_66 = 0xc90fdaa22168c234cn;
/** Fraction bits that leave some 190 significant ones to a result of about one. */
const WORKING_BITS = 200;

function significand(u: Unpacked): bigint {
  return (BigInt(u.hi >>> 0) << 32n) | BigInt(u.lo >>> 0);
}

function bitLength(value: bigint): number {
  const text = value.toString(16);
  return text.length * 4 - Math.clz32(Number.parseInt(text[0]!, 16)) + 28;
}

/** z = value * 2^-bits, positive and never exact: what the top 128 bits leave off is not zero. */
function setFixed(z: Unpacked, negative: number, value: bigint, bits: number): void {
  const length = bitLength(value);
  const top = length > 128 ? value >> BigInt(length - 128) : value << BigInt(128 - length);
  z.kind = NORMAL;
  z.negative = negative;
  z.denormal = 0;
  z.exponent = length - 1 - bits;
  z.hi = Number(top >> 96n) | 0;
  z.lo = Number((top >> 64n) & 0xffffffffn) | 0;
  z.x1 = Number((top >> 32n) & 0xffffffffn) | 0;
  z.x0 = Number(top & 0xffffffffn) | 1;
}

function stoppedByDenormal(denormal: number, env: FloatEnv): boolean {
  if (denormal !== 0) env.flags |= FLOAT_DE;
  return env.stopsBefore();
}

/** The reduced angle: |remainder| <= pi / 4 in fixed point, and the quadrant. */
let angle = 0n;
let angleBits = 0;
let quadrant = 0;

/** Reduces the nonzero A, below 2^63 in magnitude, by pi / 2. */
function reduceAngle(): void {
  const unit = Math.max(67, 63 - A.exponent);
  const x = significand(A) << BigInt(unit - 63 + A.exponent);
  const half = PI_66 << BigInt(unit - 67);
  const turns = (2n * x + half) / (2n * half);
  const rest = x - turns * half;
  quadrant = Number(turns & 3n);
  const length = bitLength(rest < 0n ? -rest : rest);
  angleBits = Math.max(unit, unit - length + WORKING_BITS);
  angle = rest << BigInt(angleBits - unit);
  if (A.negative) {
    angle = -angle;
    quadrant = -quadrant & 3;
  }
}

/** The sine of the angle in magnitude a shade below it; the cosine a shade below one. */
function angleSine(): bigint {
  const sine = sineFixed(angle, angleBits);
  return sine !== angle ? sine : angle > 0n ? sine - 1n : sine + 1n;
}

function angleCosine(): bigint {
  const cosine = cosineFixed(angle, angleBits);
  const one = 1n << BigInt(angleBits);
  return cosine < one ? cosine : one - 1n;
}

function setSigned(z: Unpacked, value: bigint, bits: number): void {
  setFixed(z, value < 0n ? 1 : 0, value < 0n ? -value : value, bits);
}

/** Sine (0) or cosine (1) of the reduced angle into Z. */
function setSinusoid(shift: number): void {
  const turn = (quadrant + shift) & 3;
  const value = turn & 1 ? angleCosine() : angleSine();
  setSigned(Z, turn & 2 ? -value : value, angleBits);
}

/**
 * Operand checks of the functions of angles. 'done': the result, or none, is written. 'far': out of range. 'zero', 'go'.
 */
function prepareAngle(
  words: Int32Array,
  a: number,
  out: number,
  env: FloatEnv,
): 'done' | 'far' | 'zero' | 'go' {
  unpack80(words, a, A);
  if (settleNans80(A, A, words, out, env)) return 'done';
  if (A.kind === INFINITY) {
    writeInvalid80(words, out, env);
    return 'done';
  }
  if (A.kind === ZERO) return 'zero';
  if (A.exponent >= 63) return 'far';
  return stoppedByDenormal(A.denormal, env) ? 'done' : 'go';
}

function writeOne(words: Int32Array, out: number): void {
  words[out] = 0;
  words[out + 1] = 0x80000000 | 0;
  words[out + 2] = 0x3fff;
}

function copy80(words: Int32Array, from: number, to: number): void {
  words.copyWithin(to, from, from + 3);
}

/** FSIN. False when |a| >= 2^63: C2, and nothing changes. */
export function sine80(words: Int32Array, a: number, out: number, env: FloatEnv): boolean {
  const state = prepareAngle(words, a, out, env);
  if (state === 'zero') copy80(words, a, out);
  if (state === 'go') {
    reduceAngle();
    setSinusoid(0);
    write80(Z, 64, words, out, env);
  }
  return state !== 'far';
}

/** FCOS. False when |a| >= 2^63. */
export function cosine80(words: Int32Array, a: number, out: number, env: FloatEnv): boolean {
  const state = prepareAngle(words, a, out, env);
  if (state === 'zero') writeOne(words, out);
  if (state === 'go') {
    reduceAngle();
    setSinusoid(1);
    write80(Z, 64, words, out, env);
  }
  return state !== 'far';
}

/** FSINCOS: two results. False when |a| >= 2^63. */
export function sineCosine80(
  words: Int32Array,
  a: number,
  sineOut: number,
  cosineOut: number,
  env: FloatEnv,
): boolean {
  const state = prepareAngle(words, a, sineOut, env);
  if (state === 'done' && !env.stopsBefore()) copy80(words, sineOut, cosineOut);
  if (state === 'zero') {
    copy80(words, a, sineOut);
    writeOne(words, cosineOut);
  }
  if (state === 'go') {
    reduceAngle();
    setSinusoid(1);
    write80(Z, 64, words, cosineOut, env);
    setSinusoid(0);
    write80(Z, 64, words, sineOut, env);
  }
  return state !== 'far';
}

/** FPTAN: the tangent, and the 1.0 that is pushed after it (or the NaN once more). False when |a| >= 2^63. */
export function tangent80(
  words: Int32Array,
  a: number,
  tangentOut: number,
  oneOut: number,
  env: FloatEnv,
): boolean {
  const state = prepareAngle(words, a, tangentOut, env);
  if (state === 'done' && !env.stopsBefore()) copy80(words, tangentOut, oneOut);
  if (state === 'zero') copy80(words, a, tangentOut);
  if (state === 'go') {
    reduceAngle();
    const sine = angleSine();
    const cosine = angleCosine();
    let tangent = quadrant & 1 ? -(cosine << BigInt(angleBits)) / sine : (sine << BigInt(angleBits)) / cosine;
    // Of the tiniest angles the tangent is a shade above the angle itself.
    if ((quadrant & 1) === 0 && (angle > 0n ? tangent <= angle : tangent >= angle))
      tangent = angle > 0n ? angle + 1n : angle - 1n;
    setSigned(Z, tangent, angleBits);
    write80(Z, 64, words, tangentOut, env);
  }
  if (state === 'zero' || (state === 'go' && !env.stopsBefore())) writeOne(words, oneOut);
  return state !== 'far';
}

/** FPATAN: out = arctan(y / x) in the quadrant of the point (x, y). */
export function arctangent80(words: Int32Array, y: number, x: number, out: number, env: FloatEnv): void {
  unpack80(words, y, A);
  unpack80(words, x, B);
  if (settleNans80(A, B, words, out, env) || stoppedByDenormal(A.denormal | B.denormal, env)) return;
  const negative = A.negative;
  const left = B.negative !== 0;
  if (A.kind === ZERO || (B.kind === INFINITY && A.kind !== INFINITY)) {
    if (left) setFixed(Z, negative, piFixed(WORKING_BITS), WORKING_BITS);
    else Z.setZero(negative);
  } else if (A.kind === INFINITY || B.kind === ZERO) {
    const quarter = piFixed(WORKING_BITS) >> 2n;
    setFixed(Z, negative, A.kind === B.kind ? (left ? 3n * quarter : quarter) : 2n * quarter, WORKING_BITS);
  } else {
    setArctangent(A, B, negative, left);
  }
  write80(Z, 64, words, out, env);
}

function setArctangent(y: Unpacked, x: Unpacked, negative: number, left: boolean): void {
  const ySignificand = significand(y);
  const xSignificand = significand(x);
  const distance = y.exponent - x.exponent;
  const steep = distance > 0 || (distance === 0 && ySignificand > xSignificand);
  const small = steep ? xSignificand : ySignificand;
  const large = steep ? ySignificand : xSignificand;
  const lower = Math.abs(distance);
  if (lower > WORKING_BITS) {
    if (!steep && !left) {
      // The ratio itself, from below.
      const ratio = (small << 256n) / large;
      const exact = ratio * large === small << 256n;
      setFixed(Z, negative, (ratio << 64n) + (exact ? -1n : 1n), 320 + lower);
    } else {
      // So near an axis that the rest is beyond rounding: pi and half of it are irrational.
      setFixed(Z, negative, steep ? piFixed(WORKING_BITS) >> 1n : piFixed(WORKING_BITS), WORKING_BITS);
    }
    return;
  }
  const bits = WORKING_BITS + lower;
  const ratio = (small << BigInt(WORKING_BITS)) / large;
  const arctangent = arctangentFixed(ratio, bits);
  let value = arctangent;
  if (steep) value = (piFixed(bits) >> 1n) + (left ? arctangent : -arctangent);
  else if (left) value = piFixed(bits) - arctangent;
  else if (arctangent === ratio && ratio * large === small << BigInt(WORKING_BITS)) value = arctangent - 1n;
  setFixed(Z, negative, value, bits);
}

/** F2XM1: out = 2^a - 1. Beyond [-1, 1] the manual defines nothing; as on Zen 3 the operand stays, inexact. */
export function exponentialMinusOne80(words: Int32Array, a: number, out: number, env: FloatEnv): void {
  unpack80(words, a, A);
  if (settleNans80(A, A, words, out, env) || stoppedByDenormal(A.denormal, env)) return;
  if (A.kind === INFINITY && A.negative) {
    writeOne(words, out);
    words[out + 2]! |= 0x8000;
    return;
  }
  const unit = A.exponent === 0 && A.hi === (0x80000000 | 0) && A.lo === 0;
  if (A.kind !== NORMAL || (A.exponent >= 0 && !unit)) {
    if (A.kind === NORMAL) env.inexact(0);
    copy80(words, a, out);
    return;
  }
  if (unit) {
    // 2^1 - 1 and 2^-1 - 1 are exact, but the processors report every ordinary result as inexact.
    A.exponent = A.negative ? -1 : 0;
    pack80(A, words, out);
    env.inexact(0);
    return;
  }
  const bits = WORKING_BITS - A.exponent;
  const y = timesLn2(significand(A), bits - 63 + A.exponent);
  setSigned(Z, exponentialMinusOneFixed(A.negative ? -y : y, bits), bits);
  write80(Z, 64, words, out, env);
}

/** FYL2X: out = y * log2(x). */
export function logarithm80(words: Int32Array, x: number, y: number, out: number, env: FloatEnv): void {
  unpack80(words, x, A);
  unpack80(words, y, B);
  if (settleNans80(A, B, words, out, env)) return;
  if (A.kind !== ZERO && A.negative) {
    writeInvalid80(words, out, env);
    return;
  }
  const isOne = A.kind === NORMAL && A.exponent === 0 && A.hi === (0x80000000 | 0) && A.lo === 0;
  // The logarithm is zero or infinite: the forms 0 * infinity are invalid.
  if ((A.kind === ZERO || A.kind === INFINITY) && B.kind === ZERO) {
    writeInvalid80(words, out, env);
    return;
  }
  if (isOne && B.kind === INFINITY) {
    writeInvalid80(words, out, env);
    return;
  }
  if (A.kind === ZERO && B.kind === NORMAL) {
    env.flags |= FLOAT_ZE;
    if (env.stopsBefore()) return;
  } else if (stoppedByDenormal(A.denormal | B.denormal, env)) {
    return;
  }
  const below = A.kind === ZERO || (A.kind === NORMAL && A.exponent < 0) ? 1 : 0;
  if (A.kind !== NORMAL || B.kind === INFINITY) {
    Z.setInfinity(B.negative ^ below);
  } else if (B.kind === ZERO || isOne) {
    Z.setZero(B.negative ^ below);
  } else {
    setProductWithLogarithm(below);
    write80(Z, 64, words, out, env);
    // Also exact ones, of powers of two, count as inexact, and tiny ones as underflow: measured on Zen 3.
    env.flags |= (words[out + 2]! & 0x7fff) === 0 ? FLOAT_PE | FLOAT_UE : FLOAT_PE;
    return;
  }
  write80(Z, 64, words, out, env);
}

/** Z = B * log2(A), both ordinary. */
function setProductWithLogarithm(below: number): void {
  const negative = B.negative ^ below;
  let m = significand(A);
  let exponent = A.exponent;
  if (m === 1n << 63n) {
    // A power of two: an exact logarithm, and a product of at most 79 bits.
    const product = significand(B) * BigInt(Math.abs(exponent));
    setFixed(Z, negative, product, 63 - B.exponent);
    Z.x0 &= ~1;
    return;
  }
  // The significand between sqrt(1/2) and sqrt(2), so that a logarithm near zero comes from one series alone.
  const bits = WORKING_BITS + 64;
  let one = 1n << 63n;
  if (m > 0xb504f333f9de6484n) {
    one <<= 1n;
    exponent++;
  }
  m -= one;
  const logarithm =
    overLn2(logarithmFixed((m << BigInt(bits)) / (m + 2n * one), bits)) + (BigInt(exponent) << BigInt(bits));
  setFixed(Z, negative, significand(B) * (logarithm < 0n ? -logarithm : logarithm), bits + 63 - B.exponent);
}

/**
 * FYL2XP1: out = y * log2(x + 1). Beyond the manual's range the same function as far as it goes; for x <= -1 the operand
 * stays, inexact, as on Zen 3.
 */
export function logarithmPlusOne80(
  words: Int32Array,
  x: number,
  y: number,
  out: number,
  env: FloatEnv,
): void {
  unpack80(words, x, A);
  unpack80(words, y, B);
  if (settleNans80(A, B, words, out, env)) return;
  const negative = A.negative ^ B.negative;
  if (A.kind === INFINITY && (A.negative || B.kind === ZERO)) {
    writeInvalid80(words, out, env);
    return;
  }
  if (A.kind === ZERO && B.kind === INFINITY) {
    writeInvalid80(words, out, env);
    return;
  }
  if (stoppedByDenormal(A.denormal | B.denormal, env)) return;
  if (A.kind === INFINITY || B.kind === INFINITY) {
    Z.setInfinity(negative);
  } else if (A.kind === ZERO || B.kind === ZERO) {
    Z.setZero(negative);
  } else if (A.negative && A.exponent >= 0) {
    env.inexact(0);
    copy80(words, x, out);
    return;
  } else if (A.exponent >= 0 || (A.negative && A.exponent === -1)) {
    setFarLogarithmPlusOne(negative);
  } else {
    // z = x / (2 + x), with significant bits enough for the smallest x.
    const bits = WORKING_BITS - A.exponent + 64;
    const m = A.negative ? -significand(A) : significand(A);
    const one = 1n << BigInt(63 - A.exponent);
    const logarithm = overLn2(logarithmFixed((m << BigInt(bits)) / (2n * one + m), bits));
    setFixed(Z, negative, significand(B) * (logarithm < 0n ? -logarithm : logarithm), bits + 63 - B.exponent);
  }
  write80(Z, 64, words, out, env);
}

/** Z = B * log2(1 + A) for A >= 1 or -1 < A <= -1/2: by the exponent of 1 + A and its significand. */
function setFarLogarithmPlusOne(negative: number): void {
  const bits = WORKING_BITS + 64;
  // 1 + A in units of 2^-unit; beneath an A far above 2^264 the one is lost.
  const unit = Math.max(0, 63 - A.exponent);
  const x = significand(A) << BigInt(Math.min(Math.max(0, A.exponent - 63), bits));
  const one = 1n << BigInt(unit);
  const whole = A.negative ? one - x : one + x;
  const length = bitLength(whole);
  const exponent = A.exponent > 63 + bits ? A.exponent : length - 1 - unit;
  const m = length > bits ? whole >> BigInt(length - bits) : whole << BigInt(bits - length);
  const half = 1n << BigInt(bits - 1);
  const z = ((m - half) << BigInt(bits)) / (m + half);
  const logarithm = overLn2(logarithmFixed(z, bits)) + (BigInt(exponent) << BigInt(bits));
  setFixed(Z, negative, significand(B) * (logarithm < 0n ? -logarithm : logarithm), bits + 63 - B.exponent);
}
