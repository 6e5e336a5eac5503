import { describe, expect, test } from 'vitest';
import { PENDING_NMI, PENDING_NMI_BLOCKED } from '../../src/cpu/execute/core.ts';
import { setSegment } from '../../src/cpu/execute/descriptor.ts';
import { CR0_EM, CR0_NE, CR0_TS, CR4_DE, CR4_OSFXSR, DEBUGCTL_BTF, DR6_BS } from '../../src/isa/control.ts';
import { CS, ES, RAX, RBP, RCX, RDI, RSI } from '../../src/isa/registers.ts';
import { RFLAGS_IF, RFLAGS_RF, RFLAGS_TF } from '../../src/isa/rflags.ts';
import {
  STATE_CR0,
  STATE_CR3,
  STATE_CR4,
  STATE_DEBUGCTL,
  STATE_DR6,
  STATE_FCW,
  STATE_FMASK,
  STATE_FSW,
  STATE_LSTAR,
  STATE_STAR,
} from '../../src/state/layout.ts';
import { DATA, DebugGuest } from '../support/debug-guest.ts';
import { CODE, CODE0, DATA0, STACK } from '../support/system-harness.ts';

const HLT = 0xf4;
const NOP = 0x90;
const INT3 = 0xcc;
const IRET = 0xcf;
const WRITE = 1;
const IO = 2;
const ACCESS = 3;
const address = (at: number) => [at & 0xff, (at >> 8) & 0xff, (at >> 16) & 0xff, at >>> 24];
/** MOV moffs, EAX and MOV EAX, moffs. */
const store = (at: number) => [0xa3, ...address(at)];
const load = (at: number) => [0xa1, ...address(at)];

function watching(code: readonly number[], at: number, condition: number, length: number): DebugGuest {
  const g = new DebugGuest('protected', [...code, HLT]);
  g.handle(1, IRET);
  g.breakpoint(at, condition, length);
  return g;
}

describe('data breakpoints are traps behind the access (SDM Vol. 3B, "Data Memory and I/O Breakpoint Exception Conditions")', () => {
  test.each([
    // name                        code               watched    R/W     LEN  story
    ['a write to a watched byte', [...store(DATA), NOP], DATA + 2, WRITE, 1, ['1@5 1']],
    ['a write beside it', [...store(DATA), NOP], DATA + 4, WRITE, 4, []],
    ['a read of what writes are watched', [...load(DATA), NOP], DATA, WRITE, 4, []],
    ['a read', [...load(DATA), NOP], DATA, ACCESS, 4, ['1@5 1']],
    ['a write where accesses are watched', [...store(DATA), NOP], DATA, ACCESS, 4, ['1@5 1']],
    ['an unaligned write that reaches into the field', [...store(DATA - 3), NOP], DATA, WRITE, 8, ['1@5 1']],
    ['across pages, the second', [...store(DATA + 0xffe), NOP], DATA + 0x1000, WRITE, 2, ['1@5 1']],
    ['across pages, the first', [...store(DATA + 0xffe), NOP], DATA + 0xfff, WRITE, 1, ['1@5 1']],
    ['across pages, neither', [...store(DATA + 0xffe), NOP], DATA + 0x1002, WRITE, 2, []],
    ['read and write of one instruction', [0xff, 0x05, ...address(DATA)], DATA, ACCESS, 4, ['1@6 1']],
    ['a push', [0x50, NOP], STACK - 4, WRITE, 4, ['1@1 1']],
    ['fetches are no accesses', [NOP, NOP], CODE, ACCESS, 4, []],
  ] as const)('%s', (_name, code, watched, condition, length, story) => {
    const g = watching(code, watched, condition, length);
    expect(g.run()).toBe('halted');
    expect(g.story).toEqual(story);
  });

  test('the write itself is done, and DR6 says which', () => {
    const g = watching([...store(DATA)], DATA + 8, WRITE, 4);
    g.breakpoint(DATA, WRITE, 4, 2);
    g.setReg(RAX, 0x12345678);
    g.run();
    expect([g.read32(DATA), g.word(STATE_DR6) & 0xf]).toEqual([0x12345678, 4]);
  });

  test('nothing is watched any more once DR7 says so', () => {
    const g = watching([...store(DATA), NOP, ...store(DATA)], DATA, WRITE, 4);
    g.handle(1, 0x31, 0xc0, 0x0f, 0x23, 0xf8, IRET); // xor eax, eax; mov dr7, eax; iret
    g.run();
    expect(g.story).toEqual(['1@5 1']);
  });

  test('an instruction that faults behind a watched access has not met it', () => {
    const g = watching([0xa5], DATA, ACCESS, 4); // movsd
    g.handle(13, HLT);
    setSegment(g.core, ES, 0, 0, 0, 0, 0);
    g.core.segmentsChanged();
    g.setReg(RSI, DATA);
    g.run();
    expect(g.story).toEqual(['13@0']);
    expect(g.core.debugTrap).toBe(0);
  });

  test('a repeated string instruction is trapped after the iteration, with RF for the rest', () => {
    const g = watching([0xf3, 0xa4], DATA + 1, WRITE, 1); // rep movsb
    g.handle(1, HLT);
    g.setReg(RCX, 4);
    g.setReg(RSI, DATA + 0x100);
    g.setReg(RDI, DATA);
    g.run();
    expect(g.story).toEqual(['1@0 1']);
    expect([g.reg(RCX), g.reg(RDI)]).toEqual([2, DATA + 2]);
    expect(g.read32(STACK - 4) & RFLAGS_RF).toBe(RFLAGS_RF);
  });

  test('after its last iteration RF is 0 and RIP behind it', () => {
    const g = watching([0xf3, 0xaa], DATA + 3, WRITE, 1); // rep stosb
    g.handle(1, HLT);
    g.setReg(RCX, 4);
    g.setReg(RDI, DATA);
    g.run();
    expect(g.story).toEqual(['1@2 1']);
    expect(g.read32(STACK - 4) & RFLAGS_RF).toBe(0);
  });

  test('with TF it is one #DB for both', () => {
    const g = watching([...store(DATA), INT3], DATA, WRITE, 4);
    g.handle(3, HLT);
    g.setFlags(RFLAGS_TF);
    g.run();
    expect(g.story).toEqual([`1@5 ${(DR6_BS | 1).toString(16)}`, '3@5']);
  });

  test('the stack writes of a delivery count, and are told in front of the handler', () => {
    const g = watching([0xcd, 0x40], STACK - 4, WRITE, 4);
    g.handle(0x40, HLT);
    g.run();
    expect(g.story).toEqual(['64@0', '1@handler 1']);
  });

  test('breakpoints on ports need CR4.DE', () => {
    const code = [0xe4, 0x80, 0xe4, 0x84]; // in al, 80h; in al, 84h
    const g = watching(code, 0x80, IO, 4);
    g.run();
    expect(g.story).toEqual([]);
    const with_ = watching(code, 0x80, IO, 4);
    with_.setWord(STATE_CR4, CR4_DE);
    with_.core.breakpointsChanged();
    with_.run();
    expect(with_.story).toEqual(['1@2 1']);
  });
});

describe('MOV SS and POP SS hold debug traps back (SDM Vol. 3A, "Masking Exceptions and Interrupts When Switching Stacks")', () => {
  const movSs = [0x8e, 0x15, ...address(DATA)]; // mov ss, [DATA]

  function withWatchedSelector(...code: number[]): DebugGuest {
    const g = watching([...movSs, ...code], DATA, ACCESS, 2);
    g.write32(DATA, DATA0);
    return g;
  }

  test('until the next instruction is through', () => {
    const g = withWatchedSelector(NOP, NOP);
    g.run();
    expect(g.story).toEqual(['1@7 1']);
  });

  test('so that a software interrupt comes first and #DB hits its handler (CVE-2018-8897)', () => {
    const g = withWatchedSelector(0xcc);
    const handler = g.handle(3, HLT);
    g.run();
    expect(g.log).toEqual([
      { vector: 3, rip: CODE + 6, bits: 0 },
      { vector: 1, rip: handler, bits: 1 },
    ]);
  });

  test('a single step behind them is none, the one of the next instruction is', () => {
    const g = new DebugGuest('protected', [0x8e, 0xd0, NOP, INT3]); // mov ss, eax
    g.handle(1, IRET);
    g.handle(3, HLT);
    g.setReg(RAX, DATA0);
    g.setFlags(RFLAGS_TF);
    g.run();
    expect(g.story).toEqual(['1@3 4000', '3@3']);
  });

  test('LSS holds nothing back', () => {
    const g = watching([0x0f, 0xb2, 0x25, ...address(DATA), NOP], DATA, ACCESS, 2); // lss esp, [DATA]
    g.write32(DATA, STACK, DATA0);
    g.run();
    expect(g.story).toEqual(['1@7 1']);
  });

  test('nor do they hold an instruction breakpoint for good', () => {
    const g = new DebugGuest('protected', [0x8e, 0xd0, NOP, NOP, HLT]);
    g.handle(1, HLT);
    g.setReg(RAX, DATA0);
    g.breakpoint(CODE + 2, 0, 1);
    g.breakpoint(CODE + 3, 0, 1, 1);
    g.run();
    expect(g.story).toEqual(['1@3 2']);
  });
});

describe('RF (SDM Vol. 3B, "Instruction-Breakpoint Exception Condition")', () => {
  test('a breakpoint on a repeated string instruction stops it once, however it is interrupted', () => {
    const g = new DebugGuest('protected', [0xf3, 0xaa, HLT]);
    g.handle(1, 0x81, 0x4c, 0x24, 0x08, 0, 0, 1, 0, IRET); // or dword [esp + 8], 10000h; iret
    g.breakpoint(CODE, 0, 1);
    g.setReg(RCX, 3);
    g.setReg(RDI, DATA);
    expect(g.run()).toBe('halted');
    expect(g.story).toEqual(['1@0 1']);
    expect(g.reg(RCX)).toBe(0);
  });

  test('an interrupt between two iterations pushes RF, one behind the last does not', () => {
    const g = new DebugGuest('protected', [0xf3, 0xaa, HLT]);
    g.handle(2, HLT);
    g.setReg(RCX, 5000);
    g.setReg(RDI, DATA);
    g.processor.run(1);
    expect(g.reg(RCX)).toBe(4096);
    g.core.pending |= PENDING_NMI;
    g.run();
    expect([g.read32(STACK - 12), g.read32(STACK - 4) & RFLAGS_RF]).toEqual([CODE, RFLAGS_RF]);
  });

  test('an instruction breakpoint pushes RF as it is, another fault pushes 1', () => {
    const g = new DebugGuest('protected', [0x0f, 0x0b]);
    g.handle(1, HLT);
    g.breakpoint(CODE, 0, 1);
    g.run();
    expect(g.read32(STACK - 4) & RFLAGS_RF).toBe(0);
    const faulting = new DebugGuest('protected', [0x0f, 0x0b]);
    faulting.handle(6, HLT);
    faulting.run();
    expect(faulting.read32(STACK - 4) & RFLAGS_RF).toBe(RFLAGS_RF);
  });

  test('POPF does not set it', () => {
    const g = new DebugGuest('protected', [0x68, 0x02, 0x00, 0x01, 0x00, 0x9d, NOP, HLT]);
    g.handle(1, HLT);
    g.breakpoint(CODE + 6, 0, 1);
    g.run();
    expect(g.story).toEqual(['1@6 1']);
  });
});

describe('single steps (SDM Vol. 3B, "Single-Step Exception Condition")', () => {
  function stepping(...code: number[]): DebugGuest {
    const g = new DebugGuest('protected', [...code, INT3]);
    g.handle(1, IRET);
    g.handle(3, HLT);
    g.setFlags(RFLAGS_TF);
    return g;
  }

  test('one for each iteration, and RF in all images but the last', () => {
    const g = stepping(0xf3, 0xaa); // rep stosb
    // mov eax, [esp + 8]; stosd to [esi]: keeps the images.
    g.handle(1, 0x8b, 0x44, 0x24, 0x08, 0x89, 0x06, 0x83, 0xc6, 0x04, IRET);
    g.setReg(RCX, 3);
    g.setReg(RDI, DATA);
    g.setReg(RSI, DATA + 0x100);
    g.run();
    expect(g.story).toEqual(['1@0 4000', '1@0 4000', '1@2 4000', '3@2']);
    const images = [0, 1, 2].map((i) => g.read32(DATA + 0x100 + i * 4) & RFLAGS_RF);
    expect(images).toEqual([RFLAGS_RF, RFLAGS_RF, 0]);
  });

  test('INT n clears TF, and there is no trap in front of its handler', () => {
    const g = stepping(0xcd, 0x40, NOP);
    g.handle(0x40, NOP, IRET);
    g.run();
    expect(g.story).toEqual(['64@0', '1@3 4000', '3@3']);
  });

  test('an instruction that faults is not trapped', () => {
    const g = stepping(0x0f, 0x0b);
    g.handle(6, HLT);
    g.run();
    expect(g.story).toEqual(['6@0']);
  });

  test('POPF that sets TF is not trapped, POPF that clears it is', () => {
    const g = new DebugGuest('protected', [0x68, 2, 1, 0, 0, 0x9d, NOP, 0x68, 2, 0, 0, 0, 0x9d, NOP, HLT]);
    g.handle(1, IRET);
    g.run();
    expect(g.story).toEqual(['1@7 4000', '1@12 4000', '1@13 4000']);
  });

  test('HLT is trapped, which ends it', () => {
    const g = stepping(HLT, NOP);
    g.run();
    expect(g.story).toEqual(['1@1 4000', '1@2 4000', '3@2']);
  });

  test('IRET that sets TF: the next instruction is', () => {
    const g = new DebugGuest('protected', [0x6a, 0x08, 0x68, ...address(CODE + 9), IRET, HLT, NOP, HLT]);
    g.place(CODE, [0x68, 2, 1, 0, 0, 0x6a, 0x08, 0x68, ...address(CODE + 13), IRET, NOP, HLT]);
    g.handle(1, HLT);
    g.run();
    expect(g.story).toEqual(['1@14 4000']);
  });

  test.each([
    // FMASK        story
    [RFLAGS_TF, []],
    [0, ['1@handler 4000']],
  ])('SYSCALL with FMASK %i', (mask, story) => {
    const g = new DebugGuest('long-user', [0x0f, 0x05]);
    g.handle(1, HLT);
    const target = g.handle(0x50, HLT);
    g.setWord(STATE_STAR + 4, CODE0);
    g.setWord(STATE_LSTAR, target);
    g.setWord(STATE_FMASK, mask);
    g.setFlags(RFLAGS_TF);
    g.run();
    expect(g.story).toEqual(story);
  });

  test('with BTF branches alone, and #DB clears BTF', () => {
    // nop; jz +0 (not taken); jmp +0; nop; hlt
    const g = stepping(NOP, 0x74, 0x01, 0xeb, 0x00, NOP);
    g.setWord(STATE_DEBUGCTL, DEBUGCTL_BTF);
    g.handle(1, HLT);
    g.run();
    expect(g.story).toEqual(['1@5 4000']);
    expect(g.word(STATE_DEBUGCTL)).toBe(0);
  });
});

describe('priorities at an instruction boundary (SDM Vol. 3A, "Priority Among Concurrent Events")', () => {
  test('a trap of the instruction before, an NMI, then a breakpoint on the next', () => {
    const g = new DebugGuest('protected', [NOP, NOP, HLT]);
    g.handle(1, 0x81, 0x4c, 0x24, 0x08, 0, 0, 1, 0, IRET);
    const nmi = g.handle(2, NOP, IRET);
    g.setFlags(RFLAGS_TF);
    g.breakpoint(CODE + 1, 0, 1);
    g.core.updateSingleStep();
    g.processor.run(1);
    g.core.pending |= PENDING_NMI;
    g.processor.run(2);
    // Both are delivered before the first handler runs: the NMI interrupts that of #DB.
    expect(g.log.slice(0, 2).map(({ vector }) => vector)).toEqual([1, 2]);
    expect(g.rip).toBe(nmi + 1);
  });

  test('a breakpoint on an instruction comes before the faults of its bytes', () => {
    const g = new DebugGuest('protected', [0x0f, 0x0b]);
    g.handle(1, HLT);
    g.handle(6, HLT);
    g.breakpoint(CODE, 0, 1);
    g.run();
    expect(g.story).toEqual(['1@0 1']);
  });
});

describe('priorities within one instruction (SDM Vol. 3A, "Priority Among Concurrent Events")', () => {
  const MOVAPS = [0x0f, 0x28, 0x05, 1, 0, 0, 0]; // xmm0, [1]: misaligned.
  const FLD = [0xd9, 0x05, 0xfd, 0xff, 0xff, 0xff]; // [FFFFFFFDh]: beyond the limit.
  const PREFIXES15 = new Array<number>(15).fill(0x66);
  test.each([
    // why                                     CR0               CR4          bytes                       vector
    ['LOCK on what takes none, at CPL 0',      0,                CR4_OSFXSR,  [0xf0, ...MOVAPS],          6],
    ['CR0.EM before CR0.TS',                   CR0_EM | CR0_TS,  CR4_OSFXSR,  MOVAPS,                     6],
    ['no CR4.OSFXSR before CR0.TS',            CR0_TS,           0,           MOVAPS,                     6],
    ['CR0.TS before alignment',                CR0_TS,           CR4_OSFXSR,  MOVAPS,                     7],
    ['alignment at last',                      0,                CR4_OSFXSR,  MOVAPS,                    13],
    ['CR0.TS before a pending x87 exception',  CR0_TS | CR0_NE,  0,           [0xd9, 0xd0],               7],
    ['#MF before the operand',                 CR0_NE,           0,           FLD,                       16],
    ['sixteen bytes before what they say',     0,                CR4_OSFXSR,  [...PREFIXES15, ...MOVAPS], 13],
  ])('%s', (_why, cr0, cr4, bytes, vector) => {
    const g = new DebugGuest('protected', bytes);
    for (const v of [6, 7, 13, 16]) g.handle(v, HLT);
    const { words } = g.core;
    words[STATE_CR0 >> 2] = (words[STATE_CR0 >> 2]! & ~(CR0_EM | CR0_TS | CR0_NE)) | cr0;
    words[STATE_CR4 >> 2] = (words[STATE_CR4 >> 2]! & ~CR4_OSFXSR) | cr4;
    // An unmasked invalid operation is pending; no SSE instruction looks at it.
    words[STATE_FCW >> 2] = 0x37e;
    words[STATE_FSW >> 2] = 0x8081;
    g.core.controlChanged();
    g.run();
    expect(g.log[0]?.vector).toBe(vector);
  }); // biome-ignore format: a table.
});

describe('NMI (SDM Vol. 3A, "Handling Multiple NMIs")', () => {
  test('the next one waits for IRET, one that faults too', () => {
    const g = new DebugGuest('protected', [NOP, NOP, HLT]);
    g.handle(2, NOP, NOP, IRET);
    g.core.pending |= PENDING_NMI;
    g.processor.run(1);
    g.core.pending |= PENDING_NMI;
    expect(g.core.pending & PENDING_NMI_BLOCKED).not.toBe(0);
    g.processor.run(1);
    expect(g.story).toEqual(['2@0']);
    g.processor.run(2);
    expect(g.story).toEqual(['2@0', '2@0']);

    const faulty = new DebugGuest('protected', [0x6a, 0, IRET]);
    faulty.handle(13, HLT);
    faulty.core.pending |= PENDING_NMI_BLOCKED;
    faulty.place(STACK, [0, 0, 0, 0, 0, 0, 0, 0]);
    faulty.run();
    expect(faulty.log.map(({ vector }) => vector)).toEqual([13]);
    expect(faulty.core.pending & PENDING_NMI_BLOCKED).toBe(0);
  });

  test('it waits behind MOV SS and behind STI', () => {
    for (const code of [[0x8e, 0xd0], [0xfb]]) {
      const g = new DebugGuest('protected', [...code, NOP, NOP, HLT]);
      g.handle(2, HLT);
      g.setReg(RAX, DATA0);
      g.processor.run(1);
      g.core.pending |= PENDING_NMI;
      g.run();
      expect(g.story).toEqual([`2@${code.length + 1}`]);
    }
  });

  test.each([
    // Instructions until the interrupt comes, and where it is taken.
    [1, 2],
    [2, 2],
    [3, 3],
    [4, 4],
  ])('an interrupt after %i instructions from STI on is taken behind %i', (count, at) => {
    const g = new DebugGuest('protected', [0xfb, NOP, NOP, NOP, HLT]);
    g.handle(0x30, HLT);
    g.core.interruptController = { acknowledge: () => 0x30 };
    g.processor.run(count);
    g.core.pending |= 1;
    g.run();
    expect(g.story).toEqual([`48@${at}`]);
  });

  test('STI; HLT lets the interrupt wake the processor', () => {
    const g = new DebugGuest('protected', [0xfb, HLT, NOP]);
    g.handle(0x30, HLT);
    g.core.interruptController = { acknowledge: () => 0x30 };
    g.core.pending |= 1;
    g.run();
    expect(g.story).toEqual(['48@2']);
    expect(g.core.flags.system() & RFLAGS_IF).toBe(0);
  });
});

describe('fetching at limits', () => {
  test.each([
    // name                                          at      bytes         limit   #GP(0) at
    ['an instruction that ends at the limit', 0xffff, [NOP], 0xffff, 0x10000],
    ['one that reaches beyond it', 0xfffe, [0xb8, 1, 0], 0xffff, 0xfffe],
    ['one behind it', 0x200, [NOP], 0x1ff, 0x200],
    ['one whose last byte is the limit', 0x1fe, [0xb0, 1], 0x1ff, 0x200],
  ] as const)('real mode, %s', (_name, at, bytes, limit, expected) => {
    const g = new DebugGuest('real', []);
    const base = g.core.state.baseLo(CS);
    setSegment(g.core, CS, base >> 4, base, 0, limit, g.core.state.attributes(CS));
    g.place(base + at, bytes);
    g.core.setRip(at, 0);
    g.core.segmentsChanged();
    g.handle(13, HLT);
    g.processor.run(1);
    if (g.log.length === 0) g.processor.run(1);
    expect(g.log).toEqual([{ vector: 13, rip: expected, bits: 0 }]);
  });

  test.each(['real', 'protected', 'long'] as const)('fifteen bytes are the most: %s', (mode) => {
    const prefixes = (count: number) => new Array(count).fill(0x3e);
    const longest = new DebugGuest(mode, [...prefixes(14), NOP, HLT]);
    longest.handle(13, HLT);
    expect([longest.run(), longest.log.length]).toEqual(['halted', 0]);
    const tooLong = new DebugGuest(mode, [...prefixes(15), NOP, HLT]);
    tooLong.handle(13, HLT);
    const start = tooLong.rip;
    tooLong.run();
    expect(tooLong.log).toEqual([{ vector: 13, rip: start, bits: 0 }]);
  });

  /** The last page of the lower half of the canonical addresses is at 50000h. */
  function atTheHole(code: readonly number[], at: number): DebugGuest {
    const g = new DebugGuest('long', []);
    const tables = g.word(STATE_CR3);
    const PAGE = 0x50000;
    g.write32(tables + 255 * 8, (tables + 0x3000) | 7, 0);
    g.write32(tables + 0x3000 + 511 * 8, (tables + 0x4000) | 7, 0);
    g.write32(tables + 0x4000 + 511 * 8, (tables + 0x5000) | 7, 0);
    g.write32(tables + 0x5000 + 511 * 8, PAGE | 7, 0);
    g.place(PAGE + (at & 0xfff), code);
    g.core.setRip(at | 0, 0x7fff);
    for (const vector of [12, 13]) g.handle(vector, HLT);
    return g;
  }

  test.each([
    ['an instruction that ends there', [NOP], 0xffffffff, 0x8000, 0],
    ['one that crosses', [0x66, NOP], 0xffffffff, 0x7fff, 0xffffffff],
  ] as const)('at the hole of canonical addresses: %s', (_name, code, at, hi, lo) => {
    const g = atTheHole(code, at);
    g.run();
    expect(g.log.map(({ vector }) => vector)).toEqual([13]);
    // The frame: error code, RIP, CS, RFLAGS, RSP, SS.
    expect([g.read32(g.rsp), g.read32(g.rsp + 8), g.read32(g.rsp + 12)]).toEqual([0, lo, hi]);
  });

  test.each([
    ['data', [0x8b, 0x06], 13], // mov eax, [rsi]
    ['the stack', [0x36, 0x8b, 0x45, 0x00], 12], // mov eax, [rbp]
  ] as const)('a read of %s across the hole', (_name, code, vector) => {
    const g = atTheHole(code, 0xfffff000);
    g.setReg(RSI, 0xfffffffe, 0x7fff);
    g.setReg(RBP, 0xfffffffe, 0x7fff);
    g.run();
    expect(g.log.map((entry) => entry.vector)).toEqual([vector]);
    expect(g.read32(g.rsp)).toBe(0);
  });
});
