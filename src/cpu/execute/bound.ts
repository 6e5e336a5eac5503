import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { effectiveAddress } from './operand.ts';

/* BOUND (SDM Vol. 2A, "BOUND—Check Array Index Against Bounds"): #BR when the signed index is outside. */

/** BOUND r16, m16&16 | 62 /r | Gw,Ma. */
export function BOUND_Gw_Ma(core: Core, insn: Instruction): void {
  const at = effectiveAddress(core, insn);
  const lower = (core.load16(insn.segment, at, 0) << 16) >> 16;
  const second = insn.addressSize === 16 ? (at + 2) & 0xffff : (at + 2) | 0;
  const upper = (core.load16(insn.segment, second, 0) << 16) >> 16;
  const index = (core.gpr16[insn.reg * 4]! << 16) >> 16;
  if (index < lower || index > upper) core.raiseBR();
}

/** BOUND r32, m32&32 | 62 /r | Gd,Ma. */
export function BOUND_Gd_Ma(core: Core, insn: Instruction): void {
  const at = effectiveAddress(core, insn);
  const lower = core.load32(insn.segment, at, 0);
  const second = insn.addressSize === 16 ? (at + 4) & 0xffff : (at + 4) | 0;
  const upper = core.load32(insn.segment, second, 0);
  const index = core.gpr32[insn.reg * 2]!;
  if (index < lower || index > upper) core.raiseBR();
}
