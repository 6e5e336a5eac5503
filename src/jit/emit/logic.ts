import { I32_AND, I32_OR, I32_XOR } from '../wasm/opcodes.ts';
import { type Binary, binary, type Form, unary } from './form.ts';
import { constant } from './value.ts';

function logic(op: number): Binary {
  return (e, size, a, b) => {
    e.push(a, size);
    e.push(b, size);
    e.alu(op, size);
    const result = e.keep(2, size);
    e.flags.logic(size, result);
    return result;
  };
}

export const AND: Form = binary(logic(I32_AND), true);
export const OR: Form = binary(logic(I32_OR), true);
export const XOR: Form = binary(logic(I32_XOR), true);

/** No flag changes. */
export const NOT: Form = unary((e, size, a) => {
  e.push(a, size);
  e.push(constant(-1), size);
  e.alu(I32_XOR, size);
  return e.keep(3, size);
});
