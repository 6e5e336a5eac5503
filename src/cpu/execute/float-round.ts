import { round32 } from '../../float/float32.ts';
import { round64 } from '../../float/float64.ts';
import {
  avxPacked,
  avxScalar,
  doubles,
  type LaneOperation,
  singles,
  ssePacked,
  sseScalar,
} from './float-operand.ts';

/* Rounding to integral values in the format of the operand. */

const integral32: LaneOperation = (lanes, _a, b, out, env, immediate) =>
  round32(lanes, b, immediate, out, env);
const integral64: LaneOperation = (lanes, _a, b, out, env, immediate) =>
  round64(lanes, b, immediate, out, env);

/** ROUNDPS | 66 0F 3A 08 | (SDM Vol. 2B, "ROUNDPS—Round Packed Single Precision Floating-Point Values"). */
export const ROUNDPS_Vps_Wps_Ib = ssePacked(singles(integral32));
export const VROUNDPS_Vps_Wps_Ib = avxPacked(singles(integral32));

/** ROUNDPD | 66 0F 3A 09 | (SDM Vol. 2B, "ROUNDPD—Round Packed Double Precision Floating-Point Values"). */
export const ROUNDPD_Vpd_Wpd_Ib = ssePacked(doubles(integral64));
export const VROUNDPD_Vpd_Wpd_Ib = avxPacked(doubles(integral64));

/** ROUNDSS | 66 0F 3A 0A | (SDM Vol. 2B, "ROUNDSS—Round Scalar Single Precision Floating-Point Values"). */
export const ROUNDSS_Vss_Wss_Ib = sseScalar(4, integral32);
export const VROUNDSS_Vss_Hss_Wss_Ib = avxScalar(4, integral32);

/** ROUNDSD | 66 0F 3A 0B | (SDM Vol. 2B, "ROUNDSD—Round Scalar Double Precision Floating-Point Values"). */
export const ROUNDSD_Vsd_Wsd_Ib = sseScalar(8, integral64);
export const VROUNDSD_Vsd_Hsd_Wsd_Ib = avxScalar(8, integral64);
