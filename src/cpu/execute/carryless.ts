import type { VectorFile } from '../../state/vector-file.ts';
import { avx, sse } from './vector-operand.ts';

/** Carry-less product of two words: the low one returned, the high one in `high`. */
let high = 0;

function multiplyWords(a: number, b: number): number {
  let low = 0;
  high = 0;
  for (let bit = 0; bit < 32; bit++) {
    if (((b >>> bit) & 1) === 0) continue;
    low ^= a << bit;
    if (bit > 0) high ^= a >>> (32 - bit);
  }
  return low;
}

/** One quadword of each source, chosen by bits 0 and 4, to 128 bits. */
function multiply(v: VectorFile, dest: number, a: number, b: number, bytes: number, immediate: number): void {
  const { i32 } = v;
  for (let lane = 0; lane < bytes >> 2; lane += 4) {
    const x = a * 8 + lane + (immediate & 1) * 2;
    const y = b * 8 + lane + ((immediate >> 4) & 1) * 2;
    const xLo = i32[x]!;
    const xHi = i32[x + 1]!;
    const yLo = i32[y]!;
    const yHi = i32[y + 1]!;
    const word0 = multiplyWords(xLo, yLo);
    let word1 = high;
    let word2 = multiplyWords(xHi, yHi);
    const word3 = high;
    const d = dest * 8 + lane;
    let carried = 0;
    word1 ^= multiplyWords(xLo, yHi);
    carried = high;
    word1 ^= multiplyWords(xHi, yLo);
    carried ^= high;
    word2 ^= carried;
    i32[d] = word0;
    i32[d + 1] = word1;
    i32[d + 2] = word2;
    i32[d + 3] = word3;
  }
}

/** PCLMULQDQ | 66 0F 3A 44 ib | (SDM Vol. 2B, "PCLMULQDQ—Carry-Less Multiplication Quadword"). */
export const PCLMULQDQ_Vx_Wx_Ib = sse(multiply);
export const VPCLMULQDQ_Vx_Hx_Wx_Ib = avx(multiply);
