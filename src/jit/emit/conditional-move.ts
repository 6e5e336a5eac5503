import { SELECT } from '../wasm/opcodes.ts';
import { CONDITION_NAMES } from './condition.ts';
import { type Form, sizeOf } from './form.ts';

/** CMOVcc, by condition. The source is read whatever the condition; a 32-bit destination always loses its upper half. */
export const CONDITIONAL_MOVE_FORMS: Readonly<Record<string, Form>> = Object.fromEntries(
  CONDITION_NAMES.map(
    (name, condition) =>
      [
        `CMOV${name}`,
        ([dest]) => {
          const size = sizeOf(dest);
          if (!size) return undefined;
          return (e, insn) => {
            e.loadE(insn, size);
            const src = e.keep(3, size);
            e.flags.condition(condition);
            const holds = e.keep(1, 32);
            e.push(src, size);
            e.getG(insn, size);
            e.push(holds, 32);
            e.code.op(SELECT);
            e.setG(insn, size);
          };
        },
      ] satisfies [string, Form],
  ),
);
