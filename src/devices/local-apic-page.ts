import type { MmioDevice } from '../bus/address-space.ts';
import type { LocalApic } from './local-apic.ts';

/**
 * The page at FEE00000h of a machine with several processors: each sees its own local APIC there. `current` answers
 * the one of the processor that runs.
 */
export class LocalApicPage implements MmioDevice {
  private readonly current: () => LocalApic;

  constructor(current: () => LocalApic) {
    this.current = current;
  }

  readMmio(offset: number, bytes: 1 | 2 | 4): number {
    return this.current().readMmio(offset, bytes);
  }

  writeMmio(offset: number, value: number, bytes: 1 | 2 | 4): void {
    this.current().writeMmio(offset, value, bytes);
  }
}
