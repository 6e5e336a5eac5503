import type { Instruction } from '../../isa/instruction.ts';
import type { Core, Handler } from './core.ts';
import { loadEb, loadEd, loadEq, loadEw, storeEb, storeEd, storeEq, storeEw, storeGd } from './operand.ts';
import {
  clearUpper,
  copySlot,
  enterMmx,
  readMmx,
  requireAvx,
  requireMmx,
  requireSse,
  SLOT_SOURCE,
  writeMmx,
} from './vector-operand.ts';

/* Traffic between vector registers and general registers or narrow memory: moves, insertions, extractions, masks. */

/** VEX: the base of an insertion is in VEX.vvvv, the upper half is cleared. */
function openVex(core: Core, insn: Instruction): void {
  copySlot(core.vectors, insn.reg, insn.vvvv, 16);
  clearUpper(core.vectors, insn.reg);
}

// MOVD and MOVQ (SDM Vol. 2B, "MOVD/MOVQ—Move Doubleword/Move Quadword").

/** MOVD xmm, r/m32 | 66 0F 6E | Vd,Ed. The rest of the register is cleared. */
export function MOVD_Vd_Ed(core: Core, insn: Instruction): void {
  requireSse(core);
  const value = loadEd(core, insn);
  setScalar(core, insn.reg, value, 0);
}

/** MOVQ xmm, r/m64 | 66 REX.W 0F 6E | Vq,Eq. */
export function MOVQ_Vq_Eq(core: Core, insn: Instruction): void {
  requireSse(core);
  const value = loadEq(core, insn);
  setScalar(core, insn.reg, value, core.high);
}

export function VMOVD_Vd_Ed(core: Core, insn: Instruction): void {
  requireAvx(core);
  const value = loadEd(core, insn);
  setScalar(core, insn.reg, value, 0);
  clearUpper(core.vectors, insn.reg);
}

export function VMOVQ_Vq_Eq(core: Core, insn: Instruction): void {
  requireAvx(core);
  const value = loadEq(core, insn);
  setScalar(core, insn.reg, value, core.high);
  clearUpper(core.vectors, insn.reg);
}

function setScalar(core: Core, register: number, lo: number, hi: number): void {
  const { i32 } = core.vectors;
  i32[register * 8] = lo;
  i32[register * 8 + 1] = hi;
  i32[register * 8 + 2] = 0;
  i32[register * 8 + 3] = 0;
}

/** MOVD r/m32, xmm | 66 0F 7E | Ed,Vd. */
export function MOVD_Ed_Vd(core: Core, insn: Instruction): void {
  requireSse(core);
  storeEd(core, insn, core.vectors.i32[insn.reg * 8]!);
}

/** MOVQ r/m64, xmm | 66 REX.W 0F 7E | Eq,Vq. */
export function MOVQ_Eq_Vq(core: Core, insn: Instruction): void {
  requireSse(core);
  storeEq(core, insn, core.vectors.i32[insn.reg * 8]!, core.vectors.i32[insn.reg * 8 + 1]!);
}

export function VMOVD_Ed_Vd(core: Core, insn: Instruction): void {
  requireAvx(core);
  storeEd(core, insn, core.vectors.i32[insn.reg * 8]!);
}

export function VMOVQ_Eq_Vq(core: Core, insn: Instruction): void {
  requireAvx(core);
  storeEq(core, insn, core.vectors.i32[insn.reg * 8]!, core.vectors.i32[insn.reg * 8 + 1]!);
}

// Insertion (SDM Vol. 2B, "PINSRB/PINSRD/PINSRQ—Insert Byte/Dword/Qword", "PINSRW—Insert Word").

/** PINSRB xmm, r32/m8, imm8 | 66 0F 3A 20 ib |. */
export function PINSRB_Vx_Mb_Ib(core: Core, insn: Instruction): void {
  requireSse(core);
  core.vectors.u8[insn.reg * 32 + (insn.immediate & 15)] = insn.isMemory
    ? loadEb(core, insn)
    : core.gpr32[insn.rm * 2]!;
}

export function VPINSRB_Vx_Hx_Mb_Ib(core: Core, insn: Instruction): void {
  requireAvx(core);
  const value = insn.isMemory ? loadEb(core, insn) : core.gpr32[insn.rm * 2]!;
  openVex(core, insn);
  core.vectors.u8[insn.reg * 32 + (insn.immediate & 15)] = value;
}

export const PINSRB_Vx_Rd_Ib = PINSRB_Vx_Mb_Ib;
export const VPINSRB_Vx_Hx_Rd_Ib = VPINSRB_Vx_Hx_Mb_Ib;

/** PINSRW xmm, r32/m16, imm8 | 66 0F C4 ib |. */
export function PINSRW_Vx_Mw_Ib(core: Core, insn: Instruction): void {
  requireSse(core);
  core.vectors.u16[insn.reg * 16 + (insn.immediate & 7)] = loadEw(core, insn);
}

export function VPINSRW_Vx_Hx_Mw_Ib(core: Core, insn: Instruction): void {
  requireAvx(core);
  const value = loadEw(core, insn);
  openVex(core, insn);
  core.vectors.u16[insn.reg * 16 + (insn.immediate & 7)] = value;
}

/** PINSRW mm, r32/m16, imm8 | NP 0F C4 ib |. */
export function PINSRW_Pq_Mw_Ib(core: Core, insn: Instruction): void {
  requireMmx(core);
  const value = loadEw(core, insn);
  readMmx(core, insn.reg, SLOT_SOURCE);
  core.vectors.u16[SLOT_SOURCE * 16 + (insn.immediate & 3)] = value;
  enterMmx(core);
  writeMmx(core, insn.reg, SLOT_SOURCE);
}

export const PINSRW_Vx_Rd_Ib = PINSRW_Vx_Mw_Ib;
export const VPINSRW_Vx_Hx_Rd_Ib = VPINSRW_Vx_Hx_Mw_Ib;
export const PINSRW_Pq_Rd_Ib = PINSRW_Pq_Mw_Ib;

/** PINSRD xmm, r/m32, imm8 | 66 0F 3A 22 ib |. */
export function PINSRD_Vx_Ed_Ib(core: Core, insn: Instruction): void {
  requireSse(core);
  core.vectors.i32[insn.reg * 8 + (insn.immediate & 3)] = loadEd(core, insn);
}

export function VPINSRD_Vx_Hx_Ed_Ib(core: Core, insn: Instruction): void {
  requireAvx(core);
  const value = loadEd(core, insn);
  openVex(core, insn);
  core.vectors.i32[insn.reg * 8 + (insn.immediate & 3)] = value;
}

/** PINSRQ xmm, r/m64, imm8 | 66 REX.W 0F 3A 22 ib |. */
export function PINSRQ_Vx_Eq_Ib(core: Core, insn: Instruction): void {
  requireSse(core);
  const value = loadEq(core, insn);
  setQuadword(core, insn, value, core.high);
}

export function VPINSRQ_Vx_Hx_Eq_Ib(core: Core, insn: Instruction): void {
  requireAvx(core);
  const value = loadEq(core, insn);
  const high = core.high;
  openVex(core, insn);
  setQuadword(core, insn, value, high);
}

function setQuadword(core: Core, insn: Instruction, lo: number, hi: number): void {
  const at = insn.reg * 8 + (insn.immediate & 1) * 2;
  core.vectors.i32[at] = lo;
  core.vectors.i32[at + 1] = hi;
}

// Extraction (SDM Vol. 2B, "PEXTRB/PEXTRD/PEXTRQ—Extract Byte/Dword/Qword", "PEXTRW—Extract Word"). A register is zero-extended.

type Require = (core: Core) => void;

/** PEXTRB r32/m8, xmm, imm8 | 66 0F 3A 14 ib |. */
function extractByte(require: Require): Handler {
  return (core, insn) => {
    require(core);
    const value = core.vectors.u8[insn.reg * 32 + (insn.immediate & 15)]!;
    if (insn.isMemory) storeEb(core, insn, value);
    else storeEd(core, insn, value);
  };
}

export const PEXTRB_Mb_Vx_Ib = extractByte(requireSse);
export const PEXTRB_Rd_Vx_Ib = PEXTRB_Mb_Vx_Ib;
export const VPEXTRB_Mb_Vx_Ib = extractByte(requireAvx);
export const VPEXTRB_Rd_Vx_Ib = VPEXTRB_Mb_Vx_Ib;

/** PEXTRW r32/m16, xmm, imm8 | 66 0F 3A 15 ib |. */
function extractWord(require: Require): Handler {
  return (core, insn) => {
    require(core);
    const value = core.vectors.u16[insn.reg * 16 + (insn.immediate & 7)]!;
    if (insn.isMemory) storeEw(core, insn, value);
    else storeEd(core, insn, value);
  };
}

export const PEXTRW_Mw_Vx_Ib = extractWord(requireSse);
export const PEXTRW_Rd_Vx_Ib = PEXTRW_Mw_Vx_Ib;
export const VPEXTRW_Mw_Vx_Ib = extractWord(requireAvx);
export const VPEXTRW_Rd_Vx_Ib = VPEXTRW_Mw_Vx_Ib;

/** PEXTRW r32, xmm, imm8 | 66 0F C5 ib | Gd,Ux: here the vector is in ModRM.rm. */
export function PEXTRW_Gd_Ux_Ib(core: Core, insn: Instruction): void {
  requireSse(core);
  storeGd(core, insn, core.vectors.u16[insn.rm * 16 + (insn.immediate & 7)]!);
}

export function VPEXTRW_Gd_Ux_Ib(core: Core, insn: Instruction): void {
  requireAvx(core);
  storeGd(core, insn, core.vectors.u16[insn.rm * 16 + (insn.immediate & 7)]!);
}

/** PEXTRW r32, mm, imm8 | NP 0F C5 ib | Gd,Nq. */
export function PEXTRW_Gd_Nq_Ib(core: Core, insn: Instruction): void {
  requireMmx(core);
  readMmx(core, insn.rm, SLOT_SOURCE);
  enterMmx(core);
  storeGd(core, insn, core.vectors.u16[SLOT_SOURCE * 16 + (insn.immediate & 3)]!);
}

/** PEXTRD r/m32, xmm, imm8 | 66 0F 3A 16 ib |, and EXTRACTPS | 66 0F 3A 17 ib |. */
function extractDoubleword(require: Require): Handler {
  return (core, insn) => {
    require(core);
    storeEd(core, insn, core.vectors.i32[insn.reg * 8 + (insn.immediate & 3)]!);
  };
}

export const PEXTRD_Ed_Vx_Ib = extractDoubleword(requireSse);
export const EXTRACTPS_Ed_Vps_Ib = PEXTRD_Ed_Vx_Ib;
export const VPEXTRD_Ed_Vx_Ib = extractDoubleword(requireAvx);
export const VEXTRACTPS_Ed_Vps_Ib = VPEXTRD_Ed_Vx_Ib;

/** PEXTRQ r/m64, xmm, imm8 | 66 REX.W 0F 3A 16 ib |. */
function extractQuadword(require: Require): Handler {
  return (core, insn) => {
    require(core);
    const at = insn.reg * 8 + (insn.immediate & 1) * 2;
    storeEq(core, insn, core.vectors.i32[at]!, core.vectors.i32[at + 1]!);
  };
}

export const PEXTRQ_Eq_Vx_Ib = extractQuadword(requireSse);
export const VPEXTRQ_Eq_Vx_Ib = extractQuadword(requireAvx);

// Sign masks.

/** PMOVMSKB r32, xmm | 66 0F D7 | Gd,Ux (SDM Vol. 2B, "PMOVMSKB—Move Byte Mask"). */
export function PMOVMSKB_Gd_Ux(core: Core, insn: Instruction): void {
  requireSse(core);
  storeGd(core, insn, byteMask(core, insn.rm * 8, 4));
}

export function VPMOVMSKB_Gd_Ux(core: Core, insn: Instruction): void {
  requireAvx(core);
  storeGd(core, insn, byteMask(core, insn.rm * 8, insn.vectorLength !== 0 ? 8 : 4));
}

/** PMOVMSKB r32, mm | NP 0F D7 | Gd,Nq. */
export function PMOVMSKB_Gd_Nq(core: Core, insn: Instruction): void {
  requireMmx(core);
  readMmx(core, insn.rm, SLOT_SOURCE);
  enterMmx(core);
  storeGd(core, insn, byteMask(core, SLOT_SOURCE * 8, 2));
}

/** Bits 7 of the bytes of `words` words: four gathered at a time by a multiplication. */
function byteMask(core: Core, at: number, words: number): number {
  const { i32 } = core.vectors;
  let mask = 0;
  for (let n = 0; n < words; n++) {
    mask |= (Math.imul((i32[at + n]! >>> 7) & 0x01010101, 0x10204080) >>> 28) << (n * 4);
  }
  return mask;
}

function singleMask(core: Core, register: number, lanes: number): number {
  let mask = 0;
  for (let n = 0; n < lanes; n++) mask |= (core.vectors.i32[register * 8 + n]! >>> 31) << n;
  return mask;
}

function doubleMask(core: Core, register: number, lanes: number): number {
  let mask = 0;
  for (let n = 0; n < lanes; n++) mask |= (core.vectors.i32[register * 8 + 2 * n + 1]! >>> 31) << n;
  return mask;
}

/** MOVMSKPS r32, xmm | NP 0F 50 | Gy,Ups (SDM Vol. 2B, "MOVMSKPS—Extract Packed Single Precision Sign Mask"). */
export function MOVMSKPS_Gd_Ups(core: Core, insn: Instruction): void {
  requireSse(core);
  storeGd(core, insn, singleMask(core, insn.rm, 4));
}

export function VMOVMSKPS_Gd_Ups(core: Core, insn: Instruction): void {
  requireAvx(core);
  storeGd(core, insn, singleMask(core, insn.rm, insn.vectorLength !== 0 ? 8 : 4));
}

/** MOVMSKPD r32, xmm | 66 0F 50 | Gy,Upd (SDM Vol. 2B, "MOVMSKPD—Extract Packed Double Precision Sign Mask"). */
export function MOVMSKPD_Gd_Upd(core: Core, insn: Instruction): void {
  requireSse(core);
  storeGd(core, insn, doubleMask(core, insn.rm, 2));
}

export function VMOVMSKPD_Gd_Upd(core: Core, insn: Instruction): void {
  requireAvx(core);
  storeGd(core, insn, doubleMask(core, insn.rm, insn.vectorLength !== 0 ? 4 : 2));
}

export const MOVMSKPS_Gq_Ups = MOVMSKPS_Gd_Ups;
export const MOVMSKPD_Gq_Upd = MOVMSKPD_Gd_Upd;
export const VMOVMSKPS_Gq_Ups = VMOVMSKPS_Gd_Ups;
export const VMOVMSKPD_Gq_Upd = VMOVMSKPD_Gd_Upd;
