import type { FloatEnv } from '../../float/env.ts';
import { fused32 } from '../../float/float32.ts';
import { fused64 } from '../../float/float64.ts';
import type { Lanes } from '../../float/lanes.ts';
import type { Core, Handler } from './core.ts';
import { commitScalar, openFloat, RESULT, settle } from './float-operand.ts';
import { clearUpper, copySlot, requireAvx, SLOT_RESULT, scalarSource, source } from './vector-operand.ts';

/**
 * Fused multiply-add (SDM Vol. 2C, "VFMADD132PD/VFMADD213PD/VFMADD231PD" and its like). The three digits say which operands
 * are multiplied and which is added: 132 is 1 * 3 + 2, 213 is 2 * 1 + 3, 231 is 2 * 3 + 1.
 */

type Order = 132 | 213 | 231;
type Fused = (
  lanes: Lanes,
  a: number,
  b: number,
  c: number,
  flips: number,
  out: number,
  env: FloatEnv,
) => void;

/** Signs that are turned: bit 0 the product's, bit 1 the addend's. */
const MADD = 0;
const NMADD = 1;
const MSUB = 2;
const NMSUB = 3;

function fuse(
  core: Core,
  operation: Fused,
  order: Order,
  flips: number,
  first: number,
  second: number,
  third: number,
  out: number,
): void {
  const { lanes, mxcsr } = core;
  if (order === 132) operation(lanes, first, third, second, flips, out, mxcsr);
  else if (order === 213) operation(lanes, second, first, third, flips, out, mxcsr);
  else operation(lanes, second, third, first, flips, out, mxcsr);
}

/** `even` and `odd` are the signs of the lanes with even and odd numbers. */
function packed(step: 1 | 2, operation: Fused, order: Order, even: number, odd: number): Handler {
  return (core, insn) => {
    requireAvx(core);
    const bytes = insn.vectorLength !== 0 ? 32 : 16;
    const third = source(core, insn, bytes) * 8;
    const first = insn.reg * 8;
    const second = insn.vvvv * 8;
    const env = openFloat(core);
    const end = bytes >> 2;
    for (let n = 0; n < end; n += step) {
      const flips = n & step ? odd : even;
      fuse(core, operation, order, flips, first + n, second + n, third + n, RESULT + n);
    }
    settle(core, env);
    copySlot(core.vectors, insn.reg, SLOT_RESULT, bytes);
    if (bytes === 16) clearUpper(core.vectors, insn.reg);
  };
}

function scalar(bytes: 4 | 8, operation: Fused, order: Order, flips: number): Handler {
  return (core, insn) => {
    requireAvx(core);
    const third = scalarSource(core, insn, bytes);
    const env = openFloat(core);
    fuse(core, operation, order, flips, insn.reg * 8, insn.vvvv * 8, third * 8, RESULT);
    settle(core, env);
    commitScalar(core, insn, bytes);
    clearUpper(core.vectors, insn.reg);
  };
}

const packed32 = (order: Order, flips: number): Handler => packed(1, fused32, order, flips, flips);
const packed64 = (order: Order, flips: number): Handler => packed(2, fused64, order, flips, flips);
const scalar32 = (order: Order, flips: number): Handler => scalar(4, fused32, order, flips);
const scalar64 = (order: Order, flips: number): Handler => scalar(8, fused64, order, flips);
const mixed32 = (order: Order, even: number, odd: number): Handler => packed(1, fused32, order, even, odd);
const mixed64 = (order: Order, even: number, odd: number): Handler => packed(2, fused64, order, even, odd);

// biome-ignore-start format: a table, one form a line.

/** VFMADD | VEX 66 0F 38 98, 99, A8, A9, B8, B9 | W0 singles, W1 doubles. */
export const VFMADD132PS_Vps_Hps_Wps = packed32(132, MADD);
export const VFMADD132PD_Vpd_Hpd_Wpd = packed64(132, MADD);
export const VFMADD132SS_Vss_Hss_Wss = scalar32(132, MADD);
export const VFMADD132SD_Vsd_Hsd_Wsd = scalar64(132, MADD);
export const VFMADD213PS_Vps_Hps_Wps = packed32(213, MADD);
export const VFMADD213PD_Vpd_Hpd_Wpd = packed64(213, MADD);
export const VFMADD213SS_Vss_Hss_Wss = scalar32(213, MADD);
export const VFMADD213SD_Vsd_Hsd_Wsd = scalar64(213, MADD);
export const VFMADD231PS_Vps_Hps_Wps = packed32(231, MADD);
export const VFMADD231PD_Vpd_Hpd_Wpd = packed64(231, MADD);
export const VFMADD231SS_Vss_Hss_Wss = scalar32(231, MADD);
export const VFMADD231SD_Vsd_Hsd_Wsd = scalar64(231, MADD);

/** VFMSUB | VEX 66 0F 38 9A, 9B, AA, AB, BA, BB | W0 singles, W1 doubles. */
export const VFMSUB132PS_Vps_Hps_Wps = packed32(132, MSUB);
export const VFMSUB132PD_Vpd_Hpd_Wpd = packed64(132, MSUB);
export const VFMSUB132SS_Vss_Hss_Wss = scalar32(132, MSUB);
export const VFMSUB132SD_Vsd_Hsd_Wsd = scalar64(132, MSUB);
export const VFMSUB213PS_Vps_Hps_Wps = packed32(213, MSUB);
export const VFMSUB213PD_Vpd_Hpd_Wpd = packed64(213, MSUB);
export const VFMSUB213SS_Vss_Hss_Wss = scalar32(213, MSUB);
export const VFMSUB213SD_Vsd_Hsd_Wsd = scalar64(213, MSUB);
export const VFMSUB231PS_Vps_Hps_Wps = packed32(231, MSUB);
export const VFMSUB231PD_Vpd_Hpd_Wpd = packed64(231, MSUB);
export const VFMSUB231SS_Vss_Hss_Wss = scalar32(231, MSUB);
export const VFMSUB231SD_Vsd_Hsd_Wsd = scalar64(231, MSUB);

/** VFNMADD | VEX 66 0F 38 9C, 9D, AC, AD, BC, BD | W0 singles, W1 doubles. */
export const VFNMADD132PS_Vps_Hps_Wps = packed32(132, NMADD);
export const VFNMADD132PD_Vpd_Hpd_Wpd = packed64(132, NMADD);
export const VFNMADD132SS_Vss_Hss_Wss = scalar32(132, NMADD);
export const VFNMADD132SD_Vsd_Hsd_Wsd = scalar64(132, NMADD);
export const VFNMADD213PS_Vps_Hps_Wps = packed32(213, NMADD);
export const VFNMADD213PD_Vpd_Hpd_Wpd = packed64(213, NMADD);
export const VFNMADD213SS_Vss_Hss_Wss = scalar32(213, NMADD);
export const VFNMADD213SD_Vsd_Hsd_Wsd = scalar64(213, NMADD);
export const VFNMADD231PS_Vps_Hps_Wps = packed32(231, NMADD);
export const VFNMADD231PD_Vpd_Hpd_Wpd = packed64(231, NMADD);
export const VFNMADD231SS_Vss_Hss_Wss = scalar32(231, NMADD);
export const VFNMADD231SD_Vsd_Hsd_Wsd = scalar64(231, NMADD);

/** VFNMSUB | VEX 66 0F 38 9E, 9F, AE, AF, BE, BF | W0 singles, W1 doubles. */
export const VFNMSUB132PS_Vps_Hps_Wps = packed32(132, NMSUB);
export const VFNMSUB132PD_Vpd_Hpd_Wpd = packed64(132, NMSUB);
export const VFNMSUB132SS_Vss_Hss_Wss = scalar32(132, NMSUB);
export const VFNMSUB132SD_Vsd_Hsd_Wsd = scalar64(132, NMSUB);
export const VFNMSUB213PS_Vps_Hps_Wps = packed32(213, NMSUB);
export const VFNMSUB213PD_Vpd_Hpd_Wpd = packed64(213, NMSUB);
export const VFNMSUB213SS_Vss_Hss_Wss = scalar32(213, NMSUB);
export const VFNMSUB213SD_Vsd_Hsd_Wsd = scalar64(213, NMSUB);
export const VFNMSUB231PS_Vps_Hps_Wps = packed32(231, NMSUB);
export const VFNMSUB231PD_Vpd_Hpd_Wpd = packed64(231, NMSUB);
export const VFNMSUB231SS_Vss_Hss_Wss = scalar32(231, NMSUB);
export const VFNMSUB231SD_Vsd_Hsd_Wsd = scalar64(231, NMSUB);

/** VFMADDSUB | VEX 66 0F 38 96, A6, B6 | even lanes subtract, odd ones add. */
export const VFMADDSUB132PS_Vps_Hps_Wps = mixed32(132, MSUB, MADD);
export const VFMADDSUB132PD_Vpd_Hpd_Wpd = mixed64(132, MSUB, MADD);
export const VFMADDSUB213PS_Vps_Hps_Wps = mixed32(213, MSUB, MADD);
export const VFMADDSUB213PD_Vpd_Hpd_Wpd = mixed64(213, MSUB, MADD);
export const VFMADDSUB231PS_Vps_Hps_Wps = mixed32(231, MSUB, MADD);
export const VFMADDSUB231PD_Vpd_Hpd_Wpd = mixed64(231, MSUB, MADD);

/** VFMSUBADD | VEX 66 0F 38 97, A7, B7 | even lanes add, odd ones subtract. */
export const VFMSUBADD132PS_Vps_Hps_Wps = mixed32(132, MADD, MSUB);
export const VFMSUBADD132PD_Vpd_Hpd_Wpd = mixed64(132, MADD, MSUB);
export const VFMSUBADD213PS_Vps_Hps_Wps = mixed32(213, MADD, MSUB);
export const VFMSUBADD213PD_Vpd_Hpd_Wpd = mixed64(213, MADD, MSUB);
export const VFMSUBADD231PS_Vps_Hps_Wps = mixed32(231, MADD, MSUB);
export const VFMSUBADD231PD_Vpd_Hpd_Wpd = mixed64(231, MADD, MSUB);
// biome-ignore-end format: a table.
