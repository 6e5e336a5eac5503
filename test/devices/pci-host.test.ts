import { describe, expect, test } from 'vitest';
import { AddressSpace, PAGE_HOLE, PAGE_MMIO } from '../../src/bus/address-space.ts';
import { PortSpace } from '../../src/bus/ports.ts';
import { PciFunction, PciRom, ROM_BAR } from '../../src/devices/pci-device.ts';
import { PciBus, PciConfigPorts } from '../../src/devices/pci-host.ts';

const io = { readPort: (offset: number) => 0xa0 + offset, writePort() {} };
const mmio = { readMmio: (offset: number) => 0x1000 + offset, writeMmio() {} };

function board() {
  const ports = new PortSpace();
  const space = new AddressSpace({
    buffer: new ArrayBuffer(0x200000),
    ramOffset: 0,
    ramBytes: 0x100000,
    romOffset: 0x100000,
    romBytes: 0x100000,
  });
  const bus = new PciBus(ports, space);
  ports.attach(0xcf8, 8, new PciConfigPorts(bus));
  const fn = new PciFunction({
    vendor: 0x1234,
    device: 0x5678,
    classCode: 0x020000,
    revision: 3,
    interruptPin: 1,
    bars: [
      { index: 0, kind: 'io', bytes: 16, device: io },
      { index: 1, kind: 'memory', bytes: 0x1000, device: mmio },
      { index: 2, kind: 'memory', bytes: 0x100, device: mmio, is64Bit: true, prefetchable: true },
      { index: ROM_BAR, kind: 'memory', bytes: 2048, device: new PciRom(Uint8Array.of(0x55, 0xaa)) },
    ],
  });
  bus.attach(3, 0, fn);
  const select = (register: number, devfn = 3 << 3) =>
    ports.write32(0xcf8, 0x80000000 + (devfn << 8) + (register & 0xfc));
  const read = (register: number) => {
    select(register);
    return ports.read32(0xcfc);
  };
  const write = (register: number, value: number) => {
    select(register);
    ports.write32(0xcfc, value);
  };
  return { ports, space, bus, fn, select, read, write };
}

describe('configuration mechanism #1', () => {
  test('CONFADD answers to doublewords only', () => {
    const { ports } = board();
    ports.write32(0xcf8, 0xffffffff);
    expect(ports.read32(0xcf8)).toBe(0x80fffffc);
    ports.write8(0xcf8, 0);
    ports.write16(0xcfa, 0);
    expect(ports.read32(0xcf8)).toBe(0x80fffffc);
    expect(ports.read8(0xcf8)).toBe(0xff);
  });

  test.each([
    [0x00, 0x56781234],
    [0x08, 0x02000003],
    [0x10, 0x00000001],
    [0x18, 0x0000000c],
    [0x3c, 0x00000100],
  ])('register %i reads %i', (register, value) => {
    expect(board().read(register)).toBe(value);
  });

  test('bytes and words of a register', () => {
    const { ports, select } = board();
    select(0);
    expect(ports.read16(0xcfe)).toBe(0x5678);
    expect(ports.read8(0xcfd)).toBe(0x12);
    select(0x3c);
    ports.write8(0xcfc, 11);
    ports.write8(0xcfd, 9); // The pin is read-only.
    expect(ports.read16(0xcfc)).toBe(0x010b);
  });

  test.each([
    ['no such device', 0x80002000],
    ['no such function', 0x80001900],
    ['another bus', 0x80011800],
    ['not enabled', 0x00001800],
  ])('%s reads as ones', (_why, address) => {
    const { ports } = board();
    ports.write32(0xcf8, address);
    expect(ports.read32(0xcfc)).toBe(0xffffffff);
    ports.write32(0xcfc, 0);
    expect(ports.read8(0xcfc)).toBe(0xff);
  });
});

describe('base address registers', () => {
  test.each([
    [0x10, 0xfffffff1],
    [0x14, 0xfffff000],
    [0x18, 0xffffff0c],
    [0x1c, 0xffffffff],
    [0x20, 0x00000000],
    [0x30, 0xfffff801],
  ])('sizing: register %i after ones reads %i', (register, value) => {
    const { read, write } = board();
    write(register, 0xffffffff);
    expect(read(register)).toBe(value);
  });

  test('an I/O range follows its register and the command register', () => {
    const { ports, read, write } = board();
    write(0x10, 0xc000);
    expect(ports.read8(0xc003)).toBe(0xff);
    write(0x04, 1);
    expect(ports.read8(0xc003)).toBe(0xa3);
    write(0x10, 0xd000);
    expect(ports.read8(0xc003)).toBe(0xff);
    expect(ports.read8(0xd00f)).toBe(0xaf);
    write(0x04, 0);
    expect(ports.read8(0xd00f)).toBe(0xff);
    expect(read(0x10)).toBe(0xd001);
  });

  test('an I/O range that lands on ports of the board leaves them alone, and goes away cleanly', () => {
    const { ports, read, write } = board();
    write(0x04, 1);
    write(0x10, 0xcf0);
    expect(read(0)).toBe(0x56781234);
    expect(ports.read8(0xcf7)).toBe(0xa7);
    write(0x10, 0xc000);
    expect(ports.read8(0xcf7)).toBe(0xff);
    expect(read(0)).toBe(0x56781234);
  });

  test('memory ranges decode above RAM only', () => {
    const { space, write } = board();
    write(0x04, 2);
    write(0x14, 0xe0000000);
    expect(space.read32(0xe0000010)).toBe(0x1010);
    write(0x14, 0x00010000);
    expect(space.pageKind(0xe0000)).toBe(PAGE_HOLE);
    expect(space.read32(0x00010010)).toBe(0);
    write(0x14, 0xfffff000);
    expect(space.read32(0xfffff000)).toBe(0x1000);
  });

  test('two small ranges in one page come and go apart', () => {
    const { bus, space, write } = board();
    const other = new PciFunction({
      vendor: 1,
      device: 2,
      classCode: 0,
      bars: [{ index: 0, kind: 'memory', bytes: 0x100, device: mmio }],
    });
    bus.attach(4, 0, other);
    write(0x04, 2);
    write(0x18, 0xe0000000);
    bus.writeConfig(0, 4 << 3, 0x10, 0xe0000100, 4);
    bus.writeConfig(0, 4 << 3, 0x04, 2, 2);
    expect(space.read32(0xe0000110)).toBe(0x1010);
    write(0x18, 0xf0000000);
    expect(space.pageKind(0xe0000)).toBe(PAGE_MMIO);
    expect(space.read32(0xe0000110)).toBe(0x1010);
    expect(space.read32(0xe0000010)).toBe(0xffffffff);
  });

  test('a 64-bit range above 4 GiB is nowhere', () => {
    const { space, write } = board();
    write(0x04, 2);
    write(0x18, 0xe0000000);
    write(0x1c, 1);
    expect(space.read32(0xe0000000)).toBe(0xffffffff);
  });

  test('the ROM needs its own enable bit', () => {
    const { space, write } = board();
    write(0x04, 2);
    write(0x30, 0xe1000000);
    expect(space.read16(0xe1000000)).toBe(0xffff);
    write(0x30, 0xe1000001);
    expect(space.read16(0xe1000000)).toBe(0xaa55);
    expect(space.read8(0xe1000002)).toBe(0xff);
  });

  test('reset takes everything off the bus', () => {
    const { bus, ports, read, write } = board();
    write(0x10, 0xc000);
    write(0x04, 1);
    bus.reset();
    expect(ports.read8(0xc000)).toBe(0xff);
    expect(read(0x10)).toBe(1);
  });

  test('resources are assigned without a firmware', () => {
    const { bus, ports, space, read } = board();
    bus.assignResources({ ioBase: 0xc001, memoryBase: 0xe0000800, irqs: [10, 11, 5, 9] });
    expect(read(0x10)).toBe(0xc011);
    expect(read(0x14)).toBe(0xe0001000);
    expect(ports.read8(0xc010)).toBe(0xa0);
    expect(space.read32(0xe0001000)).toBe(0x1000);
    expect(read(0x3c) & 0xff).toBe(5); // Slot 3, INTA#: PIRQC#.
  });
});

describe('interrupt pins', () => {
  test.each([
    [1, 1, 0],
    [1, 4, 3],
    [3, 1, 2],
    [4, 2, 0],
    [0, 1, 3],
  ])('slot %i pin %i is PIRQ %i', (slot, pin, pirq) => {
    expect(PciBus.pirqOf(slot, pin)).toBe(pirq);
  });

  test('a level reaches its PIRQ, the status register, and not past the disable bit', () => {
    const { bus, fn, read, write } = board();
    const seen: [number, boolean][] = [];
    bus.onPirq = (pirq, level) => seen.push([pirq, level]);
    fn.intx.raise();
    expect(read(0x04) >>> 16).toBe(0x08);
    write(0x04, 0x400);
    expect(read(0x04) >>> 16).toBe(0x08);
    write(0x04, 0);
    fn.intx.lower();
    expect(seen).toEqual([
      [2, true],
      [2, false],
      [2, true],
      [2, false],
    ]);
  });
});
