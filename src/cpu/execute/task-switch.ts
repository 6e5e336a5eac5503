import { CR0_PG, CR0_TS, CR4_PAE, DR6_BT } from '../../isa/control.ts';
import {
  DESC_S,
  TYPE_LDT,
  TYPE_TSS16,
  TYPE_TSS16_BUSY,
  TYPE_TSS32,
  TYPE_TSS32_BUSY,
} from '../../isa/descriptors.ts';
import { CS, DS, ES, FS, GS, LDTR, SS, TR } from '../../isa/registers.ts';
import { RFLAGS_NT, RFLAGS_VM } from '../../isa/rflags.ts';
import { VECTOR_GP, VECTOR_TS } from '../../isa/vectors.ts';
import { RIP_LO, segmentWord } from '../../state/cpu-state.ts';
import {
  SEGMENT_SELECTOR,
  STATE_CPL,
  STATE_CR0,
  STATE_CR3,
  STATE_CR4,
  STATE_DR7,
} from '../../state/layout.ts';
import { type Core, PENDING_DEBUG_TRAP } from './core.ts';
import {
  baseOf,
  cacheSegment,
  cacheSystemSegment,
  type Descriptor,
  dplOf,
  findDescriptor,
  isCode,
  isConformingCode,
  isNull,
  isPresent,
  limitOf,
  markAccessed,
  readDescriptor,
  SELECTOR_RPL,
  SELECTOR_TI,
  selectorError,
  setSegment,
  typeOf,
  writeHigh,
} from './descriptor.ts';
import { checkDataSegment, checkStackSegment, loadNullSegment, loadV86Segment } from './segment.ts';
import { PushFrame } from './stack-frame.ts';
import { TSS_BUSY } from './system-segment.ts';

/** What starts a task switch (SDM Vol. 3A, "Task Switching"). */
export type TaskSource = 'jump' | 'call' | 'iret' | 'event';

/** Places in the 32-bit TSS (SDM Vol. 3A, "Task-State Segment (TSS)") and the 16-bit one ("16-Bit Task-State Segment"). */
interface TaskLayout {
  readonly wide: boolean;
  readonly lastByte: number;
  readonly ip: number;
  readonly flags: number;
  readonly general: number;
  readonly segments: number;
  readonly segmentCount: number;
  readonly ldt: number;
}

// biome-ignore format: two rows.
const LAYOUT32: TaskLayout = { wide: true,  lastByte: 0x67, ip: 0x20, flags: 0x24, general: 0x28, segments: 0x48, segmentCount: 6, ldt: 0x60 };
// biome-ignore format: two rows.
const LAYOUT16: TaskLayout = { wide: false, lastByte: 0x2b, ip: 0x0e, flags: 0x10, general: 0x12, segments: 0x22, segmentCount: 4, ldt: 0x2a };
const TSS32_CR3 = 0x1c;
const TSS32_TRAP = 0x64;

/** What a TSS loads into the processor. */
interface TaskImage {
  readonly cr3: number;
  readonly ip: number;
  readonly flags: number;
  readonly general: readonly number[];
  /** ES CS SS DS FS GS. */
  readonly segments: readonly number[];
  readonly ldt: number;
  readonly trap: boolean;
}

/** The TSS that a task gate names: #GP(selector) unless it is an available one, #NP(selector) unless present. */
export function readTaskGate(core: Core, selector: number): Descriptor {
  if (selector & SELECTOR_TI || isNull(selector)) core.raiseGP(selectorError(selector));
  const descriptor = readDescriptor(core, selector, VECTOR_GP);
  const type = typeOf(descriptor);
  if (descriptor.hi & DESC_S || (type !== TYPE_TSS16 && type !== TYPE_TSS32))
    core.raiseGP(selectorError(selector));
  if (!isPresent(descriptor)) core.raiseNP(selectorError(selector));
  return descriptor;
}

/** IRET with NT: back to the task that the back link of the current TSS names. */
export function returnToLinkedTask(core: Core): void {
  const selector = core.mmu.readSystem16(core.state.baseLo(TR), 0);
  if (selector & SELECTOR_TI || isNull(selector)) core.raiseTS(selectorError(selector));
  const descriptor = readDescriptor(core, selector, VECTOR_TS);
  const type = typeOf(descriptor);
  const busy = (descriptor.hi & DESC_S) === 0 && (type === TYPE_TSS16_BUSY || type === TYPE_TSS32_BUSY);
  if (!busy) core.raiseTS(selectorError(selector));
  if (!isPresent(descriptor)) core.raiseNP(selectorError(selector));
  switchTask(core, selector, descriptor, 'iret');
}

/**
 * Switches to the task of `descriptor`, which is present and of the right type. RIP is what the old task resumes at.
 * Everything that can fault in the old task's context comes first; then the new state is loaded as a whole, and its
 * segments are checked in the new task's context: those faults leave `core.fault.keepRip` set.
 */
export function switchTask(core: Core, selector: number, descriptor: Descriptor, source: TaskSource): void {
  const layout = (descriptor.hi >> 8) & 8 ? LAYOUT32 : LAYOUT16;
  if (limitOf(descriptor) >>> 0 < layout.lastByte) core.raiseTS(selectorError(selector));
  const { mmu, words } = core;
  const base = baseOf(descriptor);
  const nested = source === 'call' || source === 'event';
  readTask(core, base, layout); // What cannot be read faults before anything is written.
  const oldSelector = words[segmentWord(TR, SEGMENT_SELECTOR)]!;
  const oldDescriptor = findDescriptor(core, oldSelector);

  // Still the old task: memory that a fault here leaves half-written is written again by the next attempt.
  saveTask(core, source);
  // Behind it: both tasks may be one TSS with two descriptors (SDM Vol. 3A, "Task Switching": first saved, then loaded).
  const image = readTask(core, base, layout);
  if (nested) mmu.writeSystem16(base, 0, oldSelector);
  if (!nested && oldDescriptor && oldSelector !== selector) {
    writeHigh(core, oldDescriptor, oldDescriptor.hi & ~TSS_BUSY);
  }
  if (source !== 'iret') writeHigh(core, descriptor, descriptor.hi | TSS_BUSY);

  // The commit point.
  cacheSystemSegment(core, TR, selector, { ...descriptor, hi: descriptor.hi | TSS_BUSY });
  words[STATE_CR0 >> 2] = words[STATE_CR0 >> 2]! | CR0_TS;
  words[STATE_DR7 >> 2] = words[STATE_DR7 >> 2]! & ~0x155;
  try {
    loadTask(core, image, layout, nested);
  } catch (thrown) {
    if (thrown === core.fault) core.fault.keepRip = true;
    core.segmentsChanged();
    core.breakpointsChanged();
    throw thrown;
  }
  core.segmentsChanged();
  core.breakpointsChanged();
  if (image.trap) {
    core.debugTrap |= DR6_BT;
    core.pending |= PENDING_DEBUG_TRAP;
  }
}

/** The error code of the exception that switched tasks goes onto the new task's stack. */
export function pushTaskErrorCode(core: Core, errorCode: number): void {
  const wide = (core.state.attributes(TR) >> 8) & 8;
  try {
    const frame = new PushFrame(core);
    frame.push(wide ? 32 : 16, errorCode, 0);
    frame.commit();
  } catch (thrown) {
    if (thrown === core.fault) core.fault.keepRip = true;
    throw thrown;
  }
}

function readTask(core: Core, base: number, layout: TaskLayout): TaskImage {
  const { mmu } = core;
  const word = (offset: number) => mmu.readSystem16((base + offset) | 0, 0);
  const long = (offset: number) => mmu.readSystem32((base + offset) | 0, 0);
  const step = layout.wide ? 4 : 2;
  const field = layout.wide ? long : (offset: number) => word(offset) | (0xffff0000 | 0);
  const segments = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < layout.segmentCount; i++) segments[i] = word(layout.segments + i * step);
  return {
    cr3: layout.wide ? long(TSS32_CR3) : 0,
    ip: layout.wide ? long(layout.ip) : word(layout.ip),
    flags: layout.wide ? long(layout.flags) : word(layout.flags),
    general: [0, 1, 2, 3, 4, 5, 6, 7].map((i) => field(layout.general + i * step)),
    segments,
    ldt: word(layout.ldt),
    trap: layout.wide && (word(TSS32_TRAP) & 1) !== 0,
  };
}

/** Writes the dynamic fields of the current TSS (SDM Vol. 3A, "Task-State Segment (TSS)"). */
function saveTask(core: Core, source: TaskSource): void {
  const { mmu, words, state } = core;
  const layout = (state.attributes(TR) >> 8) & 8 ? LAYOUT32 : LAYOUT16;
  const base = state.baseLo(TR);
  if (state.limit(TR) >>> 0 < layout.lastByte - (layout.wide ? 8 : 2))
    core.raiseTS(selectorError(state.selector(TR)));
  const step = layout.wide ? 4 : 2;
  const store = (offset: number, value: number) => {
    if (layout.wide) mmu.writeSystem32((base + offset) | 0, 0, value);
    else mmu.writeSystem16((base + offset) | 0, 0, value & 0xffff);
  };
  let flags = core.flags.read();
  if (source === 'iret') flags &= ~RFLAGS_NT;
  store(layout.ip, words[RIP_LO]!);
  store(layout.flags, flags);
  for (let i = 0; i < 8; i++) store(layout.general + i * step, core.gpr32[i * 2]!);
  for (let i = 0; i < layout.segmentCount; i++) {
    mmu.writeSystem16((base + layout.segments + i * step) | 0, 0, state.selector(i));
  }
}

function loadTask(core: Core, image: TaskImage, layout: TaskLayout, nested: boolean): void {
  const { words, gpr32 } = core;
  core.setRip(image.ip, 0);
  core.flags.write(nested ? image.flags | RFLAGS_NT : image.flags);
  for (const [i, value] of image.general.entries()) {
    gpr32[i * 2] = value;
    gpr32[i * 2 + 1] = 0;
  }
  const v86 = (image.flags & RFLAGS_VM) !== 0;
  // All selectors are there before the first descriptor is looked at.
  for (const [segment, selector] of image.segments.entries()) {
    if (v86) loadV86Segment(core, segment, selector);
    else setSegment(core, segment, selector, 0, 0, 0, 0);
  }
  setSegment(core, LDTR, image.ldt, 0, 0, 0, 0);
  const cpl = v86 ? 3 : image.segments[CS]! & SELECTOR_RPL;
  words[STATE_CPL >> 2] = cpl;
  if (layout.wide && words[STATE_CR0 >> 2]! & CR0_PG) {
    if (words[STATE_CR4 >> 2]! & CR4_PAE) core.mmu.loadPdptes(image.cr3, 0);
    core.mmu.loadCr3(image.cr3, 0, false);
    core.observer.onControlWrite?.('cr3', words[STATE_CR3 >> 2]!, 0);
  }
  core.mmu.updateMode();
  loadTaskLdt(core, image.ldt);
  if (v86) {
    checkTaskTarget(core);
    return;
  }
  loadTaskStack(core, image.segments[SS]!, cpl);
  loadTaskCode(core, image.segments[CS]!, cpl);
  for (const segment of [ES, DS, FS, GS]) loadTaskData(core, segment, image.segments[segment]!, cpl);
  checkTaskTarget(core);
}

function loadTaskLdt(core: Core, selector: number): void {
  if (isNull(selector)) return;
  const descriptor = selector & SELECTOR_TI ? undefined : findDescriptor(core, selector);
  const valid = descriptor && (descriptor.hi & DESC_S) === 0 && typeOf(descriptor) === TYPE_LDT;
  if (!valid || !isPresent(descriptor)) core.raiseTS(selectorError(selector));
  cacheSystemSegment(core, LDTR, selector, descriptor);
}

function loadTaskStack(core: Core, selector: number, cpl: number): void {
  if (isNull(selector)) core.raiseTS(selectorError(selector));
  const descriptor = readDescriptor(core, selector, VECTOR_TS);
  checkStackSegment(core, selector, descriptor, VECTOR_TS, cpl);
  markAccessed(core, descriptor);
  cacheSegment(core, SS, selector, descriptor);
}

function loadTaskCode(core: Core, selector: number, cpl: number): void {
  if (isNull(selector)) core.raiseTS(0);
  const descriptor = readDescriptor(core, selector, VECTOR_TS);
  const dpl = dplOf(descriptor);
  const allowed = isCode(descriptor) && (isConformingCode(descriptor) ? dpl <= cpl : dpl === cpl);
  if (!allowed) core.raiseTS(selectorError(selector));
  if (!isPresent(descriptor)) core.raiseNP(selectorError(selector));
  markAccessed(core, descriptor);
  cacheSegment(core, CS, selector, descriptor);
}

function loadTaskData(core: Core, segment: number, selector: number, cpl: number): void {
  if (isNull(selector)) {
    loadNullSegment(core, segment, selector);
    return;
  }
  const descriptor = readDescriptor(core, selector, VECTOR_TS);
  checkDataSegment(core, selector, descriptor, VECTOR_TS, cpl);
  if (!isPresent(descriptor)) core.raiseNP(selectorError(selector));
  markAccessed(core, descriptor);
  cacheSegment(core, segment, selector, descriptor);
}

function checkTaskTarget(core: Core): void {
  if (core.ripLo() >>> 0 > core.state.limit(CS) >>> 0) core.raiseGP(0);
}
