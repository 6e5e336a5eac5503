import { I32_AND } from '../wasm/opcodes.ts';
import { binary, type Form } from './form.ts';
import { subtract } from './subtract.ts';

export const CMP: Form = binary(subtract, false);

export const TEST: Form = binary((e, size, a, b) => {
  e.push(a, size);
  e.push(b, size);
  e.alu(I32_AND, size);
  const result = e.keep(2, size);
  e.flags.logic(size, result);
  return result;
}, false);
