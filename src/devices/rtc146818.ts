import { type Clock, NEVER, type TimedEvent } from '../bus/clock.ts';
import type { InterruptLine } from '../bus/lines.ts';
import type { PortDevice } from '../bus/ports.ts';

/** MC146818, "Address Map". */
const SECONDS = 0x00;
const SECONDS_ALARM = 0x01;
const MINUTES = 0x02;
const MINUTES_ALARM = 0x03;
const HOURS = 0x04;
const HOURS_ALARM = 0x05;
const DAY_OF_WEEK = 0x06;
const DATE_OF_MONTH = 0x07;
const MONTH = 0x08;
const YEAR = 0x09;
const REGISTER_A = 0x0a;
const REGISTER_B = 0x0b;
const REGISTER_C = 0x0c;
const REGISTER_D = 0x0d;

const A_UIP = 0x80;
const A_DIVIDER = 0x70;
const A_RATE = 0x0f;
const A_DIVIDER_32768 = 0x20;
const B_24_HOUR = 0x02;
const B_BINARY = 0x04;
const B_SQWE = 0x08;
const B_UIE = 0x10;
const B_AIE = 0x20;
const B_PIE = 0x40;
const B_SET = 0x80;
const C_UF = 0x10;
const C_AF = 0x20;
const C_PF = 0x40;
const C_IRQF = 0x80;
const D_VRT = 0x80;

/** Alarm codes from C0h to FFh match anything ("don't care"). */
const ALARM_ANY = 0xc0;
const HOURS_PM = 0x80;

/** CMOS locations of the IBM AT and its successors (Ralf Brown's "CMOS Memory Map"). */
const CMOS_EQUIPMENT = 0x14;
const CMOS_BASE_MEMORY = 0x15;
const CMOS_EXTENDED_MEMORY = 0x17;
const CMOS_CHECKSUM_FIRST = 0x10;
const CMOS_CHECKSUM_LAST = 0x2d;
const CMOS_CHECKSUM = 0x2e;
const CMOS_EXTENDED_MEMORY_FOUND = 0x30;
const CMOS_CENTURY = 0x32;
const CMOS_MEMORY_ABOVE_16M = 0x34;
const CMOS_MEMORY_ABOVE_4G = 0x5b;
/** Processors besides the first, where SeaBIOS looks for the count. */
const CMOS_OTHER_PROCESSORS = 0x5f;
const CMOS_BYTES = 128;
const EQUIPMENT_FPU_AND_MOUSE = 0x06;

const KIB = 1024;
const MIB = 1024 * KIB;

const SECOND_NS = 1_000_000_000;
/** "UIP ... 244 µs" before an update ("Update Cycle"). The update itself takes no time here. */
const UPDATE_WARNING_NS = 244_000;
const CRYSTAL_HZ = 32_768;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

export interface RtcOptions {
  /** The time at power-on, seconds since 1970-01-01. The default is 2000-01-01 00:00:00. */
  startSeconds?: number | undefined;
  /** Bytes of RAM below 4 GiB, from address 0. Default 0: the CMOS memory sizes stay zero. */
  memoryBelow4G?: number | undefined;
  memoryAbove4G?: number | undefined;
  /** How many there are. Default 1. */
  processors?: number | undefined;
  /** Bit 7 of the index port: true keeps NMI from the processor. */
  onNmiMask?: ((masked: boolean) => void) | undefined;
}

/** Motorola MC146818 real-time clock with 128 bytes of CMOS RAM. Two ports: index and data, 70h on a PC. */
export class Rtc146818 implements PortDevice {
  nmiMasked = false;
  private readonly clock: Clock;
  private readonly irq: InterruptLine;
  private readonly onNmiMask: ((masked: boolean) => void) | undefined;
  private readonly event: TimedEvent = { due: NEVER, fire: () => this.advance() };
  private readonly cmos = new Uint8Array(CMOS_BYTES);
  private index = 0;
  /** Guest time of an update; the divider chain runs from here. */
  private phase = 0;
  /** Seconds and periods since `phase` that the registers know of. */
  private seenSeconds = 0;
  private seenPeriods = 0;
  private interrupting = false;

  constructor(clock: Clock, irq: InterruptLine, options: RtcOptions = {}) {
    this.clock = clock;
    this.irq = irq;
    this.onNmiMask = options.onNmiMask;
    this.phase = clock.now();
    this.cmos[REGISTER_A] = A_DIVIDER_32768 | 6;
    this.cmos[REGISTER_B] = B_24_HOUR;
    this.cmos[REGISTER_D] = D_VRT;
    this.setTime(options.startSeconds ?? Date.UTC(2000, 0, 1) / 1000);
    this.setMemory(options.memoryBelow4G ?? 0, options.memoryAbove4G ?? 0);
    this.setCmos(CMOS_EQUIPMENT, EQUIPMENT_FPU_AND_MOUSE);
    this.setCmos(CMOS_OTHER_PROCESSORS, (options.processors ?? 1) - 1);
  }

  /** The RESET pin: interrupts off and flags cleared; time, rates and RAM are the battery's. */
  reset(): void {
    this.advance();
    this.cmos[REGISTER_B]! &= ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    this.cmos[REGISTER_C] = 0;
    this.index = 0;
    this.setNmiMask(false);
    this.updateInterrupt();
  }

  /** Writes a CMOS location from outside, as a setup program would, and keeps the AT's checksum right. */
  setCmos(index: number, value: number): void {
    this.cmos[index & (CMOS_BYTES - 1)] = value;
    let sum = 0;
    for (let i = CMOS_CHECKSUM_FIRST; i <= CMOS_CHECKSUM_LAST; i++) sum += this.cmos[i]!;
    this.cmos[CMOS_CHECKSUM] = sum >>> 8;
    this.cmos[CMOS_CHECKSUM + 1] = sum & 0xff;
  }

  cmosByte(index: number): number {
    return this.cmos[index & (CMOS_BYTES - 1)]!;
  }

  readPort(offset: number): number {
    if (!(offset & 1)) return 0xff; // The index is write-only.
    this.advance();
    const { index } = this;
    if (index === REGISTER_A) return this.cmos[REGISTER_A]! | (this.updateInProgress ? A_UIP : 0);
    const value = this.cmos[index]!;
    if (index === REGISTER_C) {
      this.cmos[REGISTER_C] = 0;
      this.updateInterrupt();
    }
    return value;
  }

  writePort(offset: number, value: number): void {
    value &= 0xff;
    if (!(offset & 1)) {
      this.index = value & (CMOS_BYTES - 1);
      this.setNmiMask((value & 0x80) !== 0);
      return;
    }
    this.advance();
    switch (this.index) {
      case REGISTER_A:
        this.writeRegisterA(value);
        break;
      case REGISTER_B:
        // "The UIE bit is cleared when SET goes high."
        this.cmos[REGISTER_B] = value & B_SET ? value & ~B_UIE : value;
        break;
      case REGISTER_C:
      case REGISTER_D:
        break; // Read-only.
      default:
        this.cmos[this.index] = value;
    }
    this.updateInterrupt();
  }

  private get running(): boolean {
    return (this.cmos[REGISTER_A]! & A_DIVIDER) === A_DIVIDER_32768;
  }

  private get updateInProgress(): boolean {
    if (!this.running || this.cmos[REGISTER_B]! & B_SET) return false;
    return (this.clock.now() - this.phase) % SECOND_NS >= SECOND_NS - UPDATE_WARNING_NS;
  }

  /** Crystal periods between two periodic interrupts, 0 for none (MC146818, Table 5 "Periodic Interrupt Rate"). */
  private get period(): number {
    const rate = this.cmos[REGISTER_A]! & A_RATE;
    if (rate === 0) return 0;
    return rate < 3 ? 1 << (rate + 6) : 1 << (rate - 1);
  }

  private writeRegisterA(value: number): void {
    const wasRunning = this.running;
    this.cmos[REGISTER_A] = value & ~A_UIP;
    if (this.running && !wasRunning) {
      // "The first update cycle begins one-half second later" than the divider chain is released.
      this.phase = this.clock.now() - SECOND_NS / 2;
      this.seenSeconds = 0;
    }
    this.seenPeriods = this.periodsAt(this.clock.now() - this.phase);
  }

  /** Periods that have passed `ns` after `phase`. */
  private periodsAt(ns: number): number {
    const { period } = this;
    if (period === 0) return 0;
    // No rate is below 2 Hz, so a second holds a whole number of periods and the division is exact for each.
    const seconds = Math.floor(ns / SECOND_NS);
    const crystals = Math.floor(((ns - seconds * SECOND_NS) * CRYSTAL_HZ) / SECOND_NS);
    return seconds * (CRYSTAL_HZ / period) + Math.floor(crystals / period);
  }

  private timeOfPeriod(periods: number): number {
    const perSecond = CRYSTAL_HZ / this.period;
    const seconds = Math.floor(periods / perSecond);
    const crystals = (periods - seconds * perSecond) * this.period;
    return this.phase + seconds * SECOND_NS + Math.ceil((crystals * SECOND_NS) / CRYSTAL_HZ);
  }

  /** Lets the registers and flags catch up with guest time. */
  private advance(): void {
    if (this.running) {
      const elapsed = this.clock.now() - this.phase;
      const periods = this.periodsAt(elapsed);
      if (periods !== this.seenPeriods) this.cmos[REGISTER_C]! |= C_PF;
      this.seenPeriods = periods;
      const seconds = Math.floor(elapsed / SECOND_NS);
      const updating = !(this.cmos[REGISTER_B]! & B_SET);
      for (; this.seenSeconds < seconds && updating; this.seenSeconds++) this.update();
      this.seenSeconds = seconds;
    }
    this.updateInterrupt();
  }

  /** The update cycle: one second forward, then the alarm is compared. */
  private update(): void {
    this.incrementTime();
    this.cmos[REGISTER_C]! |= C_UF;
    const matches = (time: number, alarm: number) =>
      this.cmos[alarm]! >= ALARM_ANY || this.cmos[alarm] === this.cmos[time];
    if (matches(SECONDS, SECONDS_ALARM) && matches(MINUTES, MINUTES_ALARM) && matches(HOURS, HOURS_ALARM)) {
      this.cmos[REGISTER_C]! |= C_AF;
    }
  }

  private incrementTime(): void {
    if (this.increment(SECONDS, 0, 59) || this.increment(MINUTES, 0, 59)) return;
    const hour = this.hour + 1;
    this.hour = hour % 24;
    if (hour < 24) return;
    this.increment(DAY_OF_WEEK, 1, 7);
    const month = this.field(MONTH);
    const leapDay = month === 2 && this.field(YEAR) % 4 === 0 ? 1 : 0;
    if (this.increment(DATE_OF_MONTH, 1, (DAYS_IN_MONTH[month - 1] ?? 31) + leapDay)) return;
    if (this.increment(MONTH, 1, 12) || this.increment(YEAR, 0, 99)) return;
    this.increment(CMOS_CENTURY, 0, 99);
  }

  /** True when there is no carry into the next register. */
  private increment(register: number, first: number, last: number): boolean {
    const value = this.field(register) + 1;
    this.setField(register, value > last ? first : value);
    return value <= last;
  }

  private field(register: number): number {
    const value = this.cmos[register]!;
    return this.cmos[REGISTER_B]! & B_BINARY ? value : (value >>> 4) * 10 + (value & 15);
  }

  private setField(register: number, value: number): void {
    this.cmos[register] =
      this.cmos[REGISTER_B]! & B_BINARY ? value : (Math.floor(value / 10) << 4) | (value % 10);
  }

  /** 0 to 23 for valid registers, in either mode. */
  private get hour(): number {
    if (this.cmos[REGISTER_B]! & B_24_HOUR) return this.field(HOURS);
    const raw = this.cmos[HOURS]!;
    this.cmos[HOURS] = raw & ~HOURS_PM;
    const hour = (this.field(HOURS) % 12) + (raw & HOURS_PM ? 12 : 0);
    this.cmos[HOURS] = raw;
    return hour;
  }

  private set hour(hour: number) {
    if (this.cmos[REGISTER_B]! & B_24_HOUR) {
      this.setField(HOURS, hour);
      return;
    }
    this.setField(HOURS, hour % 12 || 12);
    if (hour >= 12) this.cmos[HOURS]! |= HOURS_PM;
  }

  private updateInterrupt(): void {
    const flags = this.cmos[REGISTER_C]! & (C_PF | C_AF | C_UF);
    const interrupting = (flags & this.cmos[REGISTER_B]!) !== 0; // PIE, AIE, UIE lie as their flags do.
    this.cmos[REGISTER_C] = interrupting ? flags | C_IRQF : flags;
    this.scheduleInterrupt(interrupting);
    if (interrupting === this.interrupting) return;
    this.interrupting = interrupting;
    if (interrupting) this.irq.raise();
    else this.irq.lower();
  }

  /** Flags are computed when somebody looks; only an interrupt needs an event. */
  private scheduleInterrupt(interrupting: boolean): void {
    const control = this.cmos[REGISTER_B]!;
    let at = NEVER;
    if (this.running && !interrupting) {
      if (control & B_PIE && this.period > 0) at = this.timeOfPeriod(this.seenPeriods + 1);
      if (control & (B_AIE | B_UIE) && !(control & B_SET)) {
        at = Math.min(at, this.phase + (this.seenSeconds + 1) * SECOND_NS);
      }
    }
    if (at === NEVER) this.clock.cancel(this.event);
    else this.clock.schedule(this.event, at);
  }

  private setNmiMask(masked: boolean): void {
    if (masked === this.nmiMasked) return;
    this.nmiMasked = masked;
    this.onNmiMask?.(masked);
  }

  private setTime(seconds: number): void {
    const date = new Date(seconds * 1000);
    this.setField(SECONDS, date.getUTCSeconds());
    this.setField(MINUTES, date.getUTCMinutes());
    this.hour = date.getUTCHours();
    this.setField(DAY_OF_WEEK, date.getUTCDay() + 1);
    this.setField(DATE_OF_MONTH, date.getUTCDate());
    this.setField(MONTH, date.getUTCMonth() + 1);
    this.setField(YEAR, date.getUTCFullYear() % 100);
    this.setField(CMOS_CENTURY, Math.floor(date.getUTCFullYear() / 100));
  }

  private setMemory(below4G: number, above4G: number): void {
    const setWord = (index: number, value: number) => {
      this.setCmos(index, value & 0xff);
      this.setCmos(index + 1, value >>> 8);
    };
    const units = (bytes: number, unit: number) => Math.min(0xffff, Math.floor(Math.max(0, bytes) / unit));
    setWord(CMOS_BASE_MEMORY, Math.min(640, units(below4G, KIB)));
    setWord(CMOS_EXTENDED_MEMORY, units(below4G - MIB, KIB));
    setWord(CMOS_EXTENDED_MEMORY_FOUND, units(below4G - MIB, KIB));
    setWord(CMOS_MEMORY_ABOVE_16M, units(below4G - 16 * MIB, 64 * KIB));
    const above = Math.min(0xffffff, Math.floor(Math.max(0, above4G) / (64 * KIB)));
    setWord(CMOS_MEMORY_ABOVE_4G, above & 0xffff);
    this.setCmos(CMOS_MEMORY_ABOVE_4G + 2, above >>> 16);
  }
}
