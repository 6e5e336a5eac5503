import { describe, expect, test } from 'vitest';
import { CR0_EM, CR0_MP, CR0_NE, CR0_TS, CR4_OSFXSR, EFER_FFXSR } from '../../../src/isa/control.ts';
import { RAX, RBX } from '../../../src/isa/registers.ts';
import { VECTOR_GP, VECTOR_MF, VECTOR_NM, VECTOR_PF, VECTOR_UD } from '../../../src/isa/vectors.ts';
import {
  STATE_CR0,
  STATE_CR4,
  STATE_EFER,
  STATE_FCW,
  STATE_FIP,
  STATE_FOP,
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

function machine(mode: StartMode = 'protected', cr0 = 0, cr4 = CR4_OSFXSR, model = 'max'): SystemHarness {
  const m = new SystemHarness(mode, model);
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

describe('FOP, FIP and FDP', () => {
  const OLD = 0x55555555;
  /** What FXSAVE stores at offsets 4 and 8, over `OLD`, without and with an unmasked exception. */
  const saved = (model: string, fsw: number) => {
    const m = machine('long', 0, CR4_OSFXSR, model);
    m.setWord(STATE_FSW, fsw);
    m.setWord(STATE_FTW, 0);
    m.setWord(STATE_FOP, 0x123);
    m.setWord(STATE_FIP, 0x4567);
    m.write32(AT + 4, OLD, OLD);
    m.execute(...FXSAVE);
    return [m.read32(AT + 4), m.read32(AT + 8)];
  };
  const ES = 0x8081;

  test.each([
    // model     nothing pending             an exception pending
    ['skylake', [0x01230000, 0x4567],       [0x01230000, 0x4567]],
    ['zen2',    [0, 0],                     [0x01230000, 0x4567]],
    ['qemu64',  [OLD & 0xffff0000, OLD],    [0x01230000, 0x4567]],
  ])('%s saves', (model, idle, pending) => {
    expect([saved(model, 0), saved(model, ES)]).toEqual([idle, pending]);
  }); // biome-ignore format: a table.

  test.each([['skylake', 0x4567, 0x4567], ['zen2', 0x4567, 0x4567], ['qemu64', 0x1111, 0x4567]])('%s restores', (model, idle, pending) => {
    const restored = (fsw: number) => {
      const m = machine('long', 0, CR4_OSFXSR, model);
      m.setWord(STATE_FIP, 0x1111);
      m.write32(AT, 0x37e | (fsw << 16), 0, 0x4567, 0, 0, 0, 0x1f80);
      expect(m.execute(...FXRSTOR)).toBeUndefined();
      return m.word(STATE_FIP);
    };
    expect([restored(0), restored(ES)]).toEqual([idle, pending]);
  }); // biome-ignore format: a table.
});

test('EFER.FFXSR leaves out the XMM registers, in privileged 64-bit code', () => {
  const saves = (mode: StartMode, efer: number) => {
    const m = machine(mode, 0, CR4_OSFXSR, 'zen2');
    m.setWord(STATE_EFER, m.word(STATE_EFER) | efer);
    m.setWord(STATE_YMM, 0x1234);
    m.execute(...FXSAVE);
    return [m.read32(AT + 160) === 0x1234, m.read32(AT + 24)];
  };
  expect([saves('long', 0), saves('long', EFER_FFXSR), saves('long-user', EFER_FFXSR)]).toEqual([
    [true, 0x1f80],
    [false, 0x1f80],
    [true, 0x1f80],
  ]);
});

test('MXCSR.MM is a bit of AMD processors, and allows misaligned operands', () => {
  const add = (model: string, mxcsr: number) => {
    const m = machine('long', 0, CR4_OSFXSR, model);
    m.core.controlChanged();
    m.write32(AT, mxcsr);
    const refused = m.execute(...LDMXCSR);
    m.setReg(RBX, AT + 4);
    return [
      refused?.vector,
      m.execute(0x66, 0x0f, 0xfe, 0x03)?.vector,
      m.execute(0x66, 0x0f, 0x6f, 0x03)?.vector,
    ]; // paddd, movdqa
  };
  expect(add('skylake', 0x21f80)).toEqual([VECTOR_GP, VECTOR_GP, VECTOR_GP]);
  expect(add('zen2', 0x1f80)).toEqual([undefined, VECTOR_GP, VECTOR_GP]);
  expect(add('zen2', 0x21f80)).toEqual([undefined, undefined, VECTOR_GP]);
});

test('FOP without an exception: AMD keeps the opcode of every x87 instruction, Intel none', () => {
  const fop = (model: string) => {
    const m = machine('long', 0, CR4_OSFXSR, model);
    m.execute(...FNINIT);
    m.execute(0xd9, 0xe8); // FLD1
    return m.word(STATE_FOP);
  };
  expect([fop('skylake'), fop('zen2')]).toEqual([0, 0x1e8]);
});
