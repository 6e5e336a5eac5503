import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { andLanes, andNotLanes, exclusiveOrLanes, orLanes } from './lanes-logic.ts';
import { alignedSource, avx, mmx, requireSse, sse } from './vector-operand.ts';

/* Bitwise operations. The forms for single and double precision are the same as those for integers. */

/** PAND | 0F DB | (SDM Vol. 2B, "PAND—Logical AND"). */
export const PAND_Pq_Qq = mmx(andLanes);
export const PAND_Vx_Wx = sse(andLanes);
export const VPAND_Vx_Hx_Wx = avx(andLanes);
/** ANDPS ANDPD | 0F 54 | (SDM Vol. 2A, "ANDPS", "ANDPD"). */
export const ANDPS_Vps_Wps = sse(andLanes);
export const ANDPD_Vpd_Wpd = sse(andLanes);
export const VANDPS_Vps_Hps_Wps = avx(andLanes);
export const VANDPD_Vpd_Hpd_Wpd = avx(andLanes);

/** PANDN | 0F DF | (SDM Vol. 2B, "PANDN—Logical AND NOT"). */
export const PANDN_Pq_Qq = mmx(andNotLanes);
export const PANDN_Vx_Wx = sse(andNotLanes);
export const VPANDN_Vx_Hx_Wx = avx(andNotLanes);
/** ANDNPS ANDNPD | 0F 55 | (SDM Vol. 2A, "ANDNPS", "ANDNPD"). */
export const ANDNPS_Vps_Wps = sse(andNotLanes);
export const ANDNPD_Vpd_Wpd = sse(andNotLanes);
export const VANDNPS_Vps_Hps_Wps = avx(andNotLanes);
export const VANDNPD_Vpd_Hpd_Wpd = avx(andNotLanes);

/** POR | 0F EB | (SDM Vol. 2B, "POR—Bitwise Logical OR"). */
export const POR_Pq_Qq = mmx(orLanes);
export const POR_Vx_Wx = sse(orLanes);
export const VPOR_Vx_Hx_Wx = avx(orLanes);
/** ORPS ORPD | 0F 56 | (SDM Vol. 2B, "ORPS", "ORPD"). */
export const ORPS_Vps_Wps = sse(orLanes);
export const ORPD_Vpd_Wpd = sse(orLanes);
export const VORPS_Vps_Hps_Wps = avx(orLanes);
export const VORPD_Vpd_Hpd_Wpd = avx(orLanes);

/** PXOR | 0F EF | (SDM Vol. 2B, "PXOR—Logical Exclusive OR"). */
export const PXOR_Pq_Qq = mmx(exclusiveOrLanes);
/** The common way to clear a register, so without the detour through a form. */
export function PXOR_Vx_Wx(core: Core, insn: Instruction): void {
  requireSse(core);
  const b = alignedSource(core, insn) * 8;
  const a = insn.reg * 8;
  const { i32 } = core.vectors;
  i32[a] = i32[a]! ^ i32[b]!;
  i32[a + 1] = i32[a + 1]! ^ i32[b + 1]!;
  i32[a + 2] = i32[a + 2]! ^ i32[b + 2]!;
  i32[a + 3] = i32[a + 3]! ^ i32[b + 3]!;
}
export const VPXOR_Vx_Hx_Wx = avx(exclusiveOrLanes);
/** XORPS XORPD | 0F 57 | (SDM Vol. 2C, "XORPS", "XORPD"). */
export const XORPS_Vps_Wps = PXOR_Vx_Wx;
export const XORPD_Vpd_Wpd = PXOR_Vx_Wx;
export const VXORPS_Vps_Hps_Wps = avx(exclusiveOrLanes);
export const VXORPD_Vpd_Hpd_Wpd = avx(exclusiveOrLanes);
