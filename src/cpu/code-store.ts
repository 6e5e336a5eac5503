import { Instruction } from '../isa/instruction.ts';
import { RECORDS_BYTES, SHAPES_MAX } from '../state/layout.ts';
import type { Handler } from './execute/core.ts';

/** Words in front of the records of a block, and what is in them: see `Block`. */
export const HEADER_WORDS = 8;
export const HEADER_RIP = 0;
export const HEADER_CONTEXT = 2;
export const HEADER_COUNT = 3;
/** Times that the block was entered, ENTRIES_MOST where it has compiled code. */
export const HEADER_ENTRIES = 4;
/** The context that it was entered in before, by the same RIP. */
export const HEADER_OTHER_CONTEXT = 5;
/** The number of the block in its store. */
export const HEADER_NUMBER = 6;
/** First word of the block that came next the last time. */
export const HEADER_NEXT = 7;

/** More than any patience. */
export const ENTRIES_MOST = 0x7fffffff;

/**
 * Words behind the header of no block, where the runner says where it has stopped. STOPPED_LEFT: 0 at the end of a block, or of what was to be done of it;
 * else the others are the first word of the block, and how many instructions of it are done.
 */
export const STOPPED_BLOCK = HEADER_WORDS;
export const STOPPED_AT = HEADER_WORDS + 1;
export const STOPPED_LEFT = HEADER_WORDS + 2;
/** Where the first block is. */
export const FIRST_WORD = 2 * HEADER_WORDS;

/**
 * Words of a record: number of the shape, displacement, immediate. The upper half of the first word is the runner's: what
 * it has to know at once, without waiting for the shape.
 */
export const RECORD_WORDS = 3;
export const SHAPE_MASK = 0xffff;
export const RECORD_DISPLACEMENT = 1;
export const RECORD_IMMEDIATE = 2;

/** Words to begin with, and at most: room for 1.4 million instructions. */
const LEAST_WORDS = 1 << 8;
const MOST_WORDS = RECORDS_BYTES >> 2;
const MOST_SHAPES = SHAPES_MAX;
/** Places of the hash table, a power of two that is well above the number of shapes. */
const PLACES = 1 << 17;
const KEY_WORDS = 3;

/** A faster way to execute code that is not hot: the records of `CodeStore`, as far as it knows what they say. */
export interface RecordRunner {
  /** A shape has got its number. Answers the upper half of the first word of its records. */
  describe(shape: number, insn: Instruction, handler: Handler): number;
  /** The block may be entered by its RIP from the end of another. */
  link(block: { readonly header: number; readonly ripLo: number }): void;
  /** Nothing is linked any more. */
  clear(): void;
  /**
   * Executes instructions of 64-bit code, or of 32-bit code with flat segments, from `record` on, of the block that begins at
   * `header`, with RIP at the first, and answers how many it has done: RIP is then at the one behind them, and the words
   * STOPPED_* say where that is. It stops in front of what only a handler can do, and of what would fault; or behind `count`
   * instructions, unless a block begins there that is linked in `context`, has no compiled code, was not entered `patience`
   * times yet, and has no more instructions than what is left of `more`.
   */
  run(header: number, record: number, count: number, more: number, context: number, patience: number): number;
}

/**
 * The instructions of all blocks, packed. Code that runs a few times only is not in the host's cache, and costs by the
 * lines it takes: so a block is a row of records, and a record names a shape, which many instructions share (prefixes,
 * opcode, ModRM, SIB and signs; a kernel has thousands of them where it has hundreds of thousands of instructions), and has
 * the displacement and the immediate for itself. Whoever executes a record puts those two into the shape.
 */
export class CodeStore {
  words: Int32Array;
  /** Executes records, where it can. It finds them where `words` are. */
  readonly runner: RecordRunner | undefined;
  /** By number of the shape. Displacement and immediate are of whatever ran last. */
  readonly shapes: Instruction[] = [];
  readonly handlers: Handler[] = [];
  /** First words of the records. */
  readonly #firsts: number[] = [];
  #end = FIRST_WORD;
  #keys = new Int32Array(1024 * KEY_WORDS);
  #places: Int32Array | undefined;
  readonly #key = new Int32Array(KEY_WORDS);

  /** `area` holds the records, where somebody else is to find them: MOST_WORDS of it. */
  constructor(area: Int32Array = new Int32Array(LEAST_WORDS), runner?: RecordRunner) {
    this.words = area;
    this.runner = runner;
    // What the jump table holds for no block.
    this.words[HEADER_CONTEXT] = -1;
    this.words[HEADER_OTHER_CONTEXT] = -1;
    runner?.clear();
  }

  /** An empty store in the place of this one. */
  renew(): CodeStore {
    return this.runner ? new CodeStore(this.words, this.runner) : new CodeStore();
  }

  /** Where the next record will be. */
  get end(): number {
    return this.#end;
  }

  /** Whether so many instructions more might be too many. */
  isFull(count: number): boolean {
    return (
      this.#end + HEADER_WORDS + (count + 1) * RECORD_WORDS > MOST_WORDS ||
      this.shapes.length + count > MOST_SHAPES
    );
  }

  /** Makes room for the header of a block. Answers where it is. */
  open(): number {
    const header = this.#end;
    this.#reserve(HEADER_WORDS);
    this.words.fill(0, header, this.#end);
    this.words[header + HEADER_CONTEXT] = -1;
    this.words[header + HEADER_OTHER_CONTEXT] = -1;
    return header;
  }

  /** Takes back what has been appended from `end` on. */
  truncate(end: number): void {
    this.#end = end;
  }

  /** Appends a record. `insn` is the caller's again. */
  append(insn: Instruction, handler: Handler): void {
    const found = this.#find(insn, handler);
    const shape = found < 0 ? this.#add(insn, handler, ~found) : found;
    const at = this.#end;
    this.#reserve(RECORD_WORDS);
    const { words } = this;
    words[at] = this.#firsts[shape]!;
    words[at + RECORD_DISPLACEMENT] = insn.displacement;
    words[at + RECORD_IMMEDIATE] = insn.immediate;
  }

  /** Forgets all records. Their shapes stay. */
  rewind(): void {
    this.#end = FIRST_WORD;
  }

  /** Bytes of the `count` instructions whose records begin at `record`. */
  bytes(record: number, count: number): number {
    let bytes = 0;
    for (let n = 0; n < count; n++) bytes += this.#shapeAt(record + n * RECORD_WORDS).length;
    return bytes;
  }

  handlerAt(record: number): Handler {
    return this.handlers[this.words[record]! & SHAPE_MASK]!;
  }

  /** The instruction of a record, for the caller to keep. */
  instructionAt(record: number): Instruction {
    const insn = new Instruction().copy(this.#shapeAt(record));
    insn.displacement = this.words[record + RECORD_DISPLACEMENT]!;
    insn.immediate = this.words[record + RECORD_IMMEDIATE]!;
    return insn;
  }

  #shapeAt(record: number): Instruction {
    return this.shapes[this.words[record]! & SHAPE_MASK]!;
  }

  #reserve(count: number): void {
    this.#end += count;
    // And one more, for the loop that looks at the next record before it knows that there is none.
    if (this.#end + RECORD_WORDS <= this.words.length) return;
    const words = new Int32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
  }

  /** The number of the shape, or the complement of the place for it. */
  #find(insn: Instruction, handler: Handler): number {
    this.#places ??= new Int32Array(PLACES).fill(-1);
    const places = this.#places;
    const key = this.#key;
    key[0] = insn.op | (insn.prefixes << 12) | (insn.length << 21) | (insn.codeSize << 25);
    key[1] =
      insn.opcode |
      (insn.modrm << 8) |
      ((insn.base & 31) << 16) |
      ((insn.index & 31) << 21) |
      (insn.scale << 26) |
      ((insn.operandSize >> 4) << 28);
    key[2] =
      insn.reg |
      (insn.rm << 5) |
      (insn.segment << 10) |
      (insn.addressForm << 13) |
      (insn.addressSize << 16) |
      (insn.vvvv << 24) |
      (insn.vectorLength << 28) |
      (insn.isMemory ? 1 << 29 : 0);
    let place = hash(key, insn.immediateHigh ^ insn.displacementHigh ^ insn.immediate2);
    for (;;) {
      const shape = places[place]!;
      if (shape < 0) return ~place;
      if (this.#isShape(shape, insn, handler)) return shape;
      place = (place + 1) & (PLACES - 1);
    }
  }

  #isShape(shape: number, insn: Instruction, handler: Handler): boolean {
    const keys = this.#keys;
    const key = this.#key;
    const at = shape * KEY_WORDS;
    if (keys[at] !== key[0] || keys[at + 1] !== key[1] || keys[at + 2] !== key[2]) return false;
    const known = this.shapes[shape]!;
    return (
      known.immediateHigh === insn.immediateHigh &&
      known.displacementHigh === insn.displacementHigh &&
      known.immediate2 === insn.immediate2 &&
      this.handlers[shape] === handler
    );
  }

  #add(insn: Instruction, handler: Handler, place: number): number {
    const shape = this.shapes.length;
    if ((shape + 1) * KEY_WORDS > this.#keys.length) {
      const keys = new Int32Array(this.#keys.length * 2);
      keys.set(this.#keys);
      this.#keys = keys;
    }
    this.#keys.set(this.#key, shape * KEY_WORDS);
    this.#places![place] = shape;
    this.shapes.push(new Instruction().copy(insn));
    this.handlers.push(handler);
    this.#firsts.push(shape | ((this.runner?.describe(shape, insn, handler) ?? 0) << 16));
    return shape;
  }
}

function hash(key: Int32Array, rest: number): number {
  const mixed =
    Math.imul(key[0]!, 0x9e3779b1) ^
    Math.imul(key[1]!, 0x85ebca77) ^
    Math.imul(key[2]!, 0xc2b2ae3d) ^
    Math.imul(rest, 0x27d4eb2f);
  return (mixed ^ (mixed >>> 14)) & (PLACES - 1);
}
