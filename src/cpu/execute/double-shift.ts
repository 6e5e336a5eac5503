import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { closeEd, closeEq, closeEw, openEd, openEq, openEw } from './operand.ts';

/*
 * SHLD SHRD (SDM Vol. 2B, "SHLD—Double Precision Shift Left", "SHRD—Double Precision Shift Right"). Counts and flags are those
 * of the shifts. A 16-bit operand with a count above 16, which the manual leaves open, shifts in the source a second time and
 * clears CF, as an AMD Zen 3 does (test/vectors/integer.txt).
 */

/** Byte offset of CL. */
const CL = 8;

function shld16(core: Core, insn: Instruction, count: number): void {
  const dest = openEw(core, insn);
  if (count === 0) {
    closeEw(core, insn, dest);
    return;
  }
  const src = core.gpr16[insn.reg * 4]!;
  let result: number;
  let cf = 0;
  let of = 0;
  if (count <= 16) {
    result = (((dest << 16) | src) << count) >>> 16;
    cf = (dest >>> (16 - count)) & 1;
    of = count === 16 ? cf : (result >>> 15) ^ cf;
  } else {
    result = ((src << (count - 16)) | (src >>> (32 - count))) & 0xffff;
  }
  closeEw(core, insn, result);
  core.flags.setResult(16, result, cf, of, 1);
}

/** SHLD r/m16, r16, imm8 | 0F A4 /r ib | Ew,Gw,Ib. */
export function SHLD_Ew_Gw_Ib(core: Core, insn: Instruction): void {
  shld16(core, insn, insn.immediate & 31);
}

/** SHLD r/m16, r16, CL | 0F A5 /r | Ew,Gw,CL. */
export function SHLD_Ew_Gw_CL(core: Core, insn: Instruction): void {
  shld16(core, insn, core.gpr8[CL]! & 31);
}

function shld32(core: Core, insn: Instruction, count: number): void {
  const dest = openEd(core, insn);
  if (count === 0) {
    closeEd(core, insn, dest);
    return;
  }
  const src = core.gpr32[insn.reg * 2]!;
  const result = (dest << count) | (src >>> (32 - count));
  closeEd(core, insn, result);
  const cf = (dest >>> (32 - count)) & 1;
  core.flags.setResult(32, result, cf, (result >>> 31) ^ cf, 1);
}

/** SHLD r/m32, r32, imm8 | 0F A4 /r ib | Ed,Gd,Ib. */
export function SHLD_Ed_Gd_Ib(core: Core, insn: Instruction): void {
  shld32(core, insn, insn.immediate & 31);
}

/** SHLD r/m32, r32, CL | 0F A5 /r | Ed,Gd,CL. */
export function SHLD_Ed_Gd_CL(core: Core, insn: Instruction): void {
  shld32(core, insn, core.gpr8[CL]! & 31);
}

function shld64(core: Core, insn: Instruction, count: number): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  if (count === 0) return;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  let resultLo: number;
  let resultHi: number;
  if (count < 32) {
    resultHi = (destHi << count) | (destLo >>> (32 - count));
    resultLo = (destLo << count) | (srcHi >>> (32 - count));
  } else {
    resultHi = (destLo << count) | ((srcHi >>> 1) >>> ~count);
    resultLo = (srcHi << count) | ((srcLo >>> 1) >>> ~count);
  }
  const cf = ((count > 32 ? destLo : destHi) >>> -count) & 1;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.setResult64(resultLo, resultHi, cf, (resultHi >>> 31) ^ cf, 1);
}

/** SHLD r/m64, r64, imm8 | REX.W 0F A4 /r ib | Eq,Gq,Ib. */
export function SHLD_Eq_Gq_Ib(core: Core, insn: Instruction): void {
  shld64(core, insn, insn.immediate & 63);
}

/** SHLD r/m64, r64, CL | REX.W 0F A5 /r | Eq,Gq,CL. */
export function SHLD_Eq_Gq_CL(core: Core, insn: Instruction): void {
  shld64(core, insn, core.gpr8[CL]! & 63);
}

function shrd16(core: Core, insn: Instruction, count: number): void {
  const dest = openEw(core, insn);
  if (count === 0) {
    closeEw(core, insn, dest);
    return;
  }
  const src = core.gpr16[insn.reg * 4]!;
  let result: number;
  let cf = 0;
  if (count <= 16) {
    result = (((src << 16) | dest) >>> count) & 0xffff;
    cf = (dest >>> (count - 1)) & 1;
  } else {
    result = ((src >>> (count - 16)) | (src << (32 - count))) & 0xffff;
  }
  closeEw(core, insn, result);
  core.flags.setResult(16, result, cf, ((result >>> 15) ^ (result >>> 14)) & 1, 1);
}

/** SHRD r/m16, r16, imm8 | 0F AC /r ib | Ew,Gw,Ib. */
export function SHRD_Ew_Gw_Ib(core: Core, insn: Instruction): void {
  shrd16(core, insn, insn.immediate & 31);
}

/** SHRD r/m16, r16, CL | 0F AD /r | Ew,Gw,CL. */
export function SHRD_Ew_Gw_CL(core: Core, insn: Instruction): void {
  shrd16(core, insn, core.gpr8[CL]! & 31);
}

function shrd32(core: Core, insn: Instruction, count: number): void {
  const dest = openEd(core, insn);
  if (count === 0) {
    closeEd(core, insn, dest);
    return;
  }
  const src = core.gpr32[insn.reg * 2]!;
  const result = (dest >>> count) | (src << (32 - count));
  closeEd(core, insn, result);
  core.flags.setResult(32, result, (dest >>> (count - 1)) & 1, ((result >>> 31) ^ (result >>> 30)) & 1, 1);
}

/** SHRD r/m32, r32, imm8 | 0F AC /r ib | Ed,Gd,Ib. */
export function SHRD_Ed_Gd_Ib(core: Core, insn: Instruction): void {
  shrd32(core, insn, insn.immediate & 31);
}

/** SHRD r/m32, r32, CL | 0F AD /r | Ed,Gd,CL. */
export function SHRD_Ed_Gd_CL(core: Core, insn: Instruction): void {
  shrd32(core, insn, core.gpr8[CL]! & 31);
}

function shrd64(core: Core, insn: Instruction, count: number): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  if (count === 0) return;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  let resultLo: number;
  let resultHi: number;
  if (count < 32) {
    resultLo = (destLo >>> count) | (destHi << (32 - count));
    resultHi = (destHi >>> count) | (srcLo << (32 - count));
  } else {
    resultLo = (destHi >>> count) | ((srcLo << 1) << ~count);
    resultHi = (srcLo >>> count) | ((srcHi << 1) << ~count);
  }
  const cf = ((count > 32 ? destHi : destLo) >>> (count - 1)) & 1;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.setResult64(resultLo, resultHi, cf, ((resultHi >>> 31) ^ (resultHi >>> 30)) & 1, 1);
}

/** SHRD r/m64, r64, imm8 | REX.W 0F AC /r ib | Eq,Gq,Ib. */
export function SHRD_Eq_Gq_Ib(core: Core, insn: Instruction): void {
  shrd64(core, insn, insn.immediate & 63);
}

/** SHRD r/m64, r64, CL | REX.W 0F AD /r | Eq,Gq,CL. */
export function SHRD_Eq_Gq_CL(core: Core, insn: Instruction): void {
  shrd64(core, insn, core.gpr8[CL]! & 63);
}
