import { describe, expect, test } from 'vitest';
import { CpuModelError, createCpuModel } from '../../../src/cpu/execute/cpu-model.ts';
import { CPU_MODEL_NAMES } from '../../../src/cpu/execute/cpu-models.ts';
import { CR4_PKE } from '../../../src/isa/control.ts';
import { CPUID_FEATURES } from '../../../src/isa/cpuid.ts';
import { STATE_CR4, STATE_XCR0 } from '../../../src/state/layout.ts';
import { type StartMode, SystemHarness } from '../../support/system-harness.ts';

describe('models', () => {
  test('a feature takes along what needs it, and brings what it needs', () => {
    const without = createCpuModel('max,-avx');
    for (const feature of ['avx', 'avx2', 'fma', 'f16c', 'vaes', 'vpclmulqdq'])
      expect([feature, without.has(feature)]).toEqual([feature, false]);
    expect([without.has('aes'), without.has('xsave'), without.supportedXcr0() & 4]).toEqual([true, true, 0]);
    const added = createCpuModel('x86-64-v1,+avx2');
    for (const feature of ['avx', 'xsave', 'sse4.2', 'ssse3'])
      expect([feature, added.has(feature)]).toEqual([feature, true]);
    expect(added.has('fma')).toBe(false);
  });

  test('what a model has, its features need nothing beyond', () => {
    const known = new Map(CPUID_FEATURES.map((f) => [f.name, f]));
    for (const name of CPU_MODEL_NAMES) {
      const model = createCpuModel(name);
      for (const feature of model.features())
        for (const needed of known.get(feature)!.needs)
          expect([name, feature, needed, model.has(needed)]).toEqual([name, feature, needed, true]);
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

  test.each(['', 'pentium', 'max,+warp', 'max,smep', 'max,+avx512f', 'toString', 'max,+constructor'])(
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
    expect(cpuid(m, 0)).toEqual([0x1f, 0x756e6547, 0x6c65746e, 0x49656e69]);
    expect(cpuid(m, 1)[0]).toBe(0x806f8);
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
    expect(cpuid(m, 0x40000000)).toEqual(cpuid(m, 0x1f));
    expect(cpuid(new SystemHarness('protected', 'qemu64'), 0x40000000)).toEqual([0, 0, 0, 0]);
  });

  test('SYSCALL is a flag of Intel processors in 64-bit mode only', () => {
    const syscall = (mode: StartMode, model: string) =>
      (cpuid(new SystemHarness(mode, model), 0x80000001)[3]! >>> 11) & 1;
    expect([
      syscall('protected', 'max'),
      syscall('compatibility', 'skylake'),
      syscall('long', 'max'),
    ]).toEqual([0, 0, 1]);
    expect([syscall('protected', 'qemu64'), syscall('long', 'zen2')]).toEqual([1, 1]);
  });

  test('leaves 15h and 16h give the frequencies of the clock and of the APIC timer', () => {
    const m = new SystemHarness('long', 'skylake');
    m.core.identity = { ...m.core.identity, tscHertz: 2.4e9, timerHertz: 24e6 };
    const [denominator, numerator, crystal] = cpuid(m, 0x15) as [number, number, number];
    expect(crystal).toBe(24e6);
    expect((crystal * numerator) / denominator).toBe(2.4e9);
    expect(cpuid(m, 0x16)).toEqual([2400, 2400, 100, 0]);
  });

  test('a package of more processors', () => {
    const m = new SystemHarness('long', 'skylake');
    m.core.identity = { ...m.core.identity, apicId: 2, processors: 3 };
    const [, ebx, , edx] = cpuid(m, 1);
    expect([ebx! >>> 24, (ebx! >>> 16) & 0xff, (edx! >>> 28) & 1]).toEqual([2, 3, 1]);
    // SDM, leaf 0Bh: bits to shift the x2APIC ID by, processors at this level, level and its type, x2APIC ID.
    expect(cpuid(m, 0xb, 0)).toEqual([0, 1, 0x100, 2]);
    expect(cpuid(m, 0xb, 1)).toEqual([2, 3, 0x201, 2]);
    expect(cpuid(m, 0xb, 2)).toEqual([0, 0, 2, 2]);
    // Leaf 4: threads that share the cache - 1 in bits 25:14, cores - 1 in bits 31:26, both rounded up to a power of two.
    expect([
      (cpuid(m, 4, 0)[0]! >>> 14) & 0xfff,
      (cpuid(m, 4, 3)[0]! >>> 14) & 0xfff,
      cpuid(m, 4, 3)[0]! >>> 26,
    ]).toEqual([0, 3, 3]);
    const amd = new SystemHarness('long', 'zen5');
    amd.core.identity = m.core.identity;
    expect(cpuid(amd, 0x80000008)[2]).toBe(0x2002);
    expect(cpuid(amd, 0x8000001e)).toEqual([2, 2, 0, 0]);
    expect([(cpuid(amd, 0x80000001)[2]! >>> 1) & 1, (cpuid(amd, 0x8000001d, 3)[0]! >>> 14) & 0xfff]).toEqual([
      1, 3,
    ]);
  });

  test('the hypervisor leaf is there for who asks for it', () => {
    expect(cpuid(new SystemHarness('long', 'zen2'), 0x40000000)).toEqual([0, 0, 0, 0]);
    const m = new SystemHarness('long', 'zen2,+hypervisor');
    expect((cpuid(m, 1)[2]! >>> 31) & 1).toBe(1);
    expect(cpuid(m, 0x40000000)).toEqual([0x40000000, 0x676e6f6c, 0x65646f6d, 0]); // "longmode"
  });

  test('leaf 0Dh: sizes follow XCR0, and PKRU is component 9 with pku', () => {
    const m = new SystemHarness('long', 'max');
    expect(cpuid(m, 0xd)).toEqual([0x207, 576, 840, 0]);
    m.setWord(STATE_XCR0, 7);
    expect(cpuid(m, 0xd)[1]).toBe(832);
    m.setWord(STATE_XCR0, 0x203);
    // Standard format: PKRU stays behind the room of AVX; compacted: it does not.
    expect([cpuid(m, 0xd)[1], cpuid(m, 0xd, 1)[1]]).toEqual([840, 584]);
    expect(cpuid(m, 0xd, 9)).toEqual([8, 832, 0, 0]);
    const n = new SystemHarness('long', 'max,-pku');
    expect([cpuid(n, 0xd), cpuid(n, 0xd, 9)]).toEqual([
      [7, 576, 832, 0],
      [0, 0, 0, 0],
    ]);
  });
});
