import { carryOut } from '../../bits/words.ts';
import type { VectorFile } from '../../state/vector-file.ts';

/* Pure sums and differences of integer lanes; see `LaneOperation` in `vector-operand.ts`. */

/** Saturation (SDM Vol. 1, "Saturation Arithmetic"). */
export function signedByte(value: number): number {
  return value > 127 ? 127 : Math.max(value, -128);
}

export function unsignedByte(value: number): number {
  return value > 255 ? 255 : Math.max(value, 0);
}

export function signedWord(value: number): number {
  return value > 32767 ? 32767 : Math.max(value, -32768);
}

export function unsignedWord(value: number): number {
  return value > 65535 ? 65535 : Math.max(value, 0);
}

export function addBytes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) i8[d + n] = i8[x + n]! + i8[y + n]!;
}

export function addWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) i16[d + n] = i16[x + n]! + i16[y + n]!;
}

export function addDoublewords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[d + n] = i32[x + n]! + i32[y + n]!;
}

export function addQuadwords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 2) {
    const low = i32[x + n]!;
    const sum = (low + i32[y + n]!) | 0;
    i32[d + n + 1] = i32[x + n + 1]! + i32[y + n + 1]! + carryOut(low, sum);
    i32[d + n] = sum;
  }
}

export function subtractBytes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) i8[d + n] = i8[x + n]! - i8[y + n]!;
}

export function subtractWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) i16[d + n] = i16[x + n]! - i16[y + n]!;
}

export function subtractDoublewords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[d + n] = i32[x + n]! - i32[y + n]!;
}

export function subtractQuadwords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 2) {
    const low = i32[x + n]!;
    const src = i32[y + n]!;
    i32[d + n + 1] = i32[x + n + 1]! - i32[y + n + 1]! - (low >>> 0 < src >>> 0 ? 1 : 0);
    i32[d + n] = low - src;
  }
}

/** Saturates to the signed range. */
export function addBytesSigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) i8[d + n] = signedByte(i8[x + n]! + i8[y + n]!);
}

/** Saturates to the unsigned range. */
export function addBytesUnsigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) u8[d + n] = unsignedByte(u8[x + n]! + u8[y + n]!);
}

/** Saturates to the signed range. */
export function addWordsSigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) i16[d + n] = signedWord(i16[x + n]! + i16[y + n]!);
}

/** Saturates to the unsigned range. */
export function addWordsUnsigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) u16[d + n] = unsignedWord(u16[x + n]! + u16[y + n]!);
}

/** Saturates to the signed range. */
export function subtractBytesSigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) i8[d + n] = signedByte(i8[x + n]! - i8[y + n]!);
}

/** Saturates to the unsigned range. */
export function subtractBytesUnsigned(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { u8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) u8[d + n] = unsignedByte(u8[x + n]! - u8[y + n]!);
}

/** Saturates to the signed range. */
export function subtractWordsSigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) i16[d + n] = signedWord(i16[x + n]! - i16[y + n]!);
}

/** Saturates to the unsigned range. */
export function subtractWordsUnsigned(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { u16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) u16[d + n] = unsignedWord(u16[x + n]! - u16[y + n]!);
}

export function averageBytes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) u8[d + n] = (u8[x + n]! + u8[y + n]! + 1) >> 1;
}

export function averageWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) u16[d + n] = (u16[x + n]! + u16[y + n]! + 1) >> 1;
}

export function minimumBytesSigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) {
    const p = i8[x + n]!;
    const q = i8[y + n]!;
    i8[d + n] = Math.min(p, q);
  }
}

export function minimumBytesUnsigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) {
    const p = u8[x + n]!;
    const q = u8[y + n]!;
    u8[d + n] = Math.min(p, q);
  }
}

export function minimumWordsSigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) {
    const p = i16[x + n]!;
    const q = i16[y + n]!;
    i16[d + n] = Math.min(p, q);
  }
}

export function minimumWordsUnsigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) {
    const p = u16[x + n]!;
    const q = u16[y + n]!;
    u16[d + n] = Math.min(p, q);
  }
}

export function minimumDoublewordsSigned(
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
  for (let n = 0; n < end; n++) {
    const p = i32[x + n]!;
    const q = i32[y + n]!;
    i32[d + n] = Math.min(p, q);
  }
}

export function minimumDoublewordsUnsigned(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { u32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) {
    const p = u32[x + n]!;
    const q = u32[y + n]!;
    u32[d + n] = Math.min(p, q);
  }
}

export function maximumBytesSigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) {
    const p = i8[x + n]!;
    const q = i8[y + n]!;
    i8[d + n] = Math.max(p, q);
  }
}

export function maximumBytesUnsigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) {
    const p = u8[x + n]!;
    const q = u8[y + n]!;
    u8[d + n] = Math.max(p, q);
  }
}

export function maximumWordsSigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) {
    const p = i16[x + n]!;
    const q = i16[y + n]!;
    i16[d + n] = Math.max(p, q);
  }
}

export function maximumWordsUnsigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) {
    const p = u16[x + n]!;
    const q = u16[y + n]!;
    u16[d + n] = Math.max(p, q);
  }
}

export function maximumDoublewordsSigned(
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
  for (let n = 0; n < end; n++) {
    const p = i32[x + n]!;
    const q = i32[y + n]!;
    i32[d + n] = Math.max(p, q);
  }
}

export function maximumDoublewordsUnsigned(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { u32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) {
    const p = u32[x + n]!;
    const q = u32[y + n]!;
    u32[d + n] = Math.max(p, q);
  }
}

export function absoluteBytes(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  const { i8 } = v;
  const d = dest * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) i8[d + n] = Math.abs(i8[y + n]!);
}

export function absoluteWords(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) i16[d + n] = Math.abs(i16[y + n]!);
}

export function absoluteDoublewords(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[d + n] = Math.abs(i32[y + n]!);
}

export function signBytes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  const end = bytes;
  for (let n = 0; n < end; n++) i8[d + n] = i8[x + n]! * Math.sign(i8[y + n]!);
}

export function signWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) i16[d + n] = i16[x + n]! * Math.sign(i16[y + n]!);
}

export function signDoublewords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[d + n] = i32[x + n]! * Math.sign(i32[y + n]!);
}
