import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import {
  closeEb,
  closeEd,
  closeEq,
  closeEw,
  loadEb,
  loadEd,
  loadEq,
  loadEw,
  openEb,
  openEd,
  openEq,
  openEw,
  storeGd,
  storeGq,
} from './operand.ts';

/*
 * OR AND XOR NOT (SDM Vol. 2A and 2B, "OR—Logical Inclusive OR", "AND—Logical AND", "XOR—Logical Exclusive OR", "NOT—One's
 * Complement Negation"). OF and CF are cleared, SF ZF PF follow the result; AF, which the manual leaves open, is cleared.
 */

/** OR r/m8, r8 | 08 /r | Eb,Gb. */
export function OR_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = core.gpr8[insn.reg8]!;
  const result = dest | src;
  closeEb(core, insn, result);
  core.flags.logic8(result);
}

/** OR r/m16, r16 | 09 /r | Ew,Gw. */
export function OR_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = core.gpr16[insn.reg * 4]!;
  const result = dest | src;
  closeEw(core, insn, result);
  core.flags.logic16(result);
}

/** OR r/m32, r32 | 09 /r | Ed,Gd. */
export function OR_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = core.gpr32[insn.reg * 2]!;
  const result = dest | src;
  closeEd(core, insn, result);
  core.flags.logic32(result);
}

/** OR r/m64, r64 | REX.W 09 /r | Eq,Gq. */
export function OR_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = destLo | srcLo;
  const resultHi = destHi | srcHi;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.logic64(resultLo, resultHi);
}

/** OR r8, r/m8 | 0A /r | Gb,Eb. */
export function OR_Gb_Eb(core: Core, insn: Instruction): void {
  const src = loadEb(core, insn);
  const dest = core.gpr8[insn.reg8]!;
  const result = dest | src;
  core.gpr8[insn.reg8] = result;
  core.flags.logic8(result);
}

/** OR r16, r/m16 | 0B /r | Gw,Ew. */
export function OR_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  const dest = core.gpr16[insn.reg * 4]!;
  const result = dest | src;
  core.gpr16[insn.reg * 4] = result;
  core.flags.logic16(result);
}

/** OR r32, r/m32 | 0B /r | Gd,Ed. */
export function OR_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const dest = core.gpr32[insn.reg * 2]!;
  const result = dest | src;
  storeGd(core, insn, result);
  core.flags.logic32(result);
}

/** OR r64, r/m64 | REX.W 0B /r | Gq,Eq. */
export function OR_Gq_Eq(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  const srcHi = core.high;
  const destLo = core.gpr32[insn.reg * 2]!;
  const destHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = destLo | srcLo;
  const resultHi = destHi | srcHi;
  storeGq(core, insn, resultLo, resultHi);
  core.flags.logic64(resultLo, resultHi);
}

/** OR r/m8, imm8 | 80 /1 ib, 0C ib | Eb,Ib. */
export function OR_Eb_Ib(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = insn.immediate;
  const result = dest | src;
  closeEb(core, insn, result);
  core.flags.logic8(result);
}

/** OR r/m16, imm16 | 81 /1 iw, 83 /1 ib, 0D iw | Ew,Iw. */
export function OR_Ew_Iw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = insn.immediate;
  const result = dest | src;
  closeEw(core, insn, result);
  core.flags.logic16(result);
}

/** OR r/m32, imm32 | 81 /1 id, 83 /1 ib, 0D id | Ed,Id. */
export function OR_Ed_Id(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = insn.immediate;
  const result = dest | src;
  closeEd(core, insn, result);
  core.flags.logic32(result);
}

/** OR r/m64, imm32 | REX.W 81 /1 id, 83 /1 ib, 0D id | Eq,Id. */
export function OR_Eq_Id(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = insn.immediate;
  const srcHi = insn.immediateHigh;
  const resultLo = destLo | srcLo;
  const resultHi = destHi | srcHi;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.logic64(resultLo, resultHi);
}

/** AND r/m8, r8 | 20 /r | Eb,Gb. */
export function AND_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = core.gpr8[insn.reg8]!;
  const result = dest & src;
  closeEb(core, insn, result);
  core.flags.logic8(result);
}

/** AND r/m16, r16 | 21 /r | Ew,Gw. */
export function AND_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = core.gpr16[insn.reg * 4]!;
  const result = dest & src;
  closeEw(core, insn, result);
  core.flags.logic16(result);
}

/** AND r/m32, r32 | 21 /r | Ed,Gd. */
export function AND_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = core.gpr32[insn.reg * 2]!;
  const result = dest & src;
  closeEd(core, insn, result);
  core.flags.logic32(result);
}

/** AND r/m64, r64 | REX.W 21 /r | Eq,Gq. */
export function AND_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = destLo & srcLo;
  const resultHi = destHi & srcHi;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.logic64(resultLo, resultHi);
}

/** AND r8, r/m8 | 22 /r | Gb,Eb. */
export function AND_Gb_Eb(core: Core, insn: Instruction): void {
  const src = loadEb(core, insn);
  const dest = core.gpr8[insn.reg8]!;
  const result = dest & src;
  core.gpr8[insn.reg8] = result;
  core.flags.logic8(result);
}

/** AND r16, r/m16 | 23 /r | Gw,Ew. */
export function AND_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  const dest = core.gpr16[insn.reg * 4]!;
  const result = dest & src;
  core.gpr16[insn.reg * 4] = result;
  core.flags.logic16(result);
}

/** AND r32, r/m32 | 23 /r | Gd,Ed. */
export function AND_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const dest = core.gpr32[insn.reg * 2]!;
  const result = dest & src;
  storeGd(core, insn, result);
  core.flags.logic32(result);
}

/** AND r64, r/m64 | REX.W 23 /r | Gq,Eq. */
export function AND_Gq_Eq(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  const srcHi = core.high;
  const destLo = core.gpr32[insn.reg * 2]!;
  const destHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = destLo & srcLo;
  const resultHi = destHi & srcHi;
  storeGq(core, insn, resultLo, resultHi);
  core.flags.logic64(resultLo, resultHi);
}

/** AND r/m8, imm8 | 80 /4 ib, 24 ib | Eb,Ib. */
export function AND_Eb_Ib(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = insn.immediate;
  const result = dest & src;
  closeEb(core, insn, result);
  core.flags.logic8(result);
}

/** AND r/m16, imm16 | 81 /4 iw, 83 /4 ib, 25 iw | Ew,Iw. */
export function AND_Ew_Iw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = insn.immediate;
  const result = dest & src;
  closeEw(core, insn, result);
  core.flags.logic16(result);
}

/** AND r/m32, imm32 | 81 /4 id, 83 /4 ib, 25 id | Ed,Id. */
export function AND_Ed_Id(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = insn.immediate;
  const result = dest & src;
  closeEd(core, insn, result);
  core.flags.logic32(result);
}

/** AND r/m64, imm32 | REX.W 81 /4 id, 83 /4 ib, 25 id | Eq,Id. */
export function AND_Eq_Id(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = insn.immediate;
  const srcHi = insn.immediateHigh;
  const resultLo = destLo & srcLo;
  const resultHi = destHi & srcHi;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.logic64(resultLo, resultHi);
}

/** XOR r/m8, r8 | 30 /r | Eb,Gb. */
export function XOR_Eb_Gb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = core.gpr8[insn.reg8]!;
  const result = dest ^ src;
  closeEb(core, insn, result);
  core.flags.logic8(result);
}

/** XOR r/m16, r16 | 31 /r | Ew,Gw. */
export function XOR_Ew_Gw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = core.gpr16[insn.reg * 4]!;
  const result = dest ^ src;
  closeEw(core, insn, result);
  core.flags.logic16(result);
}

/** XOR r/m32, r32 | 31 /r | Ed,Gd. */
export function XOR_Ed_Gd(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = core.gpr32[insn.reg * 2]!;
  const result = dest ^ src;
  closeEd(core, insn, result);
  core.flags.logic32(result);
}

/** XOR r/m64, r64 | REX.W 31 /r | Eq,Gq. */
export function XOR_Eq_Gq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = core.gpr32[insn.reg * 2]!;
  const srcHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = destLo ^ srcLo;
  const resultHi = destHi ^ srcHi;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.logic64(resultLo, resultHi);
}

/** XOR r8, r/m8 | 32 /r | Gb,Eb. */
export function XOR_Gb_Eb(core: Core, insn: Instruction): void {
  const src = loadEb(core, insn);
  const dest = core.gpr8[insn.reg8]!;
  const result = dest ^ src;
  core.gpr8[insn.reg8] = result;
  core.flags.logic8(result);
}

/** XOR r16, r/m16 | 33 /r | Gw,Ew. */
export function XOR_Gw_Ew(core: Core, insn: Instruction): void {
  const src = loadEw(core, insn);
  const dest = core.gpr16[insn.reg * 4]!;
  const result = dest ^ src;
  core.gpr16[insn.reg * 4] = result;
  core.flags.logic16(result);
}

/** XOR r32, r/m32 | 33 /r | Gd,Ed. */
export function XOR_Gd_Ed(core: Core, insn: Instruction): void {
  const src = loadEd(core, insn);
  const dest = core.gpr32[insn.reg * 2]!;
  const result = dest ^ src;
  storeGd(core, insn, result);
  core.flags.logic32(result);
}

/** XOR r64, r/m64 | REX.W 33 /r | Gq,Eq. */
export function XOR_Gq_Eq(core: Core, insn: Instruction): void {
  const srcLo = loadEq(core, insn);
  const srcHi = core.high;
  const destLo = core.gpr32[insn.reg * 2]!;
  const destHi = core.gpr32[insn.reg * 2 + 1]!;
  const resultLo = destLo ^ srcLo;
  const resultHi = destHi ^ srcHi;
  storeGq(core, insn, resultLo, resultHi);
  core.flags.logic64(resultLo, resultHi);
}

/** XOR r/m8, imm8 | 80 /6 ib, 34 ib | Eb,Ib. */
export function XOR_Eb_Ib(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  const src = insn.immediate;
  const result = dest ^ src;
  closeEb(core, insn, result);
  core.flags.logic8(result);
}

/** XOR r/m16, imm16 | 81 /6 iw, 83 /6 ib, 35 iw | Ew,Iw. */
export function XOR_Ew_Iw(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  const src = insn.immediate;
  const result = dest ^ src;
  closeEw(core, insn, result);
  core.flags.logic16(result);
}

/** XOR r/m32, imm32 | 81 /6 id, 83 /6 ib, 35 id | Ed,Id. */
export function XOR_Ed_Id(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  const src = insn.immediate;
  const result = dest ^ src;
  closeEd(core, insn, result);
  core.flags.logic32(result);
}

/** XOR r/m64, imm32 | REX.W 81 /6 id, 83 /6 ib, 35 id | Eq,Id. */
export function XOR_Eq_Id(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  const srcLo = insn.immediate;
  const srcHi = insn.immediateHigh;
  const resultLo = destLo ^ srcLo;
  const resultHi = destHi ^ srcHi;
  closeEq(core, insn, resultLo, resultHi);
  core.flags.logic64(resultLo, resultHi);
}

/** NOT r/m8 | F6 /2 | Eb. No flag changes. */
export function NOT_Eb(core: Core, insn: Instruction): void {
  const dest = openEb(core, insn);
  closeEb(core, insn, ~dest);
}

/** NOT r/m16 | F7 /2 | Ew. No flag changes. */
export function NOT_Ew(core: Core, insn: Instruction): void {
  const dest = openEw(core, insn);
  closeEw(core, insn, ~dest);
}

/** NOT r/m32 | F7 /2 | Ed. No flag changes. */
export function NOT_Ed(core: Core, insn: Instruction): void {
  const dest = openEd(core, insn);
  closeEd(core, insn, ~dest);
}

/** NOT r/m64 | REX.W F7 /2 | Eq. No flag changes. */
export function NOT_Eq(core: Core, insn: Instruction): void {
  const destLo = openEq(core, insn);
  const destHi = core.high;
  closeEq(core, insn, ~destLo, ~destHi);
}
