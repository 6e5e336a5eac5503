/** `--clock host`: the guest's time follows the host's, and what is typed arrives while it runs. */
import type { ExitResult, Pc, RunLimits } from '../index.ts';
import { exitResult } from '../machine/exit.ts';
import type { Io } from './io.ts';

/** So far the guest may run ahead before it waits, and input may have to wait: a frame of a fast screen. */
const SLICE_MS = 8;
/** Looks at the host's clock at least this often. */
const SLICE_INSTRUCTIONS = 200_000;
/** So far the guest may be behind; what a busy or sleeping host took beyond that is lost to it for good. */
const MAX_LAG_MS = 100;
/** A guest that is behind runs its clock faster by up to this factor: more, and timer interrupts would be all it does. */
const CATCH_UP = 1.5;
/** Guest nanoseconds that an instruction may take, however slow the host is. */
const MAX_STEP_NS = 200;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Ctrl-A, as in other emulators: what follows is for the emulator. */
const ESCAPE = 0x01;

export const ESCAPE_HELP = `
Ctrl-A x   end the run
Ctrl-A c   send a break
Ctrl-A h   this help
Ctrl-A Ctrl-A   send Ctrl-A
`;

/** Takes what the keyboard sends apart: bytes for the guest, and commands behind the escape. */
export class EscapeFilter {
  #escaped = false;
  readonly #commands: { quit(): void; sendBreak(): void; help(): void };

  constructor(commands: { quit(): void; sendBreak(): void; help(): void }) {
    this.#commands = commands;
  }

  /** The bytes that are for the guest. */
  filter(bytes: Uint8Array): Uint8Array {
    const out: number[] = [];
    for (const byte of bytes) {
      if (!this.#escaped) {
        if (byte === ESCAPE) this.#escaped = true;
        else out.push(byte);
        continue;
      }
      this.#escaped = false;
      const key = String.fromCharCode(byte).toLowerCase();
      if (byte === ESCAPE) out.push(byte);
      else if (key === 'x') this.#commands.quit();
      else if (key === 'c') this.#commands.sendBreak();
      else this.#commands.help();
    }
    return Uint8Array.from(out);
  }
}

export interface LiveOptions {
  readonly limits: RunLimits;
  /** How COM1 reads standard input; undefined when it does not. */
  readonly input: 'raw' | 'line' | undefined;
}

/**
 * Runs in slices. A guest that is ahead of the host's clock sleeps. One that is behind has its instructions take longer,
 * so that its timers tick at the rate of the wall clock: time never leaps, because guests measure one clock by another.
 */
export async function runLive(io: Io, machine: Pc, { limits, input }: LiveOptions): Promise<ExitResult> {
  const { clock } = machine;
  const filter = new EscapeFilter({
    quit: () => machine.requestExit(exitResult('stopped', 'ended from the console')),
    sendBreak: () => machine.devices.uarts[0]?.receiveBreak(),
    help: () => io.stderr.write(ESCAPE_HELP),
  });
  const started = io.now();
  let start = started - machine.guestNanoseconds / 1e6;
  const lastTime = machine.guestNanoseconds + (limits.timeout ?? Number.POSITIVE_INFINITY) * 1e9;
  let left = limits.maxInstructions ?? Number.POSITIVE_INFINITY;
  let cost = clock.step;
  if (input) io.stdin.start(input, (bytes) => machine.serial.send(filter.filter(asTyped(bytes, input))));
  try {
    for (;;) {
      const before = { instructions: machine.instructions, time: io.now() };
      const target = Math.min(lastTime, (before.time - start + SLICE_MS) * 1e6);
      const result = machine.run({
        maxInstructions: Math.min(left, SLICE_INSTRUCTIONS),
        timeout: Math.max(0, target - machine.guestNanoseconds) / 1e9,
      });
      const ran = machine.instructions - before.instructions;
      left -= ran;
      if (machine.exit || result.reason !== 'limit') return result;
      if (left <= 0 || machine.guestNanoseconds >= lastTime) return result;
      if (limits.wallTimeout !== undefined && io.now() - started >= limits.wallTimeout * 1000)
        return machine.run({ wallTimeout: 0 });
      const ahead = machine.guestNanoseconds / 1e6 - (io.now() - start);
      if (ahead < -MAX_LAG_MS) start -= ahead + MAX_LAG_MS;
      if (ran > SLICE_INSTRUCTIONS / 2) {
        // Host nanoseconds that an instruction took lately, and what is missing on top.
        cost += (((io.now() - before.time) * 1e6) / ran - cost) / 8;
        const factor = Math.min(CATCH_UP, Math.max(1 / CATCH_UP, 1 - ahead / MAX_LAG_MS));
        clock.step = Math.min(MAX_STEP_NS, Math.max(1, Math.round(cost * factor)));
      }
      await io.sleep(Math.max(0, ahead));
    }
  } finally {
    if (input) io.stdin.stop();
  }
}

/** Lines end as the Enter key of a terminal ends them. */
function asTyped(bytes: Uint8Array, mode: 'raw' | 'line'): Uint8Array {
  return mode === 'raw' ? bytes : bytes.map((byte) => (byte === LINE_FEED ? CARRIAGE_RETURN : byte));
}
