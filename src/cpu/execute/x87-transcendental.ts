import type { FloatEnv } from '../../float/env.ts';
import {
  arctangent80,
  cosine80,
  exponentialMinusOne80,
  logarithm80,
  logarithmPlusOne80,
  sine80,
  sineCosine80,
  tangent80,
} from '../../float/float80-transcendental.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { STATE_FSW } from '../../state/layout.ts';
import type { Core } from './core.ts';
import {
  canReplaceAndPush,
  closeX87,
  ENV,
  FSW_C2,
  isEmpty,
  nextOf,
  openX87,
  pop,
  push,
  slotOf,
  topOf,
  underflowInto,
} from './x87-state.ts';

/* Transcendental instructions (SDM Vol. 1, "Trigonometric Instructions", "Logarithmic, Exponential, and Scale"). */

/** C2 says that the operand of FSIN, FCOS, FSINCOS or FPTAN was out of range, and nothing happened. */
function setOutOfRange(words: Int32Array, outOfRange: boolean): void {
  const fsw = words[STATE_FSW >> 2]! & ~FSW_C2;
  words[STATE_FSW >> 2] = outOfRange ? fsw | FSW_C2 : fsw;
}

function replaceAngle(
  core: Core,
  insn: Instruction,
  operation: (words: Int32Array, a: number, out: number, env: FloatEnv) => boolean,
): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  let inRange = true;
  if (isEmpty(words, top)) underflowInto(words, top);
  else inRange = operation(words, slotOf(top), slotOf(top), ENV);
  setOutOfRange(words, !inRange);
  closeX87(core, insn);
}

/** FSIN | D9 FE | (SDM Vol. 2A, "FSIN—Sine"). */
export function FSIN(core: Core, insn: Instruction): void {
  replaceAngle(core, insn, sine80);
}

/** FCOS | D9 FF | (SDM Vol. 2A, "FCOS—Cosine"). */
export function FCOS(core: Core, insn: Instruction): void {
  replaceAngle(core, insn, cosine80);
}

function replaceAngleAndPush(
  core: Core,
  insn: Instruction,
  operation: (words: Int32Array, a: number, out: number, pushed: number, env: FloatEnv) => boolean,
): void {
  openX87(core);
  const { words } = core;
  let inRange = true;
  if (canReplaceAndPush(words)) {
    const slot = slotOf(topOf(words));
    inRange = operation(words, slot, slot, slotOf(nextOf(words)), ENV);
    if (inRange && !ENV.stopsBefore()) push(words);
  }
  setOutOfRange(words, !inRange);
  closeX87(core, insn);
}

/** FSINCOS | D9 FB | (SDM Vol. 2A, "FSINCOS—Sine and Cosine"). The sine replaces, the cosine is pushed. */
export function FSINCOS(core: Core, insn: Instruction): void {
  replaceAngleAndPush(core, insn, sineCosine80);
}

/** FPTAN | D9 F2 | (SDM Vol. 2A, "FPTAN—Partial Tangent"). The tangent replaces, 1.0 is pushed. */
export function FPTAN(core: Core, insn: Instruction): void {
  replaceAngleAndPush(core, insn, tangent80);
}

/** F2XM1 | D9 F0 | (SDM Vol. 2A, "F2XM1—Compute 2^x-1"). */
export function F2XM1(core: Core, insn: Instruction): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  if (isEmpty(words, top)) underflowInto(words, top);
  else exponentialMinusOne80(words, slotOf(top), slotOf(top), ENV);
  closeX87(core, insn);
}

/** ST(1) becomes the result of both, then the stack is popped. */
function combineAndPop(
  core: Core,
  insn: Instruction,
  operation: (words: Int32Array, st0: number, st1: number, out: number, env: FloatEnv) => void,
): void {
  openX87(core);
  const { words } = core;
  const top = topOf(words);
  const second = (top + 1) & 7;
  if (isEmpty(words, top) || isEmpty(words, second)) underflowInto(words, second);
  else operation(words, slotOf(top), slotOf(second), slotOf(second), ENV);
  if (!ENV.stopsBefore()) pop(words);
  closeX87(core, insn);
}

/** arctan(ST(1) / ST(0)). */
function arctangentOfPoint(words: Int32Array, x: number, y: number, out: number, env: FloatEnv): void {
  arctangent80(words, y, x, out, env);
}

/** FPATAN | D9 F3 | (SDM Vol. 2A, "FPATAN—Partial Arctangent"). */
export function FPATAN(core: Core, insn: Instruction): void {
  combineAndPop(core, insn, arctangentOfPoint);
}

/** FYL2X | D9 F1 | (SDM Vol. 2B, "FYL2X—Compute y * log2x"). */
export function FYL2X(core: Core, insn: Instruction): void {
  combineAndPop(core, insn, logarithm80);
}

/** FYL2XP1 | D9 F9 | (SDM Vol. 2B, "FYL2XP1—Compute y * log2(x +1)"). */
export function FYL2XP1(core: Core, insn: Instruction): void {
  combineAndPop(core, insn, logarithmPlusOne80);
}
