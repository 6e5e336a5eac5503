/** Linear addresses as pairs of words: order, distance, text. Nothing here runs while the guest does. */
import { hex64, hexNumber, parseHex64 } from '../bits/hex.ts';
import { compareUnsigned64, toNumber } from '../bits/words.ts';

export type Address = readonly [lo: number, hi: number];

/** Negative, zero or positive: unsigned order. */
export function compare(a: Address, b: Address): number {
  return compareUnsigned64(a[0], a[1], b[0], b[1]);
}

/** `address + bytes` modulo 2^64; `bytes` is below 2^53 in magnitude. */
export function add(address: Address, bytes: number): Address {
  const lo = (address[0] >>> 0) + (((bytes % 4294967296) + 4294967296) % 4294967296);
  const hi = address[1] + Math.floor(bytes / 4294967296) + (lo >= 4294967296 ? 1 : 0);
  return [lo | 0, hi | 0];
}

/** `to - from` as a number: exact while its magnitude is below 2^53, rounded beyond. */
export function distance(from: Address, to: Address): number {
  if (compare(from, to) > 0) return -distance(to, from);
  const lo = (to[0] >>> 0) - (from[0] >>> 0);
  return toNumber(lo | 0, (to[1] - from[1] - (lo < 0 ? 1 : 0)) | 0);
}

/** 16 digits, as linear addresses and registers are written everywhere. */
export function linearText(address: Address): string {
  return hex64(address[0], address[1]);
}

/** At least 8 digits, as physical addresses are written everywhere. */
export function physicalText(physical: number): string {
  return hexNumber(physical, 8);
}

/** The address a `0x` string names; throws where it is none, because only the emulator itself makes such strings. */
export function addressFromText(text: string): Address {
  const words = parseHex64(text);
  if (!words) throw new RangeError(`${text} is not a 0x number of up to 16 digits`);
  return words;
}

const UNITS: readonly (readonly [bytes: number, name: string])[] = [
  [0x40000000, 'GiB'],
  [0x100000, 'MiB'],
  [0x400, 'KiB'],
];

/** `4 KiB`, `1.5 GiB`, `137 bytes`: the largest unit that leaves at most two decimals. */
export function sizeText(bytes: number): string {
  for (const [unit, name] of UNITS) {
    const count = bytes / unit;
    if (count >= 1 && Number.isInteger(count * 4)) return `${count} ${name}`;
  }
  return bytes === 1 ? '1 byte' : `${groups(bytes)} bytes`;
}

/** `1.00 GiB`: about so much, where the exact number would be a long one. */
export function roughSize(bytes: number): string {
  const exact = sizeText(bytes);
  const [unit, name] = UNITS.find(([u]) => bytes >= u) ?? [1, 'bytes'];
  return exact.length <= 8 ? exact : `${(bytes / unit).toFixed(2)} ${name}`;
}

/** `1,234,567`: never through the host's locale, so that output is the same everywhere. */
export function groups(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
