import { halfToSingle, singleToHalf } from '../../float/sse-convert.ts';
import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { avxHalf, openFloat, type PackedOperation, RESULT, settle } from './float-operand.ts';
import { effectiveAddress } from './operand.ts';
import { clearUpper, copySlot, requireAvx, SLOT_RESULT, storeVector } from './vector-operand.ts';

/* Half-precision numbers, which exist in memory and between conversions only. */

const widenHalves: PackedOperation = (lanes, _a, b, out, env, _immediate, bytes) => {
  for (let n = 0; n < bytes >> 2; n++) {
    const pair = lanes.words[b + (n >> 1)]!;
    halfToSingle(n & 1 ? pair >>> 16 : pair & 0xffff, lanes, out + n, env);
  }
};

/** VCVTPH2PS ymm1, xmm2/m128 | VEX 66 0F 38 13 /r | (SDM Vol. 2C, "VCVTPH2PS—Convert Packed FP16 Values to FP32 Values"). */
export const VCVTPH2PS_Vps_Wh = avxHalf(widenHalves);

/** Raises what the store would raise. */
function probeStore(core: Core, insn: Instruction, bytes: number): void {
  const lo = core.linear(insn.segment, effectiveAddress(core, insn), core.high, bytes, true);
  core.mmu.probeWrite(lo, core.high, bytes);
}

/** VCVTPS2PH xmm1/m128, ymm2, imm8 | VEX 66 0F 3A 1D /r ib | (SDM Vol. 2C, "VCVTPS2PH—Convert Single Precision FP Value to 16-Bit FP Value"). */
export function VCVTPS2PH_Wh_Vps_Ib(core: Core, insn: Instruction): void {
  requireAvx(core);
  const count = insn.vectorLength !== 0 ? 8 : 4;
  const env = openFloat(core);
  const { lanes } = core;
  const { words } = lanes;
  words[RESULT + 2] = 0;
  words[RESULT + 3] = 0;
  for (let n = 0; n < count; n += 2) {
    const low = singleToHalf(lanes, insn.reg * 8 + n, insn.immediate, env);
    const high = singleToHalf(lanes, insn.reg * 8 + n + 1, insn.immediate, env);
    words[RESULT + (n >> 1)] = (low & 0xffff) | (high << 16);
  }
  if (insn.isMemory) {
    // A fault of the store leaves MXCSR as it was, and comes before an unmasked exception (measured on Zen 3).
    if (env.flags & ~env.masks) probeStore(core, insn, count * 2);
    else storeVector(core, insn, SLOT_RESULT, count * 2);
    settle(core, env);
    return;
  }
  settle(core, env);
  copySlot(core.vectors, insn.rm, SLOT_RESULT, 16);
  clearUpper(core.vectors, insn.rm);
}
