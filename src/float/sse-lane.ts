import { FLOAT_DE, FLOAT_IE, FLOAT_ZE, type FloatEnv } from './env.ts';
import { addExact, divideExact, fusedMultiplyAddExact, multiplyExact, squareRootExact } from './exact.ts';
import { compareUnpacked, UNORDERED } from './float80.ts';
import { roundToInteger } from './round.ts';
import { INFINITY, NORMAL, QUIET_NAN, SIGNALING_NAN, type Unpacked, ZERO } from './unpacked.ts';

/**
 * The exact path of one SIMD lane, whatever its format: what SSE, AVX and FMA make of special operands (SDM Vol. 1,
 * "SIMD Floating-Point Exception Conditions"), and the exact result that the caller rounds into its format. Each answers
 * false when an unmasked exception leaves no result.
 */

/** A copy of a NaN, quieted. */
function quiet(nan: Unpacked, z: Unpacked): void {
  z.copy(nan);
  z.kind = QUIET_NAN;
  z.hi |= 0x40000000;
}

function invalid(z: Unpacked, env: FloatEnv): boolean {
  env.flags |= FLOAT_IE;
  z.setIndefinite();
  return !env.stopsBefore();
}

/** Denormals are zeros, under DAZ. */
export function flushOperand(u: Unpacked, env: FloatEnv): void {
  if (u.denormal !== 0 && env.daz) u.setZero(u.negative);
}

function noteDenormals(denormal: number, env: FloatEnv): boolean {
  if (denormal !== 0) env.flags |= FLOAT_DE;
  return !env.stopsBefore();
}

/** The first NaN wins, quieted; a signalling one anywhere raises IE. */
function settleNans(a: Unpacked, b: Unpacked, z: Unpacked, env: FloatEnv): boolean {
  if (a.kind < QUIET_NAN && b.kind < QUIET_NAN) return false;
  if (a.kind === SIGNALING_NAN || b.kind === SIGNALING_NAN) env.flags |= FLOAT_IE;
  quiet(a.kind >= QUIET_NAN ? a : b, z);
  return true;
}

export function addLane(a: Unpacked, b: Unpacked, flip: number, z: Unpacked, env: FloatEnv): boolean {
  flushOperand(a, env);
  flushOperand(b, env);
  if (settleNans(a, b, z, env)) return !env.stopsBefore();
  const bNegative = b.negative ^ flip;
  if (a.kind === INFINITY && b.kind === INFINITY && a.negative !== bNegative) return invalid(z, env);
  if (!noteDenormals(a.denormal | b.denormal, env)) return false;
  if (a.kind === INFINITY) z.setInfinity(a.negative);
  else if (b.kind === INFINITY) z.setInfinity(bNegative);
  else addExact(a, b, flip, env.rounding, z);
  return true;
}

export function multiplyLane(a: Unpacked, b: Unpacked, z: Unpacked, env: FloatEnv): boolean {
  flushOperand(a, env);
  flushOperand(b, env);
  if (settleNans(a, b, z, env)) return !env.stopsBefore();
  const infinite = a.kind === INFINITY || b.kind === INFINITY;
  if (infinite && (a.kind === ZERO || b.kind === ZERO)) return invalid(z, env);
  if (!noteDenormals(a.denormal | b.denormal, env)) return false;
  if (infinite) z.setInfinity(a.negative ^ b.negative);
  else multiplyExact(a, b, z);
  return true;
}

export function divideLane(a: Unpacked, b: Unpacked, z: Unpacked, env: FloatEnv): boolean {
  flushOperand(a, env);
  flushOperand(b, env);
  if (settleNans(a, b, z, env)) return !env.stopsBefore();
  const negative = a.negative ^ b.negative;
  if (a.kind === b.kind && a.kind !== NORMAL) return invalid(z, env);
  if (b.kind === ZERO && a.kind === NORMAL) {
    env.flags |= FLOAT_ZE;
    z.setInfinity(negative);
    return !env.stopsBefore();
  }
  if (!noteDenormals(a.denormal | b.denormal, env)) return false;
  if (a.kind === INFINITY) z.setInfinity(negative);
  else if (b.kind === INFINITY) z.setZero(negative);
  else divideExact(a, b, z);
  return true;
}

export function squareRootLane(a: Unpacked, z: Unpacked, env: FloatEnv): boolean {
  flushOperand(a, env);
  if (settleNans(a, a, z, env)) return !env.stopsBefore();
  if (a.negative && a.kind !== ZERO) return invalid(z, env);
  if (!noteDenormals(a.denormal, env)) return false;
  if (a.kind === INFINITY) z.setInfinity(0);
  else squareRootExact(a, z);
  return true;
}

/** z = a * b + c with signs flipped on request: `flips` bit 0 the product's, bit 1 the addend's. NaNs by order a, b, c. */
export function fusedLane(
  a: Unpacked,
  b: Unpacked,
  c: Unpacked,
  flips: number,
  z: Unpacked,
  env: FloatEnv,
): boolean {
  flushOperand(a, env);
  flushOperand(b, env);
  flushOperand(c, env);
  const badProduct = (a.kind === INFINITY && b.kind === ZERO) || (a.kind === ZERO && b.kind === INFINITY);
  if (a.kind >= QUIET_NAN || b.kind >= QUIET_NAN || c.kind >= QUIET_NAN) {
    if (a.kind === SIGNALING_NAN || b.kind === SIGNALING_NAN || c.kind === SIGNALING_NAN)
      env.flags |= FLOAT_IE;
    quiet(a.kind >= QUIET_NAN ? a : b.kind >= QUIET_NAN ? b : c, z);
    return !env.stopsBefore();
  }
  if (badProduct) return invalid(z, env);
  const productNegative = a.negative ^ b.negative ^ (flips & 1);
  const addendNegative = c.negative ^ (flips >> 1);
  const infinite = a.kind === INFINITY || b.kind === INFINITY;
  if (infinite && c.kind === INFINITY && productNegative !== addendNegative) return invalid(z, env);
  if (!noteDenormals(a.denormal | b.denormal | c.denormal, env)) return false;
  if (infinite) z.setInfinity(productNegative);
  else if (c.kind === INFINITY) z.setInfinity(addendNegative);
  else fusedMultiplyAddExact(a, b, c, flips & 1, flips >> 1, env.rounding, z);
  return true;
}

/** Relation of a to b; `signaling` comparisons raise IE for quiet NaNs too. */
export function compareLane(a: Unpacked, b: Unpacked, signaling: boolean, env: FloatEnv): number {
  flushOperand(a, env);
  flushOperand(b, env);
  if (a.kind >= QUIET_NAN || b.kind >= QUIET_NAN) {
    if (signaling || a.kind === SIGNALING_NAN || b.kind === SIGNALING_NAN) env.flags |= FLOAT_IE;
    return UNORDERED;
  }
  noteDenormals(a.denormal | b.denormal, env);
  return compareUnpacked(a, b);
}

/** Changes of format: NaNs are quieted, denormals noted; the value stays. */
export function convertLane(a: Unpacked, env: FloatEnv): boolean {
  flushOperand(a, env);
  if (settleNans(a, a, a, env)) return !env.stopsBefore();
  return noteDenormals(a.denormal, env);
}

/** ROUNDSD and its kin; raises PE unless `suppressed`. Denormal operands are no exception here. */
export function roundLane(a: Unpacked, rounding: number, suppressed: boolean, env: FloatEnv): boolean {
  flushOperand(a, env);
  if (settleNans(a, a, a, env)) return !env.stopsBefore();
  if (roundToInteger(a, rounding, env) && !suppressed) env.inexact(0);
  return true;
}
