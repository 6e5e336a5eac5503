import {
  add32,
  divide32,
  minimum32,
  multiply32,
  reciprocal32,
  reciprocalRoot32,
  squareRoot32,
  subtract32,
} from '../../float/float32.ts';
import { add64, divide64, minimum64, multiply64, squareRoot64, subtract64 } from '../../float/float64.ts';
import {
  avxPacked,
  avxScalar,
  doubles,
  type LaneOperation,
  singles,
  ssePacked,
  sseScalar,
} from './float-operand.ts';

/* Sums, differences, products, quotients, roots, extremes and approximations of floating-point lanes. */

const root32: LaneOperation = (lanes, _a, b, out, env) => squareRoot32(lanes, b, out, env);
const root64: LaneOperation = (lanes, _a, b, out, env) => squareRoot64(lanes, b, out, env);
const least32: LaneOperation = (lanes, a, b, out, env) => minimum32(lanes, a, b, 0, out, env);
const least64: LaneOperation = (lanes, a, b, out, env) => minimum64(lanes, a, b, 0, out, env);
const greatest32: LaneOperation = (lanes, a, b, out, env) => minimum32(lanes, a, b, 1, out, env);
const greatest64: LaneOperation = (lanes, a, b, out, env) => minimum64(lanes, a, b, 1, out, env);
const approximate32: LaneOperation = (lanes, _a, b, out) => reciprocal32(lanes, b, out);
const approximateRoot32: LaneOperation = (lanes, _a, b, out) => reciprocalRoot32(lanes, b, out);

/** ADDPS | NP 0F 58 | (SDM Vol. 2A, "ADDPS—Add Packed Single Precision Floating-Point Values"). */
export const ADDPS_Vps_Wps = ssePacked(singles(add32));
export const VADDPS_Vps_Hps_Wps = avxPacked(singles(add32));

/** ADDPD | 66 0F 58 | (SDM Vol. 2A, "ADDPD—Add Packed Double Precision Floating-Point Values"). */
export const ADDPD_Vpd_Wpd = ssePacked(doubles(add64));
export const VADDPD_Vpd_Hpd_Wpd = avxPacked(doubles(add64));

/** ADDSS | F3 0F 58 | (SDM Vol. 2A, "ADDSS—Add Scalar Single Precision Floating-Point Values"). */
export const ADDSS_Vss_Wss = sseScalar(4, add32);
export const VADDSS_Vss_Hss_Wss = avxScalar(4, add32);

/** ADDSD | F2 0F 58 | (SDM Vol. 2A, "ADDSD—Add Scalar Double Precision Floating-Point Values"). */
export const ADDSD_Vsd_Wsd = sseScalar(8, add64);
export const VADDSD_Vsd_Hsd_Wsd = avxScalar(8, add64);

/** SUBPS | NP 0F 5C | (SDM Vol. 2B, "SUBPS—Subtract Packed Single Precision Floating-Point Values"). */
export const SUBPS_Vps_Wps = ssePacked(singles(subtract32));
export const VSUBPS_Vps_Hps_Wps = avxPacked(singles(subtract32));

/** SUBPD | 66 0F 5C | (SDM Vol. 2B, "SUBPD—Subtract Packed Double Precision Floating-Point Values"). */
export const SUBPD_Vpd_Wpd = ssePacked(doubles(subtract64));
export const VSUBPD_Vpd_Hpd_Wpd = avxPacked(doubles(subtract64));

/** SUBSS | F3 0F 5C | (SDM Vol. 2B, "SUBSS—Subtract Scalar Single Precision Floating-Point Values"). */
export const SUBSS_Vss_Wss = sseScalar(4, subtract32);
export const VSUBSS_Vss_Hss_Wss = avxScalar(4, subtract32);

/** SUBSD | F2 0F 5C | (SDM Vol. 2B, "SUBSD—Subtract Scalar Double Precision Floating-Point Values"). */
export const SUBSD_Vsd_Wsd = sseScalar(8, subtract64);
export const VSUBSD_Vsd_Hsd_Wsd = avxScalar(8, subtract64);

/** MULPS | NP 0F 59 | (SDM Vol. 2B, "MULPS—Multiply Packed Single Precision Floating-Point Values"). */
export const MULPS_Vps_Wps = ssePacked(singles(multiply32));
export const VMULPS_Vps_Hps_Wps = avxPacked(singles(multiply32));

/** MULPD | 66 0F 59 | (SDM Vol. 2B, "MULPD—Multiply Packed Double Precision Floating-Point Values"). */
export const MULPD_Vpd_Wpd = ssePacked(doubles(multiply64));
export const VMULPD_Vpd_Hpd_Wpd = avxPacked(doubles(multiply64));

/** MULSS | F3 0F 59 | (SDM Vol. 2B, "MULSS—Multiply Scalar Single Precision Floating-Point Values"). */
export const MULSS_Vss_Wss = sseScalar(4, multiply32);
export const VMULSS_Vss_Hss_Wss = avxScalar(4, multiply32);

/** MULSD | F2 0F 59 | (SDM Vol. 2B, "MULSD—Multiply Scalar Double Precision Floating-Point Values"). */
export const MULSD_Vsd_Wsd = sseScalar(8, multiply64);
export const VMULSD_Vsd_Hsd_Wsd = avxScalar(8, multiply64);

/** DIVPS | NP 0F 5E | (SDM Vol. 2A, "DIVPS—Divide Packed Single Precision Floating-Point Values"). */
export const DIVPS_Vps_Wps = ssePacked(singles(divide32));
export const VDIVPS_Vps_Hps_Wps = avxPacked(singles(divide32));

/** DIVPD | 66 0F 5E | (SDM Vol. 2A, "DIVPD—Divide Packed Double Precision Floating-Point Values"). */
export const DIVPD_Vpd_Wpd = ssePacked(doubles(divide64));
export const VDIVPD_Vpd_Hpd_Wpd = avxPacked(doubles(divide64));

/** DIVSS | F3 0F 5E | (SDM Vol. 2A, "DIVSS—Divide Scalar Single Precision Floating-Point Values"). */
export const DIVSS_Vss_Wss = sseScalar(4, divide32);
export const VDIVSS_Vss_Hss_Wss = avxScalar(4, divide32);

/** DIVSD | F2 0F 5E | (SDM Vol. 2A, "DIVSD—Divide Scalar Double Precision Floating-Point Values"). */
export const DIVSD_Vsd_Wsd = sseScalar(8, divide64);
export const VDIVSD_Vsd_Hsd_Wsd = avxScalar(8, divide64);

/** MINPS | NP 0F 5D | (SDM Vol. 2B, "MINPS—Minimum of Packed Single Precision Floating-Point Values"). */
export const MINPS_Vps_Wps = ssePacked(singles(least32));
export const VMINPS_Vps_Hps_Wps = avxPacked(singles(least32));

/** MINPD | 66 0F 5D | (SDM Vol. 2B, "MINPD—Minimum of Packed Double Precision Floating-Point Values"). */
export const MINPD_Vpd_Wpd = ssePacked(doubles(least64));
export const VMINPD_Vpd_Hpd_Wpd = avxPacked(doubles(least64));

/** MINSS | F3 0F 5D | (SDM Vol. 2B, "MINSS—Minimum of Scalar Single Precision Floating-Point Values"). */
export const MINSS_Vss_Wss = sseScalar(4, least32);
export const VMINSS_Vss_Hss_Wss = avxScalar(4, least32);

/** MINSD | F2 0F 5D | (SDM Vol. 2B, "MINSD—Minimum of Scalar Double Precision Floating-Point Values"). */
export const MINSD_Vsd_Wsd = sseScalar(8, least64);
export const VMINSD_Vsd_Hsd_Wsd = avxScalar(8, least64);

/** MAXPS | NP 0F 5F | (SDM Vol. 2B, "MAXPS—Maximum of Packed Single Precision Floating-Point Values"). */
export const MAXPS_Vps_Wps = ssePacked(singles(greatest32));
export const VMAXPS_Vps_Hps_Wps = avxPacked(singles(greatest32));

/** MAXPD | 66 0F 5F | (SDM Vol. 2B, "MAXPD—Maximum of Packed Double Precision Floating-Point Values"). */
export const MAXPD_Vpd_Wpd = ssePacked(doubles(greatest64));
export const VMAXPD_Vpd_Hpd_Wpd = avxPacked(doubles(greatest64));

/** MAXSS | F3 0F 5F | (SDM Vol. 2B, "MAXSS—Maximum of Scalar Single Precision Floating-Point Values"). */
export const MAXSS_Vss_Wss = sseScalar(4, greatest32);
export const VMAXSS_Vss_Hss_Wss = avxScalar(4, greatest32);

/** MAXSD | F2 0F 5F | (SDM Vol. 2B, "MAXSD—Maximum of Scalar Double Precision Floating-Point Values"). */
export const MAXSD_Vsd_Wsd = sseScalar(8, greatest64);
export const VMAXSD_Vsd_Hsd_Wsd = avxScalar(8, greatest64);

/** SQRTPS | NP 0F 51 | (SDM Vol. 2B, "SQRTPS—Square Root of Packed Single Precision Floating-Point Values"). */
export const SQRTPS_Vps_Wps = ssePacked(singles(root32));
export const VSQRTPS_Vps_Wps = avxPacked(singles(root32));

/** SQRTPD | 66 0F 51 | (SDM Vol. 2B, "SQRTPD—Square Root of Packed Double Precision Floating-Point Values"). */
export const SQRTPD_Vpd_Wpd = ssePacked(doubles(root64));
export const VSQRTPD_Vpd_Wpd = avxPacked(doubles(root64));

/** SQRTSS | F3 0F 51 | (SDM Vol. 2B, "SQRTSS—Square Root of Scalar Single Precision Floating-Point Value"). */
export const SQRTSS_Vss_Wss = sseScalar(4, root32);
export const VSQRTSS_Vss_Hss_Wss = avxScalar(4, root32);

/** SQRTSD | F2 0F 51 | (SDM Vol. 2B, "SQRTSD—Square Root of Scalar Double Precision Floating-Point Value"). */
export const SQRTSD_Vsd_Wsd = sseScalar(8, root64);
export const VSQRTSD_Vsd_Hsd_Wsd = avxScalar(8, root64);

/** RCPPS | NP 0F 53 | (SDM Vol. 2B, "RCPPS—Compute Reciprocals of Packed Single Precision Floating-Point Values"). */
export const RCPPS_Vps_Wps = ssePacked(singles(approximate32));
export const VRCPPS_Vps_Wps = avxPacked(singles(approximate32));

/** RCPSS | F3 0F 53 | (SDM Vol. 2B, "RCPSS—Compute Reciprocals of Scalar Single Precision Floating-Point Values"). */
export const RCPSS_Vss_Wss = sseScalar(4, approximate32);
export const VRCPSS_Vss_Hss_Wss = avxScalar(4, approximate32);

/** RSQRTPS | NP 0F 52 | (SDM Vol. 2B, "RSQRTPS—Compute Reciprocals of Square Roots of Packed Single Precision Floating-Point Values"). */
export const RSQRTPS_Vps_Wps = ssePacked(singles(approximateRoot32));
export const VRSQRTPS_Vps_Wps = avxPacked(singles(approximateRoot32));

/** RSQRTSS | F3 0F 52 | (SDM Vol. 2B, "RSQRTSS—Compute Reciprocals of Square Roots of Scalar Single Precision Floating-Point Values"). */
export const RSQRTSS_Vss_Wss = sseScalar(4, approximateRoot32);
export const VRSQRTSS_Vss_Hss_Wss = avxScalar(4, approximateRoot32);
