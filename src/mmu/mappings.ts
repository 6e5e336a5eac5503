import {
  PAGING_32BIT,
  PAGING_NONE,
  PAGING_PAE,
  PTE_G,
  PTE_P,
  PTE_RW,
  PTE_US,
  PTE_XD_HIGH,
} from '../isa/paging.ts';
import { STATE_PDPTE } from '../state/layout.ts';
import {
  entryFrame,
  isLeaf,
  leafBytes,
  leafFrame,
  reservedBits,
  rootFrame,
  type WalkContext,
} from './explain.ts';
import { RIGHTS_ALL, RIGHTS_KEY_SHIFT, RIGHTS_XD } from './permissions.ts';

/** A run of pages of one size and with the same rights, contiguous in linear and in physical memory. */
export interface Mapping {
  readonly linear: readonly [lo: number, hi: number];
  readonly physical: number;
  readonly bytes: number;
  readonly pageSize: number;
  readonly writable: boolean;
  readonly user: boolean;
  readonly executable: boolean;
  readonly global: boolean;
  readonly protectionKey: number;
}

/** Mappings in linear order. `truncated`: the tables refer to more tables than were looked at. */
export interface MappingList extends Iterable<Mapping> {
  readonly ranges: readonly Mapping[];
  readonly truncated: boolean;
}

/**
 * Tables looked at before the list is cut: 32 GiB in 4 KiB pages. Recursive mappings and garbage taken for tables
 * can refer to 512^4 pages.
 */
const MAPPED_TABLES_LIMIT = 16384;

/** Ranges listed before the list is cut. */
const RANGES_LIMIT = 131072;

const WHOLE = 4294967296;

/** Lists what the tables map, without side effects. */
export function listMappings(context: WalkContext, tablesLimit = MAPPED_TABLES_LIMIT): MappingList {
  const lister = new Lister(context, tablesLimit);
  lister.list();
  const { ranges, truncated } = lister;
  return { ranges, truncated, [Symbol.iterator]: () => ranges[Symbol.iterator]() };
}

class Lister {
  readonly ranges: Mapping[] = [];
  truncated = false;
  readonly #context: WalkContext;
  #tablesLeft: number;
  readonly #mode: number;
  readonly #rightsMask: number;

  // The run that is being collected; `#bytes` 0 means none. Addresses are split so that they stay exact: linear ones
  // in a low word and an unsigned high word.
  #lo = 0;
  #hi = 0;
  #physical = 0;
  #bytes = 0;
  #size = 0;
  #rights = 0;

  constructor(context: WalkContext, tablesLimit: number) {
    this.#context = context;
    this.#tablesLeft = tablesLimit;
    this.#mode = context.format.mode;
    this.#rightsMask = RIGHTS_ALL | RIGHTS_XD | (0xf << RIGHTS_KEY_SHIFT) | (context.globalPages ? PTE_G : 0);
  }

  list(): void {
    const { format, state } = this.#context;
    if (this.#mode === PAGING_NONE) return;
    if (this.#mode === PAGING_PAE) {
      for (let index = 0; index < 4; index++) {
        const lo = state[(STATE_PDPTE >> 2) + index * 2]!;
        const hi = state[(STATE_PDPTE >> 2) + index * 2 + 1]!;
        if (lo & PTE_P) this.#table(entryFrame(this.#mode, lo, hi), 2, index << 30, 0, RIGHTS_ALL);
      }
    } else {
      this.#table(rootFrame(this.#context), format.top, 0, 0, RIGHTS_ALL);
    }
    this.#close();
  }

  /** All entries of one table, whose first maps `baseLo:baseHi`. */
  #table(frame: number, level: number, baseLo: number, baseHi: number, rights: number): void {
    if (this.#tablesLeft === 0 || this.ranges.length >= RANGES_LIMIT) {
      this.truncated = true;
      return;
    }
    this.#tablesLeft--;
    const { format, tables } = this.#context;
    const word = tables.table(frame);
    const narrow = this.#mode === PAGING_32BIT;
    const count = narrow ? 1024 : 512;
    const words = tables.words;
    for (let index = 0; index < count; index++) {
      // Where no memory is, every entry reads as ones.
      const entryLo = word < 0 ? -1 : words[narrow ? word + index : word + index * 2]!;
      if ((entryLo & PTE_P) === 0) continue;
      const entryHi = narrow ? 0 : word < 0 ? -1 : words[word + index * 2 + 1]!;
      if (level > 1 || entryHi & format.highReserved) {
        const [reservedLo, reservedHi] = reservedBits(format, level, entryLo, entryHi);
        if (reservedLo | reservedHi) continue;
      }
      this.#entry(level, index, entryLo, entryHi, baseLo, baseHi, rights);
    }
  }

  #entry(
    level: number,
    index: number,
    entryLo: number,
    entryHi: number,
    baseLo: number,
    baseHi: number,
    above: number,
  ): void {
    const { format } = this.#context;
    let lo = baseLo;
    let hi = baseHi;
    if (this.#mode === PAGING_32BIT) {
      lo |= index << (level === 2 ? 22 : 12);
    } else if (level === 1) lo |= index << 12;
    else if (level === 2) lo |= index << 21;
    else if (level === 3) {
      lo |= index << 30;
      hi |= index >> 2;
    } else {
      hi |= index << (level === 4 ? 7 : 16);
      // Bits above the highest that is translated repeat it.
      if (level === format.top && index & 0x100) hi |= -1 << (format.linearBits - 32);
    }
    const rights = (above & (entryLo | ~RIGHTS_ALL)) | (entryHi & PTE_XD_HIGH);
    if (!isLeaf(format, level, entryLo)) {
      this.#table(entryFrame(this.#mode, entryLo, entryHi), level - 1, lo, hi, rights);
      return;
    }
    const leafRights = rights | (entryLo & PTE_G) | (entryHi & (0xf << RIGHTS_KEY_SHIFT));
    const frame = leafFrame(format, level, entryLo, entryHi);
    this.#page(lo, hi, this.#context.tables.physicalAddress(frame), leafBytes(this.#mode, level), leafRights);
  }

  #page(lo: number, hi: number, physical: number, size: number, rights: number): void {
    const wanted = rights & this.#rightsMask;
    if (
      this.#bytes > 0 &&
      this.#size === size &&
      this.#rights === wanted &&
      this.#physical + this.#bytes === physical
    ) {
      const end = (this.#lo >>> 0) + this.#bytes;
      if (end % WHOLE === lo >>> 0 && ((this.#hi + Math.floor(end / WHOLE)) | 0) === hi) {
        this.#bytes += size;
        return;
      }
    }
    this.#close();
    this.#lo = lo;
    this.#hi = hi;
    this.#physical = physical;
    this.#bytes = size;
    this.#size = size;
    this.#rights = wanted;
  }

  #close(): void {
    if (this.#bytes === 0) return;
    const rights = this.#rights;
    this.ranges.push({
      linear: [this.#lo, this.#hi],
      physical: this.#physical,
      bytes: this.#bytes,
      pageSize: this.#size,
      writable: (rights & PTE_RW) !== 0,
      user: (rights & PTE_US) !== 0,
      executable: (rights & RIGHTS_XD) === 0,
      global: (rights & PTE_G) !== 0,
      protectionKey: (rights >>> RIGHTS_KEY_SHIFT) & 0xf,
    });
    this.#bytes = 0;
  }
}
