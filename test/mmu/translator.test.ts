import { describe, expect, test } from 'vitest';
import { CR0_PG, CR0_WP, CR4_PCIDE, CR4_PGE, CR4_PSE, CR4_SMEP, EFER_NXE } from '../../src/isa/control.ts';
import { ALL, at, Fixture, G, P, PS, RW, US } from './paging-fixture.ts';

const LINEAR = 0xffff_8800_0040_0000n;

/** A page whose bytes tell which physical page was reached. */
function paint(f: Fixture, physical: number): void {
  f.space.write32(physical, physical);
}

function reached(f: Fixture, linear: bigint): number {
  return f.mmu.read32(...at(linear));
}

/** Page walks so far. */
const walks = (f: Fixture) => Object.values(f.mmu.counters.report().walks).reduce((a, b) => a + b);

/** Moves the page to other memory behind the TLB's back. */
function remap(f: Fixture, entry: number, physical: number): void {
  const before = f.entry(entry);
  f.setEntry(entry, BigInt(physical) | (before & 0xfffn & ~PS) | (before & PS));
}

describe('stale translations', () => {
  test('stay until INVLPG, for reads, writes and fetches', () => {
    const f = new Fixture();
    for (const page of [0x300000, 0x301000]) paint(f, page);
    const entry = f.map(LINEAR, 0x300000);
    f.mmu.write8(...at(LINEAR + 8n), 1);
    f.mmu.fetchByte(...at(LINEAR));
    remap(f, entry, 0x301000);
    expect(reached(f, LINEAR)).toBe(0x300000);
    expect(f.mmu.fetchHost(...at(LINEAR)) - f.space.memory.ramOffset).toBe(0x300000);
    f.mmu.invlpg(...at(LINEAR + 0xabcn));
    expect(reached(f, LINEAR)).toBe(0x301000);
    expect(f.mmu.fetchHost(...at(LINEAR)) - f.space.memory.ramOffset).toBe(0x301000);
  });

  test('a page that was made absent is still reached until it is flushed', () => {
    const f = new Fixture();
    const entry = f.map(LINEAR, 0x300000);
    f.access('read', LINEAR);
    f.setEntry(entry, 0n);
    expect(f.access('read', LINEAR)).toBe('ok');
    f.mmu.invlpg(...at(LINEAR));
    expect(f.access('read', LINEAR)).toBe('#PF(0x0)');
  });

  test('never cause a fault: what they forbid is looked up in the tables as they are', () => {
    const f = new Fixture();
    const entry = f.map(LINEAR, 0x300000, P);
    f.access('read', LINEAR);
    f.setEntry(entry, 0x300000n | ALL);
    expect(f.access('write', LINEAR)).toBe('ok');
    // The same through the paging-structure cache.
    const page = LINEAR + 0x20_0000n;
    f.map(page, 0x300000, ALL, 1, P | US);
    const directory = f.entryAt(page, 2);
    expect(f.access('write', page)).toBe('#PF(0x3)');
    f.access('read', page);
    f.setEntry(directory, f.entry(directory) | RW);
    expect(f.access('write', page)).toBe('ok');
  });

  test('a fault forgets the address', () => {
    const f = new Fixture();
    for (const page of [0x300000, 0x301000]) paint(f, page);
    const entry = f.map(LINEAR, 0x300000, P);
    reached(f, LINEAR);
    f.setEntry(entry, 0x301000n | P);
    expect(reached(f, LINEAR)).toBe(0x300000);
    expect(f.access('write', LINEAR)).toBe('#PF(0x3)');
    expect(reached(f, LINEAR)).toBe(0x301000);
  });

  test('the paging-structure cache is stale too, and INVLPG of any address empties it', () => {
    const f = new Fixture();
    for (const page of [0x300000, 0x301000]) paint(f, page);
    f.map(LINEAR, 0x300000);
    f.map(LINEAR + 0x1000n, 0x300000);
    reached(f, LINEAR);
    const other = f.newTable();
    f.setEntry(other + 8, 0x301000n | ALL);
    f.setEntry(f.entryAt(LINEAR, 2), BigInt(other) | ALL);
    expect(reached(f, LINEAR + 0x1000n)).toBe(0x300000);
    f.mmu.invlpg(...at(LINEAR + 0x1000n));
    expect(reached(f, LINEAR + 0x1000n)).toBe(0x301000);
    f.mmu.invlpg(...at(0x1000n));
    expect(f.access('read', LINEAR)).toBe('ok'); // A TLB entry of its own.
  });
});

describe.each([
  ['4-level', 2, 0x20_0000, 0x80_0000],
  ['4-level', 3, 0x4000_0000, 0],
  ['PAE', 2, 0x20_0000, 0x80_0000],
  ['32-bit', 2, 0x40_0000, 0x80_0000],
] as const)('INVLPG inside a large page: %s, level %i', (kind, level, size, physical) => {
  const base = kind === '4-level' ? 0xffff_8800_4000_0000n : 0x4000_0000n;

  test('drops all of it and nothing else', () => {
    const f = new Fixture(kind);
    const entry = f.map(base, physical, ALL, level);
    const small = base + 0x8000_7000n;
    const smallEntry = f.map(small, 0x300000);
    const offsets = [0, 0x1000, size / 2 - 0x1000, size / 2 + 0x3000, size - 0x1000];
    for (const offset of offsets) expect(f.access('read', base + BigInt(offset))).toBe('ok');
    f.access('read', small);
    f.setEntry(entry, 0n);
    f.setEntry(smallEntry, 0n);
    expect(offsets.map((o) => f.access('read', base + BigInt(o)))).toEqual(offsets.map(() => 'ok'));
    f.mmu.invlpg(...at(base + BigInt(size / 2 + 0x4444)));
    expect(offsets.map((o) => f.access('read', base + BigInt(o)))).toEqual(offsets.map(() => '#PF(0x0)'));
    expect(f.access('read', small)).toBe('ok');
  });

  test('also when the whole page had been pushed out by another one', () => {
    const f = new Fixture(kind);
    const entry = f.map(base, physical, ALL, level);
    expect(f.access('read', base + 0x5000n)).toBe('ok');
    if (kind === '4-level') {
      // Same slot of the array, another page: 4 GiB (64 GiB) further up.
      const rival = base + (level === 2 ? 0x1_0000_0000n : 0x10_0000_0000n);
      f.map(rival, physical, ALL, level);
      expect(f.access('read', rival + 0x9000n)).toBe('ok');
    }
    f.setEntry(entry, 0n);
    expect(f.access('read', base + 0x5000n)).toBe('ok');
    f.mmu.invlpg(...at(base + 0x9000n));
    expect(f.access('read', base + 0x5000n)).toBe('#PF(0x0)');
  });

  test('leaves stale 4 KiB pages inside of it', () => {
    const f = new Fixture(kind);
    const directory = f.entryAt(base, level);
    f.map(base + 0x1000n, 0x300000);
    expect(f.access('read', base + 0x1000n)).toBe('ok');
    // A large page takes the place of the table; nothing is flushed.
    f.setEntry(directory, BigInt(physical) | ALL | PS);
    f.mmu.invlpg(...at(0x1000n));
    expect(f.access('read', base + 0x6000n)).toBe('ok');
    f.setEntry(directory, 0n);
    f.mmu.invlpg(...at(base + 0x6000n));
    expect(f.access('read', base + 0x6000n)).toBe('#PF(0x0)');
    expect(f.access('read', base + 0x1000n)).toBe('ok');
  });

  test('leaves 4 KiB pages that lie where a large page was', () => {
    const f = new Fixture(kind);
    const entry = f.map(base, physical, ALL, level);
    f.access('read', base + 0x5000n);
    f.mmu.invlpg(...at(base));
    f.setEntry(entry, 0n);
    const one = f.map(base + 0x1000n, 0x300000);
    f.map(base + 0x2000n, 0x300000);
    f.access('read', base + 0x1000n);
    f.access('read', base + 0x2000n);
    f.setEntry(one, 0n);
    f.mmu.invlpg(...at(base + 0x2000n));
    expect(f.access('read', base + 0x1000n)).toBe('ok');
  });
});

describe('CR3 loads and global pages', () => {
  test('drop what is not global, in 4 KiB and in large pages', () => {
    const f = new Fixture();
    const pages = [
      { linear: LINEAR, entry: f.map(LINEAR, 0x300000), expected: '#PF(0x0)' },
      { linear: LINEAR + 0x1000n, entry: f.map(LINEAR + 0x1000n, 0x300000, ALL | G), expected: 'ok' },
      {
        linear: LINEAR + 0x20_0000n,
        entry: f.map(LINEAR + 0x20_0000n, 0x800000, ALL, 2),
        expected: '#PF(0x0)',
      },
      {
        linear: LINEAR + 0x40_0000n,
        entry: f.map(LINEAR + 0x40_0000n, 0x800000, ALL | G, 2),
        expected: 'ok',
      },
    ];
    for (const { linear } of pages) expect(f.access('read', linear)).toBe('ok');
    for (const { entry } of pages) f.setEntry(entry, 0n);
    f.mmu.loadCr3(f.root, 0, false);
    expect(pages.map(({ linear }) => f.access('read', linear))).toEqual(pages.map((p) => p.expected));
    // A piece of the global large page that had not been touched before.
    expect(f.access('read', LINEAR + 0x40_5000n)).toBe('ok');
    f.mmu.invlpg(...at(LINEAR + 0x40_5000n));
    expect(f.access('read', LINEAR + 0x40_0000n)).toBe('#PF(0x0)');
  });

  test('G means nothing while CR4.PGE is 0', () => {
    const f = new Fixture();
    f.control({ cr4: f.word('cr4') & ~CR4_PGE });
    const entry = f.map(LINEAR, 0x300000, ALL | G);
    f.access('read', LINEAR);
    f.setEntry(entry, 0n);
    f.mmu.loadCr3(f.root, 0, false);
    expect(f.access('read', LINEAR)).toBe('#PF(0x0)');
    expect(f.mmu.mappings().ranges.every((range) => !range.global)).toBe(true);
  });

  test('an entry that changes between local and global is flushed by what it is now', () => {
    const f = new Fixture();
    const entry = f.map(LINEAR, 0x300000);
    f.access('read', LINEAR);
    f.setEntry(entry, 0x300000n | ALL | G);
    f.mmu.invlpg(...at(LINEAR));
    f.access('read', LINEAR);
    f.setEntry(entry, 0n);
    f.mmu.loadCr3(f.root, 0, false);
    expect(f.access('read', LINEAR)).toBe('ok');
    f.mmu.invlpg(...at(LINEAR));
    f.setEntry(entry, 0x300000n | ALL);
    f.access('read', LINEAR);
    f.setEntry(entry, 0n);
    f.mmu.loadCr3(f.root, 0, false);
    expect(f.access('read', LINEAR)).toBe('#PF(0x0)');
  });

  test.each([
    ['CR4.PGE', (f: Fixture) => f.control({ cr4: f.word('cr4') & ~CR4_PGE })],
    ['CR4.PSE', (f: Fixture) => f.control({ cr4: f.word('cr4') ^ CR4_PSE })],
    ['CR4.SMEP', (f: Fixture) => f.control({ cr4: f.word('cr4') | CR4_SMEP })],
    ['CR0.WP', (f: Fixture) => f.control({ cr0: f.word('cr0') & ~CR0_WP })],
    ['CR0.PG', (f: Fixture) => { f.control({ cr0: f.word('cr0') & ~CR0_PG }); f.control({ cr0: f.word('cr0') | CR0_PG }); }], // biome-ignore format: a row.
    ['EFER.NXE', (f: Fixture) => f.control({ efer: f.word('efer') & ~EFER_NXE })],
    ['the map of devices', (f: Fixture) => f.space.setPageKind(0xe000_0000, 0x1000, 0)],
    ['A20', (f: Fixture) => f.mmu.setA20(true)],
  ])('a change of %s drops global ones too', (_, change) => {
    const f = new Fixture();
    const entry = f.map(LINEAR, 0x300000, ALL | G);
    f.access('read', LINEAR);
    f.setEntry(entry, 0n);
    change(f);
    expect(f.access('read', LINEAR)).toBe('#PF(0x0)');
  });
});

describe('PCID', () => {
  /** Two roots that map the same address to different memory, one page more that is global. */
  function twoSpaces() {
    const f = new Fixture();
    f.control({ cr4: f.word('cr4') | CR4_PCIDE });
    paint(f, 0x300000);
    paint(f, 0x301000);
    const first = f.root;
    const entries = [f.map(LINEAR, 0x300000)];
    const global = f.map(LINEAR + 0x1000n, 0x300000, ALL | G);
    const second = f.newTable();
    f.mmu.loadCr3(second | 1, 0, false);
    entries.push(f.map(LINEAR, 0x301000));
    f.map(LINEAR + 0x1000n, 0x300000, ALL | G);
    f.mmu.loadCr3(first, 0, false);
    return { f, first, second, entries, global };
  }

  test('keeps translations apart, and over a load without flush', () => {
    const { f, first, second, entries } = twoSpaces();
    expect(reached(f, LINEAR)).toBe(0x300000);
    const generation = f.mmu.generation;
    f.mmu.loadCr3(second | 1, 0, true);
    expect(f.mmu.generation).not.toBe(generation);
    expect(reached(f, LINEAR)).toBe(0x301000);
    for (const entry of entries) f.setEntry(entry, 0n);
    f.mmu.loadCr3(first, 0x80000000 | 0, true);
    expect(f.mmu.generation).toBe(generation);
    expect(reached(f, LINEAR)).toBe(0x300000);
    f.mmu.loadCr3(second | 1, 0, true);
    expect(reached(f, LINEAR)).toBe(0x301000);
    f.mmu.loadCr3(first, 0, false);
    expect(f.access('read', LINEAR)).toBe('#PF(0x0)');
    f.mmu.loadCr3(second | 1, 0, true);
    expect(reached(f, LINEAR)).toBe(0x301000);
  });

  test('INVLPG is for the current PCID, and for global pages of all', () => {
    const { f, first, second, entries, global } = twoSpaces();
    reached(f, LINEAR);
    reached(f, LINEAR + 0x1000n);
    f.mmu.loadCr3(second | 1, 0, true);
    reached(f, LINEAR);
    f.setEntry(global, 0n);
    for (const entry of entries) f.setEntry(entry, 0n);
    f.mmu.invlpg(...at(LINEAR));
    f.mmu.invlpg(...at(LINEAR + 0x1000n));
    expect(f.access('read', LINEAR)).toBe('#PF(0x0)');
    f.mmu.loadCr3(first, 0, true);
    expect(f.access('read', LINEAR)).toBe('ok');
    expect(f.access('read', LINEAR + 0x1000n)).toBe('#PF(0x0)');
  });

  test.each([
    // What is left of: the page of PCID 0, its neighbour, the page of PCID 1, a global page of PCID 0.
    [0, 1, LINEAR, [true, true, false, true]],
    [0, 0, LINEAR, [false, true, true, true]],
    [0, 0, LINEAR + 0x2000n, [true, true, true, true]],
    [1, 0, 0n, [false, false, true, true]],
    [1, 1, 0n, [true, true, false, true]],
    [1, 7, 0n, [true, true, true, true]],
    [2, 0, 0n, [false, false, false, false]],
    [3, 0, 0n, [false, false, false, true]],
  ] as const)('INVPCID type %i, PCID %i', (type, pcid, linear, expected) => {
    const { f, first, second, entries, global } = twoSpaces();
    const neighbour = f.map(LINEAR + 0x3000n, 0x300000);
    f.map(LINEAR + 0x2000n, 0x300000, ALL | G);
    for (const page of [0n, 0x1000n, 0x3000n]) f.access('read', LINEAR + page);
    f.mmu.loadCr3(second | 1, 0, true);
    f.access('read', LINEAR);
    for (const entry of [...entries, neighbour, global]) f.setEntry(entry, 0n);
    f.mmu.invpcid(type, pcid, ...at(linear));
    const inSecond = f.access('read', LINEAR) === 'ok';
    f.mmu.loadCr3(first, 0, true);
    const kept = (page: bigint) => f.access('read', LINEAR + page) === 'ok';
    expect([kept(0n), kept(0x3000n), inSecond, kept(0x1000n)]).toEqual(expected);
  });

  test('large pages: INVLPG for the current PCID, INVPCID of an address for local ones', () => {
    const f = new Fixture();
    f.control({ cr4: f.word('cr4') | CR4_PCIDE });
    const local = f.map(LINEAR, 0x80_0000, ALL, 2);
    const global = f.map(LINEAR + 0x20_0000n, 0x80_0000, ALL | G, 2);
    const touch = () => [f.access('read', LINEAR + 0x5000n), f.access('read', LINEAR + 0x20_6000n)];
    expect(touch()).toEqual(['ok', 'ok']);
    f.setEntry(local, 0n);
    f.setEntry(global, 0n);
    f.mmu.loadCr3(f.newTable() | 1, 0, true);
    f.mmu.invlpg(...at(LINEAR));
    f.mmu.invpcid(0, 0, ...at(LINEAR + 0x20_0000n));
    f.mmu.loadCr3(f.root, 0, true);
    expect(touch()).toEqual(['ok', 'ok']);
    // A global page goes with INVLPG in any address space.
    f.mmu.loadCr3(f.newTable() | 1, 0, true);
    f.mmu.invlpg(...at(LINEAR + 0x20_1000n));
    f.mmu.loadCr3(f.root, 0, true);
    expect(touch()).toEqual(['ok', '#PF(0x0)']);
    // With the large page pushed out, its fragments are still told apart by what they are.
    f.mmu.invpcid(0, 0, ...at(LINEAR));
    expect(touch()).toEqual(['#PF(0x0)', '#PF(0x0)']);
  });

  test('fragments of a global page that was pushed out stay when local ones of its slot are dropped', () => {
    const f = new Fixture();
    f.control({ cr4: f.word('cr4') | CR4_PCIDE });
    const global = f.map(LINEAR, 0x80_0000, ALL | G, 2);
    f.map(LINEAR + 0x1_0000_0000n, 0x80_0000, ALL, 2);
    expect(f.access('read', LINEAR + 0x5000n)).toBe('ok');
    expect(f.access('read', LINEAR + 0x1_0000_7000n)).toBe('ok');
    f.setEntry(global, 0n);
    f.mmu.invpcid(0, 0, ...at(LINEAR + 0x6000n));
    expect(f.access('read', LINEAR + 0x5000n)).toBe('ok');
    f.mmu.invlpg(...at(LINEAR + 0x6000n));
    expect(f.access('read', LINEAR + 0x5000n)).toBe('#PF(0x0)');
  });

  test('more PCIDs than slots: the one that was not used for the longest time loses its own', () => {
    const { f, first, entries } = twoSpaces();
    f.mmu.invpcid(2, 0, 0, 0);
    for (let pcid = 0; pcid < 8; pcid++) {
      f.mmu.loadCr3(first | pcid, 0, true);
      expect(reached(f, LINEAR)).toBe(0x300000);
    }
    f.mmu.loadCr3(first, 0, true);
    f.setEntry(entries[0]!, 0n);
    f.mmu.loadCr3(first | 100, 0, true);
    const kept = [0, 2, 3, 4, 5, 6, 7, 1].filter((pcid) => {
      f.mmu.loadCr3(first | pcid, 0, true);
      return f.access('read', LINEAR) === 'ok';
    });
    expect(kept).toEqual([0, 2, 3, 4, 5, 6, 7]);
    expect(f.mmu.counters.flushes.pcid).toBeGreaterThan(0);
  });

  test('leaving PCIDs drops everything', () => {
    const { f, entries } = twoSpaces();
    reached(f, LINEAR);
    f.setEntry(entries[0]!, 0n);
    f.control({ cr4: f.word('cr4') & ~CR4_PCIDE });
    expect(f.access('read', LINEAR)).toBe('#PF(0x0)');
  });

  test('bit 63 means nothing without CR4.PCIDE', () => {
    const f = new Fixture();
    const entry = f.map(LINEAR, 0x300000);
    f.access('read', LINEAR);
    f.setEntry(entry, 0n);
    f.mmu.loadCr3(f.root, 0x80000000 | 0, true);
    expect(f.access('read', LINEAR)).toBe('#PF(0x0)');
  });
});

describe('the bank', () => {
  test('grows under pressure, and every translation stays right', () => {
    const f = new Fixture();
    const pages = 12000;
    for (let n = 0; n < pages; n++)
      f.map(LINEAR + BigInt(n) * 0x1000n, 0x2000000 + (n % 64) * 0x1000, ALL | (n % 3 ? 0n : G));
    for (let n = 0; n < 64; n++) f.space.write32(0x2000000 + n * 0x1000, n);
    const [lo, hi] = at(LINEAR);
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < pages; n++) {
        if (f.mmu.read32((lo + n * 0x1000) | 0, hi) !== n % 64)
          throw new Error(`page ${n} in round ${round}`);
      }
    }
    const { counters } = f.mmu;
    expect(counters.evictions).toBeGreaterThan(4096);
    const walks = counters.walks[0]!;
    for (let n = 0; n < pages; n++) f.mmu.read32((lo + n * 0x1000) | 0, hi);
    expect(counters.walks[0]).toBe(walks);
    // Global ones stay over a CR3 load, the others go.
    f.mmu.loadCr3(f.root, 0, false);
    for (let n = 0; n < pages; n++) f.mmu.read32((lo + n * 0x1000) | 0, hi);
    expect(counters.walks[0]! - walks).toBe(8000);
    f.mmu.flushAll('reset');
    for (let n = 0; n < pages; n++) f.mmu.read32((lo + n * 0x1000) | 0, hi);
    expect(counters.walks[0]! - walks).toBe(20000);
  });

  test('the page at 0 and the last page are not there before they are mapped', () => {
    const f = new Fixture();
    expect(f.access('read', 0n)).toBe('#PF(0x0)');
    expect(f.access('read', 0xffff_ffff_ffff_f000n)).toBe('#PF(0x0)');
    f.map(0n, 0x300000);
    f.map(0xffff_ffff_ffff_f000n, 0x301000);
    expect([f.access('write', 0n), f.access('write', 0xffff_ffff_ffff_ffffn)]).toEqual(['ok', 'ok']);
    f.control({ cpl: 3 });
    expect(f.access('write', 0xffff_ffff_ffff_ffffn)).toBe('ok');
  });
});

describe('without paging', () => {
  test('linear is physical, and A20 masks bit 20', () => {
    const f = new Fixture();
    f.control({ cr0: 1, efer: 0, cr4: 0 });
    paint(f, 0x300000);
    paint(f, 0x200000);
    expect(reached(f, 0x300000n)).toBe(0x300000);
    f.mmu.setA20(false);
    expect(reached(f, 0x300000n)).toBe(0x200000);
    expect(f.mmu.explain(0x300010, 0).physical).toBe(0x200010);
    f.mmu.setA20(true);
    expect(reached(f, 0x300000n)).toBe(0x300000);
    expect(f.mmu.mappings().ranges).toEqual([]);
  });

  test('A20 applies to page tables too', () => {
    const f = new Fixture();
    f.map(LINEAR, 0x300000);
    f.mmu.setA20(false);
    // The root at 1 MiB is now read at 0, where there is nothing.
    expect(f.access('read', LINEAR)).toBe('#PF(0x0)');
    expect(f.mmu.explain(...at(LINEAR)).stopped).toEqual({ level: 4, reason: 'not present' });
  });
});

describe('translations for fetches', () => {
  test('are kept apart from those for data: neither helps the other, nor pushes it out', () => {
    const f = new Fixture();
    f.map(LINEAR, 0x300000);
    f.access('read', LINEAR);
    expect(walks(f)).toBe(1);
    f.access('fetch', LINEAR);
    f.access('fetch', LINEAR + 8n);
    expect(walks(f)).toBe(2);
    expect(f.mmu.counters.report().references['4K']).toBe(8);
    expect(f.mmu.counters.evictions).toBe(0);
  });

  test('are never pushed out', () => {
    const f = new Fixture();
    // Four pages that share an entry of the TLB, whatever its size.
    const pages = [0n, 1n, 2n, 3n].map((n) => LINEAR + (n << 34n));
    for (const page of pages) f.map(page, 0x300000);
    for (let round = 0; round < 3; round++) for (const page of pages) f.access('fetch', page);
    expect(walks(f)).toBe(4);
  });

  test.each([2, 3])('INVLPG drops a large page of level %i with all that was fetched of it', (level) => {
    const f = new Fixture();
    f.map(LINEAR, 0, ALL, level);
    for (let n = 0n; n < 3n; n++) f.access('fetch', LINEAR + n * 0x1000n);
    const before = walks(f);
    f.mmu.invlpg(...at(LINEAR + 0x5000n));
    f.access('fetch', LINEAR + 0x1000n);
    expect(walks(f)).toBe(before + 1);
  });

  test('global ones survive a load of CR3', () => {
    const f = new Fixture();
    f.control({ cr4: f.word('cr4') | CR4_PGE });
    f.map(LINEAR, 0x300000, ALL | G);
    f.map(LINEAR + 0x1000n, 0x301000);
    const fetchBoth = () => {
      f.access('fetch', LINEAR);
      f.access('fetch', LINEAR + 0x1000n);
    };
    fetchBoth();
    const before = walks(f);
    f.mmu.loadCr3(f.root, 0, false);
    fetchBoth();
    expect(walks(f)).toBe(before + 1);
  });
});

describe('the generation', () => {
  test('is new after everything that may change a translation for fetches, and only then', () => {
    const f = new Fixture();
    f.map(LINEAR, 0x300000);
    const seen = new Set<number>([f.mmu.generation]);
    const events: [string, () => void][] = [
      ['CR3', () => f.mmu.loadCr3(f.root, 0, false)],
      ['INVLPG', () => f.mmu.invlpg(...at(LINEAR))],
      ['INVPCID', () => f.mmu.invpcid(2, 0, 0, 0)],
      ['A20', () => f.mmu.setA20(true)],
      ['CR0.WP', () => f.control({ cr0: f.word('cr0') & ~CR0_WP })],
      ['the map', () => f.space.setPageKind(0xe000_0000, 0x1000, 0)],
    ];
    for (const [name, event] of events) {
      f.access('fetch', LINEAR);
      event();
      expect([name, seen.has(f.mmu.generation)]).toEqual([name, false]);
      seen.add(f.mmu.generation);
    }
    const last = f.mmu.generation;
    f.mmu.invlpg(...at(LINEAR + 0x5000n));
    f.access('read', LINEAR);
    f.control({ cpl: 3 });
    f.access('read', LINEAR);
    expect(f.mmu.generation).toBe(last);
  });

  test('stays over a load of CR3 as long as all code that is known is global', () => {
    const f = new Fixture();
    f.control({ cr4: f.word('cr4') | CR4_PGE });
    f.map(LINEAR, 0x300000, ALL | G);
    f.map(LINEAR + 0x1000n, 0x301000);
    f.access('fetch', LINEAR);
    f.access('read', LINEAR + 0x1000n);
    const first = f.mmu.generation;
    const walked = walks(f);
    f.mmu.loadCr3(f.root, 0, false);
    expect(f.mmu.generation).toBe(first);
    f.access('fetch', LINEAR);
    expect(walks(f)).toBe(walked);
    f.access('fetch', LINEAR + 0x1000n);
    f.mmu.loadCr3(f.root, 0, false);
    expect(f.mmu.generation).not.toBe(first);
    // That one has gone; the next load finds none.
    const second = f.mmu.generation;
    f.mmu.loadCr3(f.root, 0, false);
    expect(f.mmu.generation).toBe(second);
    f.access('fetch', LINEAR + 0x1000n);
    f.mmu.invlpg(...at(LINEAR + 0x1000n));
    f.mmu.loadCr3(f.root, 0, false);
    expect(f.mmu.generation).not.toBe(second);
  });
});

describe('counters', () => {
  test('flushes by reason, told to whoever listens', () => {
    const f = new Fixture();
    const heard: string[] = [];
    f.mmu.onFlush = (reason) => heard.push(reason);
    f.mmu.loadCr3(f.root, 0, false);
    f.mmu.invlpg(0, 0);
    f.control({ cr0: f.word('cr0') & ~CR0_WP });
    f.control({ cr4: f.word('cr4') | CR4_PCIDE });
    f.control({ cpl: 3 });
    f.mmu.invpcid(2, 0, 0, 0);
    expect(heard).toEqual(['cr3', 'invlpg', 'cr0', 'invpcid']);
    expect(f.mmu.counters.report().flushes).toMatchObject({ cr3: 1, invlpg: 1, cr0: 1, invpcid: 1, cr4: 0 });
  });

  test('hits are counted on demand', () => {
    const f = new Fixture();
    f.map(LINEAR, 0x300000);
    f.mmu.countHits = true;
    for (let n = 0; n < 10; n++) f.access('read', LINEAR);
    f.access('write', LINEAR);
    f.access('write', LINEAR);
    expect(f.mmu.counters.hits).toBe(10);
    f.mmu.countHits = false;
    f.access('read', LINEAR);
    f.access('read', LINEAR);
    expect(f.mmu.counters.hits).toBe(10);
  });
});
