/** RFLAGS (SDM Vol. 1, "EFLAGS Register"; Vol. 3A, "System Flags and Fields in the EFLAGS Register"). */

export const RFLAGS_CF = 1 << 0;
export const RFLAGS_FIXED = 1 << 1;
export const RFLAGS_PF = 1 << 2;
export const RFLAGS_AF = 1 << 4;
export const RFLAGS_ZF = 1 << 6;
export const RFLAGS_SF = 1 << 7;
export const RFLAGS_TF = 1 << 8;
export const RFLAGS_IF = 1 << 9;
export const RFLAGS_DF = 1 << 10;
export const RFLAGS_OF = 1 << 11;
export const RFLAGS_IOPL = 3 << 12;
export const RFLAGS_IOPL_SHIFT = 12;
export const RFLAGS_NT = 1 << 14;
export const RFLAGS_RF = 1 << 16;
export const RFLAGS_VM = 1 << 17;
export const RFLAGS_AC = 1 << 18;
export const RFLAGS_VIF = 1 << 19;
export const RFLAGS_VIP = 1 << 20;
export const RFLAGS_ID = 1 << 21;

/** The six status flags, which are computed lazily. */
export const RFLAGS_STATUS = RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF;
/** Every flag that is neither a status flag nor reserved. */
export const RFLAGS_SYSTEM =
  RFLAGS_TF |
  RFLAGS_IF |
  RFLAGS_DF |
  RFLAGS_IOPL |
  RFLAGS_NT |
  RFLAGS_RF |
  RFLAGS_VM |
  RFLAGS_AC |
  RFLAGS_VIF |
  RFLAGS_VIP |
  RFLAGS_ID;
