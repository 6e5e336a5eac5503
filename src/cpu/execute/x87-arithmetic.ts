import type { FloatEnv } from '../../float/env.ts';
import {
  add80,
  divide80,
  divideReversed80,
  extract80,
  multiply80,
  round80,
  scale80,
  squareRoot80,
  subtract80,
  subtractReversed80,
} from '../../float/float80.ts';
import { REMAINDER_PARTIAL, remainder80 } from '../../float/float80-remainder.ts';
import { type Unpacked, unpack80 } from '../../float/unpacked.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { STATE_FSW } from '../../state/layout.ts';
import type { Core } from './core.ts';
import { openDouble, openDoubleword, openSingle, openWord } from './x87-source.ts';
import {
  canReplaceAndPush,
  closeX87,
  ENV,
  FSW_C0,
  FSW_C2,
  FSW_C3,
  isEmpty,
  namedRegister,
  nextOf,
  openX87,
  pop,
  push,
  SOURCE,
  setConditions,
  slotOf,
  topOf,
  underflowInto,
} from './x87-state.ts';

const FSW = STATE_FSW >> 2;

/* Basic arithmetic (SDM Vol. 1, "Basic Arithmetic Instructions"). */

/** out = a (a register) combined with b. */
type Operation = (words: Int32Array, a: number, b: Unpacked, out: number, env: FloatEnv) => void;

/** ST(0) = ST(0) combined with SOURCE, which came from memory. */
function operate(core: Core, insn: Instruction, operation: Operation): void {
  const { words } = core;
  const top = topOf(words);
  if (isEmpty(words, top)) underflowInto(words, top);
  else operation(words, slotOf(top), SOURCE, slotOf(top), ENV);
  closeX87(core, insn);
}

function withSingle(core: Core, insn: Instruction, operation: Operation): void {
  openSingle(core, insn);
  operate(core, insn, operation);
}

function withDouble(core: Core, insn: Instruction, operation: Operation): void {
  openDouble(core, insn);
  operate(core, insn, operation);
}

function withWord(core: Core, insn: Instruction, operation: Operation): void {
  openWord(core, insn);
  operate(core, insn, operation);
}

function withDoubleword(core: Core, insn: Instruction, operation: Operation): void {
  openDoubleword(core, insn);
  operate(core, insn, operation);
}

/** dest = dest combined with source, both registers. */
function combine(core: Core, dest: number, source: number, operation: Operation): void {
  const { words } = core;
  if (isEmpty(words, dest) || isEmpty(words, source)) {
    underflowInto(words, dest);
    return;
  }
  unpack80(words, slotOf(source), SOURCE);
  operation(words, slotOf(dest), SOURCE, slotOf(dest), ENV);
}

function toTop(core: Core, insn: Instruction, operation: Operation): void {
  openX87(core);
  combine(core, topOf(core.words), namedRegister(core.words, insn), operation);
  closeX87(core, insn);
}

function toNamed(core: Core, insn: Instruction, operation: Operation): void {
  openX87(core);
  combine(core, namedRegister(core.words, insn), topOf(core.words), operation);
  closeX87(core, insn);
}

function toNamedAndPop(core: Core, insn: Instruction, operation: Operation): void {
  openX87(core);
  combine(core, namedRegister(core.words, insn), topOf(core.words), operation);
  if (!ENV.stopsBefore()) pop(core.words);
  closeX87(core, insn);
}

/** FADD m32fp | D8 /0 | Md (SDM Vol. 2A, "FADD/FADDP/FIADD—Add"). */
export function FADD_Md(core: Core, insn: Instruction): void {
  withSingle(core, insn, add80);
}

/** FADD m64fp | DC /0 | Mq. */
export function FADD_Mq(core: Core, insn: Instruction): void {
  withDouble(core, insn, add80);
}

/** FADD ST(0), ST(i) | D8 C0+i | ST,STi. */
export function FADD_ST_STi(core: Core, insn: Instruction): void {
  toTop(core, insn, add80);
}

/** FADD ST(i), ST(0) | DC C0+i | STi,ST. */
export function FADD_STi_ST(core: Core, insn: Instruction): void {
  toNamed(core, insn, add80);
}

/** FADDP ST(i), ST(0) | DE C0+i | STi,ST. */
export function FADDP_STi_ST(core: Core, insn: Instruction): void {
  toNamedAndPop(core, insn, add80);
}

/** FIADD m16int | DE /0 | Mw. */
export function FIADD_Mw(core: Core, insn: Instruction): void {
  withWord(core, insn, add80);
}

/** FIADD m32int | DA /0 | Md. */
export function FIADD_Md(core: Core, insn: Instruction): void {
  withDoubleword(core, insn, add80);
}

/** FMUL m32fp | D8 /1 | Md (SDM Vol. 2A, "FMUL/FMULP/FIMUL—Multiply"). */
export function FMUL_Md(core: Core, insn: Instruction): void {
  withSingle(core, insn, multiply80);
}

/** FMUL m64fp | DC /1 | Mq. */
export function FMUL_Mq(core: Core, insn: Instruction): void {
  withDouble(core, insn, multiply80);
}

/** FMUL ST(0), ST(i) | D8 C8+i | ST,STi. */
export function FMUL_ST_STi(core: Core, insn: Instruction): void {
  toTop(core, insn, multiply80);
}

/** FMUL ST(i), ST(0) | DC C8+i | STi,ST. */
export function FMUL_STi_ST(core: Core, insn: Instruction): void {
  toNamed(core, insn, multiply80);
}

/** FMULP ST(i), ST(0) | DE C8+i | STi,ST. */
export function FMULP_STi_ST(core: Core, insn: Instruction): void {
  toNamedAndPop(core, insn, multiply80);
}

/** FIMUL m16int | DE /1 | Mw. */
export function FIMUL_Mw(core: Core, insn: Instruction): void {
  withWord(core, insn, multiply80);
}

/** FIMUL m32int | DA /1 | Md. */
export function FIMUL_Md(core: Core, insn: Instruction): void {
  withDoubleword(core, insn, multiply80);
}

/** FSUB m32fp | D8 /4 | Md (SDM Vol. 2A, "FSUB/FSUBP/FISUB—Subtract"). */
export function FSUB_Md(core: Core, insn: Instruction): void {
  withSingle(core, insn, subtract80);
}

/** FSUB m64fp | DC /4 | Mq. */
export function FSUB_Mq(core: Core, insn: Instruction): void {
  withDouble(core, insn, subtract80);
}

/** FSUB ST(0), ST(i) | D8 E0+i | ST,STi. */
export function FSUB_ST_STi(core: Core, insn: Instruction): void {
  toTop(core, insn, subtract80);
}

/** FSUB ST(i), ST(0) | DC E8+i | STi,ST. */
export function FSUB_STi_ST(core: Core, insn: Instruction): void {
  toNamed(core, insn, subtract80);
}

/** FSUBP ST(i), ST(0) | DE E8+i | STi,ST. */
export function FSUBP_STi_ST(core: Core, insn: Instruction): void {
  toNamedAndPop(core, insn, subtract80);
}

/** FISUB m16int | DE /4 | Mw. */
export function FISUB_Mw(core: Core, insn: Instruction): void {
  withWord(core, insn, subtract80);
}

/** FISUB m32int | DA /4 | Md. */
export function FISUB_Md(core: Core, insn: Instruction): void {
  withDoubleword(core, insn, subtract80);
}

/** FSUBR m32fp | D8 /5 | Md (SDM Vol. 2A, "FSUBR/FSUBRP/FISUBR—Reverse Subtract"). */
export function FSUBR_Md(core: Core, insn: Instruction): void {
  withSingle(core, insn, subtractReversed80);
}

/** FSUBR m64fp | DC /5 | Mq. */
export function FSUBR_Mq(core: Core, insn: Instruction): void {
  withDouble(core, insn, subtractReversed80);
}

/** FSUBR ST(0), ST(i) | D8 E8+i | ST,STi. */
export function FSUBR_ST_STi(core: Core, insn: Instruction): void {
  toTop(core, insn, subtractReversed80);
}

/** FSUBR ST(i), ST(0) | DC E0+i | STi,ST. */
export function FSUBR_STi_ST(core: Core, insn: Instruction): void {
  toNamed(core, insn, subtractReversed80);
}

/** FSUBRP ST(i), ST(0) | DE E0+i | STi,ST. */
export function FSUBRP_STi_ST(core: Core, insn: Instruction): void {
  toNamedAndPop(core, insn, subtractReversed80);
}

/** FISUBR m16int | DE /5 | Mw. */
export function FISUBR_Mw(core: Core, insn: Instruction): void {
  withWord(core, insn, subtractReversed80);
}

/** FISUBR m32int | DA /5 | Md. */
export function FISUBR_Md(core: Core, insn: Instruction): void {
  withDoubleword(core, insn, subtractReversed80);
}

/** FDIV m32fp | D8 /6 | Md (SDM Vol. 2A, "FDIV/FDIVP/FIDIV—Divide"). */
export function FDIV_Md(core: Core, insn: Instruction): void {
  withSingle(core, insn, divide80);
}

/** FDIV m64fp | DC /6 | Mq. */
export function FDIV_Mq(core: Core, insn: Instruction): void {
  withDouble(core, insn, divide80);
}

/** FDIV ST(0), ST(i) | D8 F0+i | ST,STi. */
export function FDIV_ST_STi(core: Core, insn: Instruction): void {
  toTop(core, insn, divide80);
}

/** FDIV ST(i), ST(0) | DC F8+i | STi,ST. */
export function FDIV_STi_ST(core: Core, insn: Instruction): void {
  toNamed(core, insn, divide80);
}

/** FDIVP ST(i), ST(0) | DE F8+i | STi,ST. */
export function FDIVP_STi_ST(core: Core, insn: Instruction): void {
  toNamedAndPop(core, insn, divide80);
}

/** FIDIV m16int | DE /6 | Mw. */
export function FIDIV_Mw(core: Core, insn: Instruction): void {
  withWord(core, insn, divide80);
}

/** FIDIV m32int | DA /6 | Md. */
export function FIDIV_Md(core: Core, insn: Instruction): void {
  withDoubleword(core, insn, divide80);
}

/** FDIVR m32fp | D8 /7 | Md (SDM Vol. 2A, "FDIVR/FDIVRP/FIDIVR—Reverse Divide"). */
export function FDIVR_Md(core: Core, insn: Instruction): void {
  withSingle(core, insn, divideReversed80);
}

/** FDIVR m64fp | DC /7 | Mq. */
export function FDIVR_Mq(core: Core, insn: Instruction): void {
  withDouble(core, insn, divideReversed80);
}

/** FDIVR ST(0), ST(i) | D8 F8+i | ST,STi. */
export function FDIVR_ST_STi(core: Core, insn: Instruction): void {
  toTop(core, insn, divideReversed80);
}

/** FDIVR ST(i), ST(0) | DC F0+i | STi,ST. */
export function FDIVR_STi_ST(core: Core, insn: Instruction): void {
  toNamed(core, insn, divideReversed80);
}

/** FDIVRP ST(i), ST(0) | DE F0+i | STi,ST. */
export function FDIVRP_STi_ST(core: Core, insn: Instruction): void {
  toNamedAndPop(core, insn, divideReversed80);
}

/** FIDIVR m16int | DE /7 | Mw. */
export function FIDIVR_Mw(core: Core, insn: Instruction): void {
  withWord(core, insn, divideReversed80);
}

/** FIDIVR m32int | DA /7 | Md. */
export function FIDIVR_Md(core: Core, insn: Instruction): void {
  withDoubleword(core, insn, divideReversed80);
}

// Operations on ST(0).

/** FCHS | D9 E0 | (SDM Vol. 2A, "FCHS—Change Sign"). Of whatever the bits are. */
export function FCHS(core: Core, insn: Instruction): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  if (isEmpty(words, top)) underflowInto(words, top);
  else words[slotOf(top) + 2] = words[slotOf(top) + 2]! ^ 0x8000;
  closeX87(core, insn);
}

/** FABS | D9 E1 | (SDM Vol. 2A, "FABS—Absolute Value"). */
export function FABS(core: Core, insn: Instruction): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  if (isEmpty(words, top)) underflowInto(words, top);
  else words[slotOf(top) + 2] = words[slotOf(top) + 2]! & 0x7fff;
  closeX87(core, insn);
}

function replaceTop(
  core: Core,
  insn: Instruction,
  operation: (words: Int32Array, a: number, out: number, env: FloatEnv) => void,
): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  if (isEmpty(words, top)) underflowInto(words, top);
  else operation(words, slotOf(top), slotOf(top), ENV);
  closeX87(core, insn);
}

/** FSQRT | D9 FA | (SDM Vol. 2A, "FSQRT—Square Root"). */
export function FSQRT(core: Core, insn: Instruction): void {
  replaceTop(core, insn, squareRoot80);
}

/** FRNDINT | D9 FC | (SDM Vol. 2A, "FRNDINT—Round to Integer"). */
export function FRNDINT(core: Core, insn: Instruction): void {
  replaceTop(core, insn, round80);
}

/** FSCALE | D9 FD | (SDM Vol. 2A, "FSCALE—Scale"). ST(0) times two to the power of ST(1). */
export function FSCALE(core: Core, insn: Instruction): void {
  openX87(core);
  const top = topOf(core.words);
  combine(core, top, (top + 1) & 7, scale80);
  closeX87(core, insn);
}

/** FXTRACT | D9 F4 | (SDM Vol. 2B, "FXTRACT—Extract Exponent and Significand"). The exponent replaces, the significand is pushed. */
export function FXTRACT(core: Core, insn: Instruction): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  if (canReplaceAndPush(words)) {
    extract80(words, slotOf(top), slotOf(top), slotOf(nextOf(words)), ENV);
    if (!ENV.stopsBefore()) push(words);
  }
  closeX87(core, insn);
}

function remainder(core: Core, insn: Instruction, nearest: boolean): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  const divisor = (top + 1) & 7;
  if (isEmpty(words, top) || isEmpty(words, divisor)) {
    underflowInto(words, top);
    clearPartial(words);
  } else {
    unpack80(words, slotOf(divisor), SOURCE);
    const answer = remainder80(words, slotOf(top), SOURCE, nearest, slotOf(top), ENV);
    if (answer < 0 || (words[slotOf(top) + 2]! & 0x7fff) === 0x7fff) {
      // Stopped, or a NaN: there is no quotient.
      clearPartial(words);
    } else {
      setConditions(
        words,
        (answer & REMAINDER_PARTIAL ? FSW_C2 : 0) | (answer & 4 ? FSW_C0 : 0) | (answer & 2 ? FSW_C3 : 0),
      );
      ENV.roundedUp = answer & 1; // C1.
    }
  }
  closeX87(core, insn);
}

/** Without a quotient C0 and C3 stay, and nothing is left to be done (measured on Zen 3). */
function clearPartial(words: Int32Array): void {
  words[FSW] = words[FSW]! & ~FSW_C2;
}

/** FPREM | D9 F8 | (SDM Vol. 2A, "FPREM—Partial Remainder"). C2: not done yet; C0, C3, C1: the quotient's low bits. */
export function FPREM(core: Core, insn: Instruction): void {
  remainder(core, insn, false);
}

/** FPREM1 | D9 F5 | (SDM Vol. 2A, "FPREM1—Partial Remainder"). As IEEE 754 asks: the quotient is rounded to nearest. */
export function FPREM1(core: Core, insn: Instruction): void {
  remainder(core, insn, true);
}
