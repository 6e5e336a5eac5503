import { isCanonical } from '../bits/words.ts';
import {
  TYPE_INTERRUPT_GATE16,
  TYPE_INTERRUPT_GATE32,
  TYPE_TASK_GATE,
  TYPE_TRAP_GATE16,
  TYPE_TRAP_GATE32,
  TYPE_TSS32,
} from '../isa/descriptors.ts';
import { CS, DS, ES, FS, GS, RSP, SS, TR } from '../isa/registers.ts';
import {
  RFLAGS_AC,
  RFLAGS_IF,
  RFLAGS_IOPL,
  RFLAGS_IOPL_SHIFT,
  RFLAGS_NT,
  RFLAGS_RF,
  RFLAGS_TF,
  RFLAGS_VIF,
  RFLAGS_VM,
} from '../isa/rflags.ts';
import { ERROR_IDT } from '../isa/vectors.ts';
import { SOURCE_INT_N, SOURCE_SOFTWARE_EXCEPTION } from '../state/faults.ts';
import { STATE_IDTR } from '../state/layout.ts';
import type { Core } from './execute/core.ts';
import {
  type Descriptor,
  dplOf,
  isConformingCode,
  isLongCode,
  isPresent,
  markAccessed,
  selectorError,
} from './execute/descriptor.ts';
import { writeSystemFlags } from './execute/flag.ts';
import { loadNullSegment } from './execute/segment.ts';
import { InnerFrame, PushFrame, setStackPointer } from './execute/stack-frame.ts';
import { pushTaskErrorCode, readTaskGate, switchTask } from './execute/task-switch.ts';
import {
  checkRealTarget,
  checkTarget,
  enterCode,
  enterRealCode,
  enterStack,
  innerStack,
  readCode,
  readTaskStack,
} from './execute/transfer.ts';

/** One event on its way through the IDT. */
export interface Delivery {
  readonly vector: number;
  readonly hasErrorCode: boolean;
  readonly errorCode: number;
  /** One of `SOURCE_*`. */
  readonly source: number;
  /** Where the interrupted program goes on. */
  readonly returnLo: number;
  readonly returnHi: number;
  /** RFLAGS as they are pushed. */
  readonly rflags: number;
}

const FRAME16 = 16;

/** Through the interrupt vector table of real mode (SDM Vol. 3B, "Interrupt and Exception Handling"). No error codes. */
export function deliverReal(core: Core, event: Delivery): void {
  const { words, mmu } = core;
  const offset = event.vector * 4;
  // A real-mode #GP has no error code; where the table is too short it is what there is to say.
  if (offset + 3 > (words[(STATE_IDTR + 8) >> 2]! & 0xffff)) core.raiseGP(0);
  const base = words[STATE_IDTR >> 2]!;
  const pointer = mmu.readSystem32((base + offset) | 0, 0);
  enterVector(core, event, pointer, event.rflags, RFLAGS_IF | RFLAGS_TF | RFLAGS_RF | RFLAGS_AC);
}

/**
 * INT n of virtual-8086 mode that the redirection bitmap leaves to the 8086 program's own table at linear 0 (SDM
 * Vol. 3B, "Class 3—Software Interrupt Handling in Virtual-8086 Mode"). With IOPL below 3 IF stands for VIF.
 */
export function deliverRedirected(core: Core, event: Delivery): void {
  const pointer = core.mmu.readSystem32(event.vector * 4, 0);
  const iopl = (event.rflags & RFLAGS_IOPL) >> RFLAGS_IOPL_SHIFT;
  if (iopl === 3) {
    enterVector(core, event, pointer, event.rflags, RFLAGS_IF | RFLAGS_TF);
    return;
  }
  const virtual = event.rflags & RFLAGS_VIF ? RFLAGS_IF : 0;
  const image = (event.rflags & ~RFLAGS_IF) | virtual | RFLAGS_IOPL;
  enterVector(core, event, pointer, image, RFLAGS_VIF | RFLAGS_TF);
}

/** Pushes FLAGS, CS and IP and goes to CS:IP of a table entry. */
function enterVector(core: Core, event: Delivery, pointer: number, image: number, cleared: number): void {
  const frame = new PushFrame(core);
  frame.push(FRAME16, image & 0xffff, 0);
  frame.push(FRAME16, core.state.selector(CS), 0);
  frame.push(FRAME16, event.returnLo & 0xffff, 0);
  checkRealTarget(core, pointer & 0xffff);
  frame.commit();
  enterRealCode(core, pointer >>> 16, pointer & 0xffff);
  writeSystemFlags(core, 0, cleared);
}

/** Whether the redirection bitmap below the I/O permission bitmap sends `vector` to the 8086 program (bit clear). */
export function isRedirected(core: Core, vector: number): boolean {
  const { state, mmu } = core;
  const type = (state.attributes(TR) >> 8) & 13;
  const limit = state.limit(TR) >>> 0;
  if (type !== TYPE_TSS32 || limit < 0x67) core.raiseGP(0);
  const base = state.baseLo(TR);
  const at = mmu.readSystem16((base + 0x66) | 0, 0) - 32 + (vector >> 3);
  if (at < 0 || at > limit) core.raiseGP(0);
  return (mmu.readSystem8((base + at) | 0, 0) & (1 << (vector & 7))) === 0;
}

function gateError(event: Delivery): number {
  return event.vector * 8 + ERROR_IDT;
}

/** INT n, INT3 and INTO may only use gates whose DPL admits them. */
function checkGatePrivilege(core: Core, event: Delivery, gateHi: number): void {
  if (event.source !== SOURCE_INT_N && event.source !== SOURCE_SOFTWARE_EXCEPTION) return;
  if (((gateHi >> 13) & 3) < core.state.cpl()) core.raiseGP(gateError(event));
}

/** Through a 16- or 32-bit gate (SDM Vol. 3A, "Exception or Interrupt Handling", "Task Switching"). */
export function deliverProtected(core: Core, event: Delivery): void {
  const { words, mmu, state } = core;
  const v86 = state.isVirtual8086();
  if (event.source === SOURCE_INT_N && v86 && (event.rflags & RFLAGS_IOPL) !== RFLAGS_IOPL) core.raiseGP(0);
  const offset = event.vector * 8;
  if (offset + 7 > (words[(STATE_IDTR + 8) >> 2]! & 0xffff)) core.raiseGP(gateError(event));
  const lo = mmu.readSystem64((words[STATE_IDTR >> 2]! + offset) | 0, 0);
  const hi = mmu.high;
  const type = (hi >> 8) & 0x1f;
  const interruptOrTrap =
    type === TYPE_INTERRUPT_GATE16 ||
    type === TYPE_TRAP_GATE16 ||
    type === TYPE_INTERRUPT_GATE32 ||
    type === TYPE_TRAP_GATE32;
  if (!interruptOrTrap && type !== TYPE_TASK_GATE) core.raiseGP(gateError(event));
  checkGatePrivilege(core, event, hi);
  if ((hi & 0x8000) === 0) core.raiseNP(gateError(event));
  const selector = lo >>> 16;
  if (type === TYPE_TASK_GATE) {
    deliverToTask(core, event, selector);
    return;
  }
  const bits = type & 8 ? 32 : 16;
  const target = bits === 32 ? (lo & 0xffff) | (hi & 0xffff0000) : lo & 0xffff;
  const code = readHandler(core, selector);
  const cpl = state.cpl();
  const dpl = dplOf(code);
  const inner = !isConformingCode(code) && dpl < cpl;
  if (v86 && (!inner || dpl !== 0)) core.raiseGP(selectorError(selector));
  const frame = inner ? innerStack(core, dpl) : new PushFrame(core);
  // Before anything is pushed (SDM Vol. 2A, "INT n/INTO/INT3/INT1").
  checkTarget(core, code, target, 0);
  if (v86) for (const segment of [GS, FS, DS, ES]) frame.push(bits, state.selector(segment), 0);
  if (inner) {
    frame.push(bits, state.selector(SS), 0);
    frame.push(bits, core.gpr32[RSP * 2]!, 0);
  }
  frame.push(bits, event.rflags, 0);
  frame.push(bits, state.selector(CS), 0);
  frame.push(bits, event.returnLo, 0);
  if (event.hasErrorCode) frame.push(bits, event.errorCode, 0);
  markAccessed(core, code);

  const cleared = RFLAGS_TF | RFLAGS_VM | RFLAGS_RF | RFLAGS_NT | (type & 1 ? 0 : RFLAGS_IF);
  enterHandler(core, frame, selector, code, inner ? dpl : cpl, target, 0, cleared);
  if (v86) {
    for (const segment of [GS, FS, DS, ES]) loadNullSegment(core, segment, 0);
    core.dataSegmentChanged();
  }
}

/** The handler's code segment: not above the interrupted level. */
function readHandler(core: Core, selector: number): Descriptor {
  const code = readCode(core, selector);
  if (dplOf(code) > core.state.cpl()) core.raiseGP(selectorError(selector));
  if (!isPresent(code)) core.raiseNP(selectorError(selector));
  return code;
}

/** The commit: nothing below can fault. */
function enterHandler(
  core: Core,
  frame: PushFrame | InnerFrame,
  selector: number,
  code: Descriptor,
  cpl: number,
  targetLo: number,
  targetHi: number,
  clearedFlags: number,
): void {
  core.flags.setSystem(core.flags.system() & ~clearedFlags);
  const changesStack = frame instanceof InnerFrame && frame.selector >= 0;
  if (changesStack) enterStack(core, frame.selector, frame.descriptor);
  enterCode(core, selector, code, cpl, targetLo, targetHi);
  setStackPointer(core, frame.size, frame.lo, frame.hi);
  core.segmentsChanged();
  core.updateSingleStep();
}

/** SDM Vol. 3A, "Interrupt Tasks". */
function deliverToTask(core: Core, event: Delivery, selector: number): void {
  const descriptor = readTaskGate(core, selector);
  // The task resumes behind a software interrupt, and with RF as it would have been pushed.
  const savedLo = core.ripLo();
  const savedFlags = core.flags.system();
  core.setRip(event.returnLo, event.returnHi);
  core.flags.setSystem(event.rflags);
  try {
    switchTask(core, selector, descriptor, 'event');
  } catch (thrown) {
    if (thrown === core.fault && !core.fault.keepRip) {
      core.setRip(savedLo, 0);
      core.flags.setSystem(savedFlags);
    }
    throw thrown;
  }
  if (event.hasErrorCode) pushTaskErrorCode(core, event.errorCode);
}

/** Marks the stack of an IST entry or of the same level: SS stays as it is. */
const SAME_SS = -1;

/** Through a 64-bit gate (SDM Vol. 3A, "64-Bit Mode IDT", "64-Bit Mode Stack Frame", "Interrupt Stack Table"). */
export function deliverLong(core: Core, event: Delivery): void {
  const { words, mmu, state } = core;
  const offset = event.vector * 16;
  if (offset + 15 > (words[(STATE_IDTR + 8) >> 2]! & 0xffff)) core.raiseGP(gateError(event));
  const baseLo = words[STATE_IDTR >> 2]!;
  const atLo = (baseLo + offset) | 0;
  const atHi = (words[(STATE_IDTR >> 2) + 1]! + (atLo >>> 0 < baseLo >>> 0 ? 1 : 0)) | 0;
  const lo = mmu.readSystem64(atLo, atHi);
  const hi = mmu.high;
  const secondLo = (atLo + 8) | 0;
  const targetHi = mmu.readSystem32(secondLo, (atHi + (secondLo >>> 0 < atLo >>> 0 ? 1 : 0)) | 0);
  const type = (hi >> 8) & 0x1f;
  if (type !== TYPE_INTERRUPT_GATE32 && type !== TYPE_TRAP_GATE32) core.raiseGP(gateError(event));
  checkGatePrivilege(core, event, hi);
  if ((hi & 0x8000) === 0) core.raiseNP(gateError(event));
  const selector = lo >>> 16;
  const targetLo = (lo & 0xffff) | (hi & 0xffff0000);
  const code = readHandler(core, selector);
  if (!isLongCode(core, code)) core.raiseGP(selectorError(selector));
  const cpl = state.cpl();
  const dpl = dplOf(code);
  const inner = !isConformingCode(code) && dpl < cpl;
  const frame = longStack(core, inner ? dpl : SAME_SS, hi & 7);
  if (!isCanonical(targetHi, mmu.linearBits)) core.raiseGP(0);
  frame.push(64, state.selector(SS), 0);
  frame.push(64, core.gpr32[RSP * 2]!, core.gpr32[RSP * 2 + 1]!);
  frame.push(64, event.rflags, 0);
  frame.push(64, state.selector(CS), 0);
  frame.push(64, event.returnLo, event.returnHi);
  if (event.hasErrorCode) frame.push(64, event.errorCode, 0);
  markAccessed(core, code);
  const cleared = RFLAGS_TF | RFLAGS_VM | RFLAGS_RF | RFLAGS_NT | (type & 1 ? 0 : RFLAGS_IF);
  enterHandler(core, frame, selector, code, inner ? dpl : cpl, targetLo, targetHi, cleared);
}

/** IST, RSP of the inner level, or the current RSP: always aligned down to 16 bytes. */
function longStack(core: Core, selector: number, ist: number): InnerFrame {
  if (ist === 0 && selector === SAME_SS) {
    const lo = core.gpr32[RSP * 2]! & ~15;
    return new InnerFrame(core, selector, undefined, lo, core.gpr32[RSP * 2 + 1]!, true);
  }
  const lo = readTaskStack(core, ist !== 0 ? 28 + ist * 8 : 4 + selector * 8);
  const hi = core.mmu.high;
  // The new pointer itself must be canonical, not only the addresses pushed to (SDM Vol. 2A, "INT n/INTO/INT3/INT1").
  if (!isCanonical(hi, core.mmu.linearBits)) core.raiseSS(0);
  return new InnerFrame(core, selector, undefined, lo & ~15, hi, selector === SAME_SS);
}
