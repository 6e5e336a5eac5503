import { carryOut } from '../../bits/words.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { RAX, RBX, RCX, RDX } from '../../isa/registers.ts';
import type { Core } from './core.ts';
import {
  closeEb,
  closeEd,
  closeEq,
  closeEw,
  effectiveAddress,
  openEb,
  openEd,
  openEq,
  openEw,
  storeGd,
  storeGq,
} from './operand.ts';
import { borrowOut } from './wide-math.ts';

/*
 * XCHG XADD CMPXCHG CMPXCHG8B CMPXCHG16B (SDM Vol. 2A and 2B, "XCHG—Exchange Register/Memory With Register", "XADD—Exchange and
 * Add", "CMPXCHG—Compare and Exchange"). A memory destination is always written, with its old value when the comparison fails.
 */

/** XCHG r/m8, r8 | 86 /r | Eb,Gb. */
export function XCHG_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = core.gpr8[insn.reg8]!;
  core.gpr8[insn.reg8] = dest;
  closeEb(core, insn, src);
}

/** XCHG r/m16, r16 | 87 /r, 90+r | Ew,Gw. */
export function XCHG_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = core.gpr16[insn.reg * 4]!;
  core.gpr16[insn.reg * 4] = dest;
  closeEw(core, insn, src);
}

/** XCHG r/m32, r32 | 87 /r, 90+r | Ed,Gd. */
export function XCHG_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = core.gpr32[insn.reg * 2]!;
  storeGd(core, insn, dest);
  closeEd(core, insn, src);
}

/** XCHG r/m64, r64 | REX.W 87 /r, 90+r | Eq,Gq. */
export function XCHG_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  storeGq(core, insn, destLo, destHi);
  closeEq(core, insn, srcLo, srcHi);
}

/** XADD r/m8, r8 | 0F C0 /r | Eb,Gb. With one register twice the sum stays. */
export function XADD_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = core.gpr8[insn.reg8]!;
  const result = dest + src;
  core.gpr8[insn.reg8] = dest;
  closeEb(core, insn, result);
  core.flags.add8(dest, src, result);
}

/** XADD r/m16, r16 | 0F C1 /r | Ew,Gw. With one register twice the sum stays. */
export function XADD_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = core.gpr16[insn.reg * 4]!;
  const result = dest + src;
  core.gpr16[insn.reg * 4] = dest;
  closeEw(core, insn, result);
  core.flags.add16(dest, src, result);
}

/** XADD r/m32, r32 | 0F C1 /r | Ed,Gd. With one register twice the sum stays. */
export function XADD_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = core.gpr32[insn.reg * 2]!;
  const result = (dest + src) | 0;
  storeGd(core, insn, dest);
  closeEd(core, insn, result);
  core.flags.add32(dest, src, result);
}

/** XADD r/m64, r64 | REX.W 0F C1 /r | Eq,Gq. */
export function XADD_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = (destLo + srcLo) | 0;
  const resultHi = (destHi + srcHi + carryOut(srcLo, resultLo)) | 0;
  storeGq(core, insn, destLo, destHi);
  closeEq(core, insn, resultLo, resultHi);
  core.flags.add64(destLo, destHi, srcLo, srcHi, resultLo, resultHi);
}

/** CMPXCHG r/m8, r8 | 0F B0 /r | Eb,Gb. */
export function CMPXCHG_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const accumulator = core.gpr8[0]!;
  core.flags.sub8(accumulator, dest, accumulator - dest);
  if (accumulator === dest) {
    closeEb(core, insn, core.gpr8[insn.reg8]!);
  } else {
    closeEb(core, insn, dest);
    core.gpr8[0] = dest;
  }
}

/** CMPXCHG r/m16, r16 | 0F B1 /r | Ew,Gw. */
export function CMPXCHG_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const accumulator = core.gpr16[0]!;
  core.flags.sub16(accumulator, dest, accumulator - dest);
  if (accumulator === dest) {
    closeEw(core, insn, core.gpr16[insn.reg * 4]!);
  } else {
    closeEw(core, insn, dest);
    core.gpr16[0] = dest;
  }
}

/** CMPXCHG r/m32, r32 | 0F B1 /r | Ed,Gd. A register that keeps its value keeps its upper half too. */
export function CMPXCHG_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const accumulator = core.gpr32[0]!;
  core.flags.sub32(accumulator, dest, (accumulator - dest) | 0);
  if (accumulator === dest) {
    closeEd(core, insn, core.gpr32[insn.reg * 2]!);
  } else {
    if (insn.isMemory) core.mmu.commit32(dest);
    core.gpr32[0] = dest;
    core.gpr32[1] = 0;
  }
}

/** CMPXCHG r/m64, r64 | REX.W 0F B1 /r | Eq,Gq. */
export function CMPXCHG_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const rax = core.gpr32[0]!;
  const raxHigh = core.gpr32[1]!;
  const resultLo = (rax - destLo) | 0;
  const resultHi = (raxHigh - destHi - borrowOut(rax, destLo)) | 0;
  core.flags.sub64(rax, raxHigh, destLo, destHi, resultLo, resultHi);
  if ((resultLo | resultHi) === 0) {
    closeEq(core, insn, core.gpr32[insn.reg * 2]!, core.gpr32[insn.reg * 2 + 1]!);
  } else {
    closeEq(core, insn, destLo, destHi);
    core.gpr32[0] = destLo;
    core.gpr32[1] = destHi;
  }
}

/** CMPXCHG8B m64 | 0F C7 /1 (SDM Vol. 2A, "CMPXCHG8B/CMPXCHG16B—Compare and Exchange Bytes"). EDX:EAX with m64, ECX:EBX in. */
export function CMPXCHG8B(core: Core, insn: Instruction): void {
  const gpr32 = core.gpr32;
  const lo = openEq(core, insn);
  const hi = core.high;
  if (lo === gpr32[RAX * 2] && hi === gpr32[RDX * 2]) {
    closeEq(core, insn, gpr32[RBX * 2]!, gpr32[RCX * 2]!);
    core.flags.setZf(1);
    return;
  }
  closeEq(core, insn, lo, hi);
  gpr32[RAX * 2] = lo;
  gpr32[RAX * 2 + 1] = 0;
  gpr32[RDX * 2] = hi;
  gpr32[RDX * 2 + 1] = 0;
  core.flags.setZf(0);
}

/** CMPXCHG16B m128 | REX.W 0F C7 /1. RDX:RAX with m128, RCX:RBX in. #GP(0) when m128 is not aligned. */
export function CMPXCHG16B(core: Core, insn: Instruction): void {
  const { gpr32, mmu } = core;
  const offset = effectiveAddress(core, insn);
  const lo = core.linear(insn.segment, offset, core.high, 16, true);
  const hi = core.high;
  if ((lo & 15) !== 0) core.raiseGP(0);
  mmu.probeWrite(lo, hi, 16);
  // Both halves lie in one page whose write is proven: nothing below can fault.
  const word0 = mmu.read64(lo, hi);
  const word1 = mmu.high;
  const word2 = mmu.read64(lo + 8, hi);
  const word3 = mmu.high;
  const isEqual =
    word0 === gpr32[RAX * 2] &&
    word1 === gpr32[RAX * 2 + 1] &&
    word2 === gpr32[RDX * 2] &&
    word3 === gpr32[RDX * 2 + 1];
  if (isEqual) {
    mmu.write64(lo, hi, gpr32[RBX * 2]!, gpr32[RBX * 2 + 1]!);
    mmu.write64(lo + 8, hi, gpr32[RCX * 2]!, gpr32[RCX * 2 + 1]!);
  } else {
    mmu.write64(lo, hi, word0, word1);
    mmu.write64(lo + 8, hi, word2, word3);
    gpr32[RAX * 2] = word0;
    gpr32[RAX * 2 + 1] = word1;
    gpr32[RDX * 2] = word2;
    gpr32[RDX * 2 + 1] = word3;
  }
  core.flags.setZf(isEqual ? 1 : 0);
}
