import type { MmioDevice } from '../bus/address-space.ts';
import type { PortDevice } from '../bus/ports.ts';

/** Bochs VBE display interface registers (Bochs, "VBE Display API"). */
const INDEX_ID = 0;
const INDEX_XRES = 1;
const INDEX_YRES = 2;
const INDEX_BPP = 3;
const INDEX_ENABLE = 4;
const INDEX_BANK = 5;
const INDEX_VIRT_WIDTH = 6;
const INDEX_VIRT_HEIGHT = 7;
const INDEX_X_OFFSET = 8;
const INDEX_Y_OFFSET = 9;
const INDEX_VIDEO_MEMORY_64K = 10;
const REGISTERS = 11;

const NEWEST_ID = 0xb0c5;
const OLDEST_ID = 0xb0c0;
const ENABLED = 0x01;
const GET_CAPABILITIES = 0x02;
const DAC_8BIT = 0x20;
const LINEAR = 0x40;
const NO_CLEAR_MEMORY = 0x80;
const ENABLE_KEPT = 0xe3;

const MOST_X = 2560;
const MOST_Y = 1600;
const MOST_BPP = 32;
const BANK_BYTES = 65_536;

/**
 * The Bochs VBE extension of a VGA: linear modes of 4 to 32 bits a pixel. Index and data registers are words, at two
 * ports next to each other: 1CEh and 1CFh; data also at 1D0h, where an aligned word must be.
 */
export class VbeDispi implements PortDevice {
  private readonly memory: Uint8Array;
  private readonly onModeChange: () => void;
  private readonly registers = new Uint16Array(REGISTERS);
  private index = 0;

  constructor(memory: Uint8Array, onModeChange: () => void) {
    this.memory = memory;
    this.onModeChange = onModeChange;
    this.reset();
  }

  reset(): void {
    this.registers.fill(0);
    this.registers[INDEX_ID] = NEWEST_ID;
    this.index = 0;
  }

  /** What firmware does to show a linear frame buffer. */
  setMode(width: number, height: number, bitsPerPixel: number): void {
    this.writeRegister(INDEX_XRES, width);
    this.writeRegister(INDEX_YRES, height);
    this.writeRegister(INDEX_BPP, bitsPerPixel);
    this.writeRegister(INDEX_ENABLE, ENABLED | LINEAR);
  }

  get isEnabled(): boolean {
    return (this.registers[INDEX_ENABLE]! & ENABLED) !== 0;
  }

  get has8BitDac(): boolean {
    return (this.registers[INDEX_ENABLE]! & DAC_8BIT) !== 0;
  }

  get width(): number {
    return this.registers[INDEX_XRES]!;
  }

  get height(): number {
    return this.registers[INDEX_YRES]!;
  }

  get bitsPerPixel(): number {
    return this.registers[INDEX_BPP]!;
  }

  /** Bytes from one line to the next. */
  get stride(): number {
    return Math.ceil((this.registers[INDEX_VIRT_WIDTH]! * this.storageBits) / 8);
  }

  /** The first byte that is displayed. */
  get displayStart(): number {
    const x = Math.floor((this.registers[INDEX_X_OFFSET]! * this.storageBits) / 8);
    return this.registers[INDEX_Y_OFFSET]! * this.stride + x;
  }

  get bankOffset(): number {
    return this.registers[INDEX_BANK]! * BANK_BYTES;
  }

  readPort(offset: number): number {
    return this.readPort16(offset) & 0xff;
  }

  readPort16(offset: number): number {
    return offset === 0 ? this.index : this.readRegister(this.index);
  }

  writePort(_offset: number, _value: number): void {} // Words only.

  writePort16(offset: number, value: number): void {
    if (offset === 0) this.index = value & 0xffff;
    else this.writeRegister(this.index, value & 0xffff);
  }

  readRegister(index: number): number {
    if (index === INDEX_VIDEO_MEMORY_64K) return this.memory.length / BANK_BYTES;
    if (this.registers[INDEX_ENABLE]! & GET_CAPABILITIES) {
      if (index === INDEX_XRES) return MOST_X;
      if (index === INDEX_YRES) return MOST_Y;
      if (index === INDEX_BPP) return MOST_BPP;
    }
    return this.registers[index] ?? 0;
  }

  writeRegister(index: number, value: number): void {
    switch (index) {
      case INDEX_ID:
        if (value >= OLDEST_ID && value <= NEWEST_ID) this.registers[INDEX_ID] = value;
        break;
      case INDEX_XRES:
        if (!this.isEnabled) this.registers[index] = Math.min(value & ~7, MOST_X);
        break;
      case INDEX_YRES:
        if (!this.isEnabled) this.registers[index] = Math.min(value, MOST_Y);
        break;
      case INDEX_BPP:
        if (this.isEnabled) break;
        if (value === 0) this.registers[index] = 8;
        else if ([4, 8, 15, 16, 24, 32].includes(value)) this.registers[index] = value;
        break;
      case INDEX_ENABLE:
        this.writeEnable(value);
        break;
      case INDEX_BANK:
        this.registers[index] = value % (this.memory.length / BANK_BYTES);
        break;
      case INDEX_VIRT_WIDTH:
        this.setVirtualWidth(value);
        break;
      case INDEX_X_OFFSET:
      case INDEX_Y_OFFSET:
        this.setDisplayStart(index, value);
        break;
      default:
        break;
    }
  }

  /** Bits that a pixel takes: 15 are stored as 16, 4 as planes of a bit, which is half a byte a pixel. */
  private get storageBits(): number {
    return this.bitsPerPixel === 15 ? 16 : this.bitsPerPixel;
  }

  private writeEnable(value: number): void {
    const starts = (value & ENABLED) !== 0 && !this.isEnabled;
    this.registers[INDEX_ENABLE] = value & ENABLE_KEPT;
    if (value & ENABLED && starts) {
      this.registers[INDEX_X_OFFSET] = 0;
      this.registers[INDEX_Y_OFFSET] = 0;
      this.setVirtualWidth(this.width);
      if (!(value & NO_CLEAR_MEMORY)) this.memory.fill(0, 0, this.stride * this.height);
    }
    if (!(value & ENABLED)) this.registers[INDEX_BANK] = 0;
    this.onModeChange();
  }

  /** The virtual height follows from the memory there is. */
  private setVirtualWidth(value: number): void {
    if (value < this.width || this.storageBits === 0) return;
    this.registers[INDEX_VIRT_WIDTH] = value;
    const { stride } = this;
    if (stride > 0)
      this.registers[INDEX_VIRT_HEIGHT] = Math.min(0xffff, Math.floor(this.memory.length / stride));
  }

  private setDisplayStart(index: number, value: number): void {
    const before = this.registers[index]!;
    this.registers[index] = value;
    if (this.displayStart + this.stride * this.height > this.memory.length) this.registers[index] = before;
  }
}

/** Video memory as a PCI device shows it: all of it, flat. */
export class LinearFrameBuffer implements MmioDevice {
  private readonly memory: Uint8Array;

  constructor(memory: Uint8Array) {
    this.memory = memory;
  }

  readMmio(offset: number, bytes: 1 | 2 | 4): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (this.memory[offset + i] ?? 0xff);
    return value;
  }

  writeMmio(offset: number, value: number, bytes: 1 | 2 | 4): void {
    for (let i = 0; i < bytes; i++) {
      if (offset + i < this.memory.length) this.memory[offset + i] = value >>> (8 * i);
    }
  }
}
