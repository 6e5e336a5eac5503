import { RCX } from '../../isa/registers.ts';
import { STATE_FLAG_CARRY, STATE_GPR } from '../../state/layout.ts';
import {
  I32_AND,
  I32_OR,
  I32_ROTL,
  I32_ROTR,
  I32_SHL,
  I32_SHR_U,
  I32_STORE,
  I32_WRAP_I64,
  I32_XOR,
  I64_AND,
  I64_EQZ,
  I64_EXTEND_I32_U,
  I64_OR,
  I64_ROTL,
  I64_ROTR,
  I64_SHL,
  I64_SHR_S,
  I64_SHR_U,
  I64_SUB,
} from '../wasm/opcodes.ts';
import type { Bits, CodeBits } from './actions.ts';
import { A, B, N, R, type RecordEmitter } from './emitter.ts';
import { CARRY_AF, CARRY_BITS, setResult } from './flags.ts';

/*
 * Shifts and rotates: A is the operand, B the count, R the result. A count of 0 leaves the flags alone, and stores the operand: a
 * register loses its upper half.
 */

export function shift(e: RecordEmitter, what: 'SHL' | 'SHR' | 'SAR', bits: Bits, isMemory: boolean): void {
  const code = e.code;
  const unchanged = code.block();
  takeCount(e, bits);
  if (what === 'SAR') e.loadSignedE(bits);
  else e.loadE(bits);
  code.tee(A);
  code.get(B);
  code.op({ SHL: I64_SHL, SHR: I64_SHR_U, SAR: I64_SHR_S }[what]);
  code.set(R);
  e.storeE(bits, isMemory);
  code.get(B);
  code.op(I64_EQZ);
  code.brIf(unchanged);
  setResult(e, bits);
  code.i32(0);
  lastBitOut(e, what === 'SHL', bits);
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
  code.i32(CARRY_AF);
  code.op(I32_OR);
  code.memory(I32_STORE, STATE_FLAG_CARRY);
  code.end();
}

/** ROL and ROR: of the flags only CF and OF change. */
export function rotate(e: RecordEmitter, left: boolean, bits: CodeBits, isMemory: boolean): void {
  const code = e.code;
  const unchanged = code.block();
  takeCount(e, bits);
  e.loadE(bits);
  if (bits === 32) {
    code.op(I32_WRAP_I64);
    code.get(B);
    code.op(I32_WRAP_I64);
    code.op(left ? I32_ROTL : I32_ROTR);
    code.op(I64_EXTEND_I32_U);
  } else {
    code.get(B);
    code.op(left ? I64_ROTL : I64_ROTR);
  }
  code.set(R);
  e.storeE(bits, isMemory);
  code.get(B);
  code.op(I64_EQZ);
  code.brIf(unchanged);
  code.i32(0);
  e.load32(STATE_FLAG_CARRY);
  code.i32(~CARRY_BITS);
  code.op(I32_AND);
  code.get(R);
  if (left) {
    // CF: the lowest bit. OF: whether that is not the highest one.
    code.op(I32_WRAP_I64);
    code.i32(31);
    code.op(I32_SHL);
    code.op(I32_OR);
    bitOfResult(e, bits - 1);
  } else {
    // CF: the highest bit. OF: whether that is not the next one.
    if (bits === 64) {
      code.i64(32);
      code.op(I64_SHR_U);
    }
    code.op(I32_WRAP_I64);
    code.i32(CARRY_BITS);
    code.op(I32_AND);
  }
  code.op(I32_OR);
  code.memory(I32_STORE, STATE_FLAG_CARRY);
  code.end();
}

/** SHLD and SHRD: what comes in is of G. */
export function doubleShift(e: RecordEmitter, left: boolean, bits: CodeBits, isMemory: boolean): void {
  const code = e.code;
  const unchanged = code.block();
  takeCount(e, bits);
  e.loadE(bits);
  code.set(A);
  code.get(A);
  code.get(B);
  code.op(left ? I64_SHL : I64_SHR_U);
  // By the operand's bits less the count, in two steps: a shift by 64 would be one by 0.
  e.loadG(bits);
  code.i64(1);
  code.op(left ? I64_SHR_U : I64_SHL);
  code.i64(bits - 1);
  code.get(B);
  code.op(I64_SUB);
  code.op(left ? I64_SHR_U : I64_SHL);
  code.op(I64_OR);
  code.set(R);
  e.storeE(bits, isMemory);
  code.get(B);
  code.op(I64_EQZ);
  code.brIf(unchanged);
  setResult(e, bits);
  code.i32(0);
  lastBitOut(e, left, bits);
  bitOfResult(e, bits - 1);
  if (!left) {
    // OF: whether the sign changes.
    bitOfResult(e, bits - 2);
    code.op(I32_XOR);
    code.get(N);
    code.i32(1);
    code.op(I32_SHR_U);
    code.op(I32_XOR);
  }
  code.op(I32_OR);
  code.i32(CARRY_AF);
  code.op(I32_OR);
  code.memory(I32_STORE, STATE_FLAG_CARRY);
  code.end();
}

/** B becomes the count. */
function takeCount(e: RecordEmitter, bits: Bits): void {
  const code = e.code;
  e.immediateOr(() => code.i32(STATE_GPR + RCX * 8));
  code.i64(bits === 64 ? 63 : 31);
  code.op(I64_AND);
  code.set(B);
}

/** Pushes CF, the last bit that left A, at the place of bit 31. It is in N too. */
function lastBitOut(e: RecordEmitter, left: boolean, bits: Bits): void {
  const code = e.code;
  code.get(A);
  if (left) {
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
