import { FLOAT_PE, type FloatEnv, ROUND_NEAREST } from './env.ts';
import { EQUAL, GREATER, LESS } from './float80.ts';
import type { Lanes } from './lanes.ts';
import { pack64, round } from './round.ts';
import {
  addLane,
  compareLane,
  divideLane,
  fusedLane,
  multiplyLane,
  roundLane,
  squareRootLane,
} from './sse-lane.ts';
import { DOUBLE_BIAS, Unpacked, unpack64, ZERO } from './unpacked.ts';

/**
 * Double-precision arithmetic of SSE2, AVX and FMA, one lane a call: `op(lanes, a, b, out, env)`, indices in words. See
 * `lanes.ts`. A lane that an unmasked exception stops is left alone; after a packed instruction the caller asks
 * `env.simdFlags()` and commits, or does not.
 */

const MINIMUM_NORMAL = 2.2250738585072014e-308;
const MAXIMUM = 1.7976931348623157e308;

const A = new Unpacked();
const B = new Unpacked();
const C = new Unpacked();
const Z = new Unpacked();

const scratch = new Float64Array(1);
const scratchWords = new Int32Array(scratch.buffer);

/** True for normal numbers and zeros, whose arithmetic the host may do. */
function isPlain(lo: number, hi: number): boolean {
  return ((hi + 0x00100000) & 0x7fe00000) !== 0 || (lo | (hi << 1)) === 0;
}

/** Significant bits of a normal number, from the leading one to the last one set: 1 to 53. */
function significantBits(lo: number, hi: number): number {
  if (lo !== 0) return 22 + Math.clz32(lo & -lo);
  const top = hi | 0x00100000;
  return Math.clz32(top & -top) - 10;
}

function load(lanes: Lanes, i: number, u: Unpacked): void {
  unpack64(lanes.words[i]!, lanes.words[i + 1]!, u);
}

function write(lanes: Lanes, out: number, env: FloatEnv): void {
  round(Z, 53, DOUBLE_BIAS, 0, env);
  pack64(Z, lanes.words, out);
}

export function add64(lanes: Lanes, a: number, b: number, out: number, env: FloatEnv): void {
  const w = lanes.words;
  if (env.rounding === ROUND_NEAREST && isPlain(w[a]!, w[a + 1]!) && isPlain(w[b]!, w[b + 1]!)) {
    const x = lanes.doubles[a >> 1]!;
    const y = lanes.doubles[b >> 1]!;
    const r = x + y;
    const m = Math.abs(r);
    if ((m >= MINIMUM_NORMAL && m <= MAXIMUM) || r === 0) {
      lanes.doubles[out >> 1] = r;
      // Subtracting the larger operand from the sum is exact, so it gives the other one back only if the sum was too.
      if ((env.sticky & FLOAT_PE) === 0 && (r - x !== y || r - y !== x)) env.flags |= FLOAT_PE;
      return;
    }
  }
  load(lanes, a, A);
  load(lanes, b, B);
  if (addLane(A, B, 0, Z, env)) write(lanes, out, env);
}

export function subtract64(lanes: Lanes, a: number, b: number, out: number, env: FloatEnv): void {
  const w = lanes.words;
  if (env.rounding === ROUND_NEAREST && isPlain(w[a]!, w[a + 1]!) && isPlain(w[b]!, w[b + 1]!)) {
    const x = lanes.doubles[a >> 1]!;
    const y = lanes.doubles[b >> 1]!;
    const r = x - y;
    const m = Math.abs(r);
    if ((m >= MINIMUM_NORMAL && m <= MAXIMUM) || r === 0) {
      lanes.doubles[out >> 1] = r;
      if ((env.sticky & FLOAT_PE) === 0 && (x - r !== y || r + y !== x)) env.flags |= FLOAT_PE;
      return;
    }
  }
  load(lanes, a, A);
  load(lanes, b, B);
  if (addLane(A, B, 1, Z, env)) write(lanes, out, env);
}

export function multiply64(lanes: Lanes, a: number, b: number, out: number, env: FloatEnv): void {
  const w = lanes.words;
  const aLo = w[a]!;
  const aHi = w[a + 1]!;
  const bLo = w[b]!;
  const bHi = w[b + 1]!;
  if (env.rounding === ROUND_NEAREST && isPlain(aLo, aHi) && isPlain(bLo, bHi)) {
    const x = lanes.doubles[a >> 1]!;
    const y = lanes.doubles[b >> 1]!;
    const r = x * y;
    const m = Math.abs(r);
    if (m > MINIMUM_NORMAL && m <= MAXIMUM) {
      if ((env.sticky & FLOAT_PE) !== 0) {
        lanes.doubles[out >> 1] = r;
        return;
      }
      // n and m significant bits multiply to n + m or n + m - 1 of them, none of which may be lost.
      const bits = significantBits(aLo, aHi) + significantBits(bLo, bHi);
      if (bits !== 54) {
        lanes.doubles[out >> 1] = r;
        if (bits > 54) env.flags |= FLOAT_PE;
        return;
      }
    } else if (r === 0 && (x === 0 || y === 0)) {
      lanes.doubles[out >> 1] = r;
      return;
    }
  }
  load(lanes, a, A);
  load(lanes, b, B);
  if (multiplyLane(A, B, Z, env)) write(lanes, out, env);
}

export function divide64(lanes: Lanes, a: number, b: number, out: number, env: FloatEnv): void {
  const w = lanes.words;
  const bLo = w[b]!;
  const bHi = w[b + 1]!;
  if (env.rounding === ROUND_NEAREST && isPlain(w[a]!, w[a + 1]!) && isPlain(bLo, bHi)) {
    const x = lanes.doubles[a >> 1]!;
    const y = lanes.doubles[b >> 1]!;
    const r = x / y;
    const m = Math.abs(r);
    if (m > MINIMUM_NORMAL && m <= MAXIMUM) {
      if ((env.sticky & FLOAT_PE) !== 0) {
        lanes.doubles[out >> 1] = r;
        return;
      }
      if (r * y !== x) {
        lanes.doubles[out >> 1] = r;
        env.flags |= FLOAT_PE;
        return;
      }
      // The quotient times the divisor rounds to the dividend: exact if that product was.
      scratch[0] = r;
      const bits = significantBits(scratchWords[0]!, scratchWords[1]!) + significantBits(bLo, bHi);
      if (bits !== 54) {
        lanes.doubles[out >> 1] = r;
        if (bits > 54) env.flags |= FLOAT_PE;
        return;
      }
    } else if (x === 0 && y !== 0) {
      lanes.doubles[out >> 1] = r;
      return;
    }
  }
  load(lanes, a, A);
  load(lanes, b, B);
  if (divideLane(A, B, Z, env)) write(lanes, out, env);
}

export function squareRoot64(lanes: Lanes, a: number, out: number, env: FloatEnv): void {
  const aLo = lanes.words[a]!;
  const aHi = lanes.words[a + 1]!;
  if (env.rounding === ROUND_NEAREST && aHi >= 0 && isPlain(aLo, aHi)) {
    const x = lanes.doubles[a >> 1]!;
    const r = Math.sqrt(x);
    if ((env.sticky & FLOAT_PE) !== 0 || x === 0) {
      lanes.doubles[out >> 1] = r;
      return;
    }
    // An exact root has at most 27 significant bits; with 26 its square is exact, with 27 it may not be.
    scratch[0] = r;
    const bits = r * r === x ? significantBits(scratchWords[0]!, scratchWords[1]!) : 53;
    if (bits !== 27) {
      lanes.doubles[out >> 1] = r;
      if (bits > 27) env.flags |= FLOAT_PE;
      return;
    }
  }
  load(lanes, a, A);
  if (squareRootLane(A, Z, env)) write(lanes, out, env);
}

/** Limits within which the error-free transformations of `fused64` neither overflow nor underflow. */
const FACTOR_LOW = 2 ** -400;
const FACTOR_HIGH = 2 ** 400;
const ADDEND_LOW = 2 ** -800;
const ADDEND_HIGH = 2 ** 900;
const SPLITTER = 2 ** 27 + 1;

/**
 * out = a * b + c, rounded once; `flips` bit 0 negates the product, bit 1 the addend. The first NaN in the order a, b, c
 * wins.
 */
export function fused64(
  lanes: Lanes,
  a: number,
  b: number,
  c: number,
  flips: number,
  out: number,
  env: FloatEnv,
): void {
  if (env.rounding === ROUND_NEAREST) {
    const x = flips & 1 ? -lanes.doubles[a >> 1]! : lanes.doubles[a >> 1]!;
    const y = lanes.doubles[b >> 1]!;
    const z = flips & 2 ? -lanes.doubles[c >> 1]! : lanes.doubles[c >> 1]!;
    const mx = Math.abs(x);
    const my = Math.abs(y);
    const mz = Math.abs(z);
    // Comparisons with a NaN are false, so NaNs and infinities fail here.
    if (
      mx > FACTOR_LOW &&
      mx < FACTOR_HIGH &&
      my > FACTOR_LOW &&
      my < FACTOR_HIGH &&
      ((mz > ADDEND_LOW && mz < ADDEND_HIGH) || mz === 0)
    ) {
      const r = fusedOrdinary(x, y, z);
      if (r !== 0) {
        lanes.doubles[out >> 1] = r;
        if (fusedInexact) env.flags |= FLOAT_PE;
        return;
      }
    }
  }
  load(lanes, a, A);
  load(lanes, b, B);
  load(lanes, c, C);
  if (fusedLane(A, B, C, flips, Z, env)) write(lanes, out, env);
}

let fusedInexact = false;

/** S. Boldo and G. Melquiond, "Emulation of FMA and Correctly Rounded Sums: Proved Algorithms Using Rounding to Odd". */
function fusedOrdinary(x: number, y: number, z: number): number {
  // x * y = productHigh + productLow exactly (Dekker).
  const productHigh = x * y;
  const xs = x * SPLITTER;
  const xHigh = xs - (xs - x);
  const xLow = x - xHigh;
  const ys = y * SPLITTER;
  const yHigh = ys - (ys - y);
  const yLow = y - yHigh;
  const productLow = xLow * yLow - (productHigh - xHigh * yHigh - xLow * yHigh - xHigh * yLow);
  // Two exact sums (Knuth), and what is left of them rounded to odd.
  const t = z + productLow;
  const tz = t - z;
  const tLow = z - (t - tz) + (productLow - tz);
  const v = productHigh + t;
  const vt = v - productHigh;
  const vLow = productHigh - (v - vt) + (t - vt);
  const s = tLow + vLow;
  const sv = s - tLow;
  const sLow = tLow - (s - sv) + (vLow - sv);
  let odd = s;
  if (sLow !== 0) {
    scratch[0] = s;
    if ((scratchWords[0]! & 1) === 0) {
      // The odd neighbour on the side of the error: away from zero when their signs agree.
      if (sLow > 0 === s > 0) scratchWords[0]! |= 1;
      else {
        if (scratchWords[0] === 0) scratchWords[1]! -= 1;
        scratchWords[0]! -= 1;
      }
      odd = scratch[0]!;
    }
  }
  const r = v + odd;
  fusedInexact = sLow !== 0 || r - v !== odd;
  return r;
}

/** MINSD; with `flip` 1, MAXSD: the second operand unless the first is strictly less (greater). */
export function minimum64(
  lanes: Lanes,
  a: number,
  b: number,
  flip: number,
  out: number,
  env: FloatEnv,
): void {
  const w = lanes.words;
  let first: boolean;
  if (isPlain(w[a]!, w[a + 1]!) && isPlain(w[b]!, w[b + 1]!)) {
    const x = lanes.doubles[a >> 1]!;
    const y = lanes.doubles[b >> 1]!;
    first = flip ? x > y : x < y;
  } else {
    load(lanes, a, A);
    load(lanes, b, B);
    const relation = compareLane(A, B, true, env);
    if (env.stopsBefore()) return;
    first = relation === (flip ? GREATER : LESS);
    const chosen = first ? A : B;
    if (chosen.kind === ZERO) {
      // A denormal that DAZ made a zero comes out as one.
      w[out] = 0;
      w[out + 1] = chosen.negative << 31;
      return;
    }
  }
  const from = first ? a : b;
  const lo = w[from]!;
  w[out + 1] = w[from + 1]!;
  w[out] = lo;
}

/** LESS, EQUAL, GREATER or UNORDERED; `signaling` comparisons raise IE for quiet NaNs too. */
export function compare64(lanes: Lanes, a: number, b: number, signaling: boolean, env: FloatEnv): number {
  const w = lanes.words;
  if (isPlain(w[a]!, w[a + 1]!) && isPlain(w[b]!, w[b + 1]!)) {
    const x = lanes.doubles[a >> 1]!;
    const y = lanes.doubles[b >> 1]!;
    return x < y ? LESS : x > y ? GREATER : EQUAL;
  }
  load(lanes, a, A);
  load(lanes, b, B);
  return compareLane(A, B, signaling, env);
}

/** ROUNDSD: imm8 bits 1:0 are the rounding, bit 2 takes MXCSR's instead, bit 3 suppresses PE. */
export function round64(lanes: Lanes, a: number, immediate: number, out: number, env: FloatEnv): void {
  load(lanes, a, Z);
  if (!roundLane(Z, immediate & 4 ? env.rounding : immediate & 3, (immediate & 8) !== 0, env)) return;
  pack64(Z, lanes.words, out);
}
