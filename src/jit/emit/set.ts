import { CONDITION_NAMES } from './condition.ts';
import { type Form, proveE } from './form.ts';
import { HOST } from './locals.ts';

/** SETcc, by condition. */
export const SET_FORMS: Readonly<Record<string, Form>> = Object.fromEntries(
  CONDITION_NAMES.map(
    (name, condition) =>
      [
        `SET${name}`,
        () => (e, insn) => {
          proveE(e, insn, 8);
          e.flags.condition(condition);
          if (!insn.isMemory) {
            e.setRegister(insn.rm8, 8);
            return;
          }
          const value = e.keep(3, 32);
          e.code.get(HOST);
          e.push(value, 32);
          e.storeOp(8);
        },
      ] satisfies [string, Form],
  ),
);
