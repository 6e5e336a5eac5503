/**
 * The decoder against iced-x86: every opcode byte of every map, with a selection of ModRM bytes and prefixes, in the
 * three code sizes, and random bytes. `npm run test:decoder` takes more of each.
 */
import { describe, expect, test } from 'vitest';
import {
  DENSE_MODRM,
  legacy,
  MODRM,
  PREFIXES,
  RandomStrings,
  REX_PREFIXES,
  vex,
  withdrawn,
} from './iced-corpus.ts';
import { Comparison, pack, SLOT } from './iced-differences.ts';

function differencesIn(cases: readonly number[][], codeSize: 16 | 32 | 64): Map<string, string> {
  const comparison = new Comparison();
  comparison.compare(pack(cases), cases.length, codeSize);
  return comparison.found;
}

describe.each([16, 32, 64] as const)('%i-bit code decodes as iced-x86 decodes it', (codeSize) => {
  test('every opcode, some ModRM bytes, many prefixes', () => {
    const prefixes = codeSize === 64 ? [...PREFIXES, ...REX_PREFIXES] : PREFIXES;
    expect(differencesIn(legacy(MODRM, prefixes), codeSize)).toEqual(new Map());
  }, 60_000);

  test('every opcode, most ModRM bytes', () => {
    expect(differencesIn(legacy(DENSE_MODRM, [[]]), codeSize)).toEqual(new Map());
  }, 60_000);

  test('VEX', () => {
    expect(differencesIn(vex(), codeSize)).toEqual(new Map());
  }, 60_000);

  test('3DNow!, XOP and EVEX are no instructions', () => {
    expect(differencesIn(withdrawn(), codeSize)).toEqual(new Map());
  }, 60_000);

  test('random bytes', () => {
    const bytes = new Uint8Array(30_000 * SLOT);
    new RandomStrings(0x2545f491).fill(bytes);
    const comparison = new Comparison();
    comparison.compare(bytes, 30_000, codeSize);
    expect(comparison.found).toEqual(new Map());
  }, 60_000);
});
