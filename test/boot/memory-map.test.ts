import { describe, expect, it } from 'vitest';
import { createMemoryMap, memorySizes } from '../../src/boot/memory-map.ts';

describe('createMemoryMap', () => {
  it('describes conventional memory, the EBDA, the BIOS and the rest', () => {
    expect(createMemoryMap(128 << 20)).toEqual([
      { start: 0, bytes: 0x9fc00, type: 1 },
      { start: 0x9fc00, bytes: 0x400, type: 2 },
      { start: 0xf0000, bytes: 0x10000, type: 2 },
      { start: 0x100000, bytes: 0x7f00000, type: 1 },
    ]);
  });

  it('has nothing above 1 MiB on a machine of 1 MiB', () => {
    const map = createMemoryMap(1 << 20);
    expect(map).toHaveLength(3);
    expect(memorySizes(map)).toEqual({ lowerKib: 639, upperKib: 0 });
  });

  it('gives mem_lower and mem_upper in KiB', () => {
    expect(memorySizes(createMemoryMap(3.5 * 2 ** 30))).toEqual({
      lowerKib: 639,
      upperKib: 3.5 * 2 ** 20 - 1024,
    });
  });
});
