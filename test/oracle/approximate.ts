import type { Case, Outcome } from './protocol.ts';

/**
 * Instructions whose results the manual bounds instead of defining. Two processors may both be right and differ by the sum
 * of their errors; everything else about them, flags and special results too, is compared like that of any instruction.
 */

/** SDM Vol. 2B, "RCPPS", "RSQRTPS": the relative error is at most 1.5 * 2^-12. */
const RECIPROCAL = /^V?R(?:CP|SQRT)[PS]S_/;
/** SDM Vol. 1, "Transcendental Instruction Accuracy". */
const TRANSCENDENTAL = /^(?:F2XM1|FYL2X|FYL2XP1|FPATAN|FPTAN|FSIN|FCOS|FSINCOS)$/;

const RELATIVE_ERROR = 1.5 / 4096;
/** Of the last place: the processor's error, to nearest and otherwise ("Transcendental Instruction Accuracy"), and ours, a rounding. */
const PROCESSOR_ULPS = [1, 1.5];
const OUR_ULPS = [0.5, 1];
const ROUNDING = 0xc00;
/** C1 tells whether the last digit was rounded up, so it is as uncertain as that digit. */
const FSW_C1 = 0x200;
const FSW_PE = 0x20;

const SINGLE = new DataView(new ArrayBuffer(8));
const SMALLEST_NORMAL = 2 ** -126;

export const isApproximate = (name: string): boolean => RECIPROCAL.test(name) || TRANSCENDENTAL.test(name);

/** Whether two words are singles that approximate the same reciprocal. */
function isSameSingle(a: number, b: number): boolean {
  SINGLE.setInt32(0, a);
  SINGLE.setInt32(4, b);
  const [x, y] = [SINGLE.getFloat32(0), SINGLE.getFloat32(4)];
  if (!Number.isFinite(x) || !Number.isFinite(y) || (a ^ b) < 0) return false;
  const larger = Math.max(Math.abs(x), Math.abs(y));
  // "Tiny results are always flushed to 0.0": where tiny begins is as uncertain as the result.
  if ((x === 0) !== (y === 0)) return larger <= SMALLEST_NORMAL * (1 + 2 * RELATIVE_ERROR);
  return Math.abs(x - y) <= 2 * RELATIVE_ERROR * larger * (1 + RELATIVE_ERROR);
}

/** The place of an 80-bit number among those of its sign: neighbours differ by one, across exponents too. */
function ordinal(words: Int32Array, at: number): bigint {
  const significand = (BigInt(words[at + 1]! >>> 0) << 32n) | BigInt(words[at]! >>> 0);
  const field = BigInt(words[at + 2]! & 0x7fff);
  return (field << 63n) + (significand & 0x7fffffffffffffffn);
}

function isSameExtended(host: Int32Array, ours: Int32Array, at: number, fcw: number): boolean {
  const [a, b] = [host[at + 2]! & 0xffff, ours[at + 2]! & 0xffff];
  // Infinities and NaNs are special results.
  if ((a ^ b) & 0x8000 || (a & 0x7fff) === 0x7fff || (b & 0x7fff) === 0x7fff) return false;
  const apart = ordinal(host, at) - ordinal(ours, at);
  const way = fcw & ROUNDING ? 1 : 0;
  return Number(apart < 0n ? -apart : apart) < PROCESSOR_ULPS[way]! + OUR_ULPS[way]!;
}

/** Puts the host's results in the place of ours wherever both are within the bounds: what is left differs for good. */
export function acceptApproximations(c: Case, host: Outcome, ours: Outcome): void {
  const name = c.names.at(-1)!;
  if (RECIPROCAL.test(name)) {
    for (let n = 0; n < 128; n++)
      if (host.vectors[n] !== ours.vectors[n] && isSameSingle(host.vectors[n]!, ours.vectors[n]!))
        ours.vectors[n] = host.vectors[n]!;
    return;
  }
  if (!TRANSCENDENTAL.test(name)) return;
  for (let n = 0; n < 32; n += 4)
    if (isSameExtended(host.st, ours.st, n, c.fcw))
      for (let k = 0; k < 3; k++) ours.st[n + k] = host.st[n + k]!;
  if (host.fsw & ours.fsw & FSW_PE) ours.fsw = (ours.fsw & ~FSW_C1) | (host.fsw & FSW_C1);
}
