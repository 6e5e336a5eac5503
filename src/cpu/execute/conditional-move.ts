import type { Instruction } from '../../isa/instruction.ts';
import {
  isB,
  isBE,
  isL,
  isLE,
  isNB,
  isNBE,
  isNL,
  isNLE,
  isNO,
  isNP,
  isNS,
  isNZ,
  isO,
  isP,
  isS,
  isZ,
} from './condition.ts';
import type { Core } from './core.ts';
import { loadEd, loadEq, loadEw, storeGd, storeGq } from './operand.ts';

/*
 * CMOVcc (SDM Vol. 2A, "CMOVcc—Conditional Move"). The source is read, and may fault, whatever the condition; a 32-bit
 * destination loses its upper half whatever the condition.
 */

/** CMOVO r16, r/m16 | 0F 40 /r | Gw,Ew. */
export function CMOVO_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isO(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVO r32, r/m32 | 0F 40 /r | Gd,Ed. */
export function CMOVO_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isO(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVO r64, r/m64 | REX.W 0F 40 /r | Gq,Eq. */
export function CMOVO_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isO(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVNO r16, r/m16 | 0F 41 /r | Gw,Ew. */
export function CMOVNO_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isNO(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVNO r32, r/m32 | 0F 41 /r | Gd,Ed. */
export function CMOVNO_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isNO(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVNO r64, r/m64 | REX.W 0F 41 /r | Gq,Eq. */
export function CMOVNO_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isNO(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVB r16, r/m16 | 0F 42 /r | Gw,Ew. */
export function CMOVB_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isB(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVB r32, r/m32 | 0F 42 /r | Gd,Ed. */
export function CMOVB_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isB(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVB r64, r/m64 | REX.W 0F 42 /r | Gq,Eq. */
export function CMOVB_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isB(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVNB r16, r/m16 | 0F 43 /r | Gw,Ew. */
export function CMOVNB_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isNB(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVNB r32, r/m32 | 0F 43 /r | Gd,Ed. */
export function CMOVNB_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isNB(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVNB r64, r/m64 | REX.W 0F 43 /r | Gq,Eq. */
export function CMOVNB_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isNB(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVZ r16, r/m16 | 0F 44 /r | Gw,Ew. */
export function CMOVZ_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isZ(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVZ r32, r/m32 | 0F 44 /r | Gd,Ed. */
export function CMOVZ_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isZ(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVZ r64, r/m64 | REX.W 0F 44 /r | Gq,Eq. */
export function CMOVZ_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isZ(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVNZ r16, r/m16 | 0F 45 /r | Gw,Ew. */
export function CMOVNZ_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isNZ(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVNZ r32, r/m32 | 0F 45 /r | Gd,Ed. */
export function CMOVNZ_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isNZ(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVNZ r64, r/m64 | REX.W 0F 45 /r | Gq,Eq. */
export function CMOVNZ_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isNZ(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVBE r16, r/m16 | 0F 46 /r | Gw,Ew. */
export function CMOVBE_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isBE(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVBE r32, r/m32 | 0F 46 /r | Gd,Ed. */
export function CMOVBE_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isBE(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVBE r64, r/m64 | REX.W 0F 46 /r | Gq,Eq. */
export function CMOVBE_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isBE(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVNBE r16, r/m16 | 0F 47 /r | Gw,Ew. */
export function CMOVNBE_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isNBE(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVNBE r32, r/m32 | 0F 47 /r | Gd,Ed. */
export function CMOVNBE_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isNBE(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVNBE r64, r/m64 | REX.W 0F 47 /r | Gq,Eq. */
export function CMOVNBE_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isNBE(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVS r16, r/m16 | 0F 48 /r | Gw,Ew. */
export function CMOVS_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isS(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVS r32, r/m32 | 0F 48 /r | Gd,Ed. */
export function CMOVS_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isS(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVS r64, r/m64 | REX.W 0F 48 /r | Gq,Eq. */
export function CMOVS_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isS(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVNS r16, r/m16 | 0F 49 /r | Gw,Ew. */
export function CMOVNS_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isNS(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVNS r32, r/m32 | 0F 49 /r | Gd,Ed. */
export function CMOVNS_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isNS(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVNS r64, r/m64 | REX.W 0F 49 /r | Gq,Eq. */
export function CMOVNS_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isNS(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVP r16, r/m16 | 0F 4A /r | Gw,Ew. */
export function CMOVP_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isP(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVP r32, r/m32 | 0F 4A /r | Gd,Ed. */
export function CMOVP_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isP(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVP r64, r/m64 | REX.W 0F 4A /r | Gq,Eq. */
export function CMOVP_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isP(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVNP r16, r/m16 | 0F 4B /r | Gw,Ew. */
export function CMOVNP_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isNP(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVNP r32, r/m32 | 0F 4B /r | Gd,Ed. */
export function CMOVNP_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isNP(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVNP r64, r/m64 | REX.W 0F 4B /r | Gq,Eq. */
export function CMOVNP_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isNP(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVL r16, r/m16 | 0F 4C /r | Gw,Ew. */
export function CMOVL_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isL(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVL r32, r/m32 | 0F 4C /r | Gd,Ed. */
export function CMOVL_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isL(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVL r64, r/m64 | REX.W 0F 4C /r | Gq,Eq. */
export function CMOVL_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isL(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVNL r16, r/m16 | 0F 4D /r | Gw,Ew. */
export function CMOVNL_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isNL(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVNL r32, r/m32 | 0F 4D /r | Gd,Ed. */
export function CMOVNL_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isNL(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVNL r64, r/m64 | REX.W 0F 4D /r | Gq,Eq. */
export function CMOVNL_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isNL(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVLE r16, r/m16 | 0F 4E /r | Gw,Ew. */
export function CMOVLE_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isLE(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVLE r32, r/m32 | 0F 4E /r | Gd,Ed. */
export function CMOVLE_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isLE(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVLE r64, r/m64 | REX.W 0F 4E /r | Gq,Eq. */
export function CMOVLE_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isLE(core.flags)) storeGq(core, insn, lo, core.high);
}

/** CMOVNLE r16, r/m16 | 0F 4F /r | Gw,Ew. */
export function CMOVNLE_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  if (isNLE(core.flags)) core.gpr16[insn.reg * 4] = src;
}

/** CMOVNLE r32, r/m32 | 0F 4F /r | Gd,Ed. */
export function CMOVNLE_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  storeGd(core, insn, isNLE(core.flags) ? src : core.gpr32[insn.reg * 2]!);
}

/** CMOVNLE r64, r/m64 | REX.W 0F 4F /r | Gq,Eq. */
export function CMOVNLE_Gq_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  if (isNLE(core.flags)) storeGq(core, insn, lo, core.high);
}
