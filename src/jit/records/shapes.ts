/*
 * What the interpreter in WebAssembly knows of a shape, 16 bytes: the length of the instruction (8 bits, the third byte); then by
 * linear address the register operand G (16), the operand E where it is a register (16), the base and the index of an address
 * (16 each), its scale (8), bytes of the access less one (8), and the base of the segment (16).
 *
 * What decides which way it goes is in every record, in the upper half of the first word, so that the branch need not wait for
 * the shape: the SHAPE_* below that are bits, and above them the number of the action, 0 for what only a handler can do.
 */
export const SHAPE_BYTES = 16;
export const SHAPE_LENGTH = 2;
export const SHAPE_G = 4;
export const SHAPE_E = 6;
export const SHAPE_BASE = 8;
export const SHAPE_INDEX = 10;
export const SHAPE_SCALE = 12;
export const SHAPE_LAST_BYTE = 13;
export const SHAPE_SEGMENT = 14;
/** Where there is no address: the high word of an immediate of 64 bits. */
export const SHAPE_HIGH = 8;

/** The instruction has an address. */
export const SHAPE_ADDRESS = 1;
/** And goes to memory there. */
export const SHAPE_ACCESS = 2;
/** The address is relative to RIP. */
export const SHAPE_RELATIVE = 4;
/** Addresses are of 32 bits, and in 32-bit code RIP is. */
export const SHAPE_NARROW = 16;
/** The count or the number of a bit is in a register: CL, or G of a bit test. */
export const SHAPE_BY_REGISTER = 32;
/** It writes there: also the place of the tag for writes in an entry of the TLB. */
export const SHAPE_WRITE = 8;

/** Where the number of the action is in the upper half. */
export const ACTION_SHIFT = 6;
