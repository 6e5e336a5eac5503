import { describe, expect, test } from 'vitest';
import { PAGE_HOLE } from '../../src/bus/address-space.ts';
import { CR4_PCIDE, EFER_NXE } from '../../src/isa/control.ts';
import { ALL, at, Fixture, P, PS, XD } from './paging-fixture.ts';

const LINEAR = 0xffff_8800_4040_1000n;
const FRAME = 0x301000;
const OTHER_FRAME = 0x302000;

/** A page that three walks from the top have found, so that the way to it is known. */
function walked(): Fixture {
  const f = new Fixture('4-level');
  f.map(LINEAR, FRAME);
  f.space.write32(FRAME, 1);
  f.space.write32(OTHER_FRAME, 2);
  for (let n = 0; n < 3; n++) expect(again(f)).toBe(1);
  return f;
}

/** What is read when nothing is cached: the value, or the fault. */
function again(f: Fixture, linear = LINEAR): number | string {
  f.mmu.loadCr3(f.cr3(), 0, false);
  const outcome = f.outcome(() => f.mmu.read32(...at(linear)));
  return outcome === 'ok' ? f.mmu.read32(...at(linear)) : outcome;
}

describe('a walk by the entries of the one before it', () => {
  test('reads as many entries as the report counts for any other', () => {
    const f = walked();
    const { walks, references } = f.mmu.counters;
    expect(again(f)).toBe(1);
    const { counters } = f.mmu;
    expect([counters.walks[0]! - walks[0]!, counters.references[0]! - references[0]!]).toEqual([1, 4]);
  });

  test.each([4, 3, 2])('follows an entry of level %i that leads elsewhere now', (level) => {
    const f = walked();
    const other = LINEAR ^ (1n << BigInt(3 + 9 * level));
    f.map(other, OTHER_FRAME);
    f.setEntry(f.entryAt(LINEAR, level), f.entry(f.entryAt(other, level)));
    expect(again(f)).toBe(2);
  });

  test.each([4, 3, 2])('meets an entry of level %i that is not present any more', (level) => {
    const f = walked();
    const entry = f.entryAt(LINEAR, level);
    f.setEntry(entry, f.entry(entry) & ~P);
    expect(again(f)).toBe('#PF(0x0)');
    f.setEntry(entry, f.entry(entry) | P);
    expect(again(f)).toBe(1);
  });

  test('finds a large page where a table was', () => {
    const f = walked();
    f.space.write32(0x401000, 3);
    f.setEntry(f.entryAt(LINEAR, 2), 0x400000n | ALL | PS);
    expect(again(f)).toBe(3);
  });

  test('goes on to another page of the same table, and to one of another', () => {
    const f = walked();
    f.map(LINEAR + 0x1000n, OTHER_FRAME);
    f.map(LINEAR + 0x20_0000n, FRAME);
    expect([again(f, LINEAR + 0x1000n), again(f), again(f, LINEAR + 0x20_0000n)]).toEqual([2, 1, 1]);
  });

  test('starts from another CR3', () => {
    const f = walked();
    const root = f.newTable();
    f.mmu.loadCr3(root, 0, false);
    f.map(LINEAR, OTHER_FRAME);
    expect(again(f)).toBe(2);
    f.mmu.loadCr3(f.root, 0, false);
    expect(again(f)).toBe(1);
    f.control({ cr4: f.word('cr4') | CR4_PCIDE });
    f.mmu.loadCr3(f.root | 5, 0, false);
    expect(again(f)).toBe(1);
  });

  test('obeys bit 63 of a directory entry, and meets a reserved bit when EFER.NXE is cleared', () => {
    const f = walked();
    const entry = f.entryAt(LINEAR, 2);
    f.setEntry(entry, f.entry(entry) | XD);
    for (let n = 0; n < 2; n++) expect(again(f)).toBe(1);
    expect(f.access('fetch', LINEAR)).toBe('#PF(0x11)');
    f.control({ efer: f.word('efer') & ~EFER_NXE });
    expect(again(f)).toBe('#PF(0x9)');
  });

  test('reads other tables while the A20 line is low, and none where the map has a hole', () => {
    const f = walked();
    f.mmu.setA20(false);
    expect(again(f)).toBe('#PF(0x0)'); // The table at 1 MiB is the one at 0 then, which is empty.
    f.mmu.setA20(true);
    expect(again(f)).toBe(1);
    f.space.setPageKind(Number(f.entry(f.entryAt(LINEAR, 2)) & 0xff_ffff_f000n), 0x1000, PAGE_HOLE);
    expect(again(f)).toBe('#PF(0x9)');
  });
});
