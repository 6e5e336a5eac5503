import { TLB_BANK_BYTES } from '../state/layout.ts';
import { Context } from './context.ts';
import type { WatchedPage } from './watched-pages.ts';

/** What one processor has cached. */
export interface ProcessorCaches {
  readonly contexts: Context[];
  /** While another processor runs: the address space it was in, and the pages whose accesses it watches. */
  context: Context;
  watched: readonly WatchedPage[];
}

/** The caches of so many processors, each with one address space. */
export function createCaches(words: Int32Array, processors: number): ProcessorCaches[] {
  const bankBytes = TLB_BANK_BYTES / 2 ** Math.ceil(Math.log2(processors));
  return Array.from({ length: processors }, (_, processor) => {
    const context = new Context(words, { processor, bankBytes }, 0, 0);
    return { contexts: [context], context, watched: [] };
  });
}

/** Power-on, for a processor that does not run: one address space, nothing watched. What is cached must go besides. */
export function resetCaches(caches: ProcessorCaches): void {
  for (const [i, context] of caches.contexts.entries()) context.pcid = i === 0 ? 0 : -1;
  caches.context = caches.contexts[0]!;
  caches.watched = [];
}

export function everyContext(all: readonly ProcessorCaches[]): Context[] {
  return all.flatMap((caches) => caches.contexts);
}

export function totalEvictions(all: readonly ProcessorCaches[]): number {
  let total = 0;
  for (const context of everyContext(all)) for (const bank of context.banks) total += bank.evictions;
  return total;
}
