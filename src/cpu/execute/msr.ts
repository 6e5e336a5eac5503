import { isCanonical } from '../../bits/words.ts';
import { CR0_PG, EFER_FFXSR, EFER_LMA, EFER_LME, EFER_NXE, EFER_SCE } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import {
  IA32_APIC_BASE,
  IA32_ARCH_CAPABILITIES,
  IA32_BIOS_SIGN_ID,
  IA32_BIOS_UPDT_TRIG,
  IA32_CSTAR,
  IA32_DEBUGCTL,
  IA32_EFER,
  IA32_FEATURE_CONTROL,
  IA32_FMASK,
  IA32_FS_BASE,
  IA32_GS_BASE,
  IA32_KERNEL_GS_BASE,
  IA32_LSTAR,
  IA32_MCG_CAP,
  IA32_MCG_STATUS,
  IA32_MISC_ENABLE,
  IA32_MTRR_DEF_TYPE,
  IA32_MTRR_FIX4K_C0000,
  IA32_MTRR_FIX16K_80000,
  IA32_MTRR_FIX16K_A0000,
  IA32_MTRR_FIX64K_00000,
  IA32_MTRR_PHYSBASE0,
  IA32_MTRRCAP,
  IA32_PAT,
  IA32_PLATFORM_ID,
  IA32_STAR,
  IA32_SYSENTER_CS,
  IA32_SYSENTER_EIP,
  IA32_SYSENTER_ESP,
  IA32_TSC,
  IA32_TSC_ADJUST,
  IA32_TSC_AUX,
  IA32_TSC_DEADLINE,
  IA32_XSS,
} from '../../isa/msr.ts';
import { FS, GS, RAX, RCX, RDX } from '../../isa/registers.ts';
import { segmentWord } from '../../state/cpu-state.ts';
import {
  SEGMENT_BASE,
  STATE_APIC_BASE,
  STATE_CR0,
  STATE_CSTAR,
  STATE_DEBUGCTL,
  STATE_EFER,
  STATE_FMASK,
  STATE_KERNEL_GS_BASE,
  STATE_LSTAR,
  STATE_MCG_STATUS,
  STATE_MISC_ENABLE,
  STATE_MTRR_DEF_TYPE,
  STATE_MTRR_FIXED,
  STATE_MTRR_VARIABLE,
  STATE_PAT,
  STATE_STAR,
  STATE_SYSENTER_CS,
  STATE_SYSENTER_EIP,
  STATE_SYSENTER_ESP,
  STATE_TSC_ADJUST,
  STATE_TSC_AUX,
  STATE_XSS,
} from '../../state/layout.ts';
import type { Core } from './core.ts';
import { ARCH_CAPABILITIES, type CpuModel } from './cpu-model.ts';
import { readAmdMsr, writeAmdMsr } from './msr-amd.ts';
import { requireCpl0 } from './system-segment.ts';

type Pair = [lo: number, hi: number];

/** Eight variable ranges, fixed ranges, write combining. */
const MTRRCAP = 0x508;
const MTRR_VARIABLE_COUNT = 8;
/** The order of the fixed-range MTRRs in the state page. */
const MTRR_FIXED = [
  IA32_MTRR_FIX64K_00000,
  IA32_MTRR_FIX16K_80000,
  IA32_MTRR_FIX16K_A0000,
  ...Array.from({ length: 8 }, (_, i) => IA32_MTRR_FIX4K_C0000 + i),
];

/** One MSR: where it lies in the state page, and what may be written there. */
interface StoredMsr {
  readonly offset: number;
  readonly has?: (model: CpuModel) => boolean;
  readonly valid?: (core: Core, lo: number, hi: number) => boolean;
  /** After a write. */
  readonly changed?: (core: Core) => void;
}

const canonical = (core: Core, _lo: number, hi: number): boolean => isCanonical(hi, core.mmu.linearBits);
const highZero = (_core: Core, _lo: number, hi: number): boolean => hi === 0;
const intel = (model: CpuModel): boolean => model.vendor === 'intel';
const withMtrr = (model: CpuModel): boolean => model.has('mtrr');
const withLm = (model: CpuModel): boolean => model.has('lm');
const withSysenter = (model: CpuModel): boolean => model.has('sysenter');
const baseChanged = (core: Core): void => core.dataSegmentChanged();

/** MSRs that are words of the state page and little else. */
const STORED = new Map<number, StoredMsr>([
  [IA32_SYSENTER_CS, { offset: STATE_SYSENTER_CS, has: withSysenter }],
  [
    IA32_SYSENTER_ESP,
    { offset: STATE_SYSENTER_ESP, has: withSysenter, valid: canonicalOrShort, changed: cutSysenter },
  ],
  [
    IA32_SYSENTER_EIP,
    { offset: STATE_SYSENTER_EIP, has: withSysenter, valid: canonicalOrShort, changed: cutSysenter },
  ],
  [IA32_PAT, { offset: STATE_PAT, has: (model) => model.has('pat'), valid: isPat }],
  [IA32_MTRR_DEF_TYPE, { offset: STATE_MTRR_DEF_TYPE, has: withMtrr, valid: isMtrrDefault }],
  [IA32_MCG_STATUS, { offset: STATE_MCG_STATUS, has: (model) => model.has('mca') }],
  [IA32_MISC_ENABLE, { offset: STATE_MISC_ENABLE, has: intel }],
  // LBR and BTF can be set; nothing records branches.
  [IA32_DEBUGCTL, { offset: STATE_DEBUGCTL, valid: (_core, lo, hi) => hi === 0 && (lo & ~3) === 0 }],
  [
    IA32_XSS,
    { offset: STATE_XSS, has: (model) => model.has('xsaves'), valid: (_core, lo, hi) => (lo | hi) === 0 },
  ],
  [IA32_STAR, { offset: STATE_STAR, has: (model) => model.has('syscall') }],
  [IA32_LSTAR, { offset: STATE_LSTAR, has: withLm, valid: canonical }],
  [IA32_CSTAR, { offset: STATE_CSTAR, has: withLm, valid: canonical }],
  [IA32_FMASK, { offset: STATE_FMASK, has: withLm, valid: highZero }],
  [
    IA32_FS_BASE,
    { offset: segmentWord(FS, SEGMENT_BASE) * 4, has: withLm, valid: canonical, changed: baseChanged },
  ],
  [
    IA32_GS_BASE,
    { offset: segmentWord(GS, SEGMENT_BASE) * 4, has: withLm, valid: canonical, changed: baseChanged },
  ],
  [IA32_KERNEL_GS_BASE, { offset: STATE_KERNEL_GS_BASE, has: withLm, valid: canonical }],
  [IA32_TSC_AUX, { offset: STATE_TSC_AUX, has: (m) => m.has('rdtscp') || m.has('rdpid'), valid: highZero }],
  ...MTRR_FIXED.map((index, i): [number, StoredMsr] => [
    index,
    { offset: STATE_MTRR_FIXED + i * 8, has: withMtrr, valid: isMtrrFixed },
  ]),
  ...Array.from({ length: MTRR_VARIABLE_COUNT * 2 }, (_, i): [number, StoredMsr] => [
    IA32_MTRR_PHYSBASE0 + i,
    { offset: STATE_MTRR_VARIABLE + i * 8, has: withMtrr, valid: i & 1 ? isMtrrMask : isMtrrBase },
  ]),
]);

/** AMD's SYSENTER is for legacy mode alone: its MSRs have 32 bits, and the others are ignored (APM Vol. 2, "SYSENTER and SYSEXIT MSRs"). */
function canonicalOrShort(core: Core, lo: number, hi: number): boolean {
  return core.model.vendor === 'amd' || canonical(core, lo, hi);
}

function cutSysenter(core: Core): void {
  if (core.model.vendor === 'intel') return;
  core.words[(STATE_SYSENTER_ESP >> 2) + 1] = 0;
  core.words[(STATE_SYSENTER_EIP >> 2) + 1] = 0;
}

/** Memory types of SDM Vol. 3A, "Memory Types That Can Be Encoded in MTRRs"; PAT adds UC- (7). */
function isMtrrType(type: number): boolean {
  return type === 0 || type === 1 || type === 4 || type === 5 || type === 6;
}

function bytesOf(lo: number, hi: number): number[] {
  return [lo, lo >>> 8, lo >>> 16, lo >>> 24, hi, hi >>> 8, hi >>> 16, hi >>> 24].map((byte) => byte & 0xff);
}

function isPat(_core: Core, lo: number, hi: number): boolean {
  return bytesOf(lo, hi).every((type) => isMtrrType(type) || type === 7);
}

function isMtrrFixed(_core: Core, lo: number, hi: number): boolean {
  return bytesOf(lo, hi).every(isMtrrType);
}

function isMtrrDefault(_core: Core, lo: number, hi: number): boolean {
  return hi === 0 && (lo & ~0xcff) === 0 && isMtrrType(lo & 0xff);
}

function isMtrrBase(core: Core, lo: number, hi: number): boolean {
  return (lo & 0xf00) === 0 && isMtrrType(lo & 0xff) && hi >>> (core.model.physicalBits - 32) === 0;
}

function isMtrrMask(core: Core, lo: number, hi: number): boolean {
  return (lo & 0x7ff) === 0 && hi >>> (core.model.physicalBits - 32) === 0;
}

/** The value of an MSR; undefined where the processor has none of this number. */
export function readMsr(core: Core, index: number): Pair | undefined {
  const { words, model } = core;
  if (index === IA32_TSC_DEADLINE && !model.has('tsc-deadline')) return undefined;
  const device = core.msrDevice?.readMsr(index);
  if (device) return device;
  const stored = STORED.get(index);
  if (stored) {
    if (stored.has && !stored.has(model)) return undefined;
    return [words[stored.offset >> 2]!, words[(stored.offset >> 2) + 1]!];
  }
  switch (index) {
    case IA32_TSC:
      return model.has('tsc') ? core.time.readTsc() : undefined;
    case IA32_TSC_ADJUST:
      return model.has('tsc-adjust')
        ? [words[STATE_TSC_ADJUST >> 2]!, words[(STATE_TSC_ADJUST >> 2) + 1]!]
        : undefined;
    case IA32_APIC_BASE:
      return model.has('apic')
        ? [words[STATE_APIC_BASE >> 2]!, words[(STATE_APIC_BASE >> 2) + 1]!]
        : undefined;
    case IA32_EFER:
      return hasEfer(model) ? [words[STATE_EFER >> 2]!, 0] : undefined;
    case IA32_MTRRCAP:
      return model.has('mtrr') ? [MTRRCAP, 0] : undefined;
    case IA32_MCG_CAP:
      return model.has('mca') ? [0, 0] : undefined;
    case IA32_ARCH_CAPABILITIES:
      return model.has('arch-capabilities') ? [ARCH_CAPABILITIES, 0] : undefined;
    case IA32_FEATURE_CONTROL:
      // Locked with everything off.
      return intel(model) ? [1, 0] : undefined;
    case IA32_PLATFORM_ID:
      return intel(model) ? [0, 0] : undefined;
    case IA32_BIOS_SIGN_ID:
      return intel(model) ? [0, model.microcode] : [model.microcode, 0];
    default:
      return intel(model) ? undefined : readAmdMsr(core, index);
  }
}

/** Writes an MSR; false where that is #GP(0): no such number, read-only, or a value that it may not have. */
export function writeMsr(core: Core, index: number, lo: number, hi: number): boolean {
  const { words, model } = core;
  if (index === IA32_TSC_DEADLINE && !model.has('tsc-deadline')) return false;
  if (core.msrDevice?.writeMsr(index, lo, hi)) return true;
  const stored = STORED.get(index);
  if (stored) {
    if ((stored.has && !stored.has(model)) || (stored.valid && !stored.valid(core, lo, hi))) return false;
    words[stored.offset >> 2] = lo;
    words[(stored.offset >> 2) + 1] = hi;
    stored.changed?.(core);
    return true;
  }
  switch (index) {
    case IA32_TSC: {
      if (!model.has('tsc')) return false;
      // IA32_TSC_ADJUST moves by as much (SDM Vol. 3B, "IA32_TSC_ADJUST MSR").
      const [oldLo, oldHi] = core.time.readTsc();
      moveAdjust(core, lo, hi, oldLo, oldHi);
      core.time.writeTsc(lo, hi);
      return true;
    }
    case IA32_TSC_ADJUST:
      return model.has('tsc-adjust') && writeTscAdjust(core, lo, hi);
    case IA32_EFER:
      return writeEfer(core, lo, hi);
    case IA32_BIOS_UPDT_TRIG:
    case IA32_BIOS_SIGN_ID:
      // A microcode update is accepted and changes nothing.
      return true;
    default:
      return !intel(model) && writeAmdMsr(index);
  }
}

function moveAdjust(core: Core, lo: number, hi: number, oldLo: number, oldHi: number): void {
  const word = STATE_TSC_ADJUST >> 2;
  const [deltaLo, deltaHi] = subtract(lo, hi, oldLo, oldHi);
  const [sumLo, sumHi] = add(core.words[word]!, core.words[word + 1]!, deltaLo, deltaHi);
  core.words[word] = sumLo;
  core.words[word + 1] = sumHi;
}

function writeTscAdjust(core: Core, lo: number, hi: number): boolean {
  const word = STATE_TSC_ADJUST >> 2;
  const [deltaLo, deltaHi] = subtract(lo, hi, core.words[word]!, core.words[word + 1]!);
  const [tscLo, tscHi] = core.time.readTsc();
  core.time.writeTsc(...add(tscLo, tscHi, deltaLo, deltaHi));
  core.words[word] = lo;
  core.words[word + 1] = hi;
  return true;
}

function add(aLo: number, aHi: number, bLo: number, bHi: number): Pair {
  const lo = (aLo + bLo) | 0;
  return [lo, (aHi + bHi + (lo >>> 0 < aLo >>> 0 ? 1 : 0)) | 0];
}

function subtract(aLo: number, aHi: number, bLo: number, bHi: number): Pair {
  return [(aLo - bLo) | 0, (aHi - bHi - (aLo >>> 0 < bLo >>> 0 ? 1 : 0)) | 0];
}

function hasEfer(model: CpuModel): boolean {
  return model.has('syscall') || model.has('nx') || model.has('lm');
}

/** SDM Vol. 3A, "Extended Feature Enable Register". LMA is the processor's; LME cannot change while paging is on. */
function writeEfer(core: Core, lo: number, hi: number): boolean {
  const { words, model } = core;
  if (!hasEfer(model)) return false;
  let defined = EFER_LMA;
  if (model.has('syscall')) defined |= EFER_SCE;
  if (model.has('lm')) defined |= EFER_LME;
  if (model.has('nx')) defined |= EFER_NXE;
  if (model.has('fxsr-opt')) defined |= EFER_FFXSR;
  const old = words[STATE_EFER >> 2]!;
  if (hi !== 0 || lo & ~defined) return false;
  if ((lo ^ old) & EFER_LME && words[STATE_CR0 >> 2]! & CR0_PG) return false;
  const value = (lo & ~EFER_LMA) | (old & EFER_LMA);
  words[STATE_EFER >> 2] = value;
  core.mmu.updateMode();
  core.endBlock();
  core.observer.onControlWrite?.('efer', value, 0);
  return true;
}

/** RDMSR | 0F 32 | (SDM Vol. 2B, "RDMSR—Read From Model Specific Register"). */
export function RDMSR(core: Core, _insn: Instruction): void {
  requireCpl0(core);
  const value = readMsr(core, core.gpr32[RCX * 2]!) ?? core.raiseGP(0);
  const { gpr32 } = core;
  gpr32[RAX * 2] = value[0];
  gpr32[RAX * 2 + 1] = 0;
  gpr32[RDX * 2] = value[1];
  gpr32[RDX * 2 + 1] = 0;
}

/** WRMSR | 0F 30 | (SDM Vol. 2D, "WRMSR—Write to Model Specific Register"). */
export function WRMSR(core: Core, _insn: Instruction): void {
  requireCpl0(core);
  const { gpr32 } = core;
  if (!writeMsr(core, gpr32[RCX * 2]!, gpr32[RAX * 2]!, gpr32[RDX * 2]!)) core.raiseGP(0);
}
