import { describe, expect, test } from 'vitest';
import * as arithmetic from '../../../src/cpu/execute/float-arithmetic.ts';
import { CR4_OSFXSR, CR4_OSXSAVE } from '../../../src/isa/control.ts';
import { STATE_CR4, STATE_XCR0, STATE_YMM } from '../../../src/state/layout.ts';
import { FloatHarness } from '../../support/float-harness.ts';
import { SystemHarness } from '../../support/system-harness.ts';

const DATA = 0x30000;

describe('what is written', () => {
  test.each([
    // instruction                bytes                          singles of xmm0 after: 1..8 op 10..80
    ['ADDPS xmm0, xmm1',          [0x0f, 0x58, 0xc1],            [11, 22, 33, 44, 5, 6, 7, 8]],
    ['ADDSS xmm0, xmm1',          [0xf3, 0x0f, 0x58, 0xc1],      [11, 2, 3, 4, 5, 6, 7, 8]],
    ['VADDPS xmm0, xmm0, xmm1',   [0xc5, 0xf8, 0x58, 0xc1],      [11, 22, 33, 44, 0, 0, 0, 0]],
    ['VADDPS ymm0, ymm0, ymm1',   [0xc5, 0xfc, 0x58, 0xc1],      [11, 22, 33, 44, 55, 66, 77, 88]],
    ['VADDSS xmm0, xmm1, xmm0',   [0xc5, 0xf2, 0x58, 0xc0],      [11, 20, 30, 40, 0, 0, 0, 0]],
    ['SUBPS xmm0, xmm1',          [0x0f, 0x5c, 0xc1],            [-9, -18, -27, -36, 5, 6, 7, 8]],
    ['MULPS xmm0, xmm1',          [0x0f, 0x59, 0xc1],            [10, 40, 90, 160, 5, 6, 7, 8]],
    ['VDIVPS xmm0, xmm1, xmm0',   [0xc5, 0xf0, 0x5e, 0xc0],      [10, 10, 10, 10, 0, 0, 0, 0]],
    ['MINPS xmm0, xmm1',          [0x0f, 0x5d, 0xc1],            [1, 2, 3, 4, 5, 6, 7, 8]],
    ['MAXSS xmm0, xmm1',          [0xf3, 0x0f, 0x5f, 0xc1],      [10, 2, 3, 4, 5, 6, 7, 8]],
    ['SQRTSS xmm0, xmm0',         [0xf3, 0x0f, 0x51, 0xc0],      [1, 2, 3, 4, 5, 6, 7, 8]],
    ['RCPSS xmm0, xmm0',          [0xf3, 0x0f, 0x53, 0xc0],      [1, 2, 3, 4, 5, 6, 7, 8]],
  ])('%s', (_text, bytes, after) => {
    const h = new FloatHarness(arithmetic);
    h.setSingles(0, 1, 2, 3, 4, 5, 6, 7, 8);
    h.setSingles(1, 10, 20, 30, 40, 50, 60, 70, 80);
    expect(h.run(...bytes)).toBeUndefined();
    expect(h.singles(0)).toEqual(after);
    expect(h.mxcsr).toBe(0x1f80);
  }); // biome-ignore format: a table.

  test('doubles from memory', () => {
    const h = new FloatHarness(arithmetic);
    h.setDoubles(0, 1.5, 2.5, 3, 4);
    h.write64(DATA, 0x4000000000000000n); // 2.0
    h.set('rbx', DATA);
    expect(h.run(0xf2, 0x0f, 0x59, 0x03)).toBeUndefined(); // mulsd xmm0, [rbx]
    expect(h.doubles(0)).toEqual([3, 2.5, 3, 4]);
  });
});

describe('exceptions', () => {
  test.each([
    // a           b           MXCSR       MXCSR after  fault        why
    [0x3f800000, 0x33000000, 0x1f80, 0x1fa0, undefined, 'inexact: PE'],
    [0x7f7fffff, 0x7f7fffff, 0x1f80, 0x1fa8, undefined, 'overflow: OE and PE'],
    [0x7f800001, 0x3f800000, 0x1f80, 0x1f81, undefined, 'a signalling NaN: IE'],
    [0x00000001, 0x3f800000, 0x1f80, 0x1fa2, undefined, 'a denormal: DE, and PE'],
    [0x00000001, 0x3f800000, 0x1fc0, 0x1fc0, undefined, 'denormals are zeros'],
    [0x3f800000, 0x33000000, 0x0f80, 0x0fa0, '#XM',     'PE unmasked'],
    [0x7f800001, 0x3f800000, 0x1f00, 0x1f01, '#XM',     'IE unmasked'],
  ])('ADDSS %i + %i with %i: %i, %s (%s)', (a, b, before, after, fault, _why) => {
    const h = new FloatHarness(arithmetic);
    h.setWords(0, a);
    h.setWords(1, b);
    h.mxcsr = before;
    expect(h.run(0xf3, 0x0f, 0x58, 0xc1)).toBe(fault);
    expect(h.mxcsr).toBe(after);
    if (fault) expect(h.words(0, 1)).toEqual([a]);
  }); // biome-ignore format: a table.

  test('one lane stops all of them, and post-computation exceptions of the others are not reported', () => {
    const h = new FloatHarness(arithmetic);
    h.setSingles(0, 1, 1, 1, 1);
    h.setSingles(1, 3, 0, 1, 1);
    h.mxcsr = 0x1d80; // ZE unmasked
    expect(h.run(0x0f, 0x5e, 0xc1)).toBe('#XM'); // divps xmm0, xmm1
    expect(h.mxcsr).toBe(0x1d84);
    expect(h.singles(0, 4)).toEqual([1, 1, 1, 1]);
  });

  test('without CR4.OSXMMEXCPT it is #UD', () => {
    const h = new FloatHarness(arithmetic);
    h.cr4(CR4_OSFXSR);
    h.mxcsr = 0x1d80;
    h.setSingles(0, 1);
    h.setSingles(1, 0);
    expect(h.run(0xf3, 0x0f, 0x5e, 0xc1)).toBe('#UD');
    expect(h.mxcsr).toBe(0x1d84);
  });

  test('packed memory operands are aligned, scalar and VEX-encoded ones need not be', () => {
    const h = new FloatHarness(arithmetic);
    h.set('rbx', DATA + 4);
    expect(h.run(0x0f, 0x58, 0x03)).toBe('#GP(0)');
    expect(h.run(0xf3, 0x0f, 0x58, 0x03)).toBeUndefined();
    expect(h.run(0xc5, 0xf8, 0x58, 0x03)).toBeUndefined();
  });

  test('MIN answers the second operand for NaNs and zeros', () => {
    const h = new FloatHarness(arithmetic);
    h.setWords(0, 0x7fc00000, 0x3f800000, 0x80000000, 0);
    h.setWords(1, 0x3f800000, 0x7fc00001, 0, 0x80000000);
    expect(h.run(0x0f, 0x5d, 0xc1)).toBeUndefined();
    expect(h.words(0, 4)).toEqual([0x3f800000, 0x7fc00001, 0, 0x80000000]);
    expect(h.mxcsr).toBe(0x1f81);
  });
});

/** SDM Vol. 2B, "RCPPS", "RSQRTPS": the relative error is at most 1.5 * 2^-12. */
describe.each([
  // What          bytes of xmm0 <- xmm1 (with xmm0 as the second source), the exact value
  ['RCPPS', [0x0f, 0x53, 0xc1], (x: number) => 1 / x],
  ['RCPSS', [0xf3, 0x0f, 0x53, 0xc1], (x: number) => 1 / x],
  ['VRCPPS', [0xc5, 0xf8, 0x53, 0xc1], (x: number) => 1 / x],
  ['VRCPSS', [0xc5, 0xfa, 0x53, 0xc1], (x: number) => 1 / x],
  ['RSQRTPS', [0x0f, 0x52, 0xc1], (x: number) => 1 / Math.sqrt(x)],
  ['RSQRTSS', [0xf3, 0x0f, 0x52, 0xc1], (x: number) => 1 / Math.sqrt(x)],
  ['VRSQRTPS', [0xc5, 0xf8, 0x52, 0xc1], (x: number) => 1 / Math.sqrt(x)],
  ['VRSQRTSS', [0xc5, 0xfa, 0x52, 0xc1], (x: number) => 1 / Math.sqrt(x)],
] as const)('%s', (_, bytes, exact) => {
  test.each([1, 1.5, 2, 3.25, 1e-20, 7.5e30])('of %f is near enough', (x) => {
    const m = new SystemHarness('long');
    m.setWord(STATE_CR4, m.word(STATE_CR4) | CR4_OSFXSR | CR4_OSXSAVE);
    m.setWord(STATE_XCR0, 7);
    m.core.controlChanged();
    const singles = new Float32Array(m.space.u8.buffer, STATE_YMM, 16);
    singles[8] = x;
    expect(m.execute(...bytes)).toBeUndefined();
    const wanted = exact(Math.fround(x));
    expect(Math.abs(singles[0]! / wanted - 1)).toBeLessThanOrEqual(1.5 * 2 ** -12);
  });
});
