import { describe, expect, test } from 'vitest';
import * as add from '../../../src/cpu/execute/add.ts';
import { RFLAGS_CF } from '../../../src/isa/rflags.ts';
import { CoreHarness, statusText } from '../../support/core-harness.ts';

describe('ADD r/m32, r32', () => {
  test.each<[number, number, number, string, string]>([
    // eax         ecx          eax after    flags set       why
    [0xffff_ffff, 0x0000_0001, 0x0000_0000, 'CF PF AF ZF', 'unsigned wrap'],
    [0x7fff_ffff, 0x0000_0001, 0x8000_0000, 'PF AF SF OF', 'signed overflow'],
    [0x8000_0000, 0x8000_0000, 0x0000_0000, 'CF PF ZF OF', 'both'],
    [0x0000_0008, 0x0000_0008, 0x0000_0010, 'AF',          'carry out of bit 3'],
    [0x0000_0000, 0x0000_0000, 0x0000_0000, 'PF ZF',       'nothing'],
  ])('%i + %i = %i (%s: %s)', (eax, ecx, sum, flags) => {
    const harness = new CoreHarness('64-bit', add);
    harness.set('rax', 0xdead_beef_0000_0000n | BigInt(eax));
    harness.set('rcx', ecx);
    expect(harness.run(0x01, 0xc8)).toBeUndefined();
    expect(harness.get('rax')).toBe(BigInt(sum));
    expect(statusText(harness.status)).toBe(flags);
  }); // biome-ignore format: a table.
});

/** One row for each form; register forms are compared with the real processor in test/oracle. */
describe('the forms with memory', () => {
  test.each<[string, number[], bigint, bigint, string]>([
    // form            bytes                                        memory after             rdx after                flags
    ['ADD m8, r8',    [0x00, 0x13],                                0x8080_8080_8080_807fn,  0xffff_ffff_ffff_ffffn,  'CF OF'],
    ['ADD m16, r16',  [0x66, 0x01, 0x13],                          0x8080_8080_8080_807fn,  0xffff_ffff_ffff_ffffn,  'CF SF'],
    ['ADD m64, r64',  [0x48, 0x01, 0x13],                          0x8080_8080_8080_807fn,  0xffff_ffff_ffff_ffffn,  'CF SF'],
    ['ADD r8, m8',    [0x02, 0x13],                                0x8080_8080_8080_8080n,  0xffff_ffff_ffff_ff7fn,  'CF OF'],
    ['ADD r32, m32',  [0x03, 0x13],                                0x8080_8080_8080_8080n,  0x8080_807fn,            'CF SF'],
    ['ADD r64, m64',  [0x48, 0x03, 0x13],                          0x8080_8080_8080_8080n,  0x8080_8080_8080_807fn,  'CF SF'],
    ['ADD m8, imm8',  [0x80, 0x03, 0x80],                          0x8080_8080_8080_8000n,  0xffff_ffff_ffff_ffffn,  'CF PF ZF OF'],
    ['ADD m32, imm8', [0x83, 0x03, 0xff],                          0x8080_8080_8080_807fn,  0xffff_ffff_ffff_ffffn,  'CF SF'],
    ['ADD m64, imm',  [0x48, 0x81, 0x03, 0x80, 0x7f, 0x7f, 0x7f],  0x8080_8081_0000_0000n,  0xffff_ffff_ffff_ffffn, 'PF SF'],
    ['ADC m16, imm8', [0x66, 0x83, 0x13, 0x7f],                    0x8080_8080_8080_8100n,  0xffff_ffff_ffff_ffffn,  'PF AF SF'],
    ['ADC r64, m64',  [0x48, 0x13, 0x13],                          0x8080_8080_8080_8080n,  0x8080_8080_8080_8080n,  'CF AF SF'],
    ['INC m8',        [0xfe, 0x03],                                0x8080_8080_8080_8081n,  0xffff_ffff_ffff_ffffn,  'CF PF SF'],
    ['INC m64',       [0x48, 0xff, 0x03],                          0x8080_8080_8080_8081n,  0xffff_ffff_ffff_ffffn,  'CF PF SF'],
  ])('%s', (_form, bytes, memory, rdx, flags) => {
    const harness = new CoreHarness('64-bit', add);
    harness.write64(0x9000, 0x8080_8080_8080_8080n);
    harness.set('rbx', 0x9000);
    harness.set('rdx', -1n);
    harness.status = RFLAGS_CF;
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.read64(0x9000)).toBe(memory);
    expect(harness.get('rdx')).toBe(rdx);
    expect(statusText(harness.status)).toBe(flags);
  }); // biome-ignore format: a table.
});
