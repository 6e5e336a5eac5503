import type { Instruction } from '../../isa/instruction.ts';
import { RDX } from '../../isa/registers.ts';
import { RFLAGS_CF, RFLAGS_OF } from '../../isa/rflags.ts';
import type { Core, Handler } from './core.ts';
import { loadEd, loadEq, storeGd, storeGq } from './operand.ts';
import { requireVex } from './vector-operand.ts';
import { multiply64, multiplyHigh } from './wide-math.ts';

/*
 * BMI1, BMI2 and ADX: bit fields, shifts without flags, multiplication without flags, two chains of carries. All but ADCX and
 * ADOX have a VEX prefix and with it a third operand in VEX.vvvv. Flags that the manual leaves undefined are as on AMD Zen 3.
 */

function setB32(core: Core, insn: Instruction, value: number): void {
  core.gpr32[insn.vvvv * 2] = value;
  core.gpr32[insn.vvvv * 2 + 1] = 0;
}

function setB64(core: Core, insn: Instruction, lo: number, hi: number): void {
  core.gpr32[insn.vvvv * 2] = lo;
  core.gpr32[insn.vvvv * 2 + 1] = hi;
}

// BMI1.

/** ANDN r32a, r32b, r/m32 | VEX.LZ.0F38.W0 F2 | Gd,Bd,Ed (SDM Vol. 2A, "ANDN—Logical AND NOT"). SF ZF; CF OF cleared. */
export function ANDN_Gd_Bd_Ed(core: Core, insn: Instruction): void {
  requireVex(core);
  const src = loadEd(core, insn);
  const result = ~core.gpr32[insn.vvvv * 2]! & src;
  storeGd(core, insn, result);
  core.flags.logic32(result);
}

export function ANDN_Gq_Bq_Eq(core: Core, insn: Instruction): void {
  requireVex(core);
  const { gpr32 } = core;
  const lo = loadEq(core, insn) & ~gpr32[insn.vvvv * 2]!;
  const hi = core.high & ~gpr32[insn.vvvv * 2 + 1]!;
  storeGq(core, insn, lo, hi);
  core.flags.logic64(lo, hi);
}

/** BLSR r32, r/m32 | VEX.LZ.0F38.W0 F3 /1 | Bd,Ed (SDM Vol. 2A, "BLSR—Reset Lowest Set Bit"). CF says that the source was 0. */
export function BLSR_Bd_Ed(core: Core, insn: Instruction): void {
  requireVex(core);
  const src = loadEd(core, insn);
  const result = src & (src - 1);
  setB32(core, insn, result);
  core.flags.setResult(32, result, src === 0 ? 1 : 0, 0, 0);
}

export function BLSR_Bq_Eq(core: Core, insn: Instruction): void {
  requireVex(core);
  const lo = loadEq(core, insn);
  const hi = core.high;
  const resultLo = lo & (lo - 1);
  const resultHi = lo === 0 ? hi & (hi - 1) : hi;
  setB64(core, insn, resultLo, resultHi);
  core.flags.setResult64(resultLo, resultHi, (lo | hi) === 0 ? 1 : 0, 0, 0);
}

/** BLSMSK r32, r/m32 | VEX.LZ.0F38.W0 F3 /2 | Bd,Ed (SDM Vol. 2A, "BLSMSK—Get Mask Up to Lowest Set Bit"). */
export function BLSMSK_Bd_Ed(core: Core, insn: Instruction): void {
  requireVex(core);
  const src = loadEd(core, insn);
  const result = src ^ (src - 1);
  setB32(core, insn, result);
  core.flags.setResult(32, result, src === 0 ? 1 : 0, 0, 0);
}

export function BLSMSK_Bq_Eq(core: Core, insn: Instruction): void {
  requireVex(core);
  const lo = loadEq(core, insn);
  const hi = core.high;
  const resultLo = lo ^ (lo - 1);
  const resultHi = lo === 0 ? hi ^ (hi - 1) : 0;
  setB64(core, insn, resultLo, resultHi);
  core.flags.setResult64(resultLo, resultHi, (lo | hi) === 0 ? 1 : 0, 0, 0);
}

/** BLSI r32, r/m32 | VEX.LZ.0F38.W0 F3 /3 | Bd,Ed (SDM Vol. 2A, "BLSI—Extract Lowest Set Isolated Bit"). CF: the source was not 0. */
export function BLSI_Bd_Ed(core: Core, insn: Instruction): void {
  requireVex(core);
  const src = loadEd(core, insn);
  const result = src & -src;
  setB32(core, insn, result);
  core.flags.setResult(32, result, src !== 0 ? 1 : 0, 0, 0);
}

export function BLSI_Bq_Eq(core: Core, insn: Instruction): void {
  requireVex(core);
  const lo = loadEq(core, insn);
  const hi = core.high;
  const resultLo = lo & -lo;
  const resultHi = lo === 0 ? hi & -hi : 0;
  setB64(core, insn, resultLo, resultHi);
  core.flags.setResult64(resultLo, resultHi, (lo | hi) !== 0 ? 1 : 0, 0, 0);
}

/** The lowest `count` bits of a word, which may be 32 or more. */
function lowBits(word: number, count: number): number {
  return count > 31 ? word : word & ((1 << count) - 1);
}

/**
 * BEXTR r32a, r/m32, r32b | VEX.LZ.0F38.W0 F7 | Gd,Ed,Bd (SDM Vol. 2A, "BEXTR—Bit Field Extract"). ZF; CF OF cleared. AF SF PF
 * are undefined: here, as on Zen 3, AF is set and SF clear.
 */
export function BEXTR_Gd_Ed_Bd(core: Core, insn: Instruction): void {
  requireVex(core);
  const src = loadEd(core, insn);
  const control = core.gpr32[insn.vvvv * 2]!;
  const start = control & 0xff;
  const result = lowBits(start > 31 ? 0 : src >>> start, (control >>> 8) & 0xff);
  storeGd(core, insn, result);
  core.flags.setResult64(result, 0, 0, 0, 1);
}

export function BEXTR_Gq_Eq_Bq(core: Core, insn: Instruction): void {
  requireVex(core);
  const src = loadEq(core, insn);
  const srcHi = core.high;
  const control = core.gpr32[insn.vvvv * 2]!;
  const start = control & 0xff;
  const length = (control >>> 8) & 0xff;
  let lo = 0;
  let hi = 0;
  if (start < 32) {
    lo = (src >>> start) | ((srcHi << 1) << (31 - start));
    hi = srcHi >>> start;
  } else if (start < 64) lo = srcHi >>> (start - 32);
  lo = lowBits(lo, length);
  hi = length > 32 ? lowBits(hi, length - 32) : 0;
  storeGq(core, insn, lo, hi);
  core.flags.setResult64(lo, (hi >>> 1) | (hi & 1), 0, 0, 1);
}

// BMI2.

/** BZHI r32a, r/m32, r32b | VEX.LZ.0F38.W0 F5 | Gd,Ed,Bd (SDM Vol. 2A, "BZHI—Zero High Bits Starting with Specified Bit Position"). */
export function BZHI_Gd_Ed_Bd(core: Core, insn: Instruction): void {
  requireVex(core);
  const src = loadEd(core, insn);
  const from = core.gpr32[insn.vvvv * 2]! & 0xff;
  const result = lowBits(src, from);
  storeGd(core, insn, result);
  core.flags.setResult(32, result, from > 31 ? 1 : 0, 0, 0);
}

export function BZHI_Gq_Eq_Bq(core: Core, insn: Instruction): void {
  requireVex(core);
  const src = loadEq(core, insn);
  const srcHi = core.high;
  const from = core.gpr32[insn.vvvv * 2]! & 0xff;
  const lo = lowBits(src, from);
  const hi = from > 32 ? lowBits(srcHi, from - 32) : 0;
  storeGq(core, insn, lo, hi);
  core.flags.setResult64(lo, hi, from > 63 ? 1 : 0, 0, 0);
}

/** Bits of `src` at the places that `mask` has set, packed together (PEXT). `at` is where the packed bits start. */
const pair = new Int32Array(2);

function extractWord(src: number, mask: number, at: number): number {
  for (let rest = mask; rest !== 0; rest &= rest - 1, at++) {
    if (src & rest & -rest) pair[at >> 5]! |= 1 << (at & 31);
  }
  return at;
}

/** Bits of `pair` from `at` on, one for each place that `mask` has set (PDEP). The next bit is left in `next`. */
let next = 0;

function depositWord(mask: number, at: number): number {
  let result = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1, at++) {
    if ((pair[at >> 5]! >>> (at & 31)) & 1) result |= rest & -rest;
  }
  next = at;
  return result;
}

/** PEXT r32a, r32b, r/m32 | VEX.LZ.F3.0F38.W0 F5 | Gd,Bd,Ed (SDM Vol. 2B, "PEXT—Parallel Bits Extract"). No flags. */
export function PEXT_Gd_Bd_Ed(core: Core, insn: Instruction): void {
  requireVex(core);
  const mask = loadEd(core, insn);
  pair.fill(0);
  extractWord(core.gpr32[insn.vvvv * 2]!, mask, 0);
  storeGd(core, insn, pair[0]!);
}

export function PEXT_Gq_Bq_Eq(core: Core, insn: Instruction): void {
  requireVex(core);
  const mask = loadEq(core, insn);
  const maskHi = core.high;
  pair.fill(0);
  const at = extractWord(core.gpr32[insn.vvvv * 2]!, mask, 0);
  extractWord(core.gpr32[insn.vvvv * 2 + 1]!, maskHi, at);
  storeGq(core, insn, pair[0]!, pair[1]!);
}

/** PDEP r32a, r32b, r/m32 | VEX.LZ.F2.0F38.W0 F5 | Gd,Bd,Ed (SDM Vol. 2B, "PDEP—Parallel Bits Deposit"). No flags. */
export function PDEP_Gd_Bd_Ed(core: Core, insn: Instruction): void {
  requireVex(core);
  const mask = loadEd(core, insn);
  pair[0] = core.gpr32[insn.vvvv * 2]!;
  storeGd(core, insn, depositWord(mask, 0));
}

export function PDEP_Gq_Bq_Eq(core: Core, insn: Instruction): void {
  requireVex(core);
  const mask = loadEq(core, insn);
  const maskHi = core.high;
  pair[0] = core.gpr32[insn.vvvv * 2]!;
  pair[1] = core.gpr32[insn.vvvv * 2 + 1]!;
  const lo = depositWord(mask, 0);
  storeGq(core, insn, lo, depositWord(maskHi, next));
}

/** MULX r32a, r32b, r/m32 | VEX.LZ.F2.0F38.W0 F6 | Gd,Bd,Ed (SDM Vol. 2B, "MULX—Unsigned Multiply Without Affecting Flags"). */
export function MULX_Gd_Bd_Ed(core: Core, insn: Instruction): void {
  requireVex(core);
  const src = loadEd(core, insn);
  const multiplicand = core.gpr32[RDX * 2]!;
  const low = Math.imul(multiplicand, src);
  const high = multiplyHigh(multiplicand, src);
  // One register for both halves keeps the high one.
  setB32(core, insn, low);
  storeGd(core, insn, high);
}

const product = new Int32Array(4);

export function MULX_Gq_Bq_Eq(core: Core, insn: Instruction): void {
  requireVex(core);
  const { gpr32 } = core;
  const lo = loadEq(core, insn);
  const hi = core.high;
  multiply64(gpr32[RDX * 2]!, gpr32[RDX * 2 + 1]!, lo, hi, product);
  setB64(core, insn, product[0]!, product[1]!);
  storeGq(core, insn, product[2]!, product[3]!);
}

/** RORX r32, r/m32, imm8 | VEX.LZ.F2.0F3A.W0 F0 ib | Gd,Ed,Ib (SDM Vol. 2B, "RORX—Rotate Right Logical Without Affecting Flags"). */
export function RORX_Gd_Ed_Ib(core: Core, insn: Instruction): void {
  requireVex(core);
  const src = loadEd(core, insn);
  const count = insn.immediate & 31;
  storeGd(core, insn, (src >>> count) | ((src << 1) << (31 - count)));
}

export function RORX_Gq_Eq_Ib(core: Core, insn: Instruction): void {
  requireVex(core);
  let lo = loadEq(core, insn);
  let hi = core.high;
  const count = insn.immediate & 63;
  if (count > 31) [lo, hi] = [hi, lo];
  const by = count & 31;
  storeGq(core, insn, (lo >>> by) | ((hi << 1) << (31 - by)), (hi >>> by) | ((lo << 1) << (31 - by)));
}

/** SHLX SHRX SARX r32a, r/m32, r32b | VEX.LZ.66/F2/F3.0F38.W0 F7 | Gd,Ed,Bd (SDM Vol. 2B, "SARX/SHLX/SHRX—Shift Without Affecting Flags"). */
export function SHLX_Gd_Ed_Bd(core: Core, insn: Instruction): void {
  requireVex(core);
  storeGd(core, insn, loadEd(core, insn) << core.gpr32[insn.vvvv * 2]!);
}

export function SHRX_Gd_Ed_Bd(core: Core, insn: Instruction): void {
  requireVex(core);
  storeGd(core, insn, loadEd(core, insn) >>> core.gpr32[insn.vvvv * 2]!);
}

export function SARX_Gd_Ed_Bd(core: Core, insn: Instruction): void {
  requireVex(core);
  storeGd(core, insn, loadEd(core, insn) >> core.gpr32[insn.vvvv * 2]!);
}

export function SHLX_Gq_Eq_Bq(core: Core, insn: Instruction): void {
  requireVex(core);
  const lo = loadEq(core, insn);
  const hi = core.high;
  const count = core.gpr32[insn.vvvv * 2]! & 63;
  if (count > 31) storeGq(core, insn, 0, lo << (count - 32));
  else storeGq(core, insn, lo << count, (hi << count) | ((lo >>> 1) >>> (31 - count)));
}

function shiftRightX(core: Core, insn: Instruction, signed: boolean): void {
  requireVex(core);
  const lo = loadEq(core, insn);
  const hi = core.high;
  const count = core.gpr32[insn.vvvv * 2]! & 63;
  const fill = signed ? hi >> 31 : 0;
  if (count > 31) storeGq(core, insn, signed ? hi >> (count - 32) : hi >>> (count - 32), fill);
  else storeGq(core, insn, (lo >>> count) | ((hi << 1) << (31 - count)), signed ? hi >> count : hi >>> count);
}

export const SHRX_Gq_Eq_Bq: Handler = (core, insn) => shiftRightX(core, insn, false);
export const SARX_Gq_Eq_Bq: Handler = (core, insn) => shiftRightX(core, insn, true);

// ADX. One carry chain in CF, the other in OF; no other flag changes.

/** The sum as an unsigned word; the carry in `carry`. */
let carry = 0;

function addWithCarry(a: number, b: number): number {
  const sum = (a >>> 0) + (b >>> 0) + carry;
  carry = sum > 0xffffffff ? 1 : 0;
  return sum | 0;
}

function setChain(core: Core, flag: number): void {
  if (flag === RFLAGS_CF) core.flags.setCfOf(carry, core.flags.of());
  else core.flags.setCfOf(core.flags.cf(), carry);
}

function addChain32(core: Core, insn: Instruction, flag: number): void {
  const src = loadEd(core, insn);
  carry = flag === RFLAGS_CF ? core.flags.cf() : core.flags.of();
  storeGd(core, insn, addWithCarry(core.gpr32[insn.reg * 2]!, src));
  setChain(core, flag);
}

function addChain64(core: Core, insn: Instruction, flag: number): void {
  const lo = loadEq(core, insn);
  const hi = core.high;
  carry = flag === RFLAGS_CF ? core.flags.cf() : core.flags.of();
  const resultLo = addWithCarry(core.gpr32[insn.reg * 2]!, lo);
  const resultHi = addWithCarry(core.gpr32[insn.reg * 2 + 1]!, hi);
  storeGq(core, insn, resultLo, resultHi);
  setChain(core, flag);
}

/** ADCX r32, r/m32 | 66 0F 38 F6 | Gd,Ed (SDM Vol. 2A, "ADCX—Unsigned Integer Addition of Two Operands With Carry Flag"). */
export const ADCX_Gd_Ed: Handler = (core, insn) => addChain32(core, insn, RFLAGS_CF);
export const ADCX_Gq_Eq: Handler = (core, insn) => addChain64(core, insn, RFLAGS_CF);
/** ADOX r32, r/m32 | F3 0F 38 F6 | Gd,Ed (SDM Vol. 2A, "ADOX—Unsigned Integer Addition of Two Operands With Overflow Flag"). */
export const ADOX_Gd_Ed: Handler = (core, insn) => addChain32(core, insn, RFLAGS_OF);
export const ADOX_Gq_Eq: Handler = (core, insn) => addChain64(core, insn, RFLAGS_OF);
