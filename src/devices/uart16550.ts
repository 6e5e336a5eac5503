import { type Clock, NEVER, type TimedEvent } from '../bus/clock.ts';
import type { InterruptLine } from '../bus/lines.ts';
import type { PortDevice } from '../bus/ports.ts';

/** Register offsets (PC16550D, Table II "Summary of Registers"). */
const RBR_THR = 0; // DLL while LCR_DLAB is set
const IER = 1; // DLM while LCR_DLAB is set
const IIR_FCR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;

const IER_ERBFI = 0x01;
const IER_ETBEI = 0x02;
const IER_ELSI = 0x04;
const IER_EDSSI = 0x08;

/** IIR bits 3-0 (PC16550D, Table V "Interrupt Control Functions"), highest priority first. */
const IIR_LINE_STATUS = 0x06;
const IIR_DATA_AVAILABLE = 0x04;
const IIR_CHARACTER_TIMEOUT = 0x0c;
const IIR_THR_EMPTY = 0x02;
const IIR_MODEM_STATUS = 0x00;
const IIR_NONE = 0x01;
const IIR_FIFOS_ENABLED = 0xc0;

const FCR_ENABLE = 0x01;
const FCR_RESET_RECEIVER = 0x02;
const FCR_RESET_TRANSMITTER = 0x04;
const FCR_STORED = 0xc9; // The reset bits are self-clearing, bits 4 and 5 are reserved.

const LCR_WORD_LENGTH = 0x03;
const LCR_TWO_STOP_BITS = 0x04;
const LCR_PARITY_ENABLE = 0x08;
const LCR_SET_BREAK = 0x40;
const LCR_DLAB = 0x80;

const MCR_DTR = 0x01;
const MCR_RTS = 0x02;
const MCR_OUT1 = 0x04;
const MCR_OUT2 = 0x08;
const MCR_LOOP = 0x10;

const LSR_DR = 0x01;
const LSR_OE = 0x02;
const LSR_FE = 0x08;
const LSR_BI = 0x10;
const LSR_THRE = 0x20;
const LSR_TEMT = 0x40;
const LSR_FIFO_ERROR = 0x80;

const MSR_TERI = 0x04;
/** Modem inputs as MSR bits 7-4, for `setModemInputs`. */
export const MSR_CTS = 0x10;
export const MSR_DSR = 0x20;
export const MSR_RI = 0x40;
export const MSR_DCD = 0x80;

const FIFO_DEPTH = 16;
const TRIGGER_LEVELS = [1, 4, 8, 14] as const;
/** 9600 baud. The data sheet leaves the divisor latches undefined at power-on. */
const POWER_ON_DIVISOR = 12;

export interface Uart16550Options {
  /** Called with every byte that leaves SOUT. */
  onTransmit?: ((byte: number) => void) | undefined;
  /**
   * True: characters take the time that divisor and format give them, in both directions. False (the default):
   * a character leaves at the write, so that guests which poll THRE lose no time.
   */
  timed?: boolean | undefined;
  /** True: the host's end honours RTS and holds its bytes while the guest has RTS off. Default false. */
  flowControl?: boolean | undefined;
  /** True (the default): OUT2 enables the interrupt driver, as on every PC adapter. */
  out2EnablesInterrupt?: boolean | undefined;
}

/** National Semiconductor PC16550D UART with FIFOs, on a 1.8432 MHz crystal. Eight ports. */
export class Uart16550 implements PortDevice {
  onTransmit: ((byte: number) => void) | undefined;
  timed: boolean;
  flowControl: boolean;
  out2EnablesInterrupt: boolean;

  private readonly irq: InterruptLine;
  private readonly clock: Clock;
  private readonly shiftEvent: TimedEvent = { due: NEVER, fire: () => this.shiftDone() };
  private readonly receiveEvent: TimedEvent = { due: NEVER, fire: () => this.receiveDone() };
  private readonly timeoutEvent: TimedEvent = { due: NEVER, fire: () => this.characterTimeout() };

  private ier = 0;
  private fcr = 0;
  private lcr = 0;
  private mcr = 0;
  private scr = 0;
  private divisor = POWER_ON_DIVISOR;
  /** LSR bits 4-1. */
  private lineErrors = 0;
  /** MSR bits 3-0. */
  private modemDeltas = 0;
  /** MSR bits 7-4 as the receiver sees them: the pins, or MCR in loopback. */
  private modemInputs = MSR_CTS | MSR_DSR | MSR_DCD;
  private modemPins = MSR_CTS | MSR_DSR | MSR_DCD;
  private thrEmptyInterrupt = false;
  private timeoutInterrupt = false;
  private interrupting = false;
  /** Received characters, oldest first: the byte, and above it its LSR error bits. One deep without FIFOs. */
  private receiveFifo: number[] = [];
  private transmitFifo: number[] = [];
  /** The transmitter shift register; -1 while it is empty. */
  private shifting = -1;
  private receiving = false;
  private lastReceived = 0;
  private hostQueue: number[] = [];
  private hostQueueHead = 0;

  constructor(irq: InterruptLine, clock: Clock, options: Uart16550Options = {}) {
    this.irq = irq;
    this.clock = clock;
    this.onTransmit = options.onTransmit;
    this.timed = options.timed ?? false;
    this.flowControl = options.flowControl ?? false;
    this.out2EnablesInterrupt = options.out2EnablesInterrupt ?? true;
  }

  /** The MR pin (PC16550D, Table I "UART Reset Functions"). Scratch and divisor keep their values. */
  reset(): void {
    this.clock.cancel(this.shiftEvent);
    this.clock.cancel(this.receiveEvent);
    this.clock.cancel(this.timeoutEvent);
    this.ier = 0;
    this.fcr = 0;
    this.lcr = 0;
    this.mcr = 0;
    this.lineErrors = 0;
    this.modemInputs = this.modemPins;
    this.modemDeltas = 0;
    this.thrEmptyInterrupt = false;
    this.timeoutInterrupt = false;
    this.receiveFifo = [];
    this.transmitFifo = [];
    this.shifting = -1;
    this.receiving = false;
    this.updateInterrupt();
  }

  /** The other end of the cable sends `bytes`. They wait here until the receiver has room: nothing overruns. */
  receive(bytes: Iterable<number>): void {
    for (const byte of bytes) this.hostQueue.push(byte & 0xff);
    this.feedReceiver();
  }

  /** The other end holds the line at spacing for longer than a character. */
  receiveBreak(): void {
    this.hostQueue.push((LSR_BI | LSR_FE) << 8);
    this.feedReceiver();
  }

  /** The modem inputs that are asserted: any of MSR_CTS, MSR_DSR, MSR_RI and MSR_DCD. */
  setModemInputs(inputs: number): void {
    this.modemPins = inputs & 0xf0;
    this.updateModemStatus();
    this.updateInterrupt();
  }

  /** Bytes that the other end has sent and the receiver has not taken yet. */
  get waitingBytes(): number {
    return this.hostQueue.length - this.hostQueueHead;
  }

  readPort(offset: number): number {
    switch (offset) {
      case RBR_THR:
        return this.lcr & LCR_DLAB ? this.divisor & 0xff : this.readReceiverBuffer();
      case IER:
        return this.lcr & LCR_DLAB ? this.divisor >>> 8 : this.ier;
      case IIR_FCR:
        return this.readInterruptIdentification();
      case LCR:
        return this.lcr;
      case MCR:
        return this.mcr;
      case LSR:
        return this.readLineStatus();
      case MSR:
        return this.readModemStatus();
      case SCR:
        return this.scr;
      default:
        return 0xff;
    }
  }

  writePort(offset: number, value: number): void {
    value &= 0xff;
    switch (offset) {
      case RBR_THR:
        if (this.lcr & LCR_DLAB) this.divisor = (this.divisor & 0xff00) | value;
        else this.writeTransmitterHolding(value);
        break;
      case IER:
        if (this.lcr & LCR_DLAB) this.divisor = (value << 8) | (this.divisor & 0xff);
        else this.writeInterruptEnable(value);
        break;
      case IIR_FCR:
        this.writeFifoControl(value);
        break;
      case LCR:
        this.lcr = value;
        break;
      case MCR:
        this.mcr = value & 0x1f;
        this.updateModemStatus();
        this.feedReceiver();
        this.updateInterrupt();
        break;
      case SCR:
        this.scr = value;
        break;
      default:
        break; // LSR and MSR: writes are for factory tests only ("Line Status Register").
    }
  }

  private get fifosEnabled(): boolean {
    return (this.fcr & FCR_ENABLE) !== 0;
  }

  private get wordMask(): number {
    return 0xff >>> (3 - (this.lcr & LCR_WORD_LENGTH));
  }

  /** Start, data, parity and stop bits of one character, in ns. The divisor 0 counts the full 2^16. */
  private get characterTime(): number {
    const dataBits = 5 + (this.lcr & LCR_WORD_LENGTH);
    const stopHalves = this.lcr & LCR_TWO_STOP_BITS ? (dataBits === 5 ? 3 : 4) : 2;
    const halfBits = 2 + 2 * dataBits + (this.lcr & LCR_PARITY_ENABLE ? 2 : 0) + stopHalves;
    // A half bit is 8 * divisor periods of 1.8432 MHz: divisor * 78125 / 18 ns.
    return Math.round((halfBits * (this.divisor || 0x10000) * 78125) / 18);
  }

  private writeInterruptEnable(value: number): void {
    const enabled = value & ~this.ier;
    this.ier = value & 0x0f;
    // Enabling ETBEI with an empty holding register is a request at once; Linux probes for it.
    if (enabled & IER_ETBEI && this.transmitFifo.length === 0) this.thrEmptyInterrupt = true;
    this.updateInterrupt();
  }

  private readInterruptIdentification(): number {
    const id = this.interruptIdentification();
    if (id === IIR_THR_EMPTY) {
      this.thrEmptyInterrupt = false;
      this.updateInterrupt();
    }
    return this.fifosEnabled ? id | IIR_FIFOS_ENABLED : id;
  }

  private writeFifoControl(value: number): void {
    const toggled = (value ^ this.fcr) & FCR_ENABLE;
    const enable = value & FCR_ENABLE;
    // "This bit must be a 1 when other FCR bits are written to or they will not be programmed."
    if (toggled || (enable && value & FCR_RESET_RECEIVER)) this.clearReceiver();
    if (toggled || (enable && value & FCR_RESET_TRANSMITTER)) this.clearTransmitter();
    this.fcr = enable ? value & FCR_STORED : 0;
    this.feedReceiver();
    this.updateInterrupt();
  }

  private clearReceiver(): void {
    this.receiveFifo = [];
    this.timeoutInterrupt = false;
    this.clock.cancel(this.timeoutEvent);
  }

  private clearTransmitter(): void {
    if (this.transmitFifo.length > 0) this.thrEmptyInterrupt = true;
    this.transmitFifo = [];
  }

  private writeTransmitterHolding(byte: number): void {
    this.thrEmptyInterrupt = false;
    this.updateInterrupt();
    if (!this.timed) {
      this.emitCharacter(byte);
      this.thrEmptyInterrupt = true;
    } else {
      if (!this.fifosEnabled) this.transmitFifo[0] = byte;
      else if (this.transmitFifo.length < FIFO_DEPTH) this.transmitFifo.push(byte);
      if (this.shifting < 0) this.startShifting();
    }
    this.updateInterrupt();
  }

  private startShifting(): void {
    this.shifting = this.transmitFifo.shift() ?? -1;
    if (this.shifting < 0) return;
    if (this.transmitFifo.length === 0) this.thrEmptyInterrupt = true;
    this.clock.schedule(this.shiftEvent, this.clock.now() + this.characterTime);
  }

  private shiftDone(): void {
    const byte = this.shifting;
    this.shifting = -1;
    if (byte >= 0) this.emitCharacter(byte);
    this.startShifting();
    this.updateInterrupt();
  }

  private emitCharacter(byte: number): void {
    if (this.mcr & MCR_LOOP) this.receiveCharacter(byte & this.wordMask);
    // The word length is not applied to what leaves the machine: kernels that a boot loader starts without
    // firmware print before they program LCR, and would come out as 5-bit codes.
    else if (!(this.lcr & LCR_SET_BREAK)) this.onTransmit?.(byte);
  }

  private readReceiverBuffer(): number {
    const entry = this.receiveFifo.shift();
    if (entry === undefined) return this.lastReceived;
    this.lastReceived = entry & 0xff;
    this.timeoutInterrupt = false;
    this.revealErrors();
    this.restartTimeout();
    this.feedReceiver();
    this.updateInterrupt();
    return this.lastReceived;
  }

  /** A whole character has arrived in the receiver shift register. */
  private receiveCharacter(entry: number): void {
    const depth = this.fifosEnabled ? FIFO_DEPTH : 1;
    if (this.receiveFifo.length < depth) {
      this.receiveFifo.push(entry);
      if (this.receiveFifo.length === 1) this.revealErrors();
    } else {
      this.lineErrors |= LSR_OE;
      // Without FIFOs the new character destroys the old one; with them it is the new one that is lost.
      if (!this.fifosEnabled) {
        this.receiveFifo[0] = entry;
        this.revealErrors();
      }
    }
    this.restartTimeout();
    this.updateInterrupt();
  }

  /** Errors show "when their associated character is at the top of the FIFO". */
  private revealErrors(): void {
    this.lineErrors |= (this.receiveFifo[0] ?? 0) >>> 8;
  }

  private feedReceiver(): void {
    if (this.mcr & MCR_LOOP) return; // SIN is disconnected.
    if (this.flowControl && !(this.mcr & MCR_RTS)) return;
    const depth = this.fifosEnabled ? FIFO_DEPTH : 1;
    while (this.waitingBytes > 0 && this.receiveFifo.length < depth) {
      if (this.timed) {
        if (!this.receiving) {
          this.receiving = true;
          this.clock.schedule(this.receiveEvent, this.clock.now() + this.characterTime);
        }
        return;
      }
      this.receiveCharacter(this.nextHostCharacter());
    }
  }

  private receiveDone(): void {
    this.receiving = false;
    const depth = this.fifosEnabled ? FIFO_DEPTH : 1;
    if (this.waitingBytes > 0 && this.receiveFifo.length < depth && !(this.mcr & MCR_LOOP)) {
      this.receiveCharacter(this.nextHostCharacter());
    }
    this.feedReceiver();
  }

  private nextHostCharacter(): number {
    const entry = this.hostQueue[this.hostQueueHead++] ?? 0;
    if (this.hostQueueHead >= 4096 || this.hostQueueHead === this.hostQueue.length) {
      this.hostQueue = this.hostQueue.slice(this.hostQueueHead);
      this.hostQueueHead = 0;
    }
    return entry & (0xff00 | this.wordMask | (this.lcr === 0 ? 0xff : 0)); // As above: no LCR yet means 8 bits.
  }

  /** PC16550D, "FIFO Interrupt Mode Operation": four character times without an arrival or a read. */
  private restartTimeout(): void {
    if (this.fifosEnabled && this.receiveFifo.length > 0) {
      this.clock.schedule(this.timeoutEvent, this.clock.now() + 4 * this.characterTime);
    } else {
      this.clock.cancel(this.timeoutEvent);
    }
  }

  private characterTimeout(): void {
    this.timeoutInterrupt = this.fifosEnabled && this.receiveFifo.length > 0;
    this.updateInterrupt();
  }

  private readLineStatus(): number {
    let status = this.lineErrors;
    if (this.receiveFifo.length > 0) status |= LSR_DR;
    if (this.transmitFifo.length === 0) status |= this.shifting < 0 ? LSR_THRE | LSR_TEMT : LSR_THRE;
    if (this.fifosEnabled && this.receiveFifo.some((entry) => entry > 0xff)) status |= LSR_FIFO_ERROR;
    this.lineErrors = 0;
    if (this.receiveFifo.length > 0) this.receiveFifo[0] = this.receiveFifo[0]! & 0xff;
    this.updateInterrupt();
    return status;
  }

  private readModemStatus(): number {
    const status = this.modemInputs | this.modemDeltas;
    this.modemDeltas = 0;
    this.updateInterrupt();
    return status;
  }

  private updateModemStatus(): void {
    let inputs = this.modemPins;
    if (this.mcr & MCR_LOOP) {
      inputs = 0;
      if (this.mcr & MCR_RTS) inputs |= MSR_CTS;
      if (this.mcr & MCR_DTR) inputs |= MSR_DSR;
      if (this.mcr & MCR_OUT1) inputs |= MSR_RI;
      if (this.mcr & MCR_OUT2) inputs |= MSR_DCD;
    }
    const changed = inputs ^ this.modemInputs;
    this.modemDeltas |= (changed >>> 4) & ~MSR_TERI;
    if (changed & MSR_RI && !(inputs & MSR_RI)) this.modemDeltas |= MSR_TERI; // The trailing edge only.
    this.modemInputs = inputs;
  }

  private interruptIdentification(): number {
    if (this.ier & IER_ELSI && this.lineErrors) return IIR_LINE_STATUS;
    if (this.ier & IER_ERBFI) {
      const trigger = this.fifosEnabled ? TRIGGER_LEVELS[(this.fcr >>> 6) as 0 | 1 | 2 | 3] : 1;
      if (this.receiveFifo.length >= trigger) return IIR_DATA_AVAILABLE;
      if (this.timeoutInterrupt) return IIR_CHARACTER_TIMEOUT;
    }
    if (this.ier & IER_ETBEI && this.thrEmptyInterrupt) return IIR_THR_EMPTY;
    if (this.ier & IER_EDSSI && this.modemDeltas) return IIR_MODEM_STATUS;
    return IIR_NONE;
  }

  private updateInterrupt(): void {
    // In loopback the OUT2 pin is forced inactive, and with it the adapter's interrupt driver.
    const driven = !this.out2EnablesInterrupt || (this.mcr & (MCR_OUT2 | MCR_LOOP)) === MCR_OUT2;
    const interrupting = driven && this.interruptIdentification() !== IIR_NONE;
    if (interrupting === this.interrupting) return;
    this.interrupting = interrupting;
    if (interrupting) this.irq.raise();
    else this.irq.lower();
  }
}
