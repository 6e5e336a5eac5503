import { isCanonical } from '../bits/words.ts';
import type { Instruction } from '../isa/instruction.ts';
import { RSP, SS } from '../isa/registers.ts';
import { VECTOR_SS } from '../isa/vectors.ts';
import { OP_NAMES, opMnemonic } from './decode/ops.ts';
import type { Core } from './execute/core.ts';

/** Instructions that use the stack whatever their operands say (SDM Vol. 1, "Procedure Stack"). */
const STACK_MNEMONICS = new Set(
  'PUSH POP PUSHF PUSHFQ PUSHFD POPF POPFQ POPFD CALL RET RETF ENTER LEAVE IRET IRETD IRETQ'.split(' '),
);
const USES_STACK = Uint8Array.from(OP_NAMES, (_, op) => (STACK_MNEMONICS.has(opMnemonic(op)) ? 1 : 0));

/** The furthest below RSP that one of them writes in one step. */
const REACH = 16;

/**
 * In 64-bit mode an address that is not canonical is #SS(0) instead of #GP(0) when it is of the stack segment (SDM Vol.
 * 3A, "Stack Fault Exception (#SS)"). The MMU does not know the segment, so that accesses to the stack cost no more
 * than others; which it was is worked out here, after the fact.
 */
export function correctStackFault(core: Core, insn: Instruction): void {
  const usesStack = USES_STACK[insn.op] === 1;
  if (insn.isMemory && insn.segment !== SS && !(usesStack && stackIsOutside(core))) return;
  if (insn.isMemory || usesStack) core.fault.setWithCode(VECTOR_SS, 0);
}

function stackIsOutside(core: Core): boolean {
  const lo = core.gpr32[RSP * 2]!;
  const hi = core.gpr32[RSP * 2 + 1]!;
  const below = lo >>> 0 < REACH ? (hi - 1) | 0 : hi;
  const { linearBits } = core.mmu;
  return !isCanonical(hi, linearBits) || !isCanonical(below, linearBits);
}
