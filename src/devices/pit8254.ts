import { type Clock, NEVER, type TimedEvent } from '../bus/clock.ts';
import type { InterruptLine } from '../bus/lines.ts';
import type { PortDevice } from '../bus/ports.ts';

/**
 * CLK is a twelfth of the 14.31818 MHz crystal: 105/88 MHz, that is 105 ticks in 88,000 ns. Both conversions are
 * split at whole 88 µs, so that they stay exact for as long as guest nanoseconds are.
 */
const SPAN_TICKS = 105;
const SPAN_NS = 88_000;

/** CLK pulses that have passed at guest time `ns`. */
export function pitTicksAt(ns: number): number {
  const spans = Math.floor(ns / SPAN_NS);
  return spans * SPAN_TICKS + Math.floor(((ns - spans * SPAN_NS) * SPAN_TICKS) / SPAN_NS);
}

/** The first guest nanosecond at which `ticks` CLK pulses have passed. */
export function pitTimeOf(ticks: number): number {
  const spans = Math.floor(ticks / SPAN_TICKS);
  return spans * SPAN_NS + Math.ceil(((ticks - spans * SPAN_TICKS) * SPAN_NS) / SPAN_TICKS);
}

/** The tick of something that waits for a trigger or a count. */
const NOT_LOADED = Number.MAX_SAFE_INTEGER;

const RW_LEAST = 1;
const RW_MOST = 2;

/**
 * One counter. Nothing in it moves with time: `start` is the tick at which the counting element (CE) was loaded, and
 * count and OUT follow from the ticks since then (8254, "Mode Definitions"). Until `start` the prior values hold.
 */
class Counter {
  /** D5-D0 of the last control word. */
  control = 0x30;
  gate: boolean;

  /** The count register; 0 until a count is written after a control word. */
  private countRegister = 0;
  /** What CE was loaded with. */
  private count = 0;
  private start = NOT_LOADED;
  private priorOut = false;
  private priorCount = 0;
  /** Modes 2 and 3: the tick at which a new count takes over, at the end of a (half) cycle. */
  private reloadAt = NOT_LOADED;
  /** Modes 0 and 4 with GATE low: CLK pulses counted so far. */
  private paused = false;
  private pausedElapsed = 0;
  /** The tick from which NULL COUNT reads 0. */
  private nullUntil = NOT_LOADED;

  private writeMostNext = false;
  private writtenLeast = 0;
  private readMostNext = false;
  private latchedCount = -1;
  private latchedStatus = -1;

  constructor(gate: boolean) {
    this.gate = gate;
  }

  private get mode(): number {
    const mode = (this.control >>> 1) & 7;
    return mode > 5 ? mode & 3 : mode; // M2 is "don't care" for modes 2 and 3.
  }

  private get bcd(): boolean {
    return (this.control & 1) !== 0;
  }

  private get readWrite(): number {
    return (this.control >>> 4) & 3;
  }

  private get modulus(): number {
    return this.bcd ? 10_000 : 0x10000;
  }

  /** Mode 3: CLK pulses of the high half of a cycle. */
  private get highHalf(): number {
    return (this.count + 1) >>> 1;
  }

  writeControl(control: number, tick: number): void {
    this.priorCount = this.currentCount(tick);
    this.control = control & 0x3f;
    this.priorOut = this.mode !== 0;
    this.start = NOT_LOADED;
    this.reloadAt = NOT_LOADED;
    this.nullUntil = NOT_LOADED;
    this.countRegister = 0;
    this.paused = false;
    this.writeMostNext = false;
    this.readMostNext = false;
    this.latchedCount = -1;
    this.latchedStatus = -1;
  }

  writeByte(value: number, tick: number): void {
    if (this.readWrite === RW_LEAST) this.writeCount(value, tick);
    else if (this.readWrite === RW_MOST) this.writeCount(value << 8, tick);
    else if (this.writeMostNext) {
      this.writeMostNext = false;
      this.writeCount(this.writtenLeast | (value << 8), tick);
    } else {
      this.writeMostNext = true;
      this.writtenLeast = value;
      // Mode 0: "Writing the first byte disables counting. OUT is set low immediately."
      if (this.mode === 0) this.holdUntilLoaded(tick, false);
    }
  }

  readByte(tick: number): number {
    if (this.latchedStatus >= 0) {
      const status = this.latchedStatus;
      this.latchedStatus = -1;
      return status;
    }
    const value = this.latchedCount >= 0 ? this.latchedCount : this.countCode(tick);
    if (this.readWrite === RW_LEAST || this.readWrite === RW_MOST) {
      this.latchedCount = -1;
      return this.readWrite === RW_LEAST ? value & 0xff : value >>> 8;
    }
    this.readMostNext = !this.readMostNext;
    if (this.readMostNext) return value & 0xff;
    this.latchedCount = -1;
    return value >>> 8;
  }

  /** A second latch command before the first is read has no effect. */
  latchCount(tick: number): void {
    if (this.latchedCount < 0) this.latchedCount = this.countCode(tick);
  }

  /** 8254, "Status Byte". */
  latchStatus(tick: number): void {
    if (this.latchedStatus >= 0) return;
    const out = this.out(tick) ? 0x80 : 0;
    const nullCount = tick < this.nullUntil ? 0x40 : 0;
    this.latchedStatus = out | nullCount | this.control;
  }

  setGate(gate: boolean, tick: number): void {
    if (gate === this.gate) return;
    this.settle(tick);
    const { mode } = this;
    if (mode === 0 || mode === 4) {
      if (this.start !== NOT_LOADED) {
        if (gate) this.start = Math.max(this.start, tick - this.pausedElapsed);
        else this.pausedElapsed = Math.max(0, tick - this.start);
        this.paused = !gate;
      }
    } else if (gate) {
      if (this.countRegister > 0) this.load(tick);
    } else if (mode === 2 || mode === 3) {
      if (this.reloadAt !== NOT_LOADED) this.nullUntil = NOT_LOADED;
      this.holdUntilLoaded(tick, true); // "If GATE goes low during an output pulse, OUT is set high immediately."
    }
    this.gate = gate;
  }

  out(tick: number): boolean {
    this.settle(tick);
    if (!this.paused && tick < this.start) return this.priorOut;
    const elapsed = this.elapsed(tick);
    switch (this.mode) {
      case 0:
      case 1:
        return elapsed >= this.count;
      case 2:
        return this.count < 2 || elapsed % this.count !== this.count - 1;
      case 3:
        return this.count < 2 || elapsed % this.count < this.highHalf;
      default:
        return elapsed !== this.count;
    }
  }

  /** The first tick after `tick` at which OUT may change by itself. */
  nextTransition(tick: number): number {
    this.settle(tick);
    if (this.start === NOT_LOADED || this.paused) return NOT_LOADED;
    if (tick < this.start) return this.start;
    const elapsed = tick - this.start;
    const cycle = tick - (elapsed % (this.count || 1));
    switch (this.mode) {
      case 0:
      case 1:
        return elapsed < this.count ? this.start + this.count : NOT_LOADED;
      case 2:
      case 3: {
        if (this.count < 2) return this.reloadAt; // The count 1 is illegal: OUT stays high.
        const fall = cycle + (this.mode === 2 ? this.count - 1 : this.highHalf);
        return tick < fall ? fall : cycle + this.count;
      }
      default:
        if (elapsed < this.count) return this.start + this.count;
        return elapsed === this.count ? tick + 1 : NOT_LOADED;
    }
  }

  private writeCount(code: number, tick: number): void {
    this.settle(tick);
    this.countRegister = (this.bcd ? fromBcd(code) : code) || this.modulus;
    this.nullUntil = NOT_LOADED;
    const { mode } = this;
    if (mode === 0 || mode === 4) {
      const out = mode === 0 ? false : this.out(tick);
      this.load(tick);
      this.priorOut = out;
      this.paused = !this.gate;
      this.pausedElapsed = 0;
    } else if (mode === 2 || mode === 3) {
      if (this.start === NOT_LOADED) {
        if (this.gate) this.load(tick);
      } else {
        this.reloadAt = tick < this.start ? this.start : this.endOfCycle(tick);
        this.nullUntil = this.reloadAt;
      }
    } // Modes 1 and 5 wait for a trigger.
  }

  /** CR goes to CE on the CLK pulse after `tick`. */
  private load(tick: number): void {
    const out = this.out(tick);
    this.priorCount = this.currentCount(tick);
    this.priorOut = out;
    this.count = this.countRegister;
    this.start = tick + 1;
    this.nullUntil = this.start;
    this.reloadAt = NOT_LOADED;
    this.paused = false;
  }

  private holdUntilLoaded(tick: number, out: boolean): void {
    this.priorCount = this.currentCount(tick);
    this.priorOut = out;
    this.start = NOT_LOADED;
    this.reloadAt = NOT_LOADED;
    this.paused = false;
  }

  /** The end of the current cycle in mode 2, of the current half cycle in mode 3. */
  private endOfCycle(tick: number): number {
    const cycle = tick - ((tick - this.start) % this.count);
    const half = cycle + this.highHalf;
    return this.mode === 3 && tick < half ? half : cycle + this.count;
  }

  /** Lets a count written during an earlier cycle take over. */
  private settle(tick: number): void {
    if (tick < this.reloadAt) return;
    const at = this.reloadAt;
    const lowHalfFollows =
      this.mode === 3 &&
      this.count > 1 &&
      at > this.start &&
      (at - this.start) % this.count === this.highHalf;
    this.reloadAt = NOT_LOADED;
    this.count = this.countRegister;
    this.start = lowHalfFollows ? at - this.highHalf : at;
  }

  private elapsed(tick: number): number {
    return this.paused ? this.pausedElapsed : tick - this.start;
  }

  /** CE, binary. */
  private currentCount(tick: number): number {
    this.settle(tick);
    if (!this.paused && tick < this.start) return this.priorCount;
    const elapsed = this.elapsed(tick);
    if (this.mode === 2) return this.count - (elapsed % this.count);
    if (this.mode === 3) {
      const phase = elapsed % this.count;
      const pulses = phase < this.highHalf ? phase : phase - this.highHalf;
      return (this.count & ~1) - 2 * pulses; // Two at a time, from an even count in both halves.
    }
    const left = (this.count - elapsed) % this.modulus;
    return left < 0 ? left + this.modulus : left;
  }

  private countCode(tick: number): number {
    const count = this.currentCount(tick) % this.modulus;
    return this.bcd ? toBcd(count) : count;
  }
}

function fromBcd(code: number): number {
  return (code >>> 12) * 1000 + ((code >>> 8) & 15) * 100 + ((code >>> 4) & 15) * 10 + (code & 15);
}

function toBcd(value: number): number {
  const digit = (unit: number) => Math.floor(value / unit) % 10;
  return (digit(1000) << 12) | (digit(100) << 8) | (digit(10) << 4) | digit(1);
}

const CONTROL_WORD = 3;
const READ_BACK = 3;

/** Intel 8254 programmable interval timer, three counters. Four ports; OUT of counter 0 drives `irq`. */
export class Pit8254 implements PortDevice {
  private readonly clock: Clock;
  private readonly irq: InterruptLine;
  private readonly counters = [new Counter(true), new Counter(true), new Counter(false)] as const;
  private readonly event: TimedEvent = { due: NEVER, fire: () => this.transitionDue() };
  private out0 = false;
  /** The next change of OUT0 as of the last look at it; when it is passed, an edge may have been missed. */
  private transition = NOT_LOADED;
  /** The tick that `event` waits for. */
  private scheduled = NOT_LOADED;

  constructor(clock: Clock, irq: InterruptLine) {
    this.clock = clock;
    this.irq = irq;
  }

  readPort(offset: number): number {
    const counter = this.counter(offset);
    return counter ? counter.readByte(this.tick) : 0xff; // "No-operation (3-state)"
  }

  writePort(offset: number, value: number): void {
    value &= 0xff;
    this.updateOut0(); // Edges up to now belong to the old programming.
    const counter = this.counter(offset);
    if (counter) counter.writeByte(value, this.tick);
    else if ((offset & 3) === CONTROL_WORD) this.writeControlWord(value);
    this.updateOut0();
  }

  /** The GATE input of a counter: on a PC only that of counter 2 is not tied high. */
  setGate(counter: number, level: boolean): void {
    this.updateOut0();
    this.counter(counter)?.setGate(level, this.tick);
    this.updateOut0();
  }

  /** The OUT pin of a counter. */
  output(counter: number): boolean {
    return this.counter(counter)?.out(this.tick) ?? false;
  }

  private get tick(): number {
    return pitTicksAt(this.clock.now());
  }

  private counter(index: number): Counter | undefined {
    return this.counters[index & 3];
  }

  private writeControlWord(value: number): void {
    const select = value >>> 6;
    const { tick } = this;
    if (select === READ_BACK) {
      for (let i = 0; i < 3; i++) {
        if (!(value & (2 << i))) continue;
        if (!(value & 0x20)) this.counter(i)?.latchCount(tick);
        if (!(value & 0x10)) this.counter(i)?.latchStatus(tick);
      }
    } else if ((value & 0x30) === 0) this.counter(select)?.latchCount(tick);
    else this.counter(select)?.writeControl(value, tick);
  }

  private transitionDue(): void {
    this.scheduled = NOT_LOADED;
    this.updateOut0();
  }

  /** Brings the interrupt line up to date and waits for the next change of OUT0. */
  private updateOut0(): void {
    const { tick } = this;
    const [counter] = this.counters;
    // An event can come late, after more than one change: the load, a fall and a rise are all that is looked at,
    // since one rising edge is as good as many.
    let rose = false;
    let level = this.out0;
    for (let i = 0; i < 3 && this.transition <= tick; i++) {
      const next = counter.out(this.transition);
      rose ||= next && !level;
      level = next;
      this.transition = counter.nextTransition(this.transition);
    }
    const out = counter.out(tick);
    if (rose && this.out0 && out) this.irq.lower();
    if (out && (rose || !this.out0)) this.irq.raise();
    else if (!out && this.out0) this.irq.lower();
    this.out0 = out;
    this.transition = counter.nextTransition(tick);
    if (this.transition === this.scheduled) return;
    this.scheduled = this.transition;
    if (this.scheduled === NOT_LOADED) this.clock.cancel(this.event);
    else this.clock.schedule(this.event, pitTimeOf(this.scheduled));
  }
}
