import { isCanonical } from '../../bits/words.ts';
import { CR4_FSGSBASE, CR4_OSXSAVE, CR4_PCE, CR4_PCIDE, CR4_PKE, CR4_TSD } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { FS, GS, RAX, RBX, RCX, RDX } from '../../isa/registers.ts';
import { RFLAGS_AC, RFLAGS_CF, RFLAGS_IF } from '../../isa/rflags.ts';
import { segmentWord } from '../../state/cpu-state.ts';
import {
  SEGMENT_BASE,
  STATE_CR4,
  STATE_GDTR,
  STATE_IDTR,
  STATE_PKRU,
  STATE_TSC_AUX,
  STATE_XCR0,
} from '../../state/layout.ts';
import { type Core, PENDING_HALT, PENDING_MWAIT } from './core.ts';
import { writeSystemFlags } from './flag.ts';
import { armMonitor, isMonitorTriggered } from './monitor.ts';
import { effectiveAddress } from './operand.ts';
import { checkUmip, requireCpl0 } from './system-segment.ts';
import { componentsInUse } from './xsave.ts';

/** Writes a 32-bit register, upper half cleared. */
function setRegister32(core: Core, register: number, value: number): void {
  core.gpr32[register * 2] = value;
  core.gpr32[register * 2 + 1] = 0;
}

// Descriptor-table registers.

/** LGDT m16&32, m16&64 | 0F 01 /2 | Ms (SDM Vol. 2A, "LGDT/LIDT—Load Global/Interrupt Descriptor Table Register"). */
export function LGDT(core: Core, insn: Instruction): void {
  loadTable(core, insn, STATE_GDTR);
}

export function LIDT(core: Core, insn: Instruction): void {
  loadTable(core, insn, STATE_IDTR);
}

function loadTable(core: Core, insn: Instruction, register: number): void {
  if (!insn.isMemory) core.raiseUD();
  requireCpl0(core);
  const lo = effectiveAddress(core, insn);
  const hi = core.high;
  const limit = core.load16(insn.segment, lo, hi);
  const next = behind(insn, lo, hi);
  let baseLo: number;
  let baseHi = 0;
  if (core.state.is64Bit()) {
    baseLo = core.load64(insn.segment, next, nextHigh);
    baseHi = core.high;
    if (!isCanonical(baseHi, core.mmu.linearBits)) core.raiseGP(0);
  } else {
    baseLo = core.load32(insn.segment, next, nextHigh);
    if (insn.operandSize === 16) baseLo &= 0xffffff;
  }
  core.words[register >> 2] = baseLo;
  core.words[(register >> 2) + 1] = baseHi;
  core.words[(register + 8) >> 2] = limit;
}

let nextHigh = 0;

/** The address two bytes behind `hi:lo`, within the address size; its high word in `nextHigh`. */
function behind(insn: Instruction, lo: number, hi: number): number {
  let next = (lo + 2) | 0;
  if (insn.addressSize === 16) next &= 0xffff;
  nextHigh = insn.addressSize === 64 ? (hi + (next >>> 0 < lo >>> 0 ? 1 : 0)) | 0 : 0;
  return next;
}

/** SGDT m | 0F 01 /0 | Ms (SDM Vol. 2B, "SGDT—Store Global Descriptor Table Register"). */
export function SGDT(core: Core, insn: Instruction): void {
  storeTable(core, insn, STATE_GDTR);
}

export function SIDT(core: Core, insn: Instruction): void {
  storeTable(core, insn, STATE_IDTR);
}

function storeTable(core: Core, insn: Instruction, register: number): void {
  if (!insn.isMemory) core.raiseUD();
  checkUmip(core);
  const { words } = core;
  const lo = effectiveAddress(core, insn);
  const hi = core.high;
  const next = behind(insn, lo, hi);
  const long = core.state.is64Bit();
  // Two stores, as the manual writes them: a fault of the second leaves the limit written, as it does elsewhere.
  core.store16(insn.segment, lo, hi, words[(register + 8) >> 2]!);
  if (long) core.store64(insn.segment, next, nextHigh, words[register >> 2]!, words[(register >> 2) + 1]!);
  else core.store32(insn.segment, next, nextHigh, words[register >> 2]!);
}

// Caches and translations.

/** INVD | 0F 08 | (SDM Vol. 2A, "INVD—Invalidate Internal Caches"). There are none to lose. */
export function INVD(core: Core, _insn: Instruction): void {
  requireCpl0(core);
}

export const WBINVD = INVD;
/** WBNOINVD | F3 0F 09 | (APM Vol. 3, "WBNOINVD"). */
export const WBNOINVD = INVD;

/** INVLPG m | 0F 01 /7 | Mb (SDM Vol. 2A, "INVLPG—Invalidate TLB Entries"). A non-canonical address does nothing. */
export function INVLPG(core: Core, insn: Instruction): void {
  if (!insn.isMemory) core.raiseUD();
  requireCpl0(core);
  let lo = effectiveAddress(core, insn);
  let hi = core.high;
  const { state } = core;
  if (!state.is64Bit()) {
    lo = (lo + state.baseLo(insn.segment)) | 0;
    hi = 0;
  } else if (insn.segment >= FS) {
    const offset = lo;
    lo = (lo + state.baseLo(insn.segment)) | 0;
    hi = (hi + state.baseHi(insn.segment) + (lo >>> 0 < offset >>> 0 ? 1 : 0)) | 0;
  }
  if (!isCanonical(hi, core.mmu.linearBits)) return;
  core.mmu.invlpg(lo, hi);
  core.endBlock();
}

/** INVPCID r, m128 | 66 0F 38 82 /r | (SDM Vol. 2A, "INVPCID—Invalidate Process-Context Identifier"). */
export function INVPCID(core: Core, insn: Instruction): void {
  if (!core.model.has('invpcid') || !insn.isMemory) core.raiseUD();
  requireCpl0(core);
  const { gpr32 } = core;
  const wide = core.state.is64Bit();
  const type = gpr32[insn.reg * 2]!;
  const typeHi = wide ? gpr32[insn.reg * 2 + 1]! : 0;
  const lo = effectiveAddress(core, insn);
  const hi = core.high;
  const pcid = core.load64(insn.segment, lo, hi);
  const reserved = core.high;
  const second = (lo + 8) | 0;
  const secondHi = insn.addressSize === 64 ? (hi + (second >>> 0 < lo >>> 0 ? 1 : 0)) | 0 : 0;
  const linearLo = core.load64(insn.segment, insn.addressSize === 16 ? second & 0xffff : second, secondHi);
  const linearHi = core.high;
  if (typeHi !== 0 || type >>> 0 > 3 || reserved !== 0 || pcid >>> 12 !== 0) core.raiseGP(0);
  const hasPcid = (core.words[STATE_CR4 >> 2]! & CR4_PCIDE) !== 0;
  if (type < 2 && !hasPcid && pcid !== 0) core.raiseGP(0);
  if (type === 0 && !isCanonical(linearHi, core.mmu.linearBits)) core.raiseGP(0);
  core.mmu.invpcid(type, pcid, linearLo, linearHi);
  core.endBlock();
}

// Waiting.

/** HLT | F4 | (SDM Vol. 2A, "HLT—Halt"). */
export function HLT(core: Core, _insn: Instruction): void {
  requireCpl0(core);
  core.pending = (core.pending & ~PENDING_MWAIT) | PENDING_HALT;
  core.endBlock();
}

/** MONITOR | 0F 01 C8 | (SDM Vol. 2B, "MONITOR—Set Up Monitor Address"). Reads a byte there as a load would. */
export function MONITOR(core: Core, insn: Instruction): void {
  if (!core.model.has('monitor') || core.state.cpl() !== 0) core.raiseUD();
  monitor(core, insn);
}

function monitor(core: Core, insn: Instruction): void {
  const { gpr32 } = core;
  if (gpr32[RCX * 2] !== 0 || (core.state.is64Bit() && gpr32[RCX * 2 + 1] !== 0)) core.raiseGP(0);
  const lo = insn.addressSize === 16 ? gpr32[RAX * 2]! & 0xffff : gpr32[RAX * 2]!;
  const hi = insn.addressSize === 64 ? gpr32[RAX * 2 + 1]! : 0;
  core.load8(insn.segment, lo, hi);
  armMonitor(core, core.linear(insn.segment, lo, hi, 1, false), core.high);
}

/** MWAIT | 0F 01 C9 | (SDM Vol. 2B, "MWAIT—Monitor Wait"). Waits for a store or an interrupt, or not at all without IF. */
export function MWAIT(core: Core, _insn: Instruction): void {
  if (!core.model.has('monitor') || core.state.cpl() !== 0) core.raiseUD();
  if (core.gpr32[RCX * 2] !== 0) core.raiseGP(0);
  if ((core.flags.system() & RFLAGS_IF) === 0 || isMonitorTriggered(core.words, core.space)) return;
  core.pending |= PENDING_HALT | PENDING_MWAIT;
  core.endBlock();
}

/** MONITORX | 0F 01 FA | (APM Vol. 3, "MONITORX"): MONITOR at any privilege. */
export function MONITORX(core: Core, insn: Instruction): void {
  monitor(core, insn);
}

const MWAITX_IGNORE_IF = 1 << 0;
const MWAITX_TIMER = 1 << 1;

/** MWAITX | 0F 01 FB | (APM Vol. 3, "MWAITX"). At any privilege, and with a timer: so it never waits for long, here not at all. */
export function MWAITX(core: Core, _insn: Instruction): void {
  if (core.gpr32[RCX * 2]! & ~(MWAITX_IGNORE_IF | MWAITX_TIMER)) core.raiseGP(0);
}

/** PAUSE | F3 90 | and the instructions that are nothing to an emulator in program order. */
export function PAUSE(): void {}
/** NOP | 90 |. */
export function NOP(): void {}
/** NOP r/m | 0F 1F /0 | E, and the hint space: the operand is not accessed. */
export function NOP_E(): void {}
/** PREFETCHh m8 | 0F 18 /r | Mb. Never faults. */
export function PREFETCH(): void {}
/** LFENCE | 0F AE /5 |. */
export function LFENCE(): void {}
/** MFENCE | 0F AE /6 |. */
export function MFENCE(): void {}
/** SFENCE | 0F AE /7 |. */
export function SFENCE(): void {}

/** CLFLUSH m8 | 0F AE /7 | Mb (SDM Vol. 2A, "CLFLUSH—Flush Cache Line"). Faults as a byte load does. */
export function CLFLUSH(core: Core, insn: Instruction): void {
  const lo = effectiveAddress(core, insn);
  const hi = core.high;
  const linear = core.linear(insn.segment, lo, hi, 1, false);
  core.mmu.probeRead(linear, core.high, 1);
}

export const CLFLUSHOPT = CLFLUSH;
export const CLWB = CLFLUSH;

/** SERIALIZE | 0F 01 E8 | (SDM Vol. 2B, "SERIALIZE—Serialize Instruction Execution"). Execution is serial already. */
export function SERIALIZE(core: Core, _insn: Instruction): void {
  core.endBlock();
}

/** UD0 UD1 UD2 | 0F FF, 0F B9, 0F 0B | and every encoding that is not an instruction. */
export function UD(core: Core): void {
  core.raiseUD();
}

export const UD0 = UD;
export const UD1 = UD;
export const UD2 = UD;
/** VMCALL, VMMCALL and their kin: no virtualization here. */
export const VMCALL = UD;
export const VMMCALL = UD;
/** RSM outside of system-management mode (SDM Vol. 2B, "RSM—Resume from System Management Mode"). */
export const RSM = UD;

// Identification and time.

/** CPUID | 0F A2 | (SDM Vol. 2A, "CPUID—CPU Identification"). */
export function CPUID(core: Core, _insn: Instruction): void {
  const [eax, ebx, ecx, edx] = core.model.cpuid(core.gpr32[RAX * 2]!, core.gpr32[RCX * 2]!, core);
  setRegister32(core, RAX, eax);
  setRegister32(core, RBX, ebx);
  setRegister32(core, RCX, ecx);
  setRegister32(core, RDX, edx);
}

function checkTsc(core: Core): void {
  if (core.words[STATE_CR4 >> 2]! & CR4_TSD && core.state.cpl() > 0) core.raiseGP(0);
}

/** RDTSC | 0F 31 | (SDM Vol. 2B, "RDTSC—Read Time-Stamp Counter"). */
export function RDTSC(core: Core, _insn: Instruction): void {
  if (!core.model.has('tsc')) core.raiseUD();
  checkTsc(core);
  const [lo, hi] = core.time.readTsc();
  setRegister32(core, RAX, lo);
  setRegister32(core, RDX, hi);
}

/** RDTSCP | 0F 01 F9 | (SDM Vol. 2B, "RDTSCP—Read Time-Stamp Counter and Processor ID"). */
export function RDTSCP(core: Core, insn: Instruction): void {
  if (!core.model.has('rdtscp')) core.raiseUD();
  RDTSC(core, insn);
  setRegister32(core, RCX, core.words[STATE_TSC_AUX >> 2]!);
}

/** The registers that RDPRU reads: MPERF and APERF. Both count at the rate of the TSC, the one frequency there is. */
const RDPRU_MOST = 1;

/** RDPRU | 0F 01 FD | (APM Vol. 3, "RDPRU"). CF tells whether the register exists; the other status flags become 0. */
export function RDPRU(core: Core, _insn: Instruction): void {
  if (core.words[STATE_CR4 >> 2]! & CR4_TSD && core.state.cpl() > 0) core.raiseUD();
  const exists = core.gpr32[RCX * 2]! >>> 0 <= RDPRU_MOST;
  const [lo, hi] = exists ? core.time.readTsc() : [0, 0];
  setRegister32(core, RAX, lo);
  setRegister32(core, RDX, hi);
  core.flags.setStatus(exists ? RFLAGS_CF : 0);
}

/** RDPMC | 0F 33 | (SDM Vol. 2B, "RDPMC—Read Performance-Monitoring Counters"). There is no counter: #GP(0). */
export function RDPMC(core: Core, _insn: Instruction): void {
  if ((core.words[STATE_CR4 >> 2]! & CR4_PCE) === 0) requireCpl0(core);
  core.raiseGP(0);
}

/** RDPID r | F3 0F C7 /7 | (SDM Vol. 2B, "RDPID—Read Processor ID"). */
export function RDPID(core: Core, insn: Instruction): void {
  if (!core.model.has('rdpid')) core.raiseUD();
  setRegister32(core, insn.rm, core.words[STATE_TSC_AUX >> 2]!);
}

// Protection.

/** CLAC | 0F 01 CA | (SDM Vol. 2A, "CLAC—Clear AC Flag in EFLAGS Register"). */
export function CLAC(core: Core, _insn: Instruction): void {
  if (!core.model.has('smap') || core.state.cpl() !== 0) core.raiseUD();
  writeSystemFlags(core, 0, RFLAGS_AC);
}

/** STAC | 0F 01 CB | (SDM Vol. 2B, "STAC—Set AC Flag in EFLAGS Register"). */
export function STAC(core: Core, _insn: Instruction): void {
  if (!core.model.has('smap') || core.state.cpl() !== 0) core.raiseUD();
  writeSystemFlags(core, RFLAGS_AC, RFLAGS_AC);
}

/** RDPKRU | 0F 01 EE | (SDM Vol. 2B, "RDPKRU—Read Protection Key Rights for User Pages"). */
export function RDPKRU(core: Core, _insn: Instruction): void {
  checkPkru(core);
  setRegister32(core, RAX, core.words[STATE_PKRU >> 2]!);
  setRegister32(core, RDX, 0);
}

/** WRPKRU | 0F 01 EF | (SDM Vol. 2B, "WRPKRU—Write Data to User Page Key Register"). */
export function WRPKRU(core: Core, _insn: Instruction): void {
  checkPkru(core);
  if (core.gpr32[RDX * 2] !== 0) core.raiseGP(0);
  core.words[STATE_PKRU >> 2] = core.gpr32[RAX * 2]!;
  core.mmu.updateMode();
  core.endBlock();
}

function checkPkru(core: Core): void {
  if ((core.words[STATE_CR4 >> 2]! & CR4_PKE) === 0) core.raiseUD();
  if (core.gpr32[RCX * 2] !== 0) core.raiseGP(0);
}

function checkXcr(core: Core): void {
  if ((core.words[STATE_CR4 >> 2]! & CR4_OSXSAVE) === 0) core.raiseUD();
}

/** XGETBV | 0F 01 D0 | (SDM Vol. 2C, "XGETBV—Get Value of Extended Control Register"). */
export function XGETBV(core: Core, _insn: Instruction): void {
  checkXcr(core);
  const index = core.gpr32[RCX * 2]!;
  if (index !== 0 && !(index === 1 && core.model.has('xgetbv1'))) core.raiseGP(0);
  const xcr0 = core.words[STATE_XCR0 >> 2]!;
  setRegister32(core, RAX, index === 1 ? xcr0 & componentsInUse(core) : xcr0);
  setRegister32(core, RDX, core.words[(STATE_XCR0 >> 2) + 1]!);
}

/** XSETBV | 0F 01 D1 | (SDM Vol. 2C, "XSETBV—Set Extended Control Register"). */
export function XSETBV(core: Core, _insn: Instruction): void {
  checkXcr(core);
  requireCpl0(core);
  const { gpr32, words } = core;
  const lo = gpr32[RAX * 2]!;
  const wrong = (lo & 1) === 0 || lo & ~core.model.supportedXcr0() || (lo & 6) === 4;
  if (gpr32[RCX * 2] !== 0 || gpr32[RDX * 2] !== 0 || wrong) core.raiseGP(0);
  words[STATE_XCR0 >> 2] = lo;
  core.controlChanged();
  core.endBlock();
}

// Bases of FS and GS (SDM Vol. 2B, "RDFSBASE/RDGSBASE", Vol. 2C, "WRFSBASE/WRGSBASE").

function checkBases(core: Core): void {
  if (!core.state.is64Bit() || (core.words[STATE_CR4 >> 2]! & CR4_FSGSBASE) === 0) core.raiseUD();
}

function readBase(core: Core, insn: Instruction, segment: number, wide: boolean): void {
  checkBases(core);
  core.gpr32[insn.rm * 2] = core.state.baseLo(segment);
  core.gpr32[insn.rm * 2 + 1] = wide ? core.state.baseHi(segment) : 0;
}

function writeBase(core: Core, insn: Instruction, segment: number, wide: boolean): void {
  checkBases(core);
  const hi = wide ? core.gpr32[insn.rm * 2 + 1]! : 0;
  if (!isCanonical(hi, core.mmu.linearBits)) core.raiseGP(0);
  const slot = segmentWord(segment, SEGMENT_BASE);
  core.words[slot] = core.gpr32[insn.rm * 2]!;
  core.words[slot + 1] = hi;
  core.dataSegmentChanged();
}

export const RDFSBASE_Rd = (core: Core, insn: Instruction): void => readBase(core, insn, FS, false);
export const RDFSBASE_Rq = (core: Core, insn: Instruction): void => readBase(core, insn, FS, true);
export const RDGSBASE_Rd = (core: Core, insn: Instruction): void => readBase(core, insn, GS, false);
export const RDGSBASE_Rq = (core: Core, insn: Instruction): void => readBase(core, insn, GS, true);
export const WRFSBASE_Rd = (core: Core, insn: Instruction): void => writeBase(core, insn, FS, false);
export const WRFSBASE_Rq = (core: Core, insn: Instruction): void => writeBase(core, insn, FS, true);
export const WRGSBASE_Rd = (core: Core, insn: Instruction): void => writeBase(core, insn, GS, false);
export const WRGSBASE_Rq = (core: Core, insn: Instruction): void => writeBase(core, insn, GS, true);
