import type { PortDevice } from '../bus/ports.ts';
import type { DmaMemory } from './dma-memory.ts';

/** Register offsets above the channels' address and count registers (8237A, "Register Definition"). */
const COMMAND_STATUS = 8;
const REQUEST = 9;
const SINGLE_MASK = 10;
const MODE = 11;
const CLEAR_FLIP_FLOP = 12;
const MASTER_CLEAR_TEMPORARY = 13;
const CLEAR_MASK = 14;
const ALL_MASK = 15;

const SET_BIT = 0x04;
const COMMAND_CONTROLLER_DISABLE = 0x04;
const MODE_AUTOINITIALIZE = 0x10;
const MODE_DECREMENT = 0x20;

/** One channel, as a device that transfers would see it. */
export interface DmaChannel {
  readonly baseAddress: number;
  readonly baseCount: number;
  readonly currentAddress: number;
  readonly currentCount: number;
  /** Mode register bits 7-2. */
  readonly mode: number;
  readonly masked: boolean;
  /** Neither masked nor is the whole controller disabled by its command register. */
  readonly enabled: boolean;
}

/**
 * Intel 8237A programmable DMA controller. Devices take its channels byte by byte; it knows addresses and counts.
 * Sixteen ports for the first (00h), and thirty-two for the second (C0h), whose registers lie two apart.
 */
export class Dma8237 implements PortDevice {
  private readonly registerShift: 0 | 1;
  private baseAddress = [0, 0, 0, 0];
  private baseCount = [0, 0, 0, 0];
  private currentAddress = [0, 0, 0, 0];
  private currentCount = [0, 0, 0, 0];
  private mode = [0, 0, 0, 0];
  private command = 0;
  private mask = 0x0f;
  private request = 0;
  private terminalCount = 0;
  private mostSignificantNext = false;

  constructor(registerShift: 0 | 1) {
    this.registerShift = registerShift;
  }

  /** RESET and Master Clear: command, status, request, temporary and the flip-flop cleared, all channels masked. */
  reset(): void {
    this.command = 0;
    this.request = 0;
    this.terminalCount = 0;
    this.mask = 0x0f;
    this.mostSignificantNext = false;
  }

  channel(index: number): DmaChannel {
    const n = index & 3;
    const masked = (this.mask & (1 << n)) !== 0;
    return {
      baseAddress: this.baseAddress[n]!,
      baseCount: this.baseCount[n]!,
      currentAddress: this.currentAddress[n]!,
      currentCount: this.currentCount[n]!,
      mode: this.mode[n]!,
      masked,
      enabled: !masked && !(this.command & COMMAND_CONTROLLER_DISABLE),
    };
  }

  /**
   * One transfer of a channel: where, within its page, and whether it was the last. After that the channel starts over or is
   * masked ("Autoinitialize", "Terminal Count").
   */
  cycle(n: number): { readonly address: number; readonly isLast: boolean } {
    const address = this.currentAddress[n]!;
    const isLast = this.currentCount[n] === 0;
    this.currentAddress[n] = (address + (this.mode[n]! & MODE_DECREMENT ? 0xffff : 1)) & 0xffff;
    this.currentCount[n] = (this.currentCount[n]! - 1) & 0xffff;
    if (isLast) {
      this.terminalCount |= 1 << n;
      if (this.mode[n]! & MODE_AUTOINITIALIZE) {
        this.currentAddress[n] = this.baseAddress[n]!;
        this.currentCount[n] = this.baseCount[n]!;
      } else this.mask |= 1 << n;
    }
    return { address, isLast };
  }

  readPort(offset: number): number {
    const register = (offset >>> this.registerShift) & 15;
    if (register < COMMAND_STATUS) {
      const values = register & 1 ? this.currentCount : this.currentAddress;
      const value = values[register >>> 1]!;
      this.mostSignificantNext = !this.mostSignificantNext;
      return this.mostSignificantNext ? value & 0xff : value >>> 8;
    }
    switch (register) {
      case COMMAND_STATUS:
        return this.readStatus();
      case ALL_MASK:
        return 0xf0 | this.mask; // As chipsets do; the 8237A itself gives nothing here.
      case MASTER_CLEAR_TEMPORARY:
        return 0; // The temporary register, without memory-to-memory transfers.
      default:
        return 0xff;
    }
  }

  writePort(offset: number, value: number): void {
    value &= 0xff;
    const register = (offset >>> this.registerShift) & 15;
    const bit = 1 << (value & 3);
    switch (register) {
      case COMMAND_STATUS:
        this.command = value;
        break;
      case REQUEST:
        this.request = value & SET_BIT ? this.request | bit : this.request & ~bit;
        break;
      case SINGLE_MASK:
        this.mask = value & SET_BIT ? this.mask | bit : this.mask & ~bit;
        break;
      case MODE:
        this.mode[value & 3] = value & 0xfc;
        break;
      case CLEAR_FLIP_FLOP:
        this.mostSignificantNext = false;
        break;
      case MASTER_CLEAR_TEMPORARY:
        this.reset();
        break;
      case CLEAR_MASK:
        this.mask = 0;
        break;
      case ALL_MASK:
        this.mask = value & 0x0f;
        break;
      default:
        this.writeChannel(register, value);
    }
  }

  /** Bits 7-4 are requests, bits 3-0 terminal counts; reading clears the latter ("Status Register"). */
  private readStatus(): number {
    const status = (this.request << 4) | this.terminalCount;
    this.terminalCount = 0;
    return status;
  }

  /** Base and current registers are written together. */
  private writeChannel(register: number, value: number): void {
    const n = register >>> 1;
    const base = register & 1 ? this.baseCount : this.baseAddress;
    const current = register & 1 ? this.currentCount : this.currentAddress;
    base[n] = this.mostSignificantNext ? (base[n]! & 0xff) | (value << 8) : (base[n]! & 0xff00) | value;
    current[n] = base[n]!;
    this.mostSignificantNext = !this.mostSignificantNext;
  }
}

/** Where the page registers of channels 0 to 7 lie; 4 is the cascade, whose register is refresh's. */
const PAGE_OFFSETS = [0x7, 0x3, 0x1, 0x2, 0xf, 0xb, 0x9, 0xa] as const;

/**
 * The 74LS612's DMA page registers, sixteen bytes that can all be read back. Ports 80h to 8Fh on a PC, where the
 * first is the checkpoint port's: attach from 81h with offset 1.
 */
export class DmaPageRegisters implements PortDevice {
  private readonly pages = new Uint8Array(16);

  reset(): void {
    this.pages.fill(0);
  }

  /** Address bits 23-16 of a channel, 0 to 7. */
  page(channel: number): number {
    return this.pages[PAGE_OFFSETS[channel & 7]!]!;
  }

  readPort(offset: number): number {
    return this.pages[offset & 15]!;
  }

  writePort(offset: number, value: number): void {
    this.pages[offset & 15] = value;
  }
}

/** A device's side of an 8-bit channel: bytes to memory and from it, each true with the last one. */
export class DmaPort {
  private readonly controller: Dma8237;
  private readonly pages: DmaPageRegisters;
  private readonly channel: number;
  private readonly memory: DmaMemory;

  constructor(controller: Dma8237, pages: DmaPageRegisters, channel: number, memory: DmaMemory) {
    this.controller = controller;
    this.pages = pages;
    this.channel = channel;
    this.memory = memory;
  }

  get isReady(): boolean {
    return this.controller.channel(this.channel).enabled;
  }

  write(byte: number): boolean {
    const { address, isLast } = this.controller.cycle(this.channel);
    this.memory.write8(this.pages.page(this.channel) * 0x10000 + address, byte);
    return isLast;
  }

  read(): readonly [byte: number, isLast: boolean] {
    const { address, isLast } = this.controller.cycle(this.channel);
    return [this.memory.read8(this.pages.page(this.channel) * 0x10000 + address), isLast];
  }
}
