import { expect, test } from 'vitest';
import { PENDING_SINGLE_STEP } from '../../../src/cpu/execute/core.ts';
import { CR4_DE, DR6_BD, DR7_GD } from '../../../src/isa/control.ts';
import { RAX } from '../../../src/isa/registers.ts';
import { VECTOR_DB, VECTOR_GP, VECTOR_UD } from '../../../src/isa/vectors.ts';
import { STATE_CR4, STATE_DR6, STATE_DR7 } from '../../../src/state/layout.ts';
import { CODE0, gate, SystemHarness } from '../../support/system-harness.ts';

const toDr = (n: number) => [0x0f, 0x23, 0xc0 | (n << 3)];
const fromDr = (n: number) => [0x0f, 0x21, 0xc0 | (n << 3)];

test('fixed bits of DR6 and DR7; DR4 and DR5 are aliases without CR4.DE', () => {
  const m = new SystemHarness('protected');
  m.setReg(RAX, -1);
  m.execute(...toDr(4));
  m.execute(...toDr(5));
  expect([m.word(STATE_DR6) >>> 0, m.word(STATE_DR7) >>> 0]).toEqual([0xffffefff, 0xffff27ff]);
  // R/W = 11 everywhere: accesses are watched, and nothing stops at instructions.
  expect([m.core.pending & PENDING_SINGLE_STEP, m.core.watchesAccesses]).toEqual([0, true]);
  m.setWord(STATE_DR7, 0x400); // GD off again.
  m.setReg(RAX, 0x402);
  m.execute(...toDr(5));
  expect([m.core.pending & PENDING_SINGLE_STEP, m.core.watchesAccesses]).toEqual([
    PENDING_SINGLE_STEP,
    false,
  ]);
  m.setWord(STATE_DR7, 0x400);
  m.setWord(STATE_CR4, CR4_DE);
  expect(m.execute(...fromDr(5))).toEqual({ vector: VECTOR_UD, errorCode: undefined });
});

test('level 0 only, and the upper word of DR6 and DR7 is reserved', () => {
  expect(new SystemHarness('user').execute(...fromDr(0))).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  const m = new SystemHarness('long');
  m.setReg(RAX, 0, 1);
  expect(m.execute(...toDr(7))).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  expect(m.execute(...toDr(3))).toBeUndefined();
});

test('general detect is a #DB fault with BD, and delivery clears GD', () => {
  const m = new SystemHarness('protected');
  m.vector(VECTOR_DB, gate(CODE0, 0x12340, 0x8e));
  m.setWord(STATE_DR7, 0x400 | DR7_GD);
  m.step(...fromDr(0));
  expect(m.word(STATE_DR6) & DR6_BD).not.toBe(0);
  expect(m.word(STATE_DR7)).toBe(0x400);
  expect(m.read32(m.rsp + 8)).toBe(0x10002);
});
