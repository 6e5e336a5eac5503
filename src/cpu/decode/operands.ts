/**
 * The operand codes of the maps and what the decoder has to do for them (SDM Vol. 2D, "Codes for Addressing Method",
 * "Codes for Operand Type"). A code is a method and a type.
 *
 * Methods: E G general register or memory, and register; M memory only; R register only; V W H vector register, vector
 * register or memory, VEX.vvvv; U vector register in ModRM.rm only; L vector register in an immediate; P Q N the same of
 * MMX; B general register in VEX.vvvv; C D S control, debug and segment register; Z register in the opcode; I immediate,
 * `sI` sign-extended; J relative; A far pointer; O moffs; X Y string source and destination; `STi` an x87 register.
 * M with a type `vd vq` is the vector-indexed memory of a gather. Anything else is a fixed register or the constant 1.
 *
 * Types: b w d q t dq qq = 8 16 32 64 80 128 256 bits; v z y by operand size; x ps pd by VEX.L; h f e a half, a fourth, an
 * eighth of that; ss sd scalars; p far pointer; a BOUND's pair; s pseudo-descriptor.
 */
import { BY_MOD, BY_REG, BY_RM } from './selectors.ts';

/** The bits of a plan: what the decoder does after it has found the row. */
export const PLAN_MODRM = 1 << 0;
/** The register is in the opcode. */
export const PLAN_OPCODE_REGISTER = 1 << 1;
/** ModRM.reg belongs to the opcode: no REX.R. */
export const PLAN_GROUP = 1 << 2;
export const PLAN_LOCKABLE = 1 << 3;
/** MOV to and from control and debug registers: ModRM.mod is taken as 3. */
export const PLAN_MOD_IGNORED = 1 << 4;
export const PLAN_VSIB = 1 << 5;
/** VEX.vvvv names an operand; where it does not it must be 1111. */
export const PLAN_VVVV = 1 << 6;
/** ModRM.reg is a segment register: six exist, REX.R is ignored. */
export const PLAN_SEGMENT = 1 << 7;
export const PLAN_SEGMENT_LOAD = 1 << 8;
export const PLAN_CONTROL = 1 << 9;
export const PLAN_DEBUG = 1 << 10;
/** ModRM.reg or ModRM.rm is an MMX register: there are eight. */
export const PLAN_MMX_REG = 1 << 11;
export const PLAN_MMX_RM = 1 << 12;
/** A gather: #UD unless destination, index and mask are three registers. */
export const PLAN_DISTINCT = 1 << 13;
/** Any of the checks above that come after the registers are known. */
export const PLAN_CHECKS =
  PLAN_SEGMENT | PLAN_CONTROL | PLAN_DEBUG | PLAN_MMX_REG | PLAN_MMX_RM | PLAN_DISTINCT;
export const PLAN_SIZE_SHIFT = 16;
export const PLAN_SIZE_MASK = 0xf << PLAN_SIZE_SHIFT;
export const PLAN_IMMEDIATE_SHIFT = 20;
export const PLAN_IMMEDIATE_MASK = 0xf << PLAN_IMMEDIATE_SHIFT;

const IMM_NONE = 0;
/** One byte, 0 to 255. */
export const IMM_BYTE = 1;
/** One byte, sign-extended to the operand size. */
export const IMM_BYTE_SIGNED = 2;
/** 16 bits, or 32 sign-extended to the operand size. */
export const IMM_Z = 3;
/** As wide as the operand. */
export const IMM_V = 4;
export const IMM_WORD = 5;
export const IMM_JUMP_BYTE = 6;
export const IMM_JUMP_Z = 7;
export const IMM_FAR = 8;
/** ENTER. */
export const IMM_WORD_BYTE = 9;
/** The shifts by one. */
export const IMM_ONE = 10;
export const IMM_MOFFS = 11;
/** A vector register in bits 7:4. */
export const IMM_REGISTER = 12;
/** EXTRQ and INSERTQ. */
export const IMM_BYTE_BYTE = 13;

const IMMEDIATES: Readonly<Record<string, number>> = {
  Ib: IMM_BYTE, sIb: IMM_BYTE_SIGNED, Iz: IMM_Z, Iv: IMM_V, Iw: IMM_WORD, Jb: IMM_JUMP_BYTE, Jz: IMM_JUMP_Z,
  Ap: IMM_FAR, '1': IMM_ONE, Ob: IMM_MOFFS, Ov: IMM_MOFFS, Lx: IMM_REGISTER,
}; // biome-ignore format: code and kind.

const FIXED_SEGMENTS: Readonly<Record<string, number>> = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5 };

const MOD_MEMORY = 1;
const MOD_REGISTER = 2;
const MOD_ANY = 3;

export interface OperandPlan {
  readonly flags: number;
  /** Segment register that the opcode itself names, or -1. */
  readonly fixedReg: number;
  /** Which values of the selector BY_MOD the operands allow, as a mask. */
  readonly mod: number;
}

export function operandPlan(
  operands: readonly string[],
  masks: Uint16Array,
  sizeRule: number,
  lockable: boolean,
  distinct: boolean,
): OperandPlan {
  const isGroup = masks[BY_REG] !== 0xff;
  let flags = sizeRule << PLAN_SIZE_SHIFT;
  if (isGroup) flags |= PLAN_GROUP;
  if (isGroup || masks[BY_MOD] !== 3 || masks[BY_RM] !== 0xff) flags |= PLAN_MODRM;
  if (lockable) flags |= PLAN_LOCKABLE;
  if (distinct) flags |= PLAN_DISTINCT;
  let mod = MOD_ANY;
  let fixedReg = -1;
  let immediate = IMM_NONE;
  for (const [at, code] of operands.entries()) {
    const kind = IMMEDIATES[code];
    if (kind === IMM_BYTE && immediate === IMM_WORD) immediate = IMM_WORD_BYTE;
    else if (kind === IMM_BYTE && immediate === IMM_BYTE) immediate = IMM_BYTE_BYTE;
    else if (kind !== undefined) immediate = kind;
    else if (code in FIXED_SEGMENTS) fixedReg = FIXED_SEGMENTS[code]!;
    else if (/^[A-Z][a-z]/.test(code) || code === 'M') {
      const method = code[0]!;
      if ('EGMRVWUPQNSCD'.includes(method)) flags |= PLAN_MODRM;
      if (method === 'M') mod = MOD_MEMORY;
      if ('RUN'.includes(method)) mod = MOD_REGISTER;
      if (/^Mv[dq]$/.test(code)) flags |= PLAN_VSIB;
      if ('HB'.includes(method)) flags |= PLAN_VVVV;
      if (method === 'P') flags |= PLAN_MMX_REG;
      if ('QN'.includes(method)) flags |= PLAN_MMX_RM;
      if (method === 'Z') flags |= PLAN_OPCODE_REGISTER;
      if (method === 'S') flags |= PLAN_SEGMENT | (at === 0 ? PLAN_SEGMENT_LOAD : 0);
      if (method === 'C') flags |= PLAN_CONTROL | PLAN_MOD_IGNORED;
      if (method === 'D') flags |= PLAN_DEBUG | PLAN_MOD_IGNORED;
    }
  }
  if ((flags & PLAN_MOD_IGNORED) !== 0) mod = MOD_ANY;
  return { flags: flags | (immediate << PLAN_IMMEDIATE_SHIFT), fixedReg, mod };
}
