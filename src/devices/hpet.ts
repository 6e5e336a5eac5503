import type { MmioDevice } from '../bus/address-space.ts';
import { type Clock, NEVER, type TimedEvent } from '../bus/clock.ts';
import { type InterruptLine, OPEN_LINE } from '../bus/lines.ts';

/** Registers (IA-PC HPET Specification 1.0a, "Memory Mapped Registers"). */
const GENERAL_CAPABILITIES = 0x000;
const GENERAL_CONFIGURATION = 0x010;
const GENERAL_INTERRUPT_STATUS = 0x020;
const MAIN_COUNTER = 0x0f0;
const TIMER0 = 0x100;
const TIMER_BYTES = 0x20;
const TIMER_CONFIGURATION = 0x00;
const TIMER_COMPARATOR = 0x08;

export const HPET_TIMERS = 3;
/** 100 MHz. */
const TICK_NS = 10;
const TICK_FS = 10_000_000n;
const VENDOR = 0x8086n;
/** LEG_RT_CAP, COUNT_SIZE_CAP, three timers, revision 1. */
const CAPABILITIES = (TICK_FS << 32n) | (VENDOR << 16n) | 0xa000n | (BigInt(HPET_TIMERS - 1) << 8n) | 0x01n;

const ENABLE_CNF = 0x1n;
const LEG_RT_CNF = 0x2n;

const TN_INT_TYPE = 0x0002n;
const TN_INT_ENB = 0x0004n;
const TN_TYPE = 0x0008n;
const TN_PER_INT_CAP = 0x0010n;
const TN_SIZE_CAP = 0x0020n;
const TN_VAL_SET = 0x0040n;
const TN_32MODE = 0x0100n;
const TN_INT_ROUTE = 0x3e00n;
const TN_WRITABLE = TN_INT_TYPE | TN_INT_ENB | TN_TYPE | TN_VAL_SET | TN_32MODE | TN_INT_ROUTE;

const MASK_32 = 0xffff_ffffn;
const MASK_64 = 0xffff_ffff_ffff_ffffn;
/** Farther than that no event is put into the clock: 2^53 ns are a hundred days. */
const FARTHEST_TICKS = 1n << 49n;

export interface HpetOptions {
  readonly clock: Clock;
  /** A driver of an I/O APIC pin; asked for the pins of `routes` once. */
  readonly line: (pin: number) => InterruptLine;
  /** A bit for each I/O APIC pin that the timers can be routed to. */
  readonly routes?: number;
  /** Legacy replacement: timer 0 as IRQ0, timer 1 as IRQ8, to the 8259A and the I/O APIC. */
  readonly legacyLines?: readonly [InterruptLine, InterruptLine];
  /** Legacy replacement was switched: the board takes the 8254 and the RTC off (or back on) these lines. */
  readonly onLegacy?: ((isReplaced: boolean) => void) | undefined;
}

/** Pins 2 (the timer's), 8 (the RTC's), and 20 to 23, which no ISA interrupt uses. */
const DEFAULT_ROUTES = 0x00f0_0104;

const NO_LINE = -1;
/** Behind the 32 pins: the lines of the 8254 and the RTC, which legacy replacement takes over. */
const LEGACY = 32;

/** One comparator. */
class HpetTimer {
  configuration = 0n;
  comparator = MASK_64;
  period = 0n;
  readonly event: TimedEvent;

  constructor(fire: () => void) {
    this.event = { due: NEVER, fire };
  }

  get isPeriodic(): boolean {
    return (this.configuration & TN_TYPE) !== 0n;
  }

  get is32Bit(): boolean {
    return (this.configuration & TN_32MODE) !== 0n;
  }

  get isLevel(): boolean {
    return (this.configuration & TN_INT_TYPE) !== 0n;
  }

  get route(): number {
    return Number((this.configuration & TN_INT_ROUTE) >> 9n);
  }

  get mask(): bigint {
    return this.is32Bit ? MASK_32 : MASK_64;
  }
}

/**
 * The IA-PC high precision event timer: a 64-bit counter of 100 MHz and three comparators that can all be periodic.
 * 1 KiB of memory, FED00000h on a PC. The counter follows from guest time; only comparators that interrupt cost events.
 */
export class Hpet implements MmioDevice {
  private readonly options: HpetOptions;
  private readonly clock: Clock;
  private readonly routes: number;
  private readonly lines: InterruptLine[] = [];
  private readonly timers: readonly HpetTimer[];
  private configuration = 0n;
  private status = 0;
  /** The counter while it stands still, and what it was at guest time 0 while it runs. */
  private counterBase = 0n;
  /** The timer whose comparator's low half was just written with VAL_SET: the high half belongs to it. -1 for none. */
  private highHalfNext = -1;
  /** Which line each timer holds high: a pin, `LEGACY` and the timer's number, or `NO_LINE`. */
  private readonly asserted: number[] = new Array(HPET_TIMERS).fill(NO_LINE);

  constructor(options: HpetOptions) {
    this.options = options;
    this.clock = options.clock;
    this.routes = options.routes ?? DEFAULT_ROUTES;
    for (let pin = 0; pin < 32; pin++) {
      this.lines.push((this.routes >>> pin) & 1 ? options.line(pin) : OPEN_LINE);
    }
    this.timers = Array.from({ length: HPET_TIMERS }, (_, n) => new HpetTimer(() => this.fire(n)));
  }

  reset(): void {
    const wasLegacy = this.isLegacy;
    this.configuration = 0n;
    this.status = 0;
    this.counterBase = 0n;
    for (const [n, timer] of this.timers.entries()) {
      timer.configuration = 0n;
      timer.comparator = MASK_64;
      timer.period = 0n;
      this.release(n);
      this.schedule(n);
    }
    if (wasLegacy) this.options.onLegacy?.(false);
  }

  readMmio(offset: number, bytes: 1 | 2 | 4): number {
    const value = this.readRegister(offset & ~7) >> BigInt(8 * (offset & 7));
    return Number(value & (bytes === 4 ? MASK_32 : BigInt(2 ** (8 * bytes) - 1)));
  }

  /** "Software should not attempt to do 8- or 16-bit accesses"; the other bits of the register stay. */
  writeMmio(offset: number, value: number, bytes: 1 | 2 | 4): void {
    const register = offset & ~7;
    const shift = BigInt(8 * (offset & 7));
    const mask = (bytes === 4 ? MASK_32 : BigInt(2 ** (8 * bytes) - 1)) << shift;
    const placed = (BigInt(value >>> 0) << shift) & mask;
    this.writeRegister(register, placed, mask & MASK_64);
  }

  private get isEnabled(): boolean {
    return (this.configuration & ENABLE_CNF) !== 0n;
  }

  private get isLegacy(): boolean {
    return (this.configuration & LEG_RT_CNF) !== 0n;
  }

  private get counter(): bigint {
    if (!this.isEnabled) return this.counterBase;
    return (this.counterBase + BigInt(Math.floor(this.clock.now() / TICK_NS))) & MASK_64;
  }

  private set counter(value: bigint) {
    const ticks = this.isEnabled ? BigInt(Math.floor(this.clock.now() / TICK_NS)) : 0n;
    this.counterBase = (value - ticks) & MASK_64;
  }

  private readRegister(register: number): bigint {
    const n = Math.floor((register - TIMER0) / TIMER_BYTES);
    const timer = n >= 0 ? this.timers[n] : undefined;
    if (timer) {
      const within = (register - TIMER0) % TIMER_BYTES;
      if (within === TIMER_CONFIGURATION) {
        return (BigInt(this.routes >>> 0) << 32n) | TN_PER_INT_CAP | TN_SIZE_CAP | timer.configuration;
      }
      return within === TIMER_COMPARATOR ? timer.comparator & timer.mask : 0n;
    }
    switch (register) {
      case GENERAL_CAPABILITIES:
        return CAPABILITIES;
      case GENERAL_CONFIGURATION:
        return this.configuration;
      case GENERAL_INTERRUPT_STATUS:
        return BigInt(this.status);
      case MAIN_COUNTER:
        return this.counter;
      default:
        return 0n;
    }
  }

  private writeRegister(register: number, value: bigint, mask: bigint): void {
    const n = Math.floor((register - TIMER0) / TIMER_BYTES);
    const timer = n >= 0 ? this.timers[n] : undefined;
    const highHalf = this.highHalfNext;
    this.highHalfNext = -1;
    if (timer) {
      const within = (register - TIMER0) % TIMER_BYTES;
      if (within === TIMER_CONFIGURATION) this.writeTimerConfiguration(n, timer, value, mask);
      else if (within === TIMER_COMPARATOR) this.writeComparator(n, timer, value, mask, highHalf === n);
      return;
    }
    switch (register) {
      case GENERAL_CONFIGURATION:
        this.writeConfiguration((this.configuration & ~mask) | value);
        break;
      case GENERAL_INTERRUPT_STATUS:
        this.clearStatus(Number(value & 7n));
        break;
      case MAIN_COUNTER:
        this.counter = (this.counter & ~mask) | value;
        for (let i = 0; i < HPET_TIMERS; i++) this.schedule(i);
        break;
      default:
        break;
    }
  }

  private writeConfiguration(value: bigint): void {
    const { counter } = this;
    const wasLegacy = this.isLegacy;
    this.configuration = value & (ENABLE_CNF | LEG_RT_CNF);
    this.counter = counter;
    if (wasLegacy !== this.isLegacy) {
      for (let i = 0; i < HPET_TIMERS; i++) this.release(i);
      this.options.onLegacy?.(this.isLegacy);
    }
    for (let i = 0; i < HPET_TIMERS; i++) {
      this.updateLevel(i);
      this.schedule(i);
    }
  }

  private writeTimerConfiguration(n: number, timer: HpetTimer, value: bigint, mask: bigint): void {
    const writable = TN_WRITABLE & mask;
    let configuration = (timer.configuration & ~writable) | (value & writable);
    // "Software must not write an unsupported route": it is as if it had not.
    if (!((this.routes >>> Number((configuration & TN_INT_ROUTE) >> 9n)) & 1)) {
      configuration = (configuration & ~TN_INT_ROUTE) | (timer.configuration & TN_INT_ROUTE);
    }
    this.release(n);
    timer.configuration = configuration;
    if (timer.is32Bit) {
      timer.comparator &= MASK_32;
      timer.period &= MASK_32;
    }
    if (!timer.isLevel) this.status &= ~(1 << n);
    this.updateLevel(n);
    this.schedule(n);
  }

  /**
   * A periodic timer takes a write as its period; the comparator itself is written too when VAL_SET is set, which the
   * write clears ("Timer N Comparator Value Register"). A write of 64 bits arrives as its two halves.
   */
  private writeComparator(
    n: number,
    timer: HpetTimer,
    value: bigint,
    mask: bigint,
    isHighHalf: boolean,
  ): void {
    const written = (old: bigint) => ((old & ~mask) | value) & timer.mask;
    const isHigh = mask === MASK_64 - MASK_32;
    const setsValue = (timer.configuration & TN_VAL_SET) !== 0n;
    if (!timer.isPeriodic || setsValue || (isHigh && isHighHalf))
      timer.comparator = written(timer.comparator);
    if (timer.isPeriodic) timer.period = written(timer.period);
    timer.configuration &= ~TN_VAL_SET;
    if (setsValue && mask === MASK_32) this.highHalfNext = n;
    this.schedule(n);
  }

  /** Ticks until the counter meets the comparator: a value that was passed is met after the counter has wrapped. */
  private schedule(n: number, hasJustMet = false): void {
    const timer = this.timers[n]!;
    if (!this.isEnabled || !(timer.configuration & TN_INT_ENB)) {
      this.clock.cancel(timer.event);
      return;
    }
    let ticks = (timer.comparator - this.counter) & timer.mask;
    if (ticks === 0n && hasJustMet) ticks = timer.mask + 1n;
    if (ticks > FARTHEST_TICKS) {
      this.clock.cancel(timer.event);
      return;
    }
    const now = Math.floor(this.clock.now() / TICK_NS);
    this.clock.schedule(timer.event, (now + Number(ticks)) * TICK_NS);
  }

  private fire(n: number): void {
    const timer = this.timers[n]!;
    if (timer.isPeriodic && timer.period !== 0n) {
      // The accumulator goes on until it is ahead of the counter again.
      const passed = (this.counter - timer.comparator) & timer.mask;
      timer.comparator = (timer.comparator + (passed / timer.period + 1n) * timer.period) & timer.mask;
    }
    if (timer.isLevel) {
      this.status |= 1 << n;
      this.updateLevel(n);
    } else {
      // An edge: the line stays high until the next, as an 8259A wants it.
      this.release(n);
      this.hold(n);
    }
    this.schedule(n, true);
  }

  private clearStatus(bits: number): void {
    this.status &= ~bits;
    for (let n = 0; n < HPET_TIMERS; n++) {
      if (this.timers[n]!.isLevel) this.updateLevel(n);
    }
  }

  private updateLevel(n: number): void {
    const timer = this.timers[n]!;
    if (!timer.isLevel) return;
    const isOn =
      this.isEnabled && (timer.configuration & TN_INT_ENB) !== 0n && (this.status & (1 << n)) !== 0;
    if (isOn) this.hold(n);
    else this.release(n);
  }

  /** What a timer interrupts with now, named as in `asserted`. */
  private routeOf(n: number): number {
    return this.isLegacy && this.options.legacyLines && n < 2 ? LEGACY + n : this.timers[n]!.route;
  }

  private line(route: number): InterruptLine {
    const legacy = this.options.legacyLines?.[(route - LEGACY) as 0 | 1];
    return legacy ?? this.lines[route] ?? OPEN_LINE;
  }

  private hold(n: number): void {
    if (this.asserted[n] !== NO_LINE) return;
    this.asserted[n] = this.routeOf(n);
    this.line(this.asserted[n]!).raise();
  }

  private release(n: number): void {
    const route = this.asserted[n]!;
    if (route === NO_LINE) return;
    this.line(route).lower();
    this.asserted[n] = NO_LINE;
  }
}
