import { describe, expect, test } from 'vitest';
import { CR4_PSE, EFER_NXE } from '../../src/isa/control.ts';
import {
  A,
  ALL,
  at,
  D,
  Fixture,
  FULL_PROFILE,
  P,
  type PagingKind,
  PS,
  RW,
  US,
  XD,
} from './paging-fixture.ts';

const LINEAR: Record<PagingKind, bigint> = {
  '32-bit': 0xc040_1000n,
  PAE: 0xc040_1000n,
  '4-level': 0xffff_8800_4040_1000n,
  '5-level': 0xff12_8800_4040_1000n,
};
const KINDS = Object.keys(LINEAR) as PagingKind[];
const TOP = { '32-bit': 2, PAE: 2, '4-level': 4, '5-level': 5 };

function physicalOf(f: Fixture, linear: bigint): number | undefined {
  // Through the fast path: a pattern at the expected place is found by reading.
  const [lo, hi] = at(linear);
  return f.outcome(() => f.mmu.read32(lo, hi)) === 'ok' ? f.mmu.read32(lo, hi) : undefined;
}

describe.each(KINDS)('%s paging', (kind) => {
  const linear = LINEAR[kind];

  test('translates a 4 KiB page', () => {
    const f = new Fixture(kind);
    f.map(linear, 0x301000);
    f.space.write32(0x301234, 0x5eed);
    expect(physicalOf(f, linear + 0x234n)).toBe(0x5eed);
    expect(f.mmu.explain(...at(linear + 0x234n)).physical).toBe(0x301234);
  });

  test('translates large pages', () => {
    const sizes = { '32-bit': [[2, 0x400000]], PAE: [[2, 0x200000]], '4-level': [[2, 0x200000], [3, 0x40000000]], '5-level': [[2, 0x200000], [3, 0x40000000]] }[kind]; // biome-ignore format: one table.
    for (const [level, size] of sizes as [number, number][]) {
      const f = new Fixture(kind);
      const base = size === 0x40000000 ? 0 : size;
      const within = 0x1ff_0100n & BigInt(size - 1);
      f.map(linear - (linear % BigInt(size)), base, ALL, level);
      f.space.write32(base + Number(within), 0xabc);
      expect(physicalOf(f, linear - (linear % BigInt(size)) + within)).toBe(0xabc);
      // The second 4 KiB piece comes from the page that was kept whole.
      f.space.write32(base + Number(within) - 0x1000, 0xdef);
      expect(physicalOf(f, linear - (linear % BigInt(size)) + within - 0x1000n)).toBe(0xdef);
      const { walks, refills } = f.mmu.counters;
      expect([walks.reduce((a, b) => a + b), refills.reduce((a, b) => a + b)]).toEqual([1, 1]);
    }
  });

  test('an absent entry at any level is #PF with P = 0, and CR2 the address', () => {
    for (let level = TOP[kind]; level >= 1; level--) {
      const f = new Fixture(kind);
      f.map(linear, 0x301000);
      const entry = f.entryAt(linear, level);
      f.setEntry(entry, f.entry(entry) & ~P);
      expect([level, f.access('write', linear + 0x123n)]).toEqual([level, '#PF(0x2)']);
      expect(f.cr2()).toBe(linear + 0x123n);
    }
  });

  test('accessed flags at every level, dirty on the first write, nothing when the access faults', () => {
    const f = new Fixture(kind);
    f.map(linear, 0x301000, P | US, 1);
    const entries = Array.from({ length: TOP[kind] }, (_, i) => f.entryAt(linear, i + 1));
    const flags = () => entries.map((e) => Number((f.entry(e) & (A | D)) >> 5n));
    expect(f.access('write', linear)).toBe('#PF(0x3)');
    expect(flags()).toEqual(entries.map(() => 0));
    expect(f.access('read', linear)).toBe('ok');
    expect(flags()).toEqual(entries.map(() => 1));
    f.setEntry(entries[0]!, f.entry(entries[0]!) | RW);
    expect(f.access('write', linear)).toBe('ok');
    expect(flags()).toEqual(entries.map((_, i) => (i === 0 ? 3 : 1)));
  });

  test('a read leaves the dirty flag; the write after it sets it, also in a large page', () => {
    const f = new Fixture(kind);
    const base = linear & ~0x3f_ffffn;
    const entry = f.map(base, 0x400000, ALL, 2);
    expect(f.access('read', base + 0x5000n)).toBe('ok');
    expect(f.entry(entry) & D).toBe(0n);
    expect(f.access('write', base + 0x5000n)).toBe('ok');
    expect(f.entry(entry) & D).toBe(D);
  });

  test('a table outside memory reads as ones and is counted, not an error of ours', () => {
    const f = new Fixture(kind);
    f.map(linear, 0x301000);
    const directory = f.entryAt(linear, 2);
    f.setEntry(directory, 0xd000_0000n | ALL);
    // 32-bit entries of ones map the last page; 8-byte entries of ones have reserved bits set.
    expect(f.access('read', linear)).toBe(kind === '32-bit' ? 'ok' : '#PF(0x9)');
    expect([...f.space.unclaimed.keys()]).toContain(0xd000_0000);
  });

  test('a hole in the physical map reads as ones', () => {
    const f = new Fixture(kind);
    f.map(linear, 0xd123_4000);
    const [lo, hi] = at(linear);
    expect(f.mmu.read32(lo, hi)).toBe(-1);
    expect(f.mmu.read64(lo, hi)).toBe(-1);
    f.mmu.write32(lo, hi, 5);
    expect(f.mmu.read8(lo, hi)).toBe(0xff);
    expect(f.space.unclaimed.get(0xd123_4000)).toBeGreaterThan(4);
  });
});

describe('reserved bits', () => {
  interface Row {
    kind: PagingKind;
    level: number;
    /** Bits to set in the entry, and whether that is a fault. */
    bits: bigint;
    leaf?: boolean;
    fault: boolean;
    why: string;
    change?: { efer?: number; cr4?: number };
    profile?: Partial<typeof FULL_PROFILE>;
  }
  const bit = (n: number) => 1n << BigInt(n);
  const rows: Row[] = [];
  for (const kind of ['4-level', '5-level'] as const) {
    for (let level = kind === '5-level' ? 5 : 4; level >= 1; level--) {
      for (const n of [40, 45, 51])
        rows.push({ kind, level, bits: bit(n), fault: true, why: 'beyond MAXPHYADDR' });
      for (const n of [52, 58]) rows.push({ kind, level, bits: bit(n), fault: false, why: 'ignored' });
      for (const n of [59, 62])
        rows.push({ kind, level, bits: bit(n), fault: false, why: 'ignored or a protection key' });
      for (const n of [9, 11]) rows.push({ kind, level, bits: bit(n), fault: false, why: 'ignored' });
      rows.push({
        kind,
        level,
        bits: XD,
        fault: true,
        why: 'XD while EFER.NXE is 0',
        change: { efer: ~EFER_NXE },
      });
      if (level >= 4) rows.push({ kind, level, bits: PS, fault: true, why: 'PS where no page can be' });
    }
    for (const n of [13, 20])
      rows.push({ kind, level: 2, bits: bit(n), leaf: true, fault: true, why: '2 MiB alignment' });
    for (const n of [13, 29])
      rows.push({ kind, level: 3, bits: bit(n), leaf: true, fault: true, why: '1 GiB alignment' });
    for (const level of [2, 3])
      rows.push({ kind, level, bits: bit(12), leaf: true, fault: false, why: 'PAT' });
    rows.push({
      kind,
      level: 3,
      bits: 0n,
      leaf: true,
      fault: true,
      why: 'no 1 GiB pages',
      profile: { pages1g: false },
    });
    rows.push({
      kind,
      level: 1,
      bits: bit(36),
      fault: true,
      why: 'MAXPHYADDR 36',
      profile: { physicalBits: 36 },
    });
    rows.push({
      kind,
      level: 1,
      bits: bit(43),
      fault: false,
      why: 'MAXPHYADDR 44',
      profile: { physicalBits: 44 },
    });
  }
  for (const level of [1, 2]) {
    for (const n of [40, 51, 52, 62])
      rows.push({ kind: 'PAE', level, bits: bit(n), fault: true, why: 'bits 62:M' });
    rows.push({
      kind: 'PAE',
      level,
      bits: XD,
      fault: true,
      why: 'XD while EFER.NXE is 0',
      change: { efer: ~EFER_NXE },
    });
  }
  for (const n of [13, 20])
    rows.push({ kind: 'PAE', level: 2, bits: bit(n), leaf: true, fault: true, why: '2 MiB alignment' });
  rows.push({
    kind: '32-bit',
    level: 2,
    bits: bit(21),
    leaf: true,
    fault: true,
    why: 'bit 21 of a 4 MiB page',
  });
  rows.push({
    kind: '32-bit',
    level: 2,
    bits: bit(20),
    leaf: true,
    fault: false,
    why: 'PSE-36, address bit 39',
  });
  rows.push({ kind: '32-bit', level: 2, bits: bit(17), leaf: true, fault: true, why: 'PSE-36 beyond MAXPHYADDR 36', profile: { physicalBits: 36 } }); // biome-ignore format: a row.
  rows.push({ kind: '32-bit', level: 2, bits: bit(16), leaf: true, fault: false, why: 'PSE-36, MAXPHYADDR 36', profile: { physicalBits: 36 } }); // biome-ignore format: a row.
  rows.push({
    kind: '32-bit',
    level: 2,
    bits: bit(13),
    leaf: true,
    fault: true,
    why: 'no PSE-36',
    profile: { pse36: false },
  });
  rows.push({
    kind: '32-bit',
    level: 2,
    bits: PS,
    fault: false,
    why: 'PS ignored while CR4.PSE is 0',
    change: { cr4: ~CR4_PSE },
  });

  test.each(
    rows.map((row) => ({
      ...row,
      name: `${row.kind} level ${row.level} ${row.bits.toString(16)}: ${row.why}`,
    })),
  )('$name', ({ kind, level, bits, leaf, fault, change, profile }) => {
    const f = new Fixture(kind, { ...FULL_PROFILE, ...profile });
    const size = { 1: 0x1000n, 2: kind === '32-bit' ? 0x400000n : 0x200000n, 3: 0x40000000n }[
      leaf ? level : 1
    ]!;
    const linear = LINEAR[kind] & ~(size - 1n);
    f.map(linear, 0, ALL, leaf ? level : 1);
    const entry = f.entryAt(linear, level);
    f.setEntry(entry, f.entry(entry) | bits);
    if (change?.efer) f.control({ efer: f.word('efer') & change.efer });
    if (change?.cr4) f.control({ cr4: f.word('cr4') & change.cr4 });
    expect(f.access('read', linear)).toBe(fault ? '#PF(0x9)' : 'ok');
    expect(f.mmu.explain(...at(linear)).stopped?.reason).toBe(fault ? 'reserved bit set' : undefined);
    // An entry that is not present has no reserved bits.
    f.setEntry(entry, f.entry(entry) & ~P);
    f.mmu.flushAll('reset');
    expect(f.access('read', linear)).toBe('#PF(0x0)');
  });
});

describe('an entry whose table is known from the paging-structure cache', () => {
  test('is checked like any other', () => {
    for (const kind of ['PAE', '4-level'] as const) {
      const f = new Fixture(kind);
      f.map(LINEAR[kind], 0x301000);
      const entry = f.map(LINEAR[kind] + 0x1000n, 0x302000, ALL | A | D);
      expect(f.access('read', LINEAR[kind])).toBe('ok');
      f.setEntry(entry, f.entry(entry) | (1n << 45n));
      expect(f.access('read', LINEAR[kind] + 0x1000n)).toBe('#PF(0x9)');
    }
  });
});

describe('PSE-36', () => {
  test('bits 20:13 of a 4 MiB entry are address bits 39:32', () => {
    const f = new Fixture('32-bit');
    const entry = f.entryAt(0x40_0000n, 2);
    f.setEntry(entry, 0x80_0000n | (0xa5n << 13n) | PS | ALL);
    expect(f.mmu.explain(...at(0x40_1234n)).physical).toBe(0xa5_0080_1234);
    const [lo, hi] = at(0x40_1234n);
    expect(f.mmu.read8(lo, hi)).toBe(0xff);
    expect([...f.space.unclaimed.keys()]).toEqual([0xa5_0080_1000]);
  });
});

describe('PDPTE registers of PAE paging', () => {
  test('are what counts, not the memory that they were loaded from', () => {
    const f = new Fixture('PAE');
    f.map(0xc000_0000n, 0x300000);
    f.setEntry(f.root + 24, 0n);
    f.mmu.flushAll('reset');
    expect(f.access('read', 0xc000_0000n)).toBe('ok');
    f.mmu.loadPdptes(f.root, 0);
    f.mmu.flushAll('reset');
    expect(f.access('read', 0xc000_0000n)).toBe('#PF(0x0)');
  });

  test.each([
    ['bits 2:1', RW, '#GP(0x0)'],
    ['bit 2', US, '#GP(0x0)'],
    ['bit 5', A, '#GP(0x0)'],
    ['bit 8', 1n << 8n, '#GP(0x0)'],
    ['bit 40', 1n << 40n, '#GP(0x0)'],
    ['bit 63', XD, '#GP(0x0)'],
    ['PWT and PCD', 0x18n, 'ok'],
    ['bits 11:9', 0xe00n, 'ok'],
  ])('%s set', (_, bits, expected) => {
    const f = new Fixture('PAE');
    f.setEntry(f.root, 0x180000n | P | bits);
    expect(f.outcome(() => f.mmu.loadPdptes(f.root, 0))).toBe(expected);
    f.setEntry(f.root, bits & ~P);
    expect(f.outcome(() => f.mmu.loadPdptes(f.root, 0))).toBe('ok');
  });

  test('a table that is aligned to 32 bytes only', () => {
    const f = new Fixture('PAE');
    f.map(0x4000_1000n, 0x300000);
    const other = f.newTable() + 0xfe0;
    for (let i = 0; i < 4; i++) f.setEntry(other + i * 8, f.entry(f.root + i * 8));
    f.mmu.loadPdptes(other, 0);
    f.mmu.loadCr3(other, 0, false);
    expect(f.access('read', 0x4000_1000n)).toBe('ok');
  });
});

describe('canonical addresses', () => {
  test.each([
    ['4-level', 0x0000_8000_0000_0000n],
    ['4-level', 0xffff_7fff_ffff_f000n],
    ['4-level', 0x0100_0000_0000_0000n],
    ['5-level', 0x0100_0000_0000_0000n],
    ['5-level', 0xfeff_ffff_ffff_f000n],
  ] as const)('%s: 0x%s is #GP(0)', (kind, linear) => {
    const f = new Fixture(kind);
    for (const access of ['read', 'write', 'fetch'] as const)
      expect(f.access(access, linear)).toBe('#GP(0x0)');
    expect(f.mmu.explain(...at(linear)).canonical).toBe(false);
  });

  test('5-level paging reaches what 4-level paging cannot', () => {
    const f = new Fixture('5-level');
    f.map(0x00ff_ffff_ffff_f000n, 0x300000);
    expect(f.access('write', 0x00ff_ffff_ffff_f000n)).toBe('ok');
    expect(f.mmu.linearBits).toBe(57);
  });
});

describe('walk depth', () => {
  test.each([
    ['4-level', 1, 4],
    ['4-level', 2, 3],
    ['4-level', 3, 2],
    ['5-level', 1, 5],
    ['PAE', 1, 2],
    ['PAE', 2, 1],
    ['32-bit', 1, 2],
    ['32-bit', 2, 1],
  ] as const)(
    '%s, a page of level %i: %i references at first, then the caches help',
    (kind, level, depth) => {
      const f = new Fixture(kind);
      const size =
        level === 1 ? 0x1000n : level === 2 ? (kind === '32-bit' ? 0x400000n : 0x200000n) : 0x40000000n;
      const base = LINEAR[kind] & ~0x3fff_ffffn;
      f.map(base, 0x0, ALL, level);
      f.map(base + size, level === 3 ? 0 : Number(size), ALL, level);
      const sum = () => f.mmu.counters.references.reduce((a, b) => a + b);
      f.access('read', base);
      expect(sum()).toBe(depth);
      f.access('read', base + size);
      const cached = level === 1 || (level === 2 && kind.endsWith('level')) ? 1 : depth;
      expect(sum() - depth).toBe(cached);
    },
  );

  test('is reported by page size', () => {
    const f = new Fixture('4-level');
    f.map(0x1000n, 0x300000);
    f.access('read', 0x1000n);
    expect(f.mmu.counters.report()).toMatchObject({
      walks: { '4K': 1, '2M': 0 },
      references: { '4K': 4 },
      fills: { '4K': 1 },
    });
  });
});
