import { describe, expect, test } from 'vitest';
import * as move from '../../../src/cpu/execute/vector-move.ts';
import * as avx from '../../../src/cpu/execute/vector-move-avx.ts';
import { CR0_AM, CR0_EM, CR0_TS, CR4_OSFXSR, CR4_OSXSAVE } from '../../../src/isa/control.ts';
import { RFLAGS_AC } from '../../../src/isa/rflags.ts';
import { STATE_CR0, STATE_CR4, STATE_XCR0 } from '../../../src/state/layout.ts';
import { CoreHarness, type HarnessMode } from '../../support/core-harness.ts';

const DATA = 0x30000;

function harness(mode: HarnessMode = '64-bit'): CoreHarness {
  const h = new CoreHarness(mode, move, avx);
  h.core.words[STATE_CR4 >> 2]! |= CR4_OSFXSR | CR4_OSXSAVE;
  h.core.words[STATE_XCR0 >> 2] = 7;
  h.core.controlChanged();
  return h;
}

function fill(h: CoreHarness): void {
  h.core.vectors.i32.fill(0x11111111, 0, 16);
  for (let n = 0; n < 8; n++) h.space.write32(DATA + n * 4, 0xa0 + n);
  h.set('rbx', DATA);
}

const lanes = (h: CoreHarness, register: number) => [
  ...h.core.vectors.i32.subarray(register * 8, register * 8 + 8),
];
const ONE = 0x11111111;

describe('what a load writes', () => {
  test.each([
    // instruction                  bytes                            lanes of register 0 after
    ['MOVUPS xmm0, [rbx]',          [0x0f, 0x10, 0x03],              [0xa0, 0xa1, 0xa2, 0xa3, ONE, ONE, ONE, ONE]],
    ['MOVSS xmm0, [rbx]',           [0xf3, 0x0f, 0x10, 0x03],        [0xa0, 0, 0, 0, ONE, ONE, ONE, ONE]],
    ['MOVSD xmm0, [rbx]',           [0xf2, 0x0f, 0x10, 0x03],        [0xa0, 0xa1, 0, 0, ONE, ONE, ONE, ONE]],
    ['MOVLPS xmm0, [rbx]',          [0x0f, 0x12, 0x03],              [0xa0, 0xa1, ONE, ONE, ONE, ONE, ONE, ONE]],
    ['MOVHPS xmm0, [rbx]',          [0x0f, 0x16, 0x03],              [ONE, ONE, 0xa0, 0xa1, ONE, ONE, ONE, ONE]],
    ['VMOVUPS xmm0, [rbx]',         [0xc5, 0xf8, 0x10, 0x03],        [0xa0, 0xa1, 0xa2, 0xa3, 0, 0, 0, 0]],
    ['VMOVUPS ymm0, [rbx]',         [0xc5, 0xfc, 0x10, 0x03],        [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7]],
    ['VMOVSS xmm0, [rbx]',          [0xc5, 0xfa, 0x10, 0x03],        [0xa0, 0, 0, 0, 0, 0, 0, 0]],
    ['MOVQ xmm0, xmm1',             [0xf3, 0x0f, 0x7e, 0xc1],        [ONE, ONE, 0, 0, ONE, ONE, ONE, ONE]],
  ])('%s', (_text, bytes, after) => {
    const h = harness();
    fill(h);
    expect(h.run(...bytes)).toBeUndefined();
    expect(lanes(h, 0)).toEqual(after);
  }); // biome-ignore format: a table.
});

describe('alignment and pages', () => {
  test('MOVAPS and MOVDQA of a misaligned operand are #GP(0), before any page fault', () => {
    const h = harness();
    h.page(0x50000, false, false);
    h.set('rbx', 0x50008);
    expect(h.run(0x0f, 0x28, 0x03)).toBe('#GP(0)');
    expect(h.run(0x66, 0x0f, 0x7f, 0x03)).toBe('#GP(0)');
    expect(h.run(0x0f, 0x10, 0x03)).toBe('#PF(0)');
  });

  test('256-bit aligned moves want 32 bytes', () => {
    const h = harness();
    h.set('rbx', DATA + 16);
    expect(h.run(0xc5, 0xfc, 0x28, 0x03)).toBe('#GP(0)');
    expect(h.run(0xc5, 0xf8, 0x28, 0x03)).toBeUndefined();
  });

  test('with RFLAGS.AC at CPL 3 a misaligned operand is #AC, before any page fault', () => {
    const h = harness();
    h.page(0x50000, false, false);
    h.core.words[STATE_CR0 >> 2]! |= CR0_AM;
    h.core.flags.setSystem(RFLAGS_AC);
    h.setCpl(3);
    h.set('rbx', 0x50004);
    expect(h.run(0x0f, 0x10, 0x03)).toBe('#AC(0)');
    expect(h.run(0xf2, 0x0f, 0x10, 0x03)).toBe('#AC(0)');
    expect(h.run(0xf3, 0x0f, 0x10, 0x03)).toBe('#PF(4)');
  });

  test('a store across pages writes all or nothing', () => {
    const h = harness();
    fill(h);
    h.page(0x51000, true, false);
    h.set('rbx', 0x51000 - 8);
    expect(h.run(0x0f, 0x11, 0x03)).toBe('#PF(3)');
    expect(h.run(0xc5, 0xfc, 0x11, 0x03)).toBe('#PF(3)');
    expect(h.read64(0x51000 - 8)).toBe(0n);
  });

  test('a load across pages that faults leaves the register alone', () => {
    const h = harness();
    fill(h);
    h.page(0x51000, false, false);
    h.set('rbx', 0x51000 - 8);
    expect(h.run(0x0f, 0x10, 0x03)).toBe('#PF(0)');
    expect(lanes(h, 0)[0]).toBe(ONE);
  });
});

describe('who may use them', () => {
  const MOVAPS = [0x0f, 0x28, 0xc1];
  const VMOVAPS = [0xc5, 0xf8, 0x28, 0xc1];
  test.each([
    // CR0           CR4                        XCR0  MOVAPS     VMOVAPS
    [0,              CR4_OSFXSR | CR4_OSXSAVE,  7,    undefined, undefined],
    [CR0_TS,         CR4_OSFXSR | CR4_OSXSAVE,  7,    '#NM',     '#NM'],
    [CR0_EM,         CR4_OSFXSR | CR4_OSXSAVE,  7,    '#UD',     undefined],
    [CR0_EM | CR0_TS, CR4_OSFXSR | CR4_OSXSAVE, 7,    '#UD',     '#NM'],
    [0,              CR4_OSXSAVE,               7,    '#UD',     undefined],
    [CR0_TS,         CR4_OSFXSR | CR4_OSXSAVE,  3,    '#NM',     '#UD'],
    [0,              CR4_OSFXSR,                7,    undefined, '#UD'],
  ])('CR0 %i CR4 %i XCR0 %i', (cr0, cr4, xcr0, sse, vex) => {
    const h = harness();
    const { words } = h.core;
    words[STATE_CR0 >> 2]! |= cr0;
    words[STATE_CR4 >> 2] = (words[STATE_CR4 >> 2]! & ~(CR4_OSFXSR | CR4_OSXSAVE)) | cr4;
    words[STATE_XCR0 >> 2] = xcr0;
    h.core.controlChanged();
    expect([h.run(...MOVAPS), h.run(...VMOVAPS)]).toEqual([sse, vex]);
  }); // biome-ignore format: a table.

  test('VEX means nothing in virtual-8086 mode', () => {
    expect(harness('virtual-8086').run(...VMOVAPS)).toBe('#UD');
  });
});

test('a misaligned operand is #GP(0) even where the address is not canonical in the stack segment', () => {
  const refusal = (at: bigint, ...bytes: number[]) => {
    const h = harness();
    h.set('rbp', at);
    return h.run(...bytes);
  };
  const MOVAPS = [0x0f, 0x28, 0x45, 0x00]; // movaps xmm0, [rbp]
  const MOVUPS = [0x0f, 0x10, 0x45, 0x00];
  expect(refusal(0x7a9c_e800_0000_0000n, ...MOVAPS)).toBe('#SS(0)');
  expect(refusal(0x7a9c_e800_0000_0004n, ...MOVAPS)).toBe('#GP(0)');
  expect(refusal(0x7a9c_e800_0000_0004n, ...MOVUPS)).toBe('#SS(0)');
});
