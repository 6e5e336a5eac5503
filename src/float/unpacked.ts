/**
 * A floating-point number taken apart, in the one shape that all formats share on the exact paths:
 * (-1)^negative * 1.fraction * 2^exponent, the significand as 128 bits `hi:lo:x1:x0` with the integer bit on top. Operands
 * fill `hi:lo` only; results of exact operations use all four words, the last bit standing for anything below it.
 */
export const ZERO = 0;
export const NORMAL = 1;
export const INFINITY = 2;
export const QUIET_NAN = 3;
export const SIGNALING_NAN = 4;
/** Unnormals, pseudo-infinities and pseudo-NaNs of the 80-bit format (SDM Vol. 1, "Unsupported Double Extended..."). */
export const UNSUPPORTED = 5;

export class Unpacked {
  kind = ZERO;
  negative = 0;
  /** 1 for an operand that was a denormal (or pseudo-denormal) in its format. */
  denormal = 0;
  exponent = 0;
  hi = 0;
  lo = 0;
  x1 = 0;
  x0 = 0;

  setZero(negative: number): void {
    this.kind = ZERO;
    this.negative = negative;
    this.denormal = 0;
    this.exponent = 0;
    this.hi = this.lo = this.x1 = this.x0 = 0;
  }

  setInfinity(negative: number): void {
    this.setZero(negative);
    this.kind = INFINITY;
  }

  /** The QNaN floating-point indefinite. */
  setIndefinite(): void {
    this.setZero(1);
    this.kind = QUIET_NAN;
    this.hi = 0xc0000000 | 0;
  }

  copy(from: Unpacked): void {
    this.kind = from.kind;
    this.negative = from.negative;
    this.denormal = from.denormal;
    this.exponent = from.exponent;
    this.hi = from.hi;
    this.lo = from.lo;
    this.x1 = from.x1;
    this.x0 = from.x0;
  }

  isNan(): boolean {
    return this.kind === QUIET_NAN || this.kind === SIGNALING_NAN;
  }
}

export const EXTENDED_BIAS = 16383;
export const DOUBLE_BIAS = 1023;
export const SINGLE_BIAS = 127;
export const HALF_BIAS = 15;

/** Brings the top set bit to bit 127; the significand must not be zero. */
export function normalize(u: Unpacked): void {
  while (u.hi === 0) {
    u.hi = u.lo;
    u.lo = u.x1;
    u.x1 = u.x0;
    u.x0 = 0;
    u.exponent -= 32;
  }
  const n = Math.clz32(u.hi);
  if (n === 0) return;
  const m = 32 - n;
  u.hi = (u.hi << n) | (u.lo >>> m);
  u.lo = (u.lo << n) | (u.x1 >>> m);
  u.x1 = (u.x1 << n) | (u.x0 >>> m);
  u.x0 <<= n;
  u.exponent -= n;
}

/** Shifts right by `n` bits and adds `n` to the exponent; the lowest bit remembers what fell off. */
export function shiftRightJam(u: Unpacked, n: number): void {
  u.exponent += n;
  if (n >= 128) {
    u.x0 = (u.hi | u.lo | u.x1 | u.x0) !== 0 ? 1 : 0;
    u.hi = u.lo = u.x1 = 0;
    return;
  }
  let lost = 0;
  for (; n >= 32; n -= 32) {
    lost |= u.x0;
    u.x0 = u.x1;
    u.x1 = u.lo;
    u.lo = u.hi;
    u.hi = 0;
  }
  if (n > 0) {
    const m = 32 - n;
    lost |= u.x0 << m;
    u.x0 = (u.x0 >>> n) | (u.x1 << m);
    u.x1 = (u.x1 >>> n) | (u.lo << m);
    u.lo = (u.lo >>> n) | (u.hi << m);
    u.hi >>>= n;
  }
  u.hi |= 0;
  if (lost !== 0) u.x0 |= 1;
}

/** From words `lo, hi, sign and exponent` at index `i`. */
export function unpack80(words: Int32Array, i: number, u: Unpacked): void {
  const signExponent = words[i + 2]!;
  const exponent = signExponent & 0x7fff;
  u.negative = (signExponent >>> 15) & 1;
  u.lo = words[i]!;
  u.hi = words[i + 1]!;
  u.x1 = u.x0 = 0;
  u.denormal = 0;
  u.exponent = exponent - EXTENDED_BIAS;
  if (exponent === 0) {
    if ((u.hi | u.lo) === 0) {
      u.kind = ZERO;
      return;
    }
    u.kind = NORMAL;
    u.denormal = 1;
    u.exponent = 1 - EXTENDED_BIAS;
    normalize(u);
  } else if (u.hi >= 0) {
    u.kind = UNSUPPORTED;
  } else if (exponent !== 0x7fff) {
    u.kind = NORMAL;
  } else if (u.hi << 1 === 0 && u.lo === 0) {
    u.kind = INFINITY;
  } else {
    u.kind = u.hi & 0x40000000 ? QUIET_NAN : SIGNALING_NAN;
  }
}

/** From a sign, a biased exponent field and a fraction that already lies below bit 63 of `hi:lo`. */
function unpackFields(
  u: Unpacked,
  negative: number,
  field: number,
  maximum: number,
  bias: number,
  hi: number,
  lo: number,
) {
  u.negative = negative;
  u.denormal = 0;
  u.exponent = field - bias;
  u.hi = hi | 0x80000000;
  u.lo = lo;
  u.x1 = u.x0 = 0;
  if (field === 0) {
    u.hi = hi;
    if ((hi | lo) === 0) {
      u.kind = ZERO;
      return;
    }
    u.kind = NORMAL;
    u.denormal = 1;
    u.exponent = 1 - bias;
    normalize(u);
  } else if (field !== maximum) {
    u.kind = NORMAL;
  } else if ((hi | lo) === 0) {
    u.kind = INFINITY;
  } else {
    u.kind = hi & 0x40000000 ? QUIET_NAN : SIGNALING_NAN;
  }
}

export function unpack64(lo: number, hi: number, u: Unpacked): void {
  unpackFields(
    u,
    hi >>> 31,
    (hi >>> 20) & 0x7ff,
    0x7ff,
    DOUBLE_BIAS,
    ((hi << 11) | (lo >>> 21)) & 0x7fffffff,
    lo << 11,
  );
}

export function unpack32(word: number, u: Unpacked): void {
  unpackFields(u, word >>> 31, (word >>> 23) & 0xff, 0xff, SINGLE_BIAS, (word & 0x7fffff) << 8, 0);
}

export function unpack16(half: number, u: Unpacked): void {
  unpackFields(u, (half >>> 15) & 1, (half >>> 10) & 0x1f, 0x1f, HALF_BIAS, (half & 0x3ff) << 21, 0);
}

/** From the signed 64-bit integer `hi:lo`. */
export function unpackInteger(lo: number, hi: number, u: Unpacked): void {
  u.setZero(hi < 0 ? 1 : 0);
  if ((lo | hi) === 0) return;
  u.kind = NORMAL;
  u.exponent = 63;
  u.lo = hi < 0 ? -lo | 0 : lo;
  u.hi = hi < 0 ? (lo === 0 ? -hi | 0 : ~hi) : hi;
  normalize(u);
}
