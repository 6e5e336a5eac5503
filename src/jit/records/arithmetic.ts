import { STATE_FLAG_CARRY } from '../../state/layout.ts';
import { B as CARRY } from '../emit/condition.ts';
import {
  I32_AND,
  I32_OR,
  I32_SHL,
  I32_STORE,
  I32_WRAP_I64,
  I64_ADD,
  I64_AND,
  I64_EXTEND_I32_U,
  I64_OR,
  I64_SHR_U,
  I64_SUB,
  I64_XOR,
} from '../wasm/opcodes.ts';
import type { Arithmetic, Bits, Operands } from './actions.ts';
import { A, B, N, R, type RecordEmitter } from './emitter.ts';
import { CARRY_AF, CARRY_BITS, setResult, turnCarry } from './flags.ts';

/*
 * Arithmetic: A and B are the operands, R is the result, of which only the low bits count. The flags are left as `state/flags.ts`
 * has them.
 */

export function arithmetic(
  e: RecordEmitter,
  what: Arithmetic,
  bits: Bits,
  operands: Operands,
  isMemory: boolean,
): void {
  const code = e.code;
  if (operands === 'G,E') e.loadG(bits);
  else e.loadE(bits);
  code.set(A);
  if (operands === 'G,E') e.loadE(bits);
  else if (operands === 'E,G') e.loadG(bits);
  else e.immediate();
  code.set(B);
  combine(e, what);
  if (what !== 'CMP' && what !== 'TEST') {
    if (operands === 'G,E') e.storeG(bits);
    else e.storeE(bits, isMemory);
  }
  setFlags(e, what, bits);
}

/** INC and DEC: CF stays. */
export function step(e: RecordEmitter, down: boolean, bits: Bits, isMemory: boolean): void {
  const code = e.code;
  e.loadE(bits);
  code.set(A);
  code.i64(1);
  code.set(B);
  combine(e, down ? 'SUB' : 'ADD');
  e.storeE(bits, isMemory);
  setResult(e, bits);
  code.i32(0);
  carries(e, down, bits);
  // Where CF would change, both bits turn.
  code.tee(N);
  code.get(N);
  e.load32(STATE_FLAG_CARRY);
  turnCarry(e);
  code.memory(I32_STORE, STATE_FLAG_CARRY);
}

/** R becomes the result. */
export function combine(e: RecordEmitter, what: Arithmetic): void {
  const code = e.code;
  code.get(A);
  code.get(B);
  code.op(
    {
      ADD: I64_ADD,
      ADC: I64_ADD,
      SUB: I64_SUB,
      SBB: I64_SUB,
      CMP: I64_SUB,
      AND: I64_AND,
      TEST: I64_AND,
      OR: I64_OR,
      XOR: I64_XOR,
    }[what],
  );
  if (what === 'ADC' || what === 'SBB') {
    e.condition(CARRY);
    code.op(I64_EXTEND_I32_U);
    code.op(what === 'ADC' ? I64_ADD : I64_SUB);
  }
  code.set(R);
}

export function setFlags(e: RecordEmitter, what: Arithmetic, bits: Bits): void {
  setResult(e, bits);
  e.code.i32(0);
  if (what === 'ADD' || what === 'ADC') carries(e, false, bits);
  else if (what === 'SUB' || what === 'SBB' || what === 'CMP') carries(e, true, bits);
  else e.code.i32(0);
  e.code.memory(I32_STORE, STATE_FLAG_CARRY);
}

/** Pushes the carry word of `state/flags.ts`. */
function carries(e: RecordEmitter, subtracts: boolean, bits: Bits): void {
  const code = e.code;
  // ADD: (a & b) | ((a | b) & ~r). SUB: (~a & b) | ((~a | b) & r).
  const invert = (local: number, isInverted: boolean) => {
    code.get(local);
    if (!isInverted) return;
    code.i64(-1);
    code.op(I64_XOR);
  };
  invert(A, subtracts);
  code.get(B);
  code.op(I64_AND);
  invert(A, subtracts);
  code.get(B);
  code.op(I64_OR);
  invert(R, !subtracts);
  code.op(I64_AND);
  code.op(I64_OR);
  code.set(A);
  code.get(A);
  if (bits === 64) {
    code.i64(32);
    code.op(I64_SHR_U);
    code.op(I32_WRAP_I64);
  } else {
    code.op(I32_WRAP_I64);
    if (bits !== 32) {
      code.i32(32 - bits);
      code.op(I32_SHL);
    }
  }
  code.i32(CARRY_BITS);
  code.op(I32_AND);
  code.get(A);
  code.op(I32_WRAP_I64);
  code.i32(CARRY_AF);
  code.op(I32_AND);
  code.op(I32_OR);
}
