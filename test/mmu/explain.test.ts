import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CR0_WP, CR4_PKE, CR4_PSE, CR4_SMAP, CR4_SMEP, EFER_NXE } from '../../src/isa/control.ts';
import { RAM_OFFSET } from '../../src/state/layout.ts';
import { ALL, at, Fixture, G, P, type PagingKind, PS, RW, US } from './paging-fixture.ts';

describe('explain', () => {
  test('tells each step with its table, index and entry', () => {
    const f = new Fixture('4-level');
    const linear = 0xffff_8800_4020_1234n;
    f.map(linear & ~0xfffn, 0x300000, ALL | G);
    const walk = f.mmu.explain(...at(linear));
    expect(walk.steps.map(({ level, index, present, leaf }) => ({ level, index, present, leaf }))).toEqual([
      { level: 4, index: 0x110, present: true, leaf: false },
      { level: 3, index: 1, present: true, leaf: false },
      { level: 2, index: 1, present: true, leaf: false },
      { level: 1, index: 1, present: true, leaf: true },
    ]);
    for (const step of walk.steps) expect(step.entryPhysical).toBe(step.table + step.index * 8);
    expect(walk.steps[0]!.table).toBe(f.root);
    expect(walk.translation).toMatchObject({ physical: 0x300234, pageSize: 0x1000, writable: true, user: true, executable: true, global: true, accessed: false, dirty: false }); // biome-ignore format: a row.
    f.access('write', linear);
    expect(f.mmu.explain(...at(linear)).translation).toMatchObject({ accessed: true, dirty: true });
  });

  test('changes nothing', () => {
    const f = new Fixture('4-level');
    f.map(0x1000n, 0x300000);
    const before = f.space.u8.slice(RAM_OFFSET + 0x100000, RAM_OFFSET + 0x110000);
    f.mmu.explain(0x1000, 0);
    f.mmu.explain(0x5000, 0);
    expect(f.space.u8.slice(RAM_OFFSET + 0x100000, RAM_OFFSET + 0x110000)).toEqual(before);
    expect(f.mmu.counters.report().walks).toEqual({ '4K': 0, '2M': 0, '4M': 0, '1G': 0 });
  });

  test('stops where the walk stops, and says why', () => {
    const f = new Fixture('4-level');
    f.map(0x1000n, 0x300000);
    expect(f.mmu.explain(0x2000, 0).stopped).toEqual({ level: 1, reason: 'not present' });
    expect(f.mmu.explain(0x4000_0000, 0).stopped).toEqual({ level: 3, reason: 'not present' });
    const directory = f.entryAt(0x1000n, 2);
    f.setEntry(directory, f.entry(directory) | (1n << 45n));
    const walk = f.mmu.explain(0x1000, 0);
    expect(walk.stopped).toEqual({ level: 2, reason: 'reserved bit set' });
    expect(walk.steps.at(-1)).toMatchObject({ level: 2, reserved: [0, 1 << 13] });
    expect(walk.physical).toBeUndefined();
  });

  test.each([
    [1, 0x98n, 7],
    [1, 0x80n, 4],
    [2, 0x1010n, 6],
    [2, 0x08n, 1],
  ])('PAT index of a leaf at level %i with bits 0x%s', (level, bits, expected) => {
    const f = new Fixture('4-level');
    f.map(0x0n, 0, ALL | bits, level);
    const index = f.mmu.explain(0, 0).translation!.patIndex;
    // PCD is bit 4 and PWT bit 3 of the entry.
    expect(index).toBe(bits === 0x1010n ? 6 : expected);
  });

  test('a PDPTE of PAE paging is a step of level 3', () => {
    const f = new Fixture('PAE');
    f.map(0xc000_0000n, 0x300000);
    const walk = f.mmu.explain(...at(0xc000_0000n));
    expect(walk.steps.map((step) => step.level)).toEqual([3, 2, 1]);
    expect(walk.steps[0]).toMatchObject({ index: 3, entryPhysical: f.root + 24, leaf: false });
    expect(walk.physical).toBe(0x300000);
  });
});

/** Random tables: eight pages of entries that refer to each other, to data, to holes, with all kinds of bits. */
describe('the fast path agrees with the explanation', () => {
  const TABLES = 8;
  const TABLE = 0x180000;

  const entry = fc.record({
    target: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: TABLES - 1 }).map((n) => TABLE + n * 0x1000) },
      { weight: 2, arbitrary: fc.constantFrom(0x400000, 0x600000, 0x40000000, 0xd0000000, 0x3fff000) },
    ),
    flags: fc.oneof(
      { weight: 16, arbitrary: fc.constantFrom(7, 0x27, 0x67, 0x63, 0x05, 0x1e7) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 0x1fff }) },
    ),
    high: fc.oneof(
      { weight: 18, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.constantFrom(0x80000000, 0x18000000, 0x100, 0x00100000) },
    ),
  });
  const scenario = fc.record({
    entries: fc.array(entry, { minLength: TABLES * 4, maxLength: TABLES * 4 }),
    accesses: fc.array(
      fc.record({
        indices: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 5, maxLength: 5 }),
        offset: fc.integer({ min: 0, max: 0xfff }),
        kind: fc.constantFrom('read', 'write', 'fetch'),
        cpl: fc.constantFrom(0, 3),
      }),
      { minLength: 1, maxLength: 12 },
    ),
    bits: fc.integer({ min: 0, max: 63 }),
    pkru: fc.integer(),
  });

  test.each(['32-bit', 'PAE', '4-level', '5-level'] as const)('%s', (kind: PagingKind) => {
    const f = new Fixture(kind);
    const [cr0, cr4, efer] = [f.word('cr0'), f.word('cr4'), f.word('efer')];
    const narrow = kind === '32-bit';
    const strides = narrow ? [0n, 0n, 0n, 22n, 12n] : [48n, 39n, 30n, 21n, 12n];
    const used = { '32-bit': 2, PAE: 3, '4-level': 4, '5-level': 5 }[kind];
    let mapped = 0;
    fc.assert(
      fc.property(scenario, ({ entries, accesses, bits, pkru }) => {
        entries.forEach(({ target, flags, high }, n) => {
          const place = TABLE + Math.floor(n / 4) * 0x1000 + (n % 4) * (narrow ? 4 : 8);
          f.setEntry(place, BigInt(target) | BigInt(flags) | (narrow ? 0n : BigInt(high) << 32n));
        });
        f.mmu.flushAll('reset');
        f.mmu.loadCr3(TABLE, 0, false);
        if (kind === 'PAE') {
          // PDPTEs as valid ones as a load would let through.
          for (let n = 0; n < 4; n++)
            f.setEntry(
              TABLE + n * 8,
              BigInt(entries[n]!.target & 0x3fff000) | (BigInt(entries[n]!.flags) & P),
            );
          f.mmu.loadPdptes(TABLE, 0);
        }
        f.control({
          cr0: bits & 1 ? cr0 : cr0 & ~CR0_WP,
          cr4:
            (cr4 ^ (bits & 2 && narrow ? CR4_PSE : 0)) |
            (bits & 4 ? CR4_SMEP : 0) |
            (bits & 8 ? CR4_SMAP : 0) |
            (bits & 16 ? CR4_PKE : 0),
          efer: bits & 32 ? efer : efer & ~EFER_NXE,
          pkru,
        });
        const wp = (bits & 1) !== 0;
        const keys = (bits & 16) !== 0 && kind.endsWith('level');
        for (const { indices, offset, kind: access, cpl } of accesses) {
          const linear = indices
            .slice(5 - used)
            .reduce((sum, index, i) => sum | (BigInt(index) << strides[5 - used + i]!), BigInt(offset));
          f.control({ cpl });
          // What is cached must not hide what the tables say: this test is about walks, not about staleness.
          f.mmu.flushAll('reset');
          const walk = f.mmu.explain(...at(linear));
          const t = walk.translation;
          let expected = t ? 'ok' : walk.stopped!.reason === 'not present' ? 'absent' : 'reserved';
          if (t) {
            mapped++;
            const user = cpl === 3;
            const key = keys && t.user ? (pkru >>> (t.protectionKey * 2)) & 3 : 0;
            const keyDenies =
              access !== 'fetch' &&
              ((key & 1) !== 0 || ((key & 2) !== 0 && access === 'write' && (user || wp)));
            const denied =
              (user && !t.user) ||
              (access === 'write' && !t.writable && (user || wp)) ||
              (access === 'fetch' && (!t.executable || (!user && t.user && (bits & 4) !== 0))) ||
              (access !== 'fetch' && !user && t.user && (bits & 8) !== 0) ||
              keyDenies;
            if (denied) expected = keyDenies ? 'denied by key' : 'denied';
          }
          // Probes: a byte written could land in one of the tables.
          const [lo, hi] = at(linear);
          const outcome = f.outcome(() => {
            if (access === 'fetch') f.mmu.fetchHost(lo, hi);
            else if (access === 'read') f.mmu.probeRead(lo, hi, 1);
            else f.mmu.probeWrite(lo, hi, 1);
          });
          const code = /^#PF\(0x(.*)\)$/.exec(outcome)?.[1];
          const bitsOf = Number.parseInt(code ?? '0', 16);
          const found = !code
            ? outcome
            : bitsOf & 8
              ? 'reserved'
              : !(bitsOf & 1)
                ? 'absent'
                : bitsOf & 32
                  ? 'denied by key'
                  : 'denied';
          expect(found).toBe(expected);
          if (found !== 'ok') continue;
          // Where the access went: RAM pages are known by their host offset.
          const again = f.mmu.explain(...at(linear));
          const frame = f.space.hostPage(Math.floor(again.physical! / 4096));
          expect(again.physical).toBe(t!.physical);
          expect(again.translation!.accessed).toBe(true);
          if (access === 'fetch')
            expect(f.mmu.fetchHost(...at(linear))).toBe(frame < 0 ? -1 : frame + (again.physical! % 4096));
          else if (access === 'read')
            expect(f.mmu.hostForRead(...at(linear))).toBe(frame < 0 ? -1 : frame + (again.physical! % 4096));
          else expect(again.translation!.dirty).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
    expect(mapped).toBeGreaterThan(150);
  });

  test('and a cached translation is the one that was walked, while nothing changes', () => {
    const f = new Fixture('4-level');
    const pages = [0x1000n, 0x20_0000n, 0x4000_0000n, 0xffff_8000_0000_5000n];
    f.map(pages[0]!, 0x300000, P | US);
    f.map(pages[1]!, 0x400000, P | RW, 2);
    f.map(pages[2]!, 0x0, ALL, 3);
    f.map(pages[3]!, 0x301000, P | RW | PS);
    for (let round = 0; round < 3; round++) {
      for (const page of pages) {
        const walk = f.mmu.explain(...at(page));
        expect(f.mmu.hostForRead(...at(page))).toBe(RAM_OFFSET + walk.physical!);
      }
    }
    expect(f.mmu.counters.walks.reduce((a, b) => a + b)).toBe(4);
  });
});
