import {
  I32_AND,
  I32_MUL,
  I32_OR,
  I32_ROTL,
  I32_ROTR,
  I32_SHL,
  I32_SHR_U,
  I32_WRAP_I64,
  I32_XOR,
  I64_EXTEND_I32_U,
  SELECT,
} from '../wasm/opcodes.ts';
import { pushCarry } from './add.ts';
import type { Emitter } from './emitter.ts';
import { type Form, sizeOf } from './form.ts';
import { FLAG_CARRY } from './locals.ts';
import { constant, type Size, type Value } from './value.ts';

const CL = 8;

/** Pushes a bit of the result as 0 or 1. */
function pushBit(e: Emitter, size: Size, result: Value, bit: number): void {
  e.push(result, size);
  e.push(constant(bit), size);
  e.alu(I32_SHR_U, size);
  if (size === 64) e.code.op(I32_WRAP_I64);
  e.code.i32(1);
  e.code.op(I32_AND);
}

/** CF becomes what `pushOut` pushes, CF ^ OF what `pushDifference` does. Nothing changes where `unless` is 0. */
function flagRotation(e: Emitter, pushOut: () => void, pushDifference: () => void, unless?: Value): void {
  const { code } = e;
  e.flags.carryOnly(() => {
    code.get(FLAG_CARRY);
    code.i32(0x3fffffff);
    code.op(I32_AND);
    pushOut();
    code.i32(31);
    code.op(I32_SHL);
    code.op(I32_OR);
    pushDifference();
    code.i32(30);
    code.op(I32_SHL);
    code.op(I32_OR);
    if (unless) {
      code.get(FLAG_CARRY);
      e.push(unless, 32);
      code.op(SELECT);
    }
    code.set(FLAG_CARRY);
  });
}

/** Pushes a byte or word so often that a rotation of the doubleword rotates each of them. */
function pushRepeated(e: Emitter, size: Size, value: Value): void {
  e.push(value, size);
  if (size >= 32) return;
  e.code.i32(size === 8 ? 0x01010101 : 0x00010001);
  e.code.op(I32_MUL);
}

/** ROL and ROR; the flags of `cpu/execute/rotate.ts`: CF and OF alone change. */
function rotate(left: boolean): Form {
  return ([dest, src]) => {
    const size = sizeOf(dest);
    if (!size) return undefined;
    const mask = size === 64 ? 63 : 31;
    const byImmediate = src === 'Ib';
    return (e, insn) => {
      const { code } = e;
      const fixed = insn.immediate & mask;
      e.openE(insn, size);
      const old = e.keep(3, size);
      if (byImmediate && fixed === 0) {
        if (size === 32 || insn.isMemory) e.closeE(insn, size, old);
        return;
      }
      pushRepeated(e, size, old);
      if (byImmediate) e.push(constant(fixed), size);
      else {
        e.getRegister(CL, 8);
        if (size === 64) code.op(I64_EXTEND_I32_U);
      }
      e.alu(left ? I32_ROTL : I32_ROTR, size);
      const result = e.keep(2, size);
      let count: Value | undefined;
      if (!byImmediate) {
        e.getRegister(CL, 8);
        code.i32(mask);
        code.op(I32_AND);
        count = e.keep(1, 32);
      }
      e.closeE(insn, size, result);
      // CF: the last bit that went round. OF: for ROL CF ^ the top bit, for ROR the exclusive or of the two top bits.
      flagRotation(
        e,
        () => pushBit(e, size, result, left ? 0 : size - 1),
        () => pushBit(e, size, result, left ? size - 1 : size - 2),
        count,
      );
    };
  };
}

export const ROL: Form = rotate(true);
export const ROR: Form = rotate(false);

/** RCL and RCR by 1, of doublewords and quadwords: what loops over long numbers use. */
function rotateThroughCarry(left: boolean): Form {
  return ([dest, src]) => {
    const size = sizeOf(dest);
    if (!size || size < 32 || src !== 'Ib') return undefined;
    return (e, insn) => {
      if ((insn.immediate & (size - 1)) !== 1) {
        e.callHandler();
        return;
      }
      e.flags.materialiseCarry();
      e.openE(insn, size);
      const old = e.keep(0, size);
      e.push(old, size);
      e.push(constant(1), size);
      e.alu(left ? I32_SHL : I32_SHR_U, size);
      pushCarry(e, size);
      if (!left) {
        e.push(constant(size - 1), size);
        e.alu(I32_SHL, size);
      }
      e.alu(I32_OR, size);
      const result = e.keep(2, size);
      e.closeE(insn, size, result);
      const top = () => pushBit(e, size, result, size - 1);
      const out = () => pushBit(e, size, old, left ? size - 1 : 0);
      // CF ^ OF is for RCL the top bit of the result, for RCR CF ^ the two top bits.
      flagRotation(e, out, () => {
        top();
        if (left) return;
        pushBit(e, size, result, size - 2);
        e.code.op(I32_XOR);
        out();
        e.code.op(I32_XOR);
      });
    };
  };
}

export const RCL: Form = rotateThroughCarry(true);
export const RCR: Form = rotateThroughCarry(false);
