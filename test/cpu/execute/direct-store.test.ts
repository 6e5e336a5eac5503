import { expect, test } from 'vitest';
import { CR4_TSD } from '../../../src/isa/control.ts';
import { RAX, RBX, RCX, RDI, RDX } from '../../../src/isa/registers.ts';
import { RFLAGS_CF } from '../../../src/isa/rflags.ts';
import { VECTOR_GP, VECTOR_UD } from '../../../src/isa/vectors.ts';
import { STATE_CR4 } from '../../../src/state/layout.ts';
import { SystemHarness } from '../../support/system-harness.ts';

const AT = 0x30000;
const GP0 = { vector: VECTOR_GP, errorCode: 0 };
const UD = { vector: VECTOR_UD, errorCode: undefined };

test('MOVDIRI stores a register', () => {
  const m = new SystemHarness('long');
  m.setReg(RBX, AT);
  m.setReg(RAX, 0x12345678, 0x9abcdef0);
  m.execute(0x0f, 0x38, 0xf9, 0x03);
  expect([m.read32(AT), m.read32(AT + 4)]).toEqual([0x12345678, 0]);
  m.execute(0x48, 0x0f, 0x38, 0xf9, 0x03);
  expect([m.read32(AT), m.read32(AT + 4)]).toEqual([0x12345678, 0x9abcdef0]);
});

test('MOVDIR64B copies a line from anywhere to an aligned place', () => {
  const m = new SystemHarness('long');
  for (let i = 0; i < 16; i++) m.write32(AT + 4 + i * 4, 0x100 + i);
  m.setReg(RBX, AT + 4);
  m.setReg(RDI, AT + 0x1000);
  expect(m.execute(0x66, 0x0f, 0x38, 0xf8, 0x3b)).toBeUndefined();
  expect([m.read32(AT + 0x1000), m.read32(AT + 0x103c), m.read32(AT + 0x1040)]).toEqual([0x100, 0x10f, 0]);
  m.setReg(RDI, AT + 0x1020);
  expect(m.execute(0x66, 0x0f, 0x38, 0xf8, 0x3b)).toEqual(GP0);
});

test('CLZERO zeroes the line that RAX points into', () => {
  const m = new SystemHarness('long', 'zen2');
  for (const at of [AT - 4, AT, AT + 60, AT + 64]) m.write32(at, 7);
  m.setReg(RAX, AT + 33);
  expect(m.execute(0x0f, 0x01, 0xfc)).toBeUndefined();
  expect([AT - 4, AT, AT + 60, AT + 64].map((at) => m.read32(at))).toEqual([7, 0, 0, 7]);
  expect(new SystemHarness('long', 'skylake').execute(0x0f, 0x01, 0xfc)).toEqual(UD);
});

test('RDPRU reads MPERF and APERF, tells of others by CF, and is #UD for users with CR4.TSD', () => {
  const read = (mode: 'long' | 'long-user', index: number, cr4 = 0) => {
    const m = new SystemHarness(mode, 'zen2');
    m.tsc = 1234;
    m.setWord(STATE_CR4, m.word(STATE_CR4) | cr4);
    m.setReg(RCX, index);
    return m.execute(0x0f, 0x01, 0xfd) ?? [m.reg(RAX), m.reg(RDX), m.core.flags.read() & RFLAGS_CF];
  };
  expect([read('long', 0), read('long-user', 1), read('long', 2)]).toEqual([
    [1234, 0, 1],
    [1234, 0, 1],
    [0, 0, 0],
  ]);
  expect([read('long', 0, CR4_TSD), read('long-user', 0, CR4_TSD)]).toEqual([[1234, 0, 1], UD]);
});

test('MONITORX and MWAITX are there for users, with extensions that exist', () => {
  const m = new SystemHarness('long-user', 'zen2');
  m.setReg(RAX, AT);
  m.setReg(RCX, 0);
  expect(m.execute(0x0f, 0x01, 0xfa)).toBeUndefined();
  m.setReg(RCX, 3);
  expect([m.execute(0x0f, 0x01, 0xfb), m.execute(0x0f, 0x01, 0xfa)]).toEqual([undefined, GP0]);
  m.setReg(RCX, 4);
  expect(m.execute(0x0f, 0x01, 0xfb)).toEqual(GP0);
});
