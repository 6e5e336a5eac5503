/**
 * ELF files as data: every field that something later relies on is checked here, once, and nothing is read outside the
 * file. Names are those of the System V ABI, "Object Files" and "Program Loading".
 */
import { hex32, hex64, hexNumber } from '../bits/hex.ts';
import { toNumber } from '../bits/words.ts';
import { BootError } from './boot-error.ts';

/** A 64-bit value as signed 32-bit words. */
export type Word64 = readonly [lo: number, hi: number];

export const PT_LOAD = 1;
const PT_NOTE = 4;
export const SHT_NULL = 0;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
export const SHT_NOBITS = 8;

const ET_EXEC = 2;
const ET_DYN = 3;
const EM_386 = 3;
const EM_X86_64 = 62;
const PN_XNUM = 0xffff;
const STT_SECTION = 3;
const STT_FILE = 4;
const SHN_UNDEF = 0;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** Longer names are cut, so that a damaged table without terminators cannot cost its length for every symbol. */
const MAX_NAME_BYTES = 4096;

const MACHINE_NAMES: Record<number, string> = {
  8: ' (MIPS)',
  20: ' (PowerPC)',
  40: ' (ARM)',
  183: ' (AArch64)',
  243: ' (RISC-V)',
};

export interface ElfSegment {
  readonly index: number;
  readonly type: number;
  readonly flags: number;
  readonly fileOffset: number;
  readonly virtual: Word64;
  /** `virtual` as a `0x` string. */
  readonly virtualText: string;
  /** p_paddr; undefined where it is 2^53 or more, as in kernels whose p_paddr repeats p_vaddr. */
  readonly physical: number | undefined;
  readonly physicalText: string;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly alignment: number;
  /** The p_filesz bytes of the file, not a copy. */
  readonly bytes: Uint8Array;
}

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  /** The low word of sh_flags. */
  readonly flags: number;
  readonly address: Word64;
  readonly fileOffset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly alignment: number;
  readonly entryBytes: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly address: Word64;
  readonly size: number;
  /** STT_NOTYPE 0, STT_OBJECT 1, STT_FUNC 2. */
  readonly type: number;
}

interface ElfNote {
  readonly name: string;
  readonly type: number;
  readonly description: Uint8Array;
}

export interface ElfImage {
  readonly name: string;
  readonly class: 32 | 64;
  readonly machine: number;
  readonly type: number;
  readonly entry: Word64;
  readonly entryText: string;
  readonly segments: readonly ElfSegment[];
  readonly sections: readonly ElfSection[];
  readonly sectionNamesIndex: number;
  /** The section header table as it lies in the file, not a copy. */
  readonly sectionTable: Uint8Array;
  readonly sectionEntryBytes: number;
  /** Named, defined symbols of the symbol tables, by address. Read on the first call. */
  symbols(): readonly ElfSymbol[];
  notes(): readonly ElfNote[];
  /** The bytes of a section in the file, not a copy. */
  contents(section: ElfSection): Uint8Array;
}

/** Field offsets that differ between the classes; `wide` is the size of an address. */
interface Layout {
  readonly wide: 4 | 8;
  readonly header: { size: number; phoff: number; shoff: number; phentsize: number };
  readonly segment: {
    size: number;
    flags: number;
    offset: number;
    vaddr: number;
    paddr: number;
    filesz: number;
    memsz: number;
    align: number;
  };
  readonly section: {
    size: number;
    addr: number;
    offset: number;
    bytes: number;
    link: number;
    align: number;
    entsize: number;
  };
  readonly symbol: { size: number; info: number; shndx: number; value: number; bytes: number };
}

// biome-ignore format: tables, one structure a line.
const LAYOUT_32: Layout = {
  wide: 4,
  header:  { size: 52, phoff: 28, shoff: 32, phentsize: 42 },
  segment: { size: 32, flags: 24, offset: 4, vaddr: 8, paddr: 12, filesz: 16, memsz: 20, align: 28 },
  section: { size: 40, addr: 12, offset: 16, bytes: 20, link: 24, align: 32, entsize: 36 },
  symbol:  { size: 16, info: 12, shndx: 14, value: 4, bytes: 8 },
};
// biome-ignore format: tables, one structure a line.
const LAYOUT_64: Layout = {
  wide: 8,
  header:  { size: 64, phoff: 32, shoff: 40, phentsize: 54 },
  segment: { size: 56, flags: 4, offset: 8, vaddr: 16, paddr: 24, filesz: 32, memsz: 40, align: 48 },
  section: { size: 64, addr: 16, offset: 24, bytes: 32, link: 40, align: 48, entsize: 56 },
  symbol:  { size: 24, info: 4, shndx: 6, value: 8, bytes: 16 },
};

/** True when the file starts with the ELF magic number. */
export function isElf(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46
  );
}

export function parseElf(bytes: Uint8Array, name: string): ElfImage {
  return new Parser(bytes, name).parse();
}

class Parser {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #name: string;
  #layout: Layout = LAYOUT_32;

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#name = name;
  }

  parse(): ElfImage {
    this.#checkIdentification();
    const view = this.#view;
    const { header, wide } = this.#layout;
    const type = view.getUint16(16, true);
    if (type !== ET_EXEC && type !== ET_DYN)
      this.#fail('e_type', `${type}`, '2 (executable) or 3 (shared object)');
    const machine = view.getUint16(18, true);
    const wanted = wide === 4 ? EM_386 : EM_X86_64;
    if (machine !== wanted) {
      const expected =
        wide === 4 ? '3 (Intel 80386) in a 32-bit ELF file' : '62 (x86-64) in a 64-bit ELF file';
      this.#fail('e_machine', `${machine}${MACHINE_NAMES[machine] ?? ''}`, expected);
    }
    const version = view.getUint32(20, true);
    if (version !== 1) this.#fail('e_version', `${version}`, '1');
    const entry = this.#address(24);
    const segments = this.#segments(header.phoff, header.phentsize);
    const sectionTable = this.#sectionTable(header.shoff, header.phentsize + 4);
    const sectionNamesIndex = view.getUint16(header.phentsize + 8, true);
    const sections = this.#sections(sectionTable, sectionNamesIndex);
    for (const section of sections) this.#checkSymbolTable(section, sections);
    let symbols: readonly ElfSymbol[] | undefined;
    return {
      name: this.#name,
      class: wide === 4 ? 32 : 64,
      machine,
      type,
      entry,
      entryText: this.#addressText(entry),
      segments,
      sections,
      sectionNamesIndex,
      sectionTable,
      sectionEntryBytes: this.#layout.section.size,
      symbols: () => {
        symbols ??= this.#symbols(sections);
        return symbols;
      },
      notes: () => segments.filter((s) => s.type === PT_NOTE).flatMap((s) => readNotes(s.bytes)),
      contents: (section) =>
        section.type === SHT_NULL || section.type === SHT_NOBITS
          ? new Uint8Array(0)
          : this.#bytes.subarray(section.fileOffset, section.fileOffset + section.size),
    };
  }

  #fail(field: string, value: string, expected: string): never {
    throw new BootError(this.#name, field, value, expected);
  }

  #checkIdentification(): void {
    const bytes = this.#bytes;
    if (!isElf(bytes)) {
      const magic = [...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, '0')).join(' ');
      this.#fail('e_ident magic', magic || 'missing', '7f 45 4c 46 (ELF)');
    }
    if (bytes.length < 20)
      this.#fail('file size', `${bytes.length} bytes`, 'at least the 52 bytes of an ELF header');
    const fileClass = bytes[4]!;
    if (fileClass !== 1 && fileClass !== 2)
      this.#fail('e_ident class', `${fileClass}`, '1 (32-bit) or 2 (64-bit)');
    if (bytes[5] !== 1) this.#fail('e_ident data', `${bytes[5]}`, '1 (little-endian)');
    if (bytes[6] !== 1) this.#fail('e_ident version', `${bytes[6]}`, '1');
    this.#layout = fileClass === 1 ? LAYOUT_32 : LAYOUT_64;
    const size = this.#layout.header.size;
    if (bytes.length < size) {
      this.#fail('file size', `${bytes.length} bytes`, `at least the ${size} bytes of an ELF header`);
    }
  }

  /** A field of the class's address size, as words. */
  #address(at: number): Word64 {
    if (this.#layout.wide === 4) return [this.#view.getInt32(at, true), 0];
    return [this.#view.getInt32(at, true), this.#view.getInt32(at + 4, true)];
  }

  #addressText([lo, hi]: Word64): string {
    return this.#layout.wide === 4 ? hex32(lo) : hex64(lo, hi);
  }

  /** An offset, size or alignment as a number: anything from 2^53 up is an error. */
  #count(at: number, field: string): number {
    const [lo, hi] = this.#address(at);
    const value = toNumber(lo, hi);
    if (value > MAX_SAFE) this.#fail(field, hex64(lo, hi), 'a value below 2^53');
    return value;
  }

  /** Checks a table of `count` entries and gives its bytes. */
  #table(offset: number, count: number, entryBytes: number, field: string): Uint8Array {
    const end = offset + count * entryBytes;
    if (end > this.#bytes.length) {
      const rows = `${count} ${count === 1 ? 'entry' : 'entries'} of ${entryBytes} bytes`;
      this.#fail(
        field,
        `${hexNumber(offset)} with ${rows}`,
        `a table inside the ${this.#bytes.length} bytes of the file`,
      );
    }
    return this.#bytes.subarray(offset, end);
  }

  /** Checks that `size` bytes at `offset` lie in the file and gives them. */
  #contents(offset: number, size: number, field: string): Uint8Array {
    if (offset + size > this.#bytes.length) {
      const range = `${hexNumber(size)} bytes at offset ${hexNumber(offset)}`;
      this.#fail(field, range, `at most the ${this.#bytes.length} bytes of the file`);
    }
    return this.#bytes.subarray(offset, offset + size);
  }

  #segments(phoff: number, phentsize: number): ElfSegment[] {
    const count = this.#view.getUint16(phentsize + 2, true);
    if (count === 0) return [];
    const entryBytes = this.#view.getUint16(phentsize, true);
    const size = this.#layout.segment.size;
    if (entryBytes !== size) this.#fail('e_phentsize', `${entryBytes}`, `${size}`);
    if (count === PN_XNUM) this.#fail('e_phnum', `${count}`, 'fewer than 65535 program headers');
    const table = this.#count(phoff, 'e_phoff');
    this.#table(table, count, size, 'e_phoff');
    return Array.from({ length: count }, (_, index) => this.#segment(table + index * size, index));
  }

  #segment(at: number, index: number): ElfSegment {
    const { segment } = this.#layout;
    const field = (name: string): string => `program header ${index} ${name}`;
    const type = this.#view.getUint32(at, true);
    const fileOffset = this.#count(at + segment.offset, field('p_offset'));
    const fileBytes = this.#count(at + segment.filesz, field('p_filesz'));
    const memoryBytes = this.#count(at + segment.memsz, field('p_memsz'));
    const virtual = this.#address(at + segment.vaddr);
    const physicalWords = this.#address(at + segment.paddr);
    const physical = toNumber(physicalWords[0], physicalWords[1]);
    if (type === PT_LOAD && fileBytes > memoryBytes) {
      const memory = hexNumber(memoryBytes);
      this.#fail(field('p_filesz'), hexNumber(fileBytes), `at most the ${memory} bytes of its p_memsz`);
    }
    const inFile = type === PT_LOAD || type === PT_NOTE;
    return {
      index,
      type,
      flags: this.#view.getUint32(at + segment.flags, true),
      fileOffset,
      virtual,
      virtualText: this.#addressText(virtual),
      physical: physical > MAX_SAFE ? undefined : physical,
      physicalText: this.#addressText(physicalWords),
      fileBytes,
      memoryBytes,
      alignment: this.#count(at + segment.align, field('p_align')),
      bytes: inFile ? this.#contents(fileOffset, fileBytes, field('p_filesz')) : new Uint8Array(0),
    };
  }

  #sectionTable(shoff: number, shentsize: number): Uint8Array {
    const count = this.#view.getUint16(shentsize + 2, true);
    if (count === 0) return new Uint8Array(0);
    const entryBytes = this.#view.getUint16(shentsize, true);
    const size = this.#layout.section.size;
    if (entryBytes !== size) this.#fail('e_shentsize', `${entryBytes}`, `${size}`);
    return this.#table(this.#count(shoff, 'e_shoff'), count, size, 'e_shoff');
  }

  #sections(table: Uint8Array, namesIndex: number): ElfSection[] {
    const { section } = this.#layout;
    const count = table.length / section.size;
    if (count === 0) return [];
    if (namesIndex >= count)
      this.#fail('e_shstrndx', `${namesIndex}`, `the index of one of ${count} sections`);
    const start = table.byteOffset - this.#bytes.byteOffset;
    const names = this.#sectionContents(start + namesIndex * section.size, namesIndex);
    return Array.from({ length: count }, (_, index) =>
      this.#section(start + index * section.size, index, names),
    );
  }

  #section(at: number, index: number, names: Uint8Array): ElfSection {
    const { section } = this.#layout;
    const nameOffset = this.#view.getUint32(at, true);
    if (nameOffset !== 0 && nameOffset >= names.length) {
      const expected = `an offset below the ${names.length} bytes of the section name table`;
      this.#fail(`section ${index} sh_name`, hexNumber(nameOffset), expected);
    }
    this.#sectionContents(at, index);
    return {
      index,
      name: stringAt(names, nameOffset),
      type: this.#view.getUint32(at + 4, true),
      flags: this.#view.getUint32(at + 8, true),
      address: this.#address(at + section.addr),
      fileOffset: this.#count(at + section.offset, `section ${index} sh_offset`),
      size: this.#count(at + section.bytes, `section ${index} sh_size`),
      link: this.#view.getUint32(at + section.link, true),
      info: this.#view.getUint32(at + section.link + 4, true),
      alignment: this.#count(at + section.align, `section ${index} sh_addralign`),
      entryBytes: this.#count(at + section.entsize, `section ${index} sh_entsize`),
    };
  }

  /** The file bytes of the section whose header lies at `at`; none for SHT_NULL and SHT_NOBITS. */
  #sectionContents(at: number, index: number): Uint8Array {
    const type = this.#view.getUint32(at + 4, true);
    if (type === SHT_NULL || type === SHT_NOBITS) return new Uint8Array(0);
    const offset = this.#count(at + this.#layout.section.offset, `section ${index} sh_offset`);
    const size = this.#count(at + this.#layout.section.bytes, `section ${index} sh_size`);
    return this.#contents(offset, size, `section ${index} sh_size`);
  }

  #checkSymbolTable(section: ElfSection, sections: readonly ElfSection[]): void {
    if (section.type !== SHT_SYMTAB) return;
    const size = this.#layout.symbol.size;
    const field = (name: string): string => `section ${section.index} ${name}`;
    if (section.entryBytes !== size)
      this.#fail(field('sh_entsize'), `${section.entryBytes}`, `${size} for a symbol table`);
    if (sections[section.link]?.type !== SHT_STRTAB) {
      this.#fail(field('sh_link'), `${section.link}`, 'the index of a string table (SHT_STRTAB)');
    }
  }

  /** Symbols whose names lie outside their string table are left out: they name nothing. */
  #symbols(sections: readonly ElfSection[]): ElfSymbol[] {
    const { symbol } = this.#layout;
    const found: ElfSymbol[] = [];
    for (const table of sections) {
      if (table.type !== SHT_SYMTAB) continue;
      const strings = sections[table.link]!;
      const names = this.#bytes.subarray(strings.fileOffset, strings.fileOffset + strings.size);
      const end = table.fileOffset + table.size - symbol.size;
      for (let at = table.fileOffset + symbol.size; at <= end; at += symbol.size) {
        const type = this.#view.getUint8(at + symbol.info) & 0xf;
        if (type === STT_SECTION || type === STT_FILE) continue;
        if (this.#view.getUint16(at + symbol.shndx, true) === SHN_UNDEF) continue;
        const name = stringAt(names, this.#view.getUint32(at, true));
        if (name === '') continue;
        const [sizeLo, sizeHi] = this.#address(at + symbol.bytes);
        found.push({ name, address: this.#address(at + symbol.value), size: toNumber(sizeLo, sizeHi), type });
      }
    }
    return found.sort((a, b) => toNumberOrder(a.address, b.address));
  }
}

function toNumberOrder(a: Word64, b: Word64): number {
  return a[1] === b[1] ? (a[0] >>> 0) - (b[0] >>> 0) : (a[1] >>> 0) - (b[1] >>> 0);
}

const decoder = new TextDecoder();

/** The zero-terminated string at `offset`; empty when there is none. */
function stringAt(strings: Uint8Array, offset: number): string {
  if (offset >= strings.length) return '';
  const name = strings.subarray(offset, offset + MAX_NAME_BYTES);
  const terminator = name.indexOf(0);
  return decoder.decode(terminator < 0 ? name : name.subarray(0, terminator));
}

/** Notes of one PT_NOTE segment; reading stops at the first one that does not fit. */
function readNotes(bytes: Uint8Array): ElfNote[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const notes: ElfNote[] = [];
  for (let at = 0; at + 12 <= bytes.length; ) {
    const nameBytes = view.getUint32(at, true);
    const descriptionBytes = view.getUint32(at + 4, true);
    const nameAt = at + 12;
    const descriptionAt = nameAt + Math.ceil(nameBytes / 4) * 4;
    if (descriptionAt + descriptionBytes > bytes.length) break;
    notes.push({
      name: stringAt(bytes.subarray(nameAt, nameAt + nameBytes), 0),
      type: view.getUint32(at + 8, true),
      description: bytes.subarray(descriptionAt, descriptionAt + descriptionBytes),
    });
    at = descriptionAt + Math.ceil(descriptionBytes / 4) * 4;
  }
  return notes;
}
