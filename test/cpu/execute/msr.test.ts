import { describe, expect, test } from 'vitest';
import { EFER_LMA, EFER_LME, EFER_NXE, EFER_SCE } from '../../../src/isa/control.ts';
import {
  IA32_EFER, IA32_FS_BASE, IA32_KERNEL_GS_BASE, IA32_LSTAR, IA32_MTRR_DEF_TYPE, IA32_MTRR_PHYSBASE0, IA32_MTRRCAP,
  IA32_PAT, IA32_TSC, IA32_TSC_ADJUST, IA32_TSC_AUX,
} from '../../../src/isa/msr.ts'; // biome-ignore format: a list of nouns.
import { RAX, RCX, RDX } from '../../../src/isa/registers.ts';
import { VECTOR_GP } from '../../../src/isa/vectors.ts';
import { STATE_EFER } from '../../../src/state/layout.ts';
import { SystemHarness } from '../../support/system-harness.ts';

const GP0 = { vector: VECTOR_GP, errorCode: 0 };

function write(m: SystemHarness, index: number, lo: number, hi = 0) {
  m.setReg(RCX, index);
  m.setReg(RAX, lo);
  m.setReg(RDX, hi);
  return m.execute(0x0f, 0x30);
}

function read(m: SystemHarness, index: number): [number, number] | object | undefined {
  m.setReg(RCX, index);
  return m.execute(0x0f, 0x32) ?? [m.reg(RAX), m.reg(RDX)];
}

test('level 0 only; an unknown number is #GP(0)', () => {
  expect(read(new SystemHarness('user'), IA32_TSC)).toEqual(GP0);
  expect(read(new SystemHarness('protected'), 0x12345)).toEqual(GP0);
  expect(write(new SystemHarness('protected'), 0x12345, 0)).toEqual(GP0);
});

describe('EFER', () => {
  test('reserved bits', () => {
    const m = new SystemHarness('protected');
    expect(write(m, IA32_EFER, 1 << 12)).toEqual(GP0);
    expect(write(m, IA32_EFER, 0, 1)).toEqual(GP0);
    expect(write(m, IA32_EFER, EFER_SCE | EFER_LME | EFER_NXE)).toBeUndefined();
    expect(write(new SystemHarness('protected', 'max,-nx'), IA32_EFER, EFER_NXE)).toEqual(GP0);
  });

  test('LME is fixed while paging is on, LMA is never written', () => {
    const m = new SystemHarness('long');
    expect(write(m, IA32_EFER, 0)).toEqual(GP0);
    expect(write(m, IA32_EFER, EFER_LME)).toBeUndefined();
    expect(m.word(STATE_EFER)).toBe(EFER_LME | EFER_LMA);
    const n = new SystemHarness('protected');
    write(n, IA32_EFER, EFER_LMA);
    expect(n.word(STATE_EFER)).toBe(0);
  });
});

test.each([IA32_LSTAR, IA32_FS_BASE, IA32_KERNEL_GS_BASE])('MSR %i holds a canonical address', (index) => {
  const m = new SystemHarness('long');
  expect(write(m, index, 0, 0x8000)).toEqual(GP0);
  expect(write(m, index, 0x1234, 0xffff8000)).toBeUndefined();
  expect(read(m, index)).toEqual([0x1234, 0xffff8000]);
});

test('PAT and MTRRs hold memory types', () => {
  const m = new SystemHarness('protected');
  expect(read(m, IA32_PAT)).toEqual([0x00070406, 0x00070406]);
  expect(write(m, IA32_PAT, 2)).toEqual(GP0);
  expect(write(m, IA32_PAT, 0x00010406, 0x00070506)).toBeUndefined();
  expect(read(m, IA32_MTRRCAP)).toEqual([0x508, 0]);
  expect(write(m, IA32_MTRRCAP, 0)).toEqual(GP0);
  expect(write(m, IA32_MTRR_DEF_TYPE, 0xc07)).toEqual(GP0);
  expect(write(m, IA32_MTRR_DEF_TYPE, 0xc06)).toBeUndefined();
  expect(write(m, IA32_MTRR_PHYSBASE0 + 1, 0x800, 0x1ff)).toEqual(GP0);
  expect(write(m, IA32_MTRR_PHYSBASE0 + 1, 0xc0000800 | 0, 0xff)).toBeUndefined();
  expect(read(m, IA32_MTRR_PHYSBASE0 + 1)).toEqual([0xc0000800, 0xff]);
});

test('TSC and its adjustment move together', () => {
  const m = new SystemHarness('protected');
  m.tsc = 100;
  write(m, IA32_TSC, 1000);
  expect(read(m, IA32_TSC_ADJUST)).toEqual([900, 0]);
  write(m, IA32_TSC_ADJUST, 0);
  expect(m.tsc).toBe(100);
});

test('TSC_AUX has 32 bits and needs RDTSCP or RDPID', () => {
  expect(write(new SystemHarness('protected'), IA32_TSC_AUX, 1, 1)).toEqual(GP0);
  expect(write(new SystemHarness('protected', 'qemu64'), IA32_TSC_AUX, 1)).toEqual(GP0);
});
