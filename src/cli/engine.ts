import { setFlagsFromString } from 'node:v8';

/** From this version on V8 reads branch hints by itself. */
const HINTS_BY_DEFAULT = 13;

/**
 * Has V8 read the branch hints of compiled code ("Branch Hinting", WebAssembly's proposal), which older versions do
 * behind a flag only. Without it code that misses of the TLB alone enter takes registers from what runs all the time.
 */
export function readBranchHints(version = process.versions.v8): void {
  if (Number.parseInt(version, 10) < HINTS_BY_DEFAULT)
    setFlagsFromString('--experimental-wasm-branch-hinting');
}
