import type { AddressSpace } from '../../bus/address-space.ts';
import type { InterruptController } from '../../bus/lines.ts';
import type { PortSpace } from '../../bus/ports.ts';
import { FloatEnv } from '../../float/env.ts';
import { Lanes } from '../../float/lanes.ts';
import { CR0_EM, CR0_TS, CR4_OSFXSR, CR4_OSXSAVE } from '../../isa/control.ts';
import { DESC_DB } from '../../isa/descriptors.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { FS, SS } from '../../isa/registers.ts';
import { RFLAGS_IF, RFLAGS_RF, RFLAGS_TF } from '../../isa/rflags.ts';
import {
  VECTOR_BR,
  VECTOR_DB,
  VECTOR_DE,
  VECTOR_GP,
  VECTOR_NM,
  VECTOR_NP,
  VECTOR_SS,
  VECTOR_TS,
  VECTOR_UD,
} from '../../isa/vectors.ts';
import type { Mmu } from '../../mmu/mmu.ts';
import { linearAddress, SegmentAccess, updateFlatSegments } from '../../mmu/segmentation.ts';
import { type CpuState, RIP_HI, RIP_LO } from '../../state/cpu-state.ts';
import type { GuestFault } from '../../state/faults.ts';
import type { Flags } from '../../state/flags.ts';
import { STATE_CR0, STATE_CR4, STATE_RFLAGS, STATE_SIMD, STATE_XCR0 } from '../../state/layout.ts';
import type { VectorFile } from '../../state/vector-file.ts';
import {
  BREAK_ACCESS,
  BREAK_IO,
  BREAK_WRITE,
  hasCodeBreakpoints,
  hasIoBreakpoints,
  matchBreakpoints,
  watchedPages,
} from './breakpoints.ts';
import type { CpuModel, ProcessorIdentity } from './cpu-model.ts';

/** One instruction form: reads operands, may raise a fault, commits last. */
export type Handler = (core: Core, insn: Instruction) => void;

/** Bits of `Core.pending`: why the processor must stop and look before the next block. */
export const PENDING_INTR = 1 << 0;
export const PENDING_NMI = 1 << 1;
/** STI or a load of SS: interrupts (and for SS debug traps too) wait for one more instruction. */
export const PENDING_SHADOW_STI = 1 << 2;
export const PENDING_SHADOW_SS = 1 << 3;
/** RFLAGS.TF is set, or DR7 has a breakpoint on instructions enabled: one instruction at a time. */
export const PENDING_SINGLE_STEP = 1 << 4;
/** A #DB trap is due after the instruction that just completed; its DR6 bits are in `Core.debugTrap`. */
export const PENDING_DEBUG_TRAP = 1 << 5;
export const PENDING_HALT = 1 << 6;
/** The machine asked the processor to return: exit, limit, breakpoint. */
export const PENDING_STOP = 1 << 7;
export const PENDING_SHUTDOWN = 1 << 8;
/** NMIs are blocked until IRET (SDM Vol. 3A, "Handling Multiple NMIs"). Never a reason to stop by itself. */
export const PENDING_NMI_BLOCKED = 1 << 9;
/** The instruction at RIP is a repeated string instruction in the midst of its iterations. Never a reason to stop. */
export const PENDING_REPEATING = 1 << 10;
/** PENDING_HALT is that of MWAIT: a store to the monitored line ends it too. Never a reason to stop. */
export const PENDING_MWAIT = 1 << 11;
/** A software interrupt is due behind the instruction that just completed; `Core.fault` describes it. */
export const PENDING_SOFTWARE = 1 << 12;
/** RFLAGS.RF is set, and there is no breakpoint that it could hold back: it is cleared before the next instruction. */
export const PENDING_RESUME = 1 << 13;
/** A system-management interrupt. While the processor is in SMM another one waits in `STATE_SMM`. */
export const PENDING_SMI = 1 << 14;
/** All bits that make the processor leave the fast path. */
export const PENDING_ATTENTION = 0x1ff | PENDING_SOFTWARE | PENDING_RESUME | PENDING_SMI;

/** Bits of `Core.simd`: which kinds of instructions may run now without #UD or #NM. */
export const SIMD_SSE = 1 << 0;
export const SIMD_AVX = 1 << 1;
export const SIMD_MMX = 1 << 2;
/** VEX prefixes mean something: neither real nor virtual-8086 mode. */
export const SIMD_VEX = 1 << 3;
/** Misaligned exception mask (APM Vol. 1, "MXCSR Register"). */
export const MXCSR_MM = 1 << 17;
/** XCR0 bits 1 and 2: the operating system keeps XMM and YMM registers. */
export const XCR0_AVX = 6;

/** Where instructions get the time from; the machine implements it. */
export interface TimeSource {
  /** Time-stamp counter as `[lo, hi]` at the instruction that runs. */
  readTsc(): [lo: number, hi: number];
  writeTsc(lo: number, hi: number): void;
  /** The processor has waited for the port bus: that takes longer than an instruction. */
  portCycle(): void;
}

/** What the processor tells whoever watches it. Every member is called on rare events only. */
export interface CoreObserver {
  onControlWrite?(register: 'cr0' | 'cr3' | 'cr4' | 'efer', lo: number, hi: number): void;
  /** Mode may have changed: far transfer, CR0, EFER. */
  onModeChange?(): void;
}

/** FERR# and IGNNE#, the pins of the x87 error reporting of CR0.NE = 0 (SDM Vol. 1, "MS-DOS Compatibility Sub-mode"). */
export interface FloatErrorPins {
  raise(): void;
  lower(): void;
  readonly ignne: boolean;
}

/** MSRs that devices own (the local APIC). Returns undefined / false for a number it does not know. */
export interface MsrDevice {
  readMsr(index: number): [lo: number, hi: number] | undefined;
  writeMsr(index: number, lo: number, hi: number): boolean;
}

/**
 * What an instruction handler may touch: registers, memory through the MMU, ports, and the ways to raise a fault.
 * The loop that fetches and runs handlers is a floor above and is not visible from here.
 */
export class Core {
  readonly state: CpuState;
  readonly words: Int32Array;
  readonly gpr8: Uint8Array;
  readonly gpr16: Uint16Array;
  readonly gpr32: Int32Array;
  readonly flags: Flags;
  readonly vectors: VectorFile;
  /** The vector file once more, as the floating-point lanes of SSE and AVX; and what MXCSR says, while one of those runs. */
  readonly lanes: Lanes;
  readonly mxcsr = new FloatEnv();
  /** Bits of MXCSR that may be set: all sixteen low ones, DAZ too, and MM on AMD's processors. */
  readonly mxcsrMask: number;
  readonly mmu: Mmu;
  readonly ports: PortSpace;
  readonly space: AddressSpace;
  readonly model: CpuModel;
  readonly time: TimeSource;
  /** Attached by the board. */
  interruptController: InterruptController | undefined;
  msrDevice: MsrDevice | undefined;
  /** Without a board FERR# is open and IGNNE# asserted. */
  floatError: FloatErrorPins | undefined;
  /** Called when the processor enters SMM, before it stores its state, and when it has left it. */
  onSmm: ((isInside: boolean) => void) | undefined;
  /** Where MOV CR8 reads and writes the task priority, when there is a local APIC. */
  taskPriority: { cr8: number } | undefined;
  observer: CoreObserver = {};
  /** Which processor this is, for CPUID; the machine sets it. */
  identity: ProcessorIdentity = { apicId: 0, processors: 1, tscHertz: 1e9, timerHertz: 1e9 };

  /** High word of the last effective or linear address, and of the last 64-bit load. */
  high = 0;

  pending = 0;
  /** DR6 bits of a due debug trap, or of the #DB fault that is on its way. */
  debugTrap = 0;
  /** DR7 enables breakpoints: on instructions; on ports; on ports or data. */
  #codeBreakpoints = false;
  #ioBreakpoints = false;
  watchesAccesses = false;

  /**
   * The running block: index of the instruction in it, and the index at which the loop stops. A handler that changes
   * what the next instruction must see (mode, mapping, interrupt flag, its own code) calls `endBlock`.
   */
  at = 0;
  end = 0;

  /** CS, the privilege or the mode may have changed: the loop must find out again what code it is running. */
  contextStale = true;

  /** Set bits: segment registers through which a read (write) needs no limit check and adds no base. */
  flatRead = 0;
  flatWrite = 0;

  /** `SIMD_*`, made by `controlChanged` from CR0, CR4, XCR0 and the mode. */
  simd = 0;

  readonly fault: GuestFault;

  constructor(parts: {
    state: CpuState;
    mmu: Mmu;
    ports: PortSpace;
    space: AddressSpace;
    model: CpuModel;
    time: TimeSource;
    /** The one fault object of the machine, shared with the MMU. */
    fault: GuestFault;
  }) {
    this.state = parts.state;
    this.words = parts.state.words;
    this.gpr8 = parts.state.gpr8;
    this.gpr16 = parts.state.gpr16;
    this.gpr32 = parts.state.gpr32;
    this.flags = parts.state.flags;
    this.vectors = parts.state.vectors;
    const { buffer, byteOffset, byteLength } = this.vectors.i32;
    this.lanes = new Lanes(buffer, byteOffset, byteLength);
    this.mmu = parts.mmu;
    this.ports = parts.ports;
    this.space = parts.space;
    this.model = parts.model;
    this.time = parts.time;
    this.fault = parts.fault;
    this.mmu.onWatched = (lo, hi, bytes, isWrite) =>
      this.#meet(matchBreakpoints(this.words, isWrite ? BREAK_WRITE : BREAK_ACCESS, lo, hi, bytes));
    this.mxcsrMask = parts.model.has('misalignsse') ? 0xffff | MXCSR_MM : 0xffff;
  }

  /** The loop returns to its caller's checks after this instruction. */
  endBlock(): void {
    this.end = 0;
  }

  /** After any change of CS, of a mode or of several segment registers at once. */
  segmentsChanged(): void {
    updateFlatSegments(this);
    this.mmu.updateMode();
    this.controlChanged();
    this.contextStale = true;
    this.observer.onModeChange?.();
    this.endBlock();
  }

  /** After any change of CR0, CR4, XCR0 or of the mode: which vector instructions may run. */
  controlChanged(): void {
    const cr0 = this.words[STATE_CR0 >> 2]!;
    const cr4 = this.words[STATE_CR4 >> 2]!;
    const available = (cr0 & CR0_TS) === 0;
    const vex = this.state.isProtected() && !this.state.isVirtual8086();
    let simd = vex ? SIMD_VEX : 0;
    if (available && (cr0 & CR0_EM) === 0) simd |= cr4 & CR4_OSFXSR ? SIMD_MMX | SIMD_SSE : SIMD_MMX;
    if (available && vex && cr4 & CR4_OSXSAVE && (this.words[STATE_XCR0 >> 2]! & XCR0_AVX) === XCR0_AVX) {
      simd |= SIMD_AVX;
    }
    this.simd = simd;
    this.words[STATE_SIMD >> 2] = simd;
  }

  /** After a load of ES, SS, DS, FS or GS alone: nothing but the checks of their accesses depends on it. */
  dataSegmentChanged(): void {
    updateFlatSegments(this);
  }

  /** After any change of DR0 to DR3, DR7 or CR4.DE. */
  breakpointsChanged(): void {
    const { words } = this;
    const pages = watchedPages(words);
    this.mmu.watch(pages);
    this.#codeBreakpoints = hasCodeBreakpoints(words);
    this.#ioBreakpoints = hasIoBreakpoints(words);
    this.watchesAccesses = this.#ioBreakpoints || pages.length > 0;
    this.updateSingleStep();
  }

  /** An instruction uses these ports: a breakpoint on them is a trap behind it. */
  noteIo(port: number, bytes: number): void {
    if (this.#ioBreakpoints) this.#meet(matchBreakpoints(this.words, BREAK_IO, port, 0, bytes));
  }

  #meet(dr6Bits: number): void {
    if (dr6Bits === 0) return;
    this.debugTrap |= dr6Bits;
    this.pending |= PENDING_DEBUG_TRAP;
    this.endBlock();
  }

  /** What faulted was not completed: only the debug traps that were due before it still are. */
  keepDebugTraps(dr6Bits: number): void {
    this.debugTrap = dr6Bits;
    if (dr6Bits === 0) this.pending &= ~PENDING_DEBUG_TRAP;
  }

  /**
   * The state page is that of another processor now: whatever follows from it follows. The mode has not changed for
   * anybody, so nobody is told.
   */
  replaced(): void {
    updateFlatSegments(this);
    this.controlChanged();
    this.breakpointsChanged();
    this.contextStale = true;
  }

  /** After any change of RFLAGS.TF or RFLAGS.RF: decides whether the loop goes one instruction at a time. */
  updateSingleStep(): void {
    const system = this.flags.system();
    let due = 0;
    if (system & RFLAGS_TF || this.#codeBreakpoints) due = PENDING_SINGLE_STEP;
    else if (system & RFLAGS_RF) due = PENDING_RESUME;
    this.pending = (this.pending & ~(PENDING_SINGLE_STEP | PENDING_RESUME)) | due;
    if (due !== 0) this.endBlock();
  }

  /** The instruction that RFLAGS.RF was set for begins. If it faults, that pushes RF set anyway. */
  resume(): void {
    this.pending &= ~PENDING_RESUME;
    this.flags.setSystem(this.flags.system() & ~RFLAGS_RF);
  }

  /** Whether the loop must stop and look. An interrupt that RFLAGS.IF holds back may well wait for long. */
  needsAttention(): boolean {
    const reasons = this.pending & PENDING_ATTENTION;
    if (reasons === 0) return false;
    return reasons !== PENDING_INTR || (this.words[STATE_RFLAGS >> 2]! & RFLAGS_IF) !== 0;
  }

  /** A software interrupt by an instruction of `length` bytes: delivered behind it, without the cost of a throw. */
  softwareInterrupt(vector: number, source: number, length: number): void {
    this.fault.setSoftware(vector, source, length);
    this.pending |= PENDING_SOFTWARE;
    this.endBlock();
  }

  // Faults. None of these returns.

  raise(vector: number): never {
    throw this.fault.set(vector);
  }

  raiseWithCode(vector: number, errorCode: number): never {
    throw this.fault.setWithCode(vector, errorCode);
  }

  raiseDE(): never {
    throw this.fault.set(VECTOR_DE);
  }

  raiseUD(): never {
    throw this.fault.set(VECTOR_UD);
  }

  raiseNM(): never {
    throw this.fault.set(VECTOR_NM);
  }

  raiseBR(): never {
    throw this.fault.set(VECTOR_BR);
  }

  raiseGP(errorCode: number): never {
    throw this.fault.setWithCode(VECTOR_GP, errorCode);
  }

  raiseSS(errorCode: number): never {
    throw this.fault.setWithCode(VECTOR_SS, errorCode);
  }

  raiseNP(errorCode: number): never {
    throw this.fault.setWithCode(VECTOR_NP, errorCode);
  }

  raiseTS(errorCode: number): never {
    throw this.fault.setWithCode(VECTOR_TS, errorCode);
  }

  /** A fault-class #DB (general detect): DR6 is updated by delivery from `debugTrap`. */
  raiseDebugFault(dr6Bits: number): never {
    this.debugTrap |= dr6Bits;
    throw this.fault.set(VECTOR_DB);
  }

  // Memory by logical address. `lo:hi` is the effective address, already cut to the address size.

  load8(segment: number, lo: number, hi: number): number {
    if ((this.flatRead >> segment) & 1) return this.mmu.read8(lo, hi);
    lo = linearAddress(this, segment, lo, hi, 1, SegmentAccess.read);
    return this.mmu.read8(lo, this.high);
  }

  load16(segment: number, lo: number, hi: number): number {
    if ((this.flatRead >> segment) & 1) return this.mmu.read16(lo, hi);
    lo = linearAddress(this, segment, lo, hi, 2, SegmentAccess.read);
    return this.mmu.read16(lo, this.high);
  }

  /** A signed word. */
  load32(segment: number, lo: number, hi: number): number {
    if ((this.flatRead >> segment) & 1) return this.mmu.read32(lo, hi);
    lo = linearAddress(this, segment, lo, hi, 4, SegmentAccess.read);
    return this.mmu.read32(lo, this.high);
  }

  /** The low word; the high word is then in `this.high`. */
  load64(segment: number, lo: number, hi: number): number {
    if (((this.flatRead >> segment) & 1) === 0) {
      lo = linearAddress(this, segment, lo, hi, 8, SegmentAccess.read);
      hi = this.high;
    }
    const low = this.mmu.read64(lo, hi);
    this.high = this.mmu.high;
    return low;
  }

  store8(segment: number, lo: number, hi: number, value: number): void {
    if ((this.flatWrite >> segment) & 1) {
      this.mmu.write8(lo, hi, value);
      return;
    }
    lo = linearAddress(this, segment, lo, hi, 1, SegmentAccess.write);
    this.mmu.write8(lo, this.high, value);
  }

  store16(segment: number, lo: number, hi: number, value: number): void {
    if ((this.flatWrite >> segment) & 1) {
      this.mmu.write16(lo, hi, value);
      return;
    }
    lo = linearAddress(this, segment, lo, hi, 2, SegmentAccess.write);
    this.mmu.write16(lo, this.high, value);
  }

  store32(segment: number, lo: number, hi: number, value: number): void {
    if ((this.flatWrite >> segment) & 1) {
      this.mmu.write32(lo, hi, value);
      return;
    }
    lo = linearAddress(this, segment, lo, hi, 4, SegmentAccess.write);
    this.mmu.write32(lo, this.high, value);
  }

  store64(segment: number, lo: number, hi: number, valueLo: number, valueHi: number): void {
    if ((this.flatWrite >> segment) & 1) {
      this.mmu.write64(lo, hi, valueLo, valueHi);
      return;
    }
    lo = linearAddress(this, segment, lo, hi, 8, SegmentAccess.write);
    this.mmu.write64(lo, this.high, valueLo, valueHi);
  }

  // Vectors go to and from slots of the vector file; see `vector-operand.ts`. Alignment is not looked at.

  load128(segment: number, lo: number, hi: number, slot: number): void {
    if (((this.flatRead >> segment) & 1) === 0) {
      lo = linearAddress(this, segment, lo, hi, 16, SegmentAccess.read);
      hi = this.high;
    }
    this.mmu.read128(lo, hi, this.vectors.i32, slot * 8);
  }

  load256(segment: number, lo: number, hi: number, slot: number): void {
    if (((this.flatRead >> segment) & 1) === 0) {
      lo = linearAddress(this, segment, lo, hi, 32, SegmentAccess.read);
      hi = this.high;
    }
    this.mmu.read128(lo, hi, this.vectors.i32, slot * 8);
    const next = (lo + 16) | 0;
    this.mmu.read128(next, next >>> 0 < 16 ? this.highOfNext(hi) : hi, this.vectors.i32, slot * 8 + 4);
  }

  store128(segment: number, lo: number, hi: number, slot: number): void {
    if (((this.flatWrite >> segment) & 1) === 0) {
      lo = linearAddress(this, segment, lo, hi, 16, SegmentAccess.write);
      hi = this.high;
    }
    this.mmu.write128(lo, hi, this.vectors.i32, slot * 8);
  }

  store256(segment: number, lo: number, hi: number, slot: number): void {
    if (((this.flatWrite >> segment) & 1) === 0) {
      lo = linearAddress(this, segment, lo, hi, 32, SegmentAccess.write);
      hi = this.high;
    }
    // All or nothing: both pages are proved before a byte moves.
    if ((lo & 0xfff) > 0xfe0) this.mmu.probeWrite(lo, hi, 32);
    this.mmu.write128(lo, hi, this.vectors.i32, slot * 8);
    const next = (lo + 16) | 0;
    this.mmu.write128(next, next >>> 0 < 16 ? this.highOfNext(hi) : hi, this.vectors.i32, slot * 8 + 4);
  }

  /** High word of a linear address whose low word has just wrapped. Outside of 64-bit mode addresses wrap at 4 GiB. */
  highOfNext(hi: number): number {
    return this.state.is64Bit() ? (hi + 1) | 0 : 0;
  }

  // Read for update: proves the write, answers the old value. The matching `mmu.commitN(value)` cannot fault.

  modify8(segment: number, lo: number, hi: number): number {
    if ((this.flatWrite >> segment) & 1) return this.mmu.modify8(lo, hi);
    lo = linearAddress(this, segment, lo, hi, 1, SegmentAccess.write);
    return this.mmu.modify8(lo, this.high);
  }

  modify16(segment: number, lo: number, hi: number): number {
    if ((this.flatWrite >> segment) & 1) return this.mmu.modify16(lo, hi);
    lo = linearAddress(this, segment, lo, hi, 2, SegmentAccess.write);
    return this.mmu.modify16(lo, this.high);
  }

  modify32(segment: number, lo: number, hi: number): number {
    if ((this.flatWrite >> segment) & 1) return this.mmu.modify32(lo, hi);
    lo = linearAddress(this, segment, lo, hi, 4, SegmentAccess.write);
    return this.mmu.modify32(lo, this.high);
  }

  /** The low word; the high word is then in `this.high`. */
  modify64(segment: number, lo: number, hi: number): number {
    if (((this.flatWrite >> segment) & 1) === 0) {
      lo = linearAddress(this, segment, lo, hi, 8, SegmentAccess.write);
      hi = this.high;
    }
    const low = this.mmu.modify64(lo, hi);
    this.high = this.mmu.high;
    return low;
  }

  /** Linear address of a logical one with all segment checks, for users that do several accesses. High in `high`. */
  linear(segment: number, lo: number, hi: number, bytes: number, write: boolean): number {
    return linearAddress(this, segment, lo, hi, bytes, write ? SegmentAccess.write : SegmentAccess.read);
  }

  // The stack.

  /** 16, 32 or 64: how much of RSP the stack uses (SDM Vol. 1, "Address-Size Attributes for Stack"). */
  stackSize(): 16 | 32 | 64 {
    if (this.state.is64Bit()) return 64;
    return this.state.attributes(SS) & DESC_DB ? 32 : 16;
  }

  // The instruction pointer.

  ripLo(): number {
    return this.words[RIP_LO]!;
  }

  ripHi(): number {
    return this.words[RIP_HI]!;
  }

  setRip(lo: number, hi: number): void {
    this.words[RIP_LO] = lo;
    this.words[RIP_HI] = hi;
  }

  /** True where FS and GS (and no other segment) still have a base. */
  hasSegmentBase(segment: number): boolean {
    return !this.state.is64Bit() || segment >= FS;
  }
}
