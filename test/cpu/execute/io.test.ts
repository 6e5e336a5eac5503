import { describe, expect, test } from 'vitest';
import * as io from '../../../src/cpu/execute/io.ts';
import { DESC_P, DESC_TYPE_SHIFT, TYPE_TSS16_BUSY } from '../../../src/isa/descriptors.ts';
import { TR } from '../../../src/isa/registers.ts';
import { segmentWord } from '../../../src/state/cpu-state.ts';
import { SEGMENT_ATTRIBUTES } from '../../../src/state/layout.ts';
import { CODE, CoreHarness, type HarnessMode } from '../../support/core-harness.ts';

const REP = 0xf3;

function prepare(mode: HarnessMode, cpl: number, iopl: number): CoreHarness {
  const harness = new CoreHarness(mode, io);
  harness.core.flags.setSystem(harness.core.flags.system() | (iopl << 12));
  harness.setCpl(cpl);
  return harness;
}

describe('IN and OUT', () => {
  test.each<[string, number[], bigint]>([
    ['IN al, imm8', [0xe4, 0x60], 0xffff_ffff_ffff_ff11n],
    ['IN ax, imm8', [0x66, 0xe5, 0x60], 0xffff_ffff_ffff_2211n],
    ['IN eax, imm8', [0xe5, 0x60], 0x4433_2211n],
    ['IN al, dx', [0xec], 0xffff_ffff_ffff_ff11n],
    ['IN ax, dx', [0x66, 0xed], 0xffff_ffff_ffff_2211n],
    ['IN eax, dx', [0xed], 0x4433_2211n],
  ])('%s', (_name, code, rax) => {
    const harness = prepare('64-bit', 0, 0);
    harness.port(0x60, 4, [0x11, 0x22, 0x33, 0x44]);
    harness.set('rax', -1n);
    harness.set('rdx', 0xffff_0060);
    expect(harness.run(...code)).toBeUndefined();
    expect([harness.get('rax'), harness.core.end]).toEqual([rax, 0]);
  });

  test.each<[string, number[], number[]]>([
    ['OUT imm8, al', [0xe6, 0x60], [0x44]],
    ['OUT imm8, ax', [0x66, 0xe7, 0x60], [0x44, 0x33]],
    ['OUT dx, al', [0xee], [0x44]],
    ['OUT dx, eax', [0xef], [0x44, 0x33, 0x22, 0x11]],
  ])('%s', (_name, code, written) => {
    const harness = prepare('64-bit', 0, 0);
    const port = harness.port(0x60, 4);
    harness.set('rax', 0x1122_3344);
    harness.set('rdx', 0x60);
    expect(harness.run(...code)).toBeUndefined();
    expect([port, harness.core.end]).toEqual([written, 0]);
  });
});

/** SDM Vol. 1, "I/O Privilege Level", "I/O Permission Bit Map". The map has ports 60h and 61h open, and nothing else. */
describe('permission', () => {
  const MAP = [...Array.from({ length: 12 }, () => 0xff), 0xfc, 0xff];

  test.each<[string, HarnessMode, number, number, number[], string | undefined]>([
    // why                                   mode            CPL IOPL  bytes               outcome
    ['real mode',                           'real',          0,  0,    [0xe4, 0x64],       undefined],
    ['CPL within IOPL',                     '64-bit',        3,  3,    [0xe4, 0x64],       undefined],
    ['CPL above IOPL, port closed',         '64-bit',        3,  2,    [0xe4, 0x62],       '#GP(0)'],
    ['CPL above IOPL, port open',           '64-bit',        3,  2,    [0xe4, 0x61],       undefined],
    ['word, both ports open',               'protected32',   1,  0,    [0x66, 0xe5, 0x60], undefined],
    ['word, second port closed',            'protected32',   1,  0,    [0x66, 0xe5, 0x61], '#GP(0)'],
    ['doubleword, half closed',             'protected32',   3,  0,    [0xe5, 0x60],       '#GP(0)'],
    ['beyond the map',                      'protected32',   3,  0,    [0xe4, 0x68],       '#GP(0)'],
    ['virtual-8086: IOPL does not matter',  'virtual-8086',  3,  3,    [0xe4, 0x64],       '#GP(0)'],
    ['virtual-8086, port open',             'virtual-8086',  3,  0,    [0xe4, 0x60],       undefined],
  ])('%s', (_why, mode, cpl, iopl, code, outcome) => {
    const harness = prepare(mode, cpl, iopl);
    harness.ioMap(MAP);
    expect(harness.run(...code)).toBe(outcome);
  }); // biome-ignore format: a table.

  test('a 16-bit TSS has no map', () => {
    const harness = prepare('protected32', 3, 0);
    harness.ioMap(MAP);
    harness.core.words[segmentWord(TR, SEGMENT_ATTRIBUTES)] = (TYPE_TSS16_BUSY << DESC_TYPE_SHIFT) | DESC_P;
    expect(harness.run(0xe4, 0x60)).toBe('#GP(0)');
  });

  test('a port that may not be read is not read', () => {
    const harness = prepare('protected32', 3, 0);
    const values = [1];
    harness.port(0x62, 1, values);
    harness.ioMap(MAP);
    harness.set('rdi', 0x9000);
    harness.set('rdx', 0x62);
    expect([harness.run(0xe4, 0x62), harness.run(0x6c), harness.run(0xe6, 0x62), harness.run(0x6e)]).toEqual(
      Array(4).fill('#GP(0)'),
    );
    expect(values).toEqual([1]);
  });
});

describe('INS and OUTS', () => {
  test('REP INSB', () => {
    const harness = prepare('64-bit', 0, 0);
    harness.port(0x1f0, 1, [1, 2, 3]);
    harness.set('rdx', 0x1f0);
    harness.set('rdi', 0x9000);
    harness.set('rcx', 3);
    expect(harness.run(REP, 0x6c)).toBeUndefined();
    expect([0, 1, 2].map((i) => harness.space.read8(0x9000 + i))).toEqual([1, 2, 3]);
    expect([harness.get('rdi'), harness.get('rcx'), harness.get('rip')]).toEqual([
      0x9003n,
      0n,
      BigInt(CODE + 2),
    ]);
  });

  test.each([
    ['INSB', 0x6c],
    ['OUTSD', 0x6f],
  ])('REP %s without permission is #GP(0) for a count of zero as well', (_name, opcode) => {
    const harness = prepare('64-bit', 3, 0);
    harness.ioMap(new Array<number>(14).fill(0xff));
    harness.set('rdx', 0x60);
    harness.set('rcx', 0);
    expect(harness.run(REP, opcode)).toBe('#GP(0)');
    harness.core.flags.setSystem(harness.core.flags.system() | (3 << 12));
    expect(harness.run(REP, opcode)).toBeUndefined();
  });

  test('INS proves its store before it reads the port', () => {
    const harness = prepare('64-bit', 0, 0);
    const values = [1, 2, 3, 4, 5, 6];
    harness.port(0x1f0, 4, values);
    harness.set('rdx', 0x1f0);
    harness.set('rdi', 0x9ffe);
    harness.set('rcx', 3);
    harness.page(0xa000, true, false);
    expect(harness.run(REP, 0x66, 0x6d)).toBe('#PF(3)');
    expect(values).toEqual([3, 4, 5, 6]);
    expect([harness.get('rdi'), harness.get('rcx')]).toEqual([0xa000n, 2n]);
  });

  test('OUTSD with an override', () => {
    const harness = prepare('protected32', 0, 0);
    const written = harness.port(0x80, 4);
    harness.set('rdx', 0x80);
    harness.set('rsi', 0x9000);
    harness.space.write32(0x9000, 0x04030201);
    expect(harness.run(0x64, 0x6f)).toBeUndefined();
    expect([written, harness.get32('rsi')]).toEqual([[1, 2, 3, 4], 0x9004]);
  });
});
