import { describe, expect, test } from 'vitest';
import { RAM_OFFSET } from '../../src/state/layout.ts';
import { ALL, at, Fixture, G, P, type PagingKind, RW, US, XD } from './paging-fixture.ts';

const READ_ONLY = { writable: false, user: true, executable: true, global: false, protectionKey: 0 };
const ANY = { ...READ_ONLY, writable: true };

describe('mappings', () => {
  test('neighbours merge when linear and physical addresses go on with the same size and rights', () => {
    const f = new Fixture();
    const base = 0xffff_8800_0000_0000n;
    for (let n = 0n; n < 600n; n++) f.map(base + n * 0x1000n, 0x300000 + Number(n) * 0x1000);
    f.map(base + 600n * 0x1000n, 0x300000 + 600 * 0x1000, P | US);
    f.map(base + 601n * 0x1000n, 0x300000 + 601 * 0x1000, P | US);
    f.map(base + 602n * 0x1000n, 0x300000, P | US);
    const { ranges, truncated } = f.mmu.mappings();
    expect(truncated).toBe(false);
    expect(ranges).toEqual([
      { linear: at(base), physical: 0x300000, bytes: 600 * 0x1000, pageSize: 0x1000, ...ANY },
      {
        linear: at(base + 600n * 0x1000n),
        physical: 0x300000 + 600 * 0x1000,
        bytes: 0x2000,
        pageSize: 0x1000,
        ...READ_ONLY,
      },
      {
        linear: at(base + 602n * 0x1000n),
        physical: 0x300000,
        bytes: 0x1000,
        pageSize: 0x1000,
        ...READ_ONLY,
      },
    ]);
    expect([...f.mmu.mappings()]).toEqual(ranges);
  });

  test('sizes and rights of every kind, in linear order, sign-extended', () => {
    const f = new Fixture();
    f.map(0xffff_ffff_8020_0000n, 0x400000, P | XD | G, 2);
    f.map(0x4000_0000n, 0x40000000, ALL | (5n << 59n), 3);
    f.map(0x1000n, 0x300000, P | RW | US, 1, P | US);
    const supervisor = { ...READ_ONLY, user: false, executable: false, global: true };
    expect(f.mmu.mappings().ranges).toEqual([
      { linear: [0x1000, 0], physical: 0x300000, bytes: 0x1000, pageSize: 0x1000, ...READ_ONLY },
      {
        linear: [0x40000000, 0],
        physical: 0x40000000,
        bytes: 0x40000000,
        pageSize: 0x40000000,
        ...ANY,
        protectionKey: 5,
      },
      {
        linear: at(0xffff_ffff_8020_0000n),
        physical: 0x400000,
        bytes: 0x200000,
        pageSize: 0x200000,
        ...supervisor,
      },
    ]);
  });

  test.each([
    ['32-bit', 0xc000_0000n, 0x400000],
    ['PAE', 0xc000_0000n, 0x200000],
    ['5-level', 0xff00_0000_0000_0000n, 0x200000],
  ] as const)('%s', (kind: PagingKind, base, size) => {
    const f = new Fixture(kind);
    f.map(base, 0x800000, ALL, 2);
    f.map(base + BigInt(size), 0x301000);
    expect(f.mmu.mappings().ranges).toEqual([
      { linear: at(BigInt.asIntN(64, base)), physical: 0x800000, bytes: size, pageSize: size, ...ANY },
      {
        linear: at(BigInt.asIntN(64, base + BigInt(size))),
        physical: 0x301000,
        bytes: 0x1000,
        pageSize: 0x1000,
        ...ANY,
      },
    ]);
  });

  test('only the highest bit that is translated is repeated above', () => {
    const f = new Fixture('5-level');
    f.map(0x0000_8000_0000_0000n, 0x300000);
    expect(f.mmu.mappings().ranges.map((range) => range.linear)).toEqual([[0, 0x8000]]);
  });

  test('entries with reserved bits map nothing', () => {
    const f = new Fixture();
    const entry = f.map(0x1000n, 0x300000);
    f.setEntry(entry, f.entry(entry) | (1n << 45n));
    f.map(0x20_0000n, 0x402000, ALL, 2);
    expect(f.mmu.mappings().ranges).toEqual([]);
  });

  test('1 GiB of 4 KiB pages takes little time', () => {
    const f = new Fixture();
    for (let n = 0; n < 512; n++) {
      const entry = f.entryAt(BigInt(n) * 0x20_0000n, 1);
      for (let k = 0; k < 512; k++) f.setEntry(entry + k * 8, BigInt(n * 0x200000 + k * 0x1000) | ALL);
    }
    const start = performance.now();
    const { ranges } = f.mmu.mappings();
    expect(performance.now() - start).toBeLessThan(5000);
    expect(ranges).toEqual([{ linear: [0, 0], physical: 0, bytes: 0x40000000, pageSize: 0x1000, ...ANY }]);
  });

  test('a table that refers to itself ends', () => {
    const f = new Fixture();
    f.map(0x1000n, 0x300000);
    f.setEntry(f.root + 0x1ed * 8, BigInt(f.root) | ALL);
    const { ranges, truncated } = f.mmu.mappings();
    expect(truncated).toBe(false);
    // The page itself, its page table, the directory, the PDPT, and the root, seen through the window.
    expect(ranges.map((range) => range.physical)).toContain(f.root);
    expect(ranges.length).toBeLessThan(20);
  });

  test.each(['32-bit', '4-level', '5-level'] as const)('garbage for tables ends too: %s', (kind) => {
    const f = new Fixture(kind);
    // Every entry of every table refers to the root.
    for (let n = 0; n < (kind === '32-bit' ? 1024 : 512); n++)
      f.setEntry(f.root + n * (kind === '32-bit' ? 4 : 8), BigInt(f.root) | ALL);
    const start = performance.now();
    const list = f.mmu.mappings();
    expect(performance.now() - start).toBeLessThan(3000);
    expect(list.truncated).toBe(true);
    expect(list.ranges.length).toBeGreaterThan(0);
    f.space.u8.fill(0, RAM_OFFSET + f.root, RAM_OFFSET + f.root + 4096);
  });
});
