import type { Clock } from '../bus/clock.ts';
import { type InterruptLine, OPEN_LINE } from '../bus/lines.ts';
import type { PortDevice } from '../bus/ports.ts';

/** What port 61h needs of the interval timer. */
export interface SpeakerTimer {
  setGate(counter: number, level: boolean): void;
  output(counter: number): boolean;
}

const SPEAKER_COUNTER = 2;

const TIMER2_GATE = 0x01;
const SYSTEM_CONTROL_B_WRITABLE = 0x0f; // Gate, speaker data, SERR# disable, IOCHK# disable.
const IOCHK_DISABLE = 0x08;
const REFRESH_CYCLE_TOGGLE = 0x10;
const TIMER2_OUTPUT = 0x20;
const IOCHK_STATUS = 0x40;

/** Between two refresh cycles: 18 ticks of the timer's clock. */
const REFRESH_NS = 15_085;

/**
 * System control port B (82371SB, "NMI Status and Control Register", NMISC), and what makes an NMI of IOCHK#. One port:
 * 61h on a PC.
 */
export class SystemControlPortB implements PortDevice {
  private readonly clock: Clock;
  private readonly timer: SpeakerTimer;
  private readonly nmi: InterruptLine;
  private control = 0;
  private iochk = false;
  private isMasked = false;
  private output = false;

  constructor(clock: Clock, timer: SpeakerTimer, nmi: InterruptLine = OPEN_LINE) {
    this.clock = clock;
    this.timer = timer;
    this.nmi = nmi;
  }

  reset(): void {
    this.iochk = false;
    this.writePort(0, 0);
  }

  /** IOCHK#: an adapter, or somebody at the button, wants an NMI. It is kept until bit 3 is written as 1. */
  checkChannel(): void {
    if ((this.control & IOCHK_DISABLE) === 0) this.iochk = true;
    this.update();
  }

  /** Bit 7 of port 70h ("NMI Enable and Real-Time Clock Address Register"): no NMI gets through while it is 1. */
  setNmiMask(isMasked: boolean): void {
    this.isMasked = isMasked;
    this.update();
  }

  private update(): void {
    const output = this.iochk && !this.isMasked;
    if (output === this.output) return;
    this.output = output;
    if (output) this.nmi.raise();
    else this.nmi.lower();
  }

  /** Bit 7, SERR# status, stays 0: nothing on this board asserts it. */
  readPort(_offset: number): number {
    let value = this.control;
    if (this.iochk) value |= IOCHK_STATUS;
    if (Math.floor(this.clock.now() / REFRESH_NS) & 1) value |= REFRESH_CYCLE_TOGGLE;
    if (this.timer.output(SPEAKER_COUNTER)) value |= TIMER2_OUTPUT;
    return value;
  }

  writePort(_offset: number, value: number): void {
    this.control = value & SYSTEM_CONTROL_B_WRITABLE;
    if (value & IOCHK_DISABLE) this.iochk = false;
    this.update();
    this.timer.setGate(SPEAKER_COUNTER, (value & TIMER2_GATE) !== 0);
  }
}

const FAST_INIT = 0x01;
const FAST_A20 = 0x02;

/** System control port A (82371SB, "Port 92 Register", P92). One port: 92h on a PC. */
export class SystemControlPortA implements PortDevice {
  private readonly onA20: (enabled: boolean) => void;
  private readonly onReset: () => void;
  private control = 0;

  constructor(onA20: (enabled: boolean) => void, onReset: () => void) {
    this.onA20 = onA20;
    this.onReset = onReset;
  }

  reset(): void {
    this.writePort(0, 0);
  }

  readPort(_offset: number): number {
    return this.control;
  }

  /** The processor is reset on a change of bit 0 from 0 to 1; bits 7-2 are kept and mean nothing. */
  writePort(_offset: number, value: number): void {
    const changed = (value ^ this.control) & 0xff;
    this.control = value & 0xff;
    if (changed & FAST_A20) this.onA20((value & FAST_A20) !== 0);
    if (changed & FAST_INIT && value & FAST_INIT) this.onReset();
  }
}

/**
 * A20M# is released when either source asks for it (82371SB, "A20M#"). The keyboard controller's output port comes up
 * as ones, which is why a processor can fetch its first instruction below 4 GiB.
 */
export class A20Gate {
  private readonly onChange: (enabled: boolean) => void;
  private fast = false;
  private keyboard = true;

  constructor(onChange: (enabled: boolean) => void) {
    this.onChange = onChange;
  }

  get enabled(): boolean {
    return this.fast || this.keyboard;
  }

  setFast(level: boolean): void {
    const before = this.enabled;
    this.fast = level;
    if (this.enabled !== before) this.onChange(this.enabled);
  }

  setKeyboard(level: boolean): void {
    const before = this.enabled;
    this.keyboard = level;
    if (this.enabled !== before) this.onChange(this.enabled);
  }
}
