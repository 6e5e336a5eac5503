import { I32_ADD, I64_EXTEND_I32_U } from '../wasm/opcodes.ts';
import type { Emitter } from './emitter.ts';
import { binary, type Form, unary } from './form.ts';
import { constant, type Size } from './value.ts';

export const ADD: Form = binary((e, size, a, b) => {
  e.push(a, size);
  e.push(b, size);
  e.alu(I32_ADD, size);
  const result = e.keep(2, size);
  e.flags.add(size, a, b, result);
  return result;
}, true);

export const ADC: Form = binary((e, size, a, b) => {
  e.push(a, size);
  e.push(b, size);
  e.alu(I32_ADD, size);
  pushCarry(e, size);
  e.alu(I32_ADD, size);
  const result = e.keep(2, size);
  e.flags.add(size, a, b, result, true);
  return result;
}, true);

/** CF as 0 or 1 in the size of the operand. */
export function pushCarry(e: Emitter, size: Size): void {
  e.flags.condition(2);
  if (size === 64) e.code.op(I64_EXTEND_I32_U);
}

export const INC: Form = unary((e, size, a) => {
  e.flags.materialiseCarry();
  e.push(a, size);
  e.push(constant(1), size);
  e.alu(I32_ADD, size);
  const result = e.keep(2, size);
  e.flags.step(size, a, result, false);
  return result;
});
