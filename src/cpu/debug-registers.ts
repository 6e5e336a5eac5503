import { DR7_ENABLES } from '../isa/control.ts';
import { CS } from '../isa/registers.ts';
import { STATE_DR0, STATE_DR7 } from '../state/layout.ts';
import type { Core } from './execute/core.ts';

/** R/W fields of DR7 (SDM Vol. 3B, "Debug Control Register (DR7)"). 2 is I/O where CR4.DE is 1. */
export const BREAK_EXECUTE = 0;
export const BREAK_WRITE = 1;
export const BREAK_ACCESS = 3;

/** Bytes by LEN field: 1, 2, 8, 4. */
const LENGTHS = [1, 2, 8, 4] as const;

/**
 * DR6 bits B0 to B3 of the enabled breakpoints of one kind that the bytes at linear `hi:lo` touch. A breakpoint on
 * data covers its naturally aligned field (SDM Vol. 3B, "Breakpoint Field Recognition").
 */
export function matchBreakpoints(core: Core, kind: number, lo: number, hi: number, bytes: number): number {
  const { words } = core;
  const dr7 = words[STATE_DR7 >> 2]!;
  if ((dr7 & DR7_ENABLES) === 0) return 0;
  let matched = 0;
  for (let i = 0; i < 4; i++) {
    if ((dr7 & (3 << (i * 2))) === 0) continue;
    const condition = (dr7 >> (16 + i * 4)) & 3;
    const wanted = condition === kind || (condition === BREAK_ACCESS && kind === BREAK_WRITE);
    if (!wanted) continue;
    const length = kind === BREAK_EXECUTE ? 1 : LENGTHS[(dr7 >> (18 + i * 4)) & 3]!;
    const fieldLo = words[(STATE_DR0 >> 2) + i * 2]! & -length;
    if (words[(STATE_DR0 >> 2) + i * 2 + 1] !== hi) continue;
    const distance = (lo >>> 0) - (fieldLo >>> 0);
    if (distance < length && distance > -bytes) matched |= 1 << i;
  }
  return matched;
}

/** Those that the instruction at CS:RIP meets: only its first byte counts. */
export function matchCodeBreakpoints(core: Core): number {
  const { state } = core;
  if (state.is64Bit()) return matchBreakpoints(core, BREAK_EXECUTE, core.ripLo(), core.ripHi(), 1);
  return matchBreakpoints(core, BREAK_EXECUTE, (core.ripLo() + state.baseLo(CS)) | 0, 0, 1);
}
