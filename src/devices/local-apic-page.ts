import type { MmioDevice } from '../bus/address-space.ts';
import type { LocalApic } from './local-apic.ts';

/**
 * A page where processors see their local APICs, FEE00000h unless they move it: each its own. `current` answers the one of
 * the processor that runs; where that has its page elsewhere, nothing is here.
 */
export class LocalApicPage implements MmioDevice {
  private readonly base: number;
  private readonly current: () => LocalApic;

  constructor(base: number, current: () => LocalApic) {
    this.base = base;
    this.current = current;
  }

  readMmio(offset: number, bytes: 1 | 2 | 4): number {
    const apic = this.current();
    return apic.base === this.base ? apic.readMmio(offset, bytes) : 2 ** (8 * bytes) - 1;
  }

  writeMmio(offset: number, value: number, bytes: 1 | 2 | 4): void {
    const apic = this.current();
    if (apic.base === this.base) apic.writeMmio(offset, value, bytes);
  }
}
