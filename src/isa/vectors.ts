/** Exception vectors (SDM Vol. 3A, "Exception and Interrupt Reference"). */

export const VECTOR_DE = 0;
export const VECTOR_DB = 1;
export const VECTOR_NMI = 2;
export const VECTOR_BP = 3;
export const VECTOR_OF = 4;
export const VECTOR_BR = 5;
export const VECTOR_UD = 6;
export const VECTOR_NM = 7;
export const VECTOR_DF = 8;
export const VECTOR_TS = 10;
export const VECTOR_NP = 11;
export const VECTOR_SS = 12;
export const VECTOR_GP = 13;
export const VECTOR_PF = 14;
export const VECTOR_MF = 16;
export const VECTOR_AC = 17;
export const VECTOR_MC = 18;
export const VECTOR_XM = 19;

/** The mnemonics people use for vectors 0 to 19. */
export const VECTOR_NAMES: readonly string[] = [
  '#DE', '#DB', 'NMI', '#BP', '#OF', '#BR', '#UD', '#NM', '#DF', 'vector 9',
  '#TS', '#NP', '#SS', '#GP', '#PF', 'vector 15', '#MF', '#AC', '#MC', '#XM',
]; // biome-ignore format: rows of ten.

/** Bits of a selector error code (SDM Vol. 3A, "Error Code"). */
export const ERROR_EXT = 1 << 0;
export const ERROR_IDT = 1 << 1;
export const ERROR_TI = 1 << 2;

/** Bits of a page-fault error code (SDM Vol. 3A, "Page-Fault Exceptions"). */
export const PF_P = 1 << 0;
export const PF_WR = 1 << 1;
export const PF_US = 1 << 2;
export const PF_RSVD = 1 << 3;
export const PF_ID = 1 << 4;
export const PF_PK = 1 << 5;
