import { PAGE_1G, PAGE_2M, PAGE_4K, PAGE_4M } from '../isa/paging.ts';

/** Size classes of pages, as cached translations and counters index them. */
export const SIZE_4K = 0;
export const SIZE_2M = 1;
export const SIZE_4M = 2;
export const SIZE_1G = 3;

export const SIZE_BYTES: readonly number[] = [PAGE_4K, PAGE_2M, PAGE_4M, PAGE_1G];
export const SIZE_NAMES = ['4K', '2M', '4M', '1G'] as const;
export type SizeName = (typeof SIZE_NAMES)[number];

/** Why cached translations were dropped. `pcid`: an address-space slot was given to another PCID. */
const FLUSH_REASONS = [
  'cr0', 'cr3', 'cr4', 'efer', 'pkru', 'invlpg', 'invpcid', 'pcid', 'a20', 'map', 'reset',
] as const; // biome-ignore format: one row.
export type FlushReason = (typeof FLUSH_REASONS)[number];

/** A copy of the counters with the names that reports use. */
export interface CountersReport {
  /** Accesses to data that found their translation; only counted while `Mmu.countHits` is on. */
  readonly hits: number;
  /** Completed page walks, those for instruction fetches among them, by size of the page found. */
  readonly walks: Readonly<Record<SizeName, number>>;
  /** Paging-structure entries read by those walks. */
  readonly references: Readonly<Record<SizeName, number>>;
  /** 4 KiB entries for data or fetches filled by walks and refills, by size of the page that they are part of. */
  readonly fills: Readonly<Record<SizeName, number>>;
  /** Of these fills, those made from a large page that was kept whole, without a walk. */
  readonly refills: Readonly<Record<SizeName, number>>;
  /** Fills that pushed out a translation of another page. */
  readonly evictions: number;
  readonly pageFaults: number;
  readonly flushes: Readonly<Record<FlushReason, number>>;
}

/** The counters as a snapshot keeps them. */
export interface SavedCounters {
  readonly hits: number;
  readonly pageFaults: number;
  readonly quickWalks: number;
  readonly refills: Float64Array;
  readonly walks: Float64Array;
  readonly references: Float64Array;
  readonly flushes: Readonly<Record<FlushReason, number>>;
  readonly evictionsBefore: number;
}

/** What the MMU did. Everything here is counted off the hot path; arrays are indexed by size class. */
export class Counters {
  hits = 0;
  pageFaults = 0;
  /** Walks of a 4 KiB page that needed one reference. */
  quickWalks = 0;
  /** Those that needed four, from CR3 to the page. */
  fullWalks = 0;
  readonly refills = new Float64Array(SIZE_NAMES.length);
  readonly flushes: Record<FlushReason, number> = zeroFlushes();
  /** The other walks. */
  readonly #walks = new Float64Array(SIZE_NAMES.length);
  readonly #references = new Float64Array(SIZE_NAMES.length);
  /** Banks count their evictions themselves: they grow by them. */
  readonly #totalEvictions: () => number;
  #evictionsBefore = 0;

  constructor(totalEvictions: () => number) {
    this.#totalEvictions = totalEvictions;
  }

  noteWalk(size: number, references: number): void {
    this.#walks[size]!++;
    this.#references[size]! += references;
  }

  get walks(): Float64Array {
    return this.#withPlain(this.#walks, 1);
  }

  get references(): Float64Array {
    return this.#withPlain(this.#references, 4);
  }

  get evictions(): number {
    return this.#totalEvictions() - this.#evictionsBefore;
  }

  clear(): void {
    this.hits = 0;
    this.pageFaults = 0;
    this.quickWalks = 0;
    this.fullWalks = 0;
    for (const bySize of [this.refills, this.#walks, this.#references]) bySize.fill(0);
    Object.assign(this.flushes, zeroFlushes());
    this.#evictionsBefore = this.#totalEvictions();
  }

  save(): SavedCounters {
    this.#walks[SIZE_4K]! += this.fullWalks;
    this.#references[SIZE_4K]! += 4 * this.fullWalks;
    this.fullWalks = 0;
    const { hits, pageFaults, quickWalks } = this;
    return {
      hits,
      pageFaults,
      quickWalks,
      refills: this.refills.slice(),
      walks: this.#walks.slice(),
      references: this.#references.slice(),
      flushes: { ...this.flushes },
      evictionsBefore: this.#evictionsBefore,
    };
  }

  restore(saved: SavedCounters): void {
    this.hits = saved.hits;
    this.pageFaults = saved.pageFaults;
    this.quickWalks = saved.quickWalks;
    this.fullWalks = 0;
    this.refills.set(saved.refills);
    this.#walks.set(saved.walks);
    this.#references.set(saved.references);
    Object.assign(this.flushes, saved.flushes);
    this.#evictionsBefore = saved.evictionsBefore;
  }

  report(): CountersReport {
    const { walks } = this;
    return {
      hits: this.hits,
      walks: named(walks),
      references: named(this.references),
      fills: named(walks.map((count, size) => count + this.refills[size]!)),
      refills: named(this.refills),
      evictions: this.evictions,
      pageFaults: this.pageFaults,
      flushes: { ...this.flushes },
    };
  }

  /** Together with the walks of 4 KiB pages that are counted apart. */
  #withPlain(bySize: Float64Array, ofFull: number): Float64Array {
    const all = bySize.slice();
    all[SIZE_4K]! += this.quickWalks + ofFull * this.fullWalks;
    return all;
  }
}

function zeroFlushes(): Record<FlushReason, number> {
  return Object.fromEntries(FLUSH_REASONS.map((reason) => [reason, 0])) as Record<FlushReason, number>;
}

function named(bySize: Float64Array): Record<SizeName, number> {
  return Object.fromEntries(SIZE_NAMES.map((name, size) => [name, bySize[size]])) as Record<SizeName, number>;
}
