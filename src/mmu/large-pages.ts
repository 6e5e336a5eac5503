import { PAGING_32BIT } from '../isa/paging.ts';
import { SIZE_1G, SIZE_2M, SIZE_4M } from './counters.ts';

/**
 * Large pages of one address space, kept whole: a 4 KiB miss inside one is refilled from here without a walk. A 4 MiB
 * page is kept as the two halves of 2 MiB that were touched.
 *
 * An entry is four words: low word of the linear address with a generation below the region, high word, first frame,
 * rights. Global entries carry a generation of their own, so that a CR3 load is a step of the other one.
 */

const ENTRIES_2M = 2048;
const ENTRIES_1G = 64;
const START_1G = ENTRIES_2M * 4;

const REGION_2M = -0x200000;
const REGION_1G = -0x40000000;
/** Even generations are local, odd ones global; both fit in the 21 bits below a 2 MiB region. */
const FIRST_LOCAL = 2;
const FIRST_GLOBAL = 1;
const GENERATION_BITS = 0x1fffff;
const LAST_GENERATION = 0x1ffffd;

/** Answers of `drop`: which sizes may have left 4 KiB fragments behind. With FEW they are those of `few` at most. */
export const FRAGMENTS_2M = 1 << 0;
export const FRAGMENTS_1G = 1 << 1;
export const FRAGMENTS_FEW = 1 << 2;

/** So many fragments of a page of 2 MiB are remembered: then INVLPG need not look for them. */
const MOST_FRAGMENTS = 4;
const MANY_FRAGMENTS = MOST_FRAGMENTS + 1;

export interface SavedLargePages {
  readonly words: Int32Array;
  readonly pushedOut: Uint8Array;
  readonly anyPushedOut: boolean;
  readonly counts: Uint8Array;
  readonly fragments: Uint16Array;
  readonly local: number;
  readonly global: number;
  readonly any2M: boolean;
  readonly any1G: boolean;
}

export class LargePages {
  readonly words = new Int32Array((ENTRIES_2M + ENTRIES_1G) * 4);
  /** Set where a valid entry was pushed out by another page, whose fragments may still be in the TLB. */
  readonly #pushedOut = new Uint8Array(ENTRIES_2M + ENTRIES_1G);
  #anyPushedOut = false;
  /** Fragments of each page of 2 MiB that were filled: how many, and which 4 KiB of it. */
  readonly #counts = new Uint8Array(ENTRIES_2M);
  readonly #fragments = new Uint16Array(ENTRIES_2M * MOST_FRAGMENTS);
  /** After `drop` with FRAGMENTS_FEW: low words of the linear addresses of all fragments. */
  readonly few: number[] = [];
  #local = FIRST_LOCAL;
  #global = FIRST_GLOBAL;
  #any2M = false;
  #any1G = false;

  /** Index in `words` of the page that holds the address; -1 when it is not here. */
  find(lo: number, hi: number): number {
    if (this.#any2M) {
      const i = index2M(lo);
      if (this.#matches(i, lo & REGION_2M, hi)) return i;
    }
    if (this.#any1G) {
      const i = index1G(lo, hi);
      if (this.#matches(i, lo & REGION_1G, hi)) return i;
    }
    return -1;
  }

  /** Frame of the 4 KiB piece at `lo` of the page found. */
  frame(at: number, lo: number): number {
    return this.words[at + 2]! + ((lo >>> 12) & (at < START_1G ? 0x1ff : 0x3ffff));
  }

  rights(at: number): number {
    return this.words[at + 3]!;
  }

  /** Size class of the page found; 32-bit paging has no other large pages than those of 4 MiB. */
  size(at: number, mode: number): number {
    if (at >= START_1G) return SIZE_1G;
    return mode === PAGING_32BIT ? SIZE_4M : SIZE_2M;
  }

  /** `frame` is that of the 4 KiB piece at `lo`, which goes into the TLB. */
  add(lo: number, hi: number, frame: number, rights: number, size: number, global: boolean): void {
    const gigabyte = size === SIZE_1G;
    const i = gigabyte ? index1G(lo, hi) : index2M(lo);
    const region = lo & (gigabyte ? REGION_1G : REGION_2M);
    const { words } = this;
    if (gigabyte) this.#any1G = true;
    else this.#any2M = true;
    if (this.#isValid(i) && !this.#matches(i, region, hi)) {
      this.#pushedOut[i >> 2] = 1;
      this.#anyPushedOut = true;
    }
    if (!gigabyte && !this.#matches(i, region, hi)) this.#counts[i >> 2] = 0;
    words[i] = region | (global ? this.#global : this.#local);
    words[i + 1] = hi;
    words[i + 2] = frame & (gigabyte ? -0x40000 : -0x200);
    words[i + 3] = rights;
    this.noteFragment(i, lo);
  }

  /** The 4 KiB at `lo` of the page found go into the TLB. */
  noteFragment(at: number, lo: number): void {
    if (at >= START_1G) return;
    const page = at >> 2;
    const count = this.#counts[page]!;
    if (count >= MANY_FRAGMENTS) return;
    const first = page * MOST_FRAGMENTS;
    const fragment = (lo >>> 12) & 0x1ff;
    for (let n = 0; n < count; n++) if (this.#fragments[first + n] === fragment) return;
    if (count < MOST_FRAGMENTS) this.#fragments[first + count] = fragment;
    this.#counts[page] = count + 1;
  }

  /** Drops what is kept for the address (global pages alone if `globalOnly`, local ones alone if `localOnly`). */
  drop(lo: number, hi: number, globals: boolean, locals: boolean): number {
    let fragments = 0;
    if (this.#any2M) {
      const i = index2M(lo);
      const isDropped = this.#dropAt(i, lo & REGION_2M, hi, globals, locals);
      if (this.#pushedOut[i >> 2]) fragments |= FRAGMENTS_2M;
      else if (isDropped) fragments |= this.#tellFragments(i >> 2, lo & REGION_2M);
    }
    if (this.#any1G) {
      const i = index1G(lo, hi);
      if (this.#pushedOut[i >> 2]) fragments |= FRAGMENTS_1G;
      if (this.#dropAt(i, lo & REGION_1G, hi, globals, locals)) fragments |= FRAGMENTS_1G;
    }
    return fragments;
  }

  flushLocal(): void {
    this.#local += 2;
    if (this.#local > LAST_GENERATION) this.#renumber();
  }

  flushAll(): void {
    this.#local += 2;
    this.#global += 2;
    if (this.#local > LAST_GENERATION || this.#global > LAST_GENERATION) {
      this.words.fill(0);
      this.#local = FIRST_LOCAL;
      this.#global = FIRST_GLOBAL;
    }
    this.#any2M = false;
    this.#any1G = false;
    if (this.#anyPushedOut) this.#pushedOut.fill(0);
    this.#anyPushedOut = false;
  }

  save(): SavedLargePages {
    return {
      words: this.words.slice(),
      pushedOut: this.#pushedOut.slice(),
      anyPushedOut: this.#anyPushedOut,
      counts: this.#counts.slice(),
      fragments: this.#fragments.slice(),
      local: this.#local,
      global: this.#global,
      any2M: this.#any2M,
      any1G: this.#any1G,
    };
  }

  restore(saved: SavedLargePages): void {
    this.words.set(saved.words);
    this.#pushedOut.set(saved.pushedOut);
    this.#anyPushedOut = saved.anyPushedOut;
    this.#counts.set(saved.counts);
    this.#fragments.set(saved.fragments);
    this.#local = saved.local;
    this.#global = saved.global;
    this.#any2M = saved.any2M;
    this.#any1G = saved.any1G;
  }

  /** Local generations have run out: global entries begin a new count. */
  #renumber(): void {
    const { words } = this;
    for (let i = 0; i < words.length; i += 4) {
      const tag = words[i]!;
      words[i] = (tag & GENERATION_BITS) === this.#global ? (tag & ~GENERATION_BITS) | FIRST_GLOBAL : 0;
    }
    this.#local = FIRST_LOCAL;
    this.#global = FIRST_GLOBAL;
  }

  #tellFragments(page: number, region: number): number {
    const count = this.#counts[page]!;
    if (count >= MANY_FRAGMENTS) return FRAGMENTS_2M;
    const { few } = this;
    few.length = 0;
    for (let n = 0; n < count; n++) few.push(region | (this.#fragments[page * MOST_FRAGMENTS + n]! << 12));
    return FRAGMENTS_FEW;
  }

  #isValid(i: number): boolean {
    const generation = this.words[i]! & GENERATION_BITS;
    return generation === this.#local || generation === this.#global;
  }

  #matches(i: number, region: number, hi: number): boolean {
    const tag = this.words[i]!;
    return (tag === (region | this.#local) || tag === (region | this.#global)) && this.words[i + 1] === hi;
  }

  #dropAt(i: number, region: number, hi: number, globals: boolean, locals: boolean): boolean {
    if (!this.#matches(i, region, hi)) return false;
    if (this.words[i]! & 1 ? !globals : !locals) return false;
    this.words[i] = 0;
    return true;
  }
}

function index2M(lo: number): number {
  return ((lo >>> 21) & (ENTRIES_2M - 1)) << 2;
}

function index1G(lo: number, hi: number): number {
  return START_1G + ((((hi << 2) | (lo >>> 30)) & (ENTRIES_1G - 1)) << 2);
}
