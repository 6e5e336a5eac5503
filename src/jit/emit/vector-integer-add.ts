import * as simd from '../wasm/simd.ts';
import { avx, bothForms, eachLanes, type LaneEmit, sse, type VectorEmitters } from './vector-operand.ts';

/** PABS: the first operand plays no part. */
function absolute(op: number): LaneEmit {
  return ({ code }, _a, b) => {
    code.get(b);
    code.simd(op);
  };
}

/** One WebAssembly instruction each. */
export const ADDITIONS = {
  PADDB: simd.I8X16_ADD,
  PADDW: simd.I16X8_ADD,
  PADDD: simd.I32X4_ADD,
  PADDQ: simd.I64X2_ADD,
  PADDSB: simd.I8X16_ADD_SAT_S,
  PADDSW: simd.I16X8_ADD_SAT_S,
  PADDUSB: simd.I8X16_ADD_SAT_U,
  PADDUSW: simd.I16X8_ADD_SAT_U,
  PSUBB: simd.I8X16_SUB,
  PSUBW: simd.I16X8_SUB,
  PSUBD: simd.I32X4_SUB,
  PSUBQ: simd.I64X2_SUB,
  PSUBSB: simd.I8X16_SUB_SAT_S,
  PSUBSW: simd.I16X8_SUB_SAT_S,
  PSUBUSB: simd.I8X16_SUB_SAT_U,
  PSUBUSW: simd.I16X8_SUB_SAT_U,
  PAVGB: simd.I8X16_AVGR_U,
  PAVGW: simd.I16X8_AVGR_U,
  PMINUB: simd.I8X16_MIN_U,
  PMAXUB: simd.I8X16_MAX_U,
  PMINSB: simd.I8X16_MIN_S,
  PMAXSB: simd.I8X16_MAX_S,
  PMINSW: simd.I16X8_MIN_S,
  PMAXSW: simd.I16X8_MAX_S,
  PMINUW: simd.I16X8_MIN_U,
  PMAXUW: simd.I16X8_MAX_U,
  PMINSD: simd.I32X4_MIN_S,
  PMAXSD: simd.I32X4_MAX_S,
  PMINUD: simd.I32X4_MIN_U,
  PMAXUD: simd.I32X4_MAX_U,
} as const;

export const VECTOR_INTEGER_ADD: VectorEmitters = {
  ...bothForms(eachLanes(ADDITIONS)),
  PABSB_Vx_Wx: sse(absolute(simd.I8X16_ABS)),
  PABSW_Vx_Wx: sse(absolute(simd.I16X8_ABS)),
  PABSD_Vx_Wx: sse(absolute(simd.I32X4_ABS)),
  VPABSB_Vx_Wx: avx(absolute(simd.I8X16_ABS)),
  VPABSW_Vx_Wx: avx(absolute(simd.I16X8_ABS)),
  VPABSD_Vx_Wx: avx(absolute(simd.I32X4_ABS)),
};
