import type { Block } from '../cpu/blocks.ts';
import type { RecordRunner } from '../cpu/code-store.ts';
import type { Compiled, HandlerCall } from './compile.ts';
import { DISPATCHER_IMPORTS, dispatcher } from './dispatcher.ts';
import { ROUTINE_NAMES } from './emit/locals.ts';
import { routines } from './routines.ts';
import { encodeModule, type FunctionBody } from './wasm/module.ts';

/** What compiled code calls. */
export interface Callbacks {
  fill(lo: number, hi: number, access: number): number;
  /** -1: go on; else the complement of what a region answers. */
  run(call: number, left: number): number;
  /** What a region that leaves with so much left answers in the end. */
  between(left: number): number;
  /** The interpreter of records. */
  readonly records: RecordRunner['run'];
}

/** A compiled region: its function's slot in the table, and what it was made of. */
export interface RegionCode {
  readonly slot: number;
  readonly longest: number;
  readonly blocks: readonly Block[];
  readonly bytes: number;
  entries: readonly EntryCode[];
}

/** One of the places where a region is entered, and in which surroundings that is right. */
export interface EntryCode {
  readonly region: RegionCode;
  readonly block: Block;
  readonly ripLo: number;
  readonly ripHi: number;
  readonly segments: number;
  /** Runs that ended at once in front of something for the interpreter. */
  shortRuns: number;
}

const IMPORTS = [
  { name: 'fill', parameters: 3 },
  { name: 'run', parameters: 2 },
  ...ROUTINE_NAMES.map((name) => ({ name, parameters: 1 })),
];
const MAX_REGIONS = 4096;
const MAX_BYTES = 24 * 1024 * 1024;
const MAX_CALLS = 1 << 18;

/** Compiles regions into the table, finds them by their entry blocks, and forgets them with the blocks they were made of. */
export class CodeCache {
  /** Handler calls of all regions, by the number that compiled code passes. */
  calls: HandlerCall[] = [];
  /** Runs the region or the records that the state names, and what follows: see `dispatcher.ts`. */
  readonly enter: (budget: number) => number;
  /** The routine of that name: see `routines.ts`. */
  readonly deliver: (event: number) => number;
  /** Copies the beginning of the state page to a place in memory. */
  readonly copyState: (to: number) => number;
  /** Regions compiled, regions dropped, times the cache was emptied: for whoever looks. */
  compiled = 0;
  dropped = 0;
  emptied = 0;

  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: MAX_REGIONS + 1 });
  readonly #imports: Record<string, Record<string, unknown>>;
  readonly #regions = new Set<RegionCode>();
  readonly #byBlock = new Map<Block, Set<RegionCode>>();
  readonly #freeSlots: number[] = [];
  /** Regions that have been added and are not in the table yet. */
  #added: { slot: number; body: FunctionBody }[] = [];
  #nextSlot = 0;
  #bytes = 0;

  constructor(memory: WebAssembly.Memory, callbacks: Callbacks, vendor: 'intel' | 'amd') {
    this.#imports = { e: { m: memory, t: this.#table, ...callbacks } };
    const bytes = encodeModule(DISPATCHER_IMPORTS, [dispatcher(), ...routines(vendor)], true);
    const functions = this.#instantiate(bytes) as Record<number, (argument: number) => number>;
    this.enter = functions[0]!;
    for (const [at, name] of ROUTINE_NAMES.entries()) this.#imports['e']![name] = functions[at + 1];
    this.deliver = functions[1 + ROUTINE_NAMES.indexOf('deliver')]!;
    this.copyState = functions[1 + ROUTINE_NAMES.length]!;
  }

  /** Whether there is no room for so many regions. */
  isFull(regions: number): boolean {
    const isTableFull = this.#nextSlot - this.#freeSlots.length + regions > MAX_REGIONS;
    return isTableFull || this.#bytes > MAX_BYTES || this.calls.length > MAX_CALLS;
  }

  /** The region is there to be found at once, and must not be entered before `build`. */
  add(
    blocks: readonly Block[],
    { body, calls, longest, entries }: Compiled,
    ripHi: number,
    segments: number,
  ): void {
    this.calls.push(...calls);
    const slot = this.#freeSlots.pop() ?? this.#nextSlot++;
    this.#added.push({ slot, body });
    const region: RegionCode = { slot, longest, blocks, bytes: body.code.length, entries: [] };
    region.entries = entries.map(({ block, ripLo }): EntryCode => {
      const entry = { region, block, ripLo, ripHi, segments, shortRuns: 0 };
      block.code = entry;
      return entry;
    });
    this.#bytes += region.bytes;
    this.compiled++;
    this.#regions.add(region);
    for (const block of blocks) {
      const regions = this.#byBlock.get(block);
      if (regions) regions.add(region);
      else this.#byBlock.set(block, new Set([region]));
    }
  }

  /** Makes one module of all regions added since the last time: one costs about as much as what is in it. */
  build(): void {
    const added = this.#added;
    if (added.length === 0) return;
    this.#added = [];
    const bytes = encodeModule(
      IMPORTS,
      added.map(({ body }) => body),
    );
    const functions = this.#instantiate(bytes);
    for (const [at, { slot }] of added.entries()) this.#table.set(slot, functions[at]);
  }

  /** How many regions hold the block. */
  copies(block: Block): number {
    return this.#byBlock.get(block)?.size ?? 0;
  }

  /** The regions that hold the block. The caller removes them. */
  dropBlock(block: Block): RegionCode[] {
    return [...(this.#byBlock.get(block) ?? [])];
  }

  /** The regions that hold the instruction at a physical address. */
  regionsAt(physical: number): Set<RegionCode> {
    const found = new Set<RegionCode>();
    for (const [block, regions] of this.#byBlock) {
      if (!block.covers(physical)) continue;
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
    for (const entry of region.entries) if (entry.block.code === entry) entry.block.code = undefined;
    this.#regions.delete(region);
    this.#bytes -= region.bytes;
    this.#freeSlots.push(region.slot);
    this.dropped++;
  }

  /** Gives up one entry; a region without any is removed. */
  detach(entry: EntryCode): void {
    const { region, block } = entry;
    region.entries = region.entries.filter((other) => other !== entry);
    if (block.code === entry) block.code = undefined;
    if (region.entries.length === 0) this.remove(region);
  }

  clear(): void {
    for (const region of [...this.#regions]) this.remove(region);
    this.calls = [];
    this.emptied++;
  }

  #instantiate(bytes: Uint8Array): Record<string, unknown> {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), this.#imports).exports;
  }
}
