import { carryOut } from '../../bits/words.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { RFLAGS_AF, RFLAGS_CF, RFLAGS_OF } from '../../isa/rflags.ts';
import type { Core } from './core.ts';
import { loadEb, loadEd, loadEq, loadEw, storeGd, storeGq } from './operand.ts';
import {
  divide128,
  multiply64,
  multiply64Signed,
  multiplyHigh,
  multiplyHighSigned,
  negate128,
} from './wide-math.ts';

/*
 * MUL IMUL DIV IDIV (SDM Vol. 2A and 2B, "MUL—Unsigned Multiply", "IMUL—Signed Multiply", "DIV—Unsigned Divide",
 * "IDIV—Signed Divide"). Multiplications set CF and OF when the upper half of the product says something. The flags that the
 * manual leaves open are as an AMD Zen 3 has them (test/vectors/integer.txt): a multiplication leaves SF ZF AF PF alone; a
 * division leaves CF and OF alone, sets AF and clears SF ZF PF.
 */

/** Index in `gpr16` and `gpr32` of AX EAX, DX EDX, and their high words. */
const AX = 0;
const DX = 8;
const EAX = 0;
const RAX_HIGH = 1;
const EDX = 4;
const RDX_HIGH = 5;
/** Byte offsets of AL and AH. */
const AL = 0;
const AH = 1;

/** RDX:RAX, and products of 64-bit operands. */
const wide = new Int32Array(4);

function flagDivision(core: Core): void {
  core.flags.setStatus((core.flags.status() & (RFLAGS_CF | RFLAGS_OF)) | RFLAGS_AF);
}

function storeEdxEax(core: Core, edx: number, eax: number): void {
  core.gpr32[EAX] = eax;
  core.gpr32[RAX_HIGH] = 0;
  core.gpr32[EDX] = edx;
  core.gpr32[RDX_HIGH] = 0;
}

function loadRdxRax(core: Core): void {
  wide[0] = core.gpr32[EAX]!;
  wide[1] = core.gpr32[RAX_HIGH]!;
  wide[2] = core.gpr32[EDX]!;
  wide[3] = core.gpr32[RDX_HIGH]!;
}

function storeRdxRax(core: Core): void {
  core.gpr32[EAX] = wide[0]!;
  core.gpr32[RAX_HIGH] = wide[1]!;
  core.gpr32[EDX] = wide[2]!;
  core.gpr32[RDX_HIGH] = wide[3]!;
}

/** MUL r/m8 | F6 /4 | Eb. AX = AL * r/m8. */
export function MUL_Eb(core: Core, insn: Instruction): void {
  const product = core.gpr8[AL]! * loadEb(core, insn);
  core.gpr16[AX] = product;
  const over = product > 0xff ? 1 : 0;
  core.flags.setCfOf(over, over);
}

/** MUL r/m16 | F7 /4 | Ew. DX:AX = AX * r/m16. */
export function MUL_Ew(core: Core, insn: Instruction): void {
  const product = Math.imul(core.gpr16[AX]!, loadEw(core, insn));
  core.gpr16[AX] = product;
  core.gpr16[DX] = product >>> 16;
  const over = product >>> 16 !== 0 ? 1 : 0;
  core.flags.setCfOf(over, over);
}

/** MUL r/m32 | F7 /4 | Ed. EDX:EAX = EAX * r/m32. */
export function MUL_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const eax = core.gpr32[EAX]!;
  const high = multiplyHigh(eax, src);
  storeEdxEax(core, high, Math.imul(eax, src));
  const over = high !== 0 ? 1 : 0;
  core.flags.setCfOf(over, over);
}

/** MUL r/m64 | REX.W F7 /4 | Eq. RDX:RAX = RAX * r/m64. */
export function MUL_Eq(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  multiply64(core.gpr32[EAX]!, core.gpr32[RAX_HIGH]!, srcLo, core.high, wide);
  storeRdxRax(core);
  const over = (wide[2]! | wide[3]!) !== 0 ? 1 : 0;
  core.flags.setCfOf(over, over);
}

/** IMUL r/m8 | F6 /5 | Eb. AX = AL * r/m8, signed. */
export function IMUL_Eb(core: Core, insn: Instruction): void {
  const src = loadEb(core, insn);
  const product = ((core.gpr8[AL]! << 24) >> 24) * ((src << 24) >> 24);
  core.gpr16[AX] = product;
  const over = (product << 24) >> 24 !== product ? 1 : 0;
  core.flags.setCfOf(over, over);
}

/** IMUL r/m16 | F7 /5 | Ew. DX:AX = AX * r/m16, signed. */
export function IMUL_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  const product = ((core.gpr16[AX]! << 16) >> 16) * ((src << 16) >> 16);
  core.gpr16[AX] = product;
  core.gpr16[DX] = product >> 16;
  const over = (product << 16) >> 16 !== product ? 1 : 0;
  core.flags.setCfOf(over, over);
}

/** IMUL r/m32 | F7 /5 | Ed. EDX:EAX = EAX * r/m32, signed. */
export function IMUL_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const eax = core.gpr32[EAX]!;
  const low = Math.imul(eax, src);
  const high = multiplyHighSigned(eax, src);
  storeEdxEax(core, high, low);
  const over = high !== low >> 31 ? 1 : 0;
  core.flags.setCfOf(over, over);
}

/** IMUL r/m64 | REX.W F7 /5 | Eq. RDX:RAX = RAX * r/m64, signed. */
export function IMUL_Eq(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  multiply64Signed(core.gpr32[EAX]!, core.gpr32[RAX_HIGH]!, srcLo, core.high, wide);
  storeRdxRax(core);
  flagSigned64(core);
}

/** CF and OF of a signed product in `wide`: the upper half is not the sign of the lower. */
function flagSigned64(core: Core): void {
  const sign = wide[1]! >> 31;
  const over = wide[2] !== sign || wide[3] !== sign ? 1 : 0;
  core.flags.setCfOf(over, over);
}

function imul16(core: Core, insn: Instruction, a: number, b: number): void {
  const product = ((a << 16) >> 16) * ((b << 16) >> 16);
  core.gpr16[insn.reg * 4] = product;
  const over = (product << 16) >> 16 !== product ? 1 : 0;
  core.flags.setCfOf(over, over);
}

function imul32(core: Core, insn: Instruction, a: number, b: number): void {
  const low = Math.imul(a, b);
  storeGd(core, insn, low);
  const over = multiplyHighSigned(a, b) !== low >> 31 ? 1 : 0;
  core.flags.setCfOf(over, over);
}

/** IMUL r16, r/m16 | 0F AF /r | Gw,Ew. */
export function IMUL_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  imul16(core, insn, core.gpr16[insn.reg * 4]!, src);
}

/** IMUL r32, r/m32 | 0F AF /r | Gd,Ed. */
export function IMUL_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  imul32(core, insn, core.gpr32[insn.reg * 2]!, src);
}

/** IMUL r64, r/m64 | REX.W 0F AF /r | Gq,Eq. */
export function IMUL_Gq_Eq(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  multiply64Signed(core.gpr32[insn.reg * 2]!, core.gpr32[insn.reg * 2 + 1]!, srcLo, core.high, wide);
  storeGq(core, insn, wide[0]!, wide[1]!);
  flagSigned64(core);
}

/** IMUL r16, r/m16, imm16 | 69 /r iw, 6B /r ib | Gw,Ew,Iw. */
export function IMUL_Gw_Ew_Iw(core: Core, insn: Instruction): void {
  imul16(core, insn, loadEw(core, insn), insn.immediate);
}

/** IMUL r32, r/m32, imm32 | 69 /r id, 6B /r ib | Gd,Ed,Id. */
export function IMUL_Gd_Ed_Id(core: Core, insn: Instruction): void {
  imul32(core, insn, loadEd(core, insn), insn.immediate);
}

/** IMUL r64, r/m64, imm32 | REX.W 69 /r id, 6B /r ib | Gq,Eq,Id. */
export function IMUL_Gq_Eq_Id(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  multiply64Signed(srcLo, core.high, insn.immediate, insn.immediateHigh, wide);
  storeGq(core, insn, wide[0]!, wide[1]!);
  flagSigned64(core);
}

/** DIV r/m8 | F6 /6 | Eb. AL = AX / r/m8, AH = remainder. */
export function DIV_Eb(core: Core, insn: Instruction): void {
  const divisor = loadEb(core, insn);
  if (divisor === 0) core.raiseDE();
  const dividend = core.gpr16[AX]!;
  const quotient = (dividend / divisor) | 0;
  if (quotient > 0xff) core.raiseDE();
  core.gpr8[AL] = quotient;
  core.gpr8[AH] = dividend - quotient * divisor;
  flagDivision(core);
}

/** DIV r/m16 | F7 /6 | Ew. AX = DX:AX / r/m16, DX = remainder. */
export function DIV_Ew(core: Core, insn: Instruction): void {
  const divisor = loadEw(core, insn);
  if (divisor === 0) core.raiseDE();
  const dividend = ((core.gpr16[DX]! << 16) | core.gpr16[AX]!) >>> 0;
  const quotient = Math.floor(dividend / divisor);
  if (quotient > 0xffff) core.raiseDE();
  core.gpr16[AX] = quotient;
  core.gpr16[DX] = dividend - quotient * divisor;
  flagDivision(core);
}

/** DIV r/m32 | F7 /6 | Ed. EAX = EDX:EAX / r/m32, EDX = remainder. */
export function DIV_Ed(core: Core, insn: Instruction): void {
  const divisor = loadEd(core, insn) >>> 0;
  const edx = core.gpr32[EDX]! >>> 0;
  // Also when the divisor is 0.
  if (edx >= divisor) core.raiseDE();
  const eax = core.gpr32[EAX]! >>> 0;
  if (edx === 0) {
    const quotient = Math.floor(eax / divisor);
    storeEdxEax(core, eax - quotient * divisor, quotient);
  } else {
    wide[0] = eax;
    wide[1] = edx;
    wide[2] = 0;
    wide[3] = 0;
    divide128(wide, divisor, 0);
    storeEdxEax(core, wide[2]!, wide[0]!);
  }
  flagDivision(core);
}

/** DIV r/m64 | REX.W F7 /6 | Eq. RAX = RDX:RAX / r/m64, RDX = remainder. */
export function DIV_Eq(core: Core, insn: Instruction): void {
  const divisorLo = loadEq(core, insn);
  const divisorHi = core.high;
  loadRdxRax(core);
  if (!isBelow(wide[2]!, wide[3]!, divisorLo, divisorHi)) core.raiseDE();
  divide128(wide, divisorLo, divisorHi);
  storeRdxRax(core);
  flagDivision(core);
}

/** `aHi:aLo` is below `bHi:bLo`, unsigned. */
function isBelow(aLo: number, aHi: number, bLo: number, bHi: number): boolean {
  return aHi === bHi ? aLo >>> 0 < bLo >>> 0 : aHi >>> 0 < bHi >>> 0;
}

/** IDIV r/m8 | F6 /7 | Eb. AL = AX / r/m8, AH = remainder with the dividend's sign. */
export function IDIV_Eb(core: Core, insn: Instruction): void {
  const divisor = (loadEb(core, insn) << 24) >> 24;
  if (divisor === 0) core.raiseDE();
  const dividend = (core.gpr16[AX]! << 16) >> 16;
  const quotient = (dividend / divisor) | 0;
  if (quotient > 0x7f || quotient < -0x80) core.raiseDE();
  core.gpr8[AL] = quotient;
  core.gpr8[AH] = dividend - quotient * divisor;
  flagDivision(core);
}

/** IDIV r/m16 | F7 /7 | Ew. AX = DX:AX / r/m16, DX = remainder with the dividend's sign. */
export function IDIV_Ew(core: Core, insn: Instruction): void {
  const divisor = (loadEw(core, insn) << 16) >> 16;
  if (divisor === 0) core.raiseDE();
  const dividend = (core.gpr16[DX]! << 16) | core.gpr16[AX]!;
  const quotient = Math.trunc(dividend / divisor);
  if (quotient > 0x7fff || quotient < -0x8000) core.raiseDE();
  core.gpr16[AX] = quotient;
  core.gpr16[DX] = dividend - quotient * divisor;
  flagDivision(core);
}

/** IDIV r/m32 | F7 /7 | Ed. EAX = EDX:EAX / r/m32, EDX = remainder with the dividend's sign. */
export function IDIV_Ed(core: Core, insn: Instruction): void {
  const divisor = loadEd(core, insn);
  if (divisor === 0) core.raiseDE();
  const eax = core.gpr32[EAX]!;
  const edx = core.gpr32[EDX]!;
  if (edx === eax >> 31) {
    // CDQ came before, as it does in compiled code.
    const quotient = Math.trunc(eax / divisor);
    if (quotient > 0x7fffffff) core.raiseDE();
    storeEdxEax(core, eax - quotient * divisor, quotient);
  } else {
    wide[0] = eax;
    wide[1] = edx;
    wide[2] = edx >> 31;
    wide[3] = edx >> 31;
    divideSigned(core, divisor, divisor >> 31);
    if (wide[1] !== wide[0]! >> 31) core.raiseDE();
    storeEdxEax(core, wide[2]!, wide[0]!);
  }
  flagDivision(core);
}

/** IDIV r/m64 | REX.W F7 /7 | Eq. RAX = RDX:RAX / r/m64, RDX = remainder with the dividend's sign. */
export function IDIV_Eq(core: Core, insn: Instruction): void {
  const divisorLo = loadEq(core, insn);
  const divisorHi = core.high;
  loadRdxRax(core);
  divideSigned(core, divisorLo, divisorHi);
  storeRdxRax(core);
  flagDivision(core);
}

/** Divides `wide` by a signed 64-bit divisor: magnitudes first, then the signs. #DE when the quotient does not fit 64 bits. */
function divideSigned(core: Core, divisorLo: number, divisorHi: number): void {
  const dividendSign = wide[3]! >> 31;
  const divisorSign = divisorHi >> 31;
  if (dividendSign !== 0) negate128(wide);
  let byLo = divisorLo;
  let byHi = divisorHi;
  if (divisorSign !== 0) {
    byLo = (0 - divisorLo) | 0;
    byHi = (~divisorHi + (byLo === 0 ? 1 : 0)) | 0;
  }
  if (!isBelow(wide[2]!, wide[3]!, byLo, byHi)) core.raiseDE();
  divide128(wide, byLo, byHi);
  if (dividendSign !== divisorSign) negate64(0);
  // The quotient's sign is not the one expected: its magnitude was above 2^63 - 1, or 2^63 when negative. 0 has no sign.
  const isZero = (wide[0]! | wide[1]!) === 0;
  if (!isZero && wide[1]! >> 31 !== (dividendSign ^ divisorSign)) core.raiseDE();
  if (dividendSign !== 0) negate64(2);
}

/** Two's complement of the 64 bits at word `at` of `wide`. */
function negate64(at: number): void {
  const lo = ~wide[at]!;
  const sum = (lo + 1) | 0;
  wide[at] = sum;
  wide[at + 1] = ~wide[at + 1]! + carryOut(lo, sum);
}
