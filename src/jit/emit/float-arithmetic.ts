import * as simd from '../wasm/simd.ts';
import {
  eachKind,
  exitIfInexact,
  exitIfSpecial,
  FloatLanes,
  finish,
  type Kind,
  lowDigits,
} from './float-operand.ts';
import { type LaneEmit, requirePlainRounding, type VectorEmitters } from './vector-operand.ts';

/* Sums, differences, products, quotients, roots and extremes: see `float-operand.ts` for what is done here at all. */

const RESULT = 4;

/** Pushes where the result is neither infinite nor no number. */
function isBounded(f: FloatLanes, result: number): void {
  f.abs(result).infinity().compare(simd.F32X4_LT);
}

/** An exact sum gives each operand back when the other one is taken away. */
function sum(kind: Kind, op: number): LaneEmit {
  return (e, a, b) => {
    requirePlainRounding(e);
    const f = new FloatLanes(e, kind);
    const result = f.get(a).get(b).alu(op).keep(RESULT);
    exitIfSpecial(f, [a, b], () => isBounded(f, result));
    exitIfInexact(f, () => {
      if (op === simd.F32X4_ADD) {
        f.get(result).get(a).alu(simd.F32X4_SUB).get(b).compare(simd.F32X4_NE);
        f.get(result).get(b).alu(simd.F32X4_SUB).get(a).compare(simd.F32X4_NE);
      } else {
        f.get(a).get(result).alu(simd.F32X4_SUB).get(b).compare(simd.F32X4_NE);
        f.get(result).get(b).alu(simd.F32X4_ADD).get(a).compare(simd.F32X4_NE);
      }
      f.bits(simd.V128_OR);
    });
    finish(f, a, result);
  };
}

/**
 * Pushes where the result is in range, or 0 because an operand is. The least normal number may be what a smaller one was
 * rounded to.
 */
function isInRange(f: FloatLanes, result: number, pushZero: () => void): void {
  f.abs(result).least().compare(simd.F32X4_GT);
  f.isZero(result);
  pushZero();
  f.bits(simd.V128_AND).bits(simd.V128_OR);
  f.abs(result).infinity().compare(simd.F32X4_LT).bits(simd.V128_AND);
}

function product(kind: Kind): LaneEmit {
  return (e, a, b) => {
    requirePlainRounding(e);
    const f = new FloatLanes(e, kind);
    const result = f.get(a).get(b).alu(simd.F32X4_MUL).keep(RESULT);
    exitIfSpecial(f, [a, b], () => isInRange(f, result, () => f.isZero(a).isZero(b).bits(simd.V128_OR)));
    // Factors of half the digits have an exact product.
    exitIfInexact(f, () => lowDigits(f, a, b));
    finish(f, a, result);
  };
}

function quotient(kind: Kind): LaneEmit {
  return (e, a, b) => {
    requirePlainRounding(e);
    const f = new FloatLanes(e, kind);
    const result = f.get(a).get(b).alu(simd.F32X4_DIV).keep(RESULT);
    exitIfSpecial(f, [a, b], () => isInRange(f, result, () => f.isZero(a)));
    exitIfInexact(f, () => {
      lowDigits(f, result, b);
      f.get(result).get(b).alu(simd.F32X4_MUL).get(a).compare(simd.F32X4_NE).bits(simd.V128_OR);
    });
    finish(f, a, result);
  };
}

/** Operations with one source take the second operand. */
function root(kind: Kind): LaneEmit {
  return (e, a, b) => {
    requirePlainRounding(e);
    const f = new FloatLanes(e, kind);
    const result = f.get(b).alu(simd.F32X4_SQRT).keep(RESULT);
    exitIfSpecial(f, [b], () => isBounded(f, result));
    exitIfInexact(f, () => {
      lowDigits(f, result);
      f.get(result).get(result).alu(simd.F32X4_MUL).get(b).compare(simd.F32X4_NE).bits(simd.V128_OR);
    });
    finish(f, a, result);
  };
}

/** The second operand unless the first is strictly less (greater), which is how WebAssembly has it with the two exchanged. */
function extreme(kind: Kind, op: number): LaneEmit {
  return (e, a, b) => {
    const f = new FloatLanes(e, kind);
    exitIfSpecial(f, [a, b]);
    const result = f.get(b).get(a).alu(op).keep(RESULT);
    finish(f, a, result);
  };
}

const ROOTS = eachKind(root, 'SQRT');

export const FLOAT_ARITHMETIC: VectorEmitters = {
  ...eachKind((kind) => sum(kind, simd.F32X4_ADD), 'ADD'),
  ...eachKind((kind) => sum(kind, simd.F32X4_SUB), 'SUB'),
  ...eachKind(product, 'MUL'),
  ...eachKind(quotient, 'DIV'),
  ...eachKind((kind) => extreme(kind, simd.F32X4_PMIN), 'MIN'),
  ...eachKind((kind) => extreme(kind, simd.F32X4_PMAX), 'MAX'),
  ...ROOTS,
  // The packed VEX-encoded roots have two operands.
  VSQRTPS_Vps_Wps: ROOTS.VSQRTPS_Vps_Hps_Wps!,
  VSQRTPD_Vpd_Wpd: ROOTS.VSQRTPD_Vpd_Hpd_Wpd!,
};
