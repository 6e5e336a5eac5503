import { type Form, sizeOf } from './form.ts';

export const XCHG: Form = ([dest]) => {
  const size = sizeOf(dest);
  if (!size) return undefined;
  return (e, insn) => {
    e.openE(insn, size);
    const old = e.keep(2, size);
    e.getG(insn, size);
    const value = e.keep(3, size);
    e.push(old, size);
    e.setG(insn, size);
    e.closeE(insn, size, value);
  };
};
