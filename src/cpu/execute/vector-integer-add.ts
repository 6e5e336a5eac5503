import {
  absoluteBytes,
  absoluteDoublewords,
  absoluteWords,
  addBytes,
  addBytesSigned,
  addBytesUnsigned,
  addDoublewords,
  addQuadwords,
  addWords,
  addWordsSigned,
  addWordsUnsigned,
  averageBytes,
  averageWords,
  maximumBytesSigned,
  maximumBytesUnsigned,
  maximumDoublewordsSigned,
  maximumDoublewordsUnsigned,
  maximumWordsSigned,
  maximumWordsUnsigned,
  minimumBytesSigned,
  minimumBytesUnsigned,
  minimumDoublewordsSigned,
  minimumDoublewordsUnsigned,
  minimumWordsSigned,
  minimumWordsUnsigned,
  signBytes,
  signDoublewords,
  signWords,
  subtractBytes,
  subtractBytesSigned,
  subtractBytesUnsigned,
  subtractDoublewords,
  subtractQuadwords,
  subtractWords,
  subtractWordsSigned,
  subtractWordsUnsigned,
} from './lanes-add.ts';
import { avx, mmx, sse } from './vector-operand.ts';

/* Sums, differences, averages and extremes of integer lanes. */

/** PADDB | 0F FC | (SDM Vol. 2B, "PADDB/PADDW/PADDD/PADDQ—Add Packed Integers"). */
export const PADDB_Pq_Qq = mmx(addBytes);
export const PADDB_Vx_Wx = sse(addBytes);
export const VPADDB_Vx_Hx_Wx = avx(addBytes);

/** PADDW | 0F FD | (SDM Vol. 2B, "PADDB/PADDW/PADDD/PADDQ—Add Packed Integers"). */
export const PADDW_Pq_Qq = mmx(addWords);
export const PADDW_Vx_Wx = sse(addWords);
export const VPADDW_Vx_Hx_Wx = avx(addWords);

/** PADDD | 0F FE | (SDM Vol. 2B, "PADDB/PADDW/PADDD/PADDQ—Add Packed Integers"). */
export const PADDD_Pq_Qq = mmx(addDoublewords);
export const PADDD_Vx_Wx = sse(addDoublewords);
export const VPADDD_Vx_Hx_Wx = avx(addDoublewords);

/** PADDQ | 0F D4 | (SDM Vol. 2B, "PADDB/PADDW/PADDD/PADDQ—Add Packed Integers"). */
export const PADDQ_Pq_Qq = mmx(addQuadwords);
export const PADDQ_Vx_Wx = sse(addQuadwords);
export const VPADDQ_Vx_Hx_Wx = avx(addQuadwords);

/** PADDSB | 0F EC | (SDM Vol. 2B, "PADDSB/PADDSW—Add Packed Signed Integers with Signed Saturation"). */
export const PADDSB_Pq_Qq = mmx(addBytesSigned);
export const PADDSB_Vx_Wx = sse(addBytesSigned);
export const VPADDSB_Vx_Hx_Wx = avx(addBytesSigned);

/** PADDSW | 0F ED | (SDM Vol. 2B, "PADDSB/PADDSW—Add Packed Signed Integers with Signed Saturation"). */
export const PADDSW_Pq_Qq = mmx(addWordsSigned);
export const PADDSW_Vx_Wx = sse(addWordsSigned);
export const VPADDSW_Vx_Hx_Wx = avx(addWordsSigned);

/** PADDUSB | 0F DC | (SDM Vol. 2B, "PADDUSB/PADDUSW—Add Packed Unsigned Integers With Unsigned Saturation"). */
export const PADDUSB_Pq_Qq = mmx(addBytesUnsigned);
export const PADDUSB_Vx_Wx = sse(addBytesUnsigned);
export const VPADDUSB_Vx_Hx_Wx = avx(addBytesUnsigned);

/** PADDUSW | 0F DD | (SDM Vol. 2B, "PADDUSB/PADDUSW—Add Packed Unsigned Integers With Unsigned Saturation"). */
export const PADDUSW_Pq_Qq = mmx(addWordsUnsigned);
export const PADDUSW_Vx_Wx = sse(addWordsUnsigned);
export const VPADDUSW_Vx_Hx_Wx = avx(addWordsUnsigned);

/** PSUBB | 0F F8 | (SDM Vol. 2B, "PSUBB/PSUBW/PSUBD—Subtract Packed Integers"). */
export const PSUBB_Pq_Qq = mmx(subtractBytes);
export const PSUBB_Vx_Wx = sse(subtractBytes);
export const VPSUBB_Vx_Hx_Wx = avx(subtractBytes);

/** PSUBW | 0F F9 | (SDM Vol. 2B, "PSUBB/PSUBW/PSUBD—Subtract Packed Integers"). */
export const PSUBW_Pq_Qq = mmx(subtractWords);
export const PSUBW_Vx_Wx = sse(subtractWords);
export const VPSUBW_Vx_Hx_Wx = avx(subtractWords);

/** PSUBD | 0F FA | (SDM Vol. 2B, "PSUBB/PSUBW/PSUBD—Subtract Packed Integers"). */
export const PSUBD_Pq_Qq = mmx(subtractDoublewords);
export const PSUBD_Vx_Wx = sse(subtractDoublewords);
export const VPSUBD_Vx_Hx_Wx = avx(subtractDoublewords);

/** PSUBQ | 0F FB | (SDM Vol. 2B, "PSUBQ—Subtract Packed Quadword Integers"). */
export const PSUBQ_Pq_Qq = mmx(subtractQuadwords);
export const PSUBQ_Vx_Wx = sse(subtractQuadwords);
export const VPSUBQ_Vx_Hx_Wx = avx(subtractQuadwords);

/** PSUBSB | 0F E8 | (SDM Vol. 2B, "PSUBSB/PSUBSW—Subtract Packed Signed Integers With Signed Saturation"). */
export const PSUBSB_Pq_Qq = mmx(subtractBytesSigned);
export const PSUBSB_Vx_Wx = sse(subtractBytesSigned);
export const VPSUBSB_Vx_Hx_Wx = avx(subtractBytesSigned);

/** PSUBSW | 0F E9 | (SDM Vol. 2B, "PSUBSB/PSUBSW—Subtract Packed Signed Integers With Signed Saturation"). */
export const PSUBSW_Pq_Qq = mmx(subtractWordsSigned);
export const PSUBSW_Vx_Wx = sse(subtractWordsSigned);
export const VPSUBSW_Vx_Hx_Wx = avx(subtractWordsSigned);

/** PSUBUSB | 0F D8 | (SDM Vol. 2B, "PSUBUSB/PSUBUSW—Subtract Packed Unsigned Integers With Unsigned Saturation"). */
export const PSUBUSB_Pq_Qq = mmx(subtractBytesUnsigned);
export const PSUBUSB_Vx_Wx = sse(subtractBytesUnsigned);
export const VPSUBUSB_Vx_Hx_Wx = avx(subtractBytesUnsigned);

/** PSUBUSW | 0F D9 | (SDM Vol. 2B, "PSUBUSB/PSUBUSW—Subtract Packed Unsigned Integers With Unsigned Saturation"). */
export const PSUBUSW_Pq_Qq = mmx(subtractWordsUnsigned);
export const PSUBUSW_Vx_Wx = sse(subtractWordsUnsigned);
export const VPSUBUSW_Vx_Hx_Wx = avx(subtractWordsUnsigned);

/** PAVGB | 0F E0 | (SDM Vol. 2B, "PAVGB/PAVGW—Average Packed Integers"). */
export const PAVGB_Pq_Qq = mmx(averageBytes);
export const PAVGB_Vx_Wx = sse(averageBytes);
export const VPAVGB_Vx_Hx_Wx = avx(averageBytes);

/** PAVGW | 0F E3 | (SDM Vol. 2B, "PAVGB/PAVGW—Average Packed Integers"). */
export const PAVGW_Pq_Qq = mmx(averageWords);
export const PAVGW_Vx_Wx = sse(averageWords);
export const VPAVGW_Vx_Hx_Wx = avx(averageWords);

/** PMINUB | 0F DA | (SDM Vol. 2B, "PMINUB/PMINUW—Minimum of Packed Unsigned Integers"). */
export const PMINUB_Pq_Qq = mmx(minimumBytesUnsigned);
export const PMINUB_Vx_Wx = sse(minimumBytesUnsigned);
export const VPMINUB_Vx_Hx_Wx = avx(minimumBytesUnsigned);

/** PMAXUB | 0F DE | (SDM Vol. 2B, "PMAXUB/PMAXUW—Maximum of Packed Unsigned Integers"). */
export const PMAXUB_Pq_Qq = mmx(maximumBytesUnsigned);
export const PMAXUB_Vx_Wx = sse(maximumBytesUnsigned);
export const VPMAXUB_Vx_Hx_Wx = avx(maximumBytesUnsigned);

/** PMINSW | 0F EA | (SDM Vol. 2B, "PMINSB/PMINSW—Minimum of Packed Signed Integers"). */
export const PMINSW_Pq_Qq = mmx(minimumWordsSigned);
export const PMINSW_Vx_Wx = sse(minimumWordsSigned);
export const VPMINSW_Vx_Hx_Wx = avx(minimumWordsSigned);

/** PMAXSW | 0F EE | (SDM Vol. 2B, "PMAXSB/PMAXSW/PMAXSD/PMAXSQ—Maximum of Packed Signed Integers"). */
export const PMAXSW_Pq_Qq = mmx(maximumWordsSigned);
export const PMAXSW_Vx_Wx = sse(maximumWordsSigned);
export const VPMAXSW_Vx_Hx_Wx = avx(maximumWordsSigned);

/** PMINSB | 66 0F 38 38 | (SDM Vol. 2B, "PMINSB/PMINSW—Minimum of Packed Signed Integers"). */
export const PMINSB_Vx_Wx = sse(minimumBytesSigned);
export const VPMINSB_Vx_Hx_Wx = avx(minimumBytesSigned);

/** PMINSD | 66 0F 38 39 | (SDM Vol. 2B, "PMINSD/PMINSQ—Minimum of Packed Signed Integers"). */
export const PMINSD_Vx_Wx = sse(minimumDoublewordsSigned);
export const VPMINSD_Vx_Hx_Wx = avx(minimumDoublewordsSigned);

/** PMINUW | 66 0F 38 3A | (SDM Vol. 2B, "PMINUB/PMINUW—Minimum of Packed Unsigned Integers"). */
export const PMINUW_Vx_Wx = sse(minimumWordsUnsigned);
export const VPMINUW_Vx_Hx_Wx = avx(minimumWordsUnsigned);

/** PMINUD | 66 0F 38 3B | (SDM Vol. 2B, "PMINUD/PMINUQ—Minimum of Packed Unsigned Integers"). */
export const PMINUD_Vx_Wx = sse(minimumDoublewordsUnsigned);
export const VPMINUD_Vx_Hx_Wx = avx(minimumDoublewordsUnsigned);

/** PMAXSB | 66 0F 38 3C | (SDM Vol. 2B, "PMAXSB/PMAXSW/PMAXSD/PMAXSQ—Maximum of Packed Signed Integers"). */
export const PMAXSB_Vx_Wx = sse(maximumBytesSigned);
export const VPMAXSB_Vx_Hx_Wx = avx(maximumBytesSigned);

/** PMAXSD | 66 0F 38 3D | (SDM Vol. 2B, "PMAXSB/PMAXSW/PMAXSD/PMAXSQ—Maximum of Packed Signed Integers"). */
export const PMAXSD_Vx_Wx = sse(maximumDoublewordsSigned);
export const VPMAXSD_Vx_Hx_Wx = avx(maximumDoublewordsSigned);

/** PMAXUW | 66 0F 38 3E | (SDM Vol. 2B, "PMAXUB/PMAXUW—Maximum of Packed Unsigned Integers"). */
export const PMAXUW_Vx_Wx = sse(maximumWordsUnsigned);
export const VPMAXUW_Vx_Hx_Wx = avx(maximumWordsUnsigned);

/** PMAXUD | 66 0F 38 3F | (SDM Vol. 2B, "PMAXUD/PMAXUQ—Maximum of Packed Unsigned Integers"). */
export const PMAXUD_Vx_Wx = sse(maximumDoublewordsUnsigned);
export const VPMAXUD_Vx_Hx_Wx = avx(maximumDoublewordsUnsigned);

/** PABSB | 0F 38 1C | (SDM Vol. 2B, "PABSB/PABSW/PABSD/PABSQ—Packed Absolute Value"). */
export const PABSB_Pq_Qq = mmx(absoluteBytes);
export const PABSB_Vx_Wx = sse(absoluteBytes);
export const VPABSB_Vx_Wx = avx(absoluteBytes);

/** PABSW | 0F 38 1D | (SDM Vol. 2B, "PABSB/PABSW/PABSD/PABSQ—Packed Absolute Value"). */
export const PABSW_Pq_Qq = mmx(absoluteWords);
export const PABSW_Vx_Wx = sse(absoluteWords);
export const VPABSW_Vx_Wx = avx(absoluteWords);

/** PABSD | 0F 38 1E | (SDM Vol. 2B, "PABSB/PABSW/PABSD/PABSQ—Packed Absolute Value"). */
export const PABSD_Pq_Qq = mmx(absoluteDoublewords);
export const PABSD_Vx_Wx = sse(absoluteDoublewords);
export const VPABSD_Vx_Wx = avx(absoluteDoublewords);

/** PSIGNB | 0F 38 08 | (SDM Vol. 2B, "PSIGNB/PSIGNW/PSIGND—Packed SIGN"). */
export const PSIGNB_Pq_Qq = mmx(signBytes);
export const PSIGNB_Vx_Wx = sse(signBytes);
export const VPSIGNB_Vx_Hx_Wx = avx(signBytes);

/** PSIGNW | 0F 38 09 | (SDM Vol. 2B, "PSIGNB/PSIGNW/PSIGND—Packed SIGN"). */
export const PSIGNW_Pq_Qq = mmx(signWords);
export const PSIGNW_Vx_Wx = sse(signWords);
export const VPSIGNW_Vx_Hx_Wx = avx(signWords);

/** PSIGND | 0F 38 0A | (SDM Vol. 2B, "PSIGNB/PSIGNW/PSIGND—Packed SIGN"). */
export const PSIGND_Pq_Qq = mmx(signDoublewords);
export const PSIGND_Vx_Wx = sse(signDoublewords);
export const VPSIGND_Vx_Hx_Wx = avx(signDoublewords);
