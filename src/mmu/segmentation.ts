import {
  DESC_CODE,
  DESC_DB,
  DESC_EXPAND_DOWN,
  DESC_READABLE,
  DESC_USABLE,
  DESC_WRITABLE,
} from '../isa/descriptors.ts';
import { FS, GS, SS } from '../isa/registers.ts';
import { VECTOR_GP, VECTOR_SS } from '../isa/vectors.ts';
import { type CpuState, segmentWord } from '../state/cpu-state.ts';
import type { GuestFault } from '../state/faults.ts';
import { SEGMENT_ATTRIBUTES, SEGMENT_BASE, SEGMENT_LIMIT } from '../state/layout.ts';

/** What an access through a segment register wants to do. */
export const SegmentAccess = { read: 0, write: 1 } as const;
export type SegmentAccess = (typeof SegmentAccess)[keyof typeof SegmentAccess];

/** What segmentation needs of the processor. `high` receives the high word of the linear address. */
export interface SegmentContext {
  readonly state: CpuState;
  readonly fault: GuestFault;
  readonly mmu: { readonly linearBits: 48 | 57 };
  high: number;
  flatRead: number;
  flatWrite: number;
}

/**
 * Logical to linear (SDM Vol. 3A, "Logical Address Translation in Protected Mode", "Segment Loading Instructions in
 * IA-32e Mode"). Raises #SS(0) for the stack segment and #GP(0) for the others. Answers the low word, leaves the high
 * word in `context.high`.
 */
export function linearAddress(
  context: SegmentContext,
  segment: number,
  lo: number,
  hi: number,
  bytes: number,
  access: SegmentAccess,
): number {
  const { state } = context;
  const words = state.words;
  const slot = segmentWord(segment, SEGMENT_BASE);
  if (state.is64Bit()) {
    let linearHi = hi;
    let linearLo = lo;
    if (segment >= FS) {
      const baseLo = words[slot]!;
      linearLo = (lo + baseLo) | 0;
      linearHi = (hi + words[slot + 1]! + (linearLo >>> 0 < baseLo >>> 0 ? 1 : 0)) | 0;
    }
    const shift = context.mmu.linearBits - 33;
    const lastLo = (linearLo + bytes - 1) | 0;
    const lastHi = (linearHi + (lastLo >>> 0 < linearLo >>> 0 ? 1 : 0)) | 0;
    if (linearHi >> shift !== linearHi >> 31 || lastHi >> shift !== lastHi >> 31) {
      throw context.fault.setWithCode(segment === SS ? VECTOR_SS : VECTOR_GP, 0);
    }
    context.high = linearHi;
    return linearLo;
  }
  const attributes = words[segmentWord(segment, SEGMENT_ATTRIBUTES)]!;
  if (
    !permits(attributes, access, state) ||
    !withinLimit(attributes, words[segmentWord(segment, SEGMENT_LIMIT)]!, lo, bytes)
  ) {
    throw context.fault.setWithCode(segment === SS ? VECTOR_SS : VECTOR_GP, 0);
  }
  context.high = 0;
  return (words[slot]! + lo) | 0;
}

function permits(attributes: number, access: SegmentAccess, state: CpuState): boolean {
  // Real and virtual-8086 mode check the limit alone.
  if (!state.isProtected() || state.isVirtual8086()) return true;
  if ((attributes & DESC_USABLE) === 0) return false;
  if (attributes & DESC_CODE) return access === SegmentAccess.read && (attributes & DESC_READABLE) !== 0;
  return access === SegmentAccess.read || (attributes & DESC_WRITABLE) !== 0;
}

/** SDM Vol. 3A, "Limit Checking". `offset` is unsigned. */
export function withinLimit(attributes: number, limit: number, offset: number, bytes: number): boolean {
  const first = offset >>> 0;
  const last = first + bytes - 1;
  if ((attributes & (DESC_CODE | DESC_EXPAND_DOWN)) === DESC_EXPAND_DOWN) {
    const top = attributes & DESC_DB ? 0xffffffff : 0xffff;
    return first > limit >>> 0 && last <= top;
  }
  return last <= limit >>> 0;
}

function isBased(words: Int32Array, segment: number): boolean {
  const slot = segmentWord(segment, SEGMENT_BASE);
  return (words[slot]! | words[slot + 1]!) !== 0;
}

/** Recomputes the masks of segments whose accesses need neither a base nor a limit. After any change of a segment or of the mode. */
export function updateFlatSegments(context: SegmentContext): void {
  const { state } = context;
  let read = 0;
  let write = 0;
  const words = state.words;
  if (state.is64Bit()) {
    const flat = (isBased(words, FS) ? 0 : 1 << FS) | (isBased(words, GS) ? 0 : 1 << GS) | ((1 << FS) - 1);
    context.flatRead = flat;
    context.flatWrite = flat;
    return;
  }
  for (let segment = 0; segment < 6; segment++) {
    const attributes = words[segmentWord(segment, SEGMENT_ATTRIBUTES)]!;
    const whole =
      words[segmentWord(segment, SEGMENT_LIMIT)] === -1 &&
      (attributes & (DESC_CODE | DESC_EXPAND_DOWN)) !== DESC_EXPAND_DOWN;
    if (!whole || isBased(words, segment)) continue;
    if (permits(attributes, SegmentAccess.read, state)) read |= 1 << segment;
    if (permits(attributes, SegmentAccess.write, state)) write |= 1 << segment;
  }
  context.flatRead = read;
  context.flatWrite = write;
}
