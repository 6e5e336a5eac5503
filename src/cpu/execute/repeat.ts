import type { Instruction } from '../../isa/instruction.ts';
import { PREFIX_REP, PREFIX_REPNE } from '../../isa/instruction.ts';
import { RCX } from '../../isa/registers.ts';
import { RFLAGS_DF } from '../../isa/rflags.ts';
import { RIP_HI, RIP_LO } from '../../state/cpu-state.ts';
import { type Core, PENDING_REPEATING, PENDING_SINGLE_STEP } from './core.ts';

/*
 * How string instructions walk and repeat (SDM Vol. 1, "String Operations"; Vol. 2B, "REP/REPE/REPZ/REPNE/REPNZ—Repeat String
 * Operation Prefix"). Registers are advanced after every iteration, so that a fault in the middle finds them precise. One
 * invocation of a handler goes to where the count is a multiple of `BATCH`; if it is not used up by then, RIP goes back to
 * the instruction itself and the loop gets its chance to take an interrupt. How many instructions that makes depends on
 * the count alone, wherever an iteration was resumed.
 */

/** Either repeat prefix. MOVS, STOS, LODS, INS and OUTS take both for REP. */
export const REPEATED = PREFIX_REP | PREFIX_REPNE;

export const BATCH = 4096;
const RCX_LO = RCX * 2;
const RCX_HI = RCX * 2 + 1;

/** `bytes` forward, or backward when DF is set. */
export function stringStep(core: Core, bytes: number): number {
  return core.flags.system() & RFLAGS_DF ? -bytes : bytes;
}

/** Low word of rSI or rDI, cut to the address size; high word in `core.high`. */
export function stringAddress(core: Core, insn: Instruction, register: number): number {
  const lo = core.gpr32[register * 2]!;
  if (insn.addressSize === 64) {
    core.high = core.gpr32[register * 2 + 1]!;
    return lo;
  }
  core.high = 0;
  return insn.addressSize === 32 ? lo : lo & 0xffff;
}

/** Adds `step` to rSI, rDI or rCX in the address size. */
export function advance(core: Core, insn: Instruction, register: number, step: number): void {
  const gpr32 = core.gpr32;
  if (insn.addressSize === 16) {
    core.gpr16[register * 4]! += step;
    return;
  }
  const old = gpr32[register * 2]!;
  const lo = (old + step) | 0;
  gpr32[register * 2] = lo;
  if (insn.addressSize === 32) gpr32[register * 2 + 1] = 0;
  else gpr32[register * 2 + 1] = gpr32[register * 2 + 1]! + (step >> 31) + (lo >>> 0 < old >>> 0 ? 1 : 0);
}

/** Iterations that this invocation may do: the count in CX, ECX or RCX, or down to a multiple of a batch. */
export function iterations(core: Core, insn: Instruction): number {
  core.pending &= ~PENDING_REPEATING;
  const count = isCountZero(core, insn) ? 0 : ((core.gpr32[RCX_LO]! - 1) & (BATCH - 1)) + 1;
  // Debug traps come after the iteration that they are about.
  return count > 1 && (core.pending & PENDING_SINGLE_STEP || core.watchesAccesses) ? 1 : count;
}

/** So many iterations are complete. */
export function countDown(core: Core, insn: Instruction, count: number): void {
  advance(core, insn, RCX, -count);
}

function isCountZero(core: Core, insn: Instruction): boolean {
  const lo = core.gpr32[RCX_LO]!;
  if (insn.addressSize === 16) return (lo & 0xffff) === 0;
  if (insn.addressSize === 32) return lo === 0;
  return (lo | core.gpr32[RCX_HI]!) === 0;
}

/** After a batch: if iterations are left, the next instruction is this one again. */
export function endBatch(core: Core, insn: Instruction): void {
  if (isCountZero(core, insn)) return;
  core.pending |= PENDING_REPEATING;
  const words = core.words;
  const next = words[RIP_LO]!;
  const lo = (next - insn.length) | 0;
  if (insn.codeSize === 64) {
    words[RIP_LO] = lo;
    if (next >>> 0 < lo >>> 0) words[RIP_HI]!--;
  } else words[RIP_LO] = next >>> 0 < insn.length && insn.codeSize === 16 ? lo & 0xffff : lo;
  core.endBlock();
}
