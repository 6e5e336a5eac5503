import { compare80, EQUAL, examine80, LESS, UNORDERED } from '../../float/float80.ts';
import { unpack80 } from '../../float/unpacked.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { RFLAGS_CF, RFLAGS_PF, RFLAGS_ZF } from '../../isa/rflags.ts';
import type { Core } from './core.ts';
import { openDouble, openDoubleword, openSingle, openWord } from './x87-source.ts';
import {
  closeX87,
  ENV,
  FSW_C0,
  FSW_C2,
  FSW_C3,
  FSW_SF,
  isEmpty,
  keepC1,
  namedRegister,
  openX87,
  pop,
  SOURCE,
  setConditions,
  slotOf,
  topOf,
  underflow,
} from './x87-state.ts';

/* Comparison and classification (SDM Vol. 1, "Comparison and Classification Instructions"). */

/** C3, C2, C0 of a comparison. */
function conditionsOf(order: number): number {
  if (order === LESS) return FSW_C0;
  if (order === EQUAL) return FSW_C3;
  return order === UNORDERED ? FSW_C0 | FSW_C2 | FSW_C3 : 0;
}

/** ZF, PF, CF of a comparison; OF, SF and AF are cleared. */
function statusOf(order: number): number {
  if (order === LESS) return RFLAGS_CF;
  if (order === EQUAL) return RFLAGS_ZF;
  return order === UNORDERED ? RFLAGS_CF | RFLAGS_PF | RFLAGS_ZF : 0;
}

/**
 * False when an unmasked exception takes the answer away: on Intel's processors (SDM Vol. 2A, "FCOM": "the condition code
 * flags are not set"), while AMD's give it all the same (measured on Zen 3). Neither pops.
 */
function answers(core: Core): boolean {
  return !ENV.stopsBefore() || core.model.vendor === 'amd';
}

function finish(core: Core, insn: Instruction, order: number, pops: number): void {
  const { words } = core;
  if (answers(core)) setConditions(words, conditionsOf(order));
  if (!ENV.stopsBefore()) {
    for (let n = 0; n < pops; n++) pop(words);
  }
  closeX87(core, insn);
}

/** Compares ST(0) with SOURCE, which came from memory. */
function compare(core: Core, insn: Instruction, pops: number): void {
  const { words } = core;
  const top = topOf(words);
  let order = UNORDERED;
  if (isEmpty(words, top)) underflow();
  else order = compare80(words, slotOf(top), SOURCE, true, ENV);
  finish(core, insn, order, pops);
}

function compareSingle(core: Core, insn: Instruction, pops: number): void {
  openSingle(core, insn);
  compare(core, insn, pops);
}

function compareDouble(core: Core, insn: Instruction, pops: number): void {
  openDouble(core, insn);
  compare(core, insn, pops);
}

function compareWord(core: Core, insn: Instruction, pops: number): void {
  openWord(core, insn);
  compare(core, insn, pops);
}

function compareDoubleword(core: Core, insn: Instruction, pops: number): void {
  openDoubleword(core, insn);
  compare(core, insn, pops);
}

/** How ST(0) relates to another register; UNORDERED with a stack underflow when one is empty. */
function orderOfRegisters(core: Core, other: number, signaling: boolean): number {
  const { words } = core;
  const top = topOf(words);
  if (isEmpty(words, top) || isEmpty(words, other)) {
    underflow();
    return UNORDERED;
  }
  unpack80(words, slotOf(other), SOURCE);
  return compare80(words, slotOf(top), SOURCE, signaling, ENV);
}

function compareRegister(core: Core, insn: Instruction, signaling: boolean, pops: number): void {
  openX87(core);
  finish(core, insn, orderOfRegisters(core, namedRegister(core.words, insn), signaling), pops);
}

/** FCOM m32fp | D8 /2 | Md (SDM Vol. 2A, "FCOM/FCOMP/FCOMPP—Compare Floating-Point Values"). */
export function FCOM_Md(core: Core, insn: Instruction): void {
  compareSingle(core, insn, 0);
}

/** FCOMP m32fp | D8 /3 | Md. */
export function FCOMP_Md(core: Core, insn: Instruction): void {
  compareSingle(core, insn, 1);
}

/** FCOM m64fp | DC /2 | Mq. */
export function FCOM_Mq(core: Core, insn: Instruction): void {
  compareDouble(core, insn, 0);
}

/** FCOMP m64fp | DC /3 | Mq. */
export function FCOMP_Mq(core: Core, insn: Instruction): void {
  compareDouble(core, insn, 1);
}

/** FCOM ST(i) | D8 D0+i | ST,STi. Also DC D0+i. */
export function FCOM_ST_STi(core: Core, insn: Instruction): void {
  compareRegister(core, insn, true, 0);
}

/** FCOMP ST(i) | D8 D8+i | ST,STi. Also DC D8+i and DE D0+i. */
export function FCOMP_ST_STi(core: Core, insn: Instruction): void {
  compareRegister(core, insn, true, 1);
}

/** FCOMPP | DE D9 |. With ST(1), which its ModRM byte names. */
export function FCOMPP(core: Core, insn: Instruction): void {
  compareRegister(core, insn, true, 2);
}

/** FUCOM ST(i) | DD E0+i | ST,STi (SDM Vol. 2A, "FUCOM/FUCOMP/FUCOMPP—Unordered Compare"). */
export function FUCOM_ST_STi(core: Core, insn: Instruction): void {
  compareRegister(core, insn, false, 0);
}

/** FUCOMP ST(i) | DD E8+i | ST,STi. */
export function FUCOMP_ST_STi(core: Core, insn: Instruction): void {
  compareRegister(core, insn, false, 1);
}

/** FUCOMPP | DA E9 |. With ST(1). */
export function FUCOMPP(core: Core, insn: Instruction): void {
  compareRegister(core, insn, false, 2);
}

/** FICOM m16int | DE /2 | Mw (SDM Vol. 2A, "FICOM/FICOMP—Compare Integer"). */
export function FICOM_Mw(core: Core, insn: Instruction): void {
  compareWord(core, insn, 0);
}

/** FICOMP m16int | DE /3 | Mw. */
export function FICOMP_Mw(core: Core, insn: Instruction): void {
  compareWord(core, insn, 1);
}

/** FICOM m32int | DA /2 | Md. */
export function FICOM_Md(core: Core, insn: Instruction): void {
  compareDoubleword(core, insn, 0);
}

/** FICOMP m32int | DA /3 | Md. */
export function FICOMP_Md(core: Core, insn: Instruction): void {
  compareDoubleword(core, insn, 1);
}

/** FTST | D9 E4 | (SDM Vol. 2A, "FTST—TEST"). With 0.0. */
export function FTST(core: Core, insn: Instruction): void {
  openX87(core);
  SOURCE.setZero(0);
  compare(core, insn, 0);
}

function compareToFlags(core: Core, insn: Instruction, signaling: boolean, pops: number): void {
  openX87(core);
  const order = orderOfRegisters(core, namedRegister(core.words, insn), signaling);
  // C1 is cleared by Intel's processors (SDM), and left alone by AMD's (measured) when both registers are there.
  if (core.model.vendor === 'amd' && (ENV.flags & FSW_SF) === 0) keepC1(core.words);
  if (answers(core)) core.flags.setStatus(statusOf(order));
  if (pops !== 0 && !ENV.stopsBefore()) pop(core.words);
  closeX87(core, insn);
}

/** FCOMI ST, ST(i) | DB F0+i | ST,STi (SDM Vol. 2A, "FCOMI/FCOMIP/FUCOMI/FUCOMIP"). Writes ZF PF CF, clears OF SF AF. */
export function FCOMI_ST_STi(core: Core, insn: Instruction): void {
  compareToFlags(core, insn, true, 0);
}

/** FCOMIP ST, ST(i) | DF F0+i | ST,STi. */
export function FCOMIP_ST_STi(core: Core, insn: Instruction): void {
  compareToFlags(core, insn, true, 1);
}

/** FUCOMI ST, ST(i) | DB E8+i | ST,STi. */
export function FUCOMI_ST_STi(core: Core, insn: Instruction): void {
  compareToFlags(core, insn, false, 0);
}

/** FUCOMIP ST, ST(i) | DF E8+i | ST,STi. */
export function FUCOMIP_ST_STi(core: Core, insn: Instruction): void {
  compareToFlags(core, insn, false, 1);
}

/** What FXAM says of an empty register: C3 and C0. */
const EXAMINED_EMPTY = 5;

/** FXAM | D9 E5 | (SDM Vol. 2A, "FXAM—Examine Floating-Point"). C3, C2, C0: the class; C1: the sign, of empty registers too. */
export function FXAM(core: Core, insn: Instruction): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  const slot = slotOf(top);
  const kind = isEmpty(words, top) ? EXAMINED_EMPTY : examine80(words, slot);
  setConditions(words, (kind & 4 ? FSW_C3 : 0) | (kind & 2 ? FSW_C2 : 0) | (kind & 1 ? FSW_C0 : 0));
  ENV.roundedUp = (words[slot + 2]! >>> 15) & 1; // C1.
  closeX87(core, insn);
}
