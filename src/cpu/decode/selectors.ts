/** What tells the rows of one opcode apart. A selector takes one of a few values; the tree of a map branches on it. */

/** 0 memory, 1 register. */
export const BY_MOD = 0;
export const BY_REG = 1;
export const BY_RM = 2;
/** Mandatory prefix: 0 none, 1 66, 2 F3, 3 F2. */
export const BY_PREFIX = 3;
export const BY_REX_B = 4;
/** REX.W or VEX.W. */
export const BY_W = 5;
/** W of a general register: VEX.W is ignored outside 64-bit mode. */
export const BY_WIDE = 6;
export const BY_L = 7;
/** Effective operand size: 0 is 16, 1 is 32, 2 is 64 bits. */
export const BY_SIZE = 8;
export const BY_SIZE_D64 = 9;
export const BY_SIZE_F64 = 10;
export const BY_SIZE_M64 = 11;
/** As F64, but the size of a near branch: to AMD's processors 66 means 16 bits. */
export const BY_SIZE_N64 = 12;

/** How many values each selector has. */
export const SELECTOR_VALUES = [2, 8, 8, 4, 2, 2, 2, 2, 3, 3, 3, 3, 3] as const;
