import { describe, expect, test } from 'vitest';
import * as xsave from '../../../src/cpu/execute/xsave.ts';
import { CR0_TS, CR4_OSXSAVE } from '../../../src/isa/control.ts';
import {
  STATE_CR0,
  STATE_CR4,
  STATE_FCW,
  STATE_MXCSR,
  STATE_PKRU,
  STATE_XCR0,
} from '../../../src/state/layout.ts';
import { VectorHarness } from '../../support/vector-harness.ts';

const AREA = 0x40000;
const XSAVE = [0x0f, 0xae, 0x23];
const XRSTOR = [0x0f, 0xae, 0x2b];
const XSAVEC = [0x0f, 0xc7, 0x23];

function harness(): VectorHarness {
  const h = new VectorHarness(xsave);
  h.core.words[STATE_FCW >> 2] = 0x37f;
  h.core.words[STATE_MXCSR >> 2] = 0x1f80;
  h.set('rbx', AREA);
  h.set('rax', 7);
  h.setVector(3, `${'cd'.repeat(16)}${'ab'.repeat(16)}`);
  return h;
}

test('XSAVE writes what is enabled and asked for; XRSTOR puts it back', () => {
  const h = harness();
  expect(h.run(...XSAVE)).toBeUndefined();
  expect(h.read64(AREA + 512)).toBe(6n); // x87 is in its initial configuration.
  expect(h.space.read32(AREA + 160 + 3 * 16)).toBe(0xabababab);
  expect(h.space.read32(AREA + 576 + 3 * 16)).toBe(0xcdcdcdcd);
  h.setVector(3, '');
  expect(h.run(...XRSTOR)).toBeUndefined();
  expect(h.vector(3, 32)).toBe(`${'cd'.repeat(16)}${'ab'.repeat(16)}`);
});

test('XRSTOR initializes what the header says is absent', () => {
  const h = harness();
  h.run(...XSAVE);
  h.space.write32(AREA + 512, 2);
  h.run(...XRSTOR);
  expect(h.vector(3, 32)).toBe(`${'00'.repeat(16)}${'ab'.repeat(16)}`);
});

test('XSAVEC writes the compacted format', () => {
  const h = harness();
  expect(h.run(...XSAVEC)).toBeUndefined();
  expect([h.read64(AREA + 512), h.read64(AREA + 520)]).toEqual([6n, 0x8000000000000007n]);
  h.setVector(3, '');
  expect(h.run(...XRSTOR)).toBeUndefined();
  expect(h.vector(3, 32)).toBe(`${'cd'.repeat(16)}${'ab'.repeat(16)}`);
});

test.each([
  ['a misaligned area',        (h: VectorHarness) => h.set('rbx', AREA + 16)],
  ['a component not enabled',  (h: VectorHarness) => h.space.write32(AREA + 512, 8)],
  ['reserved header bytes',    (h: VectorHarness) => h.space.write32(AREA + 512 + 16, 1)],
  ['reserved bits of MXCSR',   (h: VectorHarness) => h.space.write32(AREA + 24, 0x10000)],
])('XRSTOR: %s is #GP(0)', (_what, spoil) => {
  const h = harness();
  h.run(...XSAVE);
  spoil(h);
  expect(h.run(...XRSTOR)).toBe('#GP(0)');
}); // biome-ignore format: a table.

test('PKRU is component 9: at 832 in the standard format, behind what is there in the compacted one', () => {
  const h = harness();
  h.core.words[STATE_XCR0 >> 2] = 0x207;
  h.core.words[STATE_PKRU >> 2] = 0x5554;
  h.set('rax', 0x200);
  expect(h.run(...XSAVE)).toBeUndefined();
  expect([h.read64(AREA + 512), h.read64(AREA + 832)]).toEqual([0x200n, 0x5554n]);
  h.core.words[STATE_PKRU >> 2] = 0;
  expect(h.run(...XRSTOR)).toBeUndefined();
  expect(h.core.words[STATE_PKRU >> 2]).toBe(0x5554);
  h.space.write32(AREA + 512, 0);
  h.run(...XRSTOR);
  expect(h.core.words[STATE_PKRU >> 2]).toBe(0);
  h.core.words[STATE_PKRU >> 2] = 0x5554;
  h.run(...XSAVEC);
  expect([h.read64(AREA + 520), h.read64(AREA + 576)]).toEqual([0x8000000000000200n, 0x5554n]);
  h.core.words[STATE_PKRU >> 2] = 0;
  h.run(...XRSTOR);
  expect(h.core.words[STATE_PKRU >> 2]).toBe(0x5554);
});

describe('XSAVES and XRSTORS', () => {
  const XSAVES = [0x0f, 0xc7, 0x2b];
  const XRSTORS = [0x0f, 0xc7, 0x1b];

  test('are the compacted format, there and back, at CPL 0 alone', () => {
    const h = harness();
    expect(h.run(...XSAVES)).toBeUndefined();
    expect([h.read64(AREA + 512), h.read64(AREA + 520)]).toEqual([6n, 0x8000000000000007n]);
    h.setVector(3, '');
    expect(h.run(...XRSTORS)).toBeUndefined();
    expect(h.vector(3, 32)).toBe(`${'cd'.repeat(16)}${'ab'.repeat(16)}`);
    h.setCpl(3);
    expect([h.run(...XSAVES), h.run(...XRSTORS)]).toEqual(['#GP(0)', '#GP(0)']);
  });

  test('XRSTORS refuses the standard format, which XRSTOR takes', () => {
    const h = harness();
    h.run(...XSAVE);
    expect(h.run(...XRSTORS)).toBe('#GP(0)');
    expect(h.run(...XRSTOR)).toBeUndefined();
  });

  test('#UD without CR4.OSXSAVE comes before #NM, and that before #GP(0)', () => {
    const h = harness();
    h.setCpl(3);
    h.core.words[STATE_CR0 >> 2]! |= CR0_TS;
    expect(h.run(...XSAVES)).toBe('#NM');
    h.core.words[STATE_CR4 >> 2]! &= ~CR4_OSXSAVE;
    expect(h.run(...XSAVES)).toBe('#UD');
  });
});
