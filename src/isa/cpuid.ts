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
  /** Features without which it means nothing: they come with it, and it goes with them. */
  readonly needs: readonly string[];
}

const EXT1 = 0x80000001;

function feature(
  name: string,
  leaf: number,
  subleaf: number,
  register: number,
  bit: number,
  needs = '',
): CpuidFeature {
  return { name, leaf, subleaf, register, bit, needs: needs === '' ? [] : needs.split(' ') };
}

/**
 * One row a flag, and every one of them is implemented. `osxsave`, `ospke`, `apic` and Intel's `syscall` depend on
 * processor state too: see `CpuModel.cpuid`.
 */
// biome-ignore format: a table, one row a line.
export const CPUID_FEATURES: readonly CpuidFeature[] = [
  feature('fpu',               0x1, 0, CPUID_EDX,  0),
  feature('vme',               0x1, 0, CPUID_EDX,  1),
  feature('de',                0x1, 0, CPUID_EDX,  2),
  feature('pse',               0x1, 0, CPUID_EDX,  3),
  feature('tsc',               0x1, 0, CPUID_EDX,  4),
  feature('msr',               0x1, 0, CPUID_EDX,  5),
  feature('pae',               0x1, 0, CPUID_EDX,  6),
  feature('mce',               0x1, 0, CPUID_EDX,  7),
  feature('cx8',               0x1, 0, CPUID_EDX,  8),
  feature('apic',              0x1, 0, CPUID_EDX,  9, 'msr'),
  feature('sysenter',          0x1, 0, CPUID_EDX, 11, 'msr'),
  feature('mtrr',              0x1, 0, CPUID_EDX, 12, 'msr'),
  feature('pge',               0x1, 0, CPUID_EDX, 13),
  feature('mca',               0x1, 0, CPUID_EDX, 14, 'mce'),
  feature('cmov',              0x1, 0, CPUID_EDX, 15),
  feature('pat',               0x1, 0, CPUID_EDX, 16),
  feature('pse36',             0x1, 0, CPUID_EDX, 17, 'pse'),
  feature('clflush',           0x1, 0, CPUID_EDX, 19),
  feature('mmx',               0x1, 0, CPUID_EDX, 23, 'fpu'),
  feature('fxsr',              0x1, 0, CPUID_EDX, 24, 'fpu'),
  feature('sse',               0x1, 0, CPUID_EDX, 25, 'fxsr'),
  feature('sse2',              0x1, 0, CPUID_EDX, 26, 'sse'),
  feature('ss',                0x1, 0, CPUID_EDX, 27),
  feature('sse3',              0x1, 0, CPUID_ECX,  0, 'sse2'),
  feature('pclmulqdq',         0x1, 0, CPUID_ECX,  1, 'sse2'),
  feature('monitor',           0x1, 0, CPUID_ECX,  3),
  feature('ssse3',             0x1, 0, CPUID_ECX,  9, 'sse3'),
  feature('fma',               0x1, 0, CPUID_ECX, 12, 'avx'),
  feature('cx16',              0x1, 0, CPUID_ECX, 13, 'lm'),
  feature('pcid',              0x1, 0, CPUID_ECX, 17, 'lm'),
  feature('sse4.1',            0x1, 0, CPUID_ECX, 19, 'ssse3'),
  feature('sse4.2',            0x1, 0, CPUID_ECX, 20, 'sse4.1'),
  feature('x2apic',            0x1, 0, CPUID_ECX, 21, 'apic'),
  feature('movbe',             0x1, 0, CPUID_ECX, 22),
  feature('popcnt',            0x1, 0, CPUID_ECX, 23),
  feature('tsc-deadline',      0x1, 0, CPUID_ECX, 24, 'apic tsc'),
  feature('aes',               0x1, 0, CPUID_ECX, 25, 'sse2'),
  feature('xsave',             0x1, 0, CPUID_ECX, 26, 'fxsr'),
  feature('avx',               0x1, 0, CPUID_ECX, 28, 'xsave sse4.2'),
  feature('f16c',              0x1, 0, CPUID_ECX, 29, 'avx'),
  feature('rdrand',            0x1, 0, CPUID_ECX, 30),
  feature('hypervisor',        0x1, 0, CPUID_ECX, 31),
  feature('fsgsbase',          0x7, 0, CPUID_EBX,  0, 'lm'),
  feature('tsc-adjust',        0x7, 0, CPUID_EBX,  1, 'tsc msr'),
  feature('bmi1',              0x7, 0, CPUID_EBX,  3),
  feature('avx2',              0x7, 0, CPUID_EBX,  5, 'avx'),
  feature('smep',              0x7, 0, CPUID_EBX,  7),
  feature('bmi2',              0x7, 0, CPUID_EBX,  8),
  feature('erms',              0x7, 0, CPUID_EBX,  9),
  feature('invpcid',           0x7, 0, CPUID_EBX, 10),
  feature('rdseed',            0x7, 0, CPUID_EBX, 18),
  feature('adx',               0x7, 0, CPUID_EBX, 19),
  feature('smap',              0x7, 0, CPUID_EBX, 20),
  feature('clflushopt',        0x7, 0, CPUID_EBX, 23),
  feature('clwb',              0x7, 0, CPUID_EBX, 24),
  feature('sha',               0x7, 0, CPUID_EBX, 29, 'sse2'),
  feature('umip',              0x7, 0, CPUID_ECX,  2),
  feature('pku',               0x7, 0, CPUID_ECX,  3, 'lm'),
  feature('gfni',              0x7, 0, CPUID_ECX,  8, 'sse2'),
  feature('vaes',              0x7, 0, CPUID_ECX,  9, 'avx aes'),
  feature('vpclmulqdq',        0x7, 0, CPUID_ECX, 10, 'avx pclmulqdq'),
  feature('la57',              0x7, 0, CPUID_ECX, 16, 'lm'),
  feature('rdpid',             0x7, 0, CPUID_ECX, 22),
  feature('movdiri',           0x7, 0, CPUID_ECX, 27),
  feature('movdir64b',         0x7, 0, CPUID_ECX, 28),
  feature('fsrm',              0x7, 0, CPUID_EDX,  4),
  feature('serialize',         0x7, 0, CPUID_EDX, 14),
  feature('arch-capabilities', 0x7, 0, CPUID_EDX, 29, 'msr'),
  feature('xsaveopt',          0xd, 1, CPUID_EAX,  0, 'xsave'),
  feature('xsavec',            0xd, 1, CPUID_EAX,  1, 'xsave'),
  feature('xgetbv1',           0xd, 1, CPUID_EAX,  2, 'xsave'),
  feature('xsaves',            0xd, 1, CPUID_EAX,  3, 'xsave'),
  feature('lahf-lm',          EXT1, 0, CPUID_ECX,  0, 'lm'),
  feature('cr8-legacy',       EXT1, 0, CPUID_ECX,  4),
  feature('lzcnt',            EXT1, 0, CPUID_ECX,  5),
  feature('sse4a',            EXT1, 0, CPUID_ECX,  6, 'sse3'),
  feature('misalignsse',      EXT1, 0, CPUID_ECX,  7, 'sse'),
  feature('3dnowprefetch',    EXT1, 0, CPUID_ECX,  8),
  feature('topoext',          EXT1, 0, CPUID_ECX, 22),
  feature('monitorx',         EXT1, 0, CPUID_ECX, 29),
  feature('syscall',          EXT1, 0, CPUID_EDX, 11, 'msr'),
  feature('nx',               EXT1, 0, CPUID_EDX, 20, 'pae msr'),
  feature('mmxext',           EXT1, 0, CPUID_EDX, 22, 'sse'),
  feature('fxsr-opt',         EXT1, 0, CPUID_EDX, 25, 'fxsr lm'),
  feature('pdpe1gb',          EXT1, 0, CPUID_EDX, 26, 'lm'),
  feature('rdtscp',           EXT1, 0, CPUID_EDX, 27, 'tsc'),
  feature('lm',               EXT1, 0, CPUID_EDX, 29, 'pae msr'),
  feature('invariant-tsc', 0x80000007, 0, CPUID_EDX, 8, 'tsc'),
  feature('clzero',     0x80000008, 0, CPUID_EBX,  0),
  feature('xsaveerptr', 0x80000008, 0, CPUID_EBX,  2, 'fxsr'),
  feature('rdpru',      0x80000008, 0, CPUID_EBX,  4, 'tsc'),
  feature('wbnoinvd',   0x80000008, 0, CPUID_EBX,  9),
  feature('no-lmsle',   0x80000008, 0, CPUID_EBX, 20),
  feature('lfence-rdtsc',        0x80000021, 0, CPUID_EAX,  2),
  feature('null-sel-clr-base',   0x80000021, 0, CPUID_EAX,  6),
  feature('l2-tlb-size-x32',     0x80000021, 0, CPUID_EAX, 14),
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
  ffxsr: 'fxsr-opt',
  fxsr_opt: 'fxsr-opt',
  cr8_legacy: 'cr8-legacy',
  cr8legacy: 'cr8-legacy',
  sha_ni: 'sha',
  pclmul: 'pclmulqdq',
  pclmuldq: 'pclmulqdq',
  tsc_adjust: 'tsc-adjust',
  'tsc-deadline-timer': 'tsc-deadline',
  arch_capabilities: 'arch-capabilities',
};

/**
 * What processors have and longmode does not: no model advertises it, though Skylake, Zen 2 and Zen 5 have some of it, and
 * its instructions raise #UD. The one list of what the named models leave out.
 */
export const CPUID_ABSENT: readonly string[] = [
  'acpi avx-vnni avx512_bf16 avx512_bitalg avx512_vbmi2 avx512_vnni avx512_vp2intersect avx512_vpopcntdq avx512bw avx512cd',
  'avx512dq avx512f avx512ifma avx512vbmi avx512vl amx-bf16 amx-int8 amx-tile 3dnow 3dnowext aperfmperf bus-lock-detect bpext',
  'cet_ibt cet_ss cldemote cmt dca ds ds_cpl dtes64 ept est extapic flush_l1d hle hwp ibpb ibrs ibs intel-pt irperf keylocker',
  'lbr lwp mbe mcommit mpx mwaitt nodeid_msr osvw pbe pcommit pconfig pdcm perfctr perfmon_v2 pks psn ptwrite rdt rtm sev',
  'sgx skinit smx ssbd stibp svm tbm tce tm tm2 tsxldtrk uintr user_shstk vmx waitpkg wdt xop fma4 xtpr zero_fcs_fds',
].flatMap((line) => line.split(' '));
