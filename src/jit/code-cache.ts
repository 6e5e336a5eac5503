import type { Block } from '../cpu/blocks.ts';
import type { Compiled, HandlerCall } from './compile.ts';
import { DISPATCHER_IMPORT, dispatcher } from './dispatcher.ts';
import { ROUTINE_NAMES, routines } from './routines.ts';
import { encodeModule } from './wasm/module.ts';

/** What compiled code calls. */
export interface Callbacks {
  fill(lo: number, hi: number, access: number): number;
  /** -1: go on; else the complement of what a region answers. */
  run(call: number, left: number): number;
  /** What a region that leaves with so much left answers in the end. */
  between(left: number): number;
}

/** A compiled region: where it is right, and its function's slot in the table. */
export interface RegionCode {
  readonly ripLo: number;
  readonly ripHi: number;
  readonly segments: number;
  readonly slot: number;
  readonly longest: number;
  readonly entry: Block;
  readonly blocks: readonly Block[];
  readonly bytes: number;
  /** Runs that ended at once in front of something for the interpreter. */
  shortRuns: number;
}

const IMPORTS = [
  { name: 'fill', parameters: 3 },
  { name: 'run', parameters: 2 },
];
const MAX_REGIONS = 4096;
const MAX_BYTES = 24 * 1024 * 1024;
const MAX_CALLS = 1 << 18;

/** Compiles regions into the table, finds them by their entry block, and forgets them with the blocks they were made of. */
export class CodeCache {
  /** Handler calls of all regions, by the number that compiled code passes. */
  calls: HandlerCall[] = [];
  /** Runs the region in the slot that the state names, and those that follow: see `dispatcher.ts`. */
  readonly enter: (budget: number) => number;
  /** The routine of that name: see `routines.ts`. */
  readonly deliver: (event: number) => number;
  /** Regions compiled, regions dropped, times the cache was emptied: for whoever looks. */
  compiled = 0;
  dropped = 0;
  emptied = 0;

  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: MAX_REGIONS + 1 });
  readonly #imports: Record<string, Record<string, unknown>>;
  readonly #byEntry = new Map<Block, RegionCode>();
  readonly #byBlock = new Map<Block, Set<RegionCode>>();
  readonly #freeSlots: number[] = [];
  #nextSlot = 0;
  #bytes = 0;

  constructor(memory: WebAssembly.Memory, callbacks: Callbacks, vendor: 'intel' | 'amd') {
    this.#imports = { e: { m: memory, t: this.#table, ...callbacks } };
    const bytes = encodeModule([DISPATCHER_IMPORT], [dispatcher(), ...routines(vendor)], true);
    const functions = this.#instantiate(bytes) as Record<number, (argument: number) => number>;
    this.enter = functions[0]!;
    for (const [at, name] of ROUTINE_NAMES.entries()) this.#imports['e']![name] = functions[at + 1];
    this.deliver = functions[1 + ROUTINE_NAMES.indexOf('deliver')]!;
  }

  isFull(): boolean {
    const isTableFull = this.#nextSlot >= MAX_REGIONS && this.#freeSlots.length === 0;
    return isTableFull || this.#bytes > MAX_BYTES || this.calls.length > MAX_CALLS;
  }

  add(
    entry: Block,
    blocks: readonly Block[],
    { body, calls, routines, longest }: Compiled,
    place: Pick<RegionCode, 'ripLo' | 'ripHi' | 'segments'>,
  ): RegionCode {
    this.calls.push(...calls);
    const imports = routines.map((name) => ({ name, parameters: 1 }));
    const bytes = encodeModule([...IMPORTS, ...imports], [body]);
    const slot = this.#freeSlots.pop() ?? this.#nextSlot++;
    this.#table.set(slot, this.#instantiate(bytes)['0']);
    const region: RegionCode = { ...place, slot, longest, entry, blocks, bytes: bytes.length, shortRuns: 0 };
    this.#bytes += bytes.length;
    this.compiled++;
    this.#byEntry.set(entry, region);
    for (const block of blocks) {
      const regions = this.#byBlock.get(block);
      if (regions) regions.add(region);
      else this.#byBlock.set(block, new Set([region]));
    }
    entry.code = region;
    return region;
  }

  /** The regions that hold the block. The caller removes them. */
  dropBlock(block: Block): RegionCode[] {
    return [...(this.#byBlock.get(block) ?? [])];
  }

  /** The regions that hold the instruction at a physical address. */
  regionsAt(physical: number): Set<RegionCode> {
    const found = new Set<RegionCode>();
    for (const [block, regions] of this.#byBlock) {
      if (physical < block.physical || physical >= block.physical + block.bytes) continue;
      for (const region of regions) found.add(region);
    }
    return found;
  }

  remove(region: RegionCode): void {
    for (const block of region.blocks) {
      const regions = this.#byBlock.get(block);
      regions?.delete(region);
      if (regions?.size === 0) this.#byBlock.delete(block);
    }
    if (this.#byEntry.get(region.entry) === region) {
      this.#byEntry.delete(region.entry);
      region.entry.code = undefined;
    }
    this.#bytes -= region.bytes;
    this.#freeSlots.push(region.slot);
    this.dropped++;
  }

  clear(): void {
    for (const region of [...this.#byEntry.values()]) this.remove(region);
    this.calls = [];
    this.emptied++;
  }

  #instantiate(bytes: Uint8Array): Record<string, unknown> {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), this.#imports).exports;
  }
}
