import {
  equalBytes,
  equalDoublewords,
  equalQuadwords,
  equalWords,
  greaterBytes,
  greaterDoublewords,
  greaterQuadwords,
  greaterWords,
} from './lanes-compare.ts';
import { avx, mmx, sse } from './vector-operand.ts';

/* Comparisons of integer lanes, and what tests a whole register. */

/** PCMPEQB | 0F 74 | (SDM Vol. 2B, "PCMPEQB/PCMPEQW/PCMPEQD—Compare Packed Data for Equal"). */
export const PCMPEQB_Pq_Qq = mmx(equalBytes);
export const PCMPEQB_Vx_Wx = sse(equalBytes);
export const VPCMPEQB_Vx_Hx_Wx = avx(equalBytes);

/** PCMPEQW | 0F 75 | (SDM Vol. 2B, "PCMPEQB/PCMPEQW/PCMPEQD—Compare Packed Data for Equal"). */
export const PCMPEQW_Pq_Qq = mmx(equalWords);
export const PCMPEQW_Vx_Wx = sse(equalWords);
export const VPCMPEQW_Vx_Hx_Wx = avx(equalWords);

/** PCMPEQD | 0F 76 | (SDM Vol. 2B, "PCMPEQB/PCMPEQW/PCMPEQD—Compare Packed Data for Equal"). */
export const PCMPEQD_Pq_Qq = mmx(equalDoublewords);
export const PCMPEQD_Vx_Wx = sse(equalDoublewords);
export const VPCMPEQD_Vx_Hx_Wx = avx(equalDoublewords);

/** PCMPEQQ | 66 0F 38 29 | (SDM Vol. 2B, "PCMPEQQ—Compare Packed Qword Data for Equal"). */
export const PCMPEQQ_Vx_Wx = sse(equalQuadwords);
export const VPCMPEQQ_Vx_Hx_Wx = avx(equalQuadwords);

/** PCMPGTB | 0F 64 | (SDM Vol. 2B, "PCMPGTB/PCMPGTW/PCMPGTD—Compare Packed Signed Integers for Greater Than"). */
export const PCMPGTB_Pq_Qq = mmx(greaterBytes);
export const PCMPGTB_Vx_Wx = sse(greaterBytes);
export const VPCMPGTB_Vx_Hx_Wx = avx(greaterBytes);

/** PCMPGTW | 0F 65 | (SDM Vol. 2B, "PCMPGTB/PCMPGTW/PCMPGTD—Compare Packed Signed Integers for Greater Than"). */
export const PCMPGTW_Pq_Qq = mmx(greaterWords);
export const PCMPGTW_Vx_Wx = sse(greaterWords);
export const VPCMPGTW_Vx_Hx_Wx = avx(greaterWords);

/** PCMPGTD | 0F 66 | (SDM Vol. 2B, "PCMPGTB/PCMPGTW/PCMPGTD—Compare Packed Signed Integers for Greater Than"). */
export const PCMPGTD_Pq_Qq = mmx(greaterDoublewords);
export const PCMPGTD_Vx_Wx = sse(greaterDoublewords);
export const VPCMPGTD_Vx_Hx_Wx = avx(greaterDoublewords);

/** PCMPGTQ | 66 0F 38 37 | (SDM Vol. 2B, "PCMPGTQ—Compare Packed Data for Greater Than"). */
export const PCMPGTQ_Vx_Wx = sse(greaterQuadwords);
export const VPCMPGTQ_Vx_Hx_Wx = avx(greaterQuadwords);
