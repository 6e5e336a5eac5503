/** One page walk in words: every step with what its entry says, and what stopped the walk or denies the access. */
import { hex32 } from '../bits/hex.ts';
import {
  PAGING_32BIT,
  PAGING_NONE,
  PAGING_PAE,
  PTE_A,
  PTE_D,
  PTE_G,
  PTE_P,
  PTE_PCD,
  PTE_PS,
  PTE_PWT,
  PTE_RW,
  PTE_US,
  PTE_XD_HIGH,
} from '../isa/paging.ts';
import { leafBytes, type Walk, type WalkStep } from '../mmu/explain.ts';
import { linearText, physicalText, sizeText } from './address.ts';

/** What an access wanted to do. */
export interface AccessKind {
  readonly write: boolean;
  readonly user: boolean;
  readonly fetch: boolean;
}

const LEVEL_NAMES = ['', 'PTE', 'PDE', 'PDPTE', 'PML4E', 'PML5E'] as const;

export function levelName(level: number): string {
  return LEVEL_NAMES[level] ?? `level ${level}`;
}

/** `PDE (level 2), entry 1 of the table at 0x00104000`. */
export function stepPlace(step: WalkStep): string {
  return `${levelName(step.level)} (level ${step.level}), entry ${step.index} of the table at ${physicalText(step.table)}`;
}

/** Where an entry points: the next table, or the page. */
function targetOf(step: WalkStep, paging: number): number {
  const high = paging === PAGING_32BIT ? 0 : step.entry[1] & 0xfffff;
  const size = step.leaf ? leafBytes(paging, step.level) : 4096;
  const target = high * 4294967296 + ((step.entry[0] & 0xfffff000) >>> 0);
  return target - (target % size);
}

/** Reserved bits that are set, by what they usually mean. */
export interface ReservedBits {
  readonly kind: 'xd' | 'address' | 'page-size' | '1g' | 'alignment';
  readonly text: string;
}

/** The reserved bits of a step (SDM Vol. 3A, "Reserved-Bit Checking"); empty when its entry is valid or absent. */
export function reservedBits(step: WalkStep, paging: number): ReservedBits[] {
  const [lo, hi] = step.reserved;
  const found: ReservedBits[] = [];
  if (hi & PTE_XD_HIGH) found.push({ kind: 'xd', text: 'bit 63 (XD) is set while EFER.NXE is 0' });
  const high = bitsText(hi & 0x7fffffff, 32);
  if (high)
    found.push({ kind: 'address', text: `${high} set, beyond the physical addresses of the processor` });
  if (lo & PTE_PS && step.level >= 4) {
    found.push({
      kind: 'page-size',
      text: `bit 7 (PS) is set in a ${levelName(step.level)}, which cannot map a page`,
    });
  }
  if (lo & PTE_PS && step.level === 3) {
    found.push({ kind: '1g', text: 'bit 7 (PS) is set in a PDPTE, but the processor has no 1 GiB pages' });
  }
  const low = bitsText(lo & ~PTE_PS, 0);
  if (low && step.leaf) {
    const size = sizeText(leafBytes(paging, step.level));
    found.push({
      kind: 'alignment',
      text: `${low} set: the base of a ${size} page must be a multiple of ${size}`,
    });
  } else if (low) found.push({ kind: 'alignment', text: `${low} set and reserved` });
  return found;
}

/** `bit 13 is`, `bits 52, 53 are`; undefined for none. `base` is the number of bit 0. */
function bitsText(word: number, base: number): string | undefined {
  const bits: number[] = [];
  for (let i = 0; i < 32; i++) if ((word >>> i) & 1) bits.push(base + i);
  if (bits.length === 0) return undefined;
  if (bits.length === 1) return `bit ${bits[0]} is`;
  if (bits.length > 4) return `bits ${bits[0]} to ${bits[bits.length - 1]} (${bits.length} of them) are`;
  return `bits ${bits.join(', ')} are`;
}

/** The first of `steps` whose entry denies the access, and the reason; undefined when all allow it. */
export function deniedBy(
  steps: readonly WalkStep[],
  paging: number,
  access: AccessKind,
): { step: WalkStep; reason: string } | undefined {
  for (const step of steps) {
    const [lo, hi] = step.entry;
    if (step.level === 3 && paging === PAGING_PAE) continue; // PDPTEs of PAE paging grant everything.
    if (access.user && !(lo & PTE_US)) return { step, reason: 'U/S = 0: user code may not touch it' };
    if (access.write && !(lo & PTE_RW)) return { step, reason: 'R/W = 0: it is read-only' };
    if (access.fetch && hi & PTE_XD_HIGH) return { step, reason: 'XD = 1: it may not be executed' };
  }
  return undefined;
}

/** The step that ended the walk without a page, and why; undefined for a walk that found one. */
function stopOf(walk: Walk): { step: WalkStep; reason: string } | undefined {
  const step = walk.steps[walk.steps.length - 1];
  if (!step || !walk.stopped) return undefined;
  if (!step.present) {
    const zero = step.entry[0] === 0 && step.entry[1] === 0;
    return { step, reason: zero ? 'not present (the entry is zero)' : 'not present (P = 0)' };
  }
  return {
    step,
    reason: `reserved: ${reservedBits(step, walk.paging)
      .map((r) => r.text)
      .join('; ')}`,
  };
}

/** One sentence: what the tables say about the address, and which level says it. */
export function walkSummary(walk: Walk, access?: AccessKind): string {
  const address = linearText(walk.linear);
  if (!walk.canonical) return `${address} is not canonical: no page table can map it`;
  if (walk.paging === PAGING_NONE)
    return `paging is off: ${address} is physical ${physicalText(walk.physical ?? 0)}`;
  const stop = stopOf(walk);
  if (stop) return `${address} is not mapped: stopped at the ${stepPlace(stop.step)}: ${stop.reason}`;
  const { translation } = walk;
  if (!translation) return `${address} is not mapped`;
  const page = `${sizeText(translation.pageSize)} page, ${rightsInWords(translation)}`;
  const mapped = `${address} is mapped to physical ${physicalText(translation.physical)} (${page})`;
  const denied = access && deniedBy(walk.steps, walk.paging, access);
  return denied ? `${mapped}, but the ${stepPlace(denied.step)}, denies it: ${denied.reason}` : mapped;
}

/** `writable, supervisor, not executable`. */
function rightsInWords(rights: { writable: boolean; user: boolean; executable: boolean }): string {
  const write = rights.writable ? 'writable' : 'read-only';
  const user = rights.user ? 'user' : 'supervisor';
  return `${write}, ${user}, ${rights.executable ? 'executable' : 'not executable'}`;
}

/** The walk as lines: one a step, then the summary. */
export function walkLines(walk: Walk, access?: AccessKind): string[] {
  return [...walk.steps.map((step) => stepLine(step, walk.paging)), walkSummary(walk, access)];
}

function stepLine(step: WalkStep, paging: number): string {
  const name = levelName(step.level).padEnd(5);
  const entry = paging === PAGING_32BIT ? hex32(step.entry[0]) : linearText(step.entry);
  const where = `${name} ${String(step.index).padStart(4)} at ${physicalText(step.entryPhysical)}: ${entry}`;
  if (!step.present) return `${where}  not present`;
  const next = physicalText(targetOf(step, paging));
  const target = step.leaf ? `${sizeText(leafBytes(paging, step.level))} page ${next}` : `table ${next}`;
  return `${where}  ${flagsText(step, paging)}  -> ${target}`;
}

/** The flags that are set, in the manual's names. */
function flagsText(step: WalkStep, paging: number): string {
  const [lo, hi] = step.entry;
  const { leaf } = step;
  // biome-ignore format: one flag a line.
  const flags: readonly (readonly [set: boolean, name: string])[] = [
    [(lo & PTE_P) !== 0,                                  'P'],
    [(lo & PTE_RW) !== 0,                                 'RW'],
    [(lo & PTE_US) !== 0,                                 'US'],
    [(lo & PTE_PWT) !== 0,                                'PWT'],
    [(lo & PTE_PCD) !== 0,                                'PCD'],
    [(lo & PTE_A) !== 0,                                  'A'],
    [leaf && (lo & PTE_D) !== 0,                          'D'],
    [step.level > 1 && (lo & PTE_PS) !== 0,               'PS'],
    [leaf && (lo & PTE_G) !== 0,                          'G'],
    [paging !== PAGING_32BIT && (hi & PTE_XD_HIGH) !== 0, 'XD'],
  ];
  return flags.flatMap(([set, name]) => (set ? [name] : [])).join(' ');
}
