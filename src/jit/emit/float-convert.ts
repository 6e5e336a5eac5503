import * as simd from '../wasm/simd.ts';
import { exitIfInexact, exitIfSpecial, FloatLanes, finish } from './float-operand.ts';
import {
  avxNarrow,
  type LaneEmit,
  requirePlainRounding,
  splat,
  sse,
  sseNarrow,
  type VectorEmitters,
} from './vector-operand.ts';

const RESULT = 4;

/** CVTSS2SD: exact. An infinity is left to the interpreter with the NaNs. */
const toDouble: LaneEmit = (e, a, b) => {
  const single = new FloatLanes(e, 'SS');
  exitIfSpecial(single, [b], () => single.abs(b).infinity().compare(simd.F32X4_LT));
  single.get(b).bits(simd.F64X2_PROMOTE_LOW_F32X4);
  const double = new FloatLanes(e, 'SD');
  finish(double, a, double.keep(RESULT));
};

/** CVTSD2SS. The least normal single may be what a smaller number was rounded to. */
const toSingle: LaneEmit = (e, a, b) => {
  requirePlainRounding(e);
  const double = new FloatLanes(e, 'SD');
  const single = new FloatLanes(e, 'SS');
  const result = double.get(b).bits(simd.F32X4_DEMOTE_F64X2_ZERO).keep(RESULT);
  exitIfSpecial(double, [b]);
  single.abs(result).least().compare(simd.F32X4_GT);
  single.abs(result).infinity().compare(simd.F32X4_LT).bits(simd.V128_AND);
  single.bits(simd.V128_NOT);
  double.isZero(b).bits(simd.V128_ANDNOT);
  single.exitIfAny();
  exitIfInexact(double, () => {
    double.get(result).bits(simd.F64X2_PROMOTE_LOW_F32X4).get(b).compare(simd.F32X4_NE);
  });
  finish(single, a, result);
};

/** CVTDQ2PD: exact. */
const integersToDoubles: LaneEmit = ({ code }, _a, b) => {
  code.get(b);
  code.simd(simd.F64X2_CONVERT_LOW_I32X4_S);
};

/** CVTDQ2PS: exact up to 24 bits. */
const integersToSingles: LaneEmit = (e, _a, b) => {
  requirePlainRounding(e);
  const f = new FloatLanes(e, 'PS');
  exitIfInexact(f, () => {
    f.get(b).bits(simd.I32X4_ABS);
    splat(e, 1 << 24);
    f.bits(simd.I32X4_LE_U).bits(simd.V128_NOT);
  });
  f.get(b).bits(simd.F32X4_CONVERT_I32X4_S);
};

/** CVTTPS2DQ of numbers that fit. */
const singlesToIntegers: LaneEmit = (e, _a, b) => {
  requirePlainRounding(e);
  const f = new FloatLanes(e, 'PS');
  f.abs(b);
  splat(e, 0x4f000000);
  f.compare(simd.F32X4_LT).bits(simd.V128_NOT);
  f.exitIfAny();
  const result = f.get(b).bits(simd.I32X4_TRUNC_SAT_F32X4_S).keep(RESULT);
  exitIfInexact(f, () => f.get(result).bits(simd.F32X4_CONVERT_I32X4_S).get(b).compare(simd.F32X4_NE));
  f.get(result);
};

export const FLOAT_CONVERT: VectorEmitters = {
  CVTSS2SD_Vsd_Wss: sseNarrow(4, toDouble),
  CVTSD2SS_Vss_Wsd: sseNarrow(8, toSingle),
  VCVTSS2SD_Vsd_Hsd_Wss: avxNarrow(4, toDouble),
  VCVTSD2SS_Vss_Hss_Wsd: avxNarrow(8, toSingle),
  CVTDQ2PD_Vpd_Wq: sseNarrow(8, integersToDoubles),
  CVTDQ2PS_Vps_Wx: sse(integersToSingles),
  CVTTPS2DQ_Vx_Wps: sse(singlesToIntegers),
};
