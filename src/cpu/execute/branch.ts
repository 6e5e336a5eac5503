import { isCanonical } from '../../bits/words.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { CS, RCX } from '../../isa/registers.ts';
import { RIP_HI, RIP_LO, segmentWord } from '../../state/cpu-state.ts';
import { SEGMENT_LIMIT } from '../../state/layout.ts';
import {
  isB, isBE, isL, isLE, isNB, isNBE, isNL, isNLE, isNO, isNP, isNS, isNZ, isO, isP, isS, isZ,
} from './condition.ts'; // biome-ignore format: a list of nouns.
import type { Core } from './core.ts';
import { loadEd, loadEq, loadEw } from './operand.ts';
import { peek, push, releaseStack } from './stack.ts';

/*
 * Near branches: Jcc JMP CALL RET LOOPcc JrCXZ (SDM Vol. 2A and 2B, "Jcc—Jump if Condition Is Met", "JMP—Jump", "CALL—Call
 * Procedure", "RET—Return From Procedure", "LOOP/LOOPcc—Loop According to ECX Counter"). A target beyond the limit of CS, or
 * not canonical, raises #GP(0) at the branch, before anything has changed.
 */

const CS_LIMIT = segmentWord(CS, SEGMENT_LIMIT);

/** A target outside 64-bit mode, already cut to the operand size, is within the limit of CS. */
function checkTarget(core: Core, target: number): void {
  if (target >>> 0 > core.words[CS_LIMIT]! >>> 0) core.raiseGP(0);
}

function checkTarget64(core: Core, targetHi: number): void {
  if (!isCanonical(targetHi, core.mmu.linearBits)) core.raiseGP(0);
}

/**
 * Checks an absolute target against the mode: in 64-bit mode `hi:lo` must be canonical, elsewhere `lo` within the limit.
 * A near branch of 16 bits clears the upper part of RIP. Answers the low word to go to.
 */
function checkedTarget(core: Core, insn: Instruction, lo: number, hi: number): number {
  if (insn.operandSize === 64) {
    checkTarget64(core, hi);
    return lo;
  }
  const target = insn.operandSize === 16 ? lo & 0xffff : lo;
  if (insn.codeSize !== 64) checkTarget(core, target);
  return target;
}

/** RIP (already that of the next instruction) plus the displacement, cut to the operand size, checked and gone to. */
function jumpRelative(core: Core, insn: Instruction): void {
  const words = core.words;
  const displacement = insn.immediate;
  const rip = words[RIP_LO]!;
  const lo = (rip + displacement) | 0;
  if (insn.operandSize === 64) {
    const hi = (words[RIP_HI]! + (displacement >> 31) + (lo >>> 0 < rip >>> 0 ? 1 : 0)) | 0;
    checkTarget64(core, hi);
    words[RIP_LO] = lo;
    words[RIP_HI] = hi;
    return;
  }
  const target = insn.operandSize === 16 ? lo & 0xffff : lo;
  if (insn.codeSize !== 64) checkTarget(core, target);
  words[RIP_LO] = target;
  words[RIP_HI] = 0;
}

/** JO rel | 70 cb, 0F 80 cv | J. */
export function JO_J(core: Core, insn: Instruction): void {
  if (isO(core.flags)) jumpRelative(core, insn);
}

/** JNO rel | 71 cb, 0F 81 cv | J. */
export function JNO_J(core: Core, insn: Instruction): void {
  if (isNO(core.flags)) jumpRelative(core, insn);
}

/** JB rel | 72 cb, 0F 82 cv | J. */
export function JB_J(core: Core, insn: Instruction): void {
  if (isB(core.flags)) jumpRelative(core, insn);
}

/** JNB rel | 73 cb, 0F 83 cv | J. */
export function JNB_J(core: Core, insn: Instruction): void {
  if (isNB(core.flags)) jumpRelative(core, insn);
}

/** JZ rel | 74 cb, 0F 84 cv | J. */
export function JZ_J(core: Core, insn: Instruction): void {
  if (isZ(core.flags)) jumpRelative(core, insn);
}

/** JNZ rel | 75 cb, 0F 85 cv | J. */
export function JNZ_J(core: Core, insn: Instruction): void {
  if (isNZ(core.flags)) jumpRelative(core, insn);
}

/** JBE rel | 76 cb, 0F 86 cv | J. */
export function JBE_J(core: Core, insn: Instruction): void {
  if (isBE(core.flags)) jumpRelative(core, insn);
}

/** JNBE rel | 77 cb, 0F 87 cv | J. */
export function JNBE_J(core: Core, insn: Instruction): void {
  if (isNBE(core.flags)) jumpRelative(core, insn);
}

/** JS rel | 78 cb, 0F 88 cv | J. */
export function JS_J(core: Core, insn: Instruction): void {
  if (isS(core.flags)) jumpRelative(core, insn);
}

/** JNS rel | 79 cb, 0F 89 cv | J. */
export function JNS_J(core: Core, insn: Instruction): void {
  if (isNS(core.flags)) jumpRelative(core, insn);
}

/** JP rel | 7A cb, 0F 8A cv | J. */
export function JP_J(core: Core, insn: Instruction): void {
  if (isP(core.flags)) jumpRelative(core, insn);
}

/** JNP rel | 7B cb, 0F 8B cv | J. */
export function JNP_J(core: Core, insn: Instruction): void {
  if (isNP(core.flags)) jumpRelative(core, insn);
}

/** JL rel | 7C cb, 0F 8C cv | J. */
export function JL_J(core: Core, insn: Instruction): void {
  if (isL(core.flags)) jumpRelative(core, insn);
}

/** JNL rel | 7D cb, 0F 8D cv | J. */
export function JNL_J(core: Core, insn: Instruction): void {
  if (isNL(core.flags)) jumpRelative(core, insn);
}

/** JLE rel | 7E cb, 0F 8E cv | J. */
export function JLE_J(core: Core, insn: Instruction): void {
  if (isLE(core.flags)) jumpRelative(core, insn);
}

/** JNLE rel | 7F cb, 0F 8F cv | J. */
export function JNLE_J(core: Core, insn: Instruction): void {
  if (isNLE(core.flags)) jumpRelative(core, insn);
}

/** JMP rel | EB cb, E9 cv | J. */
export function JMP_J(core: Core, insn: Instruction): void {
  jumpRelative(core, insn);
}

/** CALL rel | E8 cv | J. The target is checked before the return address is stored. */
export function CALL_J(core: Core, insn: Instruction): void {
  const words = core.words;
  const ripLo = words[RIP_LO]!;
  const ripHi = words[RIP_HI]!;
  const sum = (ripLo + insn.immediate) | 0;
  const hi =
    insn.operandSize === 64 ? (ripHi + (insn.immediate >> 31) + (sum >>> 0 < ripLo >>> 0 ? 1 : 0)) | 0 : 0;
  const lo = checkedTarget(core, insn, sum, hi);
  push(core, insn.operandSize, ripLo, ripHi);
  words[RIP_LO] = lo;
  words[RIP_HI] = hi;
}

/** The target in a register or memory, zero-extended; high word in `core.high`. */
function loadTarget(core: Core, insn: Instruction): number {
  if (insn.operandSize === 64) return loadEq(core, insn);
  const lo = insn.operandSize === 32 ? loadEd(core, insn) : loadEw(core, insn);
  core.high = 0;
  return lo;
}

/** JMP r/m | FF /4 | E. */
export function JMP_E(core: Core, insn: Instruction): void {
  const target = loadTarget(core, insn);
  const hi = core.high;
  const lo = checkedTarget(core, insn, target, hi);
  core.words[RIP_LO] = lo;
  core.words[RIP_HI] = hi;
}

/** CALL r/m | FF /2 | E. */
export function CALL_E(core: Core, insn: Instruction): void {
  const words = core.words;
  const target = loadTarget(core, insn);
  const hi = core.high;
  const lo = checkedTarget(core, insn, target, hi);
  push(core, insn.operandSize, words[RIP_LO]!, words[RIP_HI]!);
  words[RIP_LO] = lo;
  words[RIP_HI] = hi;
}

/** RET | C3. */
export function RET_near(core: Core, insn: Instruction): void {
  const target = peek(core, insn.operandSize, 0);
  const hi = core.high;
  const lo = checkedTarget(core, insn, target, hi);
  releaseStack(core, insn.operandSize, insn.operandSize >> 3);
  core.words[RIP_LO] = lo;
  core.words[RIP_HI] = hi;
}

/** RET imm16 | C2 iw. */
export function RET_near_Iw(core: Core, insn: Instruction): void {
  const target = peek(core, insn.operandSize, 0);
  const hi = core.high;
  const lo = checkedTarget(core, insn, target, hi);
  releaseStack(core, insn.operandSize, (insn.operandSize >> 3) + (insn.immediate & 0xffff));
  core.words[RIP_LO] = lo;
  core.words[RIP_HI] = hi;
}

const RCX_LO = RCX * 2;
const RCX_HI = RCX * 2 + 1;
const CX = RCX * 4;

/** CX, ECX or RCX, by the address size, is 0. */
function isCounterZero(core: Core, insn: Instruction): boolean {
  if (insn.addressSize === 16) return core.gpr16[CX] === 0;
  if (insn.addressSize === 32) return core.gpr32[RCX_LO] === 0;
  return (core.gpr32[RCX_LO]! | core.gpr32[RCX_HI]!) === 0;
}

/** CX, ECX or RCX, by the address size, is 1: the decrement to come will make it 0. */
function isCounterOne(core: Core, insn: Instruction): boolean {
  if (insn.addressSize === 16) return core.gpr16[CX] === 1;
  if (insn.addressSize === 32) return core.gpr32[RCX_LO] === 1;
  return core.gpr32[RCX_LO] === 1 && core.gpr32[RCX_HI] === 0;
}

function decrementCounter(core: Core, insn: Instruction): void {
  if (insn.addressSize === 16) {
    core.gpr16[CX]!--;
    return;
  }
  const lo = core.gpr32[RCX_LO]!;
  core.gpr32[RCX_LO] = lo - 1;
  if (insn.addressSize === 32) core.gpr32[RCX_HI] = 0;
  else if (lo === 0) core.gpr32[RCX_HI]!--;
}

/** LOOP rel8 | E2 cb | J. */
export function LOOP_J(core: Core, insn: Instruction): void {
  if (!isCounterOne(core, insn)) jumpRelative(core, insn);
  decrementCounter(core, insn);
}

/** LOOPE rel8 | E1 cb | J. */
export function LOOPE_J(core: Core, insn: Instruction): void {
  if (core.flags.zf() === 1 && !isCounterOne(core, insn)) jumpRelative(core, insn);
  decrementCounter(core, insn);
}

/** LOOPNE rel8 | E0 cb | J. */
export function LOOPNE_J(core: Core, insn: Instruction): void {
  if (core.flags.zf() === 0 && !isCounterOne(core, insn)) jumpRelative(core, insn);
  decrementCounter(core, insn);
}

/** JCXZ, JECXZ, JRCXZ rel8 | E3 cb | J. */
export function JCXZ_J(core: Core, insn: Instruction): void {
  if (isCounterZero(core, insn)) jumpRelative(core, insn);
}
