import { CR0_CD, CR0_ET, CR0_NW, DR6_FIXED, DR7_FIXED } from '../isa/control.ts';
import { DESC_P, DESC_S, DESC_USABLE, TYPE_LDT, TYPE_TSS32_BUSY } from '../isa/descriptors.ts';
import { CS, LDTR, RDX, TR } from '../isa/registers.ts';
import { RFLAGS_FIXED } from '../isa/rflags.ts';
import {
  STATE_BYTES,
  STATE_CPL,
  STATE_CR0,
  STATE_DEBUGCTL,
  STATE_DR6,
  STATE_DR7,
  STATE_FCW,
  STATE_FTW,
  STATE_GDTR,
  STATE_IDTR,
  STATE_MCG_STATUS,
  STATE_MISC_ENABLE,
  STATE_MONITOR,
  STATE_MXCSR,
  STATE_PAT,
  STATE_PDPTE,
  STATE_SMBASE,
  STATE_STAR,
  STATE_TLB_BANK,
  STATE_TSC_OFFSET,
  STATE_X87,
  STATE_XCR0,
  STATE_YMM,
} from '../state/layout.ts';
import { type Core, PENDING_SMI } from './execute/core.ts';
import { setSegment } from './execute/descriptor.ts';

const DATA = (3 << 8) | DESC_S | DESC_P | DESC_USABLE;
const CODE = (0xb << 8) | DESC_S | DESC_P | DESC_USABLE;
/** Fast strings on; neither branch trace store nor precise events. */
const MISC_ENABLE = (1 << 0) | (1 << 11) | (1 << 12);
/** MONITOR and MWAIT are there. */
const MONITOR_ENABLE = 1 << 18;

/** SDM Vol. 3C, "SMBASE Relocation". */
const SMBASE = 0x30000;

/** Power-up (SDM Vol. 3A, "IA-32 and Intel 64 Processor States Following Power-up, Reset, or INIT"). */
export function resetCore(core: Core): void {
  const { words } = core;
  words.fill(0, 0, STATE_BYTES / 4);
  core.flags.write(RFLAGS_FIXED);
  words[STATE_CR0 >> 2] = CR0_CD | CR0_NW | CR0_ET;
  for (let segment = 0; segment < 6; segment++) setSegment(core, segment, 0, 0, 0, 0xffff, DATA);
  setSegment(core, CS, 0xf000, 0xffff0000 | 0, 0, 0xffff, CODE);
  core.setRip(0xfff0, 0);
  setSegment(core, LDTR, 0, 0, 0, 0xffff, (TYPE_LDT << 8) | DESC_P | DESC_USABLE);
  // A 32-bit TSS: boot code that never loads TR may still switch to long mode, which a 16-bit one forbids.
  setSegment(core, TR, 0, 0, 0, 0xffff, (TYPE_TSS32_BUSY << 8) | DESC_P | DESC_USABLE);
  words[(STATE_GDTR + 8) >> 2] = 0xffff;
  words[(STATE_IDTR + 8) >> 2] = 0xffff;
  words[STATE_DR6 >> 2] = DR6_FIXED;
  words[STATE_DR7 >> 2] = DR7_FIXED;
  words[STATE_XCR0 >> 2] = 1;
  words[STATE_SMBASE >> 2] = SMBASE;
  words[STATE_FCW >> 2] = 0x40;
  words[STATE_FTW >> 2] = 0xff;
  words[STATE_MXCSR >> 2] = 0x1f80;
  words[STATE_PAT >> 2] = 0x00070406;
  words[(STATE_PAT >> 2) + 1] = 0x00070406;
  words[STATE_MISC_ENABLE >> 2] = MISC_ENABLE | (core.model.has('monitor') ? MONITOR_ENABLE : 0);
  const [signature] = core.model.cpuid(1, 0, core);
  core.gpr32[RDX * 2] = signature;
  core.pending = 0;
  core.debugTrap = 0;
  core.breakpointsChanged();
  core.segmentsChanged();
}

/** Byte ranges of the state page that INIT leaves alone: MSRs, x87 and SSE registers, what counts time. */
const UNCHANGED_BY_INIT = [
  [STATE_XCR0, STATE_CPL],
  [STATE_STAR, STATE_PDPTE],
  [STATE_X87, STATE_DEBUGCTL],
  [STATE_MCG_STATUS, STATE_TLB_BANK],
  [STATE_TSC_OFFSET, STATE_MONITOR],
  [STATE_YMM, STATE_BYTES],
] as const;

/**
 * INIT (the table as above; SDM Vol. 3A, "Processor State After an INIT"): CR0.CD and NW stay what they were too, and an
 * SMI that waits goes on waiting.
 */
export function initCore(core: Core): void {
  const { words } = core;
  const before = words.slice();
  const smi = core.pending & PENDING_SMI;
  resetCore(core);
  core.pending |= smi;
  for (const [from, to] of UNCHANGED_BY_INIT) words.set(before.subarray(from >> 2, to >> 2), from >> 2);
  words[STATE_CR0 >> 2] = (before[STATE_CR0 >> 2]! & (CR0_CD | CR0_NW)) | CR0_ET;
  core.controlChanged();
}

/** A start-up message: real mode, CS:RIP = VV00:0000h (SDM Vol. 3A, "Typical BSP Initialization Sequence" ff). */
export function startUpCore(core: Core, vector: number): void {
  setSegment(core, CS, vector << 8, vector << 12, 0, 0xffff, CODE);
  core.setRip(0, 0);
  core.segmentsChanged();
}
