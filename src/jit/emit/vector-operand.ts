import { SIMD_AVX, SIMD_SSE } from '../../cpu/execute/core.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { STATE_MXCSR, STATE_SIMD, STATE_YMM, VECTOR_SLOT_BYTES } from '../../state/layout.ts';
import type { Code } from '../wasm/code.ts';
import { I32_AND, I32_EQZ, I32_LOAD, I32_NE } from '../wasm/opcodes.ts';
import { V128_CONST, V128_LOAD, V128_LOAD32_ZERO, V128_LOAD64_ZERO, V128_STORE } from '../wasm/simd.ts';
import { ACCESS_READ, type Emitter } from './emitter.ts';
import type { Emit } from './form.ts';
import { HOST, INEXACT, vectorTemp, XMM } from './locals.ts';

/*
 * Operands of vector instructions. The low half of a vector register is a v128 local, as a general register is an i64 one; the
 * upper half stays in the state, where AVX alone looks for it. The forms are those of `cpu/execute/vector-operand.ts`.
 */

/** What one vector of 128 bits becomes: `a` and `b` are locals, the result is left on the stack. Temporaries 4 and 5 are free. */
export type LaneEmit = (e: Emitter, a: number, b: number, insn: Instruction) => void;

/** Upper half of the memory operand, and of the first operand. */
const SOURCE = 0;
const SOURCE_HIGH = 1;
const FIRST_HIGH = 2;
const HALF = 16;

// Registers.

/** The local of a register that is read. */
export function xmm(e: Emitter, register: number): number {
  e.hasVectors = true;
  e.usedVectors |= 1 << register;
  return XMM + register;
}

/** Takes the low half of a register from the stack. */
export function setXmm(e: Emitter, register: number): void {
  e.code.set(xmm(e, register));
  e.writtenVectors |= 1 << register;
}

function placeOf(register: number): number {
  return STATE_YMM + register * VECTOR_SLOT_BYTES;
}

export function loadVectors(e: Emitter, out: Code): void {
  for (let register = 0; register < 16; register++) {
    if (((e.usedVectors >> register) & 1) === 0) continue;
    out.i32(0);
    out.simdMemory(V128_LOAD, placeOf(register));
    out.set(XMM + register);
  }
}

export function storeVectors(e: Emitter, out: Code): void {
  for (let register = 0; register < 16; register++) {
    if (((e.writtenVectors >> register) & 1) === 0) continue;
    out.i32(0);
    out.get(XMM + register);
    out.simdMemory(V128_STORE, placeOf(register));
  }
}

/** Pushes a constant vector of one word in every lane. */
export function splat(e: Emitter, ...words: readonly [number] | readonly [number, number]): void {
  const [low, high] = [words[0], words[1] ?? words[0]];
  const bytes: number[] = [];
  for (const word of [low, high, low, high]) {
    for (let shift = 0; shift < 32; shift += 8) bytes.push((word >>> shift) & 0xff);
  }
  e.code.simd(V128_CONST, bytes);
}

/** A VEX-encoded instruction clears what it does not write of its destination. */
export function clearUpper(e: Emitter, register: number): void {
  e.code.i32(0);
  splat(e, 0);
  e.code.simdMemory(V128_STORE, placeOf(register) + HALF);
}

export function pushUpper(e: Emitter, register: number): void {
  e.code.i32(0);
  e.code.simdMemory(V128_LOAD, placeOf(register) + HALF);
}

/** Stores what `value` pushes into the upper half of a register. */
export function setUpper(e: Emitter, register: number, value: () => void): void {
  e.code.i32(0);
  value();
  e.code.simdMemory(V128_STORE, placeOf(register) + HALF);
}

// Checks. What they find out holds to the end of the block or the next call of a handler.

const CHECKED_FLOAT = 1 << 8;

function require(e: Emitter, kind: number): void {
  e.hasVectors = true;
  if (e.checked & kind) return;
  e.checked |= kind;
  const { code } = e;
  code.i32(0);
  code.memory(I32_LOAD, STATE_SIMD);
  code.i32(kind);
  code.op(I32_AND);
  code.op(I32_EQZ);
  code.unlikelyIf();
  e.sideExit();
  code.end();
}

/** The interpreter raises #UD or #NM. */
export function requireSse(e: Emitter): void {
  require(e, SIMD_SSE);
}

export function requireAvx(e: Emitter): void {
  require(e, SIMD_AVX);
}

const MXCSR_PE = 1 << 5;
/** Rounding control, the masks and FTZ; and what they must be: to nearest, all masked, no flushing. */
const MXCSR_CONTROL = 0xff80;
const MXCSR_PLAIN = 0x1f80;

/** Rounding is as WebAssembly rounds and no exception is taken. INEXACT is then MXCSR.PE. */
export function requirePlainRounding(e: Emitter): void {
  if (e.checked & CHECKED_FLOAT) return;
  e.checked |= CHECKED_FLOAT;
  const { code } = e;
  code.i32(0);
  code.memory(I32_LOAD, STATE_MXCSR);
  code.tee(INEXACT);
  code.i32(MXCSR_CONTROL);
  code.op(I32_AND);
  code.i32(MXCSR_PLAIN);
  code.op(I32_NE);
  code.unlikelyIf();
  e.sideExit();
  code.end();
  code.get(INEXACT);
  code.i32(MXCSR_PE);
  code.op(I32_AND);
  code.set(INEXACT);
}

// Source operands: the local that holds them.

/** W. Memory of a legacy instruction must be aligned to 16 bytes. */
export function source(e: Emitter, insn: Instruction, isAligned: boolean): number {
  if (!insn.isMemory) return xmm(e, insn.rm);
  e.address(insn);
  e.probe(ACCESS_READ, 16, isAligned);
  e.code.get(HOST);
  e.code.simdMemory(V128_LOAD);
  e.code.set(vectorTemp(SOURCE));
  return vectorTemp(SOURCE);
}

/** W of which the lowest 4 or 8 bytes count; from memory the rest is 0. */
export function narrowSource(e: Emitter, insn: Instruction, bytes: 4 | 8): number {
  if (!insn.isMemory) return xmm(e, insn.rm);
  e.address(insn);
  e.probe(ACCESS_READ, bytes);
  e.code.get(HOST);
  e.code.simdMemory(bytes === 8 ? V128_LOAD64_ZERO : V128_LOAD32_ZERO);
  e.code.set(vectorTemp(SOURCE));
  return vectorTemp(SOURCE);
}

/** Both halves of W; `upper` is a temporary. */
export function source256(e: Emitter, insn: Instruction): { low: number; upper: number } {
  const { code } = e;
  const upper = vectorTemp(SOURCE_HIGH);
  if (!insn.isMemory) {
    pushUpper(e, insn.rm);
    code.set(upper);
    return { low: xmm(e, insn.rm), upper };
  }
  e.address(insn);
  e.probe(ACCESS_READ, 32);
  code.get(HOST);
  code.simdMemory(V128_LOAD);
  code.set(vectorTemp(SOURCE));
  code.get(HOST);
  code.simdMemory(V128_LOAD, HALF);
  code.set(upper);
  return { low: vectorTemp(SOURCE), upper };
}

// Forms.

/** `OP xmm1, xmm2/m128`: memory aligned. The first operand is destination and source. */
export function sse(operation: LaneEmit): Emit {
  return (e, insn) => {
    requireSse(e);
    const b = source(e, insn, true);
    operation(e, xmm(e, insn.reg), b, insn);
    setXmm(e, insn.reg);
  };
}

/** The same with a source of 4 or 8 bytes at any alignment. */
export function sseNarrow(bytes: 4 | 8, operation: LaneEmit): Emit {
  return (e, insn) => {
    requireSse(e);
    const b = narrowSource(e, insn, bytes);
    operation(e, xmm(e, insn.reg), b, insn);
    setXmm(e, insn.reg);
  };
}

/** `VOP ymm1, ymm2, ymm3/m256` and its 128-bit form, which clears the upper half. VEX.vvvv is 0 where it is no operand. */
export function avx(operation: LaneEmit): Emit {
  return (e, insn) => {
    requireAvx(e);
    if (insn.vectorLength === 0) {
      const b = source(e, insn, false);
      operation(e, xmm(e, insn.vvvv), b, insn);
      setXmm(e, insn.reg);
      clearUpper(e, insn.reg);
      return;
    }
    const { low, upper } = source256(e, insn);
    const first = vectorTemp(FIRST_HIGH);
    pushUpper(e, insn.vvvv);
    e.code.set(first);
    operation(e, xmm(e, insn.vvvv), low, insn);
    setXmm(e, insn.reg);
    setUpper(e, insn.reg, () => operation(e, first, upper, insn));
  };
}

/** `VOP xmm1, xmm2, xmm3/m32` and `VOP xmm1, xmm2, xmm3/m64`. */
export function avxNarrow(bytes: 4 | 8, operation: LaneEmit): Emit {
  return (e, insn) => {
    requireAvx(e);
    const b = narrowSource(e, insn, bytes);
    operation(e, xmm(e, insn.vvvv), b, insn);
    setXmm(e, insn.reg);
    clearUpper(e, insn.reg);
  };
}

/** A WebAssembly instruction on two vectors. */
export function lanes(op: number): LaneEmit {
  return ({ code }, a, b) => {
    code.get(a);
    code.get(b);
    code.simd(op);
  };
}

/** The same of many, by mnemonic. */
export function eachLanes(ops: Readonly<Record<string, number>>): Readonly<Record<string, LaneEmit>> {
  return Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, lanes(op)]));
}

/** Emitters by name of op. */
export type VectorEmitters = Readonly<Record<string, Emit>>;

/** Both encodings of integer operations: `NAME_Vx_Wx` and `VNAME_Vx_Hx_Wx`. */
export function bothForms(operations: Readonly<Record<string, LaneEmit>>): VectorEmitters {
  return Object.fromEntries(
    Object.entries(operations).flatMap(([name, operation]) => [
      [`${name}_Vx_Wx`, sse(operation)],
      [`V${name}_Vx_Hx_Wx`, avx(operation)],
    ]),
  );
}
