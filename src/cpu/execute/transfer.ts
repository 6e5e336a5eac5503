import { isCanonical } from '../../bits/words.ts';
import { TYPE_TSS16 } from '../../isa/descriptors.ts';
import { CS, SS, TR } from '../../isa/registers.ts';
import { VECTOR_GP, VECTOR_TS } from '../../isa/vectors.ts';
import { segmentWord } from '../../state/cpu-state.ts';
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_CPL,
} from '../../state/layout.ts';
import type { Core } from './core.ts';
import {
  cacheSegment,
  type Descriptor,
  dplOf,
  hasReservedCodeSize,
  isCode,
  isConformingCode,
  isLongCode,
  isNull,
  isPresent,
  limitOf,
  markAccessed,
  readDescriptor,
  SELECTOR_RPL,
  selectorError,
} from './descriptor.ts';
import { checkStackSegment, loadNullSegment, loadRealSegment, loadV86Segment } from './segment.ts';
import { InnerFrame } from './stack-frame.ts';

/** What every far transfer shares: the checks of the target, then the loads that cannot fault. */

/** Reads the descriptor for a new CS; null is #GP(0), anything but code #GP(selector). */
export function readCode(core: Core, selector: number, vector = VECTOR_GP): Descriptor {
  if (isNull(selector)) core.raiseWithCode(vector, 0);
  const descriptor = readDescriptor(core, selector, vector);
  if (!isCode(descriptor) || hasReservedCodeSize(core, descriptor)) {
    core.raiseWithCode(vector, selectorError(selector));
  }
  return descriptor;
}

/** Target of a direct far jump or call, and of a gate that does not change the level. */
export function checkDirectCode(core: Core, selector: number, descriptor: Descriptor, rpl: number): void {
  const cpl = core.state.cpl();
  const dpl = dplOf(descriptor);
  const allowed = isConformingCode(descriptor) ? dpl <= cpl : rpl <= cpl && dpl === cpl;
  if (!allowed) core.raiseGP(selectorError(selector));
  if (!isPresent(descriptor)) core.raiseNP(selectorError(selector));
}

/** Target of RET and IRET: the privilege comes from the RPL of the popped selector. */
export function readReturnCode(core: Core, selector: number): Descriptor {
  const descriptor = readCode(core, selector);
  const rpl = selector & SELECTOR_RPL;
  const dpl = dplOf(descriptor);
  const allowed = rpl >= core.state.cpl() && (isConformingCode(descriptor) ? dpl <= rpl : dpl === rpl);
  if (!allowed) core.raiseGP(selectorError(selector));
  if (!isPresent(descriptor)) core.raiseNP(selectorError(selector));
  return descriptor;
}

/** The SS that a return to privilege `cpl` pops; undefined for the null selector that 64-bit code may have. */
export function readReturnStack(
  core: Core,
  selector: number,
  code: Descriptor,
  cpl: number,
): Descriptor | undefined {
  if (isNull(selector)) {
    if (!isLongCode(core, code) || cpl === 3 || (selector & SELECTOR_RPL) !== cpl) core.raiseGP(0);
    return undefined;
  }
  const descriptor = readDescriptor(core, selector, VECTOR_GP);
  checkStackSegment(core, selector, descriptor, VECTOR_GP, cpl);
  return descriptor;
}

/** A target beyond the limit, or not canonical in 64-bit code, is #GP(0) while the old context still stands. */
export function checkTarget(core: Core, descriptor: Descriptor, lo: number, hi: number): void {
  if (isLongCode(core, descriptor)) {
    if (!isCanonical(hi, core.mmu.linearBits)) core.raiseGP(0);
  } else if (hi !== 0 || lo >>> 0 > limitOf(descriptor) >>> 0) core.raiseGP(0);
}

/** In real and virtual-8086 mode the cached limit of CS bounds the target (SDM Vol. 2A, "JMP—Jump"). */
export function checkRealTarget(core: Core, lo: number): void {
  if (lo >>> 0 > core.state.limit(CS) >>> 0) core.raiseGP(0);
}

/** Loads CS with privilege `cpl` and sets RIP. The accessed bit has been set; cannot fault. */
export function enterCode(
  core: Core,
  selector: number,
  descriptor: Descriptor,
  cpl: number,
  ripLo: number,
  ripHi: number,
): void {
  cacheSegment(core, CS, (selector & ~SELECTOR_RPL) | cpl, descriptor);
  core.words[STATE_CPL >> 2] = cpl;
  core.setRip(ripLo, ripHi);
}

/** Loads SS after its checks: a descriptor, or null. */
export function enterStack(core: Core, selector: number, descriptor: Descriptor | undefined): void {
  if (descriptor) cacheSegment(core, SS, selector, descriptor);
  else loadNullSegment(core, SS, selector);
}

/** A far jump, call or return in real or virtual-8086 mode. */
export function enterRealCode(core: Core, selector: number, ripLo: number): void {
  if (core.state.isProtected()) loadV86Segment(core, CS, selector);
  else loadRealSegment(core, CS, selector);
  core.setRip(ripLo, 0);
  core.segmentsChanged();
}

/** Sets the accessed bits of what will be loaded. */
export function markBoth(core: Core, code: Descriptor, stack: Descriptor | undefined): void {
  markAccessed(core, code);
  if (stack) markAccessed(core, stack);
}

/**
 * The stack of an inner level as the TSS has it (SDM Vol. 3A, "Stack Switching", "Stack Switching in IA-32e Mode").
 * Faults are #TS, or #SS where the segment is not present.
 */
export function innerStack(core: Core, cpl: number): InnerFrame {
  if (core.state.isLongModeActive()) {
    const lo = readTaskStack(core, 4 + cpl * 8);
    return new InnerFrame(core, cpl, undefined, lo, core.mmu.high);
  }
  const { mmu, words } = core;
  const wide = ((words[segmentWord(TR, SEGMENT_ATTRIBUTES)]! >> 8) & 13) !== TYPE_TSS16;
  const offset = wide ? 4 + cpl * 8 : 2 + cpl * 4;
  checkTaskLimit(core, offset + (wide ? 5 : 3));
  const address = (words[segmentWord(TR, SEGMENT_BASE)]! + offset) | 0;
  const sp = wide ? mmu.readSystem32(address, 0) : mmu.readSystem16(address, 0);
  const selector = mmu.readSystem16((address + (wide ? 4 : 2)) | 0, 0);
  if (isNull(selector)) core.raiseTS(0);
  const descriptor = readDescriptor(core, selector, VECTOR_TS);
  checkStackSegment(core, selector, descriptor, VECTOR_TS, cpl);
  markAccessed(core, descriptor);
  return new InnerFrame(core, selector, descriptor, sp, 0);
}

/** RSP0-2 or an IST entry of the 64-bit TSS: the low word, the high word in `core.mmu.high`. */
export function readTaskStack(core: Core, offset: number): number {
  checkTaskLimit(core, offset + 7);
  const baseLo = core.state.baseLo(TR);
  const lo = (baseLo + offset) | 0;
  const carry = lo >>> 0 < baseLo >>> 0 ? 1 : 0;
  return core.mmu.readSystem64(lo, (core.state.baseHi(TR) + carry) | 0);
}

function checkTaskLimit(core: Core, last: number): void {
  const { words } = core;
  if (last > words[segmentWord(TR, SEGMENT_LIMIT)]! >>> 0) {
    core.raiseTS(selectorError(words[segmentWord(TR, SEGMENT_SELECTOR)]!));
  }
}

/** An instruction pointer cut to the operand size. */
export function cutTarget(lo: number, bits: 16 | 32 | 64): number {
  return bits === 16 ? lo & 0xffff : lo;
}
