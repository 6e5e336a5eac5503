import { NO_REGISTER } from './registers.ts';

/** Instruction prefixes as bits of `Instruction.prefixes`. */
export const PREFIX_LOCK = 1 << 0;
/** F2. */
export const PREFIX_REPNE = 1 << 1;
/** F3. */
export const PREFIX_REP = 1 << 2;
/** 66. */
export const PREFIX_OPERAND = 1 << 3;
/** 67. */
export const PREFIX_ADDRESS = 1 << 4;
/** Any of 26 2E 36 3E 64 65 that took effect. */
export const PREFIX_SEGMENT = 1 << 5;
export const PREFIX_REX = 1 << 6;
export const PREFIX_REX_W = 1 << 7;
export const PREFIX_VEX = 1 << 8;

/** Address forms: how `base`, `index`, `scale` and `displacement` make an effective address. */
export const ADDRESS_NONE = 0;
/** displacement only, in any address size. */
export const ADDRESS_ABSOLUTE = 1;
/** RIP of the next instruction + displacement (64-bit or, with 67, 32-bit address size). */
export const ADDRESS_RIP = 2;
export const ADDRESS_BASE = 3;
/** index * scale + displacement without a base. */
export const ADDRESS_INDEX = 4;
export const ADDRESS_BASE_INDEX = 5;

/**
 * One decoded instruction: plain data, filled by the decoder. What nearly all handlers read comes first: what has not run
 * for long is not in the host's cache, and each line of it costs.
 */
export class Instruction {
  /** Bytes, 1 to 15. */
  length = 0;
  /** ModRM.reg with REX.R (VEX.R); for a group it holds the extension /0 to /7 instead. */
  reg = 0;
  /** ModRM.rm with REX.B when it names a register; also the register in an opcode's low three bits (`Zv`). */
  rm = 0;
  /** True when the ModRM operand is memory. */
  isMemory = false;
  addressForm = ADDRESS_NONE;
  base = NO_REGISTER;
  index = NO_REGISTER;
  /** Shift count 0 to 3. */
  scale = 0;
  /** Sign-extended to 32 bits; the high word of the 64-bit displacement is its sign. moffs64 uses both words. */
  displacement = 0;
  /** Effective segment of the memory operand: the default or the override. Also the source of string operands. */
  segment = 3;
  /** Effective address size in bits: 16, 32 or 64. */
  addressSize = 32;
  /** Immediate, sign- or zero-extended as the instruction defines. Relative branches: the signed displacement. */
  immediate = 0;
  immediateHigh = 0;
  displacementHigh = 0;
  /** Byte offset in `gpr8` of the byte register that `reg` and `rm` name (AH is 1; SPL with REX is 32). */
  reg8 = 0;
  rm8 = 0;

  /** Index into `OP_NAMES` of the decoder. */
  op = 0;
  /** 16, 32 or 64: the size of the code segment that it was decoded for. */
  codeSize = 32;
  /** Effective operand size in bits: 16, 32 or 64. Near branches and stack operations in 64-bit mode: as they act. */
  operandSize = 32;
  prefixes = 0;
  /** The last opcode byte. */
  opcode = 0;
  /** The ModRM byte itself, or 0. */
  modrm = 0;
  /** Second immediate: the selector of a far pointer, the nesting level of ENTER. */
  immediate2 = 0;

  /** VEX.vvvv (not inverted), and VEX.L. */
  vvvv = 0;
  vectorLength = 0;

  /** Becomes the same as `other`. */
  copy(other: Instruction): this {
    this.length = other.length;
    this.reg = other.reg;
    this.rm = other.rm;
    this.isMemory = other.isMemory;
    this.addressForm = other.addressForm;
    this.base = other.base;
    this.index = other.index;
    this.scale = other.scale;
    this.displacement = other.displacement;
    this.segment = other.segment;
    this.addressSize = other.addressSize;
    this.immediate = other.immediate;
    this.immediateHigh = other.immediateHigh;
    this.displacementHigh = other.displacementHigh;
    this.reg8 = other.reg8;
    this.rm8 = other.rm8;
    this.op = other.op;
    this.codeSize = other.codeSize;
    this.operandSize = other.operandSize;
    this.prefixes = other.prefixes;
    this.opcode = other.opcode;
    this.modrm = other.modrm;
    this.immediate2 = other.immediate2;
    this.vvvv = other.vvvv;
    this.vectorLength = other.vectorLength;
    return this;
  }
}
