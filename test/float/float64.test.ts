import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FLOAT_IE, FLOAT_PE, FloatEnv } from '../../src/float/env.ts';
import { add64, divide64, fused64, multiply64, squareRoot64, subtract64 } from '../../src/float/float64.ts';
import { Lanes } from '../../src/float/lanes.ts';
import { replaySse } from './replay-sse.ts';

test('the vectors of a real processor, singles, halves and conversions included', () => {
  const lines = readFileSync('test/vectors/float/sse.txt', 'utf8').trimEnd().split('\n');
  expect(lines.length).toBe(7000);
  expect(lines.map(replaySse).filter((mismatch) => mismatch !== undefined)).toEqual([]);
});

const lanes = new Lanes(new ArrayBuffer(64));
const env = new FloatEnv();

/** Once looking for PE, once with PE sticky: the same result. */
test.each([
  ['add', add64, 0.1, 0.2, false],
  ['add', add64, 0.5, 0.25, true],
  ['subtract', subtract64, 1, 2 ** -54, false],
  ['multiply', multiply64, 2 ** 27 + 1, 2 ** 26 - 1, true],
  ['multiply', multiply64, 2 ** 27 + 1, 2 ** 27 - 1, false],
  ['divide', divide64, 1, 3, false],
  ['divide', divide64, 15, 3, true],
] as const)('%s finds whether it was exact: %#', (_name, operation, a, b, exact) => {
  lanes.doubles[0] = a;
  lanes.doubles[1] = b;
  env.loadMxcsr(0x1f80);
  operation(lanes, 0, 2, 4, env);
  expect((env.flags & FLOAT_PE) === 0).toBe(exact);
  env.loadMxcsr(0x1f80 | FLOAT_PE);
  operation(lanes, 0, 2, 6, env);
  expect(lanes.doubles[3]).toBe(lanes.doubles[2]);
});

test('an unmasked exception leaves the lane alone', () => {
  lanes.doubles[0] = -1;
  lanes.doubles[1] = 42;
  env.loadMxcsr(0x1f00);
  squareRoot64(lanes, 0, 2, env);
  expect([lanes.doubles[1], env.flags]).toEqual([42, FLOAT_IE]);
});

test('one lane’s unmasked invalid operation hides the other’s rounding', () => {
  lanes.doubles.set([1, 0, 3, 0]);
  env.loadMxcsr(0x1f00);
  divide64(lanes, 0, 4, 8, env);
  divide64(lanes, 2, 6, 10, env);
  expect([env.flags, env.simdFlags()]).toEqual([FLOAT_IE | FLOAT_PE, FLOAT_IE]);
});

test('a fused product is not rounded before it is added', () => {
  lanes.doubles.set([1 + 2 ** -52, 1 - 2 ** -52, -1]);
  env.loadMxcsr(0x1f80);
  fused64(lanes, 0, 2, 4, 0, 6, env);
  expect([lanes.doubles[3], env.flags]).toEqual([-(2 ** -104), 0]);
});
