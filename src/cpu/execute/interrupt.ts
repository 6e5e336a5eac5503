import { CR4_VME } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { RFLAGS_IOPL, RFLAGS_IOPL_SHIFT } from '../../isa/rflags.ts';
import { VECTOR_BP, VECTOR_DB, VECTOR_OF } from '../../isa/vectors.ts';
import { SOURCE_INT_N, SOURCE_INT1, SOURCE_SOFTWARE_EXCEPTION } from '../../state/faults.ts';
import { STATE_CR4 } from '../../state/layout.ts';
import type { Core } from './core.ts';

/**
 * Software interrupts leave the handler as a pending `GuestFault` with a source: the loop delivers them, with RIP put
 * back to the instruction and its length in the fault, so that a fault on the way finds the state that it must.
 */

/** INT imm8 | CD ib | Ib (SDM Vol. 2A, "INT n/INTO/INT3/INT1—Call to Interrupt Procedure"). */
export function INT_Ib(core: Core, insn: Instruction): void {
  // Virtual-8086 mode with IOPL below 3 and no VME: #GP(0) before anything is looked up.
  const iopl = (core.flags.system() & RFLAGS_IOPL) >> RFLAGS_IOPL_SHIFT;
  if (core.state.isVirtual8086() && iopl < 3 && (core.words[STATE_CR4 >> 2]! & CR4_VME) === 0)
    core.raiseGP(0);
  core.softwareInterrupt(insn.immediate & 0xff, SOURCE_INT_N, insn.length);
}

/** INT3 | CC |. */
export function INT3(core: Core, insn: Instruction): void {
  core.softwareInterrupt(VECTOR_BP, SOURCE_SOFTWARE_EXCEPTION, insn.length);
}

/** INTO | CE |: only with OF. Does not exist in 64-bit mode. */
export function INTO(core: Core, insn: Instruction): void {
  if (core.state.is64Bit()) core.raiseUD();
  if (core.flags.of()) core.softwareInterrupt(VECTOR_OF, SOURCE_SOFTWARE_EXCEPTION, insn.length);
}

/** INT1 | F1 |: a #DB that no privilege check stops and that leaves DR6 alone. */
export function INT1(core: Core, insn: Instruction): void {
  core.softwareInterrupt(VECTOR_DB, SOURCE_INT1, insn.length);
}
