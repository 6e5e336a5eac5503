import type { Instruction } from '../../isa/instruction.ts';
import {
  STATE_FCS,
  STATE_FCW,
  STATE_FDP,
  STATE_FDS,
  STATE_FIP,
  STATE_FOP,
  STATE_FSW,
  STATE_FTW,
} from '../../state/layout.ts';
import type { Core } from './core.ts';
import { checkPendingX87, checkX87, FNINIT, followFerr, withErrorSummary } from './fx-state.ts';
import { effectiveAddress } from './operand.ts';
import {
  closeX87,
  isEmpty,
  keepC1,
  markEmpty,
  namedRegister,
  openX87,
  pop,
  slotOf,
  topOf,
  turn,
} from './x87-state.ts';

/* Control of the stack, and the environment in memory (SDM Vol. 1, "Saving the x87 FPU's State with FSTENV/FNSTENV"). */

/** FNOP | D9 D0 |. Waits, and counts as the last instruction. */
export function FNOP(core: Core, insn: Instruction): void {
  openX87(core);
  keepC1(core.words);
  closeX87(core, insn);
}

/** FINCSTP | D9 F7 | (SDM Vol. 2A, "FINCSTP—Increment Stack-Top Pointer"). Empties nothing. */
export function FINCSTP(core: Core, insn: Instruction): void {
  openX87(core);
  turn(core.words, 1);
  closeX87(core, insn);
}

/** FDECSTP | D9 F6 | (SDM Vol. 2A, "FDECSTP—Decrement Stack-Top Pointer"). */
export function FDECSTP(core: Core, insn: Instruction): void {
  openX87(core);
  turn(core.words, -1);
  closeX87(core, insn);
}

/** FFREE ST(i) | DD C0+i | STi (SDM Vol. 2A, "FFREE—Free Floating-Point Register"). */
export function FFREE_STi(core: Core, insn: Instruction): void {
  openX87(core);
  markEmpty(core.words, namedRegister(core.words, insn));
  closeX87(core, insn);
}

/** FFREEP ST(i) | DF C0+i | STi. FFREE and a pop; no manual of Intel names it. */
export function FFREEP_STi(core: Core, insn: Instruction): void {
  openX87(core);
  markEmpty(core.words, namedRegister(core.words, insn));
  pop(core.words);
  closeX87(core, insn);
}

// The environment: seven fields of an operand size each.

const FCW_MASKS = 0x3f;
const FCW_WRITABLE = 0x1f3f;
/** Reads as one. */
const FCW_FIXED = 0x40;
const FOP_MASK = 0x7ff;
const TAG_ZERO = 1;
const TAG_SPECIAL = 2;
const TAG_EMPTY = 3;

/** The tag of a register that holds a number is made from the number. */
function tagOf(words: Int32Array, register: number): number {
  if (isEmpty(words, register)) return TAG_EMPTY;
  const slot = slotOf(register);
  const exponent = words[slot + 2]! & 0x7fff;
  const hi = words[slot + 1]!;
  if (exponent === 0) return (hi | words[slot]!) === 0 ? TAG_ZERO : TAG_SPECIAL;
  return exponent === 0x7fff || hi >= 0 ? TAG_SPECIAL : 0;
}

function tagWord(words: Int32Array): number {
  let tags = 0;
  for (let register = 0; register < 8; register++) tags |= tagOf(words, register) << (register * 2);
  return tags;
}

/** Memory of an environment, all of it proved before the first access. One at a time. */
let areaCore: Core;
let areaLo = 0;
let areaHi = 0;

function openArea(core: Core, insn: Instruction, bytes: number, write: boolean): void {
  const offset = effectiveAddress(core, insn);
  areaLo = core.linear(insn.segment, offset, core.high, bytes, write);
  areaHi = core.high;
  areaCore = core;
  // The first field is looked at, then the last byte, then what is between: CR2 tells (measured on Zen 3).
  const field = insn.operandSize === 16 ? 2 : 4;
  core.mmu.checkAligned(areaLo, areaHi, field);
  const last = (areaLo + bytes - 1) | 0;
  if (write) {
    core.mmu.probeWrite(areaLo, areaHi, field);
    core.mmu.probeWrite(last, highAt(last), 1);
  } else {
    core.mmu.probeRead(areaLo, areaHi, field);
    core.mmu.probeRead(last, highAt(last), 1);
  }
  if (write) core.mmu.probeWrite(areaLo, areaHi, bytes);
  else core.mmu.probeRead(areaLo, areaHi, bytes);
}

function highAt(lo: number): number {
  return lo >>> 0 < areaLo >>> 0 ? areaCore.highOfNext(areaHi) : areaHi;
}

function put16(offset: number, value: number): void {
  const lo = (areaLo + offset) | 0;
  areaCore.mmu.write16(lo, highAt(lo), value & 0xffff);
}

function put32(offset: number, value: number): void {
  const lo = (areaLo + offset) | 0;
  areaCore.mmu.write32(lo, highAt(lo), value);
}

function get16(offset: number): number {
  const lo = (areaLo + offset) | 0;
  return areaCore.mmu.read16(lo, highAt(lo));
}

function get32(offset: number): number {
  const lo = (areaLo + offset) | 0;
  return areaCore.mmu.read32(lo, highAt(lo));
}

/** Real and virtual-8086 mode have linear addresses where protected mode has selectors and offsets. */
function isRealLayout(core: Core): boolean {
  return !core.state.isProtected() || core.state.isVirtual8086();
}

function environmentBytes(insn: Instruction): number {
  return insn.operandSize === 16 ? 14 : 28;
}

const RESERVED = 0xffff0000 | 0;

/** SDM Vol. 1, figures "Protected Mode x87 FPU State Image in Memory, 32-Bit Format" and the three after it. */
function storeEnvironment(core: Core, insn: Instruction): void {
  const { words } = core;
  const isReal = isRealLayout(core);
  const fip = words[STATE_FIP >> 2]! + (isReal ? words[STATE_FCS >> 2]! << 4 : 0);
  const fdp = words[STATE_FDP >> 2]! + (isReal ? words[STATE_FDS >> 2]! << 4 : 0);
  const fop = words[STATE_FOP >> 2]! & FOP_MASK;
  if (insn.operandSize === 16) {
    put16(0, words[STATE_FCW >> 2]!);
    put16(2, words[STATE_FSW >> 2]!);
    put16(4, tagWord(words));
    put16(6, fip);
    put16(8, isReal ? ((fip >>> 4) & 0xf000) | fop : words[STATE_FCS >> 2]!);
    put16(10, fdp);
    put16(12, isReal ? (fdp >>> 4) & 0xf000 : words[STATE_FDS >> 2]!);
    return;
  }
  put32(0, RESERVED | words[STATE_FCW >> 2]!);
  put32(4, RESERVED | words[STATE_FSW >> 2]!);
  put32(8, RESERVED | tagWord(words));
  if (isReal) {
    put32(12, RESERVED | (fip & 0xffff));
    put32(16, ((fip >>> 4) & 0x0ffff000) | fop);
    put32(20, RESERVED | (fdp & 0xffff));
    put32(24, (fdp >>> 4) & 0x0ffff000);
  } else {
    put32(12, fip);
    put32(16, (words[STATE_FCS >> 2]! & 0xffff) | (fop << 16));
    put32(20, fdp);
    put32(24, RESERVED | words[STATE_FDS >> 2]!);
  }
}

function loadEnvironment(core: Core, insn: Instruction): void {
  const { words } = core;
  const isReal = isRealLayout(core);
  const isWord = insn.operandSize === 16;
  const step = isWord ? 2 : 4;
  const fcw = (get16(0) & FCW_WRITABLE) | FCW_FIXED;
  const fsw = get16(step);
  const tags = get16(step * 2);
  let fip = isWord || isReal ? get16(step * 3) : get32(12);
  let fdp = isWord || isReal ? get16(step * 5) : get32(20);
  let fcs = 0;
  let fds = 0;
  let fop = 0;
  if (isReal) {
    const upper = isWord ? get16(8) : get32(16);
    const operandUpper = isWord ? get16(12) : get32(24);
    fip |= (upper & 0x0ffff000) << 4;
    fdp |= (operandUpper & 0x0ffff000) << 4;
    fop = upper & FOP_MASK;
  } else {
    fcs = get16(step * 4);
    fds = get16(step * 6);
    // The 16-bit format has no room for the opcode.
    if (!isWord) fop = get16(18) & FOP_MASK;
  }
  words[STATE_FCW >> 2] = fcw;
  words[STATE_FSW >> 2] = withErrorSummary(fsw, fcw);
  let valid = 0;
  for (let register = 0; register < 8; register++) {
    if (((tags >> (register * 2)) & 3) !== TAG_EMPTY) valid |= 1 << register;
  }
  words[STATE_FTW >> 2] = valid;
  words[STATE_FIP >> 2] = fip;
  words[(STATE_FIP >> 2) + 1] = 0;
  words[STATE_FDP >> 2] = fdp;
  words[(STATE_FDP >> 2) + 1] = 0;
  words[STATE_FCS >> 2] = fcs;
  words[STATE_FDS >> 2] = fds;
  words[STATE_FOP >> 2] = fop;
  followFerr(core);
}

/** FNSTENV m14/28byte | D9 /6 | M (SDM Vol. 2A, "FSTENV/FNSTENV—Store x87 FPU Environment"). Masks all exceptions. */
export function FNSTENV_M(core: Core, insn: Instruction): void {
  checkX87(core);
  openArea(core, insn, environmentBytes(insn), true);
  storeEnvironment(core, insn);
  const { words } = core;
  const fcw = words[STATE_FCW >> 2]! | FCW_MASKS;
  words[STATE_FCW >> 2] = fcw;
  words[STATE_FSW >> 2] = withErrorSummary(words[STATE_FSW >> 2]!, fcw);
  followFerr(core);
}

/** FLDENV m14/28byte | D9 /4 | M (SDM Vol. 2A, "FLDENV—Load x87 FPU Environment"). */
export function FLDENV_M(core: Core, insn: Instruction): void {
  checkX87(core);
  checkPendingX87(core);
  openArea(core, insn, environmentBytes(insn), false);
  loadEnvironment(core, insn);
}

/** Registers lie ten bytes apart: accessed by words, they are as aligned as the area is. */
const REGISTER_BYTES = 10;

/** FNSAVE m94/108byte | DD /6 | M (SDM Vol. 2A, "FSAVE/FNSAVE—Store x87 FPU State"). Then as FNINIT. */
export function FNSAVE_M(core: Core, insn: Instruction): void {
  checkX87(core);
  const { words } = core;
  let offset = environmentBytes(insn);
  openArea(core, insn, offset + 8 * REGISTER_BYTES, true);
  storeEnvironment(core, insn);
  const top = topOf(words);
  for (let n = 0; n < 8; n++, offset += REGISTER_BYTES) {
    const slot = slotOf((top + n) & 7);
    for (let part = 0; part < REGISTER_BYTES; part += 2) {
      put16(offset + part, words[slot + (part >> 2)]! >> ((part & 2) * 8));
    }
  }
  FNINIT(core, insn);
}

/** FRSTOR m94/108byte | DD /4 | M (SDM Vol. 2A, "FRSTOR—Restore x87 FPU State"). */
export function FRSTOR_M(core: Core, insn: Instruction): void {
  checkX87(core);
  checkPendingX87(core);
  const { words } = core;
  let offset = environmentBytes(insn);
  openArea(core, insn, offset + 8 * REGISTER_BYTES, false);
  loadEnvironment(core, insn);
  const top = topOf(words);
  for (let n = 0; n < 8; n++, offset += REGISTER_BYTES) {
    const slot = slotOf((top + n) & 7);
    words[slot] = get16(offset) | (get16(offset + 2) << 16);
    words[slot + 1] = get16(offset + 4) | (get16(offset + 6) << 16);
    words[slot + 2] = get16(offset + 8);
  }
}
