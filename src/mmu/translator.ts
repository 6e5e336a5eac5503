import { isCanonical } from '../bits/words.ts';
import type { AddressSpace } from '../bus/address-space.ts';
import {
  CR0_AM,
  CR4_PAE,
  CR4_PCIDE,
  CR4_PGE,
  CR4_PKE,
  CR4_SMAP,
  CR4_SMEP,
  EFER_NXE,
} from '../isa/control.ts';
import { PAGE_4K, PAGING_4LEVEL, PAGING_32BIT, PAGING_NONE, PTE_D, PTE_G, PTE_US } from '../isa/paging.ts';
import { RFLAGS_AC } from '../isa/rflags.ts';
import { PF_ID, PF_US, PF_WR, VECTOR_GP, VECTOR_PF } from '../isa/vectors.ts';
import type { CpuState } from '../state/cpu-state.ts';
import type { GuestFault } from '../state/faults.ts';
import {
  STATE_CPL,
  STATE_CR0,
  STATE_CR2,
  STATE_CR3,
  STATE_CR4,
  STATE_EFER,
  STATE_PDPTE,
  STATE_PKRU,
  STATE_RFLAGS,
  STATE_TLB_BANK,
  STATE_TLB_MASK,
  TLB_OFFSET,
} from '../state/layout.ts';
import {
  type Bank,
  META_GLOBAL,
  META_KEYED,
  PAGE_MASK,
  TAG_ALIGN,
  TAG_CODE,
  TAG_COUNT,
  TAG_DEVICE,
  TAG_INVALID,
  TAG_ROM,
  TAG_WRITE,
  tlbWords,
} from './bank.ts';
import type { Context } from './context.ts';
import { Counters, type FlushReason, SIZE_4K } from './counters.ts';
import { explain, type Walk, type WalkContext } from './explain.ts';
import { FETCH_UNKNOWN } from './fetch-pages.ts';
import { CR0_FLUSHING, CR4_FLUSHING, EFER_FLUSHING, PKRU_KEY_0 } from './flush-rules.ts';
import { listMappings, type MappingList } from './mappings.ts';
import { MmuState } from './mmu-state.ts';
import { PagingFormat } from './paging-format.ts';
import {
  ACCESS_FETCH,
  ACCESS_WRITE,
  CLASS_SUPERVISOR,
  CLASS_SUPERVISOR_AC,
  CLASS_USER,
  CLASS_USER_ALIGNED,
  GRANT_ALL,
  GRANT_READ,
  GRANT_WRITE,
  isUserClass,
  Permissions,
  RIGHTS_ALL,
  RIGHTS_KEY,
} from './permissions.ts';
import { ProcessorCaches } from './processor-caches.ts';
import type { PagingProfile } from './profile.ts';
import { RAM_CODE, RAM_PLAIN, RAM_WRITABLE, RamPages } from './ram-pages.ts';
import { StructureCache } from './structure-cache.ts';
import { TableMemory } from './table-memory.ts';
import { WALK_DONE, Walker } from './walker.ts';
import { type WatchedPage, watchTags } from './watched-pages.ts';

const PCID_MASK = 0xfff;

/**
 * Linear to physical: paging modes, the TLB and its flush rules (SDM Vol. 3A, "Caching Translation Information"),
 * #PF. `Mmu` adds the accesses themselves.
 */
export class Translator {
  /**
   * The words of all banks; `bank` is where that of the present address space and access class begins: see `bank.ts`.
   * Declared, not defined: a field that is undefined first costs every look-up a check of what it holds.
   */
  declare readonly tlb: Int32Array;
  bank = 0;
  mask = 0;
  /** The same of the supervisor's bank, for implicit accesses. */
  protected systemBank = 0;
  protected systemMask = 0;

  /** Follows CR4.LA57. */
  linearBits: 48 | 57 = 48;
  /**
   * Identifies the present set of translations for fetches: a new number after everything that may have changed one, the
   * old number after a switch back to an address space whose translations were kept.
   */
  generation = 0;
  readonly counters: Counters;
  /** All that a snapshot keeps of it. */
  readonly saved: MmuState;
  onFlush: ((reason: FlushReason) => void) | undefined;
  /** Told of each access to a watched page, once it is certain that it does not fault. Never of one across pages. */
  onWatched: ((lo: number, hi: number, bytes: number, isWrite: boolean) => void) | undefined;

  protected readonly state: CpuState;
  protected readonly space: AddressSpace;
  protected readonly fault: GuestFault;
  protected readonly ramPages: RamPages;
  protected accessClass = CLASS_SUPERVISOR;
  /** Frame of the device or hole that the last fetch met. */
  protected fetchFrame = 0;

  readonly #words: Int32Array;
  readonly #tables: TableMemory;
  readonly #format: PagingFormat;
  readonly #permissions = new Permissions();
  readonly #walker: Walker;
  readonly #ramOffset: number;

  /** Empty before each walk: what a fetch reads must not depend on what was fetched before. */
  readonly #fetchStructures = new StructureCache();
  /** What each processor has cached, and of that the running one's. */
  readonly #caches: ProcessorCaches;
  #current: Bank;

  // What the control registers said when the mode was last derived from them.
  #cr0 = 0;
  #cr4 = 0;
  #efer = 0;
  #pkru = 0;
  /** PF_ID while fetches are told apart in error codes. */
  #fetchCode = 0;
  /** Low bits of every tag, and of every data tag of the present class. */
  #countTag = 0;
  #slowTag = 0;

  constructor(
    state: CpuState,
    space: AddressSpace,
    profile: PagingProfile,
    fault: GuestFault,
    processors = 1,
  ) {
    this.state = state;
    this.space = space;
    this.fault = fault;
    this.#words = state.words;
    this.#ramOffset = space.memory.ramOffset;
    this.tlb = tlbWords(space.memory.buffer);
    this.ramPages = new RamPages(space);
    this.#tables = new TableMemory(space);
    this.#format = new PagingFormat(profile);
    this.counters = new Counters(() => this.#caches.evictions());
    this.#walker = new Walker(
      state.words,
      this.#tables,
      this.#format,
      this.#permissions,
      this.ramPages,
      this.counters,
    );
    this.#caches = new ProcessorCaches(this.tlb, processors);
    this.saved = new MmuState(this.#caches, this.#tables, this.ramPages, this.counters);
    this.#current = this.#caches.context.banks[CLASS_SUPERVISOR]!;
    const above = space.onMapChange;
    space.onMapChange = () => {
      above?.();
      this.ramPages.mapChanged();
      this.#tables.mapChanged();
      this.#flushEverywhere('map');
    };
    this.reset();
    this.counters.clear();
  }

  /** Derives everything from the state page: after power-on, or when the state was replaced as a whole. */
  reset(): void {
    this.#caches.reset();
    this.#deriveMode();
    this.#flushEverywhere('reset');
    this.#enter(this.#currentPcid());
    this.generation = this.#caches.context.generation;
    this.updateMode();
  }

  /** After a change of CR0, CR4, EFER, PKRU, CPL or RFLAGS.AC. */
  updateMode(): void {
    const words = this.#words;
    const cr0 = words[STATE_CR0 >> 2]!;
    const cr4 = words[STATE_CR4 >> 2]!;
    if (
      cr0 !== this.#cr0 ||
      cr4 !== this.#cr4 ||
      words[STATE_EFER >> 2] !== this.#efer ||
      words[STATE_PKRU >> 2] !== this.#pkru
    ) {
      this.#modeChanged();
    }
    this.selectClass(this.#presentClass());
  }

  /** After a change of CPL or RFLAGS.AC alone by compiled code, which knows its bank already. */
  levelChanged(): void {
    const accessClass = this.#presentClass();
    if (accessClass !== this.accessClass) this.selectClass(accessClass);
  }

  #presentClass(): number {
    const ac = this.#words[STATE_RFLAGS >> 2]! & RFLAGS_AC;
    if (this.#words[STATE_CPL >> 2] === 3) return ac && this.#cr0 & CR0_AM ? CLASS_USER_ALIGNED : CLASS_USER;
    return ac && this.#cr4 & CR4_SMAP ? CLASS_SUPERVISOR_AC : CLASS_SUPERVISOR;
  }

  protected selectClass(accessClass: number): void {
    const { banks } = this.#caches.context;
    const bank = banks[accessClass]!;
    const system = banks[CLASS_SUPERVISOR]!;
    bank.activate();
    system.activate();
    this.systemBank = system.offset;
    this.systemMask = system.mask;
    this.accessClass = accessClass;
    this.#current = bank;
    this.bank = bank.offset;
    this.mask = bank.mask;
    this.#slowTag = this.#countTag | (accessClass === CLASS_USER_ALIGNED ? TAG_ALIGN : 0);
    this.#words[STATE_TLB_BANK >> 2] = TLB_OFFSET + (bank.offset << 2);
    this.#words[STATE_TLB_MASK >> 2] = bank.mask << 2;
    this.#caches.publish(this.#words, accessClass);
  }

  #modeChanged(): void {
    const cr0 = this.#cr0 ^ this.#words[STATE_CR0 >> 2]!;
    const cr4 = this.#cr4 ^ this.#words[STATE_CR4 >> 2]!;
    const efer = this.#efer ^ this.#words[STATE_EFER >> 2]!;
    const pkru = this.#pkru ^ this.#words[STATE_PKRU >> 2]!;
    const leftPcids = this.#cr4 & cr4 & CR4_PCIDE;
    this.#deriveMode();
    if (cr0 & CR0_FLUSHING) this.flushAll('cr0');
    else if (cr4 & CR4_FLUSHING || leftPcids) this.flushAll('cr4');
    else if (efer & EFER_FLUSHING) this.flushAll('efer');
    else if (pkru && this.#cr4 & CR4_PKE && this.#format.mode >= PAGING_4LEVEL) this.#flushKeys(pkru);
    if (leftPcids) {
      for (const context of this.#caches.contexts) context.pcid = -1;
      this.#enter(0);
      this.generation = this.#caches.context.generation;
    }
  }

  #deriveMode(): void {
    const words = this.#words;
    this.#cr0 = words[STATE_CR0 >> 2]!;
    this.#cr4 = words[STATE_CR4 >> 2]!;
    this.#efer = words[STATE_EFER >> 2]!;
    this.#pkru = words[STATE_PKRU >> 2]!;
    this.#format.update(this.#cr0, this.#cr4, this.#efer);
    this.#permissions.update(this.#format.mode, this.#cr0, this.#cr4, this.#pkru);
    this.linearBits = this.#format.linearBits;
    const told = this.#cr4 & CR4_SMEP || (this.#cr4 & CR4_PAE && this.#efer & EFER_NXE);
    this.#fetchCode = told ? PF_ID : 0;
  }

  /**
   * From now on it is processor `number` that runs; the state page is its own already. Each has its part of the TLB and
   * finds it as it left it.
   */
  switchProcessor(from: number, to: number): void {
    this.#caches.switchProcessor(from, to);
    this.#deriveMode();
    this.generation = this.#caches.context.generation;
    this.updateMode();
  }

  // Address spaces and flushes.

  /** MOV CR3, or a task switch. `noFlush` is bit 63 of the source, which is obeyed while CR4.PCIDE is 1. */
  loadCr3(lo: number, hi: number, noFlush: boolean): void {
    this.#words[STATE_CR3 >> 2] = lo;
    this.#words[(STATE_CR3 >> 2) + 1] = hi & 0x7fffffff;
    const pcids = (this.#cr4 & CR4_PCIDE) !== 0;
    if (pcids) this.#enter(this.#currentPcid());
    if (!(pcids && noFlush)) {
      if (this.#caches.context.flushLocal()) this.#caches.renew(this.#caches.context);
      this.#note('cr3');
    }
    this.generation = this.#caches.context.generation;
    this.selectClass(this.accessClass);
  }

  /** Loads the four PDPTE registers of PAE paging from the table at CR3 `lo:hi`; #GP(0) when a reserved bit is set. */
  loadPdptes(lo: number, _hi: number): void {
    const table = this.#tables.table(lo >>> 12);
    const loaded = new Int32Array(8).fill(-1);
    if (table >= 0) {
      const word = table + ((lo & 0xfe0) >> 2);
      loaded.set(this.#tables.words.subarray(word, word + 8));
    }
    for (let i = 0; i < 8; i += 2) {
      if (this.#format.pdpteReserved(loaded[i]!, loaded[i + 1]!)) throw this.fault.setWithCode(VECTOR_GP, 0);
    }
    this.#words.set(loaded, STATE_PDPTE >> 2);
  }

  /** Drops everything that is cached, in all address spaces, global or not. */
  flushAll(reason: FlushReason): void {
    for (const context of this.#caches.contexts) {
      context.flushAll();
      this.#caches.renew(context);
    }
    this.generation = this.#caches.context.generation;
    this.#note(reason);
  }

  /** The same for every processor: what an address means has changed for all of them. */
  #flushEverywhere(reason: FlushReason): void {
    for (const context of this.#caches.everywhere()) {
      context.flushAll();
      this.#caches.renew(context);
    }
    this.generation = this.#caches.context.generation;
    this.#note(reason);
  }

  invlpg(lo: number, hi: number): void {
    const halves = this.#format.mode === PAGING_32BIT;
    for (const context of this.#caches.contexts) {
      if (context.drop(lo, hi, halves, true, context === this.#caches.context)) this.#caches.renew(context);
    }
    this.#caches.context.structures.flush();
    this.generation = this.#caches.context.generation;
    this.counters.flushes.invlpg++; // By name: `#note` takes ten times as long.
    this.onFlush?.('invlpg');
  }

  /** The operands are valid: the instruction has checked them. */
  invpcid(type: number, pcid: number, lo: number, hi: number): void {
    this.#caches.invalidate(type, pcid, lo, hi);
    this.generation = this.#caches.context.generation;
    this.#note('invpcid');
  }

  /** The A20 line: while it is low, bit 20 of every physical address is 0. */
  setA20(enabled: boolean): void {
    this.#tables.setA20(enabled);
    this.#flushEverywhere('a20');
  }

  /** PKRU has changed in the bits `changed`: tags of pages with those keys promise too much or too little. */
  #flushKeys(changed: number): void {
    if (changed & PKRU_KEY_0) {
      this.flushAll('pkru');
      return;
    }
    for (const context of this.#caches.contexts) for (const bank of context.banks) bank.dropKeyed();
    this.#note('pkru');
  }

  #currentPcid(): number {
    return this.#cr4 & CR4_PCIDE ? this.#words[STATE_CR3 >> 2]! & PCID_MASK : 0;
  }

  #enter(pcid: number): void {
    if (this.#caches.enter(pcid)) this.#note('pcid');
  }

  /** A translation for fetches of the present address space may have changed. */
  #renew(context: Context): void {
    this.#caches.renew(context);
    this.generation = context.generation;
  }

  #note(reason: FlushReason): void {
    this.counters.flushes[reason]++;
    this.onFlush?.(reason);
  }

  // Code pages.

  /** From now on a write to RAM page `frame` calls `onCodeWrite`, after its bytes are stored. */
  markCode(frame: number): void {
    this.ramPages.markCode(
      frame,
      this.#caches.everywhere().flatMap((context) => context.banks),
    );
  }

  unmarkCode(frame: number): void {
    this.ramPages.unmarkCode(frame);
  }

  /**
   * The write tag of entry `i`, which said that its page at host offset `host` holds code. When the mark is gone since,
   * the tag is made fast again.
   */
  protected codeTag(i: number, host: number): number {
    const frame = (host - this.#ramOffset) >>> 12;
    if (this.ramPages.forgives(frame)) this.tlb[i | TAG_WRITE]! &= ~TAG_CODE;
    return this.tlb[i | TAG_WRITE]!;
  }

  set onCodeWrite(listener: ((physical: number, bytes: number) => void) | undefined) {
    this.ramPages.onCodeWrite = listener;
  }

  // Looking, without side effects.

  explain(lo: number, hi: number): Walk {
    return explain(this.#walkContext(), lo, hi);
  }

  mappings(tablesLimit?: number): MappingList {
    return listMappings(this.#walkContext(), tablesLimit);
  }

  #walkContext(): WalkContext {
    const globalPages = (this.#cr4 & CR4_PGE) !== 0;
    return { state: this.#words, tables: this.#tables, format: this.#format, globalPages };
  }

  /** Counting hits makes every access take the slow path; off, it costs nothing. */
  get countHits(): boolean {
    return this.#countTag !== 0;
  }

  set countHits(on: boolean) {
    this.#countTag = on ? TAG_COUNT : 0;
    this.selectClass(this.accessClass);
    this.#flushEverywhere('reset');
  }

  /** From now on accesses to these pages, and to no others, take the slow path and are told to `onWatched`. */
  watch(pages: readonly WatchedPage[]): void {
    this.#caches.watch(pages);
  }

  // The slow path of translation.

  /**
   * Index in `tlb` of the entry of the page of `lo:hi`, whose tag for the access is then valid. Raises #PF, and #GP(0)
   * for an address that is not canonical.
   */
  protected entry(lo: number, hi: number, access: number): number {
    const i = this.tryEntry(lo, hi, access);
    if (i < 0) throw this.fault;
    return i;
  }

  /** The same, but a fault is described and answered as -1. */
  protected tryEntry(lo: number, hi: number, access: number): number {
    const tlb = this.tlb;
    const i = this.bank | ((lo >>> 9) & this.mask);
    const tag = tlb[i | (access << 1)]!;
    if (((tag ^ lo) & PAGE_MASK) === 0 && (tag & TAG_INVALID) === 0 && tlb[i | (access << 1) | 1] === hi) {
      if (this.#countTag) this.counters.hits++;
      return i;
    }
    return this.#translate(lo, hi, access);
  }

  #translate(lo: number, hi: number, access: number): number {
    const { mode } = this.#format;
    if (mode === PAGING_NONE) return this.#fill(lo, hi, lo >>> 12, RIGHTS_ALL | PTE_D, GRANT_ALL, SIZE_4K);
    if (mode >= PAGING_4LEVEL && !isCanonical(hi, this.linearBits)) {
      this.fault.setNonCanonical();
      return -1;
    }
    const { structures, large } = this.#caches.context;
    const kept = large.find(lo, hi);
    if (kept >= 0) {
      const rights = large.rights(kept);
      const grants = this.#permissions.granted(this.accessClass, rights);
      if (grants & (1 << access) && (access !== ACCESS_WRITE || rights & PTE_D)) {
        large.noteFragment(kept, lo);
        const size = large.size(kept, mode);
        this.counters.refills[size]!++;
        return this.#fill(lo, hi, large.frame(kept, lo), rights, grants, size);
      }
    }
    const walker = this.#walker;
    let code = walker.walk(structures, lo, hi, access, this.accessClass);
    if (code !== WALK_DONE && walker.fromCache) {
      // A fault always comes from the tables as they are, never from what was cached of them.
      code = walker.walkAnew(structures, lo, hi, access, this.accessClass);
    }
    if (code !== WALK_DONE) {
      this.#describePageFault(lo, hi, access, code);
      return -1;
    }
    if (walker.references > 0) this.#noteWalk(lo, hi, walker);
    return this.#fill(lo, hi, walker.frame, walker.rights, walker.grants, walker.size);
  }

  /** After a walk that was not quick. */
  #noteWalk(lo: number, hi: number, { references, frame, rights, size }: Walker): void {
    this.counters.noteWalk(size, references);
    if (size === SIZE_4K) return;
    const global = (rights & PTE_G) !== 0 && (this.#cr4 & CR4_PGE) !== 0;
    this.#caches.context.large.add(lo, hi, frame, rights, size, global);
  }

  #fill(lo: number, hi: number, frame: number, rights: number, grants: number, size: number): number {
    // The first write must come and set the dirty flag.
    if ((rights & PTE_D) === 0) grants &= ~GRANT_WRITE;
    const masked = frame & this.#tables.frameMask;
    let read = this.#slowTag;
    let write = read;
    let addend: number;
    const { flags } = this.ramPages;
    let pageFlags = masked >>> 0 < flags.length ? flags[masked]! : 0;
    if ((pageFlags & RAM_PLAIN) === 0) pageFlags = this.ramPages.look(masked >>> 0);
    if (pageFlags & RAM_PLAIN) {
      addend = (this.#ramOffset + (masked << 12) - (lo & PAGE_MASK)) | 0;
      if (pageFlags & RAM_CODE) write |= TAG_CODE;
      else if (grants & GRANT_WRITE && (pageFlags & RAM_WRITABLE) === 0) this.ramPages.noteWritable(masked);
    } else if (this.space.isReadOnly(masked >>> 0)) {
      addend = (this.space.hostPage(masked >>> 0) - (lo & PAGE_MASK)) | 0;
      write |= TAG_ROM;
    } else {
      addend = masked;
      read |= TAG_DEVICE;
      write |= TAG_DEVICE;
    }
    if (this.#caches.watched.length > 0) {
      const [watchRead, watchWrite] = watchTags(this.#caches.watched, lo & PAGE_MASK, hi);
      read |= watchRead;
      write |= watchWrite;
    }
    if ((grants & GRANT_READ) === 0) read = TAG_INVALID;
    if ((grants & GRANT_WRITE) === 0) write = TAG_INVALID;
    let meta = size;
    if (rights & PTE_G && this.#cr4 & CR4_PGE) meta |= META_GLOBAL;
    if (rights & RIGHTS_KEY && rights & PTE_US) meta |= META_KEYED;
    const i = this.#current.fill(lo, hi, read, write, addend, meta);
    if (this.mask !== this.#current.mask) this.selectClass(this.accessClass);
    return i;
  }

  /**
   * Host page that instructions of the page of `lo:hi` are fetched from; FETCH_UNKNOWN for a device or a hole, whose
   * frame is then in `fetchFrame`.
   */
  protected fetchPage(lo: number, hi: number): number {
    const user = isUserClass(this.accessClass);
    const known = this.#caches.context.fetch.find(lo, hi, user);
    return known === FETCH_UNKNOWN ? this.#walkForFetch(lo, hi, user) : known;
  }

  #walkForFetch(lo: number, hi: number, user: boolean): number {
    const { mode } = this.#format;
    let frame = lo >>> 12;
    let size = SIZE_4K;
    let isGlobal = false;
    if (mode !== PAGING_NONE) {
      if (mode >= PAGING_4LEVEL && !isCanonical(hi, this.linearBits)) throw this.fault.setNonCanonical();
      const walker = this.#walker;
      this.#fetchStructures.flush();
      const code = walker.walk(this.#fetchStructures, lo, hi, ACCESS_FETCH, this.accessClass);
      if (code !== WALK_DONE) {
        this.#describePageFault(lo, hi, ACCESS_FETCH, code);
        throw this.fault;
      }
      ({ frame, size } = walker);
      if (walker.references > 0) this.counters.noteWalk(size, walker.references);
      isGlobal = (walker.rights & PTE_G) !== 0 && (this.#cr4 & CR4_PGE) !== 0;
    }
    const masked = (frame & this.#tables.frameMask) >>> 0;
    const host = this.space.hostPage(masked);
    if (host < 0) {
      this.fetchFrame = masked;
      return FETCH_UNKNOWN;
    }
    const hostPage = Math.floor(host / PAGE_4K);
    const { context } = this.#caches;
    if (context.fetch.isFull) {
      context.fetch.flushAll();
      this.#renew(context);
    }
    context.fetch.add(lo, hi, user, hostPage, size, isGlobal);
    return hostPage;
  }

  #describePageFault(lo: number, hi: number, access: number, code: number): void {
    this.counters.pageFaults++;
    // SDM Vol. 3A, "Operations that Invalidate TLBs and Paging-Structure Caches": page faults do so for their address.
    const { context } = this.#caches;
    if (context.drop(lo, hi, this.#format.mode === PAGING_32BIT, true, true)) this.#renew(context);
    if (access === ACCESS_FETCH) context.structures.drop(lo, hi); // Others have: see `#translate`.
    this.#words[STATE_CR2 >> 2] = lo;
    this.#words[(STATE_CR2 >> 2) + 1] = hi;
    if (access === ACCESS_WRITE) code |= PF_WR;
    if (access === ACCESS_FETCH) code |= this.#fetchCode;
    if (isUserClass(this.accessClass)) code |= PF_US;
    this.fault.setWithCode(VECTOR_PF, code);
  }
}
