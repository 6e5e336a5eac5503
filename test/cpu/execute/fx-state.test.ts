import { expect, test } from 'vitest';
import { CR0_EM, CR0_MP, CR0_NE, CR0_TS, CR4_OSFXSR } from '../../../src/isa/control.ts';
import { RAX, RBX } from '../../../src/isa/registers.ts';
import { VECTOR_GP, VECTOR_MF, VECTOR_NM, VECTOR_PF, VECTOR_UD } from '../../../src/isa/vectors.ts';
import {
  STATE_CR0,
  STATE_CR4,
  STATE_FCW,
  STATE_FSW,
  STATE_FTW,
  STATE_MXCSR,
  STATE_X87,
  STATE_YMM,
} from '../../../src/state/layout.ts';
import { type StartMode, SystemHarness } from '../../support/system-harness.ts';

const AT = 0x30000;
const FXSAVE = [0x0f, 0xae, 0x03];
const FXRSTOR = [0x0f, 0xae, 0x0b];
const LDMXCSR = [0x0f, 0xae, 0x13];
const WAIT = [0x9b];
const FNINIT = [0xdb, 0xe3];

function machine(mode: StartMode = 'protected', cr0 = 0, cr4 = CR4_OSFXSR): SystemHarness {
  const m = new SystemHarness(mode);
  m.setWord(STATE_CR0, m.word(STATE_CR0) | cr0);
  m.setWord(STATE_CR4, m.word(STATE_CR4) | cr4);
  m.setReg(RBX, AT);
  return m;
}

test.each([
  // instruction      CR0                 CR4         vector
  ['FNINIT',  FNINIT,  CR0_TS,            CR4_OSFXSR, VECTOR_NM],
  ['FNINIT',  FNINIT,  CR0_EM,            CR4_OSFXSR, VECTOR_NM],
  ['WAIT',    WAIT,    CR0_TS,            CR4_OSFXSR, undefined],
  ['WAIT',    WAIT,    CR0_TS | CR0_MP,   CR4_OSFXSR, VECTOR_NM],
  ['FXSAVE',  FXSAVE,  CR0_TS,            CR4_OSFXSR, VECTOR_NM],
  ['LDMXCSR', LDMXCSR, 0,                 0,          VECTOR_UD],
  ['LDMXCSR', LDMXCSR, CR0_EM | CR0_TS,   CR4_OSFXSR, VECTOR_UD],
  ['LDMXCSR', LDMXCSR, CR0_TS,            CR4_OSFXSR, VECTOR_NM],
])('%s', (_name, bytes, cr0, cr4, vector) => {
  expect(machine('protected', cr0, cr4).execute(...bytes)?.vector).toBe(vector);
}); // biome-ignore format: a table.

test('FXSAVE and FXRSTOR round, stack order from TOP, sixteen XMM registers in 64-bit mode', () => {
  const m = machine('long');
  m.setWord(STATE_FCW, 0x27f);
  m.setWord(STATE_FSW, 6 << 11);
  m.setWord(STATE_X87 + 6 * 16, 0x1234);
  m.setWord(STATE_X87 + 6 * 16 + 8, 0x3fff);
  m.setWord(STATE_YMM + 15 * 32, 0x5678);
  expect(m.execute(...FXSAVE)).toBeUndefined();
  expect([m.read32(AT), m.read32(AT + 24), m.read32(AT + 28)]).toEqual([0x3000027f, 0x1f80, 0xffff]);
  expect([m.read32(AT + 32), m.read32(AT + 40), m.read32(AT + 160 + 15 * 16)]).toEqual([
    0x1234, 0x3fff, 0x5678,
  ]);
  m.setWord(STATE_YMM + 15 * 32, 0);
  m.setWord(STATE_X87 + 6 * 16, 0);
  expect(m.execute(...FXRSTOR)).toBeUndefined();
  expect([m.word(STATE_YMM + 15 * 32), m.word(STATE_X87 + 6 * 16), m.word(STATE_FCW)]).toEqual([
    0x5678, 0x1234, 0x27f,
  ]);
});

test('the area is aligned, mapped, and MXCSR has no reserved bit', () => {
  const m = machine('long');
  m.setReg(RBX, AT + 8);
  expect(m.execute(...FXSAVE)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  m.setReg(RBX, 0x200000 - 256);
  expect(m.execute(...FXSAVE)?.vector).toBe(VECTOR_PF);
  m.setReg(RBX, AT);
  m.write32(AT + 24, 0x10000);
  expect(m.execute(...FXRSTOR)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  m.write32(AT, 0x10000);
  expect(m.execute(...LDMXCSR)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  expect(m.word(STATE_MXCSR)).toBe(0x1f80);
});

test('control words', () => {
  const m = machine('protected', CR0_NE);
  m.execute(...FNINIT);
  expect([m.word(STATE_FCW), m.word(STATE_FSW)]).toEqual([0x37f, 0]);
  m.setWord(STATE_FSW, 0x3801);
  m.execute(0xdf, 0xe0); // fnstsw ax
  expect(m.reg(RAX)).toBe(0x3801);
  m.write16(AT, 0x37e);
  m.execute(0xd9, 0x2b); // fldcw: unmasks what is flagged
  expect(m.word(STATE_FSW)).toBe(0xb881);
  expect(m.execute(...WAIT)).toEqual({ vector: VECTOR_MF, errorCode: undefined });
  m.execute(0xdb, 0xe2); // fnclex
  expect(m.execute(...WAIT)).toBeUndefined();
});

test('EMMS empties the registers and takes TOP to 0, as an AMD EPYC 7003 does', () => {
  const m = machine('long');
  m.setWord(STATE_FSW, 5 << 11);
  m.setWord(STATE_FTW, 0xff);
  expect(m.execute(0x0f, 0x77)).toBeUndefined();
  expect([m.word(STATE_FSW), m.word(STATE_FTW)]).toEqual([0, 0]);
});
