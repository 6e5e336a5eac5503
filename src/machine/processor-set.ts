import type { Core } from '../cpu/execute/core.ts';
import { LogicalProcessor, type SavedLogicalProcessor } from './logical-processor.ts';

/** Local APIC IDs 0 to 15, and room for as many in the TLB's region. */
export const MAX_PROCESSORS = 16;
/** Steps that a processor runs while others want to run too. */
const QUANTUM = 20_000;

interface StepCounter {
  steps(): number;
  shorten(count: number): void;
}

export interface SavedProcessors {
  readonly current: number;
  readonly turnEnd: number;
  readonly preferred: number;
  readonly preferredInARow: number;
  readonly processors: readonly SavedLogicalProcessor[];
}

/**
 * The processors of a machine, which take turns: one runs for a quantum of steps, or until it halts, or until another
 * one gets an interrupt or a message, which then comes next. Turns end between instructions and by counts of steps
 * alone, so that the same run always has the same turns.
 */
export class ProcessorSet {
  readonly all: readonly LogicalProcessor[];
  current: LogicalProcessor;
  /** The step at which the turn is over; infinity while nobody else wants one. */
  turnEnd = Number.POSITIVE_INFINITY;
  /** Who comes next out of the order, and how many did so in a row. */
  preferred = -1;
  preferredInARow = 0;
  readonly #counter: StepCounter;
  #onSwitch: (() => void) | undefined;

  constructor(core: Core, counter: StepCounter, count: number) {
    this.#counter = counter;
    this.all = Array.from(
      { length: count },
      (_, id) => new LogicalProcessor(core, id, (processor) => this.#preempt(processor)),
    );
    this.current = this.all[0]!;
    for (const { parked } of this.all) parked.set(core.words);
  }

  /** Called after another processor has begun its turn. */
  set onSwitch(listener: () => void) {
    this.#onSwitch = listener;
  }

  /**
   * Gives the next turn when the present one is over. False when no processor has anything to do. Called between any
   * two runs of the core; what it does must depend on nothing but steps and state.
   */
  schedule(): boolean {
    const { current } = this;
    const isOver = this.#counter.steps() >= this.turnEnd;
    if (!isOver && !current.isHalted && !current.isWaiting) return true;
    for (const processor of this.all) {
      if (!processor.hasMessage) continue;
      this.#switchTo(processor);
      processor.obey();
    }
    const next = this.#next();
    if (!next) return false;
    this.#switchTo(next);
    const others = this.all.some((p) => p !== next && (p.isMonitoring || p.isRunnable()));
    this.turnEnd = others ? this.#counter.steps() + QUANTUM : Number.POSITIVE_INFINITY;
    return true;
  }

  /** Power-on: the bootstrap processor runs, the others wait. `powerOn` resets the core. */
  reset(powerOn: () => void): void {
    this.#switchTo(this.all[0]!);
    powerOn();
    for (const processor of this.all) processor.reset();
    this.turnEnd = Number.POSITIVE_INFINITY;
    this.preferred = -1;
    this.preferredInARow = 0;
  }

  save(): SavedProcessors {
    const { turnEnd, preferred, preferredInARow } = this;
    const processors = this.all.map((processor) => processor.save());
    return { current: this.current.id, turnEnd, preferred, preferredInARow, processors };
  }

  restore(saved: SavedProcessors): void {
    this.current = this.all[saved.current]!;
    for (const processor of this.all) {
      processor.restore(saved.processors[processor.id]!, processor === this.current);
    }
    this.turnEnd = saved.turnEnd;
    this.preferred = saved.preferred;
    this.preferredInARow = saved.preferredInARow;
    // One processor alone stays connected as the board has it, which may be to no APIC.
    if (this.all.length > 1) this.current.connect();
  }

  /** Steps left of the turn. */
  left(): number {
    return Math.max(1, this.turnEnd - this.#counter.steps());
  }

  /** Nothing will ever happen again unless a device interrupts somebody who listens. */
  get isIdleForGood(): boolean {
    return this.all.every((processor) => processor.isIdleForGood);
  }

  /** Who got something to do comes next, but not for ever before all others. */
  #next(): LogicalProcessor | undefined {
    const count = this.all.length;
    const preferred = this.all[this.preferred];
    this.preferred = -1;
    if (preferred?.isRunnable() && this.preferredInARow < count) {
      this.preferredInARow++;
      return preferred;
    }
    this.preferredInARow = 0;
    for (let i = 1; i <= count; i++) {
      const candidate = this.all[(this.current.id + i) % count]!;
      if (candidate.isRunnable()) return candidate;
    }
    return undefined;
  }

  #switchTo(next: LogicalProcessor): void {
    const previous = this.current;
    if (next === previous) return;
    previous.park();
    this.current = next;
    next.resume(previous);
    this.#onSwitch?.();
  }

  #preempt(processor: LogicalProcessor): void {
    if (this.preferred < 0) this.preferred = processor.id;
    this.turnEnd = this.#counter.steps();
    this.#counter.shorten(1);
  }
}
