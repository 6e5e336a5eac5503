import { describe, expect, it } from 'vitest';
import { createMemoryMap } from '../../src/boot/memory-map.ts';
import { alignUp, formatRange, Placement } from '../../src/boot/placement.ts';

const MIB = 1 << 20;

describe('Placement', () => {
  const create = (): Placement => new Placement(createMemoryMap(16 * MIB));

  it('finds the lowest free place from 1 MiB up and fills gaps', () => {
    const placement = create();
    placement.claim('k', 'x', 0x100000, 0x1234, 'kernel');
    expect(placement.place({ bytes: 0x2000, alignment: 0x1000 }, 'module 1')).toBe(0x102000);
    expect(placement.place({ bytes: 0x100, alignment: 8 }, 'information')).toBe(0x101238);
    expect(placement.place({ bytes: 0xe00, alignment: 8 }, 'more')).toBe(0x104000);
    expect(placement.ranges.map((r) => r.what)).toEqual(['kernel', 'information', 'module 1', 'more']);
  });

  it('finds the highest place below a limit when high is preferred', () => {
    const search = { bytes: 0x3000, alignment: 0x200000, prefer: 'high' } as const;
    expect(create().find(search)).toBe(0xe00000);
    expect(create().find({ ...search, below: 0xdfffff })).toBe(0xc00000);
    expect(create().find({ ...search, from: 0xe00001 })).toBeUndefined();
  });

  it('never crosses the hole below 1 MiB', () => {
    const placement = create();
    expect(placement.find({ bytes: 0x1000, alignment: 1, from: 0x9f000, below: 0x100000 })).toBeUndefined();
    expect(placement.find({ bytes: 0xc00, alignment: 1, from: 0x9f000, below: 0x100000 })).toBe(0x9f000);
    expect(placement.find({ bytes: 0x1000, alignment: 1, from: 0x9f000 })).toBe(0x100000);
  });

  it('names both parties of an overlap', () => {
    const placement = create();
    placement.claim('k.elf', 'load address', 0x100000, 0x1000, 'k.elf segment 0');
    expect(() => placement.claim('m', 'module address', 0x100fff, 0x10, 'module 1 m')).toThrow(
      'm: module address is 0x100fff-0x10100e, expected memory that k.elf segment 0 (0x100000-0x100fff) does not occupy',
    );
    expect(() => placement.claim('m', 'module address', 0xffff0, 0x20, 'module 1 m')).toThrow(
      'k.elf segment 0',
    );
  });

  it.each([
    ['video memory', 0xb8000, 0x1000],
    ['the EBDA', 0x9fbff, 2],
    ['the hole between BIOS and EBDA', 0xe0000, 1],
    ['beyond RAM', 16 * MIB - 1, 2],
    ['far beyond RAM', 2 ** 40, 1],
  ])('refuses %s', (_, start, bytes) => {
    expect(() => create().claim('k', 'load address', start, bytes, 'k')).toThrow(
      `k: load address is ${formatRange(start, start + bytes)}, expected addresses inside available RAM (0x0-0x9fbff or 0x100000-0xffffff)`,
    );
  });

  it('knows the largest place left', () => {
    const placement = create();
    placement.claim('k', 'x', 4 * MIB, 4 * MIB, 'k');
    expect(placement.largest({ alignment: 0x1000 })).toBe(8 * MIB);
    expect(placement.largest({ alignment: 4, from: 0x10000, below: 0xa0000 })).toBe(0x8fc00);
  });

  it('claims nothing for no bytes', () => {
    const placement = create();
    placement.claim('k', 'x', 0xb8000, 0, 'k');
    expect(placement.ranges).toEqual([]);
  });
});

describe('alignUp', () => {
  it('rounds up beyond 32 bits too', () => {
    expect(alignUp(0x1_0000_0001, 0x1000)).toBe(0x1_0000_1000);
    expect(alignUp(0x2000, 0x1000)).toBe(0x2000);
  });
});
