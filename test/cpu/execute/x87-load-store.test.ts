import { expect, test } from 'vitest';
import * as fxState from '../../../src/cpu/execute/fx-state.ts';
import * as loadStore from '../../../src/cpu/execute/x87-load-store.ts';
import { STATE_FCW, STATE_FSW, STATE_FTW } from '../../../src/state/layout.ts';
import { CoreHarness } from '../../support/core-harness.ts';

const AT = 0x30000;
const IE = 1;
const PE = 0x20;
const C1 = 0x200;

function machine(): CoreHarness {
  const m = new CoreHarness('64-bit', fxState, loadStore);
  m.run(0xdb, 0xe3);
  m.set('rbx', AT);
  return m;
}

function loadDouble(m: CoreHarness, value: number): void {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  m.write64(AT, view.getBigUint64(0));
  m.run(0xdd, 0x03);
}

const fsw = (m: CoreHarness) => m.core.words[STATE_FSW >> 2]!;

// biome-ignore format: a table.
test.each([
  // stores               bytes         FCW     value   memory                exceptions
  ['FST m32fp',           [0xd9, 0x13], 0x37f,  1.5,    0x3fc00000n,          0],
  ['FSTP m64fp',          [0xdd, 0x1b], 0x37f,  1.5,    0x3ff8000000000000n,  0],
  ['FIST m16int',         [0xdf, 0x13], 0x37f,  -2.5,   0xfffen,              PE],
  ['FIST m32int, up',     [0xdb, 0x13], 0xb7f,  2.1,    3n,                   PE | C1],
  ['FISTP m64int',        [0xdf, 0x3b], 0x37f,  -3,     0xfffffffffffffffdn,  0],
  ['FIST m16int',         [0xdf, 0x13], 0x37f,  40000,  0x8000n,              IE],
  ['FISTTP m32int',       [0xdb, 0x0b], 0xb7f,  2.9,    2n,                   PE],
  ['FISTTP m64int',       [0xdd, 0x0b], 0x37f,  -2.9,   0xfffffffffffffffen,  PE],
  ['FBSTP m80bcd',        [0xdf, 0x33], 0x37f,  123456, 0x123456n,            0],
  ['FSTP m80fp',          [0xdb, 0x3b], 0x37f,  1.5,    0xc000000000000000n,  0],
] as const)('%s %j with FCW %i of %f', (_name, bytes, fcw, value, memory, exceptions) => {
  const m = machine();
  loadDouble(m, value);
  m.core.words[STATE_FCW >> 2] = fcw;
  m.write64(AT, 0n);
  m.run(...bytes);
  expect([m.read64(AT), fsw(m) & 0x23f]).toEqual([memory, exceptions]);
});

// biome-ignore format: a table.
test.each([
  // loads          bytes         memory                 stored as a double
  ['FLD m32fp',     [0xd9, 0x03], 0x3fc00000n,           0x3ff8000000000000n],
  ['FILD m16int',   [0xdf, 0x03], 0xffffn,               0xbff0000000000000n],
  ['FILD m32int',   [0xdb, 0x03], 0x80000000n,           0xc1e0000000000000n],
  ['FILD m64int',   [0xdf, 0x2b], 0x8000000000000000n,   0xc3e0000000000000n],
  ['FBLD m80bcd',   [0xdf, 0x23], 0x12n,                 0x4028000000000000n],
] as const)('%s', (_name, bytes, memory, double) => {
  const m = machine();
  m.write64(AT, memory);
  m.write64(AT + 8, 0n);
  m.run(...bytes);
  m.run(0xdd, 0x1b);
  expect(m.read64(AT)).toBe(double);
});

test('an unmasked invalid operation leaves memory and the stack, but its page must be there', () => {
  const m = machine();
  loadDouble(m, 1e10);
  m.core.words[STATE_FCW >> 2] = 0x37e;
  m.page(0x31000, false, false);
  m.set('rbx', 0x31000);
  expect(m.run(0xdb, 0x1b)).toMatch('#PF');
  expect(fsw(m) & 0xff).toBe(0);
  m.set('rbx', AT);
  m.write64(AT, 7n);
  expect(m.run(0xdb, 0x1b)).toBeUndefined();
  expect([m.read64(AT), fsw(m) & 0x80ff, m.core.words[STATE_FTW >> 2]]).toEqual([7n, 0x8081, 0x80]);
});

// biome-ignore format: a table.
test.each([
  ['intel', 0],
  ['amd',   0x80],
])('FLD of a denormal with DE unmasked: %s', (vendor, tags) => {
  const m = machine();
  Object.assign(m.core.model, { vendor });
  m.core.words[STATE_FCW >> 2] = 0x37d;
  m.write64(AT, 1n);
  m.run(0xd9, 0x03);
  expect([m.core.words[STATE_FTW >> 2], fsw(m) & 0xff]).toEqual([tags, 0x82]);
});

test('FXCH and FCMOV', () => {
  const m = machine();
  m.run(0xd9, 0xe8); // fld1
  m.run(0xd9, 0xee); // fldz
  m.run(0xd9, 0xc9); // fxch
  m.run(0xdd, 0x13);
  expect(m.read64(AT)).toBe(0x3ff0000000000000n);
  m.status = 0;
  m.run(0xda, 0xc9); // fcmove: not
  m.run(0xdd, 0x13);
  expect(m.read64(AT)).toBe(0x3ff0000000000000n);
  m.run(0xdb, 0xc9); // fcmovne
  m.run(0xdd, 0x13);
  expect(m.read64(AT)).toBe(0n);
});
