/** Feature flags of CPUID (SDM Vol. 2A, "CPUID—CPU Identification"; APM Vol. 3, "Obtaining Processor Information"). */

/** Registers of a CPUID answer, by place. */
export const CPUID_EAX = 0;
export const CPUID_EBX = 1;
export const CPUID_ECX = 2;
export const CPUID_EDX = 3;

export interface CpuidFeature {
  readonly name: string;
  readonly leaf: number;
  readonly subleaf: number;
  readonly register: number;
  readonly bit: number;
  /** False while the emulator lacks it: no model then advertises it, whatever it should have. */
  readonly ready: boolean;
}

const EXT1 = 0x80000001;
const READY = true;
const LATER = false;

function feature(
  name: string,
  leaf: number,
  subleaf: number,
  register: number,
  bit: number,
  ready: boolean,
): CpuidFeature {
  return { name, leaf, subleaf, register, bit, ready };
}

/** One row a flag. `osxsave`, `ospke` and `apic` depend on processor state too: see `CpuModel.cpuid`. */
// biome-ignore format: a table, one row a line.
export const CPUID_FEATURES: readonly CpuidFeature[] = [
  feature('fpu',               0x1, 0, CPUID_EDX,  0, READY), // The control instructions; arithmetic fails loudly.
  feature('vme',               0x1, 0, CPUID_EDX,  1, READY),
  feature('de',                0x1, 0, CPUID_EDX,  2, READY),
  feature('pse',               0x1, 0, CPUID_EDX,  3, READY),
  feature('tsc',               0x1, 0, CPUID_EDX,  4, READY),
  feature('msr',               0x1, 0, CPUID_EDX,  5, READY),
  feature('pae',               0x1, 0, CPUID_EDX,  6, READY),
  feature('mce',               0x1, 0, CPUID_EDX,  7, READY),
  feature('cx8',               0x1, 0, CPUID_EDX,  8, READY),
  feature('apic',              0x1, 0, CPUID_EDX,  9, READY),
  feature('sysenter',          0x1, 0, CPUID_EDX, 11, READY),
  feature('mtrr',              0x1, 0, CPUID_EDX, 12, READY),
  feature('pge',               0x1, 0, CPUID_EDX, 13, READY),
  feature('mca',               0x1, 0, CPUID_EDX, 14, READY),
  feature('cmov',              0x1, 0, CPUID_EDX, 15, READY),
  feature('pat',               0x1, 0, CPUID_EDX, 16, READY),
  feature('pse36',             0x1, 0, CPUID_EDX, 17, READY),
  feature('clflush',           0x1, 0, CPUID_EDX, 19, READY),
  feature('mmx',               0x1, 0, CPUID_EDX, 23, READY),
  feature('fxsr',              0x1, 0, CPUID_EDX, 24, READY),
  feature('sse',               0x1, 0, CPUID_EDX, 25, READY),
  feature('sse2',              0x1, 0, CPUID_EDX, 26, READY),
  feature('ss',                0x1, 0, CPUID_EDX, 27, READY),
  feature('sse3',              0x1, 0, CPUID_ECX,  0, READY),
  feature('pclmulqdq',         0x1, 0, CPUID_ECX,  1, LATER),
  feature('monitor',           0x1, 0, CPUID_ECX,  3, READY),
  feature('ssse3',             0x1, 0, CPUID_ECX,  9, LATER),
  feature('fma',               0x1, 0, CPUID_ECX, 12, READY),
  feature('cx16',              0x1, 0, CPUID_ECX, 13, READY),
  feature('pcid',              0x1, 0, CPUID_ECX, 17, READY),
  feature('sse4.1',            0x1, 0, CPUID_ECX, 19, READY),
  feature('sse4.2',            0x1, 0, CPUID_ECX, 20, LATER),
  feature('x2apic',            0x1, 0, CPUID_ECX, 21, READY),
  feature('movbe',             0x1, 0, CPUID_ECX, 22, READY),
  feature('popcnt',            0x1, 0, CPUID_ECX, 23, READY),
  feature('tsc-deadline',      0x1, 0, CPUID_ECX, 24, READY),
  feature('aes',               0x1, 0, CPUID_ECX, 25, LATER),
  feature('xsave',             0x1, 0, CPUID_ECX, 26, READY),
  feature('avx',               0x1, 0, CPUID_ECX, 28, READY),
  feature('f16c',              0x1, 0, CPUID_ECX, 29, READY),
  feature('rdrand',            0x1, 0, CPUID_ECX, 30, READY),
  feature('hypervisor',        0x1, 0, CPUID_ECX, 31, READY),
  feature('fsgsbase',          0x7, 0, CPUID_EBX,  0, READY),
  feature('tsc-adjust',        0x7, 0, CPUID_EBX,  1, READY),
  feature('bmi1',              0x7, 0, CPUID_EBX,  3, READY),
  feature('avx2',              0x7, 0, CPUID_EBX,  5, LATER),
  feature('smep',              0x7, 0, CPUID_EBX,  7, READY),
  feature('bmi2',              0x7, 0, CPUID_EBX,  8, READY),
  feature('erms',              0x7, 0, CPUID_EBX,  9, READY),
  feature('invpcid',           0x7, 0, CPUID_EBX, 10, READY),
  feature('rdseed',            0x7, 0, CPUID_EBX, 18, READY),
  feature('adx',               0x7, 0, CPUID_EBX, 19, READY),
  feature('smap',              0x7, 0, CPUID_EBX, 20, READY),
  feature('clflushopt',        0x7, 0, CPUID_EBX, 23, READY),
  feature('clwb',              0x7, 0, CPUID_EBX, 24, READY),
  feature('sha',               0x7, 0, CPUID_EBX, 29, LATER),
  feature('umip',              0x7, 0, CPUID_ECX,  2, READY),
  feature('pku',               0x7, 0, CPUID_ECX,  3, READY),
  feature('vaes',              0x7, 0, CPUID_ECX,  9, LATER),
  feature('vpclmulqdq',        0x7, 0, CPUID_ECX, 10, LATER),
  feature('la57',              0x7, 0, CPUID_ECX, 16, READY),
  feature('rdpid',             0x7, 0, CPUID_ECX, 22, READY),
  feature('fsrm',              0x7, 0, CPUID_EDX,  4, READY),
  feature('serialize',         0x7, 0, CPUID_EDX, 14, READY),
  feature('arch-capabilities', 0x7, 0, CPUID_EDX, 29, READY),
  feature('xsaveopt',          0xd, 1, CPUID_EAX,  0, READY),
  feature('xsavec',            0xd, 1, CPUID_EAX,  1, READY),
  feature('xgetbv1',           0xd, 1, CPUID_EAX,  2, READY),
  feature('xsaves',            0xd, 1, CPUID_EAX,  3, READY),
  feature('lahf-lm',          EXT1, 0, CPUID_ECX,  0, READY),
  feature('cr8-legacy',       EXT1, 0, CPUID_ECX,  4, LATER),
  feature('lzcnt',            EXT1, 0, CPUID_ECX,  5, READY),
  feature('3dnowprefetch',    EXT1, 0, CPUID_ECX,  8, READY),
  feature('syscall',          EXT1, 0, CPUID_EDX, 11, READY),
  feature('nx',               EXT1, 0, CPUID_EDX, 20, READY),
  feature('pdpe1gb',          EXT1, 0, CPUID_EDX, 26, READY),
  feature('rdtscp',           EXT1, 0, CPUID_EDX, 27, READY),
  feature('lm',               EXT1, 0, CPUID_EDX, 29, READY),
  feature('invariant-tsc', 0x80000007, 0, CPUID_EDX, 8, READY),
];

/** Other spellings, as other emulators' users know them. */
export const CPUID_FEATURE_ALIASES: Readonly<Record<string, string>> = {
  abm: 'lzcnt',
  sep: 'sysenter',
  pni: 'sse3',
  cmpxchg16b: 'cx16',
  sse4_1: 'sse4.1',
  sse4_2: 'sse4.2',
  invtsc: 'invariant-tsc',
  lahf_lm: 'lahf-lm',
  page1gb: 'pdpe1gb',
};
