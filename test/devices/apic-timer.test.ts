import { describe, expect, test } from 'vitest';
import { ApicBench } from '../support/apic-bench.ts';

const LVT = 0x320;
const INITIAL = 0x380;
const CURRENT = 0x390;
const DIVIDE = 0x3e0;

describe('the APIC timer', () => {
  test.each([
    [0x0, 2],
    [0x1, 4],
    [0x2, 8],
    [0x3, 16],
    [0x8, 32],
    [0x9, 64],
    [0xa, 128],
    [0xb, 1],
  ])('divide configuration %i divides by %i', (code, divisor) => {
    const bench = new ApicBench().enable();
    bench.write(DIVIDE, code);
    bench.write(LVT, 0x40);
    bench.write(INITIAL, 1000);
    bench.clock.advance(10 * divisor);
    expect(bench.read(CURRENT)).toBe(990);
    bench.clock.advance(990 * divisor - 1);
    expect(bench.take()).toEqual([]);
    bench.clock.advance(1);
    expect(bench.take()).toEqual([0x40]);
    expect(bench.read(CURRENT)).toBe(0);
    bench.write(0xb0, 0);
    bench.clock.advance(10_000 * divisor);
    expect(bench.take()).toEqual([]);
  });

  test('periodic', () => {
    const bench = new ApicBench().enable();
    bench.write(DIVIDE, 0xb);
    bench.write(LVT, 0x20040);
    bench.write(INITIAL, 100);
    let fired = 0;
    for (let i = 0; i < 1000; i += 10) {
      bench.clock.advance(10);
      fired += bench.take().length;
      bench.write(0xb0, 0);
    }
    expect(fired).toBe(10);
    bench.clock.advance(30);
    expect(bench.read(CURRENT)).toBe(70);
    bench.write(INITIAL, 0);
    bench.clock.advance(1000);
    expect(bench.take()).toEqual([]);
    expect(bench.clock.nextDue).toBe(Number.POSITIVE_INFINITY);
  });

  test('a masked periodic timer keeps its phase', () => {
    const bench = new ApicBench().enable();
    bench.write(DIVIDE, 0xb);
    bench.write(LVT, 0x30040);
    bench.write(INITIAL, 100);
    bench.clock.advance(250);
    bench.write(LVT, 0x20040);
    bench.clock.advance(49);
    expect(bench.take()).toEqual([]);
    bench.clock.advance(1);
    expect(bench.take()).toEqual([0x40]);
  });

  test('the count goes on when the divisor changes', () => {
    const bench = new ApicBench().enable();
    bench.write(DIVIDE, 0xb);
    bench.write(LVT, 0x40);
    bench.write(INITIAL, 100);
    bench.clock.advance(40);
    bench.write(DIVIDE, 0x1);
    expect(bench.read(CURRENT)).toBe(60);
    bench.clock.advance(240);
    expect(bench.take()).toEqual([0x40]);
  });

  test('TSC deadline', () => {
    const bench = new ApicBench().enable();
    const apic = bench.apics[0]!;
    apic.writeMsr(0x6e0, 100, 0);
    expect(apic.readMsr(0x6e0)).toEqual([0, 0]); // Ignored in another mode.
    bench.write(LVT, 0x40040);
    apic.writeMsr(0x6e0, 1001, 0);
    bench.clock.advance(500);
    expect(bench.take()).toEqual([]);
    expect(apic.readMsr(0x6e0)).toEqual([1001, 0]);
    bench.clock.advance(1);
    expect(bench.take()).toEqual([0x40]);
    expect(apic.readMsr(0x6e0)).toEqual([0, 0]);
    bench.write(0xb0, 0);
    apic.writeMsr(0x6e0, 5, 0); // Past already.
    bench.clock.advance(0);
    expect(bench.take()).toEqual([0x40]);
    bench.write(0xb0, 0);
    apic.writeMsr(0x6e0, -1, -1);
    apic.writeMsr(0x6e0, 0, 0);
    expect(bench.clock.nextDue).toBe(Number.POSITIVE_INFINITY);
    bench.write(INITIAL, 100);
    expect(bench.read(INITIAL)).toBe(0);
  });

  test('a change of mode disarms', () => {
    const bench = new ApicBench().enable();
    bench.write(LVT, 0x40);
    bench.write(INITIAL, 100);
    bench.write(LVT, 0x40040);
    bench.clock.advance(1000);
    expect(bench.take()).toEqual([]);
  });
});
