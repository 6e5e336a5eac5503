import type { FloatEnv } from '../../float/env.ts';
import type { Lanes } from '../../float/lanes.ts';
import {
  doubleToInteger32,
  doubleToInteger64,
  integer32ToDouble,
  integer64ToDouble,
  integerToSingle,
  singleToInteger32,
  singleToInteger64,
} from '../../float/sse-convert.ts';
import type { Handler } from './core.ts';
import { commitScalar, commitScalarAvx, openFloat, RESULT, settle } from './float-operand.ts';
import { checkPendingX87 } from './fx-state.ts';
import { loadEd, loadEq } from './operand.ts';
import {
  alignedSource,
  enterMmx,
  mmxSource,
  requireAvx,
  requireSse,
  SLOT_RESULT,
  scalarSource,
  writeMmx,
} from './vector-operand.ts';

/* Conversions between floating-point lanes and integers of general or MMX registers. */

type FromInteger = (lo: number, hi: number, lanes: Lanes, out: number, env: FloatEnv) => void;
type ToInteger = (lanes: Lanes, a: number, truncate: boolean, out: number, env: FloatEnv) => void;

// General registers.

/** `OP xmm1, r/m32` or `r/m64`: `bytes` are the result's. */
function fromGeneral(bits: 32 | 64, bytes: 4 | 8, operation: FromInteger): Handler {
  return (core, insn) => {
    requireSse(core);
    const lo = bits === 32 ? loadEd(core, insn) : loadEq(core, insn);
    const env = openFloat(core);
    operation(lo, bits === 32 ? lo >> 31 : core.high, core.lanes, RESULT, env);
    settle(core, env);
    commitScalar(core, insn, bytes);
  };
}

/** `VOP xmm1, xmm2, r/m32` or `r/m64`. */
function fromGeneralAvx(bits: 32 | 64, bytes: 4 | 8, operation: FromInteger): Handler {
  return (core, insn) => {
    requireAvx(core);
    const lo = bits === 32 ? loadEd(core, insn) : loadEq(core, insn);
    const env = openFloat(core);
    operation(lo, bits === 32 ? lo >> 31 : core.high, core.lanes, RESULT, env);
    settle(core, env);
    commitScalarAvx(core, insn, bytes);
  };
}

/** `OP r32, xmm1/m` or `OP r64, xmm1/m`: `bytes` are the source's. A 32-bit result is zero-extended. */
function toGeneral(
  vex: boolean,
  bits: 32 | 64,
  bytes: 4 | 8,
  operation: ToInteger,
  truncate: boolean,
): Handler {
  return (core, insn) => {
    if (vex) requireAvx(core);
    else requireSse(core);
    const b = scalarSource(core, insn, bytes);
    const env = openFloat(core);
    operation(core.lanes, b * 8, truncate, RESULT, env);
    settle(core, env);
    const { words } = core.lanes;
    core.gpr32[insn.reg * 2] = words[RESULT]!;
    core.gpr32[insn.reg * 2 + 1] = bits === 64 ? words[RESULT + 1]! : 0;
  };
}

const exactDouble: FromInteger = (lo, _hi, lanes, out) => integer32ToDouble(lo, lanes, out);

/** CVTSI2SS xmm1, r/m32 or r/m64 | F3 0F 2A | (SDM Vol. 2A, "CVTSI2SS—Convert Doubleword Integer to Scalar Single"). */
export const CVTSI2SS_Vss_Ed = fromGeneral(32, 4, integerToSingle);
export const CVTSI2SS_Vss_Eq = fromGeneral(64, 4, integerToSingle);
export const VCVTSI2SS_Vss_Hss_Ed = fromGeneralAvx(32, 4, integerToSingle);
export const VCVTSI2SS_Vss_Hss_Eq = fromGeneralAvx(64, 4, integerToSingle);

/** CVTSI2SD xmm1, r/m32 or r/m64 | F2 0F 2A | (SDM Vol. 2A, "CVTSI2SD—Convert Doubleword Integer to Scalar Double"). */
export const CVTSI2SD_Vsd_Ed = fromGeneral(32, 8, exactDouble);
export const CVTSI2SD_Vsd_Eq = fromGeneral(64, 8, integer64ToDouble);
export const VCVTSI2SD_Vsd_Hsd_Ed = fromGeneralAvx(32, 8, exactDouble);
export const VCVTSI2SD_Vsd_Hsd_Eq = fromGeneralAvx(64, 8, integer64ToDouble);

/** CVTSS2SI r32 or r64, xmm1/m32 | F3 0F 2D | (SDM Vol. 2A, "CVTSS2SI—Convert Scalar Single ... to Doubleword Integer"). */
export const CVTSS2SI_Gd_Wss = toGeneral(false, 32, 4, singleToInteger32, false);
export const CVTSS2SI_Gq_Wss = toGeneral(false, 64, 4, singleToInteger64, false);
export const VCVTSS2SI_Gd_Wss = toGeneral(true, 32, 4, singleToInteger32, false);
export const VCVTSS2SI_Gq_Wss = toGeneral(true, 64, 4, singleToInteger64, false);

/** CVTTSS2SI r32 or r64, xmm1/m32 | F3 0F 2C | (SDM Vol. 2A, "CVTTSS2SI—Convert With Truncation Scalar Single ..."). */
export const CVTTSS2SI_Gd_Wss = toGeneral(false, 32, 4, singleToInteger32, true);
export const CVTTSS2SI_Gq_Wss = toGeneral(false, 64, 4, singleToInteger64, true);
export const VCVTTSS2SI_Gd_Wss = toGeneral(true, 32, 4, singleToInteger32, true);
export const VCVTTSS2SI_Gq_Wss = toGeneral(true, 64, 4, singleToInteger64, true);

/** CVTSD2SI r32 or r64, xmm1/m64 | F2 0F 2D | (SDM Vol. 2A, "CVTSD2SI—Convert Scalar Double ... to Doubleword Integer"). */
export const CVTSD2SI_Gd_Wsd = toGeneral(false, 32, 8, doubleToInteger32, false);
export const CVTSD2SI_Gq_Wsd = toGeneral(false, 64, 8, doubleToInteger64, false);
export const VCVTSD2SI_Gd_Wsd = toGeneral(true, 32, 8, doubleToInteger32, false);
export const VCVTSD2SI_Gq_Wsd = toGeneral(true, 64, 8, doubleToInteger64, false);

/** CVTTSD2SI r32 or r64, xmm1/m64 | F2 0F 2C | (SDM Vol. 2A, "CVTTSD2SI—Convert With Truncation Scalar Double ..."). */
export const CVTTSD2SI_Gd_Wsd = toGeneral(false, 32, 8, doubleToInteger32, true);
export const CVTTSD2SI_Gq_Wsd = toGeneral(false, 64, 8, doubleToInteger64, true);
export const VCVTTSD2SI_Gd_Wsd = toGeneral(true, 32, 8, doubleToInteger32, true);
export const VCVTTSD2SI_Gq_Wsd = toGeneral(true, 64, 8, doubleToInteger64, true);

// MMX registers. The x87 state changes even when an unmasked exception keeps the result back (measured on Zen 3).

/**
 * CVTPI2PS xmm, mm/m64 | NP 0F 2A | (SDM Vol. 2A, "CVTPI2PS—Convert Packed Dword Integers to Packed Single"). With a memory
 * operand AMD's processors leave the x87 alone (measured on Zen 3), where the manual knows no such exception.
 */
export const CVTPI2PS_Vps_Qq: Handler = (core, insn) => {
  requireSse(core);
  const isMmx = !insn.isMemory || core.model.vendor !== 'amd';
  if (isMmx) checkPendingX87(core);
  const b = mmxSource(core, insn) * 8;
  const env = openFloat(core);
  const { words } = core.lanes;
  integerToSingle(words[b]!, words[b]! >> 31, core.lanes, RESULT, env);
  integerToSingle(words[b + 1]!, words[b + 1]! >> 31, core.lanes, RESULT + 1, env);
  if (isMmx) enterMmx(core);
  settle(core, env);
  commitScalar(core, insn, 8);
};

/**
 * CVTPI2PD xmm, mm/m64 | 66 0F 2A | (SDM Vol. 2A, "CVTPI2PD—Convert Packed Dword Integers to Packed Double"). Exact. With a
 * memory operand it leaves the x87 alone.
 */
export const CVTPI2PD_Vpd_Qq: Handler = (core, insn) => {
  requireSse(core);
  if (!insn.isMemory) checkPendingX87(core);
  const b = mmxSource(core, insn) * 8;
  if (!insn.isMemory) enterMmx(core);
  const { words } = core.lanes;
  integer32ToDouble(words[b]!, core.lanes, insn.reg * 8);
  integer32ToDouble(words[b + 1]!, core.lanes, insn.reg * 8 + 2);
};

/** Two singles of an XMM register or of 8 bytes of memory, to an MMX register. */
function singlesToMmx(truncate: boolean): Handler {
  return (core, insn) => {
    requireSse(core);
    checkPendingX87(core);
    const b = scalarSource(core, insn, 8) * 8;
    const env = openFloat(core);
    singleToInteger32(core.lanes, b, truncate, RESULT, env);
    singleToInteger32(core.lanes, b + 1, truncate, RESULT + 1, env);
    enterMmx(core);
    settle(core, env);
    writeMmx(core, insn.reg, SLOT_RESULT);
  };
}

/** Two doubles of an XMM register or of 16 aligned bytes of memory, to an MMX register. */
function doublesToMmx(truncate: boolean): Handler {
  return (core, insn) => {
    requireSse(core);
    checkPendingX87(core);
    const b = alignedSource(core, insn) * 8;
    const env = openFloat(core);
    doubleToInteger32(core.lanes, b, truncate, RESULT, env);
    doubleToInteger32(core.lanes, b + 2, truncate, RESULT + 1, env);
    enterMmx(core);
    settle(core, env);
    writeMmx(core, insn.reg, SLOT_RESULT);
  };
}

/** CVTPS2PI mm, xmm/m64 | NP 0F 2D | (SDM Vol. 2A, "CVTPS2PI—Convert Packed Single ... to Packed Dword Integers"). */
export const CVTPS2PI_Pq_Wq = singlesToMmx(false);
/** CVTTPS2PI mm, xmm/m64 | NP 0F 2C |. */
export const CVTTPS2PI_Pq_Wq = singlesToMmx(true);
/** CVTPD2PI mm, xmm/m128 | 66 0F 2D | (SDM Vol. 2A, "CVTPD2PI—Convert Packed Double ... to Packed Dword Integers"). */
export const CVTPD2PI_Pq_Wpd = doublesToMmx(false);
/** CVTTPD2PI mm, xmm/m128 | 66 0F 2C |. */
export const CVTTPD2PI_Pq_Wpd = doublesToMmx(true);
