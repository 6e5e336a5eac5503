/**
 * Memory as a bus master sees it: physical addresses, unsigned values. `AddressSpace` is one. A place where nothing
 * answers reads as ones and swallows writes; nothing throws, whatever address a guest wrote into a descriptor.
 */
export interface DmaMemory {
  read8(physical: number): number;
  read16(physical: number): number;
  read32(physical: number): number;
  write8(physical: number, value: number): void;
  write16(physical: number, value: number): void;
  write32(physical: number, value: number): void;
}

/** Copies `target.length` bytes out of memory. */
export function readDma(memory: DmaMemory, physical: number, target: Uint8Array): void {
  let i = 0;
  for (; i < target.length && (physical + i) % 4 !== 0; i++) target[i] = memory.read8(physical + i);
  for (; i + 4 <= target.length; i += 4) {
    const word = memory.read32(physical + i);
    target[i] = word;
    target[i + 1] = word >>> 8;
    target[i + 2] = word >>> 16;
    target[i + 3] = word >>> 24;
  }
  for (; i < target.length; i++) target[i] = memory.read8(physical + i);
}

/** Copies bytes into memory. */
export function writeDma(memory: DmaMemory, physical: number, source: Uint8Array): void {
  let i = 0;
  for (; i < source.length && (physical + i) % 4 !== 0; i++) memory.write8(physical + i, source[i]!);
  for (; i + 4 <= source.length; i += 4) {
    const word = source[i]! | (source[i + 1]! << 8) | (source[i + 2]! << 16) | (source[i + 3]! << 24);
    memory.write32(physical + i, word >>> 0);
  }
  for (; i < source.length; i++) memory.write8(physical + i, source[i]!);
}
