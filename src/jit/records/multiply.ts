import { RAX, RDX } from '../../isa/registers.ts';
import { STATE_GPR } from '../../state/layout.ts';
import { pushHigh } from '../emit/multiply.ts';
import {
  I32_AND,
  I32_WRAP_I64,
  I64_AND,
  I64_DIV_S,
  I64_DIV_U,
  I64_EQ,
  I64_EQZ,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
  I64_MUL,
  I64_NE,
  I64_OR,
  I64_SHL,
  I64_SHR_S,
  I64_SHR_U,
  I64_STORE,
  I64_SUB,
} from '../wasm/opcodes.ts';
import type { CodeBits } from './actions.ts';
import { A, ADDRESS, B, N, R, type RecordEmitter } from './emitter.ts';
import { setDivision, setOverflow } from './flags.ts';

const GPR_RAX = STATE_GPR + RAX * 8;
const GPR_RDX = STATE_GPR + RDX * 8;

/** IMUL with one destination, G: CF and OF say that the product is wider. */
export function multiply(e: RecordEmitter, bits: CodeBits, by: 'E' | 'I'): void {
  const code = e.code;
  e.loadSignedE(bits);
  code.set(A);
  if (by === 'I') e.immediate();
  else {
    e.g();
    e.loadSignedAt(bits);
  }
  code.set(B);
  product(e);
  if (bits === 64) {
    highOfProduct(e, true);
    code.get(R);
    code.i64(63);
    code.op(I64_SHR_S);
  } else {
    code.get(R);
    pushLower(e, true);
  }
  code.op(I64_NE);
  code.set(N);
  e.storeG(bits);
  setOverflow(e);
}

/** MUL and IMUL with one operand. */
export function multiplyWide(e: RecordEmitter, signed: boolean, bits: CodeBits): void {
  const code = e.code;
  if (signed) e.loadSignedE(bits);
  else e.loadE(bits);
  code.set(A);
  code.i32(GPR_RAX);
  if (signed) e.loadSignedAt(bits);
  else e.loadAt(bits);
  code.set(B);
  product(e);
  if (bits === 64) {
    code.i32(0);
    highOfProduct(e, signed);
    // A is done with.
    code.tee(A);
    code.memory(I64_STORE, GPR_RDX);
    code.i32(0);
    code.get(R);
    code.memory(I64_STORE, GPR_RAX);
    code.get(A);
    if (signed) {
      code.get(R);
      code.i64(63);
      code.op(I64_SHR_S);
    } else code.i64(0);
    code.op(I64_NE);
  } else {
    code.i32(0);
    code.get(R);
    code.i64(-1, 0);
    code.op(I64_AND);
    code.memory(I64_STORE, GPR_RAX);
    code.i32(0);
    code.get(R);
    code.i64(32);
    code.op(I64_SHR_U);
    code.memory(I64_STORE, GPR_RDX);
    code.get(R);
    pushLower(e, signed);
    code.op(I64_NE);
  }
  code.set(N);
  setOverflow(e);
}

/**
 * DIV and IDIV of doublewords; of quadwords where rDX says no more than the sign of rAX. The handler does the rest, and raises
 * #DE.
 */
export function divide(e: RecordEmitter, signed: boolean, bits: CodeBits): void {
  const code = e.code;
  const leaveIf = (condition: number) => {
    code.op(condition);
    code.brIf(e.exit);
  };
  if (signed) e.loadSignedE(bits);
  else e.loadE(bits);
  code.tee(B);
  leaveIf(I64_EQZ);
  e.load64(GPR_RAX);
  if (bits === 32) {
    code.i64(-1, 0);
    code.op(I64_AND);
    e.load64(GPR_RDX);
    code.i64(32);
    code.op(I64_SHL);
    code.op(I64_OR);
  }
  code.set(A);
  if (bits === 64) {
    e.load64(GPR_RDX);
    if (signed) {
      code.get(A);
      code.i64(63);
      code.op(I64_SHR_S);
    } else code.i64(0);
    leaveIf(I64_NE);
  }
  if (signed) {
    // The most negative dividend by -1 traps in WebAssembly.
    code.get(A);
    code.i64(0, 0x80000000 | 0);
    code.op(I64_EQ);
    code.get(B);
    code.i64(-1);
    code.op(I64_EQ);
    leaveIf(I32_AND);
  }
  code.get(A);
  code.get(B);
  code.op(signed ? I64_DIV_S : I64_DIV_U);
  code.set(R);
  if (bits === 32) {
    code.get(R);
    pushLower(e, signed);
    leaveIf(I64_NE);
  }
  code.get(A);
  code.get(R);
  code.get(B);
  code.op(I64_MUL);
  code.op(I64_SUB);
  code.set(A);
  for (const [register, value] of [
    [GPR_RAX, R],
    [GPR_RDX, A],
  ] as const) {
    code.i32(0);
    code.get(value);
    if (bits === 32) {
      code.i64(-1, 0);
      code.op(I64_AND);
    }
    code.memory(I64_STORE, register);
  }
  setDivision(e);
}

/** Pushes the lower half of R, extended. */
function pushLower({ code }: RecordEmitter, signed: boolean): void {
  code.get(R);
  code.op(I32_WRAP_I64);
  code.op(signed ? I64_EXTEND_I32_S : I64_EXTEND_I32_U);
}

/** R becomes A times B. */
function product(e: RecordEmitter): void {
  const code = e.code;
  code.get(A);
  code.get(B);
  code.op(I64_MUL);
  code.set(R);
}

function highOfProduct(e: RecordEmitter, signed: boolean): void {
  const code = e.code;
  pushHigh(
    code,
    () => code.get(A),
    () => code.get(B),
    signed,
    ADDRESS,
  );
}
