import type { Instruction } from '../../isa/instruction.ts';
import { RDI } from '../../isa/registers.ts';
import { RFLAGS_AC } from '../../isa/rflags.ts';
import type { Core, Handler } from './core.ts';
import { effectiveAddress } from './operand.ts';
import {
  clearUpper,
  copySlot,
  enterMmx,
  readMmx,
  requireAvx,
  requireMmx,
  requireSse,
  SLOT_EXTRA,
  SLOT_RESULT,
  SLOT_SOURCE,
} from './vector-operand.ts';

/* Moves of which a mask decides lane by lane. Memory behind a lane that is masked off is not touched and cannot fault. */

/** An effective address moved on by `offset`, cut to the address size; the high word in `core.high`. */
function advance(core: Core, insn: Instruction, lo: number, hi: number, offset: number): number {
  const at = (lo + offset) | 0;
  if (insn.addressSize === 64) core.high = (hi + (offset >> 31) + (at >>> 0 < lo >>> 0 ? 1 : 0)) | 0;
  else core.high = 0;
  return insn.addressSize === 16 ? at & 0xffff : at;
}

/** No #AC here, whatever RFLAGS.AC says (SDM Vol. 2C, "VMASKMOV", "VGATHERDPS"): with AC set it is done by bytes. */
function loadElement(core: Core, insn: Instruction, at: number, hi: number, to: number, words: 1 | 2): void {
  const { i32, u8 } = core.vectors;
  if (core.flags.system() & RFLAGS_AC) {
    for (let n = 0; n < words * 4; n++) {
      const byte = advance(core, insn, at, hi, n);
      u8[SLOT_EXTRA * 32 + n] = core.load8(insn.segment, byte, core.high);
    }
    i32[to] = i32[SLOT_EXTRA * 8]!;
    if (words === 2) i32[to + 1] = i32[SLOT_EXTRA * 8 + 1]!;
  } else if (words === 1) i32[to] = core.load32(insn.segment, at, hi);
  else {
    i32[to] = core.load64(insn.segment, at, hi);
    i32[to + 1] = core.high;
  }
}

function storeElement(
  core: Core,
  insn: Instruction,
  at: number,
  hi: number,
  from: number,
  words: 1 | 2,
): void {
  const { i32, u8 } = core.vectors;
  if (core.flags.system() & RFLAGS_AC) {
    for (let n = 0; n < words * 4; n++) {
      const byte = advance(core, insn, at, hi, n);
      core.store8(insn.segment, byte, core.high, u8[from * 4 + n]!);
    }
  } else if (words === 1) core.store32(insn.segment, at, hi, i32[from]!);
  else core.store64(insn.segment, at, hi, i32[from]!, i32[from + 1]!);
}

/**
 * Proves that the masked lanes of `bytes` bytes at `lo:hi` may be written before any of them is, so that a fault finds
 * memory as it was.
 */
function proveMasked(
  core: Core,
  insn: Instruction,
  lo: number,
  hi: number,
  bytes: number,
  lanes: number,
  chosen: (lane: number) => boolean,
): void {
  for (let n = 0; n < lanes; n++) {
    if (!chosen(n)) continue;
    const at = advance(core, insn, lo, hi, n * bytes);
    const linear = core.linear(insn.segment, at, core.high, bytes, true);
    core.mmu.probeWrite(linear, core.high, bytes);
  }
}

// MASKMOVQ and MASKMOVDQU store at DS:RDI the bytes of the first operand whose mask byte has its sign set.

function storeBytes(core: Core, insn: Instruction, data: number, mask: number, count: number): void {
  const { u8 } = core.vectors;
  const wide = insn.addressSize === 64;
  const lo = insn.addressSize === 16 ? core.gpr16[RDI * 4]! : core.gpr32[RDI * 2]!;
  const hi = wide ? core.gpr32[RDI * 2 + 1]! : 0;
  // The whole operand is proved, also where the mask is zero: the manual leaves it to the processor, AMD's Zen 3 does so.
  const linear = core.linear(insn.segment, lo, hi, count, true);
  core.mmu.probeWrite(linear, core.high, count);
  for (let n = 0; n < count; n++) {
    if (u8[mask * 32 + n]! < 128) continue;
    const at = advance(core, insn, lo, hi, n);
    core.store8(insn.segment, at, core.high, u8[data * 32 + n]!);
  }
}

/** MASKMOVDQU xmm1, xmm2 | 66 0F F7 | Vx,Ux (SDM Vol. 2B, "MASKMOVDQU—Store Selected Bytes of Double Quadword"). */
export function MASKMOVDQU_Vx_Ux(core: Core, insn: Instruction): void {
  requireSse(core);
  storeBytes(core, insn, insn.reg, insn.rm, 16);
}

export function VMASKMOVDQU_Vx_Ux(core: Core, insn: Instruction): void {
  requireAvx(core);
  storeBytes(core, insn, insn.reg, insn.rm, 16);
}

/** MASKMOVQ mm1, mm2 | NP 0F F7 | Pq,Nq (SDM Vol. 2B, "MASKMOVQ—Store Selected Bytes of Quadword"). */
export function MASKMOVQ_Pq_Nq(core: Core, insn: Instruction): void {
  requireMmx(core);
  readMmx(core, insn.reg, SLOT_SOURCE);
  readMmx(core, insn.rm, SLOT_EXTRA);
  storeBytes(core, insn, SLOT_SOURCE, SLOT_EXTRA, 8);
  enterMmx(core);
}

// VMASKMOVPS, VMASKMOVPD, VPMASKMOVD, VPMASKMOVQ (SDM Vol. 2C, "VMASKMOV", "VPMASKMOV"). The mask is in VEX.vvvv.

function loadMasked(words: 1 | 2): Handler {
  return (core, insn) => {
    requireAvx(core);
    const { i32 } = core.vectors;
    const total = insn.vectorLength !== 0 ? 8 : 4;
    const lo = effectiveAddress(core, insn);
    const hi = core.high;
    for (let n = 0; n < total; n += words) {
      const to = SLOT_RESULT * 8 + n;
      const chosen = i32[insn.vvvv * 8 + n + words - 1]! < 0;
      if (!chosen) {
        i32[to] = 0;
        if (words === 2) i32[to + 1] = 0;
        continue;
      }
      const at = advance(core, insn, lo, hi, n * 4);
      loadElement(core, insn, at, core.high, to, words);
    }
    copySlot(core.vectors, insn.reg, SLOT_RESULT, total * 4);
    if (total === 4) clearUpper(core.vectors, insn.reg);
  };
}

function storeMasked(words: 1 | 2): Handler {
  return (core, insn) => {
    requireAvx(core);
    const { i32 } = core.vectors;
    const lanes = (insn.vectorLength !== 0 ? 8 : 4) / words;
    const lo = effectiveAddress(core, insn);
    const hi = core.high;
    const chosen = (n: number) => i32[insn.vvvv * 8 + n * words + words - 1]! < 0;
    proveMasked(core, insn, lo, hi, words * 4, lanes, chosen);
    for (let n = 0; n < lanes; n++) {
      if (!chosen(n)) continue;
      const at = advance(core, insn, lo, hi, n * words * 4);
      storeElement(core, insn, at, core.high, insn.reg * 8 + n * words, words);
    }
  };
}

/** VMASKMOVPS VMASKMOVPD | VEX.W0 66 0F38 2C, 2D | and the stores 2E, 2F. */
export const VMASKMOVPS_Vps_Hps_Mps = loadMasked(1);
export const VMASKMOVPD_Vpd_Hpd_Mpd = loadMasked(2);
export const VMASKMOVPS_Mps_Hps_Vps = storeMasked(1);
export const VMASKMOVPD_Mpd_Hpd_Vpd = storeMasked(2);
/** VPMASKMOVD VPMASKMOVQ | VEX.W0, VEX.W1 66 0F38 8C | and the stores 8E. */
export const VPMASKMOVD_Vx_Hx_Mx = VMASKMOVPS_Vps_Hps_Mps;
export const VPMASKMOVQ_Vx_Hx_Mx = VMASKMOVPD_Vpd_Hpd_Mpd;
export const VPMASKMOVD_Mx_Hx_Vx = VMASKMOVPS_Mps_Hps_Vps;
export const VPMASKMOVQ_Mx_Hx_Vx = VMASKMOVPD_Mpd_Hpd_Vpd;

/**
 * Gathers (SDM Vol. 2C, "VGATHERDPS/VGATHERQPS" and their kin). Base and displacement are those of the instruction, the index
 * of each element a lane of the register `insn.index`. An element that is done clears its mask lane at once, so that after a
 * fault the instruction goes on where it stopped; the lanes behind it are as they were.
 */
function gather(indexWords: 1 | 2, dataWords: 1 | 2): Handler {
  return (core, insn) => {
    requireAvx(core);
    const { i32 } = core.vectors;
    const wide = insn.vectorLength !== 0 ? 2 : 1;
    const lanes = (wide * 4) / Math.max(indexWords, dataWords);
    const dest = insn.reg * 8;
    const mask = insn.vvvv * 8;
    const index = insn.index * 8;
    const base = insn.base >= 0 && insn.base < 16 ? insn.base : -1;
    for (let n = 0; n < lanes; n++) {
      if (i32[mask + n * dataWords + dataWords - 1]! < 0) {
        const at = elementAddress(core, insn, base, index + n * indexWords, indexWords);
        const to = dest + n * dataWords;
        loadElement(core, insn, at, core.high, to, dataWords);
      }
      for (let w = 0; w < dataWords; w++) i32[mask + n * dataWords + w] = 0;
    }
    // What no element wrote is cleared, in the mask too.
    for (let n = lanes * dataWords; n < 8; n++) {
      i32[dest + n] = 0;
      i32[mask + n] = 0;
    }
  };
}

function elementAddress(core: Core, insn: Instruction, base: number, at: number, words: 1 | 2): number {
  const { gpr32 } = core;
  const { i32 } = core.vectors;
  const indexLo = i32[at]!;
  const indexHi = words === 2 ? i32[at + 1]! : indexLo >> 31;
  const { scale, displacement } = insn;
  const baseLo = base < 0 ? 0 : gpr32[base * 2]!;
  if (insn.addressSize !== 64) {
    core.high = 0;
    return (baseLo + (indexLo << scale) + displacement) | 0;
  }
  const scaledLo = indexLo << scale;
  const scaledHi = (indexHi << scale) | ((indexLo >>> 1) >>> (31 - scale));
  const moved = (scaledLo + displacement) | 0;
  const movedHi = (scaledHi + (displacement >> 31) + (moved >>> 0 < scaledLo >>> 0 ? 1 : 0)) | 0;
  const lo = (moved + baseLo) | 0;
  core.high = (movedHi + (base < 0 ? 0 : gpr32[base * 2 + 1]!) + (lo >>> 0 < moved >>> 0 ? 1 : 0)) | 0;
  return lo;
}

/** VPGATHERDD VPGATHERDQ VPGATHERQD VPGATHERQQ | VEX.W0/W1 66 0F38 90, 91 |. */
export const VPGATHERDD_Vx_Mvd_Hx = gather(1, 1);
export const VPGATHERDQ_Vx_Mvq_Hx = gather(1, 2);
export const VPGATHERQD_Vdq_Mvd_Hdq = gather(2, 1);
export const VPGATHERQQ_Vx_Mvq_Hx = gather(2, 2);
/** VGATHERDPS VGATHERDPD VGATHERQPS VGATHERQPD | VEX.W0/W1 66 0F38 92, 93 |. */
export const VGATHERDPS_Vps_Mvd_Hps = VPGATHERDD_Vx_Mvd_Hx;
export const VGATHERDPD_Vpd_Mvq_Hpd = VPGATHERDQ_Vx_Mvq_Hx;
export const VGATHERQPS_Vdq_Mvd_Hdq = VPGATHERQD_Vdq_Mvd_Hdq;
export const VGATHERQPD_Vpd_Mvq_Hpd = VPGATHERQQ_Vx_Mvq_Hx;
