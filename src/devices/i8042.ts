import type { InterruptLine } from '../bus/lines.ts';
import type { PortDevice } from '../bus/ports.ts';
import { Ps2Keyboard, translateScanCode } from './ps2-keyboard.ts';
import { Ps2Mouse } from './ps2-mouse.ts';

/** Status register (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller"). */
const STATUS_OBF = 0x01;
const STATUS_SYSTEM = 0x04;
const STATUS_COMMAND = 0x08;
const STATUS_NOT_INHIBITED = 0x10;
const STATUS_AUX_OBF = 0x20;

/** Command byte, location 0 of the controller's RAM. */
const COMMAND_KEYBOARD_INTERRUPT = 0x01;
const COMMAND_AUX_INTERRUPT = 0x02;
const COMMAND_SYSTEM = 0x04;
const COMMAND_DISABLE_KEYBOARD = 0x10;
const COMMAND_DISABLE_AUX = 0x20;
const COMMAND_TRANSLATE = 0x40;

const READ_RAM_FIRST = 0x20;
const READ_RAM_LAST = 0x3f;
const WRITE_RAM_FIRST = 0x60;
const WRITE_RAM_LAST = 0x7f;
const TEST_PASSWORD = 0xa4;
const LOAD_PASSWORD = 0xa5;
const DISABLE_AUX = 0xa7;
const ENABLE_AUX = 0xa8;
const TEST_AUX = 0xa9;
const SELF_TEST = 0xaa;
const TEST_KEYBOARD = 0xab;
const DISABLE_KEYBOARD = 0xad;
const ENABLE_KEYBOARD = 0xae;
const READ_INPUT_PORT = 0xc0;
const READ_OUTPUT_PORT = 0xd0;
const WRITE_OUTPUT_PORT = 0xd1;
const WRITE_KEYBOARD_OUTPUT_BUFFER = 0xd2;
const WRITE_AUX_OUTPUT_BUFFER = 0xd3;
const WRITE_AUX = 0xd4;
const DISABLE_A20 = 0xdd;
const ENABLE_A20 = 0xdf;
const READ_TEST_INPUTS = 0xe0;
const PULSE_OUTPUT_FIRST = 0xf0;

const PASSWORD_NOT_INSTALLED = 0xf1;
const SELF_TEST_PASSED = 0x55;
const INTERFACE_OK = 0x00;
/** Keyboard not locked, no manufacturing jumper, 512 KiB on the board. */
const INPUT_PORT = 0xb0;

const OUTPUT_NOT_RESET = 0x01;
const OUTPUT_A20 = 0x02;
const OUTPUT_IRQ1 = 0x10;
const OUTPUT_IRQ12 = 0x20;
const OUTPUT_CLOCK_AND_DATA = 0xcc;

const BREAK_PREFIX = 0xf0;
const NO_COMMAND = 0;
/** Data is at offset 0, status and command at offset 4. */
const STATUS_OFFSET = 4;

interface OutputByte {
  readonly value: number;
  readonly aux: boolean;
}

export interface I8042Options {
  /** The output port's bit 0 went low. */
  onReset?: (() => void) | undefined;
  /** The output port's bit 1. */
  onA20?: ((enabled: boolean) => void) | undefined;
  /** The command byte at power-on; the default is what a BIOS leaves: both interrupts, system flag, translation. */
  commandByte?: number | undefined;
}

const BIOS_COMMAND_BYTE =
  COMMAND_KEYBOARD_INTERRUPT | COMMAND_AUX_INTERRUPT | COMMAND_SYSTEM | COMMAND_TRANSLATE;

/**
 * Intel 8042 as the PS/2 keyboard and auxiliary device controller, with its keyboard and mouse. It answers at once:
 * the input buffer is never full. Two ports, four apart: 60h (offset 0) and 64h (offset 4) on a PC.
 */
export class I8042 implements PortDevice {
  readonly keyboard = new Ps2Keyboard();
  readonly mouse = new Ps2Mouse();
  private readonly irq1: InterruptLine;
  private readonly irq12: InterruptLine;
  private readonly onReset: (() => void) | undefined;
  private readonly onA20: ((enabled: boolean) => void) | undefined;
  private readonly powerOnCommandByte: number;
  private readonly ram = new Uint8Array(32);

  private outputBuffer = 0;
  private outputFull = false;
  private outputIsAux = false;
  /** Bytes of the controller's own that wait for the output buffer; they go before the devices'. */
  private replies: OutputByte[] = [];
  /** The command whose data byte is awaited. */
  private waitingCommand = NO_COMMAND;
  private lastWriteWasCommand = false;
  private systemFlag: boolean;
  private a20 = true;
  private breakPending = false;
  private irq1Level = false;
  private irq12Level = false;

  constructor(irq1: InterruptLine, irq12: InterruptLine, options: I8042Options = {}) {
    this.irq1 = irq1;
    this.irq12 = irq12;
    this.onReset = options.onReset;
    this.onA20 = options.onA20;
    this.powerOnCommandByte = options.commandByte ?? BIOS_COMMAND_BYTE;
    this.ram[0] = this.powerOnCommandByte;
    this.systemFlag = (this.powerOnCommandByte & COMMAND_SYSTEM) !== 0;
  }

  reset(): void {
    this.keyboard.reset();
    this.mouse.reset();
    this.ram.fill(0);
    this.ram[0] = this.powerOnCommandByte;
    this.systemFlag = (this.powerOnCommandByte & COMMAND_SYSTEM) !== 0;
    this.replies = [];
    this.outputFull = false;
    this.outputIsAux = false;
    this.waitingCommand = NO_COMMAND;
    this.lastWriteWasCommand = false;
    this.breakPending = false;
    this.setA20(true);
    this.updateInterrupts();
  }

  /** Keys on the keyboard, as bytes of scan code set 2. */
  pressKeys(scanCodes: Iterable<number>): void {
    this.keyboard.press(scanCodes);
    this.fillOutputBuffer();
  }

  /** Counts to the right and up, and the buttons that are down (1 left, 2 right, 4 middle). */
  moveMouse(x: number, y: number, buttons: number, wheel = 0): void {
    this.mouse.move(x, y, buttons, wheel);
    this.fillOutputBuffer();
  }

  readPort(offset: number): number {
    return offset & STATUS_OFFSET ? this.status : this.readData();
  }

  writePort(offset: number, value: number): void {
    value &= 0xff;
    this.lastWriteWasCommand = (offset & STATUS_OFFSET) !== 0;
    if (this.lastWriteWasCommand) this.writeCommand(value);
    else this.writeData(value);
    this.fillOutputBuffer();
  }

  private get status(): number {
    let status = STATUS_NOT_INHIBITED;
    if (this.outputFull) status |= this.outputIsAux ? STATUS_OBF | STATUS_AUX_OBF : STATUS_OBF;
    if (this.systemFlag) status |= STATUS_SYSTEM;
    if (this.lastWriteWasCommand) status |= STATUS_COMMAND;
    return status;
  }

  private get commandByte(): number {
    return this.ram[0]!;
  }

  /** An empty output buffer still holds the byte that was read last. */
  private readData(): number {
    const value = this.outputBuffer;
    this.outputFull = false;
    this.updateInterrupts(); // The line falls before the next byte raises it: an edge for each.
    this.fillOutputBuffer();
    return value;
  }

  private writeCommand(command: number): void {
    this.waitingCommand = NO_COMMAND;
    if (command >= READ_RAM_FIRST && command <= READ_RAM_LAST) {
      this.reply(this.ram[command & 0x1f]!);
      return;
    }
    if (command >= WRITE_RAM_FIRST && command <= WRITE_RAM_LAST) {
      this.waitingCommand = command;
      return;
    }
    if (command >= PULSE_OUTPUT_FIRST) {
      // Bits 3-0 that are 0 are pulsed low for 6 µs; only that of bit 0 reaches anything.
      if (!(command & OUTPUT_NOT_RESET)) this.onReset?.();
      return;
    }
    switch (command) {
      case TEST_PASSWORD:
        this.reply(PASSWORD_NOT_INSTALLED);
        break;
      case DISABLE_AUX:
        this.setCommandByte(this.commandByte | COMMAND_DISABLE_AUX);
        break;
      case ENABLE_AUX:
        this.setCommandByte(this.commandByte & ~COMMAND_DISABLE_AUX);
        break;
      case TEST_AUX:
      case TEST_KEYBOARD:
        this.reply(INTERFACE_OK);
        break;
      case SELF_TEST:
        this.systemFlag = true;
        this.ram[0]! |= COMMAND_SYSTEM;
        this.reply(SELF_TEST_PASSED);
        break;
      case DISABLE_KEYBOARD:
        this.setCommandByte(this.commandByte | COMMAND_DISABLE_KEYBOARD);
        break;
      case ENABLE_KEYBOARD:
        this.setCommandByte(this.commandByte & ~COMMAND_DISABLE_KEYBOARD);
        break;
      case READ_INPUT_PORT:
        this.reply(INPUT_PORT);
        break;
      case READ_OUTPUT_PORT:
        this.reply(this.outputPort);
        break;
      case LOAD_PASSWORD:
      case WRITE_OUTPUT_PORT:
      case WRITE_KEYBOARD_OUTPUT_BUFFER:
      case WRITE_AUX_OUTPUT_BUFFER:
      case WRITE_AUX:
        this.waitingCommand = command;
        break;
      case DISABLE_A20:
      case ENABLE_A20:
        this.setA20(command === ENABLE_A20);
        break;
      case READ_TEST_INPUTS:
        this.reply(0);
        break;
      default:
        break; // Not a command of this controller: no answer.
    }
  }

  private writeData(value: number): void {
    const command = this.waitingCommand;
    this.waitingCommand = NO_COMMAND;
    switch (command) {
      case NO_COMMAND:
        this.setCommandByte(this.commandByte & ~COMMAND_DISABLE_KEYBOARD); // Sending enables the interface.
        this.keyboard.write(value);
        break;
      case LOAD_PASSWORD:
        if (value !== 0) this.waitingCommand = command; // A password ends with a zero; it is not kept.
        break;
      case WRITE_OUTPUT_PORT:
        this.setA20((value & OUTPUT_A20) !== 0);
        if (!(value & OUTPUT_NOT_RESET)) this.onReset?.();
        break;
      case WRITE_KEYBOARD_OUTPUT_BUFFER:
        this.reply(value);
        break;
      case WRITE_AUX_OUTPUT_BUFFER:
        this.reply(value, true);
        break;
      case WRITE_AUX:
        this.setCommandByte(this.commandByte & ~COMMAND_DISABLE_AUX);
        this.mouse.write(value);
        break;
      default:
        if (command === WRITE_RAM_FIRST) this.setCommandByte(value);
        else this.ram[command & 0x1f] = value;
    }
  }

  private setCommandByte(value: number): void {
    this.ram[0] = value;
    this.systemFlag = (value & COMMAND_SYSTEM) !== 0;
    this.updateInterrupts();
  }

  private get outputPort(): number {
    let value = OUTPUT_CLOCK_AND_DATA | OUTPUT_NOT_RESET;
    if (this.a20) value |= OUTPUT_A20;
    if (this.irq1Level) value |= OUTPUT_IRQ1;
    if (this.irq12Level) value |= OUTPUT_IRQ12;
    return value;
  }

  private setA20(enabled: boolean): void {
    if (enabled === this.a20) return;
    this.a20 = enabled;
    this.onA20?.(enabled);
  }

  private reply(value: number, aux = false): void {
    this.replies.push({ value, aux });
    // Nobody reads: a guest that only writes must not fill the host's memory.
    if (this.replies.length > 16) this.replies.shift();
  }

  private fillOutputBuffer(): void {
    while (!this.outputFull) {
      const reply = this.replies.shift();
      if (reply) this.setOutputBuffer(reply.value, reply.aux);
      else if (this.keyboard.hasByte && !(this.commandByte & COMMAND_DISABLE_KEYBOARD))
        this.takeKeyboardByte();
      else if (this.mouse.hasByte && !(this.commandByte & COMMAND_DISABLE_AUX)) {
        this.setOutputBuffer(this.mouse.nextByte(), true);
      } else return;
    }
  }

  /** With translation, F0h and a code become one code with bit 7 set; the prefix itself is not seen. */
  private takeKeyboardByte(): void {
    const value = this.keyboard.nextByte();
    if (!(this.commandByte & COMMAND_TRANSLATE)) this.setOutputBuffer(value, false);
    else if (value === BREAK_PREFIX) this.breakPending = true;
    else {
      this.setOutputBuffer(translateScanCode(value) | (this.breakPending ? 0x80 : 0), false);
      this.breakPending = false;
    }
  }

  private setOutputBuffer(value: number, aux: boolean): void {
    this.outputBuffer = value;
    this.outputIsAux = aux;
    this.outputFull = true;
    this.updateInterrupts();
  }

  private updateInterrupts(): void {
    const irq1 =
      this.outputFull && !this.outputIsAux && (this.commandByte & COMMAND_KEYBOARD_INTERRUPT) !== 0;
    const irq12 = this.outputFull && this.outputIsAux && (this.commandByte & COMMAND_AUX_INTERRUPT) !== 0;
    if (irq1 !== this.irq1Level) {
      this.irq1Level = irq1;
      if (irq1) this.irq1.raise();
      else this.irq1.lower();
    }
    if (irq12 !== this.irq12Level) {
      this.irq12Level = irq12;
      if (irq12) this.irq12.raise();
      else this.irq12.lower();
    }
  }
}
