import { Block } from '../../src/cpu/blocks.ts';
import { CodeStore } from '../../src/cpu/code-store.ts';
import type { Handler } from '../../src/cpu/execute/core.ts';
import { HANDLERS } from '../../src/cpu/handlers.ts';
import type { Instruction } from '../../src/isa/instruction.ts';

/** A block of decoded instructions, with the handlers of their ops unless others are given. */
export function blockOf(
  physical: number,
  codeSize: 16 | 32 | 64,
  instructions: readonly Instruction[],
  handlers: readonly Handler[] = instructions.map((insn) => HANDLERS[insn.op]!),
): Block {
  const store = new CodeStore();
  const header = store.open();
  for (const [n, insn] of instructions.entries()) store.append(insn, handlers[n]!);
  return new Block(physical, codeSize, store, header);
}
