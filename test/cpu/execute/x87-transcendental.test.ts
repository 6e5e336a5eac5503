import { expect, test } from 'vitest';
import * as fxState from '../../../src/cpu/execute/fx-state.ts';
import * as loadStore from '../../../src/cpu/execute/x87-load-store.ts';
import * as transcendental from '../../../src/cpu/execute/x87-transcendental.ts';
import { STATE_FSW } from '../../../src/state/layout.ts';
import { CoreHarness } from '../../support/core-harness.ts';

const AT = 0x30000;
const C2 = 0x400;

// biome-ignore format: a table.
test.each([
  // name     byte  ST(1) ST(0)  ST(0) after          TOP C2
  ['FSIN',    0xfe, 0,    1,     Math.sin(1),         6,  0],
  ['FCOS',    0xff, 0,    1,     Math.cos(1),         6,  0],
  ['FSINCOS', 0xfb, 0,    1,     Math.cos(1),         5,  0],
  ['FPTAN',   0xf2, 0,    1,     1,                   5,  0],
  ['FPATAN',  0xf3, 1,    -1,    (3 * Math.PI) / 4,   7,  0],
  ['FYL2X',   0xf1, 3,    8,     9,                   7,  0],
  ['FYL2XP1', 0xf9, 2,    -0.25, 2 * Math.log2(0.75), 7,  0],
  ['F2XM1',   0xf0, 0,    0.5,   Math.SQRT2 - 1,      6,  0],
  ['FSIN',    0xfe, 0,    2**63, 2**63,               6,  C2],
  ['FPTAN',   0xf2, 0,    2**63, 2**63,               6,  C2],
])('%s (D9 %i) of %f and %f is %f', (_name, byte, below, top, result, stackTop, outOfRange) => {
  const m = new CoreHarness('64-bit', fxState, loadStore, transcendental);
  m.run(0xdb, 0xe3);
  m.set('rbx', AT);
  const view = new DataView(new ArrayBuffer(8));
  for (const value of [below, top]) {
    view.setFloat64(0, value);
    m.write64(AT, view.getBigUint64(0));
    m.run(0xdd, 0x03);
  }
  m.run(0xd9, byte);
  const fsw = m.core.words[STATE_FSW >> 2]!;
  expect([(fsw >> 11) & 7, fsw & C2]).toEqual([stackTop, outOfRange]);
  m.run(0xdd, 0x13);
  view.setBigUint64(0, m.read64(AT));
  expect(view.getFloat64(0)).toBeCloseTo(result, 14);
});
