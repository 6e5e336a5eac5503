import { COMPARISONS } from '../emit/vector-compare.ts';
import { ADDITIONS } from '../emit/vector-integer-add.ts';
import { UNPACK_PATTERNS } from '../emit/vector-shuffle.ts';
import type { Code } from '../wasm/code.ts';
import * as simd from '../wasm/simd.ts';

/** What becomes of two vectors on the stack, the first operand first. */
export type Lanes = (code: Code) => void;

const BYTE_INDEX = 0x8f;

const one =
  (op: number): Lanes =>
  (code) =>
    code.simd(op);

const unpack =
  (pattern: readonly number[]): Lanes =>
  (code) =>
    code.simd(simd.I8X16_SHUFFLE, pattern);

/** Bit 7 of an index gives 0, and of the others the low four count; WebAssembly gives 0 from 16 on. */
const byIndex: Lanes = (code) => {
  code.simd(simd.V128_CONST, new Array(16).fill(BYTE_INDEX));
  code.simd(simd.V128_AND);
  code.simd(simd.I8X16_SWIZZLE);
};

/** `OP xmm1, xmm2/m128` by mnemonic: the commonest. */
export const LANES: ReadonlyMap<string, Lanes> = new Map([
  ...(
    ['PADDB', 'PADDW', 'PADDD', 'PADDQ', 'PSUBB', 'PSUBW', 'PSUBD', 'PSUBQ', 'PMINUB', 'PMAXUB'] as const
  ).map((name) => [name, one(ADDITIONS[name])] as const),
  ...(['PCMPEQB', 'PCMPEQW', 'PCMPEQD', 'PCMPGTB', 'PCMPGTD'] as const).map(
    (name) => [name, one(COMPARISONS[name])] as const,
  ),
  ...Object.entries(UNPACK_PATTERNS).map(([name, pattern]) => [name, unpack(pattern)] as const),
  ['PSHUFB', byIndex],
  ['PAND', one(simd.V128_AND)],
  ['POR', one(simd.V128_OR)],
  ['PXOR', one(simd.V128_XOR)],
]);

/** `OP xmm1, imm8`: the instruction, and the bits of a lane. */
export const LANE_SHIFTS: ReadonlyMap<string, readonly [op: number, bits: number]> = new Map([
  ['PSLLD', [simd.I32X4_SHL, 32]],
  ['PSRLD', [simd.I32X4_SHR_U, 32]],
  ['PSRAD', [simd.I32X4_SHR_S, 32]],
  ['PSLLQ', [simd.I64X2_SHL, 64]],
  ['PSRLQ', [simd.I64X2_SHR_U, 64]],
]);
