import type { Instruction } from '../../isa/instruction.ts';
import { RFLAGS_CF, RFLAGS_OF, RFLAGS_ZF } from '../../isa/rflags.ts';
import type { Core } from './core.ts';
import { loadEb, loadEd, loadEq, loadEw, storeGd, storeGq } from './operand.ts';

/*
 * BSF BSR TZCNT LZCNT POPCNT BSWAP CRC32 (SDM Vol. 2A and 2B). Flags that the manual leaves open are as an AMD Zen 3 has them
 * (test/vectors/integer.txt): BSF and BSR change ZF alone, TZCNT and LZCNT clear SF AF PF and leave OF alone.
 */

/** Index of the lowest set bit; 32 for 0. */
function trailingZeros(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}

function ones(word: number): number {
  let pairs = word - ((word >>> 1) & 0x55555555);
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** CF says that the source, ZF that the result was 0. */
function flagCount(core: Core, cf: boolean, zf: boolean): void {
  const of = core.flags.of() ? RFLAGS_OF : 0;
  core.flags.setStatus(of | (cf ? RFLAGS_CF : 0) | (zf ? RFLAGS_ZF : 0));
}

/** BSF r16, r/m16 | 0F BC /r | Gw,Ew. A source of 0 leaves the destination alone, all 64 bits of it. */
export function BSF_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (src !== 0) core.gpr16[insn.reg * 4] = trailingZeros(src);
  core.flags.setZf(src === 0 ? 1 : 0);
}

/** BSF r32, r/m32 | 0F BC /r | Gd,Ed. A source of 0 leaves the destination alone, all 64 bits of it. */
export function BSF_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  if (src !== 0) storeGd(core, insn, trailingZeros(src));
  core.flags.setZf(src === 0 ? 1 : 0);
}

/** BSF r64, r/m64 | REX.W 0F BC /r | Gq,Eq. A source of 0 leaves the destination alone, all 64 bits of it. */
export function BSF_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  const hi = core.high;
  const isZero = (lo | hi) === 0;
  if (!isZero) storeGq(core, insn, lo !== 0 ? trailingZeros(lo) : 32 + trailingZeros(hi), 0);
  core.flags.setZf(isZero ? 1 : 0);
}

/** BSR r16, r/m16 | 0F BD /r | Gw,Ew. A source of 0 leaves the destination alone, all 64 bits of it. */
export function BSR_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (src !== 0) core.gpr16[insn.reg * 4] = 31 - Math.clz32(src);
  core.flags.setZf(src === 0 ? 1 : 0);
}

/** BSR r32, r/m32 | 0F BD /r | Gd,Ed. A source of 0 leaves the destination alone, all 64 bits of it. */
export function BSR_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  if (src !== 0) storeGd(core, insn, 31 - Math.clz32(src));
  core.flags.setZf(src === 0 ? 1 : 0);
}

/** BSR r64, r/m64 | REX.W 0F BD /r | Gq,Eq. A source of 0 leaves the destination alone, all 64 bits of it. */
export function BSR_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  const hi = core.high;
  const isZero = (lo | hi) === 0;
  if (!isZero) storeGq(core, insn, hi !== 0 ? 63 - Math.clz32(hi) : 31 - Math.clz32(lo), 0);
  core.flags.setZf(isZero ? 1 : 0);
}

/** TZCNT r16, r/m16 | F3 0F BC /r | Gw,Ew. */
export function TZCNT_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  const count = src === 0 ? 16 : trailingZeros(src);
  core.gpr16[insn.reg * 4] = count;
  flagCount(core, src === 0, count === 0);
}

/** TZCNT r32, r/m32 | F3 0F BC /r | Gd,Ed. */
export function TZCNT_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const count = trailingZeros(src);
  storeGd(core, insn, count);
  flagCount(core, src === 0, count === 0);
}

/** TZCNT r64, r/m64 | F3 REX.W 0F BC /r | Gq,Eq. */
export function TZCNT_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  const hi = core.high;
  const count = lo !== 0 ? trailingZeros(lo) : 32 + trailingZeros(hi);
  storeGq(core, insn, count, 0);
  flagCount(core, (lo | hi) === 0, count === 0);
}

/** LZCNT r16, r/m16 | F3 0F BD /r | Gw,Ew. */
export function LZCNT_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  const count = Math.clz32(src) - 16;
  core.gpr16[insn.reg * 4] = count;
  flagCount(core, src === 0, count === 0);
}

/** LZCNT r32, r/m32 | F3 0F BD /r | Gd,Ed. */
export function LZCNT_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const count = Math.clz32(src);
  storeGd(core, insn, count);
  flagCount(core, src === 0, count === 0);
}

/** LZCNT r64, r/m64 | F3 REX.W 0F BD /r | Gq,Eq. */
export function LZCNT_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  const hi = core.high;
  const count = hi !== 0 ? Math.clz32(hi) : 32 + Math.clz32(lo);
  storeGq(core, insn, count, 0);
  flagCount(core, (lo | hi) === 0, count === 0);
}

/** POPCNT r16, r/m16 | F3 0F B8 /r | Gw,Ew. ZF says that the source was 0; the other five are cleared. */
export function POPCNT_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  core.gpr16[insn.reg * 4] = ones(src);
  core.flags.setStatus(src === 0 ? RFLAGS_ZF : 0);
}

/** POPCNT r32, r/m32 | F3 0F B8 /r | Gd,Ed. ZF says that the source was 0; the other five are cleared. */
export function POPCNT_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, ones(src));
  core.flags.setStatus(src === 0 ? RFLAGS_ZF : 0);
}

/** POPCNT r64, r/m64 | F3 REX.W 0F B8 /r | Gq,Eq. ZF says that the source was 0; the other five are cleared. */
export function POPCNT_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  const hi = core.high;
  storeGq(core, insn, ones(lo) + ones(hi), 0);
  core.flags.setStatus((lo | hi) === 0 ? RFLAGS_ZF : 0);
}

/** The four bytes of a word in the opposite order. */
export function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** BSWAP r16 | 66 0F C8+r | Ew. Undefined by the manual; the register becomes 0, as on an AMD Zen 3. */
export function BSWAP_Ew(core: Core, insn: Instruction): void {
  core.gpr16[insn.rm * 4] = 0;
}

/** BSWAP r32 | 0F C8+r | Ed. */
export function BSWAP_Ed(core: Core, insn: Instruction): void {
  core.gpr32[insn.rm * 2] = swapBytes(core.gpr32[insn.rm * 2]!);
  core.gpr32[insn.rm * 2 + 1] = 0;
}

/** BSWAP r64 | REX.W 0F C8+r | Eq. */
export function BSWAP_Eq(core: Core, insn: Instruction): void {
  const lo = core.gpr32[insn.rm * 2]!;
  core.gpr32[insn.rm * 2] = swapBytes(core.gpr32[insn.rm * 2 + 1]!);
  core.gpr32[insn.rm * 2 + 1] = swapBytes(lo);
}

/** Castagnoli's polynomial with its bits reflected. */
const CRC32C = 0x82f63b78;

function crc32c(crc: number, word: number, bytes: number): number {
  for (let i = 0; i < bytes; i++) {
    crc ^= (word >>> (i * 8)) & 0xff;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? CRC32C : 0);
  }
  return crc;
}

/** CRC32 r32, r/m8 | F2 0F 38 F0 /r | Gd,Eb (SDM Vol. 2A, "CRC32—Accumulate CRC32 Value"). No flag changes. */
export function CRC32_Gd_Eb(core: Core, insn: Instruction): void {
  const src = loadEb(core, insn);
  storeGd(core, insn, crc32c(core.gpr32[insn.reg * 2]!, src, 1));
}

/** CRC32 r32, r/m16 | F2 0F 38 F1 /r | Gd,Ew (SDM Vol. 2A, "CRC32—Accumulate CRC32 Value"). No flag changes. */
export function CRC32_Gd_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  storeGd(core, insn, crc32c(core.gpr32[insn.reg * 2]!, src, 2));
}

/** CRC32 r32, r/m32 | F2 0F 38 F1 /r | Gd,Ed (SDM Vol. 2A, "CRC32—Accumulate CRC32 Value"). No flag changes. */
export function CRC32_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, crc32c(core.gpr32[insn.reg * 2]!, src, 4));
}

/** CRC32 r64, r/m8 | F2 REX.W 0F 38 F0 /r | Gq,Eb (SDM Vol. 2A, "CRC32—Accumulate CRC32 Value"). No flag changes. */
export function CRC32_Gq_Eb(core: Core, insn: Instruction): void {
  const src = loadEb(core, insn);
  storeGd(core, insn, crc32c(core.gpr32[insn.reg * 2]!, src, 1));
}

/** CRC32 r64, r/m64 | F2 REX.W 0F 38 F1 /r | Gq,Eq (SDM Vol. 2A, "CRC32—Accumulate CRC32 Value"). No flag changes. */
export function CRC32_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  const crc = crc32c(core.gpr32[insn.reg * 2]!, lo, 4);
  storeGq(core, insn, crc32c(crc, core.high, 4), 0);
}
