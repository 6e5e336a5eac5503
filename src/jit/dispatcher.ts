import {
  JIT_LOOKUP_ENTRIES,
  JIT_LOOKUP_OFFSET,
  STATE_JIT_CONTEXT,
  STATE_JIT_ENTRY,
  STATE_JIT_EVENT,
  STATE_RIP,
} from '../state/layout.ts';
import { Code } from './wasm/code.ts';
import { type FunctionBody, TYPE_REGION } from './wasm/module.ts';
import {
  I32_AND,
  I32_EQZ,
  I32_LOAD,
  I32_LT_S,
  I32_OR,
  I32_SHL,
  I32_SHR_U,
  I32_XOR,
  RETURN,
  TYPE_I32,
} from './wasm/opcodes.ts';

/** The one import of its module: `(budget left) -> budget`, or the complement of it when compiled code must be left. */
export const DISPATCHER_IMPORT = { name: 'between', parameters: 1 } as const;
const FUNCTION_BETWEEN = 0;

const BUDGET = 0;
const RIP = 1;
const ENTRY = 2;
const PLACE = 3;

/**
 * The one function that is called from outside, `(budget) -> budget left`: it calls the region in the slot that the state
 * names, looks up what is at the new RIP, and so on until that is not known or a region says that it is to be left. A region
 * answers its budget when the lookup may go on, and the complement of it when not; then a fault or an interrupt, where
 * there is one, may be delivered at once, and what is looked up next is its handler.
 */
export function dispatcher(): FunctionBody {
  const code = new Code();
  const slot = () => {
    code.i32(0);
    code.memory(I32_LOAD, STATE_JIT_ENTRY);
  };
  slot();
  code.set(ENTRY);
  const again = code.loop();
  code.get(BUDGET);
  code.get(ENTRY);
  code.callIndirect(TYPE_REGION, 0);
  code.tee(BUDGET);
  code.i32(0);
  code.op(I32_LT_S);
  code.unlikelyIf();
  code.i32(0);
  code.memory(I32_LOAD, STATE_JIT_EVENT);
  code.op(I32_EQZ);
  code.if();
  leave(code);
  code.end();
  code.get(BUDGET);
  code.i32(-1);
  code.op(I32_XOR);
  code.call(FUNCTION_BETWEEN);
  code.tee(BUDGET);
  code.i32(0);
  code.op(I32_LT_S);
  code.if();
  leave(code);
  code.end();
  code.end();
  code.i32(0);
  code.memory(I32_LOAD, STATE_RIP);
  code.tee(RIP);
  code.get(RIP);
  code.i32(12);
  code.op(I32_SHR_U);
  code.op(I32_XOR);
  code.i32(JIT_LOOKUP_ENTRIES - 1);
  code.op(I32_AND);
  code.i32(4);
  code.op(I32_SHL);
  code.tee(PLACE);
  code.memory(I32_LOAD, JIT_LOOKUP_OFFSET + 12);
  code.set(ENTRY);
  // Word by word: a quadword of RIP would have to wait until the words of it that were stored last have left the processor.
  code.get(PLACE);
  code.memory(I32_LOAD, JIT_LOOKUP_OFFSET);
  code.get(RIP);
  code.op(I32_XOR);
  differs(code, 4, STATE_RIP + 4);
  differs(code, 8, STATE_JIT_CONTEXT);
  code.op(I32_EQZ);
  code.brIf(again);
  code.end();
  code.get(BUDGET);
  return { locals: [[3, TYPE_I32]], code };
}

/** ORs to what is on the stack in what a word of the entry of the lookup differs from one of the state. */
function differs(code: Code, word: number, state: number): void {
  code.get(PLACE);
  code.memory(I32_LOAD, JIT_LOOKUP_OFFSET + word);
  code.i32(0);
  code.memory(I32_LOAD, state);
  code.op(I32_XOR);
  code.op(I32_OR);
}

/** Returns what the complement in BUDGET is of. */
function leave(code: Code): void {
  code.get(BUDGET);
  code.i32(-1);
  code.op(I32_XOR);
  code.op(RETURN);
}
