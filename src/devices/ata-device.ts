import { type Clock, NEVER, type TimedEvent } from '../bus/clock.ts';

/** Status register (ATA/ATAPI-6, "Status register"). */
export const STATUS_BSY = 0x80;
export const STATUS_DRDY = 0x40;
export const STATUS_DF = 0x20;
export const STATUS_DSC = 0x10;
export const STATUS_DRQ = 0x08;
export const STATUS_ERR = 0x01;

/** Error register. */
export const ERROR_ABRT = 0x04;
export const ERROR_IDNF = 0x10;

/** Command block registers by offset. */
export const ATA_DATA = 0;
export const ATA_FEATURES = 1;
export const ATA_SECTOR_COUNT = 2;
export const ATA_LBA_LOW = 3;
export const ATA_LBA_MID = 4;
export const ATA_LBA_HIGH = 5;
export const ATA_DEVICE = 6;
export const ATA_COMMAND = 7;

export const DEVICE_DEV = 0x10;
export const DEVICE_LBA = 0x40;

export const COMMAND_EXECUTE_DEVICE_DIAGNOSTIC = 0x90;
export const COMMAND_DEVICE_RESET = 0x08;
const DIAGNOSTIC_PASSED = 0x01;

/** From a command to its first answer, and from one data block to the next. A real drive takes longer. */
const COMMAND_NS = 2_000;
const BLOCK_NS = 400;
const RESET_NS = 2_000;
/** Data are taken from the medium in pieces of at most this size. */
const DMA_CHUNK_BYTES = 65_536;

/** What the device is busy with while BSY is set. */
export type AtaWork = 'none' | 'command' | 'next-block' | 'finish' | 'reset' | 'diagnostic';

export type AtaTransfer = 'none' | 'pio-in' | 'pio-out' | 'dma-in' | 'dma-out';

/** The channel's side of a device: interrupt and DMA requests changed. */
export interface AtaHost {
  intrqChanged(): void;
  /** DMARQ is asserted. */
  dmaRequested(): void;
}

/** What a device that can sit on a channel of `IdeChannel` shares with all others: registers, phases, transfers. */
export abstract class AtaDevice {
  /** Features, sector count, LBA low, mid, high as last written, and as written before that (48-bit commands). */
  protected readonly current = new Uint8Array(6);
  protected readonly previous = new Uint8Array(6);
  protected device = 0;
  protected status = 0;
  protected error = 0;
  protected command = 0;
  /** INTRQ, before nIEN. */
  intrq = false;
  /** Set by the channel. */
  host: AtaHost | undefined;

  private readonly clock: Clock;
  private readonly event: TimedEvent = { due: NEVER, fire: () => this.doWork() };
  private work: AtaWork = 'none';

  protected transfer: AtaTransfer = 'none';
  /** Bytes of the whole command, and of those that left (or filled) the buffer. */
  protected total = 0;
  protected done = 0;
  /** Bytes of one DRQ data block. */
  private blockBytes = 0;
  private buffer: Uint8Array = new Uint8Array(0);
  private position = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Registers as after power-on, SRST and EXECUTE DEVICE DIAGNOSTIC ("Signature"). */
  protected abstract setSignature(): void;
  protected abstract execute(command: number): void;
  /** Bytes `from` to `from + bytes` of what the command reads. */
  protected abstract readData(from: number, bytes: number): Uint8Array;
  /** Bytes of what the command writes, starting at `from`. False ends the command, which reported its error. */
  protected abstract writeData(from: number, bytes: Uint8Array): boolean;
  /** All data were transferred. */
  protected abstract dataDone(): void;
  /** A data block of a PIO transfer is about to be offered. */
  protected blockReady(_bytes: number): void {}
  /** A reset by hardware or SRST: settings that do not survive it. */
  protected onReset(): void {}
  /** A reset by hardware: what SRST leaves as it is. */
  protected onHardwareReset(): void {}

  reset(): void {
    this.onHardwareReset();
    this.beginReset();
    this.endReset();
    this.clock.cancel(this.event);
    this.doWork();
  }

  /** SRST is set: everything stops. */
  beginReset(): void {
    this.stop();
    this.status = STATUS_BSY;
  }

  /** SRST is cleared. */
  endReset(): void {
    this.onReset();
    this.begin('reset', RESET_NS);
  }

  /** EXECUTE DEVICE DIAGNOSTIC goes to both devices; device 0 interrupts. */
  diagnose(): void {
    this.stop();
    this.begin('diagnostic', COMMAND_NS);
  }

  /** Also clears INTRQ. */
  readStatus(): number {
    this.setIntrq(false);
    return this.status;
  }

  get alternateStatus(): number {
    return this.status;
  }

  /** `highOrder` is the HOB bit of the device control register. */
  readRegister(register: number, highOrder: boolean): number {
    if (register === ATA_FEATURES) return this.error;
    if (register === ATA_DEVICE) return this.device | 0xa0; // Bits 7 and 5 are obsolete and read as ones.
    return (highOrder ? this.previous : this.current)[register] ?? 0;
  }

  writeRegister(register: number, value: number): void {
    if (this.status & STATUS_BSY) return;
    if (register === ATA_DEVICE) this.device = value;
    else {
      this.previous[register] = this.current[register]!;
      this.current[register] = value;
    }
  }

  /** While BSY or DRQ is set only DEVICE RESET is taken, and that by packet devices. */
  writeCommand(command: number): void {
    if (this.status & (STATUS_BSY | STATUS_DRQ) && !this.acceptsWhileBusy(command)) return;
    this.setIntrq(false);
    this.stop();
    this.command = command;
    this.error = 0;
    this.begin('command', COMMAND_NS);
  }

  protected acceptsWhileBusy(_command: number): boolean {
    return false;
  }

  /** A word of the data register. */
  readWord(): number {
    if (this.transfer !== 'pio-in' || !(this.status & STATUS_DRQ)) return 0;
    const { buffer, position } = this;
    const value = (buffer[position] ?? 0) | ((buffer[position + 1] ?? 0) << 8);
    this.position += 2;
    if (this.position >= buffer.length) this.blockRead();
    return value;
  }

  writeWord(value: number): void {
    if (this.transfer !== 'pio-out' || !(this.status & STATUS_DRQ)) return;
    this.buffer[this.position] = value;
    if (this.position + 1 < this.buffer.length) this.buffer[this.position + 1] = value >>> 8;
    this.position += 2;
    if (this.position >= this.buffer.length) this.blockWritten();
  }

  // DMA, driven by the bus master while DMARQ is asserted.

  /** What DMARQ asks for. */
  get dmaRequest(): 'none' | 'in' | 'out' {
    if (this.work !== 'none') return 'none';
    return this.transfer === 'dma-in' ? 'in' : this.transfer === 'dma-out' ? 'out' : 'none';
  }

  /** DMARQ. */
  get wantsDma(): boolean {
    return this.dmaRequest !== 'none';
  }

  get dmaLeft(): number {
    return this.total - this.done;
  }

  /** Up to `most` bytes from the device. */
  readDma(most: number): Uint8Array {
    if (this.position >= this.buffer.length) {
      this.buffer = this.readData(this.done, Math.min(DMA_CHUNK_BYTES, this.total - this.done));
      this.position = 0;
    }
    const bytes = this.buffer.subarray(this.position, this.position + most);
    this.position += bytes.length;
    this.done += bytes.length;
    if (this.done >= this.total) this.begin('finish', BLOCK_NS);
    return bytes;
  }

  /** Bytes to the device; they go on in chunks. */
  writeDma(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length && this.transfer === 'dma-out'; ) {
      if (this.position >= this.buffer.length) {
        this.buffer = new Uint8Array(Math.min(DMA_CHUNK_BYTES, this.total - this.done));
        this.position = 0;
      }
      const piece = bytes.subarray(i, i + this.buffer.length - this.position);
      this.buffer.set(piece, this.position);
      this.position += piece.length;
      i += piece.length;
      if (this.position < this.buffer.length) return;
      const from = this.done;
      this.done += this.buffer.length;
      if (!this.writeData(from, this.buffer)) return;
      if (this.done >= this.total) {
        this.begin('finish', BLOCK_NS);
        return;
      }
    }
  }

  // For commands.

  protected startPioIn(total: number, blockBytes: number): void {
    this.start('pio-in', total, blockBytes);
    this.offerBlock();
  }

  /** The first block of a write has no interrupt. */
  protected startPioOut(total: number, blockBytes: number, interrupt = false): void {
    this.start('pio-out', total, blockBytes);
    this.awaitBlock(interrupt);
  }

  protected startDma(direction: 'in' | 'out', total: number): void {
    this.start(direction === 'in' ? 'dma-in' : 'dma-out', total, 0);
    this.status = (this.status & ~STATUS_BSY) | STATUS_DRQ;
    this.host?.dmaRequested();
  }

  /** The command is over: `status` without BSY and DRQ. */
  protected complete(status: number, interrupt = true): void {
    this.stop();
    this.status = status;
    if (interrupt) this.setIntrq(true);
  }

  protected abort(error: number, status: number): void {
    this.error = error;
    this.complete(status | STATUS_ERR);
  }

  protected setIntrq(level: boolean): void {
    if (level === this.intrq) return;
    this.intrq = level;
    this.host?.intrqChanged();
  }

  private start(transfer: AtaTransfer, total: number, blockBytes: number): void {
    this.transfer = transfer;
    this.total = total;
    this.done = 0;
    this.blockBytes = blockBytes;
    this.buffer = new Uint8Array(0);
    this.position = 0;
  }

  private stop(): void {
    this.clock.cancel(this.event);
    this.work = 'none';
    this.transfer = 'none';
    this.total = 0;
    this.done = 0;
    this.buffer = new Uint8Array(0);
    this.position = 0;
  }

  private begin(work: AtaWork, ns: number): void {
    this.work = work;
    this.status = (this.status & ~(STATUS_DRQ | STATUS_ERR | STATUS_DF)) | STATUS_BSY;
    this.clock.schedule(this.event, this.clock.now() + ns);
  }

  private doWork(): void {
    const { work } = this;
    this.work = 'none';
    switch (work) {
      case 'command':
        this.execute(this.command);
        break;
      case 'next-block':
        if (this.transfer === 'pio-in') this.offerBlock();
        else if (this.writeData(this.done - this.buffer.length, this.buffer)) {
          if (this.done < this.total) this.awaitBlock(true);
          else this.dataDone();
        }
        break;
      case 'finish':
        this.dataDone();
        break;
      case 'reset':
      case 'diagnostic':
        this.previous.fill(0);
        this.current.fill(0);
        this.error = DIAGNOSTIC_PASSED;
        this.setSignature();
        if (work === 'diagnostic' && this.diagnosticInterrupts) this.setIntrq(true);
        else this.setIntrq(false);
        break;
      default:
        break;
    }
  }

  /** Set by the channel on the device that answers for both. */
  diagnosticInterrupts = false;

  private offerBlock(): void {
    const bytes = Math.min(this.blockBytes, this.total - this.done);
    this.buffer = this.readData(this.done, bytes);
    this.position = 0;
    this.blockReady(bytes);
    this.status = (this.status & ~STATUS_BSY) | STATUS_DRQ;
    this.setIntrq(true);
  }

  private blockRead(): void {
    this.done += this.buffer.length;
    if (this.done < this.total) this.begin('next-block', BLOCK_NS);
    else this.dataDone();
  }

  private awaitBlock(interrupt: boolean): void {
    const bytes = Math.min(this.blockBytes, this.total - this.done);
    this.buffer = new Uint8Array(bytes);
    this.position = 0;
    this.blockReady(bytes);
    this.status = (this.status & ~STATUS_BSY) | STATUS_DRQ;
    if (interrupt) this.setIntrq(true);
  }

  private blockWritten(): void {
    this.done += this.buffer.length;
    this.begin('next-block', BLOCK_NS);
  }
}

/** The bytes of an IDENTIFY text field: padded with spaces, the two of each word exchanged. */
export function identifyText(words: Uint16Array, first: number, count: number, text: string): void {
  const padded = text.padEnd(count * 2).slice(0, count * 2);
  for (let i = 0; i < count; i++) {
    words[first + i] = (padded.charCodeAt(2 * i) << 8) | (padded.charCodeAt(2 * i + 1) & 0xff);
  }
}

/** IDENTIFY data as bytes, with the integrity word ("Word 255: Integrity word"). */
export function identifyBytes(words: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(512);
  for (let i = 0; i < 256; i++) {
    bytes[2 * i] = words[i]!;
    bytes[2 * i + 1] = words[i]! >>> 8;
  }
  bytes[510] = 0xa5;
  let sum = 0;
  for (let i = 0; i < 511; i++) sum += bytes[i]!;
  bytes[511] = -sum;
  return bytes;
}
