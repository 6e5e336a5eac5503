import { describe, expect, test } from 'vitest';
import { RAX, RBX } from '../../../src/isa/registers.ts';
import { VECTOR_UD } from '../../../src/isa/vectors.ts';
import {
  CODE0,
  DATA0,
  DATA3,
  descriptor,
  FREE,
  SystemHarness,
  TSS_SELECTOR,
} from '../../support/system-harness.ts';

/** op eax, ebx with EBX a selector; answers ZF. */
function look(m: SystemHarness, selector: number, ...bytes: number[]): number {
  m.setReg(RAX, 0x55);
  m.setReg(RBX, selector);
  m.execute(...bytes);
  return m.core.flags.zf();
}

const LAR = [0x0f, 0x02, 0xc3];
const LSL = [0x0f, 0x03, 0xc3];
const VERR = [0x0f, 0x00, 0xe3];
const VERW = [0x0f, 0x00, 0xeb];

describe('LAR and LSL', () => {
  test('access rights and limit', () => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(0x12345678, 0x12345, 0x92, 0xc));
    expect(look(m, FREE, ...LAR)).toBe(1);
    expect(m.reg(RAX)).toBe(0x00c19200);
    expect(look(m, FREE, ...LSL)).toBe(1);
    expect(m.reg(RAX)).toBe(0x12345fff);
  });

  test.each([
    ['null', 0],
    ['beyond the table', 0x1f8],
    ['RPL above DPL', FREE | 3],
  ])('%s clears ZF and keeps the register', (_why, selector) => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(0, 0, 0x92));
    expect(look(m, selector, ...LAR)).toBe(0);
    expect(m.reg(RAX)).toBe(0x55);
  });

  test('system types: gates have rights but no limit; IA-32e mode knows fewer', () => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(0, 0, 0x8c));
    expect([look(m, FREE, ...LAR), look(m, FREE, ...LSL)]).toEqual([1, 0]);
    m.describe(FREE, descriptor(0, 0, 0x8e));
    expect(look(m, FREE, ...LAR)).toBe(0);
    const n = new SystemHarness('long');
    n.describe(FREE, [...descriptor(0, 0x67, 0x81), 0, 0]);
    expect([look(n, TSS_SELECTOR, ...LSL), look(n, FREE, ...LSL)]).toEqual([1, 0]);
  });

  test('are #UD where there are no descriptors', () => {
    for (const mode of ['real', 'v86'] as const) {
      expect(new SystemHarness(mode).execute(...LAR)).toEqual({ vector: VECTOR_UD, errorCode: undefined });
    }
  });
});

test('VERR and VERW', () => {
  const m = new SystemHarness('user');
  m.describe(FREE, descriptor(0, 0, 0xf8));
  expect([look(m, DATA3, ...VERR), look(m, DATA3, ...VERW)]).toEqual([1, 1]);
  expect([look(m, CODE0 | 3, ...VERR), look(m, DATA0, ...VERW)]).toEqual([0, 0]);
  expect(look(m, FREE, ...VERR)).toBe(0);
  expect([look(m, 0x1b, ...VERR), look(m, 0x1b, ...VERW)]).toEqual([1, 0]);
});

test('ARPL raises the RPL', () => {
  const m = new SystemHarness('protected');
  m.setReg(RBX, 3);
  m.setReg(RAX, 0x10);
  m.execute(0x63, 0xd8); // arpl ax, bx
  expect([m.reg(RAX), m.core.flags.zf()]).toEqual([0x13, 1]);
  m.execute(0x63, 0xd8);
  expect([m.reg(RAX), m.core.flags.zf()]).toEqual([0x13, 0]);
});
