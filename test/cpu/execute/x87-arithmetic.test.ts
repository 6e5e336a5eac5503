import { expect, test } from 'vitest';
import * as fxState from '../../../src/cpu/execute/fx-state.ts';
import * as arithmetic from '../../../src/cpu/execute/x87-arithmetic.ts';
import * as loadStore from '../../../src/cpu/execute/x87-load-store.ts';
import { STATE_FCW, STATE_FSW } from '../../../src/state/layout.ts';
import { CoreHarness } from '../../support/core-harness.ts';

const AT = 0x30000;
const FLD_RBX = [0xdd, 0x03];
const FLD_RBX_8 = [0xdd, 0x43, 0x08];
const FSTP_RBX_16 = [0xdd, 0x5b, 0x10];
const IE = 0x01;
const ZE = 0x04;
const PE = 0x20;
const C1 = 0x200;
const NAN = Number.NaN;
const INF = Number.POSITIVE_INFINITY;

/** Pushes `below`, then `top`; executes; answers what a pop then stores, and the exceptions with C1. */
function calculate(below: number, top: number, fcw: number, ...bytes: number[]): [number, number] {
  const m = new CoreHarness('64-bit', fxState, arithmetic, loadStore);
  m.run(0xdb, 0xe3);
  m.core.words[STATE_FCW >> 2] = fcw;
  m.set('rbx', AT);
  const view = new DataView(new ArrayBuffer(16));
  view.setFloat64(0, below);
  view.setFloat64(8, top);
  m.write64(AT, view.getBigUint64(0));
  m.write64(AT + 8, view.getBigUint64(8));
  m.run(...FLD_RBX);
  m.run(...FLD_RBX_8);
  expect(m.run(...bytes)).toBeUndefined();
  const fsw = m.core.words[STATE_FSW >> 2]!;
  m.run(...FSTP_RBX_16);
  view.setBigUint64(0, m.read64(AT + 16));
  return [view.getFloat64(0), fsw & 0x23f];
}

// biome-ignore format: a table.
test.each([
  // ST(1)  ST(0) FCW    bytes                ST(0) after FSW      what
  [2,       3,    0x37f, [0xd8, 0xc1],        5,          0,       'FADD ST, ST(1)'],
  [2,       3,    0x37f, [0xd8, 0xc9],        6,          0,       'FMUL ST, ST(1)'],
  [2,       3,    0x37f, [0xd8, 0xe1],        1,          0,       'FSUB ST, ST(1)'],
  [2,       3,    0x37f, [0xd8, 0xe9],        -1,         0,       'FSUBR ST, ST(1)'],
  [2,       3,    0x37f, [0xd8, 0xf1],        1.5,        0,       'FDIV ST, ST(1)'],
  [3,       6,    0x37f, [0xd8, 0xf9],        0.5,        0,       'FDIVR ST, ST(1)'],
  [2,       3,    0x37f, [0xde, 0xc1],        5,          0,       'FADDP'],
  [2,       3,    0x37f, [0xde, 0xe9],        -1,         0,       'FSUBP: ST(1) - ST(0)'],
  [2,       3,    0x37f, [0xde, 0xe1],        1,          0,       'FSUBRP: ST(0) - ST(1)'],
  [6,       3,    0x37f, [0xde, 0xf9],        2,          0,       'FDIVP: ST(1) / ST(0)'],
  [3,       6,    0x37f, [0xde, 0xf1],        2,          0,       'FDIVRP: ST(0) / ST(1)'],
  [2,       3,    0x37f, [0xdc, 0x03],        5,          0,       'FADD m64fp'],
  [2,       3,    0x37f, [0xda, 0x43, 0x04],  3 + 0x40000000, 0,   'FIADD m32int'],
  [0,       9,    0x37f, [0xd9, 0xfa],        3,          0,       'FSQRT'],
  [0,       -9,   0x37f, [0xd9, 0xfa],        NAN,        IE,      'FSQRT of a negative'],
  [0,       2.5,  0x37f, [0xd9, 0xfc],        2,          PE,      'FRNDINT to even'],
  [0,       2.5,  0xb7f, [0xd9, 0xfc],        3,          PE | C1, 'FRNDINT up'],
  [0,       2.5,  0x37f, [0xd9, 0xe0],        -2.5,       0,       'FCHS'],
  [0,       -2.5, 0x37f, [0xd9, 0xe1],        2.5,        0,       'FABS'],
  [3.9,     1.5,  0x37f, [0xd9, 0xfd],        12,         0,       'FSCALE'],
  [3,       7,    0x37f, [0xd9, 0xf8],        1,          0,       'FPREM, quotient 2'],
  [0,       1,    0x37f, [0xde, 0xf1],        INF,        ZE,      'a division by zero'],
  [0,       0,    0x37f, [0xde, 0xf9],        NAN,        IE,      'zero by zero'],
  [3,       1,    0x07f, [0xd8, 0xf1],        Math.fround(1 / 3), PE | C1, 'single precision'],
] as const)('%f, %f with FCW %i: %j = %f, FSW %i (%s)', (below, top, fcw, bytes, result, fsw, _what) => {
  expect(calculate(below, top, fcw, ...bytes)).toEqual([result, fsw]);
});

test('FXTRACT leaves the exponent below the significand', () => {
  expect(calculate(0, 12, 0x37f, 0xd9, 0xf4)).toEqual([1.5, 0]);
});
