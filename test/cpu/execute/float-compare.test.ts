import { describe, expect, test } from 'vitest';
import * as compare from '../../../src/cpu/execute/float-compare.ts';
import { statusText } from '../../support/core-harness.ts';
import { FloatHarness } from '../../support/float-harness.ts';

const ONES = 0xffffffff;

describe('CMPPS xmm0, xmm1, imm8 of less, equal, greater, unordered', () => {
  test.each([
    // predicate  less  equal greater unordered  IE for the quiet NaN
    [0, /* EQ    */ [0,    ONES, 0,    0   ], 0],
    [1, /* LT    */ [ONES, 0,    0,    0   ], 1],
    [2, /* LE    */ [ONES, ONES, 0,    0   ], 1],
    [3, /* UNORD */ [0,    0,    0,    ONES], 0],
    [4, /* NEQ   */ [ONES, 0,    ONES, ONES], 0],
    [5, /* NLT   */ [0,    ONES, ONES, ONES], 1],
    [6, /* NLE   */ [0,    0,    ONES, ONES], 1],
    [7, /* ORD   */ [ONES, ONES, ONES, 0   ], 0],
  ])('predicate %i', (predicate, after, invalid) => {
    const h = new FloatHarness(compare);
    h.setSingles(0, 1, 2, 3, Number.NaN);
    h.setSingles(1, 2, 2, 2, 2);
    expect(h.run(0x0f, 0xc2, 0xc1, predicate)).toBeUndefined();
    expect(h.words(0, 4)).toEqual(after);
    expect(h.mxcsr).toBe(0x1f80 | invalid);
  }); // biome-ignore format: a table.

  test('VEX-encoded: 32 predicates, TRUE_UQ and GT_OS among them', () => {
    const h = new FloatHarness(compare);
    h.setSingles(0, 1, 2, 3, Number.NaN);
    h.setSingles(1, 2, 2, 2, 2);
    expect(h.run(0xc5, 0xf8, 0xc2, 0xd1, 0x0f)).toBeUndefined(); // vcmpps xmm2, xmm0, xmm1, TRUE_UQ
    expect(h.words(2, 4)).toEqual([ONES, ONES, ONES, ONES]);
    expect(h.run(0xc5, 0xf8, 0xc2, 0xd1, 0x0e)).toBeUndefined(); // GT_OS
    expect(h.words(2, 8)).toEqual([0, 0, ONES, 0, 0, 0, 0, 0]);
  });
});

describe('COMISD and UCOMISD xmm0, xmm1', () => {
  test.each([
    [1, 2, 'CF'],
    [2, 2, 'ZF'],
    [3, 2, ''],
    [Number.NaN, 2, 'CF PF ZF'],
  ])('%d with %d: %s', (a, b, flags) => {
    const h = new FloatHarness(compare);
    h.setDoubles(0, a);
    h.setDoubles(1, b);
    h.status = 0x8d5;
    expect(h.run(0x66, 0x0f, 0x2e, 0xc1)).toBeUndefined();
    expect(statusText(h.status)).toBe(flags);
    expect(h.mxcsr).toBe(0x1f80);
    h.status = 0x8d5;
    expect(h.run(0x66, 0x0f, 0x2f, 0xc1)).toBeUndefined();
    expect(statusText(h.status)).toBe(flags);
    expect(h.mxcsr).toBe(Number.isNaN(a) ? 0x1f81 : 0x1f80);
  });

  test('an unmasked exception leaves the flags', () => {
    const h = new FloatHarness(compare);
    h.setDoubles(0, Number.NaN);
    h.mxcsr = 0x1f00;
    h.status = 0x8d5;
    expect(h.run(0x66, 0x0f, 0x2f, 0xc1)).toBe('#XM');
    expect(h.status).toBe(0x8d5);
  });
});
