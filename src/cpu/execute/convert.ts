import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';

/*
 * CBW CWDE CDQE CWD CDQ CQO (SDM Vol. 2A, "CBW/CWDE/CDQE—Convert Byte to Word/…", "CWD/CDQ/CQO—Convert Word to Doubleword/…").
 * No flag changes.
 */

const DX = 8;
const EDX = 4;
const RDX_HIGH = 5;

/** CBW | 98 with 16-bit operands. */
export function CBW(core: Core, _insn: Instruction): void {
  core.gpr16[0] = (core.gpr8[0]! << 24) >> 24;
}

/** CWDE | 98 with 32-bit operands. */
export function CWDE(core: Core, _insn: Instruction): void {
  core.gpr32[0] = (core.gpr16[0]! << 16) >> 16;
  core.gpr32[1] = 0;
}

/** CDQE | REX.W 98. */
export function CDQE(core: Core, _insn: Instruction): void {
  core.gpr32[1] = core.gpr32[0]! >> 31;
}

/** CWD | 99 with 16-bit operands. */
export function CWD(core: Core, _insn: Instruction): void {
  core.gpr16[DX] = (core.gpr16[0]! << 16) >> 31;
}

/** CDQ | 99 with 32-bit operands. */
export function CDQ(core: Core, _insn: Instruction): void {
  core.gpr32[EDX] = core.gpr32[0]! >> 31;
  core.gpr32[RDX_HIGH] = 0;
}

/** CQO | REX.W 99. */
export function CQO(core: Core, _insn: Instruction): void {
  const sign = core.gpr32[1]! >> 31;
  core.gpr32[EDX] = sign;
  core.gpr32[RDX_HIGH] = sign;
}
