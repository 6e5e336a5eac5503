import {
  DESC_ACCESSED,
  DESC_CODE,
  DESC_CONFORMING,
  DESC_DB,
  DESC_DPL_SHIFT,
  DESC_P,
  DESC_READABLE,
  DESC_S,
  DESC_USABLE,
  DESC_WRITABLE,
} from '../../isa/descriptors.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { CS, DS, ES, FS, GS, SS } from '../../isa/registers.ts';
import { VECTOR_GP } from '../../isa/vectors.ts';
import { segmentWord } from '../../state/cpu-state.ts';
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_CPL,
} from '../../state/layout.ts';
import { type Core, PENDING_SHADOW_SS } from './core.ts';
import {
  cacheSegment,
  type Descriptor,
  dplOf,
  isConformingCode,
  isNull,
  isPresent,
  isWritableData,
  markAccessed,
  readDescriptor,
  SELECTOR_RPL,
  selectorError,
  setSegment,
} from './descriptor.ts';
import { effectiveAddress, loadEw, storeEw, storeGd, storeGq } from './operand.ts';

/** Attributes of a segment register that real mode or virtual-8086 mode loaded. */
const ATTRIBUTES_8086 = (3 << 8) | DESC_S | DESC_P | DESC_USABLE;
const ATTRIBUTES_V86 = ATTRIBUTES_8086 | (3 << DESC_DPL_SHIFT);

/** True where a selector is a paragraph number. */
export function isRealOrV86(core: Core): boolean {
  return !core.state.isProtected() || core.state.isVirtual8086();
}

/** SDM Vol. 3A, "8086 Emulation". Real mode keeps the cached limit, which is what makes unreal mode. CS as well. */
export function loadRealSegment(core: Core, segment: number, selector: number): void {
  const limit = core.words[segmentWord(segment, SEGMENT_LIMIT)]!;
  setSegment(core, segment, selector, (selector & 0xffff) << 4, 0, limit, ATTRIBUTES_8086);
}

/** SDM Vol. 3B, "Virtual-8086 Mode". */
export function loadV86Segment(core: Core, segment: number, selector: number): void {
  setSegment(core, segment, selector, (selector & 0xffff) << 4, 0, 0xffff, ATTRIBUTES_V86);
}

/** Makes a segment register null. AMD's before Zen 2 keep the base of FS and GS, which 64-bit code can see. */
export function loadNullSegment(core: Core, segment: number, selector: number): void {
  const { words } = core;
  words[segmentWord(segment, SEGMENT_SELECTOR)] = selector & 0xffff;
  // SS keeps its privilege and, in 64-bit mode, is a stack segment like any other.
  words[segmentWord(segment, SEGMENT_ATTRIBUTES)] = segment === SS ? (selector & 3) << DESC_DPL_SHIFT : 0;
  if (segment >= FS && !core.model.nullClearsBase && core.state.isLongModeActive()) return;
  words[segmentWord(segment, SEGMENT_BASE)] = 0;
  words[segmentWord(segment, SEGMENT_BASE) + 1] = 0;
  words[segmentWord(segment, SEGMENT_LIMIT)] = 0;
}

/**
 * Loads ES, SS, DS, FS or GS in any mode (SDM Vol. 2B, "MOV—Move", "Loading a segment register"). A load of SS
 * inhibits interrupts and debug traps until after the next instruction.
 */
export function loadSegmentRegister(core: Core, segment: number, selector: number): void {
  if (!core.state.isProtected()) loadRealSegment(core, segment, selector);
  else if (core.state.isVirtual8086()) loadV86Segment(core, segment, selector);
  else if (segment === SS) loadProtectedStack(core, selector);
  else if (isNull(selector)) loadNullSegment(core, segment, selector);
  else {
    const descriptor = readDescriptor(core, selector, VECTOR_GP);
    checkDataSegment(core, selector, descriptor, VECTOR_GP, core.state.cpl());
    if (!isPresent(descriptor)) core.raiseNP(selectorError(selector));
    markAccessed(core, descriptor);
    cacheSegment(core, segment, selector, descriptor);
  }
  if (segment === SS) {
    core.pending |= PENDING_SHADOW_SS;
    core.endBlock();
  }
  core.dataSegmentChanged();
}

function loadProtectedStack(core: Core, selector: number): void {
  const cpl = core.state.cpl();
  if (isNull(selector)) {
    if (!core.state.is64Bit() || cpl === 3 || (selector & SELECTOR_RPL) !== cpl) core.raiseGP(0);
    loadNullSegment(core, SS, selector);
    return;
  }
  const descriptor = readDescriptor(core, selector, VECTOR_GP);
  checkStackSegment(core, selector, descriptor, VECTOR_GP, cpl);
  markAccessed(core, descriptor);
  cacheSegment(core, SS, selector, descriptor);
}

/** The checks of a non-null selector for SS at privilege `cpl`; `vector` is #GP, or #TS on a task or stack switch. */
export function checkStackSegment(
  core: Core,
  selector: number,
  descriptor: Descriptor,
  vector: number,
  cpl: number,
): void {
  if ((selector & SELECTOR_RPL) !== cpl || dplOf(descriptor) !== cpl || !isWritableData(descriptor)) {
    core.raiseWithCode(vector, selectorError(selector));
  }
  if (!isPresent(descriptor)) core.raiseSS(selectorError(selector));
}

/** The checks of a non-null selector for DS, ES, FS or GS, without the present bit. */
export function checkDataSegment(
  core: Core,
  selector: number,
  descriptor: Descriptor,
  vector: number,
  cpl: number,
): void {
  const { hi } = descriptor;
  const readable = (hi & DESC_CODE) === 0 || (hi & DESC_READABLE) !== 0;
  if ((hi & DESC_S) === 0 || !readable) core.raiseWithCode(vector, selectorError(selector));
  if (isConformingCode(descriptor)) return;
  const dpl = dplOf(descriptor);
  if (dpl < cpl || dpl < (selector & SELECTOR_RPL)) core.raiseWithCode(vector, selectorError(selector));
}

/** On a return to an outer level: segments it may not have become null (SDM Vol. 2B, "RET", "IRET"). */
export function dropInnerSegments(core: Core, cpl: number): void {
  for (const segment of [ES, DS, FS, GS]) {
    const attributes = core.state.attributes(segment);
    if ((attributes & DESC_USABLE) === 0) continue;
    const conforming = (attributes & (DESC_CODE | DESC_CONFORMING)) === (DESC_CODE | DESC_CONFORMING);
    if (!conforming && ((attributes >> DESC_DPL_SHIFT) & 3) < cpl) loadNullSegment(core, segment, 0);
  }
}

/** A flat code segment as SYSCALL, SYSENTER and their returns make it, with CPL. */
export function loadFlatCode(core: Core, selector: number, cpl: number, long: boolean): void {
  const size = long ? 1 << 21 : DESC_DB;
  const attributes = (cpl << DESC_DPL_SHIFT) | (0xb << 8) | DESC_S | DESC_P | DESC_USABLE | size | (1 << 23);
  setSegment(core, CS, selector, 0, 0, -1, attributes);
  core.words[STATE_CPL >> 2] = cpl;
}

/** A flat stack segment as SYSCALL, SYSENTER and their returns make it. */
export function loadFlatStack(core: Core, selector: number, cpl: number): void {
  const attributes =
    (cpl << DESC_DPL_SHIFT) |
    DESC_ACCESSED |
    DESC_WRITABLE |
    DESC_S |
    DESC_P |
    DESC_USABLE |
    DESC_DB |
    (1 << 23);
  setSegment(core, SS, selector, 0, 0, -1, attributes);
}

// Handlers.

/** MOV r/m16, Sreg | 8C /r | Ew,Sw (SDM Vol. 2B, "MOV—Move"). */
export function MOV_Ew_Sw(core: Core, insn: Instruction): void {
  storeEw(core, insn, readSegmentRegister(core, insn));
}

/** MOV r32/m16, Sreg: a register is zero-extended, memory gets 16 bits. */
export function MOV_Ed_Sw(core: Core, insn: Instruction): void {
  const selector = readSegmentRegister(core, insn);
  if (insn.isMemory) {
    storeEw(core, insn, selector);
    return;
  }
  core.gpr32[insn.rm * 2] = selector;
  core.gpr32[insn.rm * 2 + 1] = 0;
}

export const MOV_Eq_Sw = MOV_Ed_Sw;

function readSegmentRegister(core: Core, insn: Instruction): number {
  if (insn.reg > GS) core.raiseUD();
  return core.state.selector(insn.reg);
}

/** MOV Sreg, r/m16 | 8E /r | Sw,Ew. CS is #UD. */
export function MOV_Sw_Ew(core: Core, insn: Instruction): void {
  if (insn.reg === CS || insn.reg > GS) core.raiseUD();
  loadSegmentRegister(core, insn.reg, loadEw(core, insn));
}

/** LDS/LES/LFS/LGS/LSS r16, m16:16 (SDM Vol. 2A, "LDS/LES/LFS/LGS/LSS—Load Far Pointer"). */
function loadFarPointer16(core: Core, insn: Instruction, segment: number): void {
  if (!insn.isMemory) core.raiseUD();
  const lo = effectiveAddress(core, insn);
  const hi = core.high;
  const offset = core.load16(insn.segment, lo, hi);
  const selector = loadSelectorAt(core, insn, lo, hi, 2);
  loadWithoutShadow(core, segment, selector);
  core.gpr16[insn.reg * 4] = offset;
}

function loadFarPointer32(core: Core, insn: Instruction, segment: number): void {
  if (!insn.isMemory) core.raiseUD();
  const lo = effectiveAddress(core, insn);
  const hi = core.high;
  const offset = core.load32(insn.segment, lo, hi);
  const selector = loadSelectorAt(core, insn, lo, hi, 4);
  loadWithoutShadow(core, segment, selector);
  storeGd(core, insn, offset);
}

/** m16:64 is Intel's; AMD's processors ignore REX.W (APM Vol. 3, "LDS LES LFS LGS LSS") and load m16:32. */
function loadFarPointer64(core: Core, insn: Instruction, segment: number): void {
  if (core.model.vendor === 'amd') {
    loadFarPointer32(core, insn, segment);
    return;
  }
  if (!insn.isMemory) core.raiseUD();
  const lo = effectiveAddress(core, insn);
  const hi = core.high;
  const offsetLo = core.load64(insn.segment, lo, hi);
  const offsetHi = core.high;
  const selector = loadSelectorAt(core, insn, lo, hi, 8);
  loadWithoutShadow(core, segment, selector);
  storeGq(core, insn, offsetLo, offsetHi);
}

/** The selector of a far pointer in memory, `behind` bytes after its offset; addresses wrap at the address size. */
export function loadSelectorAt(
  core: Core,
  insn: Instruction,
  lo: number,
  hi: number,
  behind: number,
): number {
  let at = (lo + behind) | 0;
  if (insn.addressSize === 16) at &= 0xffff;
  const carry = insn.addressSize === 64 && at >>> 0 < lo >>> 0 ? 1 : 0;
  return core.load16(insn.segment, at, (hi + carry) | 0);
}

/** LSS loads SS together with ESP, so it inhibits nothing. */
function loadWithoutShadow(core: Core, segment: number, selector: number): void {
  const shadow = core.pending & PENDING_SHADOW_SS;
  loadSegmentRegister(core, segment, selector);
  core.pending = (core.pending & ~PENDING_SHADOW_SS) | shadow;
}

export const LES_Gw_Mp = (core: Core, insn: Instruction): void => loadFarPointer16(core, insn, ES);
export const LES_Gd_Mp = (core: Core, insn: Instruction): void => loadFarPointer32(core, insn, ES);
export const LDS_Gw_Mp = (core: Core, insn: Instruction): void => loadFarPointer16(core, insn, DS);
export const LDS_Gd_Mp = (core: Core, insn: Instruction): void => loadFarPointer32(core, insn, DS);
export const LSS_Gw_Mp = (core: Core, insn: Instruction): void => loadFarPointer16(core, insn, SS);
export const LSS_Gd_Mp = (core: Core, insn: Instruction): void => loadFarPointer32(core, insn, SS);
export const LSS_Gq_Mp = (core: Core, insn: Instruction): void => loadFarPointer64(core, insn, SS);
export const LFS_Gw_Mp = (core: Core, insn: Instruction): void => loadFarPointer16(core, insn, FS);
export const LFS_Gd_Mp = (core: Core, insn: Instruction): void => loadFarPointer32(core, insn, FS);
export const LFS_Gq_Mp = (core: Core, insn: Instruction): void => loadFarPointer64(core, insn, FS);
export const LGS_Gw_Mp = (core: Core, insn: Instruction): void => loadFarPointer16(core, insn, GS);
export const LGS_Gd_Mp = (core: Core, insn: Instruction): void => loadFarPointer32(core, insn, GS);
export const LGS_Gq_Mp = (core: Core, insn: Instruction): void => loadFarPointer64(core, insn, GS);
