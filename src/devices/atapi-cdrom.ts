import type { Clock } from '../bus/clock.ts';
import {
  ATA_FEATURES,
  ATA_LBA_HIGH,
  ATA_LBA_LOW,
  ATA_LBA_MID,
  ATA_SECTOR_COUNT,
  AtaDevice,
  COMMAND_DEVICE_RESET,
  ERROR_ABRT,
  identifyBytes,
  identifyText,
  STATUS_DRDY,
} from './ata-device.ts';
import type { BlockBackend } from './block.ts';
import { BLOCK_BYTES, MmcUnit } from './mmc.ts';

const PACKET = 0xa0;
const IDENTIFY_PACKET_DEVICE = 0xa1;
const STANDBY_IMMEDIATE = 0xe0;
const IDLE_IMMEDIATE = 0xe1;
const CHECK_POWER_MODE = 0xe5;
const SLEEP = 0xe6;
const FLUSH_CACHE = 0xe7;
const SET_FEATURES = 0xef;
const SET_TRANSFER_MODE = 0x03;

/** The interrupt reason register, which is where the sector count is (ATA/ATAPI-6, "PACKET"). */
const REASON_COD = 0x01;
const REASON_IO = 0x02;
/** PACKET, features register. */
const FEATURE_DMA = 0x01;
const FEATURE_OVERLAP = 0x02;

const PACKET_BYTES = 12;
const IDENTIFY_BYTES = 512;
const SIGNATURE_MID = 0x14;
const SIGNATURE_HIGH = 0xeb;
const POWER_ACTIVE_OR_IDLE = 0xff;
/** A byte count limit of FFFFh, or of 0, which asks for nothing sensible, is this. */
const MOST_BYTES = 0xfffe;

/** What the data of the running transfer are. */
type Source = 'identify' | 'packet' | 'response' | 'blocks' | 'parameters';

/** A CD-ROM drive on an ATA channel: the PACKET command's phases around an `MmcUnit`. */
export class AtapiCdrom extends AtaDevice {
  readonly unit: MmcUnit;
  private readonly model: string;
  private readonly serial: string;
  private source: Source = 'identify';
  private response: Uint8Array = new Uint8Array(0);
  private firstByte = 0;
  private byteCountLimit = MOST_BYTES;
  private usesDma = false;
  private dmaMode = 0x22;

  constructor(
    clock: Clock,
    medium: BlockBackend | undefined,
    options: { readonly model?: string; readonly serial?: string } = {},
  ) {
    super(clock);
    this.model = options.model ?? 'LONGMODE DVD-ROM';
    this.serial = options.serial ?? 'LM00003';
    this.unit = new MmcUnit(medium, 'DVD-ROM');
    this.reset();
  }

  /** Also what READ SECTORS and IDENTIFY DEVICE leave when they abort. */
  protected override setSignature(): void {
    this.putSignature();
    this.status = 0; // DRDY comes with the first command.
  }

  /** Neither SRST nor DEVICE RESET changes the unit: drivers use them to look for drives and then read at once. */
  protected override onHardwareReset(): void {
    this.unit.reset();
  }

  /** Firmware has asked the drive before, and been told of the power-on. */
  acknowledge(): void {
    this.unit.acknowledge();
  }

  protected override acceptsWhileBusy(command: number): boolean {
    return command === COMMAND_DEVICE_RESET;
  }

  protected override execute(command: number): void {
    switch (command) {
      case COMMAND_DEVICE_RESET:
        this.complete(0, false);
        this.error = 0x01;
        this.putSignature();
        break;
      case PACKET:
        this.awaitPacket();
        break;
      case IDENTIFY_PACKET_DEVICE:
        this.source = 'identify';
        this.startPioIn(IDENTIFY_BYTES, IDENTIFY_BYTES);
        break;
      case SET_FEATURES:
        this.setFeatures();
        break;
      case CHECK_POWER_MODE:
        this.current[ATA_SECTOR_COUNT] = POWER_ACTIVE_OR_IDLE;
        this.complete(STATUS_DRDY);
        break;
      case STANDBY_IMMEDIATE:
      case IDLE_IMMEDIATE:
      case SLEEP:
      case FLUSH_CACHE:
        this.complete(STATUS_DRDY);
        break;
      default:
        // IDENTIFY DEVICE and READ SECTORS leave the signature, by which drivers know a packet device.
        this.putSignature();
        this.abort(ERROR_ABRT, STATUS_DRDY);
    }
  }

  protected override readData(from: number, bytes: number): Uint8Array {
    if (this.source === 'identify') return this.identify();
    if (this.source === 'blocks') return this.unit.read(this.firstByte + from, bytes);
    return this.response.subarray(from, from + bytes);
  }

  protected override writeData(_from: number, bytes: Uint8Array): boolean {
    if (this.source !== 'packet') return true; // Mode parameters: none can be changed.
    this.executePacket(bytes);
    return false;
  }

  /** Data phases of PIO tell their size in the byte count registers. */
  protected override blockReady(bytes: number): void {
    if (this.source === 'identify') return;
    this.current[ATA_SECTOR_COUNT] =
      this.source === 'packet' ? REASON_COD : this.source === 'parameters' ? 0 : REASON_IO;
    if (this.source === 'packet') return;
    this.current[ATA_LBA_MID] = bytes;
    this.current[ATA_LBA_HIGH] = bytes >>> 8;
  }

  protected override dataDone(): void {
    if (this.source === 'identify') this.complete(STATUS_DRDY, false);
    else this.finishPacket();
  }

  private putSignature(): void {
    this.current[ATA_SECTOR_COUNT] = 1;
    this.current[ATA_LBA_LOW] = 1;
    this.current[ATA_LBA_MID] = SIGNATURE_MID;
    this.current[ATA_LBA_HIGH] = SIGNATURE_HIGH;
    this.device = 0;
  }

  private awaitPacket(): void {
    const features = this.current[ATA_FEATURES]!;
    if (features & FEATURE_OVERLAP) {
      this.abort(ERROR_ABRT, STATUS_DRDY);
      return;
    }
    this.usesDma = (features & FEATURE_DMA) !== 0;
    const limit = this.current[ATA_LBA_MID]! | (this.current[ATA_LBA_HIGH]! << 8);
    this.byteCountLimit = limit & MOST_BYTES || MOST_BYTES;
    this.source = 'packet';
    this.status |= STATUS_DRDY;
    this.startPioOut(PACKET_BYTES, PACKET_BYTES);
  }

  private executePacket(cdb: Uint8Array): void {
    const answer = this.unit.execute(cdb);
    switch (answer.kind) {
      case 'good':
        this.finishPacket();
        break;
      case 'check':
        this.current[ATA_SECTOR_COUNT] = REASON_COD | REASON_IO;
        this.abort((this.unit.key << 4) | ERROR_ABRT, STATUS_DRDY);
        break;
      case 'data':
        this.source = 'response';
        this.response = answer.bytes;
        this.startInput(answer.bytes.length);
        break;
      case 'blocks':
        this.source = 'blocks';
        this.firstByte = answer.block * BLOCK_BYTES;
        this.startInput(answer.count * BLOCK_BYTES);
        break;
      default:
        this.source = 'parameters';
        if (answer.bytes === 0) this.finishPacket();
        else if (this.usesDma) this.startDma('out', answer.bytes);
        else this.startPioOut(answer.bytes, this.byteCountLimit, true);
    }
  }

  private startInput(bytes: number): void {
    if (this.usesDma) this.startDma('in', bytes);
    else this.startPioIn(bytes, this.byteCountLimit);
  }

  private finishPacket(): void {
    this.current[ATA_SECTOR_COUNT] = REASON_COD | REASON_IO;
    this.complete(STATUS_DRDY);
  }

  private setFeatures(): void {
    const mode = this.current[ATA_SECTOR_COUNT]!;
    const isPio = mode <= 0x01 || (mode >= 0x08 && mode <= 0x0c);
    const isDma = (mode >= 0x20 && mode <= 0x22) || (mode >= 0x40 && mode <= 0x45);
    if (this.current[ATA_FEATURES] !== SET_TRANSFER_MODE || !(isPio || isDma)) {
      this.abort(ERROR_ABRT, STATUS_DRDY);
      return;
    }
    if (isDma) this.dmaMode = mode;
    this.complete(STATUS_DRDY);
  }

  /** ATA/ATAPI-6, Table "IDENTIFY PACKET DEVICE information". */
  private identify(): Uint8Array {
    const words = new Uint16Array(256);
    words[0] = 0x85c0; // ATAPI, CD-ROM, removable, DRQ within 50 µs, packets of 12 bytes.
    identifyText(words, 10, 10, this.serial);
    identifyText(words, 23, 4, '1.0');
    identifyText(words, 27, 20, this.model);
    words[49] = 0x0f00; // IORDY can be disabled, IORDY, LBA, DMA.
    words[50] = 0x4000;
    words[51] = 0x0200;
    words[53] = 0x0006; // Words 64-70 and 88 are valid.
    words[63] = 0x0007 | ((this.dmaMode & 0xf0) === 0x20 ? 0x100 << (this.dmaMode & 7) : 0);
    words[64] = 0x0003;
    for (let i = 65; i <= 68; i++) words[i] = 120;
    words[80] = 0x007e;
    words[82] = 0x0210; // DEVICE RESET, PACKET.
    words[83] = 0x4000;
    words[84] = 0x4000;
    words[85] = 0x0210;
    words[87] = 0x4000;
    words[88] = 0x003f | ((this.dmaMode & 0xf0) === 0x40 ? 0x100 << (this.dmaMode & 7) : 0);
    words[93] = 0x6001;
    return identifyBytes(words);
  }
}
