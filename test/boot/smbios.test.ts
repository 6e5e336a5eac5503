/** Reads the tables as DSP0134 describes them, field by field. */
import { describe, expect, test } from 'vitest';
import { type SmbiosBoard, smbiosTables } from '../../src/boot/smbios.ts';

const board = (change: Partial<SmbiosBoard> = {}): SmbiosBoard => ({
  memory: 128 * 2 ** 20,
  processor: {
    cores: 3,
    vendor: 'GenuineIntel',
    signature: 0x000506e3,
    features: 0x8789_abcd | 0,
    megahertz: 1000,
  },
  hasFirmware: false,
  ...change,
});

const sum = (bytes: Uint8Array) => bytes.reduce((total, byte) => total + byte, 0) & 0xff;

/** "Entry Point Structure", then the structures it tells of. */
function read(anchor: Uint8Array, tables: Uint8Array) {
  const entry = new DataView(anchor.buffer, anchor.byteOffset, anchor.length);
  const structures: ReturnType<typeof structureAt>[] = [];
  let at = 0;
  let longest = 0;
  for (let left = entry.getUint16(0x1c, true); left > 0; left--) {
    const structure = structureAt(tables, at);
    longest = Math.max(longest, structure.end - at);
    at = structure.end;
    structures.push(structure);
  }
  const of = (type: number) => structures.find((structure) => structure.type === type)!;
  return { entry, structures, of, longest, bytes: at };
}

/** A header of four bytes, a formatted area, strings behind it: the set ends in two zeros. */
function structureAt(tables: Uint8Array, at: number) {
  const length = tables[at + 1]!;
  const view = new DataView(tables.buffer, tables.byteOffset + at, length);
  const strings: string[] = [];
  let end = at + length;
  while (tables[end] !== 0) {
    const zero = tables.indexOf(0, end);
    strings.push(String.fromCharCode(...tables.subarray(end, zero)));
    end = zero + 1;
  }
  end += strings.length === 0 ? 2 : 1;
  return {
    type: tables[at]!,
    length,
    handle: view.getUint16(2, true),
    byte: (offset: number) => view.getUint8(offset),
    word: (offset: number) => view.getUint16(offset, true),
    dword: (offset: number) => view.getUint32(offset, true),
    text: (offset: number) => strings[view.getUint8(offset) - 1],
    end,
  };
}

const tablesOf = (change: Partial<SmbiosBoard> = {}) => {
  const { anchor, tables } = smbiosTables(board(change), 0xf4020);
  return { anchor, tables, ...read(anchor, tables) };
};

describe('SMBIOS 2.8', () => {
  test('the entry point tells where the tables are, and both of its sums are right', () => {
    const { anchor, entry, tables, longest, bytes } = tablesOf();
    expect([anchor.length, anchor[5]]).toEqual([0x1f, 0x1f]);
    expect(new TextDecoder().decode(anchor.subarray(0, 4))).toBe('_SM_');
    expect(new TextDecoder().decode(anchor.subarray(0x10, 0x15))).toBe('_DMI_');
    expect([sum(anchor), sum(anchor.subarray(0x10))]).toEqual([0, 0]);
    expect([anchor[6], anchor[7], anchor[0x1e]]).toEqual([2, 8, 0x28]);
    expect(entry.getUint16(0x08, true)).toBe(longest);
    expect([entry.getUint16(0x16, true), entry.getUint32(0x18, true)]).toEqual([tables.length, 0xf4020]);
    expect(bytes).toBe(tables.length);
  });

  test('the structures that a system must have, with the lengths of version 2.8 and handles of their own', () => {
    const { structures } = tablesOf();
    expect(structures.map(({ type, length }) => [type, length])).toEqual([
      [0, 0x18],
      [1, 0x1b],
      [3, 0x16],
      [4, 0x2a],
      [16, 0x17],
      [17, 0x28],
      [19, 0x1f],
      [32, 0x0b],
      [127, 0x04],
    ]);
    expect(new Set(structures.map(({ handle }) => handle)).size).toBe(structures.length);
  });

  test('who made what', () => {
    const { of } = tablesOf();
    const [bios, system, chassis] = [of(0), of(1), of(3)];
    expect([bios.text(0x04), bios.text(0x05), bios.text(0x08)]).toEqual(['longmode', '1', '01/01/2026']);
    expect([bios.word(0x06), bios.byte(0x13) & 0x10]).toEqual([0xf000, 0x10]);
    expect([system.text(0x04), system.text(0x05)]).toEqual(['longmode', 'PC (i440FX + PIIX)']);
    expect([chassis.text(0x04), chassis.byte(0x05)]).toEqual(['longmode', 1]);
  });

  test('firmware adds the structure of type 0 itself', () => {
    expect(tablesOf({ hasFirmware: true }).structures.map(({ type }) => type)).toEqual([
      1, 3, 4, 16, 17, 19, 32, 127,
    ]);
  });

  test('the processor is what CPUID says', () => {
    const processor = tablesOf().of(4);
    expect([processor.text(0x04), processor.text(0x07)]).toEqual(['CPU 0', 'GenuineIntel']);
    expect([processor.byte(0x05), processor.byte(0x18)]).toEqual([3, 0x41]);
    expect([processor.dword(0x08), processor.dword(0x0c)]).toEqual([0x000506e3, 0x8789abcd]);
    expect([processor.word(0x14), processor.word(0x16)]).toEqual([1000, 1000]);
    expect([0x23, 0x24, 0x25].map(processor.byte)).toEqual([3, 3, 3]);
  });

  test.each([
    // bytes            size, with bit 15 in KiB
    [128 * 2 ** 20, 128],
    [3.5 * 2 ** 30, 3584],
    [2 ** 20 + 4096, 0x8000 | 1028],
    [100 * 2 ** 20 + 4096, 100],
  ])('%i bytes of memory', (memory, size) => {
    // biome-ignore format: a table.
    const { of } = tablesOf({ memory });
    const [array, device, range] = [of(16), of(17), of(19)];
    expect([array.byte(0x05), array.dword(0x07), array.word(0x0d)]).toEqual([3, memory / 1024, 1]);
    expect([device.word(0x04), device.word(0x0c), device.byte(0x0e)]).toEqual([array.handle, size, 9]);
    expect([range.dword(0x04), range.dword(0x08), range.word(0x0c)]).toEqual([
      0,
      memory / 1024 - 1,
      array.handle,
    ]);
  });
});
