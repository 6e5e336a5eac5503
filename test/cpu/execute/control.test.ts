import { describe, expect, test } from 'vitest';
import {
  CR0_CD, CR0_ET, CR0_NE, CR0_NW, CR0_PE, CR0_PG, CR0_TS, CR0_WP, CR4_LA57, CR4_PAE, CR4_PCIDE, CR4_PSE, CR4_SMEP,
  CR4_UMIP, EFER_LMA, EFER_LME,
} from '../../../src/isa/control.ts'; // biome-ignore format: a list of nouns.
import { RAX } from '../../../src/isa/registers.ts';
import { VECTOR_GP, VECTOR_UD } from '../../../src/isa/vectors.ts';
import { STATE_CR0, STATE_CR3, STATE_CR4, STATE_CR8, STATE_EFER } from '../../../src/state/layout.ts';
import { SystemHarness } from '../../support/system-harness.ts';

const GP0 = { vector: VECTOR_GP, errorCode: 0 };
const UD = { vector: VECTOR_UD, errorCode: undefined };
/** mov crN, eax (rax). */
const toCr = (n: number) => [0x0f, 0x22, 0xc0 | (n << 3)];
const fromCr = (n: number) => [0x0f, 0x20, 0xc0 | (n << 3)];

function writing(m: SystemHarness, n: number, lo: number, hi = 0) {
  m.setReg(RAX, lo, hi);
  return m.execute(...toCr(n));
}

describe('MOV to CR0', () => {
  test.each([
    ['PG without PE', CR0_PG],
    ['NW without CD', CR0_PE | CR0_NW],
  ])('%s is #GP(0)', (_why, value) => {
    expect(writing(new SystemHarness('real'), 0, value)).toEqual(GP0);
  });

  test('undefined bits are dropped and ET stays', () => {
    const m = new SystemHarness('protected');
    writing(m, 0, CR0_PE | CR0_NE | CR0_WP | 0x40 | CR0_CD);
    expect(m.word(STATE_CR0)).toBe(CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_CD);
  });

  test('PE makes protected mode at once', () => {
    const m = new SystemHarness('real');
    const modes: string[] = [];
    m.core.observer = { onModeChange: () => modes.push(m.core.state.mode()) };
    writing(m, 0, CR0_PE);
    expect(modes).toEqual(['protected16']);
  });

  test('PG with LME activates IA-32e mode and needs PAE', () => {
    const m = new SystemHarness('protected');
    m.setWord(STATE_EFER, EFER_LME);
    expect(writing(m, 0, CR0_PE | CR0_PG)).toEqual(GP0);
    m.setWord(STATE_CR4, CR4_PAE);
    const writes: string[] = [];
    m.core.observer = { onControlWrite: (name) => writes.push(name) };
    expect(writing(m, 0, CR0_PE | CR0_PG)).toBeUndefined();
    expect([m.word(STATE_EFER), m.core.state.mode()]).toEqual([EFER_LME | EFER_LMA, 'compatibility32']);
    expect(writes).toEqual(['cr0', 'efer']);
    expect(writing(m, 0, CR0_PE)).toBeUndefined();
    expect([m.word(STATE_EFER), m.core.state.mode()]).toEqual([EFER_LME, 'protected32']);
  });

  test('64-bit mode cannot leave paging, and its high word is reserved', () => {
    const m = new SystemHarness('long');
    expect(writing(m, 0, CR0_PE)).toEqual(GP0);
    expect(writing(m, 0, CR0_PE | CR0_PG, 1)).toEqual(GP0);
  });

  test('PAE paging reads its PDPTEs, reserved bits are #GP(0)', () => {
    const m = new SystemHarness('protected');
    m.setWord(STATE_CR4, CR4_PAE);
    m.setWord(STATE_CR3, 0x30000);
    m.write32(0x30000, 0x31001 | 2, 0, 0, 0, 0, 0, 0, 0);
    expect(writing(m, 0, CR0_PE | CR0_PG)).toEqual(GP0);
    m.write32(0x30000, 0x31001);
    expect(writing(m, 0, CR0_PE | CR0_PG)).toBeUndefined();
  });

  test('is for level 0', () => {
    expect(writing(new SystemHarness('user'), 0, CR0_PE)).toEqual(GP0);
    expect(writing(new SystemHarness('v86'), 0, CR0_PE)).toEqual(GP0);
  });
});

describe('MOV to CR4', () => {
  test('bits that the model lacks are reserved', () => {
    expect(writing(new SystemHarness('protected', 'qemu64'), 4, CR4_SMEP)).toEqual(GP0);
    expect(writing(new SystemHarness('protected', 'max'), 4, CR4_SMEP)).toBeUndefined();
    expect(writing(new SystemHarness('protected', 'max'), 4, 1 << 31)).toEqual(GP0);
  });

  test.each([
    ['clearing PAE', 0],
    ['changing LA57', CR4_PAE | CR4_LA57],
  ])('%s in IA-32e mode is #GP(0)', (_why, value) => {
    expect(writing(new SystemHarness('long'), 4, value)).toEqual(GP0);
  });

  test('PCIDE needs IA-32e mode and PCID 0', () => {
    expect(writing(new SystemHarness('protected'), 4, CR4_PAE | CR4_PCIDE)).toEqual(GP0);
    const m = new SystemHarness('long');
    const cr3 = m.word(STATE_CR3);
    m.setWord(STATE_CR3, cr3 | 1);
    expect(writing(m, 4, CR4_PAE | CR4_PCIDE)).toEqual(GP0);
    m.setWord(STATE_CR3, cr3);
    expect(writing(m, 4, CR4_PAE | CR4_PCIDE)).toBeUndefined();
    // And paging cannot be switched off then.
    expect(writing(m, 0, CR0_PE)).toEqual(GP0);
  });

  test('a value that stays is written', () => {
    const m = new SystemHarness('protected');
    writing(m, 4, CR4_PSE);
    expect(m.word(STATE_CR4)).toBe(CR4_PSE);
  });
});

describe('MOV to CR3 and CR8', () => {
  test('address bits beyond MAXPHYADDR are reserved; bit 63 needs PCIDE', () => {
    const m = new SystemHarness('long');
    const cr3 = m.word(STATE_CR3);
    expect(writing(m, 3, cr3, 1 << 8)).toEqual(GP0);
    expect(writing(m, 3, cr3, 1 << 31)).toEqual(GP0);
    writing(m, 4, CR4_PAE | CR4_PCIDE);
    expect(writing(m, 3, cr3 | 5, 1 << 31)).toBeUndefined();
    expect([m.word(STATE_CR3), m.word(STATE_CR3 + 4)]).toEqual([cr3 | 5, 0]);
  });

  test('CR8 has four bits', () => {
    const m = new SystemHarness('long');
    m.setReg(RAX, 16);
    expect(m.execute(0x44, 0x0f, 0x22, 0xc0)).toEqual(GP0);
    m.setReg(RAX, 9);
    expect(m.execute(0x44, 0x0f, 0x22, 0xc0)).toBeUndefined();
    expect(m.word(STATE_CR8)).toBe(9);
  });

  test.each([1, 5, 6, 7])('CR%i does not exist, also for user code', (n) => {
    expect(new SystemHarness('protected').execute(...fromCr(n))).toEqual(UD);
    expect(new SystemHarness('user').execute(...fromCr(n))).toEqual(UD);
  });
});

describe('LMSW SMSW CLTS', () => {
  test('LMSW sets PE and cannot clear it', () => {
    const m = new SystemHarness('real');
    m.setReg(RAX, 1);
    m.execute(0x0f, 0x01, 0xf0);
    expect(m.word(STATE_CR0) & CR0_PE).toBe(1);
    m.setReg(RAX, 8);
    m.execute(0x0f, 0x01, 0xf0);
    expect(m.word(STATE_CR0) & (CR0_PE | CR0_TS)).toBe(CR0_PE | CR0_TS);
    m.execute(0x0f, 0x06);
    expect(m.word(STATE_CR0) & CR0_TS).toBe(0);
  });

  test('SMSW is for the supervisor under UMIP', () => {
    const m = new SystemHarness('user');
    expect(m.execute(0x0f, 0x01, 0xe0)).toBeUndefined();
    expect(m.reg(RAX)).toBe(m.word(STATE_CR0) >>> 0);
    m.setWord(STATE_CR4, CR4_UMIP);
    expect(m.execute(0x0f, 0x01, 0xe0)).toEqual(GP0);
  });
});
