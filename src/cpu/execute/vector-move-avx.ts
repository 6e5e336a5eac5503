import type { Instruction } from '../../isa/instruction.ts';
import { STATE_MXCSR } from '../../state/layout.ts';
import type { Core, Handler } from './core.ts';
import { effectiveAddress, loadEd, storeEd } from './operand.ts';
import {
  clearUpper,
  copySlot,
  loadAligned,
  loadVector,
  requireAvx,
  SLOT_RESULT,
  SLOT_SOURCE,
  scalarSource,
  storeAligned,
  storeVector,
} from './vector-operand.ts';

/* The VEX-encoded moves: those of `vector-move.ts`, with 256 bits, a second source and a cleared upper half. */

/** VMOVUPS | VEX NP 0F 10 | Vps,Wps (SDM Vol. 2B, "MOVUPS—Move Unaligned Packed Single Precision Values"). */
export function VMOVUPS_Vps_Wps(core: Core, insn: Instruction): void {
  requireAvx(core);
  const bytes = insn.vectorLength !== 0 ? 32 : 16;
  let from = insn.rm;
  if (insn.isMemory) {
    loadVector(core, insn, SLOT_SOURCE, bytes);
    from = SLOT_SOURCE;
  }
  copySlot(core.vectors, insn.reg, from, bytes);
  if (bytes === 16) clearUpper(core.vectors, insn.reg);
}

/** VMOVUPS | VEX NP 0F 11 | Wps,Vps. */
export function VMOVUPS_Wps_Vps(core: Core, insn: Instruction): void {
  requireAvx(core);
  const bytes = insn.vectorLength !== 0 ? 32 : 16;
  if (insn.isMemory) {
    storeVector(core, insn, insn.reg, bytes);
    return;
  }
  copySlot(core.vectors, insn.rm, insn.reg, bytes);
  if (bytes === 16) clearUpper(core.vectors, insn.rm);
}

/** VMOVUPD VMOVDQU VLDDQU | VEX 66 0F 10/11, F3 0F 6F/7F, F2 0F F0 |. */
export const VMOVUPD_Vpd_Wpd = VMOVUPS_Vps_Wps;
export const VMOVUPD_Wpd_Vpd = VMOVUPS_Wps_Vps;
export const VMOVDQU_Vx_Wx = VMOVUPS_Vps_Wps;
export const VMOVDQU_Wx_Vx = VMOVUPS_Wps_Vps;
export const VLDDQU_Vx_Mx = VMOVUPS_Vps_Wps;

/** VMOVAPS | VEX NP 0F 28 | Vps,Wps (SDM Vol. 2B, "MOVAPS—Move Aligned Packed Single Precision Values"). */
export function VMOVAPS_Vps_Wps(core: Core, insn: Instruction): void {
  requireAvx(core);
  const bytes = insn.vectorLength !== 0 ? 32 : 16;
  // An aligned vector lies in one page: it is read wholly or not at all.
  if (insn.isMemory) loadAligned(core, insn, insn.reg, bytes);
  else copySlot(core.vectors, insn.reg, insn.rm, bytes);
  if (bytes === 16) clearUpper(core.vectors, insn.reg);
}

/** VMOVAPS | VEX NP 0F 29 | Wps,Vps. */
export function VMOVAPS_Wps_Vps(core: Core, insn: Instruction): void {
  requireAvx(core);
  const bytes = insn.vectorLength !== 0 ? 32 : 16;
  if (insn.isMemory) {
    storeAligned(core, insn, insn.reg, bytes);
    return;
  }
  copySlot(core.vectors, insn.rm, insn.reg, bytes);
  if (bytes === 16) clearUpper(core.vectors, insn.rm);
}

/** VMOVAPD VMOVDQA and the non-temporal moves | VEX 66 0F 28/29, 66 0F 6F/7F, 0F 2B, 66 0F E7, 66 0F38 2A |. */
export const VMOVAPD_Vpd_Wpd = VMOVAPS_Vps_Wps;
export const VMOVAPD_Wpd_Vpd = VMOVAPS_Wps_Vps;
export const VMOVDQA_Vx_Wx = VMOVAPS_Vps_Wps;
export const VMOVDQA_Wx_Vx = VMOVAPS_Wps_Vps;
export const VMOVNTPS_Mps_Vps = VMOVAPS_Wps_Vps;
export const VMOVNTPD_Mpd_Vpd = VMOVAPS_Wps_Vps;
export const VMOVNTDQ_Mx_Vx = VMOVAPS_Wps_Vps;
export const VMOVNTDQA_Vx_Mx = VMOVAPS_Vps_Wps;

// Scalars. From memory all else is cleared; between registers the rest of 128 bits comes from VEX.vvvv.

function loadScalar(bytes: number): Handler {
  return (core, insn) => {
    requireAvx(core);
    scalarSource(core, insn, bytes);
    const { i32 } = core.vectors;
    const at = insn.reg * 8;
    i32[at] = i32[SLOT_SOURCE * 8]!;
    i32[at + 1] = bytes === 8 ? i32[SLOT_SOURCE * 8 + 1]! : 0;
    i32[at + 2] = 0;
    i32[at + 3] = 0;
    clearUpper(core.vectors, insn.reg);
  };
}

/** VMOVSS xmm1, m32 | VEX F3 0F 10 | and VMOVSD xmm1, m64 | VEX F2 0F 10 | (SDM Vol. 2B, "MOVSS", "MOVSD"). */
export const VMOVSS_Vss_Md = loadScalar(4);
export const VMOVSD_Vsd_Mq = loadScalar(8);

/** VMOVSS m32, xmm1 | VEX F3 0F 11 |. */
export function VMOVSS_Md_Vss(core: Core, insn: Instruction): void {
  requireAvx(core);
  const lo = effectiveAddress(core, insn);
  core.store32(insn.segment, lo, core.high, core.vectors.i32[insn.reg * 8]!);
}

/** VMOVSD m64, xmm1 | VEX F2 0F 11 |. */
export function VMOVSD_Mq_Vsd(core: Core, insn: Instruction): void {
  requireAvx(core);
  storeVector(core, insn, insn.reg, 8);
}

/** `words` of the scalar from `from`, the rest of 128 bits from VEX.vvvv. */
function mergeScalar(core: Core, insn: Instruction, dest: number, from: number, words: number): void {
  requireAvx(core);
  const { i32 } = core.vectors;
  for (let n = 0; n < 4; n++) i32[SLOT_RESULT * 8 + n] = i32[(n < words ? from : insn.vvvv) * 8 + n]!;
  copySlot(core.vectors, dest, SLOT_RESULT, 16);
  clearUpper(core.vectors, dest);
}

/** VMOVSS xmm1, xmm2, xmm3 | VEX F3 0F 10, 11 |. */
export const VMOVSS_Vss_Hss_Uss: Handler = (core, insn) => mergeScalar(core, insn, insn.reg, insn.rm, 1);
export const VMOVSS_Uss_Hss_Vss: Handler = (core, insn) => mergeScalar(core, insn, insn.rm, insn.reg, 1);
/** VMOVSD xmm1, xmm2, xmm3 | VEX F2 0F 10, 11 |. */
export const VMOVSD_Vsd_Hsd_Usd: Handler = (core, insn) => mergeScalar(core, insn, insn.reg, insn.rm, 2);
export const VMOVSD_Usd_Hsd_Vsd: Handler = (core, insn) => mergeScalar(core, insn, insn.rm, insn.reg, 2);

/** VMOVQ xmm1, xmm2/m64 | VEX F3 0F 7E | Vq,Wq. */
export function VMOVQ_Vq_Wq(core: Core, insn: Instruction): void {
  requireAvx(core);
  const from = scalarSource(core, insn, 8);
  moveQuadword(core, insn.reg, from);
}

/** VMOVQ xmm2/m64, xmm1 | VEX 66 0F D6 | Wq,Vq. */
export function VMOVQ_Wq_Vq(core: Core, insn: Instruction): void {
  requireAvx(core);
  if (insn.isMemory) storeVector(core, insn, insn.reg, 8);
  else moveQuadword(core, insn.rm, insn.reg);
}

function moveQuadword(core: Core, dest: number, from: number): void {
  const { i32 } = core.vectors;
  copySlot(core.vectors, dest, from, 8);
  i32[dest * 8 + 2] = 0;
  i32[dest * 8 + 3] = 0;
  clearUpper(core.vectors, dest);
}

// Halves: one from memory or a register, the other from VEX.vvvv.

/** Quadwords `low` and `high`, given as indices of their first words. */
function join(core: Core, insn: Instruction, low: number, high: number): void {
  const { i32 } = core.vectors;
  const p = i32[low]!;
  const q = i32[low + 1]!;
  const r = i32[high]!;
  const s = i32[high + 1]!;
  const at = insn.reg * 8;
  i32[at] = p;
  i32[at + 1] = q;
  i32[at + 2] = r;
  i32[at + 3] = s;
  clearUpper(core.vectors, insn.reg);
}

/** VMOVLPS xmm1, xmm2, m64 | VEX NP 0F 12 |. */
export function VMOVLPS_Vps_Hps_Mq(core: Core, insn: Instruction): void {
  requireAvx(core);
  const from = scalarSource(core, insn, 8);
  join(core, insn, from * 8, insn.vvvv * 8 + 2);
}

/** VMOVHPS xmm1, xmm2, m64 | VEX NP 0F 16 |. */
export function VMOVHPS_Vps_Hps_Mq(core: Core, insn: Instruction): void {
  requireAvx(core);
  const from = scalarSource(core, insn, 8);
  join(core, insn, insn.vvvv * 8, from * 8);
}

/** VMOVHLPS xmm1, xmm2, xmm3 | VEX NP 0F 12 |. */
export function VMOVHLPS_Vps_Hps_Ups(core: Core, insn: Instruction): void {
  requireAvx(core);
  join(core, insn, insn.rm * 8 + 2, insn.vvvv * 8 + 2);
}

/** VMOVLHPS xmm1, xmm2, xmm3 | VEX NP 0F 16 |. */
export function VMOVLHPS_Vps_Hps_Ups(core: Core, insn: Instruction): void {
  requireAvx(core);
  join(core, insn, insn.vvvv * 8, insn.rm * 8);
}

/** VMOVLPS m64, xmm1 | VEX NP 0F 13 |. */
export const VMOVLPS_Mq_Vps = VMOVSD_Mq_Vsd;

/** VMOVHPS m64, xmm1 | VEX NP 0F 17 |. */
export function VMOVHPS_Mq_Vps(core: Core, insn: Instruction): void {
  requireAvx(core);
  const { i32 } = core.vectors;
  const lo = effectiveAddress(core, insn);
  core.store64(insn.segment, lo, core.high, i32[insn.reg * 8 + 2]!, i32[insn.reg * 8 + 3]!);
}

/** VMOVLPD VMOVHPD | VEX 66 0F 12, 13, 16, 17 |. */
export const VMOVLPD_Vpd_Hpd_Mq = VMOVLPS_Vps_Hps_Mq;
export const VMOVHPD_Vpd_Hpd_Mq = VMOVHPS_Vps_Hps_Mq;
export const VMOVLPD_Mq_Vpd = VMOVLPS_Mq_Vps;
export const VMOVHPD_Mq_Vpd = VMOVHPS_Mq_Vps;

/** VZEROUPPER | VEX.128 NP 0F 77 | (SDM Vol. 2C, "VZEROUPPER—Zero Upper Bits of YMM and ZMM Registers"). */
export function VZEROUPPER(core: Core, _insn: Instruction): void {
  requireAvx(core);
  const count = core.state.is64Bit() ? 16 : 8;
  for (let slot = 0; slot < count; slot++) clearUpper(core.vectors, slot);
}

/** VZEROALL | VEX.256 NP 0F 77 | (SDM Vol. 2C, "VZEROALL—Zero XMM, YMM and ZMM Registers"). */
export function VZEROALL(core: Core, _insn: Instruction): void {
  requireAvx(core);
  core.vectors.i32.fill(0, 0, core.state.is64Bit() ? 128 : 64);
}

/** VLDMXCSR m32 | VEX.LZ.0F AE /2 | Md (SDM Vol. 2A, "LDMXCSR—Load MXCSR Register"). */
export function VLDMXCSR_Md(core: Core, insn: Instruction): void {
  requireAvx(core);
  const value = loadEd(core, insn);
  if (value & ~core.mxcsrMask) core.raiseGP(0);
  core.words[STATE_MXCSR >> 2] = value;
}

/** VSTMXCSR m32 | VEX.LZ.0F AE /3 | Md. */
export function VSTMXCSR_Md(core: Core, insn: Instruction): void {
  requireAvx(core);
  storeEd(core, insn, core.words[STATE_MXCSR >> 2]!);
}
