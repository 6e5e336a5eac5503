import { describe, expect, test } from 'vitest';
import * as branch from '../../../src/cpu/execute/branch.ts';
import { DESC_CODE, DESC_DB, DESC_READABLE } from '../../../src/isa/descriptors.ts';
import { CS } from '../../../src/isa/registers.ts';
import { RFLAGS_ZF } from '../../../src/isa/rflags.ts';
import { CODE, CoreHarness, type HarnessMode, STACK } from '../../support/core-harness.ts';

describe('JMP and CALL', () => {
  test.each<[string, HarnessMode, number[], bigint]>([
    // form              mode           bytes                               rip after
    ['JMP rel8',        '64-bit',      [0xeb, 0xfe],                       BigInt(CODE)],
    ['JMP rel32',       '64-bit',      [0xe9, 0, 0, 0, 0x80],              0xffff_ffff_8000_8005n],
    ['JMP rel32',       'protected32', [0xe9, 0, 0, 0, 0x80],              0x8000_8005n],
    ['JMP rel16',       'real',        [0xe9, 0x00, 0x80],                 3n],
    ['JMP rel16',       'protected32', [0x66, 0xe9, 0x00, 0x80],           4n],
    ['JMP rbx',         '64-bit',      [0xff, 0xe3],                       0x1234_5678_9000n],
    ['JMP bx',          'protected32', [0x66, 0xff, 0xe3],                 0x9000n],
    ['JMP [rdi]',       '64-bit',      [0xff, 0x27],                       0x7fff_0000_1234n],
    ['JMP [edi]',       'protected32', [0xff, 0x27],                       0x0000_1234n],
  ])('%s in %s mode', (_form, mode, bytes, rip) => {
    const harness = new CoreHarness(mode, branch);
    harness.set('rbx', 0x1234_5678_9000n);
    harness.set('rdi', 0x9000);
    harness.write64(0x9000, 0x7fff_0000_1234n);
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.get('rip')).toBe(rip);
  }); // biome-ignore format: a table.

  test.each<[HarnessMode, number[], number, bigint]>([
    ['64-bit', [0xe8, 0x10, 0, 0, 0], 8, BigInt(CODE + 5)],
    ['protected32', [0xe8, 0x10, 0, 0, 0], 4, BigInt(CODE + 5)],
    ['real', [0xe8, 0x10, 0], 2, BigInt(CODE + 3)],
    ['64-bit', [0xff, 0xd3], 8, BigInt(CODE + 2)],
  ])('CALL in %s mode pushes the return address, RET takes it', (mode, bytes, size, back) => {
    const harness = new CoreHarness(mode, branch);
    harness.set('rbx', 0xa000);
    const top = harness.get('rsp');
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.get('rsp')).toBe(top - BigInt(size));
    expect(harness.run(0xc3)).toBeUndefined();
    expect(harness.get('rip')).toBe(back);
    expect(harness.get('rsp')).toBe(top);
  });

  test('RET imm16 releases parameters', () => {
    const harness = new CoreHarness('protected32', branch);
    harness.space.write32(STACK, 0x1234);
    harness.run(0xc2, 0xf8, 0xff);
    expect([harness.get32('rip'), harness.get32('rsp')]).toEqual([0x1234, STACK + 4 + 0xfff8]);
  });
});

describe('targets that are not allowed', () => {
  test.each<[string, number[]]>([
    ['JMP rel', [0xeb, 0x10]],
    ['JZ rel', [0x74, 0x10]],
    ['CALL rel', [0xe8, 0x10, 0, 0, 0]],
    ['JMP r', [0xff, 0xe3]],
    ['CALL r', [0xff, 0xd3]],
    ['RET', [0xc3]],
    ['RET imm16', [0xc2, 4, 0]],
    ['LOOP', [0xe2, 0x10]],
    ['JECXZ', [0x67, 0xe3, 0x10]],
  ])('%s beyond the limit of CS is #GP(0) and changes nothing', (name, bytes) => {
    const harness = new CoreHarness('protected32', branch);
    harness.segment(CS, 0, CODE + 0xf, DESC_CODE | DESC_READABLE | DESC_DB);
    harness.set('rbx', CODE + 0x10);
    harness.space.write32(STACK, CODE + 0x10);
    harness.set('rcx', name === 'JECXZ' ? 0x10000 : 5);
    harness.status = RFLAGS_ZF;
    expect(harness.run(...bytes)).toBe('#GP(0)');
    expect([harness.get32('rip'), harness.get32('rsp'), harness.get32('rcx') & 0xffff]).toEqual([
      CODE,
      STACK,
      name === 'JECXZ' ? 0 : 5,
    ]);
  });

  test.each<[string, number[]]>([
    ['JMP r', [0xff, 0xe3]],
    ['CALL r', [0xff, 0xd3]],
    ['RET', [0xc3]],
  ])('%s to a non-canonical address is #GP(0) and changes nothing', (_name, bytes) => {
    const harness = new CoreHarness('64-bit', branch);
    harness.set('rbx', 0x8000_0000_0000n);
    harness.write64(STACK, 0x8000_0000_0000n);
    expect(harness.run(...bytes)).toBe('#GP(0)');
    expect([harness.get('rip'), harness.get('rsp')]).toEqual([BigInt(CODE), BigInt(STACK)]);
  });

  test('CALL that cannot push stays where it is', () => {
    const harness = new CoreHarness('64-bit', branch);
    harness.page(STACK - 8, false, false);
    expect(harness.run(0xe8, 0, 0, 0, 0)).toBe('#PF(2)');
    expect([harness.get('rip'), harness.get('rsp')]).toEqual([BigInt(CODE), BigInt(STACK)]);
  });
});

/** SDM Vol. 2A, "LOOP/LOOPcc—Loop According to ECX Counter", "Jcc—Jump if Condition Is Met". */
describe('LOOP and JCXZ', () => {
  test.each<[string, HarnessMode, number[], bigint, number, boolean, bigint]>([
    // form        mode           bytes               rcx                       ZF  taken   rcx after
    ['LOOP',      '64-bit',      [0xe2, 0x10],       2n,                        0,  true,   1n],
    ['LOOP',      '64-bit',      [0xe2, 0x10],       1n,                        0,  false,  0n],
    ['LOOP',      '64-bit',      [0xe2, 0x10],       0n,                        0,  true,   0xffff_ffff_ffff_ffffn],
    ['LOOP',      '64-bit',      [0xe2, 0x10],       0x1_0000_0001n,            0,  true,   0x1_0000_0000n],
    ['LOOP ecx',  '64-bit',      [0x67, 0xe2, 0x10], 0x1_0000_0001n,            0,  false,  0n],
    ['LOOP cx',   'protected32', [0x67, 0xe2, 0x10], 0x5_0001n,                 0,  false,  0x5_0000n],
    ['LOOP cx',   'real',        [0xe2, 0x10],       0x5_0000n,                 0,  true,   0x5_ffffn],
    ['LOOPE',     'protected32', [0xe1, 0x10],       2n,                        1,  true,   1n],
    ['LOOPE',     'protected32', [0xe1, 0x10],       2n,                        0,  false,  1n],
    ['LOOPNE',    'protected32', [0xe0, 0x10],       2n,                        0,  true,   1n],
    ['LOOPNE',    'protected32', [0xe0, 0x10],       2n,                        1,  false,  1n],
    ['JRCXZ',     '64-bit',      [0xe3, 0x10],       0x1_0000_0000n,            0,  false,  0x1_0000_0000n],
    ['JECXZ',     '64-bit',      [0x67, 0xe3, 0x10], 0x1_0000_0000n,            0,  true,   0x1_0000_0000n],
    ['JCXZ',      'real',        [0xe3, 0x10],       0x1_0000n,                 0,  true,   0x1_0000n],
  ])('%s in %s mode, %j with rcx = %i and ZF = %i', (_form, mode, bytes, rcx, zf, taken, after) => {
    const harness = new CoreHarness(mode, branch);
    harness.set('rcx', rcx);
    harness.status = zf ? RFLAGS_ZF : 0;
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.get('rip')).toBe(BigInt(CODE + bytes.length + (taken ? 0x10 : 0)));
    expect(harness.get('rcx')).toBe(after);
    expect(harness.core.flags.zf()).toBe(zf);
  }); // biome-ignore format: a table.
});
