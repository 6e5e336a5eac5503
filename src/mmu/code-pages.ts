import type { PhysicalMemory } from '../bus/address-space.ts';
import type { Bank } from './bank.ts';

/** Slow writes to a page whose mark is gone, until its tag is made fast again. */
const FORGIVENESS = 64;

/**
 * Pages of RAM that hold decoded code, and those that may have a fast write tag somewhere in the TLB: only for these
 * does a new mark cost a search. A page whose code was dropped keeps its slow tag for a while, so that code which is
 * rewritten and run again in turn does not search each time.
 */
export class CodePages {
  /** After the bytes of a write to a marked page are stored. */
  onWrite: ((physical: number, bytes: number) => void) | undefined;

  readonly #marks: Uint8Array;
  readonly #writable: Uint8Array;
  readonly #ramOffset: number;
  #forgiven = 0;

  constructor(memory: PhysicalMemory) {
    const frames = Math.ceil(memory.ramBytes / 4096);
    this.#marks = new Uint8Array(frames);
    this.#writable = new Uint8Array(frames);
    this.#ramOffset = memory.ramOffset;
  }

  isMarked(frame: number): boolean {
    return this.#marks[frame] === 1;
  }

  /** A fast write tag for RAM page `frame` was made. */
  noteWritable(frame: number): void {
    this.#writable[frame] = 1;
  }

  /** True once in a while: the slow write tag of a page without a mark may become fast. */
  forgives(frame: number): boolean {
    return this.#marks[frame] === 0 && ++this.#forgiven % FORGIVENESS === 0;
  }

  mark(frame: number, banks: Iterable<Bank>): void {
    if (frame < 0 || frame >= this.#marks.length) return;
    this.#marks[frame] = 1;
    if (this.#writable[frame] === 0) return;
    this.#writable[frame] = 0;
    for (const bank of banks) bank.slowWrites((this.#ramOffset + frame * 4096) | 0);
  }

  unmark(frame: number): void {
    if (frame >= 0 && frame < this.#marks.length) this.#marks[frame] = 0;
  }

  /** Bytes of RAM changed. */
  written(physical: number, bytes: number): void {
    if (this.#marks[Math.floor(physical / 4096)]) this.onWrite?.(physical, bytes);
  }
}
