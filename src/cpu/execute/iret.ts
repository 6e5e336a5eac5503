import { CR4_VME } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { CS, DS, ES, FS, GS, RSP, SS } from '../../isa/registers.ts';
import {
  RFLAGS_AC,
  RFLAGS_DF,
  RFLAGS_ID,
  RFLAGS_IF,
  RFLAGS_IOPL,
  RFLAGS_IOPL_SHIFT,
  RFLAGS_NT,
  RFLAGS_RF,
  RFLAGS_STATUS,
  RFLAGS_TF,
  RFLAGS_VIF,
  RFLAGS_VIP,
  RFLAGS_VM,
} from '../../isa/rflags.ts';
import { STATE_CPL, STATE_CR4 } from '../../state/layout.ts';
import { type Core, PENDING_NMI_BLOCKED } from './core.ts';
import { markAccessed, SELECTOR_RPL } from './descriptor.ts';
import { writeSystemFlags } from './flag.ts';
import { dropInnerSegments, loadV86Segment } from './segment.ts';
import { PopFrame, setStackPointer } from './stack-frame.ts';
import { returnToLinkedTask } from './task-switch.ts';
import {
  checkRealTarget,
  checkTarget,
  enterCode,
  enterRealCode,
  enterStack,
  markBoth,
  readReturnCode,
  readReturnStack,
} from './transfer.ts';

type Bits = 16 | 32 | 64;

/** Flags that every IRET loads, and those that only a 32- or 64-bit one does. */
const FLAGS_ALWAYS = RFLAGS_STATUS | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT;
const FLAGS_WIDE = RFLAGS_RF | RFLAGS_AC | RFLAGS_ID;
/** What IRET in real mode loads: all but VM, VIF and VIP. */
const FLAGS_REAL16 = FLAGS_ALWAYS | RFLAGS_IF | RFLAGS_IOPL;

/** IRET | CF | (SDM Vol. 2A, "IRET/IRETD/IRETQ—Interrupt Return"). */
export function IRET_w(core: Core, _insn: Instruction): void {
  interruptReturn(core, 16);
}

export function IRET_d(core: Core, _insn: Instruction): void {
  interruptReturn(core, 32);
}

export function IRET_q(core: Core, _insn: Instruction): void {
  interruptReturn(core, 64);
}

function interruptReturn(core: Core, bits: Bits): void {
  const { state } = core;
  // SDM Vol. 3A, "Handling Multiple NMIs": executing IRET is enough, it need not succeed.
  core.pending &= ~PENDING_NMI_BLOCKED;
  if (!state.isProtected()) returnReal(core, bits);
  else if (state.isVirtual8086()) returnInV86(core, bits);
  else returnProtected(core, bits);
  core.endBlock();
}

function returnReal(core: Core, bits: Bits): void {
  const frame = new PopFrame(core);
  frame.prove(bits, 3);
  const ip = frame.pop(bits);
  const selector = frame.pop(bits) & 0xffff;
  const flags = frame.pop(bits);
  checkRealTarget(core, ip);
  frame.commit();
  enterRealCode(core, selector, ip);
  writeSystemFlags(core, flags, bits === 16 ? FLAGS_REAL16 : FLAGS_REAL16 | FLAGS_WIDE);
}

/** SDM Vol. 3B, "Virtual-8086 Mode": with IOPL 3 as in real mode, else #GP(0) unless CR4.VME keeps IF in VIF. */
function returnInV86(core: Core, bits: Bits): void {
  const system = core.flags.system();
  const iopl = (system & RFLAGS_IOPL) >> RFLAGS_IOPL_SHIFT;
  const virtual = iopl < 3;
  if (virtual && (bits !== 16 || (core.words[STATE_CR4 >> 2]! & CR4_VME) === 0)) core.raiseGP(0);
  const frame = new PopFrame(core);
  frame.prove(bits, 3);
  const ip = frame.pop(bits);
  const selector = frame.pop(bits) & 0xffff;
  let flags = frame.pop(bits);
  checkRealTarget(core, ip);
  let mask = bits === 16 ? FLAGS_ALWAYS : FLAGS_ALWAYS | FLAGS_WIDE;
  if (virtual) {
    if (flags & RFLAGS_TF || (flags & RFLAGS_IF && system & RFLAGS_VIP)) core.raiseGP(0);
    flags = flags & RFLAGS_IF ? flags | RFLAGS_VIF : flags & ~RFLAGS_VIF;
    mask |= RFLAGS_VIF;
  } else mask |= RFLAGS_IF;
  frame.commit();
  enterRealCode(core, selector, ip);
  writeSystemFlags(core, flags, mask);
}

function returnProtected(core: Core, bits: Bits): void {
  const { state } = core;
  const cpl = state.cpl();
  const long = state.isLongModeActive();
  if (core.flags.system() & RFLAGS_NT) {
    if (long) core.raiseGP(0);
    returnToLinkedTask(core);
    return;
  }
  const frame = new PopFrame(core);
  frame.prove(bits, 3);
  const lo = frame.pop(bits);
  const hi = frame.high;
  const selector = frame.pop(bits) & 0xffff;
  const flags = frame.pop(bits);
  if (flags & RFLAGS_VM && bits === 32 && cpl === 0 && !long) {
    returnToV86(core, frame, lo, selector, flags);
    return;
  }
  const code = readReturnCode(core, selector);
  const rpl = selector & SELECTOR_RPL;
  const mask = protectedMask(core, bits);
  // 64-bit mode pops SS:RSP always, other code only on a change of level.
  if (rpl === cpl && !state.is64Bit()) {
    checkTarget(core, code, lo, hi);
    markAccessed(core, code);
    frame.commit();
    enterCode(core, selector, code, rpl, lo, hi);
    core.segmentsChanged();
    writeSystemFlags(core, flags, mask);
    return;
  }
  frame.prove(bits, 2);
  const spLo = frame.pop(bits);
  const spHi = frame.high;
  const stackSelector = frame.pop(bits) & 0xffff;
  const stack = readReturnStack(core, stackSelector, code, rpl);
  checkTarget(core, code, lo, hi);
  markBoth(core, code, stack);
  enterCode(core, selector, code, rpl, lo, hi);
  enterStack(core, stackSelector, stack);
  loadStackPointer(core, bits, spLo, spHi);
  if (rpl !== cpl) dropInnerSegments(core, rpl);
  core.segmentsChanged();
  writeSystemFlags(core, flags, mask);
}

/**
 * A 16-bit stack takes SP alone, and code outside 64-bit mode then sees bits 31:16 of the old stack pointer: as on
 * processors, and as Linux works around with its espfix stacks.
 */
function loadStackPointer(core: Core, bits: Bits, lo: number, hi: number): void {
  const size = core.stackSize();
  setStackPointer(core, size, bits === 16 ? lo & 0xffff : lo, hi);
  if (size === 16 && core.state.isLongModeActive()) core.gpr32[RSP * 2 + 1] = 0;
}

/** The flags that IRET may change at the level it leaves. */
function protectedMask(core: Core, bits: Bits): number {
  const cpl = core.state.cpl();
  const iopl = (core.flags.system() & RFLAGS_IOPL) >> RFLAGS_IOPL_SHIFT;
  let mask = FLAGS_ALWAYS;
  if (bits !== 16) mask |= FLAGS_WIDE;
  if (cpl <= iopl) mask |= RFLAGS_IF;
  if (cpl === 0) {
    mask |= RFLAGS_IOPL;
    if (bits !== 16) mask |= RFLAGS_VIF | RFLAGS_VIP;
  }
  return mask;
}

/** SDM Vol. 3B, "Leaving Virtual-8086 Mode" read backwards: the frame holds ESP SS ES DS FS GS above EFLAGS. */
function returnToV86(core: Core, frame: PopFrame, ip: number, selector: number, flags: number): void {
  frame.prove(32, 6);
  const sp = frame.pop(32);
  const segments = [SS, ES, DS, FS, GS].map((segment) => [segment, frame.pop(32) & 0xffff] as const);
  // The new CS has a limit of FFFFh.
  if (ip >>> 0 > 0xffff) core.raiseGP(0);
  core.flags.write(flags);
  core.words[STATE_CPL >> 2] = 3;
  for (const [segment, value] of segments) loadV86Segment(core, segment, value);
  loadV86Segment(core, CS, selector);
  core.setRip(ip, 0);
  setStackPointer(core, 32, sp, 0);
  core.segmentsChanged();
  core.updateSingleStep();
}
