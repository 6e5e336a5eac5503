import { expect, test } from 'vitest';
import { CR4_VME } from '../../../src/isa/control.ts';
import { RFLAGS_IOPL, RFLAGS_OF, RFLAGS_VM } from '../../../src/isa/rflags.ts';
import { VECTOR_BP, VECTOR_DB, VECTOR_GP, VECTOR_OF, VECTOR_UD } from '../../../src/isa/vectors.ts';
import { SOURCE_INT_N, SOURCE_INT1, SOURCE_SOFTWARE_EXCEPTION } from '../../../src/state/faults.ts';
import { STATE_CR4 } from '../../../src/state/layout.ts';
import { SystemHarness } from '../../support/system-harness.ts';

test.each([
  ['INT 80h', [0xcd, 0x80], 0x80, SOURCE_INT_N, 2],
  ['INT3', [0xcc], VECTOR_BP, SOURCE_SOFTWARE_EXCEPTION, 1],
  ['INT 3', [0xcd, 3], VECTOR_BP, SOURCE_INT_N, 2],
  ['INT1', [0xf1], VECTOR_DB, SOURCE_INT1, 1],
  ['INTO', [0xce], VECTOR_OF, SOURCE_SOFTWARE_EXCEPTION, 1],
])('%s leaves as a software interrupt', (_name, bytes, vector, source, length) => {
  const m = new SystemHarness('protected');
  m.setFlags(RFLAGS_OF);
  expect(m.execute(...bytes)).toEqual({ vector, errorCode: undefined });
  expect([m.core.fault.source, m.core.fault.length]).toEqual([source, length]);
});

test('INTO does nothing without OF and does not exist in 64-bit mode', () => {
  expect(new SystemHarness('protected').execute(0xce)).toBeUndefined();
  expect(new SystemHarness('long').execute(0xce)).toEqual({ vector: VECTOR_UD, errorCode: undefined });
});

test('INT n in virtual-8086 mode needs IOPL 3 or VME; INT3 needs neither', () => {
  const m = new SystemHarness('v86');
  expect(m.execute(0xcd, 0x10)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  expect(m.execute(0xcc)?.vector).toBe(VECTOR_BP);
  m.setFlags(RFLAGS_VM | RFLAGS_IOPL);
  expect(m.execute(0xcd, 0x10)?.vector).toBe(0x10);
  m.setFlags(RFLAGS_VM);
  m.setWord(STATE_CR4, CR4_VME);
  expect(m.execute(0xcd, 0x10)?.vector).toBe(0x10);
});
