import { type AddressSpace, PAGE_RAM } from '../bus/address-space.ts';
import type { Bank } from './bank.ts';

/** Flags of a page of RAM. PLAIN: it is known that no device, ROM or hole covers it. */
export const RAM_PLAIN = 1 << 0;
/** It holds decoded code. */
export const RAM_CODE = 1 << 1;
/** The TLB may hold a fast write tag for it. */
export const RAM_WRITABLE = 1 << 2;

/** Slow writes to a page whose code mark is gone, until its tag is made fast again. */
const FORGIVENESS = 64;

/**
 * What a fill must know of each page of RAM, in one byte. A page may get a code mark at any time; only if it may have
 * a fast write tag somewhere in the TLB does that cost a search. A page whose mark is gone keeps its slow tags for a
 * while, so that code which is rewritten and run again in turn does not search each time.
 */
export class RamPages {
  /** By frame. */
  readonly flags: Uint8Array;
  /** After the bytes of a write to a page with a code mark are stored. */
  onCodeWrite: ((physical: number, bytes: number) => void) | undefined;

  readonly #space: AddressSpace;
  readonly #ramOffset: number;
  readonly #codeFrames = new Set<number>();
  #forgiven = 0;

  constructor(space: AddressSpace) {
    this.#space = space;
    this.#ramOffset = space.memory.ramOffset;
    this.flags = new Uint8Array(Math.ceil(space.memory.ramBytes / 4096));
  }

  /** Flags of a page that is not known to be plain: now it is, if it is. */
  look(frame: number): number {
    if (this.#space.pageKind(frame) !== PAGE_RAM) return 0;
    const flags = this.flags[frame]! | RAM_PLAIN;
    this.flags[frame] = flags;
    return flags;
  }

  /** The physical map is another one, and the TLB is empty. */
  mapChanged(): void {
    this.flags.fill(0);
    for (const frame of this.#codeFrames) this.flags[frame] = RAM_CODE;
  }

  markCode(frame: number, banks: Iterable<Bank>): void {
    const flags = this.flags[frame];
    if (flags === undefined) return;
    this.#codeFrames.add(frame);
    this.flags[frame] = (flags | RAM_CODE) & ~RAM_WRITABLE;
    if ((flags & RAM_WRITABLE) === 0) return;
    for (const bank of banks) bank.slowWrites((this.#ramOffset + frame * 4096) | 0);
  }

  unmarkCode(frame: number): void {
    if (this.#codeFrames.delete(frame)) this.flags[frame]! &= ~RAM_CODE;
  }

  /** True once in a while for a page without a mark: its slow write tag is to become fast. */
  forgives(frame: number): boolean {
    if (this.flags[frame]! & RAM_CODE || ++this.#forgiven % FORGIVENESS !== 0) return false;
    this.flags[frame]! |= RAM_WRITABLE;
    return true;
  }

  /** Bytes of RAM were written where code may be. */
  written(physical: number, bytes: number): void {
    if (this.flags[Math.floor(physical / 4096)]! & RAM_CODE) this.onCodeWrite?.(physical, bytes);
  }
}
