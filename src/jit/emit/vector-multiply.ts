import * as simd from '../wasm/simd.ts';
import { vectorTemp } from './locals.ts';
import { bothForms, type LaneEmit, lanes, type VectorEmitters } from './vector-operand.ts';

/** Bytes of the high words of eight products, of which two vectors hold four each. */
const HIGH_WORDS = [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31];
/** Bytes of doublewords 0 and 2 in the low half. */
const EVEN_DOUBLEWORDS = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

function highWords(low: number, high: number): LaneEmit {
  return ({ code }, a, b) => {
    for (const op of [low, high]) {
      code.get(a);
      code.get(b);
      code.simd(op);
    }
    code.simd(simd.I8X16_SHUFFLE, HIGH_WORDS);
  };
}

function evenDoublewords(op: number): LaneEmit {
  return ({ code }, a, b) => {
    for (const vector of [a, b]) {
      code.get(vector);
      code.tee(vectorTemp(5));
      code.get(vectorTemp(5));
      code.simd(simd.I8X16_SHUFFLE, EVEN_DOUBLEWORDS);
    }
    code.simd(op);
  };
}

/** PMULHRSW and PMADDUBSW round and saturate in their own ways. */
export const VECTOR_MULTIPLY: VectorEmitters = bothForms({
  PMULLW: lanes(simd.I16X8_MUL),
  PMULLD: lanes(simd.I32X4_MUL),
  PMULHW: highWords(simd.I32X4_EXTMUL_LOW_S, simd.I32X4_EXTMUL_HIGH_S),
  PMULHUW: highWords(simd.I32X4_EXTMUL_LOW_U, simd.I32X4_EXTMUL_HIGH_U),
  PMULUDQ: evenDoublewords(simd.I64X2_EXTMUL_LOW_U),
  PMULDQ: evenDoublewords(simd.I64X2_EXTMUL_LOW_S),
  PMADDWD: lanes(simd.I32X4_DOT_S),
});
