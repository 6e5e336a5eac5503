import type { VirtioDevice } from '../../src/devices/virtio-pci.ts';
import { VirtioPci } from '../../src/devices/virtio-pci.ts';
import { TestClock } from './test-clock.ts';
import { TestMemory } from './test-memory.ts';

const TABLE = 0x10000;
const AVAILABLE = 0x20000;
const USED = 0x30000;
const BUFFERS = 0x100000;

/** A driver for one queue of a virtio device, with the eight entries that tests need. */
export class VirtioBench {
  readonly clock = new TestClock();
  readonly memory = new TestMemory();
  readonly pci: VirtioPci;
  private readonly queue: number;
  private made = 0;
  private nextDescriptor = 0;

  constructor(device: VirtioDevice, queue = 0) {
    this.queue = queue;
    this.pci = new VirtioPci(device, this.clock, this.memory);
    this.pci.seal();
    this.pci.writeConfig(4, 6, 2);
  }

  start(features = 0): this {
    const { pci } = this;
    pci.writeMmio(0x14, 3, 1);
    for (const [select, value] of [
      [0, features],
      [1, 1],
    ] as const) {
      pci.writeMmio(0x08, select, 4);
      pci.writeMmio(0x0c, value, 4);
    }
    pci.writeMmio(0x14, 0x0b, 1);
    pci.writeMmio(0x16, this.queue, 2);
    pci.writeMmio(0x18, 8, 2);
    for (const [offset, address] of [
      [0x20, TABLE],
      [0x28, AVAILABLE],
      [0x30, USED],
    ] as const) {
      pci.writeMmio(offset, address, 4);
      pci.writeMmio(offset + 4, 0, 4);
    }
    pci.writeMmio(0x1c, 1, 2);
    pci.writeMmio(0x14, 0x0f, 1);
    return this;
  }

  /** Makes a request of buffers: bytes to read, or a count to write. Answers where the writable ones are. */
  request(...buffers: readonly (readonly number[] | number)[]): number[] {
    const { memory } = this;
    const writable: number[] = [];
    const head = this.nextDescriptor;
    for (const [i, buffer] of buffers.entries()) {
      const index = this.nextDescriptor++ % 8;
      const address = BUFFERS + index * 0x10000;
      const isWritable = typeof buffer === 'number';
      memory.write32(TABLE + index * 16, address);
      memory.write32(TABLE + index * 16 + 4, 0);
      memory.write32(TABLE + index * 16 + 8, isWritable ? buffer : buffer.length);
      memory.write16(TABLE + index * 16 + 12, (isWritable ? 2 : 0) | (i < buffers.length - 1 ? 1 : 0));
      memory.write16(TABLE + index * 16 + 14, this.nextDescriptor % 8);
      if (isWritable) writable.push(address);
      else memory.store(address, buffer);
    }
    memory.write16(AVAILABLE + 4 + 2 * (this.made % 8), head % 8);
    this.made++;
    memory.write16(AVAILABLE + 2, this.made);
    this.pci.writeMmio(0x3000 + 4 * this.queue, this.queue, 2);
    this.clock.advance(10_000);
    return writable;
  }

  get usedIndex(): number {
    return this.memory.read16(USED + 2);
  }

  /** Bytes written, of the used entry `i`. */
  usedBytes(i: number): number {
    return this.memory.read32(USED + 8 + 8 * i);
  }

  /** The driver asks for no interrupts. */
  quiet(): void {
    this.memory.write16(AVAILABLE, 1);
  }
}
