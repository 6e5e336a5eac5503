import { PAGE_BYTES } from '../bus/address-space.ts';
import type { Instruction } from '../isa/instruction.ts';
import {
  CodeStore,
  ENTRIES_MOST,
  HEADER_CONTEXT,
  HEADER_COUNT,
  HEADER_ENTRIES,
  HEADER_NUMBER,
  HEADER_OTHER_CONTEXT,
  HEADER_RIP,
  HEADER_WORDS,
  RECORD_WORDS,
} from './code-store.ts';
import type { Handler } from './execute/core.ts';

/**
 * A straight run of decoded instructions inside one physical page, entered only at its first one. What the runner of its
 * store looks at as well is in its header there.
 */
export class Block {
  /** Where the block was last entered, and in which context: see `Processor`. Stale as soon as the context moved on. */
  ripLo = 0;
  ripHi = 0;
  context = -1;
  /** The context before that, by the same RIP: a kernel goes to and fro between address spaces, and is the same in both. */
  otherContext = -1;

  readonly store: CodeStore;
  /** First word of its header in the store, and of its records. */
  readonly header: number;
  readonly record: number;
  readonly count: number;
  readonly codeSize: 16 | 32 | 64;
  #code: object | undefined;
  /** Bytes covered. */
  readonly bytes: number;
  /** Physical address of the first byte. */
  readonly physical: number;
  /** How often the faster tier has compiled it. */
  attempts = 0;
  /** How often its handlers have been called from the records, and what they are called from after many times. */
  runs = 0;
  lists: BlockLists | undefined;

  /** One without instructions. */
  static empty(): Block {
    const store = new CodeStore();
    return new Block(-1, 64, store, store.open());
  }

  /** Of the records behind `header`, which `CodeStore.open` has answered, to the end of the store. */
  constructor(physical: number, codeSize: 16 | 32 | 64, store: CodeStore, header: number) {
    this.store = store;
    this.header = header;
    this.record = header + HEADER_WORDS;
    this.count = (store.end - this.record) / RECORD_WORDS;
    this.codeSize = codeSize;
    this.bytes = store.bytes(this.record, this.count);
    this.physical = physical;
    store.words[header + HEADER_COUNT] = this.count;
  }

  /** Entries since the faster tier was last asked. */
  get entries(): number {
    return this.store.words[this.header + HEADER_ENTRIES]!;
  }

  set entries(entries: number) {
    this.store.words[this.header + HEADER_ENTRIES] = entries;
  }

  /** What the cache knows it by. */
  get number(): number {
    return this.store.words[this.header + HEADER_NUMBER]!;
  }

  set number(number: number) {
    this.store.words[this.header + HEADER_NUMBER] = number;
  }

  /** Code of the faster tier that begins here. */
  get code(): object | undefined {
    return this.#code;
  }

  set code(code: object | undefined) {
    this.#code = code;
    this.entries = code ? ENTRIES_MOST : 0;
  }

  /** It is being entered, and may be again by this RIP in this context. */
  enterAt(ripLo: number, ripHi: number, context: number): void {
    const isSame = ripLo === this.ripLo && ripHi === this.ripHi;
    this.#setContexts(context, isSame ? this.context : -1);
    this.ripLo = ripLo;
    this.ripHi = ripHi;
    const { words } = this.store;
    words[this.header + HEADER_RIP] = ripLo;
    words[this.header + HEADER_RIP + 1] = ripHi;
  }

  /** Whether it may be entered by that RIP in that context. */
  isAt(ripLo: number, ripHi: number, context: number): boolean {
    return (
      this.ripLo === ripLo &&
      this.ripHi === ripHi &&
      (this.context === context || this.otherContext === context)
    );
  }

  /** It is not to be entered any more. */
  retire(): void {
    this.#setContexts(-1, -1);
  }

  #setContexts(context: number, other: number): void {
    this.context = context;
    this.otherContext = other;
    const { words } = this.store;
    words[this.header + HEADER_CONTEXT] = context;
    words[this.header + HEADER_OTHER_CONTEXT] = other;
  }

  /** Whether a physical address is of one of its bytes. */
  covers(physical: number): boolean {
    return physical >= this.physical && physical < this.physical + this.bytes;
  }

  /** Offset of instruction number `at` from the first one. */
  startOf(at: number): number {
    return this.store.bytes(this.record, at);
  }

  /** A copy of instruction number `at`. */
  instructionAt(at: number): Instruction {
    return this.store.instructionAt(this.record + at * RECORD_WORDS);
  }

  /** Copies of all instructions. */
  unpack(): BlockLists {
    const instructions: Instruction[] = [];
    const handlers: Handler[] = [];
    for (let at = 0; at < this.count; at++) {
      instructions.push(this.instructionAt(at));
      handlers.push(this.store.handlerAt(this.record + at * RECORD_WORDS));
    }
    return { instructions, handlers };
  }
}

/** The instructions of a block in objects of their own: more to fetch than records, and less to do. */
export interface BlockLists {
  readonly instructions: readonly Instruction[];
  readonly handlers: readonly Handler[];
}

/** More are looked at faster by the engine than one by one. */
const FEW_BYTES = 32;

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
  /** By the number in their headers. */
  #numbered: (Block | undefined)[] = [];
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
    block.number = this.#numbered.push(block) - 1;
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

  /** The block whose header is at a word of the store. */
  blockAt(header: number): Block {
    return this.#numbered[this.store.words[header + HEADER_NUMBER]!]!;
  }

  /** Whether any of the bytes, which lie in one page, is of a block. */
  covers(physical: number, bytes: number): boolean {
    const covered = this.#pages.get(physical >>> 12)?.covered;
    if (covered === undefined) return false;
    const end = (physical & (PAGE_BYTES - 1)) + bytes;
    return isCovered(covered, end - bytes, end);
  }

  clear(): void {
    for (const [frame, page] of this.#pages) {
      for (const block of page.blocks.values()) block.retire();
      this.#marks.unmarkCode(frame);
    }
    this.#pages.clear();
    this.#numbered = [];
    this.store = this.store.renew();
    this.listener?.clear();
  }

  #invalidateInPage(
    frame: number,
    page: CodePage,
    from: number,
    to: number,
    running: Block | undefined,
  ): boolean {
    if (!isCovered(page.covered, from, to)) return false;
    let hit = false;
    for (const [key, block] of page.blocks) {
      const start = block.physical % PAGE_BYTES;
      if (start >= to || start + block.bytes <= from) continue;
      page.blocks.delete(key);
      block.retire();
      this.#numbered[block.number] = undefined;
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

/** Whether any byte is of a block. */
function isCovered(covered: Uint8Array, from: number, to: number): boolean {
  if (to - from > FEW_BYTES) {
    const first = covered.indexOf(1, from);
    return first >= 0 && first < to;
  }
  for (let at = from; at < to; at++) if (covered[at] !== 0) return true;
  return false;
}

function cover(page: CodePage, block: Block): void {
  const start = block.physical % PAGE_BYTES;
  page.covered.fill(1, start, start + block.bytes);
}

/** Blocks of one page are told apart by offset and by the code size they were decoded for. */
function key(physical: number, codeSize: number): number {
  return (physical % PAGE_BYTES) * 4 + (codeSize >> 5);
}
