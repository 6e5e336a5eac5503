import type { MmioDevice } from '../bus/address-space.ts';
import type { Clock } from '../bus/clock.ts';
import type { InterruptController, InterruptLine } from '../bus/lines.ts';
import {
  type ApicAgent,
  type ApicBus,
  type ApicMessage,
  BROADCAST,
  DELIVERY_EXTINT,
  DELIVERY_FIXED,
  DELIVERY_INIT,
  DELIVERY_LOWEST_PRIORITY,
  DELIVERY_NMI,
  DELIVERY_SMI,
  DELIVERY_STARTUP,
} from './apic-bus.ts';
import { ApicTimer, type TscSource } from './apic-timer.ts';
import { clearBit, highest, setBit, testBit } from './apic-vectors.ts';

/** Registers by number: the x2APIC MSR is 800h plus it, the xAPIC offset is 16 times it. */
const ID = 0x02;
const VERSION = 0x03;
const TPR = 0x08;
const APR = 0x09;
const PPR = 0x0a;
const EOI = 0x0b;
const RRD = 0x0c;
const LDR = 0x0d;
const DFR = 0x0e;
const SVR = 0x0f;
const ISR0 = 0x10;
const TMR0 = 0x18;
const IRR0 = 0x20;
const ESR = 0x28;
const ICR_LOW = 0x30;
const ICR_HIGH = 0x31;
const LVT_TIMER = 0x32;
const LVT_THERMAL = 0x33;
const LVT_PERFORMANCE = 0x34;
const LVT_LINT0 = 0x35;
const LVT_LINT1 = 0x36;
const LVT_ERROR = 0x37;
const INITIAL_COUNT = 0x38;
const CURRENT_COUNT = 0x39;
const DIVIDE_CONFIGURATION = 0x3e;
const SELF_IPI = 0x3f;

/** Integrated APIC, six LVT entries. */
const VERSION_VALUE = 0x0005_0014;
const SVR_ENABLE = 0x100;
const DFR_FLAT = 0xf;

const ESR_SEND_ILLEGAL_VECTOR = 0x20;
const ESR_RECEIVE_ILLEGAL_VECTOR = 0x40;
const ESR_ILLEGAL_REGISTER = 0x80;
const FIRST_LEGAL_VECTOR = 16;

const LVT_MASKED = 0x1_0000;
const LVT_LEVEL = 0x8000;
/** Writable bits of the LVT entries, timer first. */
const LVT_WRITABLE = [0x7_00ff, 0x1_07ff, 0x1_07ff, 0x1_a7ff, 0x1_a7ff, 0x1_00ff] as const;

const ICR_LOGICAL = 0x800;
const ICR_ASSERT = 0x4000;
const ICR_LEVEL = 0x8000;
const ICR_WRITABLE = 0x000c_cfff;

export const IA32_APIC_BASE = 0x1b;
export const IA32_TSC_DEADLINE = 0x6e0;
const X2APIC_FIRST = 0x800;
const X2APIC_LAST = 0xbff;
const BASE_BSP = 0x100;
const BASE_EXTD = 0x400;
const BASE_ENABLE = 0x800;
export const APIC_DEFAULT_BASE = 0xfee00000;

export interface LocalApicOptions {
  readonly id: number;
  readonly bus: ApicBus;
  readonly clock: Clock;
  readonly tsc: TscSource;
  /** High while the processor has an interrupt to acknowledge. */
  readonly intr: InterruptLine;
  readonly isBootstrap?: boolean;
  readonly hasX2apic?: boolean;
  /** Answers the INTA cycle of an ExtINT: the 8259As. */
  readonly pic?: InterruptController | undefined;
  readonly onNmi?: (() => void) | undefined;
  readonly onSmi?: (() => void) | undefined;
  /** INIT: the processor is reset and, unless it is the bootstrap processor, waits for a start-up message. */
  readonly onInit?: (() => void) | undefined;
  /** Start-up: execution from `vector` × 1000h. The processor ignores it unless it waits for it. */
  readonly onStartup?: ((vector: number) => void) | undefined;
  /** IA32_APIC_BASE was written (or reset): where the page is, and whether it is there. */
  readonly onBase?: ((base: number, isEnabled: boolean, isX2apic: boolean) => void) | undefined;
}

/**
 * The local APIC of one processor (SDM Vol. 3A, "Advanced Programmable Interrupt Controller (APIC)"), as memory at
 * FEE00000h (xAPIC) or as MSRs (x2APIC). It stands between the processor and everything that interrupts it.
 */
export class LocalApic implements ApicAgent, InterruptController, MmioDevice {
  readonly id: number;
  private readonly options: LocalApicOptions;
  private readonly bus: ApicBus;
  private readonly timer: ApicTimer;
  private readonly isr = new Int32Array(8);
  private readonly tmr = new Int32Array(8);
  private readonly irr = new Int32Array(8);
  /** The six entries, timer first. */
  private readonly lvt = new Int32Array(6);
  private xapicId: number;
  private tpr = 0;
  private ldr = 0;
  private dfr = DFR_FLAT;
  private svr = 0xff;
  private icrLow = 0;
  private icrHigh = 0;
  private esr = 0;
  private errors = 0;
  private baseLow: number;
  private baseHigh = 0;
  /** Where IA32_APIC_BASE says that the page is. */
  private page = APIC_DEFAULT_BASE;
  private readonly lint = [false, false];
  /** An ExtINT that came as a message (through an I/O APIC). */
  private extIntLatched = false;
  private interrupting = false;

  constructor(options: LocalApicOptions) {
    this.options = options;
    this.id = options.id;
    this.bus = options.bus;
    this.xapicId = options.id & 0xff;
    this.timer = new ApicTimer(options.clock, options.tsc, () => this.fireLvt(0));
    this.baseLow = APIC_DEFAULT_BASE | BASE_ENABLE | (options.isBootstrap ? BASE_BSP : 0) | 0;
    this.lvt.fill(LVT_MASKED);
    this.bus.attach(this);
  }

  /** Power-on: as INIT, and the base and the ID besides. */
  reset(): void {
    this.baseLow = APIC_DEFAULT_BASE | BASE_ENABLE | (this.options.isBootstrap ? BASE_BSP : 0) | 0;
    this.baseHigh = 0;
    this.page = APIC_DEFAULT_BASE;
    this.xapicId = this.id & 0xff;
    this.init();
    this.reportBase();
  }

  /** "Local APIC State After It Receives an INIT Reset": all but the ID and IA32_APIC_BASE. */
  init(): void {
    this.isr.fill(0);
    this.tmr.fill(0);
    this.irr.fill(0);
    this.lvt.fill(LVT_MASKED);
    this.tpr = 0;
    this.ldr = 0;
    this.dfr = DFR_FLAT;
    this.svr = 0xff;
    this.icrLow = 0;
    this.icrHigh = 0;
    this.esr = 0;
    this.errors = 0;
    this.extIntLatched = false;
    this.timer.reset();
    this.update();
  }

  /** Virtual wire mode, as a firmware leaves it: enabled, LINT0 takes the 8259A's interrupts, LINT1 is NMI. */
  enableVirtualWire(): void {
    this.writeRegister(SVR, SVR_ENABLE | 0xff);
    this.writeRegister(LVT_LINT0, DELIVERY_EXTINT << 8);
    this.writeRegister(LVT_LINT1, DELIVERY_NMI << 8);
  }

  get isEnabled(): boolean {
    return (this.baseLow & BASE_ENABLE) !== 0;
  }

  get isX2apic(): boolean {
    return (this.baseLow & BASE_EXTD) !== 0;
  }

  /** Where the xAPIC page is. */
  get base(): number {
    return this.page;
  }

  // The processor's side.

  /** CR8 is bits 7-4 of the task priority. */
  get cr8(): number {
    return this.tpr >>> 4;
  }

  set cr8(value: number) {
    this.tpr = (value & 15) << 4;
    this.update();
  }

  /** INTA: the interrupt of highest priority goes from IRR to ISR. */
  acknowledge(): number {
    const vector = this.deliverable();
    if (vector >= 0) {
      clearBit(this.irr, vector);
      setBit(this.isr, vector);
      this.update();
      return vector;
    }
    if (this.hasExtInt && this.options.pic) {
      this.extIntLatched = false;
      const answer = this.options.pic.acknowledge();
      this.update();
      return answer;
    }
    this.update();
    return this.svr & 0xff; // "Spurious Interrupt".
  }

  // The bus's side.

  get isReceiving(): boolean {
    return this.isEnabled && (this.svr & SVR_ENABLE) !== 0;
  }

  /** The processor priority: the higher of TPR and the class in service. */
  get priority(): number {
    const inService = highest(this.isr);
    return inService < 0 || this.tpr >>> 4 >= inService >>> 4 ? this.tpr : inService & 0xf0;
  }

  isAddressed(message: ApicMessage): boolean {
    if (!this.isEnabled) return false;
    const { destination } = message;
    if (destination === BROADCAST) return true;
    if (!message.isLogical) return destination === (this.isX2apic ? this.id : this.xapicId);
    if (this.isX2apic) {
      const address = this.logicalX2;
      const sameCluster = address >>> 16 === (message.isWide ? destination >>> 16 : 0);
      return sameCluster && (address & destination & 0xffff) !== 0;
    }
    const logical = this.ldr >>> 24;
    if (this.dfr === DFR_FLAT) return (logical & destination & 0xff) !== 0;
    // Cluster model: bits 7-4 name a cluster, all of them with Fh.
    const cluster = (destination >>> 4) & 15;
    return (cluster === 15 || cluster === logical >>> 4) && (logical & destination & 15) !== 0;
  }

  accept(mode: number, vector: number, isLevel: boolean): void {
    switch (mode) {
      case DELIVERY_FIXED:
      case DELIVERY_LOWEST_PRIORITY:
        if (this.isReceiving) this.request(vector, isLevel);
        break;
      case DELIVERY_SMI:
        this.options.onSmi?.();
        break;
      case DELIVERY_NMI:
        this.options.onNmi?.();
        break;
      case DELIVERY_INIT:
        this.init();
        this.options.onInit?.();
        break;
      case DELIVERY_STARTUP:
        this.options.onStartup?.(vector & 0xff);
        break;
      case DELIVERY_EXTINT:
        this.extIntLatched = true;
        this.update();
        break;
      default:
        break; // Reserved.
    }
  }

  /** A local interrupt pin. With the APIC switched off the pins are INTR and NMI. */
  setLint(input: 0 | 1, level: boolean): void {
    const rises = level && !this.lint[input];
    this.lint[input] = level;
    if (rises && !this.isEnabled && input === 1) this.options.onNmi?.();
    if (rises && this.isEnabled) this.fireLvt(3 + input);
    this.update();
  }

  /** After the time-stamp counter was written: the deadline is meant in its counts. */
  tscChanged(): void {
    this.timer.tscChanged();
  }

  // Registers.

  readMmio(offset: number, bytes: 1 | 2 | 4): number {
    if (!this.isEnabled || this.isX2apic) return bytes === 4 ? 0xffffffff : 2 ** (8 * bytes) - 1;
    const lane = offset & 15;
    const value = lane < 4 ? (this.readRegister(offset >>> 4) ?? this.illegalRegister()) : 0;
    const shifted = (value >>> 0) >>> (8 * (lane & 3));
    return bytes === 4 ? shifted : shifted & (2 ** (8 * bytes) - 1);
  }

  /** "All 32-bit registers should be accessed using 128-bit aligned 32-bit loads or stores"; others do nothing. */
  writeMmio(offset: number, value: number, bytes: 1 | 2 | 4): void {
    if (!this.isEnabled || this.isX2apic || bytes !== 4 || offset & 15) return;
    const register = offset >>> 4;
    if (register === ICR_HIGH) this.icrHigh = value & 0xff000000;
    else if (register === ICR_LOW) {
      this.icrLow = value & ICR_WRITABLE;
      this.sendIpi(this.icrLow, this.icrHigh >>> 24);
    } else if (register === ID) this.xapicId = value >>> 24;
    else if (register === LDR) this.ldr = value & 0xff000000;
    else if (register === DFR) this.dfr = value >>> 28;
    else if (register === SELF_IPI || !this.writeRegister(register, value | 0)) this.illegalRegister();
  }

  readMsr(index: number): [lo: number, hi: number] | undefined {
    if (index === IA32_APIC_BASE) return [this.baseLow, this.baseHigh];
    if (index === IA32_TSC_DEADLINE) return this.timer.deadline;
    if (index < X2APIC_FIRST || index > X2APIC_LAST || !this.isX2apic) return undefined;
    const register = index - X2APIC_FIRST;
    if (register === ICR_LOW) return [this.icrLow, this.icrHigh];
    if (register === ICR_HIGH || register === DFR || register === EOI || register === SELF_IPI)
      return undefined;
    if (register === APR || register === RRD) return undefined;
    if (register === ID) return [this.id, 0];
    if (register === LDR) return [this.logicalX2, 0];
    const value = this.readRegister(register);
    return value === undefined ? undefined : [value | 0, 0];
  }

  /** False means #GP(0). */
  writeMsr(index: number, lo: number, hi: number): boolean {
    if (index === IA32_APIC_BASE) return this.writeBase(lo, hi);
    if (index === IA32_TSC_DEADLINE) {
      this.timer.writeDeadline(lo, hi);
      return true;
    }
    if (index < X2APIC_FIRST || index > X2APIC_LAST || !this.isX2apic) return false;
    const register = index - X2APIC_FIRST;
    if (register === ICR_LOW) {
      if (lo & ~ICR_WRITABLE) return false;
      this.icrLow = lo;
      this.icrHigh = hi;
      this.sendIpi(lo, hi >>> 0);
      return true;
    }
    if (hi !== 0) return false;
    if (register === SELF_IPI) {
      if (lo & ~0xff) return false;
      this.sendSelf(lo);
      return true;
    }
    if ((register === EOI || register === ESR) && lo !== 0) return false;
    if (register === TPR && lo & ~0xff) return false;
    return this.writeRegister(register, lo);
  }

  /** The registers that both forms have. `undefined` for a number that is none. */
  private readRegister(register: number): number | undefined {
    if (register >= ISR0 && register < ESR) {
      const words = register < TMR0 ? this.isr : register < IRR0 ? this.tmr : this.irr;
      return words[register & 7];
    }
    if (register >= LVT_TIMER && register <= LVT_ERROR) return this.lvt[register - LVT_TIMER];
    switch (register) {
      case ID:
        return this.xapicId << 24;
      case VERSION:
        return VERSION_VALUE;
      case TPR:
        return this.tpr;
      case APR:
        return this.arbitrationPriority();
      case PPR:
        return this.priority;
      case EOI:
      case RRD:
        return 0;
      case LDR:
        return this.ldr;
      case DFR:
        return (this.dfr << 28) | 0x0fffffff;
      case SVR:
        return this.svr;
      case ESR:
        return this.esr;
      case ICR_LOW:
        return this.icrLow;
      case ICR_HIGH:
        return this.icrHigh;
      case INITIAL_COUNT:
        return this.timer.initialCount;
      case CURRENT_COUNT:
        return this.timer.currentCount;
      case DIVIDE_CONFIGURATION:
        return this.timer.divideConfiguration;
      default:
        return undefined;
    }
  }

  /** False for a register that is not there or cannot be written. */
  private writeRegister(register: number, value: number): boolean {
    if (register >= LVT_TIMER && register <= LVT_ERROR) {
      this.writeLvt(register - LVT_TIMER, value);
      return true;
    }
    switch (register) {
      case TPR:
        this.tpr = value & 0xff;
        break;
      case EOI:
        this.endOfInterrupt();
        return true;
      case SVR:
        this.svr = value & (SVR_ENABLE | 0xff);
        // "The mask bits for all the LVT entries are set" while the APIC is disabled by software.
        if (!(value & SVR_ENABLE)) {
          for (let i = 0; i < this.lvt.length; i++) this.lvt[i]! |= LVT_MASKED;
          this.timer.configure(this.lvt[0]!);
        }
        break;
      case ESR:
        this.esr = this.errors;
        this.errors = 0;
        break;
      case INITIAL_COUNT:
        this.timer.writeInitialCount(value >>> 0);
        break;
      case DIVIDE_CONFIGURATION:
        this.timer.writeDivideConfiguration(value);
        break;
      default:
        return false;
    }
    this.update();
    return true;
  }

  private writeLvt(entry: number, value: number): void {
    value &= LVT_WRITABLE[entry]!;
    if (!(this.svr & SVR_ENABLE)) value |= LVT_MASKED;
    this.lvt[entry] = value;
    if (entry === 0) this.timer.configure(value);
    this.update();
  }

  /** IA32_APIC_BASE and its state machine ("x2APIC State Transitions"). */
  private writeBase(lo: number, hi: number): boolean {
    const reserved = this.options.hasX2apic ? 0x2ff : 0x6ff;
    if (lo & reserved || hi & ~0xfffff) return false;
    const from = this.baseLow & (BASE_ENABLE | BASE_EXTD);
    const to = lo & (BASE_ENABLE | BASE_EXTD);
    if (to === BASE_EXTD) return false;
    if (from === (BASE_ENABLE | BASE_EXTD) && to === BASE_ENABLE) return false;
    if (from === 0 && to === (BASE_ENABLE | BASE_EXTD)) return false;
    this.baseLow = lo;
    this.baseHigh = hi;
    this.page = hi * 4294967296 + ((lo & 0xfffff000) >>> 0);
    if (to === 0 && from !== 0) this.init();
    this.update();
    this.reportBase();
    return true;
  }

  private reportBase(): void {
    this.options.onBase?.(this.base, this.isEnabled, this.isX2apic);
  }

  private get logicalX2(): number {
    return ((this.id >>> 4) << 16) | (1 << (this.id & 15));
  }

  /** "Arbitration Priority Register": of processors that arbitrate on a serial bus. */
  private arbitrationPriority(): number {
    const requested = highest(this.irr);
    const inService = highest(this.isr);
    const most = Math.max(requested, inService, 0);
    return this.tpr >>> 4 >= most >>> 4 && this.tpr >>> 4 > 0 ? this.tpr : most & 0xf0;
  }

  private illegalRegister(): number {
    this.reportError(ESR_ILLEGAL_REGISTER);
    return 0;
  }

  private reportError(bit: number): void {
    const isNew = (this.errors & bit) === 0;
    this.errors |= bit;
    if (isNew) this.fireLvt(5);
  }

  /** A thermal or performance-monitoring event of the processor. */
  raiseLocal(entry: 'thermal' | 'performance'): void {
    this.fireLvt((entry === 'thermal' ? LVT_THERMAL : LVT_PERFORMANCE) - LVT_TIMER);
  }

  private fireLvt(entry: number): void {
    const lvt = this.lvt[entry]!;
    if (lvt & LVT_MASKED) return;
    const isPin = entry === 3 || entry === 4;
    const mode = entry === 0 || entry === 5 ? DELIVERY_FIXED : (lvt >>> 8) & 7;
    // "The trigger mode bit is used only with the fixed delivery mode"; ExtINT follows the pin.
    if (mode === DELIVERY_EXTINT || mode === DELIVERY_STARTUP) return;
    this.accept(mode, lvt & 0xff, isPin && (lvt & LVT_LEVEL) !== 0);
  }

  private request(vector: number, isLevel: boolean): void {
    if (vector < FIRST_LEGAL_VECTOR) {
      // An LVT error entry that is illegal itself must not report for ever.
      if (!(this.errors & ESR_RECEIVE_ILLEGAL_VECTOR)) this.reportError(ESR_RECEIVE_ILLEGAL_VECTOR);
      return;
    }
    setBit(this.irr, vector);
    if (isLevel) setBit(this.tmr, vector);
    else clearBit(this.tmr, vector);
    this.update();
  }

  private endOfInterrupt(): void {
    const vector = highest(this.isr);
    if (vector < 0) return;
    clearBit(this.isr, vector);
    const wasLevel = testBit(this.tmr, vector);
    this.update();
    if (wasLevel) this.bus.broadcastEoi(vector);
  }

  /** "Interrupt Command Register (ICR)". */
  private sendIpi(low: number, destination: number): void {
    const mode = (low >>> 8) & 7;
    const vector = low & 0xff;
    const isLevel = (low & ICR_LEVEL) !== 0;
    if (mode === DELIVERY_INIT && isLevel && !(low & ICR_ASSERT)) return; // INIT level de-assert.
    if ((mode === DELIVERY_FIXED || mode === DELIVERY_LOWEST_PRIORITY) && vector < FIRST_LEGAL_VECTOR) {
      this.reportError(ESR_SEND_ILLEGAL_VECTOR);
      return;
    }
    const message = { mode, vector, isLevel: false, isWide: this.isX2apic } as const;
    switch ((low >>> 18) & 3) {
      case 1:
        this.accept(mode, vector, false);
        break;
      case 2:
        this.bus.send({ ...message, destination: BROADCAST, isLogical: false });
        break;
      case 3:
        this.bus.send({ ...message, destination: BROADCAST, isLogical: false }, this);
        break;
      default: {
        const isEverybody = destination === (this.isX2apic ? 0xffffffff : 0xff);
        const isLogical = (low & ICR_LOGICAL) !== 0;
        this.bus.send({
          ...message,
          destination: isEverybody && !isLogical ? BROADCAST : destination,
          isLogical,
        });
      }
    }
  }

  private sendSelf(vector: number): void {
    if (vector < FIRST_LEGAL_VECTOR) this.reportError(ESR_SEND_ILLEGAL_VECTOR);
    else this.accept(DELIVERY_FIXED, vector, false);
  }

  /** The vector that the processor may take now, or -1. */
  private deliverable(): number {
    if (!this.isReceiving) return -1;
    const vector = highest(this.irr);
    return vector >= 0 && vector >>> 4 > this.priority >>> 4 ? vector : -1;
  }

  private get hasExtInt(): boolean {
    if (!this.isEnabled) return this.lint[0]!;
    const lvt = this.lvt[LVT_LINT0 - LVT_TIMER]!;
    const isOpen = !(lvt & LVT_MASKED) && ((lvt >>> 8) & 7) === DELIVERY_EXTINT;
    return this.extIntLatched || (isOpen && this.lint[0]!);
  }

  private update(): void {
    const interrupting = this.deliverable() >= 0 || this.hasExtInt;
    if (interrupting === this.interrupting) return;
    this.interrupting = interrupting;
    if (interrupting) this.options.intr.raise();
    else this.options.intr.lower();
  }
}
