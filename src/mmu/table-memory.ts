import { type AddressSpace, PAGE_BYTES, PAGE_HOLE, PAGE_RAM } from '../bus/address-space.ts';

/** Bit 20 of an address, in a frame number. */
const FRAME_A20 = 1 << 8;

/**
 * Paging structures in physical memory. Frames are words (MAXPHYADDR is at most 44, so a frame has 32 bits). A table
 * that lies in neither RAM nor ROM reads as all ones, as the bus would answer; no device is asked.
 */
export class TableMemory {
  /** The whole memory of the machine. */
  readonly words: Int32Array;
  /** Bit 20 of physical addresses, as a mask of frames: all ones while A20 is enabled. */
  frameMask = -1;
  /** Changes when a frame may be elsewhere than before, or be no memory any more. */
  epoch = 0;

  readonly #space: AddressSpace;
  readonly #ramWord: number;

  constructor(space: AddressSpace) {
    this.#space = space;
    this.words = new Int32Array(space.memory.buffer);
    this.#ramWord = space.memory.ramOffset >> 2;
  }

  setA20(enabled: boolean): void {
    this.frameMask = enabled ? -1 : ~FRAME_A20;
    this.epoch++;
  }

  /** The physical map is another one. */
  mapChanged(): void {
    this.epoch++;
  }

  /** Index in `words` of the first word of the table at `frame`; -1 where there is no memory. */
  table(frame: number): number {
    const masked = (frame & this.frameMask) >>> 0;
    if (this.#space.pageKind(masked) === PAGE_RAM) return this.#ramWord + (masked << 10);
    const host = this.#space.hostPage(masked);
    return host < 0 ? -1 : host >>> 2;
  }

  /** Physical address of a frame, as the bus sees it. */
  physicalAddress(frame: number): number {
    return ((frame & this.frameMask) >>> 0) * PAGE_BYTES;
  }

  /** Counts a read of a table where nothing answers, for the report. */
  noteHole(frame: number): void {
    const masked = (frame & this.frameMask) >>> 0;
    if (this.#space.pageKind(masked) === PAGE_HOLE) this.#space.read32(masked * PAGE_BYTES);
  }

  /** Sets bits in the low word of an entry, as a locked read-modify-write would. ROM keeps what it has. */
  setBits(word: number, bits: number): boolean {
    if (word < this.#ramWord || word >= this.#ramWord + (this.#space.memory.ramBytes >>> 2)) return false;
    this.words[word]! |= bits;
    return true;
  }

  /** Physical address of a word of RAM. */
  physical(word: number): number {
    return (word - this.#ramWord) * 4;
  }
}
