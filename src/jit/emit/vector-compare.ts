import * as simd from '../wasm/simd.ts';
import { bothForms, eachLanes, type VectorEmitters } from './vector-operand.ts';

/** One WebAssembly instruction each. */
export const COMPARISONS = {
  PCMPEQB: simd.I8X16_EQ,
  PCMPEQW: simd.I16X8_EQ,
  PCMPEQD: simd.I32X4_EQ,
  PCMPEQQ: simd.I64X2_EQ,
  PCMPGTB: simd.I8X16_GT_S,
  PCMPGTW: simd.I16X8_GT_S,
  PCMPGTD: simd.I32X4_GT_S,
  PCMPGTQ: simd.I64X2_GT_S,
} as const;

export const VECTOR_COMPARE: VectorEmitters = bothForms(eachLanes(COMPARISONS));
