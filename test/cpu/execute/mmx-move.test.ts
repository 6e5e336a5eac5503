import { expect, test } from 'vitest';
import * as mmx from '../../../src/cpu/execute/mmx-move.ts';
import * as add from '../../../src/cpu/execute/vector-integer-add.ts';
import { STATE_FSW, STATE_FTW, STATE_X87 } from '../../../src/state/layout.ts';
import { VectorHarness } from '../../support/vector-harness.ts';

test('an MMX write makes all tags valid, TOP 0, and the exponent all ones', () => {
  const h = new VectorHarness(mmx, add);
  const { words } = h.core;
  words[STATE_FSW >> 2] = 3 << 11;
  h.set('rax', 0x0102030405060708n);
  h.run(0x48, 0x0f, 0x6e, 0xd0); // movq mm2, rax
  h.run(0x0f, 0xfc, 0xd2); // paddb mm2, mm2
  expect([words[STATE_FTW >> 2], words[STATE_FSW >> 2], words[(STATE_X87 + 2 * 16 + 8) >> 2]]).toEqual([
    0xff, 0, 0xffff,
  ]);
  h.run(0x48, 0x0f, 0x7e, 0xd1); // movq rcx, mm2
  expect(h.get('rcx')).toBe(0x020406080a0c0e10n);
});

test('a pending x87 exception is #MF', () => {
  const h = new VectorHarness(mmx);
  h.core.words[STATE_FSW >> 2] = 0x80;
  expect(h.run(0x0f, 0x6f, 0xc1)).toBe('#MF');
});
