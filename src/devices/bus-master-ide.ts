import type { PortDevice } from '../bus/ports.ts';
import type { AtaDevice } from './ata-device.ts';
import { type DmaMemory, readDma, writeDma } from './dma-memory.ts';
import type { DmaListener, IdeChannel } from './ide.ts';
import { PCI_STATUS, PciFunction } from './pci-device.ts';

/** Registers of one channel (82371SB, "Bus Master IDE Control Registers"; SFF-8038i). */
const BMIC = 0;
const BMIS = 2;
const BMIDTP = 4;
const CHANNEL_BYTES = 8;

const COMMAND_START = 0x01;
const COMMAND_TO_MEMORY = 0x08;

const STATUS_ACTIVE = 0x01;
const STATUS_ERROR = 0x02;
const STATUS_INTERRUPT = 0x04;
/** "Drive n DMA capable", for software to note. */
const STATUS_DRIVES_CAPABLE = 0x60;

const PRD_BYTES = 8;
const PRD_END_OF_TABLE = 0x8000;
/** The table lies inside 64 KiB: the pointer wraps there. */
const PRD_TABLE_MASK = 0xffff;
const DMA_PIECE = 65_536;

/** One channel's bus master: copies between the device that asserts DMARQ and memory, as its PRD table says. */
export class BusMasterChannel implements DmaListener {
  private readonly channel: IdeChannel;
  private readonly memory: DmaMemory;
  private readonly isAllowed: () => boolean;
  private command = 0;
  private status = 0;
  private tablePointer = 0;
  /** Where the engine is in the table, and what the entry read last has left. */
  private nextEntry = 0;
  private address = 0;
  private left = 0;
  private lastEntry = false;

  constructor(channel: IdeChannel, memory: DmaMemory, isAllowed: () => boolean) {
    this.channel = channel;
    this.memory = memory;
    this.isAllowed = isAllowed;
    channel.dma = this;
  }

  reset(): void {
    this.command = 0;
    this.status = 0;
    this.tablePointer = 0;
    this.left = 0;
    this.lastEntry = false;
  }

  readRegister(offset: number): number {
    if (offset === BMIC) return this.command;
    if (offset === BMIS) return this.status;
    return offset >= BMIDTP ? (this.tablePointer >>> (8 * (offset - BMIDTP))) & 0xff : 0;
  }

  writeRegister(offset: number, value: number): void {
    if (offset === BMIC) this.writeCommand(value);
    else if (offset === BMIS) {
      const cleared = value & (STATUS_INTERRUPT | STATUS_ERROR);
      this.status = (this.status & ~(cleared | STATUS_DRIVES_CAPABLE)) | (value & STATUS_DRIVES_CAPABLE);
    } else if (offset >= BMIDTP) {
      const shift = 8 * (offset - BMIDTP);
      this.tablePointer = ((this.tablePointer & ~(0xff << shift)) | (value << shift)) & ~3;
    }
  }

  dmaRequested(device: AtaDevice): void {
    if (this.command & COMMAND_START) this.run(device);
  }

  /** The device's interrupt, after the data of a read have reached memory. */
  interruptRaised(): void {
    this.status |= STATUS_INTERRUPT;
  }

  /** "The direction bit must not be changed while the bus master is active." */
  private writeCommand(value: number): void {
    const started = (value & COMMAND_START) !== 0 && (this.command & COMMAND_START) === 0;
    if (this.command & COMMAND_START)
      value = (value & ~COMMAND_TO_MEMORY) | (this.command & COMMAND_TO_MEMORY);
    this.command = value & (COMMAND_START | COMMAND_TO_MEMORY);
    if (!(value & COMMAND_START)) {
      this.status &= ~STATUS_ACTIVE;
      return;
    }
    if (!started) return;
    this.status |= STATUS_ACTIVE;
    this.nextEntry = this.tablePointer >>> 0;
    this.left = 0;
    this.lastEntry = false;
    const device = this.channel.selectedDevice;
    if (device?.wantsDma) this.run(device);
  }

  /** Moves as much as device and table allow. A table that ends first leaves the device waiting for the rest. */
  private run(device: AtaDevice): void {
    const toMemory = (this.command & COMMAND_TO_MEMORY) !== 0;
    if (!this.isAllowed() || !(this.status & STATUS_ACTIVE)) return;
    if (device.dmaRequest !== (toMemory ? 'in' : 'out')) {
      this.status = (this.status & ~STATUS_ACTIVE) | STATUS_ERROR;
      return;
    }
    while (device.wantsDma && device.dmaLeft > 0) {
      if (this.left === 0 && !this.fetchEntry()) return;
      const bytes = Math.min(this.left, device.dmaLeft, DMA_PIECE);
      this.left -= toMemory ? this.copyIn(device, bytes) : this.copyOut(device, bytes);
    }
    if (this.left === 0 && this.lastEntry) this.status &= ~STATUS_ACTIVE;
  }

  private copyIn(device: AtaDevice, most: number): number {
    const bytes = device.readDma(most);
    writeDma(this.memory, this.address, bytes);
    this.address += bytes.length;
    return bytes.length;
  }

  private copyOut(device: AtaDevice, most: number): number {
    const bytes = new Uint8Array(most);
    readDma(this.memory, this.address, bytes);
    this.address += most;
    device.writeDma(bytes);
    return most;
  }

  /** False at the end of the table: active goes off without an interrupt, which is how software sees the shortage. */
  private fetchEntry(): boolean {
    if (this.lastEntry) {
      this.status &= ~STATUS_ACTIVE;
      return false;
    }
    this.address = (this.memory.read32(this.nextEntry) & ~1) >>> 0;
    const control = this.memory.read32(this.nextEntry + 4);
    this.left = control & 0xfffe || 0x10000;
    this.lastEntry = ((control >>> 16) & PRD_END_OF_TABLE) !== 0;
    const base = (this.nextEntry & ~PRD_TABLE_MASK) >>> 0;
    this.nextEntry = base + ((this.nextEntry + PRD_BYTES) & PRD_TABLE_MASK);
    return true;
  }
}

/** IDETIM of both channels, and SIDETIM ("IDE Timing Register"). */
const IDETIM = 0x40;
const SIDETIM = 0x44;
const IDETIM_DECODE_ENABLE = 0x8000;

export interface Piix3IdeOptions {
  readonly primary: IdeChannel;
  readonly secondary: IdeChannel;
  readonly memory: DmaMemory;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
}

/**
 * The PIIX3's IDE function (82371SB, function 1): the bus masters of two channels in the 16 ports of BMIBA. The
 * channels' own ports are the board's and always decode; they interrupt on IRQ14 and IRQ15.
 */
export class Piix3Ide extends PciFunction {
  readonly channels: readonly [BusMasterChannel, BusMasterChannel];

  constructor(options: Piix3IdeOptions) {
    let channels: readonly BusMasterChannel[] = [];
    const registers: PortDevice = {
      readPort: (offset) => channels[offset >>> 3]?.readRegister(offset % CHANNEL_BYTES) ?? 0xff,
      writePort: (offset, value) =>
        channels[offset >>> 3]?.writeRegister(offset % CHANNEL_BYTES, value & 0xff),
    };
    super({
      vendor: 0x8086,
      device: 0x7010,
      classCode: 0x010180,
      subsystemVendor: options.subsystemVendor ?? 0x1af4,
      subsystem: options.subsystem ?? 0x1100,
      commandMask: 0x0005,
      bars: [{ index: 4, kind: 'io', bytes: 16, device: registers }],
    });
    const isAllowed = () => this.isBusMaster;
    this.channels = [
      new BusMasterChannel(options.primary, options.memory, isAllowed),
      new BusMasterChannel(options.secondary, options.memory, isAllowed),
    ];
    channels = this.channels;
    this.setConfig(PCI_STATUS, 0x0280, 2);
    for (const at of [IDETIM, IDETIM + 2]) this.allowWrites(at, 0xffff, 2);
    this.allowWrites(SIDETIM, 0xff, 1);
  }

  /** What a BIOS does before it looks for drives. */
  enableDecoding(): void {
    for (const at of [IDETIM, IDETIM + 2]) this.setConfig(at, IDETIM_DECODE_ENABLE, 2);
  }

  override reset(): void {
    for (const channel of this.channels) channel.reset();
    super.reset();
  }
}
