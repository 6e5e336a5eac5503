import { describe, expect, test } from 'vitest';
import { PENDING_SHADOW_STI, PENDING_SINGLE_STEP } from '../../../src/cpu/execute/core.ts';
import * as flag from '../../../src/cpu/execute/flag.ts';
import { CR4_PVI, CR4_VME } from '../../../src/isa/control.ts';
import {
  RFLAGS_AC,
  RFLAGS_CF,
  RFLAGS_DF,
  RFLAGS_FIXED,
  RFLAGS_ID,
  RFLAGS_IF,
  RFLAGS_IOPL,
  RFLAGS_NT,
  RFLAGS_OF,
  RFLAGS_RF,
  RFLAGS_STATUS,
  RFLAGS_TF,
  RFLAGS_VIF,
  RFLAGS_VIP,
  RFLAGS_VM,
} from '../../../src/isa/rflags.ts';
import { STATE_CR4 } from '../../../src/state/layout.ts';
import { CoreHarness, type HarnessMode, STACK } from '../../support/core-harness.ts';

const CLI = 0xfa;
const STI = 0xfb;
const PUSHF = 0x9c;
const POPF = 0x9d;

function prepare(mode: HarnessMode, cpl: number, iopl: number, cr4: number, more = 0): CoreHarness {
  const harness = new CoreHarness(mode, flag);
  harness.core.words[STATE_CR4 >> 2]! |= cr4;
  harness.core.flags.setSystem(harness.core.flags.system() | (iopl << 12) | more);
  harness.setCpl(cpl);
  return harness;
}

/** SDM Vol. 2A, "CLI—Clear Interrupt Flag", "Decision Table for CLI Results"; Vol. 2B, "STI—Set Interrupt Flag". */
describe('CLI and STI', () => {
  test.each<[string, HarnessMode, number, number, number, number, string]>([
    // why                                mode            CPL IOPL CR4        VIP          result
    ['real mode',                        'real',          0,  0,   0,         0,           'IF'],
    ['CPL 0',                            'protected32',   0,  0,   0,         0,           'IF'],
    ['CPL within IOPL',                  'protected32',   3,  3,   0,         0,           'IF'],
    ['CPL above IOPL',                   'protected32',   3,  2,   0,         0,           '#GP(0)'],
    ['PVI at CPL 3',                     'protected32',   3,  0,   CR4_PVI,   0,           'VIF'],
    ['PVI at CPL 3, interrupt pending',  'protected32',   3,  0,   CR4_PVI,   RFLAGS_VIP,  'VIF or #GP(0)'],
    ['PVI at CPL 2 has no meaning',      'protected32',   2,  0,   CR4_PVI,   0,           '#GP(0)'],
    ['virtual-8086, IOPL 3',             'virtual-8086',  3,  3,   CR4_VME,   0,           'IF'],
    ['virtual-8086, IOPL below 3',       'virtual-8086',  3,  2,   0,         0,           '#GP(0)'],
    ['virtual-8086 with VME',            'virtual-8086',  3,  2,   CR4_VME,   0,           'VIF'],
    ['VME, interrupt pending',           'virtual-8086',  3,  0,   CR4_VME,   RFLAGS_VIP,  'VIF or #GP(0)'],
    ['64-bit mode, CPL above IOPL',      '64-bit',        3,  0,   0,         0,           '#GP(0)'],
  ])('%s', (_why, mode, cpl, iopl, cr4, vip, result) => {
    const on = prepare(mode, cpl, iopl, cr4, vip);
    const before = on.core.flags.system();
    const fault = on.run(STI);
    const off = prepare(mode, cpl, iopl, cr4, vip | RFLAGS_IF | RFLAGS_VIF);
    const allOn = off.core.flags.system();
    const offFault = off.run(CLI);
    if (result === '#GP(0)') {
      expect([fault, offFault]).toEqual([result, result]);
      expect([on.core.flags.system(), off.core.flags.system()]).toEqual([before, allOn]);
      return;
    }
    const bit = result === 'IF' ? RFLAGS_IF : RFLAGS_VIF;
    expect(offFault).toBeUndefined();
    expect(off.core.flags.system()).toBe(allOn & ~bit);
    expect(fault).toBe(result.includes('or') ? '#GP(0)' : undefined);
    expect(on.core.flags.system()).toBe(result.includes('or') ? before : before | bit);
  }); // biome-ignore format: the manual's table.

  test('STI holds interrupts off for one instruction only when IF was 0', () => {
    const harness = prepare('protected32', 0, 0, 0);
    harness.run(STI);
    expect(harness.core.pending & PENDING_SHADOW_STI).not.toBe(0);
    harness.core.pending = 0;
    harness.run(STI);
    expect(harness.core.pending & PENDING_SHADOW_STI).toBe(0);
  });
});

const EVERYTHING =
  RFLAGS_STATUS |
  RFLAGS_TF |
  RFLAGS_IF |
  RFLAGS_DF |
  RFLAGS_IOPL |
  RFLAGS_NT |
  RFLAGS_RF |
  RFLAGS_VM |
  RFLAGS_AC |
  RFLAGS_VIF |
  RFLAGS_VIP |
  RFLAGS_ID;
const ALWAYS = RFLAGS_STATUS | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT;

/** SDM Vol. 2B, "POPF/POPFD/POPFQ—Pop Stack Into EFLAGS Register", "Effect of POPF/POPFD/POPFQ on the EFLAGS Register". */
describe('POPF of all ones', () => {
  test.each<[string, HarnessMode, number, number, number[], number]>([
    // why                    mode            CPL IOPL bytes          flags that are set
    ['real mode',            'real',          0,  0,   [POPF],        ALWAYS | RFLAGS_IF | RFLAGS_IOPL],
    ['real mode, POPFD',     'real',          0,  0,   [0x66, POPF],  ALWAYS | RFLAGS_IF | RFLAGS_IOPL | RFLAGS_AC | RFLAGS_ID],
    ['CPL 0',                '64-bit',        0,  0,   [POPF],        ALWAYS | RFLAGS_IF | RFLAGS_IOPL | RFLAGS_AC | RFLAGS_ID],
    ['CPL 3, IOPL 0',        '64-bit',        3,  0,   [POPF],        ALWAYS | RFLAGS_AC | RFLAGS_ID],
    ['CPL 2, IOPL 2',        'protected32',   2,  2,   [POPF],        ALWAYS | RFLAGS_IF | RFLAGS_AC | RFLAGS_ID | (2 << 12)],
    ['CPL 1, IOPL 0, POPF',  'protected32',   1,  0,   [0x66, POPF],  ALWAYS],
    ['v86, IOPL 3',          'virtual-8086',  3,  3,   [POPF],        ALWAYS | RFLAGS_IF | RFLAGS_IOPL | RFLAGS_VM],
    ['v86, IOPL 3, POPFD',   'virtual-8086',  3,  3,   [0x66, POPF],  ALWAYS | RFLAGS_IF | RFLAGS_IOPL | RFLAGS_VM | RFLAGS_AC | RFLAGS_ID],
  ])('%s', (_why, mode, cpl, iopl, bytes, set) => {
    const harness = prepare(mode, cpl, iopl, 0);
    harness.status = 0;
    harness.write64(Number(harness.get('rsp')), 0xffff_ffffn);
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.core.flags.read()).toBe(set | RFLAGS_FIXED);
    expect(harness.core.pending & PENDING_SINGLE_STEP).not.toBe(0);
    expect(harness.core.end).toBe(0);
  }); // biome-ignore format: the manual's table.

  test('RF is cleared by POPFD, VM VIF and VIP stay', () => {
    const harness = prepare('protected32', 0, 0, 0, RFLAGS_RF | RFLAGS_VIF | RFLAGS_VIP);
    harness.space.write32(STACK, 0);
    harness.run(POPF);
    expect(harness.core.flags.system()).toBe(RFLAGS_VIF | RFLAGS_VIP);
  });

  test('a stack that cannot be read leaves the flags', () => {
    const harness = prepare('64-bit', 0, 0, 0);
    harness.page(STACK, false, false);
    const before = harness.core.flags.read();
    expect(harness.run(POPF)).toBe('#PF(0)');
    expect([harness.core.flags.read(), harness.get('rsp')]).toEqual([before, BigInt(STACK)]);
  });
});

describe('PUSHF', () => {
  test.each<[HarnessMode, number[], number]>([
    ['64-bit', [PUSHF], 8],
    ['protected32', [PUSHF], 4],
    ['protected32', [0x66, PUSHF], 2],
  ])('in %s mode the image has neither VM nor RF', (mode, bytes, size) => {
    const harness = prepare(mode, 0, 0, 0);
    harness.core.flags.write(EVERYTHING & ~RFLAGS_VM);
    harness.run(...bytes);
    const image = EVERYTHING & ~(RFLAGS_VM | RFLAGS_RF);
    const stored = size === 2 ? harness.space.read16(STACK - 2) : harness.space.read32(STACK - size);
    expect(stored).toBe((size === 2 ? image & 0xffff : image) | RFLAGS_FIXED);
  });
});

/** SDM Vol. 3B, "Virtual-8086 Mode", and the same two pages. */
describe('PUSHF and POPF in virtual-8086 mode with IOPL below 3', () => {
  test('without VME both are #GP(0)', () => {
    const harness = prepare('virtual-8086', 3, 0, 0);
    expect([harness.run(PUSHF), harness.run(POPF)]).toEqual(['#GP(0)', '#GP(0)']);
  });

  test('with VME the 32-bit forms still are', () => {
    const harness = prepare('virtual-8086', 3, 0, CR4_VME);
    expect([harness.run(0x66, PUSHF), harness.run(0x66, POPF)]).toEqual(['#GP(0)', '#GP(0)']);
  });

  test('PUSHF shows VIF as IF, and IOPL 3', () => {
    const harness = prepare('virtual-8086', 3, 1, CR4_VME, RFLAGS_VIF);
    harness.status = 0;
    expect(harness.run(PUSHF)).toBeUndefined();
    expect(harness.space.read16(0x6ffe)).toBe(RFLAGS_IF | RFLAGS_IOPL | RFLAGS_FIXED);
  });

  test('POPF puts IF into VIF and leaves IF and IOPL', () => {
    const harness = prepare('virtual-8086', 3, 1, CR4_VME);
    harness.space.write16(0x7000, RFLAGS_IF | RFLAGS_IOPL | RFLAGS_CF | RFLAGS_DF);
    expect(harness.run(POPF)).toBeUndefined();
    expect(harness.core.flags.read()).toBe(
      RFLAGS_VM | (1 << 12) | RFLAGS_VIF | RFLAGS_CF | RFLAGS_DF | RFLAGS_FIXED,
    );
  });

  test.each([
    ['TF', RFLAGS_TF, 0],
    ['IF while an interrupt is pending', RFLAGS_IF, RFLAGS_VIP],
  ])('POPF of %s is #GP(0)', (_why, image, more) => {
    const harness = prepare('virtual-8086', 3, 1, CR4_VME, more);
    harness.space.write16(0x7000, image);
    expect(harness.run(POPF)).toBe('#GP(0)');
    expect(harness.get32('rsp')).toBe(0x7000);
  });
});

test('CLD STD, SAHF keeps OF', () => {
  const harness = prepare('64-bit', 0, 0, 0);
  harness.run(0xfd);
  expect(harness.core.flags.system() & RFLAGS_DF).not.toBe(0);
  harness.run(0xfc);
  expect(harness.core.flags.system() & RFLAGS_DF).toBe(0);
  harness.status = RFLAGS_OF;
  harness.set('rax', 0x0100);
  harness.run(0x9e);
  expect(harness.status).toBe(RFLAGS_OF | RFLAGS_CF);
});
