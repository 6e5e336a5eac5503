import type { FloatEnv } from '../../float/env.ts';
import { add32, multiply32, subtract32 } from '../../float/float32.ts';
import { add64, multiply64, subtract64 } from '../../float/float64.ts';
import type { Lanes } from '../../float/lanes.ts';
import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { avxPacked, openFloat, type PackedOperation, settle, ssePacked } from './float-operand.ts';
import { alignedSource, clearUpper, requireAvx, requireSse, SLOT_EXTRA, source } from './vector-operand.ts';

/* Operations across floating-point lanes, and those that alternate. Each half of 16 bytes is on its own. */

type Binary = (lanes: Lanes, a: number, b: number, out: number, env: FloatEnv) => void;

const alternate32: PackedOperation = (lanes, a, b, out, env, _immediate, bytes) => {
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 2) {
    subtract32(lanes, a + n, b + n, out + n, env);
    add32(lanes, a + n + 1, b + n + 1, out + n + 1, env);
  }
};

const alternate64: PackedOperation = (lanes, a, b, out, env, _immediate, bytes) => {
  const end = bytes >> 2;
  for (let n = 0; n < end; n += 4) {
    subtract64(lanes, a + n, b + n, out + n, env);
    add64(lanes, a + n + 2, b + n + 2, out + n + 2, env);
  }
};

/** Neighbours of the first operand, then those of the second. */
function pairs32(operation: Binary): PackedOperation {
  return (lanes, a, b, out, env, _immediate, bytes) => {
    const end = bytes >> 2;
    for (let n = 0; n < end; n += 4) {
      operation(lanes, a + n, a + n + 1, out + n, env);
      operation(lanes, a + n + 2, a + n + 3, out + n + 1, env);
      operation(lanes, b + n, b + n + 1, out + n + 2, env);
      operation(lanes, b + n + 2, b + n + 3, out + n + 3, env);
    }
  };
}

function pairs64(operation: Binary): PackedOperation {
  return (lanes, a, b, out, env, _immediate, bytes) => {
    const end = bytes >> 2;
    for (let n = 0; n < end; n += 4) {
      operation(lanes, a + n, a + n + 2, out + n, env);
      operation(lanes, b + n, b + n + 2, out + n + 2, env);
    }
  };
}

const PRODUCTS = SLOT_EXTRA * 8;

/**
 * DPPS: imm8 bits 7:4 choose the products, bits 3:0 where their sum goes; what is not chosen is +0. Products, sums and sums of
 * sums are three steps, and an unmasked exception of one leaves the next undone (SDM Vol. 2A, "DPPS", SIMD Floating-Point
 * Exceptions: "determined separately for each add and multiply operation").
 */
function dotProduct32(core: Core, insn: Instruction, first: number, second: number, bytes: number): void {
  const { lanes } = core;
  const { words } = lanes;
  const { immediate } = insn;
  const a = first * 8;
  const b = second * 8;
  const end = bytes >> 2;
  const env = openFloat(core);
  for (let n = 0; n < end; n++) {
    if ((immediate >> (4 + (n & 3))) & 1) multiply32(lanes, a + n, b + n, PRODUCTS + n, env);
    else words[PRODUCTS + n] = 0;
  }
  settle(core, env);
  env.flags = 0;
  for (let at = PRODUCTS; at < PRODUCTS + end; at += 2) add32(lanes, at, at + 1, at, env);
  settle(core, env);
  env.flags = 0;
  for (let at = PRODUCTS; at < PRODUCTS + end; at += 4) add32(lanes, at, at + 2, at, env);
  settle(core, env);
  const to = insn.reg * 8;
  for (let n = 0; n < end; n++) words[to + n] = (immediate >> (n & 3)) & 1 ? words[PRODUCTS + (n & 4)]! : 0;
}

/** DPPD: the same with two products and one sum. */
function dotProduct64(core: Core, insn: Instruction, first: number, second: number): void {
  const { lanes } = core;
  const { words } = lanes;
  const { immediate } = insn;
  const env = openFloat(core);
  for (let n = 0; n < 2; n++) {
    const product = PRODUCTS + n * 2;
    if ((immediate >> (4 + n)) & 1) multiply64(lanes, first * 8 + n * 2, second * 8 + n * 2, product, env);
    else words[product] = words[product + 1] = 0;
  }
  settle(core, env);
  env.flags = 0;
  add64(lanes, PRODUCTS, PRODUCTS + 2, PRODUCTS, env);
  settle(core, env);
  const to = insn.reg * 8;
  for (let n = 0; n < 4; n++) words[to + n] = (immediate >> (n >> 1)) & 1 ? words[PRODUCTS + (n & 1)]! : 0;
}

/** ADDSUBPS | F2 0F D0 | (SDM Vol. 2A, "ADDSUBPS—Packed Single Precision Floating-Point Add/Subtract"). */
export const ADDSUBPS_Vps_Wps = ssePacked(alternate32);
export const VADDSUBPS_Vps_Hps_Wps = avxPacked(alternate32);

/** ADDSUBPD | 66 0F D0 | (SDM Vol. 2A, "ADDSUBPD—Packed Double Precision Floating-Point Add/Subtract"). */
export const ADDSUBPD_Vpd_Wpd = ssePacked(alternate64);
export const VADDSUBPD_Vpd_Hpd_Wpd = avxPacked(alternate64);

/** HADDPS | F2 0F 7C | (SDM Vol. 2A, "HADDPS—Packed Single Precision Floating-Point Horizontal Add"). */
export const HADDPS_Vps_Wps = ssePacked(pairs32(add32));
export const VHADDPS_Vps_Hps_Wps = avxPacked(pairs32(add32));

/** HADDPD | 66 0F 7C | (SDM Vol. 2A, "HADDPD—Packed Double Precision Floating-Point Horizontal Add"). */
export const HADDPD_Vpd_Wpd = ssePacked(pairs64(add64));
export const VHADDPD_Vpd_Hpd_Wpd = avxPacked(pairs64(add64));

/** HSUBPS | F2 0F 7D | (SDM Vol. 2A, "HSUBPS—Packed Single Precision Floating-Point Horizontal Subtract"). */
export const HSUBPS_Vps_Wps = ssePacked(pairs32(subtract32));
export const VHSUBPS_Vps_Hps_Wps = avxPacked(pairs32(subtract32));

/** HSUBPD | 66 0F 7D | (SDM Vol. 2A, "HSUBPD—Packed Double Precision Floating-Point Horizontal Subtract"). */
export const HSUBPD_Vpd_Wpd = ssePacked(pairs64(subtract64));
export const VHSUBPD_Vpd_Hpd_Wpd = avxPacked(pairs64(subtract64));

/** DPPS | 66 0F 3A 40 ib | (SDM Vol. 2A, "DPPS—Dot Product of Packed Single Precision Floating-Point Values"). */
export function DPPS_Vps_Wps_Ib(core: Core, insn: Instruction): void {
  requireSse(core);
  dotProduct32(core, insn, insn.reg, alignedSource(core, insn), 16);
}

export function VDPPS_Vps_Hps_Wps_Ib(core: Core, insn: Instruction): void {
  requireAvx(core);
  const bytes = insn.vectorLength !== 0 ? 32 : 16;
  dotProduct32(core, insn, insn.vvvv, source(core, insn, bytes), bytes);
  if (bytes === 16) clearUpper(core.vectors, insn.reg);
}

/** DPPD | 66 0F 3A 41 ib | (SDM Vol. 2A, "DPPD—Dot Product of Packed Double Precision Floating-Point Values"). */
export function DPPD_Vpd_Wpd_Ib(core: Core, insn: Instruction): void {
  requireSse(core);
  dotProduct64(core, insn, insn.reg, alignedSource(core, insn));
}

export function VDPPD_Vpd_Hpd_Wpd_Ib(core: Core, insn: Instruction): void {
  requireAvx(core);
  dotProduct64(core, insn, insn.vvvv, source(core, insn, 16));
  clearUpper(core.vectors, insn.reg);
}
