import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { MOVSD_Wsd_Vsd, MOVSS_Wss_Vss } from './vector-move.ts';
import { requireSse } from './vector-operand.ts';

/*
 * SSE4A (APM Vol. 4, "EXTRQ", "INSERTQ", "MOVNTSD", "MOVNTSS"). A field of the low quadword is named by its length, 0
 * standing for 64, and the index of its lowest bit. The upper quadword of the result is undefined and becomes 0, as on an
 * AMD Zen 3, and so does whatever of the field lies beyond bit 63.
 */

let high = 0;

/** `hi:lo` moved up by 0 to 63 places, or 64; the high word in `high`. */
function shiftLeft(lo: number, hi: number, count: number): number {
  if (count >= 32) {
    high = count >= 64 ? 0 : lo << (count - 32);
    return 0;
  }
  high = count === 0 ? hi : (hi << count) | (lo >>> (32 - count));
  return lo << count;
}

function shiftRight(lo: number, hi: number, count: number): number {
  if (count >= 32) {
    high = 0;
    return count >= 64 ? 0 : hi >>> (count - 32);
  }
  high = hi >>> count;
  return count === 0 ? lo : (lo >>> count) | (hi << (32 - count));
}

/** The lowest `length` bits set, 64 for 0. */
function fieldMask(length: number): number {
  return shiftRight(-1, -1, length === 0 ? 0 : 64 - length);
}

function extract(core: Core, register: number, length: number, index: number): void {
  const { i32 } = core.vectors;
  const at = register * 8;
  const maskLo = fieldMask(length & 63);
  const maskHi = high;
  const lo = shiftRight(i32[at]!, i32[at + 1]!, index & 63);
  i32[at] = lo & maskLo;
  i32[at + 1] = high & maskHi;
  i32[at + 2] = 0;
  i32[at + 3] = 0;
}

function insert(core: Core, dest: number, src: number, length: number, index: number): void {
  const { i32 } = core.vectors;
  const at = dest * 8;
  let maskLo = fieldMask(length & 63);
  let maskHi = high;
  const fieldLo = i32[src * 8]! & maskLo;
  const fieldHi = i32[src * 8 + 1]! & maskHi;
  maskLo = shiftLeft(maskLo, maskHi, index & 63);
  maskHi = high;
  const lo = shiftLeft(fieldLo, fieldHi, index & 63);
  i32[at] = (i32[at]! & ~maskLo) | lo;
  i32[at + 1] = (i32[at + 1]! & ~maskHi) | high;
  i32[at + 2] = 0;
  i32[at + 3] = 0;
}

/** EXTRQ xmm1, imm8, imm8 | 66 0F 78 /0 ib ib | Ux,Ib,Ib: length, index. */
export function EXTRQ_Ux_Ib_Ib(core: Core, insn: Instruction): void {
  requireSse(core);
  extract(core, insn.rm, insn.immediate, insn.immediate2);
}

/** EXTRQ xmm1, xmm2 | 66 0F 79 /r | Vx,Ux: length in bits 5:0 of the source, index in bits 13:8. */
export function EXTRQ_Vx_Ux(core: Core, insn: Instruction): void {
  requireSse(core);
  const field = core.vectors.i32[insn.rm * 8]!;
  extract(core, insn.reg, field, field >> 8);
}

/** INSERTQ xmm1, xmm2, imm8, imm8 | F2 0F 78 /r ib ib | Vx,Ux,Ib,Ib. */
export function INSERTQ_Vx_Ux_Ib_Ib(core: Core, insn: Instruction): void {
  requireSse(core);
  insert(core, insn.reg, insn.rm, insn.immediate, insn.immediate2);
}

/** INSERTQ xmm1, xmm2 | F2 0F 79 /r | Vx,Ux: length in bits 69:64 of the source, index in bits 77:72. */
export function INSERTQ_Vx_Ux(core: Core, insn: Instruction): void {
  requireSse(core);
  const field = core.vectors.i32[insn.rm * 8 + 2]!;
  insert(core, insn.reg, insn.rm, field, field >> 8);
}

/** MOVNTSS m32, xmm | F3 0F 2B /r | Md,Vss: the hint says nothing here. */
export const MOVNTSS_Md_Vss = MOVSS_Wss_Vss;
/** MOVNTSD m64, xmm | F2 0F 2B /r | Mq,Vsd. */
export const MOVNTSD_Mq_Vsd = MOVSD_Wsd_Vsd;
