import { PAGE_2M } from '../isa/paging.ts';
import { SIZE_1G, SIZE_4K, SIZE_4M, SIZE_BYTES } from './counters.ts';

/** What `find` answers for a page that is not known. */
export const FETCH_UNKNOWN = -1;

/** So many pages of code at most in one address space: no guest shall fill the host's memory by jumping about. */
const MOST_PAGES = 65_536;
const REGIONS = 1024;

export interface SavedFetchPages {
  readonly added: number;
  readonly spaces: readonly {
    readonly user: number;
    readonly hi: number;
    /** Linear page and what is known of it, in turn. */
    readonly pages: Int32Array;
    readonly large: Int32Array;
    readonly hasGigabyte: boolean;
  }[];
}

/** The pages of 4 GiB of linear addresses. */
class Space {
  /** By linear page: host page << 3 | size class << 1 | global. */
  readonly pages = new Map<number, number>();
  /** How many of them are not global. */
  locals = 0;
  /** Regions of 2 MiB in which a large page was met. */
  readonly large = new Set<number>();
  hasGigabyte = false;

  /** `page` is not known. */
  set(page: number, found: number): void {
    this.pages.set(page, found);
    if ((found & 1) === 0) this.locals++;
  }

  /** Answers whether the page was known. */
  drop(page: number, globals: boolean, locals: boolean): boolean {
    const found = this.pages.get(page);
    if (found === undefined || !(found & 1 ? globals : locals)) return false;
    if ((found & 1) === 0) this.locals--;
    return this.pages.delete(page);
  }
}

/**
 * Translations for instruction fetches of one address space: host pages by linear page, for supervisor and for user code.
 *
 * They are kept apart from those for data, and none is pushed out alone. The compiled tier looks a page of code up less
 * often than the interpreter does; here it makes no difference how often: the first fetch from a page after a flush walks
 * the tables, whichever tier makes it, and no other does.
 */
export class FetchPages {
  #added = 0;
  /** By the number of a region of 2 MiB: whether any page there may be known. */
  readonly #regions = new Uint8Array(REGIONS);
  readonly #byHigh = [new Map<number, Space>(), new Map<number, Space>()] as const;

  /** Number of the host page, or FETCH_UNKNOWN. */
  find(lo: number, hi: number, user: boolean): number {
    const found = this.#byHigh[user ? 1 : 0].get(hi)?.pages.get(lo >>> 12);
    return found === undefined ? FETCH_UNKNOWN : found >> 3;
  }

  /** As many were added as may be known: all must go before the next. */
  get isFull(): boolean {
    return this.#added >= MOST_PAGES;
  }

  add(lo: number, hi: number, user: boolean, hostPage: number, size: number, isGlobal: boolean): void {
    const spaces = this.#byHigh[user ? 1 : 0];
    let space = spaces.get(hi);
    if (!space) {
      space = new Space();
      spaces.set(hi, space);
    }
    this.#added++;
    this.#regions[regionOf(lo, hi)] = 1;
    space.set(lo >>> 12, (hostPage << 3) | (size << 1) | (isGlobal ? 1 : 0));
    if (size === SIZE_4K) return;
    space.large.add(lo >>> 21);
    if (size === SIZE_4M) {
      space.large.add((lo >>> 21) ^ 1);
      this.#regions[regionOf(lo ^ PAGE_2M, hi)] = 1;
    }
    if (size !== SIZE_1G) return;
    space.hasGigabyte = true;
    this.#regions.fill(1);
  }

  /** Whether any page near the address may be known. Most pages that are dropped held no code. */
  mayKnow(lo: number, hi: number): boolean {
    return this.#regions[regionOf(lo, hi)] !== 0;
  }

  /** Forgets the page of an address, all of it if it is a large one. Answers whether any was known. */
  drop(lo: number, hi: number, globals: boolean, locals: boolean): boolean {
    let hit = false;
    for (const spaces of this.#byHigh) {
      const space = spaces.get(hi);
      if (!space) continue;
      const { pages, large } = space;
      if (space.drop(lo >>> 12, globals, locals)) hit = true;
      if (!large.has(lo >>> 21) && !space.hasGigabyte) continue;
      for (const [page, found] of pages) {
        const own = SIZE_BYTES[(found >> 1) & 3]!;
        if ((((page << 12) ^ lo) & -own) === 0 && space.drop(page, globals, locals)) hit = true;
      }
    }
    return hit;
  }

  /** Forgets all pages that are not global. Answers whether any was known. */
  flushLocal(): boolean {
    let hit = false;
    for (const spaces of this.#byHigh) {
      for (const space of spaces.values()) {
        if (space.locals === 0) continue;
        for (const page of space.pages.keys()) space.drop(page, false, true);
        hit = true;
      }
    }
    return hit;
  }

  save(): SavedFetchPages {
    const spaces = this.#byHigh.flatMap((byHigh, user) =>
      [...byHigh].map(([hi, { pages, large, hasGigabyte }]) => ({
        user,
        hi,
        pages: Int32Array.from([...pages].flat()),
        large: Int32Array.from(large),
        hasGigabyte,
      })),
    );
    return { added: this.#added, spaces };
  }

  restore(saved: SavedFetchPages): void {
    this.flushAll();
    this.#added = saved.added;
    for (const { user, hi, pages, large, hasGigabyte } of saved.spaces) {
      const space = new Space();
      for (let i = 0; i < pages.length; i += 2) {
        space.set(pages[i]!, pages[i + 1]!);
        this.#regions[regionOf(pages[i]! << 12, hi)] = 1;
      }
      for (const region of large) {
        space.large.add(region);
        this.#regions[regionOf(region << 21, hi)] = 1;
      }
      space.hasGigabyte = hasGigabyte;
      if (hasGigabyte) this.#regions.fill(1);
      this.#byHigh[user ? 1 : 0].set(hi, space);
    }
  }

  flushAll(): void {
    this.#added = 0;
    this.#regions.fill(0);
    for (const spaces of this.#byHigh) spaces.clear();
  }
}

function regionOf(lo: number, hi: number): number {
  return ((lo >>> 21) ^ (hi << 5) ^ (hi >>> 5)) & (REGIONS - 1);
}
