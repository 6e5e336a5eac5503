import { expect, test } from 'vitest';
import {
  BREAK_ACCESS,
  BREAK_EXECUTE,
  BREAK_WRITE,
  matchBreakpoints,
} from '../../../src/cpu/execute/breakpoints.ts';
import { Processor } from '../../../src/cpu/processor.ts';
import { RAX } from '../../../src/isa/registers.ts';
import { RFLAGS_RF, RFLAGS_TF } from '../../../src/isa/rflags.ts';
import { STATE_DR0, STATE_DR6, STATE_DR7 } from '../../../src/state/layout.ts';
import { CODE, CODE0, gate, SystemHarness } from '../../support/system-harness.ts';

const HANDLER = 0x12340;

function machine(dr7: number, dr0: number): SystemHarness {
  const m = new SystemHarness('protected');
  m.setWord(STATE_DR0, dr0);
  m.setWord(STATE_DR7, dr7);
  return m;
}

test.each([
  // LEN R/W   field   access at, bytes  kind           hit
  [0xd0401, 0x3002, 0x3003, 1, BREAK_WRITE, 1], // 4 bytes, aligned down to 3000h
  [0xd0401, 0x3002, 0x3004, 4, BREAK_WRITE, 0],
  [0xd0401, 0x3002, 0x2ffd, 4, BREAK_WRITE, 1],
  [0xd0401, 0x3002, 0x3000, 4, BREAK_ACCESS, 0],
  [0xf0401, 0x3002, 0x3000, 4, BREAK_ACCESS, 1],
  [0xf0401, 0x3002, 0x3000, 4, BREAK_WRITE, 1],
  [0xf0401, 0x3002, 0x3000, 4, BREAK_EXECUTE, 0],
  [0x401, CODE, CODE, 1, BREAK_EXECUTE, 1],
  [0x402, CODE, CODE, 1, BREAK_EXECUTE, 1], // G0
  [0x400, CODE, CODE, 1, BREAK_EXECUTE, 0],
  [0x401, CODE + 1, CODE, 1, BREAK_EXECUTE, 0],
  [0x10401, CODE, CODE, 1, BREAK_EXECUTE, 0],
  [0x90401, 0x3008, 0x300f, 1, BREAK_WRITE, 1], // LEN 10b: 8 bytes
  [0x90401, 0x3008, 0x3010, 1, BREAK_WRITE, 0],
])('DR7 %i, field %i, access at %i of %i bytes', (dr7, field, at, bytes, kind, hit) => {
  expect(matchBreakpoints(machine(dr7, field).core.words, kind, at, 0, bytes)).toBe(hit);
});

test('the loop stops at a code breakpoint once, and RF carries the handler past it', () => {
  const m = machine(0x402, CODE + 1);
  m.vector(1, gate(CODE0, HANDLER, 0x8e));
  // nop; nop; hlt
  for (const [i, byte] of [0x90, 0x90, 0xf4].entries()) m.space.write8(CODE + i, byte);
  // inc eax; or dword [esp+8], 10000h; iret
  const handler = [0x40, 0x81, 0x4c, 0x24, 0x08, 0, 0, 1, 0, 0xcf];
  for (const [i, byte] of handler.entries()) m.space.write8(HANDLER + i, byte);
  m.core.breakpointsChanged();
  const processor = new Processor(m.core, {});
  expect(processor.run(100)).toBe('halted');
  expect([m.reg(RAX), m.rip, m.word(STATE_DR6) & 15, m.core.flags.read() & RFLAGS_RF]).toEqual([
    1,
    CODE + 3,
    1,
    0,
  ]);
});

test('TF traps after each instruction', () => {
  const m = machine(0x400, 0);
  m.vector(1, gate(CODE0, HANDLER, 0x8e));
  for (const [i, byte] of [0x90, 0x90, 0xf4].entries()) m.space.write8(CODE + i, byte);
  for (const [i, byte] of [0x40, 0xcf].entries()) m.space.write8(HANDLER + i, byte);
  m.setFlags(RFLAGS_TF);
  m.core.breakpointsChanged();
  const processor = new Processor(m.core, {});
  processor.run(9); // nop, #DB, inc, iret, nop, #DB, inc, iret, hlt
  expect([m.reg(RAX), m.rip]).toEqual([2, CODE + 3]);
});
