import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { replayTranscendental } from './replay-transcendental.ts';

test('results within the manual’s bound, special cases and exceptions as a real processor has them', () => {
  const lines = readFileSync('test/vectors/float/transcendental.txt', 'utf8').trimEnd().split('\n');
  expect(lines.length).toBe(800);
  expect(lines.map(replayTranscendental).filter((mismatch) => mismatch !== undefined)).toEqual([]);
});
