import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { loadEb, loadEd, loadEq, loadEw } from './operand.ts';
import { borrowOut } from './wide-math.ts';

/*
 * CMP and TEST (SDM Vol. 2A and 2B, "CMP—Compare Two Operands", "TEST—Logical Compare"): SUB and AND that keep nothing but
 * the flags. TEST clears OF CF and, where the manual leaves it open, AF.
 */

/** CMP r/m8, r8 | 38 /r | Eb,Gb. */
export function CMP_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = loadEb(core, insn);
  const src = core.gpr8[insn.reg8]!;
  const result = dest - src;
  core.flags.sub8(dest, src, result);
}

/** CMP r/m16, r16 | 39 /r | Ew,Gw. */
export function CMP_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = loadEw(core, insn);
  const src = core.gpr16[insn.reg * 4]!;
  const result = dest - src;
  core.flags.sub16(dest, src, result);
}

/** CMP r/m32, r32 | 39 /r | Ed,Gd. */
export function CMP_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = loadEd(core, insn);
  const src = core.gpr32[insn.reg * 2]!;
  const result = (dest - src) | 0;
  core.flags.sub32(dest, src, result);
}

/** CMP r/m64, r64 | REX.W 39 /r | Eq,Gq. */
export function CMP_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = loadEq(core, insn);
  const destHi = core.high;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = (destLo - srcLo) | 0;
  const resultHi = (destHi - srcHi - borrowOut(destLo, srcLo)) | 0;
  core.flags.sub64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** CMP r8, r/m8 | 3A /r | Gb,Eb. */
export function CMP_Gb_Eb(core: Core, insn: Instruction): void {
  const src = loadEb(core, insn);
  const dest = core.gpr8[insn.reg8]!;
  const result = dest - src;
  core.flags.sub8(dest, src, result);
}

/** CMP r16, r/m16 | 3B /r | Gw,Ew. */
export function CMP_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  const dest = core.gpr16[insn.reg * 4]!;
  const result = dest - src;
  core.flags.sub16(dest, src, result);
}

/** CMP r32, r/m32 | 3B /r | Gd,Ed. */
export function CMP_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const dest = core.gpr32[insn.reg * 2]!;
  const result = (dest - src) | 0;
  core.flags.sub32(dest, src, result);
}

/** CMP r64, r/m64 | REX.W 3B /r | Gq,Eq. */
export function CMP_Gq_Eq(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  const srcHi = core.high;
  const destLo = core.gpr32[insn.reg * 2]!;
  const destHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = (destLo - srcLo) | 0;
  const resultHi = (destHi - srcHi - borrowOut(destLo, srcLo)) | 0;
  core.flags.sub64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** CMP r/m8, imm8 | 80 /7 ib, 3C ib | Eb,Ib. */
export function CMP_Eb_Ib(core: Core, insn: Instruction): void {
  const dest = loadEb(core, insn);
  const src = insn.immediate;
  const result = dest - src;
  core.flags.sub8(dest, src, result);
}

/** CMP r/m16, imm16 | 81 /7 iw, 83 /7 ib, 3D iw | Ew,Iw. */
export function CMP_Ew_Iw(core: Core, insn: Instruction): void {
  const dest = loadEw(core, insn);
  const src = insn.immediate;
  const result = dest - src;
  core.flags.sub16(dest, src, result);
}

/** CMP r/m32, imm32 | 81 /7 id, 83 /7 ib, 3D id | Ed,Id. */
export function CMP_Ed_Id(core: Core, insn: Instruction): void {
  const dest = loadEd(core, insn);
  const src = insn.immediate;
  const result = (dest - src) | 0;
  core.flags.sub32(dest, src, result);
}

/** CMP r/m64, imm32 | REX.W 81 /7 id, 83 /7 ib, 3D id | Eq,Id. */
export function CMP_Eq_Id(core: Core, insn: Instruction): void {
  const destLo = loadEq(core, insn);
  const destHi = core.high;
  const srcLo = insn.immediate;
  const srcHi = insn.immediateHigh;
  const resultLo = (destLo - srcLo) | 0;
  const resultHi = (destHi - srcHi - borrowOut(destLo, srcLo)) | 0;
  core.flags.sub64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** TEST r/m8, r8 | 84 /r | Eb,Gb. */
export function TEST_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = loadEb(core, insn);
  const src = core.gpr8[insn.reg8]!;
  const result = dest & src;
  core.flags.logic8(result);
}

/** TEST r/m16, r16 | 85 /r | Ew,Gw. */
export function TEST_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = loadEw(core, insn);
  const src = core.gpr16[insn.reg * 4]!;
  const result = dest & src;
  core.flags.logic16(result);
}

/** TEST r/m32, r32 | 85 /r | Ed,Gd. */
export function TEST_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = loadEd(core, insn);
  const src = core.gpr32[insn.reg * 2]!;
  const result = dest & src;
  core.flags.logic32(result);
}

/** TEST r/m64, r64 | REX.W 85 /r | Eq,Gq. */
export function TEST_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = loadEq(core, insn);
  const destHi = core.high;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = destLo & srcLo;
  const resultHi = destHi & srcHi;
  core.flags.logic64(resultLo, resultHi);
}

/** TEST r/m8, imm8 | F6 /0 ib, A8 ib | Eb,Ib. */
export function TEST_Eb_Ib(core: Core, insn: Instruction): void {
  const dest = loadEb(core, insn);
  const src = insn.immediate;
  const result = dest & src;
  core.flags.logic8(result);
}

/** TEST r/m16, imm16 | F7 /0 iw, A9 iw | Ew,Iw. */
export function TEST_Ew_Iw(core: Core, insn: Instruction): void {
  const dest = loadEw(core, insn);
  const src = insn.immediate;
  const result = dest & src;
  core.flags.logic16(result);
}

/** TEST r/m32, imm32 | F7 /0 id, A9 id | Ed,Id. */
export function TEST_Ed_Id(core: Core, insn: Instruction): void {
  const dest = loadEd(core, insn);
  const src = insn.immediate;
  const result = dest & src;
  core.flags.logic32(result);
}

/** TEST r/m64, imm32 | REX.W F7 /0 id, A9 id | Eq,Id. */
export function TEST_Eq_Id(core: Core, insn: Instruction): void {
  const destLo = loadEq(core, insn);
  const destHi = core.high;
  const srcLo = insn.immediate;
  const srcHi = insn.immediateHigh;
  const resultLo = destLo & srcLo;
  const resultHi = destHi & srcHi;
  core.flags.logic64(resultLo, resultHi);
}
