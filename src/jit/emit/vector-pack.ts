import * as simd from '../wasm/simd.ts';
import { bothForms, type LaneEmit, lanes, sseNarrow, type VectorEmitters } from './vector-operand.ts';

/** PMOVSX and PMOVZX: the low lanes of the source, made wider once or twice. */
function extended(...ops: readonly number[]): LaneEmit {
  return ({ code }, _a, b) => {
    code.get(b);
    for (const op of ops) code.simd(op);
  };
}

/** The 128-bit legacy forms alone; those that read two bytes are the handler's. */
export const VECTOR_PACK: VectorEmitters = {
  ...bothForms({
    PACKSSWB: lanes(simd.I8X16_NARROW_S),
    PACKUSWB: lanes(simd.I8X16_NARROW_U),
    PACKSSDW: lanes(simd.I16X8_NARROW_S),
    PACKUSDW: lanes(simd.I16X8_NARROW_U),
  }),
  PMOVSXBW_Vx_Wq: sseNarrow(8, extended(simd.I16X8_EXTEND_LOW_S)),
  PMOVSXWD_Vx_Wq: sseNarrow(8, extended(simd.I32X4_EXTEND_LOW_S)),
  PMOVSXDQ_Vx_Wq: sseNarrow(8, extended(simd.I64X2_EXTEND_LOW_S)),
  PMOVSXBD_Vx_Wd: sseNarrow(4, extended(simd.I16X8_EXTEND_LOW_S, simd.I32X4_EXTEND_LOW_S)),
  PMOVSXWQ_Vx_Wd: sseNarrow(4, extended(simd.I32X4_EXTEND_LOW_S, simd.I64X2_EXTEND_LOW_S)),
  PMOVZXBW_Vx_Wq: sseNarrow(8, extended(simd.I16X8_EXTEND_LOW_U)),
  PMOVZXWD_Vx_Wq: sseNarrow(8, extended(simd.I32X4_EXTEND_LOW_U)),
  PMOVZXDQ_Vx_Wq: sseNarrow(8, extended(simd.I64X2_EXTEND_LOW_U)),
  PMOVZXBD_Vx_Wd: sseNarrow(4, extended(simd.I16X8_EXTEND_LOW_U, simd.I32X4_EXTEND_LOW_U)),
  PMOVZXWQ_Vx_Wd: sseNarrow(4, extended(simd.I32X4_EXTEND_LOW_U, simd.I64X2_EXTEND_LOW_U)),
};
