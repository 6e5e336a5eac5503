import type { VectorFile } from '../../state/vector-file.ts';
import { signedWord } from './lanes-add.ts';

/* Pure sums across lanes. The destination may be neither source: wrap them in `moving`. */

export function horizontalAddWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const half = bytes === 8 ? 2 : 4;
  for (let lane = 0; lane < bytes >> 1; lane += 2 * half) {
    const d = dest * 16 + lane;
    const x = a * 16 + lane;
    const y = b * 16 + lane;
    for (let n = 0; n < half; n++) {
      i16[d + n] = i16[x + 2 * n]! + i16[x + 2 * n + 1]!;
      i16[d + half + n] = i16[y + 2 * n]! + i16[y + 2 * n + 1]!;
    }
  }
}

export function horizontalAddDoublewords(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { i32 } = v;
  const half = bytes === 8 ? 1 : 2;
  for (let lane = 0; lane < bytes >> 2; lane += 2 * half) {
    const d = dest * 8 + lane;
    const x = a * 8 + lane;
    const y = b * 8 + lane;
    for (let n = 0; n < half; n++) {
      i32[d + n] = i32[x + 2 * n]! + i32[x + 2 * n + 1]!;
      i32[d + half + n] = i32[y + 2 * n]! + i32[y + 2 * n + 1]!;
    }
  }
}

export function horizontalAddSigned(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const half = bytes === 8 ? 2 : 4;
  for (let lane = 0; lane < bytes >> 1; lane += 2 * half) {
    const d = dest * 16 + lane;
    const x = a * 16 + lane;
    const y = b * 16 + lane;
    for (let n = 0; n < half; n++) {
      i16[d + n] = signedWord(i16[x + 2 * n]! + i16[x + 2 * n + 1]!);
      i16[d + half + n] = signedWord(i16[y + 2 * n]! + i16[y + 2 * n + 1]!);
    }
  }
}

export function horizontalSubtractWords(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { i16 } = v;
  const half = bytes === 8 ? 2 : 4;
  for (let lane = 0; lane < bytes >> 1; lane += 2 * half) {
    const d = dest * 16 + lane;
    const x = a * 16 + lane;
    const y = b * 16 + lane;
    for (let n = 0; n < half; n++) {
      i16[d + n] = i16[x + 2 * n]! - i16[x + 2 * n + 1]!;
      i16[d + half + n] = i16[y + 2 * n]! - i16[y + 2 * n + 1]!;
    }
  }
}

export function horizontalSubtractDoublewords(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { i32 } = v;
  const half = bytes === 8 ? 1 : 2;
  for (let lane = 0; lane < bytes >> 2; lane += 2 * half) {
    const d = dest * 8 + lane;
    const x = a * 8 + lane;
    const y = b * 8 + lane;
    for (let n = 0; n < half; n++) {
      i32[d + n] = i32[x + 2 * n]! - i32[x + 2 * n + 1]!;
      i32[d + half + n] = i32[y + 2 * n]! - i32[y + 2 * n + 1]!;
    }
  }
}

export function horizontalSubtractSigned(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { i16 } = v;
  const half = bytes === 8 ? 2 : 4;
  for (let lane = 0; lane < bytes >> 1; lane += 2 * half) {
    const d = dest * 16 + lane;
    const x = a * 16 + lane;
    const y = b * 16 + lane;
    for (let n = 0; n < half; n++) {
      i16[d + n] = signedWord(i16[x + 2 * n]! - i16[x + 2 * n + 1]!);
      i16[d + half + n] = signedWord(i16[y + 2 * n]! - i16[y + 2 * n + 1]!);
    }
  }
}

/** Eight byte differences to one sum in each quadword (SDM Vol. 2B, "PSADBW"). In place. */
export function sumDifferences(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u8, i32 } = v;
  for (let lane = 0; lane < bytes; lane += 8) {
    const x = a * 32 + lane;
    const y = b * 32 + lane;
    let sum = 0;
    for (let n = 0; n < 8; n++) sum += Math.abs(u8[x + n]! - u8[y + n]!);
    const d = dest * 8 + (lane >> 2);
    i32[d] = sum;
    i32[d + 1] = 0;
  }
}

/**
 * Eight sums of four differences: a block of `b` against a sliding window of `a` (SDM Vol. 2B, "MPSADBW"). Bits 1:0 choose
 * the block, bit 2 where the window begins; bits 5:3 are those of the upper 128 bits.
 */
export function slidingDifferences(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  immediate: number,
): void {
  const { u8, u16 } = v;
  for (let lane = 0; lane < bytes; lane += 16) {
    const control = lane === 0 ? immediate : immediate >> 3;
    const x = a * 32 + lane + (control & 4);
    const y = b * 32 + lane + (control & 3) * 4;
    const d = dest * 16 + (lane >> 1);
    for (let n = 0; n < 8; n++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += Math.abs(u8[x + n + k]! - u8[y + k]!);
      u16[d + n] = sum;
    }
  }
}

/** The least of eight words and its index (SDM Vol. 2B, "PHMINPOSUW"). */
export function minimumPosition(v: VectorFile, dest: number, _a: number, b: number): void {
  const { u16, i32 } = v;
  let at = 0;
  for (let n = 1; n < 8; n++) if (u16[b * 16 + n]! < u16[b * 16 + at]!) at = n;
  const least = u16[b * 16 + at]!;
  i32[dest * 8] = least | (at << 16);
  i32[dest * 8 + 1] = 0;
  i32[dest * 8 + 2] = 0;
  i32[dest * 8 + 3] = 0;
}
