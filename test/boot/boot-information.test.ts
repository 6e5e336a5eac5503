import { describe, expect, it } from 'vitest';
import { BOOT_LOADER_NAME, loaderString, placeSections } from '../../src/boot/boot-information.ts';
import { parseElf } from '../../src/boot/elf.ts';
import { createMemoryMap } from '../../src/boot/memory-map.ts';
import { Placement } from '../../src/boot/placement.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import { buildElf, counting, symbolSections } from '../support/image-builder.ts';

describe('BOOT_LOADER_NAME', () => {
  it('makes Xen keep the first word of its command line', () => {
    const at = BOOT_LOADER_NAME.indexOf('GRUB ');
    expect(at).toBeGreaterThanOrEqual(0);
    expect(BOOT_LOADER_NAME[at + 5]).not.toBe('0');
  });
});

describe('loaderString', () => {
  it('refuses text that the kernel would see cut off', () => {
    expect(bootErrorOf(() => loaderString('k', 'command line', 'ab\0c'))).toBe(
      'k: command line is text with a zero at 2, expected text without zero characters',
    );
  });
});

describe('placeSections', () => {
  const elfOf = (wide: boolean, extra = counting(0)) =>
    parseElf(
      buildElf({
        class: wide ? 64 : 32,
        segments: [{ virtual: 0x100000n, data: counting(16) }],
        sections: [
          { name: '.text', type: 1, address: 0x100000n, data: counting(16) },
          { name: '.bss', type: 8, data: counting(32) },
          ...symbolSections(wide, 3, [{ name: 'main', address: 0x100004n }]),
          { name: '.debug', type: 1, data: extra },
        ],
      }),
      'k',
    );

  it.each([false, true])(
    'puts sections without an address into the lowest free memory (64-bit: %s)',
    (wide) => {
      const placement = new Placement(createMemoryMap(16 << 20));
      placement.claim('k', 'x', 0x100000, 0x11, 'k');
      const { sections, pieces } = placeSections(elfOf(wide, counting(0x2345)), placement);
      const symbolBytes = wide ? 48 : 32;
      expect(pieces.map((p) => [p.what, p.physical, p.bytes.length])).toEqual([
        ['k section 3 .symtab', 0x100014, symbolBytes], // sh_addralign 4
        ['k section 4 .strtab', 0x100014 + symbolBytes, 6],
        ['k section 5 .debug', 0x10001a + symbolBytes, 0x2345],
        ['k section 6 .shstrtab', 0x10001a + symbolBytes + 0x2345, 45],
      ]);
      expect(sections).toMatchObject({ count: 7, entryBytes: wide ? 64 : 40, namesIndex: 6 });
      const view = new DataView(sections!.table.buffer);
      const address = (index: number): number =>
        wide ? Number(view.getBigUint64(index * 64 + 16, true)) : view.getUint32(index * 40 + 12, true);
      expect([1, 2, 3].map(address)).toEqual([0x100000, 0, 0x100014]);
    },
  );

  it('leaves the file as it is, also one in a Buffer, whose slices share its memory', () => {
    const elf = buildElf({ sections: [{ name: '.debug', type: 1, data: counting(16) }] });
    const file = Buffer.from(elf.buffer, elf.byteOffset, elf.length);
    const before = new Uint8Array(file);
    const { sections } = placeSections(parseElf(file, 'k'), new Placement(createMemoryMap(16 << 20)));
    expect(new DataView(sections!.table.buffer).getUint32(40 + 12, true)).toBe(0x100000);
    expect(new Uint8Array(file)).toEqual(before);
  });

  it('leaves out a section that does not fit', () => {
    const placement = new Placement(createMemoryMap((1 << 20) + 4096));
    const { sections, pieces } = placeSections(elfOf(false, counting(5000)), placement);
    expect(pieces.map((p) => p.what)).toEqual([
      'k section 3 .symtab',
      'k section 4 .strtab',
      'k section 6 .shstrtab',
    ]);
    expect(new DataView(sections!.table.buffer).getUint32(5 * 40 + 12, true)).toBe(0);
  });

  it('has nothing to say about a file without sections', () => {
    const elf = parseElf(buildElf({ segments: [{ virtual: 0x100000n, data: counting(16) }] }), 'k');
    const placement = new Placement(createMemoryMap(16 << 20));
    expect(placeSections(elf, placement)).toEqual({ sections: undefined, pieces: [] });
  });
});
