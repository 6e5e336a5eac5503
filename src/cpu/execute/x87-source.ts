import { unpack32, unpack64, unpackInteger } from '../../float/unpacked.ts';
import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import { loadEd, loadEq, loadEw } from './operand.ts';
import { openX87, SOURCE } from './x87-state.ts';

/* The memory operand of arithmetic and comparisons, unpacked into `SOURCE`; the instruction is open then. */

export function openSingle(core: Core, insn: Instruction): void {
  openX87(core);
  unpack32(loadEd(core, insn), SOURCE);
}

export function openDouble(core: Core, insn: Instruction): void {
  openX87(core);
  const lo = loadEq(core, insn);
  unpack64(lo, core.high, SOURCE);
}

export function openWord(core: Core, insn: Instruction): void {
  openX87(core);
  const value = (loadEw(core, insn) << 16) >> 16;
  unpackInteger(value, value >> 31, SOURCE);
}

export function openDoubleword(core: Core, insn: Instruction): void {
  openX87(core);
  const value = loadEd(core, insn);
  unpackInteger(value, value >> 31, SOURCE);
}
