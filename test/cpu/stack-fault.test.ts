import { expect, test } from 'vitest';
import { RBX, RSP } from '../../src/isa/registers.ts';
import { DebugGuest } from '../support/debug-guest.ts';
import { gate, LONG0 } from '../support/system-harness.ts';

const HLT = 0xf4;
const REX_W = 0x48;

/** SDM Vol. 3A, "Interrupt 12—Stack Fault Exception (#SS)": accesses of the stack segment that are not canonical. */
test.each([
  // name              code                  RSP's upper half  RBX's  vector
  ['PUSH',             [0x50],               0x8000,           0,     12],
  ['RET',              [0xc3],               0x8000,           0,     12],
  ['RETF',             [0xcb],               0x8000,           0,     12],
  ['RETF, 64 bits',    [REX_W, 0xcb],        0x8000,           0,     12],
  ['RETF imm16',       [0xca, 8, 0],         0x8000,           0,     12],
  ['IRETQ',            [REX_W, 0xcf],        0x8000,           0,     12],
  ['POP',              [0x58],               0x8000,           0,     12],
  ['MOV through DS',   [0x8b, 0x03],         0,                0x8000, 13],
  ['PUSH of memory',   [0xff, 0x33],         0,                0x8000, 13],
])('%s', (_name, code, stack, data, vector) => {
  const g = new DebugGuest('long', [...code, HLT]);
  // Handlers take a stack of their own, for the present one is no good.
  for (const v of [12, 13]) g.vector(v, gate(LONG0, g.handle(v, HLT), 0x8e), 1);
  g.core.gpr32[RSP * 2 + 1] = stack;
  g.setReg(RBX, 0);
  g.core.gpr32[RBX * 2 + 1] = data;
  g.run();
  expect(g.log[0]?.vector).toBe(vector);
}); // biome-ignore format: a table.
