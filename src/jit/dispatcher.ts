import { STOPPED_LEFT } from '../cpu/code-store.ts';
import {
  JIT_LOOKUP_ENTRIES,
  JIT_LOOKUP_OFFSET,
  RECORDS_OFFSET,
  STATE_JIT_CONTEXT,
  STATE_JIT_ENTRY,
  STATE_JIT_EVENT,
  STATE_RIP,
  STATE_RUN_CONTEXT,
  STATE_RUN_COUNT,
  STATE_RUN_HEADER,
  STATE_RUN_PATIENCE,
  STATE_RUN_RECORD,
} from '../state/layout.ts';
import { SEGMENT_BITS } from './context.ts';
import { PARAMETERS } from './records/emitter.ts';
import { Code } from './wasm/code.ts';
import { type FunctionBody, TYPE_REGION } from './wasm/module.ts';
import {
  I32_AND,
  I32_EQ,
  I32_EQZ,
  I32_LOAD,
  I32_LT_S,
  I32_OR,
  I32_SHL,
  I32_SHR_U,
  I32_SUB,
  I32_XOR,
  RETURN,
  TYPE_I32,
} from './wasm/opcodes.ts';

/**
 * The imports of its module: `(budget left) -> budget`, or the complement of it when compiled code must be left, and
 * `RecordRunner.run`.
 */
export const DISPATCHER_IMPORTS = [
  { name: 'between', parameters: 1 },
  { name: 'records', parameters: PARAMETERS },
] as const;
const FUNCTION_BETWEEN = 0;
const FUNCTION_RECORDS = 1;

/** In STATE_JIT_ENTRY, in the place of a slot: to begin with the records that STATE_RUN_* name. */
export const ENTRY_RECORDS = -1;

const BUDGET = 0;
const RIP = 1;
const ENTRY = 2;
const PLACE = 3;
const HEADER = 4;
const RECORD = 5;
const COUNT = 6;
const LOCALS = 6;

/**
 * The one function that is called from outside, `(budget) -> budget left`: it calls the region in the slot that the state
 * names, looks up what is at the new RIP, and so on until that is not known or a region says that it is to be left. A region
 * answers its budget when the lookup may go on, and the complement of it when not; then a fault or an interrupt, where
 * there is one, may be delivered at once, and what is looked up next is its handler. Where no region is known, but a
 * block that is not hot, its records are run, and those of the blocks behind it up to the next region.
 */
export function dispatcher(): FunctionBody {
  const code = new Code();
  load(code, STATE_JIT_ENTRY);
  code.set(ENTRY);
  for (const [local, at] of [
    [HEADER, STATE_RUN_HEADER],
    [RECORD, STATE_RUN_RECORD],
    [COUNT, STATE_RUN_COUNT],
  ] as const) {
    load(code, at);
    code.set(local);
  }
  const again = code.loop();
  const records = code.block();
  code.get(ENTRY);
  code.i32(ENTRY_RECORDS);
  code.op(I32_EQ);
  code.brIf(records);
  const regions = code.loop();
  callRegion(code);
  lookUp(code);
  code.brIf(regions);
  code.end();
  code.i32(0);
  code.set(COUNT);
  // No block comes before what is looked up.
  code.i32(0);
  code.set(HEADER);
  code.end();
  callRecords(code);
  lookUp(code);
  code.brIf(again);
  code.end();
  code.get(BUDGET);
  return { locals: [[LOCALS, TYPE_I32]], code };
}

function callRegion(code: Code): void {
  code.get(BUDGET);
  code.get(ENTRY);
  code.callIndirect(TYPE_REGION, 0);
  code.tee(BUDGET);
  code.i32(0);
  code.op(I32_LT_S);
  code.unlikelyIf();
  load(code, STATE_JIT_EVENT);
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
}

/** Of the block in HEADER, RECORD and COUNT, or, where COUNT is 0, of what is linked. */
function callRecords(code: Code): void {
  code.get(BUDGET);
  code.get(HEADER);
  code.get(RECORD);
  code.get(COUNT);
  code.get(BUDGET);
  code.get(COUNT);
  code.op(I32_SUB);
  // The privilege level may be another one by now: it is the last bit of the processor's number of the context.
  load(code, STATE_RUN_CONTEXT);
  code.i32(-2);
  code.op(I32_AND);
  load(code, STATE_JIT_CONTEXT);
  code.i32(SEGMENT_BITS);
  code.op(I32_SHR_U);
  code.i32(1);
  code.op(I32_AND);
  code.op(I32_OR);
  load(code, STATE_RUN_PATIENCE);
  code.call(FUNCTION_RECORDS);
  code.op(I32_SUB);
  code.tee(BUDGET);
  code.op(I32_EQZ);
  load(code, RECORDS_OFFSET + STOPPED_LEFT * 4);
  code.op(I32_OR);
  code.if();
  code.get(BUDGET);
  code.op(RETURN);
  code.end();
}

/** Pushes whether there is a region at RIP, and sets ENTRY to its slot. */
function lookUp(code: Code): void {
  load(code, STATE_RIP);
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
}

/** ORs to what is on the stack in what a word of the entry of the lookup differs from one of the state. */
function differs(code: Code, word: number, state: number): void {
  code.get(PLACE);
  code.memory(I32_LOAD, JIT_LOOKUP_OFFSET + word);
  load(code, state);
  code.op(I32_XOR);
  code.op(I32_OR);
}

function load(code: Code, at: number): void {
  code.i32(0);
  code.memory(I32_LOAD, at);
}

/** Returns what the complement in BUDGET is of. */
function leave(code: Code): void {
  code.get(BUDGET);
  code.i32(-1);
  code.op(I32_XOR);
  code.op(RETURN);
}
