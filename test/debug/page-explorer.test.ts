import { expect, test } from 'vitest';
import { addressFromText, linearText } from '../../src/debug/address.ts';
import { findSharedTables, overlapLines, pageLines, type ReadTable } from '../../src/debug/page-explorer.ts';
import { CR0_PG } from '../../src/isa/control.ts';
import { PAGING_4LEVEL, PAGING_32BIT, PAGING_NONE, PAGING_PAE } from '../../src/isa/paging.ts';

/** Physical memory of the entries given: `{ table: { index: entry } }`. */
function tables(bytes: 4 | 8, content: Record<number, Record<number, string>>): ReadTable {
  return (physical) => {
    const view = new DataView(new ArrayBuffer(4096));
    for (const [index, entry] of Object.entries(content[physical] ?? {})) {
      const [lo, hi] = addressFromText(entry);
      view.setInt32(Number(index) * bytes, lo, true);
      if (bytes === 8) view.setInt32(Number(index) * bytes + 4, hi, true);
    }
    return view;
  };
}
const EMPTY: ReadTable = () => new DataView(new ArrayBuffer(4096));

test('a PDPT shared by the identity map and the kernel map', () => {
  const read = tables(8, {
    4096: { 0: '0x2003', 511: '0x2003' },
    8192: { 0: '0x3003', 510: '0x3003' },
    12288: { 0: '0x83' },
  });
  const shared = findSharedTables({ paging: PAGING_4LEVEL, table: 0x1000 }, read);
  expect(shared.map((s) => [s.table, s.uses.map((u) => `${u.level} ${linearText(u.linear)}`)])).toEqual([
    [0x2000, ['3 0x0000000000000000', '3 0xffffff8000000000']],
    [0x3000, ['2 0x0000000000000000', '2 0x0000007f80000000']],
  ]);
});

test('a recursive entry ends', () => {
  const read = tables(8, { 4096: { 510: '0x1003' } });
  const [root] = findSharedTables({ paging: PAGING_4LEVEL, table: 0x1000 }, read);
  expect(root!.uses).toHaveLength(2);
  expect(
    overlapLines({ cr0: CR0_PG, root: { paging: PAGING_4LEVEL, table: 0x1000 }, ranges: [] }, read),
  ).toEqual([
    'no physical memory is mapped twice',
    'paging structures used more than once:',
    '  the table at 0x00001000 is used 2 times, on different levels (a recursive map?)',
    '    as a table of PML4Es for 0x0000000000000000 on',
    '    as a table of PDPTEs for 0xffffff0000000000 on',
  ]);
});

test('4-byte entries, and PAE', () => {
  const read32 = tables(4, { 4096: { 0: '0x2003', 768: '0x2003', 769: '0x400083' } });
  const shared = findSharedTables({ paging: PAGING_32BIT, table: 0x1000 }, read32);
  expect(shared.map((s) => s.uses.map((u) => linearText(u.linear)))).toEqual([
    ['0x0000000000000000', '0x00000000c0000000'],
  ]);
  const pae = tables(8, { 4096: { 0: '0x2001', 3: '0x2001', 4: '0x2001' } });
  expect(findSharedTables({ paging: PAGING_PAE, table: 0x1000 }, pae)[0]!.uses).toHaveLength(2);
});

test('garbage for tables ends', () => {
  let seed = 1;
  const garbage: ReadTable = () => {
    const view = new DataView(new ArrayBuffer(4096));
    for (let i = 0; i < 1024; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      view.setInt32(i * 4, seed >>> 3, true);
    }
    return view;
  };
  expect(findSharedTables({ paging: PAGING_4LEVEL, table: 0x1000 }, garbage).length).toBeLessThan(16384);
  const range = {
    linear: [0, 0] as const,
    physical: 0,
    bytes: 4096,
    pageSize: 4096,
    writable: true,
    user: false,
    executable: true,
    global: false,
    protectionKey: 0,
  };
  const view = {
    cr0: CR0_PG,
    root: { paging: PAGING_4LEVEL, table: 0x1000 },
    ranges: new Array(20001).fill(range),
  };
  expect(overlapLines(view, EMPTY)).toEqual([
    '20001 ranges are too many to look for overlaps: are these page tables?',
  ]);
});

test('the whole view', () => {
  const page = {
    physical: 0x100000,
    bytes: 0x4000,
    pageSize: 0x1000,
    user: false,
    global: false,
    protectionKey: 0,
  };
  const ranges = [
    { ...page, linear: addressFromText('0x100000'), writable: false, executable: true },
    { ...page, linear: addressFromText('0xffffffff80100000'), writable: true, executable: false },
  ];
  const root = { paging: PAGING_4LEVEL, table: 0x1000 };
  expect(pageLines({ cr0: CR0_PG, root, ranges }, EMPTY)).toEqual([
    '4-level paging, root 0x00001000, 2 ranges, 32 KiB mapped',
    '  0x0000000000100000-0x0000000000103fff  16 KiB  4 KiB pages  r-x supervisor  -> 0x00100000-0x00103fff',
    '  0xffffffff80100000-0xffffffff80103fff  16 KiB  4 KiB pages  rw- supervisor  -> 0x00100000-0x00103fff',
    'physical memory mapped more than once:',
    '  physical 0x00100000-0x00103fff (16 KiB) has 2 linear addresses: writable at one address, executable at another',
    '    0x0000000000100000  4 KiB pages  r-x supervisor',
    '    0xffffffff80100000  4 KiB pages  rw- supervisor',
  ]);
  const off = { cr0: 0, root: { paging: PAGING_NONE, table: 0 }, ranges: [] };
  expect(pageLines(off, EMPTY)[0]).toContain('paging is off');
});
