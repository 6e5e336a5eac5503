import type { InterruptLine } from '../bus/lines.ts';
import type { PortDevice } from '../bus/ports.ts';

/**
 * The latch between the numeric coprocessor and the interrupt controller (82371SB, "Coprocessor Error Register",
 * "FERR#", "IGNNE#"; SDM Vol. 1, "Recommended External Hardware to Support the MS-DOS Compatibility Sub-mode").
 * FERR# raises the request; a write to the port withdraws it and asserts IGNNE#, which stays until FERR# goes. One
 * port: F0h on a PC.
 */
export class FloatErrorLatch implements PortDevice {
  private readonly irq: InterruptLine;
  private ferr = false;
  private ignored = false;

  constructor(irq: InterruptLine) {
    this.irq = irq;
  }

  reset(): void {
    this.lower();
    this.irq.lower();
  }

  /** IGNNE#: the processor shall go on in spite of the error. */
  get ignne(): boolean {
    return this.ignored;
  }

  /** FERR# is asserted; only its edge counts. */
  raise(): void {
    if (this.ferr) return;
    this.ferr = true;
    this.irq.raise();
  }

  lower(): void {
    this.ferr = false;
    this.ignored = false;
  }

  readPort(_offset: number): number {
    return 0xff;
  }

  writePort(_offset: number, _value: number): void {
    this.irq.lower();
    if (this.ferr) this.ignored = true;
  }
}
