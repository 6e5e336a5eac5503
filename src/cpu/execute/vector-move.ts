import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { effectiveAddress } from './operand.ts';
import {
  copySlot,
  loadAligned,
  loadVector,
  requireSse,
  storeAligned,
  storeVector,
} from './vector-operand.ts';

/* Moves of whole and half XMM registers. A load goes straight into the register: 16 bytes come or do not come. */

/** MOVUPS xmm1, xmm2/m128 | NP 0F 10 | Vps,Wps (SDM Vol. 2B, "MOVUPS—Move Unaligned Packed Single Precision Values"). */
export function MOVUPS_Vps_Wps(core: Core, insn: Instruction): void {
  requireSse(core);
  if (insn.isMemory) loadVector(core, insn, insn.reg, 16);
  else copySlot(core.vectors, insn.reg, insn.rm, 16);
}

/** MOVUPS xmm2/m128, xmm1 | NP 0F 11 | Wps,Vps. */
export function MOVUPS_Wps_Vps(core: Core, insn: Instruction): void {
  requireSse(core);
  if (insn.isMemory) storeVector(core, insn, insn.reg, 16);
  else copySlot(core.vectors, insn.rm, insn.reg, 16);
}

/** MOVUPD | 66 0F 10, 66 0F 11 | (SDM Vol. 2B, "MOVUPD—Move Unaligned Packed Double Precision Values"). */
export const MOVUPD_Vpd_Wpd = MOVUPS_Vps_Wps;
export const MOVUPD_Wpd_Vpd = MOVUPS_Wps_Vps;
/** MOVDQU | F3 0F 6F, F3 0F 7F | (SDM Vol. 2B, "MOVDQU—Move Unaligned Packed Integer Values"). */
export const MOVDQU_Vx_Wx = MOVUPS_Vps_Wps;
export const MOVDQU_Wx_Vx = MOVUPS_Wps_Vps;
/** LDDQU | F2 0F F0 | (SDM Vol. 2A, "LDDQU—Load Unaligned Integer 128 Bits"). */
export const LDDQU_Vx_Mx = MOVUPS_Vps_Wps;

/** MOVAPS xmm1, xmm2/m128 | NP 0F 28 | Vps,Wps (SDM Vol. 2B, "MOVAPS—Move Aligned Packed Single Precision Values"). */
export function MOVAPS_Vps_Wps(core: Core, insn: Instruction): void {
  requireSse(core);
  // An aligned vector lies in one page: it is read wholly or not at all.
  if (insn.isMemory) loadAligned(core, insn, insn.reg, 16);
  else copySlot(core.vectors, insn.reg, insn.rm, 16);
}

/** MOVAPS xmm2/m128, xmm1 | NP 0F 29 | Wps,Vps. */
export function MOVAPS_Wps_Vps(core: Core, insn: Instruction): void {
  requireSse(core);
  if (insn.isMemory) storeAligned(core, insn, insn.reg, 16);
  else copySlot(core.vectors, insn.rm, insn.reg, 16);
}

/** MOVAPD | 66 0F 28, 66 0F 29 | (SDM Vol. 2B, "MOVAPD—Move Aligned Packed Double Precision Values"). */
export const MOVAPD_Vpd_Wpd = MOVAPS_Vps_Wps;
export const MOVAPD_Wpd_Vpd = MOVAPS_Wps_Vps;
/** MOVDQA | 66 0F 6F, 66 0F 7F | (SDM Vol. 2B, "MOVDQA—Move Aligned Packed Integer Values"). */
export const MOVDQA_Vx_Wx = MOVAPS_Vps_Wps;
export const MOVDQA_Wx_Vx = MOVAPS_Wps_Vps;
/** MOVNTPS MOVNTPD MOVNTDQ MOVNTDQA | 0F 2B, 66 0F E7, 66 0F 38 2A |: the hint says nothing here. */
export const MOVNTPS_Mps_Vps = MOVAPS_Wps_Vps;
export const MOVNTPD_Mpd_Vpd = MOVAPS_Wps_Vps;
export const MOVNTDQ_Mx_Vx = MOVAPS_Wps_Vps;
export const MOVNTDQA_Vx_Mx = MOVAPS_Vps_Wps;

// Scalars.

/** MOVSS xmm1, xmm2/m32 | F3 0F 10 | Vss,Wss (SDM Vol. 2B, "MOVSS—Move or Merge Scalar"). From memory it clears the rest. */
export function MOVSS_Vss_Wss(core: Core, insn: Instruction): void {
  requireSse(core);
  const { i32 } = core.vectors;
  const at = insn.reg * 8;
  if (!insn.isMemory) {
    i32[at] = i32[insn.rm * 8]!;
    return;
  }
  const lo = effectiveAddress(core, insn);
  i32[at] = core.load32(insn.segment, lo, core.high);
  i32[at + 1] = 0;
  i32[at + 2] = 0;
  i32[at + 3] = 0;
}

/** MOVSS xmm2/m32, xmm1 | F3 0F 11 | Wss,Vss. */
export function MOVSS_Wss_Vss(core: Core, insn: Instruction): void {
  requireSse(core);
  const { i32 } = core.vectors;
  if (!insn.isMemory) {
    i32[insn.rm * 8] = i32[insn.reg * 8]!;
    return;
  }
  const lo = effectiveAddress(core, insn);
  core.store32(insn.segment, lo, core.high, i32[insn.reg * 8]!);
}

/** MOVSD xmm1, xmm2/m64 | F2 0F 10 | Vsd,Wsd (SDM Vol. 2B, "MOVSD—Move or Merge Scalar"). From memory it clears the rest. */
export function MOVSD_Vsd_Wsd(core: Core, insn: Instruction): void {
  requireSse(core);
  const { i32 } = core.vectors;
  const at = insn.reg * 8;
  if (!insn.isMemory) {
    i32[at] = i32[insn.rm * 8]!;
    i32[at + 1] = i32[insn.rm * 8 + 1]!;
    return;
  }
  const lo = effectiveAddress(core, insn);
  i32[at] = core.load64(insn.segment, lo, core.high);
  i32[at + 1] = core.high;
  i32[at + 2] = 0;
  i32[at + 3] = 0;
}

/** MOVSD xmm1/m64, xmm2 | F2 0F 11 | Wsd,Vsd. */
export function MOVSD_Wsd_Vsd(core: Core, insn: Instruction): void {
  requireSse(core);
  if (insn.isMemory) storeVector(core, insn, insn.reg, 8);
  else copySlot(core.vectors, insn.rm, insn.reg, 8);
}

/** MOVQ xmm1, xmm2/m64 | F3 0F 7E | Vq,Wq (SDM Vol. 2B, "MOVQ—Move Quadword"). The upper half is cleared in every form. */
export function MOVQ_Vq_Wq(core: Core, insn: Instruction): void {
  requireSse(core);
  const { i32 } = core.vectors;
  const at = insn.reg * 8;
  if (insn.isMemory) {
    const lo = effectiveAddress(core, insn);
    i32[at] = core.load64(insn.segment, lo, core.high);
    i32[at + 1] = core.high;
  } else {
    i32[at] = i32[insn.rm * 8]!;
    i32[at + 1] = i32[insn.rm * 8 + 1]!;
  }
  i32[at + 2] = 0;
  i32[at + 3] = 0;
}

/** MOVQ xmm2/m64, xmm1 | 66 0F D6 | Wq,Vq. */
export function MOVQ_Wq_Vq(core: Core, insn: Instruction): void {
  requireSse(core);
  if (insn.isMemory) {
    storeVector(core, insn, insn.reg, 8);
    return;
  }
  const { i32 } = core.vectors;
  copySlot(core.vectors, insn.rm, insn.reg, 8);
  i32[insn.rm * 8 + 2] = 0;
  i32[insn.rm * 8 + 3] = 0;
}

// Halves.

/** MOVLPS xmm1, m64 | NP 0F 12 | Vps,Mq (SDM Vol. 2B, "MOVLPS—Move Low Packed Single Precision Values"). */
export function MOVLPS_Vps_Mq(core: Core, insn: Instruction): void {
  requireSse(core);
  const lo = effectiveAddress(core, insn);
  const { i32 } = core.vectors;
  i32[insn.reg * 8] = core.load64(insn.segment, lo, core.high);
  i32[insn.reg * 8 + 1] = core.high;
}

/** MOVHPS xmm1, m64 | NP 0F 16 | Vps,Mq (SDM Vol. 2B, "MOVHPS—Move High Packed Single Precision Values"). */
export function MOVHPS_Vps_Mq(core: Core, insn: Instruction): void {
  requireSse(core);
  const lo = effectiveAddress(core, insn);
  const { i32 } = core.vectors;
  i32[insn.reg * 8 + 2] = core.load64(insn.segment, lo, core.high);
  i32[insn.reg * 8 + 3] = core.high;
}

/** MOVLPS m64, xmm1 | NP 0F 13 | Mq,Vps. */
export function MOVLPS_Mq_Vps(core: Core, insn: Instruction): void {
  requireSse(core);
  storeVector(core, insn, insn.reg, 8);
}

/** MOVHPS m64, xmm1 | NP 0F 17 | Mq,Vps. */
export function MOVHPS_Mq_Vps(core: Core, insn: Instruction): void {
  requireSse(core);
  const { i32 } = core.vectors;
  const lo = effectiveAddress(core, insn);
  core.store64(insn.segment, lo, core.high, i32[insn.reg * 8 + 2]!, i32[insn.reg * 8 + 3]!);
}

/** MOVLPD MOVHPD | 66 0F 12, 13, 16, 17 | (SDM Vol. 2B, "MOVLPD", "MOVHPD"). */
export const MOVLPD_Vpd_Mq = MOVLPS_Vps_Mq;
export const MOVHPD_Vpd_Mq = MOVHPS_Vps_Mq;
export const MOVLPD_Mq_Vpd = MOVLPS_Mq_Vps;
export const MOVHPD_Mq_Vpd = MOVHPS_Mq_Vps;

/** MOVHLPS xmm1, xmm2 | NP 0F 12 | Vps,Ups (SDM Vol. 2B, "MOVHLPS—Move Packed Single Precision Values High to Low"). */
export function MOVHLPS_Vps_Ups(core: Core, insn: Instruction): void {
  requireSse(core);
  const { i32 } = core.vectors;
  i32[insn.reg * 8] = i32[insn.rm * 8 + 2]!;
  i32[insn.reg * 8 + 1] = i32[insn.rm * 8 + 3]!;
}

/** MOVLHPS xmm1, xmm2 | NP 0F 16 | Vps,Ups (SDM Vol. 2B, "MOVLHPS—Move Packed Single Precision Values Low to High"). */
export function MOVLHPS_Vps_Ups(core: Core, insn: Instruction): void {
  requireSse(core);
  const { i32 } = core.vectors;
  i32[insn.reg * 8 + 2] = i32[insn.rm * 8]!;
  i32[insn.reg * 8 + 3] = i32[insn.rm * 8 + 1]!;
}
