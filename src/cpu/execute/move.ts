import { carryOut } from '../../bits/words.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { RBX } from '../../isa/registers.ts';
import { swapBytes } from './bit-scan.ts';
import type { Core } from './core.ts';
import {
  effectiveAddress,
  loadEb,
  loadEd,
  loadEq,
  loadEw,
  storeEb,
  storeEd,
  storeEq,
  storeEw,
  storeGd,
  storeGq,
} from './operand.ts';

/*
 * MOV LEA MOVZX MOVSX MOVSXD MOVBE MOVNTI XLAT (SDM Vol. 2B, "MOV—Move" and its kin). No flag changes. MOV to and from segment,
 * control and debug registers is elsewhere.
 */

/** MOV r/m8, r8 | 88 /r, A2 | Eb,Gb. */
export function MOV_Eb_Gb(core: Core, insn: Instruction): void {
  storeEb(core, insn, core.gpr8[insn.reg8]!);
}

/** MOV r/m16, r16 | 89 /r, A3 | Ew,Gw. */
export function MOV_Ew_Gw(core: Core, insn: Instruction): void {
  storeEw(core, insn, core.gpr16[insn.reg * 4]!);
}

/** MOV r/m32, r32 | 89 /r, A3 | Ed,Gd. */
export function MOV_Ed_Gd(core: Core, insn: Instruction): void {
  storeEd(core, insn, core.gpr32[insn.reg * 2]!);
}

/** MOV r/m64, r64 | REX.W 89 /r, A3 | Eq,Gq. */
export function MOV_Eq_Gq(core: Core, insn: Instruction): void {
  storeEq(core, insn, core.gpr32[insn.reg * 2]!, core.gpr32[insn.reg * 2 + 1]!);
}

/** MOV r8, r/m8 | 8A /r, A0 | Gb,Eb. */
export function MOV_Gb_Eb(core: Core, insn: Instruction): void {
  core.gpr8[insn.reg8] = loadEb(core, insn);
}

/** MOV r16, r/m16 | 8B /r, A1 | Gw,Ew. */
export function MOV_Gw_Ew(core: Core, insn: Instruction): void {
  core.gpr16[insn.reg * 4] = loadEw(core, insn);
}

/** MOV r32, r/m32 | 8B /r, A1 | Gd,Ed. */
export function MOV_Gd_Ed(core: Core, insn: Instruction): void {
  storeGd(core, insn, loadEd(core, insn));
}

/** MOV r64, r/m64 | REX.W 8B /r, A1 | Gq,Eq. */
export function MOV_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  storeGq(core, insn, lo, core.high);
}

/** MOV r/m8, imm8 | C6 /0 ib, B0+r ib | Eb,Ib. */
export function MOV_Eb_Ib(core: Core, insn: Instruction): void {
  storeEb(core, insn, insn.immediate);
}

/** MOV r/m16, imm16 | C7 /0 iw, B8+r iw | Ew,Iw. */
export function MOV_Ew_Iw(core: Core, insn: Instruction): void {
  storeEw(core, insn, insn.immediate);
}

/** MOV r/m32, imm32 | C7 /0 id, B8+r id | Ed,Id. */
export function MOV_Ed_Id(core: Core, insn: Instruction): void {
  storeEd(core, insn, insn.immediate);
}

/** MOV r/m64, imm32 | REX.W C7 /0 id | Eq,Id. Sign-extended by the decoder. */
export function MOV_Eq_Id(core: Core, insn: Instruction): void {
  storeEq(core, insn, insn.immediate, insn.immediateHigh);
}

/** MOV r64, imm64 | REX.W B8+r iq | Eq,Iq. */
export function MOV_Eq_Iq(core: Core, insn: Instruction): void {
  storeEq(core, insn, insn.immediate, insn.immediateHigh);
}

/** LEA r16, m | 8D /r | Gw,M. */
export function LEA_Gw_M(core: Core, insn: Instruction): void {
  core.gpr16[insn.reg * 4] = effectiveAddress(core, insn);
}

/** LEA r32, m | 8D /r | Gd,M. */
export function LEA_Gd_M(core: Core, insn: Instruction): void {
  storeGd(core, insn, effectiveAddress(core, insn));
}

/** LEA r64, m | REX.W 8D /r | Gq,M. */
export function LEA_Gq_M(core: Core, insn: Instruction): void {
  const lo = effectiveAddress(core, insn);
  storeGq(core, insn, lo, core.high);
}

/** MOVZX r16, r/m8 | 0F B6 /r | Gw,Eb. */
export function MOVZX_Gw_Eb(core: Core, insn: Instruction): void {
  core.gpr16[insn.reg * 4] = loadEb(core, insn);
}

/** MOVZX r32, r/m8 | 0F B6 /r | Gd,Eb. */
export function MOVZX_Gd_Eb(core: Core, insn: Instruction): void {
  storeGd(core, insn, loadEb(core, insn));
}

/** MOVZX r64, r/m8 | REX.W 0F B6 /r | Gq,Eb. */
export function MOVZX_Gq_Eb(core: Core, insn: Instruction): void {
  storeGq(core, insn, loadEb(core, insn), 0);
}

/** MOVZX r16, r/m16 | 0F B7 /r | Gw,Ew. */
export function MOVZX_Gw_Ew(core: Core, insn: Instruction): void {
  core.gpr16[insn.reg * 4] = loadEw(core, insn);
}

/** MOVZX r32, r/m16 | 0F B7 /r | Gd,Ew. */
export function MOVZX_Gd_Ew(core: Core, insn: Instruction): void {
  storeGd(core, insn, loadEw(core, insn));
}

/** MOVZX r64, r/m16 | REX.W 0F B7 /r | Gq,Ew. */
export function MOVZX_Gq_Ew(core: Core, insn: Instruction): void {
  storeGq(core, insn, loadEw(core, insn), 0);
}

/** MOVSX r16, r/m8 | 0F BE /r | Gw,Eb. */
export function MOVSX_Gw_Eb(core: Core, insn: Instruction): void {
  core.gpr16[insn.reg * 4] = (loadEb(core, insn) << 24) >> 24;
}

/** MOVSX r32, r/m8 | 0F BE /r | Gd,Eb. */
export function MOVSX_Gd_Eb(core: Core, insn: Instruction): void {
  storeGd(core, insn, (loadEb(core, insn) << 24) >> 24);
}

/** MOVSX r64, r/m8 | REX.W 0F BE /r | Gq,Eb. */
export function MOVSX_Gq_Eb(core: Core, insn: Instruction): void {
  const value = (loadEb(core, insn) << 24) >> 24;
  storeGq(core, insn, value, value >> 31);
}

/** MOVSX r16, r/m16 | 0F BF /r | Gw,Ew. */
export function MOVSX_Gw_Ew(core: Core, insn: Instruction): void {
  core.gpr16[insn.reg * 4] = loadEw(core, insn);
}

/** MOVSX r32, r/m16 | 0F BF /r | Gd,Ew. */
export function MOVSX_Gd_Ew(core: Core, insn: Instruction): void {
  storeGd(core, insn, (loadEw(core, insn) << 16) >> 16);
}

/** MOVSX r64, r/m16 | REX.W 0F BF /r | Gq,Ew. */
export function MOVSX_Gq_Ew(core: Core, insn: Instruction): void {
  const value = (loadEw(core, insn) << 16) >> 16;
  storeGq(core, insn, value, value >> 31);
}

/** MOVSXD r16, r/m16 | 63 /r | Gw,Ed. AMD's processors read 32 bits of memory (APM Vol. 3, "MOVSXD"), Intel's 16. */
export function MOVSXD_Gw_Ed(core: Core, insn: Instruction): void {
  core.gpr16[insn.reg * 4] = core.model.vendor === 'amd' ? loadEd(core, insn) : loadEw(core, insn);
}

/** MOVSXD r32, r/m32 | 63 /r | Gd,Ed. */
export function MOVSXD_Gd_Ed(core: Core, insn: Instruction): void {
  storeGd(core, insn, loadEd(core, insn));
}

/** MOVSXD r64, r/m32 | REX.W 63 /r | Gq,Ed. */
export function MOVSXD_Gq_Ed(core: Core, insn: Instruction): void {
  const value = loadEd(core, insn);
  storeGq(core, insn, value, value >> 31);
}

/** MOVBE r16, m16 | 0F 38 F0 /r | Gw,Mw. */
export function MOVBE_Gw_Mw(core: Core, insn: Instruction): void {
  core.gpr16[insn.reg * 4] = swapBytes(loadEw(core, insn)) >>> 16;
}

/** MOVBE r32, m32 | 0F 38 F0 /r | Gd,Md. */
export function MOVBE_Gd_Md(core: Core, insn: Instruction): void {
  storeGd(core, insn, swapBytes(loadEd(core, insn)));
}

/** MOVBE r64, m64 | REX.W 0F 38 F0 /r | Gq,Mq. */
export function MOVBE_Gq_Mq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  storeGq(core, insn, swapBytes(core.high), swapBytes(lo));
}

/** MOVBE m16, r16 | 0F 38 F1 /r | Mw,Gw. */
export function MOVBE_Mw_Gw(core: Core, insn: Instruction): void {
  storeEw(core, insn, swapBytes(core.gpr16[insn.reg * 4]!) >>> 16);
}

/** MOVBE m32, r32 | 0F 38 F1 /r | Md,Gd. */
export function MOVBE_Md_Gd(core: Core, insn: Instruction): void {
  storeEd(core, insn, swapBytes(core.gpr32[insn.reg * 2]!));
}

/** MOVBE m64, r64 | REX.W 0F 38 F1 /r | Mq,Gq. */
export function MOVBE_Mq_Gq(core: Core, insn: Instruction): void {
  const lo = swapBytes(core.gpr32[insn.reg * 2 + 1]!);
  storeEq(core, insn, lo, swapBytes(core.gpr32[insn.reg * 2]!));
}

/** MOVNTI m32, r32 | 0F C3 /r | Md,Gd. The hint has no meaning here. */
export function MOVNTI_Md_Gd(core: Core, insn: Instruction): void {
  storeEd(core, insn, core.gpr32[insn.reg * 2]!);
}

/** MOVNTI m64, r64 | REX.W 0F C3 /r | Mq,Gq. */
export function MOVNTI_Mq_Gq(core: Core, insn: Instruction): void {
  storeEq(core, insn, core.gpr32[insn.reg * 2]!, core.gpr32[insn.reg * 2 + 1]!);
}

/** XLATB | D7 (SDM Vol. 2B, "XLAT/XLATB—Table Look-up Translation"). AL = [rBX + AL]. */
export function XLAT(core: Core, insn: Instruction): void {
  const base = core.gpr32[RBX * 2]!;
  let lo = (base + core.gpr8[0]!) | 0;
  let hi = 0;
  if (insn.addressSize === 64) hi = (core.gpr32[RBX * 2 + 1]! + carryOut(base, lo)) | 0;
  else if (insn.addressSize === 16) lo &= 0xffff;
  core.gpr8[0] = core.load8(insn.segment, lo, hi);
}
