/** The one formatter for numbers shown to people and written into reports. */

/** `0x` and lower-case digits of an unsigned 32-bit value, padded to `digits`. */
export function hex32(value: number, digits = 8): string {
  return `0x${(value >>> 0).toString(16).padStart(digits, '0')}`;
}

/** `0x` and 16 lower-case digits of the 64-bit value `hi:lo`. */
export function hex64(lo: number, hi: number): string {
  return `0x${(hi >>> 0).toString(16).padStart(8, '0')}${(lo >>> 0).toString(16).padStart(8, '0')}`;
}

/** `0x` and at least `digits` lower-case digits of a non-negative integer below 2^53 (a physical address, a size). */
export function hexNumber(value: number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** Parses a `0x` string of up to 16 digits into `[lo, hi]` signed words; `undefined` when it is not one. */
export function parseHex64(text: string): [lo: number, hi: number] | undefined {
  const match = /^0x([0-9a-f]{1,16})$/i.exec(text);
  if (!match) return undefined;
  const digits = match[1]!.padStart(16, '0');
  return [Number.parseInt(digits.slice(8), 16) | 0, Number.parseInt(digits.slice(0, 8), 16) | 0];
}
