import type { VectorFile } from '../../state/vector-file.ts';

/* Pure bitwise operations. */

export function andLanes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[dest * 8 + n] = i32[a * 8 + n]! & i32[b * 8 + n]!;
}

/** The first operand is the one that is inverted. */
export function andNotLanes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[dest * 8 + n] = ~i32[a * 8 + n]! & i32[b * 8 + n]!;
}

export function orLanes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[dest * 8 + n] = i32[a * 8 + n]! | i32[b * 8 + n]!;
}

export function exclusiveOrLanes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[dest * 8 + n] = i32[a * 8 + n]! ^ i32[b * 8 + n]!;
}
