import { describe, expect, test } from 'vitest';
import * as branch from '../../../src/cpu/execute/branch.ts';
import * as conditionalMove from '../../../src/cpu/execute/conditional-move.ts';
import * as set from '../../../src/cpu/execute/set.ts';
import { RFLAGS_AF, RFLAGS_CF, RFLAGS_OF, RFLAGS_PF, RFLAGS_SF, RFLAGS_ZF } from '../../../src/isa/rflags.ts';
import { CODE, CoreHarness } from '../../support/core-harness.ts';

/** SDM Vol. 1, "EFLAGS Condition Codes", row by row. */
const CONDITIONS: [name: string, holds: (is: (flag: number) => boolean) => boolean][] = [
  ['O',   (is) => is(RFLAGS_OF)],
  ['NO',  (is) => !is(RFLAGS_OF)],
  ['B',   (is) => is(RFLAGS_CF)],
  ['NB',  (is) => !is(RFLAGS_CF)],
  ['Z',   (is) => is(RFLAGS_ZF)],
  ['NZ',  (is) => !is(RFLAGS_ZF)],
  ['BE',  (is) => is(RFLAGS_CF) || is(RFLAGS_ZF)],
  ['NBE', (is) => !is(RFLAGS_CF) && !is(RFLAGS_ZF)],
  ['S',   (is) => is(RFLAGS_SF)],
  ['NS',  (is) => !is(RFLAGS_SF)],
  ['P',   (is) => is(RFLAGS_PF)],
  ['NP',  (is) => !is(RFLAGS_PF)],
  ['L',   (is) => is(RFLAGS_SF) !== is(RFLAGS_OF)],
  ['NL',  (is) => is(RFLAGS_SF) === is(RFLAGS_OF)],
  ['LE',  (is) => is(RFLAGS_ZF) || is(RFLAGS_SF) !== is(RFLAGS_OF)],
  ['NLE', (is) => !is(RFLAGS_ZF) && is(RFLAGS_SF) === is(RFLAGS_OF)],
]; // biome-ignore format: the manual's table.

const FLAGS = [RFLAGS_CF, RFLAGS_PF, RFLAGS_AF, RFLAGS_ZF, RFLAGS_SF, RFLAGS_OF];
const ALL_STATUS = Array.from({ length: 64 }, (_, n) =>
  FLAGS.reduce((sum, flag, i) => sum | ((n >> i) & 1 ? flag : 0), 0),
);
const harness = new CoreHarness('64-bit', branch, conditionalMove, set);

describe.each(CONDITIONS.map(([name, holds], code) => ({ name, holds, code })))(
  'condition $name',
  ({ holds, code }) => {
    const expected = (rflags: number) => holds((flag) => (rflags & flag) !== 0);

    test('SETcc under all 64 combinations of flags', () => {
      for (const rflags of ALL_STATUS) {
        harness.set('rip', CODE);
        harness.set('rax', -1n);
        harness.status = rflags;
        harness.run(0x0f, 0x90 + code, 0xc0);
        expect(harness.get('rax') & 0xffn).toBe(expected(rflags) ? 1n : 0n);
        expect(harness.status).toBe(rflags);
      }
    });

    test('Jcc, short and near', () => {
      for (const rflags of ALL_STATUS) {
        harness.status = rflags;
        harness.set('rip', CODE);
        harness.run(0x70 + code, 0x10);
        expect(harness.get('rip')).toBe(BigInt(CODE + 2 + (expected(rflags) ? 0x10 : 0)));
        harness.set('rip', CODE);
        harness.run(0x0f, 0x80 + code, 0x00, 0xf0, 0xff, 0xff);
        expect(harness.get('rip')).toBe(BigInt(CODE + 6 - (expected(rflags) ? 0x1000 : 0)));
      }
    });

    test('CMOVcc in three sizes', () => {
      for (const rflags of ALL_STATUS) {
        const moves = expected(rflags);
        harness.status = rflags;
        harness.set('rdx', 0x1111_2222_3333_4444n);
        for (const [prefix, moved, kept] of [
          [0x66, 0xffff_ffff_ffff_4444n, 0xffff_ffff_ffff_ffffn],
          [0x40, 0x3333_4444n, 0xffff_ffffn],
          [0x48, 0x1111_2222_3333_4444n, 0xffff_ffff_ffff_ffffn],
        ] as const) {
          harness.set('rip', CODE);
          harness.set('rax', -1n);
          harness.run(prefix, 0x0f, 0x40 + code, 0xc2);
          expect(harness.get('rax')).toBe(moves ? moved : kept);
        }
      }
    });
  },
);

test('CMOVcc reads its source, and faults, whatever the condition', () => {
  harness.set('rip', CODE);
  harness.page(0x9000, false, false);
  harness.set('rbx', 0x9000);
  harness.status = 0;
  expect(harness.run(0x0f, 0x44, 0x03)).toBe('#PF(0)');
});
