import { RAX, RDX } from '../../isa/registers.ts';
import { STATE_GPR, STATE_JIT_OPERAND } from '../../state/layout.ts';
import type { Code } from '../wasm/code.ts';
import {
  I32_AND,
  I32_EQZ,
  I32_EXTEND8_S,
  I32_EXTEND16_S,
  I32_MUL,
  I32_NE,
  I32_OR,
  I32_SHL,
  I32_SHR_S,
  I32_SHR_U,
  I32_WRAP_I64,
  I64_ADD,
  I64_AND,
  I64_DIV_S,
  I64_DIV_U,
  I64_EQ,
  I64_EQZ,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_MUL,
  I64_NE,
  I64_OR,
  I64_SHL,
  I64_SHR_S,
  I64_SHR_U,
  I64_STORE,
  I64_SUB,
} from '../wasm/opcodes.ts';
import type { Emitter } from './emitter.ts';
import { type Emit, type Form, immediate, sizeOf } from './form.ts';
import { FLAG_CARRY, FLAG_RESULT, routineFunction } from './locals.ts';
import type { Size, Value } from './value.ts';

/** CF and OF become what is on the stack (0 or 1). */
function setOverflow(e: Emitter): void {
  const { code } = e;
  code.i32(31);
  code.op(I32_SHL);
  code.get(FLAG_CARRY);
  code.i32(0x3fffffff);
  code.op(I32_AND);
  code.op(I32_OR);
  code.set(FLAG_CARRY);
}

/** Pushes the upper half of a product of quadwords, which `a` and `b` push, from 32-bit pieces. `scratch` is an i64 local. */
export function pushHigh(code: Code, a: () => void, b: () => void, signed: boolean, scratch: number): void {
  const low = (factor: () => void) => {
    factor();
    code.i64(-1, 0);
    code.op(I64_AND);
  };
  const shifted = () => {
    code.i64(32);
    code.op(I64_SHR_U);
  };
  const high = (factor: () => void) => {
    factor();
    shifted();
  };
  high(a);
  low(b);
  code.op(I64_MUL);
  low(a);
  low(b);
  code.op(I64_MUL);
  shifted();
  code.op(I64_ADD);
  code.set(scratch);
  high(a);
  high(b);
  code.op(I64_MUL);
  code.get(scratch);
  shifted();
  code.op(I64_ADD);
  low(a);
  high(b);
  code.op(I64_MUL);
  code.get(scratch);
  code.i64(-1, 0);
  code.op(I64_AND);
  code.op(I64_ADD);
  shifted();
  code.op(I64_ADD);
  if (!signed) return;
  for (const [x, y] of [
    [a, b],
    [b, a],
  ] as const) {
    x();
    code.i64(63);
    code.op(I64_SHR_S);
    y();
    code.op(I64_AND);
    code.op(I64_SUB);
  }
}

/** How to push a quadword. */
export function pushed(e: Emitter, value: Value): () => void {
  return () => e.push(value, 64);
}

/** Pushes a byte or word with its sign. */
function pushExtended(e: Emitter, size: Size, value: Value, signed: boolean): void {
  e.push(value, size);
  if (signed) e.code.op(size === 8 ? I32_EXTEND8_S : I32_EXTEND16_S);
}

/** Pushes whether a product of two bytes or words (an i32) is more than its lower half says. */
function pushIsTooWide(e: Emitter, size: Size, product: Value, signed: boolean): void {
  const { code } = e;
  e.push(product, 32);
  if (signed) {
    e.push(product, 32);
    code.op(size === 8 ? I32_EXTEND8_S : I32_EXTEND16_S);
  } else {
    e.push(product, 32);
    code.i32(size === 8 ? 0xff : 0xffff);
    code.op(I32_AND);
  }
  code.op(I32_NE);
}

/** AX = AL * E, DX:AX = AX * E. */
function narrowProduct(size: 8 | 16, signed: boolean): Emit {
  return (e, insn) => {
    const { code } = e;
    e.loadE(insn, size);
    const b = e.keep(1, size);
    e.getRegister(RAX, size);
    const a = e.keep(0, size);
    pushExtended(e, size, a, signed);
    pushExtended(e, size, b, signed);
    code.op(I32_MUL);
    const product = e.keep(2, 32);
    e.push(product, 32);
    e.setRegister(RAX, 16);
    if (size === 16) {
      e.push(product, 32);
      code.i32(16);
      code.op(I32_SHR_U);
      e.setRegister(RDX, 16);
    }
    e.flags.carryOnly(() => {
      pushIsTooWide(e, size, product, signed);
      setOverflow(e);
    });
  };
}

function pushFactor(e: Emitter, size: Size, value: Value): void {
  if (size === 16) pushExtended(e, 16, value, true);
  else e.push(value, size);
}

/** IMUL with one destination: `result` is the low half of the product of `a` and `b`. */
function product(e: Emitter, size: Size, a: Value, b: Value): Value {
  const { code } = e;
  pushFactor(e, size, a);
  pushFactor(e, size, b);
  e.alu(I32_MUL, size);
  const result = e.keep(2, size);
  e.flags.carryOnly(() => {
    if (size === 16) pushIsTooWide(e, 16, result, true);
    else if (size === 64) {
      pushHigh(code, pushed(e, a), pushed(e, b), true, e.temp(4, 64));
      e.push(result, 64);
      code.i64(63);
      code.op(I64_SHR_S);
      code.op(I64_NE);
    } else {
      const wide = e.temp(4, 64);
      e.push(a, 32);
      code.op(I64_EXTEND_I32_S);
      e.push(b, 32);
      code.op(I64_EXTEND_I32_S);
      code.op(I64_MUL);
      code.tee(wide);
      code.get(wide);
      code.op(I32_WRAP_I64);
      code.op(I64_EXTEND_I32_S);
      code.op(I64_NE);
    }
    setOverflow(e);
  });
  return result;
}

export const IMUL: Form = ([dest, src, third]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  if (!src) return size < 32 ? narrowProduct(size as 8 | 16, true) : wideProduct(size, true);
  return (e, insn) => {
    e.loadE(insn, size);
    const b = e.keep(1, size);
    let a: Value;
    if (third) a = immediate(insn, size);
    else {
      e.getG(insn, size);
      a = e.keep(0, size);
    }
    const result = product(e, size, a, b);
    e.push(result, size);
    e.setG(insn, size);
  };
};

export const MUL: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return size < 32 ? narrowProduct(size as 8 | 16, false) : wideProduct(size, false);
};

/** rDX:rAX = rAX * E. */
function wideProduct(size: Size, signed: boolean): Emit {
  return (e, insn) => {
    const { code } = e;
    e.loadE(insn, size);
    const b = e.keep(1, size);
    e.getRegister(RAX, size);
    const a = e.keep(0, size);
    if (size === 64) {
      pushHigh(code, pushed(e, a), pushed(e, b), signed, e.temp(4, 64));
      e.setRegister(RDX, 64);
      e.push(a, 64);
      e.push(b, 64);
      code.op(I64_MUL);
      e.setRegister(RAX, 64);
    } else {
      const wide = e.temp(4, 64);
      e.push(a, 32);
      code.op(signed ? I64_EXTEND_I32_S : I64_EXTEND_I32_U);
      e.push(b, 32);
      code.op(signed ? I64_EXTEND_I32_S : I64_EXTEND_I32_U);
      code.op(I64_MUL);
      code.tee(wide);
      code.i64(32);
      code.op(I64_SHR_U);
      e.setRegister(RDX, 64);
      code.get(wide);
      code.i64(-1, 0);
      code.op(I64_AND);
      e.setRegister(RAX, 64);
    }
    e.getRegister(RDX, size);
    const high = e.keep(2, size);
    e.getRegister(RAX, size);
    const low = e.keep(0, size);
    e.flags.carryOnly(() => {
      e.push(high, size);
      if (signed) {
        e.push(low, size);
        if (size === 64) code.i64(63);
        else code.i32(31);
        code.op(size === 64 ? I64_SHR_S : I32_SHR_S);
        e.compare(I32_NE, size);
      } else {
        e.compare(I32_EQZ, size);
        code.op(I32_EQZ);
      }
      setOverflow(e);
    });
  };
}

/** CF and OF stay, AF is set, SF ZF PF are clear. */
function flagDivision({ code }: Emitter): void {
  code.i64(1);
  code.set(FLAG_RESULT);
  code.get(FLAG_CARRY);
  code.i32(0xc0000000 | 0);
  code.op(I32_AND);
  code.i32(8);
  code.op(I32_OR);
  code.set(FLAG_CARRY);
}

/**
 * DIV and IDIV of doublewords; of quadwords where rDX says no more than the sign of rAX, and otherwise DIV by a routine.
 * The handler does the rest, and raises #DE.
 */
function division(signed: boolean): Form {
  return ([dest]) => {
    const size = sizeOf(dest);
    if (!size || size < 32) return undefined;
    return (e, insn) => {
      const { code } = e;
      const divisor = e.temp(0, 64);
      const dividend = e.temp(1, 64);
      const quotient = e.temp(2, 64);
      e.loadE(insn, size);
      if (size === 32) code.op(signed ? I64_EXTEND_I32_S : I64_EXTEND_I32_U);
      code.set(divisor);
      if (size === 32) {
        e.getRegister(RDX, 64);
        code.i64(32);
        code.op(I64_SHL);
        e.getRegister(RAX, 64);
        code.i64(-1, 0);
        code.op(I64_AND);
        code.op(I64_OR);
      } else e.getRegister(RAX, 64);
      code.set(dividend);
      e.flags.direct();
      const native = code.block();
      const byHandler = code.block();
      const byRoutine = size === 64 && !signed ? code.block() : byHandler;
      code.get(divisor);
      code.op(I64_EQZ);
      code.brIf(byHandler);
      if (size === 64) {
        e.getRegister(RDX, 64);
        if (signed) {
          code.get(dividend);
          code.i64(63);
          code.op(I64_SHR_S);
        } else code.i64(0);
        code.op(I64_NE);
        code.brIf(byRoutine);
      }
      if (signed) {
        // The most negative dividend by -1 overflows, and traps in WebAssembly.
        code.get(dividend);
        code.i64(0, 0x80000000 | 0);
        code.op(I64_EQ);
        code.get(divisor);
        code.i64(-1);
        code.op(I64_EQ);
        code.op(I32_AND);
        code.brIf(byHandler);
      }
      code.get(dividend);
      code.get(divisor);
      code.op(signed ? I64_DIV_S : I64_DIV_U);
      code.set(quotient);
      if (size === 32) {
        code.get(quotient);
        code.get(quotient);
        code.op(I32_WRAP_I64);
        code.op(signed ? I64_EXTEND_I32_S : I64_EXTEND_I32_U);
        code.op(I64_NE);
        code.brIf(byHandler);
      }
      code.get(dividend);
      code.get(quotient);
      code.get(divisor);
      code.op(I64_MUL);
      code.op(I64_SUB);
      if (size === 32) code.op(I32_WRAP_I64);
      e.setRegister(RDX, size);
      code.get(quotient);
      if (size === 32) code.op(I32_WRAP_I64);
      e.setRegister(RAX, size);
      flagDivision(e);
      code.br(native);
      code.end();
      if (byRoutine !== byHandler) {
        divideWide(e, divisor, byHandler);
        code.br(native);
        code.end();
      }
      e.callHandler();
      code.end();
    };
  };
}

/** RDX:RAX by `divisor`, by the routine: to `byHandler` where the quotient is too large. */
function divideWide(e: Emitter, divisor: number, byHandler: number): void {
  const { code } = e;
  for (const register of [RAX, RDX]) {
    code.i32(0);
    e.getRegister(register, 64);
    code.memory(I64_STORE, STATE_GPR + register * 8);
  }
  code.i32(0);
  code.get(divisor);
  code.memory(I64_STORE, STATE_JIT_OPERAND);
  code.i32(0);
  code.call(routineFunction('divide'));
  code.op(I32_EQZ);
  code.brIf(byHandler);
  for (const register of [RAX, RDX]) {
    code.i32(0);
    code.memory(I64_LOAD, STATE_GPR + register * 8);
    e.setRegister(register, 64);
  }
  flagDivision(e);
}

export const DIV: Form = division(false);
export const IDIV: Form = division(true);
