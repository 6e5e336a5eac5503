import { describe, expect, test } from 'vitest';
import * as move from '../../../src/cpu/execute/move.ts';
import { RAX, RBX } from '../../../src/isa/registers.ts';
import { VECTOR_PF } from '../../../src/isa/vectors.ts';
import { CoreHarness } from '../../support/core-harness.ts';
import { SystemHarness } from '../../support/system-harness.ts';

function prepare(): CoreHarness {
  const harness = new CoreHarness('64-bit', move);
  harness.write64(0x9000, 0x8877_6655_4433_22f1n);
  harness.set('rbx', 0x9000);
  harness.set('rdx', 0x0102_0304_0506_0708n);
  harness.set('rax', -1n);
  return harness;
}

/** SDM Vol. 2B, "MOV—Move", "MOVZX—Move With Zero-Extend", "MOVSX/MOVSXD—Move With Sign-Extension", "MOVBE—…". */
describe('loads', () => {
  test.each<[string, number[], bigint]>([
    ['MOV al, m8',     [0x8a, 0x03],                   0xffff_ffff_ffff_fff1n],
    ['MOV ax, m16',    [0x66, 0x8b, 0x03],             0xffff_ffff_ffff_22f1n],
    ['MOV eax, m32',   [0x8b, 0x03],                   0x4433_22f1n],
    ['MOV rax, m64',   [0x48, 0x8b, 0x03],             0x8877_6655_4433_22f1n],
    ['MOV ah, m8',     [0x8a, 0x23],                   0xffff_ffff_ffff_f1ffn],
    ['MOV eax, imm32', [0xb8, 1, 0, 0, 0x80],          0x8000_0001n],
    ['MOV rax, imm32', [0x48, 0xc7, 0xc0, 1, 0, 0, 0x80], 0xffff_ffff_8000_0001n],
    ['MOV rax, imm64', [0x48, 0xb8, 8, 7, 6, 5, 4, 3, 2, 1], 0x0102_0304_0506_0708n],
    ['MOVZX eax, m8',  [0x0f, 0xb6, 0x03],             0xf1n],
    ['MOVZX ax, m8',   [0x66, 0x0f, 0xb6, 0x03],       0xffff_ffff_ffff_00f1n],
    ['MOVZX rax, m16', [0x48, 0x0f, 0xb7, 0x03],       0x22f1n],
    ['MOVSX eax, m8',  [0x0f, 0xbe, 0x03],             0xffff_fff1n],
    ['MOVSX rax, m8',  [0x48, 0x0f, 0xbe, 0x03],       0xffff_ffff_ffff_fff1n],
    ['MOVSX rax, m16', [0x48, 0x0f, 0xbf, 0x43, 0x06], 0xffff_ffff_ffff_8877n],
    ['MOVSXD rax',     [0x48, 0x63, 0x43, 0x04],       0xffff_ffff_8877_6655n],
    ['MOVSXD eax',     [0x63, 0x43, 0x04],             0x8877_6655n],
    ['MOVBE ax',       [0x66, 0x0f, 0x38, 0xf0, 0x03], 0xffff_ffff_ffff_f122n],
    ['MOVBE eax',      [0x0f, 0x38, 0xf0, 0x03],       0xf122_3344n],
    ['MOVBE rax',      [0x48, 0x0f, 0x38, 0xf0, 0x03], 0xf122_3344_5566_7788n],
  ])('%s', (_form, bytes, rax) => {
    const harness = prepare();
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.get('rax')).toBe(rax);
  }); // biome-ignore format: a table.
});

describe('stores', () => {
  test.each<[string, number[], bigint]>([
    ['MOV m8, dl',     [0x88, 0x13],                   0x8877_6655_4433_2208n],
    ['MOV m8, dh',     [0x88, 0x33],                   0x8877_6655_4433_2207n],
    ['MOV m16, dx',    [0x66, 0x89, 0x13],             0x8877_6655_4433_0708n],
    ['MOV m32, edx',   [0x89, 0x13],                   0x8877_6655_0506_0708n],
    ['MOV m64, rdx',   [0x48, 0x89, 0x13],             0x0102_0304_0506_0708n],
    ['MOV m8, imm8',   [0xc6, 0x03, 0xff],             0x8877_6655_4433_22ffn],
    ['MOV m64, imm32', [0x48, 0xc7, 0x03, 0, 0, 0, 0x80], 0xffff_ffff_8000_0000n],
    ['MOVNTI m32',     [0x0f, 0xc3, 0x13],             0x8877_6655_0506_0708n],
    ['MOVNTI m64',     [0x48, 0x0f, 0xc3, 0x13],       0x0102_0304_0506_0708n],
    ['MOVBE m16',      [0x66, 0x0f, 0x38, 0xf1, 0x13], 0x8877_6655_4433_0807n],
    ['MOVBE m32',      [0x0f, 0x38, 0xf1, 0x13],       0x8877_6655_0807_0605n],
    ['MOVBE m64',      [0x48, 0x0f, 0x38, 0xf1, 0x13], 0x0807_0605_0403_0201n],
  ])('%s', (_form, bytes, memory) => {
    const harness = prepare();
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.read64(0x9000)).toBe(memory);
    harness.page(0x9000, true, false);
    expect(harness.run(...bytes)).toBe('#PF(3)');
  }); // biome-ignore format: a table.
});

/** SDM Vol. 2B, "XLAT/XLATB—Table Look-up Translation". */
describe('XLAT', () => {
  test('AL is an unsigned index', () => {
    const harness = prepare();
    harness.set('rax', 0x1_00ff);
    harness.space.write8(0x90ff, 0x77);
    expect(harness.run(0xd7)).toBeUndefined();
    expect(harness.get('rax')).toBe(0x1_0077n);
  });

  test('16-bit addresses wrap', () => {
    const harness = new CoreHarness('real', move);
    harness.set('rbx', 0xfff0);
    harness.set('rax', 0x20);
    harness.space.write8(0x10, 0x99);
    expect(harness.run(0xd7)).toBeUndefined();
    expect(harness.get32('rax')).toBe(0x99);
  });
});

/** APM Vol. 3, "MOVSXD", against SDM Vol. 2B; seen on an AMD EPYC 7003. */
test.each([
  ['intel', undefined],
  ['amd', '#PF(0)'],
])('MOVSXD with a 16-bit destination at the end of a page: %s', (vendor, fault) => {
  const harness = prepare();
  Object.assign(harness.core.model, { vendor });
  harness.page(0xa000, false, false);
  harness.set('rbx', 0x9ffe);
  expect(harness.run(0x66, 0x63, 0x03)).toBe(fault);
});

test('MOVSXD with 66: Intel reads 16 bits, AMD 32 of which 16 are kept', () => {
  const load = (model: string, at: number) => {
    const m = new SystemHarness('long', model);
    m.write32(0x30000, 0x12348765);
    m.setReg(RAX, -1, -1);
    m.setReg(RBX, at);
    return m.execute(0x66, 0x63, 0x03)?.vector ?? m.reg(RAX);
  };
  expect([load('skylake', 0x30000), load('zen2', 0x30000)]).toEqual([0xffff8765, 0xffff8765]);
  // The last two bytes of what is mapped.
  expect([load('skylake', 0x1ffffe), load('zen2', 0x1ffffe)]).toEqual([0xffffffff, VECTOR_PF]);
});
