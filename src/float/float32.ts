import { FLOAT_PE, type FloatEnv, ROUND_NEAREST } from './env.ts';
import { EQUAL, GREATER, LESS } from './float80.ts';
import type { Lanes } from './lanes.ts';
import { pack32, round } from './round.ts';
import {
  addLane,
  compareLane,
  divideLane,
  fusedLane,
  multiplyLane,
  roundLane,
  squareRootLane,
} from './sse-lane.ts';
import { SINGLE_BIAS, Unpacked, unpack32, ZERO } from './unpacked.ts';

/**
 * Single-precision arithmetic of SSE, AVX and FMA, the twin of `float64.ts`. The host computes in doubles and rounds once
 * more: harmless, because 53 bits are more than twice 24 and two (S. Figueroa, "When Is Double Rounding Innocuous?").
 */

const MINIMUM_NORMAL = 1.1754943508222875e-38;
const MAXIMUM = 3.4028234663852886e38;

const A = new Unpacked();
const B = new Unpacked();
const C = new Unpacked();
const Z = new Unpacked();

const scratch = new Float64Array(1);
const scratchWords = new Int32Array(scratch.buffer);

/** True for normal numbers and zeros. */
function isPlain(word: number): boolean {
  return ((word + 0x00800000) & 0x7f000000) !== 0 || word << 1 === 0;
}

function write(lanes: Lanes, out: number, env: FloatEnv): void {
  round(Z, 24, SINGLE_BIAS, 0, env);
  lanes.words[out] = pack32(Z);
}

export function add32(lanes: Lanes, a: number, b: number, out: number, env: FloatEnv): void {
  const w = lanes.words;
  if (env.rounding === ROUND_NEAREST && isPlain(w[a]!) && isPlain(w[b]!)) {
    const x = lanes.floats[a]!;
    const y = lanes.floats[b]!;
    const s = x + y;
    const r = Math.fround(s);
    const m = Math.abs(r);
    if ((m > MINIMUM_NORMAL && m <= MAXIMUM) || s === 0) {
      lanes.floats[out] = r;
      if ((env.sticky & FLOAT_PE) === 0 && (r !== s || s - x !== y || s - y !== x)) env.flags |= FLOAT_PE;
      return;
    }
  }
  unpack32(w[a]!, A);
  unpack32(w[b]!, B);
  if (addLane(A, B, 0, Z, env)) write(lanes, out, env);
}

export function subtract32(lanes: Lanes, a: number, b: number, out: number, env: FloatEnv): void {
  const w = lanes.words;
  if (env.rounding === ROUND_NEAREST && isPlain(w[a]!) && isPlain(w[b]!)) {
    const x = lanes.floats[a]!;
    const y = lanes.floats[b]!;
    const s = x - y;
    const r = Math.fround(s);
    const m = Math.abs(r);
    if ((m > MINIMUM_NORMAL && m <= MAXIMUM) || s === 0) {
      lanes.floats[out] = r;
      if ((env.sticky & FLOAT_PE) === 0 && (r !== s || x - s !== y || s + y !== x)) env.flags |= FLOAT_PE;
      return;
    }
  }
  unpack32(w[a]!, A);
  unpack32(w[b]!, B);
  if (addLane(A, B, 1, Z, env)) write(lanes, out, env);
}

export function multiply32(lanes: Lanes, a: number, b: number, out: number, env: FloatEnv): void {
  const w = lanes.words;
  if (env.rounding === ROUND_NEAREST && isPlain(w[a]!) && isPlain(w[b]!)) {
    const s = lanes.floats[a]! * lanes.floats[b]!;
    const r = Math.fround(s);
    const m = Math.abs(r);
    if ((m > MINIMUM_NORMAL && m <= MAXIMUM) || s === 0) {
      lanes.floats[out] = r;
      // A product of two 24-bit significands is exact in a double.
      if (r !== s) env.flags |= FLOAT_PE;
      return;
    }
  }
  unpack32(w[a]!, A);
  unpack32(w[b]!, B);
  if (multiplyLane(A, B, Z, env)) write(lanes, out, env);
}

export function divide32(lanes: Lanes, a: number, b: number, out: number, env: FloatEnv): void {
  const w = lanes.words;
  if (env.rounding === ROUND_NEAREST && isPlain(w[a]!) && isPlain(w[b]!)) {
    const x = lanes.floats[a]!;
    const y = lanes.floats[b]!;
    const r = Math.fround(x / y);
    const m = Math.abs(r);
    if ((m > MINIMUM_NORMAL && m <= MAXIMUM) || (x === 0 && y !== 0)) {
      lanes.floats[out] = r;
      if (r * y !== x) env.flags |= FLOAT_PE;
      return;
    }
  }
  unpack32(w[a]!, A);
  unpack32(w[b]!, B);
  if (divideLane(A, B, Z, env)) write(lanes, out, env);
}

export function squareRoot32(lanes: Lanes, a: number, out: number, env: FloatEnv): void {
  const word = lanes.words[a]!;
  if (env.rounding === ROUND_NEAREST && word >= 0 && isPlain(word)) {
    const x = lanes.floats[a]!;
    const r = Math.fround(Math.sqrt(x));
    lanes.floats[out] = r;
    if (r * r !== x) env.flags |= FLOAT_PE;
    return;
  }
  unpack32(word, A);
  if (squareRootLane(A, Z, env)) write(lanes, out, env);
}

/** out = a * b + c, rounded once; `flips` bit 0 negates the product, bit 1 the addend. The first NaN of a, b, c wins. */
export function fused32(
  lanes: Lanes,
  a: number,
  b: number,
  c: number,
  flips: number,
  out: number,
  env: FloatEnv,
): void {
  const w = lanes.words;
  if (env.rounding === ROUND_NEAREST && isPlain(w[a]!) && isPlain(w[b]!) && isPlain(w[c]!)) {
    const xy = lanes.floats[a]! * lanes.floats[b]!;
    const p = flips & 1 ? -xy : xy;
    const z = flips & 2 ? -lanes.floats[c]! : lanes.floats[c]!;
    let s = p + z;
    // What the sum lost (Knuth); with it the sum is rounded to odd, so that rounding it again is harmless.
    const t = s - p;
    const lost = p - (s - t) + (z - t);
    if (lost !== 0) s = roundedToOdd(s, lost);
    const r = Math.fround(s);
    const m = Math.abs(r);
    if (m > MINIMUM_NORMAL && m <= MAXIMUM) {
      lanes.floats[out] = r;
      if (lost !== 0 || r !== s) env.flags |= FLOAT_PE;
      return;
    }
  }
  unpack32(w[a]!, A);
  unpack32(w[b]!, B);
  unpack32(w[c]!, C);
  if (fusedLane(A, B, C, flips, Z, env)) write(lanes, out, env);
}

/** The odd neighbour of an even double on the side of what it lost; an odd one itself. */
function roundedToOdd(value: number, lost: number): number {
  scratch[0] = value;
  const lo = scratchWords[0]!;
  if ((lo & 1) !== 0) return value;
  if (lost > 0 === value > 0) {
    scratchWords[0] = lo | 1;
  } else {
    if (lo === 0) scratchWords[1]! -= 1;
    scratchWords[0] = lo - 1;
  }
  return scratch[0]!;
}

/** MINSS; with `flip` 1, MAXSS: the second operand unless the first is strictly less (greater). */
export function minimum32(
  lanes: Lanes,
  a: number,
  b: number,
  flip: number,
  out: number,
  env: FloatEnv,
): void {
  const w = lanes.words;
  let first: boolean;
  if (isPlain(w[a]!) && isPlain(w[b]!)) {
    const x = lanes.floats[a]!;
    const y = lanes.floats[b]!;
    first = flip ? x > y : x < y;
  } else {
    unpack32(w[a]!, A);
    unpack32(w[b]!, B);
    const relation = compareLane(A, B, true, env);
    if (env.stopsBefore()) return;
    first = relation === (flip ? GREATER : LESS);
    const chosen = first ? A : B;
    if (chosen.kind === ZERO) {
      // A denormal that DAZ made a zero comes out as one.
      w[out] = chosen.negative << 31;
      return;
    }
  }
  w[out] = w[first ? a : b]!;
}

/** LESS, EQUAL, GREATER or UNORDERED; `signaling` comparisons raise IE for quiet NaNs too. */
export function compare32(lanes: Lanes, a: number, b: number, signaling: boolean, env: FloatEnv): number {
  const w = lanes.words;
  if (isPlain(w[a]!) && isPlain(w[b]!)) {
    const x = lanes.floats[a]!;
    const y = lanes.floats[b]!;
    return x < y ? LESS : x > y ? GREATER : EQUAL;
  }
  unpack32(w[a]!, A);
  unpack32(w[b]!, B);
  return compareLane(A, B, signaling, env);
}

/** ROUNDSS: imm8 bits 1:0 are the rounding, bit 2 takes MXCSR's instead, bit 3 suppresses PE. */
export function round32(lanes: Lanes, a: number, immediate: number, out: number, env: FloatEnv): void {
  unpack32(lanes.words[a]!, Z);
  if (!roundLane(Z, immediate & 4 ? env.rounding : immediate & 3, (immediate & 8) !== 0, env)) return;
  lanes.words[out] = pack32(Z);
}

/**
 * RCPSS: an approximation of 1 / x, relative error at most 1.5 * 2^-12 (SDM Vol. 2B, "RCPSS"). No exceptions, no rounding
 * control; denormals count as zeros and tiny results become zeros. This one is the exact reciprocal cut to 12 bits;
 * processors' tables differ from each other in the last of them.
 */
export function reciprocal32(lanes: Lanes, a: number, out: number): void {
  lanes.words[out] = approximate(lanes.words[a]!, false);
}

/** RSQRTSS: an approximation of 1 / sqrt(x), under the same rules. */
export function reciprocalRoot32(lanes: Lanes, a: number, out: number): void {
  lanes.words[out] = approximate(lanes.words[a]!, true);
}

const INDEFINITE = 0xffc00000 | 0;
const singleScratch = new Float32Array(1);
const singleWords = new Int32Array(singleScratch.buffer);

function approximate(word: number, root: boolean): number {
  const sign = word & 0x80000000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return word | 0x00400000;
  if (magnitude < 0x00800000) return sign | 0x7f800000;
  if (root && sign !== 0) return INDEFINITE;
  if (magnitude === 0x7f800000) return sign;
  if (!root && magnitude >= 0x7e800000) return sign; // 2^126 and above: tiny, as on the processors.
  singleWords[0] = magnitude;
  const x = singleScratch[0]!;
  singleScratch[0] = root ? 1 / Math.sqrt(x) : 1 / x;
  return sign | ((singleWords[0]! + 0x400) & 0x7ffff800);
}
