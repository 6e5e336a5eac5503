import {
  DESC_S,
  TYPE_CALL_GATE16,
  TYPE_CALL_GATE32,
  TYPE_TASK_GATE,
  TYPE_TSS16,
  TYPE_TSS16_BUSY,
  TYPE_TSS32,
  TYPE_TSS32_BUSY,
} from '../../isa/descriptors.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { CS, RSP, SS } from '../../isa/registers.ts';
import { VECTOR_GP } from '../../isa/vectors.ts';
import type { Core } from './core.ts';
import {
  type Descriptor,
  dplOf,
  isConformingCode,
  isLongCode,
  isNull,
  isPresent,
  markAccessed,
  readDescriptor,
  SELECTOR_RPL,
  SELECTOR_TI,
  selectorError,
  typeOf,
} from './descriptor.ts';
import { effectiveAddress } from './operand.ts';
import { dropInnerSegments, isRealOrV86, loadSelectorAt } from './segment.ts';
import { InnerFrame, PopFrame, PushFrame, setStackPointer } from './stack-frame.ts';
import { readTaskGate, switchTask } from './task-switch.ts';
import {
  checkDirectCode,
  checkRealTarget,
  checkTarget,
  cutTarget,
  enterCode,
  enterRealCode,
  enterStack,
  innerStack,
  markBoth,
  readCode,
  readReturnCode,
  readReturnStack,
} from './transfer.ts';

type Bits = 16 | 32 | 64;

/** JMP ptr16:16, ptr16:32 | EA cp | Ap (SDM Vol. 2A, "JMP—Jump"). */
export function JMP_Ap(core: Core, insn: Instruction): void {
  jumpFar(core, insn.immediate2, cutTarget(insn.immediate, insn.operandSize as Bits), 0);
}

/** JMP m16:16, m16:32, m16:64 | FF /5 | Mp. */
export function JMP_Mp(core: Core, insn: Instruction): void {
  const lo = loadFarPointer(core, insn);
  jumpFar(core, pointerSelector, lo, core.high);
}

/** CALL ptr16:16, ptr16:32 | 9A cp | Ap (SDM Vol. 2A, "CALL—Call Procedure"). */
export function CALL_Ap(core: Core, insn: Instruction): void {
  const bits = insn.operandSize as Bits;
  callFar(core, bits, insn.immediate2, cutTarget(insn.immediate, bits), 0);
}

/** CALL m16:16, m16:32, m16:64 | FF /3 | Mp. */
export function CALL_Mp(core: Core, insn: Instruction): void {
  const lo = loadFarPointer(core, insn);
  callFar(core, pointerBits(core, insn), pointerSelector, lo, core.high);
}

/** Selector of the last far pointer read. */
let pointerSelector = 0;

/** m16:64 is Intel's; AMD's processors ignore REX.W here (APM Vol. 3, "CALL (Far)", "JMP (Far)"). */
function pointerBits(core: Core, insn: Instruction): Bits {
  return insn.operandSize === 64 && core.model.vendor === 'amd' ? 32 : (insn.operandSize as Bits);
}

/** Offset of a far pointer in memory, its high word in `core.high`, its selector in `pointerSelector`. */
function loadFarPointer(core: Core, insn: Instruction): number {
  if (!insn.isMemory) core.raiseUD();
  const lo = effectiveAddress(core, insn);
  const hi = core.high;
  const bits = pointerBits(core, insn);
  let offsetLo: number;
  let offsetHi = 0;
  if (bits === 16) offsetLo = core.load16(insn.segment, lo, hi);
  else if (bits === 32) offsetLo = core.load32(insn.segment, lo, hi);
  else {
    offsetLo = core.load64(insn.segment, lo, hi);
    offsetHi = core.high;
  }
  pointerSelector = loadSelectorAt(core, insn, lo, hi, bits >> 3);
  core.high = offsetHi;
  return offsetLo;
}

function jumpFar(core: Core, selector: number, lo: number, hi: number): void {
  if (isRealOrV86(core)) {
    checkRealTarget(core, lo);
    enterRealCode(core, selector, lo);
    return;
  }
  if (isNull(selector)) core.raiseGP(0);
  const descriptor = readDescriptor(core, selector, VECTOR_GP);
  if (descriptor.hi & DESC_S) {
    const code = readCode(core, selector);
    checkDirectCode(core, selector, code, selector & SELECTOR_RPL);
    checkTarget(core, code, lo, hi);
    markAccessed(core, code);
    enterCode(core, selector, code, core.state.cpl(), lo, hi);
    core.segmentsChanged();
    return;
  }
  if (toTask(core, selector, descriptor, 'jump')) return;
  const gate = readCallGate(core, selector, descriptor);
  checkDirectCode(core, gate.selector, gate.code, 0);
  checkTarget(core, gate.code, gate.lo, gate.hi);
  markAccessed(core, gate.code);
  enterCode(core, gate.selector, gate.code, core.state.cpl(), gate.lo, gate.hi);
  core.segmentsChanged();
}

function callFar(core: Core, bits: Bits, selector: number, lo: number, hi: number): void {
  if (isRealOrV86(core)) {
    const frame = pushReturnAddress(core, bits);
    checkRealTarget(core, lo);
    frame.commit();
    enterRealCode(core, selector, lo);
    return;
  }
  if (isNull(selector)) core.raiseGP(0);
  const descriptor = readDescriptor(core, selector, VECTOR_GP);
  if (descriptor.hi & DESC_S) {
    const code = readCode(core, selector);
    checkDirectCode(core, selector, code, selector & SELECTOR_RPL);
    callSameLevel(core, bits, selector, code, lo, hi);
    return;
  }
  if (toTask(core, selector, descriptor, 'call')) return;
  callThroughGate(core, readCallGate(core, selector, descriptor));
}

function callSameLevel(
  core: Core,
  bits: Bits,
  selector: number,
  code: Descriptor,
  lo: number,
  hi: number,
): void {
  const frame = pushReturnAddress(core, bits);
  checkTarget(core, code, lo, hi);
  markAccessed(core, code);
  frame.commit();
  enterCode(core, selector, code, core.state.cpl(), lo, hi);
  core.segmentsChanged();
}

/** Into 64-bit code, which will pop from RSP without a base, whatever the stack of compatibility code has been. */
function callLongSameLevel(core: Core, { selector, code, lo, hi }: CallGate): void {
  const sp = core.gpr32;
  const frame = new InnerFrame(core, 0, undefined, sp[RSP * 2]!, sp[RSP * 2 + 1]!, true);
  frame.push(64, core.state.selector(CS), 0);
  frame.push(64, core.ripLo(), core.ripHi());
  checkTarget(core, code, lo, hi);
  markAccessed(core, code);
  setStackPointer(core, 64, frame.lo, frame.hi);
  enterCode(core, selector, code, core.state.cpl(), lo, hi);
  core.segmentsChanged();
}

function pushReturnAddress(core: Core, bits: Bits): PushFrame {
  const frame = new PushFrame(core);
  frame.push(bits, core.state.selector(CS), 0);
  frame.push(bits, core.ripLo(), core.ripHi());
  return frame;
}

interface CallGate {
  readonly bits: Bits;
  readonly selector: number;
  readonly code: Descriptor;
  readonly lo: number;
  readonly hi: number;
  readonly parameters: number;
}

/** SDM Vol. 3A, "Accessing a Code Segment Through a Call Gate", "IA-32e Mode Call Gates". */
function readCallGate(core: Core, selector: number, gate: Descriptor): CallGate {
  const long = core.state.isLongModeActive();
  const type = typeOf(gate);
  const known = type === TYPE_CALL_GATE32 || (type === TYPE_CALL_GATE16 && !long);
  const dpl = dplOf(gate);
  if (!known || dpl < core.state.cpl() || dpl < (selector & SELECTOR_RPL))
    core.raiseGP(selectorError(selector));
  if (!isPresent(gate)) core.raiseNP(selectorError(selector));
  if (gate.upperHi & 0x1f00) core.raiseGP(selectorError(selector));
  const target = gate.lo >>> 16;
  const code = readCode(core, target);
  if (long && !isLongCode(core, code)) core.raiseGP(selectorError(target));
  const low = gate.lo & 0xffff;
  return {
    bits: long ? 64 : type === TYPE_CALL_GATE32 ? 32 : 16,
    selector: target,
    code,
    lo: type === TYPE_CALL_GATE16 ? low : low | (gate.hi & 0xffff0000),
    hi: gate.upperLo,
    parameters: long ? 0 : gate.hi & 0x1f,
  };
}

function callThroughGate(core: Core, gate: CallGate): void {
  const cpl = core.state.cpl();
  const dpl = dplOf(gate.code);
  if (dpl > cpl) core.raiseGP(selectorError(gate.selector));
  if (!isPresent(gate.code)) core.raiseNP(selectorError(gate.selector));
  if (isConformingCode(gate.code) || dpl === cpl) {
    if (gate.bits === 64) callLongSameLevel(core, gate);
    else callSameLevel(core, gate.bits, gate.selector, gate.code, gate.lo, gate.hi);
    return;
  }
  const { bits } = gate;
  const outer = new PopFrame(core);
  const frame: InnerFrame = innerStack(core, dpl);
  frame.push(bits, core.state.selector(SS), 0);
  frame.push(bits, core.gpr32[RSP * 2]!, core.gpr32[RSP * 2 + 1]!);
  for (let n = gate.parameters - 1; n >= 0; n--) frame.push(bits, outer.peek(bits, n), 0);
  frame.push(bits, core.state.selector(CS), 0);
  frame.push(bits, core.ripLo(), core.ripHi());
  checkTarget(core, gate.code, gate.lo, gate.hi);
  markAccessed(core, gate.code);
  enterStack(core, frame.selector, frame.descriptor);
  enterCode(core, gate.selector, gate.code, dpl, gate.lo, gate.hi);
  setStackPointer(core, frame.size, frame.lo, frame.hi);
  core.segmentsChanged();
}

/** Handles a far transfer to a TSS or a task gate; false where the descriptor is neither. */
function toTask(core: Core, selector: number, descriptor: Descriptor, source: 'jump' | 'call'): boolean {
  const type = typeOf(descriptor);
  const gate = type === TYPE_TASK_GATE;
  const tss = [TYPE_TSS16, TYPE_TSS16_BUSY, TYPE_TSS32, TYPE_TSS32_BUSY].includes(type);
  if ((!gate && !tss) || core.state.isLongModeActive()) return false;
  const dpl = dplOf(descriptor);
  if (dpl < core.state.cpl() || dpl < (selector & SELECTOR_RPL)) core.raiseGP(selectorError(selector));
  if (gate) {
    if (!isPresent(descriptor)) core.raiseNP(selectorError(selector));
    const target = descriptor.lo >>> 16;
    switchTask(core, target, readTaskGate(core, target), source);
    return true;
  }
  // A TSS has its descriptor in the GDT (SDM Vol. 3A, "TSS Descriptor").
  const isBusy = type === TYPE_TSS16_BUSY || type === TYPE_TSS32_BUSY;
  if (isBusy || selector & SELECTOR_TI) core.raiseGP(selectorError(selector));
  if (!isPresent(descriptor)) core.raiseNP(selectorError(selector));
  switchTask(core, selector, descriptor, source);
  return true;
}

/** RET far | CB | (SDM Vol. 2B, "RET—Return from Procedure"). */
export function RET_far(core: Core, insn: Instruction): void {
  returnFar(core, insn.operandSize as Bits, 0);
}

/** RET far imm16 | CA iw | Iw: `imm16` bytes of parameters are released on both stacks. */
export function RET_far_Iw(core: Core, insn: Instruction): void {
  returnFar(core, insn.operandSize as Bits, insn.immediate & 0xffff);
}

function returnFar(core: Core, bits: Bits, release: number): void {
  const frame = new PopFrame(core);
  frame.prove(bits, 2);
  const lo = frame.pop(bits);
  const hi = frame.high;
  const selector = frame.pop(bits) & 0xffff;
  if (isRealOrV86(core)) {
    checkRealTarget(core, lo);
    frame.skip(release);
    frame.commit();
    enterRealCode(core, selector, lo);
    return;
  }
  const code = readReturnCode(core, selector);
  const rpl = selector & SELECTOR_RPL;
  frame.skip(release);
  if (rpl === core.state.cpl()) {
    checkTarget(core, code, lo, hi);
    markAccessed(core, code);
    frame.commit();
    enterCode(core, selector, code, rpl, lo, hi);
    core.segmentsChanged();
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
  enterOuterStack(core, bits, spLo, spHi, release);
  dropInnerSegments(core, rpl);
  core.segmentsChanged();
}

/** The stack pointer of the outer level: as wide as its stack, with the parameters released. */
function enterOuterStack(core: Core, bits: Bits, lo: number, hi: number, release: number): void {
  const size = core.stackSize();
  const sp = (lo + release) | 0;
  const carry = bits === 64 && sp >>> 0 < lo >>> 0 ? 1 : 0;
  setStackPointer(core, size, sp, (hi + carry) | 0);
  if (size === 16) clearUpperStackPointer(core);
}

/** What is left above SP of an inner 64-bit stack pointer does not reach 32-bit code. */
function clearUpperStackPointer(core: Core): void {
  if (core.state.isLongModeActive()) core.gpr32[RSP * 2 + 1] = 0;
}
