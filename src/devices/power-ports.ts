import type { PortDevice } from '../bus/ports.ts';

/** ACPI, "PM1 Control Registers". */
const SLP_EN = 0x2000;

/**
 * The PM1a control register of a board that knows one sleeping state, off: a write with SLP_EN set ends the run.
 * Two ports: 604h (QEMU's PIIX4) and B004h (Bochs and older QEMU).
 */
export class PowerControlPort implements PortDevice {
  private readonly onPowerOff: () => void;
  private control = 0;

  constructor(onPowerOff: () => void) {
    this.onPowerOff = onPowerOff;
  }

  reset(): void {
    this.control = 0;
  }

  readPort(offset: number): number {
    return offset & 1 ? this.control >>> 8 : this.control & 0xff;
  }

  writePort(offset: number, value: number): void {
    value &= 0xff;
    if (offset & 1) this.write((this.control & 0xff) | (value << 8));
    else this.write((this.control & 0xff00) | value);
  }

  /** A word at the second port is not the register: its low byte is what counts. */
  writePort16(offset: number, value: number): void {
    if (offset & 1) this.writePort(offset, value);
    else this.write(value & 0xffff);
  }

  private write(value: number): void {
    this.control = value & ~SLP_EN; // SLP_EN is write-only and reads as zero.
    if (value & SLP_EN) this.onPowerOff();
  }
}

const SHUTDOWN = 'Shutdown';

/** Bochs' and QEMU's older way out: the text "Shutdown", byte by byte. One port: 8900h. */
export class ShutdownPort implements PortDevice {
  private readonly onPowerOff: () => void;
  private matched = 0;

  constructor(onPowerOff: () => void) {
    this.onPowerOff = onPowerOff;
  }

  reset(): void {
    this.matched = 0;
  }

  readPort(_offset: number): number {
    return 0xff;
  }

  writePort(_offset: number, value: number): void {
    value &= 0xff;
    if (value === SHUTDOWN.charCodeAt(this.matched)) this.matched++;
    else this.matched = value === SHUTDOWN.charCodeAt(0) ? 1 : 0;
    if (this.matched < SHUTDOWN.length) return;
    this.matched = 0;
    this.onPowerOff();
  }
}
