import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import {
  closeEb,
  closeEd,
  closeEq,
  closeEw,
  loadEb,
  loadEd,
  loadEq,
  loadEw,
  openEb,
  openEd,
  openEq,
  openEw,
  storeGd,
  storeGq,
} from './operand.ts';
import { borrowOut } from './wide-math.ts';

/*
 * SUB SBB DEC NEG (SDM Vol. 2A and 2B, "SUB—Subtract", "SBB—Integer Subtraction With Borrow", "DEC—Decrement by 1",
 * "NEG—Two's Complement Negation"). All write OF SF ZF AF PF, and all but DEC write CF, the borrow.
 */

/** SUB r/m8, r8 | 28 /r | Eb,Gb. */
export function SUB_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = core.gpr8[insn.reg8]!;
  const result = dest - src;
  closeEb(core, insn, result);
  core.flags.sub8(dest, src, result);
}

/** SUB r/m16, r16 | 29 /r | Ew,Gw. */
export function SUB_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = core.gpr16[insn.reg * 4]!;
  const result = dest - src;
  closeEw(core, insn, result);
  core.flags.sub16(dest, src, result);
}

/** SUB r/m32, r32 | 29 /r | Ed,Gd. */
export function SUB_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = core.gpr32[insn.reg * 2]!;
  const result = (dest - src) | 0;
  closeEd(core, insn, result);
  core.flags.sub32(dest, src, result);
}

/** SUB r/m64, r64 | REX.W 29 /r | Eq,Gq. */
export function SUB_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = (destLo - srcLo) | 0;
  const resultHi = (destHi - srcHi - borrowOut(destLo, srcLo)) | 0;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.sub64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** SUB r8, r/m8 | 2A /r | Gb,Eb. */
export function SUB_Gb_Eb(core: Core, insn: Instruction): void {
  const src = loadEb(core, insn);
  const dest = core.gpr8[insn.reg8]!;
  const result = dest - src;
  core.gpr8[insn.reg8] = result;
  core.flags.sub8(dest, src, result);
}

/** SUB r16, r/m16 | 2B /r | Gw,Ew. */
export function SUB_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  const dest = core.gpr16[insn.reg * 4]!;
  const result = dest - src;
  core.gpr16[insn.reg * 4] = result;
  core.flags.sub16(dest, src, result);
}

/** SUB r32, r/m32 | 2B /r | Gd,Ed. */
export function SUB_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const dest = core.gpr32[insn.reg * 2]!;
  const result = (dest - src) | 0;
  storeGd(core, insn, result);
  core.flags.sub32(dest, src, result);
}

/** SUB r64, r/m64 | REX.W 2B /r | Gq,Eq. */
export function SUB_Gq_Eq(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  const srcHi = core.high;
  const destLo = core.gpr32[insn.reg * 2]!;
  const destHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = (destLo - srcLo) | 0;
  const resultHi = (destHi - srcHi - borrowOut(destLo, srcLo)) | 0;
  storeGq(core, insn, resultLo, resultHi);
  core.flags.sub64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** SUB r/m8, imm8 | 80 /5 ib, 2C ib | Eb,Ib. */
export function SUB_Eb_Ib(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = insn.immediate;
  const result = dest - src;
  closeEb(core, insn, result);
  core.flags.sub8(dest, src, result);
}

/** SUB r/m16, imm16 | 81 /5 iw, 83 /5 ib, 2D iw | Ew,Iw. */
export function SUB_Ew_Iw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = insn.immediate;
  const result = dest - src;
  closeEw(core, insn, result);
  core.flags.sub16(dest, src, result);
}

/** SUB r/m32, imm32 | 81 /5 id, 83 /5 ib, 2D id | Ed,Id. */
export function SUB_Ed_Id(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = insn.immediate;
  const result = (dest - src) | 0;
  closeEd(core, insn, result);
  core.flags.sub32(dest, src, result);
}

/** SUB r/m64, imm32 | REX.W 81 /5 id, 83 /5 ib, 2D id | Eq,Id. */
export function SUB_Eq_Id(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = insn.immediate;
  const srcHi = insn.immediateHigh;
  const resultLo = (destLo - srcLo) | 0;
  const resultHi = (destHi - srcHi - borrowOut(destLo, srcLo)) | 0;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.sub64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** SBB r/m8, r8 | 18 /r | Eb,Gb. */
export function SBB_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = core.gpr8[insn.reg8]!;
  const result = dest - src - core.flags.cf();
  closeEb(core, insn, result);
  core.flags.sub8(dest, src, result);
}

/** SBB r/m16, r16 | 19 /r | Ew,Gw. */
export function SBB_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = core.gpr16[insn.reg * 4]!;
  const result = dest - src - core.flags.cf();
  closeEw(core, insn, result);
  core.flags.sub16(dest, src, result);
}

/** SBB r/m32, r32 | 19 /r | Ed,Gd. */
export function SBB_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = core.gpr32[insn.reg * 2]!;
  const result = (dest - src - core.flags.cf()) | 0;
  closeEd(core, insn, result);
  core.flags.sub32(dest, src, result);
}

/** SBB r/m64, r64 | REX.W 19 /r | Eq,Gq. */
export function SBB_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = (destLo - srcLo - core.flags.cf()) | 0;
  const borrow = ((~destLo & srcLo) | ((~destLo | srcLo) & resultLo)) >>> 31;
  const resultHi = (destHi - srcHi - borrow) | 0;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.sub64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** SBB r8, r/m8 | 1A /r | Gb,Eb. */
export function SBB_Gb_Eb(core: Core, insn: Instruction): void {
  const src = loadEb(core, insn);
  const dest = core.gpr8[insn.reg8]!;
  const result = dest - src - core.flags.cf();
  core.gpr8[insn.reg8] = result;
  core.flags.sub8(dest, src, result);
}

/** SBB r16, r/m16 | 1B /r | Gw,Ew. */
export function SBB_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  const dest = core.gpr16[insn.reg * 4]!;
  const result = dest - src - core.flags.cf();
  core.gpr16[insn.reg * 4] = result;
  core.flags.sub16(dest, src, result);
}

/** SBB r32, r/m32 | 1B /r | Gd,Ed. */
export function SBB_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const dest = core.gpr32[insn.reg * 2]!;
  const result = (dest - src - core.flags.cf()) | 0;
  storeGd(core, insn, result);
  core.flags.sub32(dest, src, result);
}

/** SBB r64, r/m64 | REX.W 1B /r | Gq,Eq. */
export function SBB_Gq_Eq(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  const srcHi = core.high;
  const destLo = core.gpr32[insn.reg * 2]!;
  const destHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = (destLo - srcLo - core.flags.cf()) | 0;
  const borrow = ((~destLo & srcLo) | ((~destLo | srcLo) & resultLo)) >>> 31;
  const resultHi = (destHi - srcHi - borrow) | 0;
  storeGq(core, insn, resultLo, resultHi);
  core.flags.sub64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** SBB r/m8, imm8 | 80 /3 ib, 1C ib | Eb,Ib. */
export function SBB_Eb_Ib(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = insn.immediate;
  const result = dest - src - core.flags.cf();
  closeEb(core, insn, result);
  core.flags.sub8(dest, src, result);
}

/** SBB r/m16, imm16 | 81 /3 iw, 83 /3 ib, 1D iw | Ew,Iw. */
export function SBB_Ew_Iw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = insn.immediate;
  const result = dest - src - core.flags.cf();
  closeEw(core, insn, result);
  core.flags.sub16(dest, src, result);
}

/** SBB r/m32, imm32 | 81 /3 id, 83 /3 ib, 1D id | Ed,Id. */
export function SBB_Ed_Id(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = insn.immediate;
  const result = (dest - src - core.flags.cf()) | 0;
  closeEd(core, insn, result);
  core.flags.sub32(dest, src, result);
}

/** SBB r/m64, imm32 | REX.W 81 /3 id, 83 /3 ib, 1D id | Eq,Id. */
export function SBB_Eq_Id(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = insn.immediate;
  const srcHi = insn.immediateHigh;
  const resultLo = (destLo - srcLo - core.flags.cf()) | 0;
  const borrow = ((~destLo & srcLo) | ((~destLo | srcLo) & resultLo)) >>> 31;
  const resultHi = (destHi - srcHi - borrow) | 0;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.sub64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** DEC r/m8 | FE /1 | Eb. CF is left alone. */
export function DEC_Eb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const result = dest - 1;
  closeEb(core, insn, result);
  const cf = core.flags.cf();
  core.flags.sub8(dest, 1, result);
  core.flags.restoreCf(cf);
}

/** DEC r/m16 | FF /1, 48+r | Ew. CF is left alone. */
export function DEC_Ew(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const result = dest - 1;
  closeEw(core, insn, result);
  const cf = core.flags.cf();
  core.flags.sub16(dest, 1, result);
  core.flags.restoreCf(cf);
}

/** DEC r/m32 | FF /1, 48+r | Ed. CF is left alone. */
export function DEC_Ed(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const result = (dest - 1) | 0;
  closeEd(core, insn, result);
  const cf = core.flags.cf();
  core.flags.sub32(dest, 1, result);
  core.flags.restoreCf(cf);
}

/** DEC r/m64 | REX.W FF /1 | Eq. CF is left alone. */
export function DEC_Eq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const resultLo = (destLo - 1) | 0;
  const resultHi = (destHi - (destLo === 0 ? 1 : 0)) | 0;
  closeEq(core, insn, resultLo, resultHi);
  const cf = core.flags.cf();
  core.flags.sub64(destLo, destHi, 1, 0, resultLo, resultHi);
  core.flags.restoreCf(cf);
}

/** NEG r/m8 | F6 /3 | Eb. CF says that the operand was not 0. */
export function NEG_Eb(core: Core, insn: Instruction): void {
  const src = openEb(core, insn);
  const result = 0 - src;
  closeEb(core, insn, result);
  core.flags.sub8(0, src, result);
}

/** NEG r/m16 | F7 /3 | Ew. CF says that the operand was not 0. */
export function NEG_Ew(core: Core, insn: Instruction): void {
  const src = openEw(core, insn);
  const result = 0 - src;
  closeEw(core, insn, result);
  core.flags.sub16(0, src, result);
}

/** NEG r/m32 | F7 /3 | Ed. CF says that the operand was not 0. */
export function NEG_Ed(core: Core, insn: Instruction): void {
  const src = openEd(core, insn);
  const result = (0 - src) | 0;
  closeEd(core, insn, result);
  core.flags.sub32(0, src, result);
}

/** NEG r/m64 | REX.W F7 /3 | Eq. CF says that the operand was not 0. */
export function NEG_Eq(core: Core, insn: Instruction): void {
  const srcLo = openEq(core, insn);
  const srcHi = core.high;
  const resultLo = (0 - srcLo) | 0;
  const resultHi = (0 - srcHi - (srcLo !== 0 ? 1 : 0)) | 0;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.sub64(0, 0, srcLo, srcHi, resultLo, resultHi);
}
