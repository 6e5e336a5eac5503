import { type Clock, NEVER, type TimedEvent } from '../bus/clock.ts';

/** What the clock needs to know of the processor. */
export interface StepCounter {
  /** Instructions retired before the running one, and exceptions delivered, each of which takes a step too. */
  steps(): number;
  /** Come back after at most `count` more instructions. */
  shorten(count: number): void;
}

/**
 * What an access to a port takes, ns: six clocks of the 8 MHz ISA bus and the recovery time after them. Guests count on
 * it: a read of any port is their delay of a microsecond.
 */
const PORT_CYCLE_NS = 1000;

export interface SavedClock {
  readonly step: number;
  readonly skipped: number;
}

/**
 * Virtual time: steps (instructions and deliveries) times a fixed duration, plus what HLT skipped and port cycles took.
 * The same run always sees the same time, bit for bit.
 */
export class VirtualClock implements Clock {
  #step: number;
  /** Time-stamp counter ticks per guest nanosecond. */
  readonly tscPerNanosecond: number;
  readonly #counter: StepCounter;
  /** Waiting events, soonest first; equal times keep the order of scheduling. */
  readonly #queue: TimedEvent[] = [];
  #skipped = 0;
  /** When the run is to stop, whatever is due. */
  limit = NEVER;

  constructor(counter: StepCounter, step: number, tscPerNanosecond: number) {
    this.#counter = counter;
    this.#step = step;
    this.tscPerNanosecond = tscPerNanosecond;
  }

  /** Guest nanoseconds that one instruction takes: a whole number from 1 up. */
  get step(): number {
    return this.#step;
  }

  /** From now on; what has passed stays passed. For guests that follow the host's clock. */
  set step(step: number) {
    this.#skipped += this.#counter.steps() * (this.#step - step);
    this.#step = step;
  }

  now(): number {
    return this.#counter.steps() * this.#step + this.#skipped;
  }

  schedule(event: TimedEvent, at: number): void {
    this.cancel(event);
    event.due = at;
    let i = this.#queue.length;
    while (i > 0 && this.#queue[i - 1]!.due > at) i--;
    this.#queue.splice(i, 0, event);
    if (i === 0) this.#counter.shorten(this.instructionsUntil(at));
  }

  cancel(event: TimedEvent): void {
    const i = this.#queue.indexOf(event);
    if (i >= 0) this.#queue.splice(i, 1);
    event.due = NEVER;
  }

  /** The events that wait, soonest first. */
  waiting(): readonly TimedEvent[] {
    return this.#queue;
  }

  /** Time alone: the events that wait are saved with what they belong to. */
  save(): SavedClock {
    return { step: this.#step, skipped: this.#skipped };
  }

  /** The steps are those of the snapshot already. */
  restore(saved: SavedClock): void {
    this.#step = saved.step;
    this.#skipped = saved.skipped;
  }

  /** When the next event is due, ns; `NEVER` when none waits. */
  nextDue(): number {
    return this.#queue[0]?.due ?? NEVER;
  }

  /** Instructions until time `at` is reached, at least 1. */
  instructionsUntil(at: number): number {
    return Math.max(1, Math.ceil((at - this.now()) / this.#step));
  }

  /** Fires everything that is due now, in order of time. An event may schedule itself again. */
  fireDue(): void {
    for (let guard = 0; guard < 100_000; guard++) {
      const event = this.#queue[0];
      if (!event || event.due > this.now()) return;
      this.#queue.shift();
      event.due = NEVER;
      event.fire();
    }
  }

  /** The processor is halted: time jumps to `at`. */
  skipTo(at: number): void {
    const now = this.now();
    if (at > now) this.#skipped += at - now;
  }

  /** The access that runs has begun at `now()`; the next instruction begins a cycle later. */
  portCycle(): void {
    this.#skipped += PORT_CYCLE_NS;
    const due = Math.min(this.nextDue(), this.limit);
    if (due !== NEVER) this.#counter.shorten(this.instructionsUntil(due));
  }

  /** Ticks of the time-stamp counters since power-on. */
  ticks(): number {
    return Math.floor(this.now() * this.tscPerNanosecond);
  }
}
