import { I32_SUB } from '../wasm/opcodes.ts';
import { pushCarry } from './add.ts';
import { type Binary, binary, type Form, unary } from './form.ts';
import { constant } from './value.ts';

export const subtract: Binary = (e, size, a, b) => {
  e.push(a, size);
  e.push(b, size);
  e.alu(I32_SUB, size);
  const result = e.keep(2, size);
  e.flags.subtract(size, a, b, result);
  return result;
};

export const SUB: Form = binary(subtract, true);

export const SBB: Form = binary((e, size, a, b) => {
  e.push(a, size);
  e.push(b, size);
  e.alu(I32_SUB, size);
  pushCarry(e, size);
  e.alu(I32_SUB, size);
  const result = e.keep(2, size);
  e.flags.subtract(size, a, b, result, true);
  return result;
}, true);

export const DEC: Form = unary((e, size, a) => {
  e.flags.materialiseCarry();
  e.push(a, size);
  e.push(constant(1), size);
  e.alu(I32_SUB, size);
  const result = e.keep(2, size);
  e.flags.step(size, a, result, true);
  return result;
});

export const NEG: Form = unary((e, size, b) => subtract(e, size, constant(0), b));
