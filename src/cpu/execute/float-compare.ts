import { compare32 } from '../../float/float32.ts';
import { compare64 } from '../../float/float64.ts';
import { holds, isSignaling, relationFlags } from '../../float/predicates.ts';
import type { Handler } from './core.ts';
import {
  avxPacked,
  avxScalar,
  doubles,
  type LaneOperation,
  openFloat,
  settle,
  singles,
  ssePacked,
  sseScalar,
} from './float-operand.ts';
import { requireAvx, requireSse, scalarSource } from './vector-operand.ts';

/* Comparisons of floating-point lanes, to masks and to flags. */

/** All ones where the predicate holds. Legacy instructions have 8 predicates, VEX-encoded ones 32. */
function mask32(predicates: number): LaneOperation {
  return (lanes, a, b, out, env, immediate) => {
    const predicate = immediate & (predicates - 1);
    const relation = compare32(lanes, a, b, isSignaling(predicate), env);
    lanes.words[out] = holds(predicate, relation) ? -1 : 0;
  };
}

function mask64(predicates: number): LaneOperation {
  return (lanes, a, b, out, env, immediate) => {
    const predicate = immediate & (predicates - 1);
    const mask = holds(predicate, compare64(lanes, a, b, isSignaling(predicate), env)) ? -1 : 0;
    lanes.words[out] = mask;
    lanes.words[out + 1] = mask;
  };
}

/** CMPPS | NP 0F C2 ib | (SDM Vol. 2A, "CMPPS—Compare Packed Single Precision Floating-Point Values"). */
export const CMPPS_Vps_Wps_Ib = ssePacked(singles(mask32(8)));
export const VCMPPS_Vps_Hps_Wps_Ib = avxPacked(singles(mask32(32)));

/** CMPPD | 66 0F C2 ib | (SDM Vol. 2A, "CMPPD—Compare Packed Double Precision Floating-Point Values"). */
export const CMPPD_Vpd_Wpd_Ib = ssePacked(doubles(mask64(8)));
export const VCMPPD_Vpd_Hpd_Wpd_Ib = avxPacked(doubles(mask64(32)));

/** CMPSS | F3 0F C2 ib | (SDM Vol. 2A, "CMPSS—Compare Scalar Single Precision Floating-Point Value"). */
export const CMPSS_Vss_Wss_Ib = sseScalar(4, mask32(8));
export const VCMPSS_Vss_Hss_Wss_Ib = avxScalar(4, mask32(32));

/** CMPSD | F2 0F C2 ib | (SDM Vol. 2A, "CMPSD—Compare Scalar Double Precision Floating-Point Value"). */
export const CMPSD_Vsd_Wsd_Ib = sseScalar(8, mask64(8));
export const VCMPSD_Vsd_Hsd_Wsd_Ib = avxScalar(8, mask64(32));

/** Writes ZF PF CF, clears OF SF AF; not when an unmasked exception stops it. `vex`: no vector is written, so none is cleared. */
function flags32(vex: boolean, signaling: boolean): Handler {
  return (core, insn) => {
    if (vex) requireAvx(core);
    else requireSse(core);
    const b = scalarSource(core, insn, 4);
    const env = openFloat(core);
    const relation = compare32(core.lanes, insn.reg * 8, b * 8, signaling, env);
    settle(core, env);
    core.flags.setStatus(relationFlags(relation));
  };
}

function flags64(vex: boolean, signaling: boolean): Handler {
  return (core, insn) => {
    if (vex) requireAvx(core);
    else requireSse(core);
    const b = scalarSource(core, insn, 8);
    const env = openFloat(core);
    const relation = compare64(core.lanes, insn.reg * 8, b * 8, signaling, env);
    settle(core, env);
    core.flags.setStatus(relationFlags(relation));
  };
}

/** UCOMISS | NP 0F 2E | (SDM Vol. 2B, "UCOMISS—Unordered Compare Scalar Single Precision Floating-Point Values"). */
export const UCOMISS_Vss_Wss = flags32(false, false);
export const VUCOMISS_Vss_Wss = flags32(true, false);

/** UCOMISD | 66 0F 2E | (SDM Vol. 2B, "UCOMISD—Unordered Compare Scalar Double Precision Floating-Point Values"). */
export const UCOMISD_Vsd_Wsd = flags64(false, false);
export const VUCOMISD_Vsd_Wsd = flags64(true, false);

/** COMISS | NP 0F 2F | (SDM Vol. 2A, "COMISS—Compare Scalar Ordered Single Precision Floating-Point Values"). */
export const COMISS_Vss_Wss = flags32(false, true);
export const VCOMISS_Vss_Wss = flags32(true, true);

/** COMISD | 66 0F 2F | (SDM Vol. 2A, "COMISD—Compare Scalar Ordered Double Precision Floating-Point Values"). */
export const COMISD_Vsd_Wsd = flags64(false, true);
export const VCOMISD_Vsd_Wsd = flags64(true, true);
