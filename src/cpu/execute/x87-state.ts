import { FLOAT_ALL, FLOAT_IE, FloatEnv } from '../../float/env.ts';
import { Unpacked } from '../../float/unpacked.ts';
import { CR0_EM, CR0_NE, CR0_TS } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { CS } from '../../isa/registers.ts';
import { RIP_HI, RIP_LO } from '../../state/cpu-state.ts';
import {
  STATE_CR0,
  STATE_FCS,
  STATE_FCW,
  STATE_FDP,
  STATE_FDS,
  STATE_FIP,
  STATE_FOP,
  STATE_FSW,
  STATE_FTW,
  STATE_MISC_ENABLE,
  STATE_X87,
} from '../../state/layout.ts';
import type { Core } from './core.ts';
import { checkPendingX87, FSW_B, FSW_ES, signalFerr } from './fx-state.ts';
import { effectiveAddress } from './operand.ts';

/**
 * The x87 register stack and its status word (SDM Vol. 1, "x87 FPU Execution Environment"). An instruction goes
 * `openX87` (what it waits for), operands from memory, the operation on `ENV`, a store to memory, and `closeX87`, which
 * publishes the exceptions: until then nothing of the x87 has changed but registers that are empty, so a fault of a
 * memory operand leaves everything as it was.
 *
 * Registers are named by their physical number; `slotOf` is where in the state's words their three words begin.
 */

const CR0 = STATE_CR0 >> 2;
const X87 = STATE_X87 >> 2;
const FCW = STATE_FCW >> 2;
const FSW = STATE_FSW >> 2;
const FTW = STATE_FTW >> 2;
const FOP = STATE_FOP >> 2;
const FIP = STATE_FIP >> 2;
const FDP = STATE_FDP >> 2;
const FCS = STATE_FCS >> 2;
const FDS = STATE_FDS >> 2;
const MISC_ENABLE = STATE_MISC_ENABLE >> 2;

export const FSW_SF = 1 << 6;
export const FSW_C0 = 1 << 8;
const FSW_C1 = 1 << 9;
export const FSW_C2 = 1 << 10;
export const FSW_C3 = 1 << 14;
const TOP_SHIFT = 11;
const TOP_ONE = 1 << TOP_SHIFT;
const TOP_MASK = 7 << TOP_SHIFT;
/** IA32_MISC_ENABLE, fopcode compatibility mode enable. */
const FOPCODE_COMPATIBILITY = 1 << 2;

/** The exceptions and the rounding of the x87 instruction that runs. One is enough: no two run at a time. */
export const ENV = new FloatEnv();
/** The second operand of the instruction that runs. */
export const SOURCE = new Unpacked();
/** A result on its way to memory. */
export const RESULT = new Int32Array(4);

/** The FCW that `ENV` was loaded from. */
let loadedFcw = -1;

/** Opens an instruction that waits: #NM, then #MF for what an earlier one left (SDM Vol. 3A, "Interrupt 16"). */
export function openX87(core: Core): void {
  const { words } = core;
  if (words[CR0]! & (CR0_EM | CR0_TS)) core.raiseNM();
  if (words[FSW]! & FSW_ES) checkPendingX87(core);
  const fcw = words[FCW]!;
  if (fcw === loadedFcw) {
    ENV.clear();
  } else {
    ENV.loadControlWord(fcw);
    loadedFcw = fcw;
  }
}

/** For instructions that leave C1 alone: `closeX87` will. */
export function keepC1(words: Int32Array): void {
  ENV.roundedUp = (words[FSW]! >>> 9) & 1;
}

/** Publishes C1, the exceptions with their summary and the pointers. Cannot fault. */
export function closeX87(core: Core, insn: Instruction): void {
  const { words } = core;
  const { flags } = ENV;
  let fsw = (words[FSW]! & ~FSW_C1) | flags | (ENV.roundedUp << 9);
  const unmasked = flags & ~ENV.masks & FLOAT_ALL;
  if (unmasked !== 0) fsw |= FSW_ES | FSW_B;
  words[FSW] = fsw;
  const { length } = insn;
  const rip = words[RIP_LO]!;
  words[FIP] = (rip - length) | 0;
  words[FIP + 1] = insn.codeSize === 64 ? (words[RIP_HI]! - (rip >>> 0 < length ? 1 : 0)) | 0 : 0;
  words[FCS] = core.state.selector(CS);
  if (insn.isMemory) {
    words[FDP] = effectiveAddress(core, insn);
    words[FDP + 1] = core.high;
    words[FDS] = core.state.selector(insn.segment);
  }
  // SDM Vol. 1, "Fopcode Compatibility Sub-mode": since the Pentium 4 only for unmasked exceptions. AMD's always do it.
  if (unmasked !== 0 || core.model.vendor === 'amd' || words[MISC_ENABLE]! & FOPCODE_COMPATIBILITY) {
    words[FOP] = ((insn.opcode & 7) << 8) | insn.modrm;
    if (unmasked !== 0 && (words[CR0]! & CR0_NE) === 0) signalFerr(core);
  }
}

// The register stack.

export function topOf(words: Int32Array): number {
  return (words[FSW]! >> TOP_SHIFT) & 7;
}

/** The physical number of ST(i) for the ST(i) that ModRM names; REX.B means nothing here. */
export function namedRegister(words: Int32Array, insn: Instruction): number {
  return ((words[FSW]! >> TOP_SHIFT) + insn.modrm) & 7;
}

export function slotOf(register: number): number {
  return X87 + register * 4;
}

export function isEmpty(words: Int32Array, register: number): boolean {
  return ((words[FTW]! >> register) & 1) === 0;
}

export function markValid(words: Int32Array, register: number): void {
  words[FTW] = words[FTW]! | (1 << register);
}

export function markEmpty(words: Int32Array, register: number): void {
  words[FTW] = words[FTW]! & ~(1 << register);
}

/** Moves TOP by `step` registers. */
export function turn(words: Int32Array, step: number): void {
  const fsw = words[FSW]!;
  words[FSW] = (fsw & ~TOP_MASK) | ((fsw + step * TOP_ONE) & TOP_MASK);
}

export function pop(words: Int32Array): void {
  markEmpty(words, topOf(words));
  turn(words, 1);
}

/** Makes the register below the top, which holds the new value, the top. */
export function push(words: Int32Array): void {
  turn(words, -1);
  markValid(words, topOf(words));
}

/** The register that a push will fill. */
export function nextOf(words: Int32Array): number {
  return ((words[FSW]! >> TOP_SHIFT) - 1) & 7;
}

export function copyRegister(words: Int32Array, from: number, to: number): void {
  const source = slotOf(from);
  const dest = slotOf(to);
  words[dest] = words[source]!;
  words[dest + 1] = words[source + 1]!;
  words[dest + 2] = words[source + 2]!;
}

/** The QNaN floating-point indefinite. */
export function writeIndefinite(words: Int32Array, at: number): void {
  words[at] = 0;
  words[at + 1] = 0xc0000000 | 0;
  words[at + 2] = 0xffff;
}

/** Stack underflow: IE, SF, C1 clear (SDM Vol. 1, "Stack Overflow or Underflow Exception (#IS)"). True when it is masked. */
export function underflow(): boolean {
  ENV.flags |= FLOAT_IE | FSW_SF;
  ENV.roundedUp = 0;
  return !ENV.stopsBefore();
}

/** Stack underflow of an operation on registers: masked, its result is the indefinite. */
export function underflowInto(words: Int32Array, register: number): void {
  if (!underflow()) return;
  writeIndefinite(words, slotOf(register));
  markValid(words, register);
}

/** Stack overflow: IE, SF, C1 set; masked, the indefinite is pushed all the same. */
export function overflowPush(words: Int32Array): void {
  ENV.flags |= FLOAT_IE | FSW_SF;
  ENV.roundedUp = 1;
  if (ENV.stopsBefore()) return;
  writeIndefinite(words, slotOf(nextOf(words)));
  push(words);
}

/**
 * True when the top is there to be replaced and there is room for a push. Otherwise the stack exception is raised and,
 * masked, both results are the indefinite.
 */
export function canReplaceAndPush(words: Int32Array): boolean {
  const top = topOf(words);
  if (isEmpty(words, top)) {
    underflowInto(words, top);
    if (ENV.stopsBefore()) return false;
    writeIndefinite(words, slotOf(nextOf(words)));
    push(words);
    return false;
  }
  if (isEmpty(words, nextOf(words))) return true;
  overflowPush(words);
  if (!ENV.stopsBefore()) writeIndefinite(words, slotOf(top));
  return false;
}

/** Replaces C3, C2 and C0. */
export function setConditions(words: Int32Array, conditions: number): void {
  words[FSW] = (words[FSW]! & ~(FSW_C0 | FSW_C2 | FSW_C3)) | conditions;
}
