import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { loadEd, loadEq, storeEd, storeEq } from './operand.ts';
import {
  enterMmx,
  mmxSource,
  readMmx,
  requireMmx,
  requireSse,
  SLOT_SOURCE,
  storeVector,
  writeMmx,
} from './vector-operand.ts';

/* Moves of MMX registers. */

function setMmx(core: Core, register: number, lo: number, hi: number): void {
  const { i32 } = core.vectors;
  i32[SLOT_SOURCE * 8] = lo;
  i32[SLOT_SOURCE * 8 + 1] = hi;
  enterMmx(core);
  writeMmx(core, register, SLOT_SOURCE);
}

/** MOVD mm, r/m32 | NP 0F 6E | Pq,Ed (SDM Vol. 2B, "MOVD/MOVQ—Move Doubleword/Move Quadword"). */
export function MOVD_Pq_Ed(core: Core, insn: Instruction): void {
  requireMmx(core);
  const value = loadEd(core, insn);
  setMmx(core, insn.reg, value, 0);
}

/** MOVQ mm, r/m64 | NP REX.W 0F 6E | Pq,Eq. */
export function MOVQ_Pq_Eq(core: Core, insn: Instruction): void {
  requireMmx(core);
  const value = loadEq(core, insn);
  setMmx(core, insn.reg, value, core.high);
}

/** MOVD r/m32, mm | NP 0F 7E | Ed,Pq. */
export function MOVD_Ed_Pq(core: Core, insn: Instruction): void {
  requireMmx(core);
  readMmx(core, insn.reg, SLOT_SOURCE);
  storeEd(core, insn, core.vectors.i32[SLOT_SOURCE * 8]!);
  enterMmx(core);
}

/** MOVQ r/m64, mm | NP REX.W 0F 7E | Eq,Pq. */
export function MOVQ_Eq_Pq(core: Core, insn: Instruction): void {
  requireMmx(core);
  readMmx(core, insn.reg, SLOT_SOURCE);
  const { i32 } = core.vectors;
  storeEq(core, insn, i32[SLOT_SOURCE * 8]!, i32[SLOT_SOURCE * 8 + 1]!);
  enterMmx(core);
}

/** MOVQ mm, mm/m64 | NP 0F 6F | Pq,Qq (SDM Vol. 2B, "MOVQ—Move Quadword"). */
export function MOVQ_Pq_Qq(core: Core, insn: Instruction): void {
  requireMmx(core);
  const b = mmxSource(core, insn);
  enterMmx(core);
  writeMmx(core, insn.reg, b);
}

/** MOVQ mm/m64, mm | NP 0F 7F | Qq,Pq. */
export function MOVQ_Qq_Pq(core: Core, insn: Instruction): void {
  requireMmx(core);
  readMmx(core, insn.reg, SLOT_SOURCE);
  if (insn.isMemory) storeVector(core, insn, SLOT_SOURCE, 8);
  else writeMmx(core, insn.rm, SLOT_SOURCE);
  enterMmx(core);
}

/** MOVNTQ m64, mm | NP 0F E7 | Mq,Pq (SDM Vol. 2B, "MOVNTQ—Store of Quadword Using Non-Temporal Hint"). */
export const MOVNTQ_Mq_Pq = MOVQ_Qq_Pq;

/** MOVQ2DQ xmm, mm | F3 0F D6 | Vx,Nq (SDM Vol. 2B, "MOVQ2DQ—Move Quadword from MMX Technology to XMM Register"). */
export function MOVQ2DQ_Vx_Nq(core: Core, insn: Instruction): void {
  requireSse(core);
  requireMmx(core);
  readMmx(core, insn.rm, insn.reg);
  core.vectors.i32[insn.reg * 8 + 2] = 0;
  core.vectors.i32[insn.reg * 8 + 3] = 0;
  enterMmx(core);
}

/** MOVDQ2Q mm, xmm | F2 0F D6 | Pq,Uq (SDM Vol. 2B, "MOVDQ2Q—Move Quadword from XMM to MMX Technology Register"). */
export function MOVDQ2Q_Pq_Uq(core: Core, insn: Instruction): void {
  requireSse(core);
  requireMmx(core);
  enterMmx(core);
  writeMmx(core, insn.reg, insn.rm);
}
