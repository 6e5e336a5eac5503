import { RAX, RBX, RCX, RDX } from '../../isa/registers.ts';
import {
  I32_ADD,
  I32_AND,
  I32_EQ,
  I32_SUB,
  I32_WRAP_I64,
  I64_AND,
  I64_EQ,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_OR,
  I64_SHL,
  I64_SHR_U,
  I64_STORE,
  SELECT,
} from '../wasm/opcodes.ts';
import { flagZero } from './bit-scan.ts';
import { ACCESS_WRITE, type Emitter } from './emitter.ts';
import { type Form, sizeOf } from './form.ts';
import { ADDRESS, HOST } from './locals.ts';
import type { Value } from './value.ts';

export const XCHG: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    e.openE(insn, size);
    const old = e.keep(2, size);
    e.getG(insn, size);
    const value = e.keep(3, size);
    e.push(old, size);
    e.setG(insn, size);
    e.closeE(insn, size, value);
  };
};

/** With one register twice the sum stays. */
export const XADD: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    e.openE(insn, size);
    const a = e.keep(0, size);
    e.getG(insn, size);
    const b = e.keep(1, size);
    e.push(a, size);
    e.push(b, size);
    e.alu(I32_ADD, size);
    const result = e.keep(2, size);
    e.push(a, size);
    e.setG(insn, size);
    e.closeE(insn, size, result);
    e.flags.add(size, a, b, result);
  };
};

/** Memory is written in either case. A doubleword register that keeps its value keeps its upper half too. */
export const CMPXCHG: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    const { code } = e;
    e.openE(insn, size);
    const old = e.keep(1, size);
    e.getRegister(RAX, size);
    const accumulator = e.keep(0, size);
    e.push(accumulator, size);
    e.push(old, size);
    e.alu(I32_SUB, size);
    const result = e.keep(2, size);
    e.push(accumulator, size);
    e.push(old, size);
    e.compare(I32_EQ, size);
    const isEqual = e.keep(3, 32);
    const choose = () => {
      e.push(isEqual, 32);
      code.op(SELECT);
    };
    // Registers are chosen whole, so that one that is not to change does not.
    const whole = size === 32 ? 64 : size;
    const pushWhole = (value: () => void) => {
      value();
      if (size === 32) code.op(I64_EXTEND_I32_U);
    };
    if (insn.isMemory) {
      code.get(HOST);
      e.getG(insn, size);
      e.push(old, size);
      choose();
      e.storeOp(size);
    }
    e.getRegister(RAX, whole);
    pushWhole(() => e.push(old, size));
    choose();
    e.setRegister(RAX, whole);
    if (!insn.isMemory) {
      const rm = size === 8 ? insn.rm8 : insn.rm;
      pushWhole(() => e.getG(insn, size));
      e.getRegister(rm, whole);
      choose();
      e.setRegister(rm, whole);
    }
    e.flags.subtract(size, accumulator, old, result);
  };
};

/** `high:low` of two doubleword registers, as an i64. */
function pushPair(e: Emitter, high: number, low: number): void {
  const { code } = e;
  e.getRegister(high, 64);
  code.i64(32);
  code.op(I64_SHL);
  e.getRegister(low, 64);
  code.i64(-1, 0);
  code.op(I64_AND);
  code.op(I64_OR);
}

/** A register becomes what `value` pushes unless the comparison held. */
function replaceUnless(e: Emitter, isEqual: Value, register: number, value: () => void): void {
  e.getRegister(register, 64);
  value();
  e.push(isEqual, 32);
  e.code.op(SELECT);
  e.setRegister(register, 64);
}

/** EDX:EAX with m64, ECX:EBX in. */
export const CMPXCHG8B: Form = () => (e, insn) => {
  const { code } = e;
  e.openE(insn, 64);
  const old = e.keep(3, 64);
  e.push(old, 64);
  pushPair(e, RDX, RAX);
  code.op(I64_EQ);
  const isEqual = e.keep(3, 32);
  code.get(HOST);
  pushPair(e, RCX, RBX);
  e.push(old, 64);
  e.push(isEqual, 32);
  code.op(SELECT);
  e.storeOp(64);
  replaceUnless(e, isEqual, RAX, () => {
    e.push(old, 64);
    code.i64(-1, 0);
    code.op(I64_AND);
  });
  replaceUnless(e, isEqual, RDX, () => {
    e.push(old, 64);
    code.i64(32);
    code.op(I64_SHR_U);
  });
  flagEqual(e, isEqual);
};

/** RDX:RAX with m128, RCX:RBX in. What is not aligned is left to the interpreter, which raises #GP. */
export const CMPXCHG16B: Form = () => (e, insn) => {
  const { code } = e;
  e.address(insn);
  code.tee(ADDRESS);
  code.op(I32_WRAP_I64);
  code.i32(15);
  code.op(I32_AND);
  code.unlikelyIf();
  e.sideExit();
  code.end();
  code.get(ADDRESS);
  e.probe(ACCESS_WRITE, 16);
  code.get(HOST);
  code.memory(I64_LOAD);
  const low = e.keep(3, 64);
  code.get(HOST);
  code.memory(I64_LOAD, 8);
  const high = e.keep(2, 64);
  e.push(low, 64);
  e.getRegister(RAX, 64);
  code.op(I64_EQ);
  e.push(high, 64);
  e.getRegister(RDX, 64);
  code.op(I64_EQ);
  code.op(I32_AND);
  const isEqual = e.keep(3, 32);
  for (const [register, old, offset] of [
    [RBX, low, 0],
    [RCX, high, 8],
  ] as const) {
    code.get(HOST);
    e.getRegister(register, 64);
    e.push(old, 64);
    e.push(isEqual, 32);
    code.op(SELECT);
    code.memory(I64_STORE, offset);
  }
  replaceUnless(e, isEqual, RAX, () => e.push(low, 64));
  replaceUnless(e, isEqual, RDX, () => e.push(high, 64));
  flagEqual(e, isEqual);
};

/** ZF says that the comparison held; the other flags stay. */
function flagEqual(e: Emitter, isEqual: Value): void {
  flagZero(e, () => e.push(isEqual, 32));
}
