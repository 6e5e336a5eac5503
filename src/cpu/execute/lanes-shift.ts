import type { VectorFile } from '../../state/vector-file.ts';
import type { LaneOperation } from './vector-operand.ts';

/* Pure shifts of lanes. A count as wide as the lane or wider gives 0, or for SAR the sign everywhere. */

function shiftLeftWords(v: VectorFile, dest: number, a: number, count: number, bytes: number): void {
  const { u16 } = v;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) u16[dest * 16 + n] = count > 15 ? 0 : u16[a * 16 + n]! << count;
}

function shiftRightWords(v: VectorFile, dest: number, a: number, count: number, bytes: number): void {
  const { u16 } = v;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) u16[dest * 16 + n] = count > 15 ? 0 : u16[a * 16 + n]! >> count;
}

function shiftSignedWords(v: VectorFile, dest: number, a: number, count: number, bytes: number): void {
  const { i16 } = v;
  const end = bytes >> 1;
  const by = Math.min(count, 15);
  for (let n = 0; n < end; n++) i16[dest * 16 + n] = i16[a * 16 + n]! >> by;
}

function shiftLeftDoublewords(v: VectorFile, dest: number, a: number, count: number, bytes: number): void {
  const { i32 } = v;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[dest * 8 + n] = count > 31 ? 0 : i32[a * 8 + n]! << count;
}

function shiftRightDoublewords(v: VectorFile, dest: number, a: number, count: number, bytes: number): void {
  const { i32 } = v;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[dest * 8 + n] = count > 31 ? 0 : i32[a * 8 + n]! >>> count;
}

function shiftSignedDoublewords(v: VectorFile, dest: number, a: number, count: number, bytes: number): void {
  const { i32 } = v;
  const end = bytes >> 2;
  const by = Math.min(count, 31);
  for (let n = 0; n < end; n++) i32[dest * 8 + n] = i32[a * 8 + n]! >> by;
}

function shiftQuadwordLeft(i32: Int32Array, to: number, from: number, count: number): void {
  const low = i32[from]!;
  const high = i32[from + 1]!;
  if (count > 63) {
    i32[to] = 0;
    i32[to + 1] = 0;
  } else if (count > 31) {
    i32[to] = 0;
    i32[to + 1] = low << (count - 32);
  } else {
    i32[to] = low << count;
    i32[to + 1] = (high << count) | ((low >>> 1) >>> (31 - count));
  }
}

function shiftQuadwordRight(i32: Int32Array, to: number, from: number, count: number): void {
  const low = i32[from]!;
  const high = i32[from + 1]!;
  if (count > 63) {
    i32[to] = 0;
    i32[to + 1] = 0;
  } else if (count > 31) {
    i32[to] = high >>> (count - 32);
    i32[to + 1] = 0;
  } else {
    i32[to] = (low >>> count) | ((high << 1) << (31 - count));
    i32[to + 1] = high >>> count;
  }
}

function shiftLeftQuadwords(v: VectorFile, dest: number, a: number, count: number, bytes: number): void {
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 2) shiftQuadwordLeft(v.i32, dest * 8 + n, a * 8 + n, count);
}

function shiftRightQuadwords(v: VectorFile, dest: number, a: number, count: number, bytes: number): void {
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 2) shiftQuadwordRight(v.i32, dest * 8 + n, a * 8 + n, count);
}

type Shift = (v: VectorFile, dest: number, a: number, count: number, bytes: number) => void;

/** More than any lane has. */
const ALL = 255;

export interface ShiftForms {
  /** By the low 64 bits of the second operand. */
  readonly byRegister: LaneOperation;
  readonly byImmediate: LaneOperation;
}

function forms(shift: Shift): ShiftForms {
  return {
    byRegister: (v, dest, a, b, bytes) => {
      const low = v.i32[b * 8]!;
      const count = v.i32[b * 8 + 1] !== 0 || low >>> 0 > ALL ? ALL : low;
      shift(v, dest, a, count, bytes);
    },
    byImmediate: (v, dest, a, _b, bytes, immediate) => shift(v, dest, a, immediate, bytes),
  };
}

export const SHIFT_LEFT_WORDS = forms(shiftLeftWords);
export const SHIFT_LEFT_DOUBLEWORDS = forms(shiftLeftDoublewords);
export const SHIFT_LEFT_QUADWORDS = forms(shiftLeftQuadwords);
export const SHIFT_RIGHT_WORDS = forms(shiftRightWords);
export const SHIFT_RIGHT_DOUBLEWORDS = forms(shiftRightDoublewords);
export const SHIFT_RIGHT_QUADWORDS = forms(shiftRightQuadwords);
export const SHIFT_SIGNED_WORDS = forms(shiftSignedWords);
export const SHIFT_SIGNED_DOUBLEWORDS = forms(shiftSignedDoublewords);

/** By bytes within 128 bits. Upwards through memory, so the highest byte comes first. */
export function shiftLeftBytes(
  v: VectorFile,
  dest: number,
  a: number,
  _b: number,
  bytes: number,
  immediate: number,
): void {
  const { u8 } = v;
  for (let lane = 0; lane < bytes; lane += 16) {
    const d = dest * 32 + lane;
    const x = a * 32 + lane;
    for (let n = 15; n >= 0; n--) u8[d + n] = n >= immediate ? u8[x + n - immediate]! : 0;
  }
}

export function shiftRightBytes(
  v: VectorFile,
  dest: number,
  a: number,
  _b: number,
  bytes: number,
  immediate: number,
): void {
  const { u8 } = v;
  for (let lane = 0; lane < bytes; lane += 16) {
    const d = dest * 32 + lane;
    const x = a * 32 + lane;
    for (let n = 0; n < 16; n++) u8[d + n] = n + immediate < 16 ? u8[x + n + immediate]! : 0;
  }
}

// AVX2: each lane has a count of its own.

export function shiftLeftEachDoubleword(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { i32, u32 } = v;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) {
    const count = u32[b * 8 + n]!;
    i32[dest * 8 + n] = count > 31 ? 0 : i32[a * 8 + n]! << count;
  }
}

export function shiftRightEachDoubleword(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { i32, u32 } = v;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) {
    const count = u32[b * 8 + n]!;
    i32[dest * 8 + n] = count > 31 ? 0 : i32[a * 8 + n]! >>> count;
  }
}

export function shiftSignedEachDoubleword(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const { i32, u32 } = v;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) {
    const count = u32[b * 8 + n]!;
    i32[dest * 8 + n] = i32[a * 8 + n]! >> Math.min(count, 31);
  }
}

function quadwordCount(v: VectorFile, at: number): number {
  return v.i32[at + 1] !== 0 || v.u32[at]! > ALL ? ALL : v.i32[at]!;
}

export function shiftLeftEachQuadword(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 2) {
    shiftQuadwordLeft(v.i32, dest * 8 + n, a * 8 + n, quadwordCount(v, b * 8 + n));
  }
}

export function shiftRightEachQuadword(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
): void {
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 2) {
    shiftQuadwordRight(v.i32, dest * 8 + n, a * 8 + n, quadwordCount(v, b * 8 + n));
  }
}
