import { describe, expect, test } from 'vitest';
import * as compare from '../../../src/cpu/execute/string-compare.ts';
import { RFLAGS_ZF } from '../../../src/isa/rflags.ts';
import { CODE, CoreHarness, statusText } from '../../support/core-harness.ts';

const REPE = 0xf3;
const REPNE = 0xf2;

function prepare(left: string, right: string, rcx: number): CoreHarness {
  const harness = new CoreHarness('64-bit', compare);
  for (const [address, text] of [
    [0x9000, left],
    [0xa000, right],
  ] as const) {
    for (const [i, c] of [...text].entries()) harness.space.write8(address + i, c.charCodeAt(0));
  }
  harness.set('rsi', 0x9000);
  harness.set('rdi', 0xa000);
  harness.set('rcx', rcx);
  harness.status = 0;
  return harness;
}

/** SDM Vol. 2A, "CMPS/CMPSB/CMPSW/CMPSD/CMPSQ—Compare String Operands". */
describe('CMPS', () => {
  test.each<[string, number[], string, string]>([
    ['CMPSB', [0xa6], 'b', 'a'],
    ['CMPSW', [0x66, 0xa7], 'ab', 'aa'],
    ['CMPSD', [0xa7], 'abcd', 'abca'],
    ['CMPSQ', [0x48, 0xa7], 'abcdefgh', 'abcdefga'],
  ])('%s subtracts [rDI] from [rSI]', (_name, code, left, right) => {
    const harness = prepare(left, right, 0);
    expect(harness.run(...code)).toBeUndefined();
    expect(harness.core.flags.cf() | harness.core.flags.zf()).toBe(0);
    const swapped = prepare(right, left, 0);
    swapped.run(...code);
    expect([swapped.core.flags.cf(), swapped.core.flags.zf()]).toEqual([1, 0]);
    expect(swapped.get('rsi')).toBe(BigInt(0x9000 + left.length));
  });

  test('REPE stops behind the first difference', () => {
    const harness = prepare('hello, world', 'hello, there', 12);
    expect(harness.run(REPE, 0xa6)).toBeUndefined();
    expect([harness.get('rsi'), harness.get('rdi'), harness.get('rcx')]).toEqual([0x9008n, 0xa008n, 4n]);
    expect(statusText(harness.status)).toBe('PF');
    expect(harness.get('rip')).toBe(BigInt(CODE + 2));
  });

  test('REPE of equal strings uses up the count', () => {
    const harness = prepare('same', 'same', 4);
    harness.run(REPE, 0xa6);
    expect([harness.get('rcx'), harness.core.flags.zf()]).toEqual([0n, 1]);
  });

  test('REPNE stops behind the first equal pair', () => {
    const harness = prepare('abcdx', 'vwxyx', 9);
    harness.run(REPNE, 0xa6);
    expect([harness.get('rcx'), harness.core.flags.zf()]).toEqual([4n, 1]);
  });

  test('a count of 0 leaves the flags', () => {
    const harness = prepare('a', 'b', 0);
    harness.status = RFLAGS_ZF;
    harness.run(REPE, 0xa6);
    expect(harness.status).toBe(RFLAGS_ZF);
  });

  test('a fault in the middle has the flags and registers of the iteration before', () => {
    const harness = prepare('', '', 100);
    harness.set('rsi', 0xaff0);
    harness.set('rdi', 0x9000);
    harness.page(0xb000, false, false);
    expect(harness.run(REPE, 0xa6)).toBe('#PF(0)');
    expect([harness.get('rsi'), harness.get('rdi'), harness.get('rcx'), harness.core.flags.zf()]).toEqual([
      0xb000n,
      0x9010n,
      84n,
      1,
    ]);
  });
});

/** SDM Vol. 2B, "SCAS/SCASB/SCASW/SCASD—Scan String". */
describe('SCAS', () => {
  test('REPNE SCASB is strlen', () => {
    const harness = prepare('', 'length', 0);
    harness.set('rcx', -1n);
    harness.set('rax', 0);
    expect(harness.run(REPNE, 0xae)).toBeUndefined();
    expect(harness.get('rcx')).toBe(0xffff_ffff_ffff_ffffn - 7n);
    expect(harness.get('rdi')).toBe(0xa007n);
  });

  test.each<[string, number[], number]>([
    ['SCASB', [0xae], 1],
    ['SCASW', [0x66, 0xaf], 2],
    ['SCASD', [0xaf], 4],
    ['SCASQ', [0x48, 0xaf], 8],
  ])('%s subtracts [rDI] from the accumulator', (_name, code, size) => {
    const harness = prepare('', 'b'.repeat(16), 0);
    harness.set('rax', 0x6262_6262_6262_6262n);
    harness.run(...code);
    expect([harness.core.flags.zf(), harness.get('rdi')]).toEqual([1, BigInt(0xa000 + size)]);
    harness.set('rax', 0);
    harness.run(...code);
    expect([harness.core.flags.cf(), harness.core.flags.zf()]).toEqual([1, 0]);
  });

  test('a scan longer than a batch goes on where it was', () => {
    const harness = prepare('', '', 10_000);
    harness.set('rdi', 0x40000);
    harness.set('rax', 1);
    harness.space.write8(0x40000 + 6000, 1);
    harness.run(REPNE, 0xae);
    // Batches end where the count is a multiple of 4,096.
    expect([harness.get('rip'), harness.get('rcx')]).toEqual([BigInt(CODE), 8192n]);
    harness.run(REPNE, 0xae);
    expect([harness.get('rip'), harness.get('rcx')]).toEqual([BigInt(CODE), 4096n]);
    harness.run(REPNE, 0xae);
    expect([harness.get('rip'), harness.get('rdi')]).toEqual([BigInt(CODE + 2), BigInt(0x40000 + 6001)]);
  });
});
