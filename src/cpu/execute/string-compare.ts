import { type Instruction, PREFIX_REP } from '../../isa/instruction.ts';
import { ES, RAX, RDI, RSI } from '../../isa/registers.ts';
import type { Core } from './core.ts';
import { advance, countDown, endBatch, iterations, REPEATED, stringAddress, stringStep } from './repeat.ts';
import { borrowOut } from './wide-math.ts';

/*
 * CMPS SCAS (SDM Vol. 2A and 2B, "CMPS/CMPSB/CMPSW/CMPSD/CMPSQ—Compare String Operands", "SCAS/SCASB/SCASW/SCASD—Scan String").
 * CMPS subtracts ES:[rDI] from the source, SCAS from the accumulator. REPE goes on while ZF is 1, REPNE while it is 0. The
 * lower-case functions are one iteration.
 */

/** ZF that ends the repetition: 0 with REPE, 1 with REPNE. */
function endingZf(insn: Instruction): number {
  return insn.prefixes & PREFIX_REP ? 0 : 1;
}

function cmps8(core: Core, insn: Instruction): void {
  const at = stringAddress(core, insn, RSI);
  const dest = core.load8(insn.segment, at, core.high);
  const to = stringAddress(core, insn, RDI);
  const src = core.load8(ES, to, core.high);
  const step = stringStep(core, 1);
  advance(core, insn, RSI, step);
  advance(core, insn, RDI, step);
  core.flags.sub8(dest, src, dest - src);
}

/** CMPSB | A6. */
export function CMPSB(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    cmps8(core, insn);
    return;
  }
  const ending = endingZf(insn);
  for (let left = iterations(core, insn); left > 0; left--) {
    cmps8(core, insn);
    countDown(core, insn, 1);
    if (core.flags.zf() === ending) return;
  }
  endBatch(core, insn);
}

function cmps16(core: Core, insn: Instruction): void {
  const at = stringAddress(core, insn, RSI);
  const dest = core.load16(insn.segment, at, core.high);
  const to = stringAddress(core, insn, RDI);
  const src = core.load16(ES, to, core.high);
  const step = stringStep(core, 2);
  advance(core, insn, RSI, step);
  advance(core, insn, RDI, step);
  core.flags.sub16(dest, src, dest - src);
}

/** CMPSW | A7. */
export function CMPSW(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    cmps16(core, insn);
    return;
  }
  const ending = endingZf(insn);
  for (let left = iterations(core, insn); left > 0; left--) {
    cmps16(core, insn);
    countDown(core, insn, 1);
    if (core.flags.zf() === ending) return;
  }
  endBatch(core, insn);
}

function cmps32(core: Core, insn: Instruction): void {
  const at = stringAddress(core, insn, RSI);
  const dest = core.load32(insn.segment, at, core.high);
  const to = stringAddress(core, insn, RDI);
  const src = core.load32(ES, to, core.high);
  const step = stringStep(core, 4);
  advance(core, insn, RSI, step);
  advance(core, insn, RDI, step);
  core.flags.sub32(dest, src, (dest - src) | 0);
}

/** CMPSD | A7. */
export function CMPSD(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    cmps32(core, insn);
    return;
  }
  const ending = endingZf(insn);
  for (let left = iterations(core, insn); left > 0; left--) {
    cmps32(core, insn);
    countDown(core, insn, 1);
    if (core.flags.zf() === ending) return;
  }
  endBatch(core, insn);
}

function cmps64(core: Core, insn: Instruction): void {
  const at = stringAddress(core, insn, RSI);
  const destLo = core.load64(insn.segment, at, core.high);
  const destHi = core.high;
  const to = stringAddress(core, insn, RDI);
  const srcLo = core.load64(ES, to, core.high);
  const srcHi = core.high;
  const step = stringStep(core, 8);
  advance(core, insn, RSI, step);
  advance(core, insn, RDI, step);
  const resultHi = (destHi - srcHi - borrowOut(destLo, srcLo)) | 0;
  core.flags.sub64(destLo, destHi, srcLo, srcHi, (destLo - srcLo) | 0, resultHi);
}

/** CMPSQ | REX.W A7. */
export function CMPSQ(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    cmps64(core, insn);
    return;
  }
  const ending = endingZf(insn);
  for (let left = iterations(core, insn); left > 0; left--) {
    cmps64(core, insn);
    countDown(core, insn, 1);
    if (core.flags.zf() === ending) return;
  }
  endBatch(core, insn);
}

function scas8(core: Core, insn: Instruction): void {
  const to = stringAddress(core, insn, RDI);
  const src = core.load8(ES, to, core.high);
  const dest = core.gpr8[0]!;
  advance(core, insn, RDI, stringStep(core, 1));
  core.flags.sub8(dest, src, dest - src);
}

/** SCASB | AE. */
export function SCASB(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    scas8(core, insn);
    return;
  }
  const ending = endingZf(insn);
  for (let left = iterations(core, insn); left > 0; left--) {
    scas8(core, insn);
    countDown(core, insn, 1);
    if (core.flags.zf() === ending) return;
  }
  endBatch(core, insn);
}

function scas16(core: Core, insn: Instruction): void {
  const to = stringAddress(core, insn, RDI);
  const src = core.load16(ES, to, core.high);
  const dest = core.gpr16[0]!;
  advance(core, insn, RDI, stringStep(core, 2));
  core.flags.sub16(dest, src, dest - src);
}

/** SCASW | AF. */
export function SCASW(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    scas16(core, insn);
    return;
  }
  const ending = endingZf(insn);
  for (let left = iterations(core, insn); left > 0; left--) {
    scas16(core, insn);
    countDown(core, insn, 1);
    if (core.flags.zf() === ending) return;
  }
  endBatch(core, insn);
}

function scas32(core: Core, insn: Instruction): void {
  const to = stringAddress(core, insn, RDI);
  const src = core.load32(ES, to, core.high);
  const dest = core.gpr32[RAX * 2]!;
  advance(core, insn, RDI, stringStep(core, 4));
  core.flags.sub32(dest, src, (dest - src) | 0);
}

/** SCASD | AF. */
export function SCASD(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    scas32(core, insn);
    return;
  }
  const ending = endingZf(insn);
  for (let left = iterations(core, insn); left > 0; left--) {
    scas32(core, insn);
    countDown(core, insn, 1);
    if (core.flags.zf() === ending) return;
  }
  endBatch(core, insn);
}

function scas64(core: Core, insn: Instruction): void {
  const to = stringAddress(core, insn, RDI);
  const srcLo = core.load64(ES, to, core.high);
  const srcHi = core.high;
  const destLo = core.gpr32[RAX * 2]!;
  const destHi = core.gpr32[RAX * 2 + 1]!;
  advance(core, insn, RDI, stringStep(core, 8));
  const resultHi = (destHi - srcHi - borrowOut(destLo, srcLo)) | 0;
  core.flags.sub64(destLo, destHi, srcLo, srcHi, (destLo - srcLo) | 0, resultHi);
}

/** SCASQ | REX.W AF. */
export function SCASQ(core: Core, insn: Instruction): void {
  if ((insn.prefixes & REPEATED) === 0) {
    scas64(core, insn);
    return;
  }
  const ending = endingZf(insn);
  for (let left = iterations(core, insn); left > 0; left--) {
    scas64(core, insn);
    countDown(core, insn, 1);
    if (core.flags.zf() === ending) return;
  }
  endBatch(core, insn);
}
