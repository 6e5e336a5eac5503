import {
  extendBytesToDoublewords,
  extendBytesToQuadwords,
  extendBytesToWords,
  extendDoublewordsToQuadwords,
  extendWordsToDoublewords,
  extendWordsToQuadwords,
  packDoublewordsSigned,
  packDoublewordsUnsigned,
  packWordsSigned,
  packWordsUnsigned,
  zeroBytesToDoublewords,
  zeroBytesToQuadwords,
  zeroBytesToWords,
  zeroDoublewordsToQuadwords,
  zeroWordsToDoublewords,
  zeroWordsToQuadwords,
} from './lanes-pack.ts';
import { avx, avxNarrow, mmx, moving, sse, sseNarrow } from './vector-operand.ts';

/* Changes of lane width. */

const packWordsSignedApart = moving(packWordsSigned);

/** PACKSSWB | 0F 63 | (SDM Vol. 2B, "PACKSSWB/PACKSSDW—Pack With Signed Saturation"). */
export const PACKSSWB_Pq_Qq = mmx(packWordsSignedApart);
export const PACKSSWB_Vx_Wx = sse(packWordsSignedApart);
export const VPACKSSWB_Vx_Hx_Wx = avx(packWordsSignedApart);

const packDoublewordsSignedApart = moving(packDoublewordsSigned);

/** PACKSSDW | 0F 6B | (SDM Vol. 2B, "PACKSSWB/PACKSSDW—Pack With Signed Saturation"). */
export const PACKSSDW_Pq_Qq = mmx(packDoublewordsSignedApart);
export const PACKSSDW_Vx_Wx = sse(packDoublewordsSignedApart);
export const VPACKSSDW_Vx_Hx_Wx = avx(packDoublewordsSignedApart);

const packWordsUnsignedApart = moving(packWordsUnsigned);

/** PACKUSWB | 0F 67 | (SDM Vol. 2B, "PACKUSWB—Pack With Unsigned Saturation"). */
export const PACKUSWB_Pq_Qq = mmx(packWordsUnsignedApart);
export const PACKUSWB_Vx_Wx = sse(packWordsUnsignedApart);
export const VPACKUSWB_Vx_Hx_Wx = avx(packWordsUnsignedApart);

const packDoublewordsUnsignedApart = moving(packDoublewordsUnsigned);

/** PACKUSDW | 66 0F 38 2B | (SDM Vol. 2B, "PACKUSDW—Pack With Unsigned Saturation"). */
export const PACKUSDW_Vx_Wx = sse(packDoublewordsUnsignedApart);
export const VPACKUSDW_Vx_Hx_Wx = avx(packDoublewordsUnsignedApart);

/** PMOVSXBW | 66 0F 38 20 | (SDM Vol. 2B, "PMOVSX—Packed Move With Sign Extend"). */
export const PMOVSXBW_Vx_Wq = sseNarrow(8, extendBytesToWords);
export const VPMOVSXBW_Vx_Wh = avxNarrow(8, extendBytesToWords);

/** PMOVSXBD | 66 0F 38 21 | (SDM Vol. 2B, "PMOVSX—Packed Move With Sign Extend"). */
export const PMOVSXBD_Vx_Wd = sseNarrow(4, extendBytesToDoublewords);
export const VPMOVSXBD_Vx_Wf = avxNarrow(4, extendBytesToDoublewords);

/** PMOVSXBQ | 66 0F 38 22 | (SDM Vol. 2B, "PMOVSX—Packed Move With Sign Extend"). */
export const PMOVSXBQ_Vx_Ww = sseNarrow(2, extendBytesToQuadwords);
export const VPMOVSXBQ_Vx_We = avxNarrow(2, extendBytesToQuadwords);

/** PMOVSXWD | 66 0F 38 23 | (SDM Vol. 2B, "PMOVSX—Packed Move With Sign Extend"). */
export const PMOVSXWD_Vx_Wq = sseNarrow(8, extendWordsToDoublewords);
export const VPMOVSXWD_Vx_Wh = avxNarrow(8, extendWordsToDoublewords);

/** PMOVSXWQ | 66 0F 38 24 | (SDM Vol. 2B, "PMOVSX—Packed Move With Sign Extend"). */
export const PMOVSXWQ_Vx_Wd = sseNarrow(4, extendWordsToQuadwords);
export const VPMOVSXWQ_Vx_Wf = avxNarrow(4, extendWordsToQuadwords);

/** PMOVSXDQ | 66 0F 38 25 | (SDM Vol. 2B, "PMOVSX—Packed Move With Sign Extend"). */
export const PMOVSXDQ_Vx_Wq = sseNarrow(8, extendDoublewordsToQuadwords);
export const VPMOVSXDQ_Vx_Wh = avxNarrow(8, extendDoublewordsToQuadwords);

/** PMOVZXBW | 66 0F 38 30 | (SDM Vol. 2B, "PMOVZX—Packed Move With Zero Extend"). */
export const PMOVZXBW_Vx_Wq = sseNarrow(8, zeroBytesToWords);
export const VPMOVZXBW_Vx_Wh = avxNarrow(8, zeroBytesToWords);

/** PMOVZXBD | 66 0F 38 31 | (SDM Vol. 2B, "PMOVZX—Packed Move With Zero Extend"). */
export const PMOVZXBD_Vx_Wd = sseNarrow(4, zeroBytesToDoublewords);
export const VPMOVZXBD_Vx_Wf = avxNarrow(4, zeroBytesToDoublewords);

/** PMOVZXBQ | 66 0F 38 32 | (SDM Vol. 2B, "PMOVZX—Packed Move With Zero Extend"). */
export const PMOVZXBQ_Vx_Ww = sseNarrow(2, zeroBytesToQuadwords);
export const VPMOVZXBQ_Vx_We = avxNarrow(2, zeroBytesToQuadwords);

/** PMOVZXWD | 66 0F 38 33 | (SDM Vol. 2B, "PMOVZX—Packed Move With Zero Extend"). */
export const PMOVZXWD_Vx_Wq = sseNarrow(8, zeroWordsToDoublewords);
export const VPMOVZXWD_Vx_Wh = avxNarrow(8, zeroWordsToDoublewords);

/** PMOVZXWQ | 66 0F 38 34 | (SDM Vol. 2B, "PMOVZX—Packed Move With Zero Extend"). */
export const PMOVZXWQ_Vx_Wd = sseNarrow(4, zeroWordsToQuadwords);
export const VPMOVZXWQ_Vx_Wf = avxNarrow(4, zeroWordsToQuadwords);

/** PMOVZXDQ | 66 0F 38 35 | (SDM Vol. 2B, "PMOVZX—Packed Move With Zero Extend"). */
export const PMOVZXDQ_Vx_Wq = sseNarrow(8, zeroDoublewordsToQuadwords);
export const VPMOVZXDQ_Vx_Wh = avxNarrow(8, zeroDoublewordsToQuadwords);
