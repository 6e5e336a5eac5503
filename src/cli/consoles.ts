/** The guest's consoles on their way out: COM1, port 0xE9 and a virtio console, each to standard output, to a file, or nowhere. */
import type { Pc } from '../index.ts';
import { exitResult } from '../machine/exit.ts';
import { named, openOutput } from './files.ts';
import type { Io, Output } from './io.ts';
import { type Destination, parseDestination } from './values.ts';

const CHUNK = 4096;
const LINE_FEED = 0x0a;

/** Gathers bytes into lines, so that a guest that prints a byte at a time does not cost a system call for each. */
export class ConsoleWriter {
  readonly #output: Output;
  readonly #eager: boolean;
  readonly #buffer = new Uint8Array(CHUNK);
  #used = 0;

  /** `eager`: somebody is watching, every byte goes out at once. */
  constructor(output: Output, eager: boolean) {
    this.#output = output;
    this.#eager = eager;
  }

  accept(byte: number): void {
    this.#buffer[this.#used++] = byte;
    if (this.#eager || byte === LINE_FEED || this.#used === CHUNK) this.flush();
  }

  flush(): void {
    if (this.#used === 0) return;
    const bytes = this.#buffer.slice(0, this.#used);
    this.#used = 0; // Before the write: a destination that fails is not tried again with the same bytes.
    this.#output.write(bytes);
  }
}

export interface Consoles {
  /** Writes what is still held back, and closes files. @throws UsageError when an output failed during the run. */
  close(): void;
}

/** Opens all destinations before anything runs, so that a bad path is told at once. */
export function openConsoles(
  io: Io,
  where: { readonly serial: string; readonly debugcon: string; readonly virtioConsole?: string },
): { attach(machine: Pc): Consoles } {
  const opened = [
    ['serial', '--serial', where.serial],
    ['debugcon', '--debugcon', where.debugcon],
    ['virtioConsole', '--virtio-console', where.virtioConsole ?? 'none'],
  ].flatMap(([event, option, text]) => {
    const destination = openDestination(io, option!, parseDestination(option!, text!));
    return destination ? [{ ...destination, event: event as 'serial' | 'debugcon' | 'virtioConsole' }] : [];
  });
  return {
    attach(machine) {
      let failure: unknown;
      // The machine would take what a listener throws for its own failure; so the run is asked to end instead.
      const accept = (writer: ConsoleWriter) => (byte: number) => {
        if (failure !== undefined) return;
        try {
          writer.accept(byte);
        } catch (error) {
          failure = error;
          machine.requestExit(exitResult('stopped', 'an output of the guest cannot be written'));
        }
      };
      for (const { event, writer } of opened) machine.events.on(event, accept(writer));
      return {
        close() {
          if (failure !== undefined) throw failure;
          for (const { writer, close } of opened) {
            writer.flush();
            close();
          }
        },
      };
    },
  };
}

function openDestination(io: Io, option: string, destination: Destination) {
  if (destination.kind === 'none') return undefined;
  if (destination.kind === 'stdio') {
    return {
      writer: new ConsoleWriter(named(io.stdout, 'standard output'), io.interactive),
      close: () => undefined,
    };
  }
  const file = openOutput(io, option, destination.path);
  return { writer: new ConsoleWriter(file, false), close: () => file.close() };
}
