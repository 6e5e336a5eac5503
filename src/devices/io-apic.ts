import type { MmioDevice } from '../bus/address-space.ts';
import type { InterruptLine } from '../bus/lines.ts';
import {
  type ApicBus,
  BROADCAST,
  DELIVERY_FIXED,
  DELIVERY_LOWEST_PRIORITY,
  type EoiListener,
} from './apic-bus.ts';

/** Memory-mapped registers (82093AA, "Register Description"). */
const IOREGSEL = 0x00;
const IOWIN = 0x10;

/** Registers behind the window. */
const IOAPICID = 0x00;
const IOAPICVER = 0x01;
const IOAPICARB = 0x02;
const IOREDTBL0 = 0x10;

export const IO_APIC_PINS = 24;
/** Version 11h, 24 entries. */
const VERSION_VALUE = 0x0017_0011;

/** The low half of a redirection table entry. */
const ENTRY_LOGICAL = 0x0800;
const ENTRY_REMOTE_IRR = 0x4000;
const ENTRY_LEVEL = 0x8000;
const ENTRY_MASKED = 0x1_0000;
/** All but delivery status and remote IRR, which are read-only. */
const ENTRY_WRITABLE = 0x1_afff;

/** One driver of a pin. Several on one pin are a wired OR. */
class IoApicInput implements InterruptLine {
  readonly pin: number;
  level = false;
  private readonly onChange: (pin: number) => void;

  constructor(pin: number, onChange: (pin: number) => void) {
    this.pin = pin;
    this.onChange = onChange;
  }

  raise(): void {
    if (this.level) return;
    this.level = true;
    this.onChange(this.pin);
  }

  lower(): void {
    if (!this.level) return;
    this.level = false;
    this.onChange(this.pin);
  }
}

/**
 * Intel 82093AA I/O APIC. A page of memory, FEC00000h on a PC. A raised line is an asserted pin, whichever polarity
 * its entry names: the board has already put in the inverters.
 */
export class IoApic implements MmioDevice, EoiListener {
  private readonly bus: ApicBus;
  private readonly drivers: IoApicInput[] = [];
  private readonly low = new Int32Array(IO_APIC_PINS).fill(ENTRY_MASKED);
  private readonly high = new Int32Array(IO_APIC_PINS);
  private readonly powerOnId: number;
  /** Pin levels. */
  private levels = 0;
  private select = 0;
  private id: number;

  constructor(bus: ApicBus, id = 0) {
    this.bus = bus;
    this.powerOnId = id;
    this.id = id;
    bus.attachEoiListener(this);
  }

  reset(): void {
    this.low.fill(ENTRY_MASKED);
    this.high.fill(0);
    this.select = 0;
    this.id = this.powerOnId;
  }

  /** A new driver of a pin. */
  line(pin: number): InterruptLine {
    if (!Number.isInteger(pin) || pin < 0 || pin >= IO_APIC_PINS) {
      throw new RangeError(`there is no pin ${pin} on an 82093AA`);
    }
    const driver = new IoApicInput(pin, () => this.driverChanged(pin));
    this.drivers.push(driver);
    return driver;
  }

  /** "All registers are accessed using 32-bit loads and stores"; smaller reads get their part. */
  readMmio(offset: number, bytes: 1 | 2 | 4): number {
    const register = offset & ~3;
    let value = 0;
    if (register === IOREGSEL) value = this.select;
    else if (register === IOWIN) value = this.readRegister(this.select);
    const shifted = (value >>> 0) >>> (8 * (offset & 3));
    return bytes === 4 ? shifted : shifted & (2 ** (8 * bytes) - 1);
  }

  writeMmio(offset: number, value: number, bytes: 1 | 2 | 4): void {
    if (offset === IOREGSEL) this.select = value & 0xff;
    else if (offset === IOWIN && bytes === 4) this.writeRegister(this.select, value | 0);
  }

  /** An EOI message: level-triggered entries of that vector are ready for the next. */
  endOfInterrupt(vector: number): void {
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      const entry = this.low[pin]!;
      if ((entry & 0xff) !== vector || !(entry & ENTRY_LEVEL) || !(entry & ENTRY_REMOTE_IRR)) continue;
      this.low[pin] = entry & ~ENTRY_REMOTE_IRR;
      this.serviceLevel(pin);
    }
  }

  private readRegister(register: number): number {
    if (register === IOAPICID || register === IOAPICARB) return (this.id & 15) << 24;
    if (register === IOAPICVER) return VERSION_VALUE;
    const pin = (register - IOREDTBL0) >> 1;
    if (pin < 0 || pin >= IO_APIC_PINS) return 0;
    return register & 1 ? this.high[pin]! : this.low[pin]!;
  }

  private writeRegister(register: number, value: number): void {
    if (register === IOAPICID) this.id = (value >>> 24) & 15;
    const pin = (register - IOREDTBL0) >> 1;
    if (pin < 0 || pin >= IO_APIC_PINS) return;
    if (register & 1) this.high[pin] = value & 0xff000000;
    else {
      const kept = value & ENTRY_LEVEL ? this.low[pin]! & ENTRY_REMOTE_IRR : 0;
      this.low[pin] = (value & ENTRY_WRITABLE) | kept;
    }
    this.serviceLevel(pin);
  }

  private driverChanged(pin: number): void {
    const level = this.drivers.some((driver) => driver.pin === pin && driver.level);
    const bit = 1 << pin;
    if (level === ((this.levels & bit) !== 0)) return;
    this.levels ^= bit;
    if (!level) return;
    const entry = this.low[pin]!;
    if (entry & ENTRY_LEVEL) this.serviceLevel(pin);
    else if (!(entry & ENTRY_MASKED)) this.deliver(pin); // A masked edge is lost.
  }

  /** A level that is asserted, unmasked and not with a processor already. */
  private serviceLevel(pin: number): void {
    const entry = this.low[pin]!;
    if (!(entry & ENTRY_LEVEL) || entry & (ENTRY_MASKED | ENTRY_REMOTE_IRR)) return;
    if (this.levels & (1 << pin)) this.deliver(pin);
  }

  private deliver(pin: number): void {
    const entry = this.low[pin]!;
    const destination = this.high[pin]! >>> 24;
    const isLogical = (entry & ENTRY_LOGICAL) !== 0;
    const mode = (entry >>> 8) & 7;
    const isFixed = mode === DELIVERY_FIXED || mode === DELIVERY_LOWEST_PRIORITY;
    // The other modes "must be programmed as edge-triggered".
    const isLevel = (entry & ENTRY_LEVEL) !== 0 && isFixed;
    // Before the message: a processor that ends it at once must find it set.
    if (isLevel) this.low[pin] = entry | ENTRY_REMOTE_IRR;
    const isAccepted = this.bus.send({
      destination: destination === 0xff && !isLogical ? BROADCAST : destination,
      isLogical,
      mode,
      vector: entry & 0xff,
      isLevel,
    });
    if (!isAccepted) this.low[pin] = this.low[pin]! & ~ENTRY_REMOTE_IRR;
  }
}
