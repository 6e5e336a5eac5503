import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { createMachine } from '../index.ts';
import type { Io, Output } from './io.ts';

/** Larger than any RAM: no such file can be an image. */
const MAX_FILE_BYTES = 2 ** 32;

/** Writes to a file descriptor until everything is out; a pipe that is full is waited for. */
class Descriptor implements Output {
  readonly #fd: number;
  constructor(fd: number) {
    this.#fd = fd;
  }

  write(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(this.#fd, bytes, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
      }
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function readInput(path: string): Uint8Array {
  const stat = statSync(path);
  if (stat.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
  if (stat.isCharacterDevice() || stat.isBlockDevice())
    throw Object.assign(new Error('is a device'), { code: 'EDEVICE' });
  if (stat.size > MAX_FILE_BYTES) throw Object.assign(new Error('is too large'), { code: 'EFBIG' });
  return readFileSync(path);
}

export function nodeIo(): Io {
  const { env } = process;
  return {
    stdout: new Descriptor(1),
    stderr: new Descriptor(2),
    color:
      (process.stderr.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb') || Boolean(env['FORCE_COLOR']),
    interactive: Boolean(process.stdout.isTTY),
    debug: env['LONGMODE_DEBUG'] === '1',
    readFile: readInput,
    isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
    openFile: (path) => new Descriptor(openSync(path, 'w')),
    createMachine,
  };
}
