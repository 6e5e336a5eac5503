import { OP_NAMES } from '../cpu/decode/ops.ts';
import { HANDLERS } from '../cpu/handlers.ts';
import { copyStateRoutine } from './emit/copy-state.ts';
import { divideRoutine } from './emit/divide.ts';
import type { Emitter } from './emit/emitter.ts';
import { deliverRoutine, EVENT_SOFTWARE } from './emit/interrupt.ts';
import { iretRoutine } from './emit/iret.ts';
import { BUDGET, type RoutineName } from './emit/locals.ts';
import { syscallRoutine, sysretRoutine } from './emit/system-call.ts';
import type { Node } from './region.ts';
import type { FunctionBody } from './wasm/module.ts';
import { I32_SUB } from './wasm/opcodes.ts';

/** A routine to try before the handler of an instruction. */
export interface RoutineCall {
  readonly routine: RoutineName;
  /** `left`: one more than the instructions that may retire behind it. */
  readonly argument: number | 'left';
}

/** By name of op. */
const ROUTINES = new Map<string, RoutineName>([
  ['SYSCALL', 'syscall'],
  ['SYSRET', 'sysret'],
  ['IRET_q', 'iret'],
  ['INT_Ib', 'deliver'],
]);

/**
 * The functions that all regions share, of the module of the dispatcher, in the order of ROUTINE_NAMES, and one that is
 * for the host's side alone. Each answers whether it has done its work.
 */
export function routines(vendor: 'intel' | 'amd'): FunctionBody[] {
  const shared = [syscallRoutine(), sysretRoutine(vendor), iretRoutine(), deliverRoutine(), divideRoutine()];
  return [...shared, copyStateRoutine()];
}

/** Whether compiled code has a routine for the op. */
export function hasRoutine(op: number): boolean {
  return ROUTINES.has(OP_NAMES[op]!);
}

/** The routine that does what the instruction at the end of the node does, where there is one. */
export function routineOf(e: Emitter, node: Node): RoutineCall | undefined {
  const { insn } = e;
  if (e.codeSize !== 64 || node.handlers[node.count - 1] !== HANDLERS[insn.op]) return undefined;
  const routine = ROUTINES.get(OP_NAMES[insn.op]!);
  if (routine === undefined || (routine === 'sysret' && insn.operandSize !== 64)) return undefined;
  if (routine === 'iret') return { routine, argument: 'left' };
  return { routine, argument: routine === 'deliver' ? EVENT_SOFTWARE | (insn.immediate & 0xff) : 0 };
}

/** Pushes the argument of a routine. */
export function pushRoutineArgument({ code, index }: Emitter, { argument }: RoutineCall): void {
  if (argument !== 'left') {
    code.i32(argument);
    return;
  }
  code.get(BUDGET);
  code.i32(index);
  code.op(I32_SUB);
}
