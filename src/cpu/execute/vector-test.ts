import type { Instruction } from '../../isa/instruction.ts';
import { RFLAGS_CF, RFLAGS_ZF } from '../../isa/rflags.ts';
import type { Core } from './core.ts';
import { alignedSource, requireAvx, requireSse, source } from './vector-operand.ts';

/* Tests of whole registers: ZF when `a AND b` has no bit, CF when `NOT a AND b` has none. OF SF AF PF are cleared. */

function test(
  core: Core,
  a: number,
  b: number,
  bytes: number,
  first: number,
  step: number,
  mask: number,
): void {
  const { i32 } = core.vectors;
  let both = 0;
  let missing = 0;
  for (let n = first; n < bytes >> 2; n += step) {
    both |= i32[a * 8 + n]! & i32[b * 8 + n]!;
    missing |= ~i32[a * 8 + n]! & i32[b * 8 + n]!;
  }
  core.flags.setStatus((both & mask ? 0 : RFLAGS_ZF) | (missing & mask ? 0 : RFLAGS_CF));
}

/** PTEST xmm1, xmm2/m128 | 66 0F 38 17 | Vx,Wx (SDM Vol. 2B, "PTEST—Logical Compare"). */
export function PTEST_Vx_Wx(core: Core, insn: Instruction): void {
  requireSse(core);
  test(core, insn.reg, alignedSource(core, insn), 16, 0, 1, -1);
}

export function VPTEST_Vx_Wx(core: Core, insn: Instruction): void {
  requireAvx(core);
  const bytes = insn.vectorLength !== 0 ? 32 : 16;
  test(core, insn.reg, source(core, insn, bytes), bytes, 0, 1, -1);
}

const SIGN = 0x80000000 | 0;

/** VTESTPS VTESTPD | VEX.W0 66 0F38 0E, 0F | (SDM Vol. 2C, "VTESTPD/VTESTPS—Packed Bit Test"): the sign bits alone. */
export function VTESTPS_Vps_Wps(core: Core, insn: Instruction): void {
  requireAvx(core);
  const bytes = insn.vectorLength !== 0 ? 32 : 16;
  test(core, insn.reg, source(core, insn, bytes), bytes, 0, 1, SIGN);
}

export function VTESTPD_Vpd_Wpd(core: Core, insn: Instruction): void {
  requireAvx(core);
  const bytes = insn.vectorLength !== 0 ? 32 : 16;
  test(core, insn.reg, source(core, insn, bytes), bytes, 1, 2, SIGN);
}
