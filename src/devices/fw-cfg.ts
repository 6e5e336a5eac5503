import type { PortDevice } from '../bus/ports.ts';
import { type DmaMemory, readDma, writeDma } from './dma-memory.ts';

/** Fixed keys (QEMU, "QEMU Firmware Configuration (fw_cfg) Device"; include/standard-headers/linux/qemu_fw_cfg.h). */
export const FW_CFG_SIGNATURE = 0x00;
export const FW_CFG_ID = 0x01;
export const FW_CFG_UUID = 0x02;
export const FW_CFG_RAM_SIZE = 0x03;
export const FW_CFG_NOGRAPHIC = 0x04;
export const FW_CFG_NB_CPUS = 0x05;
export const FW_CFG_MACHINE_ID = 0x06;
export const FW_CFG_KERNEL_ADDR = 0x07;
export const FW_CFG_KERNEL_SIZE = 0x08;
export const FW_CFG_KERNEL_CMDLINE = 0x09;
export const FW_CFG_INITRD_ADDR = 0x0a;
export const FW_CFG_INITRD_SIZE = 0x0b;
export const FW_CFG_BOOT_DEVICE = 0x0c;
export const FW_CFG_NUMA = 0x0d;
export const FW_CFG_BOOT_MENU = 0x0e;
export const FW_CFG_MAX_CPUS = 0x0f;
export const FW_CFG_KERNEL_ENTRY = 0x10;
export const FW_CFG_KERNEL_DATA = 0x11;
export const FW_CFG_INITRD_DATA = 0x12;
export const FW_CFG_CMDLINE_ADDR = 0x13;
export const FW_CFG_CMDLINE_SIZE = 0x14;
export const FW_CFG_CMDLINE_DATA = 0x15;
export const FW_CFG_SETUP_ADDR = 0x16;
export const FW_CFG_SETUP_SIZE = 0x17;
export const FW_CFG_SETUP_DATA = 0x18;
export const FW_CFG_FILE_DIR = 0x19;
export const FW_CFG_FILE_FIRST = 0x20;
export const FW_CFG_ACPI_TABLES = 0x8000;
export const FW_CFG_SMBIOS_ENTRIES = 0x8001;
export const FW_CFG_IRQ0_OVERRIDE = 0x8002;
export const FW_CFG_E820_TABLE = 0x8003;
export const FW_CFG_HPET = 0x8004;

/** What firmware is given of a kernel: the keys of its address, its size and its bytes. */
// biome-ignore format: a table.
const IMAGE_KEYS = {
  kernel:      [FW_CFG_KERNEL_ADDR,  FW_CFG_KERNEL_SIZE,  FW_CFG_KERNEL_DATA],
  initrd:      [FW_CFG_INITRD_ADDR,  FW_CFG_INITRD_SIZE,  FW_CFG_INITRD_DATA],
  commandLine: [FW_CFG_CMDLINE_ADDR, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA],
  setup:       [FW_CFG_SETUP_ADDR,   FW_CFG_SETUP_SIZE,   FW_CFG_SETUP_DATA],
} as const;

/** Bit 14 asked for the write interface that is no more; it does not take part in selection. */
const KEY_MASK = 0xbfff;
const ID_TRADITIONAL = 0x01;
const ID_DMA = 0x02;

const FILE_NAME_BYTES = 56;
const DIRECTORY_ENTRY_BYTES = 64;

/** The DMA control word. */
const DMA_ERROR = 0x01;
const DMA_READ = 0x02;
const DMA_SKIP = 0x04;
const DMA_SELECT = 0x08;
const DMA_WRITE = 0x10;
const DMA_STRUCTURE_BYTES = 16;
/** Reads of the DMA address register: "QEMU CFG", most significant byte first. */
const DMA_SIGNATURE = Uint8Array.from('QEMU CFG', (c) => c.charCodeAt(0));

const DATA_OFFSET = 1;
const DMA_OFFSET = 4;

interface FwCfgItem {
  readonly bytes: Uint8Array;
  readonly writable: boolean;
  readonly onWrite: ((bytes: Uint8Array) => void) | undefined;
}

export interface FwCfgFileOptions {
  /** The guest may write the file's bytes by DMA; `onWrite` is told after each write. */
  readonly writable?: boolean;
  readonly onWrite?: (bytes: Uint8Array) => void;
}

/**
 * QEMU's firmware configuration device. Ports 510h (selector, a word) and 511h (data, a byte): offsets 0 and 1; with
 * memory to transfer to, also the DMA address register, big-endian, eight ports from 514h: offsets 4 to 11.
 */
export class FwCfg implements PortDevice {
  /** Told of each file that the guest selects, before it reads: for contents that depend on the machine's state. */
  onSelectFile: ((name: string) => void) | undefined;
  /** Told when the guest selects the bytes of the kernel. */
  onSelectKernel: (() => void) | undefined;
  private readonly memory: DmaMemory | undefined;
  private readonly items = new Map<number, FwCfgItem>();
  private readonly files: { readonly name: string; readonly key: number }[] = [];
  private selector = 0;
  private position = 0;
  private dmaAddressHi = 0;
  private dmaAddressLo = 0;

  constructor(memory?: DmaMemory) {
    this.memory = memory;
    this.setBytes(
      FW_CFG_SIGNATURE,
      Uint8Array.from('QEMU', (c) => c.charCodeAt(0)),
    );
    this.setNumber(FW_CFG_ID, ID_TRADITIONAL | (memory ? ID_DMA : 0), 4);
    this.rebuildDirectory();
  }

  /** Power-on of the registers; items stay. */
  reset(): void {
    this.selector = 0;
    this.position = 0;
    this.dmaAddressHi = 0;
    this.dmaAddressLo = 0;
  }

  setBytes(key: number, bytes: Uint8Array): void {
    this.items.set(key & KEY_MASK, { bytes, writable: false, onWrite: undefined });
  }

  /** A little-endian number of 2, 4 or 8 bytes. */
  setNumber(key: number, value: number, bytes: 2 | 4 | 8): void {
    const item = new Uint8Array(bytes);
    for (let i = 0; i < bytes; i++) item[i] = Math.floor(value / 2 ** (8 * i)) % 256;
    this.setBytes(key, item);
  }

  /** NUL-terminated text. */
  setText(key: number, text: string): void {
    this.setBytes(key, new TextEncoder().encode(`${text}\0`));
  }

  /** One of the images of a kernel, and the address that firmware shall put it at. */
  setImage(image: keyof typeof IMAGE_KEYS, address: number, bytes: Uint8Array): void {
    const [addressKey, sizeKey, dataKey] = IMAGE_KEYS[image];
    this.setNumber(addressKey, address, 4);
    this.setNumber(sizeKey, bytes.length, 4);
    this.setBytes(dataKey, bytes);
  }

  /** Adds or replaces a named file; answers its key. A name is cut to 55 bytes. */
  addFile(name: string, bytes: Uint8Array, options: FwCfgFileOptions = {}): number {
    let file = this.files.find((f) => f.name === name);
    if (!file) {
      file = { name, key: FW_CFG_FILE_FIRST + this.files.length };
      this.files.push(file);
    }
    const writable = options.writable ?? false;
    this.items.set(file.key, { bytes, writable, onWrite: options.onWrite });
    this.rebuildDirectory();
    return file.key;
  }

  /** The bytes of a file as they are now. */
  file(name: string): Uint8Array | undefined {
    const file = this.files.find((f) => f.name === name);
    return file && this.items.get(file.key)?.bytes;
  }

  readPort(offset: number): number {
    if (offset === DATA_OFFSET) return this.nextByte();
    if (offset >= DMA_OFFSET && this.memory) return DMA_SIGNATURE[(offset - DMA_OFFSET) & 7]!;
    return 0; // The selector is write-only.
  }

  /** The data register is not writable any more; the selector takes words only. */
  writePort(offset: number, value: number): void {
    if (offset < DMA_OFFSET) return;
    const shift = 24 - 8 * (offset & 3);
    const mask = ~(0xff << shift);
    if (offset < DMA_OFFSET + 4) this.dmaAddressHi = (this.dmaAddressHi & mask) | ((value & 0xff) << shift);
    else {
      this.dmaAddressLo = (this.dmaAddressLo & mask) | ((value & 0xff) << shift);
      if (offset === DMA_OFFSET + 7) this.transfer();
    }
  }

  writePort16(offset: number, value: number): void {
    if (offset === 0) this.select(value);
    else {
      this.writePort(offset, value & 0xff);
      this.writePort(offset + 1, value >>> 8);
    }
  }

  private select(value: number): void {
    this.selector = value & KEY_MASK;
    this.position = 0;
    const file = this.files[this.selector - FW_CFG_FILE_FIRST];
    if (file) this.onSelectFile?.(file.name);
    if (this.selector === FW_CFG_KERNEL_DATA) this.onSelectKernel?.();
  }

  /** "Reading past the end of an item returns zeroes." */
  private nextByte(): number {
    const item = this.items.get(this.selector);
    return (item && this.position < item.bytes.length && item.bytes[this.position++]) || 0;
  }

  /** A write of the address's low half starts it: the structure is read, obeyed and its control word cleared. */
  private transfer(): void {
    const { memory } = this;
    if (!memory) return;
    const structure = (this.dmaAddressHi >>> 0) * 4294967296 + (this.dmaAddressLo >>> 0);
    this.dmaAddressHi = 0;
    this.dmaAddressLo = 0;
    const bytes = new Uint8Array(DMA_STRUCTURE_BYTES);
    readDma(memory, structure, bytes);
    const view = new DataView(bytes.buffer);
    const control = view.getUint32(0);
    const length = view.getUint32(4);
    const address = view.getUint32(8) * 4294967296 + view.getUint32(12);
    if (control & DMA_SELECT) this.select(control >>> 16);
    const item = this.items.get(this.selector);
    const done = this.obey(memory, control, item, address, length);
    view.setUint32(0, done ? 0 : DMA_ERROR);
    writeDma(memory, structure, bytes.subarray(0, 4));
  }

  private obey(
    memory: DmaMemory,
    control: number,
    item: FwCfgItem | undefined,
    address: number,
    length: number,
  ): boolean {
    const left = item ? item.bytes.length - this.position : 0;
    const count = Math.min(length, left);
    if (control & DMA_READ) {
      if (item && count > 0)
        writeDma(memory, address, item.bytes.subarray(this.position, this.position + count));
      this.position += count;
      writeZeros(memory, address + count, length - count);
      return true;
    }
    if (control & DMA_WRITE) {
      if (!item?.writable || count !== length) return false;
      readDma(memory, address, item.bytes.subarray(this.position, this.position + count));
      this.position += count;
      item.onWrite?.(item.bytes);
      return true;
    }
    if (control & DMA_SKIP) this.position += count;
    return true;
  }

  private rebuildDirectory(): void {
    const directory = new Uint8Array(4 + this.files.length * DIRECTORY_ENTRY_BYTES);
    const view = new DataView(directory.buffer);
    view.setUint32(0, this.files.length);
    for (const [i, { name, key }] of this.files.entries()) {
      const at = 4 + i * DIRECTORY_ENTRY_BYTES;
      view.setUint32(at, this.items.get(key)!.bytes.length);
      view.setUint16(at + 4, key);
      directory.set(new TextEncoder().encode(name).subarray(0, FILE_NAME_BYTES - 1), at + 8);
    }
    this.setBytes(FW_CFG_FILE_DIR, directory);
  }
}

/** A guest may ask for 4 GiB past the end of an item; it gets this many zeros, so that the host's time has a bound. */
const MOST_ZEROS = 4096;

function writeZeros(memory: DmaMemory, physical: number, count: number): void {
  if (count > 0) writeDma(memory, physical, new Uint8Array(Math.min(count, MOST_ZEROS)));
}
