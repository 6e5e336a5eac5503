import { expect, test } from 'vitest';
import { resetCore } from '../../src/cpu/reset.ts';
import { CS, RDX, TR } from '../../src/isa/registers.ts';
import { STATE_CR0, STATE_DR6, STATE_DR7, STATE_MXCSR } from '../../src/state/layout.ts';
import { SystemHarness } from '../support/system-harness.ts';

test('the state after power-up', () => {
  const m = new SystemHarness('long');
  resetCore(m.core);
  expect([m.rip, m.selector(CS), m.core.state.baseLo(CS) >>> 0]).toEqual([0xfff0, 0xf000, 0xffff0000]);
  expect([m.word(STATE_CR0) >>> 0, m.core.flags.read(), m.core.state.mode()]).toEqual([
    0x60000010,
    2,
    'real',
  ]);
  expect([m.word(STATE_DR6) >>> 0, m.word(STATE_DR7), m.word(STATE_MXCSR)]).toEqual([
    0xffff0ff0, 0x400, 0x1f80,
  ]);
  expect((m.core.state.attributes(TR) >> 8) & 15).toBe(0xb); // A busy 32-bit TSS, as QEMU and Bochs have it.
  expect(m.reg(RDX)).toBe(0x806f8);
});
