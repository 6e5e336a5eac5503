import { describe, expect, test } from 'vitest';
import { PENDING_NMI_BLOCKED, PENDING_RESUME } from '../../../src/cpu/execute/core.ts';
import { CR4_VME } from '../../../src/isa/control.ts';
import { CS, DS, ES, FS, GS, SS, TR } from '../../../src/isa/registers.ts';
import {
  RFLAGS_IF,
  RFLAGS_IOPL,
  RFLAGS_NT,
  RFLAGS_RF,
  RFLAGS_VIF,
  RFLAGS_VIP,
  RFLAGS_VM,
} from '../../../src/isa/rflags.ts';
import { VECTOR_GP, VECTOR_TS } from '../../../src/isa/vectors.ts';
import { STATE_CR4 } from '../../../src/state/layout.ts';
import {
  CODE, CODE0, CODE3, DATA0, DATA3, descriptor, FREE, GDT, LONG0, LONG3, STACK, SystemHarness, TSS, TSS2,
} from '../../support/system-harness.ts'; // biome-ignore format: a list of nouns.

const TARGET = 0x12340;
const ALL_FLAGS = 0x003f7fd5;

describe('real and virtual-8086 mode', () => {
  test('real mode pops IP, CS and FLAGS and unblocks NMI', () => {
    const m = new SystemHarness('real');
    m.core.pending |= PENDING_NMI_BLOCKED;
    m.write16(STACK, 0x1234, 0x1500, 0x7fd7);
    m.execute(0xcf);
    expect([m.rip, m.selector(CS), m.rsp, m.core.flags.read()]).toEqual([0x1234, 0x1500, STACK + 6, 0x7fd7]);
    expect(m.core.pending & PENDING_NMI_BLOCKED).toBe(0);
  });

  test('the 32-bit form keeps VM, VIF and VIP', () => {
    const m = new SystemHarness('real');
    m.write32(STACK, 0x1234, 0x1500, -1);
    m.execute(0x66, 0xcf);
    expect(m.core.flags.read()).toBe(0x257fd7);
  });

  test('v86 with IOPL below 3 is #GP(0), with VME IF stands for VIF', () => {
    const m = new SystemHarness('v86');
    m.write16(STACK, 0x1234, 0x1500, 0x0202);
    expect(m.execute(0xcf)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
    m.setWord(STATE_CR4, CR4_VME);
    expect(m.execute(0xcf)).toBeUndefined();
    expect(m.core.flags.read()).toBe(2 | RFLAGS_VM | RFLAGS_VIF);
    m.setFlags(RFLAGS_VM | RFLAGS_VIP);
    m.write16(STACK + 6, 0x1234, 0x1500, 0x0202);
    expect(m.execute(0xcf)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  });

  test('v86 with IOPL 3 loads IF but not IOPL', () => {
    const m = new SystemHarness('v86');
    m.setFlags(RFLAGS_VM | RFLAGS_IOPL);
    m.write16(STACK, 0x1234, 0x1500, 0x0202);
    m.execute(0xcf);
    expect(m.core.flags.read()).toBe(2 | RFLAGS_VM | RFLAGS_IOPL | RFLAGS_IF);
  });
});

describe('protected mode', () => {
  test('the same level does not pop SS:ESP', () => {
    const m = new SystemHarness('protected');
    m.write32(STACK, TARGET, CODE0, 0x202 | RFLAGS_RF);
    m.execute(0xcf);
    expect([m.rip, m.rsp, m.core.flags.read()]).toEqual([TARGET, STACK + 12, 0x202 | RFLAGS_RF]);
    expect(m.core.pending & PENDING_RESUME).not.toBe(0);
  });

  test('to user level', () => {
    const m = new SystemHarness('protected');
    m.write32(STACK, TARGET, CODE3, 0x3202, 0xb000, DATA3);
    m.execute(0xcf);
    expect([m.rip, m.selector(CS), m.rsp, m.selector(SS), m.core.state.cpl()]).toEqual([
      TARGET,
      CODE3,
      0xb000,
      DATA3,
      3,
    ]);
    expect([m.selector(DS), m.core.flags.read()]).toEqual([0, 0x3202]);
  });

  test('user level cannot change IOPL, nor IF above it, nor VM', () => {
    const m = new SystemHarness('user');
    m.write32(STACK, TARGET, CODE3, ALL_FLAGS & ~0x100 & ~RFLAGS_RF);
    m.execute(0xcf);
    expect(m.core.flags.read() & (RFLAGS_IF | RFLAGS_IOPL | RFLAGS_VM | RFLAGS_VIF | RFLAGS_VIP)).toBe(0);
    expect(m.core.flags.read() & RFLAGS_NT).not.toBe(0);
  });

  test.each([
    ['null CS', 0, TARGET, VECTOR_GP, 0],
    ['inner CS', CODE0 & ~3, TARGET, VECTOR_GP, CODE0],
    ['data in CS', DATA3, TARGET, VECTOR_GP, DATA3 & ~3],
  ])('%s', (_why, selector, ip, vector, errorCode) => {
    const m = new SystemHarness('user');
    m.write32(STACK, ip, selector, 2);
    expect(m.execute(0xcf)).toEqual({ vector, errorCode });
    expect([m.rsp, m.rip]).toEqual([STACK, CODE]);
  });

  test('a target beyond the limit is #GP(0) at the inner level', () => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(0, 0xfff, 0xfa, 4));
    m.write32(STACK, TARGET, FREE | 3, 2, 0xb000, DATA3);
    expect(m.execute(0xcf)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
    expect(m.core.state.cpl()).toBe(0);
  });

  test('to virtual-8086 mode: nine words', () => {
    const m = new SystemHarness('protected');
    m.write32(STACK, 0x50, 0x1500, RFLAGS_VM | RFLAGS_IF | 2, 0x7000, 0x100, 0x200, 0x300, 0x400, 0x500);
    m.execute(0xcf);
    expect(m.core.state.mode()).toBe('virtual-8086');
    expect([CS, SS, ES, DS, FS, GS].map((s) => m.selector(s))).toEqual([
      0x1500, 0x100, 0x200, 0x300, 0x400, 0x500,
    ]);
    expect([m.rip, m.rsp, m.core.state.cpl(), m.core.state.baseLo(DS)]).toEqual([0x50, 0x7000, 3, 0x3000]);
  });

  test('NT returns to the linked task and frees the one that is left', () => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(TSS2, 0x67, 0x8b));
    m.write32(TSS2 + 0x20, TARGET, 2, 1, 2, 3, 4, 0xb000, 6, 7, 8, DATA0, CODE0, DATA0, DATA0, 0, 0, 0);
    m.write16(TSS, FREE);
    m.setFlags(RFLAGS_NT);
    expect(m.execute(0xcf)).toBeUndefined();
    expect([m.rip, m.selector(TR), m.core.flags.read()]).toEqual([TARGET, FREE, 2]);
    expect(m.read32(GDT + 0x44) & 0x200).toBe(0);
    expect(m.read32(TSS + 0x24) & RFLAGS_NT).toBe(0);
  });

  test('a back link to a task that is not busy is #TS', () => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(TSS2, 0x67, 0x89));
    m.write16(TSS, FREE);
    m.setFlags(RFLAGS_NT);
    expect(m.execute(0xcf)).toEqual({ vector: VECTOR_TS, errorCode: FREE });
  });
});

describe('64-bit mode', () => {
  const IRETQ = [0x48, 0xcf] as const;
  const frame = (m: SystemHarness, rip: number, cs: number, rsp: number, ss: number, ripHi = 0) =>
    m.write32(STACK, rip, ripHi, cs, 0, 0x202, 0, rsp, 0, ss, 0);

  test('pops SS:RSP at the same level too, and SS may be null', () => {
    const m = new SystemHarness('long');
    frame(m, TARGET, LONG0, 0xb001, 0);
    m.execute(...IRETQ);
    expect([m.rip, m.rsp, m.selector(SS), m.core.state.cpl()]).toEqual([TARGET, 0xb001, 0, 0]);
  });

  test('to user code', () => {
    const m = new SystemHarness('long');
    frame(m, TARGET, LONG3, 0xb000, DATA3);
    m.execute(...IRETQ);
    expect([m.selector(CS), m.selector(SS), m.core.state.mode(), m.core.state.cpl()]).toEqual([
      LONG3,
      DATA3,
      '64-bit',
      3,
    ]);
  });

  test('to compatibility mode', () => {
    const m = new SystemHarness('long');
    frame(m, TARGET, CODE3, 0xb000, DATA3);
    m.execute(...IRETQ);
    expect([m.core.state.mode(), m.rsp]).toEqual(['compatibility32', 0xb000]);
  });

  test('a 16-bit stack takes SP alone', () => {
    const m = new SystemHarness('long');
    m.describe(FREE, descriptor(0, 0xffff, 0xf2, 0));
    m.rsp = STACK;
    frame(m, TARGET, CODE3, 0x1234b000, FREE | 3);
    m.execute(...IRETQ);
    expect(m.rsp).toBe(0xb000);
  });

  test.each([
    ['a non-canonical RIP', LONG3, DATA3, 0x8000, 0],
    ['null SS for user code', LONG3, 0, 0, 0],
    ['null SS for 32-bit code', CODE0, 0, 0, 0],
    ['NT set', LONG0, DATA0, 0, RFLAGS_NT],
  ])('%s is #GP(0)', (_why, cs, ss, ripHi, flags) => {
    const m = new SystemHarness('long');
    m.setFlags(flags);
    frame(m, TARGET, cs, 0xb000, ss, ripHi);
    expect(m.execute(...IRETQ)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
    expect([m.rip, m.rsp]).toEqual([CODE, STACK]);
  });
});
