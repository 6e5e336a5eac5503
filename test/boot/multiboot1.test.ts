import { describe, expect, it } from 'vitest';
import { BOOT_LOADER_NAME, type BootInformation } from '../../src/boot/boot-information.ts';
import { Garbage } from '../../src/boot/machine-state.ts';
import { createMemoryMap } from '../../src/boot/memory-map.ts';
import { findMultiboot1Header, multiboot1Information } from '../../src/boot/multiboot1.ts';
import { chooseScreen } from '../../src/boot/screen.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import { concat, counting, multiboot1Header, words } from '../support/image-builder.ts';
import { MemoryReader, type ReadInformation, readMultiboot1 } from '../support/multiboot-reader.ts';

const at = (offset: number, header: Uint8Array, tail = 64): Uint8Array =>
  concat(counting(offset), header, new Uint8Array(tail));

describe('findMultiboot1Header', () => {
  it('finds the header at any multiple of 4 whose 12 bytes lie in the first 8192', () => {
    expect(findMultiboot1Header(at(0, multiboot1Header(3)), 'k')).toMatchObject({
      fileOffset: 0,
      pageAlignModules: true,
    });
    expect(findMultiboot1Header(at(8180, multiboot1Header(), 0), 'k')).toMatchObject({
      fileOffset: 8180,
      flags: 0,
    });
    expect(findMultiboot1Header(at(8184, multiboot1Header()), 'k')).toBeUndefined();
    expect(findMultiboot1Header(at(2, multiboot1Header()), 'k')).toBeUndefined();
    expect(findMultiboot1Header(new Uint8Array(3), 'k')).toBeUndefined();
  });

  it('goes past a magic number that is not followed by a header', () => {
    const decoy = words(0x1badb002, 3, 99);
    expect(findMultiboot1Header(concat(decoy, multiboot1Header(2)), 'k')).toMatchObject({
      fileOffset: 12,
      flags: 2,
    });
  });

  it('reads address fields and the wish for a screen', () => {
    const fields = [0x100020, 0x100000, 0x101000, 0x102000, 0x100040, 1, 80, 25, 0];
    expect(findMultiboot1Header(multiboot1Header(0x10004, fields), 'k')).toMatchObject({
      screen: 'text',
      addresses: {
        headerAddress: 0x100020,
        loadAddress: 0x100000,
        loadEndAddress: 0x101000,
        bssEndAddress: 0x102000,
        entry: 0x100040,
      },
    });
    fields.splice(5, 4, 0, 800, 600, 24);
    expect(findMultiboot1Header(multiboot1Header(0x10004, fields), 'k')?.screen).toEqual({
      width: 800,
      height: 600,
      depth: 24,
    });
    expect(findMultiboot1Header(multiboot1Header(0xfffe0000 | 0), 'k')).toMatchObject({
      screen: undefined,
      addresses: undefined,
    });
  });

  it.each<[string, Uint8Array, string]>([
    [
      'a bad checksum',
      at(16, multiboot1Header(3, [], 5)),
      'multiboot 1 checksum at 0x10 is 0x00000005, expected 0xe4524ffb for flags 0x00000003',
    ],
    [
      'an unknown requirement',
      at(0, multiboot1Header(0x8)),
      'multiboot 1 flags is 0x00000008, expected requirements 0x0001, 0x0002 and 0x0004 only (bits 3 to 15 are not defined)',
    ],
    [
      'address fields beyond the searched part',
      at(8176, multiboot1Header(0x10000)),
      'multiboot 1 header offset is 0x1ff0, expected at most 0x1fe0, so that its 32 bytes lie in the searched part',
    ],
  ])('refuses %s', (_, file, message) => {
    expect(bootErrorOf(() => findMultiboot1Header(file, 'k.elf'))).toBe(`k.elf: ${message}`);
  });
});

describe('multiboot1Information', () => {
  const base = 0x10000;
  const information: BootInformation = {
    commandLine: 'console=com1 ä',
    modules: [
      { start: 0x200000, bytes: 0x1234, commandLine: 'kernel.elf one' },
      { start: 0x300000, bytes: 1, commandLine: '' },
    ],
    memoryMap: createMemoryMap(64 << 20),
    sections: { count: 3, entryBytes: 40, namesIndex: 2, table: counting(120) },
  };
  const build = (change: Partial<BootInformation> = {}, garbage?: Garbage): MemoryReader => {
    const memory = new Uint8Array(0x20000).fill(0xee);
    memory.set(multiboot1Information('k', { ...information, ...change }, base, garbage), base);
    return new MemoryReader(memory);
  };

  it('reads back as the specification says', () => {
    const read = readMultiboot1(build({ screen: chooseScreen('text', undefined) }), base);
    expect(read).toEqual<ReadInformation>({
      flags: 0x126d,
      lowerKib: 639,
      upperKib: 63 * 1024,
      commandLine: 'console=com1 ä',
      loaderName: BOOT_LOADER_NAME,
      modules: [
        { start: 0x200000, end: 0x201234, text: 'kernel.elf one' },
        { start: 0x300000, end: 0x300001, text: '' },
      ],
      memoryMap: createMemoryMap(64 << 20),
      sections: { count: 3, entryBytes: 40, names: 2, table: counting(120) },
      framebuffer: { address: 0xb8000, pitch: 160, width: 80, height: 25, bpp: 16, type: 2 },
    });
  });

  it('tells of a frame buffer, and of its mode as VBE does', () => {
    const videoMemory = { address: 0xe0000000, bytes: 1 << 24 };
    const screen = chooseScreen({ width: 800, height: 600, depth: 16 }, videoMemory);
    const memory = build({ screen, videoMemory });
    const read = readMultiboot1(memory, base);
    expect(read).toMatchObject({
      flags: 0x1a6d,
      framebuffer: { address: 0xe0000000, pitch: 1600, width: 800, height: 600, bpp: 16, type: 1 },
    });
    expect([110, 111, 112, 113, 114, 115].map((at) => memory.u8(base + at))).toEqual([11, 5, 5, 6, 0, 5]);
    const [control, mode] = [memory.u32(base + 72), memory.u32(base + 76)];
    expect(memory.string(control).slice(0, 4)).toBe('VESA');
    const list = memory.u32(control + 14);
    expect([0, 2].map((at) => memory.u16((list >>> 16) * 16 + (list & 0xffff) + at))).toEqual([
      0x1ff, 0xffff,
    ]);
    expect([0x00, 0x10, 0x12, 0x14].map((at) => memory.u16(mode + at))).toEqual([0x9b, 1600, 800, 600]);
    expect([0x19, 0x1b, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24].map((at) => memory.u8(mode + at))).toEqual([
      16, 6, 5, 11, 6, 5, 5, 0,
    ]);
    expect([memory.u32(mode + 0x28), memory.u16(mode + 0x32)]).toEqual([0xe0000000, 1600]);
  });

  it('clears the flags of what there is not', () => {
    const read = readMultiboot1(build({ modules: [], sections: undefined, commandLine: '' }), base);
    expect(read).toMatchObject({ flags: 0x245, modules: [], sections: undefined, framebuffer: undefined });
    expect(read.commandLine).toBe('');
  });

  it('fills fields without a flag with garbage when asked, and only those', () => {
    const change = { modules: [], sections: undefined };
    const [clean, hostile] = [build(change), build(change, new Garbage(3))];
    expect(readMultiboot1(hostile, base)).toEqual(readMultiboot1(clean, base));
    for (const field of [12, 20, 24, 28, 32, 36, 40, 52, 56, 60, 68, 72, 76, 80, 84, 88]) {
      expect(clean.u32(base + field)).toBe(0);
      expect(hostile.u32(base + field)).not.toBe(0);
    }
  });
});
