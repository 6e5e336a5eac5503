import { RAX, RDX } from '../../isa/registers.ts';
import { STATE_GPR, STATE_JIT_OPERAND } from '../../state/layout.ts';
import { Code } from '../wasm/code.ts';
import type { FunctionBody } from '../wasm/module.ts';
import {
  I32_CLZ,
  I32_EQZ,
  I32_OR,
  I64_ADD,
  I64_AND,
  I64_DIV_U,
  I64_EQZ,
  I64_GT_U,
  I64_LOAD,
  I64_LT_U,
  I64_MUL,
  I64_NE,
  I64_OR,
  I64_SHL,
  I64_SHR_U,
  I64_STORE,
  I64_SUB,
  RETURN,
  TYPE_I64,
  WIDE_ALU,
} from '../wasm/opcodes.ts';

// Locals, all i64, behind the parameter, which says nothing.
const DIVISOR = 1;
const SHIFT = 2;
/** The divisor's halves, shifted until its highest bit is set. */
const HIGH = 3;
const LOW = 4;
/** What is still to be divided, above the digit that comes next. */
const REST = 5;
const NEXT = 6;
const LAST = 7;
const DIGIT = 8;
const OVER = 9;
const QUOTIENT = 10;
const LOCALS = 10;

/**
 * `(0) -> whether it was done`: RDX:RAX in the state divided by the operand in the state, which is not 0. Nothing is done
 * where the quotient has more than 64 bits. Two digits of 32 bits, each guessed from the upper half of the divisor and
 * corrected at most twice (Knuth, "The Art of Computer Programming", 4.3.1, Algorithm D).
 */
export function divideRoutine(): FunctionBody {
  const code = new Code();
  const get = (...locals: number[]) => {
    for (const local of locals) code.get(local);
  };
  const load = (offset: number) => {
    code.i32(0);
    code.memory(I64_LOAD, offset);
  };
  const binary = (op: number, a: number, b: number) => {
    get(a, b);
    code.op(op);
  };
  const withConstant = (op: number, value: number) => {
    code.i64(value, 0);
    code.op(op);
  };
  const [low, high] = [STATE_GPR + RAX * 8, STATE_GPR + RDX * 8];

  load(high);
  load(STATE_JIT_OPERAND);
  code.tee(DIVISOR);
  code.op(I64_LT_U);
  code.op(I32_EQZ);
  code.unlikelyIf();
  code.i32(0);
  code.op(RETURN);
  code.end();
  get(DIVISOR);
  code.op(I32_CLZ + WIDE_ALU);
  code.set(SHIFT);
  binary(I64_SHL, DIVISOR, SHIFT);
  code.tee(DIVISOR);
  withConstant(I64_SHR_U, 32);
  code.set(HIGH);
  get(DIVISOR);
  withConstant(I64_AND, -1);
  code.set(LOW);
  // The dividend, shifted as far: by one and by the rest, for 64 would be 0.
  load(high);
  get(SHIFT);
  code.op(I64_SHL);
  load(low);
  withConstant(I64_SHR_U, 1);
  code.i64(63);
  get(SHIFT);
  code.op(I64_SUB);
  code.op(I64_SHR_U);
  code.op(I64_OR);
  code.set(REST);
  load(low);
  get(SHIFT);
  code.op(I64_SHL);
  code.tee(LAST);
  withConstant(I64_SHR_U, 32);
  code.set(NEXT);
  get(LAST);
  withConstant(I64_AND, -1);
  code.set(LAST);

  const digit = (next: number) => {
    binary(I64_DIV_U, REST, HIGH);
    code.set(DIGIT);
    get(REST);
    binary(I64_MUL, DIGIT, HIGH);
    code.op(I64_SUB);
    code.set(OVER);
    const done = code.block();
    const again = code.loop();
    get(DIGIT);
    withConstant(I64_SHR_U, 32);
    code.i64(0);
    code.op(I64_NE);
    binary(I64_MUL, DIGIT, LOW);
    get(OVER);
    withConstant(I64_SHL, 32);
    get(next);
    code.op(I64_OR);
    code.op(I64_GT_U);
    code.op(I32_OR);
    code.op(I32_EQZ);
    code.brIf(done);
    get(DIGIT);
    code.i64(1);
    code.op(I64_SUB);
    code.set(DIGIT);
    binary(I64_ADD, OVER, HIGH);
    code.tee(OVER);
    withConstant(I64_SHR_U, 32);
    code.op(I64_EQZ);
    code.brIf(again);
    code.end();
    code.end();
    get(REST);
    withConstant(I64_SHL, 32);
    get(next);
    code.op(I64_OR);
    binary(I64_MUL, DIGIT, DIVISOR);
    code.op(I64_SUB);
    code.set(REST);
  };
  digit(NEXT);
  get(DIGIT);
  withConstant(I64_SHL, 32);
  code.set(QUOTIENT);
  digit(LAST);
  code.i32(0);
  binary(I64_ADD, QUOTIENT, DIGIT);
  code.memory(I64_STORE, low);
  code.i32(0);
  binary(I64_SHR_U, REST, SHIFT);
  code.memory(I64_STORE, high);
  code.i32(1);
  return { locals: [[LOCALS, TYPE_I64]], code };
}
