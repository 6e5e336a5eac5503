import { describe, expect, test } from 'vitest';
import { ApicBench } from '../support/apic-bench.ts';

const EOI = 0xb0;

describe('registers', () => {
  test.each([
    [0x00, 0xffffffff, 0x0f000000],
    [0x01, 0xffffffff, 0x00170011],
    [0x02, 0xffffffff, 0x00000000],
    [0x10, 0xffffffff, 0x0001afff],
    [0x11, 0xffffffff, 0xff000000],
    [0x3e, 0x000000fe, 0x000000fe],
    [0x40, 0xffffffff, 0x00000000],
    [0xff, 0xffffffff, 0x00000000],
  ])('register %i after a write of %i reads %i', (register, written, value) => {
    const bench = new ApicBench();
    bench.ioWrite(register, written);
    expect(bench.ioRead(register)).toBe(value);
  });

  test('the arbitration ID follows the ID, and bytes can be read', () => {
    const bench = new ApicBench();
    bench.ioWrite(0, 0x05000000);
    expect(bench.ioRead(2)).toBe(0x05000000);
    bench.io.writeMmio(0, 1, 1);
    expect(bench.io.readMmio(0x12, 1)).toBe(0x17);
    expect(bench.io.readMmio(0, 4)).toBe(1);
    expect(bench.io.readMmio(0x40, 4)).toBe(0);
  });

  test('entries are masked after reset', () => {
    const bench = new ApicBench();
    bench.ioWrite(0x10, 0);
    bench.io.reset();
    expect(bench.ioRead(0x10)).toBe(0x10000);
  });

  test.each([-1, 24, 1.5])('there is no pin %s', (pin) => {
    expect(() => new ApicBench().io.line(pin)).toThrow(RangeError);
  });
});

describe('edge-triggered entries', () => {
  test('an edge is an interrupt, a level is not', () => {
    const bench = new ApicBench().enable();
    const line = bench.io.line(2);
    bench.ioWrite(0x14, 0x30);
    line.raise();
    expect(bench.take()).toEqual([0x30]);
    bench.write(EOI, 0);
    expect(bench.take()).toEqual([]);
    line.lower();
    line.raise();
    expect(bench.take()).toEqual([0x30]);
  });

  test('an edge on a masked pin is lost', () => {
    const bench = new ApicBench().enable();
    bench.io.line(2).raise();
    bench.ioWrite(0x14, 0x30);
    expect(bench.take()).toEqual([]);
  });

  test('drivers of one pin are a wired OR', () => {
    const bench = new ApicBench().enable();
    const [a, b] = [bench.io.line(5), bench.io.line(5)];
    bench.ioWrite(0x1a, 0x30);
    a.raise();
    b.raise();
    a.lower();
    expect(bench.take()).toEqual([0x30]);
    bench.write(EOI, 0);
    b.lower();
    b.raise();
    expect(bench.take()).toEqual([0x30]);
  });
});

describe('level-triggered entries', () => {
  test('remote IRR holds the next one back until the EOI', () => {
    const bench = new ApicBench().enable();
    const line = bench.io.line(16);
    bench.ioWrite(0x30, 0xa031);
    line.raise();
    expect(bench.ioRead(0x30)).toBe(0xe031);
    expect(bench.take()).toEqual([0x31]);
    expect(bench.read(0x180 + 0x10)).toBe(1 << 0x11);
    bench.write(EOI, 0);
    expect(bench.take()).toEqual([0x31]); // Still asserted.
    line.lower();
    bench.write(EOI, 0);
    expect(bench.ioRead(0x30)).toBe(0xa031);
    expect(bench.take()).toEqual([]);
  });

  test('an asserted pin interrupts when it is unmasked', () => {
    const bench = new ApicBench().enable();
    bench.ioWrite(0x30, 0x18031);
    bench.io.line(16).raise();
    expect(bench.take()).toEqual([]);
    bench.ioWrite(0x30, 0x8031);
    expect(bench.take()).toEqual([0x31]);
  });

  test('nobody receives: it is tried again when the entry is written', () => {
    const bench = new ApicBench();
    bench.io.line(16).raise();
    bench.ioWrite(0x30, 0x8031);
    expect(bench.ioRead(0x30)).toBe(0x8031);
    bench.enable().ioWrite(0x30, 0x8031);
    expect(bench.take()).toEqual([0x31]);
  });

  test('switching to edge and back clears remote IRR', () => {
    const bench = new ApicBench().enable();
    bench.io.line(16).raise();
    bench.ioWrite(0x30, 0x8031);
    bench.ioWrite(0x30, 0x10031);
    bench.ioWrite(0x30, 0x18031);
    expect(bench.ioRead(0x30)).toBe(0x18031);
  });
});

describe('destinations and modes', () => {
  test.each([
    ['physical 1', 0x01000000, 0x0030, [[], [0x30]]],
    ['logical both', 0x03000000, 0x0830, [[0x30], [0x30]]],
    ['lowest priority', 0x03000000, 0x0930, [[0x30], []]],
    ['physical broadcast', 0xff000000, 0x0030, [[0x30], [0x30]]],
  ])('%s', (_name, high, low, expected) => {
    const bench = new ApicBench().enable();
    for (const id of [0, 1]) bench.write(0xd0, 0x01000000 << id, id);
    bench.ioWrite(0x11, high);
    bench.ioWrite(0x10, low);
    bench.io.line(0).raise();
    expect([bench.take(0), bench.take(1)]).toEqual(expected);
  });

  test('NMI, SMI and INIT', () => {
    const bench = new ApicBench().enable();
    for (const [pin, low] of [
      [0, 0x0400],
      [1, 0x0200],
      [2, 0x0500],
    ] as const) {
      bench.ioWrite(0x10 + 2 * pin, low);
      bench.io.line(pin).raise();
    }
    expect(bench.events).toEqual(['0: NMI', '0: SMI', '0: INIT']);
  });

  test('ExtINT asks the 8259A for the vector', () => {
    const bench = new ApicBench().enable();
    bench.ioWrite(0x10, 0x0700);
    bench.io.line(0).raise();
    expect(bench.take()).toEqual([0x20]);
  });
});
