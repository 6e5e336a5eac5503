import {
  SHIFT_LEFT_DOUBLEWORDS,
  SHIFT_LEFT_QUADWORDS,
  SHIFT_LEFT_WORDS,
  SHIFT_RIGHT_DOUBLEWORDS,
  SHIFT_RIGHT_QUADWORDS,
  SHIFT_RIGHT_WORDS,
  SHIFT_SIGNED_DOUBLEWORDS,
  SHIFT_SIGNED_WORDS,
  shiftLeftBytes,
  shiftLeftEachDoubleword,
  shiftLeftEachQuadword,
  shiftRightBytes,
  shiftRightEachDoubleword,
  shiftRightEachQuadword,
  shiftSignedEachDoubleword,
} from './lanes-shift.ts';
import {
  avx,
  avxByImmediate,
  avxNarrow,
  mmx,
  mmxByImmediate,
  sse,
  sseByImmediate,
} from './vector-operand.ts';

/* Shifts of integer lanes. */

/** PSLLW | 0F F1, 0F 71 /6 ib | (SDM Vol. 2B, "PSLLW/PSLLD/PSLLQ—Shift Packed Data Left Logical"). The count of a 256-bit form is 128 bits wide. */
export const PSLLW_Pq_Qq = mmx(SHIFT_LEFT_WORDS.byRegister);
export const PSLLW_Vx_Wx = sse(SHIFT_LEFT_WORDS.byRegister);
export const VPSLLW_Vx_Hx_Wdq = avxNarrow(16, SHIFT_LEFT_WORDS.byRegister);
export const PSLLW_Nq_Ib = mmxByImmediate(SHIFT_LEFT_WORDS.byImmediate);
export const PSLLW_Ux_Ib = sseByImmediate(SHIFT_LEFT_WORDS.byImmediate);
export const VPSLLW_Hx_Ux_Ib = avxByImmediate(SHIFT_LEFT_WORDS.byImmediate);

/** PSLLD | 0F F2, 0F 72 /6 ib | (SDM Vol. 2B, "PSLLW/PSLLD/PSLLQ—Shift Packed Data Left Logical"). The count of a 256-bit form is 128 bits wide. */
export const PSLLD_Pq_Qq = mmx(SHIFT_LEFT_DOUBLEWORDS.byRegister);
export const PSLLD_Vx_Wx = sse(SHIFT_LEFT_DOUBLEWORDS.byRegister);
export const VPSLLD_Vx_Hx_Wdq = avxNarrow(16, SHIFT_LEFT_DOUBLEWORDS.byRegister);
export const PSLLD_Nq_Ib = mmxByImmediate(SHIFT_LEFT_DOUBLEWORDS.byImmediate);
export const PSLLD_Ux_Ib = sseByImmediate(SHIFT_LEFT_DOUBLEWORDS.byImmediate);
export const VPSLLD_Hx_Ux_Ib = avxByImmediate(SHIFT_LEFT_DOUBLEWORDS.byImmediate);

/** PSLLQ | 0F F3, 0F 73 /6 ib | (SDM Vol. 2B, "PSLLW/PSLLD/PSLLQ—Shift Packed Data Left Logical"). The count of a 256-bit form is 128 bits wide. */
export const PSLLQ_Pq_Qq = mmx(SHIFT_LEFT_QUADWORDS.byRegister);
export const PSLLQ_Vx_Wx = sse(SHIFT_LEFT_QUADWORDS.byRegister);
export const VPSLLQ_Vx_Hx_Wdq = avxNarrow(16, SHIFT_LEFT_QUADWORDS.byRegister);
export const PSLLQ_Nq_Ib = mmxByImmediate(SHIFT_LEFT_QUADWORDS.byImmediate);
export const PSLLQ_Ux_Ib = sseByImmediate(SHIFT_LEFT_QUADWORDS.byImmediate);
export const VPSLLQ_Hx_Ux_Ib = avxByImmediate(SHIFT_LEFT_QUADWORDS.byImmediate);

/** PSRLW | 0F D1, 0F 71 /2 ib | (SDM Vol. 2B, "PSRLW/PSRLD/PSRLQ—Shift Packed Data Right Logical"). The count of a 256-bit form is 128 bits wide. */
export const PSRLW_Pq_Qq = mmx(SHIFT_RIGHT_WORDS.byRegister);
export const PSRLW_Vx_Wx = sse(SHIFT_RIGHT_WORDS.byRegister);
export const VPSRLW_Vx_Hx_Wdq = avxNarrow(16, SHIFT_RIGHT_WORDS.byRegister);
export const PSRLW_Nq_Ib = mmxByImmediate(SHIFT_RIGHT_WORDS.byImmediate);
export const PSRLW_Ux_Ib = sseByImmediate(SHIFT_RIGHT_WORDS.byImmediate);
export const VPSRLW_Hx_Ux_Ib = avxByImmediate(SHIFT_RIGHT_WORDS.byImmediate);

/** PSRLD | 0F D2, 0F 72 /2 ib | (SDM Vol. 2B, "PSRLW/PSRLD/PSRLQ—Shift Packed Data Right Logical"). The count of a 256-bit form is 128 bits wide. */
export const PSRLD_Pq_Qq = mmx(SHIFT_RIGHT_DOUBLEWORDS.byRegister);
export const PSRLD_Vx_Wx = sse(SHIFT_RIGHT_DOUBLEWORDS.byRegister);
export const VPSRLD_Vx_Hx_Wdq = avxNarrow(16, SHIFT_RIGHT_DOUBLEWORDS.byRegister);
export const PSRLD_Nq_Ib = mmxByImmediate(SHIFT_RIGHT_DOUBLEWORDS.byImmediate);
export const PSRLD_Ux_Ib = sseByImmediate(SHIFT_RIGHT_DOUBLEWORDS.byImmediate);
export const VPSRLD_Hx_Ux_Ib = avxByImmediate(SHIFT_RIGHT_DOUBLEWORDS.byImmediate);

/** PSRLQ | 0F D3, 0F 73 /2 ib | (SDM Vol. 2B, "PSRLW/PSRLD/PSRLQ—Shift Packed Data Right Logical"). The count of a 256-bit form is 128 bits wide. */
export const PSRLQ_Pq_Qq = mmx(SHIFT_RIGHT_QUADWORDS.byRegister);
export const PSRLQ_Vx_Wx = sse(SHIFT_RIGHT_QUADWORDS.byRegister);
export const VPSRLQ_Vx_Hx_Wdq = avxNarrow(16, SHIFT_RIGHT_QUADWORDS.byRegister);
export const PSRLQ_Nq_Ib = mmxByImmediate(SHIFT_RIGHT_QUADWORDS.byImmediate);
export const PSRLQ_Ux_Ib = sseByImmediate(SHIFT_RIGHT_QUADWORDS.byImmediate);
export const VPSRLQ_Hx_Ux_Ib = avxByImmediate(SHIFT_RIGHT_QUADWORDS.byImmediate);

/** PSRAW | 0F E1, 0F 71 /4 ib | (SDM Vol. 2B, "PSRAW/PSRAD/PSRAQ—Shift Packed Data Right Arithmetic"). The count of a 256-bit form is 128 bits wide. */
export const PSRAW_Pq_Qq = mmx(SHIFT_SIGNED_WORDS.byRegister);
export const PSRAW_Vx_Wx = sse(SHIFT_SIGNED_WORDS.byRegister);
export const VPSRAW_Vx_Hx_Wdq = avxNarrow(16, SHIFT_SIGNED_WORDS.byRegister);
export const PSRAW_Nq_Ib = mmxByImmediate(SHIFT_SIGNED_WORDS.byImmediate);
export const PSRAW_Ux_Ib = sseByImmediate(SHIFT_SIGNED_WORDS.byImmediate);
export const VPSRAW_Hx_Ux_Ib = avxByImmediate(SHIFT_SIGNED_WORDS.byImmediate);

/** PSRAD | 0F E2, 0F 72 /4 ib | (SDM Vol. 2B, "PSRAW/PSRAD/PSRAQ—Shift Packed Data Right Arithmetic"). The count of a 256-bit form is 128 bits wide. */
export const PSRAD_Pq_Qq = mmx(SHIFT_SIGNED_DOUBLEWORDS.byRegister);
export const PSRAD_Vx_Wx = sse(SHIFT_SIGNED_DOUBLEWORDS.byRegister);
export const VPSRAD_Vx_Hx_Wdq = avxNarrow(16, SHIFT_SIGNED_DOUBLEWORDS.byRegister);
export const PSRAD_Nq_Ib = mmxByImmediate(SHIFT_SIGNED_DOUBLEWORDS.byImmediate);
export const PSRAD_Ux_Ib = sseByImmediate(SHIFT_SIGNED_DOUBLEWORDS.byImmediate);
export const VPSRAD_Hx_Ux_Ib = avxByImmediate(SHIFT_SIGNED_DOUBLEWORDS.byImmediate);

/** PSLLDQ | 66 0F 73 /7 ib | (SDM Vol. 2B, "PSLLDQ—Shift Double Quadword Left Logical"). */
export const PSLLDQ_Ux_Ib = sseByImmediate(shiftLeftBytes);
export const VPSLLDQ_Hx_Ux_Ib = avxByImmediate(shiftLeftBytes);

/** PSRLDQ | 66 0F 73 /3 ib | (SDM Vol. 2B, "PSRLDQ—Shift Double Quadword Right Logical"). */
export const PSRLDQ_Ux_Ib = sseByImmediate(shiftRightBytes);
export const VPSRLDQ_Hx_Ux_Ib = avxByImmediate(shiftRightBytes);

/** VPSLLVD | VEX.W0 47 | (SDM Vol. 2C, "VPSLLVW/VPSLLVD/VPSLLVQ—Variable Bit Shift Left Logical"). */
export const VPSLLVD_Vx_Hx_Wx = avx(shiftLeftEachDoubleword);

/** VPSLLVQ | VEX.W1 47 | (SDM Vol. 2C, "VPSLLVW/VPSLLVD/VPSLLVQ—Variable Bit Shift Left Logical"). */
export const VPSLLVQ_Vx_Hx_Wx = avx(shiftLeftEachQuadword);

/** VPSRLVD | VEX.W0 45 | (SDM Vol. 2C, "VPSRLVW/VPSRLVD/VPSRLVQ—Variable Bit Shift Right Logical"). */
export const VPSRLVD_Vx_Hx_Wx = avx(shiftRightEachDoubleword);

/** VPSRLVQ | VEX.W1 45 | (SDM Vol. 2C, "VPSRLVW/VPSRLVD/VPSRLVQ—Variable Bit Shift Right Logical"). */
export const VPSRLVQ_Vx_Hx_Wx = avx(shiftRightEachQuadword);

/** VPSRAVD | VEX.W0 46 | (SDM Vol. 2C, "VPSRAVW/VPSRAVD/VPSRAVQ—Variable Bit Shift Right Arithmetic"). */
export const VPSRAVD_Vx_Hx_Wx = avx(shiftSignedEachDoubleword);
