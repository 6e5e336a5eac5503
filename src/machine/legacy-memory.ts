import {
  type AddressSpace,
  type MmioDevice,
  PAGE_HOLE,
  PAGE_MMIO,
  PAGE_RAM,
  PAGE_ROM,
  PAGE_SHADOW,
} from '../bus/address-space.ts';
import type { PamSegment, SmramControl } from '../devices/i440fx.ts';
import { VGA_MEMORY, VGA_MEMORY_BYTES } from './pc-map.ts';

const MIB = 0x100000;

/** Reads what the bus has, a ROM or nothing, and writes DRAM: how a BIOS copies itself to where it lies. */
class ShadowFiller implements MmioDevice {
  readonly #space: AddressSpace;
  readonly #base: number;
  readonly #rom: Uint8Array | undefined;

  constructor(space: AddressSpace, base: number, rom: Uint8Array | undefined) {
    this.#space = space;
    this.#base = base;
    this.#rom = rom;
  }

  readMmio(offset: number, bytes: 1 | 2 | 4): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (this.#rom?.[offset + i] ?? 0xff);
    return value;
  }

  writeMmio(offset: number, value: number, bytes: 1 | 2 | 4): void {
    for (let i = 0; i < bytes; i++) {
      this.#space.load(this.#base + offset + i, Uint8Array.of(value >>> (8 * i)));
    }
  }
}

/**
 * What is seen from A0000h to FFFFFh, by the registers of the host bridge and the state of the processor that looks:
 * display memory or SMRAM, and in thirteen segments DRAM or what is on the bus.
 */
export class LegacyMemory {
  readonly #space: AddressSpace;
  /** The end of the BIOS image, which the bus has below 1 MiB. */
  #rom: Uint8Array = new Uint8Array(0);
  #smram: SmramControl = { enabled: false, open: false, closed: false, locked: false };
  #isInSmm = false;
  #showsSmram = false;
  readonly #fillers = new Map<number, number>();

  constructor(space: AddressSpace, segments: readonly PamSegment[]) {
    this.#space = space;
    for (const segment of segments) this.setSegment(segment);
  }

  /** Puts an image on the bus that ends at 1 MiB, a multiple of 16 KiB. */
  attachBios(image: Uint8Array, segments: readonly PamSegment[]): void {
    this.#rom = image;
    this.#space.attachRom(MIB - image.length, image);
    for (const segment of segments) this.setSegment(segment);
  }

  setSegment({ base, bytes, readsDram, writesDram }: PamSegment): void {
    const filler = this.#fillers.get(base);
    if (filler !== undefined) {
      this.#space.detachMmio(base, bytes);
      this.#fillers.delete(base);
    }
    if (base + bytes > this.#space.memory.ramBytes) return;
    const at = base - (MIB - this.#rom.length);
    const rom = at >= 0 ? this.#rom.subarray(at, at + bytes) : undefined;
    if (readsDram) this.#space.setPageKind(base, bytes, writesDram ? PAGE_RAM : PAGE_SHADOW);
    else if (writesDram) {
      this.#space.attachMmio(base, bytes, new ShadowFiller(this.#space, base, rom));
      this.#fillers.set(base, bytes);
    } else this.#space.setPageKind(base, bytes, rom ? PAGE_ROM : PAGE_HOLE);
  }

  setSmram(control: SmramControl): void {
    this.#smram = control;
    this.#update();
  }

  /** Whether the processor that runs is in SMM. */
  setSmm(isInside: boolean): void {
    this.#isInSmm = isInside;
    this.#update();
  }

  /** D_CLS, by which a handler's data accesses reach the display, is not looked at. */
  #update(): void {
    const { open, enabled } = this.#smram;
    const shows = open || (enabled && this.#isInSmm);
    if (shows === this.#showsSmram) return;
    this.#showsSmram = shows;
    this.#space.setPageKind(VGA_MEMORY, VGA_MEMORY_BYTES, shows ? PAGE_RAM : PAGE_MMIO);
  }
}
