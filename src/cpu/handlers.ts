import { unimplemented } from '../state/faults.ts';
import { OP_TOO_LONG, OP_UD } from './decode/ops.ts';
import type { Handler } from './execute/core.ts';
import { NAMED_HANDLERS, OP_NAMES } from './named-handlers.ts';

/** What the decoder makes of bytes that are no instruction, or of more than 15 of them. */
const INVALID: Readonly<Record<number, Handler>> = {
  [OP_UD]: (core) => core.raiseUD(),
  [OP_TOO_LONG]: (core) => core.raiseGP(0),
};

/** The one table from op to handler. What the decoder knows and nobody executes yet ends the run with status 6. */
export const HANDLERS: readonly Handler[] = NAMED_HANDLERS.map(
  (handler, op) => handler ?? INVALID[op] ?? (() => unimplemented(OP_NAMES[op]!)),
);

/** Ops that the decoder knows and that no handler executes yet. */
export function missingHandlers(): string[] {
  return OP_NAMES.filter((_, op) => !INVALID[op] && !NAMED_HANDLERS[op]);
}
