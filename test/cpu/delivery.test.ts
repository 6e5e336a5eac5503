import { describe, expect, test } from 'vitest';
import { faultClass, makesDoubleFault } from '../../src/cpu/delivery.ts';
import { PENDING_SHUTDOWN } from '../../src/cpu/execute/core.ts';
import { CR0_TS, CR4_VME, DR6_BS } from '../../src/isa/control.ts';
import { CS, DS, ES, GS, SS, TR } from '../../src/isa/registers.ts';
import {
  RFLAGS_IF,
  RFLAGS_IOPL,
  RFLAGS_NT,
  RFLAGS_RF,
  RFLAGS_TF,
  RFLAGS_VIF,
  RFLAGS_VM,
} from '../../src/isa/rflags.ts';
import {
  VECTOR_DB,
  VECTOR_DE,
  VECTOR_DF,
  VECTOR_GP,
  VECTOR_NMI,
  VECTOR_PF,
  VECTOR_UD,
} from '../../src/isa/vectors.ts';
import { segmentWord } from '../../src/state/cpu-state.ts';
import {
  SEGMENT_LIMIT,
  STATE_CR0,
  STATE_CR2,
  STATE_CR4,
  STATE_DR6,
  STATE_IDTR,
} from '../../src/state/layout.ts';
import {
  CODE, CODE0, CODE3, DATA0, DATA3, descriptor, FREE, gate, INNER_STACK, IST_STACK, LONG0, LONG3, STACK, SystemHarness, TSS,TSS_SELECTOR,
  TSS2, 
} from '../support/system-harness.ts'; // biome-ignore format: a list of nouns.

const HANDLER = 0x12340;
const UD2 = [0x0f, 0x0b] as const;
const INTERRUPT32 = 0x8e;
const TRAP32 = 0x8f;
const USER_TRAP32 = 0xef;

describe('real mode (SDM Vol. 3B, "Interrupt and Exception Handling")', () => {
  test('pushes FLAGS, CS and IP, no error code, and clears IF and TF', () => {
    const m = new SystemHarness('real');
    m.write16(VECTOR_GP * 4, 0x0055, 0x1200);
    m.setFlags(RFLAGS_IF);
    m.core.setRip(0x100, 0);
    m.core.fault.setWithCode(VECTOR_GP, 0);
    m.deliver();
    expect([m.selector(CS), m.rip, m.rsp]).toEqual([0x1200, 0x55, STACK - 6]);
    expect([m.read16(STACK - 6), m.read16(STACK - 4), m.read16(STACK - 2)]).toEqual([
      0x100,
      CODE >> 4,
      0x202,
    ]);
    expect(m.core.flags.read() & RFLAGS_IF).toBe(0);
  });

  test('INT n returns behind the instruction', () => {
    const m = new SystemHarness('real');
    m.write16(0x21 * 4, 0x77, 0x1000);
    m.step(0xcd, 0x21);
    expect(m.rip).toBe(0x77);
    expect(m.read16(STACK - 6)).toBe(2);
    expect(m.seen).toEqual(['int 33']);
  });

  test('a vector beyond the limit of IDTR ends in shutdown when nothing has a handler', () => {
    const m = new SystemHarness('real');
    m.setWord(STATE_IDTR + 8, 3);
    m.step(0xcd, 0x21);
    expect(m.core.pending & PENDING_SHUTDOWN).not.toBe(0);
    expect(m.seen).toEqual(['int 33', '13(0)', '13(1)', '8(0)', '13(1)']);
  });
});

describe('32-bit protected mode', () => {
  test('a fault at the same level pushes EFLAGS with RF, CS, EIP and the error code', () => {
    const m = new SystemHarness('protected');
    m.vector(VECTOR_GP, gate(CODE0, HANDLER, INTERRUPT32));
    m.setFlags(RFLAGS_IF);
    m.core.fault.setWithCode(VECTOR_GP, 0x1234);
    m.deliver();
    expect([m.rip, m.rsp]).toEqual([HANDLER, STACK - 16]);
    expect(m.read32(STACK - 16)).toBe(0x1234);
    expect(m.read32(STACK - 12)).toBe(CODE);
    expect(m.read32(STACK - 8)).toBe(CODE0);
    expect(m.read32(STACK - 4)).toBe(0x202 | RFLAGS_RF);
    expect(m.core.flags.read()).toBe(2);
  });

  test('a trap gate leaves IF alone, an interrupt pushes RFLAGS as they are', () => {
    const m = new SystemHarness('protected');
    m.vector(0x30, gate(CODE0, HANDLER, TRAP32));
    m.setFlags(RFLAGS_IF | RFLAGS_NT);
    m.interrupt(0x30);
    expect(m.read32(STACK - 4)).toBe(0x4202);
    expect(m.core.flags.read()).toBe(0x202);
  });

  test('an inner level gets its stack from the TSS', () => {
    const m = new SystemHarness('user');
    m.vector(VECTOR_UD, gate(CODE0, HANDLER, INTERRUPT32));
    m.step(...UD2);
    expect([m.rip, m.rsp, m.selector(CS), m.selector(SS), m.core.state.cpl()]).toEqual([
      HANDLER,
      INNER_STACK - 20,
      CODE0,
      DATA0,
      0,
    ]);
    expect(m.read32(INNER_STACK - 4)).toBe(DATA3);
    expect(m.read32(INNER_STACK - 8)).toBe(STACK);
    expect(m.read32(INNER_STACK - 16)).toBe(CODE3);
    expect(m.read32(INNER_STACK - 20)).toBe(CODE);
  });

  test.each([
    // name                    bytes         gate access  fault
    ['INT n below the gate DPL', [0xcd, 0x40], INTERRUPT32, '13(202)'],
    ['INT3 below the gate DPL', [0xcc], INTERRUPT32, '13(1a)'],
    ['a gate that is not present', [0xcd, 0x40], 0x6e, '11(202)'],
    ['a gate of another type', [0xcd, 0x40], 0xec, '13(202)'],
  ])('%s', (_name, bytes, access, fault) => {
    const m = new SystemHarness('user');
    m.vector(VECTOR_GP, gate(CODE0, HANDLER, INTERRUPT32));
    m.vector(11, gate(CODE0, HANDLER, INTERRUPT32));
    m.vector(bytes[0] === 0xcc ? 3 : 0x40, gate(CODE0, HANDLER, access));
    m.step(...bytes);
    expect(m.seen[1]).toBe(fault);
    expect(m.read32(INNER_STACK - 20)).toBe(CODE);
  });

  test('INT n through a gate of DPL 3', () => {
    const m = new SystemHarness('user');
    m.vector(0x80, gate(CODE0, HANDLER, USER_TRAP32));
    m.step(0xcd, 0x80);
    expect(m.rip).toBe(HANDLER);
    expect(m.read32(INNER_STACK - 20)).toBe(CODE + 2);
  });

  test('faults on the way of an exception carry EXT, those of INT n do not', () => {
    const m = new SystemHarness('user');
    m.vector(VECTOR_GP, gate(CODE0, HANDLER, INTERRUPT32));
    m.step(...UD2); // Vector 6 has a zero gate.
    expect(m.seen).toEqual(['6', '13(33)']);
    expect(m.rip).toBe(HANDLER);
  });

  test.each([
    ['null code segment', 0, '13(1)'],
    ['code segment beyond the GDT', 0x1f8, '13(1f9)'],
    ['data segment', DATA0, '13(11)'],
    ['code of an outer level', CODE3, '13(19)'],
  ])('%s in the gate', (_name, selector, fault) => {
    const m = new SystemHarness('protected');
    m.vector(VECTOR_UD, gate(selector, HANDLER, INTERRUPT32));
    m.vector(VECTOR_GP, gate(CODE0, HANDLER, INTERRUPT32));
    m.step(...UD2);
    expect(m.seen).toEqual(['6', fault]);
  });

  test('a handler beyond the limit of its segment is #GP before anything is pushed', () => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(0, 0xfff, 0x9a, 4));
    m.vector(VECTOR_UD, gate(FREE, HANDLER, INTERRUPT32));
    m.vector(VECTOR_GP, gate(CODE0, HANDLER, INTERRUPT32));
    // Nor is there room to push anything.
    m.describe(FREE + 8, descriptor(0, 0xfff, 0x92, 4));
    m.setReg(0, FREE + 8);
    expect(m.execute(0x8e, 0xd0)).toBeUndefined();
    m.rsp = 0x2000;
    m.step(...UD2);
    expect(m.seen.slice(0, 2)).toEqual(['6', '13(1)']);
  });

  test('a bad inner stack is #TS, one that is not present #SS', () => {
    const m = new SystemHarness('user');
    m.describe(FREE, descriptor(0, 0xfffff, 0x12, 0xc));
    m.write32(TSS + 8, FREE);
    m.vector(VECTOR_UD, gate(CODE0, HANDLER, INTERRUPT32));
    m.step(...UD2);
    expect(m.seen.slice(0, 2)).toEqual(['6', '12(61)']);
    const n = new SystemHarness('user');
    n.write32(TSS + 8, DATA3);
    n.vector(VECTOR_UD, gate(CODE0, HANDLER, INTERRUPT32));
    n.step(...UD2);
    expect(n.seen.slice(0, 2)).toEqual(['6', '10(21)']);
  });

  test('a 16-bit gate pushes words', () => {
    const m = new SystemHarness('protected');
    m.vector(VECTOR_UD, gate(CODE0, 0x4567, 0x86));
    m.step(...UD2);
    expect([m.rip, m.rsp]).toEqual([0x4567, STACK - 6]);
    expect(m.read16(STACK - 6)).toBe(CODE & 0xffff);
  });

  test('two contributory exceptions make #DF, a third shutdown; the frame is that of the first', () => {
    const m = new SystemHarness('protected');
    m.vector(VECTOR_DF, gate(CODE0, HANDLER, INTERRUPT32));
    m.core.fault.set(VECTOR_DE);
    m.deliver();
    expect(m.seen).toEqual(['0', '13(3)', '8(0)']);
    expect([m.read32(m.rsp), m.read32(m.rsp + 4)]).toEqual([0, CODE]);
    const n = new SystemHarness('protected');
    n.core.fault.set(VECTOR_DE);
    n.deliver();
    expect(n.seen).toEqual(['0', '13(3)', '8(0)', '13(43)']);
    expect(n.core.pending & PENDING_SHUTDOWN).not.toBe(0);
    expect([n.rip, n.rsp]).toEqual([CODE, STACK]);
  });

  test('a task gate switches tasks and pushes the error code there', () => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(TSS2, 0x67, 0x89));
    m.write32(TSS2 + 0x20, HANDLER, 2, 1, 2, 3, 4, 0xb000, 6, 7, 8, DATA0, CODE0, DATA0, DATA0, 0, 0, 0);
    m.vector(VECTOR_GP, gate(FREE, 0, 0x85));
    m.core.fault.setWithCode(VECTOR_GP, 0x55);
    m.deliver();
    expect([m.rip, m.rsp, m.selector(TR)]).toEqual([HANDLER, 0xb000 - 4, FREE]);
    expect(m.read32(0xb000 - 4)).toBe(0x55);
    expect(m.read16(TSS2)).toBe(TSS_SELECTOR);
    expect(m.core.flags.read() & RFLAGS_NT).not.toBe(0);
    expect(m.word(STATE_CR0) & CR0_TS).not.toBe(0);
    expect(m.read32(TSS + 0x20)).toBe(CODE);
    expect(m.read32(TSS + 0x24)).toBe(2 | RFLAGS_RF);
  });

  test('a debug trap reports in DR6 and pushes RF as it was', () => {
    const m = new SystemHarness('protected');
    m.vector(VECTOR_DB, gate(CODE0, HANDLER, INTERRUPT32));
    m.setFlags(RFLAGS_TF);
    m.core.debugTrap = DR6_BS;
    m.core.fault.set(VECTOR_DB);
    m.deliver('trap');
    expect(m.word(STATE_DR6) >>> 0).toBe(0xffff4ff0);
    expect(m.read32(STACK - 4)).toBe(0x102);
    expect(m.core.flags.read() & RFLAGS_TF).toBe(0);
  });
});

describe('virtual-8086 mode (SDM Vol. 3B, "Interrupt and Exception Handling in Virtual-8086 Mode")', () => {
  test('an exception leaves to ring 0 with the data segments on the stack and null', () => {
    const m = new SystemHarness('v86');
    m.vector(VECTOR_UD, gate(CODE0, HANDLER, INTERRUPT32));
    m.step(...UD2);
    expect([m.rip, m.selector(CS), m.selector(SS), m.core.state.cpl()]).toEqual([HANDLER, CODE0, DATA0, 0]);
    expect(m.core.state.isVirtual8086()).toBe(false);
    expect(m.rsp).toBe(INNER_STACK - 36);
    expect(m.read32(INNER_STACK - 28)).toBe(2 | RFLAGS_VM | RFLAGS_RF);
    for (const segment of [ES, DS, GS])
      expect([m.selector(segment), m.core.state.attributes(segment)]).toEqual([0, 0]);
  });

  test('INT n with IOPL below 3 and no VME is #GP(0)', () => {
    const m = new SystemHarness('v86');
    expect(m.execute(0xcd, 0x10)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  });

  test('the handler must be at level 0', () => {
    const m = new SystemHarness('v86');
    m.vector(VECTOR_UD, gate(CODE3, HANDLER, INTERRUPT32));
    m.step(...UD2);
    expect(m.seen.slice(0, 2)).toEqual(['6', '13(19)']);
  });

  test.each([0, 3])('VME redirects INT n to the 8086 table with IOPL %i', (iopl) => {
    const m = new SystemHarness('v86');
    m.setWord(STATE_CR4, CR4_VME);
    m.write16(0x10 * 4, 0x55, 0x1200);
    // The redirection bitmap lies in the 32 bytes below the I/O map, here all zero.
    m.core.words[segmentWord(TR, SEGMENT_LIMIT)] = 0x200;
    m.write16(TSS + 0x66, 0x100);
    m.setFlags(RFLAGS_VM | RFLAGS_VIF | (iopl ? RFLAGS_IOPL | RFLAGS_IF : 0));
    m.step(0xcd, 0x10);
    expect([m.selector(CS), m.rip]).toEqual([0x1200, 0x55]);
    expect(m.core.state.isVirtual8086()).toBe(true);
    expect(m.read16(STACK - 2) & 0x3200).toBe(0x3200);
    expect(m.core.flags.read() & (iopl ? RFLAGS_IF : RFLAGS_VIF)).toBe(0);
  });
});

describe('IA-32e mode (SDM Vol. 3A, "Exception and Interrupt Handling in 64-bit Mode")', () => {
  test('the same level aligns RSP and pushes SS:RSP always', () => {
    const m = new SystemHarness('long');
    m.vector(VECTOR_GP, gate(LONG0, HANDLER, INTERRUPT32), 0, 0xffff8000);
    m.rsp = STACK - 3;
    m.core.fault.setWithCode(VECTOR_GP, 0);
    m.deliver();
    const top = STACK - 16;
    expect(m.rsp).toBe(top - 48);
    expect([m.rip, m.core.ripHi() >>> 0]).toEqual([HANDLER, 0xffff8000]);
    expect([m.read32(top - 8), m.read32(top - 16), m.read32(top - 32)]).toEqual([DATA0, STACK - 3, LONG0]);
    expect(m.read32(top - 40)).toBe(CODE);
    expect(m.selector(SS)).toBe(DATA0);
  });

  test('from user code: RSP0, SS null', () => {
    const m = new SystemHarness('long-user');
    m.vector(VECTOR_UD, gate(LONG0, HANDLER, INTERRUPT32));
    m.step(...UD2);
    expect([m.rsp, m.selector(SS), m.core.state.cpl()]).toEqual([INNER_STACK - 40, 0, 0]);
    expect(m.read32(INNER_STACK - 32)).toBe(LONG3);
  });

  test('from compatibility mode', () => {
    const m = new SystemHarness('compatibility');
    m.vector(VECTOR_UD, gate(LONG0, HANDLER, INTERRUPT32));
    m.step(...UD2);
    expect([m.rsp, m.core.state.mode()]).toEqual([INNER_STACK - 40, '64-bit']);
    expect(m.read32(INNER_STACK - 32)).toBe(CODE3);
  });

  test('an IST stack, at any level', () => {
    const m = new SystemHarness('long');
    m.vector(VECTOR_NMI, gate(LONG0, HANDLER, INTERRUPT32), 1);
    m.interrupt(VECTOR_NMI);
    expect([m.rsp, m.selector(SS)]).toEqual([IST_STACK - 40, DATA0]);
  });

  test.each([
    ['a 32-bit code segment', CODE0, 0, '13(9)'],
    ['a non-canonical handler', LONG0, 0x8000_0000, '13(1)'],
  ])('%s', (_name, selector, upper, fault) => {
    const m = new SystemHarness('long');
    m.vector(VECTOR_UD, gate(selector, HANDLER, INTERRUPT32), 0, upper);
    m.vector(VECTOR_GP, gate(LONG0, HANDLER, INTERRUPT32));
    m.step(...UD2);
    expect(m.seen).toEqual(['6', fault]);
  });

  test('16-bit gates and task gates do not exist', () => {
    const m = new SystemHarness('long');
    m.vector(VECTOR_UD, gate(LONG0, HANDLER, 0x86));
    m.vector(VECTOR_GP, gate(LONG0, HANDLER, INTERRUPT32));
    m.step(...UD2);
    expect(m.seen).toEqual(['6', '13(33)']);
  });

  test('a kernel stack that is not mapped: #PF on #PF makes #DF on its IST', () => {
    const m = new SystemHarness('long');
    m.vector(VECTOR_PF, gate(LONG0, HANDLER, INTERRUPT32));
    m.vector(VECTOR_DF, gate(LONG0, HANDLER + 16, INTERRUPT32), 1);
    m.rsp = 0x40000000;
    m.core.fault.setWithCode(VECTOR_PF, 0);
    m.deliver();
    expect(m.seen).toEqual(['14(0)', '14(2)', '8(0)']);
    expect([m.rip, m.rsp]).toEqual([HANDLER + 16, IST_STACK - 48]);
    expect(m.read32(IST_STACK - 16)).toBe(0x40000000);
  });

  test('a non-canonical stack is #SS(0)', () => {
    const m = new SystemHarness('long');
    m.vector(VECTOR_UD, gate(LONG0, HANDLER, INTERRUPT32));
    m.vector(12, gate(LONG0, HANDLER, INTERRUPT32), 1);
    m.setReg(4, 0, 0x800000);
    m.step(...UD2);
    expect(m.seen).toEqual(['6', '12(1)']);
  });

  test('a stack pointer of the TSS that is just not canonical is #SS, although what is pushed would not be', () => {
    const m = new SystemHarness('long');
    m.vector(VECTOR_UD, gate(LONG0, HANDLER, INTERRUPT32), 1);
    m.vector(12, gate(LONG0, HANDLER, INTERRUPT32));
    m.write32(TSS + 0x24, 0);
    m.write32(TSS + 0x28, 0x8000);
    m.step(...UD2);
    expect(m.seen).toEqual(['6', '12(1)']);
    expect(m.core.words[STATE_CR2 >> 2]).toBe(0);
  });

  test('IDT entries without handlers end in shutdown with the state of the first fault', () => {
    const m = new SystemHarness('long');
    m.step(...UD2);
    expect(m.seen).toEqual(['6', '13(33)', '13(6b)', '8(0)', '13(43)']);
    expect(m.core.pending & PENDING_SHUTDOWN).not.toBe(0);
    expect(m.rip).toBe(CODE);
  });
});

describe('conditions for a double fault (SDM Vol. 3A, "Interrupt 8—Double Fault Exception (#DF)")', () => {
  test.each([
    [VECTOR_GP, VECTOR_GP, true],
    [VECTOR_DE, 10, true],
    [VECTOR_GP, VECTOR_PF, false],
    [VECTOR_PF, VECTOR_PF, true],
    [VECTOR_PF, VECTOR_GP, true],
    [VECTOR_PF, VECTOR_UD, false],
    [VECTOR_UD, VECTOR_GP, false],
    [VECTOR_GP, VECTOR_UD, false],
  ])('vector %i, then %i: %s', (first, second, double) => {
    expect(makesDoubleFault(first, second)).toBe(double);
  });

  test('classes', () => {
    expect([0, 10, 11, 12, 13].map(faultClass)).toEqual(Array(5).fill('contributory'));
    expect([1, 3, 6, 7, 8, 16, 17, 18, 19].map(faultClass)).toEqual(Array(9).fill('benign'));
  });
});
