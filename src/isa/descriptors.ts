/**
 * Segment descriptors (SDM Vol. 3A, "Segment Descriptors"). Attributes are kept as the high word of the descriptor
 * has them, limit and base bits cleared: type in bits 11:8, S 12, DPL 14:13, P 15, AVL 20, L 21, D/B 22, G 23.
 */

export const DESC_TYPE_SHIFT = 8;
export const DESC_ACCESSED = 1 << 8;
/** Data: writable. Code: readable. */
export const DESC_WRITABLE = 1 << 9;
export const DESC_READABLE = 1 << 9;
/** Data: expand-down. Code: conforming. */
export const DESC_EXPAND_DOWN = 1 << 10;
export const DESC_CONFORMING = 1 << 10;
export const DESC_CODE = 1 << 11;
export const DESC_S = 1 << 12;
export const DESC_DPL_SHIFT = 13;
export const DESC_P = 1 << 15;
export const DESC_L = 1 << 21;
/** D of a code segment, B of a stack or expand-down segment. */
export const DESC_DB = 1 << 22;
export const DESC_G = 1 << 23;
export const DESC_ATTRIBUTES = 0x00f0ff00;
/** Not of the manual: set while a segment register holds a usable (non-null) segment. */
export const DESC_USABLE = 1 << 0;

/** System-segment and gate types (SDM Vol. 3A, "System Descriptor Types"). */
export const TYPE_TSS16 = 0x1;
export const TYPE_LDT = 0x2;
export const TYPE_TSS16_BUSY = 0x3;
export const TYPE_CALL_GATE16 = 0x4;
export const TYPE_TASK_GATE = 0x5;
export const TYPE_INTERRUPT_GATE16 = 0x6;
export const TYPE_TRAP_GATE16 = 0x7;
export const TYPE_TSS32 = 0x9;
export const TYPE_TSS32_BUSY = 0xb;
export const TYPE_CALL_GATE32 = 0xc;
export const TYPE_INTERRUPT_GATE32 = 0xe;
export const TYPE_TRAP_GATE32 = 0xf;
