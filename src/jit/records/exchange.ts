import { RAX } from '../../isa/registers.ts';
import { STATE_GPR } from '../../state/layout.ts';
import { I64_AND, I64_EQZ } from '../wasm/opcodes.ts';
import type { Bits } from './actions.ts';
import { combine, setFlags } from './arithmetic.ts';
import { A, B, R, type RecordEmitter } from './emitter.ts';

/* One processor runs at a time, and to its end what it has begun: LOCK says nothing. */

/** XCHG. */
export function exchange(e: RecordEmitter, bits: Bits, isMemory: boolean): void {
  const code = e.code;
  e.loadG(bits);
  code.set(B);
  e.loadE(bits);
  code.set(R);
  e.storeG(bits);
  code.get(B);
  code.set(R);
  e.storeE(bits, isMemory);
}

/** XADD. With one register twice the sum stays. */
export function exchangeAndAdd(e: RecordEmitter, bits: Bits, isMemory: boolean): void {
  const code = e.code;
  e.loadG(bits);
  code.set(B);
  e.loadE(bits);
  code.tee(A);
  code.set(R);
  e.storeG(bits);
  combine(e, 'ADD');
  e.storeE(bits, isMemory);
  setFlags(e, 'ADD', bits);
}

/** CMPXCHG. A register that keeps its value keeps its upper half too. */
export function compareAndExchange(e: RecordEmitter, bits: Bits, isMemory: boolean): void {
  const code = e.code;
  code.i32(STATE_GPR + RAX * 8);
  e.loadAt(bits);
  code.set(A);
  e.loadE(bits);
  code.set(B);
  combine(e, 'CMP');
  setFlags(e, 'CMP', bits);
  code.get(R);
  if (bits !== 64) {
    code.i64(-1 >>> (32 - bits), 0);
    code.op(I64_AND);
  }
  code.op(I64_EQZ);
  code.if();
  e.loadG(bits);
  code.set(R);
  e.storeE(bits, isMemory);
  code.else();
  code.get(B);
  code.set(R);
  code.i32(STATE_GPR + RAX * 8);
  e.storeAt(bits, true);
  code.end();
}
