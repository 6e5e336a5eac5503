import { DEBUGCTL_BTF } from '../isa/control.ts';
import type { Instruction } from '../isa/instruction.ts';
import { RFLAGS_TF } from '../isa/rflags.ts';
import { STATE_DEBUGCTL } from '../state/layout.ts';
import { opMnemonic } from './decode/ops.ts';
import type { Core } from './execute/core.ts';

/** By mnemonic: instructions before which TF does not count, and branches as IA32_DEBUGCTL.BTF understands them. */
const FAST_CALLS = new Set(['SYSCALL', 'SYSRET']);
const BRANCHES = /^(JMP|CALL|RET|IRET|SYSCALL|SYSRET|SYSENTER|SYSEXIT)/;
const CONDITIONAL_BRANCHES = /^(J|LOOP)/;

/**
 * Whether a single-step trap follows `insn`, which has just completed (SDM Vol. 3B, "Single-Step Exception Condition",
 * "Single-Stepping on Branches"). What counts is TF as it was before, in `system`; but SYSCALL hides behind FMASK, and
 * SYSRET traps at once when it sets TF, on either vendor's processors. `next`: low word of RIP behind the instruction.
 */
export function isStepped(core: Core, system: number, insn: Instruction, next: number): boolean {
  const mnemonic = opMnemonic(insn.op);
  const deciding = FAST_CALLS.has(mnemonic) ? core.flags.system() : system;
  if ((deciding & RFLAGS_TF) === 0) return false;
  if ((core.words[STATE_DEBUGCTL >> 2]! & DEBUGCTL_BTF) === 0) return true;
  if (BRANCHES.test(mnemonic)) return true;
  return CONDITIONAL_BRANCHES.test(mnemonic) && core.ripLo() !== next;
}
