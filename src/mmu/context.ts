import { PAGE_1G, PAGE_2M, PAGE_4M } from '../isa/paging.ts';
import { TLB_CLASSES, TLB_SLOTS } from '../state/layout.ts';
import { Bank, type SavedBank } from './bank.ts';
import { FetchPages, type SavedFetchPages } from './fetch-pages.ts';
import {
  FRAGMENTS_1G,
  FRAGMENTS_2M,
  FRAGMENTS_FEW,
  LargePages,
  type SavedLargePages,
} from './large-pages.ts';
import { type SavedStructures, StructureCache } from './structure-cache.ts';

/** Whose caches they are, and the bytes of each bank: processors share the region of the TLB evenly. */
interface CachePlace {
  readonly processor: number;
  readonly bankBytes: number;
}

export interface SavedContext {
  readonly pcid: number;
  readonly lastUse: number;
  readonly banks: readonly SavedBank[];
  readonly large: SavedLargePages;
  readonly structures: SavedStructures;
  readonly fetch: SavedFetchPages;
}

/** Everything that is cached for one address space: one PCID, or all there is while CR4.PCIDE is 0. */
export class Context {
  /** The PCID, or -1 while the slot is free. */
  pcid: number;
  lastUse = 0;
  /** Changes whenever a translation for fetches of this address space may have changed; never the same in two contexts. */
  generation = 0;
  readonly banks: readonly Bank[];
  readonly large = new LargePages();
  readonly structures = new StructureCache();
  readonly fetch = new FetchPages();

  readonly #words: Int32Array;
  readonly #place: CachePlace;

  constructor(words: Int32Array, place: CachePlace, slot: number, pcid: number) {
    this.#words = words;
    this.#place = place;
    this.pcid = pcid;
    const first = (place.processor * TLB_SLOTS + slot) * TLB_CLASSES;
    this.banks = Array.from(
      { length: TLB_CLASSES },
      (_, accessClass) => new Bank(words, first + accessClass, place.bankBytes),
    );
  }

  /** Another address space of the same processor. */
  sibling(slot: number, pcid: number): Context {
    return new Context(this.#words, this.#place, slot, pcid);
  }

  save(): SavedContext {
    return {
      pcid: this.pcid,
      lastUse: this.lastUse,
      banks: this.banks.map((bank) => bank.save()),
      large: this.large.save(),
      structures: this.structures.save(),
      fetch: this.fetch.save(),
    };
  }

  restore(saved: SavedContext): void {
    this.pcid = saved.pcid;
    this.lastUse = saved.lastUse;
    for (const [i, bank] of this.banks.entries()) bank.restore(saved.banks[i]!);
    this.large.restore(saved.large);
    this.structures.restore(saved.structures);
    this.fetch.restore(saved.fetch);
  }

  /**
   * Drops all but global translations, and the paging-structure cache. Answers whether a translation for fetches was among
   * what is gone: the code of a kernel is mostly global.
   */
  flushLocal(): boolean {
    for (const bank of this.banks) bank.flushLocal();
    this.large.flushLocal();
    this.structures.flush();
    return this.fetch.flushLocal();
  }

  flushAll(): void {
    for (const bank of this.banks) bank.flushAll();
    this.large.flushAll();
    this.structures.flush();
    this.fetch.flushAll();
  }

  /**
   * Drops the page of an address: the 4 KiB entry and, when the address lies in a large page, that page with all its
   * fragments. `halves`: 32-bit paging, whose large pages are two entries of 2 MiB each.
   * Answers whether a translation for fetches was among what is gone.
   */
  drop(lo: number, hi: number, halves: boolean, globals: boolean, locals: boolean): boolean {
    for (const bank of this.banks) bank.drop(lo, hi, globals, locals);
    const fragments = this.#dropLarge(lo, hi, globals, locals);
    const other = halves ? this.#dropLarge(lo ^ PAGE_2M, hi, globals, locals) : 0;
    if ((fragments | other) & FRAGMENTS_2M)
      this.#dropFragments(lo, hi, halves ? PAGE_4M : PAGE_2M, globals, locals);
    if (fragments & FRAGMENTS_1G) this.#dropFragments(lo, hi, PAGE_1G, globals, locals);
    return this.fetch.mayKnow(lo, hi) && this.fetch.drop(lo, hi, globals, locals);
  }

  #dropLarge(lo: number, hi: number, globals: boolean, locals: boolean): number {
    const { large, banks } = this;
    const fragments = large.drop(lo, hi, globals, locals);
    if (fragments & FRAGMENTS_FEW) {
      for (const at of large.few) for (const bank of banks) bank.drop(at, hi, globals, locals);
    }
    return fragments;
  }

  #dropFragments(lo: number, hi: number, bytes: number, globals: boolean, locals: boolean): void {
    for (const bank of this.banks) bank.dropFragments(lo & -bytes, hi, bytes, globals, locals);
  }
}
