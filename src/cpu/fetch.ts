import { PAGE_BYTES } from '../bus/address-space.ts';
import { Instruction } from '../isa/instruction.ts';
import { CS } from '../isa/registers.ts';
import { RIP_HI, segmentWord } from '../state/cpu-state.ts';
import { SEGMENT_BASE, SEGMENT_LIMIT } from '../state/layout.ts';
import { Binding } from './binding.ts';
import { Block, type BlockCache } from './blocks.ts';
import { CodeStore } from './code-store.ts';
import { decode } from './decode/decode.ts';
import { OP_UD, opEndsBlock } from './decode/ops.ts';
import type { Core, Handler } from './execute/core.ts';

/** Longest block, in instructions: a block is also the grain at which pending events are looked at. */
const MAX_BLOCK = 64;
const MAX_INSTRUCTION_BYTES = 15;
/** The last page below a 4 GiB boundary: RIP may carry into its high word at the end of it. */
const LAST_PAGE = 0xfffff000;

/**
 * Finds or builds the block at an instruction pointer. Fetch faults (#PF with I/D, #GP(0) beyond the limit of CS or
 * at a non-canonical address) are thrown from here, before any instruction of the block has run.
 */
export class Fetcher {
  /** Whether the block of the last call may be entered again by its RIP alone. */
  cacheable = false;
  /** A linear RIP that no block may run across. */
  split: readonly [lo: number, hi: number] | undefined;

  readonly #core: Core;
  readonly #blocks: BlockCache;
  readonly #scratch = new Uint8Array(16);
  readonly #binding: Binding;
  /** What is being decoded. */
  readonly #insn = new Instruction();
  /** For blocks that are not kept. */
  #passing = new CodeStore();
  readonly #carriers = new Map<Handler, Handler>();

  constructor(core: Core, blocks: BlockCache) {
    this.#core = core;
    this.#blocks = blocks;
    this.#binding = new Binding(core.model);
  }

  blockAt(ripLo: number, ripHi: number): Block {
    const core = this.#core;
    const { state, words, mmu, space } = core;
    const size = state.codeSize();
    let lo = ripLo;
    let hi = ripHi;
    // Bytes of code from here to the end of the segment.
    let left = Number.POSITIVE_INFINITY;
    if (size !== 64) {
      left = (words[segmentWord(CS, SEGMENT_LIMIT)]! >>> 0) - (ripLo >>> 0) + 1;
      if (left <= 0) core.raiseGP(0);
      lo = (ripLo + words[segmentWord(CS, SEGMENT_BASE)]!) | 0;
      hi = 0;
    }
    this.cacheable = false;
    const host = mmu.fetchHost(lo, hi);
    if (host < 0) return this.#gather(lo, hi, size, left, -1, 0);
    const location = host - space.memory.ramOffset;
    const wraps = size === 64 && ripLo >>> 0 >= LAST_PAGE;
    const splits = this.split !== undefined && this.split[1] === ripHi;
    if (!wraps) {
      const known = this.#blocks.find(location, size);
      if (known && known.bytes <= left) {
        this.cacheable = true;
        return known;
      }
    }
    const inPage = PAGE_BYTES - (lo & (PAGE_BYTES - 1));
    // A block that the segment limit cut short would be wrong for a longer segment.
    const keeps = !wraps && left >= inPage;
    if (keeps && this.#blocks.store.isFull(MAX_BLOCK)) this.#blocks.clear();
    const block = this.#build(
      host,
      location,
      Math.min(inPage, left),
      size,
      splits ? (this.split![0] - ripLo) | 0 : 0,
      keeps ? this.#blocks.store : this.#passingStore(),
      wraps ? carryFrom(ripLo) : Number.POSITIVE_INFINITY,
    );
    if (!block) {
      const had = Math.min(inPage, left, MAX_INSTRUCTION_BYTES);
      this.#scratch.set(space.u8.subarray(host, host + had));
      return this.#gather(lo, hi, size, left, location, had);
    }
    if (keeps) {
      this.#blocks.add(block, size);
      this.cacheable = true;
    }
    return block;
  }

  /** Decodes a run of instructions that lie wholly in `available` bytes; undefined when not even the first does. */
  #build(
    host: number,
    location: number,
    available: number,
    size: 16 | 32 | 64,
    stop: number,
    store: CodeStore,
    carriesAt: number,
  ): Block | undefined {
    const bytes = this.#core.space.u8;
    const insn = this.#insn;
    const { rules } = this.#binding;
    const header = store.open();
    let offset = 0;
    for (let count = 0; count < MAX_BLOCK && offset < available; count++) {
      if (stop > 0 && offset === stop) break;
      if (!decode(bytes, host + offset, available - offset, size, insn, rules)) break;
      offset += insn.length;
      const handler = this.#binding.handlerOf(insn);
      store.append(insn, offset < carriesAt ? handler : this.#carrying(handler));
      if (opEndsBlock(insn.op) || insn.op === OP_UD) break;
    }
    if (offset > 0) return new Block(location, size, store, header);
    store.truncate(header);
    return undefined;
  }

  /**
   * One instruction whose bytes are not in one page of memory: across a page, or fetched from a device. The first `had` are in
   * `#scratch` and are too few.
   */
  #gather(lo: number, hi: number, size: 16 | 32 | 64, left: number, location: number, had: number): Block {
    const core = this.#core;
    const bytes = this.#scratch;
    const insn = this.#insn;
    for (let count = had; ; ) {
      if (count >= left || count >= MAX_INSTRUCTION_BYTES) core.raiseGP(0);
      const at = (lo + count) | 0;
      const carry = size === 64 && at >>> 0 < lo >>> 0 ? 1 : 0;
      bytes[count++] = core.mmu.fetchByte(at, (hi + carry) | 0);
      if (!decode(bytes, 0, count, size, insn, this.#binding.rules)) continue;
      const store = this.#passingStore();
      const header = store.open();
      const handler = this.#binding.handlerOf(insn);
      const carries = size === 64 && insn.length >= carryFrom(core.ripLo());
      store.append(insn, carries ? this.#carrying(handler) : handler);
      return new Block(location, size, store, header);
    }
  }

  /** For a block that is made for one time: the one before it has had its time. */
  #passingStore(): CodeStore {
    if (this.#passing.isFull(MAX_BLOCK)) this.#passing = new CodeStore();
    this.#passing.rewind();
    return this.#passing;
  }

  /** For the instruction that ends at or beyond a 4 GiB boundary: carries into the high word of RIP. */
  #carrying(handler: Handler): Handler {
    const known = this.#carriers.get(handler);
    if (known) return known;
    const carrying: Handler = (core, insn) => {
      core.words[RIP_HI] = (core.words[RIP_HI]! + 1) | 0;
      handler(core, insn);
    };
    this.#carriers.set(handler, carrying);
    return carrying;
  }
}

/** Bytes from an instruction pointer to the 4 GiB boundary behind it. */
function carryFrom(ripLo: number): number {
  return 0x100000000 - (ripLo >>> 0);
}
