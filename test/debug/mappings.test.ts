import { describe, expect, test } from 'vitest';
import { add, addressFromText } from '../../src/debug/address.ts';
import {
  aliasLines,
  diff,
  differenceLines,
  findAliases,
  rangeAt,
  rangeTable,
} from '../../src/debug/mappings.ts';
import type { Mapping } from '../../src/mmu/mappings.ts';

const K4 = 0x1000;
const M2 = 0x200000;

/** `range('0x1000', 0x5000, 2, 'rwx')`: two 4 KiB pages. */
function range(linear: string, physical: number, pages: number, rights: string, pageSize = K4): Mapping {
  return {
    linear: addressFromText(linear),
    physical,
    bytes: pages * pageSize,
    pageSize,
    writable: rights.includes('w'),
    user: rights.includes('u'),
    executable: rights.includes('x'),
    global: rights.includes('g'),
    protectionKey: 0,
  };
}

test('the table has aligned columns', () => {
  expect(
    rangeTable([range('0x100000', 0x100000, 4, 'rx'), range('0xffff880000000000', 0, 512, 'rwg', M2)]),
  ).toEqual([
    '0x0000000000100000-0x0000000000103fff  16 KiB  4 KiB pages  r-x supervisor         -> 0x00100000-0x00103fff',
    '0xffff880000000000-0xffff88003fffffff   1 GiB  2 MiB pages  rw- supervisor global  -> 0x00000000-0x3fffffff',
  ]);
});

test('the range that maps an address, up to the last byte of the address space', () => {
  const ranges = [range('0x1000', 0x5000, 1, 'rw'), range('0xfffffffffffff000', 0x8000, 1, 'r')];
  expect(rangeAt(ranges, addressFromText('0x1fff'))).toBe(ranges[0]);
  expect(rangeAt(ranges, addressFromText('0x2000'))).toBeUndefined();
  expect(rangeAt(ranges, [-1, -1])).toBe(ranges[1]);
});

describe('hidden aliases', () => {
  const identity = range('0x100000', 0x100000, 4, 'rx');
  const direct = range('0xffff880000000000', 0, 1, 'rw', M2);

  test('a direct map over an identity map: the part that both reach, once', () => {
    const aliases = findAliases([identity, direct]);
    expect(aliases).toHaveLength(1);
    expect(aliases[0]).toMatchObject({ physical: 0x100000, bytes: 0x4000, writableAndExecutable: true });
    expect(aliasLines(aliases)).toEqual([
      'physical 0x00100000-0x00103fff (16 KiB) has 2 linear addresses: writable at one address, executable at another',
      '  0x0000000000100000  4 KiB pages  r-x supervisor',
      '  0xffff880000100000  2 MiB pages  rw- supervisor',
    ]);
  });

  test('neighbouring pieces with the same views are one alias', () => {
    const parts = [range('0x100000', 0x100000, 1, 'r'), range('0x101000', 0x101000, 1, 'r')];
    expect(findAliases([...parts, direct])).toHaveLength(1);
  });

  test('three views, and a range that is nobody else’s', () => {
    const third = range('0x7000000', 0x101000, 1, 'ru');
    const aliases = findAliases([identity, direct, third, range('0x9000000', 0x900000, 1, 'r')]);
    expect(aliases.map((a) => [a.physical, a.bytes, a.views.length])).toEqual([
      [0x100000, 0x1000, 2],
      [0x101000, 0x1000, 3],
      [0x102000, 0x2000, 2],
    ]);
  });

  test('a range that is writable and executable by itself is not told as two addresses that differ', () => {
    const twice = findAliases([range('0x1000', 0x1000, 1, 'rwx'), range('0x8000', 0x1000, 1, 'r')]);
    expect(twice[0]!.writableAndExecutable).toBe(false);
  });

  test('none among thousands of separate pages', () => {
    const pages = Array.from({ length: 5000 }, (_, i) => range('0x0', i * 2 * K4, 1, 'r')).map((r, i) => ({
      ...r,
      linear: add(r.linear, i * K4),
    }));
    expect(findAliases(pages)).toEqual([]);
  });
});

describe('difference', () => {
  const before = [range('0x0', 0, 8, 'rwx'), range('0xffff880000000000', 0, 2, 'rw', M2)];

  test('nothing changed', () => {
    expect(diff(before, before)).toEqual([]);
  });

  test('unmapped, protected, moved and new pieces, cut to what changed', () => {
    const after = [
      range('0x0', 0, 2, 'rwx'),
      range('0x2000', 0x2000, 2, 'rx'),
      range('0x6000', 0x16000, 2, 'rwx'),
      range('0xffff880000000000', 0, 2, 'rw', M2),
      range('0xfffffffffffff000', 0x5000, 1, 'rw'),
    ];
    expect(differenceLines(diff(before, after))).toEqual([
      '! 0x0000000000002000-0x0000000000003fff  0x00002000 4 KiB pages rwx supervisor  =>  0x00002000 4 KiB pages r-x supervisor',
      '- 0x0000000000004000-0x0000000000005fff  0x00004000 4 KiB pages rwx supervisor',
      '! 0x0000000000006000-0x0000000000007fff  0x00006000 4 KiB pages rwx supervisor  =>  0x00016000 4 KiB pages rwx supervisor',
      '+ 0xfffffffffffff000-0xffffffffffffffff  0x00005000 4 KiB pages rw- supervisor',
    ]);
  });

  test('how the lists are cut into ranges does not matter', () => {
    const pieces = [range('0x0', 0, 3, 'rwx'), range('0x3000', 0x3000, 5, 'rwx'), before[1]!];
    expect(diff(before, pieces)).toEqual([]);
    expect(diff([], pieces)).toHaveLength(2);
    expect(diff(pieces, []).map((d) => d.kind)).toEqual(['removed', 'removed']);
  });
});
