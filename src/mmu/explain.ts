import { isCanonical, toNumber } from '../bits/words.ts';
import {
  PAGE_1G,
  PAGE_2M,
  PAGE_4K,
  PAGE_4M,
  PAGING_4LEVEL,
  PAGING_32BIT,
  PAGING_NONE,
  PAGING_PAE,
  PTE_A,
  PTE_D,
  PTE_G,
  PTE_P,
  PTE_PAT,
  PTE_PAT_LARGE,
  PTE_PCD,
  PTE_PS,
  PTE_PWT,
  PTE_RW,
  PTE_US,
  PTE_XD_HIGH,
} from '../isa/paging.ts';
import { STATE_CR3, STATE_PDPTE } from '../state/layout.ts';
import type { PagingFormat } from './paging-format.ts';
import { RIGHTS_ALL, RIGHTS_KEY_SHIFT, RIGHTS_XD } from './permissions.ts';
import type { TableMemory } from './table-memory.ts';

/** One paging-structure entry on the way from CR3 to the page. */
export interface WalkStep {
  /** 5 PML5, 4 PML4, 3 PDPT, 2 page directory, 1 page table. */
  readonly level: number;
  /** Physical address of the table, index in it, physical address of the entry. */
  readonly table: number;
  readonly index: number;
  readonly entryPhysical: number;
  /** The entry as it is in memory (a PDPTE of PAE paging: in its register). */
  readonly entry: readonly [lo: number, hi: number];
  readonly present: boolean;
  /** The reserved bits that are set; both 0 in a valid or absent entry. */
  readonly reserved: readonly [lo: number, hi: number];
  /** The entry maps a page. */
  readonly leaf: boolean;
}

/** What all levels of a completed walk say together. */
export interface Translation {
  readonly physical: number;
  readonly pageSize: number;
  readonly writable: boolean;
  readonly user: boolean;
  readonly executable: boolean;
  readonly global: boolean;
  readonly accessed: boolean;
  readonly dirty: boolean;
  /** Bits 62:59 of the leaf; 0 outside of 4-level and 5-level paging. */
  readonly protectionKey: number;
  /** PAT, PCD and PWT of the leaf: the entry of IA32_PAT that gives the memory type. */
  readonly patIndex: number;
  /** As `Permissions` takes them. */
  readonly rights: number;
}

/** A page walk told in steps. */
export interface Walk {
  readonly linear: readonly [lo: number, hi: number];
  /** PAGING_NONE to PAGING_5LEVEL. */
  readonly paging: number;
  /** False when the linear address is not canonical, so that no table was read. */
  readonly canonical: boolean;
  /** From the root down; the last one is the leaf or the one that stopped the walk. */
  readonly steps: readonly WalkStep[];
  /** Physical address of the byte; undefined when the walk found no page. */
  readonly physical: number | undefined;
  readonly translation: Translation | undefined;
  readonly stopped:
    | { readonly level: number; readonly reason: 'not present' | 'reserved bit set' }
    | undefined;
}

/** Everything that a walk depends on and does not change. */
export interface WalkContext {
  readonly state: Int32Array;
  readonly tables: TableMemory;
  readonly format: PagingFormat;
  /** CR4.PGE. */
  readonly globalPages: boolean;
}

/** Walks without caches, rights or side effects: no accessed flags, no counters, no device is read. */
export function explain(context: WalkContext, lo: number, hi: number): Walk {
  const { format, state } = context;
  const mode = format.mode;
  const base = { linear: [lo, hi] as const, paging: mode };
  if (mode === PAGING_NONE) {
    const physical = context.tables.physicalAddress(lo >>> 12) + (lo & 0xfff);
    return {
      ...base,
      canonical: true,
      steps: [],
      physical,
      translation: unpaged(physical),
      stopped: undefined,
    };
  }
  if (mode >= PAGING_4LEVEL && !isCanonical(hi, format.linearBits)) {
    return {
      ...base,
      canonical: false,
      steps: [],
      physical: undefined,
      translation: undefined,
      stopped: undefined,
    };
  }
  const steps: WalkStep[] = [];
  let frame = rootFrame(context);
  let rights = RIGHTS_ALL;
  let accessed = true;
  for (let level = mode === PAGING_PAE ? 3 : format.top; ; level--) {
    const step =
      mode === PAGING_PAE && level === 3 ? pdpteStep(state, lo) : readStep(context, frame, level, lo, hi);
    steps.push(step);
    const reason = !step.present
      ? 'not present'
      : step.reserved[0] | step.reserved[1]
        ? 'reserved bit set'
        : undefined;
    if (reason) {
      return {
        ...base,
        canonical: true,
        steps,
        physical: undefined,
        translation: undefined,
        stopped: { level, reason },
      };
    }
    const [entryLo, entryHi] = step.entry;
    frame = entryFrame(mode, entryLo, entryHi);
    if (mode === PAGING_PAE && level === 3) continue;
    rights = (rights & (entryLo | ~RIGHTS_ALL)) | (entryHi & PTE_XD_HIGH);
    accessed &&= (entryLo & PTE_A) !== 0;
    if (!step.leaf) continue;
    const pageSize = leafBytes(mode, level);
    rights |= (entryLo & (PTE_D | PTE_G)) | (entryHi & (0xf << RIGHTS_KEY_SHIFT));
    const page = leafFrame(format, level, entryLo, entryHi) + ((lo >>> 12) & (pageSize / PAGE_4K - 1));
    const physical = context.tables.physicalAddress(page) + (lo & 0xfff);
    const translation = translate(physical, pageSize, rights, accessed, entryLo, context.globalPages);
    return { ...base, canonical: true, steps, physical, translation, stopped: undefined };
  }
}

/** Frame of the table that CR3 refers to; of the PDPT with PAE paging. */
export function rootFrame({ state, format }: WalkContext): number {
  const cr3 = STATE_CR3 >> 2;
  return (state[cr3]! >>> 12) | (format.mode >= PAGING_4LEVEL ? state[cr3 + 1]! << 20 : 0);
}

export function entryFrame(mode: number, lo: number, hi: number): number {
  return (lo >>> 12) | (mode === PAGING_32BIT ? 0 : hi << 20);
}

/** First frame of the page that a leaf maps. */
export function leafFrame(format: PagingFormat, level: number, lo: number, hi: number): number {
  const frame = entryFrame(format.mode, lo, hi) & -(leafBytes(format.mode, level) / PAGE_4K);
  return format.mode === PAGING_32BIT && level === 2 ? frame | ((lo & format.pse36) << 7) : frame;
}

export function leafBytes(mode: number, level: number): number {
  if (level === 1) return PAGE_4K;
  if (level === 3) return PAGE_1G;
  return mode === PAGING_32BIT ? PAGE_4M : PAGE_2M;
}

/** True for an entry that maps a page itself, where the level may. */
export function isLeaf(format: PagingFormat, level: number, lo: number): boolean {
  if (level === 1) return true;
  if ((lo & PTE_PS) === 0) return false;
  return level === 2 ? format.large2 : level === 3 && format.large3;
}

/** Reserved bits that are set in a present entry: `[low word, high word]`. */
export function reservedBits(
  format: PagingFormat,
  level: number,
  lo: number,
  hi: number,
): [lo: number, hi: number] {
  const low = isLeaf(format, level, lo) ? format.leafReserved[level]! : format.tableReserved[level]!;
  return [lo & low, hi & format.highReserved];
}

function readStep(context: WalkContext, frame: number, level: number, lo: number, hi: number): WalkStep {
  const { format, tables } = context;
  const narrow = format.mode === PAGING_32BIT;
  const index = narrow
    ? (lo >>> (level === 2 ? 22 : 12)) & 0x3ff
    : [0, lo >>> 12, lo >>> 21, (hi << 2) | (lo >>> 30), hi >>> 7, hi >>> 16][level]! & 0x1ff;
  const word = tables.table(frame);
  const entryLo = word < 0 ? -1 : tables.words[word + (narrow ? index : index * 2)]!;
  const entryHi = narrow ? 0 : word < 0 ? -1 : tables.words[word + index * 2 + 1]!;
  const present = (entryLo & PTE_P) !== 0;
  const table = tables.physicalAddress(frame);
  return {
    level,
    table,
    index,
    entryPhysical: table + index * (narrow ? 4 : 8),
    entry: [entryLo, entryHi],
    present,
    reserved: present ? reservedBits(format, level, entryLo, entryHi) : [0, 0],
    leaf: present && isLeaf(format, level, entryLo),
  };
}

/** Level 3 of PAE paging: loaded from memory with CR3, where the guest may have changed it since. */
function pdpteStep(state: Int32Array, lo: number): WalkStep {
  const index = lo >>> 30;
  const entryLo = state[(STATE_PDPTE >> 2) + index * 2]!;
  const entryHi = state[(STATE_PDPTE >> 2) + index * 2 + 1]!;
  const table = toNumber(state[STATE_CR3 >> 2]! & ~0x1f, 0);
  return {
    level: 3,
    table,
    index,
    entryPhysical: table + index * 8,
    entry: [entryLo, entryHi],
    present: (entryLo & PTE_P) !== 0,
    reserved: [0, 0],
    leaf: false,
  };
}

function translate(
  physical: number,
  pageSize: number,
  rights: number,
  accessed: boolean,
  leafLo: number,
  globalPages: boolean,
): Translation {
  const pat = pageSize === PAGE_4K ? PTE_PAT : PTE_PAT_LARGE;
  return {
    physical,
    pageSize,
    writable: (rights & PTE_RW) !== 0,
    user: (rights & PTE_US) !== 0,
    executable: (rights & RIGHTS_XD) === 0,
    global: globalPages && (rights & PTE_G) !== 0,
    accessed,
    dirty: (rights & PTE_D) !== 0,
    protectionKey: (rights >>> RIGHTS_KEY_SHIFT) & 0xf,
    patIndex: (leafLo & pat ? 4 : 0) | (leafLo & PTE_PCD ? 2 : 0) | (leafLo & PTE_PWT ? 1 : 0),
    rights,
  };
}

function unpaged(physical: number): Translation {
  const rights = RIGHTS_ALL | PTE_D;
  return { ...translate(physical, PAGE_4K, rights, true, 0, false), dirty: true };
}
