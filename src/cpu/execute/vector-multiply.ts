import {
  multiplyAddBytes,
  multiplyAddWords,
  multiplyHighUnsigned,
  multiplyHighWords,
  multiplyLowDoublewords,
  multiplyLowWords,
  multiplyRounded,
  multiplyWideSigned,
  multiplyWideUnsigned,
} from './lanes-multiply.ts';
import { avx, mmx, sse } from './vector-operand.ts';

/* Products of integer lanes. */

/** PMULLW | 0F D5 | (SDM Vol. 2B, "PMULLW—Multiply Packed Signed Integers and Store Low Result"). */
export const PMULLW_Pq_Qq = mmx(multiplyLowWords);
export const PMULLW_Vx_Wx = sse(multiplyLowWords);
export const VPMULLW_Vx_Hx_Wx = avx(multiplyLowWords);

/** PMULHW | 0F E5 | (SDM Vol. 2B, "PMULHW—Multiply Packed Signed Integers and Store High Result"). */
export const PMULHW_Pq_Qq = mmx(multiplyHighWords);
export const PMULHW_Vx_Wx = sse(multiplyHighWords);
export const VPMULHW_Vx_Hx_Wx = avx(multiplyHighWords);

/** PMULHUW | 0F E4 | (SDM Vol. 2B, "PMULHUW—Multiply Packed Unsigned Integers and Store High Result"). */
export const PMULHUW_Pq_Qq = mmx(multiplyHighUnsigned);
export const PMULHUW_Vx_Wx = sse(multiplyHighUnsigned);
export const VPMULHUW_Vx_Hx_Wx = avx(multiplyHighUnsigned);

/** PMULHRSW | 0F 38 0B | (SDM Vol. 2B, "PMULHRSW—Packed Multiply High With Round and Scale"). */
export const PMULHRSW_Pq_Qq = mmx(multiplyRounded);
export const PMULHRSW_Vx_Wx = sse(multiplyRounded);
export const VPMULHRSW_Vx_Hx_Wx = avx(multiplyRounded);

/** PMULLD | 66 0F 38 40 | (SDM Vol. 2B, "PMULLD/PMULLQ—Multiply Packed Integers and Store Low Result"). */
export const PMULLD_Vx_Wx = sse(multiplyLowDoublewords);
export const VPMULLD_Vx_Hx_Wx = avx(multiplyLowDoublewords);

/** PMULUDQ | 0F F4 | (SDM Vol. 2B, "PMULUDQ—Multiply Packed Unsigned Doubleword Integers"). */
export const PMULUDQ_Pq_Qq = mmx(multiplyWideUnsigned);
export const PMULUDQ_Vx_Wx = sse(multiplyWideUnsigned);
export const VPMULUDQ_Vx_Hx_Wx = avx(multiplyWideUnsigned);

/** PMULDQ | 66 0F 38 28 | (SDM Vol. 2B, "PMULDQ—Multiply Packed Doubleword Integers"). */
export const PMULDQ_Vx_Wx = sse(multiplyWideSigned);
export const VPMULDQ_Vx_Hx_Wx = avx(multiplyWideSigned);

/** PMADDWD | 0F F5 | (SDM Vol. 2B, "PMADDWD—Multiply and Add Packed Integers"). */
export const PMADDWD_Pq_Qq = mmx(multiplyAddWords);
export const PMADDWD_Vx_Wx = sse(multiplyAddWords);
export const VPMADDWD_Vx_Hx_Wx = avx(multiplyAddWords);

/** PMADDUBSW | 0F 38 04 | (SDM Vol. 2B, "PMADDUBSW—Multiply and Add Packed Signed and Unsigned Bytes"). */
export const PMADDUBSW_Pq_Qq = mmx(multiplyAddBytes);
export const PMADDUBSW_Vx_Wx = sse(multiplyAddBytes);
export const VPMADDUBSW_Vx_Hx_Wx = avx(multiplyAddBytes);
