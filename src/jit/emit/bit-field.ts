import type { Instruction } from '../../isa/instruction.ts';
import { RDX } from '../../isa/registers.ts';
import {
  I32_ADD,
  I32_AND,
  I32_EQZ,
  I32_GE_U,
  I32_LT_U,
  I32_MUL,
  I32_OR,
  I32_ROTR,
  I32_SHL,
  I32_SHR_S,
  I32_SHR_U,
  I32_SUB,
  I32_WRAP_I64,
  I32_XOR,
  I64_AND,
  I64_EXTEND_I32_U,
  I64_MUL,
  I64_OR,
  I64_SHR_U,
  SELECT,
} from '../wasm/opcodes.ts';
import type { Emitter } from './emitter.ts';
import { type Form, sizeOf } from './form.ts';
import { FLAG_CARRY } from './locals.ts';
import { pushed, pushHigh } from './multiply.ts';
import { pushCount } from './shift.ts';
import { constant, type Size, type Value } from './value.ts';

/*
 * BMI1, BMI2 and ADX. A VEX prefix means something else outside of protected mode, which 64-bit code alone is sure of:
 * `emitterOf` asks for it.
 */

/** Takes CF (0 or 1) from the stack and leaves the carry word with OF and AF clear. */
function carryWord(e: Emitter): void {
  // 0 - CF is all ones or nothing: bits 31 and 30.
  const { code } = e;
  code.i32(30);
  code.op(I32_SHL);
  code.i32(3);
  code.op(I32_MUL);
}

export const ANDN: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    e.loadE(insn, size);
    e.getRegister(insn.vvvv, size);
    e.push(constant(-1), size);
    e.alu(I32_XOR, size);
    e.alu(I32_AND, size);
    const result = e.keep(2, size);
    e.push(result, size);
    e.setG(insn, size);
    e.flags.logic(size, result);
  };
};

/** BLSR BLSMSK BLSI: the lowest set bit. CF says that the source was 0, for BLSI that it was not. */
function lowestBit(op: number, negate: boolean): Form {
  return ([dest]) => {
    const size = sizeOf(dest);
    if (!size) return undefined;
    return (e, insn) => {
      e.loadE(insn, size);
      const src = e.keep(0, size);
      e.push(src, size);
      e.push(negate ? constant(0) : src, size);
      e.push(negate ? src : constant(1), size);
      e.alu(I32_SUB, size);
      e.alu(op, size);
      const result = e.keep(2, size);
      e.push(result, size);
      e.setRegister(insn.vvvv, size);
      e.flags.shifted(size, result, () => {
        e.push(src, size);
        e.compare(I32_EQZ, size);
        if (negate) e.code.op(I32_EQZ);
        carryWord(e);
      });
    };
  };
}

export const BLSR: Form = lowestBit(I32_AND, false);
export const BLSMSK: Form = lowestBit(I32_XOR, false);
export const BLSI: Form = lowestBit(I32_AND, true);

/** Pushes the lowest `count` bits of a value; all of them where `count` (an i32 below 256) reaches the size. */
function pushLowBits(e: Emitter, size: Size, value: Value, count: Value): void {
  e.push(value, size);
  e.push(constant(1), size);
  pushCount(e, size, count);
  e.alu(I32_SHL, size);
  e.push(constant(1), size);
  e.alu(I32_SUB, size);
  e.push(constant(-1), size);
  e.push(count, 32);
  e.code.i32(size);
  e.code.op(I32_LT_U);
  e.code.op(SELECT);
  e.alu(I32_AND, size);
}

/** A byte of a control register operand, as an i32. */
function controlByte(e: Emitter, insn: Instruction, byte: 0 | 1, number: number): Value {
  e.getRegister(insn.vvvv, 32);
  if (byte === 1) {
    e.code.i32(8);
    e.code.op(I32_SHR_U);
  }
  e.code.i32(0xff);
  e.code.op(I32_AND);
  return e.keep(number, 32);
}

/** CF says that the position lies beyond the operand. */
export const BZHI: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    e.loadE(insn, size);
    const src = e.keep(0, size);
    const from = controlByte(e, insn, 0, 1);
    pushLowBits(e, size, src, from);
    const result = e.keep(2, size);
    e.push(result, size);
    e.setG(insn, size);
    e.flags.shifted(size, result, () => {
      e.push(from, 32);
      e.code.i32(size);
      e.code.op(I32_GE_U);
      carryWord(e);
    });
  };
};

/** ZF as of the result; AF is set, the others clear, as on an AMD Zen 3. PF is that of the result byte. */
export const BEXTR: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    const { code } = e;
    e.loadE(insn, size);
    const src = e.keep(0, size);
    const start = controlByte(e, insn, 0, 3);
    // Beyond the operand there are zeros.
    e.push(src, size);
    pushCount(e, size, start);
    e.alu(I32_SHR_U, size);
    e.push(constant(0), size);
    e.push(start, 32);
    code.i32(size);
    code.op(I32_LT_U);
    code.op(SELECT);
    const shifted = e.keep(0, size);
    pushLowBits(e, size, shifted, controlByte(e, insn, 1, 1));
    const result = e.keep(2, size);
    e.push(result, size);
    e.setG(insn, size);
    // The sign is never that of the result: the high word moves down by one, and keeps its lowest bit for ZF.
    e.push(result, size);
    if (size === 32) code.op(I64_EXTEND_I32_U);
    else {
      code.i64(-1, 1);
      code.op(I64_AND);
      e.push(result, 64);
      code.i64(1);
      code.op(I64_SHR_U);
      code.i64(0, -1);
      code.op(I64_AND);
      code.op(I64_OR);
    }
    const flags = e.keep(2, 64);
    e.flags.shifted(64, flags, () => code.i32(8));
  };
};

/** No flag changes in what follows. */
export const MULX: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    const { code } = e;
    e.loadE(insn, size);
    if (size === 32) {
      code.op(I64_EXTEND_I32_U);
      e.getRegister(RDX, 32);
      code.op(I64_EXTEND_I32_U);
      code.op(I64_MUL);
      const product = e.keep(3, 64);
      e.push(product, 64);
      code.op(I32_WRAP_I64);
      e.setRegister(insn.vvvv, 32);
      e.push(product, 64);
      code.i64(32);
      code.op(I64_SHR_U);
      code.op(I32_WRAP_I64);
      e.setG(insn, 32);
      return;
    }
    const b = e.keep(0, 64);
    e.getRegister(RDX, 64);
    const a = e.keep(1, 64);
    e.push(a, 64);
    e.push(b, 64);
    code.op(I64_MUL);
    // One register for both halves keeps the high one.
    e.setRegister(insn.vvvv, 64);
    pushHigh(e.code, pushed(e, a), pushed(e, b), false, e.temp(4, 64));
    e.setG(insn, 64);
  };
};

export const RORX: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    e.loadE(insn, size);
    e.push(constant(insn.immediate & (size - 1)), size);
    e.alu(I32_ROTR, size);
    e.setG(insn, size);
  };
};

/** The WebAssembly shift takes its count modulo the size, as these do. */
function shiftX(op: number): Form {
  return ([dest]) => {
    const size = sizeOf(dest);
    if (!size) return undefined;
    return (e, insn) => {
      e.loadE(insn, size);
      e.getRegister(insn.vvvv, size);
      e.alu(op, size);
      e.setG(insn, size);
    };
  };
}

export const SHLX: Form = shiftX(I32_SHL);
export const SHRX: Form = shiftX(I32_SHR_U);
export const SARX: Form = shiftX(I32_SHR_S);

/** ADCX (CF) and ADOX (OF): a chain of carries in one flag, the others stay. */
function addChain(isCarry: boolean): Form {
  return ([dest]) => {
    const size = sizeOf(dest);
    if (!size) return undefined;
    return (e, insn) => {
      const { code } = e;
      e.loadE(insn, size);
      const b = e.keep(1, size);
      e.flags.direct();
      e.flags.condition(isCarry ? 2 : 0);
      const carry = e.keep(3, 32);
      e.getG(insn, size);
      const a = e.keep(0, size);
      e.push(a, size);
      e.push(b, size);
      e.alu(I32_ADD, size);
      pushCount(e, size, carry);
      e.alu(I32_ADD, size);
      const result = e.keep(2, size);
      e.push(result, size);
      e.setG(insn, size);
      // The carry out: a & b | (a | b) & ~result.
      e.push(a, size);
      e.push(b, size);
      e.alu(I32_AND, size);
      e.push(a, size);
      e.push(b, size);
      e.alu(I32_OR, size);
      e.push(result, size);
      e.push(constant(-1), size);
      e.alu(I32_XOR, size);
      e.alu(I32_AND, size);
      e.alu(I32_OR, size);
      e.push(constant(size - 1), size);
      e.alu(I32_SHR_U, size);
      if (size === 64) code.op(I32_WRAP_I64);
      e.push(carry, 32);
      code.op(I32_XOR);
      // What turns: CF and with it bit 30, so that OF stays; for OF bit 30 alone.
      code.i32(30);
      code.op(I32_SHL);
      if (isCarry) {
        code.i32(3);
        code.op(I32_MUL);
      }
      code.get(FLAG_CARRY);
      code.op(I32_XOR);
      code.set(FLAG_CARRY);
    };
  };
}

export const ADCX: Form = addChain(true);
export const ADOX: Form = addChain(false);
