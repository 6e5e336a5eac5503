import { type Clock, NEVER, type TimedEvent } from '../bus/clock.ts';

/** The processor's time-stamp counter. */
export interface TscSource {
  readTsc(): [lo: number, hi: number];
  /** Counts per nanosecond. */
  readonly tscPerNanosecond: number;
}

const LVT_MASKED = 0x1_0000;
const MODE_PERIODIC = 1;
const MODE_TSC_DEADLINE = 2;

/**
 * The timer of a local APIC (SDM Vol. 3A, "APIC Timer"). It counts a bus clock of 1 GHz, so that a tick before the
 * divider is a nanosecond. The count follows from the time since it was loaded; nothing happens between interrupts.
 */
export class ApicTimer {
  private readonly clock: Clock;
  private readonly tsc: TscSource;
  private readonly onExpiry: () => void;
  private readonly event: TimedEvent = { due: NEVER, fire: () => this.fire() };
  initialCount = 0;
  divideConfiguration = 0;
  private mode = 0;
  private masked = true;
  /** Guest time at which the count was `initialCount`. */
  private start = 0;
  private deadlineLow = 0;
  private deadlineHigh = 0;

  constructor(clock: Clock, tsc: TscSource, onExpiry: () => void) {
    this.clock = clock;
    this.tsc = tsc;
    this.onExpiry = onExpiry;
  }

  reset(): void {
    this.initialCount = 0;
    this.divideConfiguration = 0;
    this.mode = 0;
    this.masked = true;
    this.deadlineLow = 0;
    this.deadlineHigh = 0;
    this.clock.cancel(this.event);
  }

  /** The LVT entry was written. */
  configure(lvt: number): void {
    const mode = (lvt >>> 17) & 3;
    if ((mode === MODE_TSC_DEADLINE) !== (this.mode === MODE_TSC_DEADLINE)) {
      // "A write to the LVT Timer Register that changes the timer mode disarms the local APIC timer."
      this.initialCount = 0;
      this.deadlineLow = 0;
      this.deadlineHigh = 0;
    }
    this.mode = mode;
    this.masked = (lvt & LVT_MASKED) !== 0;
    this.schedule();
  }

  /** "Writing 0 to the initial-count register effectively stops the timer." */
  writeInitialCount(count: number): void {
    if (this.mode === MODE_TSC_DEADLINE) return;
    this.initialCount = count;
    this.start = this.clock.now();
    this.schedule();
  }

  writeDivideConfiguration(value: number): void {
    const remaining = this.currentCount;
    this.divideConfiguration = value & 0x0b;
    // The count goes on from where it is.
    this.start = this.clock.now() - (this.initialCount - remaining) * this.divisor;
    this.schedule();
  }

  get currentCount(): number {
    if (this.initialCount === 0 || this.mode === MODE_TSC_DEADLINE) return 0;
    const ticks = Math.floor((this.clock.now() - this.start) / this.divisor);
    if (this.mode === MODE_PERIODIC) return this.initialCount - (ticks % this.initialCount);
    return Math.max(0, this.initialCount - ticks);
  }

  /** Reads as 0 while disarmed. */
  get deadline(): [lo: number, hi: number] {
    return [this.deadlineLow, this.deadlineHigh];
  }

  /** In another mode than TSC-deadline writes are ignored. */
  writeDeadline(lo: number, hi: number): void {
    if (this.mode !== MODE_TSC_DEADLINE) return;
    this.deadlineLow = lo;
    this.deadlineHigh = hi;
    this.schedule();
  }

  tscChanged(): void {
    if (this.mode === MODE_TSC_DEADLINE) this.schedule();
  }

  /** "Divide Configuration Register": bits 3, 1 and 0; 2, 4, ... 128, and 1 for all ones. */
  private get divisor(): number {
    const code = (this.divideConfiguration & 3) | ((this.divideConfiguration >>> 1) & 4);
    return code === 7 ? 1 : 2 << code;
  }

  private schedule(): void {
    const at = this.mode === MODE_TSC_DEADLINE ? this.deadlineTime() : this.countTime();
    if (at === NEVER) this.clock.cancel(this.event);
    else this.clock.schedule(this.event, at);
  }

  /** When the count reaches zero next. A masked timer counts too, but nobody would see it expire. */
  private countTime(): number {
    if (this.initialCount === 0 || this.masked) return NEVER;
    const now = this.clock.now();
    const period = this.initialCount * this.divisor;
    if (this.mode === MODE_PERIODIC) {
      return this.start + (Math.floor((now - this.start) / period) + 1) * period;
    }
    return this.start + period > now ? this.start + period : NEVER;
  }

  private deadlineTime(): number {
    if (this.deadlineLow === 0 && this.deadlineHigh === 0) return NEVER;
    const [lo, hi] = this.tsc.readTsc();
    const counts =
      ((this.deadlineHigh >>> 0) - (hi >>> 0)) * 4294967296 + ((this.deadlineLow >>> 0) - (lo >>> 0));
    return this.clock.now() + Math.max(0, Math.ceil(counts / this.tsc.tscPerNanosecond));
  }

  private fire(): void {
    if (this.mode === MODE_TSC_DEADLINE) {
      const at = this.deadlineTime();
      if (at > this.clock.now()) {
        this.schedule();
        return;
      }
      this.deadlineLow = 0;
      this.deadlineHigh = 0;
    } else this.schedule();
    if (!this.masked) this.onExpiry();
  }
}
