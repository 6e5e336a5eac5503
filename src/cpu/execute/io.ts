import { DESC_TYPE_SHIFT, TYPE_TSS32 } from '../../isa/descriptors.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { ES, RAX, RDI, RDX, RSI, TR } from '../../isa/registers.ts';
import type { Core } from './core.ts';
import { ioPrivilegeLevel } from './flag.ts';
import { advance, countDown, endBatch, iterations, REPEATED, stringAddress, stringStep } from './repeat.ts';

/*
 * IN OUT INS OUTS (SDM Vol. 2A and 2B, under their names; Vol. 1, "Input/Output"). Permission is checked before anything else,
 * and INS proves its store before it reads the port, because a read has side effects that cannot be undone. Each ends the
 * block: a device may have raised an interrupt, or ended the run.
 */

/** Iterations of one invocation: port cycles take their time, and nothing that is due comes before the last of them. */
const MAX_CYCLES = 64;

/** Offset of the I/O map base address in a 32-bit or 64-bit TSS. */
const TSS_IO_MAP_BASE = 102;

/** What every access to a port begins with. Should it fault after all, the loop forgets the breakpoint it has met. */
function openPort(core: Core, port: number, bytes: number): void {
  checkPermission(core, port, bytes);
  core.noteIo(port, bytes);
}

/**
 * #GP(0) unless the current privilege may use the ports (SDM Vol. 1, "I/O Privilege Level", "I/O Permission Bit Map").
 * In virtual-8086 mode the bit map alone decides.
 */
function checkPermission(core: Core, port: number, bytes: number): void {
  const { state } = core;
  if (!state.isProtected()) return;
  if (!state.isVirtual8086() && state.cpl() <= ioPrivilegeLevel(core)) return;
  const type = (state.attributes(TR) >> DESC_TYPE_SHIFT) & 0xf;
  const limit = state.limit(TR) >>> 0;
  // Available or busy; a 16-bit TSS has no map.
  if ((type & ~2) !== TYPE_TSS32 || limit < TSS_IO_MAP_BASE + 1) core.raiseGP(0);
  const map = readTask16(core, TSS_IO_MAP_BASE);
  const at = map + (port >> 3);
  // Two bytes are read always, which is why the map ends in a byte of ones.
  if (at + 1 > limit) core.raiseGP(0);
  const bits = readTask16(core, at) >> (port & 7);
  if (bits & ((1 << bytes) - 1)) core.raiseGP(0);
}

function readTask16(core: Core, offset: number): number {
  const baseLo = core.state.baseLo(TR);
  const lo = (baseLo + offset) | 0;
  const hi = (core.state.baseHi(TR) + (lo >>> 0 < baseLo >>> 0 ? 1 : 0)) | 0;
  return core.mmu.readSystem16(lo, hi);
}

function portInDx(core: Core): number {
  return core.gpr16[RDX * 4]!;
}

function in8(core: Core, port: number): void {
  openPort(core, port, 1);
  const value = core.ports.read8(port);
  core.time.portCycle();
  core.gpr8[0] = value;
  core.endBlock();
}

/** IN AL, imm8 | E4 ib. */
export function IN_AL_Ib(core: Core, insn: Instruction): void {
  in8(core, insn.immediate & 0xff);
}

/** IN AL, DX | EC. */
export function IN_AL_DX(core: Core, _insn: Instruction): void {
  in8(core, portInDx(core));
}

function in16(core: Core, port: number): void {
  openPort(core, port, 2);
  const value = core.ports.read16(port);
  core.time.portCycle();
  core.gpr16[0] = value;
  core.endBlock();
}

/** IN AX, imm8 | E5 ib. */
export function IN_AX_Ib(core: Core, insn: Instruction): void {
  in16(core, insn.immediate & 0xff);
}

/** IN AX, DX | ED. */
export function IN_AX_DX(core: Core, _insn: Instruction): void {
  in16(core, portInDx(core));
}

function in32(core: Core, port: number): void {
  openPort(core, port, 4);
  const value = core.ports.read32(port);
  core.time.portCycle();
  core.gpr32[RAX * 2] = value;
  core.gpr32[RAX * 2 + 1] = 0;
  core.endBlock();
}

/** IN EAX, imm8 | E5 ib. */
export function IN_EAX_Ib(core: Core, insn: Instruction): void {
  in32(core, insn.immediate & 0xff);
}

/** IN EAX, DX | ED. */
export function IN_EAX_DX(core: Core, _insn: Instruction): void {
  in32(core, portInDx(core));
}

function out8(core: Core, port: number): void {
  openPort(core, port, 1);
  core.endBlock();
  core.ports.write8(port, core.gpr8[0]!);
  core.time.portCycle();
}

/** OUT imm8, AL | E6 ib. */
export function OUT_Ib_AL(core: Core, insn: Instruction): void {
  out8(core, insn.immediate & 0xff);
}

/** OUT DX, AL | EE. */
export function OUT_DX_AL(core: Core, _insn: Instruction): void {
  out8(core, portInDx(core));
}

function out16(core: Core, port: number): void {
  openPort(core, port, 2);
  core.endBlock();
  core.ports.write16(port, core.gpr16[0]!);
  core.time.portCycle();
}

/** OUT imm8, AX | E7 ib. */
export function OUT_Ib_AX(core: Core, insn: Instruction): void {
  out16(core, insn.immediate & 0xff);
}

/** OUT DX, AX | EF. */
export function OUT_DX_AX(core: Core, _insn: Instruction): void {
  out16(core, portInDx(core));
}

function out32(core: Core, port: number): void {
  openPort(core, port, 4);
  core.endBlock();
  core.ports.write32(port, core.gpr32[RAX * 2]!);
  core.time.portCycle();
}

/** OUT imm8, EAX | E7 ib. */
export function OUT_Ib_EAX(core: Core, insn: Instruction): void {
  out32(core, insn.immediate & 0xff);
}

/** OUT DX, EAX | EF. */
export function OUT_DX_EAX(core: Core, _insn: Instruction): void {
  out32(core, portInDx(core));
}

/**
 * How many ports this invocation of a repeated instruction of `bytes` bytes reads or writes. A count of zero needs permission
 * as well: Zen 4 asks for it, as do other emulators, and the manuals are silent.
 */
function cycles(core: Core, insn: Instruction, bytes: number): number {
  const left = Math.min(iterations(core, insn), MAX_CYCLES);
  if (left === 0) checkPermission(core, portInDx(core), bytes);
  return left;
}

function ins8(core: Core, insn: Instruction): void {
  const port = portInDx(core);
  openPort(core, port, 1);
  const offset = stringAddress(core, insn, RDI);
  const lo = core.linear(ES, offset, core.high, 1, true);
  const hi = core.high;
  core.mmu.probeWrite(lo, hi, 1);
  core.mmu.write8(lo, hi, core.ports.read8(port));
  core.time.portCycle();
  advance(core, insn, RDI, stringStep(core, 1));
}

/** INSB | 6C. */
export function INSB(core: Core, insn: Instruction): void {
  core.endBlock();
  if ((insn.prefixes & REPEATED) === 0) {
    ins8(core, insn);
    return;
  }
  for (let left = cycles(core, insn, 1); left > 0; left--) {
    ins8(core, insn);
    countDown(core, insn, 1);
  }
  endBatch(core, insn);
}

function ins16(core: Core, insn: Instruction): void {
  const port = portInDx(core);
  openPort(core, port, 2);
  const offset = stringAddress(core, insn, RDI);
  const lo = core.linear(ES, offset, core.high, 2, true);
  const hi = core.high;
  core.mmu.probeWrite(lo, hi, 2);
  core.mmu.write16(lo, hi, core.ports.read16(port));
  core.time.portCycle();
  advance(core, insn, RDI, stringStep(core, 2));
}

/** INSW | 6D. */
export function INSW(core: Core, insn: Instruction): void {
  core.endBlock();
  if ((insn.prefixes & REPEATED) === 0) {
    ins16(core, insn);
    return;
  }
  for (let left = cycles(core, insn, 2); left > 0; left--) {
    ins16(core, insn);
    countDown(core, insn, 1);
  }
  endBatch(core, insn);
}

function ins32(core: Core, insn: Instruction): void {
  const port = portInDx(core);
  openPort(core, port, 4);
  const offset = stringAddress(core, insn, RDI);
  const lo = core.linear(ES, offset, core.high, 4, true);
  const hi = core.high;
  core.mmu.probeWrite(lo, hi, 4);
  core.mmu.write32(lo, hi, core.ports.read32(port));
  core.time.portCycle();
  advance(core, insn, RDI, stringStep(core, 4));
}

/** INSD | 6D. */
export function INSD(core: Core, insn: Instruction): void {
  core.endBlock();
  if ((insn.prefixes & REPEATED) === 0) {
    ins32(core, insn);
    return;
  }
  for (let left = cycles(core, insn, 4); left > 0; left--) {
    ins32(core, insn);
    countDown(core, insn, 1);
  }
  endBatch(core, insn);
}

function outs8(core: Core, insn: Instruction): void {
  const port = portInDx(core);
  openPort(core, port, 1);
  const from = stringAddress(core, insn, RSI);
  const value = core.load8(insn.segment, from, core.high);
  core.ports.write8(port, value);
  core.time.portCycle();
  advance(core, insn, RSI, stringStep(core, 1));
}

/** OUTSB | 6E. */
export function OUTSB(core: Core, insn: Instruction): void {
  core.endBlock();
  if ((insn.prefixes & REPEATED) === 0) {
    outs8(core, insn);
    return;
  }
  for (let left = cycles(core, insn, 1); left > 0; left--) {
    outs8(core, insn);
    countDown(core, insn, 1);
  }
  endBatch(core, insn);
}

function outs16(core: Core, insn: Instruction): void {
  const port = portInDx(core);
  openPort(core, port, 2);
  const from = stringAddress(core, insn, RSI);
  const value = core.load16(insn.segment, from, core.high);
  core.ports.write16(port, value);
  core.time.portCycle();
  advance(core, insn, RSI, stringStep(core, 2));
}

/** OUTSW | 6F. */
export function OUTSW(core: Core, insn: Instruction): void {
  core.endBlock();
  if ((insn.prefixes & REPEATED) === 0) {
    outs16(core, insn);
    return;
  }
  for (let left = cycles(core, insn, 2); left > 0; left--) {
    outs16(core, insn);
    countDown(core, insn, 1);
  }
  endBatch(core, insn);
}

function outs32(core: Core, insn: Instruction): void {
  const port = portInDx(core);
  openPort(core, port, 4);
  const from = stringAddress(core, insn, RSI);
  const value = core.load32(insn.segment, from, core.high);
  core.ports.write32(port, value);
  core.time.portCycle();
  advance(core, insn, RSI, stringStep(core, 4));
}

/** OUTSD | 6F. */
export function OUTSD(core: Core, insn: Instruction): void {
  core.endBlock();
  if ((insn.prefixes & REPEATED) === 0) {
    outs32(core, insn);
    return;
  }
  for (let left = cycles(core, insn, 4); left > 0; left--) {
    outs32(core, insn);
    countDown(core, insn, 1);
  }
  endBatch(core, insn);
}
