import { carryOut } from '../../bits/words.ts';
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

/*
 * ADD ADC INC (SDM Vol. 2A, "ADD—Add", "ADC—Add With Carry", "INC—Increment by 1"). All write OF SF ZF AF PF, and all but
 * INC write CF.
 */

/** ADD r/m8, r8 | 00 /r | Eb,Gb. */
export function ADD_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = core.gpr8[insn.reg8]!;
  const result = dest + src;
  closeEb(core, insn, result);
  core.flags.add8(dest, src, result);
}

/** ADD r/m16, r16 | 01 /r | Ew,Gw. */
export function ADD_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = core.gpr16[insn.reg * 4]!;
  const result = dest + src;
  closeEw(core, insn, result);
  core.flags.add16(dest, src, result);
}

/** ADD r/m32, r32 | 01 /r | Ed,Gd. */
export function ADD_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = core.gpr32[insn.reg * 2]!;
  const result = (dest + src) | 0;
  closeEd(core, insn, result);
  core.flags.add32(dest, src, result);
}

/** ADD r/m64, r64 | REX.W 01 /r | Eq,Gq. */
export function ADD_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = (destLo + srcLo) | 0;
  const resultHi = (destHi + srcHi + carryOut(srcLo, resultLo)) | 0;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.add64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** ADD r8, r/m8 | 02 /r | Gb,Eb. */
export function ADD_Gb_Eb(core: Core, insn: Instruction): void {
  const src = loadEb(core, insn);
  const dest = core.gpr8[insn.reg8]!;
  const result = dest + src;
  core.gpr8[insn.reg8] = result;
  core.flags.add8(dest, src, result);
}

/** ADD r16, r/m16 | 03 /r | Gw,Ew. */
export function ADD_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  const dest = core.gpr16[insn.reg * 4]!;
  const result = dest + src;
  core.gpr16[insn.reg * 4] = result;
  core.flags.add16(dest, src, result);
}

/** ADD r32, r/m32 | 03 /r | Gd,Ed. */
export function ADD_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const dest = core.gpr32[insn.reg * 2]!;
  const result = (dest + src) | 0;
  storeGd(core, insn, result);
  core.flags.add32(dest, src, result);
}

/** ADD r64, r/m64 | REX.W 03 /r | Gq,Eq. */
export function ADD_Gq_Eq(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  const srcHi = core.high;
  const destLo = core.gpr32[insn.reg * 2]!;
  const destHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = (destLo + srcLo) | 0;
  const resultHi = (destHi + srcHi + carryOut(srcLo, resultLo)) | 0;
  storeGq(core, insn, resultLo, resultHi);
  core.flags.add64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** ADD r/m8, imm8 | 80 /0 ib, 04 ib | Eb,Ib. */
export function ADD_Eb_Ib(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = insn.immediate;
  const result = dest + src;
  closeEb(core, insn, result);
  core.flags.add8(dest, src, result);
}

/** ADD r/m16, imm16 | 81 /0 iw, 83 /0 ib, 05 iw | Ew,Iw. */
export function ADD_Ew_Iw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = insn.immediate;
  const result = dest + src;
  closeEw(core, insn, result);
  core.flags.add16(dest, src, result);
}

/** ADD r/m32, imm32 | 81 /0 id, 83 /0 ib, 05 id | Ed,Id. */
export function ADD_Ed_Id(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = insn.immediate;
  const result = (dest + src) | 0;
  closeEd(core, insn, result);
  core.flags.add32(dest, src, result);
}

/** ADD r/m64, imm32 | REX.W 81 /0 id, 83 /0 ib, 05 id | Eq,Id. */
export function ADD_Eq_Id(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = insn.immediate;
  const srcHi = insn.immediateHigh;
  const resultLo = (destLo + srcLo) | 0;
  const resultHi = (destHi + srcHi + carryOut(srcLo, resultLo)) | 0;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.add64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** ADC r/m8, r8 | 10 /r | Eb,Gb. */
export function ADC_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = core.gpr8[insn.reg8]!;
  const result = dest + src + core.flags.cf();
  closeEb(core, insn, result);
  core.flags.add8(dest, src, result);
}

/** ADC r/m16, r16 | 11 /r | Ew,Gw. */
export function ADC_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = core.gpr16[insn.reg * 4]!;
  const result = dest + src + core.flags.cf();
  closeEw(core, insn, result);
  core.flags.add16(dest, src, result);
}

/** ADC r/m32, r32 | 11 /r | Ed,Gd. */
export function ADC_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = core.gpr32[insn.reg * 2]!;
  const result = (dest + src + core.flags.cf()) | 0;
  closeEd(core, insn, result);
  core.flags.add32(dest, src, result);
}

/** ADC r/m64, r64 | REX.W 11 /r | Eq,Gq. */
export function ADC_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = (destLo + srcLo + core.flags.cf()) | 0;
  const carry = ((destLo & srcLo) | ((destLo | srcLo) & ~resultLo)) >>> 31;
  const resultHi = (destHi + srcHi + carry) | 0;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.add64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** ADC r8, r/m8 | 12 /r | Gb,Eb. */
export function ADC_Gb_Eb(core: Core, insn: Instruction): void {
  const src = loadEb(core, insn);
  const dest = core.gpr8[insn.reg8]!;
  const result = dest + src + core.flags.cf();
  core.gpr8[insn.reg8] = result;
  core.flags.add8(dest, src, result);
}

/** ADC r16, r/m16 | 13 /r | Gw,Ew. */
export function ADC_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  const dest = core.gpr16[insn.reg * 4]!;
  const result = dest + src + core.flags.cf();
  core.gpr16[insn.reg * 4] = result;
  core.flags.add16(dest, src, result);
}

/** ADC r32, r/m32 | 13 /r | Gd,Ed. */
export function ADC_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const dest = core.gpr32[insn.reg * 2]!;
  const result = (dest + src + core.flags.cf()) | 0;
  storeGd(core, insn, result);
  core.flags.add32(dest, src, result);
}

/** ADC r64, r/m64 | REX.W 13 /r | Gq,Eq. */
export function ADC_Gq_Eq(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  const srcHi = core.high;
  const destLo = core.gpr32[insn.reg * 2]!;
  const destHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = (destLo + srcLo + core.flags.cf()) | 0;
  const carry = ((destLo & srcLo) | ((destLo | srcLo) & ~resultLo)) >>> 31;
  const resultHi = (destHi + srcHi + carry) | 0;
  storeGq(core, insn, resultLo, resultHi);
  core.flags.add64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** ADC r/m8, imm8 | 80 /2 ib, 14 ib | Eb,Ib. */
export function ADC_Eb_Ib(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = insn.immediate;
  const result = dest + src + core.flags.cf();
  closeEb(core, insn, result);
  core.flags.add8(dest, src, result);
}

/** ADC r/m16, imm16 | 81 /2 iw, 83 /2 ib, 15 iw | Ew,Iw. */
export function ADC_Ew_Iw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = insn.immediate;
  const result = dest + src + core.flags.cf();
  closeEw(core, insn, result);
  core.flags.add16(dest, src, result);
}

/** ADC r/m32, imm32 | 81 /2 id, 83 /2 ib, 15 id | Ed,Id. */
export function ADC_Ed_Id(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = insn.immediate;
  const result = (dest + src + core.flags.cf()) | 0;
  closeEd(core, insn, result);
  core.flags.add32(dest, src, result);
}

/** ADC r/m64, imm32 | REX.W 81 /2 id, 83 /2 ib, 15 id | Eq,Id. */
export function ADC_Eq_Id(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = insn.immediate;
  const srcHi = insn.immediateHigh;
  const resultLo = (destLo + srcLo + core.flags.cf()) | 0;
  const carry = ((destLo & srcLo) | ((destLo | srcLo) & ~resultLo)) >>> 31;
  const resultHi = (destHi + srcHi + carry) | 0;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.add64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** INC r/m8 | FE /0 | Eb. CF is left alone. */
export function INC_Eb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const result = dest + 1;
  closeEb(core, insn, result);
  const cf = core.flags.cf();
  core.flags.add8(dest, 1, result);
  core.flags.restoreCf(cf);
}

/** INC r/m16 | FF /0, 40+r | Ew. CF is left alone. */
export function INC_Ew(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const result = dest + 1;
  closeEw(core, insn, result);
  const cf = core.flags.cf();
  core.flags.add16(dest, 1, result);
  core.flags.restoreCf(cf);
}

/** INC r/m32 | FF /0, 40+r | Ed. CF is left alone. */
export function INC_Ed(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const result = (dest + 1) | 0;
  closeEd(core, insn, result);
  const cf = core.flags.cf();
  core.flags.add32(dest, 1, result);
  core.flags.restoreCf(cf);
}

/** INC r/m64 | REX.W FF /0 | Eq. CF is left alone. */
export function INC_Eq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const resultLo = (destLo + 1) | 0;
  const resultHi = (destHi + (resultLo === 0 ? 1 : 0)) | 0;
  closeEq(core, insn, resultLo, resultHi);
  const cf = core.flags.cf();
  core.flags.add64(destLo, destHi, 1, 0, resultLo, resultHi);
  core.flags.restoreCf(cf);
}
