import type { Instruction } from '../../isa/instruction.ts';
import { ACCESS_WRITE, type Emitter } from './emitter.ts';
import { constant, type Size, type Value } from './value.ts';

/** Emits one instruction. */
export type Emit = (e: Emitter, insn: Instruction) => void;

/** From the operand codes of an op to its emitter; undefined for a form that only the interpreter has. */
export type Form = (codes: readonly string[]) => Emit | undefined;

const SIZES: Readonly<Record<string, Size>> = { b: 8, w: 16, d: 32, q: 64 };

/** Size of an operand code such as `Eb`. */
export function sizeOf(code: string | undefined): Size | undefined {
  return SIZES[code?.[1] ?? ''];
}

/** The immediate in the operand size: bytes and words zero-extended, as registers of that size are. */
export function immediate(insn: Instruction, size: Size): Value {
  if (size === 64) return constant(insn.immediate);
  return constant(
    size === 8 ? insn.immediate & 0xff : size === 16 ? insn.immediate & 0xffff : insn.immediate,
  );
}

/** What a two-operand operation makes of its operands; answers the result, and tells the flags. */
export type Binary = (e: Emitter, size: Size, a: Value, b: Value) => Value;

/** `OP E,G`, `OP G,E` and `OP E,I`. `store` false: the result goes nowhere (CMP, TEST). */
export function binary(operation: Binary, store: boolean): Form {
  return (codes) => {
    const [dest, src] = codes;
    const size = sizeOf(dest);
    if (!size || !src) return undefined;
    if (dest![0] === 'E' && src[0] === 'G') {
      return (e, insn) =>
        intoE(e, insn, size, operation, store, () => {
          e.getG(insn, size);
          return e.keep(1, size);
        });
    }
    if (dest![0] === 'E' && src[0] === 'I') {
      return (e, insn) => intoE(e, insn, size, operation, store, () => immediate(insn, size));
    }
    if (dest![0] !== 'G' || src[0] !== 'E') return undefined;
    return (e, insn) => {
      e.loadE(insn, size);
      const b = e.keep(1, size);
      e.getG(insn, size);
      const a = e.keep(0, size);
      const result = operation(e, size, a, b);
      if (!store) return;
      e.push(result, size);
      e.setG(insn, size);
    };
  };
}

function intoE(
  e: Emitter,
  insn: Instruction,
  size: Size,
  operation: Binary,
  store: boolean,
  source: () => Value,
): void {
  if (store) e.openE(insn, size);
  else e.loadE(insn, size);
  const a = e.keep(0, size);
  const b = source();
  const result = operation(e, size, a, b);
  if (store) e.closeE(insn, size, result);
}

/** One operand that is read and written. */
export function unary(operation: (e: Emitter, size: Size, a: Value) => Value): Form {
  return ([dest]) => {
    const size = sizeOf(dest);
    if (!size || dest![0] !== 'E') return undefined;
    return (e, insn) => {
      e.openE(insn, size);
      const a = e.keep(0, size);
      e.closeE(insn, size, operation(e, size, a));
    };
  };
}

/** Proves the write of an operand E that is not read. */
export function proveE(e: Emitter, insn: Instruction, size: Size): void {
  if (!insn.isMemory) return;
  e.address(insn);
  e.probe(ACCESS_WRITE, size >> 3);
}
