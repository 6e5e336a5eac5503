import { CR0_EM, CR0_MP, CR0_NE, CR0_TS, CR4_OSFXSR, EFER_FFXSR } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { RAX } from '../../isa/registers.ts';
import { VECTOR_MF } from '../../isa/vectors.ts';
import {
  STATE_CR0,
  STATE_CR4,
  STATE_EFER,
  STATE_FCS,
  STATE_FCW,
  STATE_FDP,
  STATE_FDS,
  STATE_FIP,
  STATE_FOP,
  STATE_FSW,
  STATE_FTW,
  STATE_MXCSR,
  STATE_X87,
  STATE_YMM,
} from '../../state/layout.ts';
import type { Core } from './core.ts';
import { effectiveAddress, loadEd, loadEw, storeEd, storeEw } from './operand.ts';

/** The x87 and SSE environment: what loads, stores and checks it. Arithmetic is elsewhere. */

export const FSW_ES = 1 << 7;
export const FSW_B = 1 << 15;
const FSW_TOP = 7 << 11;
const FCW_INITIAL = 0x37f;

const FXSAVE_BYTES = 512;
const FXSAVE_ST = 32;
const FXSAVE_XMM = 160;

/** x87 instructions are #NM with EM or TS (SDM Vol. 3A, "Setting the x87 FPU Software Emulation", "Interrupt 7"). */
export function checkX87(core: Core): void {
  if (core.words[STATE_CR0 >> 2]! & (CR0_EM | CR0_TS)) core.raiseNM();
}

/** Waiting x87 and MMX instructions report an unmasked exception that an earlier one left behind. */
export function checkPendingX87(core: Core): void {
  if ((core.words[STATE_FSW >> 2]! & FSW_ES) === 0) return;
  if (core.words[STATE_CR0 >> 2]! & CR0_NE) core.raise(VECTOR_MF);
  signalFerr(core);
  if (core.floatError && !core.floatError.ignne) throw core.fault.setFrozen();
}

/**
 * FERR#, with CR0.NE = 0: the board makes IRQ 13 of it (SDM Vol. 1, "MS-DOS Compatibility Sub-mode"). Signalled where the
 * exception happens, and by every waiting instruction while it stays: those freeze until an interrupt comes, unless
 * IGNNE# lets them pass.
 */
export function signalFerr(core: Core): void {
  core.floatError?.raise();
  core.endBlock();
}

/** After an instruction that may have cleared FSW.ES: FERR# goes with it. */
export function followFerr(core: Core): void {
  if ((core.words[STATE_FSW >> 2]! & FSW_ES) === 0) core.floatError?.lower();
}

/** SSE instructions: #UD with EM or without OSFXSR, then #NM with TS (SDM Vol. 2A, "Exception Conditions"). */
export function checkSse(core: Core): void {
  const cr0 = core.words[STATE_CR0 >> 2]!;
  if (cr0 & CR0_EM || (core.words[STATE_CR4 >> 2]! & CR4_OSFXSR) === 0) core.raiseUD();
  if (cr0 & CR0_TS) core.raiseNM();
}

/** MMX instructions: #UD with EM, #NM with TS, then #MF. */
export function checkMmx(core: Core): void {
  const cr0 = core.words[STATE_CR0 >> 2]!;
  if (cr0 & CR0_EM) core.raiseUD();
  if (cr0 & CR0_TS) core.raiseNM();
  checkPendingX87(core);
}

/** ES and B follow the exception flags and masks. */
export function withErrorSummary(fsw: number, fcw: number): number {
  const unmasked = fsw & ~fcw & 0x3f;
  return unmasked ? fsw | FSW_ES | FSW_B : fsw & ~(FSW_ES | FSW_B);
}

/** WAIT | 9B | (SDM Vol. 2D, "WAIT/FWAIT—Wait"). #NM with MP and TS. */
export function WAIT(core: Core, _insn: Instruction): void {
  const mask = CR0_MP | CR0_TS;
  if ((core.words[STATE_CR0 >> 2]! & mask) === mask) core.raiseNM();
  checkPendingX87(core);
}

/** FNINIT | DB E3 | (SDM Vol. 2A, "FINIT/FNINIT—Initialize Floating-Point Unit"). */
export function FNINIT(core: Core, _insn: Instruction): void {
  checkX87(core);
  const { words } = core;
  words[STATE_FCW >> 2] = FCW_INITIAL;
  for (const offset of [
    STATE_FSW,
    STATE_FTW,
    STATE_FOP,
    STATE_FIP,
    STATE_FIP + 4,
    STATE_FDP,
    STATE_FDP + 4,
  ]) {
    words[offset >> 2] = 0;
  }
  words[STATE_FCS >> 2] = 0;
  words[STATE_FDS >> 2] = 0;
  followFerr(core);
}

/** FNCLEX | DB E2 | (SDM Vol. 2A, "FCLEX/FNCLEX—Clear Exceptions"). */
export function FNCLEX(core: Core, _insn: Instruction): void {
  checkX87(core);
  core.words[STATE_FSW >> 2] = core.words[STATE_FSW >> 2]! & 0x7f00;
  followFerr(core);
}

/** FNSTCW m2byte | D9 /7 | Mw. */
export function FNSTCW_Mw(core: Core, insn: Instruction): void {
  checkX87(core);
  storeEw(core, insn, core.words[STATE_FCW >> 2]!);
}

/** FLDCW m2byte | D9 /5 | Mw (SDM Vol. 2A, "FLDCW—Load x87 FPU Control Word"). May unmask what is flagged already. */
export function FLDCW_Mw(core: Core, insn: Instruction): void {
  checkX87(core);
  checkPendingX87(core);
  const fcw = (loadEw(core, insn) & 0x1f3f) | 0x40;
  const { words } = core;
  words[STATE_FCW >> 2] = fcw;
  words[STATE_FSW >> 2] = withErrorSummary(words[STATE_FSW >> 2]!, fcw);
  followFerr(core);
}

/** FNSTSW m2byte | DD /7 | Mw. */
export function FNSTSW_Mw(core: Core, insn: Instruction): void {
  checkX87(core);
  storeEw(core, insn, core.words[STATE_FSW >> 2]!);
}

/** FNSTSW AX | DF E0 |. */
export function FNSTSW_AX(core: Core, _insn: Instruction): void {
  checkX87(core);
  core.gpr16[RAX * 4] = core.words[STATE_FSW >> 2]!;
}

/** FNENI FNDISI FNSETPM | DB E0, E1, E4 |: instructions of the 8087 and 80287 that do nothing since. */
export const FNENI = checkX87;
export const FNDISI = checkX87;
export const FNSETPM = checkX87;

/** EMMS | 0F 77 | (SDM Vol. 2A, "EMMS—Empty MMX Technology State"). */
export function EMMS(core: Core, _insn: Instruction): void {
  checkMmx(core);
  core.words[STATE_FTW >> 2] = 0;
  // SDM Vol. 3A, "Effect of MMX Instructions on the x87 FPU State": TOP becomes 0 here too.
  core.words[STATE_FSW >> 2] = core.words[STATE_FSW >> 2]! & ~FSW_TOP;
}

/** LDMXCSR m32 | 0F AE /2 | Md (SDM Vol. 2A, "LDMXCSR—Load MXCSR Register"). */
export function LDMXCSR_Md(core: Core, insn: Instruction): void {
  checkSse(core);
  const value = loadEd(core, insn);
  if (value & ~core.mxcsrMask) core.raiseGP(0);
  core.words[STATE_MXCSR >> 2] = value;
}

/** STMXCSR m32 | 0F AE /3 | Md. */
export function STMXCSR_Md(core: Core, insn: Instruction): void {
  checkSse(core);
  storeEd(core, insn, core.words[STATE_MXCSR >> 2]!);
}

/** Linear address of a 512-byte area that must be aligned to 16 bytes; the high word in `core.high`. */
function areaAddress(core: Core, insn: Instruction, write: boolean): number {
  if (core.words[STATE_CR0 >> 2]! & (CR0_EM | CR0_TS)) core.raiseNM();
  const offset = effectiveAddress(core, insn);
  const lo = core.linear(insn.segment, offset, core.high, FXSAVE_BYTES, write);
  if (lo & 15) core.raiseGP(0);
  return lo;
}

/** FXSAVE m512byte | 0F AE /0 | M (SDM Vol. 2A, "FXSAVE—Save x87 FPU, MMX Technology, and SSE State"). */
export function FXSAVE(core: Core, insn: Instruction): void {
  const lo = areaAddress(core, insn, true);
  const hi = core.high;
  const { mmu, words } = core;
  mmu.probeWrite(lo, hi, FXSAVE_BYTES);
  // Aligned to 16 bytes, so the high word carries for none of it but where the address space wraps.
  const store = (offset: number, value: number) => {
    const at = (lo + offset) | 0;
    mmu.write32(at, (hi + (at >>> 0 < lo >>> 0 ? 1 : 0)) | 0, value);
  };
  const load = (offset: number) => {
    const at = (lo + offset) | 0;
    return mmu.read32(at, (hi + (at >>> 0 < lo >>> 0 ? 1 : 0)) | 0);
  };
  saveX87(core, insn.operandSize === 64, store, load);
  store(24, words[STATE_MXCSR >> 2]!);
  store(28, core.mxcsrMask);
  for (let i = 0; i < savedXmm(core); i++) {
    for (let part = 0; part < 4; part++) store(FXSAVE_XMM + i * 16 + part * 4, words[xmmWord(i) + part]!);
  }
}

/**
 * The x87 part of the area, offsets 0 to 23 and 32 to 159, in the 64-bit layout when `wide`. AMD's processors store the
 * pointers and the opcode of an unmasked exception only (APM Vol. 2, "FXSAVE and FXRSTOR Instructions"): without one, zeros
 * or, where CPUID lacks RstrFpErrPtrs, nothing at all.
 */
export function saveX87(
  core: Core,
  wide: boolean,
  store: (offset: number, value: number) => void,
  load: (offset: number) => number,
): void {
  const { words } = core;
  const fsw = words[STATE_FSW >> 2]!;
  const tags = words[STATE_FTW >> 2]! & 0xff;
  store(0, (words[STATE_FCW >> 2]! & 0xffff) | (fsw << 16));
  if (core.model.vendor === 'intel' || fsw & FSW_ES) {
    store(4, tags | (words[STATE_FOP >> 2]! << 16));
    store(8, words[STATE_FIP >> 2]!);
    store(12, wide ? words[(STATE_FIP >> 2) + 1]! : words[STATE_FCS >> 2]!);
    store(16, words[STATE_FDP >> 2]!);
    store(20, wide ? words[(STATE_FDP >> 2) + 1]! : words[STATE_FDS >> 2]!);
  } else if (core.model.has('xsaveerptr')) {
    store(4, tags);
    for (let offset = 8; offset < 24; offset += 4) store(offset, 0);
  } else store(4, tags | (load(4) & 0xffff0000));
  const top = (fsw >> 11) & 7;
  for (let i = 0; i < 8; i++) {
    const slot = (STATE_X87 >> 2) + ((top + i) & 7) * 4;
    store(FXSAVE_ST + i * 16, words[slot]!);
    store(FXSAVE_ST + i * 16 + 4, words[slot + 1]!);
    store(FXSAVE_ST + i * 16 + 8, words[slot + 2]! & 0xffff);
    store(FXSAVE_ST + i * 16 + 12, 0);
  }
}

/** Loads what `saveX87` stores. */
export function restoreX87(core: Core, wide: boolean, load: (offset: number) => number): void {
  const { words } = core;
  const control = load(0);
  const fcw = (control & 0x1f3f) | 0x40;
  const fsw = withErrorSummary(control >>> 16, fcw);
  const tags = load(4);
  words[STATE_FCW >> 2] = fcw;
  words[STATE_FSW >> 2] = fsw;
  words[STATE_FTW >> 2] = tags & 0xff;
  if (core.model.vendor === 'intel' || fsw & FSW_ES || core.model.has('xsaveerptr')) {
    words[STATE_FOP >> 2] = (tags >>> 16) & 0x7ff;
    words[STATE_FIP >> 2] = load(8);
    words[(STATE_FIP >> 2) + 1] = wide ? load(12) : 0;
    words[STATE_FCS >> 2] = wide ? 0 : load(12) & 0xffff;
    words[STATE_FDP >> 2] = load(16);
    words[(STATE_FDP >> 2) + 1] = wide ? load(20) : 0;
    words[STATE_FDS >> 2] = wide ? 0 : load(20) & 0xffff;
  }
  const top = (fsw >> 11) & 7;
  for (let i = 0; i < 8; i++) {
    const slot = (STATE_X87 >> 2) + ((top + i) & 7) * 4;
    words[slot] = load(FXSAVE_ST + i * 16);
    words[slot + 1] = load(FXSAVE_ST + i * 16 + 4);
    words[slot + 2] = load(FXSAVE_ST + i * 16 + 8) & 0xffff;
  }
}

/** The state that FNINIT makes, and registers that hold zeros (SDM Vol. 1, "Processor State Components", initial configuration). */
export function initializeX87(words: Int32Array): void {
  words[STATE_FCW >> 2] = FCW_INITIAL;
  for (const offset of [
    STATE_FSW,
    STATE_FTW,
    STATE_FOP,
    STATE_FIP,
    STATE_FIP + 4,
    STATE_FDP,
    STATE_FDP + 4,
    STATE_FCS,
    STATE_FDS,
  ]) {
    words[offset >> 2] = 0;
  }
  words.fill(0, STATE_X87 >> 2, (STATE_X87 >> 2) + 32);
}

/** XMM registers that the area holds: none without OSFXSR, nor in privileged 64-bit code with EFER.FFXSR; sixteen in 64-bit mode. */
function savedXmm(core: Core): number {
  if ((core.words[STATE_CR4 >> 2]! & CR4_OSFXSR) === 0) return 0;
  const fast = (core.words[STATE_EFER >> 2]! & EFER_FFXSR) !== 0;
  if (fast && core.state.is64Bit() && core.state.cpl() === 0) return 0;
  return core.state.is64Bit() ? 16 : 8;
}

function xmmWord(register: number): number {
  return (STATE_YMM >> 2) + register * 8;
}

/** FXRSTOR m512byte | 0F AE /1 | M (SDM Vol. 2A, "FXRSTOR—Restore x87 FPU, MMX, XMM, and MXCSR State"). */
export function FXRSTOR(core: Core, insn: Instruction): void {
  const lo = areaAddress(core, insn, false);
  const hi = core.high;
  const { mmu, words } = core;
  mmu.probeRead(lo, hi, FXSAVE_BYTES);
  const load = (offset: number): number => {
    const at = (lo + offset) | 0;
    return mmu.read32(at, (hi + (at >>> 0 < lo >>> 0 ? 1 : 0)) | 0);
  };
  const mxcsr = load(24);
  if (mxcsr & ~core.mxcsrMask) core.raiseGP(0);
  restoreX87(core, insn.operandSize === 64, load);
  followFerr(core);
  if ((words[STATE_CR4 >> 2]! & CR4_OSFXSR) === 0) return;
  words[STATE_MXCSR >> 2] = mxcsr;
  const count = savedXmm(core);
  for (let i = 0; i < count; i++) {
    for (let part = 0; part < 4; part++) words[xmmWord(i) + part] = load(FXSAVE_XMM + i * 16 + part * 4);
  }
}
