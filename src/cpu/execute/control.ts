import {
  CR0_AM,
  CR0_CD,
  CR0_EM,
  CR0_ET,
  CR0_MP,
  CR0_NE,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR0_TS,
  CR0_WP,
  CR4_DE,
  CR4_FSGSBASE,
  CR4_LA57,
  CR4_MCE,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_OSXSAVE,
  CR4_PAE,
  CR4_PCE,
  CR4_PCIDE,
  CR4_PGE,
  CR4_PKE,
  CR4_PSE,
  CR4_PVI,
  CR4_SMAP,
  CR4_SMEP,
  CR4_TSD,
  CR4_UMIP,
  CR4_VME,
  EFER_LMA,
  EFER_LME,
} from '../../isa/control.ts';
import { DESC_L, TYPE_TSS16_BUSY } from '../../isa/descriptors.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { CS, TR } from '../../isa/registers.ts';
import { STATE_CR0, STATE_CR2, STATE_CR3, STATE_CR4, STATE_CR8, STATE_EFER } from '../../state/layout.ts';
import type { Core } from './core.ts';
import type { CpuModel } from './cpu-model.ts';
import { loadEw } from './operand.ts';
import { checkUmip, requireCpl0, storeWordOrRegister } from './system-segment.ts';

/** Without ET, which is always set. */
export const CR0_DEFINED =
  CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;

/** CR4 bits and the feature without which each is reserved. */
const CR4_FEATURES: readonly (readonly [bit: number, feature: string])[] = [
  [CR4_VME, 'vme'],
  [CR4_PVI, 'vme'],
  [CR4_TSD, 'tsc'],
  [CR4_DE, 'de'],
  [CR4_PSE, 'pse'],
  [CR4_PAE, 'pae'],
  [CR4_MCE, 'mce'],
  [CR4_PGE, 'pge'],
  [CR4_PCE, 'msr'],
  [CR4_OSFXSR, 'fxsr'],
  [CR4_OSXMMEXCPT, 'sse'],
  [CR4_UMIP, 'umip'],
  [CR4_LA57, 'la57'],
  [CR4_FSGSBASE, 'fsgsbase'],
  [CR4_PCIDE, 'pcid'],
  [CR4_OSXSAVE, 'xsave'],
  [CR4_SMEP, 'smep'],
  [CR4_SMAP, 'smap'],
  [CR4_PKE, 'pku'],
];

/** The bits of CR4 that the model has; the others are reserved and may not be set. */
export function definedCr4(model: CpuModel): number {
  return CR4_FEATURES.reduce((bits, [bit, feature]) => (model.has(feature) ? bits | bit : bits), 0);
}

/** PAE paging is in use, or would be with these values: the PDPTE registers count. */
export function usesPdptes(cr0: number, cr4: number, efer: number): boolean {
  return (cr0 & CR0_PG) !== 0 && (cr4 & CR4_PAE) !== 0 && (efer & EFER_LMA) === 0;
}

/** SDM Vol. 3A, "Control Registers", and Vol. 2B, "MOV—Move to/from Control Registers". */
export function writeCr0(core: Core, lo: number, hi: number): void {
  const { words, state } = core;
  const old = words[STATE_CR0 >> 2]!;
  const value = (lo & CR0_DEFINED) | CR0_ET;
  const changed = old ^ value;
  const cr4 = words[STATE_CR4 >> 2]!;
  let efer = words[STATE_EFER >> 2]!;
  if (hi !== 0) core.raiseGP(0);
  if ((value & (CR0_PG | CR0_PE)) === CR0_PG) core.raiseGP(0);
  if ((value & (CR0_NW | CR0_CD)) === CR0_NW) core.raiseGP(0);
  if (changed & CR0_PG) {
    if (value & CR0_PG) {
      if (efer & EFER_LME) {
        // SDM Vol. 3A, "Initializing IA-32e Mode": PAE on, no 64-bit code segment, no 16-bit TSS.
        const task16 = ((state.attributes(TR) >> 8) & 15) === TYPE_TSS16_BUSY;
        if ((cr4 & CR4_PAE) === 0 || isLongCodeSegment(core) || task16) core.raiseGP(0);
        efer |= EFER_LMA;
      }
    } else {
      if (state.is64Bit() || cr4 & CR4_PCIDE) core.raiseGP(0);
      efer &= ~EFER_LMA;
    }
  }
  if (changed & (CR0_PG | CR0_CD | CR0_NW) && usesPdptes(value, cr4, efer)) {
    core.mmu.loadPdptes(words[STATE_CR3 >> 2]!, 0);
  }
  const oldEfer = words[STATE_EFER >> 2]!;
  words[STATE_CR0 >> 2] = value;
  words[STATE_EFER >> 2] = efer;
  if (changed & (CR0_PG | CR0_PE)) core.segmentsChanged();
  else {
    core.mmu.updateMode();
    core.controlChanged();
    core.endBlock();
  }
  core.observer.onControlWrite?.('cr0', value, 0);
  if (efer !== oldEfer) core.observer.onControlWrite?.('efer', efer, 0);
}

function isLongCodeSegment(core: Core): boolean {
  return (core.state.attributes(CS) & DESC_L) !== 0;
}

/** MOV to CR3. With CR4.PCIDE bit 63 says that nothing is flushed. */
export function writeCr3(core: Core, lo: number, hi: number): void {
  const { words } = core;
  const cr4 = words[STATE_CR4 >> 2]!;
  const efer = words[STATE_EFER >> 2]!;
  const pcide = (cr4 & CR4_PCIDE) !== 0;
  const noFlush = pcide && hi < 0;
  if (noFlush) hi &= 0x7fffffff;
  if (hi >>> (core.model.physicalBits - 32) !== 0) core.raiseGP(0);
  if (usesPdptes(words[STATE_CR0 >> 2]!, cr4, efer)) core.mmu.loadPdptes(lo, hi);
  core.mmu.loadCr3(lo, hi, noFlush);
  core.endBlock();
  core.observer.onControlWrite?.('cr3', words[STATE_CR3 >> 2]!, words[(STATE_CR3 >> 2) + 1]!);
}

/** A change of these reloads the PDPTE registers (SDM Vol. 3A, "PDPTE Registers"). */
const CR4_RELOADING = CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP;

export function writeCr4(core: Core, lo: number, hi: number): void {
  const { words, state } = core;
  const old = words[STATE_CR4 >> 2]!;
  const changed = old ^ lo;
  const long = state.isLongModeActive();
  if (hi !== 0 || lo & ~definedCr4(core.model)) core.raiseGP(0);
  if (long && ((lo & CR4_PAE) === 0 || changed & CR4_LA57)) core.raiseGP(0);
  if (changed & lo & CR4_PCIDE && (!long || words[STATE_CR3 >> 2]! & 0xfff)) core.raiseGP(0);
  if (changed & CR4_RELOADING && usesPdptes(words[STATE_CR0 >> 2]!, lo, words[STATE_EFER >> 2]!)) {
    core.mmu.loadPdptes(words[STATE_CR3 >> 2]!, 0);
  }
  words[STATE_CR4 >> 2] = lo;
  // Which changes flush what is the MMU's to know (SDM Vol. 3A, "Operations that Invalidate TLBs").
  core.mmu.updateMode();
  core.controlChanged();
  if (changed & CR4_DE) core.breakpointsChanged();
  core.endBlock();
  core.observer.onControlWrite?.('cr4', lo, 0);
}

function writeCr8(core: Core, lo: number, hi: number): void {
  if (hi !== 0 || lo & ~15) core.raiseGP(0);
  core.words[STATE_CR8 >> 2] = lo;
  if (core.taskPriority) core.taskPriority.cr8 = lo;
  core.endBlock();
}

/** Control registers that exist; CR8 only with REX.R or, on AMD, LOCK. */
function checkControlRegister(core: Core, insn: Instruction): void {
  if (![0, 2, 3, 4, 8].includes(insn.reg)) core.raiseUD();
  requireCpl0(core);
}

function readControl(core: Core, insn: Instruction, wide: boolean): void {
  checkControlRegister(core, insn);
  const { words } = core;
  let offset = STATE_CR0;
  if (insn.reg === 2) offset = STATE_CR2;
  else if (insn.reg === 3) offset = STATE_CR3;
  else if (insn.reg === 4) offset = STATE_CR4;
  else if (insn.reg === 8) offset = STATE_CR8;
  if (insn.reg === 8 && core.taskPriority) words[STATE_CR8 >> 2] = core.taskPriority.cr8;
  const hasHigh = insn.reg === 2 || insn.reg === 3;
  core.gpr32[insn.rm * 2] = words[offset >> 2]!;
  core.gpr32[insn.rm * 2 + 1] = wide && hasHigh ? words[(offset >> 2) + 1]! : 0;
}

function writeControl(core: Core, insn: Instruction, hi: number): void {
  checkControlRegister(core, insn);
  const lo = core.gpr32[insn.rm * 2]!;
  switch (insn.reg) {
    case 0:
      writeCr0(core, lo, hi);
      break;
    case 2:
      core.words[STATE_CR2 >> 2] = lo;
      core.words[(STATE_CR2 >> 2) + 1] = hi;
      break;
    case 3:
      writeCr3(core, lo, hi);
      break;
    case 4:
      writeCr4(core, lo, hi);
      break;
    default:
      writeCr8(core, lo, hi);
  }
}

/** MOV r32, CRn | 0F 20 /r | Rd,Cd (SDM Vol. 2B, "MOV—Move to/from Control Registers"). */
export function MOV_Rd_Cd(core: Core, insn: Instruction): void {
  readControl(core, insn, false);
}

export function MOV_Rq_Cq(core: Core, insn: Instruction): void {
  readControl(core, insn, true);
}

/** MOV CRn, r32 | 0F 22 /r | Cd,Rd. */
export function MOV_Cd_Rd(core: Core, insn: Instruction): void {
  writeControl(core, insn, 0);
}

export function MOV_Cq_Rq(core: Core, insn: Instruction): void {
  writeControl(core, insn, core.gpr32[insn.rm * 2 + 1]!);
}

/** LMSW r/m16 | 0F 01 /6 | Ew (SDM Vol. 2A, "LMSW—Load Machine Status Word"). Can set PE, cannot clear it. */
export function LMSW_Ew(core: Core, insn: Instruction): void {
  requireCpl0(core);
  const mask = CR0_MP | CR0_EM | CR0_TS;
  const word = loadEw(core, insn);
  const cr0 = core.words[STATE_CR0 >> 2]!;
  writeCr0(core, (cr0 & ~mask) | (word & (mask | CR0_PE)), 0);
}

/** SMSW r/m16, r32, r64 | 0F 01 /4 | E (SDM Vol. 2B, "SMSW—Store Machine Status Word"). */
export function SMSW_E(core: Core, insn: Instruction): void {
  checkUmip(core);
  storeWordOrRegister(core, insn, core.words[STATE_CR0 >> 2]!);
}

/** CLTS | 0F 06 | (SDM Vol. 2A, "CLTS—Clear Task-Switched Flag in CR0"). */
export function CLTS(core: Core, _insn: Instruction): void {
  requireCpl0(core);
  const { words } = core;
  words[STATE_CR0 >> 2] = words[STATE_CR0 >> 2]! & ~CR0_TS;
  core.controlChanged();
}
