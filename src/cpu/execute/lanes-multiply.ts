import type { VectorFile } from '../../state/vector-file.ts';
import { signedWord } from './lanes-add.ts';
import { multiplyHigh, multiplyHighSigned } from './wide-math.ts';

/* Pure products of integer lanes. */

export function multiplyLowWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) i16[d + n] = Math.imul(i16[x + n]!, i16[y + n]!);
}

export function multiplyHighWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) i16[d + n] = (i16[x + n]! * i16[y + n]!) >> 16;
}

export function multiplyHighUnsigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) u16[d + n] = Math.imul(u16[x + n]!, u16[y + n]!) >>> 16;
}

/** The 18 highest bits of the product, rounded (SDM Vol. 2B, "PMULHRSW"). */
export function multiplyRounded(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) i16[d + n] = (((i16[x + n]! * i16[y + n]!) >> 14) + 1) >> 1;
}

export function multiplyLowDoublewords(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[d + n] = Math.imul(i32[x + n]!, i32[y + n]!);
}

/** The low doublewords of each quadword, to 64 bits. */
export function multiplyWideUnsigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 2) {
    const p = i32[x + n]!;
    const q = i32[y + n]!;
    i32[d + n] = Math.imul(p, q);
    i32[d + n + 1] = multiplyHigh(p, q);
  }
}

export function multiplyWideSigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 2) {
    const p = i32[x + n]!;
    const q = i32[y + n]!;
    i32[d + n] = Math.imul(p, q);
    i32[d + n + 1] = multiplyHighSigned(p, q);
  }
}

/** Sums of two products of words (SDM Vol. 2B, "PMADDWD"). Four times 8000h wrap to 80000000h. */
export function multiplyAddWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16, i32 } = v;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) {
    const low = i16[x + 2 * n]! * i16[y + 2 * n]!;
    i32[dest * 8 + n] = low + i16[x + 2 * n + 1]! * i16[y + 2 * n + 1]!;
  }
}

/** Sums of two products of an unsigned and a signed byte, saturated (SDM Vol. 2B, "PMADDUBSW"). */
export function multiplyAddBytes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u8, i8, i16 } = v;
  const x = a * 32;
  const y = b * 32;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) {
    const low = u8[x + 2 * n]! * i8[y + 2 * n]!;
    i16[dest * 16 + n] = signedWord(low + u8[x + 2 * n + 1]! * i8[y + 2 * n + 1]!);
  }
}
