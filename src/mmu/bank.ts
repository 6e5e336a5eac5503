import { SHAPES_OFFSET, TLB_BANK_BYTES, TLB_ENTRY_BYTES, TLB_OFFSET } from '../state/layout.ts';

/**
 * One bank of the fast TLB: the 4 KiB translations of one address space for one class of access, direct-mapped.
 *
 * An entry is eight words:
 *
 *     0  read tag       1  high word     A tag is the page's linear address, so that one compare of both words
 *     2  write tag      3  high word     (or of one i64) proves page, permission and that nothing special applies.
 *     4  unused         5  unused        Its low 12 bits are 0 exactly when the access may go straight to memory.
 *     6  addend: host offset = (low word of the linear address + addend) >>> 0; for a device or a hole the frame
 *     7  size class, global, protection key, which of the used-lists hold the entry
 *
 * Both tags carry the page's number as long as the entry is used, also the ones that are invalid.
 */
export const TAG_WRITE = 2;
export const ENTRY_ADDEND = 6;
const ENTRY_META = 7;
const ENTRY_WORDS = TLB_ENTRY_BYTES >> 2;

/** Low bits of a tag. INVALID: the access is not permitted, or not known to be. The others: valid, but slow. */
export const TAG_INVALID = 1 << 0;
/** Not memory: a device or a hole. */
export const TAG_DEVICE = 1 << 1;
/** A write to ROM. */
export const TAG_ROM = 1 << 2;
/** A write to a page that holds decoded code. No bit that an access of up to 64 bytes could have in a misaligned address. */
export const TAG_CODE = 1 << 7;
/** Alignment must be checked. */
export const TAG_ALIGN = 1 << 4;
/** Hits are being counted. */
export const TAG_COUNT = 1 << 6;
/** Accesses to the page are watched: a data breakpoint lies in it. */
export const TAG_WATCH = 1 << 5;
export const TAG_LOW_BITS = 0xfff;
export const PAGE_MASK = -0x1000;
const EMPTY = -1;

const META_SIZE = 0x3;
export const META_GLOBAL = 1 << 2;
/** The page is a user page with a protection key that is not 0. */
export const META_KEYED = 1 << 3;
const META_LISTED_LOCAL = 1 << 4;
const META_LISTED_GLOBAL = 1 << 5;
const META_LISTED = META_LISTED_LOCAL | META_LISTED_GLOBAL;

const FIRST_ENTRIES = 4096;
/** Evictions until a bank of the largest size looks whether it may grow. */
const NEVER = 0x3fffffff;
/** The banks' words, over the whole TLB region: word 0 is at TLB_OFFSET. */
export function tlbWords(buffer: ArrayBuffer): Int32Array {
  return new Int32Array(buffer, TLB_OFFSET, (SHAPES_OFFSET - TLB_OFFSET) >> 2);
}

/** The translations of a bank as a snapshot keeps them: five words each. */
export interface SavedBank {
  readonly active: boolean;
  readonly size: number;
  readonly entries: Int32Array;
  readonly evictions: number;
  readonly evictionsToGrow: number;
}

/** Of a saved entry: read tag, high word, write tag, addend, and what it is. */
const SAVED_WORDS = 5;

export class Bank {
  /** Index of the bank's first word. */
  readonly offset: number;
  /** (entries - 1) * ENTRY_WORDS: `(lo >>> 9) & mask` is the entry's first word within the bank. */
  mask = (FIRST_ENTRIES - 1) * ENTRY_WORDS;
  entries = FIRST_ENTRIES;

  readonly #words: Int32Array;
  readonly #maxEntries: number;
  isActive = false;
  /** Used entries, as word offsets within the bank: by what the entry was when it was listed. */
  #local = new Int32Array(0);
  #global = new Int32Array(0);
  #localCount = 0;
  #globalCount = 0;
  /** Fills that pushed out another page: ever, and how many may be reached before the bank is doubled. */
  evictions = 0;
  #evictionsToGrow = FIRST_ENTRIES;

  constructor(words: Int32Array, number: number, bytes = TLB_BANK_BYTES) {
    this.#words = words;
    this.offset = (number * bytes) >> 2;
    const room = Math.min(bytes / TLB_ENTRY_BYTES, Math.floor((words.length - this.offset) / ENTRY_WORDS));
    this.#maxEntries = 2 ** Math.floor(Math.log2(room));
  }

  /** Index of the first word of the entry that the address would have. */
  at(lo: number): number {
    return this.offset | ((lo >>> 9) & this.mask);
  }

  /**
   * Fills the entry of a page and answers its index: `read` and `write` are the low bits of its tags. A bank that
   * has evicted as many translations as it has entries is doubled, so `mask` may change.
   */
  fill(lo: number, hi: number, read: number, write: number, addend: number, meta: number): number {
    const words = this.#words;
    const page = lo & PAGE_MASK;
    let i = this.at(lo);
    const before = words[i]!;
    if (before !== EMPTY && ((before & PAGE_MASK) !== page || words[i | 1] !== hi)) {
      if (++this.evictions > this.#evictionsToGrow) {
        this.#grow();
        i = this.at(lo);
      }
    }
    const listed = words[i | ENTRY_META]! & META_LISTED;
    const list = meta & META_GLOBAL ? META_LISTED_GLOBAL : META_LISTED_LOCAL;
    if ((listed & list) === 0) this.#list(i - this.offset, list);
    words[i] = page | read;
    words[i | TAG_WRITE] = page | write;
    if (words[i | 1] !== hi) {
      // The two high words are always equal, and most often the same as before.
      words[i | 1] = hi;
      words[i | 3] = hi;
    }
    words[i | ENTRY_ADDEND] = addend;
    words[i | ENTRY_META] = meta | listed | list;
    return i;
  }

  /** Drops everything that is not global. */
  flushLocal(): void {
    const words = this.#words;
    const list = this.#local;
    for (let n = this.#localCount - 1; n >= 0; n--) {
      const i = this.offset + list[n]!;
      const meta = words[i | ENTRY_META]!;
      words[i | ENTRY_META] = meta & ~META_LISTED_LOCAL;
      if ((meta & META_GLOBAL) === 0) clear(words, i);
    }
    this.#localCount = 0;
  }

  flushAll(): void {
    const words = this.#words;
    this.flushLocal();
    const list = this.#global;
    for (let n = this.#globalCount - 1; n >= 0; n--) {
      const i = this.offset + list[n]!;
      words[i | ENTRY_META] = 0;
      clear(words, i);
    }
    this.#globalCount = 0;
    this.#evictionsToGrow = this.evictions + this.entries;
  }

  /** Drops the 4 KiB entry of one page, if it is global and `globals`, or not and `locals`. */
  drop(lo: number, hi: number, globals: boolean, locals: boolean): void {
    if (!this.isActive) return;
    const i = this.at(lo);
    const words = this.#words;
    if ((words[i]! & PAGE_MASK) !== (lo & PAGE_MASK) || words[i | 1] !== hi) return;
    if (words[i | ENTRY_META]! & META_GLOBAL ? globals : locals) clear(words, i);
  }

  /** Drops every fragment of the large page of `bytes` (2 MiB or 1 GiB) that starts at `base`. */
  dropFragments(base: number, hi: number, bytes: number, globals: boolean, locals: boolean): void {
    if (!this.isActive) return;
    const region = -bytes;
    const count = Math.min(bytes >>> 12, this.entries);
    const words = this.#words;
    let at = (base >>> 9) & this.mask;
    for (let n = 0; n < count; n++) {
      const i = this.offset + at;
      at = (at + ENTRY_WORDS) & this.mask;
      if ((words[i]! & region) !== base || words[i | 1] !== hi) continue;
      const meta = words[i | ENTRY_META]!;
      if ((meta & META_SIZE) === 0 || words[i] === EMPTY) continue;
      if (meta & META_GLOBAL ? globals : locals) clear(words, i);
    }
  }

  /** Drops the entries whose tags depend on a protection key. */
  dropKeyed(): void {
    this.#each((words, i) => {
      if (words[i | ENTRY_META]! & META_KEYED) clear(words, i);
    });
  }

  /** Takes the fast write tag from every entry of the host page `host` (an int32), wherever it is mapped. */
  slowWrites(host: number): void {
    this.#each((words, i) => {
      const tag = words[i | TAG_WRITE]!;
      if (tag & (TAG_INVALID | TAG_DEVICE | TAG_ROM)) return;
      if ((((tag & PAGE_MASK) + words[i | ENTRY_ADDEND]!) | 0) === host)
        words[i | TAG_WRITE] = tag | TAG_CODE;
    });
  }

  /** Gives the tags of a page's data accesses other `TAG_WATCH` bits. */
  watch(lo: number, hi: number, read: number, write: number): void {
    if (!this.isActive) return;
    const i = this.at(lo);
    const words = this.#words;
    if (words[i] === EMPTY || (words[i]! & PAGE_MASK) !== (lo & PAGE_MASK) || words[i | 1] !== hi) return;
    words[i] = (words[i]! & ~TAG_WATCH) | read;
    words[i | TAG_WRITE] = (words[i | TAG_WRITE]! & ~TAG_WATCH) | write;
  }

  /**
   * Entries as fills left them, by their place: neither what code lies in their pages nor the order of their fills matters
   * to the guest.
   */
  save(): SavedBank {
    const used: number[] = [];
    this.#eachUsed((_, i) => used.push(i));
    const entries = new Int32Array(used.length * SAVED_WORDS);
    const words = this.#words;
    let at = 0;
    for (const i of Int32Array.from(used).sort()) {
      entries[at++] = words[i]!;
      entries[at++] = words[i | 1]!;
      entries[at++] = words[i | TAG_WRITE]! & ~TAG_CODE;
      entries[at++] = words[i | ENTRY_ADDEND]!;
      entries[at++] = words[i | ENTRY_META]! & ~META_LISTED;
    }
    const { entries: size, evictions } = this;
    return { active: this.isActive, size, entries, evictions, evictionsToGrow: this.#evictionsToGrow };
  }

  /** No page is known to hold code: `settleWrites` is to be called next. */
  restore(saved: SavedBank): void {
    this.isActive = saved.active;
    this.entries = saved.size;
    this.mask = (saved.size - 1) * ENTRY_WORDS;
    this.#local = new Int32Array(saved.active ? saved.size : 0);
    this.#global = new Int32Array(saved.active ? saved.size : 0);
    this.#localCount = 0;
    this.#globalCount = 0;
    if (saved.active) this.#empty(0, saved.size);
    const { entries } = saved;
    for (let n = 0; n < entries.length; n += SAVED_WORDS) {
      const read = entries[n]!;
      const write = entries[n + 2]! & TAG_LOW_BITS;
      this.fill(read, entries[n + 1]!, read & TAG_LOW_BITS, write, entries[n + 3]!, entries[n + 4]!);
    }
    this.evictions = saved.evictions;
    this.#evictionsToGrow = saved.evictionsToGrow;
  }

  /** Asks of the host page (an int32) of each entry that writes to memory fast whether it holds code, and makes it slow then. */
  settleWrites(hasCode: (host: number) => boolean): void {
    this.#eachUsed((words, i) => {
      const tag = words[i | TAG_WRITE]!;
      if ((tag & (TAG_INVALID | TAG_DEVICE | TAG_ROM | TAG_CODE)) !== 0) return;
      if (hasCode(((tag & PAGE_MASK) + words[i | ENTRY_ADDEND]!) | 0)) words[i | TAG_WRITE] = tag | TAG_CODE;
    });
  }

  /** Each entry that holds a translation, once. */
  #eachUsed(visit: (words: Int32Array, i: number) => void): void {
    const words = this.#words;
    for (let n = 0; n < this.#localCount; n++) {
      const i = this.offset + this.#local[n]!;
      if (words[i] !== EMPTY) visit(words, i);
    }
    for (let n = 0; n < this.#globalCount; n++) {
      const i = this.offset + this.#global[n]!;
      if (words[i] !== EMPTY && (words[i | ENTRY_META]! & META_LISTED_LOCAL) === 0) visit(words, i);
    }
  }

  #each(visit: (words: Int32Array, i: number) => void): void {
    for (let n = 0; n < this.#localCount; n++) visit(this.#words, this.offset + this.#local[n]!);
    for (let n = 0; n < this.#globalCount; n++) visit(this.#words, this.offset + this.#global[n]!);
  }

  #list(at: number, list: number): void {
    if (list === META_LISTED_GLOBAL) this.#global[this.#globalCount++] = at;
    else this.#local[this.#localCount++] = at;
  }

  /** Before the first use: memory starts as zeros, and a tag of 0 would be the page at 0. */
  activate(): void {
    if (this.isActive) return;
    this.isActive = true;
    this.#local = new Int32Array(this.entries);
    this.#global = new Int32Array(this.entries);
    this.#empty(0, this.entries);
  }

  #empty(from: number, to: number): void {
    for (let n = from; n < to; n++) {
      const i = this.offset + n * ENTRY_WORDS;
      clear(this.#words, i);
      this.#words[i | ENTRY_META] = 0;
    }
  }

  /** Doubles the bank. Each entry stays where it is or moves up by the old size, as its address says. */
  #grow(): void {
    const words = this.#words;
    const half = this.entries;
    if (half >= this.#maxEntries) {
      this.#evictionsToGrow = this.evictions + NEVER;
      return;
    }
    this.#empty(half, half * 2);
    this.entries = half * 2;
    this.mask = (this.entries - 1) * ENTRY_WORDS;
    this.#local = new Int32Array(this.entries);
    this.#global = new Int32Array(this.entries);
    this.#localCount = 0;
    this.#globalCount = 0;
    this.#evictionsToGrow = this.evictions + this.entries;
    for (let n = 0; n < half; n++) {
      let i = this.offset + n * ENTRY_WORDS;
      const meta = words[i | ENTRY_META]! & ~META_LISTED;
      words[i | ENTRY_META] = 0;
      if (words[i] === EMPTY) continue;
      const home = this.at(words[i]!);
      if (home !== i) {
        words.copyWithin(home, i, i + ENTRY_WORDS);
        clear(words, i);
        i = home;
      }
      const list = meta & META_GLOBAL ? META_LISTED_GLOBAL : META_LISTED_LOCAL;
      words[i | ENTRY_META] = meta | list;
      this.#list(i - this.offset, list);
    }
  }
}

/** Two stores: a low word that is not the number of a page never matches, whatever the high word is. */
function clear(words: Int32Array, i: number): void {
  words[i] = EMPTY;
  words[i | TAG_WRITE] = EMPTY;
}
