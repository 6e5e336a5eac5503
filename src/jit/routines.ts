import { OP_NAMES } from '../cpu/decode/ops.ts';
import { HANDLERS } from '../cpu/handlers.ts';
import type { Emitter } from './emit/emitter.ts';
import { deliverRoutine, EVENT_SOFTWARE } from './emit/interrupt.ts';
import { iretRoutine } from './emit/iret.ts';
import { syscallRoutine, sysretRoutine } from './emit/system-call.ts';
import type { Node } from './region.ts';
import type { FunctionBody } from './wasm/module.ts';

/** How many functions all regions share. */
export const ROUTINES = 4;
const SLOT_SYSCALL = 0;
const SLOT_SYSRET = 1;
const SLOT_IRET = 2;
export const SLOT_DELIVER = 3;

/** A routine to try before the handler of an instruction. */
export interface RoutineCall {
  readonly slot: number;
  /** `left`: one more than the instructions that may retire behind it. */
  readonly argument: number | 'left';
}

/** In the order of their slots. */
export function routines(vendor: 'intel' | 'amd'): FunctionBody[] {
  return [syscallRoutine(), sysretRoutine(vendor), iretRoutine(), deliverRoutine()];
}

/** By name of op. */
const SLOTS = new Map([
  ['SYSCALL', SLOT_SYSCALL],
  ['SYSRET', SLOT_SYSRET],
  ['IRET_q', SLOT_IRET],
  ['INT_Ib', SLOT_DELIVER],
]);

/** Whether compiled code has a routine for the op. */
export function hasRoutine(op: number): boolean {
  return SLOTS.has(OP_NAMES[op]!);
}

/** The routine that does what the instruction at the end of the node does, where there is one. */
export function routineOf(e: Emitter, node: Node): RoutineCall | undefined {
  const { insn } = e;
  if (e.codeSize !== 64 || node.block.handlers[node.count - 1] !== HANDLERS[insn.op]) return undefined;
  const name = OP_NAMES[insn.op]!;
  const slot = SLOTS.get(name);
  if (slot === undefined) return undefined;
  if (slot === SLOT_SYSRET && insn.operandSize !== 64) return undefined;
  if (slot === SLOT_IRET) return { slot, argument: 'left' };
  return { slot, argument: slot === SLOT_DELIVER ? EVENT_SOFTWARE | (insn.immediate & 0xff) : 0 };
}
