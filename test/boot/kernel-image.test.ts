import { describe, expect, it } from 'vitest';
import { parseElf } from '../../src/boot/elf.ts';
import {
  addressImage,
  claimImage,
  elfImage,
  type KernelImage,
  relocate,
} from '../../src/boot/kernel-image.ts';
import { createMemoryMap } from '../../src/boot/memory-map.ts';
import { Placement } from '../../src/boot/placement.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import { buildElf, counting, type ElfSpec } from '../support/image-builder.ts';

const imageOf = (spec: ElfSpec, entry?: number): KernelImage =>
  elfImage(parseElf(buildElf(spec), 'k'), entry);
const placement = (): Placement => new Placement(createMemoryMap(16 << 20));

describe('elfImage', () => {
  it('loads by p_paddr and enters where the segment of e_entry lies', () => {
    const image = imageOf({
      entry: 0xc0200010n,
      segments: [
        { virtual: 0xc0100000n, physical: 0x100000n, data: counting(8) },
        { type: 2, virtual: 0n, data: counting(4) },
        { virtual: 0xc0200000n, physical: 0x200000n, data: counting(4), memoryBytes: 0x100 },
        { virtual: 0xc0300000n, physical: 0x90000000n, data: counting(0) },
      ],
    });
    expect(image).toMatchObject({ entry: 0x200010, linkBase: 0x100000, relocation: 0 });
    expect(image.pieces).toEqual([
      { physical: 0x100000, bytes: counting(8), zeros: 0, what: 'k segment 0' },
      { physical: 0x200000, bytes: counting(4), zeros: 0xfc, what: 'k segment 2' },
    ]);
  });

  it('finds the entry of a 64-bit kernel in the top 2 GiB', () => {
    const virtual = 0xffffffff80200000n;
    const segments = [{ virtual, physical: 0x200000n, data: counting(64) }];
    expect(imageOf({ class: 64, entry: virtual + 63n, segments }).entry).toBe(0x20003f);
    expect(bootErrorOf(() => imageOf({ class: 64, entry: virtual + 64n, segments }))).toBe(
      'k: e_entry is 0xffffffff80200040, expected an address inside a PT_LOAD segment',
    );
    expect(bootErrorOf(() => imageOf({ class: 64, entry: virtual - 1n, segments }))).toContain(
      '0xffffffff801fffff',
    );
  });

  it('says so when the entry point is a physical address', () => {
    const segments = [{ virtual: 0xc0100000n, physical: 0x100000n, data: counting(8) }];
    expect(bootErrorOf(() => imageOf({ entry: 0x100004n, segments }))).toBe(
      'k: e_entry is 0x00100004, expected a virtual address (p_vaddr) of a PT_LOAD segment; it lies in segment 0 by p_paddr, which GRUB refuses too',
    );
    expect(imageOf({ entry: 0x100004n, segments }, 0x100004)).toMatchObject({
      entry: 0x100004,
      entryField: 'entry_addr',
    });
  });

  it('needs segments, and load addresses below 4 GiB', () => {
    expect(bootErrorOf(() => imageOf({ segments: [] }))).toBe(
      'k: e_phnum is no PT_LOAD segment, expected at least one',
    );
    const segments = [{ virtual: 0xffffffff80200000n, data: counting(8) }];
    expect(bootErrorOf(() => imageOf({ class: 64, segments }))).toBe(
      'k: program header 0 p_paddr is 0xffffffff80200000, expected a load address below 4 GiB (linker scripts set it with AT)',
    );
  });
});

describe('addressImage', () => {
  const file = counting(256);
  const fields = {
    headerAddress: 0x100020,
    loadAddress: 0x100010,
    loadEndAddress: 0x100050,
    bssEndAddress: 0x100100,
  };
  const load = (change: Partial<typeof fields>, headerOffset = 0x40): KernelImage =>
    addressImage('k', file, headerOffset, { ...fields, ...change }, 0x100010);

  it('loads the named part of the file and clears up to bss_end_addr', () => {
    expect(load({}).pieces).toEqual([
      { physical: 0x100010, bytes: file.subarray(0x30, 0x70), zeros: 0xb0, what: 'k image' },
    ]);
  });

  it('loads to the end of the file without load_end_addr, and clears nothing without bss_end_addr', () => {
    expect(load({ loadEndAddress: 0, bssEndAddress: 0 }).pieces).toEqual([
      { physical: 0x100010, bytes: file.subarray(0x30), zeros: 0, what: 'k image' },
    ]);
  });

  it.each<[Partial<typeof fields>, string]>([
    [{ loadAddress: 0x100021 }, 'load_addr is 0x100021, expected at most header_addr (0x100020)'],
    [
      { loadAddress: 0xfffdf },
      "load_addr is 0xfffdf, expected at least header_addr minus the header's file offset (0xfffe0)",
    ],
    [{ loadEndAddress: 0x10000f }, 'load_end_addr is 0x10000f, expected 0 or at least load_addr (0x100010)'],
    [
      { loadEndAddress: 0x1000e1 },
      'load_end_addr is 0x1000e1, expected at most 0x1000e0, where the file ends',
    ],
    [
      { bssEndAddress: 0x10004f },
      'bss_end_addr is 0x10004f, expected 0 or at least the end of the loaded bytes (0x100050)',
    ],
  ])('refuses %j', (change, message) => {
    expect(bootErrorOf(() => load(change))).toBe(`k: ${message}`);
  });
});

describe('relocate', () => {
  const segments = [
    { virtual: 0x100000n, data: counting(0x10) },
    { virtual: 0x101000n, data: counting(0x10), memoryBytes: 0x2000 },
  ];

  it('moves all pieces and the entry point together', () => {
    const moved = relocate(imageOf({ entry: 0x101004n, segments }), placement(), {
      from: 0x200000,
      alignment: 0x200000,
      prefer: 'high',
    });
    expect(moved).toMatchObject({ relocation: 0xd00000, entry: 0xe01004, linkBase: 0x100000 });
    expect(moved.pieces.map((p) => p.physical)).toEqual([0xe00000, 0xe01000]);
  });

  it('fails when the range is too small', () => {
    const search = { from: 0x200000, below: 0x202000, alignment: 0x1000 };
    expect(bootErrorOf(() => relocate(imageOf({ segments }), placement(), search))).toBe(
      'k: relocatable tag range is 0x200000-0x201fff, expected 0x3000 free bytes there, aligned to 0x1000',
    );
  });
});

describe('claimImage', () => {
  it('names both segments that overlap', () => {
    const segments = [
      { virtual: 0x100000n, data: counting(0x20) },
      { virtual: 0x200000n, physical: 0x10001fn, data: counting(4) },
    ];
    expect(bootErrorOf(() => claimImage(imageOf({ segments }), placement()))).toBe(
      'k: segment 1 load address is 0x10001f-0x100022, expected memory that k segment 0 (0x100000-0x10001f) does not occupy',
    );
  });

  it('wants the entry point inside what is loaded', () => {
    const segments = [{ virtual: 0x100000n, data: counting(0x20) }];
    expect(bootErrorOf(() => claimImage(imageOf({ segments }, 0x100020), placement()))).toBe(
      'k: entry_addr is 0x100020, expected an address inside the loaded image',
    );
  });
});
