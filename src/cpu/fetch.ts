import { PAGE_BYTES } from '../bus/address-space.ts';
import type { Instruction } from '../isa/instruction.ts';
import { CS } from '../isa/registers.ts';
import { RIP_HI, segmentWord } from '../state/cpu-state.ts';
import { SEGMENT_BASE, SEGMENT_LIMIT } from '../state/layout.ts';
import { Binding } from './binding.ts';
import { Block, type BlockCache } from './blocks.ts';
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
    if (host < 0) return this.#gather(lo, hi, size, left, -1);
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
    const block = this.#build(
      host,
      location,
      Math.min(inPage, left),
      size,
      splits ? (this.split![0] - ripLo) | 0 : 0,
    );
    if (!block) return this.#gather(lo, hi, size, left, location);
    if (wraps) return this.#carrying(block, ripLo);
    // A block that the segment limit cut short would be wrong for a longer segment.
    if (left >= inPage) {
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
  ): Block | undefined {
    const bytes = this.#core.space.u8;
    const instructions: Instruction[] = [];
    const handlers: Handler[] = [];
    let offset = 0;
    while (instructions.length < MAX_BLOCK && offset < available) {
      if (stop > 0 && offset === stop) break;
      const insn = decode(bytes, host + offset, available - offset, size, undefined, this.#binding.rules);
      if (!insn) break;
      insn.start = offset;
      offset += insn.length;
      insn.next = offset;
      instructions.push(insn);
      handlers.push(this.#binding.handlerOf(insn));
      if (opEndsBlock(insn.op) || insn.op === OP_UD) break;
    }
    return instructions.length > 0 ? new Block(location, instructions, handlers) : undefined;
  }

  /** One instruction whose bytes are not in one page of memory: across a page, or fetched from a device. */
  #gather(lo: number, hi: number, size: 16 | 32 | 64, left: number, location: number): Block {
    const core = this.#core;
    const bytes = this.#scratch;
    for (let count = 0; ; ) {
      if (count >= left) core.raiseGP(0);
      const at = (lo + count) | 0;
      const carry = size === 64 && at >>> 0 < lo >>> 0 ? 1 : 0;
      bytes[count++] = core.mmu.fetchByte(at, (hi + carry) | 0);
      const insn = decode(bytes, 0, count, size, undefined, this.#binding.rules);
      if (!insn) {
        if (count >= MAX_INSTRUCTION_BYTES) core.raiseGP(0);
        continue;
      }
      insn.start = 0;
      insn.next = insn.length;
      const block = new Block(location, [insn], [this.#binding.handlerOf(insn)]);
      return size === 64 ? this.#carrying(block, core.ripLo()) : block;
    }
  }

  /** Gives the instruction that ends at or beyond a 4 GiB boundary a handler that carries into the high word of RIP. */
  #carrying(block: Block, ripLo: number): Block {
    for (const [i, insn] of block.instructions.entries()) {
      if ((ripLo >>> 0) + insn.next < 0x100000000) continue;
      const handler = block.handlers[i]!;
      block.handlers[i] = (core, instruction) => {
        core.words[RIP_HI] = (core.words[RIP_HI]! + 1) | 0;
        handler(core, instruction);
      };
    }
    return block;
  }
}
