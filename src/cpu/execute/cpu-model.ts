import { CR4_OSXSAVE, CR4_PKE } from '../../isa/control.ts';
import {
  CPUID_ABSENT,
  CPUID_EAX,
  CPUID_EBX,
  CPUID_ECX,
  CPUID_EDX,
  CPUID_FEATURE_ALIASES,
  CPUID_FEATURES,
  type CpuidFeature,
} from '../../isa/cpuid.ts';
import type { PagingProfile } from '../../mmu/profile.ts';
import { STATE_APIC_BASE, STATE_CR4, STATE_XCR0 } from '../../state/layout.ts';
import {
  CPU_MODEL_NAMES,
  DEFAULT_CPU_MODEL,
  type LeafWords,
  MODELS,
  type ModelRow,
  modelNameOf,
  type Vendor,
} from './cpu-models.ts';
import { XCR0_PKRU, xsaveBytes } from './xsave-area.ts';

/** Which processor this is and how fast it runs: the machine's to know, not the model's. */
export interface ProcessorIdentity {
  readonly apicId: number;
  /** Processors in the package, all of them cores of one thread. */
  readonly processors: number;
  readonly tscHertz: number;
  /** Of the local APIC's timer before its divider, which is the core crystal clock of leaf 15h. */
  readonly timerHertz: number;
}

/** What CPUID needs of the processor: bits of its answers follow control registers and the mode. */
export interface CpuidContext {
  readonly words: Int32Array;
  readonly state: { is64Bit(): boolean };
  readonly identity: ProcessorIdentity;
}

export type CpuidResult = [eax: number, ebx: number, ecx: number, edx: number];

/** A processor model or a feature that does not exist, or that the emulator does not have. */
export class CpuModelError extends Error {
  override readonly name = 'CpuModelError';
}

const FEATURES_BY_NAME = new Map<string, CpuidFeature>(CPUID_FEATURES.map((f) => [f.name, f]));
const APIC_BASE_ENABLE = 1 << 11;
const FEATURE_HTT = 1 << 28;
const FEATURE_CMP_LEGACY = 1 << 1;
const FEATURE_SYSCALL = 1 << 11;
/** The flags of leaf 1 EDX that AMD repeats in leaf 80000001h. */
const AMD_REPEATED = 0x0183_f3ff;
const HYPERVISOR_LEAF = 0x40000000;

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
  /** The twelve characters of CPUID leaf 0. */
  get vendorName(): string {
    return VENDOR_NAMES[this.vendor];
  }
  readonly physicalBits: number;
  readonly paging: PagingProfile;
  /** A load of a null selector clears the base of FS and GS (Intel, and AMD since Zen 2). */
  readonly nullClearsBase: boolean;
  readonly microcode: number;
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
    this.nullClearsBase =
      row.vendor === 'intel' || row.nullClearsBase === true || this.has('null-sel-clr-base');
    this.microcode = row.microcode ?? 0;
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

  /** CPUID (SDM Vol. 2A, "CPUID—CPU Identification"; APM Vol. 3, "CPUID"). Words are signed. */
  cpuid(leaf: number, subleaf: number, core: CpuidContext): CpuidResult {
    leaf >>>= 0;
    subleaf >>>= 0;
    const [basic, extended] = this.#row.leaves;
    if (leaf >= 0x80000000 && leaf <= extended) return this.#extended(leaf, subleaf, core);
    if (leaf === HYPERVISOR_LEAF && this.has('hypervisor')) {
      const [b, c, d] = textWords('longmode', 0);
      return [HYPERVISOR_LEAF, b, c, d];
    }
    if (leaf > basic) {
      // Intel answers a leaf that is too high with the highest basic one, AMD with zeros.
      if (this.vendor === 'amd') return [0, 0, 0, 0];
      leaf = basic;
    }
    return this.#basic(leaf, subleaf, core);
  }

  #basic(leaf: number, subleaf: number, core: CpuidContext): CpuidResult {
    switch (leaf) {
      case 0x0: {
        const [b, d, c] = vendorWords(this.vendor);
        return [this.#row.leaves[0], b, c, d];
      }
      case 0x1:
        return this.#version(core);
      case 0x4:
        return this.vendor === 'intel' ? this.#cache(subleaf, core.identity) : [0, 0, 0, 0];
      case 0x5:
        return this.has('monitor') ? [64, 64, 0, 0] : [0, 0, 0, 0];
      case 0x6:
        // ARAT: the APIC timer runs whatever the processor does.
        return [this.has('apic') ? 1 << 2 : 0, 0, 0, 0];
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
      case 0xb:
      case 0x1f:
        return this.has('apic') ? topology(subleaf, core.identity) : [0, 0, 0, 0];
      case 0xd:
        return this.#extendedState(subleaf, core);
      case 0x15:
        return this.vendor === 'intel' ? crystalClock(core.identity) : [0, 0, 0, 0];
      case 0x16: {
        // Base and maximum frequency are the TSC's; the bus has the usual 100 MHz.
        const megahertz = Math.round(core.identity.tscHertz / 1e6);
        return this.vendor === 'intel' ? [megahertz, megahertz, 100, 0] : [0, 0, 0, 0];
      }
      default:
        return this.#table(leaf);
    }
  }

  /** Leaf 1: signature, APIC ID, count of processors, CLFLUSH line of 8 quadwords, features. */
  #version(core: CpuidContext): CpuidResult {
    const { apicId, processors } = core.identity;
    const cr4 = core.words[STATE_CR4 >> 2]!;
    let edx = this.#word(1, 0, CPUID_EDX);
    if ((core.words[STATE_APIC_BASE >> 2]! & APIC_BASE_ENABLE) === 0) edx &= ~(1 << 9);
    if (processors > 1) edx |= FEATURE_HTT;
    const osxsave = cr4 & CR4_OSXSAVE ? 1 << 27 : 0;
    const ebx = (apicId << 24) | (Math.min(processors, 255) << 16) | 0x0800;
    return [this.#signature(), ebx, this.#word(1, 0, CPUID_ECX) | osxsave, edx];
  }

  #extended(leaf: number, subleaf: number, core: CpuidContext): CpuidResult {
    const { vendor } = this;
    const { apicId, processors } = core.identity;
    switch (leaf) {
      case 0x80000000: {
        const [b, d, c] = vendorWords(vendor);
        const highest = this.#row.leaves[1] | 0;
        return vendor === 'amd' ? [highest, b, c, d] : [highest, 0, 0, 0];
      }
      case 0x80000001: {
        let ecx = this.#word(leaf, 0, CPUID_ECX);
        let edx = this.#word(leaf, 0, CPUID_EDX);
        if (vendor === 'intel') {
          // "Intel processors support SYSCALL and SYSRET only in 64-bit mode": elsewhere the flag reads as 0.
          if (!core.state.is64Bit()) edx &= ~FEATURE_SYSCALL;
          return [0, 0, ecx, edx];
        }
        edx |= this.#word(1, 0, CPUID_EDX) & AMD_REPEATED;
        if (processors > 1) ecx |= FEATURE_CMP_LEGACY;
        return [this.#signature(), 0, ecx, edx];
      }
      case 0x80000002:
      case 0x80000003:
      case 0x80000004:
        return textWords(this.#row.brand.padEnd(48, '\0'), (leaf - 0x80000002) * 16);
      case 0x80000007:
        return [0, 0, 0, this.#word(leaf, 0, CPUID_EDX)];
      case 0x80000008: {
        const eax = this.physicalBits | ((this.has('la57') ? 57 : 48) << 8);
        if (vendor === 'intel') return [eax, 0, 0, 0];
        const ecx = processors - 1 + (apicIdBits(processors) << 12);
        // EDX: the highest ECX of RDPRU.
        return [eax, this.#word(leaf, 0, CPUID_EBX), ecx, this.has('rdpru') ? 1 << 16 : 0];
      }
      case 0x8000001d:
        return this.has('topoext') ? this.#cache(subleaf, core.identity) : [0, 0, 0, 0];
      case 0x8000001e:
        // Every processor is a core of one thread; one node.
        return this.has('topoext') ? [apicId, apicId & 0xff, 0, 0] : [0, 0, 0, 0];
      case 0x80000021:
        return [this.#word(leaf, 0, CPUID_EAX), 0, 0, 0];
      default:
        return this.#table(leaf);
    }
  }

  /** A leaf that the model has as it is in silicon. */
  #table(leaf: number): CpuidResult {
    const [a, b, c, d]: LeafWords = this.#row.tables[leaf] ?? [0, 0, 0, 0];
    return [a | 0, b | 0, c | 0, d | 0];
  }

  /** Leaf 4 (SDM Vol. 2A, "INPUT EAX = 04H"), leaf 8000001Dh (APM Vol. 3, "Cache Topology Information"). */
  #cache(subleaf: number, { processors }: ProcessorIdentity): CpuidResult {
    const cache = this.#row.caches[subleaf];
    if (!cache) return [0, 0, 0, 0];
    const type = { data: 1, instruction: 2, unified: 3 }[cache.type];
    const sharing = cache.shared === 'all' ? (1 << apicIdBits(processors)) - 1 : 0;
    // Leaf 4 tells besides how many cores the package has room for.
    const cores = this.vendor === 'intel' ? (1 << apicIdBits(processors)) - 1 : 0;
    const selfInitializing = 1 << 8;
    return [
      type | (cache.level << 5) | selfInitializing | (sharing << 14) | (cores << 26),
      ((cache.ways - 1) << 22) | 63,
      cache.sets - 1,
      cache.flags,
    ];
  }

  /** Leaf 0Dh: sizes of the XSAVE area (SDM Vol. 1, "Enumeration of CPU Support for XSAVE"). */
  #extendedState(subleaf: number, core: CpuidContext): CpuidResult {
    if (!this.has('xsave')) return [0, 0, 0, 0];
    const supported = this.supportedXcr0();
    const enabled = core.words[STATE_XCR0 >> 2]!;
    switch (subleaf) {
      case 0:
        return [supported, xsaveBytes(enabled, false), xsaveBytes(supported, false), 0];
      case 1:
        return [this.#word(0xd, 1, CPUID_EAX), this.has('xsavec') ? xsaveBytes(enabled, true) : 0, 0, 0];
      case 2:
        return supported & 4 ? [256, 576, 0, 0] : [0, 0, 0, 0];
      case 9:
        return supported & XCR0_PKRU ? [8, 832, 0, 0] : [0, 0, 0, 0];
      default:
        return [0, 0, 0, 0];
    }
  }

  /** The bits that XSETBV accepts. */
  supportedXcr0(): number {
    return 3 | (this.has('avx') ? 4 : 0) | (this.has('pku') ? XCR0_PKRU : 0);
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

/**
 * Makes a model from `NAME[,+FEATURE][,-FEATURE]...`; throws `CpuModelError`. A feature brings along what it needs, and
 * what needs it goes with it.
 */
export function createCpuModel(spec: string = DEFAULT_CPU_MODEL): CpuModel {
  const [spelled = '', ...changes] = spec.split(',');
  const name = modelNameOf(spelled);
  if (name === undefined)
    throw new CpuModelError(
      `unknown processor model '${spelled}', expected one of ${CPU_MODEL_NAMES.join(', ')}`,
    );
  const features = new Set<string>();
  for (const feature of MODELS[name]!.features) addFeature(features, feature);
  for (const change of changes) {
    const feature = featureOf(change);
    if (change.startsWith('-')) dropFeature(features, feature);
    else addFeature(features, feature);
  }
  return new CpuModel([name, ...changes].join(','), MODELS[name]!, features);
}

function featureOf(change: string): string {
  const sign = change[0];
  const spelled = change.slice(1).toLowerCase();
  const name = Object.hasOwn(CPUID_FEATURE_ALIASES, spelled) ? CPUID_FEATURE_ALIASES[spelled]! : spelled;
  if ((sign === '+' || sign === '-') && FEATURES_BY_NAME.has(name)) return name;
  if (sign === '+' && CPUID_ABSENT.includes(name))
    throw new CpuModelError(`processor feature '${name}' is not implemented`);
  throw new CpuModelError(`unknown processor feature '${change}', expected +FEATURE or -FEATURE`);
}

function addFeature(features: Set<string>, name: string): void {
  features.add(name);
  for (const needed of FEATURES_BY_NAME.get(name)!.needs) addFeature(features, needed);
}

function dropFeature(features: Set<string>, name: string): void {
  features.delete(name);
  for (const other of CPUID_FEATURES)
    if (features.has(other.name) && other.needs.includes(name)) dropFeature(features, other.name);
}

function wordKey(leaf: number, subleaf: number, register: number): string {
  return `${leaf}.${subleaf}.${register}`;
}

const VENDOR_NAMES: Readonly<Record<Vendor, string>> = { intel: 'GenuineIntel', amd: 'AuthenticAMD' };

/** EBX, EDX, ECX in the order in which they spell the vendor. */
function vendorWords(vendor: Vendor): [number, number, number] {
  const [a, b, c] = textWords(VENDOR_NAMES[vendor], 0);
  return [a, b, c];
}

function textWords(text: string, from: number): CpuidResult {
  const word = (at: number) =>
    [0, 1, 2, 3].reduce((value, i) => value | ((text.charCodeAt(from + at + i) || 0) << (i * 8)), 0);
  return [word(0), word(4), word(8), word(12)];
}

/** Bits of an APIC ID that tell the processors of the package apart. */
function apicIdBits(processors: number): number {
  return 32 - Math.clz32(processors - 1);
}

/** Leaves 0Bh and 1Fh (SDM Vol. 2A, "V2 Extended Topology Enumeration Leaf"): a level of threads, a level of cores. */
function topology(subleaf: number, { apicId, processors }: ProcessorIdentity): CpuidResult {
  switch (subleaf) {
    case 0:
      return [0, 1, 1 << 8, apicId];
    case 1:
      return [apicIdBits(processors), processors, (2 << 8) | 1, apicId];
    default:
      return [0, 0, subleaf & 0xff, apicId];
  }
}

/** Leaf 15h (SDM Vol. 2A, "Time Stamp Counter and Nominal Core Crystal Clock Information Leaf"). */
function crystalClock({ tscHertz, timerHertz }: ProcessorIdentity): CpuidResult {
  const common = greatestCommonDivisor(tscHertz, timerHertz);
  return [timerHertz / common, tscHertz / common, timerHertz, 0];
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
