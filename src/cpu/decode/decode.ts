/**
 * Bytes -> Instruction (SDM Vol. 2A, "Instruction Format"). All knowledge of single instructions is in the maps; here
 * is only the grammar: prefixes, REX or VEX, opcode, ModRM, SIB, displacement, immediate.
 */
import {
  ADDRESS_NONE, Instruction, PREFIX_ADDRESS, PREFIX_LOCK, PREFIX_OPERAND, PREFIX_REP, PREFIX_REPNE, PREFIX_REX,
  PREFIX_REX_W, PREFIX_SEGMENT, PREFIX_VEX,
} from '../../isa/instruction.ts'; // biome-ignore format: a list of nouns.
import { CS, DS, NO_REGISTER } from '../../isa/registers.ts';
import { decodeImmediate } from './immediates.ts';
import { decodeMemory, decodeVectorIndex } from './modrm.ts';
import {
  PLAN_CHECKS, PLAN_CONTROL, PLAN_DEBUG, PLAN_DISTINCT, PLAN_GROUP, PLAN_IMMEDIATE_MASK, PLAN_IMMEDIATE_SHIFT,
  PLAN_LOCKABLE, PLAN_MMX_REG, PLAN_MMX_RM, PLAN_MOD_IGNORED, PLAN_MODRM, PLAN_OPCODE_REGISTER, PLAN_SEGMENT,
  PLAN_SEGMENT_LOAD, PLAN_SIZE_MASK, PLAN_SIZE_SHIFT, PLAN_VSIB, PLAN_VVVV,
} from './operands.ts'; // biome-ignore format: a list of nouns.
import { addPrefix, isRex, PREFIX_KIND, PREFIX_KIND_64, prefixSegment } from './prefixes.ts';
import {
  BY_L, BY_MOD, BY_PREFIX, BY_REG, BY_REX_B, BY_RM, BY_SIZE_D64, BY_SIZE_F64, BY_SIZE_M64, BY_SIZE_N64, BY_W, BY_WIDE,
} from './selectors.ts'; // biome-ignore format: a list of nouns.
import {
  ESCAPE_0F, ESCAPE_0F3A, ESCAPE_0F38, LEAF_OP, LEAF_PLAN, LEAF_REG, ONE_BYTE, OP_TOO_LONG, OP_UD, ROOT_HAS_MODRM,
  ROOTS, rootOf, TREE, VEX_MAPS,
} from './tables.ts'; // biome-ignore format: a list of nouns.

/** The instruction goes on beyond the bytes that are available. */
export const NEED_MORE = null;

/** SDM Vol. 2A, "Instruction Format": no instruction is longer. */
const MAX_LENGTH = 15;

/** Byte offset in `gpr8` by register number: without REX numbers 4 to 7 are AH CH DH BH, with it SPL BPL SIL DIL. */
const GPR8_LEGACY = Uint8Array.from({ length: 16 }, (_, n) => (n >= 4 && n < 8 ? (n - 4) * 8 + 1 : n * 8));
const GPR8_REX = Uint8Array.from({ length: 16 }, (_, n) => n * 8);

/** Rules of decoding that not all processors have: 66 makes near branches of 64-bit code 16 bits wide; LOCK MOV CR0 is CR8. */
export const DECODE_NEAR_16 = 1;
export const DECODE_LOCK_CR8 = 2;

/** CR0, CR2, CR3, CR4 and CR8 exist. */
const CONTROL_REGISTERS = 0b1_0001_1101;

const REX_B = 1;
const REX_X = 2;
const REX_R = 4;
const REX_W = 8;
/** The low bits of `prefixes` that an instruction keeps; above them the decoder carries the segment. */
const PREFIX_BITS = 0x1ff;

function clear(insn: Instruction): void {
  insn.isMemory = false;
  insn.modrm = 0;
  insn.reg = 0;
  insn.rm = 0;
  insn.reg8 = 0;
  insn.rm8 = 0;
  insn.addressForm = ADDRESS_NONE;
  insn.base = NO_REGISTER;
  insn.index = NO_REGISTER;
  insn.scale = 0;
  insn.displacement = 0;
  insn.displacementHigh = 0;
  insn.immediate = 0;
  insn.immediateHigh = 0;
  insn.immediate2 = 0;
  insn.vvvv = 0;
  insn.vectorLength = 0;
}

/** Ends decoding for want of bytes: the instruction is too long, or more bytes are needed. */
function outOfBytes(insn: Instruction, available: number): Instruction | typeof NEED_MORE {
  if (available < MAX_LENGTH) return NEED_MORE;
  insn.op = OP_TOO_LONG;
  insn.length = MAX_LENGTH;
  return insn;
}

/** Ends decoding with #UD. */
function undefinedOpcode(insn: Instruction, length: number): Instruction {
  insn.op = OP_UD;
  insn.length = length;
  return insn;
}

/** Effective operand size as a selector value, 0 to 2 for 16 to 64 bits, by the rule that the row asks for. */
function operandSize(rule: number, codeSize: number, prefixes: number): number {
  if (codeSize === 64) {
    if (
      rule === BY_SIZE_F64 ||
      rule === BY_SIZE_N64 ||
      rule === BY_SIZE_M64 ||
      (prefixes & PREFIX_REX_W) !== 0
    )
      return 2;
    if ((prefixes & PREFIX_OPERAND) !== 0) return 0;
    return rule === BY_SIZE_D64 ? 2 : 1;
  }
  if (rule === BY_SIZE_M64) return 1;
  return (codeSize === 16) === ((prefixes & PREFIX_OPERAND) !== 0) ? 1 : 0;
}

/** The leaf for an opcode: walks the tree of its map. */
function findLeaf(insn: Instruction, node: number, prefixes: number, rex: number): number {
  while (node < 0) {
    const place = ~node;
    const selector = TREE[place]!;
    let value: number;
    switch (selector) {
      case BY_MOD:
        value = insn.modrm >= 0xc0 ? 1 : 0;
        break;
      case BY_REG:
        value = (insn.modrm >> 3) & 7;
        break;
      case BY_RM:
        value = insn.modrm & 7;
        break;
      case BY_PREFIX:
        value =
          (prefixes & PREFIX_REP) !== 0 ? 2
          : (prefixes & PREFIX_REPNE) !== 0 ? 3
          : (prefixes & PREFIX_OPERAND) !== 0 ? 1
          : 0; // biome-ignore format: one value a line.
        break;
      case BY_REX_B:
        value = rex & REX_B;
        break;
      case BY_W:
        value = (rex & REX_W) >> 3;
        break;
      case BY_WIDE:
        value = insn.codeSize === 64 ? (rex & REX_W) >> 3 : 0;
        break;
      case BY_L:
        value = insn.vectorLength;
        break;
      default:
        value = operandSize(selector, insn.codeSize, prefixes);
    }
    node = TREE[place + 1 + value]!;
  }
  return node;
}

/** Register numbers that do not exist; MMX registers lose their REX bit. False for #UD. */
function checkRegisters(insn: Instruction, plan: number): boolean {
  if ((plan & PLAN_SEGMENT) !== 0) {
    insn.reg &= 7;
    if (insn.reg > 5) return false;
    if ((plan & PLAN_SEGMENT_LOAD) !== 0 && insn.reg === CS) return false;
  }
  if ((plan & PLAN_CONTROL) !== 0 && ((CONTROL_REGISTERS >> insn.reg) & 1) === 0) return false;
  if ((plan & PLAN_DEBUG) !== 0 && insn.reg > 7) return false;
  if ((plan & PLAN_MMX_REG) !== 0) insn.reg &= 7;
  if ((plan & PLAN_MMX_RM) !== 0) insn.rm &= 7;
  if ((plan & PLAN_DISTINCT) !== 0) {
    return insn.reg !== insn.index && insn.reg !== insn.vvvv && insn.index !== insn.vvvv;
  }
  return true;
}

/**
 * Decodes the instruction at `bytes[offset]`, of which `available` bytes may be looked at, for a code segment of
 * `codeSize` bits. Returns `out` filled, or NEED_MORE when `available` is not enough (it always is from 15 on). Bytes
 * that are no instruction give the op UD, more than 15 bytes the op TOO_LONG; nothing is ever thrown. `rules` are
 * `DECODE_*`.
 *
 * VEX is decoded in every mode; it is invalid in real and virtual-8086 mode, which the decoder cannot see. There the
 * handler raises #UD for whatever has PREFIX_VEX; LES and LDS with a register operand raise the same.
 */
export function decode(
  bytes: Uint8Array,
  offset: number,
  available: number,
  codeSize: 16 | 32 | 64,
  out: Instruction = new Instruction(),
  rules = 0,
): Instruction | typeof NEED_MORE {
  const insn = out;
  const end = offset + Math.min(available, MAX_LENGTH);
  const is64 = codeSize === 64;
  const kinds = is64 ? PREFIX_KIND_64 : PREFIX_KIND;
  let at = offset;
  let prefixes = 0;
  let rex = 0;
  clear(insn);
  insn.codeSize = codeSize;
  insn.prefixes = 0;
  insn.opcode = 0;
  insn.operandSize = codeSize === 16 ? 16 : 32;
  insn.addressSize = codeSize;
  insn.segment = DS;

  // Prefixes. REX counts only when the opcode follows at once.
  let opcode: number;
  for (;;) {
    if (at >= end) return outOfBytes(insn, available);
    opcode = bytes[at++]!;
    const kind = kinds[opcode]!;
    if (kind === 0) break;
    if (isRex(kind)) rex = opcode;
    else {
      rex = 0;
      prefixes = addPrefix(prefixes, kind);
    }
  }
  if (rex !== 0) prefixes |= PREFIX_REX | ((rex & REX_W) !== 0 ? PREFIX_REX_W : 0);

  // Escapes and VEX.
  let map = ONE_BYTE;
  if (opcode === 0x0f) {
    if (at >= end) return outOfBytes(insn, available);
    opcode = bytes[at++]!;
    map = ESCAPE_0F;
    if (opcode === 0x38 || opcode === 0x3a) {
      if (at >= end) return outOfBytes(insn, available);
      map = opcode === 0x38 ? ESCAPE_0F38 : ESCAPE_0F3A;
      opcode = bytes[at++]!;
    }
  } else if (opcode === 0xc4 || opcode === 0xc5) {
    if (at >= end) return outOfBytes(insn, available);
    if (is64 || bytes[at]! >= 0xc0) {
      if ((prefixes & (PREFIX_LOCK | PREFIX_OPERAND | PREFIX_REP | PREFIX_REPNE | PREFIX_REX)) !== 0) {
        return undefinedOpcode(insn, at + 1 - offset);
      }
      const first = bytes[at++]!;
      let last = first;
      let vexMap = 1;
      rex = (~first >> 5) & REX_R;
      if (opcode === 0xc4) {
        if (at >= end) return outOfBytes(insn, available);
        last = bytes[at++]!;
        vexMap = first & 31;
        rex = ((~first >> 5) & (REX_R | REX_X | REX_B)) | ((last >> 4) & REX_W);
      }
      if (vexMap === 0 || vexMap > 3) return undefinedOpcode(insn, at - offset);
      insn.vvvv = (~last >> 3) & 15;
      if (!is64) {
        // R and X must be 1 to be VEX at all; B is ignored, and so is vvvv[3] where vvvv names a register.
        rex &= REX_W;
      }
      insn.vectorLength = (last >> 2) & 1;
      prefixes |= PREFIX_VEX | ((rex & REX_W) !== 0 ? PREFIX_REX_W : 0);
      const pp = last & 3;
      prefixes |= pp === 0 ? 0 : pp === 1 ? PREFIX_OPERAND : pp === 2 ? PREFIX_REP : PREFIX_REPNE;
      if (at >= end) return outOfBytes(insn, available);
      opcode = bytes[at++]!;
      map = vexMap + VEX_MAPS;
    }
  }
  insn.opcode = opcode;
  insn.prefixes = prefixes & PREFIX_BITS;
  if ((prefixes & PREFIX_SEGMENT) !== 0) insn.segment = prefixSegment(prefixes);
  if ((prefixes & PREFIX_ADDRESS) !== 0) insn.addressSize = codeSize === 32 ? 16 : 32;

  // The row.
  const root = rootOf(map, is64, opcode);
  if (ROOT_HAS_MODRM[root] !== 0) {
    if (at >= end) return outOfBytes(insn, available);
    insn.modrm = bytes[at++]!;
  }
  const leaf = findLeaf(insn, ROOTS[root]!, prefixes, rex);
  const plan = LEAF_PLAN[leaf]!;
  insn.op = LEAF_OP[leaf]!;
  if (insn.op === OP_UD) return undefinedOpcode(insn, at - offset);
  const sizeRule = (plan & PLAN_SIZE_MASK) >> PLAN_SIZE_SHIFT;
  insn.operandSize = 16 << operandSize(sizeRule, codeSize, prefixes);
  if ((rules & DECODE_NEAR_16) !== 0 && is64 && sizeRule === BY_SIZE_N64) {
    if ((prefixes & (PREFIX_OPERAND | PREFIX_REX_W)) === PREFIX_OPERAND) insn.operandSize = 16;
  }

  // Operands.
  const gpr8 = rex !== 0 ? GPR8_REX : GPR8_LEGACY;
  let isValid = true;
  if ((plan & PLAN_MODRM) !== 0) {
    const reg = (insn.modrm >> 3) & 7;
    insn.reg = (plan & PLAN_GROUP) !== 0 ? reg : reg | ((rex & REX_R) << 1);
    insn.reg8 = gpr8[insn.reg]!;
    if (insn.modrm >= 0xc0 || (plan & PLAN_MOD_IGNORED) !== 0) {
      insn.rm = (insn.modrm & 7) | ((rex & REX_B) << 3);
      insn.rm8 = gpr8[insn.rm]!;
    } else {
      insn.isMemory = true;
      const sibAt = at;
      at = decodeMemory(insn, bytes, at, end, (rex & REX_X) << 2, (rex & REX_B) << 3);
      if (at < 0) return outOfBytes(insn, available);
      if ((plan & PLAN_VSIB) !== 0) {
        if ((insn.modrm & 7) !== 4 || insn.addressSize === 16) isValid = false;
        else decodeVectorIndex(insn, bytes[sibAt]!, (rex & REX_X) << 2);
      }
    }
  } else if ((plan & PLAN_OPCODE_REGISTER) !== 0) {
    insn.rm = (opcode & 7) | ((rex & REX_B) << 3);
    insn.rm8 = gpr8[insn.rm]!;
  }
  if (LEAF_REG[leaf]! >= 0) insn.reg = LEAF_REG[leaf]!;
  if ((plan & PLAN_IMMEDIATE_MASK) !== 0) {
    at = decodeImmediate(insn, bytes, at, end, (plan & PLAN_IMMEDIATE_MASK) >> PLAN_IMMEDIATE_SHIFT);
    if (at < 0) return outOfBytes(insn, available);
  }
  insn.length = at - offset;

  // What makes it #UD after all.
  if ((prefixes & PREFIX_VEX) !== 0) {
    if ((plan & PLAN_VVVV) === 0 && insn.vvvv !== 0) isValid = false;
    if (!is64) insn.vvvv &= 7;
  }
  if ((plan & PLAN_CHECKS) !== 0 && !checkRegisters(insn, plan)) isValid = false;
  if ((prefixes & PREFIX_LOCK) !== 0 && ((plan & PLAN_LOCKABLE) === 0 || !insn.isMemory)) {
    if ((rules & DECODE_LOCK_CR8) !== 0 && (plan & PLAN_CONTROL) !== 0 && insn.reg === 0) insn.reg = 8;
    else isValid = false;
  }
  if (!isValid) insn.op = OP_UD;
  return insn;
}
