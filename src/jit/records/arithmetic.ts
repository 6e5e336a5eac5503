import { STATE_FLAG_CARRY, STATE_FLAG_RESULT } from '../../state/layout.ts';
import {
  I32_AND,
  I32_EXTEND8_S,
  I32_EXTEND16_S,
  I32_OR,
  I32_SHL,
  I32_SHR_S,
  I32_SHR_U,
  I32_STORE,
  I32_WRAP_I64,
  I32_XOR,
  I64_ADD,
  I64_AND,
  I64_EQZ,
  I64_EXTEND_I32_S,
  I64_OR,
  I64_SHL,
  I64_SHR_S,
  I64_SHR_U,
  I64_STORE,
  I64_SUB,
  I64_XOR,
} from '../wasm/opcodes.ts';
import { A, B, N, R, type RecordEmitter } from './emitter.ts';
import type { Arithmetic, Bits, Operands } from './shapes.ts';

/*
 * Arithmetic: A and B are the operands, R is the result, of which only the low bits count. The flags are left as `state/flags.ts`
 * has them.
 */

const CARRY_BITS = 0xc0000000 | 0;
const CARRY_AF = 8;
/** AF and nothing else, in a carry word. */
const AF_SET = 8;

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
  code.op(I32_XOR);
  code.i32(31);
  code.op(I32_SHR_S);
  code.i32(CARRY_BITS);
  code.op(I32_AND);
  code.op(I32_XOR);
  code.memory(I32_STORE, STATE_FLAG_CARRY);
}

/** By an immediate that is not 0. */
export function shift(e: RecordEmitter, what: 'SHL' | 'SHR' | 'SAR', bits: Bits, isMemory: boolean): void {
  const code = e.code;
  e.immediate();
  code.i64(bits === 64 ? 63 : 31);
  code.op(I64_AND);
  code.tee(B);
  code.op(I64_EQZ);
  code.brIf(e.exit);
  e.loadE(bits);
  if (what === 'SAR' && bits === 32) {
    code.op(I32_WRAP_I64);
    code.op(I64_EXTEND_I32_S);
  }
  code.tee(A);
  code.get(B);
  code.op({ SHL: I64_SHL, SHR: I64_SHR_U, SAR: I64_SHR_S }[what]);
  code.set(R);
  e.storeE(bits, isMemory);
  setResult(e, bits);
  code.i32(0);
  // CF: the last bit out.
  code.get(A);
  if (what === 'SHL') {
    code.i64(bits);
    code.get(B);
  } else {
    code.get(B);
    code.i64(1);
  }
  code.op(I64_SUB);
  code.op(I64_SHR_U);
  code.op(I32_WRAP_I64);
  code.i32(31);
  code.op(I32_SHL);
  code.tee(N);
  // Bit 30 is CF ^ OF. OF: of SHL the sign changes, of SHR the second bit of the result, of SAR none.
  if (what === 'SHL') {
    bitOfResult(e, bits - 1);
  } else {
    code.get(N);
    code.i32(1);
    code.op(I32_SHR_U);
    if (what === 'SHR') {
      bitOfResult(e, bits - 2);
      code.op(I32_XOR);
    }
  }
  code.op(I32_OR);
  code.i32(AF_SET);
  code.op(I32_OR);
  code.memory(I32_STORE, STATE_FLAG_CARRY);
}

/** Pushes a bit of R, at the place of bit 30. */
function bitOfResult(e: RecordEmitter, bit: number): void {
  const code = e.code;
  code.get(R);
  code.i64(bit);
  code.op(I64_SHR_U);
  code.op(I32_WRAP_I64);
  code.i32(1);
  code.op(I32_AND);
  code.i32(30);
  code.op(I32_SHL);
}

export function combine(e: RecordEmitter, what: Arithmetic): void {
  const code = e.code;
  code.get(A);
  code.get(B);
  code.op(
    { ADD: I64_ADD, SUB: I64_SUB, CMP: I64_SUB, AND: I64_AND, TEST: I64_AND, OR: I64_OR, XOR: I64_XOR }[what],
  );
  code.set(R);
}

export function setFlags(e: RecordEmitter, what: Arithmetic, bits: Bits): void {
  setResult(e, bits);
  e.code.i32(0);
  if (what === 'ADD' || what === 'SUB' || what === 'CMP') carries(e, what !== 'ADD', bits);
  else e.code.i32(0);
  e.code.memory(I32_STORE, STATE_FLAG_CARRY);
}

/** R, sign-extended, is the result that the flags are of. */
function setResult(e: RecordEmitter, bits: Bits): void {
  const code = e.code;
  code.i32(0);
  code.get(R);
  if (bits !== 64) {
    code.op(I32_WRAP_I64);
    if (bits === 16) code.op(I32_EXTEND16_S);
    if (bits === 8) code.op(I32_EXTEND8_S);
    code.op(I64_EXTEND_I32_S);
  }
  code.memory(I64_STORE, STATE_FLAG_RESULT);
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
