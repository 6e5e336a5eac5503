/** The page tables of a machine as people want to see them: what is mapped, what is mapped twice, which tables are shared. */
import { CR0_PG } from '../isa/control.ts';
import {
  PAGING_4LEVEL,
  PAGING_5LEVEL,
  PAGING_32BIT,
  PAGING_NAMES,
  PAGING_NONE,
  PAGING_PAE,
  PTE_P,
  PTE_PS,
} from '../isa/paging.ts';
import type { Mapping } from '../mmu/mappings.ts';
import { type Address, linearText, physicalText, roughSize } from './address.ts';
import { aliasLines, findAliases, rangeTable } from './mappings.ts';
import { levelName } from './walk-text.ts';

/** Reads the 4096 bytes of a paging structure, without side effects. */
export type ReadTable = (physical: number) => DataView;

export interface PagingRoot {
  readonly paging: number;
  /** Physical address of the top table: CR3 without its flags. */
  readonly table: number;
}

/** One table that several entries point to, or that stands on several levels. */
export interface SharedTable {
  readonly table: number;
  /** Each use: the level of the entries in it there, and the first linear address it maps. */
  readonly uses: readonly { readonly level: number; readonly linear: Address }[];
}

/** More uses of a table than anybody would read. */
const USES_KEPT = 16;
/** Where tables are garbage, every one of them refers to hundreds more; the MMU's list of mappings ends here too. */
const TABLES_LIMIT = 16384;
/** Overlaps are looked for among at most so many ranges. */
const RANGES_LIMIT = 20000;

/**
 * Tables that are reached in more than one way: a PDPT shared by an identity map and a kernel map, or a recursive
 * entry. Every table is read once, so a recursive map ends.
 */
export function findSharedTables(root: PagingRoot, readTable: ReadTable): SharedTable[] {
  const uses = new Map<number, { level: number; linear: Address }[]>();
  const top =
    root.paging === PAGING_5LEVEL
      ? 5
      : root.paging === PAGING_4LEVEL
        ? 4
        : root.paging === PAGING_PAE
          ? 3
          : 2;
  const wide = root.paging === PAGING_32BIT ? 4 : 8;
  const visit = (table: number, level: number, prefix: bigint): void => {
    const known = uses.get(table);
    const use = { level, linear: canonical(prefix, root.paging) };
    if (known) {
      if (known.length < USES_KEPT) known.push(use);
      return;
    }
    if (uses.size >= TABLES_LIMIT) return;
    uses.set(table, [use]);
    if (level === 1) return;
    const view = readTable(table);
    const shift = root.paging === PAGING_32BIT ? 22n : 12n + 9n * BigInt(level - 1);
    const count = level === 3 && root.paging === PAGING_PAE ? 4 : 4096 / wide;
    for (let index = 0; index < count; index++) {
      const lo = view.getInt32(index * wide, true);
      const hi = wide === 8 ? view.getInt32(index * wide + 4, true) : 0;
      if (!(lo & PTE_P) || (level <= 3 && lo & PTE_PS && !(level === 3 && root.paging === PAGING_PAE)))
        continue;
      const next = (hi & 0xfffff) * 4294967296 + ((lo & 0xfffff000) >>> 0);
      visit(next, level - 1, prefix | (BigInt(index) << shift));
    }
  };
  if (root.paging !== PAGING_NONE) visit(root.table, top, 0n);
  return [...uses]
    .filter(([, list]) => list.length > 1)
    .map(([table, list]) => ({ table, uses: list }))
    .sort((a, b) => a.table - b.table);
}

function canonical(prefix: bigint, paging: number): Address {
  const bits = paging === PAGING_5LEVEL ? 57 : paging === PAGING_4LEVEL ? 48 : 64;
  const value = BigInt.asIntN(bits, prefix);
  return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
}

function sharedTableLines(shared: readonly SharedTable[]): string[] {
  return shared.flatMap(({ table, uses }) => {
    const levels = new Set(uses.map((use) => use.level));
    const note = levels.size > 1 ? ', on different levels (a recursive map?)' : '';
    return [
      `the table at ${physicalText(table)} is used ${uses.length === USES_KEPT ? `${USES_KEPT} times or more` : `${uses.length} times`}${note}`,
      ...uses.map((use) => `  as a table of ${levelName(use.level)}s for ${linearText(use.linear)} on`),
    ];
  });
}

/** What the explorer shows of one moment. */
export interface PageView {
  readonly cr0: number;
  readonly root: PagingRoot;
  readonly ranges: readonly Mapping[];
}

/** The mapping table with a headline, then what is mapped twice and which tables are shared. */
export function pageLines(view: PageView, readTable: ReadTable): string[] {
  return [...mappingLines(view), ...overlapLines(view, readTable)];
}

/** The headline and one line a range. */
export function mappingLines({ cr0, root, ranges }: PageView): string[] {
  if (!(cr0 & CR0_PG) || root.paging === PAGING_NONE)
    return ['paging is off: linear addresses are physical addresses'];
  const name = PAGING_NAMES[root.paging] ?? 'unknown';
  const total = ranges.reduce((sum, r) => sum + r.bytes, 0);
  const count = ranges.length === 1 ? '1 range' : `${ranges.length} ranges`;
  return [
    `${name} paging, root ${physicalText(root.table)}, ${count}, ${roughSize(total)} mapped`,
    ...rangeTable(ranges).map((line) => `  ${line}`),
  ];
}

/** Linear addresses that reach the same bytes, and tables that serve in two places. */
export function overlapLines({ root, ranges }: PageView, readTable: ReadTable): string[] {
  if (ranges.length > RANGES_LIMIT)
    return [`${ranges.length} ranges are too many to look for overlaps: are these page tables?`];
  const aliases = aliasLines(findAliases(ranges));
  const shared = sharedTableLines(findSharedTables(root, readTable));
  return [
    aliases.length === 0 ? 'no physical memory is mapped twice' : 'physical memory mapped more than once:',
    ...aliases.map((line) => `  ${line}`),
    ...(shared.length === 0
      ? []
      : ['paging structures used more than once:', ...shared.map((line) => `  ${line}`)]),
  ];
}
