import { describe, expect, test } from 'vitest';
import { CpuModelError, createCpuModel } from '../../../src/cpu/execute/cpu-model.ts';
import { CR4_PKE } from '../../../src/isa/control.ts';
import { CPUID_FEATURES } from '../../../src/isa/cpuid.ts';
import { STATE_CR4 } from '../../../src/state/layout.ts';
import { SystemHarness } from '../../support/system-harness.ts';

describe('models', () => {
  test('features that are not implemented are never advertised', () => {
    for (const name of ['max', 'qemu64', 'x86-64-v1', 'x86-64-v2', 'x86-64-v3']) {
      const model = createCpuModel(name);
      for (const { name: feature, ready } of CPUID_FEATURES)
        if (!ready) expect(model.has(feature)).toBe(false);
    }
  });

  test('max has every one that is, a baseline does not', () => {
    const max = createCpuModel();
    for (const feature of [
      'cmov',
      'cx16',
      'fsgsbase',
      'pcid',
      'smep',
      'smap',
      'umip',
      'pku',
      'la57',
      'pdpe1gb',
      'nx',
      'rdtscp',
    ]) {
      expect([feature, max.has(feature)]).toEqual([feature, true]);
    }
    const v1 = createCpuModel('x86-64-v1');
    expect([v1.has('sse2'), v1.has('cx16'), v1.has('smep'), v1.paging.pages1g]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test('+feature, -feature, aliases', () => {
    const model = createCpuModel('qemu64,+smep,-nx,-sep');
    expect([model.has('smep'), model.has('nx'), model.has('sysenter'), model.paging.nx]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test.each(['', 'pentium', 'max,+warp', 'max,smep', 'max,+avx2', 'toString', 'max,+constructor'])(
    '%j is refused',
    (spec) => {
      expect(() => createCpuModel(spec)).toThrow(CpuModelError);
    },
  );
});

describe('CPUID', () => {
  const cpuid = (m: SystemHarness, leaf: number, subleaf = 0) =>
    m.core.model.cpuid(leaf, subleaf, m.core).map((word) => word >>> 0);

  test('vendor, signature, feature words', () => {
    const m = new SystemHarness('protected');
    expect(cpuid(m, 0)).toEqual([0xd, 0x756e6547, 0x6c65746e, 0x49656e69]);
    expect(cpuid(m, 1)[0]).toBe(0x50654);
    expect(cpuid(m, 1)[3]! & 0x07000001).toBe(0x07000001);
    expect(cpuid(new SystemHarness('protected', 'qemu64'), 1)[0]).toBe(0x60fb1);
  });

  test('OSPKE follows CR4', () => {
    const m = new SystemHarness('protected');
    expect(cpuid(m, 7)[2]! & 0x18).toBe(0x08);
    m.setWord(STATE_CR4, CR4_PKE);
    expect(cpuid(m, 7)[2]! & 0x18).toBe(0x18);
  });

  test('address sizes, brand, leaves beyond the last', () => {
    const m = new SystemHarness('protected');
    expect(cpuid(m, 0x80000008)[0]).toBe(0x3928);
    expect(cpuid(m, 0x80000002)[0]).toBe(0x676e6f6c); // "long"
    expect(cpuid(m, 0x40000000)).toEqual(cpuid(m, 0xd));
    expect(cpuid(new SystemHarness('protected', 'qemu64'), 0x40000000)).toEqual([0, 0, 0, 0]);
  });
});
