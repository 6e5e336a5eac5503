import { describe, expect, test } from 'vitest';
import {
  PENDING_HALT,
  PENDING_NMI_BLOCKED,
  PENDING_SHUTDOWN,
  PENDING_SMI,
} from '../../../src/cpu/execute/core.ts';
import { enterSmm, SMM_LATCHED } from '../../../src/cpu/execute/smm.ts';
import { CR0_NW, CR0_PE, CR0_PG, EFER_LMA } from '../../../src/isa/control.ts';
import { CS, DS, FS, RAX, RBX, RDI, SS } from '../../../src/isa/registers.ts';
import { RFLAGS_IF, RFLAGS_TF, RFLAGS_VM } from '../../../src/isa/rflags.ts';
import { segmentWord } from '../../../src/state/cpu-state.ts';
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_BYTES,
  STATE_CR0,
  STATE_CR3,
  STATE_CR4,
  STATE_DR6,
  STATE_DR7,
  STATE_EFER,
  STATE_GDTR,
  STATE_IDTR,
  STATE_SMBASE,
  STATE_SMM,
  STATE_TLB_BANK,
} from '../../../src/state/layout.ts';
import { type StartMode, SystemHarness } from '../../support/system-harness.ts';

const SMBASE = 0x30000;
const RSM = [0x0f, 0xaa] as const;
const NO_LONG_MODE = 'max,-lm';
const MODES: readonly StartMode[] = [
  'real',
  'v86',
  'protected',
  'user',
  'long',
  'long-user',
  'compatibility',
];

/** A processor in the midst of something, whose registers all differ. */
function busy(mode: StartMode, model = 'max'): SystemHarness {
  const m = new SystemHarness(mode, model);
  for (let register = 0; register < 16; register++) {
    m.setReg(register, 0x11111111 * register + 5, mode.startsWith('long') ? 0x01010101 * register : 0);
  }
  m.setFlags(m.core.flags.read() | RFLAGS_IF | RFLAGS_TF | 0x8d5);
  m.setWord(STATE_DR6, 0xffff4ff1 | 0);
  m.setWord(STATE_DR7, 0x00000403);
  m.setWord(segmentWord(FS, SEGMENT_BASE) * 4, 0x1234);
  if (mode === 'long') m.setWord(segmentWord(FS, SEGMENT_BASE) * 4 + 4, 0x7fff);
  m.core.segmentsChanged();
  m.core.breakpointsChanged();
  return m;
}

/** The state page but for what SMM itself and the TLB keep in it. */
function stateOf(m: SystemHarness): number[] {
  const { words } = m.core;
  m.core.flags.write(m.core.flags.read()); // The lazy ones have many forms.
  return [...words.subarray(0, STATE_TLB_BANK >> 2), ...words.subarray(0x800 >> 2, STATE_BYTES >> 2)];
}

describe('the AMD64 state-save area (APM Vol. 2, "AMD64 Architecture SMM State-Save Area")', () => {
  test('has every field where the manual has it', () => {
    const m = busy('long');
    m.core.setRip(0x89abcdef | 0, 0x01234567);
    const flags = m.core.flags.read();
    const cs = m.core.state.attributes(CS);
    enterSmm(m.core);
    const at = (offset: number) => m.read32(SMBASE + offset);
    for (let register = 0; register < 16; register++) {
      const place = 0xfff8 - register * 8;
      expect([at(place), at(place + 4)], `register ${register}`).toEqual([
        (0x11111111 * register + 5) >>> 0,
        0x01010101 * register,
      ]);
    }
    expect([at(0xff78), at(0xff7c)]).toEqual([0x89abcdef, 0x01234567]); // RIP
    expect(at(0xff70)).toBe(flags);
    expect(at(0xff68)).toBe(0xffff4ff1); // DR6
    expect(at(0xff60)).toBe(0x403); // DR7
    expect(at(0xff58)).toBe(0x80000011); // CR0
    expect(at(0xff50)).toBe(0x20000); // CR3
    expect(at(0xff48)).toBe(0x20); // CR4
    expect(at(0xff00)).toBe(SMBASE);
    expect(at(0xfefc)).toBe(0x20064);
    expect(at(0xfed0)).toBe(0x501); // EFER
    expect([m.read16(SMBASE + 0xfe10), m.read16(SMBASE + 0xfe12)]).toEqual([0x28, (cs >> 8) & 0xf0ff]);
    expect([at(0xfe14), at(0xfe18), at(0xfe1c)]).toEqual([0xffffffff, 0, 0]); // CS
    expect([at(0xfe48), at(0xfe4c)]).toEqual([0x1234, 0x7fff]); // Base of FS
    expect([at(0xfe64), at(0xfe68)]).toEqual([0xff, 0x1000]); // GDTR
    expect([at(0xfe84), at(0xfe88)]).toEqual([0xfff, 0x2000]); // IDTR
    expect([m.read16(SMBASE + 0xfe90), at(0xfe94), at(0xfe98)]).toEqual([0x40, 0x67, 0x3000]); // TR
  });
});

describe('the state-save map without 64-bit mode (SDM Vol. 3C, "SMRAM State Save Map")', () => {
  test('has every field where the manual has it', () => {
    const m = busy('protected', NO_LONG_MODE);
    const flags = m.core.flags.read();
    const eip = m.rip;
    enterSmm(m.core);
    const at = (offset: number) => m.read32(SMBASE + 0x8000 + offset);
    expect([at(0x7ffc), at(0x7ff8), at(0x7ff4), at(0x7ff0)]).toEqual([0x11, 0, flags, eip]);
    // EDI, ESI, EBP, ESP, EBX, EDX, ECX, EAX, downwards.
    for (let register = 0; register < 8; register++) {
      expect(at(0x7fd0 + register * 4), `register ${register}`).toBe((0x11111111 * register + 5) >>> 0);
    }
    expect([at(0x7fcc), at(0x7fc8)]).toEqual([0xffff4ff1, 0x403]); // DR6, DR7
    const selectors = [0x7fc4, 0x7fc0, 0x7fbc, 0x7fb8, 0x7fb4, 0x7fb0, 0x7fac, 0x7fa8].map(
      (offset) => at(offset) & 0xffff,
    );
    expect(selectors).toEqual([0x40, 0, 0x10, 0x10, 0x10, 0x10, 0x08, 0x10]); // TR LDTR GS FS DS SS CS ES
    expect([at(0x7efc), at(0x7ef8)]).toEqual([0x20000, SMBASE]);
  });
});

describe('entering SMM (SDM Vol. 3C, "SMI Handler Execution Environment")', () => {
  test.each(MODES)('from %s', (mode) => {
    const m = busy(mode);
    const seen: boolean[] = [];
    m.core.onSmm = (isInside) => seen.push(isInside);
    const cr0 = m.word(STATE_CR0);
    enterSmm(m.core);
    expect(seen).toEqual([true]);
    expect([m.rip, m.core.flags.read(), m.core.state.mode(), m.core.state.cpl()]).toEqual([
      0x8000,
      2,
      'real',
      0,
    ]);
    expect([m.word(STATE_CR0), m.word(STATE_CR4), m.word(STATE_EFER), m.word(STATE_DR7)]).toEqual([
      cr0 & ~(CR0_PE | CR0_PG), 0, 0, 0x400,
    ]); // biome-ignore format: four registers.
    expect([m.selector(CS), m.core.state.baseLo(CS), m.core.state.limit(CS)]).toEqual([0x3000, SMBASE, -1]);
    for (const segment of [DS, SS, FS]) {
      expect([m.selector(segment), m.core.state.baseLo(segment), m.core.state.limit(segment)]).toEqual([
        0, 0, -1,
      ]);
    }
    expect(m.core.pending & PENDING_NMI_BLOCKED).not.toBe(0);
  });
});

describe.each([
  ['with 64-bit mode', 'max', MODES],
  ['without', NO_LONG_MODE, MODES.slice(0, 4)],
] as const)('RSM %s', (_name, model, modes) => {
  test.each(modes)('goes back to %s as if nothing had been', (mode) => {
    const m = busy(mode, model);
    const before = stateOf(m);
    const { pending, flatRead, flatWrite } = m.core;
    enterSmm(m.core);
    m.setReg(RBX, 0x77777777, 0x77777777);
    m.setWord(segmentWord(DS, SEGMENT_BASE) * 4, 0x5000);
    m.setWord(segmentWord(DS, SEGMENT_SELECTOR) * 4, 0x500);
    m.setWord(segmentWord(DS, SEGMENT_LIMIT) * 4, 1);
    m.setWord(segmentWord(DS, SEGMENT_ATTRIBUTES) * 4, 0);
    m.setWord(STATE_GDTR, 0x40);
    m.setWord(STATE_IDTR, 0x50);
    expect(m.execute(...RSM)).toBeUndefined();
    expect(stateOf(m)).toEqual(before);
    expect([m.core.pending, m.core.flatRead, m.core.flatWrite]).toEqual([pending, flatRead, flatWrite]);
    expect(m.word(STATE_SMM)).toBe(0);
  });

  test('takes what the handler has changed, and a new SMBASE with it', () => {
    const m = busy('protected', model);
    const map = model === 'max' ? { rax: 0xfff8, smbase: 0xff00 } : { rax: 0xffd0, smbase: 0xfef8 };
    enterSmm(m.core);
    m.write32(SMBASE + map.rax, 0xc0ffee);
    m.write32(SMBASE + map.smbase, 0x50000);
    m.execute(...RSM);
    expect([m.reg(RAX), m.word(STATE_SMBASE)]).toEqual([0xc0ffee, 0x50000]);
    enterSmm(m.core);
    expect([m.core.state.baseLo(CS), m.selector(CS), m.read32(0x50000 + map.rax)]).toEqual([
      0x50000, 0x5000, 0xc0ffee,
    ]); // biome-ignore format: three values.
  });

  test('goes back into HLT, unless the handler clears the auto-halt flag', () => {
    const flag = model === 'max' ? 0xfec9 : 0xff02;
    for (const keep of [true, false]) {
      const m = busy('protected', model);
      m.core.pending |= PENDING_HALT;
      enterSmm(m.core);
      expect(m.core.pending & PENDING_HALT).toBe(0);
      expect(m.space.read8(SMBASE + flag)).toBe(1);
      if (!keep) m.space.write8(SMBASE + flag, 0);
      m.execute(...RSM);
      expect(m.core.pending & PENDING_HALT).toBe(keep ? PENDING_HALT : 0);
    }
  });

  test('leaves NMIs blocked only where they were', () => {
    for (const blocked of [0, PENDING_NMI_BLOCKED]) {
      const m = busy('protected', model);
      m.core.pending |= blocked;
      enterSmm(m.core);
      m.execute(...RSM);
      expect(m.core.pending & PENDING_NMI_BLOCKED).toBe(blocked);
    }
  });
});

describe('RSM', () => {
  test('outside of SMM is #UD', () => {
    expect(new SystemHarness('protected').execute(...RSM)).toEqual({ vector: 6, errorCode: undefined });
  });

  test('an SMI that came meanwhile follows', () => {
    const m = busy('protected');
    enterSmm(m.core);
    m.setWord(STATE_SMM, m.word(STATE_SMM) | SMM_LATCHED);
    m.execute(...RSM);
    expect(m.core.pending & PENDING_SMI).not.toBe(0);
  });

  test.each([
    // field      value                           why
    [0xff58, CR0_PG,                        'CR0.PG without PE'],
    [0xff58, CR0_PE | CR0_NW,               'CR0.NW without CD'],
    [0xff48, 0x80000000,                    'a reserved bit of CR4'],
    [0xfed0, EFER_LMA,                      'EFER.LMA without LME and paging'],
  ])('shuts down on offset %i = %i: %s', (offset, value) => {
    const m = busy('protected');
    enterSmm(m.core);
    m.write32(SMBASE + offset, value);
    m.execute(...RSM);
    expect(m.core.pending & PENDING_SHUTDOWN).not.toBe(0);
  }); // biome-ignore format: a table.

  test('shuts down on reserved bits of the PDPTEs of PAE paging, and loads good ones', () => {
    for (const [pdpte, isGood] of [[0x21001, true], [0x21001 | 0x1e6, false]] as const) {
      const m = busy('protected');
      enterSmm(m.core);
      m.write32(0x23000, pdpte, 0, 0, 0, 0, 0, 0, 0);
      m.write32(SMBASE + 0xff50, 0x23000);
      m.write32(SMBASE + 0xff58, (CR0_PG | CR0_PE) >>> 0);
      m.write32(SMBASE + 0xff48, 0x20);
      m.execute(...RSM);
      expect((m.core.pending & PENDING_SHUTDOWN) === 0).toBe(isGood);
      if (isGood) expect(m.word(STATE_CR3)).toBe(0x23000);
    } // biome-ignore format: two rows.
  });

  test('virtual-8086 mode keeps its flag and its privilege', () => {
    const m = busy('v86');
    enterSmm(m.core);
    m.execute(...RSM);
    expect([m.core.flags.read() & RFLAGS_VM, m.core.state.cpl()]).toEqual([RFLAGS_VM, 3]);
    expect(m.reg(RDI)).toBe((0x11111111 * RDI + 5) >>> 0);
  });
});
