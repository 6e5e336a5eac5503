import type { Instruction } from '../../isa/instruction.ts';
import { ES, RAX, RDI, RSI } from '../../isa/registers.ts';
import { RFLAGS_AC } from '../../isa/rflags.ts';
import type { Core } from './core.ts';
import { advance, countDown, endBatch, iterations, REPEATED, stringAddress, stringStep } from './repeat.ts';

/*
 * MOVS STOS LODS (SDM Vol. 2A and 2B, "MOVS/MOVSB/MOVSW/MOVSD/MOVSQ—Move Data From String to String" and their kin). The source
 * is [rSI] in DS or the override, the destination [rDI] in ES always. The lower-case functions are one iteration.
 *
 * Repeated MOVS and STOS take a run of elements at once through flat segments, within one page of RAM each; `copyRun` and
 * `fillRun` answer how many, 0 for none.
 */

const PAGE_BYTES = 4096;
/** Shorter runs are not worth it. */
const MIN_RUN = 4;

/** Whole elements from the one at `lo` to the end of its page, or with a negative step to the start of it, at most `left`. */
function withinPage(lo: number, step: number, left: number): number {
  const offset = lo & (PAGE_BYTES - 1);
  if (step > 0) return Math.min(((PAGE_BYTES - offset) / step) | 0, left);
  return offset - step > PAGE_BYTES ? 0 : Math.min(((offset / -step) | 0) + 1, left);
}

/** Alignment is checked element by element, and before anything else. */
function checksAlignment(core: Core): boolean {
  return (core.flags.system() & RFLAGS_AC) !== 0 && core.state.cpl() === 3;
}

function copyRun(core: Core, insn: Instruction, bytes: number, left: number): number {
  if (left < MIN_RUN) return 0;
  if (((core.flatRead >> insn.segment) & (core.flatWrite >> ES) & 1) === 0) return 0;
  const fromLo = stringAddress(core, insn, RSI);
  const fromHi = core.high;
  const toLo = stringAddress(core, insn, RDI);
  const toHi = core.high;
  const step = stringStep(core, bytes);
  let count = withinPage(toLo, step, withinPage(fromLo, step, left));
  if (count < MIN_RUN) return 0;
  if (checksAlignment(core)) return 0;
  const from = core.mmu.hostForRead(fromLo, fromHi);
  const to = core.mmu.hostForWrite(toLo, toHi);
  if (from < 0 || to < 0) return 0;
  // A destination shortly after the source, as it goes, is fed with what has just been stored: go only as far as that.
  const distance = step > 0 ? to - from : from - to;
  if (distance > 0 && distance < count * bytes) count = (distance / bytes) | 0;
  if (count === 0) return 0;
  const back = step > 0 ? 0 : (count - 1) * bytes;
  core.space.u8.copyWithin(to - back, from - back, from - back + count * bytes);
  advance(core, insn, RSI, count * step);
  advance(core, insn, RDI, count * step);
  countDown(core, insn, count);
  return count;
}

function fillRun(core: Core, insn: Instruction, bytes: number, left: number): number {
  if (left < MIN_RUN || ((core.flatWrite >> ES) & 1) === 0) return 0;
  const toLo = stringAddress(core, insn, RDI);
  const toHi = core.high;
  const step = stringStep(core, bytes);
  const count = withinPage(toLo, step, left);
  if (count < MIN_RUN) return 0;
  if (checksAlignment(core)) return 0;
  const first = core.mmu.hostForWrite(toLo, toHi);
  if (first < 0) return 0;
  const { u8 } = core.space;
  const total = count * bytes;
  const to = step > 0 ? first : first - (total - bytes);
  if (bytes === 1) u8.fill(core.gpr8[0]!, to, to + total);
  else {
    u8.set(core.gpr8.subarray(0, bytes), to);
    // Double what is there until all is.
    for (let done = bytes; done < total; done *= 2)
      u8.copyWithin(to + done, to, to + Math.min(done, total - done));
  }
  advance(core, insn, RDI, count * step);
  countDown(core, insn, count);
  return count;
}

function movs8(core: Core, insn: Instruction): void {
  const from = stringAddress(core, insn, RSI);
  const value = core.load8(insn.segment, from, core.high);
  const to = stringAddress(core, insn, RDI);
  core.store8(ES, to, core.high, value);
  const step = stringStep(core, 1);
  advance(core, insn, RSI, step);
  advance(core, insn, RDI, step);
}

/** MOVSB | A4. */
export function MOVSB(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    movs8(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; ) {
    const run = copyRun(core, insn, 1, left);
    left -= run;
    if (run === 0) {
      movs8(core, insn);
      countDown(core, insn, 1);
      left--;
    }
  }
  endBatch(core, insn);
}

function movs16(core: Core, insn: Instruction): void {
  const from = stringAddress(core, insn, RSI);
  const value = core.load16(insn.segment, from, core.high);
  const to = stringAddress(core, insn, RDI);
  core.store16(ES, to, core.high, value);
  const step = stringStep(core, 2);
  advance(core, insn, RSI, step);
  advance(core, insn, RDI, step);
}

/** MOVSW | A5. */
export function MOVSW(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    movs16(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; ) {
    const run = copyRun(core, insn, 2, left);
    left -= run;
    if (run === 0) {
      movs16(core, insn);
      countDown(core, insn, 1);
      left--;
    }
  }
  endBatch(core, insn);
}

function movs32(core: Core, insn: Instruction): void {
  const from = stringAddress(core, insn, RSI);
  const value = core.load32(insn.segment, from, core.high);
  const to = stringAddress(core, insn, RDI);
  core.store32(ES, to, core.high, value);
  const step = stringStep(core, 4);
  advance(core, insn, RSI, step);
  advance(core, insn, RDI, step);
}

/** MOVSD | A5. */
export function MOVSD(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    movs32(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; ) {
    const run = copyRun(core, insn, 4, left);
    left -= run;
    if (run === 0) {
      movs32(core, insn);
      countDown(core, insn, 1);
      left--;
    }
  }
  endBatch(core, insn);
}

function movs64(core: Core, insn: Instruction): void {
  const from = stringAddress(core, insn, RSI);
  const lo = core.load64(insn.segment, from, core.high);
  const hi = core.high;
  const to = stringAddress(core, insn, RDI);
  core.store64(ES, to, core.high, lo, hi);
  const step = stringStep(core, 8);
  advance(core, insn, RSI, step);
  advance(core, insn, RDI, step);
}

/** MOVSQ | REX.W A5. */
export function MOVSQ(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    movs64(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; ) {
    const run = copyRun(core, insn, 8, left);
    left -= run;
    if (run === 0) {
      movs64(core, insn);
      countDown(core, insn, 1);
      left--;
    }
  }
  endBatch(core, insn);
}

function stos8(core: Core, insn: Instruction): void {
  const to = stringAddress(core, insn, RDI);
  core.store8(ES, to, core.high, core.gpr8[0]!);
  advance(core, insn, RDI, stringStep(core, 1));
}

/** STOSB | AA. */
export function STOSB(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    stos8(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; ) {
    const run = fillRun(core, insn, 1, left);
    left -= run;
    if (run === 0) {
      stos8(core, insn);
      countDown(core, insn, 1);
      left--;
    }
  }
  endBatch(core, insn);
}

function stos16(core: Core, insn: Instruction): void {
  const to = stringAddress(core, insn, RDI);
  core.store16(ES, to, core.high, core.gpr16[0]!);
  advance(core, insn, RDI, stringStep(core, 2));
}

/** STOSW | AB. */
export function STOSW(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    stos16(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; ) {
    const run = fillRun(core, insn, 2, left);
    left -= run;
    if (run === 0) {
      stos16(core, insn);
      countDown(core, insn, 1);
      left--;
    }
  }
  endBatch(core, insn);
}

function stos32(core: Core, insn: Instruction): void {
  const to = stringAddress(core, insn, RDI);
  core.store32(ES, to, core.high, core.gpr32[RAX * 2]!);
  advance(core, insn, RDI, stringStep(core, 4));
}

/** STOSD | AB. */
export function STOSD(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    stos32(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; ) {
    const run = fillRun(core, insn, 4, left);
    left -= run;
    if (run === 0) {
      stos32(core, insn);
      countDown(core, insn, 1);
      left--;
    }
  }
  endBatch(core, insn);
}

function stos64(core: Core, insn: Instruction): void {
  const to = stringAddress(core, insn, RDI);
  core.store64(ES, to, core.high, core.gpr32[RAX * 2]!, core.gpr32[RAX * 2 + 1]!);
  advance(core, insn, RDI, stringStep(core, 8));
}

/** STOSQ | REX.W AB. */
export function STOSQ(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    stos64(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; ) {
    const run = fillRun(core, insn, 8, left);
    left -= run;
    if (run === 0) {
      stos64(core, insn);
      countDown(core, insn, 1);
      left--;
    }
  }
  endBatch(core, insn);
}

function lods8(core: Core, insn: Instruction): void {
  const from = stringAddress(core, insn, RSI);
  const value = core.load8(insn.segment, from, core.high);
  core.gpr8[0] = value;
  advance(core, insn, RSI, stringStep(core, 1));
}

/** LODSB | AC. */
export function LODSB(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    lods8(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; left--) {
    lods8(core, insn);
    countDown(core, insn, 1);
  }
  endBatch(core, insn);
}

function lods16(core: Core, insn: Instruction): void {
  const from = stringAddress(core, insn, RSI);
  const value = core.load16(insn.segment, from, core.high);
  core.gpr16[0] = value;
  advance(core, insn, RSI, stringStep(core, 2));
}

/** LODSW | AD. */
export function LODSW(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    lods16(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; left--) {
    lods16(core, insn);
    countDown(core, insn, 1);
  }
  endBatch(core, insn);
}

function lods32(core: Core, insn: Instruction): void {
  const from = stringAddress(core, insn, RSI);
  const value = core.load32(insn.segment, from, core.high);
  core.gpr32[RAX * 2] = value;
  core.gpr32[RAX * 2 + 1] = 0;
  advance(core, insn, RSI, stringStep(core, 4));
}

/** LODSD | AD. */
export function LODSD(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    lods32(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; left--) {
    lods32(core, insn);
    countDown(core, insn, 1);
  }
  endBatch(core, insn);
}

function lods64(core: Core, insn: Instruction): void {
  const from = stringAddress(core, insn, RSI);
  const value = core.load64(insn.segment, from, core.high);
  core.gpr32[RAX * 2] = value;
  core.gpr32[RAX * 2 + 1] = core.high;
  advance(core, insn, RSI, stringStep(core, 8));
}

/** LODSQ | REX.W AD. */
export function LODSQ(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    lods64(core, insn);
    return;
  }
  for (let left = iterations(core, insn); left > 0; left--) {
    lods64(core, insn);
    countDown(core, insn, 1);
  }
  endBatch(core, insn);
}
