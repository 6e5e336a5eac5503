import * as simd from '../wasm/simd.ts';
import { bothForms, lanes, type VectorEmitters } from './vector-operand.ts';

export const VECTOR_COMPARE: VectorEmitters = bothForms({
  PCMPEQB: lanes(simd.I8X16_EQ),
  PCMPEQW: lanes(simd.I16X8_EQ),
  PCMPEQD: lanes(simd.I32X4_EQ),
  PCMPEQQ: lanes(simd.I64X2_EQ),
  PCMPGTB: lanes(simd.I8X16_GT_S),
  PCMPGTW: lanes(simd.I16X8_GT_S),
  PCMPGTD: lanes(simd.I32X4_GT_S),
  PCMPGTQ: lanes(simd.I64X2_GT_S),
});
