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
import { storeEb } from './operand.ts';

/* SETcc (SDM Vol. 2B, "SETcc—Set Byte on Condition"): 1 or 0. */

/** SETO r/m8 | 0F 90 | Eb. */
export function SETO_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isO(core.flags) ? 1 : 0);
}

/** SETNO r/m8 | 0F 91 | Eb. */
export function SETNO_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isNO(core.flags) ? 1 : 0);
}

/** SETB r/m8 | 0F 92 | Eb. */
export function SETB_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isB(core.flags) ? 1 : 0);
}

/** SETNB r/m8 | 0F 93 | Eb. */
export function SETNB_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isNB(core.flags) ? 1 : 0);
}

/** SETZ r/m8 | 0F 94 | Eb. */
export function SETZ_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isZ(core.flags) ? 1 : 0);
}

/** SETNZ r/m8 | 0F 95 | Eb. */
export function SETNZ_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isNZ(core.flags) ? 1 : 0);
}

/** SETBE r/m8 | 0F 96 | Eb. */
export function SETBE_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isBE(core.flags) ? 1 : 0);
}

/** SETNBE r/m8 | 0F 97 | Eb. */
export function SETNBE_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isNBE(core.flags) ? 1 : 0);
}

/** SETS r/m8 | 0F 98 | Eb. */
export function SETS_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isS(core.flags) ? 1 : 0);
}

/** SETNS r/m8 | 0F 99 | Eb. */
export function SETNS_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isNS(core.flags) ? 1 : 0);
}

/** SETP r/m8 | 0F 9A | Eb. */
export function SETP_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isP(core.flags) ? 1 : 0);
}

/** SETNP r/m8 | 0F 9B | Eb. */
export function SETNP_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isNP(core.flags) ? 1 : 0);
}

/** SETL r/m8 | 0F 9C | Eb. */
export function SETL_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isL(core.flags) ? 1 : 0);
}

/** SETNL r/m8 | 0F 9D | Eb. */
export function SETNL_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isNL(core.flags) ? 1 : 0);
}

/** SETLE r/m8 | 0F 9E | Eb. */
export function SETLE_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isLE(core.flags) ? 1 : 0);
}

/** SETNLE r/m8 | 0F 9F | Eb. */
export function SETNLE_Eb(core: Core, insn: Instruction): void {
  storeEb(core, insn, isNLE(core.flags) ? 1 : 0);
}
