import { I32_WRAP_I64, I64_LT_U, SELECT } from '../wasm/opcodes.ts';
import * as simd from '../wasm/simd.ts';
import type { Emit } from './form.ts';
import { vectorTemp } from './locals.ts';
import {
  clearUpper,
  type LaneEmit,
  pushUpper,
  requireAvx,
  requireSse,
  setUpper,
  setXmm,
  splat,
  sse,
  type VectorEmitters,
  xmm,
} from './vector-operand.ts';

interface Shift {
  readonly op: number;
  readonly bits: number;
  /** A count as wide as the lane or wider gives the sign everywhere, else 0. */
  readonly isSigned: boolean;
}

const SHIFTS: Readonly<Record<string, Shift>> = {
  PSLLW: { op: simd.I16X8_SHL, bits: 16, isSigned: false },
  PSLLD: { op: simd.I32X4_SHL, bits: 32, isSigned: false },
  PSLLQ: { op: simd.I64X2_SHL, bits: 64, isSigned: false },
  PSRLW: { op: simd.I16X8_SHR_U, bits: 16, isSigned: false },
  PSRLD: { op: simd.I32X4_SHR_U, bits: 32, isSigned: false },
  PSRLQ: { op: simd.I64X2_SHR_U, bits: 64, isSigned: false },
  PSRAW: { op: simd.I16X8_SHR_S, bits: 16, isSigned: true },
  PSRAD: { op: simd.I32X4_SHR_S, bits: 32, isSigned: true },
};

/** By the low quadword of the second operand. */
function byRegister({ op, bits, isSigned }: Shift): LaneEmit {
  return (e, a, b) => {
    const { code } = e;
    const count = e.temp(3, 64);
    code.get(b);
    code.simd(simd.I64X2_EXTRACT_LANE, [0]);
    code.set(count);
    const pushFits = () => {
      code.get(count);
      code.i64(bits);
      code.op(I64_LT_U);
    };
    code.get(a);
    if (isSigned) {
      code.get(count);
      code.i64(bits - 1);
      pushFits();
      code.op(SELECT);
      code.op(I32_WRAP_I64);
      code.simd(op);
      return;
    }
    code.get(count);
    code.op(I32_WRAP_I64);
    code.simd(op);
    splat(e, 0);
    pushFits();
    code.op(SELECT);
  };
}

function byImmediate({ op, bits, isSigned }: Shift): LaneEmit {
  return (e, a, _b, insn) => {
    const count = insn.immediate & 0xff;
    if (count >= bits && !isSigned) {
      splat(e, 0);
      return;
    }
    e.code.get(a);
    e.code.i32(Math.min(count, bits - 1));
    e.code.simd(op);
  };
}

/** PSLLDQ PSRLDQ: by bytes. */
function byBytes(left: boolean): LaneEmit {
  return (e, a, _b, insn) => {
    const count = Math.min(insn.immediate & 0xff, 16);
    e.code.get(a);
    splat(e, 0);
    const from = (n: number) => (left ? n - count : n + count);
    e.code.simd(
      simd.I8X16_SHUFFLE,
      Array.from({ length: 16 }, (_, n) => (from(n) >= 0 && from(n) < 16 ? from(n) : 16)),
    );
  };
}

/** `OP xmm1, imm8`: ModRM.rm is destination and source. */
function sseByImmediate(operation: LaneEmit): Emit {
  return (e, insn) => {
    requireSse(e);
    const a = xmm(e, insn.rm);
    operation(e, a, a, insn);
    setXmm(e, insn.rm);
  };
}

/** `VOP ymm1, ymm2, imm8`: the destination is in VEX.vvvv. */
function avxByImmediate(operation: LaneEmit): Emit {
  return (e, insn) => {
    requireAvx(e);
    const a = xmm(e, insn.rm);
    operation(e, a, a, insn);
    setXmm(e, insn.vvvv);
    if (insn.vectorLength === 0) {
      clearUpper(e, insn.vvvv);
      return;
    }
    const upper = vectorTemp(1);
    pushUpper(e, insn.rm);
    e.code.set(upper);
    setUpper(e, insn.vvvv, () => operation(e, upper, upper, insn));
  };
}

const BY_IMMEDIATE: Readonly<Record<string, LaneEmit>> = {
  ...Object.fromEntries(Object.entries(SHIFTS).map(([name, shift]) => [name, byImmediate(shift)])),
  PSLLDQ: byBytes(true),
  PSRLDQ: byBytes(false),
};

export const VECTOR_SHIFT: VectorEmitters = Object.fromEntries([
  ...Object.entries(SHIFTS).map(([name, shift]) => [`${name}_Vx_Wx`, sse(byRegister(shift))]),
  ...Object.entries(BY_IMMEDIATE).flatMap(([name, operation]) => [
    [`${name}_Ux_Ib`, sseByImmediate(operation)],
    [`V${name}_Hx_Ux_Ib`, avxByImmediate(operation)],
  ]),
]);
