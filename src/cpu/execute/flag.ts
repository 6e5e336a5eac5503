import { CR4_PVI, CR4_VME } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import {
  RFLAGS_AC, RFLAGS_DF, RFLAGS_FIXED, RFLAGS_ID, RFLAGS_IF, RFLAGS_IOPL, RFLAGS_IOPL_SHIFT, RFLAGS_NT,
  RFLAGS_OF, RFLAGS_RF, RFLAGS_STATUS, RFLAGS_TF, RFLAGS_VIF, RFLAGS_VIP, RFLAGS_VM,
} from '../../isa/rflags.ts'; // biome-ignore format: a list of nouns.
import { STATE_CR4 } from '../../state/layout.ts';
import { type Core, PENDING_SHADOW_STI } from './core.ts';
import { moveStackPointer, peek16, peek32, peek64, push16, push32, push64, releaseStack } from './stack.ts';

/*
 * CLC STC CMC CLD STD CLI STI LAHF SAHF SALC PUSHF POPF (SDM Vol. 2A and 2B, under their names; Vol. 3B, "Protected-Mode
 * Virtual Interrupts", "Virtual-8086 Mode").
 */

const CR4_WORD = STATE_CR4 >> 2;
const AL = 0;
const AH = 1;

/** Status flags that LAHF and SAHF carry: all but OF. */
const STATUS_IN_AH = RFLAGS_STATUS & ~RFLAGS_OF;

/**
 * Loads the flags of `mask` from `rflags`, without any permission check, and tells whoever depends on them: TF decides
 * whether the loop goes one instruction at a time, AC what SMAP allows, IF whether an interrupt is taken.
 */
export function writeSystemFlags(core: Core, rflags: number, mask: number): void {
  const { flags } = core;
  const old = flags.read();
  const value = (old & ~mask) | (rflags & mask);
  flags.write(value);
  const changed = old ^ value;
  if ((changed & ~RFLAGS_STATUS) === 0) return;
  if (changed & (RFLAGS_TF | RFLAGS_RF)) core.updateSingleStep();
  if (changed & (RFLAGS_AC | RFLAGS_VM)) core.mmu.updateMode();
  core.endBlock();
}

export function ioPrivilegeLevel(core: Core): number {
  return (core.flags.system() & RFLAGS_IOPL) >> RFLAGS_IOPL_SHIFT;
}

/** CLC | F8. */
export function CLC(core: Core, _insn: Instruction): void {
  core.flags.setCf(0);
}

/** STC | F9. */
export function STC(core: Core, _insn: Instruction): void {
  core.flags.setCf(1);
}

/** CMC | F5. */
export function CMC(core: Core, _insn: Instruction): void {
  core.flags.setCf(core.flags.cf() ^ 1);
}

/** CLD | FC. */
export function CLD(core: Core, _insn: Instruction): void {
  core.flags.setSystem(core.flags.system() & ~RFLAGS_DF);
}

/** STD | FD. */
export function STD(core: Core, _insn: Instruction): void {
  core.flags.setSystem(core.flags.system() | RFLAGS_DF);
}

/** The first processors of 64 bits had left LAHF and SAHF out of 64-bit mode. */
function checkLahf(core: Core): void {
  if (core.state.is64Bit() && !core.model.has('lahf-lm')) core.raiseUD();
}

/** LAHF | 9F. AH = SF ZF 0 AF 0 PF 1 CF. */
export function LAHF(core: Core, _insn: Instruction): void {
  checkLahf(core);
  core.gpr8[AH] = (core.flags.status() & STATUS_IN_AH) | RFLAGS_FIXED;
}

/** SAHF | 9E. */
export function SAHF(core: Core, _insn: Instruction): void {
  checkLahf(core);
  const { flags } = core;
  flags.setStatus((flags.of() ? RFLAGS_OF : 0) | (core.gpr8[AH]! & STATUS_IN_AH));
}

/** SALC | D6. Not in the manual: AL = CF ? FF : 00. No flag changes. */
export function SALC(core: Core, _insn: Instruction): void {
  core.gpr8[AL] = core.flags.cf() === 1 ? 0xff : 0;
}

/** Which flag CLI and STI act on (SDM Vol. 2A, "CLI—Clear Interrupt Flag", table "Decision Table for CLI Results"). */
function interruptFlag(core: Core): typeof RFLAGS_IF | typeof RFLAGS_VIF {
  const { state } = core;
  if (!state.isProtected()) return RFLAGS_IF;
  const cr4 = core.words[CR4_WORD]!;
  if (state.isVirtual8086()) {
    if (ioPrivilegeLevel(core) === 3) return RFLAGS_IF;
    if (cr4 & CR4_VME) return RFLAGS_VIF;
  } else {
    if (state.cpl() <= ioPrivilegeLevel(core)) return RFLAGS_IF;
    if (state.cpl() === 3 && cr4 & CR4_PVI) return RFLAGS_VIF;
  }
  return core.raiseGP(0);
}

/** CLI | FA. */
export function CLI(core: Core, _insn: Instruction): void {
  const flag = interruptFlag(core);
  core.flags.setSystem(core.flags.system() & ~flag);
}

/** STI | FB. Interrupts stay off for one more instruction when IF was 0. */
export function STI(core: Core, _insn: Instruction): void {
  const flag = interruptFlag(core);
  const system = core.flags.system();
  if (flag === RFLAGS_VIF && system & RFLAGS_VIP) core.raiseGP(0);
  if (flag === RFLAGS_IF && !(system & RFLAGS_IF)) core.pending |= PENDING_SHADOW_STI;
  core.flags.setSystem(system | flag);
  core.endBlock();
}

/** True in virtual-8086 mode with IOPL below 3, where PUSHF and POPF are sensitive. */
function isSensitive(core: Core): boolean {
  return core.state.isVirtual8086() && ioPrivilegeLevel(core) < 3;
}

/** VME makes the 16-bit forms work on VIF; without it, and for the wider forms, they are #GP(0). */
function requireVme(core: Core): void {
  if (!(core.words[CR4_WORD]! & CR4_VME)) core.raiseGP(0);
}

/** PUSHF | 9C with 16-bit operands. */
export function PUSHF_w(core: Core, _insn: Instruction): void {
  let image = core.flags.read();
  if (isSensitive(core)) {
    requireVme(core);
    const vif = image & RFLAGS_VIF;
    image = (image & ~RFLAGS_IF) | RFLAGS_IOPL | (vif ? RFLAGS_IF : 0);
  }
  push16(core, image & 0xffff);
}

/** PUSHFD | 9C with 32-bit operands. VM and RF are 0 in the image. */
export function PUSHF_d(core: Core, _insn: Instruction): void {
  if (isSensitive(core)) core.raiseGP(0);
  push32(core, core.flags.read() & ~(RFLAGS_VM | RFLAGS_RF));
}

/** PUSHFQ | 9C in 64-bit mode. */
export function PUSHF_q(core: Core, _insn: Instruction): void {
  push64(core, core.flags.read() & ~(RFLAGS_VM | RFLAGS_RF), 0);
}

const POPF_ALWAYS = RFLAGS_STATUS | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT;

/** Which flags POPF may change where it is not sensitive (SDM Vol. 2B, "POPF/POPFD/POPFQ—Pop Stack Into EFLAGS Register"). */
function popfMask(core: Core): number {
  const { state } = core;
  // Real mode runs at privilege 0; virtual-8086 mode at 3, here with IOPL 3.
  const cpl = state.cpl();
  let mask = POPF_ALWAYS;
  if (cpl <= ioPrivilegeLevel(core)) mask |= RFLAGS_IF;
  if (cpl === 0) mask |= RFLAGS_IOPL;
  return mask;
}

/** POPF | 9D with 16-bit operands. */
export function POPF_w(core: Core, _insn: Instruction): void {
  const sensitive = isSensitive(core);
  if (sensitive) requireVme(core);
  const image = peek16(core, 0);
  if (!sensitive) {
    const mask = popfMask(core);
    moveStackPointer(core, 2);
    writeSystemFlags(core, image, mask);
    return;
  }
  const isPending = core.flags.system() & RFLAGS_VIP && image & RFLAGS_IF;
  if (isPending || image & RFLAGS_TF) core.raiseGP(0);
  moveStackPointer(core, 2);
  writeSystemFlags(core, image | (image & RFLAGS_IF ? RFLAGS_VIF : 0), POPF_ALWAYS | RFLAGS_VIF);
}

/** POPFD | 9D with 32-bit operands. RF is cleared; VM, VIF and VIP stay. */
export function POPF_d(core: Core, _insn: Instruction): void {
  if (isSensitive(core)) core.raiseGP(0);
  const image = peek32(core, 0);
  const mask = popfMask(core) | RFLAGS_AC | RFLAGS_ID | RFLAGS_RF;
  moveStackPointer(core, 4);
  writeSystemFlags(core, image & ~RFLAGS_RF, mask);
}

/** POPFQ | 9D in 64-bit mode. */
export function POPF_q(core: Core, _insn: Instruction): void {
  const image = peek64(core, 0);
  const mask = popfMask(core) | RFLAGS_AC | RFLAGS_ID | RFLAGS_RF;
  releaseStack(core, 64, 8);
  writeSystemFlags(core, image & ~RFLAGS_RF, mask);
}
