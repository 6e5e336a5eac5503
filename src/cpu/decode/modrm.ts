/** Memory operands of ModRM and SIB (SDM Vol. 2A, "Addressing-Mode Encoding of ModR/M and SIB Bytes"). */
import {
  ADDRESS_ABSOLUTE, ADDRESS_BASE, ADDRESS_BASE_INDEX, ADDRESS_INDEX, ADDRESS_RIP, type Instruction, PREFIX_SEGMENT,
} from '../../isa/instruction.ts'; // biome-ignore format: a list of nouns.
import { NO_REGISTER, RBP, RSP, SS } from '../../isa/registers.ts';

/** 16-bit forms by ModRM.rm: BX+SI, BX+DI, BP+SI, BP+DI, SI, DI, BP, BX. */
const BASE_16 = Int8Array.of(3, 3, 5, 5, 6, 7, 5, 3);
const INDEX_16 = Int8Array.of(6, 7, 6, 7, -1, -1, -1, -1);

/** Bytes that the memory operand takes after ModRM and SIB. */
function setDisplacement(insn: Instruction, bytes: Uint8Array, at: number, size: number): void {
  let value = 0;
  if (size === 1) value = (bytes[at]! << 24) >> 24;
  else if (size === 4)
    value = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  else if (size === 2) value = ((bytes[at]! | (bytes[at + 1]! << 8)) << 16) >> 16;
  insn.displacement = value;
  insn.displacementHigh = value >> 31;
}

/**
 * Decodes the memory operand whose ModRM byte is in `insn`; `at` is the byte after it. Returns the place after the
 * operand, or -1 when it reaches beyond `end`. `rexX` and `rexB` are 8 or 0.
 */
export function decodeMemory(
  insn: Instruction,
  bytes: Uint8Array,
  at: number,
  end: number,
  rexX: number,
  rexB: number,
): number {
  const mod = insn.modrm >> 6;
  const rm = insn.modrm & 7;
  if (insn.addressSize === 16) return decodeMemory16(insn, bytes, at, end, mod, rm);
  let size = mod === 1 ? 1 : mod === 2 ? 4 : 0;
  let base = rm | rexB;
  if (rm === RSP) {
    if (at >= end) return -1;
    const sib = bytes[at++]!;
    base = (sib & 7) | rexB;
    const index = ((sib >> 3) & 7) | rexX;
    const hasIndex = index !== RSP;
    if ((sib & 7) === RBP && mod === 0) {
      size = 4;
      base = NO_REGISTER;
      insn.addressForm = hasIndex ? ADDRESS_INDEX : ADDRESS_ABSOLUTE;
    } else insn.addressForm = hasIndex ? ADDRESS_BASE_INDEX : ADDRESS_BASE;
    if (hasIndex) {
      insn.index = index;
      insn.scale = sib >> 6;
    }
  } else if (rm === RBP && mod === 0) {
    size = 4;
    base = NO_REGISTER;
    insn.addressForm = insn.codeSize === 64 ? ADDRESS_RIP : ADDRESS_ABSOLUTE;
  } else insn.addressForm = ADDRESS_BASE;
  insn.base = base;
  if ((base === RBP || base === RSP) && (insn.prefixes & PREFIX_SEGMENT) === 0) insn.segment = SS;
  if (at + size > end) return -1;
  if (size !== 0) setDisplacement(insn, bytes, at, size);
  return at + size;
}

function decodeMemory16(
  insn: Instruction,
  bytes: Uint8Array,
  at: number,
  end: number,
  mod: number,
  rm: number,
): number {
  let size = mod;
  if (mod === 0 && rm === 6) {
    size = 2;
    insn.addressForm = ADDRESS_ABSOLUTE;
  } else {
    insn.base = BASE_16[rm]!;
    insn.index = INDEX_16[rm]!;
    insn.addressForm = rm < 4 ? ADDRESS_BASE_INDEX : ADDRESS_BASE;
    if (insn.base === RBP && (insn.prefixes & PREFIX_SEGMENT) === 0) insn.segment = SS;
  }
  if (at + size > end) return -1;
  if (size !== 0) setDisplacement(insn, bytes, at, size);
  return at + size;
}

/** The index of a gather is a vector register, so encoding 4 is one too: put back what `decodeMemory` left out. */
export function decodeVectorIndex(insn: Instruction, sib: number, rexX: number): void {
  insn.index = ((sib >> 3) & 7) | rexX;
  insn.scale = sib >> 6;
  if (insn.addressForm === ADDRESS_BASE) insn.addressForm = ADDRESS_BASE_INDEX;
  else if (insn.addressForm === ADDRESS_ABSOLUTE) insn.addressForm = ADDRESS_INDEX;
}
