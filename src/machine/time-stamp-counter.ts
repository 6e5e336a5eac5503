import type { TimeSource } from '../cpu/execute/core.ts';
import { STATE_TSC_OFFSET } from '../state/layout.ts';
import type { VirtualClock } from './virtual-clock.ts';

const OFFSET = STATE_TSC_OFFSET >> 2;

/**
 * The time-stamp counter of a processor (SDM Vol. 3B, "Time-Stamp Counter"): the clock's, and an offset in its state page. All of
 * them count the same clock, so they agree until one is written.
 */
export class TimeStampCounter implements TimeSource {
  /** After a write. */
  onWrite: (() => void) | undefined;
  readonly #clock: VirtualClock;
  readonly #words: () => Int32Array;

  constructor(clock: VirtualClock, words: () => Int32Array) {
    this.#clock = clock;
    this.#words = words;
  }

  get tscPerNanosecond(): number {
    return this.#clock.tscPerNanosecond;
  }

  readTsc(): [lo: number, hi: number] {
    const ticks = this.#clock.ticks();
    const words = this.#words();
    const lo = (ticks % 4294967296) | 0;
    const sum = (lo + words[OFFSET]!) | 0;
    const carry = sum >>> 0 < lo >>> 0 ? 1 : 0;
    return [sum, (Math.floor(ticks / 4294967296) + words[OFFSET + 1]! + carry) | 0];
  }

  writeTsc(lo: number, hi: number): void {
    const ticks = this.#clock.ticks();
    const words = this.#words();
    const tickLo = (ticks % 4294967296) | 0;
    words[OFFSET] = lo - tickLo;
    const borrow = lo >>> 0 < tickLo >>> 0 ? 1 : 0;
    words[OFFSET + 1] = hi - Math.floor(ticks / 4294967296) - borrow;
    this.onWrite?.();
  }

  portCycle(): void {
    this.#clock.portCycle();
  }
}
