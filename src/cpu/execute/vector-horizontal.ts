import {
  horizontalAddDoublewords,
  horizontalAddSigned,
  horizontalAddWords,
  horizontalSubtractDoublewords,
  horizontalSubtractSigned,
  horizontalSubtractWords,
  minimumPosition,
  slidingDifferences,
  sumDifferences,
} from './lanes-horizontal.ts';
import { avx, mmx, moving, sse } from './vector-operand.ts';

/* Sums across lanes. */

const horizontalAddWordsApart = moving(horizontalAddWords);

/** PHADDW | 0F 38 01 | (SDM Vol. 2B, "PHADDW/PHADDD—Packed Horizontal Add"). */
export const PHADDW_Pq_Qq = mmx(horizontalAddWordsApart);
export const PHADDW_Vx_Wx = sse(horizontalAddWordsApart);
export const VPHADDW_Vx_Hx_Wx = avx(horizontalAddWordsApart);

const horizontalAddDoublewordsApart = moving(horizontalAddDoublewords);

/** PHADDD | 0F 38 02 | (SDM Vol. 2B, "PHADDW/PHADDD—Packed Horizontal Add"). */
export const PHADDD_Pq_Qq = mmx(horizontalAddDoublewordsApart);
export const PHADDD_Vx_Wx = sse(horizontalAddDoublewordsApart);
export const VPHADDD_Vx_Hx_Wx = avx(horizontalAddDoublewordsApart);

const horizontalAddSignedApart = moving(horizontalAddSigned);

/** PHADDSW | 0F 38 03 | (SDM Vol. 2B, "PHADDSW—Packed Horizontal Add and Saturate"). */
export const PHADDSW_Pq_Qq = mmx(horizontalAddSignedApart);
export const PHADDSW_Vx_Wx = sse(horizontalAddSignedApart);
export const VPHADDSW_Vx_Hx_Wx = avx(horizontalAddSignedApart);

const horizontalSubtractWordsApart = moving(horizontalSubtractWords);

/** PHSUBW | 0F 38 05 | (SDM Vol. 2B, "PHSUBW/PHSUBD—Packed Horizontal Subtract"). */
export const PHSUBW_Pq_Qq = mmx(horizontalSubtractWordsApart);
export const PHSUBW_Vx_Wx = sse(horizontalSubtractWordsApart);
export const VPHSUBW_Vx_Hx_Wx = avx(horizontalSubtractWordsApart);

const horizontalSubtractDoublewordsApart = moving(horizontalSubtractDoublewords);

/** PHSUBD | 0F 38 06 | (SDM Vol. 2B, "PHSUBW/PHSUBD—Packed Horizontal Subtract"). */
export const PHSUBD_Pq_Qq = mmx(horizontalSubtractDoublewordsApart);
export const PHSUBD_Vx_Wx = sse(horizontalSubtractDoublewordsApart);
export const VPHSUBD_Vx_Hx_Wx = avx(horizontalSubtractDoublewordsApart);

const horizontalSubtractSignedApart = moving(horizontalSubtractSigned);

/** PHSUBSW | 0F 38 07 | (SDM Vol. 2B, "PHSUBSW—Packed Horizontal Subtract and Saturate"). */
export const PHSUBSW_Pq_Qq = mmx(horizontalSubtractSignedApart);
export const PHSUBSW_Vx_Wx = sse(horizontalSubtractSignedApart);
export const VPHSUBSW_Vx_Hx_Wx = avx(horizontalSubtractSignedApart);

/** PSADBW | 0F F6 | (SDM Vol. 2B, "PSADBW—Compute Sum of Absolute Differences"). */
export const PSADBW_Pq_Qq = mmx(sumDifferences);
export const PSADBW_Vx_Wx = sse(sumDifferences);
export const VPSADBW_Vx_Hx_Wx = avx(sumDifferences);

/** PHMINPOSUW | 66 0F 38 41 | (SDM Vol. 2B, "PHMINPOSUW—Packed Horizontal Word Minimum"). */
export const PHMINPOSUW_Vx_Wx = sse(minimumPosition);
export const VPHMINPOSUW_Vx_Wx = avx(minimumPosition);

const slidingDifferencesApart = moving(slidingDifferences);

/** MPSADBW | 66 0F 3A 42 ib | (SDM Vol. 2B, "MPSADBW—Compute Multiple Packed Sums of Absolute Difference"). */
export const MPSADBW_Vx_Wx_Ib = sse(slidingDifferencesApart);
export const VMPSADBW_Vx_Hx_Wx_Ib = avx(slidingDifferencesApart);
