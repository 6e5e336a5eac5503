import { CR0_EM, CR4_OSFXSR, CR4_OSXSAVE } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import {
  STATE_CR0,
  STATE_CR4,
  STATE_FSW,
  STATE_FTW,
  STATE_MXCSR,
  STATE_X87,
  STATE_XCR0,
} from '../../state/layout.ts';
import type { VectorFile } from '../../state/vector-file.ts';
import {
  type Core,
  type Handler,
  MXCSR_MM,
  SIMD_AVX,
  SIMD_MMX,
  SIMD_SSE,
  SIMD_VEX,
  XCR0_AVX,
} from './core.ts';
import { checkPendingX87 } from './fx-state.ts';
import { effectiveAddress } from './operand.ts';

/**
 * Operands of vector instructions. An operand is a slot of the vector file: a register, or a scratch slot that a memory
 * or MMX operand was read into. A lane operation is pure: it knows slots and a size, not where they came from.
 *
 * The forms (`sse`, `avx`, `mmx` ...) make a handler of a lane operation: check the feature, read the source, compute,
 * write. Nothing can fault after the source has been read, so the destination may be computed in place.
 */

/**
 * `bytes` is 8 (MMX), 16 or 32. `dest` may be `a` or `b`: an operation that moves lanes about is wrapped in `moving`.
 * Operations with one source take `b`.
 */
export type LaneOperation = (
  v: VectorFile,
  dest: number,
  a: number,
  b: number,
  bytes: number,
  immediate: number,
) => void;

/** Scratch slots: memory source, result of an operation that moves lanes, MMX operands. */
export const SLOT_SOURCE = 16;
export const SLOT_RESULT = 17;
const SLOT_MMX = 18;
/** A place for whatever one instruction needs. */
export const SLOT_EXTRA = 19;

const FSW_TOP = 7 << 11;

// Checks.

/** Legacy SSE instructions (SDM Vol. 2A, "Exception Conditions of Legacy SIMD Instructions"). */
export function requireSse(core: Core): void {
  if ((core.simd & SIMD_SSE) === 0) refuseSse(core);
}

function refuseSse(core: Core): never {
  if (core.words[STATE_CR0 >> 2]! & CR0_EM || (core.words[STATE_CR4 >> 2]! & CR4_OSFXSR) === 0)
    core.raiseUD();
  core.raiseNM();
}

/** VEX-encoded vector instructions (SDM Vol. 2A, "VEX Encoding and Operation"). CR0.EM and OSFXSR play no part. */
export function requireAvx(core: Core): void {
  if ((core.simd & SIMD_AVX) === 0) refuseAvx(core);
}

function refuseAvx(core: Core): never {
  const enabled =
    (core.simd & SIMD_VEX) !== 0 &&
    (core.words[STATE_CR4 >> 2]! & CR4_OSXSAVE) !== 0 &&
    (core.words[STATE_XCR0 >> 2]! & XCR0_AVX) === XCR0_AVX;
  if (enabled) core.raiseNM();
  core.raiseUD();
}

/** VEX-encoded instructions on general registers: #UD in real and virtual-8086 mode, nothing else. */
export function requireVex(core: Core): void {
  if ((core.simd & SIMD_VEX) === 0) core.raiseUD();
}

/** MMX instructions: #UD with EM, #NM with TS, then #MF. */
export function requireMmx(core: Core): void {
  if ((core.simd & SIMD_MMX) === 0) {
    if (core.words[STATE_CR0 >> 2]! & CR0_EM) core.raiseUD();
    core.raiseNM();
  }
  checkPendingX87(core);
}

// Memory.

/** The linear address of a vector in memory, after the segment's checks; the high word in `core.high`. */
function vectorAddress(core: Core, insn: Instruction, bytes: number, write: boolean): number {
  const lo = effectiveAddress(core, insn);
  const flat = write ? core.flatWrite : core.flatRead;
  if ((flat >> insn.segment) & 1) return lo;
  return core.linear(insn.segment, lo, core.high, bytes, write);
}

/** Reads 8, 16 or 32 bytes of memory into a slot, at any alignment. */
export function loadVector(core: Core, insn: Instruction, slot: number, bytes: number): void {
  const lo = effectiveAddress(core, insn);
  if (bytes === 16) core.load128(insn.segment, lo, core.high, slot);
  else if (bytes === 32) core.load256(insn.segment, lo, core.high, slot);
  else {
    const low = core.load64(insn.segment, lo, core.high);
    core.vectors.i32[slot * 8] = low;
    core.vectors.i32[slot * 8 + 1] = core.high;
  }
}

/** The same where the operand must be aligned to its size: #GP(0) before any other fault, #SS(0) too (as on an AMD Zen 3). */
export function loadAligned(core: Core, insn: Instruction, slot: number, bytes: number): void {
  const lo = vectorAddress(core, insn, bytes, false);
  const hi = core.high;
  if (lo & (bytes - 1)) core.raiseGP(0);
  // An aligned vector crosses no page.
  const { i32 } = core.vectors;
  core.mmu.read128(lo, hi, i32, slot * 8);
  if (bytes === 32) core.mmu.read128(lo + 16, hi, i32, slot * 8 + 4);
}

export function storeVector(core: Core, insn: Instruction, slot: number, bytes: number): void {
  const lo = effectiveAddress(core, insn);
  const { i32 } = core.vectors;
  if (bytes === 16) core.store128(insn.segment, lo, core.high, slot);
  else if (bytes === 32) core.store256(insn.segment, lo, core.high, slot);
  else core.store64(insn.segment, lo, core.high, i32[slot * 8]!, i32[slot * 8 + 1]!);
}

export function storeAligned(core: Core, insn: Instruction, slot: number, bytes: number): void {
  const lo = vectorAddress(core, insn, bytes, true);
  const hi = core.high;
  if (lo & (bytes - 1)) core.raiseGP(0);
  const { i32 } = core.vectors;
  core.mmu.write128(lo, hi, i32, slot * 8);
  if (bytes === 32) core.mmu.write128(lo + 16, hi, i32, slot * 8 + 4);
}

// Source operands: the slot that holds them.

/** W of a legacy instruction: memory must be aligned to 16 bytes, unless MXCSR.MM says that it need not. */
export function alignedSource(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return insn.rm;
  const lo = vectorAddress(core, insn, 16, false);
  const hi = core.high;
  if ((lo & 15) === 0) core.mmu.read128(lo, hi, core.vectors.i32, SLOT_SOURCE * 8);
  else if (core.words[STATE_MXCSR >> 2]! & MXCSR_MM) loadVector(core, insn, SLOT_SOURCE, 16);
  else core.raiseGP(0);
  return SLOT_SOURCE;
}

/** W at any alignment. */
export function source(core: Core, insn: Instruction, bytes: number): number {
  if (!insn.isMemory) return insn.rm;
  loadVector(core, insn, SLOT_SOURCE, bytes);
  return SLOT_SOURCE;
}

/** W of which only the lowest `bytes` count: 1, 2, 4 or 8 are read. */
export function scalarSource(core: Core, insn: Instruction, bytes: number): number {
  if (!insn.isMemory) return insn.rm;
  const lo = effectiveAddress(core, insn);
  const { i32 } = core.vectors;
  const at = SLOT_SOURCE * 8;
  if (bytes === 4) i32[at] = core.load32(insn.segment, lo, core.high);
  else if (bytes === 8) {
    const low = core.load64(insn.segment, lo, core.high);
    i32[at] = low;
    i32[at + 1] = core.high;
  } else if (bytes === 2) i32[at] = core.load16(insn.segment, lo, core.high);
  else i32[at] = core.load8(insn.segment, lo, core.high);
  return SLOT_SOURCE;
}

// Registers.

/** A VEX-encoded instruction clears what it does not write of its destination. */
export function clearUpper(v: VectorFile, slot: number): void {
  const at = slot * 8;
  v.i32[at + 4] = 0;
  v.i32[at + 5] = 0;
  v.i32[at + 6] = 0;
  v.i32[at + 7] = 0;
}

export function copySlot(v: VectorFile, dest: number, src: number, bytes: number): void {
  const { i32 } = v;
  const from = src * 8;
  const to = dest * 8;
  i32[to] = i32[from]!;
  i32[to + 1] = i32[from + 1]!;
  if (bytes === 8) return;
  i32[to + 2] = i32[from + 2]!;
  i32[to + 3] = i32[from + 3]!;
  if (bytes === 16) return;
  i32[to + 4] = i32[from + 4]!;
  i32[to + 5] = i32[from + 5]!;
  i32[to + 6] = i32[from + 6]!;
  i32[to + 7] = i32[from + 7]!;
}

// MMX registers are the significands of the x87 registers, by physical number.

export function readMmx(core: Core, register: number, slot: number): void {
  const at = (STATE_X87 >> 2) + register * 4;
  core.vectors.i32[slot * 8] = core.words[at]!;
  core.vectors.i32[slot * 8 + 1] = core.words[at + 1]!;
}

/** Writes a register: sign and exponent become all ones. */
export function writeMmx(core: Core, register: number, slot: number): void {
  const at = (STATE_X87 >> 2) + register * 4;
  core.words[at] = core.vectors.i32[slot * 8]!;
  core.words[at + 1] = core.vectors.i32[slot * 8 + 1]!;
  core.words[at + 2] = 0xffff;
}

/** What every MMX instruction does to the x87 state: all registers valid, TOP = 0 (SDM Vol. 3A, "Effect of MMX Instructions"). */
export function enterMmx(core: Core): void {
  const { words } = core;
  words[STATE_FTW >> 2] = 0xff;
  words[STATE_FSW >> 2] = words[STATE_FSW >> 2]! & ~FSW_TOP;
}

/** Q: an MMX register or memory. */
export function mmxSource(core: Core, insn: Instruction): number {
  if (insn.isMemory) loadVector(core, insn, SLOT_SOURCE, 8);
  else readMmx(core, insn.rm, SLOT_SOURCE);
  return SLOT_SOURCE;
}

// Lane operations combined.

/** For operations whose lanes do not stay in their places: the result is made apart, then copied. */
export function moving(operation: LaneOperation): LaneOperation {
  return (v, dest, a, b, bytes, immediate) => {
    operation(v, SLOT_RESULT, a, b, bytes, immediate);
    copySlot(v, dest, SLOT_RESULT, bytes);
  };
}

// Forms.

/** `OP xmm1, xmm2/m128`: memory aligned. The first operand is destination and source. */
export function sse(operation: LaneOperation): Handler {
  return (core, insn) => {
    requireSse(core);
    const b = alignedSource(core, insn);
    operation(core.vectors, insn.reg, insn.reg, b, 16, insn.immediate);
  };
}

/** The same with a source of `bytes` at any alignment. */
export function sseNarrow(bytes: number, operation: LaneOperation): Handler {
  return (core, insn) => {
    requireSse(core);
    const b = scalarSource(core, insn, bytes);
    operation(core.vectors, insn.reg, insn.reg, b, 16, insn.immediate);
  };
}

/** `VOP ymm1, ymm2, ymm3/m256` and its 128-bit form, which clears the upper half. VEX.vvvv is 0 where it is no operand. */
export function avx(operation: LaneOperation): Handler {
  return (core, insn) => {
    requireAvx(core);
    if (insn.vectorLength !== 0) {
      const b = source(core, insn, 32);
      operation(core.vectors, insn.reg, insn.vvvv, b, 32, insn.immediate);
    } else {
      const b = source(core, insn, 16);
      operation(core.vectors, insn.reg, insn.vvvv, b, 16, insn.immediate);
      clearUpper(core.vectors, insn.reg);
    }
  };
}

/** The second source has a size of its own at VEX.L = 0; with VEX.L = 1 it has twice that, up to `most`. */
export function avxNarrow(bytes: number, operation: LaneOperation, most = 16): Handler {
  return (core, insn) => {
    requireAvx(core);
    const size = insn.vectorLength !== 0 ? Math.min(bytes * 2, most) : bytes;
    const b = size < 16 ? scalarSource(core, insn, size) : source(core, insn, size);
    operation(core.vectors, insn.reg, insn.vvvv, b, insn.vectorLength !== 0 ? 32 : 16, insn.immediate);
    if (insn.vectorLength === 0) clearUpper(core.vectors, insn.reg);
  };
}

/** `OP mm1, mm2/m64`. */
export function mmx(operation: LaneOperation): Handler {
  return (core, insn) => {
    requireMmx(core);
    const b = mmxSource(core, insn);
    readMmx(core, insn.reg, SLOT_MMX);
    operation(core.vectors, SLOT_MMX, SLOT_MMX, b, 8, insn.immediate);
    enterMmx(core);
    writeMmx(core, insn.reg, SLOT_MMX);
  };
}

/** `OP xmm1, imm8`: ModRM.rm is destination and source, the immediate the count. */
export function sseByImmediate(operation: LaneOperation): Handler {
  return (core, insn) => {
    requireSse(core);
    operation(core.vectors, insn.rm, insn.rm, insn.rm, 16, insn.immediate);
  };
}

/** `VOP ymm1, ymm2, imm8`: the destination is in VEX.vvvv. */
export function avxByImmediate(operation: LaneOperation): Handler {
  return (core, insn) => {
    requireAvx(core);
    const bytes = insn.vectorLength !== 0 ? 32 : 16;
    operation(core.vectors, insn.vvvv, insn.rm, insn.rm, bytes, insn.immediate);
    if (bytes === 16) clearUpper(core.vectors, insn.vvvv);
  };
}

export function mmxByImmediate(operation: LaneOperation): Handler {
  return (core, insn) => {
    requireMmx(core);
    readMmx(core, insn.rm, SLOT_MMX);
    operation(core.vectors, SLOT_MMX, SLOT_MMX, SLOT_MMX, 8, insn.immediate);
    enterMmx(core);
    writeMmx(core, insn.rm, SLOT_MMX);
  };
}
