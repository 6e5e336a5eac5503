import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { createMachine } from '../index.ts';
import { yieldToGuest } from './engine.ts';
import type { DiskWriter, Input, Io, Output } from './io.ts';

/** Descriptors. The streams of `process` are not touched before they are wanted: each takes milliseconds to make. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

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

class DiskDescriptor implements DiskWriter {
  readonly #fd: number;
  constructor(fd: number) {
    this.#fd = fd;
  }

  write(offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(this.#fd, bytes, at, bytes.length - at, offset + at);
    }
  }

  close(): void {
    fsyncSync(this.#fd);
    closeSync(this.#fd);
  }
}

/** Standard input, and the sleeper that it wakes. */
class Stdin implements Input {
  get isTerminal(): boolean {
    return isatty(STDIN);
  }

  #receive: ((bytes: Uint8Array) => void) | undefined;
  #wake: (() => void) | undefined;
  readonly #onData = (bytes: Uint8Array): void => {
    this.#receive?.(bytes);
    this.#wake?.();
  };

  start(mode: 'raw' | 'line', receive: (bytes: Uint8Array) => void): void {
    this.#receive = receive;
    if (this.isTerminal) process.stdin.setRawMode(mode === 'raw');
    process.stdin.on('data', this.#onData);
    process.stdin.resume();
  }

  stop(): void {
    process.stdin.off('data', this.#onData);
    process.stdin.pause();
    if (this.isTerminal) process.stdin.setRawMode(false);
    this.#receive = undefined;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      // Timers of Node end a millisecond late; a busy guest shall not wait at all.
      const timer = milliseconds < 1 ? setImmediate(resolve) : setTimeout(resolve, Math.floor(milliseconds));
      this.#wake = () => {
        if (milliseconds >= 1) clearTimeout(timer as NodeJS.Timeout);
        resolve();
      };
    });
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
  const stdin = new Stdin();
  return {
    stdin,
    stdout: new Descriptor(STDOUT),
    stderr: new Descriptor(STDERR),
    color: (isatty(STDERR) && !env['NO_COLOR'] && env['TERM'] !== 'dumb') || Boolean(env['FORCE_COLOR']),
    interactive: isatty(STDOUT),
    debug: env['LONGMODE_DEBUG'] === '1',
    readFile: readInput,
    isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
    touchFile: (path) => closeSync(openSync(path, 'a')),
    openFile: (path) => new Descriptor(openSync(path, 'w')),
    openDisk: (path) => new DiskDescriptor(openSync(path, 'r+')),
    now: () => performance.now(),
    sleep: (milliseconds) => stdin.sleep(milliseconds),
    yieldToGuest,
    createMachine,
  };
}
