import type { VectorFile } from '../../state/vector-file.ts';

/*
 * Pure rearrangements of lanes. The destination may be neither source unless it says "in place": wrap them in `moving`.
 * They act on each 128 bits by itself; an MMX register is one part of 64 bits.
 */

/** Each byte chosen by the low bits of a byte of `b`; 0 where that has bit 7. */
export function shuffleBytes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { u8 } = v;
  const part = bytes === 8 ? 8 : 16;
  for (let lane = 0; lane < bytes; lane += part) {
    const d = dest * 32 + lane;
    const x = a * 32 + lane;
    const y = b * 32 + lane;
    for (let n = 0; n < part; n++) {
      const index = u8[y + n]!;
      u8[d + n] = index > 127 ? 0 : u8[x + (index & (part - 1))]!;
    }
  }
}

/** Four doublewords by four pairs of bits. */
export function shuffleDoublewords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
  immediate: number,
): void {
  const { i32 } = v;
  for (let lane = 0; lane < bytes >> 2; lane += 4) {
    const y = b * 8 + lane;
    const d = dest * 8 + lane;
    const p = i32[y + (immediate & 3)]!;
    const q = i32[y + ((immediate >> 2) & 3)]!;
    const r = i32[y + ((immediate >> 4) & 3)]!;
    const s = i32[y + ((immediate >> 6) & 3)]!;
    i32[d] = p;
    i32[d + 1] = q;
    i32[d + 2] = r;
    i32[d + 3] = s;
  }
}

function shuffleFourWords(u16: Uint16Array, d: number, y: number, immediate: number): void {
  const p = u16[y + (immediate & 3)]!;
  const q = u16[y + ((immediate >> 2) & 3)]!;
  const r = u16[y + ((immediate >> 4) & 3)]!;
  const s = u16[y + ((immediate >> 6) & 3)]!;
  u16[d] = p;
  u16[d + 1] = q;
  u16[d + 2] = r;
  u16[d + 3] = s;
}

/** The low four words of each 128 bits (of 64, for MMX). In place. */
export function shuffleLowWords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
  immediate: number,
): void {
  const { u16, i32 } = v;
  for (let lane = 0; lane < bytes >> 1; lane += 8) {
    shuffleFourWords(u16, dest * 16 + lane, b * 16 + lane, immediate);
    if (bytes === 8) return;
    const at = lane >> 1;
    i32[dest * 8 + at + 2] = i32[b * 8 + at + 2]!;
    i32[dest * 8 + at + 3] = i32[b * 8 + at + 3]!;
  }
}

/** The high four words of each 128 bits. In place. */
export function shuffleHighWords(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  bytes: number,
  immediate: number,
): void {
  const { u16, i32 } = v;
  for (let lane = 0; lane < bytes >> 1; lane += 8) {
    shuffleFourWords(u16, dest * 16 + lane + 4, b * 16 + lane + 4, immediate);
    const at = lane >> 1;
    i32[dest * 8 + at] = i32[b * 8 + at]!;
    i32[dest * 8 + at + 1] = i32[b * 8 + at + 1]!;
  }
}

/** Two doublewords of `a`, then two of `b`. In place. */
export function shuffleSingles(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  immediate: number,
): void {
  const { i32 } = v;
  for (let lane = 0; lane < bytes >> 2; lane += 4) {
    const x = a * 8 + lane;
    const y = b * 8 + lane;
    const d = dest * 8 + lane;
    const p = i32[x + (immediate & 3)]!;
    const q = i32[x + ((immediate >> 2) & 3)]!;
    const r = i32[y + ((immediate >> 4) & 3)]!;
    const s = i32[y + ((immediate >> 6) & 3)]!;
    i32[d] = p;
    i32[d + 1] = q;
    i32[d + 2] = r;
    i32[d + 3] = s;
  }
}

/** A quadword of `a`, then one of `b`; one bit of the immediate for each. In place. */
export function shuffleDoubles(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  immediate: number,
): void {
  const { i32 } = v;
  for (let lane = 0; lane < bytes >> 2; lane += 4) {
    const control = immediate >> (lane >> 1);
    const x = a * 8 + lane + (control & 1) * 2;
    const y = b * 8 + lane + (control & 2);
    const d = dest * 8 + lane;
    const p = i32[x]!;
    const q = i32[x + 1]!;
    const r = i32[y]!;
    const s = i32[y + 1]!;
    i32[d] = p;
    i32[d + 1] = q;
    i32[d + 2] = r;
    i32[d + 3] = s;
  }
}

// Interleaving, of the low or the high half of each part.

function interleaveBytes(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  high: boolean,
): void {
  const { u8 } = v;
  const part = bytes === 8 ? 8 : 16;
  const half = part >> 1;
  for (let lane = 0; lane < bytes; lane += part) {
    const from = lane + (high ? half : 0);
    for (let n = 0; n < half; n++) {
      u8[dest * 32 + lane + 2 * n] = u8[a * 32 + from + n]!;
      u8[dest * 32 + lane + 2 * n + 1] = u8[b * 32 + from + n]!;
    }
  }
}

function interleaveWords(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  high: boolean,
): void {
  const { u16 } = v;
  const part = bytes === 8 ? 4 : 8;
  const half = part >> 1;
  for (let lane = 0; lane < bytes >> 1; lane += part) {
    const from = lane + (high ? half : 0);
    for (let n = 0; n < half; n++) {
      u16[dest * 16 + lane + 2 * n] = u16[a * 16 + from + n]!;
      u16[dest * 16 + lane + 2 * n + 1] = u16[b * 16 + from + n]!;
    }
  }
}

function interleaveDoublewords(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  high: boolean,
): void {
  const { i32 } = v;
  const part = bytes === 8 ? 2 : 4;
  const half = part >> 1;
  for (let lane = 0; lane < bytes >> 2; lane += part) {
    const from = lane + (high ? half : 0);
    for (let n = 0; n < half; n++) {
      i32[dest * 8 + lane + 2 * n] = i32[a * 8 + from + n]!;
      i32[dest * 8 + lane + 2 * n + 1] = i32[b * 8 + from + n]!;
    }
  }
}

export function unpackLowBytes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  interleaveBytes(v, dest, a, b, bytes, false);
}

export function unpackHighBytes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  interleaveBytes(v, dest, a, b, bytes, true);
}

export function unpackLowWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  interleaveWords(v, dest, a, b, bytes, false);
}

export function unpackHighWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  interleaveWords(v, dest, a, b, bytes, true);
}

export function unpackLowDoublewords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  interleaveDoublewords(v, dest, a, b, bytes, false);
}

export function unpackHighDoublewords(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  interleaveDoublewords(v, dest, a, b, bytes, true);
}

/** In place. */
export function unpackLowQuadwords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  shuffleDoubles(v, dest, a, b, bytes, 0);
}

/** In place. */
export function unpackHighQuadwords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  shuffleDoubles(v, dest, a, b, bytes, 15);
}

/** `a` above `b`, shifted right by bytes; the lower half of it. */
export function alignRight(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  immediate: number,
): void {
  const { u8 } = v;
  const part = bytes === 8 ? 8 : 16;
  for (let lane = 0; lane < bytes; lane += part) {
    for (let n = 0; n < part; n++) {
      const from = n + immediate;
      const at = lane + (from & (part - 1));
      u8[dest * 32 + lane + n] = from < part ? u8[b * 32 + at]! : from < 2 * part ? u8[a * 32 + at]! : 0;
    }
  }
}

/** Even doublewords twice. In place. */
export function duplicateEven(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  const { i32 } = v;
  for (let n = 0; n < bytes >> 2; n += 2) {
    const value = i32[b * 8 + n]!;
    i32[dest * 8 + n] = value;
    i32[dest * 8 + n + 1] = value;
  }
}

/** Odd doublewords twice. In place. */
export function duplicateOdd(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  const { i32 } = v;
  for (let n = 0; n < bytes >> 2; n += 2) {
    const value = i32[b * 8 + n + 1]!;
    i32[dest * 8 + n] = value;
    i32[dest * 8 + n + 1] = value;
  }
}

/** The low quadword of each 128 bits twice. In place. */
export function duplicateQuadword(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  shuffleDoubles(v, dest, b, b, bytes, 0);
}

/** SDM Vol. 2A, "INSERTPS". From a register, bits 7:6 choose the source lane; from memory there is only one. In place. */
export function insertSingle(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  fromMemory: boolean,
  immediate: number,
): void {
  const { i32 } = v;
  const value = i32[b * 8 + (fromMemory ? 0 : immediate >> 6)]!;
  const to = (immediate >> 4) & 3;
  for (let n = 0; n < 4; n++) {
    const kept = n === to ? value : i32[a * 8 + n]!;
    i32[dest * 8 + n] = (immediate >> n) & 1 ? 0 : kept;
  }
}
