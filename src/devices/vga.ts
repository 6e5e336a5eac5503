import type { MmioDevice } from '../bus/address-space.ts';
import type { Clock } from '../bus/clock.ts';
import type { PortDevice } from '../bus/ports.ts';
import { cp437 } from './cp437.ts';
import { textFont } from './text-font.ts';
import { VbeDispi } from './vga-vbe.ts';

/** Ports by offset from 3B0h. The CRTC and input status 1 are at 3Bxh or 3Dxh, as the miscellaneous register says. */
export const VGA_PORT_BASE = 0x3b0;
const MONO_CRTC_INDEX = 0x04;
const MONO_CRTC_DATA = 0x05;
const MONO_STATUS_1 = 0x0a;
const ATTRIBUTE_WRITE = 0x10;
const ATTRIBUTE_READ = 0x11;
const MISC_WRITE_STATUS_0 = 0x12;
const SEQUENCER_INDEX = 0x14;
const SEQUENCER_DATA = 0x15;
const DAC_MASK = 0x16;
const DAC_READ_INDEX = 0x17;
const DAC_WRITE_INDEX = 0x18;
const DAC_DATA = 0x19;
const FEATURE_READ = 0x1a;
const MISC_READ = 0x1c;
const GRAPHICS_INDEX = 0x1e;
const GRAPHICS_DATA = 0x1f;
const COLOR_CRTC_INDEX = 0x24;
const COLOR_CRTC_DATA = 0x25;
const COLOR_STATUS_1 = 0x2a;

const MISC_COLOR = 0x01;
const STATUS_0_SENSE = 0x10;
const STATUS_1_BLANK = 0x01;
const STATUS_1_RETRACE = 0x08;

const ATTRIBUTE_PALETTE_ON = 0x20;
const CRTC_PROTECT = 0x80;

/** 400 lines of 720 dots at 28.322 MHz: 449 lines of 31.78 µs, 70.09 Hz. */
const LINE_NS = 31_778;
const VISIBLE_NS = 25_422;
const LINES = 449;
const VISIBLE_LINES = 400;
const RETRACE_FIRST = 412;
const RETRACE_LAST = 413;

/** What of each register exists. */
const SEQUENCER_MASK = [0x03, 0x3d, 0x0f, 0x3f, 0x0e] as const;
const GRAPHICS_MASK = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff] as const;
const CRTC_REGISTERS = 25;
const ATTRIBUTE_REGISTERS = 21;

const FONT_PLANE = 2;
const PLANAR_BYTES = 256 * 1024;
export const VGA_MEMORY_BYTES = 0x20000;
/** GR6 bits 3-2: first byte and size of what the processor sees from A0000h. */
const MEMORY_MAPS = [
  [0x00000, 0x20000],
  [0x00000, 0x10000],
  [0x10000, 0x08000],
  [0x18000, 0x08000],
] as const;

/** A byte of the set/reset or bit-plane registers spread to four bytes, one a plane. */
function spread(planes: number): number {
  return (
    (planes & 1 ? 0xff : 0) |
    (planes & 2 ? 0xff00 : 0) |
    (planes & 4 ? 0xff0000 : 0) |
    (planes & 8 ? 0xff000000 : 0)
  );
}

/**
 * The IBM VGA (IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem") with the Bochs VBE extensions.
 * Ports from 3B0h by their offsets from there, memory A0000h to BFFFFh, and `vbe` at 1CEh. The four planes lie
 * interleaved in `memory`: plane p of address a is byte 4a + p, which also makes chained modes a straight copy.
 */
export class Vga implements PortDevice, MmioDevice {
  readonly memory: Uint8Array;
  readonly sequencer = new Uint8Array(8);
  readonly graphics = new Uint8Array(16);
  readonly crtc = new Uint8Array(CRTC_REGISTERS);
  readonly attribute = new Uint8Array(ATTRIBUTE_REGISTERS);
  /** 256 colours, red, green and blue of six bits, or of eight when VBE says so. */
  readonly dac = new Uint8Array(768);
  /** Ports 1CEh to 1D0h. */
  readonly vbe: VbeDispi;
  private readonly clock: Clock;
  private readonly words: Int32Array;
  private misc = 0;
  private feature = 0;
  private sequencerIndex = 0;
  private graphicsIndex = 0;
  private crtcIndex = 0;
  private attributeIndex = 0;
  private attributeDataNext = false;
  private dacMask = 0xff;
  private dacReadPosition = 0;
  private dacWritePosition = 0;
  private dacReading = false;
  private latch = 0;

  constructor(clock: Clock, memoryBytes = 16 * 1024 * 1024) {
    this.clock = clock;
    this.memory = new Uint8Array(Math.max(PLANAR_BYTES, memoryBytes));
    this.words = new Int32Array(this.memory.buffer);
    this.vbe = new VbeDispi(this.memory, () => {
      this.latch = 0;
    });
  }

  /** RESET clears registers; memory keeps what it had. */
  reset(): void {
    this.sequencer.fill(0);
    this.graphics.fill(0);
    this.crtc.fill(0);
    this.attribute.fill(0);
    this.dac.fill(0);
    this.vbe.reset();
    this.misc = 0;
    this.feature = 0;
    this.sequencerIndex = 0;
    this.graphicsIndex = 0;
    this.crtcIndex = 0;
    this.attributeIndex = 0;
    this.attributeDataNext = false;
    this.dacMask = 0xff;
    this.dacReadPosition = 0;
    this.dacWritePosition = 0;
    this.dacReading = false;
    this.latch = 0;
  }

  /** What a video BIOS leaves behind: mode 03h, 80 × 25 characters. For boards that start without one. */
  setTextMode(): void {
    this.misc = 0x67;
    this.sequencer.set([0x03, 0x00, 0x03, 0x00, 0x02]);
    this.graphics.set([0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff]);
    this.crtc.set([
      0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c,
      0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
    ]);
    this.attribute.set([
      0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0, 0x0f, 8, 0,
    ]);
    this.attributeIndex = ATTRIBUTE_PALETTE_ON;
    for (let i = 0; i < 64; i++) {
      // Six bits rgbRGB: a third and two thirds of full intensity.
      const level = (high: number, low: number) => ((i >> high) & 1) * 0x2a + ((i >> low) & 1) * 0x15;
      this.dac.set([level(2, 5), level(1, 4), level(0, 3)], i * 3);
    }
    for (let cell = 0; cell < 0x4000; cell++) this.words[cell] = (this.words[cell]! & ~0xffff) | 0x0720;
    for (const [at, dots] of textFont().entries()) this.memory[at * 4 + FONT_PLANE] = dots;
  }

  // Ports.

  readPort(offset: number): number {
    if (!this.isSelected(offset)) return 0xff;
    switch (offset) {
      case ATTRIBUTE_WRITE:
        return this.attributeIndex;
      case ATTRIBUTE_READ:
        return this.attribute[this.attributeIndex & 0x1f] ?? 0;
      case MISC_WRITE_STATUS_0:
        return STATUS_0_SENSE;
      case SEQUENCER_INDEX:
        return this.sequencerIndex;
      case SEQUENCER_DATA:
        return this.sequencer[this.sequencerIndex]!;
      case DAC_MASK:
        return this.dacMask;
      case DAC_READ_INDEX:
        return this.dacReading ? 3 : 0;
      case DAC_WRITE_INDEX:
        return Math.floor(this.dacWritePosition / 3);
      case DAC_DATA:
        return this.readDac();
      case FEATURE_READ:
        return this.feature;
      case MISC_READ:
        return this.misc;
      case GRAPHICS_INDEX:
        return this.graphicsIndex;
      case GRAPHICS_DATA:
        return this.graphics[this.graphicsIndex]!;
      case MONO_CRTC_INDEX:
      case COLOR_CRTC_INDEX:
        return this.crtcIndex;
      case MONO_CRTC_DATA:
      case COLOR_CRTC_DATA:
        return this.crtc[this.crtcIndex] ?? 0;
      case MONO_STATUS_1:
      case COLOR_STATUS_1:
        this.attributeDataNext = false;
        return this.inputStatus1;
      default:
        return 0xff;
    }
  }

  writePort(offset: number, value: number): void {
    if (!this.isSelected(offset)) return;
    value &= 0xff;
    switch (offset) {
      case ATTRIBUTE_WRITE:
        this.writeAttribute(value);
        break;
      case MISC_WRITE_STATUS_0:
        this.misc = value & 0xef;
        break;
      case SEQUENCER_INDEX:
        this.sequencerIndex = value & 7;
        break;
      case SEQUENCER_DATA:
        this.sequencer[this.sequencerIndex] = value & (SEQUENCER_MASK[this.sequencerIndex] ?? 0);
        break;
      case DAC_MASK:
        this.dacMask = value;
        break;
      case DAC_READ_INDEX:
        this.dacReadPosition = value * 3;
        this.dacReading = true;
        break;
      case DAC_WRITE_INDEX:
        this.dacWritePosition = value * 3;
        this.dacReading = false;
        break;
      case DAC_DATA:
        this.dac[this.dacWritePosition] = this.vbe.has8BitDac ? value : value & 0x3f;
        this.dacWritePosition = (this.dacWritePosition + 1) % 768;
        break;
      case GRAPHICS_INDEX:
        this.graphicsIndex = value & 15;
        break;
      case GRAPHICS_DATA:
        this.graphics[this.graphicsIndex] = value & (GRAPHICS_MASK[this.graphicsIndex] ?? 0);
        break;
      case MONO_CRTC_INDEX:
      case COLOR_CRTC_INDEX:
        this.crtcIndex = value & 0x3f;
        break;
      case MONO_CRTC_DATA:
      case COLOR_CRTC_DATA:
        this.writeCrtc(value);
        break;
      case MONO_STATUS_1:
      case COLOR_STATUS_1:
        this.feature = value & 3;
        break;
      default:
        break;
    }
  }

  /** 3Bxh ports answer in monochrome emulation, 3Dxh ports in colour. */
  private isSelected(offset: number): boolean {
    const isColor = (this.misc & MISC_COLOR) !== 0;
    return offset < ATTRIBUTE_WRITE ? !isColor : offset >= 0x20 ? isColor : true;
  }

  private get inputStatus1(): number {
    const now = this.clock.now();
    const line = Math.floor(now / LINE_NS) % LINES;
    const isBlank = line >= VISIBLE_LINES || now % LINE_NS >= VISIBLE_NS;
    const isRetrace = line >= RETRACE_FIRST && line <= RETRACE_LAST;
    return (isBlank ? STATUS_1_BLANK : 0) | (isRetrace ? STATUS_1_RETRACE : 0);
  }

  private readDac(): number {
    const value = this.dac[this.dacReadPosition]!;
    this.dacReadPosition = (this.dacReadPosition + 1) % 768;
    return value;
  }

  /** One port for index and data, told apart by a flip-flop that reading input status 1 resets. */
  private writeAttribute(value: number): void {
    if (!this.attributeDataNext) this.attributeIndex = value & 0x3f;
    else {
      const index = this.attributeIndex & 0x1f;
      // The palette belongs to the display while PAS is set.
      if (index < ATTRIBUTE_REGISTERS && (index >= 16 || !(this.attributeIndex & ATTRIBUTE_PALETTE_ON))) {
        this.attribute[index] = index < 16 ? value & 0x3f : value;
      }
    }
    this.attributeDataNext = !this.attributeDataNext;
  }

  /** CR11 bit 7 protects CR0 to CR7, but for the line compare bit in CR7. */
  private writeCrtc(value: number): void {
    const index = this.crtcIndex;
    if (index >= CRTC_REGISTERS) return;
    if (index < 8 && this.crtc[0x11]! & CRTC_PROTECT) {
      if (index === 7) this.crtc[7] = (this.crtc[7]! & ~0x10) | (value & 0x10);
      return;
    }
    this.crtc[index] = value;
  }

  // Memory from A0000h.

  readMmio(offset: number, bytes: 1 | 2 | 4): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + this.readByte(offset + i);
    return value;
  }

  writeMmio(offset: number, value: number, bytes: 1 | 2 | 4): void {
    for (let i = 0; i < bytes; i++) this.writeByte(offset + i, (value >>> (8 * i)) & 0xff);
  }

  /** The address within the planes' window, or -1 outside the map that GR6 selects. */
  private windowOffset(offset: number): number {
    const [first, size] = MEMORY_MAPS[((this.graphics[6]! >>> 2) & 3) as 0 | 1 | 2 | 3];
    const within = offset - first;
    if (within < 0 || within >= size) return -1;
    return this.vbe.isEnabled ? within + this.vbe.bankOffset : within;
  }

  private get isChain4(): boolean {
    return (this.sequencer[4]! & 0x08) !== 0;
  }

  private get isOddEven(): boolean {
    return (this.graphics[5]! & 0x10) !== 0;
  }

  private readByte(offset: number): number {
    const address = this.windowOffset(offset);
    if (address < 0) return 0xff;
    if (this.isChain4) {
      const at = this.vbe.isEnabled ? address : address & (PLANAR_BYTES - 1);
      return this.memory[at] ?? 0xff;
    }
    const cell = (this.isOddEven ? address >>> 1 : address) & (PLANAR_BYTES / 4 - 1);
    this.latch = this.words[cell]!;
    if (this.isOddEven) return this.memory[cell * 4 + ((this.graphics[4]! & 2) | (address & 1))]!;
    if (!(this.graphics[5]! & 0x08)) return this.memory[cell * 4 + (this.graphics[4]! & 3)]!;
    // Read mode 1: ones where the colour is the one of the compare register, in the planes that care.
    const different = (this.latch ^ spread(this.graphics[2]!)) & spread(this.graphics[7]!);
    return ~(different | (different >>> 8) | (different >>> 16) | (different >>> 24)) & 0xff;
  }

  private writeByte(offset: number, value: number): void {
    const address = this.windowOffset(offset);
    if (address < 0) return;
    const mapMask = this.sequencer[2]!;
    if (this.isChain4) {
      const at = this.vbe.isEnabled ? address : address & (PLANAR_BYTES - 1);
      if (mapMask & (1 << (at & 3)) && at < this.memory.length) this.memory[at] = value;
      return;
    }
    if (this.isOddEven) {
      const cell = (address >>> 1) & (PLANAR_BYTES / 4 - 1);
      // Even addresses go to planes 0 and 2, odd ones to 1 and 3.
      const planes = mapMask & (address & 1 ? 0x0a : 0x05);
      this.writePlanes(cell, value, planes);
      return;
    }
    this.writePlanes(address & (PLANAR_BYTES / 4 - 1), value, mapMask);
  }

  /** The graphics controller's data path: rotate, set/reset, function, bit mask ("Graphics Controller Registers"). */
  private writePlanes(cell: number, value: number, planes: number): void {
    const mode = this.graphics[5]! & 3;
    let data: number;
    let bitMask = this.graphics[8]!;
    if (mode === 1) {
      this.storePlanes(cell, this.latch, planes);
      return;
    }
    const count = this.graphics[3]! & 7;
    const rotated = ((value >>> count) | (value << (8 - count))) & 0xff;
    const setReset = spread(this.graphics[0]!);
    if (mode === 0) {
      const enabled = spread(this.graphics[1]!);
      data = (repeat(rotated) & ~enabled) | (setReset & enabled);
    } else if (mode === 2) data = spread(value);
    else {
      data = setReset;
      bitMask &= rotated;
    }
    switch ((this.graphics[3]! >>> 3) & 3) {
      case 1:
        data &= this.latch;
        break;
      case 2:
        data |= this.latch;
        break;
      case 3:
        data ^= this.latch;
        break;
      default:
        break;
    }
    const mask = repeat(bitMask);
    this.storePlanes(cell, (data & mask) | (this.latch & ~mask), planes);
  }

  private storePlanes(cell: number, data: number, planes: number): void {
    const mask = spread(planes);
    this.words[cell] = (this.words[cell]! & ~mask) | (data & mask);
  }

  // What is on the screen.

  /** Text, not graphics, is shown. */
  get isTextMode(): boolean {
    return !this.vbe.isEnabled && !(this.graphics[6]! & 1);
  }

  get textColumns(): number {
    return this.crtc[1]! + 1;
  }

  get characterHeight(): number {
    return (this.crtc[9]! & 0x1f) + 1;
  }

  /** Lines that are displayed: CR12 with two bits in CR7. */
  get displayedLines(): number {
    return (this.crtc[0x12]! | ((this.crtc[7]! & 0x02) << 7) | ((this.crtc[7]! & 0x40) << 3)) + 1;
  }

  get textRows(): number {
    return Math.floor(this.displayedLines / this.characterHeight);
  }

  get startAddress(): number {
    return (this.crtc[0x0c]! << 8) | this.crtc[0x0d]!;
  }

  /** The cell of the cursor, or -1 where it is switched off. */
  get cursorAddress(): number {
    return this.crtc[0x0a]! & 0x20 ? -1 : (this.crtc[0x0e]! << 8) | this.crtc[0x0f]!;
  }

  get misc3CC(): number {
    return this.misc;
  }

  get pixelMask(): number {
    return this.dacMask;
  }

  /** Character and attribute at a column and row of the screen. */
  textCell(column: number, row: number): { readonly character: number; readonly attribute: number } {
    const cell = (this.startAddress + row * this.crtc[0x13]! * 2 + column) & (PLANAR_BYTES / 4 - 1);
    return { character: this.memory[cell * 4]!, attribute: this.memory[cell * 4 + 1]! };
  }

  /** The characters on the screen as text, a string a row; empty in a graphics mode. */
  textScreen(): string[] {
    if (!this.isTextMode) return [];
    const rows: string[] = [];
    for (let row = 0; row < this.textRows; row++) {
      let line = '';
      for (let column = 0; column < this.textColumns; column++)
        line += cp437(this.textCell(column, row).character);
      rows.push(line);
    }
    return rows;
  }
}

/** A byte in all four planes. */
function repeat(byte: number): number {
  return byte | (byte << 8) | (byte << 16) | (byte << 24);
}
