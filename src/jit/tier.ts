import type { Block } from '../cpu/blocks.ts';
import { STOPPED_LEFT } from '../cpu/code-store.ts';
import { type Core, PENDING_INTR } from '../cpu/execute/core.ts';
import { BETWEEN_NOTHING, type CodeSource, type Tier } from '../cpu/tier.ts';
import { DESC_DB } from '../isa/descriptors.ts';
import { CS, SS } from '../isa/registers.ts';
import { RFLAGS_RF } from '../isa/rflags.ts';
import { DIRECT_FAULT } from '../mmu/mmu.ts';
import { segmentWord } from '../state/cpu-state.ts';
import {
  JIT_LOOKUP_ENTRIES,
  JIT_LOOKUP_OFFSET,
  JIT_LOOKUP_WORDS,
  RECORDS_BYTES,
  RECORDS_OFFSET,
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  STATE_JIT_CONTEXT,
  STATE_JIT_ENTRY,
  STATE_JIT_ERROR,
  STATE_JIT_EVENT,
  STATE_JIT_MOVED,
  STATE_JIT_PENDING,
  STATE_JIT_RESUMED,
  STATE_JIT_STOPPED,
  STATE_RIP,
  STATE_RUN_CONTEXT,
  STATE_RUN_COUNT,
  STATE_RUN_HEADER,
  STATE_RUN_PATIENCE,
  STATE_RUN_RECORD,
  TLB_OFFSET,
} from '../state/layout.ts';
import { CodeCache, type EntryCode, type RegionCode } from './code-cache.ts';
import { compile, type HandlerCall, type Surroundings } from './compile.ts';
import { CONTEXT_LONG, CONTEXT_STACK32, SEGMENT_BITS } from './context.ts';
import { ENTRY_RECORDS } from './dispatcher.ts';
import { FILL_RUN } from './emit/emitter.ts';
import { EVENT_ERROR } from './emit/interrupt.ts';
import { Leavers } from './leavers.ts';
import { RecordInterpreter } from './records/interpreter.ts';
import { discover } from './region.ts';

const CONTEXT_WORD = STATE_JIT_CONTEXT >> 2;
const STOPPED_WORD = STATE_JIT_STOPPED >> 2;
const ENTRY_WORD = STATE_JIT_ENTRY >> 2;
const PENDING_WORD = STATE_JIT_PENDING >> 2;
const MOVED_WORD = STATE_JIT_MOVED >> 2;
const ERROR_WORD = STATE_JIT_ERROR >> 2;
const EVENT_WORD = STATE_JIT_EVENT >> 2;
const RESUMED_WORD = STATE_JIT_RESUMED >> 2;
const RIP_WORD = STATE_RIP >> 2;
const SS_ATTRIBUTES = segmentWord(SS, SEGMENT_ATTRIBUTES);
const CS_BASE = segmentWord(CS, SEGMENT_BASE);
const CS_LIMIT = segmentWord(CS, SEGMENT_LIMIT);
const HEADER_WORD = STATE_RUN_HEADER >> 2;
const RECORD_WORD = STATE_RUN_RECORD >> 2;
const COUNT_WORD = STATE_RUN_COUNT >> 2;
const RUN_CONTEXT_WORD = STATE_RUN_CONTEXT >> 2;
const PATIENCE_WORD = STATE_RUN_PATIENCE >> 2;

/** RIP may carry into its high word beyond this page. */
const LAST_PAGE = 0xfffff000;
/**
 * Entries before a block is compiled: few while there is little compiled code, for a loop to be fast soon, and more with
 * every region, for a boot that runs through much code once does not earn back what compiling it costs.
 */
const LEAST_PATIENCE = 300;
const MOST_PATIENCE = 8000;
const PATIENCE_STEP = 8;
/** Of its patience with the entry of a region, the share that other entries of it must have used up, as a power of two. */
const ENTRY_SHARE = 3;
/** So many regions are made one by one, for what is hot to be fast soon; later ones in modules of several. */
const SINGLE = 16;
const BATCH = 16;
/**
 * So many regions may hold a block: a loop is faster with what it calls inside. Once there are many regions it is a boot that
 * is compiled, and what one of them holds is left to be entered there, which costs less than to compile it again.
 */
const COPIES = 9;
const MANY_REGIONS = 24;
/** A block that is used at so many places or in so many ways is left to the interpreter. */
const MAX_ATTEMPTS = 6;
/** So many runs that stopped after fewer instructions than this are enough. */
const SHORT_RUN = 8;
const MAX_SHORT_RUNS = 20_000;
/** Entries that make a block hot at once. */
const SOON = 0x10000;

/** A hot block and where it was entered. */
interface Request {
  readonly block: Block;
  readonly ripLo: number;
  readonly ripHi: number;
  readonly segments: number;
}

/** Compiled regions, and the way in and out of them. */
export class CompiledTier implements Tier {
  patience = LEAST_PATIENCE;
  stopped = false;
  faulted = false;
  wentOn = false;
  running: HandlerCall | undefined;
  readonly records: RecordInterpreter;
  #cache: CodeCache | undefined;
  readonly #memory: WebAssembly.Memory;
  readonly #core: Core;
  readonly #source: CodeSource;
  readonly #words: Int32Array;
  readonly #lookup: Int32Array;
  readonly #records: Int32Array;
  /** What a callback from compiled code has caught: thrown again when the code is left. */
  #thrown: unknown;
  #hasThrown = false;
  #budget = 0;
  #lookupEpoch = 0;
  readonly #leavers = new Leavers();
  #isRunning = false;
  #waiting: Request[] = [];

  constructor(core: Core, source: CodeSource, memory: WebAssembly.Memory) {
    this.#core = core;
    this.#source = source;
    this.#words = core.words;
    this.#lookup = new Int32Array(memory.buffer, JIT_LOOKUP_OFFSET, JIT_LOOKUP_ENTRIES * JIT_LOOKUP_WORDS);
    this.#records = new Int32Array(memory.buffer, RECORDS_OFFSET, RECORDS_BYTES >> 2);
    this.#memory = memory;
    this.records = new RecordInterpreter(memory);
    // The lookup is empty as it is: no context is 0.
  }

  get hasCode(): boolean {
    return this.#cache !== undefined;
  }

  /** Made when the first region is: a short run needs none. */
  get cache(): CodeCache {
    this.#cache ??= new CodeCache(
      this.#memory,
      {
        fill: (lo, hi, access) => this.#fill(lo, hi, access),
        run: (call, left) => this.#runHandler(call, left),
        between: (left) => this.#between(left),
        records: this.records.run,
      },
      this.#core.model.vendor,
    );
    return this.#cache;
  }

  run(block: Block, ripLo: number, ripHi: number, context: number, count: number): number {
    const words = this.#words;
    this.#begin();
    const long = block.codeSize === 64;
    const segments = long ? 0 : this.#segmentBits();
    let entry = block.code as EntryCode | undefined;
    if (!isFor(entry, ripLo, ripHi, segments)) {
      this.#ask({ block, ripLo, ripHi, segments });
      entry = block.code as EntryCode | undefined;
      if (!isFor(entry, ripLo, ripHi, segments)) return 0;
    }
    if (entry.region.longest > count) return 0;
    this.#enterContext(context, segments, long);
    const at = lookupIndex(ripLo);
    this.#lookup[at] = ripLo;
    this.#lookup[at + 1] = ripHi;
    this.#lookup[at + 2] = words[CONTEXT_WORD]!;
    this.#lookup[at + 3] = entry.region.slot;
    words[ENTRY_WORD] = entry.region.slot;
    this.#records[STOPPED_LEFT] = 0;
    const ran = this.#enter(count);
    if (this.stopped && ran < SHORT_RUN) this.#noteShortRun(entry);
    return ran;
  }

  resume(block: Block, record: number, here: number, context: number, count: number): number {
    const words = this.#words;
    this.#begin();
    const long = block.codeSize === 64;
    this.#enterContext(context, long ? 0 : this.#segmentBits(), long);
    words[ENTRY_WORD] = ENTRY_RECORDS;
    words[HEADER_WORD] = block.header;
    words[RECORD_WORD] = record;
    words[COUNT_WORD] = here;
    return this.#enter(count);
  }

  #begin(): void {
    this.stopped = false;
    this.faulted = false;
    this.wentOn = false;
    this.running = undefined;
  }

  /** Runs what the state names. */
  #enter(count: number): number {
    const core = this.#core;
    const words = this.#words;
    words[STOPPED_WORD] = 0;
    words[PENDING_WORD] = core.pending;
    words[PATIENCE_WORD] = this.patience;
    core.end = 1;
    this.#budget = count;
    this.#isRunning = true;
    const left = this.#cache!.enter(count);
    this.#isRunning = false;
    if (words[MOVED_WORD] !== 0) this.#catchUp(left);
    const ran = this.#budget - left;
    this.stopped = words[STOPPED_WORD] !== 0;
    if (this.#hasThrown) {
      this.#hasThrown = false;
      core.at = ran;
      if (this.#thrown !== core.fault) throw this.#thrown;
      this.faulted = true;
      return ran;
    }
    core.at = 0;
    if (this.stopped) this.#noteLeaver();
    return ran;
  }

  deliver(vector: number, flags: number, hasErrorCode: boolean, errorCode: number): boolean {
    const core = this.#core;
    if (!this.#cache || !core.state.is64Bit()) return false;
    this.#words[ERROR_WORD] = errorCode;
    const event = vector | flags | (hasErrorCode ? EVENT_ERROR : 0);
    if (this.cache.deliver(event) === 0) return false;
    if (!this.#isRunning) this.#catchUp();
    core.endBlock();
    return true;
  }

  /** Copies the words of the state page that reports show to `to` in memory. False: nothing was done, no code is compiled. */
  copyState(to: number): boolean {
    return this.#cache !== undefined && this.#cache.copyState(to) !== 0;
  }

  drop(block: Block): boolean {
    let hit = false;
    if (!this.#cache) return false;
    for (const region of this.#cache.dropBlock(block)) {
      this.#forget(region);
      hit = true;
    }
    return hit && this.#isRunning;
  }

  clear(): void {
    this.#waiting = [];
    this.#cache?.clear();
    this.#clearLookup();
  }

  /** Makes the context that compiled code compares, and what the lookup holds of it, the present one. */
  #enterContext(context: number, segments: number, long: boolean): void {
    const epoch = context >> (32 - SEGMENT_BITS - 1);
    if (epoch !== this.#lookupEpoch) {
      this.#lookupEpoch = epoch;
      this.#clearLookup();
    }
    this.#words[CONTEXT_WORD] = (context << SEGMENT_BITS) | segments | (long ? CONTEXT_LONG : 0);
    this.#words[RUN_CONTEXT_WORD] = long ? context : this.#source.recordContext();
  }

  #segmentBits(): number {
    const core = this.#core;
    return (
      (core.flatRead & 0x3f) |
      ((core.flatWrite & 0x3f) << 6) |
      (this.#words[SS_ATTRIBUTES]! & DESC_DB ? CONTEXT_STACK32 : 0)
    );
  }

  #isCodeFlat(): boolean {
    return this.#words[CS_BASE] === 0 && this.#words[CS_LIMIT] === -1;
  }

  /** A block has become hot: its region is made at once, or with some others. */
  #ask(request: Request): void {
    const { block, ripLo } = request;
    const { codeSize } = block;
    block.entries = 0;
    if (codeSize === 16 || ripLo >>> 0 >= LAST_PAGE || block.attempts >= MAX_ATTEMPTS) return;
    if (codeSize === 32 && !this.#isCodeFlat()) return;
    const asked = this.#waiting.some((other) => other.block === block);
    if (!asked) this.#waiting.push(request);
    const batch = this.cache.compiled < SINGLE ? 1 : BATCH;
    if (!asked && this.#waiting.length < batch) return;
    const requests = this.#waiting;
    this.#waiting = [];
    if (this.cache.isFull(requests.length)) this.clear();
    const made = new Set<Block>();
    // What a region made just now leads to will hardly be entered beside it.
    for (const waiting of requests) if (!made.has(waiting.block)) this.#make(waiting, made);
    this.cache.build();
  }

  #make({ block, ripLo, ripHi, segments }: Request, made: Set<Block>): void {
    const { codeSize } = block;
    const old = block.code as EntryCode | undefined;
    if (isFor(old, ripLo, ripHi, segments)) return;
    if (this.#source.blockAt(block.physical, codeSize) !== block) return;
    block.attempts++;
    const flat = {
      read: segments & 0x3f,
      write: (segments >> 6) & 0x3f,
      stack32: (segments & CONTEXT_STACK32) !== 0,
    };
    const surroundings: Surroundings = { codeSize, ripHi, flat };
    const stackNative = codeSize === 64 || (flat.stack32 && ((flat.read & flat.write) >> SS) % 2 === 1);
    const isFlat = (segment: number) => codeSize === 64 || ((flat.read & flat.write) >> segment) % 2 === 1;
    const copies = this.cache.compiled < MANY_REGIONS ? COPIES : 1;
    const visits = {
      least: this.patience >> ENTRY_SHARE,
      of: (other: Block) => (other.code === undefined && other.attempts < MAX_ATTEMPTS ? other.entries : -1),
      isOpen: (other: Block) => this.cache.copies(other) < copies,
    };
    if (old) this.#detach(old);
    block.entries = this.patience;
    const nodes = discover(this.#source, block, ripLo, ripHi, stackNative, isFlat, visits);
    block.entries = 0;
    this.patience = Math.min(this.patience + PATIENCE_STEP, MOST_PATIENCE);
    const compiled = compile(nodes, surroundings, this.cache.calls.length, this.#leavers.found);
    const blocks = nodes.map((node) => node.block).filter(({ count }) => count > 0);
    for (const one of blocks) made.add(one);
    this.cache.add(blocks, compiled, ripHi, segments);
  }

  /** An entry that hardly ever gets anywhere (device registers, data in the page of the code) costs more than it saves. */
  #noteShortRun(entry: EntryCode): void {
    if (++entry.shortRuns < MAX_SHORT_RUNS) return;
    entry.block.attempts = MAX_ATTEMPTS;
    this.#detach(entry);
  }

  /**
   * A region was left in front of an instruction for the interpreter. If that keeps happening at the same one (a device
   * register, data beside code, a denormal), the regions that hold it are compiled anew, and call its handler there.
   */
  #noteLeaver(): void {
    const { mmu, space } = this.#core;
    const host = mmu.fetchHost(this.#words[RIP_WORD]!, this.#words[RIP_WORD + 1]!);
    const physical = host - space.memory.ramOffset;
    if (host < 0 || !this.#leavers.note(physical)) return;
    for (const region of this.cache.regionsAt(physical)) {
      this.#leavers.noteOthers(region.blocks);
      this.#forget(region);
      for (const { block } of region.entries) {
        block.attempts = Math.max(block.attempts - 1, 0);
        block.entries = SOON;
      }
    }
  }

  #forget(region: RegionCode): void {
    for (const entry of region.entries) this.#forgetEntry(entry);
    this.cache.remove(region);
  }

  #detach(entry: EntryCode): void {
    this.#forgetEntry(entry);
    this.cache.detach(entry);
  }

  #forgetEntry({ ripLo, region }: EntryCode): void {
    const at = lookupIndex(ripLo);
    if (this.#lookup[at + 3] === region.slot) this.#lookup[at + 2] = -1;
  }

  #clearLookup(): void {
    this.#lookup.fill(-1);
  }

  /** Byte offset of the TLB entry after a miss; 0 when the interpreter must make the access or a fault is on its way. */
  #fill(lo: number, hi: number, access: number): number {
    if (this.#words[MOVED_WORD] !== 0) this.#catchUp();
    const { mmu, fault } = this.#core;
    const bytes = (access & ~FILL_RUN) >> 1;
    const entry = mmu.direct(lo, hi, bytes, access & 1, (access & FILL_RUN) !== 0);
    if (entry >= 0) return TLB_OFFSET + entry * 4;
    if (entry === DIRECT_FAULT) {
      this.#caught(fault);
      this.#words[EVENT_WORD] = 1;
    }
    return 0;
  }

  /**
   * Executes one instruction by its handler. -1: go on; else the budget to leave with, or the complement of the one to go on
   * with at the new RIP.
   */
  #runHandler(call: number, left: number): number {
    const core = this.#core;
    const running = this.cache.calls[call]!;
    const { handler, insn, ripLo } = running;
    core.at = this.#budget - left;
    if (this.#words[MOVED_WORD] !== 0) this.#catchUp();
    this.running = running;
    try {
      handler(core, insn);
    } catch (thrown) {
      this.#caught(thrown);
      if (thrown !== core.fault || !core.fault.keepRip) this.#words[RIP_WORD] = ripLo;
      return ~this.#between(left);
    }
    this.running = undefined;
    this.#words[PENDING_WORD] = core.pending;
    if (running.endsBlock ? this.#goesOn() : core.end !== 0) return -1;
    return core.pending & PENDING_INTR ? ~this.#between(left - 1) : left - 1;
  }

  #caught(thrown: unknown): void {
    this.#thrown = thrown;
    this.#hasThrown = true;
  }

  /**
   * Compiled code is being left with a fault or for an interrupt, with all state in memory. Answers the budget to go on with
   * at the new RIP, or the complement of what is left.
   */
  #between(left: number): number {
    const core = this.#core;
    const words = this.#words;
    words[EVENT_WORD] = 0;
    const faulted = this.#hasThrown;
    if (faulted && this.#thrown !== core.fault) return ~left;
    if (words[MOVED_WORD] !== 0) this.#catchUp(left);
    let budget: number;
    try {
      budget = this.#source.between(this.#budget - left, faulted);
    } catch (thrown) {
      this.#caught(thrown);
      this.#budget = left;
      return ~left;
    }
    if (budget === BETWEEN_NOTHING) return ~left;
    this.#hasThrown = false;
    this.wentOn = true;
    this.#budget = budget;
    words[STOPPED_WORD] = 0;
    if (budget === 0 || !this.#goesOn()) return ~budget;
    words[PENDING_WORD] = core.pending;
    return budget;
  }

  /**
   * Compiled code has changed the privilege level or the base of a segment: what follows from them follows. RFLAGS.RF of an
   * IRET counts for one instruction: `left` tells, between two instructions, whether that has retired.
   */
  #catchUp(left = -1): void {
    const words = this.#words;
    const core = this.#core;
    words[MOVED_WORD] = 0;
    if (words[RESUMED_WORD] !== 0) {
      if (left + 1 < words[RESUMED_WORD]!) core.flags.setSystem(core.flags.system() & ~RFLAGS_RF);
      else core.updateSingleStep();
      words[RESUMED_WORD] = 0;
    }
    core.dataSegmentChanged();
    core.mmu.levelChanged();
    core.contextStale = true;
  }

  /**
   * After an instruction that ends a block and may have changed anything: whether compiled code may look up what is at
   * the new RIP, in the context as it is now.
   */
  #goesOn(): boolean {
    const core = this.#core;
    if (core.needsAttention() || this.#source.remaining() !== this.#budget) return false;
    const long = core.state.is64Bit();
    this.#enterContext(this.#source.context(), long ? 0 : this.#segmentBits(), long);
    core.end = 1;
    return true;
  }
}

/** Whether the code is right for a block at that RIP, in those segments. */
function isFor(
  code: EntryCode | undefined,
  ripLo: number,
  ripHi: number,
  segments: number,
): code is EntryCode {
  return code !== undefined && code.ripLo === ripLo && code.ripHi === ripHi && code.segments === segments;
}

function lookupIndex(ripLo: number): number {
  return ((ripLo ^ (ripLo >>> 12)) & (JIT_LOOKUP_ENTRIES - 1)) * JIT_LOOKUP_WORDS;
}
