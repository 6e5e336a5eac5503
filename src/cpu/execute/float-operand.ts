import type { FloatEnv } from '../../float/env.ts';
import type { Lanes } from '../../float/lanes.ts';
import { CR4_OSXMMEXCPT } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { VECTOR_XM } from '../../isa/vectors.ts';
import { STATE_CR4, STATE_MXCSR } from '../../state/layout.ts';
import type { Core, Handler } from './core.ts';
import {
  alignedSource,
  clearUpper,
  copySlot,
  requireAvx,
  requireSse,
  SLOT_RESULT,
  scalarSource,
  source,
} from './vector-operand.ts';

/**
 * Floating-point instructions of SSE, AVX and FMA. An operation names lanes by word index, computes into the result slot and
 * notes its exceptions in `core.mxcsr`; `settle` makes them sticky, or raises them, and only then the destination is written.
 */

/** One lane: `out` = operation(`a`, `b`). Operations with one source take `b`. */
export type LaneOperation = (
  lanes: Lanes,
  a: number,
  b: number,
  out: number,
  env: FloatEnv,
  immediate: number,
) => void;

/** A whole vector of `bytes`, 16 or 32, given by first words; all of `out` is written. */
export type PackedOperation = (
  lanes: Lanes,
  a: number,
  b: number,
  out: number,
  env: FloatEnv,
  immediate: number,
  bytes: number,
) => void;

/** First word of the slot that results are made in. */
export const RESULT = SLOT_RESULT * 8;

const MXCSR = STATE_MXCSR >> 2;

// MXCSR.

/** Rounding, masks, DAZ and FTZ as MXCSR has them now; no exception so far. */
export function openFloat(core: Core): FloatEnv {
  const env = core.mxcsr;
  env.loadMxcsr(core.words[MXCSR]!);
  return env;
}

/** Makes the exceptions sticky. Does not return when one is unmasked. */
export function settle(core: Core, env: FloatEnv): void {
  if (env.flags !== 0) report(core, env);
}

/** SDM Vol. 3A, "SIMD Floating-Point Exception (#XM)": the flags are set all the same. */
function report(core: Core, env: FloatEnv): void {
  const flags = env.simdFlags();
  core.words[MXCSR] = core.words[MXCSR]! | flags;
  if ((flags & ~env.masks) === 0) return;
  if ((core.words[STATE_CR4 >> 2]! & CR4_OSXMMEXCPT) === 0) core.raiseUD();
  core.raise(VECTOR_XM);
}

// Lanes to vectors.

export function singles(operation: LaneOperation): PackedOperation {
  return (lanes, a, b, out, env, immediate, bytes) => {
    const end = bytes >> 2;
    for (let n = 0; n < end; n++) operation(lanes, a + n, b + n, out + n, env, immediate);
  };
}

export function doubles(operation: LaneOperation): PackedOperation {
  return (lanes, a, b, out, env, immediate, bytes) => {
    const end = bytes >> 2;
    for (let n = 0; n < end; n += 2) operation(lanes, a + n, b + n, out + n, env, immediate);
  };
}

// Packed forms.

function computePacked(
  core: Core,
  insn: Instruction,
  operation: PackedOperation,
  a: number,
  b: number,
  bytes: number,
) {
  const env = openFloat(core);
  operation(core.lanes, a * 8, b * 8, RESULT, env, insn.immediate, bytes);
  settle(core, env);
  copySlot(core.vectors, insn.reg, SLOT_RESULT, bytes);
}

/** `OP xmm1, xmm2/m128`: memory aligned. The first operand is destination and source. */
export function ssePacked(operation: PackedOperation): Handler {
  return (core, insn) => {
    requireSse(core);
    computePacked(core, insn, operation, insn.reg, alignedSource(core, insn), 16);
  };
}

/** `OP xmm1, xmm2/m64`. */
export function sseHalf(operation: PackedOperation): Handler {
  return (core, insn) => {
    requireSse(core);
    computePacked(core, insn, operation, insn.reg, scalarSource(core, insn, 8), 16);
  };
}

/** `VOP ymm1, ymm2, ymm3/m256` and its 128-bit form, which clears the upper half. VEX.vvvv is 0 where it is no operand. */
export function avxPacked(operation: PackedOperation): Handler {
  return (core, insn) => {
    requireAvx(core);
    const bytes = insn.vectorLength !== 0 ? 32 : 16;
    computePacked(core, insn, operation, insn.vvvv, source(core, insn, bytes), bytes);
    if (bytes === 16) clearUpper(core.vectors, insn.reg);
  };
}

/** `VOP xmm1, xmm2/m64` and `VOP ymm1, xmm2/m128`. */
export function avxHalf(operation: PackedOperation): Handler {
  return (core, insn) => {
    requireAvx(core);
    const wide = insn.vectorLength !== 0;
    const b = wide ? source(core, insn, 16) : scalarSource(core, insn, 8);
    computePacked(core, insn, operation, insn.vvvv, b, wide ? 32 : 16);
    if (!wide) clearUpper(core.vectors, insn.reg);
  };
}

// Scalar forms: `bytes` are the source's, `resultBytes` the destination's.

/** The result into the low lane of ModRM.reg; the rest of the register stays. */
export function commitScalar(core: Core, insn: Instruction, bytes: number): void {
  const { words } = core.lanes;
  const at = insn.reg * 8;
  words[at] = words[RESULT]!;
  if (bytes === 8) words[at + 1] = words[RESULT + 1]!;
}

/** The result into the low lane, VEX.vvvv into the rest of the low half, zeros into the upper half. */
export function commitScalarAvx(core: Core, insn: Instruction, bytes: number): void {
  const { words } = core.lanes;
  const at = insn.reg * 8;
  const first = insn.vvvv * 8;
  words[at] = words[RESULT]!;
  words[at + 1] = bytes === 8 ? words[RESULT + 1]! : words[first + 1]!;
  words[at + 2] = words[first + 2]!;
  words[at + 3] = words[first + 3]!;
  clearUpper(core.vectors, insn.reg);
}

/** `OP xmm1, xmm2/m32` and `OP xmm1, xmm2/m64`. */
export function sseScalar(bytes: 4 | 8, operation: LaneOperation, resultBytes = bytes): Handler {
  return (core, insn) => {
    requireSse(core);
    const b = scalarSource(core, insn, bytes);
    const env = openFloat(core);
    operation(core.lanes, insn.reg * 8, b * 8, RESULT, env, insn.immediate);
    settle(core, env);
    commitScalar(core, insn, resultBytes);
  };
}

/** `VOP xmm1, xmm2, xmm3/m32` and `VOP xmm1, xmm2, xmm3/m64`. */
export function avxScalar(bytes: 4 | 8, operation: LaneOperation, resultBytes = bytes): Handler {
  return (core, insn) => {
    requireAvx(core);
    const b = scalarSource(core, insn, bytes);
    const env = openFloat(core);
    operation(core.lanes, insn.vvvv * 8, b * 8, RESULT, env, insn.immediate);
    settle(core, env);
    commitScalarAvx(core, insn, resultBytes);
  };
}
