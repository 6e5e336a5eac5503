import { type AddressSpace, PAGE_BYTES, PAGE_HOLE, PAGE_MMIO } from '../bus/address-space.ts';
import type { PortDevice, PortSpace } from '../bus/ports.ts';
import {
  PCI_COMMAND,
  PCI_COMMAND_IO,
  PCI_COMMAND_MEMORY,
  PCI_INTERRUPT_LINE,
  type PciFunction,
  type PciWindow,
  ROM_BAR,
} from './pci-device.ts';

const FUNCTIONS = 8;
const SLOTS = 32;
const PIRQS = 4;
/** AddressSpace maps devices below 4 GiB only. */
const MEMORY_END = 2 ** 32;

/** Where `assignResources` puts things, and which IRQs PIRQA# to PIRQD# were routed to. */
export interface PciResources {
  readonly ioBase: number;
  readonly memoryBase: number;
  readonly irqs: readonly [number, number, number, number];
}

/**
 * PCI bus 0: functions by slot, their I/O and memory ranges in the port and address spaces, and their interrupt pins
 * on the four PIRQs. A range decodes only where nothing else does, so that no guest can take RAM, a ROM or another
 * device's ports away by moving a base address register onto them.
 */
export class PciBus {
  /** The four interrupt requests, INTA# of slot 1 being PIRQA# (the usual board's swizzle). */
  onPirq: ((pirq: number, level: boolean) => void) | undefined;
  private readonly ports: PortSpace;
  private readonly space: AddressSpace;
  private readonly functions: (PciFunction | undefined)[] = new Array(SLOTS * FUNCTIONS).fill(undefined);
  private mapped: readonly PciWindow[] = [];
  private readonly ownPorts: number[] = [];
  private ownMemory: PciWindow[] = [];
  /** Bases of `ownMemory` in the order in which they were mapped: of two ranges that overlap the first one decodes. */
  private memoryOrder: number[] = [];
  private pirqLevels = 0;
  /** What is mapped follows from the functions' registers. */
  readonly derivedFields = ['mapped', 'ownPorts', 'ownMemory'] as const;

  constructor(ports: PortSpace, space: AddressSpace) {
    this.ports = ports;
    this.space = space;
  }

  attach(slot: number, functionNumber: number, fn: PciFunction): void {
    const devfn = slot * FUNCTIONS + functionNumber;
    if (this.functions[devfn]) throw new RangeError(`PCI function 00:${slot}.${functionNumber} is taken`);
    this.functions[devfn] = fn;
    fn.seal();
    fn.onIntx = () => this.updatePirqs();
    fn.onWindows = () => this.remap();
    this.remap();
  }

  reset(): void {
    for (const fn of this.functions) fn?.reset();
    this.updatePirqs();
    this.remap();
  }

  /** The registers were replaced by those of a snapshot. */
  restored(): void {
    const order = this.memoryOrder;
    const wanted = this.functions.flatMap((fn) => fn?.windows() ?? []);
    const isOrdered = order.every((base, i) => base === this.ownMemory[i]?.base);
    if (isOrdered && isSame(wanted, this.mapped)) return;
    for (const window of this.ownMemory) this.space.detachMmio(window.base, window.bytes);
    this.ownMemory = [];
    const rank = ({ base }: PciWindow) => (order.includes(base) ? order.indexOf(base) : order.length);
    this.mapped = wanted;
    this.mapPorts(wanted);
    this.mapMemory([...wanted].sort((a, b) => rank(a) - rank(b)));
  }

  /** What the bus decodes of memory at present. */
  get memoryWindows(): readonly { readonly base: number; readonly bytes: number }[] {
    return this.ownMemory;
  }

  function(slot: number, functionNumber: number): PciFunction | undefined {
    return this.functions[slot * FUNCTIONS + functionNumber];
  }

  /** A configuration cycle. Nobody there: a master abort, which reads as ones. */
  readConfig(bus: number, devfn: number, offset: number, bytes: 1 | 2 | 4): number {
    const fn = bus === 0 ? this.functions[devfn] : undefined;
    return fn ? fn.readConfig(offset, bytes) : 2 ** (8 * bytes) - 1;
  }

  writeConfig(bus: number, devfn: number, offset: number, value: number, bytes: 1 | 2 | 4): void {
    const fn = bus === 0 ? this.functions[devfn] : undefined;
    if (!fn) return;
    fn.writeConfig(offset, value, bytes);
    this.remap();
  }

  /** The PIRQ (0 to 3) of a pin (1 to 4) of a slot. */
  static pirqOf(slot: number, pin: number): number {
    return (slot + pin - 2 + PIRQS) % PIRQS;
  }

  /** What a BIOS does, for boots without one: base addresses, interrupt lines and the command register. */
  assignResources({ ioBase, memoryBase, irqs }: PciResources): void {
    for (const [devfn, fn] of this.functions.entries()) {
      if (!fn) continue;
      for (const bar of [...fn.baseAddresses].sort((a, b) => b.bytes - a.bytes)) {
        const at = bar.index === ROM_BAR ? 0x30 : 0x10 + bar.index * 4;
        if (bar.kind === 'io') {
          const aligned = Math.ceil(ioBase / bar.bytes) * bar.bytes;
          ioBase = aligned + bar.bytes;
          fn.writeConfig(at, aligned, 4);
        } else {
          const aligned = Math.ceil(memoryBase / bar.bytes) * bar.bytes;
          memoryBase = aligned + bar.bytes;
          fn.writeConfig(at, aligned, 4);
        }
      }
      // Both also where no register has a range: an adapter's VGA ports answer to the first, and PIIX's own as well.
      fn.writeConfig(PCI_COMMAND, fn.command | PCI_COMMAND_IO | PCI_COMMAND_MEMORY, 2);
      if (fn.interruptPin !== 0) {
        const irq = irqs[PciBus.pirqOf(devfn >>> 3, fn.interruptPin)]!;
        fn.writeConfig(PCI_INTERRUPT_LINE, irq, 1);
      }
    }
    this.remap();
  }

  /** After anything that may change what functions decode. Nothing happens while it is the same. */
  remap(): void {
    const wanted = this.functions.flatMap((fn) => fn?.windows() ?? []);
    if (isSame(wanted, this.mapped)) return;
    this.mapped = wanted;
    this.mapPorts(wanted);
    this.mapMemory(wanted);
  }

  private mapPorts(wanted: readonly PciWindow[]): void {
    for (const port of this.ownPorts) this.ports.detach(port, 1);
    this.ownPorts.length = 0;
    for (const window of wanted) {
      if (window.kind !== 'io') continue;
      for (let i = 0; i < window.bytes; i++) {
        try {
          this.ports.attach(window.base + i, 1, window.device, i);
          this.ownPorts.push(window.base + i);
        } catch {
          // Claimed by the board or by another function: that one keeps the port.
        }
      }
    }
  }

  private mapMemory(wanted: readonly PciWindow[]): void {
    const kept: PciWindow[] = [];
    for (const window of this.ownMemory) {
      if (wanted.some((w) => sameWindow(w, window))) kept.push(window);
      else this.space.detachMmio(window.base, window.bytes);
    }
    // A page that two small ranges share became a hole when one of them went.
    for (const window of kept) {
      if (this.pagesAre(window, PAGE_MMIO)) continue;
      this.space.setPageKind(window.base, window.bytes, PAGE_MMIO);
    }
    this.ownMemory = kept;
    for (const window of wanted) {
      if (window.kind !== 'memory' || kept.some((w) => sameWindow(w, window)) || !this.isFree(window))
        continue;
      this.space.attachMmio(window.base, window.bytes, window.device);
      this.ownMemory.push(window);
    }
    this.memoryOrder = this.ownMemory.map(({ base }) => base);
  }

  private pagesAre(window: PciWindow, kind: number): boolean {
    const last = Math.floor((window.base + window.bytes - 1) / PAGE_BYTES);
    for (let frame = Math.floor(window.base / PAGE_BYTES); frame <= last; frame++) {
      if (this.space.pageKind(frame) !== kind) return false;
    }
    return true;
  }

  /** Every page is a hole, or holds other small ranges of this bus and they do not overlap. */
  private isFree(window: PciWindow): boolean {
    const end = window.base + window.bytes;
    if (end > MEMORY_END) return false;
    if (this.ownMemory.some((w) => window.base < w.base + w.bytes && w.base < end)) return false;
    const last = Math.floor((end - 1) / PAGE_BYTES);
    for (let frame = Math.floor(window.base / PAGE_BYTES); frame <= last; frame++) {
      if (this.space.pageKind(frame) === PAGE_HOLE) continue;
      const page = frame * PAGE_BYTES;
      if (!this.ownMemory.some((w) => w.base < page + PAGE_BYTES && page < w.base + w.bytes)) return false;
    }
    return true;
  }

  private updatePirqs(): void {
    let levels = 0;
    for (const [devfn, fn] of this.functions.entries()) {
      if (fn?.intxLevel && fn.interruptPin !== 0) levels |= 1 << PciBus.pirqOf(devfn >>> 3, fn.interruptPin);
    }
    const changed = levels ^ this.pirqLevels;
    this.pirqLevels = levels;
    for (let pirq = 0; pirq < PIRQS; pirq++) {
      if (changed & (1 << pirq)) this.onPirq?.(pirq, (levels & (1 << pirq)) !== 0);
    }
  }
}

function isSame(a: readonly PciWindow[], b: readonly PciWindow[]): boolean {
  return a.length === b.length && a.every((window, i) => sameWindow(window, b[i]!));
}

function sameWindow(a: PciWindow, b: PciWindow): boolean {
  return a.kind === b.kind && a.base === b.base && a.bytes === b.bytes && a.device === b.device;
}

const CONFADD_ENABLE = 0x80000000;
const CONFADD_MASK = 0x80fffffc;
const RESET_CONTROL_OFFSET = 1;
const DATA_OFFSET = 4;

/**
 * Configuration mechanism #1 (PCI Local Bus Specification, "Configuration Mechanism #1"): CONFADD, which answers to
 * doublewords only, and CONFDATA. Eight ports: CF8h on a PC. The byte at CF9h between them is the reset control's.
 */
export class PciConfigPorts implements PortDevice {
  private readonly bus: PciBus;
  private readonly resetControl: PortDevice | undefined;
  private address = 0;

  constructor(bus: PciBus, resetControl?: PortDevice) {
    this.bus = bus;
    this.resetControl = resetControl;
  }

  reset(): void {
    this.address = 0;
  }

  readPort(offset: number): number {
    if (offset >= DATA_OFFSET) return this.readData(offset, 1);
    return offset === RESET_CONTROL_OFFSET && this.resetControl ? this.resetControl.readPort(0) : 0xff;
  }

  readPort16(offset: number): number {
    if (offset >= DATA_OFFSET && offset < 7) return this.readData(offset, 2);
    return this.readPort(offset) | ((offset < 7 ? this.readPort(offset + 1) : 0xff) << 8);
  }

  readPort32(offset: number): number {
    if (offset === 0) return this.address >>> 0;
    if (offset === DATA_OFFSET) return this.readData(offset, 4);
    let value = 0;
    for (let i = 3; i >= 0; i--) value = value * 256 + (offset + i < 8 ? this.readPort(offset + i) : 0xff);
    return value;
  }

  writePort(offset: number, value: number): void {
    if (offset >= DATA_OFFSET) this.writeData(offset, value & 0xff, 1);
    else if (offset === RESET_CONTROL_OFFSET) this.resetControl?.writePort(0, value & 0xff);
  }

  writePort16(offset: number, value: number): void {
    if (offset >= DATA_OFFSET && offset < 7) {
      this.writeData(offset, value & 0xffff, 2);
      return;
    }
    this.writePort(offset, value);
    if (offset < 7) this.writePort(offset + 1, value >>> 8);
  }

  writePort32(offset: number, value: number): void {
    if (offset === 0) this.address = value & CONFADD_MASK;
    else if (offset === DATA_OFFSET) this.writeData(offset, value >>> 0, 4);
    else for (let i = 0; i < 4 && offset + i < 8; i++) this.writePort(offset + i, (value >>> (8 * i)) & 0xff);
  }

  private readData(offset: number, bytes: 1 | 2 | 4): number {
    if (!(this.address & CONFADD_ENABLE)) return 2 ** (8 * bytes) - 1;
    return this.bus.readConfig(this.busNumber, this.devfn, this.register(offset), bytes);
  }

  private writeData(offset: number, value: number, bytes: 1 | 2 | 4): void {
    if (!(this.address & CONFADD_ENABLE)) return;
    this.bus.writeConfig(this.busNumber, this.devfn, this.register(offset), value, bytes);
  }

  private get busNumber(): number {
    return (this.address >>> 16) & 0xff;
  }

  private get devfn(): number {
    return (this.address >>> 8) & 0xff;
  }

  private register(offset: number): number {
    return (this.address & 0xfc) | (offset & 3);
  }
}
