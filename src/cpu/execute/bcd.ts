import type { Instruction } from '../../isa/instruction.ts';
import { RFLAGS_AF, RFLAGS_CF } from '../../isa/rflags.ts';
import type { Core } from './core.ts';

/*
 * DAA DAS AAA AAS AAM AAD (SDM Vol. 2A, under their names). Flags that the manual leaves open are as an AMD Zen 3 has them
 * (test/vectors/bcd.txt): each is what the one addition or subtraction behind the instruction gives, a byte one for DAA DAS
 * AAD, a word one for AAA AAS; AAM clears OF AF CF.
 */

/** AL and AH in `gpr8`; AX in `gpr16`. */
const AL = 0;
const AH = 1;
const AX = 0;

/** CF and AF are not those of the addition but say which digits were adjusted. */
function setCfAf(core: Core, cf: number, af: number): void {
  const kept = core.flags.status() & ~(RFLAGS_CF | RFLAGS_AF);
  core.flags.setStatus(kept | (cf ? RFLAGS_CF : 0) | (af ? RFLAGS_AF : 0));
}

/** DAA | 27. */
export function DAA(core: Core, _insn: Instruction): void {
  const al = core.gpr8[AL]!;
  const af = (al & 15) > 9 || core.flags.af() ? 1 : 0;
  const cf = al > 0x99 || core.flags.cf() ? 1 : 0;
  const adjustment = (af ? 0x06 : 0) + (cf ? 0x60 : 0);
  core.gpr8[AL] = al + adjustment;
  core.flags.add8(al, adjustment, al + adjustment);
  setCfAf(core, cf, af);
}

/** DAS | 2F. */
export function DAS(core: Core, _insn: Instruction): void {
  const al = core.gpr8[AL]!;
  const af = (al & 15) > 9 || core.flags.af() ? 1 : 0;
  const high = al > 0x99 || core.flags.cf() ? 1 : 0;
  const adjustment = (af ? 0x06 : 0) + (high ? 0x60 : 0);
  core.gpr8[AL] = al - adjustment;
  core.flags.sub8(al, adjustment, al - adjustment);
  setCfAf(core, high || (af && al < 6) ? 1 : 0, af);
}

/** AAA | 37. */
export function AAA(core: Core, _insn: Instruction): void {
  const ax = core.gpr16[AX]!;
  const adjust = (ax & 15) > 9 || core.flags.af() ? 1 : 0;
  const adjustment = adjust ? 0x106 : 0;
  core.gpr16[AX] = (ax + adjustment) & 0xff0f;
  core.flags.add16(ax, adjustment, ax + adjustment);
  setCfAf(core, adjust, adjust);
}

/** AAS | 3F. */
export function AAS(core: Core, _insn: Instruction): void {
  const ax = core.gpr16[AX]!;
  const adjust = (ax & 15) > 9 || core.flags.af() ? 1 : 0;
  const adjustment = adjust ? 0x106 : 0;
  core.gpr16[AX] = (ax - adjustment) & 0xff0f;
  core.flags.sub16(ax, adjustment, ax - adjustment);
  setCfAf(core, adjust, adjust);
}

/** AAM imm8 | D4 ib. #DE for a base of 0. */
export function AAM(core: Core, insn: Instruction): void {
  const base = insn.immediate & 0xff;
  if (base === 0) core.raiseDE();
  const al = core.gpr8[AL]!;
  const result = al % base;
  core.gpr8[AH] = (al / base) | 0;
  core.gpr8[AL] = result;
  core.flags.logic8(result);
}

/** AAD imm8 | D5 ib. */
export function AAD(core: Core, insn: Instruction): void {
  const al = core.gpr8[AL]!;
  const tens = (core.gpr8[AH]! * (insn.immediate & 0xff)) & 0xff;
  core.gpr16[AX] = (al + tens) & 0xff;
  core.flags.add8(al, tens, al + tens);
}
