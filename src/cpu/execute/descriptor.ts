import {
  DESC_ACCESSED,
  DESC_ATTRIBUTES,
  DESC_CODE,
  DESC_CONFORMING,
  DESC_DB,
  DESC_DPL_SHIFT,
  DESC_G,
  DESC_L,
  DESC_P,
  DESC_S,
  DESC_TYPE_SHIFT,
  DESC_USABLE,
  DESC_WRITABLE,
} from '../../isa/descriptors.ts';
import { LDTR } from '../../isa/registers.ts';
import { segmentWord } from '../../state/cpu-state.ts';
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_GDTR,
} from '../../state/layout.ts';
import type { Core } from './core.ts';

/** The low two bits of a selector are its RPL, the third chooses the LDT. */
export const SELECTOR_RPL = 3;
export const SELECTOR_TI = 4;

export function isNull(selector: number): boolean {
  return (selector & 0xfffc) === 0;
}

/** What a fault about `selector` carries (SDM Vol. 3A, "Error Code"). */
export function selectorError(selector: number): number {
  return selector & 0xfffc;
}

/** A descriptor as it lies in its table (SDM Vol. 3A, "Segment Descriptors"), and where it lies. */
export interface Descriptor {
  readonly lo: number;
  readonly hi: number;
  /** The second half of a 16-byte system descriptor of IA-32e mode; 0 where there is none. */
  readonly upperLo: number;
  readonly upperHi: number;
  readonly addressLo: number;
  readonly addressHi: number;
}

/** Reads the descriptor that `selector` names; raises `vector`(selector) when it lies beyond its table. */
export function readDescriptor(core: Core, selector: number, vector: number): Descriptor {
  return findDescriptor(core, selector) ?? core.raiseWithCode(vector, selectorError(selector));
}

/** The same for LAR, LSL, VERR and VERW, which answer instead of faulting. */
export function findDescriptor(core: Core, selector: number): Descriptor | undefined {
  const offset = selector & 0xfff8;
  const { words } = core;
  let baseWord: number;
  let limit: number;
  if (selector & SELECTOR_TI) {
    if ((words[segmentWord(LDTR, SEGMENT_ATTRIBUTES)]! & DESC_USABLE) === 0) return undefined;
    baseWord = segmentWord(LDTR, SEGMENT_BASE);
    limit = words[segmentWord(LDTR, SEGMENT_LIMIT)]! >>> 0;
  } else {
    baseWord = STATE_GDTR >> 2;
    limit = words[(STATE_GDTR + 8) >> 2]! & 0xffff;
  }
  if (offset + 7 > limit) return undefined;
  const baseLo = words[baseWord]!;
  const addressLo = (baseLo + offset) | 0;
  const long = core.state.isLongModeActive();
  const addressHi = long ? (words[baseWord + 1]! + (addressLo >>> 0 < baseLo >>> 0 ? 1 : 0)) | 0 : 0;
  const lo = core.mmu.readSystem64(addressLo, addressHi);
  const hi = core.mmu.high;
  if (!long || hi & DESC_S) return { lo, hi, upperLo: 0, upperHi: 0, addressLo, addressHi };
  // System descriptors are 16 bytes in IA-32e mode (SDM Vol. 3A, "Segment Descriptor Tables in IA-32e Mode").
  if (offset + 15 > limit) return undefined;
  const nextLo = (addressLo + 8) | 0;
  const nextHi = (addressHi + (nextLo >>> 0 < addressLo >>> 0 ? 1 : 0)) | 0;
  const upperLo = core.mmu.readSystem64(nextLo, nextHi);
  return { lo, hi, upperLo, upperHi: core.mmu.high, addressLo, addressHi };
}

export function typeOf(descriptor: Descriptor): number {
  return (descriptor.hi >> DESC_TYPE_SHIFT) & 15;
}

export function dplOf(descriptor: Descriptor): number {
  return (descriptor.hi >> DESC_DPL_SHIFT) & 3;
}

export function isPresent(descriptor: Descriptor): boolean {
  return (descriptor.hi & DESC_P) !== 0;
}

export function isCode(descriptor: Descriptor): boolean {
  return (descriptor.hi & (DESC_S | DESC_CODE)) === (DESC_S | DESC_CODE);
}

export function isConformingCode(descriptor: Descriptor): boolean {
  return isCode(descriptor) && (descriptor.hi & DESC_CONFORMING) !== 0;
}

export function isWritableData(descriptor: Descriptor): boolean {
  return (descriptor.hi & (DESC_S | DESC_CODE | DESC_WRITABLE)) === (DESC_S | DESC_WRITABLE);
}

/** 64-bit code: IA-32e mode and L. */
export function isLongCode(core: Core, descriptor: Descriptor): boolean {
  return core.state.isLongModeActive() && (descriptor.hi & DESC_L) !== 0;
}

/** L and D both set is reserved in IA-32e mode (SDM Vol. 3A, "Segment Descriptors"). */
export function hasReservedCodeSize(core: Core, descriptor: Descriptor): boolean {
  return core.state.isLongModeActive() && (descriptor.hi & (DESC_L | DESC_DB)) === (DESC_L | DESC_DB);
}

export function baseOf(descriptor: Descriptor): number {
  return (descriptor.lo >>> 16) | ((descriptor.hi & 0xff) << 16) | (descriptor.hi & (0xff << 24));
}

/** In bytes, granularity applied; a signed word. */
export function limitOf(descriptor: Descriptor): number {
  const raw = (descriptor.lo & 0xffff) | (descriptor.hi & 0xf0000);
  return descriptor.hi & DESC_G ? (raw << 12) | 0xfff : raw;
}

/** Sets the accessed bit in the table if it is clear; may raise #PF, so it comes before anything is committed. */
export function markAccessed(core: Core, descriptor: Descriptor): void {
  if ((descriptor.hi & DESC_ACCESSED) === 0) writeHigh(core, descriptor, descriptor.hi | DESC_ACCESSED);
}

/** Rewrites the attribute word of a descriptor in its table. */
export function writeHigh(core: Core, descriptor: Descriptor, hi: number): void {
  const lo = (descriptor.addressLo + 4) | 0;
  const carry = lo >>> 0 < descriptor.addressLo >>> 0 ? 1 : 0;
  core.mmu.writeSystem32(lo, (descriptor.addressHi + carry) | 0, hi);
}

/** Loads the hidden part of a code or data segment register. The descriptor has passed its checks; cannot fault. */
export function cacheSegment(core: Core, segment: number, selector: number, descriptor: Descriptor): void {
  const attributes = (descriptor.hi & DESC_ATTRIBUTES) | DESC_ACCESSED | DESC_USABLE;
  setSegment(core, segment, selector, baseOf(descriptor), 0, limitOf(descriptor), attributes);
}

/** The same for LDTR and TR, whose base has 64 bits in IA-32e mode. */
export function cacheSystemSegment(
  core: Core,
  segment: number,
  selector: number,
  descriptor: Descriptor,
): void {
  const attributes = (descriptor.hi & DESC_ATTRIBUTES) | DESC_USABLE;
  setSegment(
    core,
    segment,
    selector,
    baseOf(descriptor),
    descriptor.upperLo,
    limitOf(descriptor),
    attributes,
  );
}

export function setSegment(
  core: Core,
  segment: number,
  selector: number,
  baseLo: number,
  baseHi: number,
  limit: number,
  attributes: number,
): void {
  const { words } = core;
  words[segmentWord(segment, SEGMENT_SELECTOR)] = selector & 0xffff;
  words[segmentWord(segment, SEGMENT_BASE)] = baseLo;
  words[segmentWord(segment, SEGMENT_BASE) + 1] = baseHi;
  words[segmentWord(segment, SEGMENT_LIMIT)] = limit;
  words[segmentWord(segment, SEGMENT_ATTRIBUTES)] = attributes;
}
