import { describe, expect, test } from 'vitest';
import { TimeStampCounter } from '../../src/machine/time-stamp-counter.ts';
import { VirtualClock } from '../../src/machine/virtual-clock.ts';
import { STATE_BYTES } from '../../src/state/layout.ts';

function rig() {
  const counter = { count: 12345, steps: () => counter.count, shorten: () => {} };
  const clock = new VirtualClock(counter, 10, 1);
  const pages = [new Int32Array(STATE_BYTES / 4), new Int32Array(STATE_BYTES / 4)];
  return { counter, counters: pages.map((words) => new TimeStampCounter(clock, () => words)) };
}

describe('the time-stamp counter', () => {
  test.each([
    [0, 0],
    [0x12345678, 0x9abc],
    [-1, -1],
  ])('goes on from a written value %i:%i', (lo, hi) => {
    const { counter, counters } = rig();
    const [tsc] = counters;
    let told = 0;
    tsc!.onWrite = () => told++;
    tsc!.writeTsc(lo, hi);
    expect(tsc!.readTsc()).toEqual([lo, hi]);
    counter.count += 1;
    const [after] = tsc!.readTsc();
    expect((after - lo) | 0).toBe(10);
    expect(told).toBe(1);
  });

  test('counts alike on all processors, until one is written', () => {
    const { counters } = rig();
    expect(counters[0]!.readTsc()).toEqual([123450, 0]);
    expect(counters[1]!.readTsc()).toEqual([123450, 0]);
    counters[1]!.writeTsc(5, 7);
    expect(counters[0]!.readTsc()).toEqual([123450, 0]);
    expect(counters[1]!.readTsc()).toEqual([5, 7]);
  });
});
