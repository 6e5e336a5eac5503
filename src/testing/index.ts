/** `import 'longmode/testing'` in a vitest test: matchers for machines, and a way to boot files. */
import { expect } from 'vitest';
import type { Address } from '../index.ts';
import { type ExpectedMapping, toBeInLongMode, toHaveExited, toMap } from './matchers.ts';

export { type BootFilesOptions, bootFiles, type ModuleFile } from './boot-files.ts';
export type { ExpectedMapping } from './matchers.ts';

expect.extend({ toBeInLongMode, toHaveExited, toMap });

interface MachineMatchers<R = unknown> {
  /** The machine is in 64-bit mode (not in compatibility mode). */
  toBeInLongMode(): R;
  /** The machine's page tables map `linear`, and as described. */
  toMap(linear: Address, expected?: ExpectedMapping): R;
  /** The run of the machine (or the result of `run`) ended with this exit status. */
  toHaveExited(status: number): R;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the declaration that is merged with has exactly this parameter.
  interface Matchers<T = any> extends MachineMatchers<T> {}
}
