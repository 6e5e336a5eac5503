import { describe, expect, it } from 'vitest';
import { parseElf } from '../../src/boot/elf.ts';
import { createMemoryMap } from '../../src/boot/memory-map.ts';
import { findPvhEntry, pvhStartInfo } from '../../src/boot/pvh.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import { buildElf, concat, counting, elfNote, text, words } from '../support/image-builder.ts';
import { MemoryReader } from '../support/multiboot-reader.ts';

const withNotes = (...notes: readonly Uint8Array[]) =>
  parseElf(
    buildElf({
      class: 64,
      segments: [
        { virtual: 0x1000000n, data: counting(64) },
        { type: 4, virtual: 0n, data: concat(...notes) },
      ],
    }),
    'vmlinux',
  );

describe('findPvhEntry', () => {
  it('reads notes of 4 and of 8 bytes, owned by Xen', () => {
    const other = [elfNote('Xen', 6, text('linux\0')), elfNote('GNU', 18, words(7))];
    expect(findPvhEntry(withNotes(...other, elfNote('Xen', 18, words(0x1000850, 0))))).toBe(0x1000850);
    expect(findPvhEntry(withNotes(elfNote('Xen', 18, words(0x1000850))))).toBe(0x1000850);
    expect(findPvhEntry(withNotes(...other))).toBeUndefined();
  });

  it('refuses notes that cannot be an address', () => {
    expect(bootErrorOf(() => findPvhEntry(withNotes(elfNote('Xen', 18, counting(3)))))).toBe(
      'vmlinux: PVH entry note size is 3 bytes, expected 4 or 8',
    );
    expect(bootErrorOf(() => findPvhEntry(withNotes(elfNote('Xen', 18, words(0x10, 1)))))).toBe(
      'vmlinux: PVH entry note is 0x100000010, expected an address below 4 GiB',
    );
  });
});

describe('pvhStartInfo', () => {
  it('is a structure of version 1 whose pointers lead to what it was given', () => {
    const base = 0x10000;
    const map = createMemoryMap(64 << 20);
    const bytes = pvhStartInfo(
      {
        commandLine: text('console=ttyS0\0'),
        modules: [
          { start: 0x3000000, bytes: 0x1234, commandLine: undefined },
          { start: 0x3100000, bytes: 5, commandLine: text('second\0') },
        ],
        memoryMap: map,
        rsdp: 0xe0000,
      },
      base,
    );
    const memory = new MemoryReader(concat(new Uint8Array(base), bytes));
    const { u32, u64 } = memory;
    expect([u32(base), u32(base + 4), u32(base + 8), u32(base + 12)]).toEqual([0x336ec578, 1, 0, 2]);
    expect(memory.string(u64(base + 24))).toBe('console=ttyS0');
    expect(u64(base + 32)).toBe(0xe0000);
    const modules = u64(base + 16);
    expect([u64(modules), u64(modules + 8), u64(modules + 16), u64(modules + 24)]).toEqual([
      0x3000000, 0x1234, 0, 0,
    ]);
    expect([u64(modules + 32), u64(modules + 40)]).toEqual([0x3100000, 5]);
    expect(memory.string(u64(modules + 48))).toBe('second');
    const table = u64(base + 40);
    const read = Array.from({ length: u32(base + 48) }, (_, i) => {
      const at = table + i * 24;
      return { start: u64(at), bytes: u64(at + 8), type: u32(at + 16) };
    });
    expect(read).toEqual(map);
  });

  it('has no module list without modules', () => {
    const bytes = pvhStartInfo({ commandLine: text('\0'), modules: [], memoryMap: [], rsdp: 0 }, 0x1000);
    const { u32, u64 } = new MemoryReader(bytes);
    expect([u32(12), u64(16), u64(24)]).toEqual([0, 0, 0x1000 + 56]);
  });
});
