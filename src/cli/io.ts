/** What the command line touches of the world outside; `node-io.ts` is the real one, tests bring their own. */
import type { MachineOptions, Pc } from '../index.ts';

/** Takes text or bytes and has written them when it returns, so that nothing is lost however the process ends. */
export interface Output {
  write(data: string | Uint8Array): void;
  close(): void;
}

export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard error is a terminal that shows colours. */
  readonly color: boolean;
  /** Standard output is a terminal: a byte is wanted at once, not with its line. */
  readonly interactive: boolean;
  /** LONGMODE_DEBUG=1: internal errors show their stack. */
  readonly debug: boolean;
  /** @throws Error with a `code` as Node's have. */
  readFile(path: string): Uint8Array;
  isFile(path: string): boolean;
  /** Creates or empties a file. */
  openFile(path: string): Output;
  createMachine(options: MachineOptions): Pc;
}
