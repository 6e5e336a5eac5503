import type { DmaMemory } from '../../src/devices/dma-memory.ts';

/** Memory for bus masters: what was never written reads as zeros. */
export class TestMemory implements DmaMemory {
  private readonly bytes = new Map<number, number>();

  read8(physical: number): number {
    return this.bytes.get(physical) ?? 0;
  }

  read16(physical: number): number {
    return this.read8(physical) | (this.read8(physical + 1) << 8);
  }

  read32(physical: number): number {
    return (this.read16(physical) | (this.read16(physical + 2) << 16)) >>> 0;
  }

  write8(physical: number, value: number): void {
    this.bytes.set(physical, value & 0xff);
  }

  write16(physical: number, value: number): void {
    this.write8(physical, value);
    this.write8(physical + 1, value >>> 8);
  }

  write32(physical: number, value: number): void {
    this.write16(physical, value & 0xffff);
    this.write16(physical + 2, value >>> 16);
  }

  store(physical: number, bytes: Iterable<number>): void {
    for (const byte of bytes) this.write8(physical++, byte);
  }

  load(physical: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.read8(physical + i));
  }
}
