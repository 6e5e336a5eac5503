import { OP_NAMES } from './decode/ops.ts';
import type { Handler } from './execute/core.ts';
import * as groups from './execute/index.ts';

export { OP_NAMES };

/**
 * For each op the function that has its name, where there is one. In the bundle a list of the functions themselves stands
 * here: see `scripts/precompute.mjs`.
 */
export const NAMED_HANDLERS: readonly (Handler | undefined)[] = OP_NAMES.map((name) => {
  const handler = (groups as Record<string, unknown>)[name];
  return typeof handler === 'function' ? (handler as Handler) : undefined;
});
