/** Time as devices see it: guest nanoseconds since power-on, an integer that never runs backwards. */
export interface Clock {
  /** Guest time, ns. During an instruction it is the time at which that instruction began. */
  now(): number;
  /** Calls `event.fire()` once guest time has reached `at` ns. An event that is waiting already is moved. */
  schedule(event: TimedEvent, at: number): void;
  cancel(event: TimedEvent): void;
}

/** Something that waits for a time. `due` belongs to the clock. */
export interface TimedEvent {
  due: number;
  fire(): void;
}

/** A `due` that never comes. */
export const NEVER = Number.POSITIVE_INFINITY;
