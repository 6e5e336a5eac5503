/** Paging-structure entries (SDM Vol. 3A, "Paging"). Bit numbers below 32 are of the low word. */

export const PTE_P = 1 << 0;
export const PTE_RW = 1 << 1;
export const PTE_US = 1 << 2;
export const PTE_PWT = 1 << 3;
export const PTE_PCD = 1 << 4;
export const PTE_A = 1 << 5;
export const PTE_D = 1 << 6;
/** Page size, in every level but the last. */
export const PTE_PS = 1 << 7;
/** The PAT bit of a 4 KiB entry. */
export const PTE_PAT = 1 << 7;
export const PTE_G = 1 << 8;
/** The PAT bit of a 2 MiB, 4 MiB or 1 GiB entry. */
export const PTE_PAT_LARGE = 1 << 12;
/** Execute disable: bit 63, so bit 31 of the high word. */
export const PTE_XD_HIGH = 1 << 31;
/** Protection key: bits 62:59, so bits 30:27 of the high word. */
export const PTE_PK_SHIFT_HIGH = 27;

/** Bytes mapped by one leaf entry. */
export const PAGE_4K = 0x1000;
export const PAGE_2M = 0x200000;
export const PAGE_4M = 0x400000;
export const PAGE_1G = 0x40000000;

/** How linear addresses are translated (SDM Vol. 3A, "Paging-Mode Enabling"). */
export const PAGING_NONE = 0;
export const PAGING_32BIT = 1;
export const PAGING_PAE = 2;
export const PAGING_4LEVEL = 3;
export const PAGING_5LEVEL = 4;

export const PAGING_NAMES = ['none', '32-bit', 'PAE', '4-level', '5-level'] as const;
