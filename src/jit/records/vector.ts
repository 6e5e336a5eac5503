import { SIMD_SSE } from '../../cpu/execute/core.ts';
import { STATE_SIMD } from '../../state/layout.ts';
import {
  I32_ADD,
  I32_AND,
  I32_GE_U,
  I32_OR,
  I32_SHL,
  I32_SHR_U,
  I32_WRAP_I64,
  I32_XOR,
  I64_EXTEND_I32_U,
  I64_STORE,
} from '../wasm/opcodes.ts';
import {
  I8X16_BITMASK,
  V128_ANDNOT,
  V128_LOAD,
  V128_LOAD32_LANE,
  V128_LOAD32_ZERO,
  V128_STORE,
} from '../wasm/simd.ts';
import type { CodeBits } from './actions.ts';
import { E, N, R, type RecordEmitter } from './emitter.ts';
import { LANE_SHIFTS, LANES } from './lanes.ts';

/*
 * Legacy SSE instructions: G and E are vector registers, or E is memory. The upper half of a YMM register stays. What cannot run
 * now (CR0.TS, CR0.EM, CR4.OSFXSR) and what is not aligned is the handler's.
 */

const BYTES = 16;

/** E is aligned as the host's memory is as the guest's, and registers are. */
function require(e: RecordEmitter, isAligned: boolean): void {
  const code = e.code;
  e.load32(STATE_SIMD);
  code.i32(SIMD_SSE);
  code.op(I32_AND);
  code.i32(SIMD_SSE);
  code.op(I32_XOR);
  if (isAligned) {
    code.get(E);
    code.i32(BYTES - 1);
    code.op(I32_AND);
    code.op(I32_OR);
  }
  code.brIf(e.exit);
}

/** G and E combined, in G. */
export function combineLanes(e: RecordEmitter, name: string): void {
  const code = e.code;
  require(e, true);
  e.g();
  e.g();
  code.simdMemory(V128_LOAD);
  code.get(E);
  code.simdMemory(V128_LOAD);
  LANES.get(name)!(code);
  code.simdMemory(V128_STORE);
}

/** PANDN: WebAssembly complements the second operand. */
export function andNotLanes(e: RecordEmitter): void {
  const code = e.code;
  require(e, true);
  e.g();
  code.get(E);
  code.simdMemory(V128_LOAD);
  e.g();
  code.simdMemory(V128_LOAD);
  code.simd(V128_ANDNOT);
  code.simdMemory(V128_STORE);
}

/** By an immediate. A count that is too large is left to the handler. */
export function shiftLanes(e: RecordEmitter, name: string): void {
  const code = e.code;
  const [op, bits] = LANE_SHIFTS.get(name)!;
  require(e, false);
  pushImmediate(e);
  code.tee(N);
  code.i32(bits);
  code.op(I32_GE_U);
  code.brIf(e.exit);
  code.get(E);
  code.get(E);
  code.simdMemory(V128_LOAD);
  code.get(N);
  code.simd(op);
  code.simdMemory(V128_STORE);
}

/** PSHUFD: each lane is loaded from where two bits of the immediate say. */
export function shuffleDoublewords(e: RecordEmitter): void {
  const code = e.code;
  require(e, true);
  pushImmediate(e);
  code.set(N);
  e.g();
  for (const lane of [3, 2, 1, 0]) {
    code.get(E);
    code.get(N);
    // At these bits the selector is an offset in bytes.
    code.i32(Math.abs(lane * 2 - 2));
    code.op(lane === 0 ? I32_SHL : I32_SHR_U);
    code.i32(3 << 2);
    code.op(I32_AND);
    code.op(I32_ADD);
  }
  code.simdMemory(V128_LOAD32_ZERO);
  for (const lane of [1, 2, 3]) code.simdMemory(V128_LOAD32_LANE, 0, lane);
  code.simdMemory(V128_STORE);
}

/** Moves of 16 bytes. */
export function moveVector(e: RecordEmitter, to: 'G' | 'E', isAligned: boolean): void {
  const code = e.code;
  require(e, isAligned);
  if (to === 'G') e.g();
  else code.get(E);
  if (to === 'G') code.get(E);
  else e.g();
  code.simdMemory(V128_LOAD);
  code.simdMemory(V128_STORE);
}

/** G becomes so many bits of E, with zeros above them. */
export function moveIntoVector(e: RecordEmitter, bits: CodeBits): void {
  const code = e.code;
  require(e, false);
  e.loadE(bits);
  code.set(R);
  e.storeG(64);
  e.g();
  code.i64(0);
  code.memory(I64_STORE, 8);
}

/** E becomes so many bits of G. */
export function moveFromVector(e: RecordEmitter, bits: CodeBits, isMemory: boolean): void {
  require(e, false);
  e.loadG(bits);
  e.code.set(R);
  e.storeE(bits, isMemory);
}

/** PMOVMSKB. */
export function maskOfBytes(e: RecordEmitter): void {
  const code = e.code;
  require(e, false);
  code.get(E);
  code.simdMemory(V128_LOAD);
  code.simd(I8X16_BITMASK);
  code.op(I64_EXTEND_I32_U);
  code.set(R);
  e.storeG(32);
}

function pushImmediate(e: RecordEmitter): void {
  const code = e.code;
  e.immediate();
  code.op(I32_WRAP_I64);
  code.i32(0xff);
  code.op(I32_AND);
}
