import { PAGE_BYTES } from '../bus/address-space.ts';
import type { Instruction } from '../isa/instruction.ts';
import { CodeStore, RECORD_WORDS } from './code-store.ts';
import type { Handler } from './execute/core.ts';

/** A straight run of decoded instructions inside one physical page, entered only at its first one. */
export class Block {
  /** Where the block was last entered, and in which context: see `Processor`. Stale as soon as the context moved on. */
  ripLo = 0;
  ripHi = 0;
  context = -1;

  /** Of the faster tier: entries since it was last asked, its code that begins here, how often it has compiled it. */
  entries = 0;
  code: object | undefined;

  readonly store: CodeStore;
  /** Its first record in the store. */
  readonly record: number;
  readonly count: number;
  readonly codeSize: 16 | 32 | 64;
  /** Bytes covered. */
  readonly bytes: number;
  /** Physical address of the first byte. */
  readonly physical: number;
  attempts = 0;

  /** Of the records from `record` to the end of the store. */
  constructor(physical: number, codeSize: 16 | 32 | 64, store: CodeStore, record: number) {
    this.store = store;
    this.record = record;
    this.count = (store.end - record) / RECORD_WORDS;
    this.codeSize = codeSize;
    this.bytes = store.bytes(record, this.count);
    this.physical = physical;
  }

  /** Offset of instruction number `at` from the first one. */
  startOf(at: number): number {
    return this.store.bytes(this.record, at);
  }

  /** A copy of instruction number `at`. */
  instructionAt(at: number): Instruction {
    return this.store.instructionAt(this.record + at * RECORD_WORDS);
  }

  handlerAt(at: number): Handler {
    return this.store.handlerAt(this.record + at * RECORD_WORDS);
  }
}

interface CodePage {
  readonly blocks: Map<number, Block>;
  /** By byte of the page whether some block covers it: writes beside all of them, however close, cost no search. */
  readonly covered: Uint8Array;
}

/** What the cache needs of the MMU: marks that make writes to pages with code come and tell. */
export interface CodeMarks {
  markCode(frame: number): void;
  unmarkCode(frame: number): void;
}

/** Decoded blocks by physical page. A write to the bytes of a block drops it. */
export class BlockCache {
  readonly #pages = new Map<number, CodePage>();
  readonly #marks: CodeMarks;
  /** Where the instructions of the blocks are. */
  store = new CodeStore();
  /** Blocks built and blocks dropped by writes, for the report. */
  built = 0;
  dropped = 0;
  /** Told of blocks that are gone; `drop` answers whether code made of the block is running. */
  listener: { drop(block: Block): boolean; clear(): void } | undefined;

  constructor(marks: CodeMarks) {
    this.#marks = marks;
  }

  find(physical: number, codeSize: number): Block | undefined {
    return this.#pages.get(Math.floor(physical / PAGE_BYTES))?.blocks.get(key(physical, codeSize));
  }

  add(block: Block, codeSize: number): void {
    const frame = Math.floor(block.physical / PAGE_BYTES);
    let page = this.#pages.get(frame);
    if (!page) {
      page = { blocks: new Map(), covered: new Uint8Array(PAGE_BYTES) };
      this.#pages.set(frame, page);
      this.#marks.markCode(frame);
    }
    page.blocks.set(key(block.physical, codeSize), block);
    cover(page, block);
    this.built++;
  }

  /**
   * Bytes of physical memory changed. Drops the blocks that cover any of them and answers whether `running` was
   * among them. `bytes` may span pages.
   */
  invalidate(physical: number, bytes: number, running: Block | undefined): boolean {
    let hit = false;
    const last = Math.floor((physical + bytes - 1) / PAGE_BYTES);
    for (let frame = Math.floor(physical / PAGE_BYTES); frame <= last; frame++) {
      const page = this.#pages.get(frame);
      if (!page) continue;
      const from = Math.max(physical - frame * PAGE_BYTES, 0);
      const to = Math.min(physical + bytes - frame * PAGE_BYTES, PAGE_BYTES);
      if (this.#invalidateInPage(frame, page, from, to, running)) hit = true;
    }
    return hit;
  }

  /** Whether any of the bytes, which lie in one page, is of a block. */
  covers(physical: number, bytes: number): boolean {
    const covered = this.#pages.get(physical >>> 12)?.covered;
    if (covered === undefined) return false;
    const end = (physical & (PAGE_BYTES - 1)) + bytes;
    for (let at = end - bytes; at < end; at++) if (covered[at] !== 0) return true;
    return false;
  }

  clear(): void {
    for (const [frame, page] of this.#pages) {
      for (const block of page.blocks.values()) block.context = -1;
      this.#marks.unmarkCode(frame);
    }
    this.#pages.clear();
    this.store = new CodeStore();
    this.listener?.clear();
  }

  #invalidateInPage(
    frame: number,
    page: CodePage,
    from: number,
    to: number,
    running: Block | undefined,
  ): boolean {
    let at = from;
    while (at < to && page.covered[at] === 0) at++;
    if (at === to) return false;
    let hit = false;
    for (const [key, block] of page.blocks) {
      const start = block.physical % PAGE_BYTES;
      if (start >= to || start + block.bytes <= from) continue;
      page.blocks.delete(key);
      block.context = -1;
      this.dropped++;
      if (block === running) hit = true;
      if (this.listener?.drop(block)) hit = true;
    }
    page.covered.fill(0);
    for (const block of page.blocks.values()) cover(page, block);
    if (page.blocks.size === 0) {
      this.#pages.delete(frame);
      this.#marks.unmarkCode(frame);
    }
    return hit;
  }
}

function cover(page: CodePage, block: Block): void {
  const start = block.physical % PAGE_BYTES;
  page.covered.fill(1, start, start + block.bytes);
}

/** Blocks of one page are told apart by offset and by the code size they were decoded for. */
function key(physical: number, codeSize: number): number {
  return (physical % PAGE_BYTES) * 4 + (codeSize >> 5);
}
