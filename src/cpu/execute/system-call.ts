import { isCanonical } from '../../bits/words.ts';
import { EFER_SCE } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { GS, R11, RCX, RDX, RSP, SS } from '../../isa/registers.ts';
import { RFLAGS_IF, RFLAGS_RF, RFLAGS_VM } from '../../isa/rflags.ts';
import { segmentWord } from '../../state/cpu-state.ts';
import {
  SEGMENT_BASE,
  SEGMENT_SELECTOR,
  STATE_CSTAR,
  STATE_EFER,
  STATE_FMASK,
  STATE_KERNEL_GS_BASE,
  STATE_LSTAR,
  STATE_STAR,
  STATE_SYSENTER_CS,
  STATE_SYSENTER_EIP,
  STATE_SYSENTER_ESP,
} from '../../state/layout.ts';
import type { Core } from './core.ts';
import { writeSystemFlags } from './flag.ts';
import { loadFlatCode, loadFlatStack } from './segment.ts';

const ALL_FLAGS = -1;
/** What SYSRET takes from R11: every defined flag but RF and VM (SDM Vol. 2B, "SYSRET—Return From Fast System Call"). */
const SYSRET_FLAGS = 0x3c7fd7;

/** SYSCALL and SYSRET exist where EFER.SCE is set; Intel's only in 64-bit mode. */
function checkSyscall(core: Core): void {
  if ((core.words[STATE_EFER >> 2]! & EFER_SCE) === 0) core.raiseUD();
  if (core.model.vendor === 'intel' && !core.state.is64Bit()) core.raiseUD();
}

/** SYSCALL | 0F 05 | (SDM Vol. 2B, "SYSCALL—Fast System Call"; APM Vol. 3, "SYSCALL"). */
export function SYSCALL(core: Core, _insn: Instruction): void {
  checkSyscall(core);
  const { words, gpr32 } = core;
  const long = core.state.isLongModeActive();
  const from64 = core.state.is64Bit();
  const selector = words[(STATE_STAR >> 2) + 1]! & 0xffff & 0xfffc;
  gpr32[RCX * 2] = core.ripLo();
  gpr32[RCX * 2 + 1] = from64 ? core.ripHi() : 0;
  const rflags = core.flags.read() & ~RFLAGS_RF;
  if (long) {
    gpr32[R11 * 2] = rflags;
    gpr32[R11 * 2 + 1] = 0;
    const target = from64 ? STATE_LSTAR : STATE_CSTAR;
    core.setRip(words[target >> 2]!, words[(target >> 2) + 1]!);
  } else core.setRip(words[STATE_STAR >> 2]!, 0);
  loadFlatCode(core, selector, 0, long);
  loadFlatStack(core, selector + 8, 0);
  core.segmentsChanged();
  const cleared = long ? words[STATE_FMASK >> 2]! : RFLAGS_IF | RFLAGS_VM;
  writeSystemFlags(core, rflags & ~cleared, ALL_FLAGS);
}

/** SYSRET | 0F 07 |. Intel refuses a non-canonical RCX here, at CPL 0; AMD faults at the fetch, at CPL 3. */
export function SYSRET(core: Core, insn: Instruction): void {
  checkSyscall(core);
  if (!core.state.isProtected() || core.state.cpl() !== 0) core.raiseGP(0);
  const { words, gpr32 } = core;
  const long = core.state.isLongModeActive();
  const to64 = insn.operandSize === 64;
  const ripLo = gpr32[RCX * 2]!;
  const ripHi = to64 ? gpr32[RCX * 2 + 1]! : 0;
  if (to64 && core.model.vendor === 'intel' && !isCanonical(ripHi, core.mmu.linearBits)) core.raiseGP(0);
  const base = words[(STATE_STAR >> 2) + 1]! >>> 16;
  const flags = long ? gpr32[R11 * 2]! : core.flags.read() | RFLAGS_IF;
  loadFlatCode(core, (base + (to64 ? 16 : 0)) | 3, 3, to64);
  if (core.model.vendor === 'intel') loadFlatStack(core, (base + 8) | 3, 3);
  // AMD changes neither the RPL of the sum nor the hidden part (APM Vol. 3, "SYSRET").
  else words[segmentWord(SS, SEGMENT_SELECTOR)] = (base + 8) & 0xffff;
  core.setRip(ripLo, ripHi);
  core.segmentsChanged();
  if (long) writeSystemFlags(core, flags & SYSRET_FLAGS, ALL_FLAGS);
  else writeSystemFlags(core, flags, RFLAGS_IF);
}

/** SYSENTER and SYSEXIT: AMD's do not exist in long mode. */
function checkSysenter(core: Core): void {
  if (core.model.vendor === 'amd' && core.state.isLongModeActive()) core.raiseUD();
  if (!core.state.isProtected()) core.raiseGP(0);
}

/** SYSENTER | 0F 34 | (SDM Vol. 2B, "SYSENTER—Fast System Call"). */
export function SYSENTER(core: Core, _insn: Instruction): void {
  checkSysenter(core);
  const { words, gpr32 } = core;
  const selector = words[STATE_SYSENTER_CS >> 2]! & 0xfffc;
  if (selector === 0) core.raiseGP(0);
  const long = core.state.isLongModeActive();
  writeSystemFlags(core, 0, RFLAGS_VM | RFLAGS_IF | RFLAGS_RF);
  loadFlatCode(core, selector, 0, long);
  loadFlatStack(core, selector + 8, 0);
  gpr32[RSP * 2] = words[STATE_SYSENTER_ESP >> 2]!;
  gpr32[RSP * 2 + 1] = long ? words[(STATE_SYSENTER_ESP >> 2) + 1]! : 0;
  core.setRip(words[STATE_SYSENTER_EIP >> 2]!, long ? words[(STATE_SYSENTER_EIP >> 2) + 1]! : 0);
  core.segmentsChanged();
}

/** SYSEXIT | 0F 35 | (SDM Vol. 2B, "SYSEXIT—Fast Return from Fast System Call"). */
export function SYSEXIT(core: Core, insn: Instruction): void {
  checkSysenter(core);
  const { words, gpr32 } = core;
  const base = words[STATE_SYSENTER_CS >> 2]! & 0xfffc;
  if (base === 0 || core.state.cpl() !== 0) core.raiseGP(0);
  const to64 = insn.operandSize === 64;
  const ripHi = to64 ? gpr32[RDX * 2 + 1]! : 0;
  const spHi = to64 ? gpr32[RCX * 2 + 1]! : 0;
  const { linearBits } = core.mmu;
  if (!isCanonical(ripHi, linearBits) || !isCanonical(spHi, linearBits)) core.raiseGP(0);
  loadFlatCode(core, (base + (to64 ? 32 : 16)) | 3, 3, to64);
  loadFlatStack(core, (base + (to64 ? 40 : 24)) | 3, 3);
  gpr32[RSP * 2] = gpr32[RCX * 2]!;
  gpr32[RSP * 2 + 1] = spHi;
  core.setRip(gpr32[RDX * 2]!, ripHi);
  core.segmentsChanged();
}

/** SWAPGS | 0F 01 F8 | (SDM Vol. 2B, "SWAPGS—Swap GS Base Register"). */
export function SWAPGS(core: Core, _insn: Instruction): void {
  if (!core.state.is64Bit()) core.raiseUD();
  if (core.state.cpl() !== 0) core.raiseGP(0);
  const { words } = core;
  const kernel = STATE_KERNEL_GS_BASE >> 2;
  const gs = segmentWord(GS, SEGMENT_BASE);
  for (const part of [0, 1]) {
    const value = words[gs + part]!;
    words[gs + part] = words[kernel + part]!;
    words[kernel + part] = value;
  }
  core.dataSegmentChanged();
}
