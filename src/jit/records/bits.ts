import {
  I32_ADD,
  I32_CLZ,
  I32_CTZ,
  I32_EQZ,
  I32_POPCNT,
  I32_WRAP_I64,
  I64_ADD,
  I64_AND,
  I64_EQZ,
  I64_OR,
  I64_SHL,
  I64_SHR_S,
  I64_SHR_U,
  I64_SUB,
  I64_XOR,
  WIDE_ALU,
} from '../wasm/opcodes.ts';
import type { BitTest, CodeBits } from './actions.ts';
import { A, ADDRESS, B, N, R, type RecordEmitter } from './emitter.ts';
import { setCarry, setCount, setZero } from './flags.ts';
import { SHAPE_WRITE } from './shapes.ts';

/** BT, BTS, BTR, BTC: CF becomes the bit, the other flags stay. */
export function testBit(
  e: RecordEmitter,
  what: BitTest,
  bits: CodeBits,
  isString: boolean,
  isMemory: boolean,
): void {
  const code = e.code;
  if (isString) {
    e.loadG(bits);
    code.set(B);
    findWord(e, what !== 'BT', bits);
    code.get(B);
  } else e.immediateOr(() => e.g());
  code.i64(bits - 1);
  code.op(I64_AND);
  code.set(B);
  e.loadE(bits);
  code.tee(A);
  code.get(B);
  code.op(I64_SHR_U);
  code.i64(1);
  code.op(I64_AND);
  code.op(I32_WRAP_I64);
  code.set(N);
  if (what !== 'BT') {
    code.get(A);
    code.i64(1);
    code.get(B);
    code.op(I64_SHL);
    if (what === 'BTR') {
      code.i64(-1);
      code.op(I64_XOR);
    }
    code.op({ BTS: I64_OR, BTR: I64_AND, BTC: I64_XOR }[what]);
    code.set(R);
    e.storeE(bits, isMemory);
  }
  setCarry(e);
}

/** E becomes the word of a bit string that has bit B: the number has a sign, and reaches beyond the operand. */
function findWord(e: RecordEmitter, writes: boolean, bits: CodeBits): void {
  const code = e.code;
  code.get(ADDRESS);
  code.get(B);
  if (bits !== 64) {
    code.i64(64 - bits);
    code.op(I64_SHL);
    code.i64(64 - bits);
    code.op(I64_SHR_S);
  }
  code.i64(Math.log2(bits));
  code.op(I64_SHR_S);
  code.i64(Math.log2(bits >> 3));
  code.op(I64_SHL);
  code.op(I64_ADD);
  code.set(ADDRESS);
  e.narrow(ADDRESS);
  e.probe(
    () => {
      if (!writes) return;
      code.i32(SHAPE_WRITE);
      code.op(I32_ADD);
    },
    () => code.i64((bits >> 3) - 1),
  );
}

/** BSF and BSR: of the flags only ZF changes. Without any bit the destination stays, and its upper half too. */
export function scan(e: RecordEmitter, reverse: boolean, bits: CodeBits): void {
  const code = e.code;
  e.loadE(bits);
  code.tee(A);
  code.op(I64_EQZ);
  code.tee(N);
  code.op(I32_EQZ);
  code.if();
  if (reverse) code.i64(63);
  code.get(A);
  code.op((reverse ? I32_CLZ : I32_CTZ) + WIDE_ALU);
  if (reverse) code.op(I64_SUB);
  code.set(R);
  e.storeG(bits);
  code.end();
  setZero(e);
}

/** TZCNT, LZCNT, POPCNT. */
export function count(e: RecordEmitter, what: 'TZCNT' | 'LZCNT' | 'POPCNT', bits: CodeBits): void {
  const code = e.code;
  e.loadE(bits);
  code.tee(A);
  if (what === 'TZCNT' && bits !== 64) {
    code.i64(1);
    code.i64(bits);
    code.op(I64_SHL);
    code.op(I64_OR);
  }
  code.op({ TZCNT: I32_CTZ, LZCNT: I32_CLZ, POPCNT: I32_POPCNT }[what] + WIDE_ALU);
  if (what === 'LZCNT') {
    code.i64(64 - bits);
    code.op(I64_SUB);
  }
  code.tee(R);
  code.op(I64_EQZ);
  code.set(N);
  e.storeG(bits);
  const isZero = () => {
    code.get(A);
    code.op(I64_EQZ);
  };
  setCount(e, what === 'POPCNT' ? undefined : isZero);
}
