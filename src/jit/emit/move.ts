import {
  I32_EXTEND8_S,
  I32_EXTEND16_S,
  I32_WRAP_I64,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
} from '../wasm/opcodes.ts';
import type { Emitter } from './emitter.ts';
import { type Emit, type Form, immediate, proveE, sizeOf } from './form.ts';
import { HOST } from './locals.ts';
import { constant, type Size } from './value.ts';

export const MOV: Form = ([dest, src]) => {
  const size = sizeOf(dest);
  if (!size || !src) return undefined;
  const form = dest![0]! + src[0]!;
  if (form === 'GE') {
    return (e, insn) => {
      e.loadE(insn, size);
      e.setG(insn, size);
    };
  }
  if (form !== 'EG' && form !== 'EI') return undefined;
  return (e, insn) => {
    proveE(e, insn, size);
    if (insn.isMemory) e.code.get(HOST);
    if (form === 'EG') e.getG(insn, size);
    else if (src[1] === 'v' || size !== 64) e.push(immediate(insn, size), size);
    // B8+ has a whole quadword, C7 a sign-extended doubleword; the decoder fills both words of either.
    else e.push(constant(insn.immediate, insn.immediateHigh), size);
    if (insn.isMemory) e.storeOp(size);
    else e.setRegister(size === 8 ? insn.rm8 : insn.rm, size);
  };
};

export const LEA: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    e.offset(insn);
    if (size !== 64) e.code.op(I32_WRAP_I64);
    e.setG(insn, size);
  };
};

function extend(e: Emitter, from: Size, to: Size, signed: boolean): void {
  const { code } = e;
  if (signed && from === 8) code.op(I32_EXTEND8_S);
  if (signed && from === 16) code.op(I32_EXTEND16_S);
  if (to === 64) code.op(signed ? I64_EXTEND_I32_S : I64_EXTEND_I32_U);
}

function extension(signed: boolean): Form {
  return ([dest, src]) => {
    const to = sizeOf(dest);
    const from = sizeOf(src);
    if (!to || !from || from === 64) return undefined;
    const emit: Emit = (e, insn) => {
      e.loadE(insn, from);
      extend(e, from, to, signed);
      e.setG(insn, to);
    };
    return emit;
  };
}

export const MOVZX: Form = extension(false);
export const MOVSX: Form = extension(true);
export const MOVSXD: Form = extension(true);

export const NOP: Form = () => () => {};
export const PAUSE: Form = () => () => {};
/** The hints read nothing. */
export const PREFETCH: Form = () => () => {};
/** Accesses are never reordered here. */
export const LFENCE: Form = NOP;
export const MFENCE: Form = NOP;
export const SFENCE: Form = NOP;

/** The hint has no meaning here. */
export const MOVNTI: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    proveE(e, insn, size);
    e.code.get(HOST);
    e.getG(insn, size);
    e.storeOp(size);
  };
};
