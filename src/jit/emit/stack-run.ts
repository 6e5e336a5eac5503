import { OP_NAMES, perOp } from '../../cpu/decode/ops.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { RSP } from '../../isa/registers.ts';
import { I32_ADD, I32_AND, I32_GT_U, I32_LT_U, I32_STORE, I32_SUB, I64_STORE } from '../wasm/opcodes.ts';
import { ACCESS_READ, type Emitter } from './emitter.ts';
import { HOST } from './locals.ts';
import { moveStack, stackAddress, stackSize } from './stack.ts';

/*
 * Registers that are pushed or popped one after the other, as functions do where they begin and end: one look at the TLB
 * for all of them. A run across the end of a page is left to the interpreter; where that keeps happening, the run is taken
 * apart: see `leavers.ts`.
 */

const PAGE_BYTES = 4096;

type Kind = 'push' | 'pop';

const kindOfOp = perOp((name): Kind | undefined => {
  const found = /^(PUSH|POP)_E([dq])$/.exec(name);
  return found ? (found[1] === 'PUSH' ? 'push' : 'pop') : undefined;
});

/** PUSH and POP of a register in the size of the stack. The stack pointer itself is no such register. */
function kindOf(e: Emitter, insn: Instruction): Kind | undefined {
  const kind = insn.isMemory || insn.rm === RSP ? undefined : kindOfOp(insn.op);
  return kind && OP_NAMES[insn.op]!.endsWith(stackSize(e) === 64 ? 'q' : 'd') ? kind : undefined;
}

/**
 * How many of the instructions from `at` on, before `end`, are one run; 0 where none is worth it, and behind an instruction
 * that is to be taken apart.
 */
export function stackRun(
  e: Emitter,
  instructions: readonly Instruction[],
  at: number,
  end: number,
  isApart: (at: number) => boolean,
): number {
  const kind = kindOf(e, instructions[at]!);
  if (!kind) return 0;
  const belongs = (other: number) => kindOf(e, instructions[other]!) === kind;
  for (let before = at; before >= 0 && belongs(before); before--) if (isApart(before)) return 0;
  let count = 1;
  while (at + count < end && belongs(at + count)) count++;
  return count > 1 ? count : 0;
}

/** Emits a run. What can fail fails for all of it, at the first instruction, before anything has changed. */
export function emitStackRun(e: Emitter, run: readonly Instruction[]): void {
  const { code } = e;
  const size = stackSize(e);
  const bytes = size >> 3;
  const rest = (run.length - 1) * bytes;
  const isPush = kindOf(e, run[0]!) === 'push';
  // The first access is the one that would fault; the others must lie in its page.
  e.getRegister(RSP, 32);
  if (isPush) {
    code.i32(bytes);
    code.op(I32_SUB);
  }
  code.i32(PAGE_BYTES - 1);
  code.op(I32_AND);
  code.i32(isPush ? rest : PAGE_BYTES - bytes - rest);
  code.op(isPush ? I32_LT_U : I32_GT_U);
  code.unlikelyIf();
  e.sideExit();
  code.end();
  stackAddress(e, RSP, isPush ? -bytes : 0);
  if (isPush) e.probeRun(bytes);
  else e.probe(ACCESS_READ, bytes);
  if (isPush) {
    code.get(HOST);
    code.i32(-rest);
    code.op(I32_ADD);
    code.set(HOST);
    for (const [at, { rm }] of run.entries()) {
      code.get(HOST);
      e.getRegister(rm, size);
      code.memory(size === 64 ? I64_STORE : I32_STORE, rest - at * bytes);
    }
  } else {
    for (const [at, { rm }] of run.entries()) {
      e.loadAt(HOST, size, at * bytes);
      e.setRegister(rm, size);
    }
  }
  moveStack(e, (isPush ? -1 : 1) * run.length * bytes);
}
