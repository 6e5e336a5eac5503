import type { Instruction } from '../../isa/instruction.ts';
import type { VectorFile } from '../../state/vector-file.ts';
import type { Core, Handler } from './core.ts';
import { alignedSource, avx, clearUpper, requireAvx, requireSse, source, sse } from './vector-operand.ts';

/* Choices between two sources, lane by lane. */

/** Bit n of the immediate takes doubleword n of `b`. */
function blendSingles(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  immediate: number,
): void {
  const { i32 } = v;
  for (let n = 0; n < bytes >> 2; n++) i32[dest * 8 + n] = i32[((immediate >> n) & 1 ? b : a) * 8 + n]!;
}

function blendDoubles(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  immediate: number,
): void {
  const { i32 } = v;
  for (let n = 0; n < bytes >> 2; n++)
    i32[dest * 8 + n] = i32[((immediate >> (n >> 1)) & 1 ? b : a) * 8 + n]!;
}

/** Both halves of 256 bits use the same eight bits. */
function blendWords(
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  immediate: number,
): void {
  const { u16 } = v;
  for (let n = 0; n < bytes >> 1; n++)
    u16[dest * 16 + n] = u16[((immediate >> (n & 7)) & 1 ? b : a) * 16 + n]!;
}

/** BLENDPS | 66 0F 3A 0C ib | (SDM Vol. 2A, "BLENDPS—Blend Packed Single Precision Floating-Point Values"). */
export const BLENDPS_Vps_Wps_Ib = sse(blendSingles);
export const VBLENDPS_Vps_Hps_Wps_Ib = avx(blendSingles);

/** BLENDPD | 66 0F 3A 0D ib | (SDM Vol. 2A, "BLENDPD—Blend Packed Double Precision Floating-Point Values"). */
export const BLENDPD_Vpd_Wpd_Ib = sse(blendDoubles);
export const VBLENDPD_Vpd_Hpd_Wpd_Ib = avx(blendDoubles);

/** PBLENDW | 66 0F 3A 0E ib | (SDM Vol. 2B, "PBLENDW—Blend Packed Words"). */
export const PBLENDW_Vx_Wx_Ib = sse(blendWords);
export const VPBLENDW_Vx_Hx_Wx_Ib = avx(blendWords);

/** VPBLENDD | VEX.W0 66 0F3A 02 ib | (SDM Vol. 2C, "VPBLENDD—Blend Packed Dwords"). */
export const VPBLENDD_Vx_Hx_Wx_Ib = avx(blendSingles);

// By the sign bits of a mask register.

type Choice = (v: VectorFile, dest: number, a: number, b: number, mask: number, bytes: number) => void;

function chooseBytes(v: VectorFile, dest: number, a: number, b: number, mask: number, bytes: number): void {
  const { u8 } = v;
  for (let n = 0; n < bytes; n++) u8[dest * 32 + n] = u8[(u8[mask * 32 + n]! > 127 ? b : a) * 32 + n]!;
}

function chooseSingles(v: VectorFile, dest: number, a: number, b: number, mask: number, bytes: number): void {
  const { i32 } = v;
  for (let n = 0; n < bytes >> 2; n++) i32[dest * 8 + n] = i32[(i32[mask * 8 + n]! < 0 ? b : a) * 8 + n]!;
}

function chooseDoubles(v: VectorFile, dest: number, a: number, b: number, mask: number, bytes: number): void {
  const { i32 } = v;
  for (let n = 0; n < bytes >> 2; n += 2) {
    const from = (i32[mask * 8 + n + 1]! < 0 ? b : a) * 8 + n;
    i32[dest * 8 + n] = i32[from]!;
    i32[dest * 8 + n + 1] = i32[from + 1]!;
  }
}

/** The mask is XMM0. */
function byXmm0(choose: Choice): Handler {
  return (core, insn) => {
    requireSse(core);
    const b = alignedSource(core, insn);
    choose(core.vectors, insn.reg, insn.reg, b, 0, 16);
  };
}

/** The mask is the register in bits 7:4 of the immediate. */
function byRegister(choose: Choice): Handler {
  return (core: Core, insn: Instruction) => {
    requireAvx(core);
    const bytes = insn.vectorLength !== 0 ? 32 : 16;
    const b = source(core, insn, bytes);
    choose(core.vectors, insn.reg, insn.vvvv, b, insn.immediate, bytes);
    if (bytes === 16) clearUpper(core.vectors, insn.reg);
  };
}

/** PBLENDVB | 66 0F 38 10 | (SDM Vol. 2B, "PBLENDVB—Variable Blend Packed Bytes"). */
export const PBLENDVB_Vx_Wx_XMM0 = byXmm0(chooseBytes);
export const VPBLENDVB_Vx_Hx_Wx_Lx = byRegister(chooseBytes);

/** BLENDVPS | 66 0F 38 14 | (SDM Vol. 2A, "BLENDVPS—Variable Blend Packed Single Precision Values"). */
export const BLENDVPS_Vps_Wps_XMM0 = byXmm0(chooseSingles);
export const VBLENDVPS_Vps_Hps_Wps_Lx = byRegister(chooseSingles);

/** BLENDVPD | 66 0F 38 15 | (SDM Vol. 2A, "BLENDVPD—Variable Blend Packed Double Precision Values"). */
export const BLENDVPD_Vpd_Wpd_XMM0 = byXmm0(chooseDoubles);
export const VBLENDVPD_Vpd_Hpd_Wpd_Lx = byRegister(chooseDoubles);
