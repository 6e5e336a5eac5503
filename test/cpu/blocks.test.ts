import { describe, expect, test } from 'vitest';
import { BlockCache } from '../../src/cpu/blocks.ts';
import { Instruction } from '../../src/isa/instruction.ts';
import { blockOf } from '../support/blocks.ts';

const PAGE = 0x5000;

/** A cache with blocks at offsets of one page, and what it has told. */
function cacheOf(...blocks: readonly (readonly [offset: number, bytes: number])[]) {
  const marked = new Set<number>();
  const cache = new BlockCache({
    markCode: (frame) => marked.add(frame),
    unmarkCode: (frame) => marked.delete(frame),
  });
  for (const [offset, bytes] of blocks) {
    const insn = new Instruction();
    insn.length = bytes;
    cache.add(blockOf(PAGE + offset, 32, [insn], [() => {}]), 32);
  }
  return { cache, marked };
}

describe('a write to a page of code', () => {
  test.each([
    // at    bytes  blocks left        why
    [0x00f,  1,     [0x010, 0x018],    'the byte in front'],
    [0x015,  3,     [0x010, 0x018],    'the gap between two'],
    [0x014,  1,     [0x018],           'the last byte of the first'],
    [0x014,  5,     [],                'across both'],
    [0x017,  2,     [0x010],           'the first byte of the second'],
    [0x020,  4,     [0x010, 0x018],    'behind all'],
  ])('at %i, %i bytes, leaves %j: %s', (at, bytes, left) => {
    const { cache } = cacheOf([0x010, 5], [0x018, 8]);
    cache.invalidate(PAGE + at, bytes, undefined);
    expect([0x010, 0x018].filter((offset) => cache.find(PAGE + offset, 32))).toEqual(left);
    expect(cache.dropped).toBe(2 - left.length);
  }); // biome-ignore format: a table.

  test('what was covered twice stays covered, and the page is let go with its last block', () => {
    const { cache, marked } = cacheOf([0x010, 8], [0x014, 8]);
    cache.invalidate(PAGE + 0x011, 1, undefined);
    expect(cache.find(PAGE + 0x014, 32)).toBeDefined();
    expect([...marked]).toEqual([PAGE >> 12]);
    cache.invalidate(PAGE + 0x014, 1, undefined);
    expect(cache.find(PAGE + 0x014, 32)).toBeUndefined();
    expect([...marked]).toEqual([]);
  });

  test.each([
    // at    bytes  covered  why
    [0x008,  8,     false,   'in front'],
    [0x009,  8,     true,    'the first byte'],
    [0x015,  3,     false,   'the gap between two'],
    [0x014,  1,     true,    'a last byte'],
    [0x000,  64,    true,    'all of them'],
    [0xff8,  8,     false,   'the end of the page'],
  ])('at %i, %i bytes, would meet code: %s, %s', (at, bytes, covered) => {
    const { cache } = cacheOf([0x010, 5], [0x018, 8]);
    expect(cache.covers(PAGE + at, bytes)).toBe(covered);
    expect(cache.covers(PAGE + 0x1000 + at, bytes), 'in a page without blocks').toBe(false);
  }); // biome-ignore format: a table.

  test('tells when the running block was hit', () => {
    const { cache } = cacheOf([0x010, 8]);
    const running = cache.find(PAGE + 0x010, 32);
    expect(cache.invalidate(PAGE + 0x018, 1, running)).toBe(false);
    expect(cache.invalidate(PAGE + 0x017, 1, running)).toBe(true);
  });
});
