/** What the command line touches of the world outside; `node-io.ts` is the real one, tests bring their own. */
import type { MachineOptions, Pc } from '../index.ts';

/** Takes text or bytes and has written them when it returns, so that nothing is lost however the process ends. */
export interface Output {
  write(data: string | Uint8Array): void;
  close(): void;
}

/** A file that is there, to be written to at any place. */
export interface DiskWriter {
  write(offset: number, bytes: Uint8Array): void;
  /** What was written is on the medium when it returns. */
  close(): void;
}

/** Standard input while a guest reads it. */
export interface Input {
  readonly isTerminal: boolean;
  /** Hands over what is typed: every key as it is in raw mode, whole lines otherwise. */
  start(mode: 'raw' | 'line', receive: (bytes: Uint8Array) => void): void;
  stop(): void;
}

export interface Io {
  readonly stdin: Input;
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
  /** Creates a file that is not there; one that is stays as it is. */
  touchFile(path: string): void;
  /** Creates or empties a file. */
  openFile(path: string): Output;
  /** Opens a file that is there and stays as it is. */
  openDisk(path: string): DiskWriter;
  /** Milliseconds that never run backwards. */
  now(): number;
  /** Waits, and lets input arrive meanwhile; ends early when some does. */
  sleep(milliseconds: number): Promise<void>;
  /** The guest has run for a while: what compiles for it beside it gives way from now on. */
  yieldToGuest(): void;
  createMachine(options: MachineOptions): Pc;
}
