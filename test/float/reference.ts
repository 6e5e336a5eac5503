/**
 * The mathematical functions once more, to 500 bits and by other means than `src/float/fixed-point.ts`: repeated squaring for
 * logarithms, repeated roots for powers of two, halved angles for the rest. Values are BigInts of `BITS` fraction bits.
 */
export const BITS = 640;
const SHIFT = BigInt(BITS);
export const ONE = 1n << SHIFT;

const multiply = (a: bigint, b: bigint) => (a * b) >> SHIFT;
const divide = (a: bigint, b: bigint) => (a << SHIFT) / b;

/** Integer square root by Newton's iteration from above. */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let x = 1n << BigInt((value.toString(2).length >> 1) + 1);
  for (;;) {
    const next = (x + value / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

const root = (a: bigint) => integerRoot(a << SHIFT);

/** Halvings of an angle before the series, undone by doubling. */
const HALVINGS = 40;

/** Sine and cosine: versine v = 1 - cos of the angle / 2^40, doubled by v' = 2 v (2 - v). */
export function sineCosine(r: bigint): [bigint, bigint] {
  const small = r >> BigInt(HALVINGS);
  const square = multiply(small, small);
  let term = square >> 1n;
  let v = 0n;
  for (let n = 3n; term !== 0n; n += 2n) {
    v += term;
    term = -multiply(term, square) / (n * (n + 1n));
    if (term === -1n) break;
  }
  for (let i = 0; i < HALVINGS; i++) v = 2n * multiply(v, 2n * ONE - v);
  const cosine = ONE - v;
  const sine = root(multiply(v, 2n * ONE - v));
  return [r < 0n ? -sine : sine, cosine];
}

/** arctan t, t >= 0: halved by t / (1 + sqrt(1 + t^2)) until four terms of the series suffice. */
export function arctangent(t: bigint): bigint {
  for (let i = 0; i < 20; i++) t = divide(t, ONE + root(ONE + multiply(t, t)));
  const square = multiply(t, t);
  let power = t;
  let sum = 0n;
  for (let n = 1n; power !== 0n; n += 2n) {
    sum += n & 2n ? -power / n : power / n;
    power = multiply(power, square);
  }
  return sum << 20n;
}

/** pi = 4 arctan 1. */
export const PI = 4n * arctangent(ONE);

/** log2 of m, 1 <= m < 2, digit by digit: squaring doubles the logarithm. Good to 300 bits. */
export function logarithm2(m: bigint): bigint {
  let result = 0n;
  for (let bit = 1; bit <= 300; bit++) {
    m = multiply(m, m);
    if (m >= 2n * ONE) {
      m >>= 1n;
      result |= 1n << BigInt(BITS - bit);
    }
  }
  return result;
}

/** 2^(2^-n) for n = 1 to 300. */
const POWERS: bigint[] = [];
let power = 2n * ONE;
for (let n = 1; n <= 300; n++) {
  power = root(power);
  POWERS.push(power);
}

/** 2^x for 0 <= x < 1, a product of the roots that x's bits name. */
export function powerOfTwo(x: bigint): bigint {
  let result = ONE;
  for (let n = 1; n <= 300; n++) if ((x >> BigInt(BITS - n)) & 1n) result = multiply(result, POWERS[n - 1]!);
  return result;
}
