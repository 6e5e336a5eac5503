import { describe, expect, test } from 'vitest';
import * as exchange from '../../../src/cpu/execute/exchange.ts';
import { RFLAGS_STATUS } from '../../../src/isa/rflags.ts';
import { CoreHarness } from '../../support/core-harness.ts';

function prepare(): CoreHarness {
  const harness = new CoreHarness('64-bit', exchange);
  harness.write64(0x9000, 0x1111_2222_3333_4444n);
  harness.write64(0x9008, 0x5555_6666_7777_8888n);
  harness.set('rsi', 0x9000);
  return harness;
}

describe('XCHG and XADD with memory', () => {
  test('XCHG swaps', () => {
    const harness = prepare();
    harness.set('rdx', 0xaaaa_bbbb_cccc_ddddn);
    expect(harness.run(0x87, 0x16)).toBeUndefined();
    expect([harness.read64(0x9000), harness.get('rdx')]).toEqual([0x1111_2222_cccc_ddddn, 0x3333_4444n]);
  });

  test('XADD leaves the sum in memory and the old value in the register', () => {
    const harness = prepare();
    harness.set('rdx', 1n);
    expect(harness.run(0xf0, 0x48, 0x0f, 0xc1, 0x16)).toBeUndefined();
    expect([harness.read64(0x9000), harness.get('rdx')]).toEqual([
      0x1111_2222_3333_4445n,
      0x1111_2222_3333_4444n,
    ]);
  });

  test.each([
    ['XCHG', [0x48, 0x87, 0x16]],
    ['XADD', [0x48, 0x0f, 0xc1, 0x16]],
    ['CMPXCHG that differs', [0x48, 0x0f, 0xb1, 0x16]],
    ['CMPXCHG8B', [0x0f, 0xc7, 0x0e]],
    ['CMPXCHG16B', [0x48, 0x0f, 0xc7, 0x0e]],
  ])('%s to a read-only page changes nothing', (_name, bytes) => {
    const harness = prepare();
    harness.page(0x9000, true, false);
    harness.set('rdx', 7n);
    harness.set('rax', 8n);
    const status = harness.status;
    expect(harness.run(...bytes)).toBe('#PF(3)');
    expect([harness.get('rdx'), harness.get('rax'), harness.status]).toEqual([7n, 8n, status]);
  });
});

describe('CMPXCHG with memory', () => {
  test('equal: the source is stored, the accumulator stays', () => {
    const harness = prepare();
    harness.set('rax', 0xffff_ffff_3333_4444n);
    harness.set('rdx', 9n);
    harness.run(0x0f, 0xb1, 0x16);
    expect([harness.read64(0x9000), harness.get('rax'), harness.core.flags.zf()]).toEqual([
      0x1111_2222_0000_0009n,
      0xffff_ffff_3333_4444n,
      1,
    ]);
  });

  test('different: memory is loaded into the accumulator', () => {
    const harness = prepare();
    harness.set('rax', -1n);
    harness.run(0x0f, 0xb1, 0x16);
    expect([harness.read64(0x9000), harness.get('rax'), harness.core.flags.zf()]).toEqual([
      0x1111_2222_3333_4444n,
      0x3333_4444n,
      0,
    ]);
  });
});

describe('CMPXCHG8B and CMPXCHG16B', () => {
  test('CMPXCHG8B that is equal stores ECX:EBX and sets ZF alone', () => {
    const harness = prepare();
    harness.set('rdx', 0xffff_ffff_1111_2222n);
    harness.set('rax', 0xffff_ffff_3333_4444n);
    harness.set('rcx', 5n);
    harness.set('rbx', 6n);
    harness.status = 0;
    expect(harness.run(0x0f, 0xc7, 0x0e)).toBeUndefined();
    expect(harness.read64(0x9000)).toBe(0x0000_0005_0000_0006n);
    expect(harness.get('rdx')).toBe(0xffff_ffff_1111_2222n);
    expect(harness.status).toBe(0x40);
  });

  test('CMPXCHG8B that differs loads EDX:EAX and clears ZF alone', () => {
    const harness = prepare();
    harness.set('rdx', -1n);
    harness.set('rax', -1n);
    harness.status = RFLAGS_STATUS;
    harness.run(0x0f, 0xc7, 0x0e);
    expect([harness.get('rdx'), harness.get('rax')]).toEqual([0x1111_2222n, 0x3333_4444n]);
    expect(harness.status).toBe(RFLAGS_STATUS & ~0x40);
  });

  test('CMPXCHG16B in both outcomes', () => {
    const harness = prepare();
    harness.set('rcx', 5n);
    harness.set('rbx', 6n);
    harness.run(0x48, 0x0f, 0xc7, 0x0e);
    expect([harness.get('rdx'), harness.get('rax'), harness.core.flags.zf()]).toEqual([
      0x5555_6666_7777_8888n,
      0x1111_2222_3333_4444n,
      0,
    ]);
    harness.run(0x48, 0x0f, 0xc7, 0x0e);
    expect([harness.read64(0x9000), harness.read64(0x9008), harness.core.flags.zf()]).toEqual([6n, 5n, 1]);
  });

  test('CMPXCHG16B wants its operand aligned', () => {
    const harness = prepare();
    harness.set('rsi', 0x9008);
    expect(harness.run(0x48, 0x0f, 0xc7, 0x0e)).toBe('#GP(0)');
  });
});
