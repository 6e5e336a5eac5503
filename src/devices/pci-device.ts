import type { MmioDevice } from '../bus/address-space.ts';
import type { InterruptLine } from '../bus/lines.ts';
import type { PortDevice } from '../bus/ports.ts';

/** The type 00h configuration header (PCI Local Bus Specification 2.3, "Configuration Space Organization"). */
export const PCI_VENDOR_ID = 0x00;
export const PCI_DEVICE_ID = 0x02;
export const PCI_COMMAND = 0x04;
export const PCI_STATUS = 0x06;
export const PCI_REVISION_ID = 0x08;
export const PCI_CLASS_CODE = 0x09;
export const PCI_HEADER_TYPE = 0x0e;
export const PCI_BASE_ADDRESS = 0x10;
export const PCI_SUBSYSTEM_VENDOR_ID = 0x2c;
export const PCI_SUBSYSTEM_ID = 0x2e;
export const PCI_ROM_ADDRESS = 0x30;
export const PCI_CAPABILITIES = 0x34;
export const PCI_INTERRUPT_LINE = 0x3c;
export const PCI_INTERRUPT_PIN = 0x3d;

export const PCI_COMMAND_IO = 0x0001;
export const PCI_COMMAND_MEMORY = 0x0002;
export const PCI_COMMAND_MASTER = 0x0004;
const PCI_COMMAND_PARITY = 0x0040;
const PCI_COMMAND_SERR = 0x0100;
export const PCI_COMMAND_INTX_DISABLE = 0x0400;
const PCI_STATUS_INTERRUPT = 0x08;
export const PCI_STATUS_CAPABILITIES = 0x0010;
/** Parity, system and abort errors: bits 15-11 and 8, cleared by writing ones. */
const PCI_STATUS_ERRORS = 0xf900;

const HEADER_MULTI_FUNCTION = 0x80;

const BAR_IO = 0x01;
const BAR_64_BIT = 0x04;
const BAR_PREFETCHABLE = 0x08;
const ROM_ENABLE = 0x01;
const ROM_ADDRESS_MASK = 0xfffff800;
/** The index that stands for the expansion ROM's base address register. */
export const ROM_BAR = 6;

/** A range of I/O or memory that a function decodes. `bytes` is a power of two. */
export type PciBar =
  | {
      readonly index: number;
      readonly kind: 'io';
      readonly bytes: number;
      readonly device: PortDevice;
    }
  | {
      readonly index: number;
      readonly kind: 'memory';
      readonly bytes: number;
      readonly device: MmioDevice;
      readonly prefetchable?: boolean;
      /** Takes two registers. */
      readonly is64Bit?: boolean;
    };

/** A range that a function decodes right now. */
export type PciWindow =
  | { readonly kind: 'io'; readonly base: number; readonly bytes: number; readonly device: PortDevice }
  | { readonly kind: 'memory'; readonly base: number; readonly bytes: number; readonly device: MmioDevice };

export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  /** 24 bits: class, subclass, programming interface. */
  readonly classCode: number;
  readonly revision?: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
  /** Other functions of the same device answer too. */
  readonly multiFunction?: boolean;
  /** 1 to 4 for INTA# to INTD#; 0 for none. */
  readonly interruptPin?: number;
  readonly bars?: readonly PciBar[];
  /** The bits of the command register that can be written. */
  readonly commandMask?: number;
}

/**
 * One PCI function: 256 bytes of configuration space with masks for what a guest can write, base address registers,
 * one interrupt pin. It knows neither its slot nor where its ranges come to lie.
 */
export class PciFunction {
  readonly config = new Uint8Array(256);
  /** Bits that a write changes. */
  protected readonly writable = new Uint8Array(256);
  /** Bits that a write of one clears. */
  protected readonly writeOneToClear = new Uint8Array(256);
  /** INTx#, before the interrupt disable bit. */
  readonly intx: InterruptLine;
  /** Set by the bus: the pin's level may have changed. */
  onIntx: (() => void) | undefined;
  /** Set by the bus: the ranges decoded may have changed for a reason other than a configuration write. */
  onWindows: (() => void) | undefined;

  private readonly bars: PciBar[] = [];
  private readonly powerOnConfig: Uint8Array;
  private asserted = false;
  private sealed = false;

  constructor(identity: PciIdentity) {
    this.powerOnConfig = new Uint8Array(256);
    this.intx = {
      raise: () => this.setIntx(true),
      lower: () => this.setIntx(false),
    };
    this.setConfig(PCI_VENDOR_ID, identity.vendor, 2);
    this.setConfig(PCI_DEVICE_ID, identity.device, 2);
    this.setConfig(PCI_REVISION_ID, identity.revision ?? 0, 1);
    this.setConfig(PCI_CLASS_CODE, identity.classCode, 3);
    this.setConfig(PCI_HEADER_TYPE, identity.multiFunction ? HEADER_MULTI_FUNCTION : 0, 1);
    this.setConfig(PCI_SUBSYSTEM_VENDOR_ID, identity.subsystemVendor ?? 0, 2);
    this.setConfig(PCI_SUBSYSTEM_ID, identity.subsystem ?? 0, 2);
    this.setConfig(PCI_INTERRUPT_PIN, identity.interruptPin ?? 0, 1);
    const hasPin = (identity.interruptPin ?? 0) !== 0;
    const command =
      identity.commandMask ??
      PCI_COMMAND_IO |
        PCI_COMMAND_MEMORY |
        PCI_COMMAND_MASTER |
        PCI_COMMAND_PARITY |
        PCI_COMMAND_SERR |
        (hasPin ? PCI_COMMAND_INTX_DISABLE : 0);
    this.allowWrites(PCI_COMMAND, command, 2);
    for (let i = 0; i < 2; i++) this.writeOneToClear[PCI_STATUS + i] = PCI_STATUS_ERRORS >>> (8 * i);
    this.allowWrites(0x0c, 0xff, 1); // Cache line size.
    this.allowWrites(0x0d, 0xff, 1); // Latency timer.
    if (hasPin) this.allowWrites(PCI_INTERRUPT_LINE, 0xff, 1);
    for (const bar of identity.bars ?? []) this.addBar(bar);
  }

  /** RST#: configuration as at power-on. */
  reset(): void {
    if (!this.sealed) this.seal();
    this.config.set(this.powerOnConfig);
    this.setIntx(false);
    this.configWritten(0, 256);
    this.onWindows?.();
  }

  /** What is set up to now is what `reset` comes back to. The bus calls it when the function is attached. */
  seal(): void {
    if (this.sealed) return;
    this.sealed = true;
    this.powerOnConfig.set(this.config);
  }

  get command(): number {
    return this.getConfig(PCI_COMMAND, 2);
  }

  /** The function may start transfers of its own. */
  get isBusMaster(): boolean {
    return (this.command & PCI_COMMAND_MASTER) !== 0;
  }

  /** 1 to 4, or 0. */
  get interruptPin(): number {
    return this.config[PCI_INTERRUPT_PIN]!;
  }

  /** The pin's level as the bus sees it. */
  get intxLevel(): boolean {
    return this.asserted && !(this.command & PCI_COMMAND_INTX_DISABLE);
  }

  get baseAddresses(): readonly PciBar[] {
    return this.bars;
  }

  getConfig(offset: number, bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += (this.config[(offset + i) & 0xff] ?? 0) * 2 ** (8 * i);
    return value;
  }

  /** Sets bytes regardless of what a guest may write. */
  setConfig(offset: number, value: number, bytes: number): void {
    for (let i = 0; i < bytes; i++) this.config[(offset + i) & 0xff] = Math.floor(value / 2 ** (8 * i)) % 256;
  }

  /** A configuration read by the guest, naturally aligned, unsigned. */
  readConfig(offset: number, bytes: 1 | 2 | 4): number {
    return this.getConfig(offset, bytes);
  }

  /** A configuration write by the guest, naturally aligned. */
  writeConfig(offset: number, value: number, bytes: 1 | 2 | 4): void {
    for (let i = 0; i < bytes; i++) {
      const at = (offset + i) & 0xff;
      const byte = (value >>> (8 * i)) & 0xff;
      const mask = this.writable[at]!;
      const kept = this.config[at]! & ~(byte & this.writeOneToClear[at]!);
      this.config[at] = (kept & ~mask) | (byte & mask);
    }
    this.configWritten(offset, bytes);
    this.onIntx?.();
  }

  /** The ranges that base address registers and the command register decode. */
  windows(): PciWindow[] {
    const { command } = this;
    const windows: PciWindow[] = [];
    for (const bar of this.bars) {
      const base = this.barBase(bar);
      if (base === 0) continue; // Never assigned.
      if (bar.kind === 'io') {
        if (command & PCI_COMMAND_IO && base + bar.bytes <= 0x10000) {
          windows.push({ kind: 'io', base, bytes: bar.bytes, device: bar.device });
        }
      } else if (command & PCI_COMMAND_MEMORY && this.barEnabled(bar)) {
        windows.push({ kind: 'memory', base, bytes: bar.bytes, device: bar.device });
      }
    }
    return windows;
  }

  /** Appends a capability to the list; answers its offset. `body` starts after the ID and next-pointer bytes. */
  addCapability(at: number, id: number, body: Uint8Array): number {
    this.config[PCI_STATUS]! |= PCI_STATUS_CAPABILITIES;
    let link = PCI_CAPABILITIES;
    while (this.config[link] !== 0) link = this.config[link]! + 1;
    this.config[link] = at;
    this.config[at] = id;
    this.config[at + 1] = 0;
    this.config.set(body, at + 2);
    return at;
  }

  protected allowWrites(offset: number, mask: number, bytes: number): void {
    for (let i = 0; i < bytes; i++) this.writable[offset + i] = Math.floor(mask / 2 ** (8 * i)) % 256;
  }

  /** After a write: a place for functions with registers of their own. */
  protected configWritten(_offset: number, _bytes: number): void {}

  protected addBar(bar: PciBar): void {
    this.bars.push(bar);
    const at = bar.index === ROM_BAR ? PCI_ROM_ADDRESS : PCI_BASE_ADDRESS + bar.index * 4;
    const mask = 2 ** 32 - bar.bytes;
    if (bar.index === ROM_BAR) {
      this.allowWrites(at, ((mask & ROM_ADDRESS_MASK) | ROM_ENABLE) >>> 0, 4);
      return;
    }
    this.allowWrites(at, mask, 4);
    if (bar.kind === 'io') this.config[at] = BAR_IO;
    else {
      this.config[at] = (bar.is64Bit ? BAR_64_BIT : 0) | (bar.prefetchable ? BAR_PREFETCHABLE : 0);
      if (bar.is64Bit) this.allowWrites(at + 4, 0xffffffff, 4);
    }
  }

  private barBase(bar: PciBar): number {
    if (bar.index === ROM_BAR) return (this.getConfig(PCI_ROM_ADDRESS, 4) & ROM_ADDRESS_MASK) >>> 0;
    const at = PCI_BASE_ADDRESS + bar.index * 4;
    const low = this.getConfig(at, 4);
    if (bar.kind === 'io') return (low & ~3) >>> 0;
    return ((low & ~15) >>> 0) + (bar.is64Bit ? this.getConfig(at + 4, 4) * 4294967296 : 0);
  }

  private barEnabled(bar: PciBar): boolean {
    return bar.index !== ROM_BAR || (this.config[PCI_ROM_ADDRESS]! & ROM_ENABLE) !== 0;
  }

  private setIntx(level: boolean): void {
    if (level === this.asserted) return;
    this.asserted = level;
    if (level) this.config[PCI_STATUS]! |= PCI_STATUS_INTERRUPT;
    else this.config[PCI_STATUS]! &= ~PCI_STATUS_INTERRUPT;
    this.onIntx?.();
  }
}

/** An expansion ROM's bytes, padded with ones to a power of two as an erased chip reads. */
export class PciRom implements MmioDevice {
  readonly bytes: Uint8Array;

  constructor(image: Uint8Array) {
    let size = 2048;
    while (size < image.length) size *= 2;
    this.bytes = new Uint8Array(size).fill(0xff);
    this.bytes.set(image);
  }

  readMmio(offset: number, bytes: 1 | 2 | 4): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (this.bytes[offset + i] ?? 0xff);
    return value;
  }

  writeMmio(_offset: number, _value: number, _bytes: 1 | 2 | 4): void {}
}
