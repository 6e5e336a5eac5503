import type { Instruction } from '../../isa/instruction.ts';
import {
  I32_AND,
  I32_CLZ,
  I32_CTZ,
  I32_EQ,
  I32_EQZ,
  I32_OR,
  I32_POPCNT,
  I32_ROTL,
  I32_ROTR,
  I32_SHL,
  I32_SHR_U,
  I32_SUB,
  I32_XOR,
  I64_AND,
  I64_EXTEND_I32_U,
  I64_OR,
  I64_ROTL,
  I64_SHL,
  I64_SHR_U,
  SELECT,
} from '../wasm/opcodes.ts';
import type { Emitter } from './emitter.ts';
import { type Emit, type Form, proveE, sizeOf } from './form.ts';
import { FLAG_CARRY, FLAG_RESULT, HOST } from './locals.ts';
import { constant, type Size, type Value } from './value.ts';

const OVERFLOW = 0;
const SIGN = 8;
const PARITY = 10;

/**
 * ZF becomes what `pushZero` pushes (0 or 1); the other flags stay. The representation is that of `Flags.setStatus`.
 * `pushZero` may use any temporary but number 4.
 */
export function flagZero(e: Emitter, pushZero: () => void): void {
  const { code } = e;
  e.flags.direct();
  const zero = e.temp(4, 32);
  pushZero();
  code.set(zero);
  code.get(FLAG_CARRY);
  code.i32(0xc0000008 | 0);
  code.op(I32_AND);
  e.flags.condition(SIGN);
  code.op(I32_OR);
  // Without correction PF is that of the result byte: 1 for 0, 0 for 1. It must differ from that where it is not ZF.
  e.flags.condition(PARITY);
  code.get(zero);
  code.op(I32_EQ);
  code.op(I32_EQZ);
  code.i32(8);
  code.op(I32_SHL);
  code.op(I32_OR);
  code.set(FLAG_CARRY);
  code.get(zero);
  code.op(I32_EQZ);
  code.op(I64_EXTEND_I32_U);
  code.set(FLAG_RESULT);
}

function pushIsZero(e: Emitter, size: Size, value: Value): void {
  e.push(value, size);
  e.compare(I32_EQZ, size);
}

/** BSF and BSR. A source of 0 leaves the destination alone, all 64 bits of it. */
function scan(forward: boolean): Form {
  return ([dest]) => {
    const size = sizeOf(dest);
    if (!size || size < 32) return undefined;
    return (e, insn) => {
      const { code } = e;
      e.loadE(insn, size);
      const src = e.keep(3, size);
      if (forward) {
        e.push(src, size);
        e.alu(I32_CTZ, size);
      } else {
        e.push(constant(size - 1), size);
        e.push(src, size);
        e.alu(I32_CLZ, size);
        e.alu(I32_SUB, size);
      }
      if (size === 32) code.op(I64_EXTEND_I32_U);
      e.getRegister(insn.reg, 64);
      e.push(src, size);
      if (size === 64) {
        code.i64(0);
        e.compare(I32_EQ, 64);
        code.op(I32_EQZ);
      }
      code.op(SELECT);
      e.setRegister(insn.reg, 64);
      flagZero(e, () => pushIsZero(e, size, src));
    };
  };
}

export const BSF: Form = scan(true);
export const BSR: Form = scan(false);

/** TZCNT LZCNT POPCNT: `op` of the source, and then the flags. */
function count(op: number, setFlags: (e: Emitter, size: Size, src: Value, result: Value) => void): Form {
  return ([dest]) => {
    const size = sizeOf(dest);
    if (!size || size < 32) return undefined;
    return (e, insn) => {
      e.loadE(insn, size);
      const src = e.keep(0, size);
      e.push(src, size);
      e.alu(op, size);
      const result = e.keep(1, size);
      e.push(result, size);
      e.setG(insn, size);
      setFlags(e, size, src, result);
    };
  };
}

/** CF: the source was 0. ZF: the result is. OF stays; SF AF PF are cleared. */
function flagCount(e: Emitter, size: Size, src: Value, result: Value): void {
  const { code } = e;
  e.flags.direct();
  const isZero = e.temp(4, 32);
  pushIsZero(e, size, src);
  code.tee(isZero);
  code.i32(31);
  code.op(I32_SHL);
  code.get(isZero);
  e.flags.condition(OVERFLOW);
  code.op(I32_XOR);
  code.i32(30);
  code.op(I32_SHL);
  code.op(I32_OR);
  flagResult(e, size, result);
}

/** Takes CF and OF from the stack; ZF says that `value` is 0, PF is 0. */
function flagResult(e: Emitter, size: Size, value: Value): void {
  const { code } = e;
  pushIsZero(e, size, value);
  code.i32(8);
  code.op(I32_SHL);
  code.op(I32_OR);
  code.set(FLAG_CARRY);
  pushIsZero(e, size, value);
  code.op(I32_EQZ);
  code.op(I64_EXTEND_I32_U);
  code.set(FLAG_RESULT);
}

export const TZCNT: Form = count(I32_CTZ, flagCount);
export const LZCNT: Form = count(I32_CLZ, flagCount);

/** ZF says that the source was 0; the other five are cleared. */
export const POPCNT: Form = count(I32_POPCNT, (e, size, src) => {
  e.flags.overwrite(() => {
    e.code.i32(0);
    flagResult(e, size, src);
  });
});

/** Pushes the bytes of a value in the opposite order. */
function swapBytes(e: Emitter, size: Size, value: Value): void {
  const { code } = e;
  const masked = (lo: number, hi: number) => {
    e.push(constant(lo, hi), size);
    e.alu(I32_AND, size);
  };
  if (size === 16) {
    e.push(value, 16);
    code.i32(8);
    code.op(I32_SHL);
    e.push(value, 16);
    code.i32(8);
    code.op(I32_SHR_U);
    code.op(I32_OR);
    code.i32(0xffff);
    code.op(I32_AND);
    return;
  }
  if (size === 32) {
    for (const [op, mask] of [
      [I32_ROTL, 0x00ff00ff],
      [I32_ROTR, 0xff00ff00 | 0],
    ] as const) {
      e.push(value, 32);
      code.i32(8);
      code.op(op);
      masked(mask, mask);
    }
    code.op(I32_OR);
    return;
  }
  // Bytes within words, words within doublewords, doublewords.
  const half = e.temp(4, 64);
  e.push(value, 64);
  for (const [shift, mask] of [
    [8, 0x00ff00ff],
    [16, 0x0000ffff],
  ] as const) {
    code.tee(half);
    masked(mask, mask);
    code.i64(shift);
    code.op(I64_SHL);
    code.get(half);
    code.i64(shift);
    code.op(I64_SHR_U);
    code.i64(mask, mask);
    code.op(I64_AND);
    code.op(I64_OR);
  }
  code.i64(32);
  code.op(I64_ROTL);
}

/** A word becomes 0, as on an AMD Zen 3. */
export const BSWAP: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    if (size === 16) e.code.i32(0);
    else {
      e.getRegister(insn.rm, size);
      swapBytes(e, size, e.keep(3, size));
    }
    e.setRegister(insn.rm, size);
  };
};

export const MOVBE: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  const load: Emit = (e, insn: Instruction) => {
    e.loadE(insn, size);
    swapBytes(e, size, e.keep(3, size));
    e.setG(insn, size);
  };
  if (dest![0] === 'G') return load;
  return (e, insn) => {
    proveE(e, insn, size);
    e.getG(insn, size);
    const value = e.keep(3, size);
    e.code.get(HOST);
    swapBytes(e, size, value);
    e.storeOp(size);
  };
};
