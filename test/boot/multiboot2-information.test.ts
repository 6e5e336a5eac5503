import { describe, expect, it } from 'vitest';
import { BOOT_LOADER_NAME, type BootInformation } from '../../src/boot/boot-information.ts';
import { createMemoryMap } from '../../src/boot/memory-map.ts';
import { type AcpiPointers, multiboot2Information } from '../../src/boot/multiboot2-information.ts';
import { chooseScreen } from '../../src/boot/screen.ts';
import { counting } from '../support/image-builder.ts';
import { MemoryReader, readMultiboot2, readTags } from '../support/multiboot-reader.ts';

describe('multiboot2Information', () => {
  const information: BootInformation = {
    commandLine: 'console=com1',
    modules: [
      { start: 0x200000, bytes: 0x1234, commandLine: 'kernel.elf one' },
      { start: 0x300000, bytes: 1, commandLine: '' },
    ],
    memoryMap: createMemoryMap(3 * 2 ** 30),
    sections: { count: 3, entryBytes: 64, namesIndex: 2, table: counting(192) },
  };
  const build = (change: Partial<BootInformation> = {}, acpi?: AcpiPointers): MemoryReader =>
    new MemoryReader(multiboot2Information('k', { ...information, ...change }, 0x100000, acpi));

  it('reads back as the specification says', () => {
    expect(readMultiboot2(build({ screen: chooseScreen('text', undefined) }), 0)).toEqual({
      flags: 0,
      lowerKib: 639,
      upperKib: 3 * 2 ** 20 - 1024,
      commandLine: 'console=com1',
      loaderName: BOOT_LOADER_NAME,
      modules: [
        { start: 0x200000, end: 0x201234, text: 'kernel.elf one' },
        { start: 0x300000, end: 0x300001, text: '' },
      ],
      memoryMap: createMemoryMap(3 * 2 ** 30),
      sections: { count: 3, entryBytes: 64, names: 2, table: counting(192) },
      framebuffer: { address: 0xb8000, pitch: 160, width: 80, height: 25, bpp: 16, type: 2 },
      loadBase: 0x100000,
    });
  });

  it('tells of the colours of a frame buffer', () => {
    const videoMemory = { address: 0xe0000000, bytes: 1 << 24 };
    const screen = chooseScreen({ width: 640, height: 480, depth: 32 }, videoMemory);
    const memory = build({ screen });
    const { at, bytes } = readTags(memory, 0).find((tag) => tag.type === 8)!;
    expect(readMultiboot2(memory, 0).framebuffer).toEqual({
      address: 0xe0000000,
      pitch: 2560,
      width: 640,
      height: 480,
      bpp: 32,
      type: 1,
    });
    expect([...memory.bytes.slice(at + 32, at + bytes)]).toEqual([16, 8, 8, 8, 0, 8]);
  });

  it('has the structures of VBE for a frame buffer, and not for text', () => {
    const videoMemory = { address: 0xe0000000, bytes: 1 << 24 };
    const screen = chooseScreen({ width: 640, height: 480, depth: 32 }, videoMemory);
    const memory = build({ screen, videoMemory });
    const tags = readTags(memory, 0);
    const { at, bytes } = tags.find((tag) => tag.type === 7)!;
    expect(bytes).toBe(784); // 16 and blocks of 512 and 256 (Multiboot2 Specification, "VBE info").
    const view = new DataView(memory.bytes.buffer, at);
    const [mode, interfaceSegment] = [view.getUint16(8, true), view.getUint16(10, true)];
    expect([mode & 0x4000, interfaceSegment]).toEqual([0x4000, 0]); // Flat; without an interface.
    expect(new TextDecoder().decode(memory.bytes.subarray(at + 16, at + 20))).toBe('VESA');
    expect(view.getUint32(16 + 14, true)).toBe(0); // VideoModePtr: real mode cannot reach this block.
    expect(view.getUint16(16 + 18, true)).toBe(256); // TotalMemory, in units of 64 KiB.
    const info = 16 + 512;
    const pitch = view.getUint16(info + 0x10, true);
    const size = [view.getUint16(info + 0x12, true), view.getUint16(info + 0x14, true)];
    expect([pitch, ...size, view.getUint8(info + 0x19)]).toEqual([2560, 640, 480, 32]);
    expect(view.getUint32(info + 0x28, true)).toBe(0xe0000000); // PhysBasePtr.
    const text = build({ screen: chooseScreen('text', videoMemory), videoMemory });
    expect(readTags(text, 0).map((tag) => tag.type)).not.toContain(7);
  });

  it('leaves out the tags of what there is not', () => {
    const memory = build({ modules: [], sections: undefined });
    expect(readTags(memory, 0).map((tag) => tag.type)).toEqual([21, 1, 2, 6, 4, 0]);
  });

  it('carries copies of the RSDP', () => {
    const acpi = { old: counting(20), new: counting(36) };
    const memory = build({}, acpi);
    const copies = readTags(memory, 0).filter((tag) => tag.type === 14 || tag.type === 15);
    expect(copies.map((tag) => tag.type)).toEqual([14, 15]);
    expect(copies.map((tag) => memory.bytes.slice(tag.at + 8, tag.at + tag.bytes))).toEqual([
      acpi.old,
      acpi.new,
    ]);
  });
});
