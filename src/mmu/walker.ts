import { PAGING_32BIT, PAGING_PAE, PTE_A, PTE_D, PTE_G, PTE_P, PTE_PS, PTE_XD_HIGH } from '../isa/paging.ts';
import { PF_P, PF_RSVD } from '../isa/vectors.ts';
import { STATE_CR3, STATE_PDPTE } from '../state/layout.ts';
import type { CodePages } from './code-pages.ts';
import type { Context } from './context.ts';
import { SIZE_1G, SIZE_2M, SIZE_4K, SIZE_4M } from './counters.ts';
import type { PagingFormat } from './paging-format.ts';
import { ACCESS_WRITE, type Permissions, RIGHTS_ALL } from './permissions.ts';
import type { TableMemory } from './table-memory.ts';

/** What `walk` answers when the access is permitted; anything else is the P, RSVD and PK bits of an error code. */
export const WALK_DONE = -1;

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
  /** After WALK_DONE: frame of the 4 KiB page that holds the address, A20 not applied; rights; size class. */
  frame = 0;
  rights = 0;
  size = SIZE_4K;
  /** Paging-structure entries read by the last walk, and whether the paging-structure cache had a part in it. */
  references = 0;
  fromCache = false;

  readonly #state: Int32Array;
  readonly #tables: TableMemory;
  readonly #words: Int32Array;
  readonly #format: PagingFormat;
  readonly #permissions: Permissions;
  readonly #codePages: CodePages;
  /** By level: word index of the entry of the running walk; -1 where no memory is. */
  readonly #path = new Int32Array(6);

  constructor(
    state: Int32Array,
    tables: TableMemory,
    format: PagingFormat,
    permissions: Permissions,
    codePages: CodePages,
  ) {
    this.#state = state;
    this.#tables = tables;
    this.#words = tables.words;
    this.#format = format;
    this.#permissions = permissions;
    this.#codePages = codePages;
  }

  walk(context: Context, lo: number, hi: number, access: number, accessClass: number): number {
    if (this.#format.mode === PAGING_32BIT) return this.#walk32(context, lo, hi, access, accessClass);
    const format = this.#format;
    const words = this.#words;
    const path = this.#path;
    const structures = context.structures;
    const highReserved = format.highReserved;

    // Where to begin: as low as the caches allow.
    let level = 1;
    let frame: number;
    let rights: number;
    let references = 0;
    const cached = structures.findTable(lo, hi);
    if (cached >= 0) {
      frame = structures.frame(cached);
      rights = structures.rights(cached);
    } else {
      level = 2;
      if (format.mode === PAGING_PAE) {
        const register = (STATE_PDPTE >> 2) + ((lo >>> 30) << 1);
        const pdpte = this.#state[register]!;
        if ((pdpte & PTE_P) === 0) return 0;
        frame = (pdpte >>> 12) | (this.#state[register + 1]! << 20);
        rights = RIGHTS_ALL;
      } else {
        const directory = structures.findDirectory(lo, hi);
        if (directory >= 0) {
          frame = structures.frame(directory);
          rights = structures.rights(directory);
        } else {
          level = format.top;
          const cr3 = STATE_CR3 >> 2;
          frame = (this.#state[cr3]! >>> 12) | (this.#state[cr3 + 1]! << 20);
          rights = RIGHTS_ALL;
        }
      }
    }
    const start = level;
    this.fromCache = start < format.top;

    let directoryFrame = 0;
    let directoryRights = 0;
    let accessed = PTE_A;
    let size = SIZE_4K;
    let entryLo: number;
    let entryHi: number;
    let entry: number;
    for (;;) {
      const table = this.#tables.table(frame);
      references++;
      if (table >= 0) {
        const index =
          level === 1
            ? lo >>> 12
            : level === 2
              ? lo >>> 21
              : level === 3
                ? (hi << 2) | (lo >>> 30)
                : level === 4
                  ? hi >>> 7
                  : hi >>> 16;
        entry = table + ((index & 0x1ff) << 1);
        entryLo = words[entry]!;
        entryHi = words[entry + 1]!;
      } else {
        this.#tables.noteHole(frame);
        entry = -1;
        entryLo = -1;
        entryHi = -1;
      }
      if ((entryLo & PTE_P) === 0) return this.#stop(references, 0);
      path[level] = entry;
      if (level === 1) {
        if (entryHi & highReserved) return this.#stop(references, PF_P | PF_RSVD);
        frame = (entryLo >>> 12) | (entryHi << 20);
        break;
      }
      if (entryLo & PTE_PS && level <= 3) {
        if (
          (entryLo & (format.tableReserved[level]! | format.leafReserved[level]!)) |
          (entryHi & highReserved)
        ) {
          return this.#stop(references, PF_P | PF_RSVD);
        }
        size = level === 2 ? SIZE_2M : SIZE_1G;
        const within = level === 2 ? FRAME_OFFSET_2M : FRAME_OFFSET_1G;
        frame = (((entryLo >>> 12) | (entryHi << 20)) & ~within) | ((lo >>> 12) & within);
        break;
      }
      if ((entryLo & format.tableReserved[level]!) | (entryHi & highReserved)) {
        return this.#stop(references, PF_P | PF_RSVD);
      }
      accessed &= entryLo;
      rights = (rights & (entryLo | ~RIGHTS_ALL)) | (entryHi & PTE_XD_HIGH);
      frame = (entryLo >>> 12) | (entryHi << 20);
      if (level === 3) {
        directoryFrame = frame;
        directoryRights = rights;
      } else if (level === 2) {
        // Kept in the path's unused slot 0 until the walk is known to succeed.
        path[0] = frame;
      }
      level--;
    }
    const tableRights = rights;
    rights = (rights & (entryLo | ~RIGHTS_ALL)) | (entryLo & LEAF_LOW_RIGHTS) | (entryHi & LEAF_HIGH_RIGHTS);
    this.references = references;
    if ((this.#permissions.granted(accessClass, rights) & (1 << access)) === 0) {
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
    if (start > 1) {
      if (level === 1) structures.addTable(lo, hi, path[0]!, tableRights);
      if (start >= 3 && level <= 2) structures.addDirectory(lo, hi, directoryFrame, directoryRights);
    }
    this.frame = frame;
    this.rights = rights;
    this.size = size;
    return WALK_DONE;
  }

  /** 32-bit paging: entries of 4 bytes, no execute-disable, no keys (SDM Vol. 3A, "32-Bit Paging"). */
  #walk32(context: Context, lo: number, hi: number, access: number, accessClass: number): number {
    const format = this.#format;
    const structures = context.structures;
    const cached = structures.findTable(lo, hi);
    this.fromCache = cached >= 0;
    let references = 0;
    let frame: number;
    let rights = RIGHTS_ALL;
    let directoryEntry = -1;
    let directory = 0;
    let size = SIZE_4K;
    let entry: number;
    let entryLo: number;
    if (cached >= 0) {
      frame = structures.frame(cached);
      rights = structures.rights(cached);
    } else {
      frame = this.#state[STATE_CR3 >> 2]! >>> 12;
      directoryEntry = this.#entry32(frame, lo >>> 22);
      directory = directoryEntry >= 0 ? this.#words[directoryEntry]! : -1;
      references++;
      if ((directory & PTE_P) === 0) return this.#stop(references, 0);
      frame = directory >>> 12;
    }
    if (cached < 0 && directory & PTE_PS && format.large2) {
      if (directory & format.leafReserved[2]!) return this.#stop(references, PF_P | PF_RSVD);
      entry = directoryEntry;
      entryLo = directory;
      size = SIZE_4M;
      // Bits 31:22, then bits 39:32 out of bits 20:13.
      frame =
        ((directory >>> 12) & ~FRAME_OFFSET_4M) |
        ((directory & format.pse36) << 7) |
        ((lo >>> 12) & FRAME_OFFSET_4M);
    } else {
      rights &= cached < 0 ? directory : -1;
      entry = this.#entry32(frame, (lo >>> 12) & 0x3ff);
      entryLo = entry >= 0 ? this.#words[entry]! : -1;
      references++;
      if ((entryLo & PTE_P) === 0) return this.#stop(references, 0);
    }
    const tableFrame = frame;
    const tableRights = rights;
    if (size === SIZE_4K) frame = entryLo >>> 12;
    rights = (rights & entryLo) | (entryLo & LEAF_LOW_RIGHTS);
    this.references = references;
    if ((this.#permissions.granted(accessClass, rights) & (1 << access)) === 0) {
      return this.#permissions.errorCode(accessClass, rights, access);
    }
    if (cached < 0 && (directory & PTE_A) === 0) this.#setBits(directoryEntry, PTE_A);
    if ((entryLo & PTE_A) === 0) this.#setBits(entry, PTE_A);
    if (access === ACCESS_WRITE && (entryLo & PTE_D) === 0) {
      this.#setBits(entry, PTE_D);
      rights |= PTE_D;
    }
    if (cached < 0 && size === SIZE_4K) structures.addTable(lo, hi, tableFrame, tableRights);
    this.frame = frame;
    this.rights = rights;
    this.size = size;
    return WALK_DONE;
  }

  #entry32(frame: number, index: number): number {
    const table = this.#tables.table(frame);
    if (table < 0) this.#tables.noteHole(frame);
    return table < 0 ? -1 : table + index;
  }

  #stop(references: number, errorCode: number): number {
    this.references = references;
    return errorCode;
  }

  #setBits(word: number, bits: number): void {
    if (word >= 0 && this.#tables.setBits(word, bits))
      this.#codePages.written(this.#tables.physical(word), 4);
  }
}
