import type { Instruction } from '../../isa/instruction.ts';
import type { VectorFile } from '../../state/vector-file.ts';
import type { Core, Handler } from './core.ts';
import {
  avx,
  avxNarrow,
  clearUpper,
  copySlot,
  loadVector,
  moving,
  requireAvx,
  SLOT_RESULT,
  SLOT_SOURCE,
  source,
  storeVector,
} from './vector-operand.ts';

/* AVX and AVX2: broadcasts, permutations, 128-bit parts. */

// Within 128 bits.

/** Doublewords of `a` chosen by bits 1:0 of those of `b`. */
function permuteByDoublewords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  for (let n = 0; n < bytes >> 2; n++) i32[dest * 8 + n] = i32[a * 8 + (n & 4) + (i32[b * 8 + n]! & 3)]!;
}

/** Quadwords of `a` chosen by bit 1 of those of `b`. */
function permuteByQuadwords(v: VectorFile, dest: number, a: number, b: number, bytes: number): void {
  const { i32 } = v;
  for (let n = 0; n < bytes >> 2; n += 2) {
    const from = a * 8 + (n & 4) + (i32[b * 8 + n]! & 2);
    i32[dest * 8 + n] = i32[from]!;
    i32[dest * 8 + n + 1] = i32[from + 1]!;
  }
}

/** VPERMILPS | VEX.W0 66 0F38 0C | (SDM Vol. 2C, "VPERMILPS—Permute In-Lane of Quadruples of Single Precision Values"). */
export const VPERMILPS_Vps_Hps_Wps = avx(moving(permuteByDoublewords));
/** VPERMILPD | VEX.W0 66 0F38 0D | (SDM Vol. 2C, "VPERMILPD—Permute In-Lane of Pairs of Double Precision Values"). */
export const VPERMILPD_Vpd_Hpd_Wpd = avx(moving(permuteByQuadwords));

/** VPERMILPS | VEX.W0 66 0F3A 04 ib |. */
export const VPERMILPS_Vps_Wps_Ib = avx(
  moving((v, dest, _a, b, bytes, immediate) => {
    const { i32 } = v;
    for (let n = 0; n < bytes >> 2; n++) {
      i32[dest * 8 + n] = i32[b * 8 + (n & 4) + ((immediate >> (2 * (n & 3))) & 3)]!;
    }
  }),
);

/** VPERMILPD | VEX.W0 66 0F3A 05 ib |. */
export const VPERMILPD_Vpd_Wpd_Ib = avx(
  moving((v, dest, _a, b, bytes, immediate) => {
    const { i32 } = v;
    for (let n = 0; n < bytes >> 2; n += 2) {
      const from = b * 8 + (n & 4) + ((immediate >> (n >> 1)) & 1) * 2;
      i32[dest * 8 + n] = i32[from]!;
      i32[dest * 8 + n + 1] = i32[from + 1]!;
    }
  }),
);

// Across 256 bits.

/** VPERMD VPERMPS | VEX.256.W0 66 0F38 36, 16 | (SDM Vol. 2C, "VPERMD/VPERMW", "VPERMPS"). The indices come first. */
export const VPERMD_Vqq_Hqq_Wqq = avx(
  moving((v, dest, a, b) => {
    const { i32 } = v;
    for (let n = 0; n < 8; n++) i32[dest * 8 + n] = i32[b * 8 + (i32[a * 8 + n]! & 7)]!;
  }),
);
export const VPERMPS_Vps_Hps_Wps = VPERMD_Vqq_Hqq_Wqq;

/** VPERMQ VPERMPD | VEX.256.W1 66 0F3A 00, 01 ib | (SDM Vol. 2C, "VPERMQ", "VPERMPD"). */
export const VPERMQ_Vqq_Wqq_Ib = avx(
  moving((v, dest, _a, b, _bytes, immediate) => {
    const { i32 } = v;
    for (let n = 0; n < 4; n++) {
      const from = b * 8 + ((immediate >> (2 * n)) & 3) * 2;
      i32[dest * 8 + 2 * n] = i32[from]!;
      i32[dest * 8 + 2 * n + 1] = i32[from + 1]!;
    }
  }),
);
export const VPERMPD_Vqq_Wqq_Ib = VPERMQ_Vqq_Wqq_Ib;

/** One of the four 128-bit parts of `a` and `b`, or 0. */
function choosePart(v: VectorFile, to: number, a: number, b: number, control: number): void {
  const { i32 } = v;
  const from = (control & 2 ? b : a) * 8 + (control & 1) * 4;
  for (let n = 0; n < 4; n++) i32[to + n] = control & 8 ? 0 : i32[from + n]!;
}

/** VPERM2F128 VPERM2I128 | VEX.256.W0 66 0F3A 06, 46 ib | (SDM Vol. 2C, "VPERM2F128", "VPERM2I128"). */
export const VPERM2F128_Vqq_Hqq_Wqq_Ib = avx(
  moving((v, dest, a, b, _bytes, immediate) => {
    choosePart(v, dest * 8, a, b, immediate);
    choosePart(v, dest * 8 + 4, a, b, immediate >> 4);
  }),
);
export const VPERM2I128_Vqq_Hqq_Wqq_Ib = VPERM2F128_Vqq_Hqq_Wqq_Ib;

/** VINSERTF128 VINSERTI128 | VEX.256.W0 66 0F3A 18, 38 ib | Vqq,Hqq,Wdq,Ib. */
export function VINSERTF128_Vqq_Hqq_Wdq_Ib(core: Core, insn: Instruction): void {
  requireAvx(core);
  const { i32 } = core.vectors;
  const b = source(core, insn, 16);
  copySlot(core.vectors, SLOT_RESULT, insn.vvvv, 32);
  const to = SLOT_RESULT * 8 + (insn.immediate & 1) * 4;
  for (let n = 0; n < 4; n++) i32[to + n] = i32[b * 8 + n]!;
  copySlot(core.vectors, insn.reg, SLOT_RESULT, 32);
}
export const VINSERTI128_Vqq_Hqq_Wdq_Ib = VINSERTF128_Vqq_Hqq_Wdq_Ib;

/** VEXTRACTF128 VEXTRACTI128 | VEX.256.W0 66 0F3A 19, 39 ib | Wdq,Vqq,Ib. */
export function VEXTRACTF128_Wdq_Vqq_Ib(core: Core, insn: Instruction): void {
  requireAvx(core);
  const { i32 } = core.vectors;
  const from = insn.reg * 8 + (insn.immediate & 1) * 4;
  for (let n = 0; n < 4; n++) i32[SLOT_RESULT * 8 + n] = i32[from + n]!;
  if (insn.isMemory) {
    storeVector(core, insn, SLOT_RESULT, 16);
    return;
  }
  copySlot(core.vectors, insn.rm, SLOT_RESULT, 16);
  clearUpper(core.vectors, insn.rm);
}
export const VEXTRACTI128_Wdq_Vqq_Ib = VEXTRACTF128_Wdq_Vqq_Ib;

// Broadcasts (SDM Vol. 2C, "VBROADCAST", "VPBROADCAST"). The source has one size at either length.

function broadcastBytes(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  v.u8.fill(v.u8[b * 32]!, dest * 32, dest * 32 + bytes);
}

function broadcastWords(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  v.u16.fill(v.u16[b * 16]!, dest * 16, dest * 16 + (bytes >> 1));
}

function broadcastDoublewords(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  v.i32.fill(v.i32[b * 8]!, dest * 8, dest * 8 + (bytes >> 2));
}

function broadcastQuadwords(v: VectorFile, dest: number, _a: number, b: number, bytes: number): void {
  const { i32 } = v;
  const lo = i32[b * 8]!;
  const hi = i32[b * 8 + 1]!;
  for (let n = 0; n < bytes >> 2; n += 2) {
    i32[dest * 8 + n] = lo;
    i32[dest * 8 + n + 1] = hi;
  }
}

/** VPBROADCASTB | VEX.W0 66 0F38 78 |, W 79, D 58, Q 59. */
export const VPBROADCASTB_Vx_Wb = avxNarrow(1, broadcastBytes, 1);
export const VPBROADCASTW_Vx_Ww = avxNarrow(2, broadcastWords, 2);
export const VPBROADCASTD_Vx_Wd = avxNarrow(4, broadcastDoublewords, 4);
export const VPBROADCASTQ_Vx_Wq = avxNarrow(8, broadcastQuadwords, 8);

/** VBROADCASTSS VBROADCASTSD | VEX.W0 66 0F38 18, 19 |. */
export const VBROADCASTSS_Vps_Md = VPBROADCASTD_Vx_Wd;
export const VBROADCASTSS_Vps_Uss = VPBROADCASTD_Vx_Wd;
export const VBROADCASTSD_Vpd_Mq = VPBROADCASTQ_Vx_Wq;
export const VBROADCASTSD_Vpd_Usd = VPBROADCASTQ_Vx_Wq;

/** VBROADCASTF128 VBROADCASTI128 | VEX.256.W0 66 0F38 1A, 5A | Vqq,Mdq. */
export const VBROADCASTF128_Vqq_Mdq: Handler = (core, insn) => {
  requireAvx(core);
  loadVector(core, insn, SLOT_SOURCE, 16);
  const { i32 } = core.vectors;
  for (let n = 0; n < 8; n++) i32[insn.reg * 8 + n] = i32[SLOT_SOURCE * 8 + (n & 3)]!;
};
export const VBROADCASTI128_Vqq_Mdq = VBROADCASTF128_Vqq_Mdq;
