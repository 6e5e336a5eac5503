import * as simd from '../wasm/simd.ts';
import { avx, bothForms, type LaneEmit, lanes, sse, type VectorEmitters } from './vector-operand.ts';

/** PABS: the first operand plays no part. */
function absolute(op: number): LaneEmit {
  return ({ code }, _a, b) => {
    code.get(b);
    code.simd(op);
  };
}

export const VECTOR_INTEGER_ADD: VectorEmitters = {
  ...bothForms({
    PADDB: lanes(simd.I8X16_ADD),
    PADDW: lanes(simd.I16X8_ADD),
    PADDD: lanes(simd.I32X4_ADD),
    PADDQ: lanes(simd.I64X2_ADD),
    PADDSB: lanes(simd.I8X16_ADD_SAT_S),
    PADDSW: lanes(simd.I16X8_ADD_SAT_S),
    PADDUSB: lanes(simd.I8X16_ADD_SAT_U),
    PADDUSW: lanes(simd.I16X8_ADD_SAT_U),
    PSUBB: lanes(simd.I8X16_SUB),
    PSUBW: lanes(simd.I16X8_SUB),
    PSUBD: lanes(simd.I32X4_SUB),
    PSUBQ: lanes(simd.I64X2_SUB),
    PSUBSB: lanes(simd.I8X16_SUB_SAT_S),
    PSUBSW: lanes(simd.I16X8_SUB_SAT_S),
    PSUBUSB: lanes(simd.I8X16_SUB_SAT_U),
    PSUBUSW: lanes(simd.I16X8_SUB_SAT_U),
    PAVGB: lanes(simd.I8X16_AVGR_U),
    PAVGW: lanes(simd.I16X8_AVGR_U),
    PMINUB: lanes(simd.I8X16_MIN_U),
    PMAXUB: lanes(simd.I8X16_MAX_U),
    PMINSB: lanes(simd.I8X16_MIN_S),
    PMAXSB: lanes(simd.I8X16_MAX_S),
    PMINSW: lanes(simd.I16X8_MIN_S),
    PMAXSW: lanes(simd.I16X8_MAX_S),
    PMINUW: lanes(simd.I16X8_MIN_U),
    PMAXUW: lanes(simd.I16X8_MAX_U),
    PMINSD: lanes(simd.I32X4_MIN_S),
    PMAXSD: lanes(simd.I32X4_MAX_S),
    PMINUD: lanes(simd.I32X4_MIN_U),
    PMAXUD: lanes(simd.I32X4_MAX_U),
  }),
  PABSB_Vx_Wx: sse(absolute(simd.I8X16_ABS)),
  PABSW_Vx_Wx: sse(absolute(simd.I16X8_ABS)),
  PABSD_Vx_Wx: sse(absolute(simd.I32X4_ABS)),
  VPABSB_Vx_Wx: avx(absolute(simd.I8X16_ABS)),
  VPABSW_Vx_Wx: avx(absolute(simd.I16X8_ABS)),
  VPABSD_Vx_Wx: avx(absolute(simd.I32X4_ABS)),
};
