import {
  doubleToInteger32,
  doubleToSingle,
  integer32ToDouble,
  integerToSingle,
  singleToDouble,
  singleToInteger32,
} from '../../float/sse-convert.ts';
import {
  avxHalf,
  avxPacked,
  avxScalar,
  type LaneOperation,
  type PackedOperation,
  singles,
  sseHalf,
  ssePacked,
  sseScalar,
} from './float-operand.ts';

/* Conversions between the formats that vector registers hold: singles, doubles and 32-bit integers. */

const narrow: LaneOperation = (lanes, _a, b, out, env) => doubleToSingle(lanes, b, out, env);
const widen: LaneOperation = (lanes, _a, b, out, env) => singleToDouble(lanes, b, out, env);
const toSingle: LaneOperation = (lanes, _a, b, out, env) =>
  integerToSingle(lanes.words[b]!, lanes.words[b]! >> 31, lanes, out, env);
const toInteger: LaneOperation = (lanes, _a, b, out, env) => singleToInteger32(lanes, b, false, out, env);
const truncate: LaneOperation = (lanes, _a, b, out, env) => singleToInteger32(lanes, b, true, out, env);

const widenSingles: PackedOperation = (lanes, _a, b, out, env, _immediate, bytes) => {
  for (let n = 0; n < bytes >> 3; n++) singleToDouble(lanes, b + n, out + n * 2, env);
};

const widenIntegers: PackedOperation = (lanes, _a, b, out, _env, _immediate, bytes) => {
  for (let n = 0; n < bytes >> 3; n++) integer32ToDouble(lanes.words[b + n]!, lanes, out + n * 2);
};

/** From doubles to half as many bytes; the other half of the result is cleared. */
function narrowDoubles(operation: LaneOperation): PackedOperation {
  return (lanes, a, b, out, env, immediate, bytes) => {
    const count = bytes >> 3;
    for (let n = 0; n < count; n++) {
      operation(lanes, a, b + n * 2, out + n, env, immediate);
      lanes.words[out + count + n] = 0;
    }
  };
}

const narrowToSingles = narrowDoubles(narrow);
const narrowToIntegers = narrowDoubles((lanes, _a, b, out, env) =>
  doubleToInteger32(lanes, b, false, out, env),
);
const truncateToIntegers = narrowDoubles((lanes, _a, b, out, env) =>
  doubleToInteger32(lanes, b, true, out, env),
);

/** CVTPS2PD xmm1, xmm2/m64 | NP 0F 5A | (SDM Vol. 2A, "CVTPS2PD—Convert Packed Single Precision ... to Packed Double"). */
export const CVTPS2PD_Vpd_Wq = sseHalf(widenSingles);
export const VCVTPS2PD_Vpd_Wh = avxHalf(widenSingles);

/** CVTPD2PS xmm1, xmm2/m128 | 66 0F 5A | (SDM Vol. 2A, "CVTPD2PS—Convert Packed Double Precision ... to Packed Single"). */
export const CVTPD2PS_Vps_Wpd = ssePacked(narrowToSingles);
export const VCVTPD2PS_Vdq_Wpd = avxPacked(narrowToSingles);

/** CVTSS2SD xmm1, xmm2/m32 | F3 0F 5A | (SDM Vol. 2A, "CVTSS2SD—Convert Scalar Single Precision ... to Scalar Double"). */
export const CVTSS2SD_Vsd_Wss = sseScalar(4, widen, 8);
export const VCVTSS2SD_Vsd_Hsd_Wss = avxScalar(4, widen, 8);

/** CVTSD2SS xmm1, xmm2/m64 | F2 0F 5A | (SDM Vol. 2A, "CVTSD2SS—Convert Scalar Double Precision ... to Scalar Single"). */
export const CVTSD2SS_Vss_Wsd = sseScalar(8, narrow, 4);
export const VCVTSD2SS_Vss_Hss_Wsd = avxScalar(8, narrow, 4);

/** CVTDQ2PS xmm1, xmm2/m128 | NP 0F 5B | (SDM Vol. 2A, "CVTDQ2PS—Convert Packed Doubleword Integers to Packed Single"). */
export const CVTDQ2PS_Vps_Wx = ssePacked(singles(toSingle));
export const VCVTDQ2PS_Vps_Wx = avxPacked(singles(toSingle));

/** CVTPS2DQ xmm1, xmm2/m128 | 66 0F 5B | (SDM Vol. 2A, "CVTPS2DQ—Convert Packed Single ... to Packed Signed Doubleword"). */
export const CVTPS2DQ_Vx_Wps = ssePacked(singles(toInteger));
export const VCVTPS2DQ_Vx_Wps = avxPacked(singles(toInteger));

/** CVTTPS2DQ xmm1, xmm2/m128 | F3 0F 5B | (SDM Vol. 2A, "CVTTPS2DQ—Convert With Truncation Packed Single ..."). */
export const CVTTPS2DQ_Vx_Wps = ssePacked(singles(truncate));
export const VCVTTPS2DQ_Vx_Wps = avxPacked(singles(truncate));

/** CVTDQ2PD xmm1, xmm2/m64 | F3 0F E6 | (SDM Vol. 2A, "CVTDQ2PD—Convert Packed Doubleword Integers to Packed Double"). Exact. */
export const CVTDQ2PD_Vpd_Wq = sseHalf(widenIntegers);
export const VCVTDQ2PD_Vpd_Wh = avxHalf(widenIntegers);

/** CVTPD2DQ xmm1, xmm2/m128 | F2 0F E6 | (SDM Vol. 2A, "CVTPD2DQ—Convert Packed Double ... to Packed Doubleword Integers"). */
export const CVTPD2DQ_Vx_Wpd = ssePacked(narrowToIntegers);
export const VCVTPD2DQ_Vdq_Wpd = avxPacked(narrowToIntegers);

/** CVTTPD2DQ xmm1, xmm2/m128 | 66 0F E6 | (SDM Vol. 2A, "CVTTPD2DQ—Convert with Truncation Packed Double ..."). */
export const CVTTPD2DQ_Vx_Wpd = ssePacked(truncateToIntegers);
export const VCVTTPD2DQ_Vdq_Wpd = avxPacked(truncateToIntegers);
