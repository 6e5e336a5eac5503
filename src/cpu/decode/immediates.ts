/** Immediate operands, by the kinds of `operands.ts`. */
import { ADDRESS_ABSOLUTE, type Instruction } from '../../isa/instruction.ts';
import {
  IMM_BYTE, IMM_BYTE_BYTE, IMM_BYTE_SIGNED, IMM_FAR, IMM_JUMP_BYTE, IMM_JUMP_Z, IMM_MOFFS, IMM_ONE, IMM_REGISTER, IMM_V, IMM_WORD,
  IMM_WORD_BYTE, IMM_Z,
} from './operands.ts'; // biome-ignore format: a list of nouns.

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

function dword(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Bytes of an immediate of this kind. */
function immediateBytes(insn: Instruction, kind: number): number {
  const { operandSize, addressSize } = insn;
  switch (kind) {
    case IMM_BYTE:
    case IMM_BYTE_SIGNED:
    case IMM_JUMP_BYTE:
    case IMM_REGISTER:
      return 1;
    case IMM_Z:
    case IMM_JUMP_Z:
      return operandSize === 16 ? 2 : 4;
    case IMM_V:
      return operandSize >> 3;
    case IMM_WORD:
    case IMM_BYTE_BYTE:
      return 2;
    case IMM_WORD_BYTE:
      return 3;
    case IMM_FAR:
      return operandSize === 16 ? 4 : 6;
    case IMM_MOFFS:
      return addressSize >> 3;
    default:
      return 0;
  }
}

/** 16-bit operands are kept in 0 to FFFF, others are sign-extended to 64 bits. */
function setSigned(insn: Instruction, value: number): void {
  if (insn.operandSize === 16) {
    insn.immediate = value & 0xffff;
  } else {
    insn.immediate = value;
    insn.immediateHigh = value >> 31;
  }
}

/** Returns the place after the immediate, or -1 when it reaches beyond `end`. */
export function decodeImmediate(
  insn: Instruction,
  bytes: Uint8Array,
  at: number,
  end: number,
  kind: number,
): number {
  const next = at + immediateBytes(insn, kind);
  if (next > end) return -1;
  switch (kind) {
    case IMM_BYTE:
      insn.immediate = bytes[at]!;
      break;
    case IMM_BYTE_SIGNED:
      setSigned(insn, (bytes[at]! << 24) >> 24);
      break;
    case IMM_JUMP_BYTE:
      insn.immediate = (bytes[at]! << 24) >> 24;
      insn.immediateHigh = insn.immediate >> 31;
      break;
    case IMM_JUMP_Z:
      insn.immediate = insn.operandSize === 16 ? (word(bytes, at) << 16) >> 16 : dword(bytes, at);
      insn.immediateHigh = insn.immediate >> 31;
      break;
    case IMM_Z:
      setSigned(insn, insn.operandSize === 16 ? word(bytes, at) : dword(bytes, at));
      break;
    case IMM_V:
      setSigned(insn, insn.operandSize === 16 ? word(bytes, at) : dword(bytes, at));
      if (insn.operandSize === 64) insn.immediateHigh = dword(bytes, at + 4);
      break;
    case IMM_WORD:
      insn.immediate = word(bytes, at);
      break;
    case IMM_BYTE_BYTE:
      insn.immediate = bytes[at]!;
      insn.immediate2 = bytes[at + 1]!;
      break;
    case IMM_WORD_BYTE:
      insn.immediate = word(bytes, at);
      insn.immediate2 = bytes[at + 2]!;
      break;
    case IMM_FAR:
      insn.immediate = insn.operandSize === 16 ? word(bytes, at) : dword(bytes, at);
      insn.immediate2 = word(bytes, next - 2);
      break;
    case IMM_ONE:
      insn.immediate = 1;
      break;
    case IMM_REGISTER:
      insn.immediate = bytes[at]! >> 4;
      if (insn.codeSize !== 64) insn.immediate &= 7;
      insn.immediate2 = bytes[at]! & 15;
      break;
    case IMM_MOFFS:
      insn.isMemory = true;
      insn.addressForm = ADDRESS_ABSOLUTE;
      insn.displacement = insn.addressSize === 16 ? word(bytes, at) : dword(bytes, at);
      insn.displacementHigh = insn.addressSize === 64 ? dword(bytes, at + 4) : 0;
      break;
  }
  return next;
}
