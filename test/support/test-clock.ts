import { type Clock, NEVER, type TimedEvent } from '../../src/bus/clock.ts';
import type { InterruptLine } from '../../src/bus/lines.ts';

/** A clock that stands still until a test moves it; events fire at exactly the time they were due. */
export class TestClock implements Clock {
  private time = 0;
  private readonly waiting = new Set<TimedEvent>();

  now(): number {
    return this.time;
  }

  schedule(event: TimedEvent, at: number): void {
    this.waiting.delete(event);
    event.due = at;
    this.waiting.add(event);
  }

  cancel(event: TimedEvent): void {
    this.waiting.delete(event);
    event.due = NEVER;
  }

  /** The earliest due time of all waiting events. */
  get nextDue(): number {
    let due = NEVER;
    for (const event of this.waiting) due = Math.min(due, event.due);
    return due;
  }

  advance(ns: number): void {
    this.advanceTo(this.time + ns);
  }

  advanceTo(end: number): void {
    for (;;) {
      let next: TimedEvent | undefined;
      for (const event of this.waiting) {
        if (event.due <= end && (!next || event.due < next.due)) next = event;
      }
      if (!next) break;
      this.time = Math.max(this.time, next.due);
      this.cancel(next);
      next.fire();
    }
    this.time = Math.max(this.time, end);
  }

  /** Moves time without firing what is due on the way, as a long run of instructions would; then fires it, late. */
  jumpTo(end: number): void {
    this.time = Math.max(this.time, end);
    this.advanceTo(end);
  }
}

/** A line that remembers its level and counts its rising edges. */
export class TestLine implements InterruptLine {
  level = false;
  edges = 0;

  raise(): void {
    if (!this.level) this.edges++;
    this.level = true;
  }

  lower(): void {
    this.level = false;
  }
}
