import { expect, test } from 'vitest';
import { PAGING_4LEVEL } from '../../src/isa/paging.ts';
import { SIZE_1G, SIZE_2M } from '../../src/mmu/counters.ts';
import { LargePages } from '../../src/mmu/large-pages.ts';

test('a global page outlives more CR3 loads than there are generations, local ones do not come back', () => {
  const large = new LargePages();
  large.add(0x40200000, 0, 0x12345, 7, SIZE_2M, true);
  large.add(0x40400000, 0, 0x23456, 7, SIZE_2M, false);
  for (let n = 0; n < 1_100_000; n++) {
    large.flushLocal();
    if (large.find(0x40400000, 0) >= 0) throw new Error(`found after ${n}`);
  }
  const at = large.find(0x403ff000, 0);
  expect(at).toBeGreaterThanOrEqual(0);
  expect(large.frame(at, 0x403ff000)).toBe(0x123ff);
  expect(large.size(at, PAGING_4LEVEL)).toBe(SIZE_2M);
  for (let n = 0; n < 1_100_000; n++) large.flushAll();
  expect(large.find(0x40200000, 0)).toBe(-1);
});

test('an entry is found by all of its address', () => {
  const large = new LargePages();
  large.add(0x40200000, 5, 0x400, 7, SIZE_2M, false);
  large.add(-0x80000000, 5, 0x80000, 7, SIZE_1G, false);
  expect(large.find(0x40200000, 6)).toBe(-1);
  expect(large.find(0x40000000, 5)).toBe(-1);
  const gigabyte = large.find(-0x40001000, 5);
  expect(large.frame(gigabyte, -0x40001000)).toBe(0xbffff);
});
