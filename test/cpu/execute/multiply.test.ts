import { describe, expect, test } from 'vitest';
import * as multiply from '../../../src/cpu/execute/multiply.ts';
import { CoreHarness } from '../../support/core-harness.ts';

/** SDM Vol. 2A, "DIV—Unsigned Divide", "IDIV—Signed Divide": when the quotient does not fit. */
describe('#DE', () => {
  test.each<[string, number[], bigint, bigint, bigint]>([
    // instruction   bytes                rdx                      rax                      rbx
    ['DIV bl',      [0xf6, 0xf3],        0n,                      0x100n,                  1n],
    ['DIV bl',      [0xf6, 0xf3],        0n,                      0x12n,                   0x100n],
    ['DIV bx',      [0x66, 0xf7, 0xf3],  5n,                      0n,                      5n],
    ['DIV ebx',     [0xf7, 0xf3],        7n,                      0n,                      7n],
    ['DIV rbx',     [0x48, 0xf7, 0xf3],  0x1_0000_0000n,          0n,                      0x1_0000_0000n],
    ['DIV rbx',     [0x48, 0xf7, 0xf3],  0n,                      1n,                      0n],
    ['IDIV bl',     [0xf6, 0xfb],        0n,                      0x80n,                   1n],
    ['IDIV bx',     [0x66, 0xf7, 0xfb],  0xffffn,                 0x8000n,                 0xffffn],
    ['IDIV ebx',    [0xf7, 0xfb],        0xffff_ffffn,            0x8000_0000n,            0xffff_ffffn],
    ['IDIV ebx',    [0xf7, 0xfb],        0n,                      0x8000_0000n,            1n],
    ['IDIV rbx',    [0x48, 0xf7, 0xfb],  0xffff_ffff_ffff_ffffn,  0x8000_0000_0000_0000n,  0xffff_ffff_ffff_ffffn],
    ['IDIV rbx',    [0x48, 0xf7, 0xfb],  0n,                      0x8000_0000_0000_0000n,  1n],
  ])('%s of what does not fit leaves everything', (_name, bytes, rdx, rax, rbx) => {
    const harness = new CoreHarness('64-bit', multiply);
    harness.set('rdx', rdx);
    harness.set('rax', rax);
    harness.set('rbx', rbx);
    const before = harness.status;
    expect(harness.run(...bytes)).toBe('#DE');
    expect([harness.get('rdx'), harness.get('rax'), harness.status]).toEqual([rdx, rax, before]);
  }); // biome-ignore format: a table.
});

describe('quotients at the edge', () => {
  test.each<[string, number[], bigint, bigint, bigint, bigint, bigint]>([
    // instruction   bytes                rdx              rax               rbx                      rax after                rdx after
    ['IDIV bl',     [0xf6, 0xfb],        0n,              0xff80n,          1n,                      0x0080n,                 0n],
    ['IDIV ebx',    [0xf7, 0xfb],        0xffff_ffffn,    0x8000_0000n,     1n,                      0x8000_0000n,            0n],
    ['IDIV ebx',    [0xf7, 0xfb],        0xffff_ffffn,    0xffff_fff9n,     2n,                      0xffff_fffdn,            0xffff_ffffn],
    ['IDIV rbx',    [0x48, 0xf7, 0xfb],  -1n,             1n << 63n,        1n,                      1n << 63n,               0n],
    ['IDIV rbx',    [0x48, 0xf7, 0xfb],  -1n,             -7n,              -2n,                     3n,                      -1n],
    ['DIV rbx',     [0x48, 0xf7, 0xf3],  1n,              0n,               2n,                      1n << 63n,               0n],
    ['DIV rbx',     [0x48, 0xf7, 0xf3],  -2n,             -1n,              -1n,                     -1n,                     -2n],
  ])('%s', (_name, bytes, rdx, rax, rbx, quotient, remainder) => {
    const harness = new CoreHarness('64-bit', multiply);
    harness.set('rdx', rdx);
    harness.set('rax', rax);
    harness.set('rbx', rbx);
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.get('rax')).toBe(BigInt.asUintN(64, quotient));
    expect(harness.get('rdx')).toBe(BigInt.asUintN(64, remainder));
  }); // biome-ignore format: a table.

  test('multiplications and divisions of memory', () => {
    const harness = new CoreHarness('64-bit', multiply);
    harness.write64(0x9000, 0xffff_ffff_ffff_fffdn);
    harness.set('rbx', 0x9000);
    harness.set('rax', 10n);
    harness.run(0x48, 0xf7, 0x2b);
    expect([harness.get('rdx'), harness.get('rax')]).toEqual([
      0xffff_ffff_ffff_ffffn,
      0xffff_ffff_ffff_ffe2n,
    ]);
    harness.run(0x48, 0xf7, 0x3b);
    expect([harness.get('rdx'), harness.get('rax')]).toEqual([0n, 10n]);
    harness.run(0x48, 0x6b, 0x03, 0xfe);
    expect(harness.get('rax')).toBe(6n);
    harness.page(0x9000, false, false);
    expect(harness.run(0xf7, 0x33)).toBe('#PF(0)');
  });
});
