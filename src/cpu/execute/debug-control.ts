import { CR4_DE, DR6_BD, DR6_FIXED, DR7_FIXED, DR7_GD } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { STATE_CR4, STATE_DR0, STATE_DR6, STATE_DR7 } from '../../state/layout.ts';
import type { Core } from './core.ts';
import { requireCpl0 } from './system-segment.ts';

/** Bits of DR6 and DR7 that software may write (SDM Vol. 3B, "Debug Registers"). */
const DR6_WRITABLE = 0xe00f;
const DR7_WRITABLE = 0xffff23ff | 0;

/** The register that `insn.reg` names: DR4 and DR5 are DR6 and DR7 unless CR4.DE says that they are #UD. */
function debugRegister(core: Core, insn: Instruction): number {
  let register = insn.reg;
  if (register > 7) core.raiseUD();
  if (register === 4 || register === 5) {
    if (core.words[STATE_CR4 >> 2]! & CR4_DE) core.raiseUD();
    register += 2;
  }
  requireCpl0(core);
  if (core.words[STATE_DR7 >> 2]! & DR7_GD) core.raiseDebugFault(DR6_BD);
  return register;
}

function wordOf(register: number): number {
  if (register === 6) return STATE_DR6 >> 2;
  if (register === 7) return STATE_DR7 >> 2;
  return (STATE_DR0 >> 2) + register * 2;
}

function readDebug(core: Core, insn: Instruction, wide: boolean): void {
  const word = wordOf(debugRegister(core, insn));
  core.gpr32[insn.rm * 2] = core.words[word]!;
  core.gpr32[insn.rm * 2 + 1] = wide ? core.words[word + 1]! : 0;
}

function writeDebug(core: Core, insn: Instruction, hi: number): void {
  const register = debugRegister(core, insn);
  const lo = core.gpr32[insn.rm * 2]!;
  const { words } = core;
  const word = wordOf(register);
  if (register < 4) {
    words[word] = lo;
    words[word + 1] = hi;
    core.breakpointsChanged();
    return;
  }
  if (hi !== 0) core.raiseGP(0);
  words[word] = register === 6 ? (lo & DR6_WRITABLE) | DR6_FIXED : (lo & DR7_WRITABLE) | DR7_FIXED;
  core.breakpointsChanged();
  core.endBlock();
}

/** MOV r32, DRn | 0F 21 /r | Rd,Dd (SDM Vol. 2B, "MOV—Move to/from Debug Registers"). */
export function MOV_Rd_Dd(core: Core, insn: Instruction): void {
  readDebug(core, insn, false);
}

export function MOV_Rq_Dq(core: Core, insn: Instruction): void {
  readDebug(core, insn, true);
}

/** MOV DRn, r32 | 0F 23 /r | Dd,Rd. */
export function MOV_Dd_Rd(core: Core, insn: Instruction): void {
  writeDebug(core, insn, 0);
}

export function MOV_Dq_Rq(core: Core, insn: Instruction): void {
  writeDebug(core, insn, core.gpr32[insn.rm * 2 + 1]!);
}
