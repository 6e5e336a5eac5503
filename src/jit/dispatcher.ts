import {
  JIT_LOOKUP_ENTRIES,
  JIT_LOOKUP_OFFSET,
  STATE_JIT_CONTEXT,
  STATE_JIT_ENTRY,
  STATE_RIP,
} from '../state/layout.ts';
import { Code } from './wasm/code.ts';
import { type FunctionBody, TYPE_REGION } from './wasm/module.ts';
import {
  I32_AND,
  I32_EQ,
  I32_LOAD,
  I32_LT_S,
  I32_SHL,
  I32_SHR_U,
  I32_STORE,
  I32_XOR,
  I64_EQ,
  I64_LOAD,
  RETURN,
  TYPE_I32,
} from './wasm/opcodes.ts';

const BUDGET = 0;
const RIP = 1;
const ENTRY = 2;

/**
 * The one function that is called from outside, `(budget) -> budget left`: it calls the region in the slot that the state
 * names, looks up what is at the new RIP, and so on until that is not known or a region says that it is to be left. What
 * names the slot names the entry of the region too (`entryWord`), and the region looks for it in the state. A region
 * answers its budget when the lookup may go on, and the complement of it when not.
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
  code.i32(0xffff);
  code.op(I32_AND);
  code.callIndirect(TYPE_REGION, 0);
  code.tee(BUDGET);
  code.i32(0);
  code.op(I32_LT_S);
  code.if();
  code.get(BUDGET);
  code.i32(-1);
  code.op(I32_XOR);
  code.op(RETURN);
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
  code.set(RIP);
  code.i32(0);
  code.get(RIP);
  code.memory(I32_LOAD, JIT_LOOKUP_OFFSET + 12);
  code.tee(ENTRY);
  code.memory(I32_STORE, STATE_JIT_ENTRY);
  code.get(RIP);
  code.memory(I64_LOAD, JIT_LOOKUP_OFFSET);
  code.i32(0);
  code.memory(I64_LOAD, STATE_RIP);
  code.op(I64_EQ);
  code.get(RIP);
  code.memory(I32_LOAD, JIT_LOOKUP_OFFSET + 8);
  code.i32(0);
  code.memory(I32_LOAD, STATE_JIT_CONTEXT);
  code.op(I32_EQ);
  code.op(I32_AND);
  code.brIf(again);
  code.end();
  code.get(BUDGET);
  return { locals: [[2, TYPE_I32]], code };
}
