import { describe, expect, test } from 'vitest';
import * as stack from '../../../src/cpu/execute/stack.ts';
import { DESC_DB, DESC_EXPAND_DOWN, DESC_WRITABLE } from '../../../src/isa/descriptors.ts';
import { DS, SS } from '../../../src/isa/registers.ts';
import { CoreHarness, type HarnessMode, STACK } from '../../support/core-harness.ts';

/** SDM Vol. 2B, "PUSH—Push Word, Doubleword, or Quadword Onto the Stack". */
describe('PUSH', () => {
  test.each<[string, HarnessMode, number[], number, bigint]>([
    // form          mode           bytes                            bytes   stored
    ['PUSH rax',    '64-bit',      [0x50],                          8,      0x1122_3344_5566_7788n],
    ['PUSH ax',     '64-bit',      [0x66, 0x50],                    2,      0x7788n],
    ['PUSH imm8',   '64-bit',      [0x6a, 0xff],                    8,      0xffff_ffff_ffff_ffffn],
    ['PUSH imm32',  '64-bit',      [0x68, 0, 0, 0, 0x80],           8,      0xffff_ffff_8000_0000n],
    ['PUSH imm16',  '64-bit',      [0x66, 0x68, 0x34, 0x12],        2,      0x1234n],
    ['PUSH eax',    'protected32', [0x50],                          4,      0x5566_7788n],
    ['PUSH imm8',   'protected32', [0x6a, 0xfe],                    4,      0xffff_fffen],
    ['PUSH ax',     'real',        [0x50],                          2,      0x7788n],
    ['PUSH eax',    'real',        [0x66, 0x50],                    4,      0x5566_7788n],
    ['PUSH fs',     '64-bit',      [0x0f, 0xa0],                    8,      0x28n],
    ['PUSH es',     'protected32', [0x06],                          4,      0x08n],
  ])('%s in %s mode', (_form, mode, bytes, size, stored) => {
    const harness = new CoreHarness(mode, stack);
    harness.set('rax', 0x1122_3344_5566_7788n);
    const top = Number(harness.get('rsp'));
    harness.write64(top - 8, -1n & 0xffff_ffff_ffff_ffffn);
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.get('rsp')).toBe(BigInt(top - size));
    expect(harness.read64(top - size) & ((1n << BigInt(size * 8)) - 1n)).toBe(stored);
  }); // biome-ignore format: a table.

  test('PUSH rSP stores the value before the decrement', () => {
    const harness = new CoreHarness('real', stack);
    harness.run(0x54);
    expect(harness.space.read16(0x6ffe)).toBe(0x7000);
  });

  test('a 16-bit stack wraps and keeps the upper part of ESP', () => {
    const harness = new CoreHarness('protected16', stack);
    harness.set('rsp', 0x0005_0000n);
    harness.set('rax', 0x4242);
    expect(harness.run(0x50)).toBeUndefined();
    expect(harness.get('rsp')).toBe(0x0005_fffen);
    expect(harness.space.read16(0xfffe)).toBe(0x4242);
  });

  test('a fault leaves the stack pointer', () => {
    const harness = new CoreHarness('64-bit', stack);
    harness.page(STACK - 8, true, false);
    expect(harness.run(0x50)).toBe('#PF(3)');
    expect(harness.get('rsp')).toBe(BigInt(STACK));
    harness.set('rsp', 0x8000_0000_0004n);
    expect(harness.run(0x50)).toBe('#SS(0)');
  });

  test('beyond the limit of SS it is #SS(0)', () => {
    const harness = new CoreHarness('protected32', stack);
    harness.segment(SS, 0, 0xfff, DESC_WRITABLE | DESC_DB);
    expect(harness.run(0x50)).toBe('#SS(0)');
  });
});

/** SDM Vol. 2B, "POP—Pop a Value From the Stack". */
describe('POP', () => {
  test('POP rsp: the value, not the increment, stays', () => {
    const harness = new CoreHarness('64-bit', stack);
    harness.write64(STACK, 0x1234_5678_9abcn);
    harness.run(0x5c);
    expect(harness.get('rsp')).toBe(0x1234_5678_9abcn);
  });

  test('POP of a doubleword clears what 64-bit code sees above it', () => {
    const harness = new CoreHarness('protected32', stack);
    harness.set('rcx', -1n);
    harness.write64(STACK, 0x2002n);
    expect(harness.run(0x59)).toBeUndefined();
    expect(harness.get('rcx')).toBe(0x2002n);
    harness.set('rcx', -1n);
    expect(harness.run(0x66, 0x59)).toBeUndefined();
    expect(harness.get('rcx')).toBe(0xffff_ffff_ffff_0000n);
  });

  test('POP [rsp+8] uses rsp after the increment', () => {
    const harness = new CoreHarness('64-bit', stack);
    harness.write64(STACK, 77n);
    expect(harness.run(0x8f, 0x44, 0x24, 0x08)).toBeUndefined();
    expect(harness.read64(STACK + 16)).toBe(77n);
    expect(harness.get('rsp')).toBe(BigInt(STACK + 8));
  });

  test.each<[string, HarnessMode, number[]]>([
    ['qword', '64-bit', [0x8f, 0x03]],
    ['dword', 'protected32', [0x8f, 0x03]],
    ['word', 'protected32', [0x66, 0x8f, 0x03]],
  ])('POP %s to memory that faults leaves the stack pointer', (_size, mode, bytes) => {
    const harness = new CoreHarness(mode, stack);
    harness.page(0x9000, true, false);
    harness.set('rbx', 0x9000);
    expect(harness.run(...bytes)).toMatch(/^#PF/);
    expect(harness.get('rsp')).toBe(BigInt(STACK));
  });

  test('POP across the top of a 16-bit stack', () => {
    const harness = new CoreHarness('real', stack);
    harness.set('rsp', 0xfffe);
    harness.space.write16(0xfffe, 0x1357);
    harness.run(0x58);
    expect([harness.get32('rax'), harness.get32('rsp')]).toEqual([0x1357, 0]);
  });

  test('POP ds loads the segment, and the stack pointer moves by the operand size', () => {
    const harness = new CoreHarness('real', stack);
    harness.space.write16(0x7000, 0x1234);
    expect(harness.run(0x1f)).toBeUndefined();
    expect([harness.core.state.selector(DS), harness.core.state.baseLo(DS), harness.get32('rsp')]).toEqual([
      0x1234, 0x12340, 0x7002,
    ]);
  });
});

describe('PUSHA and POPA', () => {
  test('the order is AX CX DX BX SP BP SI DI, and POPA skips SP', () => {
    const harness = new CoreHarness('protected32', stack);
    const names = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'] as const;
    names.forEach((name, i) => {
      if (name !== 'rsp') harness.set(name, i + 0x100);
    });
    expect(harness.run(0x60)).toBeUndefined();
    const stored = names.map((_, i) => harness.space.read32(STACK - 4 - i * 4));
    expect(stored).toEqual([0x100, 0x101, 0x102, 0x103, STACK, 0x105, 0x106, 0x107]);
    expect(harness.get32('rsp')).toBe(STACK - 32);
    harness.space.write32(STACK - 20, 0xdead);
    harness.space.write32(STACK - 32, 0x777);
    expect(harness.run(0x61)).toBeUndefined();
    expect(names.map((name) => harness.get32(name))).toEqual([
      0x100,
      0x101,
      0x102,
      0x103,
      STACK,
      0x105,
      0x106,
      0x777,
    ]);
  });

  test.each([
    [[0x61], 4],
    [[0x66, 0x61], 2],
  ])('POPA of bytes %j reads from the top of the stack on: the first word decides', (bytes, size) => {
    const harness = new CoreHarness('protected32', stack);
    // An expand-down stack from 0x10000 on: the first word lies below it, all others in a page that is not present.
    harness.segment(SS, 0, 0xffff, DESC_WRITABLE | DESC_DB | DESC_EXPAND_DOWN);
    harness.set('rsp', 0x10000 - size);
    harness.page(0x10000, false, false);
    expect(harness.run(...bytes)).toBe('#SS(0)');
  });

  test('a fault in the middle leaves every register', () => {
    const harness = new CoreHarness('protected32', stack);
    harness.set('rsp', 0x20010);
    harness.page(0x1f000, true, false);
    expect(harness.run(0x60)).toMatch(/^#PF/);
    expect(harness.get32('rsp')).toBe(0x20010);
    harness.set('rsp', 0x1fff0);
    harness.page(0x20000, false, false);
    harness.set('rdi', 5);
    expect(harness.run(0x61)).toMatch(/^#PF/);
    expect([harness.get32('rsp'), harness.get32('rdi')]).toEqual([0x1fff0, 5]);
  });
});

describe('at the end of a 64 KiB stack', () => {
  test.each<[string, number[], number, string | undefined, number]>([
    // name                     code                sp      fault     sp after
    ['PUSH ax, SP = 0',         [0x50],             0x0000, undefined, 0xfffe],
    ['PUSH ax, SP = 1',         [0x50],             0x0001, '#SS(0)',  0x0001],
    ['PUSH eax, SP = 2',        [0x66, 0x50],       0x0002, '#SS(0)',  0x0002],
    ['PUSHA, SP = 6',           [0x60],             0x0006, undefined, 0xfff6],
    ['PUSHA, SP = 7',           [0x60],             0x0007, '#SS(0)',  0x0007],
    ['POPA, SP = FFF8h',        [0x61],             0xfff8, undefined, 0x0008],
    ['POPA, SP = FFF7h',        [0x61],             0xfff7, '#SS(0)',  0xfff7],
    ['ENTER 4, 1, SP = 2',      [0xc8, 4, 0, 1],    0x0002, undefined, 0xfffa],
    ['ENTER 0, 1, SP = 1',      [0xc8, 0, 0, 1],    0x0001, '#SS(0)',  0x0001],
  ])('%s', (_name, code, sp, fault, after) => {
    const harness = new CoreHarness('real', stack);
    harness.set('rsp', sp);
    expect([harness.run(...code), harness.get32('rsp')]).toEqual([fault, after]);
  }); // biome-ignore format: a table.
});

/** SDM Vol. 2A, "ENTER—Make Stack Frame for Procedure Parameters". */
describe('ENTER and LEAVE', () => {
  test('nesting level 0', () => {
    const harness = new CoreHarness('64-bit', stack);
    harness.set('rbp', 0x1111_2222_3333n);
    expect(harness.run(0xc8, 0x20, 0x00, 0x00)).toBeUndefined();
    expect(harness.read64(STACK - 8)).toBe(0x1111_2222_3333n);
    expect([harness.get('rbp'), harness.get('rsp')]).toEqual([BigInt(STACK - 8), BigInt(STACK - 0x28)]);
    expect(harness.run(0xc9)).toBeUndefined();
    expect([harness.get('rbp'), harness.get('rsp')]).toEqual([0x1111_2222_3333n, BigInt(STACK)]);
  });

  test('nesting level 3 copies two frame pointers and adds its own', () => {
    const harness = new CoreHarness('protected32', stack);
    harness.set('rbp', 0x21000);
    harness.space.write32(0x21000 - 4, 0xaaaa);
    harness.space.write32(0x21000 - 8, 0xbbbb);
    expect(harness.run(0xc8, 0x10, 0x00, 0x03)).toBeUndefined();
    const words = [1, 2, 3, 4].map((i) => harness.space.read32(STACK - i * 4));
    expect(words).toEqual([0x21000, 0xaaaa, 0xbbbb, STACK - 4]);
    expect([harness.get32('rbp'), harness.get32('rsp')]).toEqual([STACK - 4, STACK - 16 - 16]);
  });

  test('ENTER faults when its new stack pointer may not be written', () => {
    const harness = new CoreHarness('64-bit', stack);
    harness.set('rbp', 1n);
    harness.page(0x1e000, true, false);
    expect(harness.run(0xc8, 0x00, 0x18, 0x00)).toBe('#PF(3)');
    expect([harness.get('rbp'), harness.get('rsp')]).toEqual([1n, BigInt(STACK)]);
  });

  test('a 32-bit ENTER on a 16-bit stack makes EBP of all of ESP', () => {
    const harness = new CoreHarness('protected16', stack);
    harness.set('rsp', 0x0003_1000n);
    expect(harness.run(0x66, 0xc8, 0x10, 0x00, 0x00)).toBeUndefined();
    expect([harness.get32('rbp'), harness.get32('rsp')]).toEqual([0x0003_0ffc, 0x0003_0fec]);
  });

  test('LEAVE that faults changes nothing', () => {
    const harness = new CoreHarness('64-bit', stack);
    harness.page(0x9000, false, false);
    harness.set('rbp', 0x9000n);
    expect(harness.run(0xc9)).toBe('#PF(0)');
    expect([harness.get('rbp'), harness.get('rsp')]).toEqual([0x9000n, BigInt(STACK)]);
  });

  test('a 16-bit LEAVE on a 32-bit stack takes all of EBP', () => {
    const harness = new CoreHarness('protected32', stack);
    harness.set('rbp', 0x0003_0010n);
    harness.space.write16(0x30010, 0x5566);
    expect(harness.run(0x66, 0xc9)).toBeUndefined();
    expect([harness.get32('rbp'), harness.get32('rsp')]).toEqual([0x0003_5566, 0x30012]);
  });
});
