/**
 * The WebAssembly instructions that are used here (WebAssembly Core Specification, "Binary Format, Instructions").
 * An i64 operation is its i32 sibling plus a constant: see `WIDE_ALU` and `WIDE_COMPARE`.
 */
export const UNREACHABLE = 0x00;
export const BLOCK = 0x02;
export const LOOP = 0x03;
export const IF = 0x04;
export const ELSE = 0x05;
export const END = 0x0b;
export const BR = 0x0c;
export const BR_IF = 0x0d;
export const BR_TABLE = 0x0e;
export const RETURN = 0x0f;
export const CALL = 0x10;
export const CALL_INDIRECT = 0x11;
export const DROP = 0x1a;
export const SELECT = 0x1b;
export const LOCAL_GET = 0x20;
export const LOCAL_SET = 0x21;
export const LOCAL_TEE = 0x22;

export const I32_LOAD = 0x28;
export const I64_LOAD = 0x29;
export const I32_LOAD8_U = 0x2d;
export const I32_LOAD16_U = 0x2f;
export const I32_STORE = 0x36;
export const I64_STORE = 0x37;
export const I32_STORE8 = 0x3a;
export const I32_STORE16 = 0x3b;

export const I32_CONST = 0x41;
export const I64_CONST = 0x42;
export const F32_CONST = 0x43;
export const F64_CONST = 0x44;

/** Add to an i32 comparison for the i64 one. */
export const WIDE_COMPARE = 0x0b;
export const I32_EQZ = 0x45;
export const I32_EQ = 0x46;
export const I32_NE = 0x47;
export const I32_LT_S = 0x48;
export const I32_LT_U = 0x49;
export const I32_GT_U = 0x4b;
export const I32_LE_S = 0x4c;
export const I32_LE_U = 0x4d;
export const I32_GE_S = 0x4e;
export const I32_GE_U = 0x4f;
export const I64_EQZ = 0x50;
export const I64_EQ = 0x51;
export const I64_NE = 0x52;
export const I64_LT_S = 0x53;
export const I64_LT_U = 0x54;
export const I64_GT_U = 0x56;
export const I64_LE_U = 0x58;

export const F32_EQ = 0x5b;
export const F32_NE = 0x5c;
export const F32_LT = 0x5d;
export const F64_EQ = 0x61;
export const F64_NE = 0x62;
export const F64_LT = 0x63;

/** Add to an i32 arithmetic operation for the i64 one. */
export const WIDE_ALU = 0x12;
export const I32_CLZ = 0x67;
export const I32_CTZ = 0x68;
export const I32_POPCNT = 0x69;
export const I32_ADD = 0x6a;
export const I32_SUB = 0x6b;
export const I32_MUL = 0x6c;
export const I32_DIV_U = 0x6e;
export const I32_AND = 0x71;
export const I32_OR = 0x72;
export const I32_XOR = 0x73;
export const I32_SHL = 0x74;
export const I32_SHR_S = 0x75;
export const I32_SHR_U = 0x76;
export const I32_ROTL = 0x77;
export const I32_ROTR = 0x78;
export const I64_ADD = 0x7c;
export const I64_SUB = 0x7d;
export const I64_MUL = 0x7e;
export const I64_DIV_S = 0x7f;
export const I64_DIV_U = 0x80;
export const I64_AND = 0x83;
export const I64_OR = 0x84;
export const I64_XOR = 0x85;
export const I64_SHL = 0x86;
export const I64_SHR_S = 0x87;
export const I64_SHR_U = 0x88;
export const I64_ROTL = 0x89;
export const I64_ROTR = 0x8a;

export const F32_ABS = 0x8b;
export const F32_NEAREST = 0x90;
export const F64_ABS = 0x99;
export const F64_NEAREST = 0x9e;
export const I32_WRAP_I64 = 0xa7;
export const I32_TRUNC_F32_S = 0xa8;
export const I32_TRUNC_F64_S = 0xaa;
export const I64_EXTEND_I32_S = 0xac;
export const I64_EXTEND_I32_U = 0xad;
export const I64_TRUNC_F32_S = 0xae;
export const I64_TRUNC_F64_S = 0xb0;
export const F32_CONVERT_I32_S = 0xb2;
export const F32_CONVERT_I64_S = 0xb4;
export const F64_CONVERT_I32_S = 0xb7;
export const F64_CONVERT_I64_S = 0xb9;
export const I32_EXTEND8_S = 0xc0;
export const I32_EXTEND16_S = 0xc1;

/** Prefix of the bulk memory instructions, and which. */
export const BULK = 0xfc;
export const MEMORY_COPY = 0x0a;
export const MEMORY_FILL = 0x0b;
/** Prefix of the vector instructions: the number follows, see `simd.ts`. */
export const SIMD = 0xfd;

/** Value types and the type of a block without results. */
export const TYPE_I32 = 0x7f;
export const TYPE_I64 = 0x7e;
export const TYPE_VOID = 0x40;
