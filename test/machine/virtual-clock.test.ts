import { describe, expect, test } from 'vitest';
import { NEVER, type TimedEvent } from '../../src/bus/clock.ts';
import { VirtualClock } from '../../src/machine/virtual-clock.ts';

class Counter {
  count = 0;
  shortened: number[] = [];
  steps() {
    return this.count;
  }
  shorten(count: number) {
    this.shortened.push(count);
  }
}

function event(log: string[], name: string, also?: () => void): TimedEvent {
  return {
    due: NEVER,
    fire() {
      log.push(name);
      also?.();
    },
  };
}

describe('VirtualClock', () => {
  test('time is instructions times the step', () => {
    const counter = new Counter();
    const clock = new VirtualClock(counter, 10, 1);
    counter.count = 7;
    expect(clock.now()).toBe(70);
  });

  test('a port cycle takes a microsecond, which may bring the next event or the end of the run nearer', () => {
    const counter = new Counter();
    const clock = new VirtualClock(counter, 10, 1);
    clock.portCycle();
    expect(clock.now()).toBe(1000);
    expect(counter.shortened).toEqual([]);
    clock.schedule(event([], 'soon'), 5000);
    clock.portCycle();
    clock.limit = 3500;
    clock.portCycle();
    clock.portCycle();
    // 500 steps to the event when it was scheduled, 300 of them after the next cycle; then 50 to the limit, then none.
    expect(counter.shortened).toEqual([400, 300, 50, 1]);
  });

  test('fires what is due in order of time, equal times in order of scheduling', () => {
    const counter = new Counter();
    const clock = new VirtualClock(counter, 10, 1);
    const log: string[] = [];
    clock.schedule(event(log, 'late'), 300);
    clock.schedule(event(log, 'first'), 100);
    clock.schedule(event(log, 'second'), 100);
    counter.count = 10;
    clock.fireDue();
    expect(log).toEqual(['first', 'second']);
    expect(clock.nextDue()).toBe(300);
  });

  test('an event may schedule itself again and a moved event fires once', () => {
    const counter = new Counter();
    const clock = new VirtualClock(counter, 10, 1);
    const log: string[] = [];
    const again = event(log, 'tick', () => {
      if (log.length < 3) clock.schedule(again, clock.now() + 10);
    });
    clock.schedule(again, 50);
    clock.schedule(again, 20);
    counter.count = 2;
    clock.fireDue();
    expect(log).toEqual(['tick']);
    counter.count = 10;
    clock.fireDue();
    expect(log.length).toBe(2);
  });

  test('an earlier event than any waiting one shortens the running budget', () => {
    const counter = new Counter();
    const clock = new VirtualClock(counter, 10, 1);
    const log: string[] = [];
    clock.schedule(event(log, 'a'), 1000);
    clock.schedule(event(log, 'b'), 2000);
    clock.schedule(event(log, 'c'), 25);
    expect(counter.shortened).toEqual([100, 3]);
  });

  test('cancel forgets, skipTo jumps, and never backwards', () => {
    const counter = new Counter();
    const clock = new VirtualClock(counter, 10, 1);
    const log: string[] = [];
    const a = event(log, 'a');
    clock.schedule(a, 100);
    clock.cancel(a);
    expect(clock.nextDue()).toBe(NEVER);
    clock.skipTo(5000);
    clock.skipTo(100);
    expect(clock.now()).toBe(5000);
    clock.fireDue();
    expect(log).toEqual([]);
  });
});
