/**
 * What the interpreter of records is made of: which action each op has, and its module. To make them at every start takes
 * a tenth of the time to a guest's first instruction, so the bundle holds what comes out of it in place of this module:
 * see `scripts/precompute.mjs`.
 */
import { OP_NAMES } from '../../cpu/decode/ops.ts';
import { encodeModule } from '../wasm/module.ts';
import { ACTIONS, accessOf, type CodeBits, numberOf } from './actions.ts';
import { PARAMETERS } from './emitter.ts';
import { interpreterBody } from './interpreter-code.ts';

const numbers = (isMemory: boolean, code: CodeBits) =>
  Uint16Array.from(OP_NAMES, (name) => numberOf(name, isMemory, code));

/** By op: the number of its action, with E in a register or in memory; 0 for what only a handler can do. */
export const REGISTER_64 = numbers(false, 64);
export const MEMORY_64 = numbers(true, 64);
export const REGISTER_32 = numbers(false, 32);
export const MEMORY_32 = numbers(true, 32);

export const ACCESS_WRITES = 0x80;
/** By number of an action: how many bytes it accesses at its address, and ACCESS_WRITES. */
export const ACCESSES = Uint8Array.from([
  0,
  ...ACTIONS.map((action) => {
    const [bytes, write] = accessOf(action);
    return bytes | (write ? ACCESS_WRITES : 0);
  }),
]);

export const MODULE = encodeModule([], [interpreterBody()], false, PARAMETERS).slice();
