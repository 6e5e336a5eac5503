import { describe, expect, test } from 'vitest';
import * as fxState from '../../../src/cpu/execute/fx-state.ts';
import * as control from '../../../src/cpu/execute/x87-control.ts';
import * as loadStore from '../../../src/cpu/execute/x87-load-store.ts';
import { STATE_FCW, STATE_FSW, STATE_FTW, STATE_X87 } from '../../../src/state/layout.ts';
import { CODE, CoreHarness, type HarnessMode } from '../../support/core-harness.ts';

const AT = 0x7800;
const PI_LO = 0x2168c235;
const PI_HI = 0xc90fdaa2 | 0;

/** 1.0 and pi on the stack; BX points at memory. */
function machine(mode: HarnessMode): CoreHarness {
  const m = new CoreHarness(mode, fxState, control, loadStore);
  m.run(0xdb, 0xe3);
  m.run(0xd9, 0xe8);
  m.run(0xd9, 0xeb);
  m.set('rbx', AT);
  return m;
}

const is16 = (mode: HarnessMode) => mode !== 'protected32' && mode !== '64-bit';
/** An instruction on [rBX], in the 32-bit format when `wide`. */
function bytes(mode: HarnessMode, wide: boolean, opcode: number, ext: number): number[] {
  const prefix = wide === is16(mode) ? [0x66] : [];
  return [...prefix, opcode, (ext << 3) | (is16(mode) ? 7 : 3)];
}

const word = (m: CoreHarness, offset: number) => m.core.words[offset >> 2]!;
const at16 = (m: CoreHarness, offset: number) => m.space.read32(AT + offset) & 0xffff;

const MODES: HarnessMode[] = ['real', 'protected16', 'protected32', '64-bit'];

describe.each(MODES)('the environment in %s mode', (mode) => {
  const isReal = mode === 'real';
  const selector = isReal ? 0 : 0x10;

  test('FNSTENV, 16-bit format', () => {
    const m = machine(mode);
    m.run(...bytes(mode, false, 0xd9, 6));
    const fip = CODE + 4 + (isReal ? 0x10 << 4 : 0);
    const fields = [0, 2, 4, 6].map((offset) => at16(m, offset));
    expect(fields).toEqual([0x37f, 6 << 11, 0x0fff, fip]);
    expect(at16(m, 8)).toBe(selector);
    expect(word(m, STATE_FCW)).toBe(0x37f);
  });

  test('FNSTENV, 32-bit format: reserved halves are ones', () => {
    const m = machine(mode);
    m.run(...bytes(mode, true, 0xd9, 6));
    const fields = [0, 4, 8].map((offset) => m.space.read32(AT + offset) >>> 0);
    expect(fields).toEqual([0xffff037f, 0xffff3000, 0xffff0fff]);
  });

  test.each([false, true])('FNSAVE and FRSTOR, 32-bit format %s', (wide) => {
    const m = machine(mode);
    m.run(...bytes(mode, wide, 0xdd, 6));
    expect([word(m, STATE_FSW), word(m, STATE_FTW)]).toEqual([0, 0]);
    expect(m.space.read32(AT + (wide ? 28 : 14)) | 0).toBe(PI_LO);
    m.core.words.fill(0, STATE_X87 >> 2, (STATE_X87 >> 2) + 32);
    expect(m.run(...bytes(mode, wide, 0xdd, 4))).toBeUndefined();
    expect([word(m, STATE_FSW), word(m, STATE_FTW)]).toEqual([6 << 11, 0xc0]);
    const pi = STATE_X87 + 6 * 16;
    expect([word(m, pi), word(m, pi + 4), word(m, pi + 8)]).toEqual([PI_LO, PI_HI, 0x4000]);
    expect(word(m, STATE_X87 + 7 * 16 + 8)).toBe(0x3fff);
  });
});

test('FLDENV may unmask what is flagged: the next instruction reports it', () => {
  const m = machine('protected32');
  m.space.write32(AT, 0x37e);
  m.space.write32(AT + 4, 0x01);
  m.space.write32(AT + 8, 0xffff);
  expect(m.run(0xd9, 0x23)).toBeUndefined();
  expect(word(m, STATE_FSW)).toBe(0x8081);
  expect(m.run(0xd9, 0xe8)).toBe('#MF');
});

test('a page that is missing at the end of the area changes nothing', () => {
  const m = machine('protected32');
  m.page(0x31000, false, false);
  m.set('rbx', 0x31000 - 60);
  expect(m.run(0xdd, 0x33)).toMatch('#PF');
  expect(word(m, STATE_FTW)).toBe(0xc0);
  expect(m.space.read32(0x31000 - 60)).toBe(0);
});

// biome-ignore format: a table.
test.each([
  ['FINCSTP',     [0xd9, 0xf7], 7, 0xc0],
  ['FDECSTP',     [0xd9, 0xf6], 5, 0xc0],
  ['FFREE ST(1)', [0xdd, 0xc1], 6, 0x40],
  ['FFREEP ST(0)', [0xdf, 0xc0], 7, 0x80],
])('%s', (_name, code, top, tags) => {
  const m = machine('64-bit');
  m.run(...code);
  expect([(word(m, STATE_FSW) >> 11) & 7, word(m, STATE_FTW)]).toEqual([top, tags]);
});
