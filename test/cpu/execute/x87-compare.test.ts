import { describe, expect, test } from 'vitest';
import * as fxState from '../../../src/cpu/execute/fx-state.ts';
import * as compare from '../../../src/cpu/execute/x87-compare.ts';
import * as loadStore from '../../../src/cpu/execute/x87-load-store.ts';
import { STATE_FCW, STATE_FSW } from '../../../src/state/layout.ts';
import { CoreHarness, statusText } from '../../support/core-harness.ts';

const AT = 0x30000;
const C0 = 0x100;
const C2 = 0x400;
const C3 = 0x4000;
const CONDITIONS = 0x4700;
const IE = 1;
const NAN = Number.NaN;

function machine(below: number, top: number, fcw = 0x37f): CoreHarness {
  const m = new CoreHarness('64-bit', fxState, compare, loadStore);
  m.run(0xdb, 0xe3);
  m.set('rbx', AT);
  const view = new DataView(new ArrayBuffer(8));
  for (const value of [below, top]) {
    view.setFloat64(0, value);
    m.write64(AT, view.getBigUint64(0));
    m.run(0xdd, 0x03); // fld qword [rbx]
  }
  m.core.words[STATE_FCW >> 2] = fcw;
  return m;
}

const fsw = (m: CoreHarness) => m.core.words[STATE_FSW >> 2]!;

// biome-ignore format: a table.
describe.each([
  // ST(0) ST(1) conditions     flags
  [2,      1,    0,             ''],
  [1,      2,    C0,            'CF'],
  [1,      1,    C3,            'ZF'],
  [1,      NAN,  C0 | C2 | C3,  'CF PF ZF'],
])('%f against %f', (top, below, conditions, flags) => {
  const isNan = Number.isNaN(below);

  test.each([
    ['FCOM',    [0xd8, 0xd1], 6, true],
    ['FCOMP',   [0xd8, 0xd9], 7, true],
    ['FCOMPP',  [0xde, 0xd9], 0, true],
    ['FUCOM',   [0xdd, 0xe1], 6, false],
    ['FUCOMPP', [0xda, 0xe9], 0, false],
  ])('%s', (_name, bytes, stackTop, signaling) => {
    const m = machine(below, top);
    m.run(...bytes);
    expect([fsw(m) & CONDITIONS, (fsw(m) >> 11) & 7, fsw(m) & IE]).toEqual([conditions, stackTop, isNan && signaling ? IE : 0]);
  });

  test.each([
    ['FCOMI',   [0xdb, 0xf1], 6],
    ['FUCOMIP', [0xdf, 0xe9], 7],
  ])('%s', (_name, bytes, stackTop) => {
    const m = machine(below, top);
    m.status = 0x891; // Cleared: OF, SF, AF too.
    m.run(...bytes);
    expect([statusText(m.status), (fsw(m) >> 11) & 7]).toEqual([flags, stackTop]);
  });
});

// biome-ignore format: a table.
test.each([
  ['intel', 0],
  ['amd',   C0 | C2 | C3],
])('an unmasked invalid operation and the condition code: %s', (vendor, conditions) => {
  const m = machine(NAN, 1, 0x37e);
  Object.assign(m.core.model, { vendor });
  m.run(0xd8, 0xd9);
  expect([fsw(m) & CONDITIONS, (fsw(m) >> 11) & 7]).toEqual([conditions, 6]);
});

// biome-ignore format: a table.
test.each([
  // ST(0)                  C3 C2 C1 C0
  [0,                       C3],
  [-0,                      C3 | 0x200],
  [1,                       C2],
  [-1,                      C2 | 0x200],
  [Number.POSITIVE_INFINITY, C2 | C0],
  [NAN,                     C0],
])('FXAM of %f', (value, conditions) => {
  const m = machine(0, value);
  m.run(0xd9, 0xe5);
  expect(fsw(m) & CONDITIONS).toBe(conditions);
});

test('FXAM of an empty register', () => {
  const m = new CoreHarness('64-bit', fxState, compare);
  m.run(0xdb, 0xe3);
  m.run(0xd9, 0xe5);
  expect(fsw(m) & (CONDITIONS & ~0x200)).toBe(C3 | C0);
});
