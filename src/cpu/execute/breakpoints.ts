import { CR4_DE, DR7_ENABLES } from '../../isa/control.ts';
import type { WatchedPage } from '../../mmu/watched-pages.ts';
import { STATE_CR4, STATE_DR0, STATE_DR7 } from '../../state/layout.ts';

/** R/W fields of DR7 (SDM Vol. 3B, "Debug Control Register (DR7)"). `BREAK_IO` is undefined while CR4.DE is 0. */
export const BREAK_EXECUTE = 0;
export const BREAK_WRITE = 1;
export const BREAK_IO = 2;
export const BREAK_ACCESS = 3;

const BREAKPOINTS = 4;
/** Bytes by LEN field: 1, 2, 8, 4. */
const LENGTHS = [1, 2, 8, 4] as const;
const PAGE_MASK = -0x1000;

function isEnabled(dr7: number, i: number): boolean {
  return (dr7 & (3 << (i * 2))) !== 0;
}

function conditionOf(dr7: number, i: number): number {
  return (dr7 >> (16 + i * 4)) & 3;
}

function lengthOf(dr7: number, i: number): number {
  return LENGTHS[(dr7 >> (18 + i * 4)) & 3]!;
}

function hasKind(words: Int32Array, kind: number): boolean {
  const dr7 = words[STATE_DR7 >> 2]!;
  for (let i = 0; i < BREAKPOINTS; i++) if (isEnabled(dr7, i) && conditionOf(dr7, i) === kind) return true;
  return false;
}

/** Any breakpoint on instructions is enabled. */
export function hasCodeBreakpoints(words: Int32Array): boolean {
  return (words[STATE_DR7 >> 2]! & DR7_ENABLES) !== 0 && hasKind(words, BREAK_EXECUTE);
}

/** Any breakpoint on ports is enabled: they exist with CR4.DE alone (SDM Vol. 3B, "Debug Registers DR4 and DR5" ff). */
export function hasIoBreakpoints(words: Int32Array): boolean {
  return (words[STATE_CR4 >> 2]! & CR4_DE) !== 0 && hasKind(words, BREAK_IO);
}

/** The pages in which breakpoints on data are enabled. A field is naturally aligned, so it lies in one page. */
export function watchedPages(words: Int32Array): WatchedPage[] {
  const dr7 = words[STATE_DR7 >> 2]!;
  const pages: WatchedPage[] = [];
  if ((dr7 & DR7_ENABLES) === 0) return pages;
  for (let i = 0; i < BREAKPOINTS; i++) {
    const condition = conditionOf(dr7, i);
    if (!isEnabled(dr7, i) || (condition !== BREAK_WRITE && condition !== BREAK_ACCESS)) continue;
    const at = (STATE_DR0 >> 2) + i * 2;
    pages.push({ lo: words[at]! & PAGE_MASK, hi: words[at + 1]!, reads: condition === BREAK_ACCESS });
  }
  return pages;
}

/**
 * DR6 bits B0 to B3 of the enabled breakpoints of one kind that the bytes at linear `hi:lo` (or at a port) touch. One on
 * data or ports covers its naturally aligned field (SDM Vol. 3B, "Breakpoint Field Recognition"); the bytes must lie
 * in one page.
 */
export function matchBreakpoints(
  words: Int32Array,
  kind: number,
  lo: number,
  hi: number,
  bytes: number,
): number {
  const dr7 = words[STATE_DR7 >> 2]!;
  if ((dr7 & DR7_ENABLES) === 0) return 0;
  let matched = 0;
  for (let i = 0; i < BREAKPOINTS; i++) {
    if (!isEnabled(dr7, i)) continue;
    const condition = conditionOf(dr7, i);
    const wanted = condition === kind || (condition === BREAK_ACCESS && kind === BREAK_WRITE);
    if (!wanted) continue;
    const length = kind === BREAK_EXECUTE ? 1 : lengthOf(dr7, i);
    const fieldLo = words[(STATE_DR0 >> 2) + i * 2]! & -length;
    if (words[(STATE_DR0 >> 2) + i * 2 + 1] !== hi) continue;
    const distance = (lo >>> 0) - (fieldLo >>> 0);
    if (distance < length && distance > -bytes) matched |= 1 << i;
  }
  return matched;
}
