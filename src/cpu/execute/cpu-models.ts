import { CPUID_FEATURES } from '../../isa/cpuid.ts';

/**
 * The named processor models. Those of real processors have the leaves of caches and TLBs word for word, and the features
 * that the processor and longmode both have; `CPUID_ABSENT` lists what they leave out. Their frequencies are this
 * machine's, and so is the count of processors.
 */

export type Vendor = 'intel' | 'amd';

/** EAX, EBX, ECX and EDX of a leaf, written as unsigned numbers. */
export type LeafWords = readonly [eax: number, ebx: number, ecx: number, edx: number];

export interface ModelRow {
  readonly vendor: Vendor;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  readonly brand: string;
  /** What the model is, for people. */
  readonly about: string;
  /** MAXPHYADDR, up to 44: what page frames have room for here. */
  readonly physicalBits: number;
  /** Highest basic and extended leaves. */
  readonly leaves: readonly [basic: number, extended: number];
  /** Revision of the microcode, the last published: guests refuse features that older ones break. */
  readonly microcode?: number;
  readonly features: readonly string[];
  /** Leaves of caches and TLBs that do not depend on the count of processors: 2, 80000005h, 80000006h, 80000019h ... */
  readonly tables: Readonly<Record<number, LeafWords>>;
  /** Caches by sub-leaf, of leaf 4 (Intel) or leaf 8000001Dh (AMD); the fields of shared processors are filled in. */
  readonly caches: readonly Cache[];
  /** A load of a null selector clears the base of FS and GS, and no CPUID bit tells it. */
  readonly nullClearsBase?: true;
}

export interface Cache {
  readonly level: number;
  readonly type: 'data' | 'instruction' | 'unified';
  readonly ways: number;
  readonly sets: number;
  /** EDX: write-back invalidate, inclusive, complex indexing. */
  readonly flags: number;
  readonly shared: 'core' | 'all';
}

function cache(
  level: number,
  type: Cache['type'],
  ways: number,
  sets: number,
  flags = 0,
  shared: Cache['shared'] = 'core',
): Cache {
  return { level, type, ways, sets, flags, shared };
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** Features of AMD's that mean nothing, or something else, in an Intel processor's CPUID. */
const AMD_ONLY = new Set(
  words(`cr8-legacy sse4a misalignsse topoext monitorx mmxext fxsr-opt clzero xsaveerptr rdpru no-lmsle
    lfence-rdtsc null-sel-clr-base l2-tlb-size-x32`),
);

const BASE_IA32 =
  'fpu vme de pse tsc msr pae mce cx8 sysenter mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 apic';
const LEVEL_1 = `${BASE_IA32} syscall nx lm`;
const LEVEL_2 = `${LEVEL_1} cx16 lahf-lm popcnt sse3 sse4.1 sse4.2 ssse3 rdtscp`;
const LEVEL_3 = `${LEVEL_2} avx avx2 bmi1 bmi2 f16c fma lzcnt movbe xsave xgetbv1 xsaveopt pcid invpcid smep fsgsbase erms`;

const SKYLAKE = `${LEVEL_3} ss monitor pclmulqdq x2apic tsc-deadline aes rdrand tsc-adjust rdseed adx smap clflushopt
  xsavec xsaves 3dnowprefetch pdpe1gb invariant-tsc`;

const ZEN2 = `${LEVEL_2} monitor pclmulqdq fma movbe aes xsave avx f16c rdrand fsgsbase bmi1 avx2 smep bmi2 rdseed adx
  smap clflushopt clwb sha umip rdpid xsaveopt xsavec xgetbv1 xsaves cr8-legacy lzcnt sse4a misalignsse 3dnowprefetch
  topoext monitorx mmxext fxsr-opt pdpe1gb invariant-tsc clzero xsaveerptr rdpru wbnoinvd no-lmsle`;

const ZEN5 = `${ZEN2} x2apic tsc-adjust erms invpcid pku gfni vaes vpclmulqdq movdiri movdir64b fsrm lfence-rdtsc
  null-sel-clr-base l2-tlb-size-x32`;

/** L1 32 KiB 8-way, L2 256 KiB 4-way, L3 8 MiB 16-way: what the models without a silicon of their own say. */
const PLAIN_CACHES: readonly Cache[] = [
  cache(1, 'data', 8, 64),
  cache(1, 'instruction', 8, 64),
  cache(2, 'unified', 4, 1024),
  cache(3, 'unified', 16, 8192, 0, 'all'),
];
/** Descriptor FFh: "use leaf 4 to query cache parameters". L2 256 KiB, 8-way as leaf 80000006h rounds it. */
const PLAIN_INTEL = { 2: [0xff01, 0, 0, 0], [0x80000006]: [0, 0, 0x01006040, 0] } as const;
const PLAIN_AMD = {
  [0x80000005]: [0xff20ff20, 0xff20ff20, 0x20080140, 0x20080140],
  [0x80000006]: [0, 0x42004200, 0x02006140, 0],
} as const;

const PLAIN_AMD_ROW = {
  physicalBits: 40,
  vendor: 'amd',
  leaves: [0xd, 0x80000008],
  tables: PLAIN_AMD,
  caches: [],
} as const;
const PLAIN_INTEL_ROW = {
  physicalBits: 40,
  vendor: 'intel',
  leaves: [0xd, 0x80000008],
  tables: PLAIN_INTEL,
  caches: PLAIN_CACHES,
} as const;

export const MODELS: Readonly<Record<string, ModelRow>> = {
  // The signature says Sapphire Rapids, which has what guests then expect (SYSENTER in IA-32e mode, MISC_ENABLE, MTRRs) and
  // most of the features; guests warn of faults of older cores by their signatures alone (Linux: RETBleed).
  max: {
    ...PLAIN_INTEL_ROW,
    about: 'every feature that fits an Intel processor',
    family: 6,
    model: 0x8f,
    stepping: 8,
    leaves: [0x1f, 0x80000008],
    brand: 'longmode max',
    microcode: 0x2b000590,
    features: CPUID_FEATURES.map((f) => f.name).filter((n) => n !== 'hypervisor' && !AMD_ONLY.has(n)),
  },
  qemu64: {
    ...PLAIN_AMD_ROW,
    about: "QEMU's baseline, an early AMD64",
    family: 15,
    model: 107,
    stepping: 1,
    brand: 'longmode qemu64',
    features: words(`${LEVEL_1} sse3 cx16 lahf-lm`),
  },
  'x86-64-v1': {
    ...PLAIN_AMD_ROW,
    about: 'the level of the System V ABI: SSE2',
    family: 15,
    model: 107,
    stepping: 1,
    brand: 'longmode x86-64-v1',
    features: words(LEVEL_1),
  },
  'x86-64-v2': {
    ...PLAIN_INTEL_ROW,
    about: 'the level of the System V ABI: SSE4.2, POPCNT',
    family: 6,
    model: 0x1a,
    stepping: 5,
    brand: 'longmode x86-64-v2',
    features: words(LEVEL_2),
  },
  'x86-64-v3': {
    ...PLAIN_INTEL_ROW,
    about: 'the level of the System V ABI: AVX2, BMI, FMA',
    family: 6,
    model: 0x3c,
    stepping: 3,
    brand: 'longmode x86-64-v3',
    features: words(LEVEL_3),
  },
  // The client core (Core i5-6600): it has no AVX-512 to lack.
  skylake: {
    vendor: 'intel',
    about: 'Intel Skylake, client',
    family: 6,
    model: 0x5e,
    stepping: 3,
    brand: 'Intel(R) Core(TM) i5-6600 CPU @ longmode',
    physicalBits: 39,
    leaves: [0x16, 0x80000008],
    microcode: 0xf0,
    features: words(SKYLAKE),
    tables: {
      // 63h 03h: DTLB 2M 32 4-way, 1G 4 4-way, 4K 64 4-way; 76h B6h: ITLB 2M 8, 4K 128 8-way; C3h: STLB 1,536, 1G 16.
      2: [0x76036301, 0x00f0b6ff, 0, 0x00c30000],
      [0x80000006]: [0, 0, 0x01006040, 0],
    },
    caches: [
      cache(1, 'data', 8, 64),
      cache(1, 'instruction', 8, 64),
      cache(2, 'unified', 4, 1024),
      cache(3, 'unified', 12, 8192, 6, 'all'),
    ],
  },
  // Matisse (Ryzen 7 3700X).
  zen2: {
    vendor: 'amd',
    about: 'AMD Zen 2, client',
    family: 0x17,
    model: 0x71,
    stepping: 0,
    brand: 'AMD Ryzen 7 3700X 8-Core Processor',
    physicalBits: 44,
    leaves: [0x10, 0x80000020],
    microcode: 0x08701034,
    features: words(ZEN2),
    tables: {
      [0x80000005]: [0xff40ff40, 0xff40ff40, 0x20080140, 0x20080140],
      [0x80000006]: [0x48006400, 0x68006400, 0x02006140, 0x01009140],
      [0x80000019]: [0xf040f040, 0, 0, 0],
      [0x8000001a]: [6, 0, 0, 0],
    },
    caches: [
      cache(1, 'data', 8, 64),
      cache(1, 'instruction', 8, 64),
      cache(2, 'unified', 8, 1024, 2),
      cache(3, 'unified', 16, 16384, 1, 'all'),
    ],
    nullClearsBase: true,
  },
  // Granite Ridge (Ryzen 7 9700X). Its leaves 80000022h to 80000028h are of things that longmode lacks.
  zen5: {
    vendor: 'amd',
    about: 'AMD Zen 5, client',
    family: 0x1a,
    model: 0x44,
    stepping: 0,
    brand: 'AMD Ryzen 7 9700X 8-Core Processor',
    physicalBits: 44,
    leaves: [0x10, 0x80000021],
    microcode: 0x0b404032,
    features: words(ZEN5),
    tables: {
      [0x80000005]: [0xff60ff40, 0xff60ff40, 0x300c0140, 0x20080140],
      // In units of 32 entries, as bit 14 of leaf 80000021h says: 4,096 for data, 2,048 for instructions.
      [0x80000006]: [0x40802040, 0x60804040, 0x04008140, 0x01009140],
      [0x80000019]: [0xf060f040, 0x40200000, 0, 0],
      [0x8000001a]: [0xa, 0, 0, 0],
    },
    caches: [
      cache(1, 'data', 12, 64),
      cache(1, 'instruction', 8, 64),
      cache(2, 'unified', 16, 1024, 2),
      cache(3, 'unified', 16, 32768, 1, 'all'),
    ],
  },
};

export const CPU_MODEL_NAMES: readonly string[] = Object.keys(MODELS);
export const DEFAULT_CPU_MODEL = 'max';

/** Other names of models, without spaces, hyphens and underscores. */
const ALIASES: Readonly<Record<string, string>> = {
  x8664: 'x86-64-v1',
  x8664v1: 'x86-64-v1',
  x8664v2: 'x86-64-v2',
  x8664v3: 'x86-64-v3',
  skylakeclient: 'skylake',
  matisse: 'zen2',
  graniteridge: 'zen5',
};

/** The model that a user's spelling means: `Skylake`, `Zen 2` and `zen-2` as well as `zen2`. */
export function modelNameOf(spelled: string): string | undefined {
  const plain = spelled.toLowerCase().replace(/[\s_-]+/g, '');
  if (plain === '') return undefined;
  if (Object.hasOwn(ALIASES, plain)) return ALIASES[plain];
  return Object.hasOwn(MODELS, plain) ? plain : undefined;
}
