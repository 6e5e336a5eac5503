import {
  F32_ABS,
  F32_CONVERT_I32_S,
  F32_CONVERT_I64_S,
  F32_LT,
  F32_NE,
  F32_NEAREST,
  F64_ABS,
  F64_CONVERT_I32_S,
  F64_CONVERT_I64_S,
  F64_LT,
  F64_NE,
  F64_NEAREST,
  I32_EQZ,
  I32_TRUNC_F32_S,
  I32_TRUNC_F64_S,
  I64_ADD,
  I64_EXTEND_I32_S,
  I64_GT_U,
  I64_TRUNC_F32_S,
  I64_TRUNC_F64_S,
} from '../wasm/opcodes.ts';
import * as simd from '../wasm/simd.ts';
import type { Emitter } from './emitter.ts';
import type { Emit } from './form.ts';
import { INEXACT } from './locals.ts';
import {
  clearUpper,
  narrowSource,
  requireAvx,
  requirePlainRounding,
  requireSse,
  setXmm,
  type VectorEmitters,
  xmm,
} from './vector-operand.ts';

type Size = 32 | 64;

/** While MXCSR.PE is clear: leaves where `pushInexact` pushes 1. */
function exitIfInexact(e: Emitter, pushInexact: () => void): void {
  const { code } = e;
  code.get(INEXACT);
  code.op(I32_EQZ);
  code.unlikelyIf();
  pushInexact();
  code.unlikelyIf();
  e.sideExit();
  code.end();
  code.end();
}

/** CVTSI2SS CVTSI2SD: exact while the number has no more bits than the significand. */
function fromInteger(bytes: 4 | 8, size: Size, vex: boolean): Emit {
  return (e, insn) => {
    const { code } = e;
    if (vex) requireAvx(e);
    else requireSse(e);
    e.loadE(insn, size);
    const value = e.keep(3, size);
    const isExact = bytes === 8 && size === 32;
    if (!isExact) {
      requirePlainRounding(e);
      exitIfInexact(e, () => {
        const half: readonly [lo: number, hi: number] = bytes === 8 ? [0, 1 << 21] : [1 << 24, 0];
        e.push(value, size);
        if (size === 32) code.op(I64_EXTEND_I32_S);
        code.i64(...half);
        code.op(I64_ADD);
        code.i64(half[0] * 2, half[1] * 2);
        code.op(I64_GT_U);
      });
    }
    code.get(xmm(e, vex ? insn.vvvv : insn.reg));
    e.push(value, size);
    if (bytes === 8) {
      code.op(size === 64 ? F64_CONVERT_I64_S : F64_CONVERT_I32_S);
      code.simd(simd.F64X2_REPLACE_LANE, [0]);
    } else {
      code.op(size === 64 ? F32_CONVERT_I64_S : F32_CONVERT_I32_S);
      code.simd(simd.F32X4_REPLACE_LANE, [0]);
    }
    setXmm(e, insn.reg);
    if (vex) clearUpper(e, insn.reg);
  };
}

/** CVTSS2SI CVTSD2SI and the truncating ones, of numbers that fit. */
function toInteger(bytes: 4 | 8, size: Size, truncates: boolean, vex: boolean): Emit {
  const isDouble = bytes === 8;
  return (e, insn) => {
    const { code } = e;
    if (vex) requireAvx(e);
    else requireSse(e);
    const source = narrowSource(e, insn, bytes);
    requirePlainRounding(e);
    const push = () => {
      code.get(source);
      code.simd(isDouble ? simd.F64X2_EXTRACT_LANE : simd.F32X4_EXTRACT_LANE, [0]);
    };
    const pushRounded = () => {
      push();
      if (!truncates) code.op(isDouble ? F64_NEAREST : F32_NEAREST);
    };
    // A NaN is not below the limit either.
    pushRounded();
    code.op(isDouble ? F64_ABS : F32_ABS);
    if (isDouble) code.f64(size === 64 ? 0x43e00000 : 0x41e00000);
    else code.f32(size === 64 ? 0x5f000000 : 0x4f000000);
    code.op(isDouble ? F64_LT : F32_LT);
    code.op(I32_EQZ);
    code.unlikelyIf();
    e.sideExit();
    code.end();
    pushRounded();
    if (size === 64) code.op(isDouble ? I64_TRUNC_F64_S : I64_TRUNC_F32_S);
    else code.op(isDouble ? I32_TRUNC_F64_S : I32_TRUNC_F32_S);
    const result = e.keep(3, size);
    exitIfInexact(e, () => {
      e.push(result, size);
      if (isDouble) code.op(size === 64 ? F64_CONVERT_I64_S : F64_CONVERT_I32_S);
      else code.op(size === 64 ? F32_CONVERT_I64_S : F32_CONVERT_I32_S);
      push();
      code.op(isDouble ? F64_NE : F32_NE);
    });
    e.push(result, size);
    e.setRegister(insn.reg, size);
  };
}

export const FLOAT_CONVERT_INTEGER: VectorEmitters = Object.fromEntries(
  ([4, 8] as const).flatMap((bytes) => {
    const s = bytes === 8 ? 'SD' : 'SS';
    const k = s.toLowerCase();
    return ([32, 64] as const).flatMap((size) => {
      const q = size === 64 ? 'q' : 'd';
      return [
        [`CVTSI2${s}_V${k}_E${q}`, fromInteger(bytes, size, false)],
        [`VCVTSI2${s}_V${k}_H${k}_E${q}`, fromInteger(bytes, size, true)],
        ...[false, true].flatMap((truncates) =>
          ['', 'V'].map((v) => [
            `${v}CVT${truncates ? 'T' : ''}${s}2SI_G${q}_W${k}`,
            toInteger(bytes, size, truncates, v === 'V'),
          ]),
        ),
      ];
    });
  }),
);
