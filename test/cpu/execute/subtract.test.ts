import { describe, expect, test } from 'vitest';
import * as compare from '../../../src/cpu/execute/compare.ts';
import * as logic from '../../../src/cpu/execute/logic.ts';
import * as subtract from '../../../src/cpu/execute/subtract.ts';
import { RFLAGS_CF } from '../../../src/isa/rflags.ts';
import { CoreHarness, statusText } from '../../support/core-harness.ts';

/** One row for each form; register forms are compared with the real processor in test/oracle. */
describe('SUB SBB DEC NEG CMP, AND OR XOR NOT TEST with memory', () => {
  test.each<[string, number[], bigint, bigint, string]>([
    // form             bytes                        memory after             rdx after                flags
    ['SUB m8, r8',     [0x28, 0x13],                0x8080_8080_8080_8081n,  0xffff_ffff_ffff_ffffn,  'CF PF AF SF'],
    ['SUB m64, r64',   [0x48, 0x29, 0x13],          0x8080_8080_8080_8081n,  0xffff_ffff_ffff_ffffn,  'CF PF AF SF'],
    ['SUB r16, m16',   [0x66, 0x2b, 0x13],          0x8080_8080_8080_8080n,  0xffff_ffff_ffff_7f7fn,  ''],
    ['SUB r32, m32',   [0x2b, 0x13],                0x8080_8080_8080_8080n,  0x7f7f_7f7fn,            ''],
    ['SUB m32, imm8',  [0x83, 0x2b, 0x01],          0x8080_8080_8080_807fn,  0xffff_ffff_ffff_ffffn,  'AF SF'],
    ['SBB m64, imm8',  [0x48, 0x83, 0x1b, 0x80],    0x8080_8080_8080_80ffn,  0xffff_ffff_ffff_ffffn,  'CF PF AF SF'],
    ['SBB r8, m8',     [0x1a, 0x13],                0x8080_8080_8080_8080n,  0xffff_ffff_ffff_ff7en,  'PF'],
    ['DEC m32',        [0xff, 0x0b],                0x8080_8080_8080_807fn,  0xffff_ffff_ffff_ffffn,  'CF AF SF'],
    ['NEG m16',        [0x66, 0xf7, 0x1b],          0x8080_8080_8080_7f80n,  0xffff_ffff_ffff_ffffn,  'CF'],
    ['CMP m64, r64',   [0x48, 0x39, 0x13],          0x8080_8080_8080_8080n,  0xffff_ffff_ffff_ffffn,  'CF PF AF SF'],
    ['CMP r8, m8',     [0x3a, 0x13],                0x8080_8080_8080_8080n,  0xffff_ffff_ffff_ffffn,  ''],
    ['CMP m8, imm8',   [0x80, 0x3b, 0x80],          0x8080_8080_8080_8080n,  0xffff_ffff_ffff_ffffn,  'PF ZF'],
    ['AND m16, imm8',  [0x66, 0x83, 0x23, 0xf0],    0x8080_8080_8080_8080n,  0xffff_ffff_ffff_ffffn,  'SF'],
    ['OR r64, m64',    [0x48, 0x0b, 0x13],          0x8080_8080_8080_8080n,  0xffff_ffff_ffff_ffffn,  'PF SF'],
    ['XOR m32, r32',   [0x31, 0x13],                0x8080_8080_7f7f_7f7fn,  0xffff_ffff_ffff_ffffn,  ''],
    ['NOT m64',        [0x48, 0xf7, 0x13],          0x7f7f_7f7f_7f7f_7f7fn,  0xffff_ffff_ffff_ffffn,  'CF'],
    ['TEST m8, imm8',  [0xf6, 0x03, 0x7f],          0x8080_8080_8080_8080n,  0xffff_ffff_ffff_ffffn,  'PF ZF'],
    ['TEST m64, r64',  [0x48, 0x85, 0x13],          0x8080_8080_8080_8080n,  0xffff_ffff_ffff_ffffn,  'SF'],
  ])('%s', (_form, bytes, memory, rdx, flags) => {
    const harness = new CoreHarness('64-bit', compare, logic, subtract);
    harness.write64(0x9000, 0x8080_8080_8080_8080n);
    harness.set('rbx', 0x9000);
    harness.set('rdx', -1n);
    harness.status = RFLAGS_CF;
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.read64(0x9000)).toBe(memory);
    expect(harness.get('rdx')).toBe(rdx);
    expect(statusText(harness.status)).toBe(flags);
  }); // biome-ignore format: a table.

  test('CMP and TEST need no right to write', () => {
    const harness = new CoreHarness('64-bit', compare, subtract);
    harness.page(0x9000, true, false);
    harness.set('rbx', 0x9000);
    expect(harness.run(0x39, 0x13)).toBeUndefined();
    expect(harness.run(0x85, 0x13)).toBeUndefined();
    expect(harness.run(0x29, 0x13)).toBe('#PF(3)');
  });
});
