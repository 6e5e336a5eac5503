import { describe, expect, test } from 'vitest';
import * as bitTest from '../../../src/cpu/execute/bit-test.ts';
import { CODE, CoreHarness, type HarnessMode } from '../../support/core-harness.ts';

/** SDM Vol. 2A, "BT—Bit Test": the bit offset of a register is signed and reaches beyond a memory operand. */
describe('bit strings in memory', () => {
  test.each<[string, HarnessMode, number[], bigint, number, number]>([
    // form            mode           bytes                         offset                   byte      bit
    ['BTS m16, r16',  '64-bit',      [0x66, 0x0f, 0xab, 0x13],     0x7fffn,                 0xfff,    7],
    ['BTS m32, r32',  '64-bit',      [0x0f, 0xab, 0x13],           100n,                    12,       4],
    ['BTS m32, r32',  '64-bit',      [0x0f, 0xab, 0x13],           0xffff_ffffn,            -1,       7],
    ['BTS m32, r32',  '64-bit',      [0x0f, 0xab, 0x13],           0x1_0000_0021n,          4,        1],
    ['BTS m64, r64',  '64-bit',      [0x48, 0x0f, 0xab, 0x13],     -65n,                    -9,       7],
    ['BTS m64, r64',  '64-bit',      [0x48, 0x0f, 0xab, 0x13],     0x1_0000n,               0x2000,   0],
    ['BTS m32, imm8', '64-bit',      [0x0f, 0xba, 0x2b, 0x25],     0n,                      0,        5],
    ['BTS m16, r16',  'protected32', [0x66, 0x0f, 0xab, 0x13],     0xfff0n,                 -2,       0],
    ['BTS m32, r32',  'protected32', [0x0f, 0xab, 0x13],           0xffff_ffe0n,            -4,       0],
  ])('%s in %s mode', (_form, mode, bytes, offset, byte, bit) => {
    const harness = new CoreHarness(mode, bitTest);
    const base = 0x40000;
    harness.set('rbx', base);
    harness.set('rdx', offset);
    const place = base + byte;
    harness.status = 0;
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.space.read8(place)).toBe(1 << bit);
    expect(harness.core.flags.cf()).toBe(0);
    // The bit is there now.
    harness.set('rip', CODE);
    harness.run(...bytes);
    expect(harness.core.flags.cf()).toBe(1);
    expect(harness.space.read8(place)).toBe(1 << bit);
  }); // biome-ignore format: a table.

  test('the 64-bit offset reaches beyond 4 GiB', () => {
    const harness = new CoreHarness('64-bit', bitTest);
    // Bit 2^38 is 2^35 bytes away.
    harness.set('rbx', 0x40000n - (1n << 35n));
    harness.set('rdx', 1n << 38n);
    harness.space.write8(0x40000, 1);
    expect(harness.run(0x48, 0x0f, 0xa3, 0x13)).toBeUndefined();
    expect(harness.core.flags.cf()).toBe(1);
  });

  test('16-bit addresses wrap', () => {
    const harness = new CoreHarness('real', bitTest);
    harness.set('rbx', 4);
    harness.set('rdx', 0xffc0);
    harness.space.write8(0xfffc, 1);
    expect(harness.run(0x0f, 0xa3, 0x17)).toBeUndefined();
    expect(harness.core.flags.cf()).toBe(1);
  });

  test('BT needs no right to write, BTR does', () => {
    const harness = new CoreHarness('64-bit', bitTest);
    harness.page(0x9000, true, false);
    harness.set('rbx', 0x9000);
    harness.set('rdx', 0);
    expect(harness.run(0x0f, 0xa3, 0x13)).toBeUndefined();
    expect(harness.run(0x0f, 0xb3, 0x13)).toBe('#PF(3)');
    expect(harness.run(0x0f, 0xba, 0x3b, 0x00)).toBe('#PF(3)');
  });
});
