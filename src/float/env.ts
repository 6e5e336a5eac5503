/**
 * What an operation must know besides its operands, and what it reports besides its result. The x87 control and status
 * words and MXCSR use the same order of exceptions and the same code of rounding (SDM Vol. 1, "x87 FPU Control Word" and
 * "MXCSR Control and Status Register"), so one class serves both.
 */

/** Exceptions: bits of FSW, FCW (as masks) and MXCSR. */
export const FLOAT_IE = 1 << 0;
export const FLOAT_DE = 1 << 1;
export const FLOAT_ZE = 1 << 2;
export const FLOAT_OE = 1 << 3;
export const FLOAT_UE = 1 << 4;
export const FLOAT_PE = 1 << 5;
export const FLOAT_ALL = 0x3f;
/** Found before anything is computed: unmasked, they stop the instruction without a result. */
export const FLOAT_PRE_COMPUTATION = FLOAT_IE | FLOAT_DE | FLOAT_ZE;

/** Rounding control. */
export const ROUND_NEAREST = 0;
export const ROUND_DOWN = 1;
export const ROUND_UP = 2;
export const ROUND_ZERO = 3;

const MXCSR_DAZ = 1 << 6;
const MXCSR_FTZ = 1 << 15;
/** Significand bits by FCW.PC; the reserved code 01 behaves as 11 does. */
const PRECISION = [24, 64, 53, 64] as const;

export class FloatEnv {
  rounding = ROUND_NEAREST;
  /** Significand bits that x87 add, subtract, multiply, divide and square root keep: 24, 53 or 64. */
  precision = 64;
  /** Exceptions that are masked. */
  masks = FLOAT_ALL;
  /** Exceptions found since the caller last cleared this. */
  flags = 0;
  /**
   * Exceptions that need not be looked for, because they are masked and the status register already shows them: the
   * fast paths skip the work of finding PE. They may be reported all the same.
   */
  sticky = 0;
  /** x87 C1 after a result was rounded: 1 when its magnitude was increased. */
  roundedUp = 0;
  /** SSE only: denormals are zeros; tiny results become zeros. FTZ counts only while underflow is masked. */
  daz = false;
  ftz = false;

  /**
   * x87 only: FLD of a denormal single or double pushes it even when DE is unmasked. AMD processors do (measured on Zen 3);
   * Intel's leave the stack unchanged (SDM Vol. 1, "Denormal Operand Exception (#D)").
   */
  denormalLoadCompletes = false;

  loadMxcsr(mxcsr: number): void {
    this.rounding = (mxcsr >>> 13) & 3;
    this.masks = (mxcsr >>> 7) & FLOAT_ALL;
    this.sticky = mxcsr & this.masks & FLOAT_PE;
    this.daz = (mxcsr & MXCSR_DAZ) !== 0;
    this.ftz = (mxcsr & MXCSR_FTZ) !== 0 && (this.masks & FLOAT_UE) !== 0;
    this.flags = 0;
  }

  loadControlWord(fcw: number): void {
    this.rounding = (fcw >>> 10) & 3;
    this.precision = PRECISION[(fcw >>> 8) & 3]!;
    this.masks = fcw & FLOAT_ALL;
    this.sticky = 0;
    this.daz = false;
    this.ftz = false;
    this.clear();
  }

  clear(): void {
    this.flags = 0;
    this.roundedUp = 0;
  }

  /** Reports an inexact result and which way it went. */
  inexact(roundedUp: number): void {
    this.flags |= FLOAT_PE;
    this.roundedUp = roundedUp;
  }

  /** True when an exception of those found so far stops the instruction before it computes. */
  stopsBefore(): boolean {
    return (this.flags & ~this.masks & FLOAT_PRE_COMPUTATION) !== 0;
  }

  /**
   * The exceptions a SIMD instruction reports after all its lanes ran: when one lane has an unmasked pre-computation
   * exception, no lane reports a post-computation one (SDM Vol. 1, "Handling SIMD Floating-Point Exceptions").
   */
  simdFlags(): number {
    return this.stopsBefore() ? this.flags & FLOAT_PRE_COMPUTATION : this.flags;
  }
}
