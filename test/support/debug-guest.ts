import { Processor, type RunEnd } from '../../src/cpu/processor.ts';
import { STATE_DR0, STATE_DR7 } from '../../src/state/layout.ts';
import { CODE, CODE0, gate, LONG0, type StartMode, SystemHarness } from './system-harness.ts';

/** Handlers of vectors, 32 bytes each. */
export const HANDLERS = 0x12000;
/** Where tests put what breakpoints watch. */
export const DATA = 0x30000;

export interface Delivered {
  readonly vector: number;
  readonly rip: number;
  /** DR6 bits, of a #DB. */
  readonly bits: number;
}

/** A harness with a loop, which keeps what is delivered. Every handler that `handle` makes ends in what it is given. */
export class DebugGuest extends SystemHarness {
  readonly processor: Processor;
  readonly log: Delivered[] = [];

  constructor(mode: StartMode, code: readonly number[], model = 'max') {
    super(mode, model);
    this.place((this.core.state.baseLo(1) + this.core.ripLo()) >>> 0, code);
    const note = (vector: number) =>
      this.log.push({ vector, rip: this.rip, bits: vector === 1 ? this.core.debugTrap : 0 });
    this.processor = new Processor(this.core, { onFault: note, onInterrupt: note });
  }

  place(address: number, bytes: readonly number[]): void {
    for (const [i, byte] of bytes.entries()) this.space.write8(address + i, byte);
  }

  /** A handler for `vector`, through an interrupt gate of DPL 3. Answers its address. */
  handle(vector: number, ...code: number[]): number {
    const at = HANDLERS + vector * 32;
    this.place(at, code);
    if (!this.core.state.isProtected()) this.write16(vector * 4, at & 15, at >> 4);
    else this.vector(vector, gate(this.core.state.isLongModeActive() ? LONG0 : CODE0, at, 0xee));
    return at;
  }

  /** DR0 at a linear address, with DR7's R/W0 and LEN0 and L0; or breakpoint `n` instead of 0. */
  breakpoint(address: number, condition: number, length: number, n = 0, high = 0): void {
    const len = { 1: 0, 2: 1, 8: 2, 4: 3 }[length]!;
    this.setWord(STATE_DR0 + n * 8, address);
    this.setWord(STATE_DR0 + n * 8 + 4, high);
    const fields = (condition | (len << 2)) << (16 + n * 4);
    this.setWord(STATE_DR7, this.word(STATE_DR7) | fields | (1 << (n * 2)));
    this.core.breakpointsChanged();
  }

  run(budget = 100): RunEnd {
    this.core.updateSingleStep();
    return this.processor.run(budget);
  }

  /** What was delivered as `vector@rip`, and of a #DB its bits, addresses relative to the code. */
  get story(): string[] {
    return this.log.map(({ vector, rip, bits }) => {
      const place = rip >= HANDLERS && rip < HANDLERS + 0x2000 ? 'handler' : `${rip - CODE}`;
      return vector === 1 ? `1@${place} ${bits.toString(16)}` : `${vector}@${place}`;
    });
  }
}
