import type { Counters, SavedCounters } from './counters.ts';
import type { ProcessorCaches, SavedCaches } from './processor-caches.ts';
import type { RamPages } from './ram-pages.ts';
import type { TableMemory } from './table-memory.ts';

/** What a snapshot keeps of the MMU: translations as they are, stale ones too, and what was counted. */
export interface SavedMmu {
  readonly caches: SavedCaches;
  readonly counters: SavedCounters;
  /** The A20 line is high. */
  readonly a20: boolean;
}

/** Saves and restores what the MMU remembers besides the control registers, and knows which pages of RAM were written. */
export class MmuState {
  readonly ramPages: RamPages;
  readonly #caches: ProcessorCaches;
  readonly #tables: TableMemory;
  readonly #counters: Counters;

  constructor(caches: ProcessorCaches, tables: TableMemory, ramPages: RamPages, counters: Counters) {
    this.#caches = caches;
    this.#tables = tables;
    this.ramPages = ramPages;
    this.#counters = counters;
  }

  /** Between two instructions. `running` is the processor that runs. */
  save(running: number): SavedMmu {
    return {
      caches: this.#caches.save(running),
      counters: this.#counters.save(),
      a20: this.#tables.frameMask === -1,
    };
  }

  /** The state page is that of `running` already; `Mmu.switchProcessor(running, running)` is to be called next. */
  restore(saved: SavedMmu, running: number): void {
    this.#tables.setA20(saved.a20);
    this.#caches.restore(saved.caches, running);
    this.#counters.restore(saved.counters);
    this.rearm();
  }

  /** From now on pages of RAM that are written are noted anew. */
  rearm(): void {
    this.ramPages.rearm(this.#caches.everywhere().flatMap((context) => context.banks));
  }
}
