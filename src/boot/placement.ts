/**
 * Who lies where in physical memory. Everything a boot puts into RAM is claimed here, so that two things can never
 * share a byte and an error can name both.
 *
 * The order and the addresses are those of GRUB 2.06 on a BIOS PC, read from its multiboot loader and measured by
 * booting a kernel that prints what it was given (Debian's grub-pc-bin 2.06-13 under QEMU with 128 MiB):
 * - segments lie where the file says; the sections without an address (symbols, strings, debug information) follow in
 *   file order, each at the lowest free address from 1 MiB up with its own sh_addralign;
 * - every module then takes the lowest free whole pages from 1 MiB up, asked for or not. A kernel at 16 MiB therefore
 *   finds its modules below itself (0x101000, 0x104000), one at 1 MiB finds them in the pages after its bss and
 *   symbols (0x106000, 0x109000). A module of no bytes gets address 0;
 * - the information of multiboot 1 takes the lowest free place from 0x10000 below 640 KiB: 0x10000, seen each time;
 * - the information of multiboot 2 is placed last, at the lowest free multiple of 8 from 1 MiB up, also in the gap
 *   between a kernel's symbols and the first module (0x1052c0, 0x103710).
 */
import { hexNumber } from '../bits/hex.ts';
import { BootError } from './boot-error.ts';
import { HIGH_MEMORY_START, MEMORY_AVAILABLE, type MemoryMapEntry } from './memory-map.ts';

export const MODULE_ALIGNMENT = 0x1000;

/** `end` is exclusive. */
export interface PlacedRange {
  readonly start: number;
  readonly end: number;
  readonly what: string;
}

export interface Search {
  readonly bytes: number;
  readonly alignment: number;
  /** The lowest address allowed (default 1 MiB) and the first one that is not (default: the end of RAM). */
  readonly from?: number;
  readonly below?: number;
  readonly prefer?: 'low' | 'high';
}

interface Gap {
  start: number;
  end: number;
}

export class Placement {
  readonly #available: readonly Gap[];
  /** What is free, by address; claims cut pieces out of it. */
  readonly #free: Gap[];
  /** What is claimed, by address. */
  readonly #claims: PlacedRange[] = [];

  constructor(map: readonly MemoryMapEntry[]) {
    this.#available = map
      .filter((entry) => entry.type === MEMORY_AVAILABLE)
      .map((entry) => ({ start: entry.start, end: entry.start + entry.bytes }))
      .sort((a, b) => a.start - b.start);
    this.#free = this.#available.map((gap) => ({ ...gap }));
  }

  /** All claims, by address. */
  get ranges(): readonly PlacedRange[] {
    return this.#claims;
  }

  /** Takes exactly `[start, start + bytes)`; `file` and `field` are for the error. */
  claim(file: string, field: string, start: number, bytes: number, what: string): void {
    if (bytes === 0) return;
    const end = start + bytes;
    const value = formatRange(start, end);
    const other = this.#claims[this.#firstEndingAfter(this.#claims, start)];
    if (other && other.start < end) {
      const theirs = formatRange(other.start, other.end);
      throw new BootError(file, field, value, `memory that ${other.what} (${theirs}) does not occupy`);
    }
    const gap = this.#firstEndingAfter(this.#free, start);
    const room = this.#free[gap];
    if (!room || start < room.start || end > room.end) {
      const usable = this.#available.map((range) => formatRange(range.start, range.end)).join(' or ');
      throw new BootError(file, field, value, `addresses inside available RAM (${usable})`);
    }
    this.#claims.splice(this.#firstEndingAfter(this.#claims, start), 0, { start, end, what });
    const left: Gap[] = [];
    if (room.start < start) left.push({ start: room.start, end: start });
    if (end < room.end) left.push({ start: end, end: room.end });
    this.#free.splice(gap, 1, ...left);
  }

  /** The address of a free place that fits, or undefined. Claims nothing. */
  find(search: Search): number | undefined {
    const from = search.from ?? HIGH_MEMORY_START;
    const below = search.below ?? Number.POSITIVE_INFINITY;
    const startIn = (gap: Gap): number | undefined => {
      const end = Math.min(gap.end, below);
      const lowest = alignUp(Math.max(gap.start, from), search.alignment);
      if (lowest + search.bytes > end) return undefined;
      if (search.prefer !== 'high') return lowest;
      return end - search.bytes - ((end - search.bytes) % search.alignment);
    };
    const order = search.prefer === 'high' ? [...this.#free].reverse() : this.#free;
    for (const gap of order) {
      const found = startIn(gap);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Finds a place and claims it. */
  place(search: Search, what: string): number | undefined {
    const start = this.find(search);
    if (start !== undefined) this.claim(what, 'address', start, search.bytes, what);
    return start;
  }

  /** The most bytes that `find` could give with the same limits. */
  largest(search: Omit<Search, 'bytes'>): number {
    const from = search.from ?? HIGH_MEMORY_START;
    const below = search.below ?? Number.POSITIVE_INFINITY;
    let most = 0;
    for (const gap of this.#free) {
      const start = alignUp(Math.max(gap.start, from), search.alignment);
      most = Math.max(most, Math.min(gap.end, below) - start);
    }
    return most;
  }

  #firstEndingAfter(ranges: readonly Gap[], address: number): number {
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[middle]!.end > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

/** `0x100000-0x1fffff`: first and last address, as memory maps are printed. */
export function formatRange(start: number, end: number): string {
  return `${hexNumber(start)}-${hexNumber(end - 1)}`;
}
