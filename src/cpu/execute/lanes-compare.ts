import type { VectorFile } from '../../state/vector-file.ts';

/* Pure comparisons of integer lanes: all ones where they hold. */

export function equalBytes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) {
    // Bit 7 of each byte that differs, then that byte filled with it: no carry leaves a byte.
    const difference = i32[x + n]! ^ i32[y + n]!;
    const differs = (((difference & 0x7f7f7f7f) + 0x7f7f7f7f) | difference) & 0x80808080;
    i32[d + n] = ~((differs >>> 7) * 0xff);
  }
}

export function equalWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) i16[d + n] = i16[x + n] === i16[y + n] ? -1 : 0;
}

export function equalDoublewords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[d + n] = i32[x + n] === i32[y + n] ? -1 : 0;
}

export function equalQuadwords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 2) {
    const equal = i32[x + n] === i32[y + n] && i32[x + n + 1] === i32[y + n + 1] ? -1 : 0;
    i32[d + n] = equal;
    i32[d + n + 1] = equal;
  }
}

export function greaterBytes(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i8 } = v;
  const d = dest * 32;
  const x = a * 32;
  const y = b * 32;
  for (let n = 0; n < bytes; n++) i8[d + n] = i8[x + n]! > i8[y + n]! ? -1 : 0;
}

export function greaterWords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i16 } = v;
  const d = dest * 16;
  const x = a * 16;
  const y = b * 16;
  const end = bytes >> 1;
  for (let n = 0; n < end; n++) i16[d + n] = i16[x + n]! > i16[y + n]! ? -1 : 0;
}

export function greaterDoublewords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n++) i32[d + n] = i32[x + n]! > i32[y + n]! ? -1 : 0;
}

export function greaterQuadwords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const d = dest * 8;
  const x = a * 8;
  const y = b * 8;
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 2) {
    const high = i32[x + n + 1]!;
    const other = i32[y + n + 1]!;
    const greater = high > other || (high === other && i32[x + n]! >>> 0 > i32[y + n]! >>> 0) ? -1 : 0;
    i32[d + n] = greater;
    i32[d + n + 1] = greater;
  }
}
