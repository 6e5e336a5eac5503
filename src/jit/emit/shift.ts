import {
  I32_AND,
  I32_EXTEND8_S,
  I32_EXTEND16_S,
  I32_OR,
  I32_SHL,
  I32_SHR_S,
  I32_SHR_U,
  I32_SUB,
  I32_WRAP_I64,
  I32_XOR,
  I64_EXTEND_I32_U,
} from '../wasm/opcodes.ts';
import type { Emitter } from './emitter.ts';
import { type Form, sizeOf } from './form.ts';
import { constant, type Size, type Value } from './value.ts';

/** Byte offset of CL in the register file. */
const CL = 8;
const CARRY_AF = 8;

type Kind = 'shl' | 'shr' | 'sar';

/** Pushes bit `bit` of a value as 0 or 1 (i32). */
export function pushBit(e: Emitter, size: Size, value: Value, bit: Value): void {
  e.push(value, size);
  pushCount(e, size, bit);
  e.alu(I32_SHR_U, size);
  if (size === 64) e.code.op(I32_WRAP_I64);
  e.code.i32(1);
  e.code.op(I32_AND);
}

/** Pushes a count (an i32) in the width of the operand. */
export function pushCount(e: Emitter, size: Size, count: Value): void {
  if (count.local < 0) e.push(constant(count.lo), size);
  else {
    e.push(count, 32);
    if (size === 64) e.code.op(I64_EXTEND_I32_U);
  }
}

/**
 * The carry word: CF in bit 31, CF ^ OF in bit 30, AF set. CF is the last bit out; OF is as for a count of 1 (see
 * `cpu/execute/shift.ts`).
 */
function pushCarryWord(e: Emitter, kind: Kind, size: Size, dest: Value, count: Value, result: Value): void {
  const { code } = e;
  const cf = e.temp(4, 32);
  if (kind === 'shl') {
    // Bit size - count of the destination; beyond the operand, of its extension by zeros.
    if (size < 32) pushBit(e, 32, result, constant(size));
    else if (count.local < 0) pushBit(e, size, dest, constant(size - count.lo));
    else {
      // The WebAssembly shift takes its count modulo the size, so that minus the count will do.
      e.push(dest, size);
      e.push(constant(0), size);
      pushCount(e, size, count);
      e.alu(I32_SUB, size);
      e.alu(I32_SHR_U, size);
      if (size === 64) code.op(I32_WRAP_I64);
      code.i32(1);
      code.op(I32_AND);
    }
  } else {
    e.push(dest, size);
    if (kind === 'sar' && size === 8) code.op(I32_EXTEND8_S);
    if (kind === 'sar' && size === 16) code.op(I32_EXTEND16_S);
    pushCount(e, size, count);
    e.push(constant(1), size);
    e.alu(I32_SUB, size);
    e.alu(kind === 'sar' ? I32_SHR_S : I32_SHR_U, size);
    if (size === 64) code.op(I32_WRAP_I64);
    code.i32(1);
    code.op(I32_AND);
  }
  code.tee(cf);
  code.i32(31);
  code.op(I32_SHL);
  // CF ^ OF: for SHL that is the top bit of the result; for SHR OF is the next one, for SAR OF is 0.
  if (kind === 'shl') pushBit(e, size, result, constant(size - 1));
  else {
    code.get(cf);
    if (kind === 'shr') {
      pushBit(e, size, result, constant(size - 2));
      code.op(I32_XOR);
    }
  }
  code.i32(30);
  code.op(I32_SHL);
  code.op(I32_OR);
  code.i32(CARRY_AF);
  code.op(I32_OR);
}

function shift(kind: Kind): Form {
  return ([dest, src]) => {
    const size = sizeOf(dest);
    if (!size || dest![0] !== 'E') return undefined;
    const mask = size === 64 ? 63 : 31;
    const byImmediate = src === 'Ib';
    return (e, insn) => {
      const fixed = insn.immediate & mask;
      e.openE(insn, size);
      if (byImmediate && fixed === 0) {
        const value = e.keep(3, size);
        if (size === 32 || insn.isMemory) e.closeE(insn, size, value);
        return;
      }
      const a = e.keep(0, size);
      let count = constant(fixed);
      if (!byImmediate) {
        e.flags.materialise();
        e.getRegister(CL, 8);
        e.code.i32(mask);
        e.code.op(I32_AND);
        count = e.keep(1, 32);
      }
      e.push(a, size);
      if (kind === 'sar' && size === 8) e.code.op(I32_EXTEND8_S);
      if (kind === 'sar' && size === 16) e.code.op(I32_EXTEND16_S);
      pushCount(e, size, count);
      e.alu(kind === 'shl' ? I32_SHL : kind === 'shr' ? I32_SHR_U : I32_SHR_S, size);
      const result = e.keep(2, size);
      e.closeE(insn, size, result);
      e.flags.shifted(
        size,
        result,
        () => pushCarryWord(e, kind, size, a, count, result),
        byImmediate ? undefined : count,
      );
    };
  };
}

export const SHL: Form = shift('shl');
export const SHR: Form = shift('shr');
export const SAR: Form = shift('sar');
