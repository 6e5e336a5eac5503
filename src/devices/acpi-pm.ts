import { type Clock, NEVER, type TimedEvent } from '../bus/clock.ts';
import type { InterruptLine } from '../bus/lines.ts';
import type { PortDevice } from '../bus/ports.ts';

/** A quarter of the 14.31818 MHz crystal. */
export const PM_TIMER_HZ = 3_579_545;
const SECOND_NS = 1_000_000_000;

/** PM timer ticks that have passed at guest time `ns`; split at whole seconds, so that it stays exact. */
export function pmTicksAt(ns: number): number {
  const seconds = Math.floor(ns / SECOND_NS);
  return seconds * PM_TIMER_HZ + Math.floor(((ns - seconds * SECOND_NS) * PM_TIMER_HZ) / SECOND_NS);
}

/** The first guest nanosecond at which `ticks` have passed. */
export function pmTimeOf(ticks: number): number {
  const seconds = Math.floor(ticks / PM_TIMER_HZ);
  return seconds * SECOND_NS + Math.ceil(((ticks - seconds * PM_TIMER_HZ) * SECOND_NS) / PM_TIMER_HZ);
}

/** Registers by offset (82371AB, "Power Management I/O Registers"). */
export const PM_IO_BYTES = 64;
const PMSTS = 0x00;
const PMEN = 0x02;
const PMCNTRL = 0x04;
const PMTMR = 0x08;
const GPSTS = 0x0c;
const GPEN = 0x0e;
const PCNTRL = 0x10;
const PLVL2 = 0x14;
const PLVL3 = 0x15;
const GLBSTS = 0x18;
const DEVSTS = 0x1c;
const GLBEN = 0x20;
const GLBCTL = 0x28;
const DEVCTL = 0x2c;
const GPIREG = 0x30;
const GPOREG = 0x34;

/** PM1 status and enable (ACPI, "PM1 Event Grouping"). */
const TMR = 0x0001;
const GBL = 0x0020;
const PWRBTN = 0x0100;
const SLPBTN = 0x0200;
const RTC = 0x0400;
const WAK = 0x8000;
const PM1_STATUS_MASK = TMR | 0x0010 | GBL | PWRBTN | SLPBTN | RTC | WAK;
const PM1_ENABLE_MASK = TMR | GBL | PWRBTN | SLPBTN | RTC;
/** PM1 control. */
const SCI_EN = 0x0001;
const GBL_RLS = 0x0004;
const SLP_TYP = 0x1c00;
const SLP_EN = 0x2000;
const PM1_CONTROL_KEPT = SCI_EN | 0x0002 | SLP_TYP;

/** Set at power-on, not clear as the data sheet has it: firmware made for virtual boards takes it for granted. */
const GLBCTL_SMI_EN = 0x01;

/** The registers that only remember: offset to writable bits, a byte each. */
const PLAIN: readonly (readonly [offset: number, mask: number, bytes: number])[] = [
  [PCNTRL, 0x0001_3eff, 4],
  [GLBEN, 0xffff, 2],
  [GLBCTL, 0x0703_ff07, 4],
  [DEVCTL, 0x1fff_ffff, 4],
  [GPOREG, 0x7fff_ffff, 4],
];

export interface AcpiPmOptions {
  readonly clock: Clock;
  /** The system control interrupt, IRQ9 on a PC. */
  readonly sci: InterruptLine;
  /** SLP_EN with the type that means soft off. */
  readonly onPowerOff: () => void;
  /** SLP_EN with any other type: the processor goes on at once, with WAK_STS set. */
  readonly onSleep?: ((type: number) => void) | undefined;
  /** SLP_TYP of S5, 0 on a PIIX4. */
  readonly softOffType?: number | undefined;
  /** Width of the PM timer: 24, or 32 where the FADT's TMR_VAL_EXT says so. */
  readonly timerBits?: 24 | 32 | undefined;
  /** Values written to the APM control port that switch ACPI on and off (FADT, ACPI_ENABLE and ACPI_DISABLE). */
  readonly acpiEnable?: number | undefined;
  readonly acpiDisable?: number | undefined;
}

/**
 * The power management I/O block of a PIIX4: ACPI's PM1 events and control at 0, the PM timer at 8, GPE0 (two bytes
 * of status, two of enable) at Ch. 64 ports, wherever PMBASE says.
 */
export class AcpiPm implements PortDevice {
  private readonly clock: Clock;
  private readonly sci: InterruptLine;
  private readonly options: AcpiPmOptions;
  private readonly timerBits: number;
  private readonly event: TimedEvent = { due: NEVER, fire: () => this.update() };
  private readonly plain = new Uint8Array(PM_IO_BYTES);
  private readonly plainMask = new Uint8Array(PM_IO_BYTES);
  private status = 0;
  private enable = 0;
  private control = 0;
  private gpeStatus = 0;
  private gpeEnable = 0;
  /** Half periods of the timer seen: TMR_STS is set whenever the highest bit changes. */
  private seenHalves = 0;
  private sciLevel = false;

  constructor(options: AcpiPmOptions) {
    this.options = options;
    this.clock = options.clock;
    this.sci = options.sci;
    this.timerBits = options.timerBits ?? 24;
    this.seenHalves = this.halves();
    for (const [offset, mask, bytes] of PLAIN) {
      for (let i = 0; i < bytes; i++) this.plainMask[offset + i] = mask >>> (8 * i);
    }
    this.plain[GLBCTL] = GLBCTL_SMI_EN;
  }

  reset(): void {
    this.status = 0;
    this.enable = 0;
    this.control = 0;
    this.gpeStatus = 0;
    this.gpeEnable = 0;
    this.plain.fill(0);
    this.plain[GLBCTL] = GLBCTL_SMI_EN;
    this.seenHalves = this.halves();
    this.update();
  }

  /** ACPI mode, for boards that start without a firmware; a guest writes the APM control port. */
  setAcpiMode(enabled: boolean): void {
    this.control = enabled ? this.control | SCI_EN : this.control & ~SCI_EN;
    this.update();
  }

  get acpiMode(): boolean {
    return (this.control & SCI_EN) !== 0;
  }

  /** GLBCTL.SMI_EN: system management interrupts may be raised at all. */
  get smiEnabled(): boolean {
    return (this.plain[GLBCTL]! & GLBCTL_SMI_EN) !== 0;
  }

  /** A byte at the APM control port. True when it was ACPI's own. */
  apmCommand(value: number): boolean {
    if (value === (this.options.acpiEnable ?? 0xf1)) this.setAcpiMode(true);
    else if (value === (this.options.acpiDisable ?? 0xf0)) this.setAcpiMode(false);
    else return false;
    return true;
  }

  pressPowerButton(): void {
    this.status |= PWRBTN;
    this.update();
  }

  /** An event of general-purpose event block 0, 0 to 15. */
  raiseGpe(bit: number): void {
    this.gpeStatus |= 1 << (bit & 15);
    this.update();
  }

  /** Timer ticks modulo its width, unsigned. */
  get timer(): number {
    return pmTicksAt(this.clock.now()) % 2 ** this.timerBits;
  }

  readPort(offset: number): number {
    if (offset >= PMTMR && offset < PMTMR + 4)
      return Math.floor(this.timer / 2 ** (8 * (offset - PMTMR))) % 256;
    const high = offset & 1 ? 8 : 0;
    switch (offset & ~1) {
      case PMSTS:
        this.update();
        return (this.status >>> high) & 0xff;
      case PMEN:
        return (this.enable >>> high) & 0xff;
      case PMCNTRL:
        return (this.control >>> high) & 0xff;
      case GPSTS:
        return (this.gpeStatus >>> high) & 0xff;
      case GPEN:
        return (this.gpeEnable >>> high) & 0xff;
      case GPIREG:
      case GPIREG + 2:
        return 0xff; // Inputs, pulled up.
      default:
        return this.plain[offset] ?? 0;
    }
  }

  writePort(offset: number, value: number): void {
    value &= 0xff;
    const shift = offset & 1 ? 8 : 0;
    const kept = 0xff00 >>> shift;
    const placed = value << shift;
    switch (offset & ~1) {
      case PMSTS:
        this.update();
        this.status &= ~(placed & PM1_STATUS_MASK);
        break;
      case PMEN:
        this.enable = ((this.enable & kept) | placed) & PM1_ENABLE_MASK;
        break;
      case PMCNTRL:
        this.writeControl((this.control & kept) | placed);
        break;
      case GPSTS:
        this.gpeStatus &= ~placed;
        break;
      case GPEN:
        this.gpeEnable = (this.gpeEnable & kept) | placed;
        break;
      case GLBSTS:
      case DEVSTS:
      case PLVL2 & ~1: // Reads of PLVL2 and PLVL3 stop the clock until the next interrupt; here they just answer.
      case PLVL3 & ~1:
        break;
      default: {
        const mask = this.plainMask[offset] ?? 0;
        if (mask !== 0) this.plain[offset] = (this.plain[offset]! & ~mask) | (value & mask);
      }
    }
    this.update();
  }

  /** SLP_EN and GBL_RLS are write-only. */
  private writeControl(value: number): void {
    this.control = value & PM1_CONTROL_KEPT;
    if (value & GBL_RLS) this.plain[GLBSTS]! |= 0x01;
    if (!(value & SLP_EN)) return;
    const type = (value & SLP_TYP) >>> 10;
    if (type === (this.options.softOffType ?? 0)) {
      this.options.onPowerOff();
      return;
    }
    this.options.onSleep?.(type);
    this.status |= WAK;
  }

  private halves(): number {
    return Math.floor(pmTicksAt(this.clock.now()) / 2 ** (this.timerBits - 1));
  }

  private update(): void {
    const halves = this.halves();
    if (halves !== this.seenHalves) this.status |= TMR;
    this.seenHalves = halves;
    const events = (this.status & this.enable & PM1_ENABLE_MASK) | (this.gpeStatus & this.gpeEnable);
    const level = events !== 0 && (this.control & SCI_EN) !== 0;
    // Only an enabled timer needs an event; its status is otherwise found when somebody looks.
    if (this.enable & TMR && !(this.status & TMR)) {
      this.clock.schedule(this.event, pmTimeOf((halves + 1) * 2 ** (this.timerBits - 1)));
    } else this.clock.cancel(this.event);
    if (level === this.sciLevel) return;
    this.sciLevel = level;
    if (level) this.sci.raise();
    else this.sci.lower();
  }
}

/**
 * APM control and status (82371AB, "Advanced Power Management (APM) Registers"). Two ports: B2h on a PC. A byte
 * written to control is a request to the firmware, by SMI.
 */
export class ApmPorts implements PortDevice {
  private readonly onCommand: (command: number) => void;
  private control = 0;
  private status = 0;

  constructor(onCommand: (command: number) => void) {
    this.onCommand = onCommand;
  }

  reset(): void {
    this.control = 0;
    this.status = 0;
  }

  readPort(offset: number): number {
    return offset & 1 ? this.status : this.control;
  }

  writePort(offset: number, value: number): void {
    if (offset & 1) this.status = value & 0xff;
    else {
      this.control = value & 0xff;
      this.onCommand(this.control);
    }
  }
}

const RESET_CPU = 0x04;
const RESET_WRITABLE = 0x06;

/**
 * The reset control register (82371SB, "RC—Reset Control Register"): a 0-to-1 change of RCPU resets, hard or soft as
 * bit 1 says. One port: CF9h on a PC, in the middle of the PCI configuration ports.
 */
export class ResetControl implements PortDevice {
  private readonly onReset: (hard: boolean) => void;
  private control = 0;

  constructor(onReset: (hard: boolean) => void) {
    this.onReset = onReset;
  }

  reset(): void {
    this.control = 0;
  }

  readPort(_offset: number): number {
    return this.control;
  }

  writePort(_offset: number, value: number): void {
    const rising = value & ~this.control & RESET_CPU;
    this.control = value & RESET_WRITABLE;
    if (rising) this.onReset((value & 0x02) !== 0);
  }
}
