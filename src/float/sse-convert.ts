import { FLOAT_IE, FLOAT_PE, type FloatEnv, ROUND_NEAREST, ROUND_ZERO } from './env.ts';
import { inexactInteger, integerOf } from './float80-convert.ts';
import type { Lanes } from './lanes.ts';
import { pack16, pack32, pack64, round } from './round.ts';
import { convertLane, flushOperand } from './sse-lane.ts';
import {
  DOUBLE_BIAS,
  HALF_BIAS,
  SINGLE_BIAS,
  Unpacked,
  unpack16,
  unpack32,
  unpack64,
  unpackInteger,
} from './unpacked.ts';

/**
 * Conversions of the vector unit: between singles, doubles, halves and signed integers. Indices are words; halves are
 * passed and answered as numbers. An unmasked exception leaves the destination alone.
 */

const A = new Unpacked();

/** CVTSD2SS. */
export function doubleToSingle(lanes: Lanes, a: number, out: number, env: FloatEnv): void {
  unpack64(lanes.words[a]!, lanes.words[a + 1]!, A);
  if (!convertLane(A, env)) return;
  round(A, 24, SINGLE_BIAS, 0, env);
  lanes.words[out] = pack32(A);
}

/** CVTSS2SD. Exact. */
export function singleToDouble(lanes: Lanes, a: number, out: number, env: FloatEnv): void {
  const word = lanes.words[a]!;
  if (((word + 0x00800000) & 0x7f000000) !== 0 || word << 1 === 0) {
    lanes.doubles[out >> 1] = lanes.floats[a]!;
    return;
  }
  unpack32(word, A);
  if (convertLane(A, env)) pack64(A, lanes.words, out);
}

/** VCVTPH2PS: DAZ does not apply, and a denormal half is no exception. Exact. */
export function halfToSingle(half: number, lanes: Lanes, out: number, env: FloatEnv): void {
  unpack16(half, A);
  A.denormal = 0;
  if (convertLane(A, env)) lanes.words[out] = pack32(A);
}

/** VCVTPS2PH: imm8 bits 1:0 are the rounding, bit 2 takes MXCSR's instead. FTZ does not apply. -1 when it was stopped. */
export function singleToHalf(lanes: Lanes, a: number, immediate: number, env: FloatEnv): number {
  unpack32(lanes.words[a]!, A);
  if (!convertLane(A, env)) return -1;
  const { rounding, ftz } = env;
  if ((immediate & 4) === 0) env.rounding = immediate & 3;
  env.ftz = false;
  round(A, 11, HALF_BIAS, 0, env);
  env.rounding = rounding;
  env.ftz = ftz;
  return pack16(A);
}

const TO_NEAREST = 6755399441055744; // 1.5 * 2^52: adding it leaves no bits below the units.

/** The number as a 32-bit integer, when it is one of the easy ones. */
function quickInteger32(x: number, truncate: boolean, lanes: Lanes, out: number, env: FloatEnv): boolean {
  if (!(x > -2147483648 && x < 2147483647) || (!truncate && env.rounding !== ROUND_NEAREST)) return false;
  const value = truncate ? Math.trunc(x) : x + TO_NEAREST - TO_NEAREST;
  lanes.words[out] = value;
  if (value !== x) env.flags |= FLOAT_PE;
  return true;
}

/** CVTSD2SI and CVTTSD2SI to 32 bits. */
export function doubleToInteger32(
  lanes: Lanes,
  a: number,
  truncate: boolean,
  out: number,
  env: FloatEnv,
): void {
  const hi = lanes.words[a + 1]!;
  // Denormals may count as zeros; they are not easy.
  if (
    ((hi & 0x7ff00000) !== 0 || !env.daz) &&
    quickInteger32(lanes.doubles[a >> 1]!, truncate, lanes, out, env)
  )
    return;
  unpack64(lanes.words[a]!, hi, A);
  toInteger(32, truncate, lanes, out, env);
}

/** CVTSS2SI and CVTTSS2SI to 32 bits. */
export function singleToInteger32(
  lanes: Lanes,
  a: number,
  truncate: boolean,
  out: number,
  env: FloatEnv,
): void {
  const word = lanes.words[a]!;
  if (((word & 0x7f800000) !== 0 || !env.daz) && quickInteger32(lanes.floats[a]!, truncate, lanes, out, env))
    return;
  unpack32(word, A);
  toInteger(32, truncate, lanes, out, env);
}

/** CVTSD2SI and CVTTSD2SI to 64 bits. */
export function doubleToInteger64(
  lanes: Lanes,
  a: number,
  truncate: boolean,
  out: number,
  env: FloatEnv,
): void {
  unpack64(lanes.words[a]!, lanes.words[a + 1]!, A);
  toInteger(64, truncate, lanes, out, env);
}

/** CVTSS2SI and CVTTSS2SI to 64 bits. */
export function singleToInteger64(
  lanes: Lanes,
  a: number,
  truncate: boolean,
  out: number,
  env: FloatEnv,
): void {
  unpack32(lanes.words[a]!, A);
  toInteger(64, truncate, lanes, out, env);
}

const integer = new Int32Array(2);

function toInteger(bits: 32 | 64, truncate: boolean, lanes: Lanes, out: number, env: FloatEnv): void {
  flushOperand(A, env);
  if (integerOf(A, bits, truncate ? ROUND_ZERO : env.rounding, integer, 0, env)) {
    if (inexactInteger) env.flags |= FLOAT_PE;
  } else {
    env.flags |= FLOAT_IE;
    if (env.stopsBefore()) return;
    integer[0] = bits === 32 ? 0x80000000 | 0 : 0;
    integer[1] = 0x80000000 | 0;
  }
  lanes.words[out] = integer[0]!;
  if (bits === 64) lanes.words[out + 1] = integer[1]!;
}

/** CVTSI2SD from 32 bits. Exact. */
export function integer32ToDouble(value: number, lanes: Lanes, out: number): void {
  lanes.doubles[out >> 1] = value | 0;
}

/** CVTSI2SD from 64 bits. */
export function integer64ToDouble(lo: number, hi: number, lanes: Lanes, out: number, env: FloatEnv): void {
  if (env.rounding === ROUND_NEAREST) {
    const high = hi * 4294967296;
    const low = lo >>> 0;
    const sum = high + low;
    lanes.doubles[out >> 1] = sum;
    if (sum - high !== low || sum - low !== high) env.flags |= FLOAT_PE;
    return;
  }
  unpackInteger(lo, hi, A);
  round(A, 53, DOUBLE_BIAS, 0, env);
  pack64(A, lanes.words, out);
}

/** CVTSI2SS from 32 or, sign-extended or not, 64 bits. */
export function integerToSingle(lo: number, hi: number, lanes: Lanes, out: number, env: FloatEnv): void {
  if (env.rounding === ROUND_NEAREST && hi === lo >> 31) {
    const r = Math.fround(lo);
    lanes.floats[out] = r;
    if (r !== lo) env.flags |= FLOAT_PE;
    return;
  }
  unpackInteger(lo, hi, A);
  round(A, 24, SINGLE_BIAS, 0, env);
  lanes.words[out] = pack32(A);
}
