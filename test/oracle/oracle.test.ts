import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { acceptApproximations } from './approximate.ts';
import { differences } from './compare.ts';
import { makePattern } from './generate.ts';
import { Guest } from './guest.ts';
import { copyOutcome, emptyOutcome } from './protocol.ts';
import { Random } from './random.ts';
import { caseText, outcomeText, parseVector } from './text.ts';
import { UNDEFINED_FLAGS } from './undefined.ts';

/** Cases that once went wrong, as the processor of a host answered them: on both tiers, without that processor. */
const LINES = readFileSync(join(import.meta.dirname, '../vectors/oracle.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

describe('vectors that the oracle has kept', () => {
  const guests = new Map<string, Guest>();
  const guestOf = (vendor: string) => {
    const guest = guests.get(vendor) ?? new Guest(vendor);
    guests.set(vendor, guest);
    return guest;
  };

  test('there are some', () => {
    expect(LINES.length).toBeGreaterThan(0);
  });

  test.each(LINES.map((line) => [line.split(' | ').slice(0, 2).join(' '), line]))('%s', (_, line) => {
    const { case: c, outcome, patternSeed, vendor } = parseVector(line!);
    const guest = guestOf(vendor);
    guest.setPattern(makePattern(new Random(patternSeed)));
    const ours = guest.run(c, emptyOutcome());
    expect(ours.isTainted).toBe(false);
    const close = copyOutcome(ours, emptyOutcome());
    acceptApproximations(c, outcome, close);
    expect(differences(c, outcome, close, ours.undefined)).toEqual([]);
    const compiled = guest.runCompiled(c, guest.blockOf(c), emptyOutcome());
    expect(differences(c, ours, compiled, 0)).toEqual([]);
  });

  test('a line read and written is the same line', () => {
    for (const line of LINES) {
      const { case: c, outcome, patternSeed, vendor } = parseVector(line);
      expect(`${caseText(c, patternSeed, vendor)} | ${outcomeText(c, outcome)}`).toBe(line);
    }
  });
});

test('every set of undefined flags cites its page of the manual', () => {
  for (const [ops, , citation] of UNDEFINED_FLAGS) {
    expect(citation, String(ops)).toMatch(/^Vol\. 2[A-D], ".*undefined/);
  }
});
