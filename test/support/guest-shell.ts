import type { BootedMachine, ExitResult } from '../../src/index.ts';

/** How far a guest may run for one expectation, and how often the serial output is looked at. */
const MOST_INSTRUCTIONS = 4_000_000_000;
const SLICE_INSTRUCTIONS = 2_000_000;
/** Guest seconds: an idle guest executes next to nothing. */
const SLICE_SECONDS = 0.05;

/**
 * Somebody at the serial console: waits for text, types lines. It looks at points of guest time, so that the same guest
 * is typed the same keys at the same instructions.
 */
export class GuestShell {
  readonly machine: BootedMachine;

  constructor(machine: BootedMachine) {
    this.machine = machine;
  }

  /** Runs until the text appears. @throws Error with the last output when the run ends or takes too long. */
  waitFor(pattern: string | RegExp): RegExpMatchArray {
    const { machine } = this;
    const last = machine.instructions + MOST_INSTRUCTIONS;
    for (;;) {
      const match = machine.serial.tryExpect(pattern);
      if (match) return match;
      if (machine.exit) return this.#fail(pattern, machine.exit.detail);
      if (machine.instructions >= last) return this.#fail(pattern, `${MOST_INSTRUCTIONS} instructions`);
      machine.run({ maxInstructions: SLICE_INSTRUCTIONS, timeout: SLICE_SECONDS });
    }
  }

  /** Types a line. */
  type(line: string): void {
    this.machine.serial.send(`${line}\r`);
  }

  /** Types a command and gives what it printed, up to the next prompt. */
  command(line: string, prompt = '/ # '): string {
    const { serial } = this.machine;
    this.type(line);
    this.waitFor(line);
    const from = serial.text.length - serial.unread.length;
    this.waitFor(prompt);
    const to = serial.text.length - serial.unread.length - prompt.length;
    return serial.text.slice(from, to).replaceAll('\r', '').trim();
  }

  /** Runs to the end of the run. */
  end(): ExitResult {
    return this.machine.run({ maxInstructions: MOST_INSTRUCTIONS });
  }

  #fail(pattern: string | RegExp, why: string): never {
    const tail = this.machine.serial.text.slice(-2000);
    throw new Error(`no ${String(pattern)} before the end (${why}); the output ends in\n${tail}`);
  }
}
