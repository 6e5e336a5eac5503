import { I32_EQZ } from '../wasm/opcodes.ts';
import * as simd from '../wasm/simd.ts';
import type { Emitter } from './emitter.ts';
import type { Emit } from './form.ts';
import { INEXACT, vectorTemp } from './locals.ts';
import {
  avx,
  avxNarrow,
  type LaneEmit,
  splat,
  sse,
  sseNarrow,
  type VectorEmitters,
} from './vector-operand.ts';

/*
 * Floating point by WebAssembly's own: it rounds to nearest and says nothing of exceptions. The result is that of
 * `cpu/execute` where rounding is to nearest and no exception but inexactness can arise, whose flag is either set already or
 * shown not to arise. Everything else (NaN, infinity, denormals, overflow, underflow) is left to the interpreter.
 *
 * Scalar operations are packed ones that look at the lowest lane alone.
 */

export type Kind = 'PS' | 'PD' | 'SS' | 'SD';

export function isDouble(kind: Kind): boolean {
  return kind[1] === 'D';
}

export function isScalar(kind: Kind): boolean {
  return kind[0] === 'S';
}

/** Vector instructions for singles, or their siblings for doubles. */
export class FloatLanes {
  readonly e: Emitter;
  readonly kind: Kind;

  constructor(e: Emitter, kind: Kind) {
    this.e = e;
    this.kind = kind;
  }

  get(local: number): this {
    this.e.code.get(local);
    return this;
  }

  keep(number: number): number {
    const local = vectorTemp(number);
    this.e.code.set(local);
    return local;
  }

  alu(op: number): this {
    this.e.code.simd(isDouble(this.kind) ? op + simd.DOUBLE_ALU : op);
    return this;
  }

  compare(op: number): this {
    this.e.code.simd(isDouble(this.kind) ? op + simd.DOUBLE_COMPARE : op);
    return this;
  }

  bits(op: number): this {
    this.e.code.simd(op);
    return this;
  }

  abs(local: number): this {
    return this.get(local).alu(simd.F32X4_ABS);
  }

  /** The least normal number. */
  least(): this {
    splat(this.e, ...(isDouble(this.kind) ? ([0, 0x00100000] as const) : ([0x00800000] as const)));
    return this;
  }

  infinity(): this {
    splat(this.e, ...(isDouble(this.kind) ? ([0, 0x7ff00000] as const) : ([0x7f800000] as const)));
    return this;
  }

  zero(): this {
    splat(this.e, 0);
    return this;
  }

  /** Pushes where the value is 0. */
  isZero(local: number): this {
    return this.get(local).zero().compare(simd.F32X4_EQ);
  }

  /** Takes a vector of masks from the stack and pushes whether any lane that counts is set. */
  any(): void {
    if (isScalar(this.kind)) splat4(this.e, isDouble(this.kind) ? [-1, -1, 0, 0] : [-1, 0, 0, 0]);
    if (isScalar(this.kind)) this.bits(simd.V128_AND);
    this.bits(simd.V128_ANY_TRUE);
  }

  /** Leaves for the interpreter where any lane that counts is set. */
  exitIfAny(): void {
    this.any();
    this.e.code.unlikelyIf();
    this.e.sideExit();
    this.e.code.end();
  }
}

function splat4(e: Emitter, words: readonly number[]): void {
  const bytes = words.flatMap((word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff));
  e.code.simd(simd.V128_CONST, bytes);
}

/** While MXCSR.PE is clear: leaves where `pushInexact` finds lanes that are, or may be, inexact. */
export function exitIfInexact(f: FloatLanes, pushInexact: () => void): void {
  const { code } = f.e;
  code.get(INEXACT);
  code.op(I32_EQZ);
  code.unlikelyIf();
  pushInexact();
  f.exitIfAny();
  code.end();
}

/** Pushes bits that are set where the product of a lane with one of its kind need not be exact: the lower half of its digits. */
export function lowDigits(f: FloatLanes, ...locals: readonly number[]): void {
  for (const [at, local] of locals.entries()) {
    f.get(local);
    if (at > 0) f.bits(simd.V128_OR);
  }
  splat(f.e, ...(isDouble(f.kind) ? ([0x07ffffff, 0] as const) : ([0xfff] as const)));
  f.bits(simd.V128_AND);
}

/**
 * Leaves where an operand is a denormal or a NaN, and where `pushGood` (a mask) says no. One look at all of it first, which
 * besides these only zeros do not pass.
 */
export function exitIfSpecial(f: FloatLanes, locals: readonly number[], pushGood?: () => void): void {
  const { code } = f.e;
  const gather = (push: (local: number) => void) => {
    for (const [at, local] of locals.entries()) {
      push(local);
      if (at > 0) f.bits(simd.V128_AND);
    }
    if (pushGood) {
      pushGood();
      f.bits(simd.V128_AND);
    }
    f.bits(simd.V128_NOT);
  };
  gather((local) => f.abs(local).least().compare(simd.F32X4_GE));
  f.any();
  code.unlikelyIf();
  gather((local) => {
    f.abs(local).least().compare(simd.F32X4_GE);
    f.isZero(local).bits(simd.V128_OR);
  });
  f.exitIfAny();
  code.end();
}

const LOW_DOUBLEWORD = [16, 17, 18, 19, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const LOW_QUADWORD = [16, 17, 18, 19, 20, 21, 22, 23, 8, 9, 10, 11, 12, 13, 14, 15];

/** Pushes the result: all of it, or its low lane and the rest of the first operand. */
export function finish(f: FloatLanes, first: number, result: number): void {
  if (isScalar(f.kind)) {
    f.get(first).get(result);
    f.e.code.simd(simd.I8X16_SHUFFLE, isDouble(f.kind) ? LOW_QUADWORD : LOW_DOUBLEWORD);
  } else f.get(result);
}

/** The kinds, each with the operation that an operation makes for it. */
export function eachKind(make: (kind: Kind) => LaneEmit, name: string, immediate = ''): VectorEmitters {
  const out: Record<string, Emit> = {};
  for (const kind of ['PS', 'PD', 'SS', 'SD'] as const) {
    const operation = make(kind);
    const bytes = isDouble(kind) ? 8 : 4;
    const k = kind.toLowerCase();
    const scalar = isScalar(kind);
    out[`${name}${kind}_V${k}_W${k}${immediate}`] = scalar ? sseNarrow(bytes, operation) : sse(operation);
    out[`V${name}${kind}_V${k}_H${k}_W${k}${immediate}`] = scalar
      ? avxNarrow(bytes, operation)
      : avxLow(operation);
  }
  return out;
}

/** 256 bits are the handler's: the lower half must not be written before the upper one is known. */
function avxLow(operation: LaneEmit): Emit {
  const low = avx(operation);
  return (e, insn) => {
    if (insn.vectorLength === 0) low(e, insn);
    else e.callHandler();
  };
}
