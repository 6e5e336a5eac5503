import {
  I32_ADD,
  I32_AND,
  I32_OR,
  I32_SHL,
  I32_SHR_U,
  I32_SUB,
  I32_WRAP_I64,
  I32_XOR,
} from '../wasm/opcodes.ts';
import type { Emitter } from './emitter.ts';
import { type Form, sizeOf } from './form.ts';
import { pushBit, pushCount } from './shift.ts';
import { constant, type Size, type Value } from './value.ts';

/** Byte offset of CL in the register file. */
const CL = 8;
const CARRY_AF = 8;

/** `size - 1 - count`, which with a shift by one before it is a shift by `size - count` that works for 0 as well. */
function pushRest(e: Emitter, size: Size, count: Value): void {
  if (count.local < 0) {
    e.push(constant(size - 1 - count.lo), size);
    return;
  }
  e.push(constant(size - 1), size);
  pushCount(e, size, count);
  e.alu(I32_SUB, size);
}

/** The carry word: CF is the last bit out, OF as in `cpu/execute/double-shift.ts`, AF set. */
function pushCarryWord(e: Emitter, left: boolean, size: Size, a: Value, count: Value, result: Value): void {
  const { code } = e;
  e.push(a, size);
  if (count.local < 0) e.push(constant(left ? size - count.lo : count.lo - 1), size);
  else {
    // The WebAssembly shift takes its count modulo the size, so that minus the count will do.
    e.push(constant(left ? 0 : -1), size);
    pushCount(e, size, count);
    e.alu(left ? I32_SUB : I32_ADD, size);
  }
  e.alu(I32_SHR_U, size);
  if (size === 64) code.op(I32_WRAP_I64);
  code.i32(1);
  code.op(I32_AND);
  const cf = e.temp(4, 32);
  code.tee(cf);
  code.i32(31);
  code.op(I32_SHL);
  // CF ^ OF: to the left OF is CF ^ the top bit, to the right the exclusive or of the two top bits.
  pushBit(e, size, result, constant(size - 1));
  if (!left) {
    pushBit(e, size, result, constant(size - 2));
    code.op(I32_XOR);
    code.get(cf);
    code.op(I32_XOR);
  }
  code.i32(30);
  code.op(I32_SHL);
  code.op(I32_OR);
  code.i32(CARRY_AF);
  code.op(I32_OR);
}

/** SHLD and SHRD of doublewords and quadwords. A count of 0 changes nothing but the upper half of a doubleword register. */
function doubleShift(left: boolean): Form {
  return ([dest, , by]) => {
    const size = sizeOf(dest);
    if (!size || size < 32) return undefined;
    const byImmediate = by === 'Ib';
    return (e, insn) => {
      const fixed = insn.immediate & (size - 1);
      e.openE(insn, size);
      const a = e.keep(0, size);
      if (byImmediate && fixed === 0) {
        if (size === 32 || insn.isMemory) e.closeE(insn, size, a);
        return;
      }
      let count = constant(fixed);
      if (!byImmediate) {
        e.flags.materialise();
        e.getRegister(CL, 8);
        e.code.i32(size - 1);
        e.code.op(I32_AND);
        count = e.keep(1, 32);
      }
      e.push(a, size);
      pushCount(e, size, count);
      e.alu(left ? I32_SHL : I32_SHR_U, size);
      e.getG(insn, size);
      e.push(constant(1), size);
      e.alu(left ? I32_SHR_U : I32_SHL, size);
      pushRest(e, size, count);
      e.alu(left ? I32_SHR_U : I32_SHL, size);
      e.alu(I32_OR, size);
      const result = e.keep(2, size);
      e.closeE(insn, size, result);
      e.flags.shifted(
        size,
        result,
        () => pushCarryWord(e, left, size, a, count, result),
        byImmediate ? undefined : count,
      );
    };
  };
}

export const SHLD: Form = doubleShift(true);
export const SHRD: Form = doubleShift(false);
