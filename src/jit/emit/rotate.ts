import {
  I32_AND,
  I32_OR,
  I32_ROTL,
  I32_ROTR,
  I32_SHL,
  I32_SHR_U,
  I32_WRAP_I64,
  I64_EXTEND_I32_U,
  SELECT,
} from '../wasm/opcodes.ts';
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

/** ROL and ROR of doublewords and quadwords; the flags of `cpu/execute/rotate.ts`: CF and OF alone change. */
function rotate(left: boolean): Form {
  return ([dest, src]) => {
    const size = sizeOf(dest);
    if (!size || size < 32) return undefined;
    const mask = size - 1;
    const byImmediate = src === 'Ib';
    return (e, insn) => {
      const { code } = e;
      const fixed = insn.immediate & mask;
      e.openE(insn, size);
      if (byImmediate && fixed === 0) {
        const value = e.keep(3, size);
        if (size === 32 || insn.isMemory) e.closeE(insn, size, value);
        return;
      }
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
      e.flags.carryOnly(() => {
        // CF: the last bit that went round. OF: for ROL CF ^ the top bit, for ROR the exclusive or of the two top bits.
        code.get(FLAG_CARRY);
        code.i32(0x3fffffff);
        code.op(I32_AND);
        pushBit(e, size, result, left ? 0 : size - 1);
        code.i32(31);
        code.op(I32_SHL);
        code.op(I32_OR);
        pushBit(e, size, result, left ? size - 1 : size - 2);
        code.i32(30);
        code.op(I32_SHL);
        code.op(I32_OR);
        if (count) {
          code.get(FLAG_CARRY);
          e.push(count, 32);
          code.op(SELECT);
        }
        code.set(FLAG_CARRY);
      });
    };
  };
}

export const ROL: Form = rotate(true);
export const ROR: Form = rotate(false);
