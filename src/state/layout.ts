/**
 * The one list of byte offsets of `[ CPU state | TLB banks | decoded code | guest RAM | ROM images ]`, the single
 * `WebAssembly.Memory` of a machine. The interpreter, the compiled tier, the debugger and snapshots all read it here.
 */

/** CPU state: one 4 KiB page at offset 0. */
export const STATE_BYTES = 0x1000;

/** Sixteen 64-bit general registers, in ModRM order, low word first. */
export const STATE_GPR = 0x000;
/** Instruction pointer, 64 bits. While a handler runs it is that of the next instruction. */
export const STATE_RIP = 0x080;
/** Lazy status flags: sign-extended 64-bit result, and the carry word. See `flags.ts`. */
export const STATE_FLAG_RESULT = 0x088;
export const STATE_FLAG_CARRY = 0x090;
/** RFLAGS without the six status flags. */
export const STATE_RFLAGS = 0x094;

/** Segment registers: eight slots (ES CS SS DS FS GS LDTR TR) of 32 bytes. */
export const STATE_SEGMENTS = 0x0a0;
export const SEGMENT_BYTES = 32;
/** Within a slot: 64-bit base, 32-bit byte limit (G applied), attributes, selector. */
export const SEGMENT_BASE = 0;
export const SEGMENT_LIMIT = 8;
export const SEGMENT_ATTRIBUTES = 12;
export const SEGMENT_SELECTOR = 16;

/** GDTR and IDTR: 64-bit base, 16-bit limit in a word. */
export const STATE_GDTR = 0x1a0;
export const STATE_IDTR = 0x1b0;

export const STATE_CR0 = 0x1c0;
export const STATE_CR4 = 0x1c4;
export const STATE_CR2 = 0x1c8;
export const STATE_CR3 = 0x1d0;
export const STATE_CR8 = 0x1d8;
export const STATE_EFER = 0x1dc;
export const STATE_XCR0 = 0x1e0;
export const STATE_PKRU = 0x1e8;
/** Current privilege level, 0 to 3, kept apart from CS. */
export const STATE_CPL = 0x1ec;
/** DR0 to DR3, DR6, DR7, 64 bits each. */
export const STATE_DR0 = 0x1f0;
export const STATE_DR6 = 0x210;
export const STATE_DR7 = 0x218;

/** 64-bit MSRs that instructions use. */
export const STATE_STAR = 0x220;
export const STATE_LSTAR = 0x228;
export const STATE_CSTAR = 0x230;
export const STATE_FMASK = 0x238;
export const STATE_KERNEL_GS_BASE = 0x240;
export const STATE_SYSENTER_CS = 0x248;
export const STATE_SYSENTER_ESP = 0x250;
export const STATE_SYSENTER_EIP = 0x258;
export const STATE_PAT = 0x260;
export const STATE_TSC_AUX = 0x268;
export const STATE_APIC_BASE = 0x270;
export const STATE_XSS = 0x278;

/** PDPTE registers of PAE paging: four 64-bit entries (SDM Vol. 3A, "PDPTE Registers"). */
export const STATE_PDPTE = 0x280;

/** x87: eight 16-byte slots (significand 64 bits, sign and exponent 16 bits), in physical-register order. */
export const STATE_X87 = 0x300;
export const STATE_FCW = 0x380;
export const STATE_FSW = 0x384;
/** Abridged tag byte, FXSAVE form: bit n set when physical register n is not empty. */
export const STATE_FTW = 0x388;
export const STATE_FOP = 0x38c;
export const STATE_FIP = 0x390;
export const STATE_FDP = 0x398;
/** Selectors of the last x87 instruction and operand. */
export const STATE_FCS = 0x3a0;
export const STATE_FDS = 0x3a4;
export const STATE_MXCSR = 0x3a8;
/** Which kinds of vector instructions may run now: `SIMD_*` of the processor core, for compiled code. */
export const STATE_SIMD = 0x3ac;

/** Four words of the generator behind RDRAND and RDSEED. All zero: not yet seeded. */
export const STATE_RANDOM = 0x3b0;

/** System-management mode: where SMRAM lies, and `SMM_*`. INIT leaves both as they are. */
export const STATE_SMBASE = 0x3c0;
export const STATE_SMM = 0x3c4;

/** Sixteen 32-byte YMM registers, and behind them 48 more slots of that size where instructions keep operands while they run. */
export const STATE_YMM = 0x800;
export const VECTOR_SLOT_BYTES = 32;

/** MSRs that are stored and read back, 64 bits each: MTRRs (default type, 11 fixed, 8 variable pairs) and the rest. */
export const STATE_MTRR_DEF_TYPE = 0x600;
export const STATE_MTRR_FIXED = 0x608;
export const STATE_MTRR_VARIABLE = 0x660;
export const STATE_MISC_ENABLE = 0x6e0;
export const STATE_DEBUGCTL = 0x6e8;
export const STATE_MCG_STATUS = 0x6f0;
export const STATE_TSC_ADJUST = 0x6f8;

/** Of the MMU, for compiled code: byte offset of the present TLB bank, and the mask of byte offsets in it. */
export const STATE_TLB_BANK = 0x700;
export const STATE_TLB_MASK = 0x704;
/** Of compiled code: the context it runs in, why it came back, and the slot of the function to enter. */
export const STATE_JIT_CONTEXT = 0x708;
export const STATE_JIT_STOPPED = 0x70c;
export const STATE_JIT_ENTRY = 0x710;
/** What is pending, as it was when compiled code was entered; whether it has changed the privilege level or a segment since. */
export const STATE_JIT_PENDING = 0x780;
export const STATE_JIT_MOVED = 0x784;
/** Error code of the exception that compiled code is asked to deliver. */
export const STATE_JIT_ERROR = 0x7a8;
/**
 * Not 0 after an IRET in compiled code that has set RFLAGS.RF: one more than the instructions that could retire behind it.
 */
export const STATE_JIT_RESUMED = 0x7ac;
/** Compiled code is being left with a fault or for an interrupt: see `jit/tier.ts`. */
export const STATE_JIT_EVENT = 0x7b0;
/** An operand of the routine that compiled code calls, 64 bits. */
export const STATE_JIT_OPERAND = 0x7b8;
/** 64 bits that are always 0: the register of an address that has none. */
export const STATE_ZERO = 0x7c0;
/**
 * For the dispatcher of compiled code, which runs records as well: the parameters of `RecordRunner.run`. The first three are
 * of what it begins with, when STATE_JIT_ENTRY is -1.
 */
export const STATE_RUN_HEADER = 0x7c8;
export const STATE_RUN_RECORD = 0x7cc;
export const STATE_RUN_COUNT = 0x7d0;
export const STATE_RUN_CONTEXT = 0x7d4;
export const STATE_RUN_PATIENCE = 0x7d8;
/** Of the MMU: the same as STATE_TLB_BANK and STATE_TLB_MASK for each access class, 0 while its bank is not in use. */
export const STATE_TLB_BANKS = 0x788;

/** What the time-stamp counter is ahead of the machine's clock, 64 bits. */
export const STATE_TSC_OFFSET = 0x718;
/** MONITOR: host offset of the line of 64 bytes that is watched, 0 for none, and what was in it. */
export const STATE_MONITOR = 0x720;
export const STATE_MONITOR_LINE = 0x740;

/**
 * Copies of the state page as it was at the last faults, for reports: everything up to the debug registers. See
 * `machine/fault-log.ts`.
 */
export const STATE_COPIES_OFFSET = 0x2000;
export const STATE_COPY_STRIDE = 0x200;
export const STATE_COPIES = 32;
export const STATE_COPY_BYTES = STATE_DR0;

/** Pages that compiled code has accessed last: the linear address (8 bytes) and what leads from it to the host's (4). */
export const JIT_SLOT_OFFSET = 0x7000;
export const JIT_SLOT_BYTES = 16;

/** TLB banks: one per address-space slot and access class, of equal stride. See `mmu/tlb.ts`. */
export const TLB_OFFSET = 0x10000;
export const TLB_SLOTS = 8;
export const TLB_CLASSES = 4;
export const TLB_ENTRY_BYTES = 32;
/** With one processor; several share the region evenly. */
export const TLB_MAX_ENTRIES = 65536;
export const TLB_BANK_BYTES = TLB_MAX_ENTRIES * TLB_ENTRY_BYTES;

/** Of the interpreter in WebAssembly: shapes of instructions, and behind them the records of blocks. See `cpu/code-store.ts`. */
export const SHAPES_OFFSET = 0x4010000;
export const SHAPES_MAX = 0x10000;
export const RECORDS_OFFSET = 0x4110000;
export const RECORDS_BYTES = 0x1000000;
/** By instruction pointer: which word of the records is the first of a block. */
export const RECORD_JUMP_OFFSET = 0x5110000;
export const RECORD_JUMP_ENTRIES = 262144;

/** Compiled code by RIP: entries of 16 bytes, 64-bit RIP, context, slot of the function in the table. */
export const JIT_LOOKUP_OFFSET = 0x5210000;
export const JIT_LOOKUP_ENTRIES = 16384;
export const JIT_LOOKUP_WORDS = 4;

export const RAM_OFFSET = 0x5250000;
/** 3.5 GiB: RAM ends below the device addresses under 4 GiB. */
export const MAX_RAM_BYTES = 0xe0000000;
/** Room for ROM images behind RAM. */
export const ROM_BYTES = 0x1000000;
