/**
 * Elementary functions in binary fixed point, for the transcendental instructions alone: a number is a BigInt of `bits`
 * fraction bits. The callers choose `bits` so that the result keeps some 190 significant ones; the errors here are a few
 * units of the last place. Slow, simple, and never on a hot path.
 */

/** Fraction bits of the constants below. */
const CONSTANT_BITS = 320;

/** sum of (-1)^n t^(2n+1) / (2n+1) for alternating, of t^(2n+1) / (2n+1) otherwise: arctangent and its hyperbolic twin. */
function arctangentSeries(t: bigint, bits: number, alternating: boolean): bigint {
  const shift = BigInt(bits);
  const square = (t * t) >> shift;
  let power = t;
  let sum = t;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = (power * square) >> shift;
    const term = power / n;
    sum += alternating && (n & 2n) !== 0n ? -term : term;
  }
  return sum;
}

const atInverse = (n: bigint) => arctangentSeries((1n << BigInt(CONSTANT_BITS)) / n, CONSTANT_BITS, true);

/** J. Machin's formula. */
const PI = 16n * atInverse(5n) - 4n * atInverse(239n);
const LN2 = 2n * arctangentSeries((1n << BigInt(CONSTANT_BITS)) / 3n, CONSTANT_BITS, false);

/** pi, of at most 310 bits. */
export function piFixed(bits: number): bigint {
  return bits > CONSTANT_BITS ? PI << BigInt(bits - CONSTANT_BITS) : PI >> BigInt(CONSTANT_BITS - bits);
}

/** An integer times ln 2, with 310 significant bits, scaled by 2^bits. */
export function timesLn2(value: bigint, bits: number): bigint {
  const product = value * LN2;
  return bits > CONSTANT_BITS
    ? product << BigInt(bits - CONSTANT_BITS)
    : product >> BigInt(CONSTANT_BITS - bits);
}

/** value / ln 2. */
export function overLn2(value: bigint): bigint {
  return (value << BigInt(CONSTANT_BITS)) / LN2;
}

/** sin r, |r| < 1. */
export function sineFixed(r: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const square = (r * r) >> shift;
  let term = r;
  let sum = r;
  for (let n = 2n; term !== 0n && term !== -1n; n += 2n) {
    term = -((term * square) >> shift) / (n * (n + 1n));
    sum += term;
  }
  return sum;
}

/** cos r, |r| < 1. */
export function cosineFixed(r: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const square = (r * r) >> shift;
  let term = 1n << shift;
  let sum = term;
  for (let n = 1n; term !== 0n && term !== -1n; n += 2n) {
    term = -((term * square) >> shift) / (n * (n + 1n));
    sum += term;
  }
  return sum;
}

/** e^y - 1, |y| < 1. */
export function exponentialMinusOneFixed(y: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  let term = y;
  let sum = y;
  for (let n = 2n; term !== 0n && term !== -1n; n++) {
    term = ((term * y) >> shift) / n;
    sum += term;
  }
  return sum;
}

/** arctan t for 0 <= t <= 1. */
export function arctangentFixed(t: bigint, bits: number): bigint {
  const one = 1n << BigInt(bits);
  // Above tan(pi / 8) the identity arctan t = pi / 4 - arctan((1 - t) / (1 + t)) makes the series short.
  if (t * 12n <= one * 5n) return arctangentSeries(t, bits, true);
  return (piFixed(bits) >> 2n) - arctangentSeries(((one - t) << BigInt(bits)) / (one + t), bits, true);
}

/** ln((1 + z) / (1 - z)) for |z| < 1/2. */
export function logarithmFixed(z: bigint, bits: number): bigint {
  // The shifts of negative numbers round down, which costs units of the last place only; odd symmetry avoids even that.
  return z < 0n ? -logarithmFixed(-z, bits) : 2n * arctangentSeries(z, bits, false);
}
