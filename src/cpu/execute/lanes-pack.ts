import type { VectorFile } from '../../state/vector-file.ts';
import { signedByte, signedWord, unsignedByte, unsignedWord } from './lanes-add.ts';

/*
 * Pure changes of lane width. Packing puts the lanes of `a` below those of `b` in each 128 bits, saturated; the destination
 * may be neither source. Extending takes the lowest lanes of `b`, goes from the top down and so works in place.
 */

function packWords(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  saturate: (value: number) => number,
): void {
  const { i16, u8 } = v;
  const half = bytes === 8 ? 4 : 8;
  for (let lane = 0; lane < bytes >> 1; lane += 8) {
    const d = dest * 32 + lane * 2;
    for (let n = 0; n < half; n++) {
      u8[d + n] = saturate(i16[a * 16 + lane + n]!);
      u8[d + half + n] = saturate(i16[b * 16 + lane + n]!);
    }
  }
}

function packDoublewords(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  saturate: (value: number) => number,
): void {
  const { i32, u16 } = v;
  const half = bytes === 8 ? 2 : 4;
  for (let lane = 0; lane < bytes >> 2; lane += 4) {
    const d = dest * 16 + lane * 2;
    for (let n = 0; n < half; n++) {
      u16[d + n] = saturate(i32[a * 8 + lane + n]!);
      u16[d + half + n] = saturate(i32[b * 8 + lane + n]!);
    }
  }
}

export function packWordsSigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  packWords(v, dest, a, b, bytes, signedByte);
}

export function packWordsUnsigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  packWords(v, dest, a, b, bytes, unsignedByte);
}

export function packDoublewordsSigned(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  packDoublewords(v, dest, a, b, bytes, signedWord);
}

export function packDoublewordsUnsigned(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  packDoublewords(v, dest, a, b, bytes, unsignedWord);
}

export function extendBytesToWords(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  for (let n = (bytes >> 1) - 1; n >= 0; n--) v.i16[dest * 16 + n] = v.i8[b * 32 + n]!;
}

export function extendBytesToDoublewords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
): void {
  for (let n = (bytes >> 2) - 1; n >= 0; n--) v.i32[dest * 8 + n] = v.i8[b * 32 + n]!;
}

export function extendWordsToDoublewords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
): void {
  for (let n = (bytes >> 2) - 1; n >= 0; n--) v.i32[dest * 8 + n] = v.i16[b * 16 + n]!;
}

function storeQuadword(v: VectorFile, dest: number, n: number, value: number, high: number): void {
  v.i32[dest * 8 + 2 * n + 1] = high;
  v.i32[dest * 8 + 2 * n] = value;
}

export function extendBytesToQuadwords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
): void {
  for (let n = (bytes >> 3) - 1; n >= 0; n--) {
    const value = v.i8[b * 32 + n]!;
    storeQuadword(v, dest, n, value, value >> 31);
  }
}

export function extendWordsToQuadwords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
): void {
  for (let n = (bytes >> 3) - 1; n >= 0; n--) {
    const value = v.i16[b * 16 + n]!;
    storeQuadword(v, dest, n, value, value >> 31);
  }
}

export function extendDoublewordsToQuadwords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
): void {
  for (let n = (bytes >> 3) - 1; n >= 0; n--) {
    const value = v.i32[b * 8 + n]!;
    storeQuadword(v, dest, n, value, value >> 31);
  }
}

export function zeroBytesToWords(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  for (let n = (bytes >> 1) - 1; n >= 0; n--) v.u16[dest * 16 + n] = v.u8[b * 32 + n]!;
}

export function zeroBytesToDoublewords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
): void {
  for (let n = (bytes >> 2) - 1; n >= 0; n--) v.i32[dest * 8 + n] = v.u8[b * 32 + n]!;
}

export function zeroWordsToDoublewords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
): void {
  for (let n = (bytes >> 2) - 1; n >= 0; n--) v.i32[dest * 8 + n] = v.u16[b * 16 + n]!;
}

export function zeroBytesToQuadwords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
): void {
  for (let n = (bytes >> 3) - 1; n >= 0; n--) storeQuadword(v, dest, n, v.u8[b * 32 + n]!, 0);
}

export function zeroWordsToQuadwords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
): void {
  for (let n = (bytes >> 3) - 1; n >= 0; n--) storeQuadword(v, dest, n, v.u16[b * 16 + n]!, 0);
}

export function zeroDoublewordsToQuadwords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
): void {
  for (let n = (bytes >> 3) - 1; n >= 0; n--) storeQuadword(v, dest, n, v.i32[b * 8 + n]!, 0);
}
