import type { Instruction } from '../../isa/instruction.ts';
import * as simd from '../wasm/simd.ts';
import {
  avx,
  bothForms,
  type LaneEmit,
  splat,
  sse,
  sseNarrow,
  type VectorEmitters,
} from './vector-operand.ts';

/** Where each byte of the result comes from: 0 to 15 is the first operand, 16 to 31 the second. */
type Pattern = (insn: Instruction) => readonly number[];

function shuffled(pattern: Pattern): LaneEmit {
  return ({ code }, a, b, insn) => {
    code.get(a);
    code.get(b);
    code.simd(simd.I8X16_SHUFFLE, pattern(insn));
  };
}

/** Lanes of `bytes` bytes by their numbers; those of the second operand follow those of the first. */
function lanesOf(bytes: number, numbers: readonly number[]): number[] {
  return numbers.flatMap((lane) => Array.from({ length: bytes }, (_, n) => lane * bytes + n));
}

/** PUNPCK: lanes of both operands in turn, from the low or the high half. */
function unpack(bytes: number, high: boolean): readonly number[] {
  const half = 8 / bytes;
  const numbers = Array.from({ length: half }, (_, n) => n + (high ? half : 0));
  return lanesOf(
    bytes,
    numbers.flatMap((n) => [n, n + 2 * half]),
  );
}

/** Two bits of the immediate for each of four lanes. */
function selectors(immediate: number): number[] {
  return [0, 2, 4, 6].map((shift) => (immediate >> shift) & 3);
}

const SECOND = 16;
const fromSecond = (pattern: readonly number[]) => pattern.map((byte) => byte + SECOND);

const doublewords = shuffled((insn) => fromSecond(lanesOf(4, selectors(insn.immediate))));
const lowWords = shuffled((insn) => fromSecond(lanesOf(2, [...selectors(insn.immediate), 4, 5, 6, 7])));
const highWords = shuffled((insn) =>
  fromSecond(lanesOf(2, [0, 1, 2, 3, ...selectors(insn.immediate).map((n) => n + 4)])),
);
/** SHUFPS: two lanes of the first operand, then two of the second. */
const singles = shuffled((insn) =>
  lanesOf(
    4,
    selectors(insn.immediate).map((n, at) => (at < 2 ? n : n + 4)),
  ),
);
const doubles = shuffled((insn) => lanesOf(8, [insn.immediate & 1, 2 + ((insn.immediate >> 1) & 1)]));

/** Bit 7 of an index gives 0, and of the others the low four count; WebAssembly gives 0 from 16 on. */
const byIndex: LaneEmit = (e, a, b) => {
  e.code.get(a);
  e.code.get(b);
  splat(e, 0x8f8f8f8f | 0);
  e.code.simd(simd.V128_AND);
  e.code.simd(simd.I8X16_SWIZZLE);
};

/** PALIGNR: the second operand is the low half of what is shifted right by bytes. */
const align: LaneEmit = (e, a, b, insn) => {
  const { code } = e;
  const count = Math.min(insn.immediate & 0xff, 32);
  if (count <= 16) {
    code.get(b);
    code.get(a);
    code.simd(
      simd.I8X16_SHUFFLE,
      Array.from({ length: 16 }, (_, n) => n + count),
    );
    return;
  }
  code.get(a);
  splat(e, 0);
  code.simd(
    simd.I8X16_SHUFFLE,
    Array.from({ length: 16 }, (_, n) => Math.min(n + count - 16, 16)),
  );
};

/** Where each byte comes from. */
export const UNPACK_PATTERNS = {
  PUNPCKLBW: unpack(1, false),
  PUNPCKLWD: unpack(2, false),
  PUNPCKLDQ: unpack(4, false),
  PUNPCKLQDQ: unpack(8, false),
  PUNPCKHBW: unpack(1, true),
  PUNPCKHWD: unpack(2, true),
  PUNPCKHDQ: unpack(4, true),
  PUNPCKHQDQ: unpack(8, true),
} as const;

const UNPACKS: Readonly<Record<string, LaneEmit>> = Object.fromEntries(
  Object.entries(UNPACK_PATTERNS).map(([name, pattern]) => [name, shuffled(() => pattern)]),
);

const duplicateEven = shuffled(() => fromSecond(lanesOf(4, [0, 0, 2, 2])));
const duplicateOdd = shuffled(() => fromSecond(lanesOf(4, [1, 1, 3, 3])));
const duplicateLow = shuffled(() => fromSecond(lanesOf(8, [0, 0])));

/** VSHUFPD takes other bits of the immediate for its upper half. */
export const VECTOR_SHUFFLE: VectorEmitters = {
  ...bothForms({ ...UNPACKS, PSHUFB: byIndex }),
  UNPCKLPS_Vps_Wps: sse(UNPACKS.PUNPCKLDQ!),
  UNPCKHPS_Vps_Wps: sse(UNPACKS.PUNPCKHDQ!),
  UNPCKLPD_Vpd_Wpd: sse(UNPACKS.PUNPCKLQDQ!),
  UNPCKHPD_Vpd_Wpd: sse(UNPACKS.PUNPCKHQDQ!),
  VUNPCKLPS_Vps_Hps_Wps: avx(UNPACKS.PUNPCKLDQ!),
  VUNPCKHPS_Vps_Hps_Wps: avx(UNPACKS.PUNPCKHDQ!),
  VUNPCKLPD_Vpd_Hpd_Wpd: avx(UNPACKS.PUNPCKLQDQ!),
  VUNPCKHPD_Vpd_Hpd_Wpd: avx(UNPACKS.PUNPCKHQDQ!),
  PSHUFD_Vx_Wx_Ib: sse(doublewords),
  PSHUFLW_Vx_Wx_Ib: sse(lowWords),
  PSHUFHW_Vx_Wx_Ib: sse(highWords),
  VPSHUFD_Vx_Wx_Ib: avx(doublewords),
  VPSHUFLW_Vx_Wx_Ib: avx(lowWords),
  VPSHUFHW_Vx_Wx_Ib: avx(highWords),
  SHUFPS_Vps_Wps_Ib: sse(singles),
  SHUFPD_Vpd_Wpd_Ib: sse(doubles),
  VSHUFPS_Vps_Hps_Wps_Ib: avx(singles),
  PALIGNR_Vx_Wx_Ib: sse(align),
  VPALIGNR_Vx_Hx_Wx_Ib: avx(align),
  MOVSLDUP_Vps_Wps: sse(duplicateEven),
  MOVSHDUP_Vps_Wps: sse(duplicateOdd),
  MOVDDUP_Vpd_Wsd: sseNarrow(8, duplicateLow),
};
