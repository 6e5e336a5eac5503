import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import {
  alignRight,
  duplicateEven,
  duplicateOdd,
  duplicateQuadword,
  insertSingle,
  shuffleBytes,
  shuffleDoubles,
  shuffleDoublewords,
  shuffleHighWords,
  shuffleLowWords,
  shuffleSingles,
  unpackHighBytes,
  unpackHighDoublewords,
  unpackHighQuadwords,
  unpackHighWords,
  unpackLowBytes,
  unpackLowDoublewords,
  unpackLowQuadwords,
  unpackLowWords,
} from './lanes-shuffle.ts';
import {
  avx,
  clearUpper,
  enterMmx,
  type LaneOperation,
  mmx,
  moving,
  readMmx,
  requireAvx,
  requireMmx,
  requireSse,
  SLOT_EXTRA,
  SLOT_SOURCE,
  scalarSource,
  sse,
  sseNarrow,
  writeMmx,
} from './vector-operand.ts';

/* Rearrangements of lanes. */

const shuffleBytesApart = moving(shuffleBytes);

/** PSHUFB | 0F 38 00 | (SDM Vol. 2B, "PSHUFB—Packed Shuffle Bytes"). */
export const PSHUFB_Pq_Qq = mmx(shuffleBytesApart);
export const PSHUFB_Vx_Wx = sse(shuffleBytesApart);
export const VPSHUFB_Vx_Hx_Wx = avx(shuffleBytesApart);

/** PSHUFD | 66 0F 70 ib | (SDM Vol. 2B, "PSHUFD—Shuffle Packed Doublewords"). */
export const PSHUFD_Vx_Wx_Ib = sse(shuffleDoublewords);
export const VPSHUFD_Vx_Wx_Ib = avx(shuffleDoublewords);

/** PSHUFHW | F3 0F 70 ib | (SDM Vol. 2B, "PSHUFHW—Shuffle Packed High Words"). */
export const PSHUFHW_Vx_Wx_Ib = sse(shuffleHighWords);
export const VPSHUFHW_Vx_Wx_Ib = avx(shuffleHighWords);

/** PSHUFLW | F2 0F 70 ib | (SDM Vol. 2B, "PSHUFLW—Shuffle Packed Low Words"). */
export const PSHUFLW_Vx_Wx_Ib = sse(shuffleLowWords);
export const VPSHUFLW_Vx_Wx_Ib = avx(shuffleLowWords);

/** PSHUFW | NP 0F 70 ib | (SDM Vol. 2B, "PSHUFW—Shuffle Packed Words"). */
export const PSHUFW_Pq_Qq_Ib = mmx(shuffleLowWords);

/** SHUFPS | NP 0F C6 ib | (SDM Vol. 2B, "SHUFPS—Packed Interleave Shuffle of Quadruplets of Single Precision Values"). */
export const SHUFPS_Vps_Wps_Ib = sse(shuffleSingles);
export const VSHUFPS_Vps_Hps_Wps_Ib = avx(shuffleSingles);

/** SHUFPD | 66 0F C6 ib | (SDM Vol. 2B, "SHUFPD—Packed Interleave Shuffle of Pairs of Double Precision Values"). */
export const SHUFPD_Vpd_Wpd_Ib = sse(shuffleDoubles);
export const VSHUFPD_Vpd_Hpd_Wpd_Ib = avx(shuffleDoubles);

const alignRightApart = moving(alignRight);

/** PALIGNR | 0F 3A 0F ib | (SDM Vol. 2B, "PALIGNR—Packed Align Right"). */
export const PALIGNR_Pq_Qq_Ib = mmx(alignRightApart);
export const PALIGNR_Vx_Wx_Ib = sse(alignRightApart);
export const VPALIGNR_Vx_Hx_Wx_Ib = avx(alignRightApart);

// SDM Vol. 2B, "PUNPCKLBW/PUNPCKLWD/PUNPCKLDQ/PUNPCKLQDQ—Unpack Low Data" and "PUNPCKHBW/...—Unpack High Data".

const lowBytes = moving(unpackLowBytes);
const lowWords = moving(unpackLowWords);
const lowDoublewords = moving(unpackLowDoublewords);
const highBytes = moving(unpackHighBytes);
const highWords = moving(unpackHighWords);
const highDoublewords = moving(unpackHighDoublewords);

/** `PUNPCKL mm, mm/m32`: only 32 bits of memory are read. */
function mmxLow(operation: LaneOperation) {
  return (core: Core, insn: Instruction): void => {
    requireMmx(core);
    if (insn.isMemory) scalarSource(core, insn, 4);
    else readMmx(core, insn.rm, SLOT_SOURCE);
    readMmx(core, insn.reg, SLOT_EXTRA);
    operation(core.vectors, SLOT_EXTRA, SLOT_EXTRA, SLOT_SOURCE, 8, 0);
    enterMmx(core);
    writeMmx(core, insn.reg, SLOT_EXTRA);
  };
}

/** PUNPCKLBW | 0F 60 |. */
export const PUNPCKLBW_Pq_Qd = mmxLow(lowBytes);
export const PUNPCKLBW_Vx_Wx = sse(lowBytes);
export const VPUNPCKLBW_Vx_Hx_Wx = avx(lowBytes);

/** PUNPCKLWD | 0F 61 |. */
export const PUNPCKLWD_Pq_Qd = mmxLow(lowWords);
export const PUNPCKLWD_Vx_Wx = sse(lowWords);
export const VPUNPCKLWD_Vx_Hx_Wx = avx(lowWords);

/** PUNPCKLDQ | 0F 62 |. */
export const PUNPCKLDQ_Pq_Qd = mmxLow(lowDoublewords);
export const PUNPCKLDQ_Vx_Wx = sse(lowDoublewords);
export const VPUNPCKLDQ_Vx_Hx_Wx = avx(lowDoublewords);

/** PUNPCKLQDQ | 66 0F 6C |. */
export const PUNPCKLQDQ_Vx_Wx = sse(unpackLowQuadwords);
export const VPUNPCKLQDQ_Vx_Hx_Wx = avx(unpackLowQuadwords);

/** PUNPCKHBW | 0F 68 |. */
export const PUNPCKHBW_Pq_Qq = mmx(highBytes);
export const PUNPCKHBW_Vx_Wx = sse(highBytes);
export const VPUNPCKHBW_Vx_Hx_Wx = avx(highBytes);

/** PUNPCKHWD | 0F 69 |. */
export const PUNPCKHWD_Pq_Qq = mmx(highWords);
export const PUNPCKHWD_Vx_Wx = sse(highWords);
export const VPUNPCKHWD_Vx_Hx_Wx = avx(highWords);

/** PUNPCKHDQ | 0F 6A |. */
export const PUNPCKHDQ_Pq_Qq = mmx(highDoublewords);
export const PUNPCKHDQ_Vx_Wx = sse(highDoublewords);
export const VPUNPCKHDQ_Vx_Hx_Wx = avx(highDoublewords);

/** PUNPCKHQDQ | 66 0F 6D |. */
export const PUNPCKHQDQ_Vx_Wx = sse(unpackHighQuadwords);
export const VPUNPCKHQDQ_Vx_Hx_Wx = avx(unpackHighQuadwords);

/** UNPCKLPS | NP 0F 14 | (SDM Vol. 2C, "UNPCKLPS—Unpack and Interleave Low Packed Single Precision Values"). */
export const UNPCKLPS_Vps_Wps = sse(lowDoublewords);
export const VUNPCKLPS_Vps_Hps_Wps = avx(lowDoublewords);

/** UNPCKHPS | NP 0F 15 | (SDM Vol. 2C, "UNPCKHPS—Unpack and Interleave High Packed Single Precision Values"). */
export const UNPCKHPS_Vps_Wps = sse(highDoublewords);
export const VUNPCKHPS_Vps_Hps_Wps = avx(highDoublewords);

/** UNPCKLPD | 66 0F 14 | (SDM Vol. 2C, "UNPCKLPD—Unpack and Interleave Low Packed Double Precision Values"). */
export const UNPCKLPD_Vpd_Wpd = sse(unpackLowQuadwords);
export const VUNPCKLPD_Vpd_Hpd_Wpd = avx(unpackLowQuadwords);

/** UNPCKHPD | 66 0F 15 | (SDM Vol. 2C, "UNPCKHPD—Unpack and Interleave High Packed Double Precision Values"). */
export const UNPCKHPD_Vpd_Wpd = sse(unpackHighQuadwords);
export const VUNPCKHPD_Vpd_Hpd_Wpd = avx(unpackHighQuadwords);

/** MOVSLDUP | F3 0F 12 | (SDM Vol. 2B, "MOVSLDUP—Replicate Single Precision Values"). */
export const MOVSLDUP_Vps_Wps = sse(duplicateEven);
export const VMOVSLDUP_Vps_Wps = avx(duplicateEven);

/** MOVSHDUP | F3 0F 16 | (SDM Vol. 2B, "MOVSHDUP—Replicate Single Precision Values"). */
export const MOVSHDUP_Vps_Wps = sse(duplicateOdd);
export const VMOVSHDUP_Vps_Wps = avx(duplicateOdd);

/** MOVDDUP | F2 0F 12 | (SDM Vol. 2B, "MOVDDUP—Replicate Double Precision Values"). 64 bits of memory for 128. */
export const MOVDDUP_Vpd_Wsd = sseNarrow(8, duplicateQuadword);
export const VMOVDDUP_Vqq_Wqq = avx(duplicateQuadword);

export function VMOVDDUP_Vpd_Wsd(core: Core, insn: Instruction): void {
  requireAvx(core);
  const b = scalarSource(core, insn, 8);
  duplicateQuadword(core.vectors, insn.reg, b, b, 16);
  clearUpper(core.vectors, insn.reg);
}

/** INSERTPS xmm1, xmm2/m32, imm8 | 66 0F 3A 21 ib | (SDM Vol. 2A, "INSERTPS—Insert Scalar Single Precision Value"). */
export function INSERTPS_Vps_Wss_Ib(core: Core, insn: Instruction): void {
  requireSse(core);
  const b = scalarSource(core, insn, 4);
  insertSingle(core.vectors, insn.reg, insn.reg, b, insn.isMemory, insn.immediate);
}

export function VINSERTPS_Vps_Hps_Wss_Ib(core: Core, insn: Instruction): void {
  requireAvx(core);
  const b = scalarSource(core, insn, 4);
  insertSingle(core.vectors, insn.reg, insn.vvvv, b, insn.isMemory, insn.immediate);
  clearUpper(core.vectors, insn.reg);
}
