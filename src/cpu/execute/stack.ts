import type { Instruction } from '../../isa/instruction.ts';
import { RBP, RSP, SS } from '../../isa/registers.ts';
import type { Core } from './core.ts';
import { effectiveAddress, loadEd, loadEq, loadEw } from './operand.ts';
import { loadSegmentRegister } from './segment.ts';
import { setStackPointer } from './stack-frame.ts';

/*
 * PUSH POP PUSHA POPA ENTER LEAVE (SDM Vol. 2A and 2B; Vol. 1, "Stack Implementation"). The stack pointer changes last: a fault
 * leaves it as it was.
 */

const SP_LO = RSP * 2;
const SP_HI = RSP * 2 + 1;
const BP_LO = RBP * 2;
const BP_HI = RBP * 2 + 1;
const BP16 = RBP * 4;

/** Low word of RSP, ESP or SP (by the stack size) plus `delta`; the high word in `core.high`. */
export function stackPointer(core: Core, delta: number): number {
  return addToStackAddress(core, core.stackSize(), core.gpr32[SP_LO]!, core.gpr32[SP_HI]!, delta);
}

/** `hi:lo + delta`, cut to the stack size; the high word in `core.high`. */
function addToStackAddress(core: Core, size: 16 | 32 | 64, lo: number, hi: number, delta: number): number {
  const sum = (lo + delta) | 0;
  if (size === 64) {
    core.high = (hi + (delta >> 31) + (sum >>> 0 < lo >>> 0 ? 1 : 0)) | 0;
    return sum;
  }
  core.high = 0;
  return size === 32 ? sum : sum & 0xffff;
}

/** Adds `delta` to RSP, ESP or SP: the commit of pops and of RET imm16. */
export function moveStackPointer(core: Core, delta: number): void {
  const size = core.stackSize();
  const lo = addToStackAddress(core, size, core.gpr32[SP_LO]!, core.gpr32[SP_HI]!, delta);
  setStackPointer(core, size, lo, core.high);
}

/** The same where the operand size is known: 64 bits are of 64-bit mode, where RSP is the stack pointer. */
export function releaseStack(core: Core, operandSize: number, delta: number): void {
  if (operandSize !== 64) {
    moveStackPointer(core, delta);
    return;
  }
  const old = core.gpr32[SP_LO]!;
  const lo = (old + delta) | 0;
  core.gpr32[SP_LO] = lo;
  if (lo >>> 0 < old >>> 0) core.gpr32[SP_HI]!++;
}

export function push16(core: Core, value: number): void {
  const size = core.stackSize();
  const lo = addToStackAddress(core, size, core.gpr32[SP_LO]!, core.gpr32[SP_HI]!, -2);
  const hi = core.high;
  core.store16(SS, lo, hi, value);
  setStackPointer(core, size, lo, hi);
}

export function push32(core: Core, value: number): void {
  const size = core.stackSize();
  const lo = addToStackAddress(core, size, core.gpr32[SP_LO]!, core.gpr32[SP_HI]!, -4);
  const hi = core.high;
  core.store32(SS, lo, hi, value);
  setStackPointer(core, size, lo, hi);
}

/** 64-bit mode only: RSP is the stack pointer. */
export function push64(core: Core, valueLo: number, valueHi: number): void {
  const old = core.gpr32[SP_LO]!;
  const lo = (old - 8) | 0;
  const hi = (core.gpr32[SP_HI]! - (old >>> 0 < 8 ? 1 : 0)) | 0;
  core.store64(SS, lo, hi, valueLo, valueHi);
  core.gpr32[SP_LO] = lo;
  core.gpr32[SP_HI] = hi;
}

/** Pushes the low `operandSize` bits. */
export function push(core: Core, operandSize: number, valueLo: number, valueHi: number): void {
  if (operandSize === 64) push64(core, valueLo, valueHi);
  else if (operandSize === 32) push32(core, valueLo);
  else push16(core, valueLo);
}

// Reading the top of the stack. The stack pointer stays; `moveStackPointer` commits when nothing can fault any more.

/** The word `offset` bytes above the top of the stack. */
export function peek16(core: Core, offset: number): number {
  const lo = stackPointer(core, offset);
  return core.load16(SS, lo, core.high);
}

export function peek32(core: Core, offset: number): number {
  const lo = stackPointer(core, offset);
  return core.load32(SS, lo, core.high);
}

/** 64-bit mode only. Low word; the high word in `core.high`. */
export function peek64(core: Core, offset: number): number {
  const lo = addToStackAddress(core, 64, core.gpr32[SP_LO]!, core.gpr32[SP_HI]!, offset);
  return core.load64(SS, lo, core.high);
}

/** `operandSize` bits, zero-extended: low word returned, high word in `core.high`. */
export function peek(core: Core, operandSize: number, offset: number): number {
  if (operandSize === 64) return peek64(core, offset);
  const value = operandSize === 32 ? peek32(core, offset) : peek16(core, offset);
  core.high = 0;
  return value;
}

/** PUSH r/m16 | FF /6, 50+r | Ew. PUSH SP stores the old SP. */
export function PUSH_Ew(core: Core, insn: Instruction): void {
  push16(core, loadEw(core, insn));
}

/** PUSH r/m32 | FF /6, 50+r | Ed. */
export function PUSH_Ed(core: Core, insn: Instruction): void {
  push32(core, loadEd(core, insn));
}

/** PUSH r/m64 | FF /6, 50+r | Eq. */
export function PUSH_Eq(core: Core, insn: Instruction): void {
  const lo = loadEq(core, insn);
  push64(core, lo, core.high);
}

/** PUSH imm16 | 68 iw, 6A ib | Iw. */
export function PUSH_Iw(core: Core, insn: Instruction): void {
  push16(core, insn.immediate);
}

/** PUSH imm32 | 68 id, 6A ib | Id. */
export function PUSH_Id(core: Core, insn: Instruction): void {
  push32(core, insn.immediate);
}

/** PUSH imm32 sign-extended to 64 bits | 68 id, 6A ib | Iq. */
export function PUSH_Iq(core: Core, insn: Instruction): void {
  push64(core, insn.immediate, insn.immediateHigh);
}

/** PUSH Sreg | 06 0E 16 1E, 0F A0, 0F A8 | Sw. The selector is zero-extended (the manual allows a 16-bit store, too). */
export function PUSH_Sw(core: Core, insn: Instruction): void {
  push(core, insn.operandSize, core.state.selector(insn.reg), 0);
}

/** POP Sreg | 07 17 1F, 0F A1, 0F A9 | Sw. The stack pointer moves by the size that the old stack segment gives it. */
export function POP_Sw(core: Core, insn: Instruction): void {
  const selector = peek16(core, 0);
  const size = core.stackSize();
  const lo = stackPointer(core, insn.operandSize >> 3);
  const hi = core.high;
  loadSegmentRegister(core, insn.reg, selector);
  setStackPointer(core, size, lo, hi);
}

/** Effective address of a POP to memory: an address by rSP uses rSP as it is after the pop. High in `core.high`. */
function popAddress(core: Core, insn: Instruction, bytes: number): number {
  const oldLo = core.gpr32[SP_LO]!;
  const oldHi = core.gpr32[SP_HI]!;
  moveStackPointer(core, bytes);
  const lo = effectiveAddress(core, insn);
  core.gpr32[SP_LO] = oldLo;
  core.gpr32[SP_HI] = oldHi;
  return lo;
}

/** POP r/m16 | 8F /0, 58+r | Ew. */
export function POP_Ew(core: Core, insn: Instruction): void {
  const value = peek16(core, 0);
  if (insn.isMemory) {
    const lo = popAddress(core, insn, 2);
    core.store16(insn.segment, lo, core.high, value);
  }
  moveStackPointer(core, 2);
  if (!insn.isMemory) core.gpr16[insn.rm * 4] = value;
}

/** POP r/m32 | 8F /0, 58+r | Ed. */
export function POP_Ed(core: Core, insn: Instruction): void {
  const value = peek32(core, 0);
  if (insn.isMemory) {
    const lo = popAddress(core, insn, 4);
    core.store32(insn.segment, lo, core.high, value);
  }
  moveStackPointer(core, 4);
  if (insn.isMemory) return;
  core.gpr32[insn.rm * 2] = value;
  core.gpr32[insn.rm * 2 + 1] = 0;
}

/** POP r/m64 | 8F /0, 58+r | Eq. */
export function POP_Eq(core: Core, insn: Instruction): void {
  const oldLo = core.gpr32[SP_LO]!;
  const valueLo = core.load64(SS, oldLo, core.gpr32[SP_HI]!);
  const valueHi = core.high;
  if (insn.isMemory) {
    const lo = popAddress(core, insn, 8);
    core.store64(insn.segment, lo, core.high, valueLo, valueHi);
  }
  releaseStack(core, 64, 8);
  if (!insn.isMemory) {
    core.gpr32[insn.rm * 2] = valueLo;
    core.gpr32[insn.rm * 2 + 1] = valueHi;
  }
}

/** PUSHA | 60 with 16-bit operands: AX CX DX BX SP BP SI DI. As on hardware, a fault may leave words below the stack pointer. */
export function PUSHA_w(core: Core, _insn: Instruction): void {
  for (let register = 0; register < 8; register++) {
    const lo = stackPointer(core, -2 * (register + 1));
    core.store16(SS, lo, 0, core.gpr16[register * 4]!);
  }
  moveStackPointer(core, -16);
}

/** PUSHAD | 60 with 32-bit operands. */
export function PUSHA_d(core: Core, _insn: Instruction): void {
  for (let register = 0; register < 8; register++) {
    const lo = stackPointer(core, -4 * (register + 1));
    core.store32(SS, lo, 0, core.gpr32[register * 2]!);
  }
  moveStackPointer(core, -32);
}

/** What POPA has read, until all of it is. */
const popped = new Int32Array(8);

/** POPA | 61 with 16-bit operands: DI SI BP (SP skipped) BX DX CX AX. */
export function POPA_w(core: Core, _insn: Instruction): void {
  // From the top of the stack on, as the pops come: which of them faults first can be seen.
  for (let register = 7; register >= 0; register--) popped[register] = peek16(core, 14 - register * 2);
  moveStackPointer(core, 16);
  for (let register = 0; register < 8; register++) {
    if (register !== RSP) core.gpr16[register * 4] = popped[register]!;
  }
}

/** POPAD | 61 with 32-bit operands. */
export function POPA_d(core: Core, _insn: Instruction): void {
  for (let register = 7; register >= 0; register--) popped[register] = peek32(core, 28 - register * 4);
  moveStackPointer(core, 32);
  for (let register = 0; register < 8; register++) {
    if (register === RSP) continue;
    core.gpr32[register * 2] = popped[register]!;
    core.gpr32[register * 2 + 1] = 0;
  }
}

/** Copies the `operandSize` bits at SS:[from] to SS:[to]. */
function copyOnStack(
  core: Core,
  operandSize: number,
  fromLo: number,
  fromHi: number,
  toLo: number,
  toHi: number,
): void {
  if (operandSize === 64) {
    const lo = core.load64(SS, fromLo, fromHi);
    core.store64(SS, toLo, toHi, lo, core.high);
  } else if (operandSize === 32) core.store32(SS, toLo, toHi, core.load32(SS, fromLo, fromHi));
  else core.store16(SS, toLo, toHi, core.load16(SS, fromLo, fromHi));
}

/**
 * SDM Vol. 2A, "ENTER—Make Stack Frame for Procedure Parameters". All stores go below the stack pointer, and the last
 * check is a write to where it will point; then rBP and rSP change.
 */
function enter(core: Core, insn: Instruction): void {
  const { operandSize } = insn;
  const bytes = operandSize >> 3;
  const level = insn.immediate2 & 31;
  const size = core.stackSize();
  const oldBpLo = core.gpr32[BP_LO]!;
  const oldBpHi = core.gpr32[BP_HI]!;
  let atLo = stackPointer(core, -bytes);
  let atHi = core.high;
  // With 32-bit operands on a 16-bit stack the frame pointer is all of ESP.
  const frameLo = size === 16 ? (core.gpr32[SP_LO]! & ~0xffff) | atLo : atLo;
  const frameHi = atHi;
  if (operandSize === 64) core.store64(SS, atLo, atHi, oldBpLo, oldBpHi);
  else if (operandSize === 32) core.store32(SS, atLo, atHi, oldBpLo);
  else core.store16(SS, atLo, atHi, oldBpLo);
  if (level > 0) {
    for (let outer = 1; outer < level; outer++) {
      const fromLo = addToStackAddress(core, size, oldBpLo, oldBpHi, -bytes * outer);
      const fromHi = core.high;
      atLo = addToStackAddress(core, size, atLo, atHi, -bytes);
      atHi = core.high;
      copyOnStack(core, operandSize, fromLo, fromHi, atLo, atHi);
    }
    atLo = addToStackAddress(core, size, atLo, atHi, -bytes);
    atHi = core.high;
    if (operandSize === 64) core.store64(SS, atLo, atHi, frameLo, frameHi);
    else if (operandSize === 32) core.store32(SS, atLo, atHi, frameLo);
    else core.store16(SS, atLo, atHi, frameLo);
  }
  atLo = addToStackAddress(core, size, atLo, atHi, -(insn.immediate & 0xffff));
  atHi = core.high;
  const linearLo = core.linear(SS, atLo, atHi, 1, true);
  core.mmu.probeWrite(linearLo, core.high, 1);
  if (operandSize === 16) core.gpr16[BP16] = frameLo;
  else {
    core.gpr32[BP_LO] = frameLo;
    core.gpr32[BP_HI] = operandSize === 64 ? frameHi : 0;
  }
  setStackPointer(core, size, atLo, atHi);
}

/** ENTER imm16, imm8 | C8 iw ib, 16-bit operands. */
export function ENTER_w(core: Core, insn: Instruction): void {
  enter(core, insn);
}

/** ENTER imm16, imm8 | C8 iw ib, 32-bit operands. */
export function ENTER_d(core: Core, insn: Instruction): void {
  enter(core, insn);
}

/** ENTER imm16, imm8 | C8 iw ib, 64-bit operands. */
export function ENTER_q(core: Core, insn: Instruction): void {
  enter(core, insn);
}

/** LEAVE | C9 with 16-bit operands: rSP = rBP by the stack size, then POP BP. */
export function LEAVE_w(core: Core, _insn: Instruction): void {
  const size = core.stackSize();
  const bpLo = core.gpr32[BP_LO]!;
  const bpHi = core.gpr32[BP_HI]!;
  const atLo = addToStackAddress(core, size, bpLo, bpHi, 0);
  const value = core.load16(SS, atLo, core.high);
  const newLo = addToStackAddress(core, size, bpLo, bpHi, 2);
  setStackPointer(core, size, newLo, core.high);
  core.gpr16[BP16] = value;
}

/** LEAVE | C9 with 32-bit operands. */
export function LEAVE_d(core: Core, _insn: Instruction): void {
  const size = core.stackSize();
  const bpLo = core.gpr32[BP_LO]!;
  const atLo = addToStackAddress(core, size, bpLo, 0, 0);
  const value = core.load32(SS, atLo, 0);
  setStackPointer(core, size, addToStackAddress(core, size, bpLo, 0, 4), 0);
  core.gpr32[BP_LO] = value;
  core.gpr32[BP_HI] = 0;
}

/** LEAVE | C9 in 64-bit mode. */
export function LEAVE_q(core: Core, _insn: Instruction): void {
  const bpLo = core.gpr32[BP_LO]!;
  const bpHi = core.gpr32[BP_HI]!;
  const valueLo = core.load64(SS, bpLo, bpHi);
  const valueHi = core.high;
  const newLo = addToStackAddress(core, 64, bpLo, bpHi, 8);
  setStackPointer(core, 64, newLo, core.high);
  core.gpr32[BP_LO] = valueLo;
  core.gpr32[BP_HI] = valueHi;
}
