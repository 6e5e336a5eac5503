import { describe, expect, test } from 'vitest';
import * as add from '../../../src/cpu/execute/add.ts';
import * as move from '../../../src/cpu/execute/move.ts';
import { DESC_DB, DESC_WRITABLE } from '../../../src/isa/descriptors.ts';
import { DS, FS, SS } from '../../../src/isa/registers.ts';
import { CODE, CoreHarness } from '../../support/core-harness.ts';

/** LEA shows the effective address (SDM Vol. 1, "Specifying an Offset"); MOV shows the segment. */
describe('the effective address', () => {
  test.each<[number[], bigint, string]>([
    // bytes                                     address                  why
    [[0x48, 0x8d, 0x03],                         0xffff_ffff_ffff_fff0n, '[rbx]'],
    [[0x48, 0x8d, 0x43, 0x20],                   0x10n,                  '[rbx+20h] carries out of 64 bits'],
    [[0x48, 0x8d, 0x43, 0x80],                   0xffff_ffff_ffff_ff70n, '[rbx-80h]'],
    [[0x48, 0x8d, 0x04, 0x8e],                   0x0000_000a_2000_0004n, '[rsi+rcx*4]: bits move into the high word'],
    [[0x48, 0x8d, 0x44, 0xce, 0xff],             0x0000_0014_4000_0003n, '[rsi+rcx*8-1]'],
    [[0x48, 0x8d, 0x04, 0x4d, 0, 0, 0, 0x80],    0x0000_0004_9000_0000n, '[rcx*2-80000000h]'],
    [[0x48, 0x8d, 0x04, 0x25, 0, 0, 0, 0x80],    0xffff_ffff_8000_0000n, '[disp32] is sign-extended'],
    [[0x48, 0x8d, 0x05, 0xf9, 0xff, 0xff, 0xff], BigInt(CODE),           '[rip-7] counts from the next instruction'],
    [[0x67, 0x48, 0x8d, 0x43, 0x20],             0x10n,                  '[ebx+20h] wraps at 32 bits'],
    [[0x67, 0x48, 0x8d, 0x04, 0x8e],             0x2000_0004n,           '[esi+ecx*4] is cut to 32 bits'],
    [[0x8d, 0x03],                               0xffff_fff0n,           'lea eax clears the upper half'],
    [[0x66, 0x8d, 0x03],                         0x1111_1111_1111_fff0n, 'lea ax leaves the rest'],
  ])('in 64-bit mode, %j is %s: %s', (bytes, address) => {
    const harness = new CoreHarness('64-bit', move);
    harness.set('rax', 0x1111_1111_1111_1111n);
    harness.set('rbx', 0xffff_ffff_ffff_fff0n);
    harness.set('rcx', 0x0000_0002_8800_0000n);
    harness.set('rsi', 0x4n);
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.get('rax')).toBe(address);
  }); // biome-ignore format: a table.

  test.each<[number[], number, string]>([
    [[0x66, 0x8d, 0x00],       0x0000_1230, '[bx+si]'],
    [[0x66, 0x8d, 0x02],       0x0000_6ff0, '[bp+si]'],
    [[0x66, 0x8d, 0x42, 0x7f], 0x0000_706f, '[bp+si+7fh]'],
    [[0x66, 0x8d, 0x41, 0x90], 0x0000_11b7, '[bx+di-70h]'],
    [[0x66, 0x8d, 0x06, 0x34, 0xf2], 0x0000_f234, '[disp16]'],
    [[0x66, 0x8d, 0x87, 0, 0xf0], 0x0000_0234, '[bx-1000h] wraps at 64 KiB'],
  ])('in real mode, %j is %i: %s', (bytes, address) => {
    const harness = new CoreHarness('real', move);
    harness.set('rbx', 0x1234);
    harness.set('rbp', 0x6ff4);
    harness.set('rsi', 0xfffc);
    harness.set('rdi', 0xfff3);
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.get32('rax')).toBe(address);
  }); // biome-ignore format: a table.

  test('moffs takes a 64-bit address', () => {
    const harness = new CoreHarness('64-bit', move);
    harness.write64(0x9008, 0x1122_3344_5566_7788n);
    expect(harness.run(0x48, 0xa1, 0x08, 0x90, 0, 0, 0, 0, 0, 0)).toBeUndefined();
    expect(harness.get('rax')).toBe(0x1122_3344_5566_7788n);
    expect(harness.run(0x48, 0xa1, 0x08, 0x90, 0, 0, 1, 0, 0, 0)).toMatch(/^#PF/);
  });
});

describe('the segment of the operand', () => {
  test('rbp uses SS, an override replaces it', () => {
    const harness = new CoreHarness('protected32', move);
    harness.segment(DS, 0x1000, 0xffffffff, DESC_WRITABLE | DESC_DB);
    harness.segment(SS, 0x2000, 0xffffffff, DESC_WRITABLE | DESC_DB);
    harness.segment(FS, 0x3000, 0xffffffff, DESC_WRITABLE | DESC_DB);
    for (const [i, base] of [0x1000, 0x2000, 0x3000].entries()) harness.space.write32(base + 0x40, i + 1);
    harness.set('rbp', 0x40);
    harness.set('rbx', 0x40);
    harness.run(0x8b, 0x03);
    expect(harness.get32('rax')).toBe(1);
    harness.run(0x8b, 0x45, 0x00);
    expect(harness.get32('rax')).toBe(2);
    harness.run(0x64, 0x8b, 0x45, 0x00);
    expect(harness.get32('rax')).toBe(3);
  });

  test('a limit violation is #GP, through SS it is #SS', () => {
    const harness = new CoreHarness('protected32', move);
    harness.segment(DS, 0, 0xfff, DESC_WRITABLE | DESC_DB);
    harness.segment(SS, 0, 0xfff, DESC_WRITABLE | DESC_DB);
    harness.set('rbx', 0xffd);
    harness.set('rbp', 0xffd);
    expect(harness.run(0x8b, 0x03)).toBe('#GP(0)');
    expect(harness.run(0x8b, 0x45, 0x00)).toBe('#SS(0)');
    expect(harness.run(0x66, 0x8b, 0x03)).toBeUndefined();
  });

  test('a non-canonical address is #GP, through SS it is #SS', () => {
    const harness = new CoreHarness('64-bit', move);
    harness.set('rbx', 0x8000_0000_0000n);
    harness.set('rbp', 0x8000_0000_0000n);
    expect(harness.run(0x8b, 0x03)).toBe('#GP(0)');
    expect(harness.run(0x8b, 0x45, 0x00)).toBe('#SS(0)');
  });
});

describe('reading for update', () => {
  test.each([
    ['a page that is not there', false, false, '#PF(6)'],
    ['a read-only page', true, false, '#PF(7)'],
  ])('ADD to %s faults before anything changes', (_why, isPresent, isWritable, fault) => {
    const harness = new CoreHarness('64-bit', add);
    harness.setCpl(3);
    harness.write64(0x9000, 1n);
    harness.page(0x9000, isPresent, isWritable);
    harness.set('rbx', 0x9000);
    harness.set('rcx', -1);
    harness.status = 0;
    expect(harness.run(0x48, 0x01, 0x0b)).toBe(fault);
    expect(harness.status).toBe(0);
    expect(harness.get('rip')).toBe(BigInt(CODE));
  });

  test('a quadword that crosses a page is updated in both', () => {
    const harness = new CoreHarness('64-bit', add);
    harness.write64(0x9ffc, 0x0000_0001_ffff_fffen);
    harness.set('rbx', 0x9ffc);
    harness.set('rcx', 3);
    expect(harness.run(0x48, 0x01, 0x0b)).toBeUndefined();
    expect(harness.read64(0x9ffc)).toBe(0x0000_0002_0000_0001n);
    harness.page(0xa000, true, false);
    expect(harness.run(0x48, 0x01, 0x0b)).toBe('#PF(3)');
    expect(harness.read64(0x9ffc)).toBe(0x0000_0002_0000_0001n);
  });
});
