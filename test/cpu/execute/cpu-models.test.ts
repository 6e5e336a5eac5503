import { describe, expect, test } from 'vitest';
import { createCpuModel } from '../../../src/cpu/execute/cpu-model.ts';
import { CPU_MODEL_NAMES, MODELS, modelNameOf } from '../../../src/cpu/execute/cpu-models.ts';
import { CPUID_ABSENT, CPUID_FEATURE_ALIASES, CPUID_FEATURES } from '../../../src/isa/cpuid.ts';
import { SystemHarness } from '../../support/system-harness.ts';

function cpuid(name: string, leaf: number, subleaf = 0): [number, number, number, number] {
  const { core } = new SystemHarness('long', name);
  const [a, b, c, d] = core.model.cpuid(leaf, subleaf, core);
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

const bits = (word: number, high: number, low: number) => (word >>> low) & (2 ** (high - low + 1) - 1);

describe('names', () => {
  test.each([
    ['Skylake', 'skylake'],
    ['SKYLAKE-client', 'skylake'],
    ['Zen 2', 'zen2'],
    ['zen-5', 'zen5'],
    ['Max', 'max'],
    ['X86_64-v3', 'x86-64-v3'],
    ['x86-64', 'x86-64-v1'],
    ['QEMU64', 'qemu64'],
    ['zen', undefined],
    ['', undefined],
    ['constructor', undefined],
  ])('%j is %s', (spelled, name) => {
    expect(modelNameOf(spelled)).toBe(name);
  });

  test('each model is called by its own name', () => {
    for (const name of CPU_MODEL_NAMES) expect(modelNameOf(name)).toBe(name);
  });

  test('no feature is both there and absent, and aliases lead to features', () => {
    const names = new Set(CPUID_FEATURES.map((f) => f.name));
    expect(CPUID_ABSENT.filter((name) => names.has(name))).toEqual([]);
    expect(
      Object.entries(CPUID_FEATURE_ALIASES).filter(([from, to]) => names.has(from) || !names.has(to)),
    ).toEqual([]);
    for (const row of Object.values(MODELS))
      expect(row.features.filter((name) => !names.has(name))).toEqual([]);
  });
});

test.each([
  // model    vendor          signature   family model  linear
  ['skylake', 'GenuineIntel', 0x000506e3, 0x06, 0x5e, 48],
  ['zen2', 'AuthenticAMD', 0x00870f10, 0x17, 0x71, 48],
  ['zen5', 'AuthenticAMD', 0x00b40f40, 0x1a, 0x44, 48],
])('%s tells who it is', (name, vendor, signature, family, model, linear) => {
  // biome-ignore format: a table.
  const [, b, c, d] = cpuid(name, 0);
  const text = [b, d, c]
    .flatMap((word) => [0, 8, 16, 24].map((at) => String.fromCharCode(bits(word, at + 7, at))))
    .join('');
  expect(text).toBe(vendor);
  const eax = cpuid(name, 1)[0];
  expect(eax).toBe(signature);
  expect(bits(eax, 11, 8) + (bits(eax, 11, 8) === 15 ? bits(eax, 27, 20) : 0)).toBe(family);
  expect((bits(eax, 19, 16) << 4) | bits(eax, 7, 4)).toBe(model);
  expect(bits(cpuid(name, 0x80000008)[0], 15, 8)).toBe(linear);
});

describe('caches', () => {
  const KIB = 1024;
  test.each([
    // model    leaf         sub type level ways bytes
    ['skylake', 0x4, 0, 1, 1, 8, 32 * KIB],
    ['skylake', 0x4, 1, 2, 1, 8, 32 * KIB],
    ['skylake', 0x4, 2, 3, 2, 4, 256 * KIB],
    ['skylake', 0x4, 3, 3, 3, 12, 6144 * KIB],
    ['zen2', 0x8000001d, 0, 1, 1, 8, 32 * KIB],
    ['zen2', 0x8000001d, 1, 2, 1, 8, 32 * KIB],
    ['zen2', 0x8000001d, 2, 3, 2, 8, 512 * KIB],
    ['zen2', 0x8000001d, 3, 3, 3, 16, 16384 * KIB],
    ['zen5', 0x8000001d, 0, 1, 1, 12, 48 * KIB],
    ['zen5', 0x8000001d, 1, 2, 1, 8, 32 * KIB],
    ['zen5', 0x8000001d, 2, 3, 2, 16, 1024 * KIB],
    ['zen5', 0x8000001d, 3, 3, 3, 16, 32768 * KIB],
  ])('%s leaf %i sub-leaf %i', (name, leaf, subleaf, type, level, ways, bytes) => {
    // biome-ignore format: a table.
    const [a, b, c] = cpuid(name, leaf, subleaf);
    expect([bits(a, 4, 0), bits(a, 7, 5), bits(b, 31, 22) + 1]).toEqual([type, level, ways]);
    const line = bits(b, 11, 0) + 1;
    expect([line, ways * (bits(b, 21, 12) + 1) * line * (c + 1)]).toEqual([64, bytes]);
    expect(cpuid(name, leaf, 4)).toEqual([0, 0, 0, 0]);
  });

  test('AMD leaves 80000005h and 80000006h agree with leaf 8000001Dh', () => {
    for (const name of ['zen2', 'zen5']) {
      const size = (subleaf: number) => {
        const [, b, c] = cpuid(name, 0x8000001d, subleaf);
        return ((bits(b, 31, 22) + 1) * 64 * (c + 1)) / KIB;
      };
      const [, , l1d, l1i] = cpuid(name, 0x80000005);
      expect([bits(l1d, 31, 24), bits(l1i, 31, 24)]).toEqual([size(0), size(1)]);
      expect(bits(cpuid(name, 0x80000006)[2], 31, 16)).toBe(size(2));
    }
  });

  test('Intel leaf 80000006h has the L2 of leaf 4', () => {
    expect(bits(cpuid('skylake', 0x80000006)[2], 31, 16)).toBe(256);
  });
});

describe('TLBs', () => {
  test.each([
    // model  L1 I  L1 D  L2 I 4K  L2 D 4K  L2 I 2M  L2 D 2M
    ['zen2', 64, 64, 1024, 2048, 1024, 2048],
    ['zen5', 64, 96, 2048, 4096, 2048, 4096],
  ])('%s', (name, l1i, l1d, l2i4k, l2d4k, l2i2m, l2d2m) => {
    // biome-ignore format: a table.
    const unit = cpuid(name, 0x80000021)[0] & (1 << 14) ? 32 : 1;
    const [large, small] = cpuid(name, 0x80000005);
    for (const word of [large, small]) {
      expect([bits(word, 7, 0), bits(word, 15, 8), bits(word, 23, 16), bits(word, 31, 24)]).toEqual([
        l1i,
        0xff,
        l1d,
        0xff,
      ]);
    }
    const [l2large, l2small] = cpuid(name, 0x80000006);
    expect([bits(l2small, 11, 0) * unit, bits(l2small, 27, 16) * unit]).toEqual([l2i4k, l2d4k]);
    expect([bits(l2large, 11, 0) * unit, bits(l2large, 27, 16) * unit]).toEqual([l2i2m, l2d2m]);
    // 1 GiB pages have the whole of the L1 too.
    const [giga] = cpuid(name, 0x80000019);
    expect([bits(giga, 11, 0), bits(giga, 27, 16)]).toEqual([l1i, l1d]);
  });

  test('skylake, by the descriptors of leaf 2', () => {
    // SDM Vol. 2A, "Encoding of CPUID Leaf 2 Descriptors".
    const TLBS: Readonly<Record<number, string>> = {
      3: 'DTLB 4K 64 4-way',
      99: 'DTLB 2M/4M 32 4-way, 1G 4 4-way',
      118: 'ITLB 2M/4M 8 full',
      182: 'ITLB 4K 128 8-way',
      195: 'STLB 4K/2M 1536, 1G 16',
      240: '64-byte prefetching',
      255: 'caches in leaf 4',
    };
    const bytes = cpuid('skylake', 2).flatMap((word, i) =>
      [0, 8, 16, 24].slice(i === 0 ? 1 : 0).map((at) => bits(word, at + 7, at)),
    );
    expect(
      bytes
        .filter((byte) => byte !== 0)
        .map((byte) => TLBS[byte])
        .sort(),
    ).toEqual(Object.values(TLBS).sort());
  });
});

describe('what the models have and lack', () => {
  test.each([
    [
      'skylake',
      'avx2 fma bmi2 adx aes pclmulqdq rdseed smap clflushopt xsaves pcid invpcid x2apic tsc-deadline',
      'sha clwb umip pku la57 rdpid sse4a',
    ],
    [
      'zen2',
      'avx2 fma sha clwb umip rdpid sse4a clzero rdpru wbnoinvd misalignsse fxsr-opt mmxext',
      'pcid invpcid pku vaes erms x2apic la57 tsc-deadline',
    ],
    [
      'zen5',
      'vaes vpclmulqdq gfni pku invpcid movdiri movdir64b fsrm erms null-sel-clr-base',
      'pcid la57 serialize tsc-deadline',
    ],
  ])('%s', (name, has, lacks) => {
    const model = createCpuModel(name);
    expect(has.split(' ').filter((feature) => !model.has(feature))).toEqual([]);
    expect(lacks.split(' ').filter((feature) => model.has(feature))).toEqual([]);
  });

  test('who clears the base of FS and GS with a null selector', () => {
    const clears = CPU_MODEL_NAMES.filter((name) => createCpuModel(name).nullClearsBase);
    expect(clears.sort()).toEqual(['max', 'skylake', 'x86-64-v2', 'x86-64-v3', 'zen2', 'zen5']);
  });
});
