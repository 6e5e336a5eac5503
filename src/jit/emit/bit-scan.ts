import {
  I32_AND,
  I32_CLZ,
  I32_CTZ,
  I32_EQ,
  I32_EQZ,
  I32_OR,
  I32_SHL,
  I32_SUB,
  I64_EXTEND_I32_U,
  SELECT,
} from '../wasm/opcodes.ts';
import type { Emitter } from './emitter.ts';
import { type Form, sizeOf } from './form.ts';
import { FLAG_CARRY, FLAG_RESULT } from './locals.ts';
import { constant, type Size, type Value } from './value.ts';

/** ZF says that `src` is 0; the other flags stay. The representation is that of `Flags.setStatus`. */
function flagZero(e: Emitter, size: Size, src: Value): void {
  const { code } = e;
  e.flags.direct();
  const zero = e.temp(4, 32);
  e.push(src, size);
  e.compare(I32_EQZ, size);
  code.set(zero);
  code.get(FLAG_CARRY);
  code.i32(0xc0000008 | 0);
  code.op(I32_AND);
  e.flags.condition(8);
  code.op(I32_OR);
  // Without correction PF is that of the result byte: 1 for 0, 0 for 1. It must differ from that where it is not ZF.
  e.flags.condition(10);
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
      flagZero(e, size, src);
    };
  };
}

export const BSF: Form = scan(true);
export const BSR: Form = scan(false);
