import type { Clock } from '../bus/clock.ts';
import {
  ATA_FEATURES,
  ATA_LBA_HIGH,
  ATA_LBA_LOW,
  ATA_LBA_MID,
  ATA_SECTOR_COUNT,
  AtaDevice,
  COMMAND_EXECUTE_DEVICE_DIAGNOSTIC,
  DEVICE_LBA,
  ERROR_ABRT,
  ERROR_IDNF,
  identifyBytes,
  identifyText,
  STATUS_DRDY,
  STATUS_DSC,
} from './ata-device.ts';
import { type BlockBackend, SECTOR_BYTES } from './block.ts';

/** Commands (ATA/ATAPI-6, "Command descriptions", and the obsolete ones that old drivers still send). */
const NOP = 0x00;
const RECALIBRATE = 0x10;
const READ_SECTORS = 0x20;
const READ_SECTORS_NO_RETRY = 0x21;
const READ_SECTORS_EXT = 0x24;
const READ_DMA_EXT = 0x25;
const READ_NATIVE_MAX_ADDRESS_EXT = 0x27;
const READ_MULTIPLE_EXT = 0x29;
const WRITE_SECTORS = 0x30;
const WRITE_SECTORS_NO_RETRY = 0x31;
const WRITE_SECTORS_EXT = 0x34;
const WRITE_DMA_EXT = 0x35;
const WRITE_MULTIPLE_EXT = 0x39;
const READ_VERIFY_SECTORS = 0x40;
const READ_VERIFY_SECTORS_NO_RETRY = 0x41;
const READ_VERIFY_SECTORS_EXT = 0x42;
const SEEK = 0x70;
const INITIALIZE_DEVICE_PARAMETERS = 0x91;
const READ_MULTIPLE = 0xc4;
const WRITE_MULTIPLE = 0xc5;
const SET_MULTIPLE_MODE = 0xc6;
const READ_DMA = 0xc8;
const READ_DMA_NO_RETRY = 0xc9;
const WRITE_DMA = 0xca;
const WRITE_DMA_NO_RETRY = 0xcb;
const STANDBY_IMMEDIATE = 0xe0;
const IDLE_IMMEDIATE = 0xe1;
const STANDBY = 0xe2;
const IDLE = 0xe3;
const READ_BUFFER = 0xe4;
const CHECK_POWER_MODE = 0xe5;
const SLEEP = 0xe6;
const FLUSH_CACHE = 0xe7;
const WRITE_BUFFER = 0xe8;
const FLUSH_CACHE_EXT = 0xea;
const IDENTIFY_DEVICE = 0xec;
const SET_FEATURES = 0xef;
const READ_NATIVE_MAX_ADDRESS = 0xf8;

/** SET FEATURES subcommands that the disk takes. */
const ENABLE_WRITE_CACHE = 0x02;
const SET_TRANSFER_MODE = 0x03;
const DISABLE_LOOK_AHEAD = 0x55;
const DISABLE_REVERTING_TO_DEFAULTS = 0x66;
const DISABLE_WRITE_CACHE = 0x82;
const ENABLE_LOOK_AHEAD = 0xaa;
const ENABLE_REVERTING_TO_DEFAULTS = 0xcc;

const POWER_ACTIVE_OR_IDLE = 0xff;
const MOST_MULTIPLE = 16;
const READY = STATUS_DRDY | STATUS_DSC;
const LBA28_SECTORS = 2 ** 28;
const CHS_HEADS = 16;
const CHS_SECTORS = 63;
const CHS_CYLINDERS = 16_383;

export interface AtaDiskOptions {
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
}

/** An ATA/ATAPI-6 hard disk: PIO, multiword and Ultra DMA, 28- and 48-bit addresses, and CHS for those who still ask. */
export class AtaDisk extends AtaDevice {
  private readonly backend: BlockBackend;
  private readonly sectors: number;
  private readonly model: string;
  private readonly serial: string;
  private readonly firmware: string;
  private readonly cylinders: number;
  private heads = CHS_HEADS;
  private sectorsPerTrack = CHS_SECTORS;
  private multiple = 0;
  /** 28h is PIO mode 0, 20h + n multiword DMA, 40h + n Ultra DMA. */
  private dmaMode = 0x22;
  private writeCache = true;
  private lookAhead = true;
  /** The first sector of the running command, or -1 where it is about the drive itself. */
  private firstSector = -1;
  private readonly sectorBuffer = new Uint8Array(SECTOR_BYTES);

  constructor(clock: Clock, backend: BlockBackend, options: AtaDiskOptions = {}) {
    super(clock);
    this.backend = backend;
    this.sectors = Math.min(backend.sectors, 2 ** 48 - 1);
    this.model = options.model ?? 'LONGMODE HARDDISK';
    this.serial = options.serial ?? 'LM00001';
    this.firmware = options.firmware ?? '1.0';
    this.cylinders = cylindersOf(this.sectors, CHS_HEADS * CHS_SECTORS, CHS_CYLINDERS);
    this.reset();
  }

  protected override setSignature(): void {
    this.current[ATA_SECTOR_COUNT] = 1;
    this.current[ATA_LBA_LOW] = 1;
    this.device = 0;
    this.status = READY;
  }

  protected override onReset(): void {
    this.multiple = 0;
  }

  protected override execute(command: number): void {
    this.firstSector = -1;
    switch (command) {
      case READ_SECTORS:
      case READ_SECTORS_NO_RETRY:
      case READ_SECTORS_EXT:
        this.read(command === READ_SECTORS_EXT, 1);
        break;
      case READ_MULTIPLE:
      case READ_MULTIPLE_EXT:
        this.read(command === READ_MULTIPLE_EXT, this.multiple);
        break;
      case WRITE_SECTORS:
      case WRITE_SECTORS_NO_RETRY:
      case WRITE_SECTORS_EXT:
        this.write(command === WRITE_SECTORS_EXT, 1);
        break;
      case WRITE_MULTIPLE:
      case WRITE_MULTIPLE_EXT:
        this.write(command === WRITE_MULTIPLE_EXT, this.multiple);
        break;
      case READ_DMA:
      case READ_DMA_NO_RETRY:
      case READ_DMA_EXT:
        this.dma('in', command === READ_DMA_EXT);
        break;
      case WRITE_DMA:
      case WRITE_DMA_NO_RETRY:
      case WRITE_DMA_EXT:
        this.dma('out', command === WRITE_DMA_EXT);
        break;
      case READ_VERIFY_SECTORS:
      case READ_VERIFY_SECTORS_NO_RETRY:
      case READ_VERIFY_SECTORS_EXT:
        if (this.locate(command === READ_VERIFY_SECTORS_EXT) > 0) this.succeed();
        break;
      case IDENTIFY_DEVICE:
        this.startPioIn(SECTOR_BYTES, SECTOR_BYTES);
        break;
      case READ_BUFFER:
        this.startPioIn(SECTOR_BYTES, SECTOR_BYTES);
        break;
      case WRITE_BUFFER:
        this.startPioOut(SECTOR_BYTES, SECTOR_BYTES);
        break;
      case SET_MULTIPLE_MODE:
        this.setMultiple(this.current[ATA_SECTOR_COUNT]!);
        break;
      case SET_FEATURES:
        this.setFeatures();
        break;
      case INITIALIZE_DEVICE_PARAMETERS:
        this.initializeParameters();
        break;
      case READ_NATIVE_MAX_ADDRESS:
      case READ_NATIVE_MAX_ADDRESS_EXT:
        this.reportMaxAddress(command === READ_NATIVE_MAX_ADDRESS_EXT);
        break;
      case CHECK_POWER_MODE:
        this.current[ATA_SECTOR_COUNT] = POWER_ACTIVE_OR_IDLE;
        this.succeed();
        break;
      case FLUSH_CACHE:
      case FLUSH_CACHE_EXT:
        this.backend.flush?.();
        this.succeed();
        break;
      case STANDBY_IMMEDIATE:
      case IDLE_IMMEDIATE:
      case STANDBY:
      case IDLE:
      case SLEEP:
        this.succeed();
        break;
      case NOP:
      case COMMAND_EXECUTE_DEVICE_DIAGNOSTIC: // The channel's.
        this.abort(ERROR_ABRT, READY);
        break;
      default:
        if (command >> 4 === SEEK >> 4) this.seek();
        else if (command >> 4 === RECALIBRATE >> 4) this.succeed();
        else this.abort(ERROR_ABRT, READY);
    }
  }

  protected override readData(from: number, bytes: number): Uint8Array {
    if (this.firstSector >= 0) {
      return this.backend.read(this.firstSector + from / SECTOR_BYTES, bytes / SECTOR_BYTES);
    }
    return this.command === READ_BUFFER ? this.sectorBuffer.slice() : this.identify();
  }

  protected override writeData(from: number, bytes: Uint8Array): boolean {
    if (this.firstSector >= 0) this.backend.write?.(this.firstSector + from / SECTOR_BYTES, bytes);
    else this.sectorBuffer.set(bytes);
    return true;
  }

  /** The last block of a PIO read was its own interrupt. */
  protected override dataDone(): void {
    this.complete(READY, this.transfer !== 'pio-in');
  }

  private succeed(): void {
    this.complete(READY);
  }

  private read(is48Bit: boolean, sectorsPerBlock: number): void {
    if (sectorsPerBlock === 0) {
      this.abort(ERROR_ABRT, READY); // READ MULTIPLE before SET MULTIPLE MODE.
      return;
    }
    const count = this.locate(is48Bit);
    if (count > 0) this.startPioIn(count * SECTOR_BYTES, sectorsPerBlock * SECTOR_BYTES);
  }

  private write(is48Bit: boolean, sectorsPerBlock: number): void {
    if (sectorsPerBlock === 0 || !this.backend.write) {
      this.abort(ERROR_ABRT, READY);
      return;
    }
    const count = this.locate(is48Bit);
    if (count > 0) this.startPioOut(count * SECTOR_BYTES, sectorsPerBlock * SECTOR_BYTES);
  }

  private dma(direction: 'in' | 'out', is48Bit: boolean): void {
    if (direction === 'out' && !this.backend.write) {
      this.abort(ERROR_ABRT, READY);
      return;
    }
    const count = this.locate(is48Bit);
    if (count > 0) this.startDma(direction, count * SECTOR_BYTES);
  }

  /** Sets `firstSector` and answers the number of sectors; 0 after an address that is not on the disk. */
  private locate(is48Bit: boolean): number {
    const first = this.address(is48Bit);
    let count = this.current[ATA_SECTOR_COUNT]!;
    if (is48Bit) count = count | (this.previous[ATA_SECTOR_COUNT]! << 8) || 0x10000;
    else count ||= 0x100;
    if (first < 0 || first + count > this.sectors) {
      this.abort(ERROR_IDNF, READY);
      return 0;
    }
    this.firstSector = first;
    return count;
  }

  /** The sector that the registers name, or -1. */
  private address(is48Bit: boolean): number {
    const low = this.current[ATA_LBA_LOW]!;
    const middle = this.current[ATA_LBA_MID]!;
    const high = this.current[ATA_LBA_HIGH]!;
    const lba24 = low | (middle << 8) | (high << 16);
    if (is48Bit) {
      const upper =
        this.previous[ATA_LBA_LOW]! |
        (this.previous[ATA_LBA_MID]! << 8) |
        (this.previous[ATA_LBA_HIGH]! << 16);
      return upper * 2 ** 24 + lba24;
    }
    const head = this.device & 0x0f;
    if (this.device & DEVICE_LBA) return lba24 + head * 2 ** 24;
    if (low === 0 || low > this.sectorsPerTrack || head >= this.heads) return -1;
    return ((middle | (high << 8)) * this.heads + head) * this.sectorsPerTrack + low - 1;
  }

  private seek(): void {
    const sector = this.address(false);
    if (sector < 0 || sector >= this.sectors) this.abort(ERROR_IDNF, READY);
    else this.succeed();
  }

  private setMultiple(count: number): void {
    if (count > MOST_MULTIPLE || (count & (count - 1)) !== 0) {
      this.abort(ERROR_ABRT, READY);
      return;
    }
    this.multiple = count;
    this.succeed();
  }

  private setFeatures(): void {
    switch (this.current[ATA_FEATURES]) {
      case SET_TRANSFER_MODE:
        this.setTransferMode(this.current[ATA_SECTOR_COUNT]!);
        return;
      case ENABLE_WRITE_CACHE:
      case DISABLE_WRITE_CACHE:
        this.writeCache = this.current[ATA_FEATURES] === ENABLE_WRITE_CACHE;
        break;
      case ENABLE_LOOK_AHEAD:
      case DISABLE_LOOK_AHEAD:
        this.lookAhead = this.current[ATA_FEATURES] === ENABLE_LOOK_AHEAD;
        break;
      case ENABLE_REVERTING_TO_DEFAULTS:
      case DISABLE_REVERTING_TO_DEFAULTS:
        break;
      default:
        this.abort(ERROR_ABRT, READY);
        return;
    }
    this.succeed();
  }

  /** PIO default 00h and 01h, flow control 08h to 0Ch, multiword DMA 20h to 22h, Ultra DMA 40h to 45h. */
  private setTransferMode(mode: number): void {
    const isPio = mode <= 0x01 || (mode >= 0x08 && mode <= 0x0c);
    const isDma = (mode >= 0x20 && mode <= 0x22) || (mode >= 0x40 && mode <= 0x45);
    if (isDma) this.dmaMode = mode;
    if (isPio || isDma) this.succeed();
    else this.abort(ERROR_ABRT, READY);
  }

  private initializeParameters(): void {
    const sectorsPerTrack = this.current[ATA_SECTOR_COUNT]!;
    if (sectorsPerTrack === 0) {
      this.abort(ERROR_ABRT, READY);
      return;
    }
    this.sectorsPerTrack = sectorsPerTrack;
    this.heads = (this.device & 0x0f) + 1;
    this.succeed();
  }

  private reportMaxAddress(is48Bit: boolean): void {
    const last = Math.min(this.sectors, is48Bit ? this.sectors : LBA28_SECTORS) - 1;
    for (let i = 0; i < 3; i++) {
      this.current[ATA_LBA_LOW + i] = Math.floor(last / 2 ** (8 * i)) % 256;
      this.previous[ATA_LBA_LOW + i] = Math.floor(last / 2 ** (24 + 8 * i)) % 256;
    }
    if (!is48Bit) this.device = (this.device & 0xf0) | (Math.floor(last / 2 ** 24) & 0x0f);
    this.succeed();
  }

  /** ATA/ATAPI-6, Table "IDENTIFY DEVICE information". */
  private identify(): Uint8Array {
    const words = new Uint16Array(256);
    const track = this.heads * this.sectorsPerTrack;
    const currentCylinders = cylindersOf(this.sectors, track, 0xffff);
    const currentCapacity = Math.min(this.sectors, currentCylinders * track);
    const lba28 = Math.min(this.sectors, LBA28_SECTORS - 1);
    words[0] = 0x0040; // Not removable.
    words[1] = this.cylinders;
    words[3] = CHS_HEADS;
    words[4] = CHS_SECTORS * SECTOR_BYTES; // Bytes a track and a sector (ATA-1): Bochs's BIOS moves as many.
    words[5] = SECTOR_BYTES;
    words[6] = CHS_SECTORS;
    identifyText(words, 10, 10, this.serial);
    identifyText(words, 23, 4, this.firmware);
    identifyText(words, 27, 20, this.model);
    words[47] = 0x8000 | MOST_MULTIPLE;
    words[49] = 0x0f00; // IORDY can be disabled, IORDY, LBA, DMA.
    words[50] = 0x4000;
    words[51] = 0x0200;
    words[53] = 0x0007; // Words 54-58, 64-70 and 88 are valid.
    words[54] = currentCylinders;
    words[55] = this.heads;
    words[56] = this.sectorsPerTrack;
    words[57] = currentCapacity & 0xffff;
    words[58] = currentCapacity >>> 16;
    words[59] = this.multiple ? 0x0100 | this.multiple : 0;
    words[60] = lba28 & 0xffff;
    words[61] = lba28 >>> 16;
    words[63] = 0x0007 | ((this.dmaMode & 0xf0) === 0x20 ? 0x100 << (this.dmaMode & 7) : 0);
    words[64] = 0x0003; // PIO modes 3 and 4.
    for (let i = 65; i <= 68; i++) words[i] = 120; // ns a cycle.
    words[80] = 0x007e; // ATA-1 to ATA/ATAPI-6.
    words[82] = 0x7060; // NOP, READ and WRITE BUFFER, look-ahead, write cache.
    words[83] = 0x7400; // FLUSH CACHE EXT, FLUSH CACHE, 48-bit addresses.
    words[84] = 0x4000;
    words[85] = 0x7000 | (this.lookAhead ? 0x0040 : 0) | (this.writeCache ? 0x0020 : 0);
    words[86] = 0x3400;
    words[87] = 0x4000;
    words[88] = 0x003f | ((this.dmaMode & 0xf0) === 0x40 ? 0x100 << (this.dmaMode & 7) : 0);
    words[93] = 0x6001;
    for (let i = 0; i < 4; i++) words[100 + i] = Math.floor(this.sectors / 2 ** (16 * i)) % 65536;
    return identifyBytes(words);
  }
}

/** A disk of less than one cylinder has one, which ends early: a BIOS would find no sector in none. */
function cylindersOf(sectors: number, sectorsPerCylinder: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(sectors / sectorsPerCylinder)));
}
