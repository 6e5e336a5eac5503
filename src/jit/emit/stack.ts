import { RBP, RSP, SS } from '../../isa/registers.ts';
import { I32_ADD, I64_EXTEND_I32_U } from '../wasm/opcodes.ts';
import { ACCESS_READ, ACCESS_WRITE, type Emitter } from './emitter.ts';
import { type Form, immediate, sizeOf } from './form.ts';
import { stackSite } from './sites.ts';
import type { Size, Value } from './value.ts';

/*
 * The stack pointer has the size of the code: 64 bits, or 32 where SS is flat and has its B flag set. It changes last.
 */

export function stackSize(e: Emitter): 32 | 64 {
  return e.codeSize === 64 ? 64 : 32;
}

/** Pushes `register + delta` as a linear address. */
export function stackAddress(e: Emitter, register: number, delta: number): void {
  const size = stackSize(e);
  e.getRegister(register, size);
  if (delta !== 0) {
    e.push({ local: -1, lo: delta, hi: delta >> 31 }, size);
    e.alu(I32_ADD, size);
  }
  if (size === 32) e.code.op(I64_EXTEND_I32_U);
  e.atSite(stackSite(register));
}

/** Adds to RSP. */
export function moveStack(e: Emitter, delta: number): void {
  const size = stackSize(e);
  e.getRegister(RSP, size);
  e.push({ local: -1, lo: delta, hi: delta >> 31 }, size);
  e.alu(I32_ADD, size);
  e.setRegister(RSP, size);
}

export function pushValue(e: Emitter, size: Size, value: Value): void {
  stackAddress(e, RSP, -(size >> 3));
  e.probe(ACCESS_WRITE, size >> 3);
  e.storeHost(value, size);
  moveStack(e, -(size >> 3));
}

/** Pushes the top of the stack; RSP stays. */
export function peekValue(e: Emitter, size: Size): void {
  stackAddress(e, RSP, 0);
  e.probe(ACCESS_READ, size >> 3);
  e.loadHost(size);
}

/** Whether the stack can be used natively. */
export function stackIsFlat(e: Emitter): boolean {
  return e.codeSize === 64 || (e.flat.stack32 && e.isFlat(SS, ACCESS_READ) && e.isFlat(SS, ACCESS_WRITE));
}

export const PUSH: Form = ([src]) => {
  const size = sizeOf(src);
  if (!size || src![0] === 'S') return undefined;
  if (src![0] === 'I') return (e, insn) => pushValue(e, size, immediate(insn, size));
  return (e, insn) => {
    e.loadE(insn, size);
    pushValue(e, size, e.keep(3, size));
  };
};

/** The register form alone: with memory, RSP moves before the address is computed. */
export const POP: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size || dest![0] !== 'E') return undefined;
  return (e, insn) => {
    peekValue(e, size);
    const value = e.keep(3, size);
    moveStack(e, size >> 3);
    e.push(value, size);
    e.setRegister(insn.rm, size);
  };
};

export const LEAVE: Form = ([code]) => {
  const size = code === 'q' ? 64 : code === 'd' ? 32 : undefined;
  if (!size) return undefined;
  return (e) => {
    stackAddress(e, RBP, 0);
    e.probe(ACCESS_READ, size >> 3);
    e.loadHost(size);
    const value = e.keep(3, size);
    e.getRegister(RBP, size);
    e.push({ local: -1, lo: size >> 3, hi: 0 }, size);
    e.alu(I32_ADD, size);
    e.setRegister(RSP, size);
    e.push(value, size);
    e.setRegister(RBP, size);
  };
};
