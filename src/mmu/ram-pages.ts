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
  /** Asked whether any of these bytes of a page with a code mark is code. */
  isCode: ((physical: number, bytes: number) => boolean) | undefined;

  readonly #space: AddressSpace;
  readonly #ramOffset: number;
  readonly #codeFrames = new Set<number>();
  /** By frame: 1 where the page may be another than at the last `rearm`. */
  readonly #dirty: Uint8Array;
  #forgiven = 0;

  constructor(space: AddressSpace) {
    this.#space = space;
    this.#ramOffset = space.memory.ramOffset;
    this.flags = new Uint8Array(Math.ceil(space.memory.ramBytes / 4096));
    this.#dirty = new Uint8Array(this.flags.length);
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
    this.noteWritable(frame);
    return true;
  }

  /** The page gets a fast write tag: from now on nobody tells of writes to it. */
  noteWritable(frame: number): void {
    this.flags[frame]! |= RAM_WRITABLE;
    this.#dirty[frame] = 1;
  }

  /** Bytes of RAM were written by a device or a loader. */
  writtenExternally(physical: number, bytes: number): void {
    const last = Math.floor((physical + bytes - 1) / 4096);
    for (let frame = Math.max(0, Math.floor(physical / 4096)); frame <= last; frame++) this.#dirty[frame] = 1;
  }

  /** Pages that may have been written since the last `rearm`, or ever, by frame: not 0. */
  get dirty(): Uint8Array {
    return this.#dirty;
  }

  hasCode(frame: number): boolean {
    return (this.flags[frame]! & RAM_CODE) !== 0;
  }

  /**
   * RAM is what it is to be: from now on pages that are written are noted. Those to which the TLB has fast write tags
   * count as written, because nobody would tell; tags for pages with code are made slow.
   */
  rearm(banks: Iterable<Bank>): void {
    this.#dirty.fill(0);
    const { flags } = this;
    for (let frame = 0; frame < flags.length; frame++) flags[frame]! &= ~RAM_WRITABLE;
    for (const bank of banks) {
      bank.settleWrites((host) => {
        const frame = ((host >>> 0) - this.#ramOffset) >>> 12;
        if (this.hasCode(frame)) return true;
        this.noteWritable(frame);
        return false;
      });
    }
  }

  /** Whether bytes of a page with slow write tags may be written, now, without telling anybody: none of them is code. */
  mayWrite(physical: number, bytes: number): boolean {
    const frame = physical >>> 12;
    if (this.flags[frame]! & RAM_CODE && this.isCode?.(physical, bytes) !== false) return false;
    this.#dirty[frame] = 1;
    return true;
  }

  /** Bytes of RAM were written where code may be. */
  written(physical: number, bytes: number): void {
    const frame = physical >>> 12;
    this.#dirty[frame] = 1;
    if (this.flags[frame]! & RAM_CODE) this.onCodeWrite?.(physical, bytes);
  }
}
