import type { InterruptLine } from '../bus/lines.ts';
import type { PortDevice } from '../bus/ports.ts';
import {
  ATA_COMMAND,
  ATA_DATA,
  ATA_DEVICE,
  type AtaDevice,
  COMMAND_EXECUTE_DEVICE_DIAGNOSTIC,
  DEVICE_DEV,
} from './ata-device.ts';

/** Device control register (ATA/ATAPI-6, "Device Control register"). */
const CONTROL_NIEN = 0x02;
const CONTROL_SRST = 0x04;
const CONTROL_HOB = 0x80;

/** The command block is at offsets 0 to 7; device control and alternate status are at offset 8. */
const CONTROL_OFFSET = 8;
/** No device at all: the host's pull-down on DD7 alone is seen ("Device detection", "pulldown resistor on DD7"). */
const NO_DEVICE = 0x7f;

/** What listens to the channel's DMARQ: the bus master. */
export interface DmaListener {
  dmaRequested(device: AtaDevice): void;
  interruptRaised(): void;
}

/**
 * One ATA channel with up to two devices. Eight ports at 1F0h (170h) with offset 0, one at 3F6h (376h) with offset 8.
 * A device that is absent while the other is there reads as zeros.
 */
export class IdeChannel implements PortDevice {
  /** Set by the bus master. */
  dma: DmaListener | undefined;
  private readonly irq: InterruptLine;
  private readonly devices: (AtaDevice | undefined)[] = [undefined, undefined];
  private selected = 0;
  private control = 0;
  private level = false;

  constructor(irq: InterruptLine, device0?: AtaDevice, device1?: AtaDevice) {
    this.irq = irq;
    this.plug(0, device0);
    this.plug(1, device1);
  }

  plug(position: 0 | 1, device: AtaDevice | undefined): void {
    this.devices[position] = device;
    if (!device) return;
    device.host = {
      intrqChanged: () => this.updateInterrupt(),
      dmaRequested: () => this.dma?.dmaRequested(device),
    };
  }

  device(position: 0 | 1): AtaDevice | undefined {
    return this.devices[position];
  }

  /** RESET-. */
  reset(): void {
    this.control = 0;
    this.selected = 0;
    for (const device of this.devices) device?.reset();
    this.updateInterrupt();
  }

  get selectedDevice(): AtaDevice | undefined {
    return this.devices[this.selected];
  }

  readPort(offset: number): number {
    const device = this.selectedDevice;
    if (!device) return this.isEmpty ? NO_DEVICE : 0;
    if (offset === CONTROL_OFFSET) return device.alternateStatus;
    if (offset === ATA_COMMAND) return device.readStatus();
    if (offset === ATA_DATA) return device.readWord() & 0xff;
    return device.readRegister(offset, (this.control & CONTROL_HOB) !== 0);
  }

  /** The data register is 16 bits wide; elsewhere a word is two registers. */
  readPort16(offset: number): number {
    if (offset !== ATA_DATA) {
      return this.readPort(offset) | ((offset < ATA_COMMAND ? this.readPort(offset + 1) : 0xff) << 8);
    }
    const device = this.selectedDevice;
    if (!device) return this.isEmpty ? 0xff7f : 0;
    return device.readWord();
  }

  readPort32(offset: number): number {
    const low = this.readPort16(offset);
    if (offset === ATA_DATA) return (low | (this.readPort16(offset) << 16)) >>> 0;
    return (low | ((offset < ATA_DEVICE ? this.readPort16(offset + 2) : 0xffff) << 16)) >>> 0;
  }

  writePort(offset: number, value: number): void {
    value &= 0xff;
    if (offset === CONTROL_OFFSET) {
      this.writeControl(value);
      return;
    }
    this.control &= ~CONTROL_HOB; // "A write to any Command Block register shall clear the HOB bit."
    if (offset === ATA_DATA) this.selectedDevice?.writeWord(value);
    else if (offset === ATA_COMMAND) this.writeCommand(value);
    else {
      for (const device of this.devices) device?.writeRegister(offset, value);
      if (offset === ATA_DEVICE) {
        this.selected = value & DEVICE_DEV ? 1 : 0;
        this.updateInterrupt(); // INTRQ is the selected device's.
      }
    }
  }

  writePort16(offset: number, value: number): void {
    if (offset === ATA_DATA) this.selectedDevice?.writeWord(value & 0xffff);
    else {
      this.writePort(offset, value & 0xff);
      if (offset < ATA_COMMAND) this.writePort(offset + 1, value >>> 8);
    }
  }

  writePort32(offset: number, value: number): void {
    this.writePort16(offset, value & 0xffff);
    if (offset === ATA_DATA) this.writePort16(offset, value >>> 16);
    else if (offset < ATA_DEVICE) this.writePort16(offset + 2, value >>> 16);
  }

  private get isEmpty(): boolean {
    return !this.devices[0] && !this.devices[1];
  }

  private writeCommand(command: number): void {
    if (command !== COMMAND_EXECUTE_DEVICE_DIAGNOSTIC) {
      this.selectedDevice?.writeCommand(command);
      return;
    }
    const answering = this.devices[0] ?? this.devices[1];
    this.selected = 0;
    for (const device of this.devices) {
      if (!device) continue;
      device.diagnosticInterrupts = device === answering;
      device.diagnose();
    }
  }

  private writeControl(value: number): void {
    const changed = (value ^ this.control) & CONTROL_SRST;
    this.control = value;
    if (changed) {
      if (value & CONTROL_SRST) this.selected = 0;
      for (const device of this.devices) {
        if (value & CONTROL_SRST) device?.beginReset();
        else device?.endReset();
      }
    }
    this.updateInterrupt();
  }

  private updateInterrupt(): void {
    const level = (this.selectedDevice?.intrq ?? false) && !(this.control & CONTROL_NIEN);
    if (level === this.level) return;
    this.level = level;
    if (level) {
      this.irq.raise();
      this.dma?.interruptRaised();
    } else this.irq.lower();
  }
}
