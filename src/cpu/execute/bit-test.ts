import { carryOut } from '../../bits/words.ts';
import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import {
  closeEd,
  closeEq,
  closeEw,
  effectiveAddress,
  loadEd,
  loadEq,
  loadEw,
  openEd,
  openEq,
  openEw,
} from './operand.ts';

/*
 * BT BTS BTR BTC (SDM Vol. 2A, "BT—Bit Test", "BTC—Bit Test and Complement", "BTR—Bit Test and Reset", "BTS—Bit Test and
 * Set"). CF becomes the bit; ZF stays; so do the four that the manual leaves open, as on an AMD Zen 3
 * (test/vectors/integer.txt).
 */

/**
 * A bit offset in a register is signed and reaches beyond a memory operand (SDM Vol. 2A, "BT—Bit Test"): the effective
 * address of the word that holds the bit. `words` is the signed distance from the operand in units of 1 << shift bytes.
 */
function bitStringAddress(
  core: Core,
  insn: Instruction,
  wordsLo: number,
  wordsHi: number,
  shift: number,
): number {
  const base = effectiveAddress(core, insn);
  const lo = (base + (wordsLo << shift)) | 0;
  if (insn.addressSize === 64) {
    const offsetHi = (wordsHi << shift) | (wordsLo >>> (32 - shift));
    core.high = (core.high + offsetHi + carryOut(base, lo)) | 0;
    return lo;
  }
  return insn.addressSize === 32 ? lo : lo & 0xffff;
}

function loadBitString16(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return loadEw(core, insn);
  const words = ((core.gpr16[insn.reg * 4]! << 16) >> 16) >> 4;
  const lo = bitStringAddress(core, insn, words, words >> 31, 1);
  return core.load16(insn.segment, lo, core.high);
}

function openBitString16(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return openEw(core, insn);
  const words = ((core.gpr16[insn.reg * 4]! << 16) >> 16) >> 4;
  const lo = bitStringAddress(core, insn, words, words >> 31, 1);
  return core.modify16(insn.segment, lo, core.high);
}

function loadBitString32(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return loadEd(core, insn);
  const words = core.gpr32[insn.reg * 2]! >> 5;
  const lo = bitStringAddress(core, insn, words, words >> 31, 2);
  return core.load32(insn.segment, lo, core.high);
}

function openBitString32(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return openEd(core, insn);
  const words = core.gpr32[insn.reg * 2]! >> 5;
  const lo = bitStringAddress(core, insn, words, words >> 31, 2);
  return core.modify32(insn.segment, lo, core.high);
}

/** The quadword; its high word in `core.high`. */
function loadBitString64(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return loadEq(core, insn);
  const offsetHi = core.gpr32[insn.reg * 2 + 1]!;
  const wordsLo = (core.gpr32[insn.reg * 2]! >>> 6) | (offsetHi << 26);
  const lo = bitStringAddress(core, insn, wordsLo, offsetHi >> 6, 3);
  return core.load64(insn.segment, lo, core.high);
}

/** The quadword; its high word in `core.high`. */
function openBitString64(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return openEq(core, insn);
  const offsetHi = core.gpr32[insn.reg * 2 + 1]!;
  const wordsLo = (core.gpr32[insn.reg * 2]! >>> 6) | (offsetHi << 26);
  const lo = bitStringAddress(core, insn, wordsLo, offsetHi >> 6, 3);
  return core.modify64(insn.segment, lo, core.high);
}

/** BT r/m16, r16 | 0F A3 /r | Ew,Gw. */
export function BT_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = loadBitString16(core, insn);
  core.flags.setCf((dest >>> (core.gpr16[insn.reg * 4]! & 15)) & 1);
}

/** BT r/m32, r32 | 0F A3 /r | Ed,Gd. */
export function BT_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = loadBitString32(core, insn);
  core.flags.setCf((dest >>> (core.gpr32[insn.reg * 2]! & 31)) & 1);
}

/** BT r/m64, r64 | REX.W 0F A3 /r | Eq,Gq. */
export function BT_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = loadBitString64(core, insn);
  const destHi = core.high;
  const bit = core.gpr32[insn.reg * 2]! & 63;
  core.flags.setCf(((bit < 32 ? destLo : destHi) >>> bit) & 1);
}

/** BT r/m16, imm8 | 0F BA /4 ib | Ew,Ib. */
export function BT_Ew_Ib(core: Core, insn: Instruction): void {
  const dest = loadEw(core, insn);
  core.flags.setCf((dest >>> (insn.immediate & 15)) & 1);
}

/** BT r/m32, imm8 | 0F BA /4 ib | Ed,Ib. */
export function BT_Ed_Ib(core: Core, insn: Instruction): void {
  const dest = loadEd(core, insn);
  core.flags.setCf((dest >>> (insn.immediate & 31)) & 1);
}

/** BT r/m64, imm8 | REX.W 0F BA /4 ib | Eq,Ib. */
export function BT_Eq_Ib(core: Core, insn: Instruction): void {
  const destLo = loadEq(core, insn);
  const destHi = core.high;
  const bit = insn.immediate & 63;
  core.flags.setCf(((bit < 32 ? destLo : destHi) >>> bit) & 1);
}

/** BTS r/m16, r16 | 0F AB /r | Ew,Gw. */
export function BTS_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openBitString16(core, insn);
  const bit = core.gpr16[insn.reg * 4]! & 15;
  closeEw(core, insn, dest | (1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTS r/m32, r32 | 0F AB /r | Ed,Gd. */
export function BTS_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openBitString32(core, insn);
  const bit = core.gpr32[insn.reg * 2]! & 31;
  closeEd(core, insn, dest | (1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTS r/m64, r64 | REX.W 0F AB /r | Eq,Gq. */
export function BTS_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openBitString64(core, insn);
  const destHi = core.high;
  const bit = core.gpr32[insn.reg * 2]! & 63;
  const mask = 1 << bit;
  if (bit < 32) closeEq(core, insn, destLo | mask, destHi);
  else closeEq(core, insn, destLo, destHi | mask);
  core.flags.setCf(((bit < 32 ? destLo : destHi) >>> bit) & 1);
}

/** BTS r/m16, imm8 | 0F BA /5 ib | Ew,Ib. */
export function BTS_Ew_Ib(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const bit = insn.immediate & 15;
  closeEw(core, insn, dest | (1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTS r/m32, imm8 | 0F BA /5 ib | Ed,Ib. */
export function BTS_Ed_Ib(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const bit = insn.immediate & 31;
  closeEd(core, insn, dest | (1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTS r/m64, imm8 | REX.W 0F BA /5 ib | Eq,Ib. */
export function BTS_Eq_Ib(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const bit = insn.immediate & 63;
  const mask = 1 << bit;
  if (bit < 32) closeEq(core, insn, destLo | mask, destHi);
  else closeEq(core, insn, destLo, destHi | mask);
  core.flags.setCf(((bit < 32 ? destLo : destHi) >>> bit) & 1);
}

/** BTR r/m16, r16 | 0F B3 /r | Ew,Gw. */
export function BTR_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openBitString16(core, insn);
  const bit = core.gpr16[insn.reg * 4]! & 15;
  closeEw(core, insn, dest & ~(1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTR r/m32, r32 | 0F B3 /r | Ed,Gd. */
export function BTR_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openBitString32(core, insn);
  const bit = core.gpr32[insn.reg * 2]! & 31;
  closeEd(core, insn, dest & ~(1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTR r/m64, r64 | REX.W 0F B3 /r | Eq,Gq. */
export function BTR_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openBitString64(core, insn);
  const destHi = core.high;
  const bit = core.gpr32[insn.reg * 2]! & 63;
  const mask = 1 << bit;
  if (bit < 32) closeEq(core, insn, destLo & ~mask, destHi);
  else closeEq(core, insn, destLo, destHi & ~mask);
  core.flags.setCf(((bit < 32 ? destLo : destHi) >>> bit) & 1);
}

/** BTR r/m16, imm8 | 0F BA /6 ib | Ew,Ib. */
export function BTR_Ew_Ib(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const bit = insn.immediate & 15;
  closeEw(core, insn, dest & ~(1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTR r/m32, imm8 | 0F BA /6 ib | Ed,Ib. */
export function BTR_Ed_Ib(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const bit = insn.immediate & 31;
  closeEd(core, insn, dest & ~(1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTR r/m64, imm8 | REX.W 0F BA /6 ib | Eq,Ib. */
export function BTR_Eq_Ib(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const bit = insn.immediate & 63;
  const mask = 1 << bit;
  if (bit < 32) closeEq(core, insn, destLo & ~mask, destHi);
  else closeEq(core, insn, destLo, destHi & ~mask);
  core.flags.setCf(((bit < 32 ? destLo : destHi) >>> bit) & 1);
}

/** BTC r/m16, r16 | 0F BB /r | Ew,Gw. */
export function BTC_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openBitString16(core, insn);
  const bit = core.gpr16[insn.reg * 4]! & 15;
  closeEw(core, insn, dest ^ (1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTC r/m32, r32 | 0F BB /r | Ed,Gd. */
export function BTC_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openBitString32(core, insn);
  const bit = core.gpr32[insn.reg * 2]! & 31;
  closeEd(core, insn, dest ^ (1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTC r/m64, r64 | REX.W 0F BB /r | Eq,Gq. */
export function BTC_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openBitString64(core, insn);
  const destHi = core.high;
  const bit = core.gpr32[insn.reg * 2]! & 63;
  const mask = 1 << bit;
  if (bit < 32) closeEq(core, insn, destLo ^ mask, destHi);
  else closeEq(core, insn, destLo, destHi ^ mask);
  core.flags.setCf(((bit < 32 ? destLo : destHi) >>> bit) & 1);
}

/** BTC r/m16, imm8 | 0F BA /7 ib | Ew,Ib. */
export function BTC_Ew_Ib(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const bit = insn.immediate & 15;
  closeEw(core, insn, dest ^ (1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTC r/m32, imm8 | 0F BA /7 ib | Ed,Ib. */
export function BTC_Ed_Ib(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const bit = insn.immediate & 31;
  closeEd(core, insn, dest ^ (1 << bit));
  core.flags.setCf((dest >>> bit) & 1);
}

/** BTC r/m64, imm8 | REX.W 0F BA /7 ib | Eq,Ib. */
export function BTC_Eq_Ib(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const bit = insn.immediate & 63;
  const mask = 1 << bit;
  if (bit < 32) closeEq(core, insn, destLo ^ mask, destHi);
  else closeEq(core, insn, destLo, destHi ^ mask);
  core.flags.setCf(((bit < 32 ? destLo : destHi) >>> bit) & 1);
}
