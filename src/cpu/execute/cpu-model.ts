import { CR4_OSXSAVE, CR4_PKE } from '../../isa/control.ts';
import {
  CPUID_EBX,
  CPUID_ECX,
  CPUID_EDX,
  CPUID_FEATURE_ALIASES,
  CPUID_FEATURES,
  type CpuidFeature,
} from '../../isa/cpuid.ts';
import type { PagingProfile } from '../../mmu/profile.ts';
import { STATE_APIC_BASE, STATE_CR4, STATE_XCR0 } from '../../state/layout.ts';

/** What CPUID needs of the processor: bits of its answers follow control registers. */
export interface CpuidContext {
  readonly words: Int32Array;
}

export type Vendor = 'intel' | 'amd';
export type CpuidResult = [eax: number, ebx: number, ecx: number, edx: number];

/** A processor model or a feature that does not exist, or that the emulator does not have yet. */
export class CpuModelError extends Error {
  override readonly name = 'CpuModelError';
}

interface ModelRow {
  readonly vendor: Vendor;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  readonly brand: string;
  readonly physicalBits: number;
  readonly features: readonly string[];
}

const BASE_IA32 =
  'fpu vme de pse tsc msr pae mce cx8 sysenter mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 apic';
const LEVEL_1 = `${BASE_IA32} syscall nx lm`;
const LEVEL_2 = `${LEVEL_1} cx16 lahf-lm popcnt sse3 sse4.1 sse4.2 ssse3 rdtscp`;
const LEVEL_3 = `${LEVEL_2} avx avx2 bmi1 bmi2 f16c fma lzcnt movbe xsave xgetbv1 xsaveopt pcid invpcid smep fsgsbase erms`;

// biome-ignore format: one model a row.
const MODELS: Readonly<Record<string, ModelRow>> = {
  // The signature says Skylake-SP, so that guests expect what it has: SYSENTER in IA-32e mode, MISC_ENABLE, PAT, MTRRs.
  'max':       { vendor: 'intel', family: 6,  model: 0x55, stepping: 4, physicalBits: 40, brand: 'longmode max',       features: CPUID_FEATURES.map((f) => f.name).filter((n) => n !== 'hypervisor') },
  'qemu64':    { vendor: 'amd',   family: 15, model: 107,  stepping: 1, physicalBits: 40, brand: 'longmode qemu64',    features: words(`${LEVEL_1} sse3 cx16 lahf-lm`) },
  'x86-64-v1': { vendor: 'amd',   family: 15, model: 107,  stepping: 1, physicalBits: 40, brand: 'longmode x86-64-v1', features: words(LEVEL_1) },
  'x86-64-v2': { vendor: 'intel', family: 6,  model: 0x1a, stepping: 5, physicalBits: 40, brand: 'longmode x86-64-v2', features: words(LEVEL_2) },
  'x86-64-v3': { vendor: 'intel', family: 6,  model: 0x3c, stepping: 3, physicalBits: 40, brand: 'longmode x86-64-v3', features: words(LEVEL_3) },
};

const FEATURES_BY_NAME = new Map<string, CpuidFeature>(CPUID_FEATURES.map((f) => [f.name, f]));
const APIC_BASE_ENABLE = 1 << 11;

/** Highest basic and extended leaves. */
const MAX_LEAF = 0xd;
const MAX_EXTENDED_LEAF = 0x80000008;

/** IA32_ARCH_CAPABILITIES: nothing here speculates, so every "not affected" bit is the plain truth. */
export const ARCH_CAPABILITIES =
  (1 << 0) |
  (1 << 3) |
  (1 << 4) |
  (1 << 5) |
  (1 << 6) |
  (1 << 8) |
  (1 << 13) |
  (1 << 14) |
  (1 << 15) |
  (1 << 26);

/** What a processor is: the answers of CPUID, and which features exist. What it lacks raises #UD or is reserved. */
export class CpuModel {
  readonly name: string;
  readonly vendor: Vendor;
  readonly physicalBits: number;
  readonly paging: PagingProfile;
  readonly #row: ModelRow;
  readonly #features: ReadonlySet<string>;
  /** CPUID words made of feature bits: key leaf.subleaf.register. */
  readonly #words = new Map<string, number>();

  constructor(name: string, row: ModelRow, features: ReadonlySet<string>) {
    this.name = name;
    this.vendor = row.vendor;
    this.physicalBits = row.physicalBits;
    this.#row = row;
    this.#features = features;
    for (const f of CPUID_FEATURES) {
      if (!features.has(f.name)) continue;
      const key = wordKey(f.leaf, f.subleaf, f.register);
      this.#words.set(key, (this.#words.get(key) ?? 0) | (1 << f.bit));
    }
    this.paging = {
      physicalBits: row.physicalBits,
      pse: this.has('pse'),
      pse36: this.has('pse36'),
      pae: this.has('pae'),
      nx: this.has('nx'),
      pages1g: this.has('pdpe1gb'),
      pge: this.has('pge'),
      pcid: this.has('pcid'),
      smep: this.has('smep'),
      smap: this.has('smap'),
      pku: this.has('pku'),
      la57: this.has('la57'),
    };
  }

  has(feature: string): boolean {
    return this.#features.has(feature);
  }

  /** Features that the model has, in the order of the table. */
  features(): string[] {
    return CPUID_FEATURES.filter((f) => this.#features.has(f.name)).map((f) => f.name);
  }

  /** CPUID (SDM Vol. 2A, "CPUID—CPU Identification"). Words are signed. */
  cpuid(leaf: number, subleaf: number, core: CpuidContext): CpuidResult {
    leaf >>>= 0;
    subleaf >>>= 0;
    if (leaf >= 0x80000000 && leaf <= MAX_EXTENDED_LEAF) return this.#extended(leaf);
    if (leaf > MAX_LEAF) {
      // Intel answers a leaf that is too high with the highest basic one, AMD with zeros.
      if (this.vendor === 'amd') return [0, 0, 0, 0];
      leaf = MAX_LEAF;
    }
    return this.#basic(leaf, subleaf, core);
  }

  #basic(leaf: number, subleaf: number, core: CpuidContext): CpuidResult {
    switch (leaf) {
      case 0x0: {
        const [b, d, c] = vendorWords(this.vendor);
        return [MAX_LEAF, b, c, d];
      }
      case 0x1: {
        const cr4 = core.words[STATE_CR4 >> 2]!;
        let edx = this.#word(1, 0, CPUID_EDX);
        if ((core.words[STATE_APIC_BASE >> 2]! & APIC_BASE_ENABLE) === 0) edx &= ~(1 << 9);
        const osxsave = cr4 & CR4_OSXSAVE ? 1 << 27 : 0;
        // CLFLUSH line of 8 quadwords, one logical processor, initial APIC ID 0.
        return [this.#signature(), 0x0001_0800, this.#word(1, 0, CPUID_ECX) | osxsave, edx];
      }
      case 0x2:
        // Descriptor FFh: "use leaf 4 to query cache parameters".
        return this.vendor === 'intel' ? [0x0000_ff01, 0, 0, 0] : [0, 0, 0, 0];
      case 0x4:
        return this.vendor === 'intel' ? cacheParameters(subleaf) : [0, 0, 0, 0];
      case 0x5:
        return this.has('monitor') ? [64, 64, 0, 0] : [0, 0, 0, 0];
      case 0x7: {
        if (subleaf !== 0) return [0, 0, 0, 0];
        const ospke = core.words[STATE_CR4 >> 2]! & CR4_PKE ? 1 << 4 : 0;
        return [
          0,
          this.#word(7, 0, CPUID_EBX),
          this.#word(7, 0, CPUID_ECX) | ospke,
          this.#word(7, 0, CPUID_EDX),
        ];
      }
      case 0xd:
        return this.#extendedState(subleaf, core);
      default:
        return [0, 0, 0, 0];
    }
  }

  #extended(leaf: number): CpuidResult {
    switch (leaf) {
      case 0x80000000: {
        const [b, d, c] = vendorWords(this.vendor);
        return this.vendor === 'amd' ? [MAX_EXTENDED_LEAF | 0, b, c, d] : [MAX_EXTENDED_LEAF | 0, 0, 0, 0];
      }
      case 0x80000001: {
        let edx = this.#word(leaf, 0, CPUID_EDX);
        // AMD repeats here the flags of leaf 1 that its first processors had.
        if (this.vendor === 'amd') edx |= this.#word(1, 0, CPUID_EDX) & 0x0183_f3ff;
        return [this.vendor === 'amd' ? this.#signature() : 0, 0, this.#word(leaf, 0, CPUID_ECX), edx];
      }
      case 0x80000002:
      case 0x80000003:
      case 0x80000004:
        return textWords(this.#row.brand.padEnd(48, '\0'), (leaf - 0x80000002) * 16);
      case 0x80000005:
        // TLBs and 32 KiB, 8-way L1 caches with 64-byte lines.
        return this.vendor === 'amd'
          ? [0xff20_ff20 | 0, 0xff20_ff20 | 0, 0x2008_0140, 0x2008_0140]
          : [0, 0, 0, 0];
      case 0x80000006:
        // L2: 512 KiB, 8-way, 64-byte lines.
        return [0, this.vendor === 'amd' ? 0x4200_4200 : 0, 0x0200_6140, 0];
      case 0x80000007:
        return [0, 0, 0, this.#word(leaf, 0, CPUID_EDX)];
      case 0x80000008:
        return [this.physicalBits | ((this.has('la57') ? 57 : 48) << 8), 0, 0, 0];
      default:
        return [0, 0, 0, 0];
    }
  }

  /** Leaf 0Dh: sizes of the XSAVE area. Components x87, SSE, AVX. */
  #extendedState(subleaf: number, core: CpuidContext): CpuidResult {
    if (!this.has('xsave')) return [0, 0, 0, 0];
    const avx = this.has('avx');
    switch (subleaf) {
      case 0: {
        const enabled = core.words[STATE_XCR0 >> 2]! & 4 ? 832 : 576;
        return [this.supportedXcr0(), enabled, avx ? 832 : 576, 0];
      }
      case 1:
        return [this.#word(0xd, 1, 0), core.words[STATE_XCR0 >> 2]! & 4 ? 832 : 576, 0, 0];
      case 2:
        return avx ? [256, 576, 0, 0] : [0, 0, 0, 0];
      default:
        return [0, 0, 0, 0];
    }
  }

  /** The bits that XSETBV accepts. */
  supportedXcr0(): number {
    return this.has('avx') ? 7 : 3;
  }

  #word(leaf: number, subleaf: number, register: number): number {
    return this.#words.get(wordKey(leaf, subleaf, register)) ?? 0;
  }

  #signature(): number {
    const { family, model, stepping } = this.#row;
    const baseFamily = Math.min(family, 15);
    const extendedFamily = family - baseFamily;
    return (extendedFamily << 20) | ((model >> 4) << 16) | (baseFamily << 8) | ((model & 15) << 4) | stepping;
  }
}

export const CPU_MODEL_NAMES: readonly string[] = Object.keys(MODELS);
export const DEFAULT_CPU_MODEL = 'max';

/** Makes a model from `NAME[,+FEATURE][,-FEATURE]...`; throws `CpuModelError`. */
export function createCpuModel(spec: string = DEFAULT_CPU_MODEL): CpuModel {
  const [name = '', ...changes] = spec.split(',');
  const row = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (!row)
    throw new CpuModelError(
      `unknown processor model '${name}', expected one of ${CPU_MODEL_NAMES.join(', ')}`,
    );
  const features = new Set(row.features.filter((f) => FEATURES_BY_NAME.get(f)?.ready));
  for (const change of changes) {
    const sign = change[0];
    const spelled = change.slice(1);
    const known = FEATURES_BY_NAME.get(
      Object.hasOwn(CPUID_FEATURE_ALIASES, spelled) ? CPUID_FEATURE_ALIASES[spelled]! : spelled,
    );
    if ((sign !== '+' && sign !== '-') || !known) {
      throw new CpuModelError(`unknown processor feature '${change}', expected +FEATURE or -FEATURE`);
    }
    if (sign === '-') features.delete(known.name);
    else if (known.ready) features.add(known.name);
    else throw new CpuModelError(`processor feature '${known.name}' is not implemented yet`);
  }
  return new CpuModel(spec, row, features);
}

function words(text: string): string[] {
  return text.split(' ');
}

function wordKey(leaf: number, subleaf: number, register: number): string {
  return `${leaf}.${subleaf}.${register}`;
}

/** EBX, EDX, ECX in the order in which they spell the vendor. */
function vendorWords(vendor: Vendor): [number, number, number] {
  const [a, b, c] = textWords(vendor === 'intel' ? 'GenuineIntel' : 'AuthenticAMD', 0);
  return [a, b, c];
}

function textWords(text: string, from: number): CpuidResult {
  const word = (at: number) =>
    [0, 1, 2, 3].reduce((value, i) => value | ((text.charCodeAt(from + at + i) || 0) << (i * 8)), 0);
  return [word(0), word(4), word(8), word(12)];
}

/** Leaf 4 (SDM Vol. 2A, "INPUT EAX = 04H"): L1D 32 KiB 8-way, L1I 32 KiB 8-way, L2 256 KiB 4-way, L3 8 MiB 16-way. */
function cacheParameters(subleaf: number): CpuidResult {
  const level = (type: number, number: number, ways: number, sets: number): CpuidResult => [
    type | (number << 5) | (1 << 8),
    ((ways - 1) << 22) | 63,
    sets - 1,
    0,
  ];
  switch (subleaf) {
    case 0:
      return level(1, 1, 8, 64);
    case 1:
      return level(2, 1, 8, 64);
    case 2:
      return level(3, 2, 4, 1024);
    case 3:
      return level(3, 3, 16, 8192);
    default:
      return [0, 0, 0, 0];
  }
}
