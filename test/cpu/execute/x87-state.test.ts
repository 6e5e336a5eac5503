import { describe, expect, test } from 'vitest';
import * as fxState from '../../../src/cpu/execute/fx-state.ts';
import * as arithmetic from '../../../src/cpu/execute/x87-arithmetic.ts';
import * as control from '../../../src/cpu/execute/x87-control.ts';
import * as loadStore from '../../../src/cpu/execute/x87-load-store.ts';
import { CR0_EM, CR0_NE, CR0_TS } from '../../../src/isa/control.ts';
import {
  STATE_CR0,
  STATE_FCW,
  STATE_FIP,
  STATE_FSW,
  STATE_FTW,
  STATE_X87,
} from '../../../src/state/layout.ts';
import { CODE, CoreHarness } from '../../support/core-harness.ts';

const FLD1 = [0xd9, 0xe8];
const FLDZ = [0xd9, 0xee];
const FADDP = [0xde, 0xc1];
const FDIVP = [0xde, 0xf9];
const FSTP_ST1 = [0xdd, 0xd9];
const FNINIT = [0xdb, 0xe3];
const FNCLEX = [0xdb, 0xe2];
const WAIT = [0x9b];
const IE_SF = 0x41;
const C1 = 0x200;
const SUMMARY = 0x8080;
const TOP = 0x3800;

function machine(): CoreHarness {
  const m = new CoreHarness('64-bit', fxState, arithmetic, control, loadStore);
  m.run(...FNINIT);
  return m;
}

const word = (m: CoreHarness, offset: number) => m.core.words[offset >> 2]!;
const setWord = (m: CoreHarness, offset: number, value: number) => {
  m.core.words[offset >> 2] = value;
};
/** Sign, exponent and significand of ST(0). */
function st0(m: CoreHarness): string {
  const at = STATE_X87 + (((word(m, STATE_FSW) >> 11) & 7) << 4);
  const hex = (value: number, digits: number) => (value >>> 0).toString(16).padStart(digits, '0');
  return `${hex(word(m, at + 8), 4)}:${hex(word(m, at + 4), 8)}${hex(word(m, at), 8)}`;
}

const INDEFINITE = 'ffff:c000000000000000';

describe('the register stack', () => {
  test('a push of an empty stack takes TOP to 7 and marks the register', () => {
    const m = machine();
    m.run(...FLD1);
    expect([word(m, STATE_FSW), word(m, STATE_FTW), st0(m)]).toEqual([TOP, 0x80, '3fff:8000000000000000']);
  });

  test('a ninth push overflows: IE, SF, C1 and the indefinite', () => {
    const m = machine();
    for (let n = 0; n < 9; n++) m.run(...FLD1);
    expect([word(m, STATE_FSW), st0(m)]).toEqual([TOP | IE_SF | C1, INDEFINITE]);
  });

  test('unmasked, the overflow leaves the stack alone', () => {
    const m = machine();
    setWord(m, STATE_FCW, 0x37e);
    for (let n = 0; n < 9; n++) m.run(...FLD1);
    expect([word(m, STATE_FSW), st0(m)]).toEqual([SUMMARY | IE_SF | C1, '3fff:8000000000000000']);
  });

  test('an empty operand underflows: IE, SF, C1 clear, the result is the indefinite, and the pop happens', () => {
    const m = machine();
    m.run(...FLD1);
    m.run(...FADDP);
    expect([word(m, STATE_FSW), word(m, STATE_FTW), st0(m)]).toEqual([IE_SF, 1, INDEFINITE]);
  });

  test('unmasked, the underflow neither writes nor pops', () => {
    const m = machine();
    setWord(m, STATE_FCW, 0x37e);
    m.run(...FLD1);
    m.run(...FADDP);
    expect([word(m, STATE_FSW), word(m, STATE_FTW)]).toEqual([TOP | SUMMARY | IE_SF, 0x80]);
  });

  test('FSTP ST(1) moves over the one below', () => {
    const m = machine();
    m.run(...FLD1);
    m.run(...FLDZ);
    m.run(...FSTP_ST1);
    expect([word(m, STATE_FTW), st0(m)]).toEqual([0x80, '0000:0000000000000000']);
  });
});

describe('what an instruction waits for', () => {
  test.each([
    ['CR0.TS', CR0_TS],
    ['CR0.EM', CR0_EM],
  ])('#NM with %s', (_name, bit) => {
    const m = machine();
    setWord(m, STATE_CR0, word(m, STATE_CR0) | bit);
    expect(m.run(...FLD1)).toBe('#NM');
  });

  test('an unmasked exception is reported by the next instruction that waits', () => {
    const m = machine();
    setWord(m, STATE_FCW, 0x37b);
    m.run(...FLD1);
    m.run(...FLDZ);
    expect(m.run(...FDIVP)).toBeUndefined();
    expect(word(m, STATE_FSW) & 0xff).toBe(0x84);
    expect(m.run(...FLD1)).toBe('#MF');
    expect(m.run(...WAIT)).toBe('#MF');
    expect(m.run(...FNCLEX)).toBeUndefined();
    expect(m.run(...FLD1)).toBeUndefined();
  });

  test('with CR0.NE = 0 it is FERR#, where it happens and again', () => {
    const m = machine();
    let raised = 0;
    const pins = { raise: () => raised++, lower: () => {}, ignne: true };
    m.core.floatError = pins;
    setWord(m, STATE_CR0, word(m, STATE_CR0) & ~CR0_NE);
    setWord(m, STATE_FCW, 0x37e);
    m.run(...FADDP);
    expect(raised).toBe(1);
    expect(m.run(...WAIT)).toBeUndefined();
    expect(raised).toBe(2);
    pins.ignne = false;
    expect(m.run(...WAIT)).toBe('#MF');
    expect(m.core.fault.isFrozen).toBe(true);
  });
});

test('FIP is where the last instruction began; control instructions do not count', () => {
  const m = machine();
  m.run(...FLD1);
  m.run(...FLDZ);
  m.run(...FNCLEX);
  expect(word(m, STATE_FIP)).toBe(CODE + 4);
});
