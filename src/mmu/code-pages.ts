import type { PhysicalMemory } from '../bus/address-space.ts';
import { type Bank, TAG_CODE, TAG_WRITE, writesTo } from './bank.ts';

const NO_WRITER = 0;
const SEVERAL_WRITERS = -1;

/**
 * Pages of RAM that hold decoded code, and for every page of RAM where in the TLB its fast write tags are: nowhere,
 * in one entry, or in several. So a mark costs one look in the common case and a search only for aliased pages.
 */
export class CodePages {
  /** After the bytes of a write to a marked page are stored. */
  onWrite: ((physical: number, bytes: number) => void) | undefined;

  readonly #marks: Uint8Array;
  /** Index of the entry's first word plus 1. */
  readonly #writers: Int32Array;
  readonly #ramOffset: number;

  constructor(memory: PhysicalMemory) {
    const frames = Math.ceil(memory.ramBytes / 4096);
    this.#marks = new Uint8Array(frames);
    this.#writers = new Int32Array(frames);
    this.#ramOffset = memory.ramOffset;
  }

  isMarked(frame: number): boolean {
    return this.#marks[frame] === 1;
  }

  /** Entry `i` has just got a fast write tag for RAM page `frame`. */
  noteWriter(frame: number, i: number, words: Int32Array): void {
    const before = this.#writers[frame]!;
    if (before === i + 1) return;
    const lone = before === NO_WRITER || (before > 0 && !writesTo(words, before - 1, this.#host(frame)));
    this.#writers[frame] = lone ? i + 1 : SEVERAL_WRITERS;
  }

  mark(frame: number, words: Int32Array, banks: Iterable<Bank>): void {
    if (frame < 0 || frame >= this.#marks.length || this.#marks[frame]) return;
    this.#marks[frame] = 1;
    const writer = this.#writers[frame]!;
    this.#writers[frame] = NO_WRITER;
    if (writer === NO_WRITER) return;
    const host = this.#host(frame);
    if (writer === SEVERAL_WRITERS) for (const bank of banks) bank.slowWrites(host);
    else if (writesTo(words, writer - 1, host)) words[writer - 1 + TAG_WRITE]! |= TAG_CODE;
  }

  /** Entries of the TLB have moved, so that no index kept here can be trusted. */
  entriesMoved(): void {
    const writers = this.#writers;
    for (let frame = 0; frame < writers.length; frame++)
      if (writers[frame]! > 0) writers[frame] = SEVERAL_WRITERS;
  }

  unmark(frame: number): void {
    if (frame < 0 || frame >= this.#marks.length) return;
    this.#marks[frame] = 0;
  }

  /** Bytes of RAM changed. */
  written(physical: number, bytes: number): void {
    if (this.#marks[Math.floor(physical / 4096)]) this.onWrite?.(physical, bytes);
  }

  #host(frame: number): number {
    return (this.#ramOffset + frame * 4096) | 0;
  }
}
