import { unimplemented } from '../state/faults.ts';
import { OP_NAMES } from './decode/ops.ts';
import type { Handler } from './execute/core.ts';
import * as groups from './execute/index.ts';

/** What the decoder makes of bytes that are no instruction, or of more than 15 of them. */
const INVALID: Readonly<Record<string, Handler>> = {
  UD: (core) => core.raiseUD(),
  TOO_LONG: (core) => core.raiseGP(0),
};

/** The one table from op to handler. What the decoder knows and nobody executes yet ends the run with status 6. */
export const HANDLERS: readonly Handler[] = OP_NAMES.map((name) => {
  const handler = INVALID[name] ?? (groups as Record<string, unknown>)[name];
  return typeof handler === 'function' ? (handler as Handler) : () => unimplemented(name);
});

/** Ops that the decoder knows and that no handler executes yet. */
export function missingHandlers(): string[] {
  return OP_NAMES.filter(
    (name) => !(name in INVALID) && typeof (groups as Record<string, unknown>)[name] !== 'function',
  );
}
