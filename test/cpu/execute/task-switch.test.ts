import { describe, expect, test } from 'vitest';
import { PENDING_DEBUG_TRAP, PENDING_SHUTDOWN } from '../../../src/cpu/execute/core.ts';
import { CR0_TS, DR6_BT } from '../../../src/isa/control.ts';
import { CS, DS, LDTR, RAX, RSP, SS, TR } from '../../../src/isa/registers.ts';
import { RFLAGS_NT, RFLAGS_VM } from '../../../src/isa/rflags.ts';
import { VECTOR_GP, VECTOR_NP, VECTOR_SS, VECTOR_TS } from '../../../src/isa/vectors.ts';
import { STATE_CR0, STATE_DR7 } from '../../../src/state/layout.ts';
import {
  CODE, CODE0, CODE3, DATA0, DATA3, descriptor, FREE, GDT, gate, STACK, SystemHarness, TSS, TSS_SELECTOR,TSS2, 
} from '../../support/system-harness.ts'; // biome-ignore format: a list of nouns.

const TARGET = 0x12340;
const jump = (selector: number) => [0xea, 0, 0, 0, 0, selector, 0];
const call = (selector: number) => [0x9a, 0, 0, 0, 0, selector, 0];
const BUSY = 0x200;

interface Task {
  flags?: number;
  cs?: number;
  ss?: number;
  ds?: number;
  ldt?: number;
  ip?: number;
}

/** A second task behind the TSS descriptor FREE. */
function withTask(task: Task = {}, access = 0x89, limit = 0x67): SystemHarness {
  const m = new SystemHarness('protected');
  const { flags = 2, cs = CODE0, ss = DATA0, ds = DATA0, ldt = 0, ip = TARGET } = task;
  m.describe(FREE, descriptor(TSS2, limit, access));
  m.write32(
    TSS2 + 0x20,
    ip,
    flags,
    0xa,
    0xc,
    0xd,
    0xb,
    0xb000,
    0xbb,
    0x51,
    0xd1,
    ds,
    cs,
    ss,
    ds,
    ds,
    ds,
    ldt,
    0x680000,
  );
  return m;
}

describe('a switch (SDM Vol. 3A, "Task Switching")', () => {
  test('JMP: state saved and loaded, busy bits exchanged, NT as in the TSS', () => {
    const m = withTask();
    m.setReg(RAX, 0x1234);
    m.setWord(STATE_DR7, 0x4ff);
    expect(m.execute(...jump(FREE))).toBeUndefined();
    expect([m.rip, m.rsp, m.reg(RAX), m.selector(TR), m.core.flags.read()]).toEqual([
      TARGET,
      0xb000,
      0xa,
      FREE,
      2,
    ]);
    expect([m.read32(TSS + 0x20), m.read32(TSS + 0x28), m.read32(TSS + 0x38)]).toEqual([
      CODE + 7,
      0x1234,
      STACK,
    ]);
    expect(m.read16(TSS + 0x4c)).toBe(CODE0);
    expect([m.read32(GDT + TSS_SELECTOR + 4) & BUSY, m.read32(GDT + FREE + 4) & BUSY]).toEqual([0, BUSY]);
    expect(m.word(STATE_CR0) & CR0_TS).not.toBe(0);
    expect(m.word(STATE_DR7)).toBe(0x4aa);
  });

  test('to another descriptor of the same TSS: the task goes on with what was saved', () => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(TSS, 0x67, 0x89));
    m.setReg(RAX, 0x1234);
    expect(m.execute(...jump(FREE))).toBeUndefined();
    expect([m.rip, m.rsp, m.reg(RAX), m.selector(CS), m.selector(TR)]).toEqual([
      CODE + 7,
      STACK,
      0x1234,
      CODE0,
      FREE,
    ]);
  });

  test('CALL links back and sets NT; IRET returns', () => {
    const m = withTask();
    m.execute(...call(FREE));
    expect([m.read16(TSS2), m.core.flags.read()]).toEqual([TSS_SELECTOR, 2 | RFLAGS_NT]);
    expect(m.read32(GDT + TSS_SELECTOR + 4) & BUSY).toBe(BUSY);
    expect(m.execute(0xcf)).toBeUndefined();
    expect([m.rip, m.rsp, m.selector(TR)]).toEqual([CODE + 7, STACK, TSS_SELECTOR]);
    expect(m.read32(GDT + FREE + 4) & BUSY).toBe(0);
  });

  test('through a task gate', () => {
    const m = withTask();
    m.describe(FREE + 8, gate(FREE, 0, 0x85));
    expect(m.execute(...jump(FREE + 8))).toBeUndefined();
    expect(m.selector(TR)).toBe(FREE);
  });

  test('a 16-bit TSS', () => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(TSS2, 0x2b, 0x81));
    m.write16(
      TSS2 + 0x0e,
      0x1234,
      2,
      0xa,
      0xc,
      0xd,
      0xb,
      0x7000,
      0xbb,
      0x51,
      0xd1,
      DATA0,
      CODE0,
      DATA0,
      DATA0,
      0,
    );
    expect(m.execute(...jump(FREE))).toBeUndefined();
    expect([m.rip, m.reg(RAX), m.reg(RSP) & 0xffff, m.selector(DS)]).toEqual([
      0x1234,
      0xffff000a,
      0x7000,
      DATA0,
    ]);
  });

  test('into virtual-8086 mode', () => {
    const m = withTask({ flags: RFLAGS_VM | 2, cs: 0x1000, ss: 0x2000, ds: 0x3000, ip: 0x10 });
    m.execute(...jump(FREE));
    expect([m.core.state.mode(), m.core.state.baseLo(CS), m.core.state.cpl()]).toEqual([
      'virtual-8086',
      0x10000,
      3,
    ]);
  });

  test('the T bit traps with BT', () => {
    const m = withTask();
    m.write16(TSS2 + 0x64, 1);
    m.execute(...jump(FREE));
    expect([m.core.debugTrap, m.core.pending & PENDING_DEBUG_TRAP]).toEqual([DR6_BT, PENDING_DEBUG_TRAP]);
  });
});

describe('checks in the old task', () => {
  test.each([
    ['busy', 0x8b, 0x67, VECTOR_GP],
    ['not present', 0x09, 0x67, VECTOR_NP],
    ['limit too small', 0x89, 0x66, VECTOR_TS],
  ])('%s', (_why, access, limit, vector) => {
    const m = withTask({}, access, limit);
    expect(m.execute(...jump(FREE))).toEqual({ vector, errorCode: FREE });
    expect([m.rip, m.selector(TR)]).toEqual([CODE, TSS_SELECTOR]);
  });

  test.each([
    ['JMP', jump],
    ['CALL', call],
  ])('%s: the descriptor of a TSS is in the GDT', (_name, transfer) => {
    const m = withTask();
    const selector = FREE | 4;
    m.describe(FREE + 8, descriptor(GDT, 0xff, 0x82));
    m.setReg(RAX, FREE + 8);
    expect(m.execute(0x0f, 0x00, 0xd0)).toBeUndefined();
    expect(m.execute(...transfer(selector))).toEqual({ vector: VECTOR_GP, errorCode: selector });
    expect(m.selector(TR)).toBe(TSS_SELECTOR);
  });

  test('the descriptor is for its DPL and above', () => {
    const m = new SystemHarness('user');
    m.describe(FREE, descriptor(TSS2, 0x67, 0x89));
    expect(m.execute(...jump(FREE))).toEqual({ vector: VECTOR_GP, errorCode: FREE });
  });
});

describe('checks in the new task keep its RIP', () => {
  test.each<[string, Task, number, number]>([
    ['LDT', { ldt: DATA0 }, VECTOR_TS, DATA0],
    ['null SS', { ss: 0 }, VECTOR_TS, 0],
    ['SS of another level', { ss: DATA3 }, VECTOR_TS, DATA3 & ~3],
    ['CS is data', { cs: DATA0 }, VECTOR_TS, DATA0],
    ['CS of another level', { cs: CODE3 & ~3 }, VECTOR_TS, CODE3 & ~3],
    ['DS is not there', { ds: 0x1f8 }, VECTOR_TS, 0x1f8],
    ['DS not present', { ds: FREE + 8 }, VECTOR_NP, FREE + 8],
    ['SS not present', { ss: FREE + 8 }, VECTOR_SS, FREE + 8],
  ])('%s', (_why, task, vector, errorCode) => {
    const m = withTask(task);
    m.describe(FREE + 8, descriptor(0, 0xfffff, 0x12, 0xc));
    expect(m.execute(...jump(FREE))).toEqual({ vector, errorCode });
    expect([m.rip, m.selector(TR), m.core.fault.keepRip]).toEqual([TARGET, FREE, true]);
    expect([m.selector(LDTR), m.selector(SS)]).toEqual([task.ldt ?? 0, task.ss ?? DATA0]);
  });

  test('the fault is delivered on the stack of the new task', () => {
    const m = withTask({ ds: 0x1f8 });
    m.vector(VECTOR_TS, gate(CODE0, 0x12300, 0x8e));
    m.step(...jump(FREE));
    expect([m.rip, m.rsp, m.read32(0xb000 - 12)]).toEqual([0x12300, 0xb000 - 16, TARGET]);
    expect(m.core.pending & PENDING_SHUTDOWN).toBe(0);
  });
});
