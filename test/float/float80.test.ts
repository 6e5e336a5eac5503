import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FLOAT_ALL, FLOAT_DE, FLOAT_IE, FLOAT_OE, FLOAT_PE, FloatEnv } from '../../src/float/env.ts';
import { add80, examine80, multiply80, scale80 } from '../../src/float/float80.ts';
import { loadSingle80, storeInteger80 } from '../../src/float/float80-convert.ts';
import { Unpacked, unpack80 } from '../../src/float/unpacked.ts';
import { replayX87 } from './replay-x87.ts';

const env = new FloatEnv();
const source = new Unpacked();

/** Registers from `sign-exponent:significand` texts, four words each. */
function registers(...texts: string[]): Int32Array {
  const words = new Int32Array(texts.length * 4);
  texts.forEach((text, i) => {
    const [top, significand] = text.split(':') as [string, string];
    words.set(
      [significand.slice(8), significand.slice(0, 8), top].map((t) => Number.parseInt(t, 16)),
      i * 4,
    );
  });
  return words;
}

function text(words: Int32Array, i: number): string {
  const hex = (value: number, count: number) => (value >>> 0).toString(16).padStart(count, '0');
  return `${hex(words[i + 2]! & 0xffff, 4)}:${hex(words[i + 1]!, 8)}${hex(words[i]!, 8)}`;
}

test('the vectors of a real processor', () => {
  const lines = readFileSync('test/vectors/float/x87.txt', 'utf8').trimEnd().split('\n');
  expect(lines.length).toBe(3600);
  expect(lines.map(replayX87).filter((mismatch) => mismatch !== undefined)).toEqual([]);
});

describe('masked and unmasked exceptions', () => {
  test('an unmasked invalid operation leaves the destination as it was', () => {
    const words = registers('7fff:8000000000000000', 'ffff:8000000000000000');
    env.loadControlWord(0x37e);
    unpack80(words, 4, source);
    add80(words, 0, source, 0, env);
    expect([text(words, 0), env.flags, env.stopsBefore()]).toEqual(['7fff:8000000000000000', FLOAT_IE, true]);
  });

  test('unmasked overflow scales the result down by 2^24576', () => {
    const words = registers('7ffe:8000000000000000');
    env.loadControlWord(0x37f & ~FLOAT_OE);
    unpack80(words, 0, source);
    multiply80(words, 0, source, 0, env);
    expect([text(words, 0), env.flags]).toEqual([`5ffd:8000000000000000`, FLOAT_OE]);
  });

  test('a scale far beyond even that overflows to infinity', () => {
    const words = registers('3fff:8000000000000000', '7ffe:8000000000000000');
    env.loadControlWord(0x37f & ~FLOAT_OE);
    unpack80(words, 4, source);
    scale80(words, 0, source, 0, env);
    expect([text(words, 0), env.flags]).toEqual(['7fff:8000000000000000', FLOAT_OE | FLOAT_PE]);
  });

  test.each([
    [false, '1234:8000000000000000', 'Intel: an unmasked denormal is not loaded'],
    [true, '3f6a:8000000000000000', 'AMD: it is'],
  ])('denormalLoadCompletes %s leaves %s (%s)', (completes, expected) => {
    const intel = new FloatEnv();
    intel.denormalLoadCompletes = completes;
    intel.loadControlWord(0x37f & ~FLOAT_DE);
    const words = registers('1234:8000000000000000');
    loadSingle80(1, words, 0, intel);
    expect([text(words, 0), intel.flags]).toEqual([expected, FLOAT_DE]);
  });
});

test('FXAM tells the classes apart', () => {
  // biome-ignore format: a table.
  const classes: [string, number][] = [
    ['3fff:0000000000000001', 0], ['7fff:c000000000000000', 1], ['3fff:8000000000000000', 2],
    ['ffff:8000000000000000', 3], ['8000:0000000000000000', 4], ['0000:0000000000000001', 6],
  ];
  for (const [value, code] of classes) expect([value, examine80(registers(value), 0)]).toEqual([value, code]);
});

test('FISTP of 2^63 is the integer indefinite, of -2^63 a number', () => {
  const result = new Int32Array(4);
  env.loadControlWord(0x300 | FLOAT_ALL);
  storeInteger80(registers('403e:8000000000000000'), 0, 64, false, result, env);
  expect([result[0], result[1], env.flags]).toEqual([0, -0x80000000, FLOAT_IE]);
  env.clear();
  storeInteger80(registers('c03e:8000000000000000'), 0, 64, false, result, env);
  expect([result[0], result[1], env.flags]).toEqual([0, -0x80000000, 0]);
});
