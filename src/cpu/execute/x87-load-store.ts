import { FLOAT_DE, FLOAT_PRE_COMPUTATION } from '../../float/env.ts';
import {
  constant80,
  FLDLN2 as LN_2,
  FLDL2T as LOG2_10,
  FLDL2E as LOG2_E,
  FLDLG2 as LOG10_2,
  FLD1 as ONE,
  FLDPI as PI,
} from '../../float/float80.ts';
import {
  loadDecimal80,
  loadDouble80,
  loadInteger80,
  loadSingle80,
  storeDecimal80,
  storeDouble80,
  storeInteger80,
  storeSingle80,
} from '../../float/float80-convert.ts';
import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import {
  effectiveAddress,
  loadEd,
  loadEq,
  loadEw,
  openEd,
  openEq,
  openEw,
  storeEd,
  storeEq,
  storeEw,
} from './operand.ts';
import {
  closeX87,
  copyRegister,
  ENV,
  isEmpty,
  keepC1,
  markValid,
  namedRegister,
  nextOf,
  openX87,
  overflowPush,
  pop,
  push,
  RESULT,
  slotOf,
  topOf,
  underflow,
  underflowInto,
  writeIndefinite,
} from './x87-state.ts';

/* Data transfer (SDM Vol. 1, "Data Transfer Instructions"): loads push, stores may pop. */

// Loads.

/** Ends a load that wrote its value where a push goes. */
function finishLoad(core: Core, insn: Instruction): void {
  const stopping = ENV.flags & ~ENV.masks & FLOAT_PRE_COMPUTATION;
  if (stopping === 0 || (stopping === FLOAT_DE && ENV.denormalLoadCompletes)) push(core.words);
  closeX87(core, insn);
}

/** True when there is room for a push; otherwise the stack overflow is dealt with. */
function hasRoom(core: Core, insn: Instruction): boolean {
  if (isEmpty(core.words, nextOf(core.words))) return true;
  overflowPush(core.words);
  closeX87(core, insn);
  return false;
}

/** FLD m32fp | D9 /0 | Md (SDM Vol. 2A, "FLD—Load Floating-Point Value"). */
export function FLD_Md(core: Core, insn: Instruction): void {
  openX87(core);
  const word = loadEd(core, insn);
  if (!hasRoom(core, insn)) return;
  ENV.denormalLoadCompletes = core.model.vendor === 'amd';
  loadSingle80(word, core.words, slotOf(nextOf(core.words)), ENV);
  finishLoad(core, insn);
}

/** FLD m64fp | DD /0 | Mq. */
export function FLD_Mq(core: Core, insn: Instruction): void {
  openX87(core);
  const lo = loadEq(core, insn);
  const hi = core.high;
  if (!hasRoom(core, insn)) return;
  ENV.denormalLoadCompletes = core.model.vendor === 'amd';
  loadDouble80(lo, hi, core.words, slotOf(nextOf(core.words)), ENV);
  finishLoad(core, insn);
}

/** Reads ten bytes into RESULT. */
function loadTen(core: Core, insn: Instruction): void {
  const offset = effectiveAddress(core, insn);
  const lo = core.linear(insn.segment, offset, core.high, 10, false);
  const hi = core.high;
  const { mmu } = core;
  mmu.checkAligned(lo, hi, 8);
  RESULT[0] = mmu.read64(lo, hi);
  RESULT[1] = mmu.high;
  const end = (lo + 8) | 0;
  RESULT[2] = mmu.read16(end, end >>> 0 < 8 ? core.highOfNext(hi) : hi);
}

/** FLD m80fp | DB /5 | Mt. Whatever the bits are, no exception but of the stack. */
export function FLD_Mt(core: Core, insn: Instruction): void {
  openX87(core);
  loadTen(core, insn);
  if (!hasRoom(core, insn)) return;
  const { words } = core;
  const slot = slotOf(nextOf(words));
  words[slot] = RESULT[0]!;
  words[slot + 1] = RESULT[1]!;
  words[slot + 2] = RESULT[2]!;
  push(words);
  closeX87(core, insn);
}

/** FLD ST(i) | D9 C0+i | STi. */
export function FLD_STi(core: Core, insn: Instruction): void {
  openX87(core);
  const { words } = core;
  const source = namedRegister(words, insn);
  if (isEmpty(words, source)) {
    // Before the overflow, when it is both: measured on Zen 3.
    if (underflow()) {
      writeIndefinite(words, slotOf(nextOf(words)));
      push(words);
    }
  } else if (!isEmpty(words, nextOf(words))) {
    overflowPush(words);
  } else {
    copyRegister(words, source, nextOf(words));
    push(words);
  }
  closeX87(core, insn);
}

function loadInteger(core: Core, insn: Instruction, lo: number, hi: number): void {
  if (!hasRoom(core, insn)) return;
  loadInteger80(lo, hi, core.words, slotOf(nextOf(core.words)));
  push(core.words);
  closeX87(core, insn);
}

/** FILD m16int | DF /0 | Mw (SDM Vol. 2A, "FILD—Load Integer"). */
export function FILD_Mw(core: Core, insn: Instruction): void {
  openX87(core);
  const value = (loadEw(core, insn) << 16) >> 16;
  loadInteger(core, insn, value, value >> 31);
}

/** FILD m32int | DB /0 | Md. */
export function FILD_Md(core: Core, insn: Instruction): void {
  openX87(core);
  const value = loadEd(core, insn);
  loadInteger(core, insn, value, value >> 31);
}

/** FILD m64int | DF /5 | Mq. */
export function FILD_Mq(core: Core, insn: Instruction): void {
  openX87(core);
  const lo = loadEq(core, insn);
  loadInteger(core, insn, lo, core.high);
}

/** FBLD m80bcd | DF /4 | Mt (SDM Vol. 2A, "FBLD—Load Binary Coded Decimal"). */
export function FBLD_Mt(core: Core, insn: Instruction): void {
  openX87(core);
  loadTen(core, insn);
  if (!hasRoom(core, insn)) return;
  loadDecimal80(RESULT[0]!, RESULT[1]!, RESULT[2]!, core.words, slotOf(nextOf(core.words)));
  push(core.words);
  closeX87(core, insn);
}

function loadConstant(
  core: Core,
  insn: Instruction,
  constant: readonly [number, number, number, number],
): void {
  openX87(core);
  if (!hasRoom(core, insn)) return;
  constant80(constant, core.words, slotOf(nextOf(core.words)), ENV);
  push(core.words);
  closeX87(core, insn);
}

/** FLD1 | D9 E8 | (SDM Vol. 2A, "FLD1/FLDL2T/FLDL2E/FLDPI/FLDLG2/FLDLN2/FLDZ—Load Constant"). */
export function FLD1(core: Core, insn: Instruction): void {
  loadConstant(core, insn, ONE);
}

/** FLDL2T | D9 E9 |. */
export function FLDL2T(core: Core, insn: Instruction): void {
  loadConstant(core, insn, LOG2_10);
}

/** FLDL2E | D9 EA |. */
export function FLDL2E(core: Core, insn: Instruction): void {
  loadConstant(core, insn, LOG2_E);
}

/** FLDPI | D9 EB |. */
export function FLDPI(core: Core, insn: Instruction): void {
  loadConstant(core, insn, PI);
}

/** FLDLG2 | D9 EC |. */
export function FLDLG2(core: Core, insn: Instruction): void {
  loadConstant(core, insn, LOG10_2);
}

/** FLDLN2 | D9 ED |. */
export function FLDLN2(core: Core, insn: Instruction): void {
  loadConstant(core, insn, LN_2);
}

/** FLDZ | D9 EE |. */
export function FLDZ(core: Core, insn: Instruction): void {
  openX87(core);
  loadInteger(core, insn, 0, 0);
}

// Stores. RESULT is the value; memory is written before anything of the x87 changes. An unmasked exception leaves memory
// as it was, but its faults come first (measured on Zen 3): the destination is then only opened.

function finishStore(core: Core, insn: Instruction, pops: boolean): void {
  if (pops) pop(core.words);
  closeX87(core, insn);
}

function storeSingle(core: Core, insn: Instruction, pops: boolean): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  let stores: boolean;
  if (isEmpty(words, top)) {
    stores = underflow();
    RESULT[0] = 0xffc00000 | 0;
  } else {
    stores = storeSingle80(words, slotOf(top), RESULT, ENV);
  }
  if (stores) storeEd(core, insn, RESULT[0]!);
  else openEd(core, insn);
  finishStore(core, insn, pops && stores);
}

/** FST m32fp | D9 /2 | Md (SDM Vol. 2A, "FST/FSTP—Store Floating-Point Value"). */
export function FST_Md(core: Core, insn: Instruction): void {
  storeSingle(core, insn, false);
}

/** FSTP m32fp | D9 /3 | Md. */
export function FSTP_Md(core: Core, insn: Instruction): void {
  storeSingle(core, insn, true);
}

function storeDouble(core: Core, insn: Instruction, pops: boolean): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  let stores: boolean;
  if (isEmpty(words, top)) {
    stores = underflow();
    RESULT[0] = 0;
    RESULT[1] = 0xfff80000 | 0;
  } else {
    stores = storeDouble80(words, slotOf(top), RESULT, ENV);
  }
  if (stores) storeEq(core, insn, RESULT[0]!, RESULT[1]!);
  else openEq(core, insn);
  finishStore(core, insn, pops && stores);
}

/** FST m64fp | DD /2 | Mq. */
export function FST_Mq(core: Core, insn: Instruction): void {
  storeDouble(core, insn, false);
}

/** FSTP m64fp | DD /3 | Mq. */
export function FSTP_Mq(core: Core, insn: Instruction): void {
  storeDouble(core, insn, true);
}

/** Writes the ten bytes of RESULT, or only proves that it could. */
function storeTen(core: Core, insn: Instruction, stores: boolean): void {
  const offset = effectiveAddress(core, insn);
  const lo = core.linear(insn.segment, offset, core.high, 10, true);
  const hi = core.high;
  const { mmu } = core;
  mmu.checkAligned(lo, hi, 8);
  mmu.probeWrite(lo, hi, 10);
  if (!stores) return;
  mmu.write64(lo, hi, RESULT[0]!, RESULT[1]!);
  const end = (lo + 8) | 0;
  mmu.write16(end, end >>> 0 < 8 ? core.highOfNext(hi) : hi, RESULT[2]! & 0xffff);
}

/** FSTP m80fp | DB /7 | Mt. */
export function FSTP_Mt(core: Core, insn: Instruction): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  const slot = slotOf(top);
  let stores = true;
  if (isEmpty(words, top)) {
    stores = underflow();
    writeIndefinite(RESULT, 0);
  } else {
    RESULT[0] = words[slot]!;
    RESULT[1] = words[slot + 1]!;
    RESULT[2] = words[slot + 2]!;
  }
  storeTen(core, insn, stores);
  finishStore(core, insn, stores);
}

/** FBSTP m80bcd | DF /6 | Mt (SDM Vol. 2A, "FBSTP—Store BCD Integer and Pop"). */
export function FBSTP_Mt(core: Core, insn: Instruction): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  let stores: boolean;
  if (isEmpty(words, top)) {
    stores = underflow();
    writeIndefinite(RESULT, 0); // The packed BCD indefinite has the same bits.
  } else {
    stores = storeDecimal80(words, slotOf(top), RESULT, ENV);
  }
  storeTen(core, insn, stores);
  finishStore(core, insn, stores);
}

/** D9 D8+i, "FSTP, no check for empty": of an empty register only the pop is left (measured on Zen 3). */
const FSTPNCE = 0xd9;

function storeRegister(core: Core, insn: Instruction, pops: boolean): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  const dest = namedRegister(words, insn);
  if (!isEmpty(words, top)) {
    copyRegister(words, top, dest);
    markValid(words, dest);
  } else if (insn.opcode !== FSTPNCE) {
    underflowInto(words, dest);
  }
  finishStore(core, insn, pops && !ENV.stopsBefore());
}

/** FST ST(i) | DD D0+i | STi. */
export function FST_STi(core: Core, insn: Instruction): void {
  storeRegister(core, insn, false);
}

/** FSTP ST(i) | DD D8+i | STi. Also D9 D8+i, DF D0+i and DF D8+i, which no manual names. */
export function FSTP_STi(core: Core, insn: Instruction): void {
  storeRegister(core, insn, true);
}

/** The integer in RESULT: true when it is to be stored. The indefinite is written for a register that is empty. */
function makeInteger(core: Core, bits: number, truncates: boolean): boolean {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  if (!isEmpty(words, top)) return storeInteger80(words, slotOf(top), bits, truncates, RESULT, ENV);
  RESULT[0] = bits === 16 ? 0x8000 : bits === 32 ? 0x80000000 | 0 : 0;
  RESULT[1] = 0x80000000 | 0;
  return underflow();
}

function storeWord(core: Core, insn: Instruction, truncates: boolean, pops: boolean): void {
  const stores = makeInteger(core, 16, truncates);
  if (stores) storeEw(core, insn, RESULT[0]! & 0xffff);
  else openEw(core, insn);
  finishStore(core, insn, pops && stores);
}

function storeDoubleword(core: Core, insn: Instruction, truncates: boolean, pops: boolean): void {
  const stores = makeInteger(core, 32, truncates);
  if (stores) storeEd(core, insn, RESULT[0]!);
  else openEd(core, insn);
  finishStore(core, insn, pops && stores);
}

function storeQuadwordAndPop(core: Core, insn: Instruction, truncates: boolean): void {
  const stores = makeInteger(core, 64, truncates);
  if (stores) storeEq(core, insn, RESULT[0]!, RESULT[1]!);
  else openEq(core, insn);
  finishStore(core, insn, stores);
}

/** FIST m16int | DF /2 | Mw (SDM Vol. 2A, "FIST/FISTP—Store Integer"). */
export function FIST_Mw(core: Core, insn: Instruction): void {
  storeWord(core, insn, false, false);
}

/** FIST m32int | DB /2 | Md. */
export function FIST_Md(core: Core, insn: Instruction): void {
  storeDoubleword(core, insn, false, false);
}

/** FISTP m16int | DF /3 | Mw. */
export function FISTP_Mw(core: Core, insn: Instruction): void {
  storeWord(core, insn, false, true);
}

/** FISTP m32int | DB /3 | Md. */
export function FISTP_Md(core: Core, insn: Instruction): void {
  storeDoubleword(core, insn, false, true);
}

/** FISTP m64int | DF /7 | Mq. */
export function FISTP_Mq(core: Core, insn: Instruction): void {
  storeQuadwordAndPop(core, insn, false);
}

/** FISTTP m16int | DF /1 | Mw (SDM Vol. 2A, "FISTTP—Store Integer With Truncation"). */
export function FISTTP_Mw(core: Core, insn: Instruction): void {
  storeWord(core, insn, true, true);
}

/** FISTTP m32int | DB /1 | Md. */
export function FISTTP_Md(core: Core, insn: Instruction): void {
  storeDoubleword(core, insn, true, true);
}

/** FISTTP m64int | DD /1 | Mq. */
export function FISTTP_Mq(core: Core, insn: Instruction): void {
  storeQuadwordAndPop(core, insn, true);
}

/** FXCH ST(i) | D9 C8+i | STi (SDM Vol. 2A, "FXCH—Exchange Register Contents"). Also DD C8+i and DF C8+i. */
export function FXCH_STi(core: Core, insn: Instruction): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  const other = namedRegister(words, insn);
  const topEmpty = isEmpty(words, top);
  const otherEmpty = isEmpty(words, other);
  // Masked, an empty register first becomes the indefinite.
  if (topEmpty) underflowInto(words, top);
  if (otherEmpty) underflowInto(words, other);
  if (!ENV.stopsBefore()) {
    const a = slotOf(top);
    const b = slotOf(other);
    for (let n = 0; n < 3; n++) {
      const word = words[a + n]!;
      words[a + n] = words[b + n]!;
      words[b + n] = word;
    }
  }
  closeX87(core, insn);
}

function moveRegister(core: Core, insn: Instruction, condition: number): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  const source = namedRegister(words, insn);
  // A register that is empty counts even when nothing moves.
  if (isEmpty(words, top) || isEmpty(words, source)) {
    underflowInto(words, top);
  } else {
    if (condition !== 0) copyRegister(words, source, top);
    keepC1(words);
  }
  closeX87(core, insn);
}

/** FCMOVB ST(0), ST(i) | DA C0+i | ST,STi (SDM Vol. 2A, "FCMOVcc—Floating-Point Conditional Move"). */
export function FCMOVB_ST_STi(core: Core, insn: Instruction): void {
  moveRegister(core, insn, core.flags.cf());
}

/** FCMOVE ST(0), ST(i) | DA C8+i | ST,STi. */
export function FCMOVE_ST_STi(core: Core, insn: Instruction): void {
  moveRegister(core, insn, core.flags.zf());
}

/** FCMOVBE ST(0), ST(i) | DA D0+i | ST,STi. */
export function FCMOVBE_ST_STi(core: Core, insn: Instruction): void {
  moveRegister(core, insn, core.flags.cf() | core.flags.zf());
}

/** FCMOVU ST(0), ST(i) | DA D8+i | ST,STi. */
export function FCMOVU_ST_STi(core: Core, insn: Instruction): void {
  moveRegister(core, insn, core.flags.pf());
}

/** FCMOVNB ST(0), ST(i) | DB C0+i | ST,STi. */
export function FCMOVNB_ST_STi(core: Core, insn: Instruction): void {
  moveRegister(core, insn, core.flags.cf() ^ 1);
}

/** FCMOVNE ST(0), ST(i) | DB C8+i | ST,STi. */
export function FCMOVNE_ST_STi(core: Core, insn: Instruction): void {
  moveRegister(core, insn, core.flags.zf() ^ 1);
}

/** FCMOVNBE ST(0), ST(i) | DB D0+i | ST,STi. */
export function FCMOVNBE_ST_STi(core: Core, insn: Instruction): void {
  moveRegister(core, insn, (core.flags.cf() | core.flags.zf()) ^ 1);
}

/** FCMOVNU ST(0), ST(i) | DB D8+i | ST,STi. */
export function FCMOVNU_ST_STi(core: Core, insn: Instruction): void {
  moveRegister(core, insn, core.flags.pf() ^ 1);
}
