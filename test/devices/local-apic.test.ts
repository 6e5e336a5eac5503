import { describe, expect, test } from 'vitest';
import { ApicBench } from '../support/apic-bench.ts';

const EOI = 0xb0;
const ICR_LOW = 0x300;
const ICR_HIGH = 0x310;

describe('registers after reset', () => {
  test.each([
    ['ID', 0x20, 0x00000000],
    ['version', 0x30, 0x00050014],
    ['TPR', 0x80, 0],
    ['LDR', 0xd0, 0],
    ['DFR', 0xe0, 0xffffffff],
    ['SVR', 0xf0, 0x000000ff],
    ['LVT timer', 0x320, 0x00010000],
    ['LVT LINT0', 0x350, 0x00010000],
    ['initial count', 0x380, 0],
  ])('%s', (_name, offset, value) => {
    expect(new ApicBench().read(offset)).toBe(value);
  });

  test('bytes of a register can be read; nothing but aligned doublewords can be written', () => {
    const bench = new ApicBench();
    const apic = bench.apics[0]!;
    expect(apic.readMmio(0x32, 1)).toBe(0x05);
    expect(apic.readMmio(0x32, 2)).toBe(0x0005);
    apic.writeMmio(0x80, 0x50, 1);
    apic.writeMmio(0x84, 0x50, 4);
    expect(bench.read(0x80)).toBe(0);
  });

  test('LVT entries stay masked while the APIC is off by software', () => {
    const bench = new ApicBench();
    bench.write(0x350, 0x700);
    expect(bench.read(0x350)).toBe(0x10700);
    bench.enable().write(0x350, 0x700);
    expect(bench.read(0x350)).toBe(0x700);
    bench.write(0xf0, 0xff);
    expect(bench.read(0x350)).toBe(0x10700);
  });
});

describe('priority', () => {
  test('the highest vector first, one class at a time', () => {
    const bench = new ApicBench().enable();
    for (const vector of [0x31, 0x55, 0x52, 0x81]) bench.write(ICR_LOW, 0x40000 | vector);
    expect(bench.take()).toEqual([0x81]);
    expect(bench.read(0xa0)).toBe(0x80);
    bench.write(EOI, 0);
    expect(bench.take()).toEqual([0x55]);
    bench.write(EOI, 0);
    expect(bench.take()).toEqual([0x52]);
    bench.write(EOI, 0);
    expect(bench.take()).toEqual([0x31]);
    expect(bench.read(0x110)).toBe(1 << (0x31 - 0x20));
    bench.write(EOI, 0);
    expect(bench.read(0x110)).toBe(0);
  });

  test('a higher class interrupts a lower one in service', () => {
    const bench = new ApicBench().enable();
    bench.write(ICR_LOW, 0x40031);
    expect(bench.take()).toEqual([0x31]);
    bench.write(ICR_LOW, 0x4003f);
    expect(bench.take()).toEqual([]);
    bench.write(ICR_LOW, 0x40041);
    expect(bench.take()).toEqual([0x41]);
  });

  test.each([
    [0x40, false],
    [0x3f, true],
    [0x30, true],
    [0xff, false],
  ])('TPR %i lets vector 45h through: %s', (tpr, passes) => {
    const bench = new ApicBench().enable();
    bench.write(0x80, tpr);
    bench.write(ICR_LOW, 0x40045);
    expect(bench.intr[0]!.level).toBe(passes);
    expect(bench.apics[0]!.cr8).toBe(tpr >> 4);
    bench.apics[0]!.cr8 = 0;
    expect(bench.intr[0]!.level).toBe(true);
  });

  test('INTA without a request is the spurious vector', () => {
    const bench = new ApicBench();
    bench.write(0xf0, 0x1ef);
    expect(bench.apics[0]!.acknowledge()).toBe(0xef);
    expect(bench.read(0xa0)).toBe(0);
  });
});

describe('the interrupt command register', () => {
  test.each([
    // name                          high        low        CPU 0     CPU 1
    ['physical, to 1', 0x01000000, 0x00004051, [], [0x51]],
    ['physical, to nobody', 0x07000000, 0x00004051, [], []],
    ['physical broadcast', 0xff000000, 0x00004051, [0x51], [0x51]],
    ['shorthand self', 0, 0x00044051, [0x51], []],
    ['shorthand all', 0, 0x00084051, [0x51], [0x51]],
    ['shorthand others', 0, 0x000c4051, [], [0x51]],
    ['logical flat, second bit', 0x02000000, 0x00004851, [], [0x51]],
    ['logical flat, both', 0x03000000, 0x00004851, [0x51], [0x51]],
    ['lowest priority of both', 0x03000000, 0x00004951, [0x51], []],
  ])('%s', (_name, high, low, first, second) => {
    const bench = new ApicBench().enable();
    bench.write(0xd0, 0x01000000, 0);
    bench.write(0xd0, 0x02000000, 1);
    bench.write(ICR_HIGH, high);
    bench.write(ICR_LOW, low);
    expect(bench.take(0)).toEqual(first);
    expect(bench.take(1)).toEqual(second);
    expect(bench.read(ICR_LOW) & 0x1000).toBe(0); // Sent.
  });

  test('cluster model', () => {
    const bench = new ApicBench().enable();
    for (const id of [0, 1]) bench.write(0xe0, 0x0fffffff, id);
    bench.write(0xd0, 0x11000000, 0);
    bench.write(0xd0, 0x21000000, 1);
    const sent = (destination: number) => {
      bench.write(ICR_HIGH, destination << 24);
      bench.write(ICR_LOW, 0x4861);
      const seen = [bench.take(0).length, bench.take(1).length];
      for (const id of [0, 1]) bench.write(EOI, 0, id);
      return seen;
    };
    expect(sent(0x11)).toEqual([1, 0]);
    expect(sent(0x21)).toEqual([0, 1]);
    expect(sent(0xf1)).toEqual([1, 1]);
    expect(sent(0x12)).toEqual([0, 0]);
  });

  test('lowest priority goes to the processor with less to do', () => {
    const bench = new ApicBench().enable();
    for (const id of [0, 1]) bench.write(0xd0, 0x01000000 << id, id);
    bench.write(0x80, 0x20, 0);
    bench.write(ICR_HIGH, 0x03000000);
    bench.write(ICR_LOW, 0x4951);
    expect(bench.take(1)).toEqual([0x51]);
  });

  test('INIT, start-up, NMI and SMI', () => {
    const bench = new ApicBench();
    bench.write(ICR_HIGH, 0x01000000);
    for (const low of [0x4500, 0x8500, 0x4608, 0x4400, 0x4200]) bench.write(ICR_LOW, low);
    bench.write(ICR_LOW, 0xc4699);
    expect(bench.events).toEqual(['1: INIT', '1: start at 8000', '1: NMI', '1: SMI', '1: start at 99000']);
  });

  test('INIT resets the local APIC of the receiver but not its ID', () => {
    const bench = new ApicBench().enable();
    bench.write(0x20, 0x05000000, 1);
    bench.write(ICR_HIGH, 0x05000000);
    bench.write(ICR_LOW, 0x4500);
    expect(bench.read(0xf0, 1)).toBe(0xff);
    expect(bench.read(0x20, 1)).toBe(0x05000000);
  });
});

describe('errors', () => {
  test.each([
    ['an illegal vector sent', (b: ApicBench) => b.write(ICR_LOW, 0x4400f), 0x20],
    ['a register that is none', (b: ApicBench) => void b.read(0x400 - 0x10 * 3), 0x80],
    ['a write to one', (b: ApicBench) => b.write(0x40, 1), 0x80],
  ])('%s', (_name, deed, bits) => {
    const bench = new ApicBench().enable();
    bench.write(0x370, 0xfe);
    deed(bench);
    expect(bench.read(0x280)).toBe(0);
    bench.write(0x280, 0);
    expect(bench.read(0x280)).toBe(bits);
    expect(bench.take()).toEqual([0xfe]);
    bench.write(0x280, 0);
    expect(bench.read(0x280)).toBe(0);
  });
});

describe('local interrupt pins', () => {
  test('virtual wire mode: LINT0 carries the 8259A, LINT1 is NMI', () => {
    const bench = new ApicBench();
    bench.bus.lint0.raise();
    expect(bench.intr[0]!.level).toBe(false);
    bench.apics[0]!.enableVirtualWire();
    expect(bench.intr[0]!.level).toBe(true);
    expect(bench.apics[0]!.acknowledge()).toBe(0x20);
    bench.bus.lint0.lower();
    expect(bench.intr[0]!.level).toBe(false);
    bench.bus.lint1.raise();
    expect(bench.events).toEqual(['0: NMI']);
  });

  test('switched off by IA32_APIC_BASE the pins are INTR and NMI', () => {
    const bench = new ApicBench();
    expect(bench.apics[0]!.writeMsr(0x1b, 0xfee00100 | 0, 0)).toBe(true);
    bench.bus.lint0.raise();
    expect(bench.apics[0]!.acknowledge()).toBe(0x20);
    bench.bus.lint1.raise();
    expect(bench.events).toEqual(['0: NMI']);
    expect(bench.read(0x30)).toBe(0xffffffff);
  });

  test('an APIC interrupt goes before the 8259A', () => {
    const bench = new ApicBench();
    bench.apics[0]!.enableVirtualWire();
    bench.bus.lint0.raise();
    bench.write(ICR_LOW, 0x44041);
    expect(bench.apics[0]!.acknowledge()).toBe(0x41);
    expect(bench.apics[0]!.acknowledge()).toBe(0x20);
  });
});

describe('x2APIC', () => {
  function x2() {
    const bench = new ApicBench();
    for (const apic of bench.apics) apic.writeMsr(0x1b, 0xfee00c00 | 0, 0);
    return bench;
  }

  test.each([
    // from        to        allowed
    [0x800, 0xc00, true],
    [0x800, 0x400, false],
    [0xc00, 0x800, false],
    [0xc00, 0x000, true],
    [0x000, 0xc00, false],
    [0x000, 0x800, true],
    [0x800, 0x801, false],
  ])('IA32_APIC_BASE %i to %i: %s', (from, to, allowed) => {
    const apic = new ApicBench().apics[0]!;
    if (from !== 0x800) apic.writeMsr(0x1b, 0xfee00000 | 0 | from, 0);
    expect(apic.writeMsr(0x1b, 0xfee00000 | 0 | to, 0)).toBe(allowed);
  });

  test('registers as MSRs; the page is gone', () => {
    const bench = x2();
    const apic = bench.apics[1]!;
    expect(apic.readMsr(0x802)).toEqual([1, 0]);
    expect(apic.readMsr(0x803)).toEqual([0x50014, 0]);
    expect(apic.readMsr(0x80d)).toEqual([2, 0]);
    expect(bench.read(0x30)).toBe(0xffffffff);
    expect(new ApicBench().apics[0]!.readMsr(0x802)).toBeUndefined();
  });

  test.each([
    ['DFR', 0x80e, 0, 0],
    ['ICR high', 0x831, 0, 0],
    ['EOI with a value', 0x80b, 1, 0],
    ['a read-only register', 0x803, 0, 0],
    ['a high half', 0x80f, 0x1ff, 1],
    ['TPR with reserved bits', 0x808, 0x100, 0],
    ['a hole', 0x8ff, 0, 0],
  ])('a write to %s faults', (_name, index, lo, hi) => {
    expect(x2().apics[0]!.writeMsr(index, lo, hi)).toBe(false);
  });

  test('interrupts by 32-bit destination, logical cluster, and to itself', () => {
    const bench = x2();
    for (const apic of bench.apics) apic.writeMsr(0x80f, 0x1ff, 0);
    const [first] = bench.apics;
    first!.writeMsr(0x830, 0x4051, 1);
    expect([bench.take(0), bench.take(1)]).toEqual([[], [0x51]]);
    first!.writeMsr(0x830, 0x4861, 3);
    expect([bench.take(0), bench.take(1)]).toEqual([[0x61], [0x61]]);
    first!.writeMsr(0x830, 0x4071, -1);
    expect([bench.take(0), bench.take(1)]).toEqual([[0x71], [0x71]]);
    first!.writeMsr(0x83f, 0x81, 0);
    expect(bench.take(0)).toEqual([0x81]);
  });
});
