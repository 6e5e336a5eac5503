import { expect, test } from 'vitest';
import { CR4_UMIP } from '../../../src/isa/control.ts';
import { LDTR, RAX, TR } from '../../../src/isa/registers.ts';
import { VECTOR_GP, VECTOR_NP, VECTOR_UD } from '../../../src/isa/vectors.ts';
import { STATE_CR4 } from '../../../src/state/layout.ts';
import {
  DATA0,
  descriptor,
  FREE,
  GDT,
  LDT,
  SystemHarness,
  TSS_SELECTOR,
  TSS2,
} from '../../support/system-harness.ts';

const LLDT = [0x0f, 0x00, 0xd0];
const LTR = [0x0f, 0x00, 0xd8];
const SLDT = [0x0f, 0x00, 0xc0];
const STR = [0x0f, 0x00, 0xc8];

function loading(m: SystemHarness, bytes: number[], selector: number) {
  m.setReg(RAX, selector);
  return m.execute(...bytes);
}

test('LLDT, and a segment from the LDT', () => {
  const m = new SystemHarness('protected');
  m.describe(FREE, descriptor(LDT, 0xf, 0x82));
  m.describe(8, descriptor(0x7000, 0xff, 0x92), LDT);
  expect(loading(m, LLDT, FREE)).toBeUndefined();
  expect([m.core.state.baseLo(LDTR), m.core.state.limit(LDTR)]).toEqual([LDT, 0xf]);
  m.setReg(RAX, 0x0c);
  expect(m.execute(0x8e, 0xd8)).toBeUndefined();
  m.setReg(RAX, 0x14);
  expect(m.execute(0x8e, 0xd8)).toEqual({ vector: VECTOR_GP, errorCode: 0x14 });
  expect(loading(m, LLDT, 0)).toBeUndefined();
  m.setReg(RAX, 0x0c);
  expect(m.execute(0x8e, 0xd8)).toEqual({ vector: VECTOR_GP, errorCode: 0x0c });
});

test('LTR marks the TSS busy and refuses a busy one', () => {
  const m = new SystemHarness('protected');
  m.describe(FREE, descriptor(TSS2, 0x67, 0x89));
  expect(loading(m, LTR, FREE)).toBeUndefined();
  expect([m.selector(TR), m.read32(GDT + FREE + 4) & 0x200]).toEqual([FREE, 0x200]);
  expect(loading(m, LTR, FREE)).toEqual({ vector: VECTOR_GP, errorCode: FREE });
});

test.each([
  ['LLDT of data', LLDT, DATA0, VECTOR_GP, DATA0],
  ['LLDT from the LDT', LLDT, 4, VECTOR_GP, 4],
  ['LLDT not present', LLDT, FREE, VECTOR_NP, FREE],
  ['LTR null', LTR, 0, VECTOR_GP, 0],
])('%s', (_why, bytes, selector, vector, errorCode) => {
  const m = new SystemHarness('protected');
  m.describe(FREE, descriptor(LDT, 0xf, 0x02));
  m.describe(4, descriptor(LDT, 0xf, 0x02), LDT);
  const fault = loading(m, bytes, selector);
  expect(fault).toEqual(selector === 4 ? { vector: VECTOR_GP, errorCode: 4 } : { vector, errorCode });
});

test('16-byte descriptors of IA-32e mode', () => {
  const m = new SystemHarness('long');
  m.describe(FREE, [...descriptor(TSS2, 0x67, 0x89), 0xffff8000, 0]);
  expect(loading(m, LTR, FREE)).toBeUndefined();
  expect([m.core.state.baseLo(TR), m.core.state.baseHi(TR) >>> 0]).toEqual([TSS2, 0xffff8000]);
  m.describe(FREE, [...descriptor(TSS2, 0x67, 0x89), 0x00008000, 0]);
  expect(loading(m, LTR, FREE)).toEqual({ vector: VECTOR_GP, errorCode: FREE });
  m.describe(FREE, [...descriptor(TSS2, 0x67, 0x89), 0, 0x100]);
  expect(loading(m, LTR, FREE)).toEqual({ vector: VECTOR_GP, errorCode: FREE });
  // The last 8 bytes of the table hold no system descriptor.
  expect(loading(m, LTR, 0xf8)).toEqual({ vector: VECTOR_GP, errorCode: 0xf8 });
});

test('SLDT and STR: sizes, modes, UMIP', () => {
  const m = new SystemHarness('user');
  m.setReg(RAX, -1);
  expect(m.execute(0x66, ...STR)).toBeUndefined();
  expect(m.reg(RAX)).toBe(0xffff0000 + TSS_SELECTOR);
  expect(m.execute(...STR)).toBeUndefined();
  expect(m.reg(RAX)).toBe(TSS_SELECTOR);
  m.setWord(STATE_CR4, CR4_UMIP);
  expect(m.execute(...SLDT)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  expect(new SystemHarness('real').execute(...SLDT)).toEqual({ vector: VECTOR_UD, errorCode: undefined });
});
