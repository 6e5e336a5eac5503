import { PortSpace } from '../../src/bus/ports.ts';
import { AtaDisk } from '../../src/devices/ata-disk.ts';
import { AtapiCdrom } from '../../src/devices/atapi-cdrom.ts';
import { BufferBackend, ReadOnlyBackend } from '../../src/devices/block.ts';
import { Piix3Ide } from '../../src/devices/bus-master-ide.ts';
import { IdeChannel } from '../../src/devices/ide.ts';
import { TestClock, TestLine } from './test-clock.ts';
import { TestMemory } from './test-memory.ts';

export const DATA = 0x1f0;
export const STATUS = 0x1f7;
export const CONTROL = 0x3f6;

/** A disk and a CD-ROM drive on one channel with a bus master, and a driver that waits as drivers do. */
export class IdeBench {
  readonly clock = new TestClock();
  readonly irq = new TestLine();
  readonly memory = new TestMemory();
  readonly ports = new PortSpace();
  readonly image = Uint8Array.from({ length: 512 * 300 }, (_, i) => (i >>> 9) + i);
  readonly disc = Uint8Array.from({ length: 2048 * 20 }, (_, i) => (i >>> 11) * 3 + i);
  readonly disk = new AtaDisk(this.clock, new BufferBackend(this.image));
  readonly cdrom = new AtapiCdrom(this.clock, new ReadOnlyBackend(new BufferBackend(this.disc)));
  readonly channel = new IdeChannel(this.irq, this.disk, this.cdrom);
  readonly function: Piix3Ide;

  constructor() {
    const secondary = new IdeChannel(new TestLine());
    this.function = new Piix3Ide({ primary: this.channel, secondary, memory: this.memory });
    this.function.writeConfig(4, 5, 2);
    this.ports.attach(0x1f0, 8, this.channel, 0);
    this.ports.attach(0x3f6, 1, this.channel, 8);
    this.ports.attach(0x170, 8, secondary, 0);
    const bar = this.function.baseAddresses[0]!;
    if (bar.kind === 'io') this.ports.attach(0xc000, 16, bar.device);
    this.clock.advance(10_000);
    this.ports.read8(STATUS);
  }

  /** Device, features, count, LBA low, mid, high, then the command; waits until BSY is clear. */
  command(
    command: number,
    registers: { device?: number; features?: number; count?: number; lba?: number } = {},
  ): void {
    const { device = 0xe0, features = 0, count = 0, lba = 0 } = registers;
    this.ports.write8(DATA + 6, device);
    this.ports.write8(DATA + 1, features);
    this.ports.write8(DATA + 2, count);
    for (let i = 0; i < 3; i++) this.ports.write8(DATA + 3 + i, lba >>> (8 * i));
    this.ports.write8(STATUS, command);
    this.wait();
  }

  /** A 48-bit command: the high-order bytes go first. */
  commandExt(command: number, count: number, lba: number, device = 0xe0): void {
    this.ports.write8(DATA + 6, device);
    this.ports.write8(DATA + 2, count >>> 8);
    for (let i = 3; i < 6; i++) this.ports.write8(DATA + i, Math.floor(lba / 2 ** (8 * i)) & 0xff);
    this.ports.write8(DATA + 2, count & 0xff);
    for (let i = 0; i < 3; i++) this.ports.write8(DATA + 3 + i, Math.floor(lba / 2 ** (8 * i)) & 0xff);
    this.ports.write8(STATUS, command);
    this.wait();
  }

  wait(): void {
    for (let i = 0; i < 100 && this.ports.read8(CONTROL) & 0x80; i++) this.clock.advance(100);
  }

  get status(): number {
    return this.ports.read8(STATUS);
  }

  get error(): number {
    return this.ports.read8(DATA + 1);
  }

  register(n: number): number {
    return this.ports.read8(DATA + n);
  }

  readWords(count: number): number[] {
    return Array.from({ length: count }, () => this.ports.read16(DATA));
  }

  readBytes(count: number): number[] {
    return this.readWords(Math.ceil(count / 2))
      .flatMap((word) => [word & 0xff, word >>> 8])
      .slice(0, count);
  }

  /** PACKET to the CD-ROM drive, up to the end of the packet's execution. */
  packet(cdb: number[], limit = 0xfffe, features = 0): void {
    this.command(0xa0, { device: 0xb0, features, lba: limit << 8 });
    const bytes = [...cdb, ...new Array(12 - cdb.length).fill(0)];
    for (let i = 0; i < 12; i += 2) this.ports.write16(DATA, bytes[i]! | (bytes[i + 1]! << 8));
    this.wait();
  }

  /** All data phases of a packet by PIO. */
  packetData(cdb: number[], limit = 0xfffe): number[] {
    this.packet(cdb, limit);
    const data: number[] = [];
    while (this.ports.read8(CONTROL) & 8) {
      data.push(...this.readBytes(this.register(4) | (this.register(5) << 8)));
      this.wait();
    }
    return data;
  }

  /** A PRD table at 1000h. */
  prdTable(entries: readonly (readonly [address: number, bytes: number])[]): void {
    for (const [i, [address, bytes]] of entries.entries()) {
      this.memory.write32(0x1000 + 8 * i, address);
      this.memory.write32(0x1004 + 8 * i, (bytes & 0xffff) + (i === entries.length - 1 ? 0x80000000 : 0));
    }
    this.ports.write32(0xc004, 0x1000);
  }
}
