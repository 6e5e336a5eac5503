import { describe, test } from 'vitest';
import { AddressSpace, type MmioDevice } from '../../src/bus/address-space.ts';
import { PortSpace } from '../../src/bus/ports.ts';
import { ResetControl } from '../../src/devices/acpi-pm.ts';
import { ApicBus } from '../../src/devices/apic-bus.ts';
import { AtaDisk } from '../../src/devices/ata-disk.ts';
import { AtapiCdrom } from '../../src/devices/atapi-cdrom.ts';
import { BufferBackend, OverlayBackend } from '../../src/devices/block.ts';
import { Piix3Ide } from '../../src/devices/bus-master-ide.ts';
import { FwCfg } from '../../src/devices/fw-cfg.ts';
import { Hpet } from '../../src/devices/hpet.ts';
import { I440fx } from '../../src/devices/i440fx.ts';
import { IdeChannel } from '../../src/devices/ide.ts';
import { IoApic } from '../../src/devices/io-apic.ts';
import { LocalApic } from '../../src/devices/local-apic.ts';
import { PciBus, PciConfigPorts } from '../../src/devices/pci-host.ts';
import { Pic8259Pair } from '../../src/devices/pic8259.ts';
import { Piix3IsaBridge } from '../../src/devices/piix3.ts';
import { Piix4Pm } from '../../src/devices/piix4-pm.ts';
import { Vga } from '../../src/devices/vga.ts';
import { PciVga } from '../../src/devices/vga-pci.ts';
import { renderVga } from '../../src/devices/vga-render.ts';
import { VirtioBlk } from '../../src/devices/virtio-blk.ts';
import { VirtioConsole } from '../../src/devices/virtio-console.ts';
import { VirtioPci } from '../../src/devices/virtio-pci.ts';
import { VirtioRng } from '../../src/devices/virtio-rng.ts';
import { TestClock } from '../support/test-clock.ts';

/** Accesses in each of the rooms below: more than a million together. */
const ACCESSES = 200_000;
const RAM_BYTES = 0x100000;

/** xorshift32: the same accesses in every run. */
class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  next(): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return this.state >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** A value that is often small, often a power of two, sometimes anything. */
  value(): number {
    const kind = this.below(8);
    if (kind < 3) return this.below(256);
    if (kind < 4) return (1 << this.below(32)) >>> 0;
    if (kind < 5) return this.below(RAM_BYTES);
    return kind < 6 ? 0xffffffff : this.next();
  }
}

/** The whole board, with two processors' local APICs. */
function board() {
  const clock = new TestClock();
  const ports = new PortSpace();
  const space = new AddressSpace({
    buffer: new ArrayBuffer(2 * RAM_BYTES),
    ramOffset: 0,
    ramBytes: RAM_BYTES,
    romOffset: RAM_BYTES,
    romBytes: RAM_BYTES,
  });
  const apicBus = new ApicBus();
  const pic = new Pic8259Pair(apicBus.lint0);
  const tsc = { tscPerNanosecond: 1, readTsc: (): [number, number] => [clock.now() | 0, 0] };
  const nobody = { raise() {}, lower() {} };
  const apics = [0, 1].map(
    (id) =>
      new LocalApic({
        id,
        bus: apicBus,
        clock,
        tsc,
        intr: nobody,
        pic,
        isBootstrap: id === 0,
        hasX2apic: true,
      }),
  );
  const io = new IoApic(apicBus);
  const gsi = (pin: number) => {
    const lines = [io.line(pin), ...(pin < 16 && pin !== 2 ? [pic.line(pin)] : [])];
    return {
      raise() {
        for (const line of lines) line.raise();
      },
      lower() {
        for (const line of lines) line.lower();
      },
    };
  };
  const hpet = new Hpet({ clock, line: (pin) => io.line(pin), legacyLines: [gsi(0), gsi(8)] });
  const disk = new AtaDisk(clock, new OverlayBackend(new BufferBackend(new Uint8Array(512 * 100))));
  const cdrom = new AtapiCdrom(clock, new BufferBackend(new Uint8Array(2048 * 10 + 7)));
  const primary = new IdeChannel(gsi(14), disk, cdrom);
  const secondary = new IdeChannel(gsi(15));
  const vga = new Vga(clock, 1024 * 1024);
  const fwCfg = new FwCfg(space);
  fwCfg.addFile('etc/fuzz', new Uint8Array(100), { writable: true, onWrite() {} });
  const pci = new PciBus(ports, space);
  const piix3 = new Piix3IsaBridge({ line: gsi });
  pci.onPirq = (pirq, level) => piix3.setPirq(pirq, level);
  const pm = new Piix4Pm({ clock, sci: gsi(9), onPowerOff() {}, onSmi() {} });
  const ide = new Piix3Ide({ primary, secondary, memory: space });
  pci.attach(0, 0, new I440fx({ memoryBytes: RAM_BYTES, onPam() {}, onSmram() {} }));
  pci.attach(1, 0, piix3);
  pci.attach(1, 1, ide);
  pci.attach(1, 3, pm);
  pci.attach(2, 0, new PciVga(vga, new Uint8Array(5000)));
  const terminal = new VirtioConsole(() => {});
  const virtio = [new VirtioBlk(new BufferBackend(new Uint8Array(51_200))), terminal, new VirtioRng()].map(
    (device, i) => {
      const fn = new VirtioPci(device, clock, space);
      pci.attach(3 + i, 0, fn);
      return fn;
    },
  );
  ports.attach(0xcf8, 8, new PciConfigPorts(pci, new ResetControl(() => pci.reset())));
  ports.attach(0x1f0, 8, primary, 0);
  ports.attach(0x3f6, 1, primary, 8);
  ports.attach(0x170, 8, secondary, 0);
  ports.attach(0x376, 1, secondary, 8);
  ports.attach(0xb2, 2, pm.apm);
  ports.attach(0x510, 2, fwCfg, 0);
  ports.attach(0x514, 8, fwCfg, 4);
  ports.attach(0x1ce, 3, vga.vbe);
  ports.attach(0x20, 2, pic.master);
  ports.attach(0xa0, 2, pic.slave);
  for (const [base, count] of [
    [0x3b4, 2],
    [0x3ba, 1],
    [0x3c0, 16],
    [0x3d4, 2],
    [0x3da, 1],
  ] as const) {
    ports.attach(base, count, vga, base - 0x3b0);
  }
  space.attachMmio(0xa0000, 0x20000, vga);
  space.attachMmio(0xfec00000, 0x1000, io);
  space.attachMmio(0xfed00000, 0x400, hpet);
  space.attachMmio(0xfee00000, 0x1000, apics[0]!);
  pci.assignResources({ ioBase: 0xc000, memoryBase: 0xe0000000, irqs: [10, 10, 11, 11] });
  pm.place(0x600);
  return { clock, ports, space, pic, apics, io, hpet, disk, cdrom, vga, pci, terminal, virtio };
}

type Board = ReturnType<typeof board>;

function mustBeUnsigned(value: number, bytes: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * bytes))
    throw new RangeError(`${value} came out`);
}

function portAccess(dice: Dice, { ports }: Board, port: number): void {
  const deed = dice.below(7);
  if (deed === 0) mustBeUnsigned(ports.read8(port), 1);
  else if (deed === 1) mustBeUnsigned(ports.read16(port), 2);
  else if (deed === 2) mustBeUnsigned(ports.read32(port), 4);
  else if (deed === 3) ports.write16(port, dice.value());
  else if (deed === 4) ports.write32(port, dice.value());
  else ports.write8(port, dice.value());
}

function mmioAccess(dice: Dice, device: MmioDevice, bytes: number): void {
  const width = dice.pick([1, 2, 4, 4, 4] as const);
  const offset = dice.below(bytes / width) * width;
  if (dice.below(3) === 0) mustBeUnsigned(device.readMmio(offset, width), width);
  else device.writeMmio(offset, (dice.value() & (width === 4 ? -1 : 2 ** (8 * width) - 1)) >>> 0, width);
}

/** Time passes, and processors acknowledge and end what comes. */
function live(dice: Dice, { clock, apics, pic }: Board): void {
  clock.advance(dice.below(4000));
  const apic = dice.pick(apics);
  mustBeUnsigned(apic.acknowledge(), 1);
  if (dice.below(4) === 0) mustBeUnsigned(pic.acknowledge(), 1);
}

const ROOMS: readonly (readonly [name: string, access: (dice: Dice, bench: Board) => void])[] = [
  ['IDE', (dice, b) => portAccess(dice, b, dice.pick([0x1f0, 0x170, 0x1f0, 0x1f0, 0x3f6]) + dice.below(9))],
  [
    'IDE, whole commands and DMA',
    (dice, b) => {
      b.ports.write8(0x1f6, dice.pick([0xa0, 0xb0, 0xe0, 0xf0]));
      for (let i = 1; i < 6; i++) b.ports.write8(0x1f0 + i, dice.below(3) ? dice.below(8) : dice.below(256));
      b.ports.write8(
        0x1f7,
        dice.pick([0xa0, 0xa0, 0xc8, 0xca, 0x25, 0x35, 0x20, 0x30, 0xc4, dice.below(256)]),
      );
      b.clock.advance(3000);
      if (dice.below(2))
        for (let i = 0; i < 6; i++) b.ports.write16(0x1f0, dice.below(2) ? dice.below(256) : dice.value());
      portAccess(dice, b, 0xc000 + dice.below(16));
      b.ports.write8(0xc000, dice.pick([0, 1, 8, 9]));
      b.clock.advance(3000);
      b.ports.write32(0xc004, dice.below(RAM_BYTES));
      for (let i = dice.below(400); i > 0; i--) mustBeUnsigned(b.ports.read16(0x1f0), 2);
      if (dice.below(8) === 0) b.ports.write8(0x3f6, dice.below(256));
      b.ports.write8(0x3f6, 0);
      b.clock.advance(3000);
    },
  ],
  [
    'PCI configuration',
    (dice, b) => {
      const devfn = dice.pick([0, 8, 9, 11, 16, dice.below(256)]);
      b.ports.write32(0xcf8, 0x80000000 + devfn * 256 + dice.below(64) * 4);
      portAccess(dice, b, 0xcfc + dice.below(4));
      if (dice.below(16) === 0) portAccess(dice, b, 0xcf8 + dice.below(8));
      mustBeUnsigned(b.space.read32(dice.next()), 4);
    },
  ],
  [
    'power management',
    (dice, b) => portAccess(dice, b, dice.below(8) ? 0x600 + dice.below(64) : 0xb2 + dice.below(2)),
  ],
  ['fw_cfg', (dice, b) => portAccess(dice, b, 0x510 + dice.below(12))],
  [
    'VGA ports',
    (dice, b) => portAccess(dice, b, dice.below(6) ? 0x3b0 + dice.below(0x30) : 0x1ce + dice.below(3)),
  ],
  [
    'VGA memory',
    (dice, b) => {
      if (dice.below(3) === 0) portAccess(dice, b, 0x3b0 + dice.below(0x30));
      mmioAccess(dice, b.vga, 0x20000);
    },
  ],
  ['local APIC', (dice, b) => mmioAccess(dice, dice.pick(b.apics), 0x400)],
  [
    'local APIC, MSRs',
    (dice, b) => {
      const apic = dice.pick(b.apics);
      const index = dice.pick([0x1b, 0x6e0, 0x800 + dice.below(0x40), 0x800 + dice.below(0x40)]);
      const low = index === 0x1b ? 0xfee00000 + dice.pick([0, 0x400, 0x800, 0xc00, 0x900]) : dice.value();
      apic.writeMsr(index, low | 0, dice.below(4) ? 0 : dice.value() | 0);
      for (const word of apic.readMsr(index) ?? []) mustBeUnsigned(word >>> 0, 4);
    },
  ],
  [
    'I/O APIC',
    (dice, b) => {
      b.io.writeMmio(0, dice.below(0x42), 4);
      mmioAccess(dice, b.io, 0x20);
    },
  ],
  ['HPET', (dice, b) => mmioAccess(dice, b.hpet, dice.below(4) ? 0x160 : 0x400)],
  [
    'virtio',
    (dice, b) => {
      const fn = dice.pick(b.virtio);
      if (dice.below(64) === 0) {
        // A driver that knows how to start, with rings in whatever memory holds.
        for (const [offset, value, width] of [
          [0x14, 0, 1],
          [0x08, 1, 4],
          [0x0c, 1, 4],
          [0x16, dice.below(3), 2],
          [0x18, 8, 2],
          [0x20, dice.below(RAM_BYTES), 4],
          [0x28, dice.below(RAM_BYTES), 4],
          [0x30, dice.below(RAM_BYTES), 4],
          [0x1c, 1, 2],
          [0x14, 0x0f, 1],
        ] as const) {
          fn.writeMmio(offset, value, width);
        }
      }
      if (dice.below(8) === 0) b.space.write32(dice.below(RAM_BYTES), dice.value());
      if (dice.below(16) === 0) b.terminal.receive([1, 2, 3]);
      if (dice.below(4) === 0) fn.writeMmio(0x3000 + 4 * dice.below(4), 0, 2);
      else mmioAccess(dice, fn, dice.below(2) ? 0x40 : 0x4000);
    },
  ],
  ['any port', (dice, b) => portAccess(dice, b, dice.below(0x10000))],
];

describe('any access at any time', () => {
  test.each(ROOMS)('%s', { timeout: 120_000 }, (name, access) => {
    const dice = new Dice(0x9e3779b9 ^ name.length);
    const bench = board();
    const isSlow = name.startsWith('IDE,') || name === 'fw_cfg';
    const count = isSlow ? ACCESSES / 20 : ACCESSES;
    for (let i = 0; i < count; i++) {
      access(dice, bench);
      if (i % 16 === 0) live(dice, bench);
    }
    renderVga(bench.vga);
    bench.vga.textScreen();
    bench.pci.reset();
  });
});
