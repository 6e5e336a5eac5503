/** An `Io` that keeps what is written and reads real files, or the ones a test makes up. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Io, Output } from '../../src/cli/io.ts';
import { main } from '../../src/cli/program.ts';
import { createMachine } from '../../src/index.ts';

export const GUESTS = resolve(import.meta.dirname, '../../guests/bin/higher-half');
export const LOADER = `${GUESTS}/loader.elf`;
export const KERNEL = `${GUESTS}/kernel.elf`;

export interface Recording extends Io {
  readonly out: () => string;
  readonly err: () => string;
  readonly written: ReadonlyMap<string, string>;
  /** The same as bytes. */
  readonly bytesOf: (path: string) => Uint8Array;
}

class Recorder implements Output {
  text = '';
  write(data: string | Uint8Array): void {
    this.text += typeof data === 'string' ? data : Buffer.from(data).toString('latin1');
  }
  close(): void {}
}

const failing = (code: string): never => {
  throw Object.assign(new Error(code), { code });
};

/** `files`: contents of files that exist only here; an error code instead makes reading fail. */
export function recordingIo(
  files: Record<string, Uint8Array | string> = {},
  changes: Partial<Io> = {},
): Recording {
  const stdout = new Recorder();
  const stderr = new Recorder();
  const outputs = new Map<string, Recorder>();
  return {
    stdout,
    stderr,
    color: false,
    interactive: false,
    debug: false,
    readFile: (path) => {
      const file = files[path];
      if (typeof file === 'string') return failing(file);
      return file ?? new Uint8Array(readFileSync(path));
    },
    isFile: (path) => path in files || (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false),
    touchFile: (path) => {
      if (path.startsWith('/nowhere/')) failing('ENOENT');
    },
    openFile: (path) => {
      if (path.startsWith('/nowhere/')) failing('ENOENT');
      const output = new Recorder();
      outputs.set(path, output);
      return output;
    },
    openDisk: (path) => {
      if (path.startsWith('/readonly/')) failing('EACCES');
      const file = files[path] as Uint8Array;
      return { write: (offset, bytes) => file.set(bytes, offset), close() {} };
    },
    stdin: { isTerminal: false, start() {}, stop() {} },
    now: () => performance.now(),
    sleep: async () => {},
    yieldToGuest: () => {},
    createMachine,
    out: () => stdout.text,
    err: () => stderr.text,
    bytesOf: (path) => Uint8Array.from(outputs.get(path)?.text ?? '', (c) => c.charCodeAt(0)),
    get written() {
      return new Map([...outputs].map(([path, output]) => [path, output.text]));
    },
    ...changes,
  };
}

/** Runs a command line in this process. */
export async function longmode(io: Io, ...argv: string[]): Promise<number> {
  return main(argv, io, '1.2.3');
}
