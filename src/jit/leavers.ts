import type { Block } from '../cpu/blocks.ts';

/**
 * Exits in front of the same instruction that are enough: compiling its region anew costs as much as some thousands of them.
 * Then those of its region that are on the way there are taken with it: a loop that copies what is not aligned, say, has
 * many accesses that cross pages now and then.
 */
const OFTEN = 1024;
const ON_THE_WAY = 32;
/** So many instructions are watched; then the count begins anew. */
const MOST_WATCHED = 4096;
/** More than so many are not made to stay: no guest shall fill the host's memory. */
const MOST_FOUND = 65_536;

/** Instructions, by physical address, in front of which compiled code is left for the interpreter again and again. */
export class Leavers {
  readonly found = new Set<number>();
  readonly #exits = new Map<number, number>();

  /** Notes an exit. True when it is the one that makes the instruction one of `found`. */
  note(physical: number): boolean {
    if (this.found.has(physical)) return false;
    const exits = (this.#exits.get(physical) ?? 0) + 1;
    if (exits >= OFTEN) return this.#find(physical);
    if (this.#exits.size >= MOST_WATCHED) this.#exits.clear();
    this.#exits.set(physical, exits);
    return false;
  }

  /** Those in the blocks that have left some times already are `found` as well. */
  noteOthers(blocks: readonly Block[]): void {
    for (const [physical, exits] of this.#exits) {
      if (exits >= ON_THE_WAY && blocks.some((block) => block.covers(physical))) this.#find(physical);
    }
  }

  #find(physical: number): boolean {
    this.#exits.delete(physical);
    if (this.found.size >= MOST_FOUND) return false;
    this.found.add(physical);
    return true;
  }
}
