import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { closeEb, closeEd, closeEq, closeEw, openEb, openEd, openEq, openEw } from './operand.ts';

/*
 * SHL SHR SAR (SDM Vol. 2B, "SAL/SAR/SHL/SHR—Shift"). The count is taken modulo 32, or 64 for quadwords; a count of 0 leaves
 * the flags alone. Otherwise CF is the last bit shifted out and SF ZF PF follow the result. What the manual leaves open is as
 * an AMD Zen 3 does it (test/vectors/integer.txt): AF is set, OF follows the formula of a count of 1, and CF of a count beyond
 * the operand is what an operand extended by zeros (SAR: by its sign) would shift out. A 32-bit register destination loses its upper half
 * even when the count is 0.
 */

/** Byte offset of CL. */
const CL = 8;

function shl8(core: Core, insn: Instruction, count: number): void {
  const dest = openEb(core, insn);
  if (count === 0) {
    closeEb(core, insn, dest);
    return;
  }
  const result = dest << count;
  closeEb(core, insn, result);
  const cf = (result >> 8) & 1;
  core.flags.setResult(8, result, cf, ((result >> 7) & 1) ^ cf, 1);
}

/** SHL r/m8, imm8 | C0 /4 ib, D0 /4 | Eb,Ib. */
export function SHL_Eb_Ib(core: Core, insn: Instruction): void {
  shl8(core, insn, insn.immediate & 31);
}

/** SHL r/m8, CL | D2 /4 | Eb,CL. */
export function SHL_Eb_CL(core: Core, insn: Instruction): void {
  shl8(core, insn, core.gpr8[CL]! & 31);
}

function shl16(core: Core, insn: Instruction, count: number): void {
  const dest = openEw(core, insn);
  if (count === 0) {
    closeEw(core, insn, dest);
    return;
  }
  const result = dest << count;
  closeEw(core, insn, result);
  const cf = (result >> 16) & 1;
  core.flags.setResult(16, result, cf, ((result >> 15) & 1) ^ cf, 1);
}

/** SHL r/m16, imm8 | C1 /4 ib, D1 /4 | Ew,Ib. */
export function SHL_Ew_Ib(core: Core, insn: Instruction): void {
  shl16(core, insn, insn.immediate & 31);
}

/** SHL r/m16, CL | D3 /4 | Ew,CL. */
export function SHL_Ew_CL(core: Core, insn: Instruction): void {
  shl16(core, insn, core.gpr8[CL]! & 31);
}

function shl32(core: Core, insn: Instruction, count: number): void {
  const dest = openEd(core, insn);
  if (count === 0) {
    closeEd(core, insn, dest);
    return;
  }
  const result = dest << count;
  closeEd(core, insn, result);
  const cf = (dest >>> (32 - count)) & 1;
  core.flags.setResult(32, result, cf, (result >>> 31) ^ cf, 1);
}

/** SHL r/m32, imm8 | C1 /4 ib, D1 /4 | Ed,Ib. */
export function SHL_Ed_Ib(core: Core, insn: Instruction): void {
  shl32(core, insn, insn.immediate & 31);
}

/** SHL r/m32, CL | D3 /4 | Ed,CL. */
export function SHL_Ed_CL(core: Core, insn: Instruction): void {
  shl32(core, insn, core.gpr8[CL]! & 31);
}

function shl64(core: Core, insn: Instruction, count: number): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  if (count === 0) return;
  const isFar = count >= 32;
  const resultLo = isFar ? 0 : destLo << count;
  const resultHi = isFar ? destLo << count : (destHi << count) | (destLo >>> (32 - count));
  // A JavaScript shift count is taken modulo 32: `-count` is the distance of the last bit out from bit 0.
  const cf = ((count > 32 ? destLo : destHi) >>> -count) & 1;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.setResult64(resultLo, resultHi, cf, (resultHi >>> 31) ^ cf, 1);
}

/** SHL r/m64, imm8 | REX.W C1 /4 ib, D1 /4 | Eq,Ib. */
export function SHL_Eq_Ib(core: Core, insn: Instruction): void {
  shl64(core, insn, insn.immediate & 63);
}

/** SHL r/m64, CL | REX.W D3 /4 | Eq,CL. */
export function SHL_Eq_CL(core: Core, insn: Instruction): void {
  shl64(core, insn, core.gpr8[CL]! & 63);
}

function shr8(core: Core, insn: Instruction, count: number): void {
  const dest = openEb(core, insn);
  if (count === 0) {
    closeEb(core, insn, dest);
    return;
  }
  const result = dest >>> count;
  closeEb(core, insn, result);
  core.flags.setResult(8, result, (dest >>> (count - 1)) & 1, (result >>> 6) & 1, 1);
}

/** SHR r/m8, imm8 | C0 /5 ib, D0 /5 | Eb,Ib. */
export function SHR_Eb_Ib(core: Core, insn: Instruction): void {
  shr8(core, insn, insn.immediate & 31);
}

/** SHR r/m8, CL | D2 /5 | Eb,CL. */
export function SHR_Eb_CL(core: Core, insn: Instruction): void {
  shr8(core, insn, core.gpr8[CL]! & 31);
}

function shr16(core: Core, insn: Instruction, count: number): void {
  const dest = openEw(core, insn);
  if (count === 0) {
    closeEw(core, insn, dest);
    return;
  }
  const result = dest >>> count;
  closeEw(core, insn, result);
  core.flags.setResult(16, result, (dest >>> (count - 1)) & 1, (result >>> 14) & 1, 1);
}

/** SHR r/m16, imm8 | C1 /5 ib, D1 /5 | Ew,Ib. */
export function SHR_Ew_Ib(core: Core, insn: Instruction): void {
  shr16(core, insn, insn.immediate & 31);
}

/** SHR r/m16, CL | D3 /5 | Ew,CL. */
export function SHR_Ew_CL(core: Core, insn: Instruction): void {
  shr16(core, insn, core.gpr8[CL]! & 31);
}

function shr32(core: Core, insn: Instruction, count: number): void {
  const dest = openEd(core, insn);
  if (count === 0) {
    closeEd(core, insn, dest);
    return;
  }
  const result = (dest >>> count) | 0;
  closeEd(core, insn, result);
  core.flags.setResult(32, result, (dest >>> (count - 1)) & 1, (result >>> 30) & 1, 1);
}

/** SHR r/m32, imm8 | C1 /5 ib, D1 /5 | Ed,Ib. */
export function SHR_Ed_Ib(core: Core, insn: Instruction): void {
  shr32(core, insn, insn.immediate & 31);
}

/** SHR r/m32, CL | D3 /5 | Ed,CL. */
export function SHR_Ed_CL(core: Core, insn: Instruction): void {
  shr32(core, insn, core.gpr8[CL]! & 31);
}

function shr64(core: Core, insn: Instruction, count: number): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  if (count === 0) return;
  const isFar = count >= 32;
  const resultLo = isFar ? destHi >>> count : (destLo >>> count) | (destHi << (32 - count));
  const resultHi = isFar ? 0 : destHi >>> count;
  const cf = ((count > 32 ? destHi : destLo) >>> (count - 1)) & 1;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.setResult64(resultLo, resultHi, cf, (resultHi >>> 30) & 1, 1);
}

/** SHR r/m64, imm8 | REX.W C1 /5 ib, D1 /5 | Eq,Ib. */
export function SHR_Eq_Ib(core: Core, insn: Instruction): void {
  shr64(core, insn, insn.immediate & 63);
}

/** SHR r/m64, CL | REX.W D3 /5 | Eq,CL. */
export function SHR_Eq_CL(core: Core, insn: Instruction): void {
  shr64(core, insn, core.gpr8[CL]! & 63);
}

function sar8(core: Core, insn: Instruction, count: number): void {
  const dest = openEb(core, insn);
  if (count === 0) {
    closeEb(core, insn, dest);
    return;
  }
  const signed = (dest << 24) >> 24;
  const result = signed >> count;
  closeEb(core, insn, result);
  core.flags.setResult(8, result, (signed >> (count - 1)) & 1, 0, 1);
}

/** SAR r/m8, imm8 | C0 /7 ib, D0 /7 | Eb,Ib. */
export function SAR_Eb_Ib(core: Core, insn: Instruction): void {
  sar8(core, insn, insn.immediate & 31);
}

/** SAR r/m8, CL | D2 /7 | Eb,CL. */
export function SAR_Eb_CL(core: Core, insn: Instruction): void {
  sar8(core, insn, core.gpr8[CL]! & 31);
}

function sar16(core: Core, insn: Instruction, count: number): void {
  const dest = openEw(core, insn);
  if (count === 0) {
    closeEw(core, insn, dest);
    return;
  }
  const signed = (dest << 16) >> 16;
  const result = signed >> count;
  closeEw(core, insn, result);
  core.flags.setResult(16, result, (signed >> (count - 1)) & 1, 0, 1);
}

/** SAR r/m16, imm8 | C1 /7 ib, D1 /7 | Ew,Ib. */
export function SAR_Ew_Ib(core: Core, insn: Instruction): void {
  sar16(core, insn, insn.immediate & 31);
}

/** SAR r/m16, CL | D3 /7 | Ew,CL. */
export function SAR_Ew_CL(core: Core, insn: Instruction): void {
  sar16(core, insn, core.gpr8[CL]! & 31);
}

function sar32(core: Core, insn: Instruction, count: number): void {
  const dest = openEd(core, insn);
  if (count === 0) {
    closeEd(core, insn, dest);
    return;
  }
  const result = dest >> count;
  closeEd(core, insn, result);
  core.flags.setResult(32, result, (dest >> (count - 1)) & 1, 0, 1);
}

/** SAR r/m32, imm8 | C1 /7 ib, D1 /7 | Ed,Ib. */
export function SAR_Ed_Ib(core: Core, insn: Instruction): void {
  sar32(core, insn, insn.immediate & 31);
}

/** SAR r/m32, CL | D3 /7 | Ed,CL. */
export function SAR_Ed_CL(core: Core, insn: Instruction): void {
  sar32(core, insn, core.gpr8[CL]! & 31);
}

function sar64(core: Core, insn: Instruction, count: number): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  if (count === 0) return;
  const isFar = count >= 32;
  const resultLo = isFar ? destHi >> count : (destLo >>> count) | (destHi << (32 - count));
  const resultHi = isFar ? destHi >> 31 : destHi >> count;
  const cf = ((count > 32 ? destHi : destLo) >> (count - 1)) & 1;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.setResult64(resultLo, resultHi, cf, 0, 1);
}

/** SAR r/m64, imm8 | REX.W C1 /7 ib, D1 /7 | Eq,Ib. */
export function SAR_Eq_Ib(core: Core, insn: Instruction): void {
  sar64(core, insn, insn.immediate & 63);
}

/** SAR r/m64, CL | REX.W D3 /7 | Eq,CL. */
export function SAR_Eq_CL(core: Core, insn: Instruction): void {
  sar64(core, insn, core.gpr8[CL]! & 63);
}
