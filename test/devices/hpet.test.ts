import { describe, expect, test } from 'vitest';
import { Hpet } from '../../src/devices/hpet.ts';
import { TestClock, TestLine } from '../support/test-clock.ts';

function board() {
  const clock = new TestClock();
  const pins = new Map<number, TestLine>();
  const legacy = [new TestLine(), new TestLine()] as const;
  const replaced: boolean[] = [];
  const hpet = new Hpet({
    clock,
    line: (pin) => {
      const line = new TestLine();
      pins.set(pin, line);
      return line;
    },
    legacyLines: legacy,
    onLegacy: (isReplaced) => replaced.push(isReplaced),
  });
  const read = (offset: number) => hpet.readMmio(offset, 4);
  const write = (offset: number, value: number) => hpet.writeMmio(offset, value, 4);
  return { clock, pins, legacy, replaced, hpet, read, write };
}

const ROUTE_20 = 20 << 9;

describe('the main counter', () => {
  test('capabilities: 10 ns, 64 bits, legacy replacement, three timers', () => {
    const { read } = board();
    expect(read(0)).toBe(0x8086a201);
    expect(read(4)).toBe(10_000_000);
    expect(read(0x104)).toBe(0x00f00104);
    expect(read(0x100)).toBe(0x30);
  });

  test('it runs while it is enabled, and can be set', () => {
    const { clock, read, write } = board();
    clock.advance(1000);
    expect(read(0xf0)).toBe(0);
    write(0x10, 1);
    clock.advance(1000);
    expect(read(0xf0)).toBe(100);
    write(0x10, 0);
    clock.advance(1000);
    expect(read(0xf0)).toBe(100);
    write(0xf0, 0xfffffff0);
    write(0xf4, 7);
    write(0x10, 1);
    clock.advance(320);
    expect([read(0xf0), read(0xf4)]).toEqual([0x10, 8]);
  });

  test('narrow reads get their bytes', () => {
    const { hpet } = board();
    expect(hpet.readMmio(1, 1)).toBe(0xa2);
    expect(hpet.readMmio(2, 2)).toBe(0x8086);
    expect(hpet.readMmio(0x3f8, 4)).toBe(0);
  });
});

describe('comparators', () => {
  test('one-shot, edge', () => {
    const { clock, pins, read, write } = board();
    write(0x100, 0x4 | ROUTE_20);
    write(0x108, 50);
    write(0x10c, 0);
    write(0x10, 1);
    clock.advance(499);
    expect(pins.get(20)!.edges).toBe(0);
    clock.advance(1);
    expect(pins.get(20)!.edges).toBe(1);
    clock.advance(100_000);
    expect(pins.get(20)!.edges).toBe(1);
    expect(read(0x20)).toBe(0); // Status is of level-triggered timers.
    write(0x108, 20_000);
    clock.advance(200_000);
    expect(pins.get(20)!.edges).toBe(2);
  });

  test('a 32-bit one-shot that was passed comes after the wrap', () => {
    const { clock, pins, write } = board();
    write(0x10, 1);
    clock.advance(1000);
    write(0x100, 0x104 | ROUTE_20);
    write(0x108, 50);
    clock.advance(2 ** 32 * 10 - 501);
    expect(pins.get(20)!.edges).toBe(0);
    clock.advance(1);
    expect(pins.get(20)!.edges).toBe(1);
  });

  test('level: status holds the line until a one is written', () => {
    const { clock, pins, read, write } = board();
    write(0x120, 0x6 | ROUTE_20);
    write(0x128, 10);
    write(0x12c, 0);
    write(0x10, 1);
    clock.advance(100);
    expect([pins.get(20)!.level, read(0x20)]).toEqual([true, 2]);
    write(0x20, 1);
    expect(pins.get(20)!.level).toBe(true);
    write(0x20, 2);
    expect([pins.get(20)!.level, read(0x20)]).toEqual([false, 0]);
  });

  test.each([
    ['32 bits', 0x100, false],
    ['64 bits, written in halves', 0x000, true],
  ])(
    'periodic, %s: the first write with VAL_SET is the comparator, the next the period',
    (_name, mode, halves) => {
      const { clock, pins, read, write } = board();
      write(0x140, 0x4c | mode | ROUTE_20);
      write(0x148, 100);
      if (halves) write(0x14c, 0);
      expect(read(0x140) & 0x40).toBe(0);
      write(0x148, 30);
      if (halves) write(0x14c, 0);
      expect(read(0x148)).toBe(100);
      write(0x10, 1);
      clock.advance(999);
      expect(pins.get(20)!.edges).toBe(0);
      clock.advance(1);
      expect(pins.get(20)!.edges).toBe(1);
      expect(read(0x148)).toBe(130);
      clock.advance(3000);
      expect(pins.get(20)!.edges).toBe(11);
    },
  );

  test('a late event skips the periods that have passed', () => {
    const { clock, pins, read, write } = board();
    write(0x100, 0x14c | ROUTE_20);
    write(0x108, 10);
    write(0x108, 10);
    write(0x10, 1);
    clock.jumpTo(1055);
    expect(pins.get(20)!.edges).toBe(1);
    expect(read(0x108)).toBe(110);
  });

  test('an unsupported route is not taken', () => {
    const { read, write } = board();
    write(0x100, 5 << 9);
    expect(read(0x100) & 0x3e00).toBe(0);
    write(0x100, ROUTE_20);
    write(0x100, 31 << 9);
    expect(read(0x100) & 0x3e00).toBe(ROUTE_20);
  });
});

describe('legacy replacement', () => {
  test('timers 0 and 1 become IRQ0 and IRQ8', () => {
    const { clock, legacy, pins, replaced, write } = board();
    write(0x100, 0x14c | ROUTE_20);
    write(0x120, 0x104 | ROUTE_20);
    for (const n of [0x108, 0x128]) write(n, 10);
    write(0x10, 3);
    expect(replaced).toEqual([true]);
    clock.advance(100);
    expect([legacy[0].level, legacy[1].level, pins.get(20)!.level]).toEqual([true, true, false]);
    write(0x10, 1);
    expect([legacy[0].level, legacy[1].level]).toEqual([false, false]);
    expect(replaced).toEqual([true, false]);
  });

  test('reset gives the lines back', () => {
    const { clock, hpet, replaced, write } = board();
    write(0x10, 3);
    hpet.reset();
    expect(replaced).toEqual([true, false]);
    clock.advance(1000);
    expect(hpet.readMmio(0xf0, 4)).toBe(0);
  });
});
