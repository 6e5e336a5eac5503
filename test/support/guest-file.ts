import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A committed file of guests/, for suites that run on the sources. */
export function guestFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(resolve(import.meta.dirname, '../../guests'), name)));
}
