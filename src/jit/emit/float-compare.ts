import {
  F32_EQ,
  F32_LT,
  F64_EQ,
  F64_LT,
  I32_EQZ,
  I32_MUL,
  I32_OR,
  I32_SHL,
  I64_EXTEND_I32_U,
} from '../wasm/opcodes.ts';
import * as simd from '../wasm/simd.ts';
import { eachKind, exitIfSpecial, FloatLanes, finish, type Kind } from './float-operand.ts';
import type { Emit } from './form.ts';
import { FLAG_CARRY, FLAG_RESULT } from './locals.ts';
import {
  type LaneEmit,
  narrowSource,
  requireAvx,
  requireSse,
  splat,
  type VectorEmitters,
  xmm,
} from './vector-operand.ts';

const RESULT = 4;
/** Predicates 0 to 7 of numbers: the unordered ones are false or true. */
const PREDICATES = [
  simd.F32X4_EQ,
  simd.F32X4_LT,
  simd.F32X4_LE,
  0,
  simd.F32X4_NE,
  simd.F32X4_GE,
  simd.F32X4_GT,
  -1,
];

/** All ones where the predicate holds. VEX-encoded instructions have predicates beyond 7, which are the handler's. */
function mask(kind: Kind): LaneEmit {
  return (e, a, b, insn) => {
    const f = new FloatLanes(e, kind);
    const op = PREDICATES[insn.immediate & 7]!;
    exitIfSpecial(f, [a, b]);
    if (op <= 0) splat(e, op);
    else f.get(a).get(b).compare(op);
    finish(f, a, f.keep(RESULT));
  };
}

function withinLegacy(emit: Emit): Emit {
  return (e, insn) => {
    if ((insn.immediate & 31) < 8) emit(e, insn);
    else e.callHandler();
  };
}

const CONDITION_B = 2;
const CONDITION_Z = 4;
const CONDITION_BE = 6;
const CONDITION_LE = 14;

/** COMIS and UCOMIS: ZF and CF as of an unsigned comparison, the others clear. */
function flags(bytes: 4 | 8, vex: boolean): Emit {
  return (e, insn) => {
    const { code } = e;
    if (vex) requireAvx(e);
    else requireSse(e);
    const b = narrowSource(e, insn, bytes);
    const a = xmm(e, insn.reg);
    exitIfSpecial(new FloatLanes(e, bytes === 8 ? 'SD' : 'SS'), [a, b]);
    const compare = (op: number, number: number) => {
      for (const local of [a, b]) {
        code.get(local);
        code.simd(bytes === 8 ? simd.F64X2_EXTRACT_LANE : simd.F32X4_EXTRACT_LANE, [0]);
      }
      code.op(op);
      return e.keep(number, 32);
    };
    const isEqual = compare(bytes === 8 ? F64_EQ : F32_EQ, 0);
    const isLess = compare(bytes === 8 ? F64_LT : F32_LT, 1);
    e.flags.overwrite(
      () => {
        e.push(isEqual, 32);
        code.op(I32_EQZ);
        code.op(I64_EXTEND_I32_U);
        code.set(FLAG_RESULT);
        // CF with OF clear in bits 31 and 30. PF of the result 0 is to be 0.
        e.push(isLess, 32);
        code.i32(30);
        code.op(I32_SHL);
        code.i32(3);
        code.op(I32_MUL);
        e.push(isEqual, 32);
        code.i32(8);
        code.op(I32_SHL);
        code.op(I32_OR);
        code.set(FLAG_CARRY);
      },
      (condition) => {
        if (condition === CONDITION_B) e.push(isLess, 32);
        else if (condition === CONDITION_Z || condition === CONDITION_LE) e.push(isEqual, 32);
        else if (condition === CONDITION_BE) {
          e.push(isLess, 32);
          e.push(isEqual, 32);
          code.op(I32_OR);
        } else code.i32(0);
        return true;
      },
    );
  };
}

const MASKS = eachKind(mask, 'CMP', '_Ib');

export const FLOAT_COMPARE: VectorEmitters = {
  ...Object.fromEntries(Object.entries(MASKS).map(([name, emit]) => [name, withinLegacy(emit)])),
  ...Object.fromEntries(
    ['UCOMIS', 'COMIS'].flatMap((name) => [
      [`${name}S_Vss_Wss`, flags(4, false)],
      [`${name}D_Vsd_Wsd`, flags(8, false)],
      [`V${name}S_Vss_Wss`, flags(4, true)],
      [`V${name}D_Vsd_Wsd`, flags(8, true)],
    ]),
  ),
};
