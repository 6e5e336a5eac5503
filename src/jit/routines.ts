import { OP_NAMES } from '../cpu/decode/ops.ts';
import { HANDLERS } from '../cpu/handlers.ts';
import type { Emitter } from './emit/emitter.ts';
import { deliverRoutine, EVENT_SOFTWARE } from './emit/interrupt.ts';
import { iretRoutine } from './emit/iret.ts';
import { BUDGET } from './emit/locals.ts';
import { syscallRoutine, sysretRoutine } from './emit/system-call.ts';
import type { Node } from './region.ts';
import { Code } from './wasm/code.ts';
import type { FunctionBody } from './wasm/module.ts';
import { I32_AND, I32_EQ, I32_OR, I32_SHL, I32_SHR_U, I32_SUB, RETURN } from './wasm/opcodes.ts';

/** The low bits of the argument say which routine, the others are its own argument. */
export const ROUTINE_BITS = 2;
const ROUTINE_MASK = (1 << ROUTINE_BITS) - 1;
const ROUTINE_SYSCALL = 0;
const ROUTINE_SYSRET = 1;
const ROUTINE_IRET = 2;
export const ROUTINE_DELIVER = 3;

/** A routine to try before the handler of an instruction. */
export interface RoutineCall {
  readonly routine: number;
  /** `left`: one more than the instructions that may retire behind it. */
  readonly argument: number | 'left';
}

/** By name of op. */
const ROUTINES = new Map([
  ['SYSCALL', ROUTINE_SYSCALL],
  ['SYSRET', ROUTINE_SYSRET],
  ['IRET_q', ROUTINE_IRET],
  ['INT_Ib', ROUTINE_DELIVER],
]);

/**
 * The functions that all regions share, of the module of the dispatcher: the first calls the one that its argument names,
 * and answers whether that has done it.
 */
export function routines(vendor: 'intel' | 'amd'): FunctionBody[] {
  const bodies = [syscallRoutine(), sysretRoutine(vendor), iretRoutine(), deliverRoutine()];
  const code = new Code();
  for (const routine of bodies.keys()) {
    code.get(ARGUMENT);
    code.i32(ROUTINE_MASK);
    code.op(I32_AND);
    code.i32(routine);
    code.op(I32_EQ);
    code.if();
    code.get(ARGUMENT);
    code.i32(ROUTINE_BITS);
    code.op(I32_SHR_U);
    code.call(FIRST_ROUTINE + routine);
    code.op(RETURN);
    code.end();
  }
  code.i32(0);
  return [{ locals: [], code }, ...bodies];
}

const ARGUMENT = 0;
/** In the module of the dispatcher: behind its import, the dispatcher and the function above. */
const FIRST_ROUTINE = 3;

/** Whether compiled code has a routine for the op. */
export function hasRoutine(op: number): boolean {
  return ROUTINES.has(OP_NAMES[op]!);
}

/** The routine that does what the instruction at the end of the node does, where there is one. */
export function routineOf(e: Emitter, node: Node): RoutineCall | undefined {
  const { insn } = e;
  if (e.codeSize !== 64 || node.block.handlers[node.count - 1] !== HANDLERS[insn.op]) return undefined;
  const routine = ROUTINES.get(OP_NAMES[insn.op]!);
  if (routine === undefined || (routine === ROUTINE_SYSRET && insn.operandSize !== 64)) return undefined;
  if (routine === ROUTINE_IRET) return { routine, argument: 'left' };
  return { routine, argument: routine === ROUTINE_DELIVER ? EVENT_SOFTWARE | (insn.immediate & 0xff) : 0 };
}

/** Pushes the argument of the first of `routines`. */
export function pushRoutineCall({ code, index }: Emitter, { routine, argument }: RoutineCall): void {
  if (argument !== 'left') {
    code.i32((argument << ROUTINE_BITS) | routine);
    return;
  }
  code.get(BUDGET);
  code.i32(index);
  code.op(I32_SUB);
  code.i32(ROUTINE_BITS);
  code.op(I32_SHL);
  code.i32(routine);
  code.op(I32_OR);
}
