import { PAGING_32BIT, PAGING_PAE, PTE_A, PTE_D, PTE_G, PTE_P, PTE_PS, PTE_XD_HIGH } from '../isa/paging.ts';
import { PF_P, PF_RSVD } from '../isa/vectors.ts';
import { STATE_CR3, STATE_PDPTE } from '../state/layout.ts';
import { type Counters, SIZE_1G, SIZE_2M, SIZE_4K, SIZE_4M } from './counters.ts';
import { LEVEL_PD, type PagingFormat } from './paging-format.ts';
import { ACCESS_WRITE, type Permissions, RIGHTS_ALL } from './permissions.ts';
import type { RamPages } from './ram-pages.ts';
import type { StructureCache } from './structure-cache.ts';
import type { TableMemory } from './table-memory.ts';
import { TablePath } from './table-path.ts';

/** What `walk` answers when the access is permitted; anything else is the P, RSVD and PK bits of an error code. */
export const WALK_DONE = -1;
const WALK_UNUSUAL = -2;

const LEAF_LOW_RIGHTS = PTE_D | PTE_G;
/** XD and the protection key, where the high word of an entry has them. */
const LEAF_HIGH_RIGHTS = 0xf8000000 | 0;
const FRAME_OFFSET_2M = 0x1ff;
const FRAME_OFFSET_4M = 0x3ff;
const FRAME_OFFSET_1G = 0x3ffff;

/**
 * The page walk (SDM Vol. 3A, "Paging"), in numbers alone. Results are left in fields; nothing is allocated. What the
 * bits mean is `PagingFormat`'s and `Permissions`' business; `explain.ts` tells the same walk in words.
 */
export class Walker {
  /** After WALK_DONE: frame of the 4 KiB page of the address, A20 not applied; rights and what they grant; size. */
  frame = 0;
  rights = 0;
  grants = 0;
  size = SIZE_4K;
  /** Paging-structure entries read by the last walk; 0 when `Counters` has it already, as a quick or a full one. */
  references = 0;
  /** After a walk that failed: the paging-structure cache had a part in it. */
  fromCache = false;

  readonly #state: Int32Array;
  readonly #tables: TableMemory;
  readonly #words: Int32Array;
  readonly #format: PagingFormat;
  readonly #permissions: Permissions;
  readonly #ramPages: RamPages;
  readonly #counters: Counters;
  /** By level: word index of the entry of the running walk; -1 where no memory is. */
  readonly #path = new Int32Array(6);
  /** Of `#fourLevels`: how the last one came to its page table. */
  readonly #path4: TablePath;

  constructor(
    state: Int32Array,
    tables: TableMemory,
    format: PagingFormat,
    permissions: Permissions,
    ramPages: RamPages,
    counters: Counters,
  ) {
    this.#state = state;
    this.#tables = tables;
    this.#words = tables.words;
    this.#path4 = new TablePath(tables.words);
    this.#format = format;
    this.#permissions = permissions;
    this.#ramPages = ramPages;
    this.#counters = counters;
  }

  /** A walk that trusts nothing that is cached of the tables for the address. */
  walkAnew(structures: StructureCache, lo: number, hi: number, access: number, accessClass: number): number {
    structures.drop(lo, hi);
    if (this.#format.top === 4) {
      const code = this.#fourLevels(structures, lo, hi, access, accessClass);
      if (code !== WALK_UNUSUAL) return code;
    }
    return this.walk(structures, lo, hi, access, accessClass);
  }

  walk(structures: StructureCache, lo: number, hi: number, access: number, accessClass: number): number {
    if (this.#format.mode === PAGING_32BIT) return this.#walk32(structures, lo, hi, access, accessClass);
    const cached = structures.findTable(lo, hi);
    if (cached < 0) {
      if (this.#format.top === 4 && structures.findDirectory(lo, hi) < 0) {
        const code = this.#fourLevels(structures, lo, hi, access, accessClass);
        if (code !== WALK_UNUSUAL) return code;
      }
      return this.#descend(structures, lo, hi, access, accessClass);
    }

    // The commonest case by far: the page table is known.
    const entry = structures.table(cached) + ((lo >>> 11) & 0x3fe);
    if ((this.#words[entry]! & PTE_P) === 0) {
      // Whoever asked walks again from the top: nothing is gained by walking down to this entry first.
      this.fromCache = true;
      return this.#stop(1, 0);
    }
    if (this.#takeLeaf(entry, structures.rights(cached), access, accessClass)) {
      this.references = 0;
      this.#counters.quickWalks++;
      return WALK_DONE;
    }
    return this.#descend(structures, lo, hi, access, accessClass);
  }

  /**
   * From CR3 through four tables in RAM, where no entry needs more than to be read: to a 4 KiB page, or to an entry of the
   * last table that is not present. WALK_UNUSUAL: nothing was done.
   */
  #fourLevels(
    structures: StructureCache,
    lo: number,
    hi: number,
    access: number,
    accessClass: number,
  ): number {
    const path = this.#path4;
    if (!this.#findPath(lo, hi)) return WALK_UNUSUAL;
    const { table, tableRights } = path;
    const entry = table + ((lo >>> 11) & 0x3fe);
    this.fromCache = false;
    if ((this.#words[entry]! & PTE_P) === 0) return this.#stop(4, 0);
    if (!this.#takeLeaf(entry, tableRights, access, accessClass)) return WALK_UNUSUAL;
    structures.addTable(lo, hi, table, tableRights);
    structures.addDirectory(lo, hi, path.directory, path.directoryRights);
    this.references = 0;
    this.#counters.fullWalks++;
    return WALK_DONE;
  }

  /** The way to the page table of the address, in `#path4`. False: an entry on it needs more than to be read. */
  #findPath(lo: number, hi: number): boolean {
    const tables = this.#tables;
    const reserved = this.#format.highReserved;
    const cr3 = STATE_CR3 >> 2;
    const root = (this.#state[cr3]! >>> 12) | (this.#state[cr3 + 1]! << 20);
    return this.#path4.leadsTo(lo, hi, root, tables.epoch, reserved) || this.#walkPath(lo, hi, root);
  }

  #walkPath(lo: number, hi: number, root: number): boolean {
    const words = this.#words;
    const tables = this.#tables;
    const path = this.#path4;
    let table = tables.table(root);
    if (table < 0) return false;
    const entry4 = table + ((hi >>> 6) & 0x3fe);
    let entryLo = words[entry4]!;
    let entryHi = words[entry4 + 1]!;
    let every = entryLo;
    let any = entryLo;
    let anyHi = entryHi;
    table = tables.table((entryLo >>> 12) | (entryHi << 20));
    if (table < 0) return false;
    const entry3 = table + (((hi << 3) | (lo >>> 29)) & 0x3fe);
    entryLo = words[entry3]!;
    entryHi = words[entry3 + 1]!;
    every &= entryLo;
    any |= entryLo;
    anyHi |= entryHi;
    const directory = tables.table((entryLo >>> 12) | (entryHi << 20));
    if (directory < 0) return false;
    const directoryRights = (RIGHTS_ALL & every) | (anyHi & PTE_XD_HIGH);
    const entry2 = directory + ((lo >>> 20) & 0x3fe);
    entryLo = words[entry2]!;
    entryHi = words[entry2 + 1]!;
    every &= entryLo;
    any |= entryLo;
    anyHi |= entryHi;
    const isPlain = (every & (PTE_P | PTE_A)) === (PTE_P | PTE_A) && (any & PTE_PS) === 0;
    if (!isPlain || (anyHi & this.#format.highReserved) !== 0) return false;
    table = tables.table((entryLo >>> 12) | (entryHi << 20));
    if (table < 0) return false;
    path.table = table;
    path.tableRights = (RIGHTS_ALL & every) | (anyHi & PTE_XD_HIGH);
    path.directory = directory;
    path.directoryRights = directoryRights;
    path.remember(lo, hi, root, tables.epoch, this.#format.highReserved);
    path.through(entry4, entry3, entry2);
    return true;
  }

  /**
   * The present entry of a page table, below levels whose accessed flags are set. False where it forbids the access: then
   * nothing was done.
   */
  #takeLeaf(entry: number, tableRights: number, access: number, accessClass: number): boolean {
    const entryLo = this.#words[entry]!;
    const entryHi = this.#words[entry + 1]!;
    let rights = leafRights(tableRights, entryLo, entryHi);
    const grants = this.#permissions.granted(accessClass, rights);
    if ((grants & (1 << access)) === 0 || (entryHi & this.#format.highReserved) !== 0) return false;
    const needed = access === ACCESS_WRITE ? PTE_A | PTE_D : PTE_A;
    if ((entryLo & needed) !== needed) {
      this.#setBits(entry, needed);
      rights |= needed & PTE_D;
    }
    this.frame = (entryLo >>> 12) | (entryHi << 20);
    this.rights = rights;
    this.grants = grants;
    this.size = SIZE_4K;
    return true;
  }

  /** The walk with everything that may happen on the way: large pages, faults, accessed and dirty flags. */
  #descend(structures: StructureCache, lo: number, hi: number, access: number, accessClass: number): number {
    const format = this.#format;
    const words = this.#words;
    const path = this.#path;
    const highReserved = format.highReserved;

    // Where to begin: as low as the caches allow.
    let level = 1;
    let table: number;
    let rights: number;
    let references = 0;
    const cached = structures.findTable(lo, hi);
    const directory = cached >= 0 ? -1 : structures.findDirectory(lo, hi);
    if (cached >= 0) {
      table = structures.table(cached);
      rights = structures.rights(cached);
    } else if (directory >= 0) {
      level = 2;
      table = structures.table(directory);
      rights = structures.rights(directory);
    } else if (format.mode === PAGING_PAE) {
      level = 2;
      const register = (STATE_PDPTE >> 2) + ((lo >>> 30) << 1);
      const pdpte = this.#state[register]!;
      this.fromCache = false;
      if ((pdpte & PTE_P) === 0) return this.#stop(references, 0);
      table = this.#table((pdpte >>> 12) | (this.#state[register + 1]! << 20));
      rights = RIGHTS_ALL;
    } else {
      level = format.top;
      const cr3 = STATE_CR3 >> 2;
      table = this.#table((this.#state[cr3]! >>> 12) | (this.#state[cr3 + 1]! << 20));
      rights = RIGHTS_ALL;
    }
    const start = level;
    this.fromCache = start < format.top;

    let directoryTable = -1;
    let directoryRights = 0;
    let accessed = PTE_A;
    let size = SIZE_4K;
    let frame: number;
    let entry: number;
    let entryLo: number;
    let entryHi: number;
    for (;;) {
      references++;
      entry = table < 0 ? -1 : table + indexOffset(level, lo, hi);
      entryLo = table < 0 ? -1 : words[entry]!;
      entryHi = table < 0 ? -1 : words[entry + 1]!;
      if ((entryLo & PTE_P) === 0) return this.#stop(references, 0);
      path[level] = entry;
      frame = (entryLo >>> 12) | (entryHi << 20);
      if (level === 1) {
        if (entryHi & highReserved) return this.#stop(references, PF_P | PF_RSVD);
        break;
      }
      const large = level <= 3 ? entryLo & PTE_PS : 0;
      const lowReserved = format.tableReserved[level]! | (large ? format.leafReserved[level]! : 0);
      if ((entryLo & lowReserved) | (entryHi & highReserved)) return this.#stop(references, PF_P | PF_RSVD);
      if (large) {
        size = level === 2 ? SIZE_2M : SIZE_1G;
        const within = level === 2 ? FRAME_OFFSET_2M : FRAME_OFFSET_1G;
        frame = (frame & ~within) | ((lo >>> 12) & within);
        break;
      }
      accessed &= entryLo;
      rights = (rights & (entryLo | ~RIGHTS_ALL)) | (entryHi & PTE_XD_HIGH);
      table = this.#table(frame);
      if (level === 3) {
        directoryTable = table;
        directoryRights = rights;
      }
      level--;
    }
    const tableRights = rights;
    rights = leafRights(rights, entryLo, entryHi);
    this.references = references;
    const grants = this.#permissions.granted(accessClass, rights);
    if ((grants & (1 << access)) === 0) {
      return this.#permissions.errorCode(accessClass, rights, access);
    }

    // Permitted: accessed flags at every level that was read, the dirty flag of the leaf, then the caches.
    if ((accessed & entryLo & PTE_A) === 0) {
      for (let above = start; above >= level; above--) this.#setBits(path[above]!, PTE_A);
    }
    if (access === ACCESS_WRITE && (entryLo & PTE_D) === 0) {
      this.#setBits(entry, PTE_D);
      rights |= PTE_D;
    }
    if (start > 1 && level === 1) structures.addTable(lo, hi, table, tableRights);
    if (directoryTable >= 0) structures.addDirectory(lo, hi, directoryTable, directoryRights);
    this.frame = frame;
    this.rights = rights;
    this.grants = grants;
    this.size = size;
    return WALK_DONE;
  }

  /** 32-bit paging: entries of 4 bytes, no execute-disable, no keys (SDM Vol. 3A, "32-Bit Paging"). */
  #walk32(structures: StructureCache, lo: number, hi: number, access: number, accessClass: number): number {
    const format = this.#format;
    const cached = structures.findTable(lo, hi);
    this.fromCache = cached >= 0;
    let references = 0;
    let table: number;
    let rights: number;
    let directoryEntry = -1;
    let directory = PTE_A;
    let size = SIZE_4K;
    let frame: number;
    let entry: number;
    let entryLo: number;
    if (cached >= 0) {
      table = structures.table(cached);
      rights = structures.rights(cached);
    } else {
      const root = this.#table(this.#state[STATE_CR3 >> 2]! >>> 12);
      directoryEntry = root < 0 ? -1 : root + (lo >>> 22);
      directory = root < 0 ? -1 : this.#words[directoryEntry]!;
      references++;
      if ((directory & PTE_P) === 0) return this.#stop(references, 0);
      rights = RIGHTS_ALL & directory;
      table = -1;
    }
    if (cached < 0 && directory & PTE_PS && format.large2) {
      if (directory & format.leafReserved[LEVEL_PD]!) return this.#stop(references, PF_P | PF_RSVD);
      entry = directoryEntry;
      entryLo = directory;
      size = SIZE_4M;
      // Bits 31:22, then bits 39:32 out of bits 20:13.
      frame =
        ((entryLo >>> 12) & ~FRAME_OFFSET_4M) |
        ((entryLo & format.pse36) << 7) |
        ((lo >>> 12) & FRAME_OFFSET_4M);
    } else {
      if (cached < 0) table = this.#table(directory >>> 12);
      entry = table < 0 ? -1 : table + ((lo >>> 12) & 0x3ff);
      entryLo = table < 0 ? -1 : this.#words[entry]!;
      references++;
      if ((entryLo & PTE_P) === 0) return this.#stop(references, 0);
      frame = entryLo >>> 12;
    }
    const tableRights = rights;
    rights = leafRights(rights, entryLo, 0);
    this.references = references;
    const grants = this.#permissions.granted(accessClass, rights);
    if ((grants & (1 << access)) === 0) {
      return this.#permissions.errorCode(accessClass, rights, access);
    }
    if ((directory & PTE_A) === 0) this.#setBits(directoryEntry, PTE_A);
    if ((entryLo & PTE_A) === 0) this.#setBits(entry, PTE_A);
    if (access === ACCESS_WRITE && (entryLo & PTE_D) === 0) {
      this.#setBits(entry, PTE_D);
      rights |= PTE_D;
    }
    if (cached < 0 && size === SIZE_4K && table >= 0) structures.addTable(lo, hi, table, tableRights);
    this.frame = frame;
    this.rights = rights;
    this.grants = grants;
    this.size = size;
    return WALK_DONE;
  }

  /** Word index of the table at `frame`; -1, and the read is counted, where there is no memory. */
  #table(frame: number): number {
    const table = this.#tables.table(frame);
    if (table < 0) this.#tables.noteHole(frame);
    return table;
  }

  #stop(references: number, errorCode: number): number {
    this.references = references;
    return errorCode;
  }

  #setBits(word: number, bits: number): void {
    if (word >= 0 && this.#tables.setBits(word, bits)) this.#ramPages.written(this.#tables.physical(word), 4);
  }
}

/** Words from the start of a table of 8-byte entries to the one that the address selects. */
function indexOffset(level: number, lo: number, hi: number): number {
  switch (level) {
    case 1:
      return (lo >>> 11) & 0x3fe;
    case 2:
      return (lo >>> 20) & 0x3fe;
    case 3:
      return ((hi << 3) | (lo >>> 29)) & 0x3fe;
    case 4:
      return (hi >>> 6) & 0x3fe;
    default:
      return (hi >>> 15) & 0x3fe;
  }
}

/** The rights of the levels above together with those of the leaf. */
function leafRights(above: number, leafLo: number, leafHi: number): number {
  return (above & (leafLo | ~RIGHTS_ALL)) | (leafLo & LEAF_LOW_RIGHTS) | (leafHi & LEAF_HIGH_RIGHTS);
}
