import { describe, expect, it } from 'vitest';
import { isElf, parseElf } from '../../src/boot/elf.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import { buildElf, concat, counting, symbolSections, text, words } from '../support/image-builder.ts';

const HIGH = 0xffffffff80200000n;
const HIGH_WORDS = [0x80200000 | 0, -1];

function patched(
  bytes: Uint8Array,
  offset: number,
  width: 1 | 2 | 4 | 8,
  value: number | bigint,
): Uint8Array {
  const copy = bytes.slice();
  for (let i = 0; i < width; i++) copy[offset + i] = Number((BigInt(value) >> BigInt(8 * i)) & 0xffn);
  return copy;
}

const small32 = buildElf({ segments: [{ virtual: 0x100000n, data: counting(16), memoryBytes: 32 }] });
const full64 = buildElf({
  class: 64,
  entry: HIGH + 4n,
  segments: [
    { virtual: HIGH, physical: 0x200000n, data: counting(16), memoryBytes: 0x40, flags: 5 },
    { type: 4, virtual: 0n, data: concat(words(4, 4, 18), text('Xen\0'), words(0x100000)) },
  ],
  sections: [
    { name: '.text', type: 1, flags: 6, address: HIGH, data: counting(16) },
    ...symbolSections(true, 2, [
      { name: 'later', address: HIGH + 8n, size: 4 },
      { name: '_start', address: HIGH + 4n, type: 0 },
      { name: 'file.c', address: 0n, type: 4 },
      { name: 'extern', address: 0n, section: 0 },
    ]),
    { name: '.bss', type: 8, flags: 3, address: HIGH + 0x10n, data: new Uint8Array(0x30) },
  ],
});

describe('parseElf', () => {
  it('reads a 32-bit file', () => {
    const elf = parseElf(small32, 'a.elf');
    expect(elf).toMatchObject({ class: 32, machine: 3, type: 2, entryText: '0x00100000', sections: [] });
    expect(elf.segments).toMatchObject([
      { type: 1, virtualText: '0x00100000', physical: 0x100000, fileBytes: 16, memoryBytes: 32, flags: 7 },
    ]);
    expect(elf.segments[0]!.bytes).toEqual(counting(16));
    expect(elf.symbols()).toEqual([]);
  });

  it('reads a 64-bit file with segments, sections, symbols and notes', () => {
    const elf = parseElf(full64, 'k.elf');
    expect(elf).toMatchObject({
      class: 64,
      machine: 62,
      entry: [0x80200004 | 0, -1],
      entryText: '0xffffffff80200004',
    });
    expect(elf.segments[0]).toMatchObject({
      virtual: HIGH_WORDS,
      virtualText: '0xffffffff80200000',
      physical: 0x200000,
    });
    expect(elf.sections.map((s) => s.name)).toEqual(['', '.text', '.symtab', '.strtab', '.bss', '.shstrtab']);
    expect(elf.sections[1]).toMatchObject({ address: HIGH_WORDS, size: 16, flags: 6 });
    expect(elf.contents(elf.sections[1]!)).toEqual(counting(16));
    expect(elf.contents(elf.sections[4]!)).toHaveLength(0);
    expect(elf.symbols()).toEqual([
      { name: '_start', address: [0x80200004 | 0, -1], size: 0, type: 0 },
      { name: 'later', address: [0x80200008 | 0, -1], size: 4, type: 2 },
    ]);
    expect(elf.notes()).toEqual([{ name: 'Xen', type: 18, description: words(0x100000) }]);
  });

  it('keeps a physical address that only repeats the virtual one as unknown', () => {
    const elf = parseElf(buildElf({ class: 64, segments: [{ virtual: HIGH, data: counting(4) }] }), 'k');
    expect(elf.segments[0]).toMatchObject({ physical: undefined, physicalText: '0xffffffff80200000' });
  });

  it('reads a file that lies inside a larger buffer', () => {
    const elf = parseElf(concat(counting(7), full64, counting(9)).subarray(7, 7 + full64.length), 'k');
    expect(elf.symbols().map((s) => s.name)).toEqual(['_start', 'later']);
  });

  it('knows the magic number', () => {
    expect([isElf(small32), isElf(text('\x7fEL')), isElf(text('MZ..'))]).toEqual([true, false, false]);
  });

  const symtabHeader = full64.length - 64 * 4; // .symtab, .strtab, .bss, .shstrtab are the last four
  const size = full64.length;
  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'e_ident magic is missing, expected 7f 45 4c 46 (ELF)'],
    ['other magic', text('MZ\0\0'), 'e_ident magic is 4d 5a 00 00, expected 7f 45 4c 46 (ELF)'],
    [
      'a cut identification',
      small32.subarray(0, 10),
      'file size is 10 bytes, expected at least the 52 bytes of an ELF header',
    ],
    [
      'a cut ELF32 header',
      small32.subarray(0, 51),
      'file size is 51 bytes, expected at least the 52 bytes of an ELF header',
    ],
    [
      'a cut ELF64 header',
      full64.subarray(0, 63),
      'file size is 63 bytes, expected at least the 64 bytes of an ELF header',
    ],
    ['a bad class', patched(small32, 4, 1, 3), 'e_ident class is 3, expected 1 (32-bit) or 2 (64-bit)'],
    ['big-endian data', patched(small32, 5, 1, 2), 'e_ident data is 2, expected 1 (little-endian)'],
    ['a bad identification version', patched(small32, 6, 1, 0), 'e_ident version is 0, expected 1'],
    [
      'an object file',
      patched(small32, 16, 2, 1),
      'e_type is 1, expected 2 (executable) or 3 (shared object)',
    ],
    [
      'an ARM file',
      patched(small32, 18, 2, 40),
      'e_machine is 40 (ARM), expected 3 (Intel 80386) in a 32-bit ELF file',
    ],
    [
      'an AArch64 file',
      patched(full64, 18, 2, 183),
      'e_machine is 183 (AArch64), expected 62 (x86-64) in a 64-bit ELF file',
    ],
    [
      'an x32 file',
      patched(small32, 18, 2, 62),
      'e_machine is 62, expected 3 (Intel 80386) in a 32-bit ELF file',
    ],
    ['a bad version', patched(small32, 20, 4, 2), 'e_version is 2, expected 1'],
    ['a bad e_phentsize', patched(small32, 42, 2, 33), 'e_phentsize is 33, expected 32'],
    [
      'extended numbering',
      patched(small32, 44, 2, 0xffff),
      'e_phnum is 65535, expected fewer than 65535 program headers',
    ],
    [
      'program headers outside the file',
      patched(small32, 28, 4, 0x60),
      'e_phoff is 0x60 with 1 entry of 32 bytes, expected a table inside the 100 bytes of the file',
    ],
    [
      'a program header table at 2^60',
      patched(full64, 32, 8, 1n << 60n),
      'e_phoff is 0x1000000000000000, expected a value below 2^53',
    ],
    [
      'a truncated segment',
      small32.subarray(0, 99),
      'program header 0 p_filesz is 0x10 bytes at offset 0x54, expected at most the 99 bytes of the file',
    ],
    [
      'p_filesz above p_memsz',
      patched(small32, 52 + 20, 4, 15),
      'program header 0 p_filesz is 0x10, expected at most the 0xf bytes of its p_memsz',
    ],
    ['a bad e_shentsize', patched(full64, 58, 2, 40), 'e_shentsize is 40, expected 64'],
    [
      'section headers outside the file',
      patched(full64, 60, 2, 7),
      `e_shoff is 0x${(size - 6 * 64).toString(16)} with 7 entries of 64 bytes, expected a table inside the ${size} bytes of the file`,
    ],
    [
      'a bad e_shstrndx',
      patched(full64, 62, 2, 6),
      'e_shstrndx is 6, expected the index of one of 6 sections',
    ],
    [
      'a section name outside its table',
      patched(full64, symtabHeader, 4, 0x1000),
      'section 2 sh_name is 0x1000, expected an offset below the 38 bytes of the section name table',
    ],
    [
      'a section outside the file',
      patched(full64, symtabHeader + 32, 8, 0x10000),
      `section 2 sh_size is 0x10000 bytes at offset 0xe4, expected at most the ${size} bytes of the file`,
    ],
    [
      'a bad symbol size',
      patched(full64, symtabHeader + 56, 8, 16),
      'section 2 sh_entsize is 16, expected 24 for a symbol table',
    ],
    [
      'symbols without strings',
      patched(full64, symtabHeader + 40, 4, 1),
      'section 2 sh_link is 1, expected the index of a string table (SHT_STRTAB)',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(bootErrorOf(() => parseElf(bytes, 'k.elf'))).toBe(`k.elf: ${message}`);
  });

  it('leaves out symbols whose names lie outside their string table, and notes that do not fit', () => {
    const symbol = parseElf(full64, 'k').sections[2]!.fileOffset + 24;
    expect(
      parseElf(patched(full64, symbol, 4, 0x7fffffff), 'k')
        .symbols()
        .map((s) => s.name),
    ).toEqual(['_start']);
    const note = parseElf(full64, 'k').segments[1]!.fileOffset;
    expect(parseElf(patched(full64, note + 4, 4, 0xffffffff), 'k').notes()).toEqual([]);
  });
});
