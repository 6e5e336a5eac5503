import * as simd from '../wasm/simd.ts';
import type { Emit } from './form.ts';
import { proveE } from './form.ts';
import { HOST } from './locals.ts';
import { requireSse, setXmm, splat, type VectorEmitters, xmm } from './vector-operand.ts';

/** MOVD and MOVQ to a vector register, whose rest is cleared. */
function fromGeneral(size: 32 | 64): Emit {
  return (e, insn) => {
    requireSse(e);
    splat(e, 0);
    e.loadE(insn, size);
    e.code.simd(size === 64 ? simd.I64X2_REPLACE_LANE : simd.I32X4_REPLACE_LANE, [0]);
    setXmm(e, insn.reg);
  };
}

/** MOVD MOVQ PEXTRD PEXTRQ EXTRACTPS: a lane to a general register or memory. */
function toGeneral(size: 32 | 64, lanes: 1 | 2 | 4): Emit {
  return (e, insn) => {
    requireSse(e);
    const lane = insn.immediate & (lanes - 1);
    const value = xmm(e, insn.reg);
    proveE(e, insn, size);
    if (insn.isMemory) e.code.get(HOST);
    e.code.get(value);
    e.code.simd(size === 64 ? simd.I64X2_EXTRACT_LANE : simd.I32X4_EXTRACT_LANE, [lane]);
    if (insn.isMemory) e.storeOp(size);
    else e.setRegister(insn.rm, size);
  };
}

/** PINSRB PINSRW PINSRD PINSRQ: `size` bits of the operand, whose register is a doubleword at least. */
function insert(op: number, size: 8 | 16 | 32 | 64, lanes: number): Emit {
  return (e, insn) => {
    requireSse(e);
    if (insn.isMemory) e.loadE(insn, size);
    else e.getRegister(insn.rm, size === 64 ? 64 : 32);
    const value = e.keep(3, size === 64 ? 64 : 32);
    e.code.get(xmm(e, insn.reg));
    e.push(value, size === 64 ? 64 : 32);
    e.code.simd(op, [insn.immediate & (lanes - 1)]);
    setXmm(e, insn.reg);
  };
}

/** PEXTRW r, xmm, imm8: the register is ModRM.reg. */
const extractWord: Emit = (e, insn) => {
  requireSse(e);
  e.code.get(xmm(e, insn.rm));
  e.code.simd(simd.I16X8_EXTRACT_LANE_U, [insn.immediate & 7]);
  e.setRegister(insn.reg, 32);
};

/** PMOVMSKB MOVMSKPS MOVMSKPD: the signs of the lanes. */
function signs(op: number): Emit {
  return (e, insn) => {
    requireSse(e);
    e.code.get(xmm(e, insn.rm));
    e.code.simd(op);
    e.setRegister(insn.reg, 32);
  };
}

export const VECTOR_INSERT: VectorEmitters = {
  MOVD_Vd_Ed: fromGeneral(32),
  MOVQ_Vq_Eq: fromGeneral(64),
  MOVD_Ed_Vd: toGeneral(32, 1),
  MOVQ_Eq_Vq: toGeneral(64, 1),
  PEXTRD_Ed_Vx_Ib: toGeneral(32, 4),
  PEXTRQ_Eq_Vx_Ib: toGeneral(64, 2),
  PINSRB_Vx_Mb_Ib: insert(simd.I8X16_REPLACE_LANE, 8, 16),
  PINSRB_Vx_Rd_Ib: insert(simd.I8X16_REPLACE_LANE, 8, 16),
  PINSRW_Vx_Mw_Ib: insert(simd.I16X8_REPLACE_LANE, 16, 8),
  PINSRW_Vx_Rd_Ib: insert(simd.I16X8_REPLACE_LANE, 16, 8),
  PINSRD_Vx_Ed_Ib: insert(simd.I32X4_REPLACE_LANE, 32, 4),
  PINSRQ_Vx_Eq_Ib: insert(simd.I64X2_REPLACE_LANE, 64, 2),
  PEXTRW_Gd_Ux_Ib: extractWord,
  PMOVMSKB_Gd_Ux: signs(simd.I8X16_BITMASK),
  MOVMSKPS_Gd_Ups: signs(simd.I32X4_BITMASK),
  MOVMSKPD_Gd_Upd: signs(simd.I64X2_BITMASK),
};
