/**
 * Paging-structure cache of one address space (SDM Vol. 3A, "Caches for Paging Structures"): page directories'
 * entries, which say where the page table of 2 MiB lies, and PDPT entries, which do so for the directory of 1 GiB.
 *
 * An entry is four words: low word of the linear address with the generation in the bits below the region, high word,
 * word index of the table in the machine's memory, rights of all levels above it. INVLPG empties the whole cache, so emptying is a step of the
 * generation.
 */

const DIRECTORY_ENTRIES = 1024;
const POINTER_ENTRIES = 64;
const POINTER_START = DIRECTORY_ENTRIES * 4;

const REGION_2M = -0x200000;
const REGION_1G = -0x40000000;
/** Generations fit in the 21 bits below a 2 MiB region; 0 marks an entry that was never filled. */
const LAST_GENERATION = 0x1fffff;

export interface SavedStructures {
  readonly words: Int32Array;
  readonly generation: number;
}

export class StructureCache {
  readonly words = new Int32Array((DIRECTORY_ENTRIES + POINTER_ENTRIES) * 4);
  #generation = 1;

  /** Index in `words` of the entry for the page table of the address; -1 when there is none. */
  findTable(lo: number, hi: number): number {
    const i = ((lo >>> 21) & (DIRECTORY_ENTRIES - 1)) << 2;
    const { words } = this;
    return words[i] === ((lo & REGION_2M) | this.#generation) && words[i + 1] === hi ? i : -1;
  }

  /** The same for the page directory of the address. */
  findDirectory(lo: number, hi: number): number {
    const i = POINTER_START + ((((hi << 2) | (lo >>> 30)) & (POINTER_ENTRIES - 1)) << 2);
    const { words } = this;
    return words[i] === ((lo & REGION_1G) | this.#generation) && words[i + 1] === hi ? i : -1;
  }

  /** Word index of the table. */
  table(at: number): number {
    return this.words[at + 2]!;
  }

  rights(at: number): number {
    return this.words[at + 3]!;
  }

  addTable(lo: number, hi: number, table: number, rights: number): void {
    this.#add(((lo >>> 21) & (DIRECTORY_ENTRIES - 1)) << 2, lo & REGION_2M, hi, table, rights);
  }

  addDirectory(lo: number, hi: number, table: number, rights: number): void {
    const i = POINTER_START + ((((hi << 2) | (lo >>> 30)) & (POINTER_ENTRIES - 1)) << 2);
    this.#add(i, lo & REGION_1G, hi, table, rights);
  }

  /** Forgets what would be used for one address: what a page fault does. */
  drop(lo: number, hi: number): void {
    const table = this.findTable(lo, hi);
    if (table >= 0) this.words[table] = 0;
    const directory = this.findDirectory(lo, hi);
    if (directory >= 0) this.words[directory] = 0;
  }

  flush(): void {
    if (this.#generation++ < LAST_GENERATION) return;
    this.words.fill(0);
    this.#generation = 1;
  }

  save(): SavedStructures {
    return { words: this.words.slice(), generation: this.#generation };
  }

  restore(saved: SavedStructures): void {
    this.words.set(saved.words);
    this.#generation = saved.generation;
  }

  #add(i: number, region: number, hi: number, table: number, rights: number): void {
    const { words } = this;
    words[i] = region | this.#generation;
    words[i + 1] = hi;
    words[i + 2] = table;
    words[i + 3] = rights;
  }
}
