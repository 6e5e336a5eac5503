import { STATE_TLB_BANKS, TLB_BANK_BYTES, TLB_CLASSES, TLB_OFFSET, TLB_SLOTS } from '../state/layout.ts';
import { Context, type SavedContext } from './context.ts';
import { type WatchedPage, watchTags } from './watched-pages.ts';

/** INVPCID (SDM Vol. 2A, "INVPCID"). */
const INVPCID_CONTEXT = 1;
const INVPCID_ALL_AND_GLOBAL = 2;

/** What one processor has cached. */
interface Caches {
  readonly contexts: Context[];
  /** While another processor runs: the address space it was in, and the pages whose accesses it watches. */
  context: Context;
  watched: readonly WatchedPage[];
}

export interface SavedCaches {
  readonly uses: number;
  /** By processor: its address spaces, and which of them it is in. */
  readonly processors: readonly { readonly contexts: readonly SavedContext[]; readonly context: number }[];
}

/**
 * The address spaces of all processors whose translations are kept: a context for each PCID of each processor, until a new
 * one needs the place of the one that was not used for the longest time.
 */
export class ProcessorCaches {
  /** Those of the processor that runs, and the one it is in. */
  contexts: Context[];
  context: Context;
  /** The pages whose accesses the running processor watches. */
  watched: readonly WatchedPage[] = [];
  readonly #all: readonly Caches[];
  /** The address space whose banks compiled code knows. */
  #published: Context | undefined;
  #generations = 0;
  #uses = 0;

  /** So many processors, each with one address space. */
  constructor(words: Int32Array, processors: number) {
    const bankBytes = TLB_BANK_BYTES / 2 ** Math.ceil(Math.log2(processors));
    this.#all = Array.from({ length: processors }, (_, processor) => {
      const context = new Context(words, { processor, bankBytes }, 0, 0);
      this.renew(context);
      return { contexts: [context], context, watched: [] };
    });
    this.contexts = this.#all[0]!.contexts;
    this.context = this.contexts[0]!;
  }

  /** Each processor finds its part as it left it. */
  switchProcessor(from: number, to: number): void {
    const left = this.#all[from]!;
    left.context = this.context;
    left.watched = this.watched;
    ({ contexts: this.contexts, context: this.context, watched: this.watched } = this.#all[to]!);
  }

  /**
   * Tells compiled code where the bank of a class is, and those of all classes when the address space is another one than
   * before.
   */
  publish(state: Int32Array, accessClass: number): void {
    const { context } = this;
    const isKnown = context === this.#published;
    this.#published = context;
    for (let each = isKnown ? accessClass : 0; each < TLB_CLASSES; each++) {
      const { isActive, offset, mask } = context.banks[each]!;
      const word = (STATE_TLB_BANKS >> 2) + each * 2;
      state[word] = isActive ? TLB_OFFSET + (offset << 2) : 0;
      state[word + 1] = mask << 2;
      if (isKnown) return;
    }
  }

  /** Power-on, for those that do not run: one address space, nothing watched. What is cached must go besides. */
  reset(): void {
    this.#published = undefined;
    for (const caches of this.#all) {
      if (caches.contexts === this.contexts) continue;
      for (const [i, context] of caches.contexts.entries()) context.pcid = i === 0 ? 0 : -1;
      caches.context = caches.contexts[0]!;
      caches.watched = [];
    }
  }

  /** From now on the running processor watches these pages, and no others. */
  watch(pages: readonly WatchedPage[]): void {
    const before = this.watched;
    this.watched = pages;
    for (const { lo, hi } of [...before, ...pages]) {
      const [read, write] = watchTags(pages, lo, hi);
      for (const context of this.contexts) for (const bank of context.banks) bank.watch(lo, hi, read, write);
    }
  }

  /** Those of every processor. */
  everywhere(): Context[] {
    return this.#all.flatMap((caches) => caches.contexts);
  }

  evictions(): number {
    let total = 0;
    for (const context of this.everywhere()) for (const bank of context.banks) total += bank.evictions;
    return total;
  }

  save(running: number): SavedCaches {
    return {
      uses: this.#uses,
      processors: this.#all.map(({ contexts, context }, processor) => ({
        contexts: contexts.map((c) => c.save()),
        context: contexts.indexOf(processor === running ? this.context : context),
      })),
    };
  }

  /** `running` is the processor that runs from now on. What is watched follows from debug registers: nothing is, yet. */
  restore(saved: SavedCaches, running: number): void {
    this.#uses = saved.uses;
    this.#published = undefined;
    for (const [processor, caches] of this.#all.entries()) {
      const from = saved.processors[processor]!;
      const { contexts } = caches;
      contexts.length = Math.min(contexts.length, from.contexts.length);
      for (const [slot, context] of from.contexts.entries()) {
        if (slot >= contexts.length) contexts.push(contexts[0]!.sibling(slot, context.pcid));
        contexts[slot]!.restore(context);
        this.renew(contexts[slot]!);
      }
      caches.context = contexts[from.context]!;
      caches.watched = [];
    }
    ({ contexts: this.contexts, context: this.context, watched: this.watched } = this.#all[running]!);
  }

  /** A translation for fetches may have changed. */
  renew(context: Context): void {
    context.generation = ++this.#generations;
  }

  /** Enters the address space of a PCID. Answers whether the translations of another one had to go for it. */
  enter(pcid: number): boolean {
    let oldest: Context | undefined;
    for (const context of this.contexts) {
      if (context.pcid === pcid) {
        this.#use(context);
        return false;
      }
      if (!oldest || context.pcid < 0 || (oldest.pcid >= 0 && context.lastUse < oldest.lastUse))
        oldest = context;
    }
    const context = oldest!;
    if (context.pcid >= 0 && this.contexts.length < TLB_SLOTS) {
      const opened = context.sibling(this.contexts.length, pcid);
      this.contexts.push(opened);
      this.renew(opened);
      this.#use(opened);
      return false;
    }
    const lost = context.pcid >= 0;
    if (context.flushLocal()) this.renew(context);
    context.pcid = pcid;
    this.#use(context);
    return lost;
  }

  /** INVPCID of a type that exists. */
  invalidate(type: number, pcid: number, lo: number, hi: number): void {
    for (const context of this.contexts) {
      if (this.#invalidateIn(context, type, pcid, lo, hi)) this.renew(context);
    }
  }

  /** Answers whether a translation for fetches may be gone. */
  #invalidateIn(context: Context, type: number, pcid: number, lo: number, hi: number): boolean {
    if (type === INVPCID_ALL_AND_GLOBAL) {
      context.flushAll();
      return true;
    }
    if (type > INVPCID_ALL_AND_GLOBAL) return context.flushLocal();
    if (context.pcid !== pcid) return false;
    if (type === INVPCID_CONTEXT) return context.flushLocal();
    // Type 0: one address.
    const hit = context.drop(lo, hi, false, false, true);
    context.structures.flush();
    return hit;
  }

  #use(context: Context): void {
    context.lastUse = ++this.#uses;
    this.context = context;
  }
}
