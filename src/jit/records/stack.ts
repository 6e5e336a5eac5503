import { RBP, RSP } from '../../isa/registers.ts';
import { STATE_GPR } from '../../state/layout.ts';
import { I32_ADD, I32_STORE, I32_WRAP_I64, I64_ADD, I64_AND, I64_STORE, I64_SUB } from '../wasm/opcodes.ts';
import type { CodeBits } from './actions.ts';
import { ADDRESS, B, E, type RecordEmitter } from './emitter.ts';
import { SHAPE_WRITE } from './shapes.ts';

/* The stack of the guest: RSP, or ESP whose upper half becomes 0. */

const GPR_RSP = STATE_GPR + RSP * 8;
const GPR_RBP = STATE_GPR + RBP * 8;

/** Pushes B. */
export function push(e: RecordEmitter, bits: CodeBits): void {
  const code = e.code;
  stackPointer(e, bits);
  code.i64(bits >> 3);
  code.op(I64_SUB);
  cut(e, bits);
  code.set(ADDRESS);
  e.probe(
    () => {
      code.i32(SHAPE_WRITE);
      code.op(I32_ADD);
    },
    () => code.i64((bits >> 3) - 1),
  );
  code.get(E);
  code.get(B);
  if (bits === 64) code.memory(I64_STORE);
  else {
    code.op(I32_WRAP_I64);
    code.memory(I32_STORE);
  }
  code.i32(0);
  code.get(ADDRESS);
  code.memory(I64_STORE, GPR_RSP);
}

/** E becomes the top. */
export function top(e: RecordEmitter, bits: CodeBits): void {
  stackPointer(e, bits);
  e.code.set(ADDRESS);
  probeTop(e, bits);
}

function probeTop(e: RecordEmitter, bits: CodeBits): void {
  e.probe(
    () => {},
    () => e.code.i64((bits >> 3) - 1),
  );
}

/** The top has been taken. */
export function release(e: RecordEmitter, bits: CodeBits): void {
  const code = e.code;
  code.i32(0);
  code.get(ADDRESS);
  code.i64(bits >> 3);
  code.op(I64_ADD);
  cut(e, bits);
  code.memory(I64_STORE, GPR_RSP);
}

/** LEAVE: POP rBP from where rBP says. */
export function leave(e: RecordEmitter, bits: CodeBits): void {
  const code = e.code;
  e.load64(GPR_RBP);
  cut(e, bits);
  code.set(ADDRESS);
  probeTop(e, bits);
  e.loadE(bits);
  code.set(B);
  release(e, bits);
  code.i32(0);
  code.get(B);
  code.memory(I64_STORE, GPR_RBP);
}

function stackPointer(e: RecordEmitter, bits: CodeBits): void {
  e.load64(GPR_RSP);
  cut(e, bits);
}

/** Cuts what is on the stack of WebAssembly. */
function cut(e: RecordEmitter, bits: CodeBits): void {
  if (bits === 64) return;
  e.code.i64(-1, 0);
  e.code.op(I64_AND);
}
