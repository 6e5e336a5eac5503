import { type Clock, NEVER, type TimedEvent } from '../bus/clock.ts';
import type { InterruptLine } from '../bus/lines.ts';
import type { PortDevice } from '../bus/ports.ts';
import { type BlockBackend, SECTOR_BYTES } from './block.ts';
import type { FloppyGeometry } from './floppy-geometry.ts';

/** Where the controller's bytes go or come from: a channel of an 8237A. True with the last one, its terminal count. */
export interface FloppyDma {
  /** The channel is programmed and open. */
  readonly isReady: boolean;
  write(byte: number): boolean;
  read(): readonly [byte: number, isLast: boolean];
}

/** Registers (82077AA, "Register Set"). */
const SRA = 0;
const SRB = 1;
const DOR = 2;
const TDR = 3;
const MSR_DSR = 4;
const FIFO = 5;
const DIR_CCR = 7;

const DOR_RESET_OFF = 0x04;
const DOR_DMA_GATE = 0x08;
const DSR_RESET = 0x80;
const MSR_RQM = 0x80;
const MSR_DIO = 0x40;
const MSR_NON_DMA = 0x20;
const MSR_BUSY = 0x10;
const DIR_CHANGED = 0x80;

/** Status registers ("Status Register Encoding"). */
const ST0_ABNORMAL = 0x40;
const ST0_INVALID = 0x80;
const ST0_READY_CHANGED = 0xc0;
const ST0_SEEK_END = 0x20;
const ST0_EQUIPMENT_CHECK = 0x10;
const ST1_END_OF_CYLINDER = 0x80;
const ST1_NO_DATA = 0x04;
const ST1_WRITE_PROTECTED = 0x02;
const ST1_MISSING_MARK = 0x01;
const ST3_FIXED = 0x28;
const ST3_TRACK_0 = 0x10;
const ST3_WRITE_PROTECTED = 0x40;

const VERSION = 0x90;
const DRIVES = 4;
/** Commands by their low five bits: bytes of the command. Others are invalid. */
const LENGTHS: Readonly<Record<number, number>> = {
  2: 9, 3: 3, 4: 2, 5: 9, 6: 9, 7: 2, 8: 1, 9: 9, 10: 2, 12: 9, 13: 6, 14: 1, 15: 3,
  16: 1, 18: 2, 19: 4, 20: 1, 22: 9,
}; // biome-ignore format: pairs.
const WRITES = new Set([0x05, 0x09]);
const MULTITRACK = 0x80;

const STEP_NS = 3_000_000;
const RESET_NS = 10_000;
const SECTOR_NS = 200_000;

type Phase = 'command' | 'busy' | 'reading' | 'writing' | 'result';

/**
 * Intel 82077AA floppy disk controller with one drive, whose sectors have 512 bytes. A command that moves data does so all
 * at once when its time has come. Eight ports, 3F0h on a PC, of which the seventh is somebody else's.
 */
export class FloppyController implements PortDevice {
  private readonly clock: Clock;
  private readonly irq: InterruptLine;
  private readonly dma: FloppyDma;
  private readonly medium: BlockBackend | undefined;
  private readonly geometry: FloppyGeometry | undefined;
  private readonly event: TimedEvent = { due: NEVER, fire: () => this.complete() };
  private phase: Phase = 'command';
  private dor = DOR_RESET_OFF | DOR_DMA_GATE;
  private tape = 0;
  private command: number[] = [];
  private result: number[] = [];
  private cylinders = [0, 0, 0, 0];
  /** What SENSE INTERRUPT STATUS will say, ST0 by ST0. */
  private senses: number[] = [];
  private isInterrupting = false;
  private isChanged = true;
  private isNonDma = false;
  private stepRate = 0;
  private headLoad = 0;
  private configuration = 0;
  private precompensation = 0;
  private isLocked = false;
  private perpendicular = 0;
  /** Without DMA: the bytes under way, and how many of them have been. */
  private buffer: Uint8Array = new Uint8Array(0);
  private bufferAt = 0;

  constructor(options: {
    readonly clock: Clock;
    readonly irq: InterruptLine;
    readonly dma: FloppyDma;
    readonly medium?: BlockBackend | undefined;
    readonly geometry?: FloppyGeometry | undefined;
  }) {
    this.clock = options.clock;
    this.irq = options.irq;
    this.dma = options.dma;
    this.medium = options.medium;
    this.geometry = options.geometry;
  }

  /** The RESET pin. */
  reset(): void {
    this.dor = DOR_RESET_OFF | DOR_DMA_GATE;
    this.isLocked = false;
    this.isChanged = true;
    this.softReset();
    this.senses = [];
  }

  readPort(offset: number): number {
    switch (offset) {
      case SRA:
        return (this.isInterrupting ? 0x80 : 0) | (this.cylinders[0] === 0 ? 0 : 0x10);
      case SRB:
        return 0xc0 | ((this.dor >>> 4) & 3) | ((this.dor & 1) << 5);
      case DOR:
        return this.dor;
      case TDR:
        return this.tape;
      case MSR_DSR:
        return this.mainStatus();
      case FIFO:
        return this.readFifo();
      case DIR_CCR:
        return this.isSelected && (this.isChanged || !this.medium) ? DIR_CHANGED : 0;
      default:
        return 0xff;
    }
  }

  writePort(offset: number, value: number): void {
    value &= 0xff;
    switch (offset) {
      case DOR:
        this.writeDor(value);
        break;
      case TDR:
        this.tape = value & 3;
        break;
      case MSR_DSR:
        if (value & DSR_RESET) this.leaveReset(); // The data rate does not matter here, nor in CCR.
        break;
      case FIFO:
        this.writeFifo(value);
        break;
      default:
        break;
    }
  }

  /** The one drive is selected, and its motor runs. */
  private get isSelected(): boolean {
    return (this.dor & 3) === 0 && (this.dor & 0x10) !== 0;
  }

  private mainStatus(): number {
    if (!(this.dor & DOR_RESET_OFF)) return 0;
    switch (this.phase) {
      case 'command':
        return MSR_RQM | (this.command.length > 0 ? MSR_BUSY : 0);
      case 'result':
        return MSR_RQM | MSR_DIO | MSR_BUSY;
      case 'reading':
        return MSR_RQM | MSR_DIO | MSR_NON_DMA | MSR_BUSY;
      case 'writing':
        return MSR_RQM | MSR_NON_DMA | MSR_BUSY;
      default:
        return MSR_BUSY;
    }
  }

  private writeDor(value: number): void {
    const before = this.dor;
    this.dor = value;
    if (!(value & DOR_RESET_OFF)) this.softReset();
    else if (!(before & DOR_RESET_OFF)) this.leaveReset();
    this.updateLine();
  }

  private softReset(): void {
    this.clock.cancel(this.event);
    this.phase = 'command';
    this.command = [];
    this.result = [];
    this.senses = [];
    this.isNonDma = false;
    this.perpendicular = 0;
    if (!this.isLocked) this.configuration = 0;
    this.setInterrupt(false);
  }

  /** "Drive polling": after a reset every drive has changed its state. */
  private leaveReset(): void {
    this.softReset();
    this.phase = 'busy';
    this.clock.schedule(this.event, this.clock.now() + RESET_NS);
  }

  private setInterrupt(level: boolean): void {
    this.isInterrupting = level;
    this.updateLine();
  }

  private updateLine(): void {
    if (this.isInterrupting && this.dor & DOR_DMA_GATE) this.irq.raise();
    else this.irq.lower();
  }

  private writeFifo(value: number): void {
    if (this.phase === 'writing') {
      this.setInterrupt(false);
      this.buffer[this.bufferAt++] = value;
      if (this.bufferAt === this.buffer.length) this.finishNonDma();
      else this.setInterrupt(true);
      return;
    }
    if (this.phase !== 'command' || !(this.dor & DOR_RESET_OFF)) return;
    this.command.push(value);
    const length = LENGTHS[this.command[0]! & 0x1f] ?? 1;
    if (this.command.length === length) this.execute();
  }

  private readFifo(): number {
    if (this.phase === 'reading') {
      this.setInterrupt(false);
      const byte = this.buffer[this.bufferAt++]!;
      if (this.bufferAt === this.buffer.length) this.finishNonDma();
      else this.setInterrupt(true);
      return byte;
    }
    if (this.phase !== 'result') return 0;
    this.setInterrupt(false);
    const value = this.result.shift()!;
    if (this.result.length === 0) this.begin();
    return value;
  }

  private begin(): void {
    this.phase = 'command';
    this.command = [];
  }

  private answer(...bytes: number[]): void {
    this.result = bytes;
    this.phase = 'result';
  }

  private execute(): void {
    const [opcode = 0, first = 0, second = 0, third = 0] = this.command;
    const drive = first & 3;
    switch (opcode & 0x1f) {
      case 0x03: // SPECIFY
        this.stepRate = first;
        this.headLoad = second;
        this.isNonDma = (second & 1) !== 0;
        this.begin();
        break;
      case 0x04: // SENSE DRIVE STATUS
        this.answer(
          ST3_FIXED |
            (first & 7) |
            (this.cylinders[drive] === 0 ? ST3_TRACK_0 : 0) |
            (drive === 0 && this.medium && !this.medium.write ? ST3_WRITE_PROTECTED : 0),
        );
        break;
      case 0x08: // SENSE INTERRUPT STATUS
        this.senseInterrupt();
        break;
      case 0x0e: // DUMPREG
        this.answer(
          ...this.cylinders, this.stepRate, this.headLoad, this.geometry?.sectors ?? 0,
          (this.isLocked ? 0x80 : 0) | this.perpendicular, this.configuration, this.precompensation,
        ); // biome-ignore format: ten bytes.
        break;
      case 0x10:
        this.answer(VERSION);
        break;
      case 0x12:
        this.perpendicular = first & 0x7f;
        this.begin();
        break;
      case 0x13: // CONFIGURE
        this.configuration = second;
        this.precompensation = third;
        this.begin();
        break;
      case 0x14: // LOCK
        this.isLocked = (opcode & 0x80) !== 0;
        this.answer(this.isLocked ? 0x10 : 0);
        break;
      case 0x07:
      case 0x0f:
        this.wait(STEP_NS);
        break;
      case 0x02:
      case 0x05:
      case 0x06:
      case 0x09:
      case 0x0a:
      case 0x0c:
      case 0x0d:
      case 0x16:
        this.wait(SECTOR_NS);
        break;
      default:
        this.answer(ST0_INVALID);
    }
  }

  private wait(nanoseconds: number): void {
    this.phase = 'busy';
    this.clock.schedule(this.event, this.clock.now() + nanoseconds);
  }

  private senseInterrupt(): void {
    const status = this.senses.shift();
    this.setInterrupt(false);
    if (status === undefined) this.answer(ST0_INVALID);
    else this.answer(status, this.cylinders[status & 3]!);
  }

  /** The time of a command, or of a reset, is over. */
  private complete(): void {
    const [opcode] = this.command;
    if (opcode === undefined) {
      for (let drive = 0; drive < DRIVES; drive++) this.senses.push(ST0_READY_CHANGED | drive);
      this.begin();
      this.setInterrupt(true);
      return;
    }
    switch (opcode & 0x1f) {
      case 0x07:
        this.seek(0);
        break;
      case 0x0f:
        this.seek(this.command[2]!);
        break;
      case 0x0a:
        this.readId();
        break;
      case 0x0d:
        this.format();
        break;
      default:
        this.transfer();
    }
  }

  private seek(cylinder: number): void {
    const drive = this.command[1]! & 3;
    this.cylinders[drive] = cylinder;
    const isThere = drive === 0;
    if (isThere && this.medium) this.isChanged = false;
    // A drive that is not there never finds its track 0.
    const failed = !isThere && (this.command[0]! & 0x1f) === 0x07 ? ST0_ABNORMAL | ST0_EQUIPMENT_CHECK : 0;
    this.senses.push(ST0_SEEK_END | failed | (this.command[1]! & 7));
    this.begin();
    this.setInterrupt(true);
  }

  /** Which sector of the medium; -1 when the address is not under the heads. */
  private sectorOf(cylinder: number, head: number, sector: number): number {
    const { geometry } = this;
    if (!geometry || !this.medium || (this.command[1]! & 3) !== 0) return -1;
    if (cylinder !== this.cylinders[0] || cylinder >= geometry.cylinders) return -1;
    if (head >= geometry.heads || sector < 1 || sector > geometry.sectors) return -1;
    return (cylinder * geometry.heads + head) * geometry.sectors + sector - 1;
  }

  private readId(): void {
    const head = (this.command[1]! >>> 2) & 1;
    const cylinder = this.cylinders[this.command[1]! & 3]!;
    const isFound = this.sectorOf(cylinder, head, 1) >= 0;
    this.finish(isFound ? 0 : ST1_MISSING_MARK, cylinder, head, 1);
  }

  /** Without a bitmap of marks: a formatted track holds the filler byte. The identifiers that DMA brings are not looked at. */
  private format(): void {
    const [, select = 0, , count = 0, , filler = 0] = this.command;
    const head = (select >>> 2) & 1;
    const cylinder = this.cylinders[0]!;
    const first = this.sectorOf(cylinder, head, 1);
    for (let i = 0, isLast = false; i < count * 4 && !isLast && this.dma.isReady; i++)
      [, isLast] = this.dma.read();
    if (first < 0) this.finish(ST1_MISSING_MARK, cylinder, head, 1);
    else if (!this.medium!.write) this.finish(ST1_WRITE_PROTECTED, cylinder, head, 1);
    else {
      const sectors = Math.min(count, this.geometry!.sectors);
      this.medium!.write(first, new Uint8Array(sectors * SECTOR_BYTES).fill(filler));
      this.finish(0, cylinder, head, sectors);
    }
  }

  /**
   * The heads go to the cylinder of the command, as CONFIGURE's EIS bit asks for: without it too, because Bochs's BIOS
   * never seeks.
   */
  private transfer(): void {
    const [opcode = 0, select = 0, cylinder = 0, head = 0, sector = 0] = this.command;
    if (cylinder < (this.geometry?.cylinders ?? 0)) this.cylinders[select & 3] = cylinder;
    const isWrite = WRITES.has(opcode & 0x1f);
    const first = this.sectorOf(cylinder, head, sector);
    if (first < 0) this.finish(this.medium ? ST1_NO_DATA : ST1_MISSING_MARK, cylinder, head, sector);
    else if (isWrite && !this.medium!.write) this.finish(ST1_WRITE_PROTECTED, cylinder, head, sector);
    else if ((opcode & 0x1f) === 0x16) this.finish(0, cylinder, head, this.command[6]!);
    else if (this.isNonDma) this.startNonDma(isWrite, first);
    else this.moveByDma(isWrite, cylinder, head, sector);
  }

  /** Sector after sector until terminal count, or beyond the last one of the cylinder. */
  private moveByDma(isWrite: boolean, cylinder: number, head: number, sector: number): void {
    const [opcode = 0, , , , , , last = 0] = this.command;
    if (!this.dma.isReady) {
      this.finish(ST1_NO_DATA, cylinder, head, sector);
      return;
    }
    for (;;) {
      const at = this.sectorOf(cylinder, head, sector);
      if (at < 0) {
        this.finish(ST1_NO_DATA, cylinder, head, sector);
        return;
      }
      const isDone = isWrite ? this.writeSector(at) : this.readSector(at);
      sector++;
      if (sector > last) {
        if (!(opcode & MULTITRACK) || head === 1) {
          // Beyond the last sector: the next address is the first of the next cylinder.
          this.finish(isDone ? 0 : ST1_END_OF_CYLINDER, cylinder + 1, opcode & MULTITRACK ? 0 : head, 1);
          return;
        }
        head = 1;
        sector = 1;
      }
      if (isDone) {
        this.finish(0, cylinder, head, sector);
        return;
      }
    }
  }

  private readSector(at: number): boolean {
    for (const byte of this.medium!.read(at, 1)) if (this.dma.write(byte)) return true;
    return false;
  }

  /** A sector that terminal count cuts short is filled with zeros. */
  private writeSector(at: number): boolean {
    const bytes = new Uint8Array(SECTOR_BYTES);
    let isLast = false;
    for (let i = 0; i < SECTOR_BYTES && !isLast; i++)
      [bytes[i], isLast] = this.dma.read() as [number, boolean];
    this.medium!.write!(at, bytes);
    return isLast;
  }

  private startNonDma(isWrite: boolean, first: number): void {
    const [, , , , sector = 0, , last = 0] = this.command;
    const count = Math.max(1, Math.min(last, this.geometry!.sectors) - sector + 1);
    this.buffer = isWrite ? new Uint8Array(count * SECTOR_BYTES) : this.medium!.read(first, count).slice();
    this.bufferAt = 0;
    this.phase = isWrite ? 'writing' : 'reading';
    this.setInterrupt(true);
  }

  /** Nobody gives terminal count without DMA: the command always runs beyond the last sector. */
  private finishNonDma(): void {
    const [opcode = 0, , cylinder = 0, head = 0, sector = 0] = this.command;
    if (WRITES.has(opcode & 0x1f)) this.medium!.write!(this.sectorOf(cylinder, head, sector), this.buffer);
    this.buffer = new Uint8Array(0);
    this.finish(ST1_END_OF_CYLINDER, cylinder + 1, head, 1);
  }

  private finish(status1: number, cylinder: number, head: number, sector: number): void {
    const status0 = (this.command[1]! & 7) | (status1 === 0 ? 0 : ST0_ABNORMAL);
    this.answer(status0, status1, 0, cylinder & 0xff, head, sector, 2);
    this.setInterrupt(true);
  }
}
