import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { closeEb, closeEd, closeEq, closeEw, openEb, openEd, openEq, openEw } from './operand.ts';

/*
 * ROL ROR RCL RCR (SDM Vol. 2B, "RCL/RCR/ROL/ROR—Rotate"). The count is taken modulo 32, or 64 for quadwords; then RCL and RCR
 * take it modulo 9 or 17 for bytes and words. A count of 0 leaves the flags alone; otherwise CF and OF alone change. OF, which
 * the manual defines for a count of 1, follows the same formula for every count, as an AMD Zen 3 does
 * (test/vectors/integer.txt). A 32-bit register destination loses its upper half
 * even when the count is 0.
 */

/** Byte offset of CL. */
const CL = 8;

function rol8(core: Core, insn: Instruction, count: number): void {
  const dest = openEb(core, insn);
  if (count === 0) {
    closeEb(core, insn, dest);
    return;
  }
  const by = count & 7;
  const result = ((dest << by) | (dest >>> (8 - by))) & 0xff;
  closeEb(core, insn, result);
  const cf = result & 1;
  core.flags.setCfOf(cf, (result >>> 7) ^ cf);
}

/** ROL r/m8, imm8 | C0 /0 ib, D0 /0 | Eb,Ib. */
export function ROL_Eb_Ib(core: Core, insn: Instruction): void {
  rol8(core, insn, insn.immediate & 31);
}

/** ROL r/m8, CL | D2 /0 | Eb,CL. */
export function ROL_Eb_CL(core: Core, insn: Instruction): void {
  rol8(core, insn, core.gpr8[CL]! & 31);
}

function rol16(core: Core, insn: Instruction, count: number): void {
  const dest = openEw(core, insn);
  if (count === 0) {
    closeEw(core, insn, dest);
    return;
  }
  const by = count & 15;
  const result = ((dest << by) | (dest >>> (16 - by))) & 0xffff;
  closeEw(core, insn, result);
  const cf = result & 1;
  core.flags.setCfOf(cf, (result >>> 15) ^ cf);
}

/** ROL r/m16, imm8 | C1 /0 ib, D1 /0 | Ew,Ib. */
export function ROL_Ew_Ib(core: Core, insn: Instruction): void {
  rol16(core, insn, insn.immediate & 31);
}

/** ROL r/m16, CL | D3 /0 | Ew,CL. */
export function ROL_Ew_CL(core: Core, insn: Instruction): void {
  rol16(core, insn, core.gpr8[CL]! & 31);
}

function rol32(core: Core, insn: Instruction, count: number): void {
  const dest = openEd(core, insn);
  if (count === 0) {
    closeEd(core, insn, dest);
    return;
  }
  const result = (dest << count) | (dest >>> (32 - count));
  closeEd(core, insn, result);
  const cf = result & 1;
  core.flags.setCfOf(cf, (result >>> 31) ^ cf);
}

/** ROL r/m32, imm8 | C1 /0 ib, D1 /0 | Ed,Ib. */
export function ROL_Ed_Ib(core: Core, insn: Instruction): void {
  rol32(core, insn, insn.immediate & 31);
}

/** ROL r/m32, CL | D3 /0 | Ed,CL. */
export function ROL_Ed_CL(core: Core, insn: Instruction): void {
  rol32(core, insn, core.gpr8[CL]! & 31);
}

function rol64(core: Core, insn: Instruction, count: number): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  if (count === 0) return;
  const lo = count < 32 ? destLo : destHi;
  const hi = count < 32 ? destHi : destLo;
  const resultLo = (lo << count) | ((hi >>> 1) >>> ~count);
  const resultHi = (hi << count) | ((lo >>> 1) >>> ~count);
  closeEq(core, insn, resultLo, resultHi);
  const cf = resultLo & 1;
  core.flags.setCfOf(cf, (resultHi >>> 31) ^ cf);
}

/** ROL r/m64, imm8 | REX.W C1 /0 ib, D1 /0 | Eq,Ib. */
export function ROL_Eq_Ib(core: Core, insn: Instruction): void {
  rol64(core, insn, insn.immediate & 63);
}

/** ROL r/m64, CL | REX.W D3 /0 | Eq,CL. */
export function ROL_Eq_CL(core: Core, insn: Instruction): void {
  rol64(core, insn, core.gpr8[CL]! & 63);
}

function ror8(core: Core, insn: Instruction, count: number): void {
  const dest = openEb(core, insn);
  if (count === 0) {
    closeEb(core, insn, dest);
    return;
  }
  const by = count & 7;
  const result = ((dest >>> by) | (dest << (8 - by))) & 0xff;
  closeEb(core, insn, result);
  const cf = result >>> 7;
  core.flags.setCfOf(cf, ((result >>> 6) & 1) ^ cf);
}

/** ROR r/m8, imm8 | C0 /1 ib, D0 /1 | Eb,Ib. */
export function ROR_Eb_Ib(core: Core, insn: Instruction): void {
  ror8(core, insn, insn.immediate & 31);
}

/** ROR r/m8, CL | D2 /1 | Eb,CL. */
export function ROR_Eb_CL(core: Core, insn: Instruction): void {
  ror8(core, insn, core.gpr8[CL]! & 31);
}

function ror16(core: Core, insn: Instruction, count: number): void {
  const dest = openEw(core, insn);
  if (count === 0) {
    closeEw(core, insn, dest);
    return;
  }
  const by = count & 15;
  const result = ((dest >>> by) | (dest << (16 - by))) & 0xffff;
  closeEw(core, insn, result);
  const cf = result >>> 15;
  core.flags.setCfOf(cf, ((result >>> 14) & 1) ^ cf);
}

/** ROR r/m16, imm8 | C1 /1 ib, D1 /1 | Ew,Ib. */
export function ROR_Ew_Ib(core: Core, insn: Instruction): void {
  ror16(core, insn, insn.immediate & 31);
}

/** ROR r/m16, CL | D3 /1 | Ew,CL. */
export function ROR_Ew_CL(core: Core, insn: Instruction): void {
  ror16(core, insn, core.gpr8[CL]! & 31);
}

function ror32(core: Core, insn: Instruction, count: number): void {
  const dest = openEd(core, insn);
  if (count === 0) {
    closeEd(core, insn, dest);
    return;
  }
  const result = (dest >>> count) | (dest << (32 - count));
  closeEd(core, insn, result);
  const cf = result >>> 31;
  core.flags.setCfOf(cf, ((result >>> 30) & 1) ^ cf);
}

/** ROR r/m32, imm8 | C1 /1 ib, D1 /1 | Ed,Ib. */
export function ROR_Ed_Ib(core: Core, insn: Instruction): void {
  ror32(core, insn, insn.immediate & 31);
}

/** ROR r/m32, CL | D3 /1 | Ed,CL. */
export function ROR_Ed_CL(core: Core, insn: Instruction): void {
  ror32(core, insn, core.gpr8[CL]! & 31);
}

function ror64(core: Core, insn: Instruction, count: number): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  if (count === 0) return;
  const lo = count < 32 ? destLo : destHi;
  const hi = count < 32 ? destHi : destLo;
  const resultLo = (lo >>> count) | ((hi << 1) << ~count);
  const resultHi = (hi >>> count) | ((lo << 1) << ~count);
  closeEq(core, insn, resultLo, resultHi);
  const cf = resultHi >>> 31;
  core.flags.setCfOf(cf, ((resultHi >>> 30) & 1) ^ cf);
}

/** ROR r/m64, imm8 | REX.W C1 /1 ib, D1 /1 | Eq,Ib. */
export function ROR_Eq_Ib(core: Core, insn: Instruction): void {
  ror64(core, insn, insn.immediate & 63);
}

/** ROR r/m64, CL | REX.W D3 /1 | Eq,CL. */
export function ROR_Eq_CL(core: Core, insn: Instruction): void {
  ror64(core, insn, core.gpr8[CL]! & 63);
}

function rcl8(core: Core, insn: Instruction, count: number): void {
  const dest = openEb(core, insn);
  if (count === 0) {
    closeEb(core, insn, dest);
    return;
  }
  const by = count % 9;
  const through = (core.flags.cf() << 8) | dest;
  const result = (through << by) | (through >>> (9 - by));
  closeEb(core, insn, result);
  const cf = (result >>> 8) & 1;
  core.flags.setCfOf(cf, ((result >>> 7) & 1) ^ cf);
}

/** RCL r/m8, imm8 | C0 /2 ib, D0 /2 | Eb,Ib. */
export function RCL_Eb_Ib(core: Core, insn: Instruction): void {
  rcl8(core, insn, insn.immediate & 31);
}

/** RCL r/m8, CL | D2 /2 | Eb,CL. */
export function RCL_Eb_CL(core: Core, insn: Instruction): void {
  rcl8(core, insn, core.gpr8[CL]! & 31);
}

function rcl16(core: Core, insn: Instruction, count: number): void {
  const dest = openEw(core, insn);
  if (count === 0) {
    closeEw(core, insn, dest);
    return;
  }
  const by = count % 17;
  const through = (core.flags.cf() << 16) | dest;
  const result = (through << by) | (through >>> (17 - by));
  closeEw(core, insn, result);
  const cf = (result >>> 16) & 1;
  core.flags.setCfOf(cf, ((result >>> 15) & 1) ^ cf);
}

/** RCL r/m16, imm8 | C1 /2 ib, D1 /2 | Ew,Ib. */
export function RCL_Ew_Ib(core: Core, insn: Instruction): void {
  rcl16(core, insn, insn.immediate & 31);
}

/** RCL r/m16, CL | D3 /2 | Ew,CL. */
export function RCL_Ew_CL(core: Core, insn: Instruction): void {
  rcl16(core, insn, core.gpr8[CL]! & 31);
}

function rcl32(core: Core, insn: Instruction, count: number): void {
  const dest = openEd(core, insn);
  if (count === 0) {
    closeEd(core, insn, dest);
    return;
  }
  const result = (dest << count) | (core.flags.cf() << (count - 1)) | ((dest >>> 1) >>> (32 - count));
  closeEd(core, insn, result);
  const cf = (dest >>> (32 - count)) & 1;
  core.flags.setCfOf(cf, (result >>> 31) ^ cf);
}

/** RCL r/m32, imm8 | C1 /2 ib, D1 /2 | Ed,Ib. */
export function RCL_Ed_Ib(core: Core, insn: Instruction): void {
  rcl32(core, insn, insn.immediate & 31);
}

/** RCL r/m32, CL | D3 /2 | Ed,CL. */
export function RCL_Ed_CL(core: Core, insn: Instruction): void {
  rcl32(core, insn, core.gpr8[CL]! & 31);
}

function rcl64(core: Core, insn: Instruction, count: number): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  if (count === 0) return;
  let lo = destLo;
  let hi = destHi;
  let cf = core.flags.cf();
  for (let i = 0; i < count; i++) {
    const out = hi >>> 31;
    hi = (hi << 1) | (lo >>> 31);
    lo = (lo << 1) | cf;
    cf = out;
  }
  closeEq(core, insn, lo, hi);
  core.flags.setCfOf(cf, (hi >>> 31) ^ cf);
}

/** RCL r/m64, imm8 | REX.W C1 /2 ib, D1 /2 | Eq,Ib. */
export function RCL_Eq_Ib(core: Core, insn: Instruction): void {
  rcl64(core, insn, insn.immediate & 63);
}

/** RCL r/m64, CL | REX.W D3 /2 | Eq,CL. */
export function RCL_Eq_CL(core: Core, insn: Instruction): void {
  rcl64(core, insn, core.gpr8[CL]! & 63);
}

function rcr8(core: Core, insn: Instruction, count: number): void {
  const dest = openEb(core, insn);
  if (count === 0) {
    closeEb(core, insn, dest);
    return;
  }
  const by = count % 9;
  const through = (core.flags.cf() << 8) | dest;
  const result = (through >>> by) | (through << (9 - by));
  closeEb(core, insn, result);
  core.flags.setCfOf((result >>> 8) & 1, ((result >>> 7) ^ (result >>> 6)) & 1);
}

/** RCR r/m8, imm8 | C0 /3 ib, D0 /3 | Eb,Ib. */
export function RCR_Eb_Ib(core: Core, insn: Instruction): void {
  rcr8(core, insn, insn.immediate & 31);
}

/** RCR r/m8, CL | D2 /3 | Eb,CL. */
export function RCR_Eb_CL(core: Core, insn: Instruction): void {
  rcr8(core, insn, core.gpr8[CL]! & 31);
}

function rcr16(core: Core, insn: Instruction, count: number): void {
  const dest = openEw(core, insn);
  if (count === 0) {
    closeEw(core, insn, dest);
    return;
  }
  const by = count % 17;
  const through = (core.flags.cf() << 16) | dest;
  const result = (through >>> by) | (through << (17 - by));
  closeEw(core, insn, result);
  core.flags.setCfOf((result >>> 16) & 1, ((result >>> 15) ^ (result >>> 14)) & 1);
}

/** RCR r/m16, imm8 | C1 /3 ib, D1 /3 | Ew,Ib. */
export function RCR_Ew_Ib(core: Core, insn: Instruction): void {
  rcr16(core, insn, insn.immediate & 31);
}

/** RCR r/m16, CL | D3 /3 | Ew,CL. */
export function RCR_Ew_CL(core: Core, insn: Instruction): void {
  rcr16(core, insn, core.gpr8[CL]! & 31);
}

function rcr32(core: Core, insn: Instruction, count: number): void {
  const dest = openEd(core, insn);
  if (count === 0) {
    closeEd(core, insn, dest);
    return;
  }
  const result = (dest >>> count) | (core.flags.cf() << (32 - count)) | ((dest << 1) << (32 - count));
  closeEd(core, insn, result);
  core.flags.setCfOf((dest >>> (count - 1)) & 1, ((result >>> 31) ^ (result >>> 30)) & 1);
}

/** RCR r/m32, imm8 | C1 /3 ib, D1 /3 | Ed,Ib. */
export function RCR_Ed_Ib(core: Core, insn: Instruction): void {
  rcr32(core, insn, insn.immediate & 31);
}

/** RCR r/m32, CL | D3 /3 | Ed,CL. */
export function RCR_Ed_CL(core: Core, insn: Instruction): void {
  rcr32(core, insn, core.gpr8[CL]! & 31);
}

function rcr64(core: Core, insn: Instruction, count: number): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  if (count === 0) return;
  let lo = destLo;
  let hi = destHi;
  let cf = core.flags.cf();
  for (let i = 0; i < count; i++) {
    const out = lo & 1;
    lo = (lo >>> 1) | (hi << 31);
    hi = (hi >>> 1) | (cf << 31);
    cf = out;
  }
  closeEq(core, insn, lo, hi);
  core.flags.setCfOf(cf, ((hi >>> 31) ^ (hi >>> 30)) & 1);
}

/** RCR r/m64, imm8 | REX.W C1 /3 ib, D1 /3 | Eq,Ib. */
export function RCR_Eq_Ib(core: Core, insn: Instruction): void {
  rcr64(core, insn, insn.immediate & 63);
}

/** RCR r/m64, CL | REX.W D3 /3 | Eq,CL. */
export function RCR_Eq_CL(core: Core, insn: Instruction): void {
  rcr64(core, insn, core.gpr8[CL]! & 63);
}
