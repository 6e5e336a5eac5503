import { DR6_BS } from '../isa/control.ts';
import type { Instruction } from '../isa/instruction.ts';
import { CS } from '../isa/registers.ts';
import { RFLAGS_IF, RFLAGS_RF } from '../isa/rflags.ts';
import { VECTOR_DB, VECTOR_NMI } from '../isa/vectors.ts';
import { RIP_HI, RIP_LO } from '../state/cpu-state.ts';
import { type GuestFault, SOURCE_EXCEPTION } from '../state/faults.ts';
import { RECORDS_BYTES, RECORDS_OFFSET } from '../state/layout.ts';
import { Block, BlockCache } from './blocks.ts';
import { CodeContexts } from './code-contexts.ts';
import { CodeStore, RECORD_WORDS, STOPPED_AT, STOPPED_BLOCK, STOPPED_LEFT } from './code-store.ts';
import { type DeliveryHooks, deliverException, deliverExternal } from './delivery.ts';
import { BREAK_EXECUTE, matchBreakpoints } from './execute/breakpoints.ts';
import {
  type Core,
  PENDING_ATTENTION,
  PENDING_DEBUG_TRAP,
  PENDING_HALT,
  PENDING_INTR,
  PENDING_NMI,
  PENDING_NMI_BLOCKED,
  PENDING_REPEATING,
  PENDING_RESUME,
  PENDING_SHADOW_SS,
  PENDING_SHADOW_STI,
  PENDING_SHUTDOWN,
  PENDING_SINGLE_STEP,
  PENDING_SMI,
  PENDING_SOFTWARE,
  PENDING_STOP,
} from './execute/core.ts';
import { enterSmm } from './execute/smm.ts';
import { Fetcher } from './fetch.ts';
import { runHandlers, runRecord } from './run-block.ts';
import { isStepped } from './single-step.ts';
import { correctStackFault } from './stack-fault.ts';
import { BETWEEN_NOTHING, type CodeSource, type Tier } from './tier.ts';

/** Why `run` came back. */
export type RunEnd = 'budget' | 'halted' | 'stopped' | 'shutdown';

/** What a snapshot keeps of the loop. */
export interface SavedProcessor {
  readonly retired: number;
  readonly deliveries: number;
}

/** Entries of the table that finds a block by its instruction pointer. */
const JUMP_ENTRIES = 262144;
const BLOCK_NONE = Block.empty();
/** RIP may carry out of 32 bits beyond this page. */
const LAST_PAGE = 0xfffff000;
/** A patience that is never at its end. */
const NEVER = 0x7fffffff;
const SHADOWS = PENDING_SHADOW_STI | PENDING_SHADOW_SS;
const WAITING = PENDING_INTR | PENDING_NMI | PENDING_SMI;
/** What makes the loop go one instruction at a time. */
const STEPPING = SHADOWS | PENDING_SINGLE_STEP;

/**
 * The interpreter's loop: find the block at RIP, run its handlers, look at what is pending, again. Faults arrive as
 * thrown `GuestFault`s and are delivered from here with RIP back at the instruction that caused them.
 */
export class Processor {
  readonly core: Core;
  readonly blocks: BlockCache;
  readonly hooks: DeliveryHooks;
  readonly #fetcher: Fetcher;
  readonly #jump: Block[] = new Array(JUMP_ENTRIES).fill(BLOCK_NONE);

  /** Instructions retired before the running block; `instructions()` adds those of the block. */
  #retired = 0;
  #deliveries = 0;
  /** Instructions that may still retire in this call of `run`, counted from the start of the running block. */
  #remaining = 0;
  #block: Block = BLOCK_NONE;
  #blockRipLo = 0;
  #blockRipHi = 0;

  #tier: Tier | undefined;
  /** `#tier`, but not while blocks must end at a breakpoint. */
  #activeTier: Tier | undefined;

  readonly #contexts: CodeContexts;

  constructor(core: Core, hooks: DeliveryHooks) {
    this.core = core;
    this.hooks = hooks;
    this.#contexts = new CodeContexts(core);
    this.blocks = new BlockCache(core.mmu);
    this.#fetcher = new Fetcher(core, this.blocks);
    core.mmu.onCodeWrite = (physical, bytes) => this.#codeWritten(physical, bytes);
    core.mmu.saved.ramPages.isCode = (physical, bytes) => this.blocks.covers(physical, bytes);
    core.space.onExternalWrite = (hostOffset, bytes) => {
      const physical = hostOffset - core.space.memory.ramOffset;
      core.mmu.saved.ramPages.writtenExternally(physical, bytes);
      this.#codeWritten(physical, bytes);
    };
  }

  /** From now on hot blocks are offered to a faster tier. */
  attachTier<T extends Tier>(make: (core: Core, source: CodeSource) => T): T {
    const tier = make(this.core, {
      blockAt: (physical, size) => this.blocks.find(physical, size),
      context: () => this.#contexts.present(),
      recordContext: () => this.#contexts.ofRecords(),
      remaining: () => this.#remaining,
      between: (ran, faulted) => this.#between(ran, faulted),
    });
    this.#tier = tier;
    this.#activeTier = tier;
    this.blocks.clear();
    const area = new Int32Array(this.core.words.buffer, RECORDS_OFFSET, RECORDS_BYTES >> 2);
    this.blocks.store = new CodeStore(area, tier.records);
    this.blocks.listener = tier;
    return tier;
  }

  /** Instructions retired since power-on; inside a handler, those before the running instruction. */
  instructions(): number {
    return this.#retired + this.core.at;
  }

  /** Instructions and deliveries of exceptions so far: what guest time is made of. */
  steps(): number {
    return this.#retired + this.#deliveries + this.core.at;
  }

  /** Between two instructions. Blocks and compiled code are made again. */
  save(): SavedProcessor {
    return { retired: this.instructions(), deliveries: this.#deliveries };
  }

  /** The core, its state page and memory are those of the snapshot already. */
  restore(saved: SavedProcessor): void {
    this.#retired = saved.retired;
    this.#deliveries = saved.deliveries;
    this.core.at = 0;
    this.betweenInstructions();
    this.contextChanged();
  }

  /** What happens now is not the doing of an instruction: `run` has come back. */
  betweenInstructions(): void {
    this.#block = BLOCK_NONE;
    if (this.#tier) this.#tier.running = undefined;
  }

  /** The instruction that runs or has just faulted, if it got as far as being decoded. */
  currentInstruction(): Instruction | undefined {
    const { at } = this.core;
    return at < this.#block.count ? this.#block.instructionAt(at) : this.#tier?.running?.insn;
  }

  /** RIP of the instruction that runs or has just faulted. */
  currentRip(): readonly [lo: number, hi: number] {
    const { words } = this.core;
    const isInBlock = this.core.at < this.#block.count;
    const lo = isInBlock ? this.#ripOf(this.core.at) : this.#tier?.running?.ripLo;
    return [lo ?? words[RIP_LO]!, words[RIP_HI]!];
  }

  /** From now on a block never runs across this linear RIP, so that `runBlock` stops in front of it. */
  splitAt(lo: number | undefined, hi: number | undefined): void {
    this.#fetcher.split = lo === undefined || hi === undefined ? undefined : [lo, hi];
    this.blocks.clear();
    this.#jump.fill(BLOCK_NONE);
    this.#activeTier = this.#fetcher.split ? undefined : this.#tier;
  }

  /** Makes the running `run` return to its caller after at most `count` more instructions, this one included. */
  shorten(count: number): void {
    const limit = this.core.at + count;
    if (limit < this.#remaining) this.#remaining = limit;
    this.core.endBlock();
  }

  /** Something besides RIP that decides what is executed has changed: CS, CPL, code size. */
  contextChanged(): void {
    this.core.contextStale = true;
    this.core.endBlock();
  }

  /** Runs at most `budget` (>= 1, < 2^30) instructions. */
  run(budget: number): RunEnd {
    const { core } = this;
    this.#remaining = budget;
    while (this.#remaining > 0) {
      if (core.pending & PENDING_ATTENTION) {
        const end = this.#attend();
        if (end) return end;
        if (this.#remaining <= 0) break;
        if (this.#isTrapDue()) continue; // A delivery has met a data breakpoint.
        if (core.pending & STEPPING && !this.#endIdleShadow()) {
          this.#stepOne();
          continue;
        }
        if (core.pending & PENDING_RESUME) core.resume();
      }
      this.#guarded(this.#remaining, false);
    }
    return core.pending & PENDING_SHUTDOWN ? 'shutdown' : 'budget';
  }

  /** Runs one block of at most `budget` instructions, and what is pending before it. */
  runBlock(budget: number): RunEnd {
    const { core } = this;
    this.#remaining = budget;
    if (core.pending & PENDING_ATTENTION) {
      const end = this.#attend();
      if (end) return end;
      if (this.#isTrapDue()) return 'budget';
      if (core.pending & STEPPING && !this.#endIdleShadow()) {
        this.#stepOne();
        return core.pending & PENDING_SHUTDOWN ? 'shutdown' : 'budget';
      }
      if (core.pending & PENDING_RESUME) core.resume();
    }
    this.#guarded(budget, true);
    return core.pending & PENDING_SHUTDOWN ? 'shutdown' : 'budget';
  }

  /**
   * The shadow of STI is for an interrupt that waits already, or comes with an event: there is none before the budget ends. Ends
   * it where that is after the next instruction, if it is all that there is to step for.
   */
  #endIdleShadow(): boolean {
    const { core } = this;
    if ((core.pending & (STEPPING | WAITING)) !== PENDING_SHADOW_STI || this.#remaining < 2) return false;
    core.pending &= ~PENDING_SHADOW_STI;
    return true;
  }

  /** A debug trap that nothing inhibits. */
  #isTrapDue(): boolean {
    return (this.core.pending & (PENDING_DEBUG_TRAP | PENDING_SHADOW_SS)) === PENDING_DEBUG_TRAP;
  }

  /**
   * Runs blocks until something is pending or `count` instructions are through, then accounts for them. False when the
   * last one left through the IDT.
   */
  #guarded(count: number, once: boolean): boolean {
    const { core } = this;
    const due = core.debugTrap;
    try {
      if (!this.#execute(count, once)) return true;
    } catch (thrown) {
      if (thrown !== core.fault) {
        // Not a guest's doing or not ours to answer (unimplemented): leave RIP at the instruction and pass it on.
        this.#rewind();
        throw thrown;
      }
    }
    if (core.pending & PENDING_SOFTWARE) this.#takeSoftware();
    else this.#takeFault(due);
    return false;
  }

  /** The instruction is complete and counted; what it asked for is delivered as if from its start. */
  #takeSoftware(): void {
    const { core } = this;
    core.pending &= ~PENDING_SOFTWARE;
    const lo = (core.ripLo() - core.fault.length) | 0;
    core.setRip(
      lo,
      lo >>> 0 > core.ripLo() >>> 0 && core.state.is64Bit() ? (core.ripHi() - 1) | 0 : core.ripHi(),
    );
    this.#deliver(core.fault, 'fault');
  }

  #takeFault(due: number): void {
    const { core } = this;
    const { fault } = core;
    const insn = fault.nonCanonical ? this.currentInstruction() : undefined;
    if (insn) correctStackFault(core, insn);
    if (fault.vector !== VECTOR_DB) core.keepDebugTraps(due);
    this.#rewind(fault.keepRip);
    if (fault.isFrozen) {
      core.pending = (core.pending & ~SHADOWS) | PENDING_HALT;
      return;
    }
    this.#countDelivery(fault.source);
    this.#deliver(fault, 'fault');
  }

  /**
   * For compiled code: a fault, or an interrupt that may come in, where nothing else is pending. Storms of them need not
   * go out to the loop and back.
   */
  #between(ran: number, faulted: boolean): number {
    const { core } = this;
    if (core.debugTrap !== 0) return BETWEEN_NOTHING;
    const reasons = core.pending & PENDING_ATTENTION;
    if (faulted ? (reasons & ~PENDING_INTR) !== 0 : reasons !== PENDING_INTR || !core.needsAttention()) {
      return BETWEEN_NOTHING;
    }
    core.at = ran;
    if (faulted) this.#takeFault(0);
    else {
      this.#rewind(true);
      if (this.#remaining > 0) this.#attend();
    }
    return core.needsAttention() ? 0 : Math.max(0, this.#remaining);
  }

  /** True when it ended with a fault or a software interrupt that is to be delivered. */
  #execute(count: number, once: boolean): boolean {
    const { core } = this;
    const { words } = core;
    const jump = this.#jump;
    const tier = once ? undefined : this.#activeTier;
    let isHeld = false;
    do {
      const context = this.#contexts.present();
      const lo = words[RIP_LO]!;
      core.at = 0;
      let block = jump[(lo ^ (lo >>> 12)) & (JUMP_ENTRIES - 1)]!;
      if (!block.isAt(lo, words[RIP_HI]!, context)) {
        this.#block = BLOCK_NONE;
        this.#blockRipLo = lo;
        block = this.#lookup(lo, words[RIP_HI]!);
      }
      if (tier !== undefined && (block.code !== undefined || ++block.entries > tier.patience) && !isHeld) {
        this.#block = BLOCK_NONE;
        const ran = tier.run(block, lo, words[RIP_HI]!, context, count);
        if (tier.faulted) return true;
        if (ran > 0 || tier.wentOn) {
          isHeld = tier.stopped;
          this.#count(ran);
          if (this.#isInside()) {
            if (this.#runRecords(block, true, this.#contexts.present(), tier, NEVER)) return true;
            isHeld = tier.stopped;
          }
          count = this.#remaining;
          continue;
        }
      }
      this.#block = block;
      this.#blockRipLo = lo;
      this.#blockRipHi = words[RIP_HI]!;
      if (this.#isForRunner(block, context)) {
        if (this.#runRecords(block, false, context, tier, once ? count : NEVER)) return true;
        isHeld = tier?.stopped === true;
      } else {
        isHeld = false;
        core.end = Math.min(count, block.count);
        this.#count(runHandlers(core, block, lo));
        core.at = 0;
      }
      count = this.#remaining;
    } while (count > 0 && !once && !core.needsAttention());
    return (core.pending & PENDING_SOFTWARE) !== 0;
  }

  /**
   * Runs the block by its records, at most `most` instructions of it, and what follows where that is known. What the runner
   * cannot do is done by handlers; `isInside`: it has stopped in front of such an instruction already. True when compiled
   * code has ended with a fault.
   */
  #runRecords(
    first: Block,
    isInside: boolean,
    context: number,
    tier: Tier | undefined,
    most: number,
  ): boolean {
    const { core } = this;
    const { runner } = this.blocks.store;
    let block = first;
    let goesOn = most === NEVER;
    for (let inside = isInside; ; inside = true) {
      let at = 0;
      let isAtEnd = false;
      if (inside) {
        block = this.#enterStopped();
        at = core.at;
        core.end = Math.min(this.#remaining, most, block.count);
        // What may have changed the segments is followed by handlers.
        do {
          runRecord(core, block.store, block.record + at * RECORD_WORDS);
          core.at = ++at;
        } while (at < core.end && block.codeSize !== 64 && !this.#contexts.hasFlatData());
        isAtEnd = at >= core.end;
        this.#count(at);
        core.at = 0;
        goesOn &&= !core.needsAttention() && this.#contexts.present() === context;
        if (isAtEnd && (!goesOn || this.#remaining <= 0)) return false;
      }
      const here = isAtEnd ? 0 : Math.min(this.#remaining, most - at, block.count - at);
      const record = block.record + at * RECORD_WORDS;
      const budget = goesOn ? this.#remaining : here;
      if (tier?.hasCode) {
        this.#block = BLOCK_NONE;
        const ran = tier.resume(block, record, here, context, budget);
        if (tier.faulted) return true;
        this.#count(ran);
      } else {
        const patience = tier?.patience ?? NEVER;
        this.#count(runner!.run(block.header, record, here, budget - here, context, patience));
      }
      if (!this.#isInside()) return false;
    }
  }

  /** Whether the runner of records has stopped inside a block, in front of an instruction for its handler. */
  #isInside(): boolean {
    return this.blocks.store.words[STOPPED_LEFT] !== 0;
  }

  /** That block becomes the running one, and `Core.at` the instruction. */
  #enterStopped(): Block {
    const { words } = this.blocks.store;
    const block = this.blocks.blockAt(words[STOPPED_BLOCK]!);
    this.#block = block;
    this.#blockRipLo = block.ripLo;
    this.#blockRipHi = block.ripHi;
    this.core.at = words[STOPPED_AT]!;
    this.#count(-this.core.at);
    return block;
  }

  /** So many instructions have retired. */
  #count(retired: number): void {
    this.#retired += retired;
    this.#remaining -= retired;
  }

  /** One instruction, for shadows, TF and breakpoints. */
  #stepOne(): void {
    const { core } = this;
    const shadows = core.pending & SHADOWS;
    const system = core.flags.system();
    const masked = system & RFLAGS_RF || shadows & PENDING_SHADOW_SS || core.pending & PENDING_REPEATING;
    if (!masked) {
      const met = this.#matchCodeBreakpoints();
      if (met !== 0) {
        core.debugTrap |= met;
        this.#countDelivery(SOURCE_EXCEPTION);
        this.#deliver(core.fault.set(VECTOR_DB), 'fault');
        return;
      }
    } else if (system & RFLAGS_RF) {
      // RF holds for one instruction; a fault of that instruction pushes it set anyway.
      core.flags.setSystem(system & ~RFLAGS_RF);
      core.updateSingleStep();
    }
    // What leaves through the IDT, INT n too, clears TF and is not trapped.
    if (!this.#guarded(1, true)) return;
    core.pending &= ~shadows;
    if (
      (core.pending & PENDING_SHADOW_SS) === 0 &&
      isStepped(core, system, this.#block.instructionAt(0), this.#ripOf(1))
    ) {
      core.debugTrap |= DR6_BS;
      core.pending |= PENDING_DEBUG_TRAP;
    }
  }

  /** Breakpoints on the instruction at CS:RIP: only its first byte counts. */
  #matchCodeBreakpoints(): number {
    const { core } = this;
    const { words, state } = core;
    const lo = core.ripLo();
    if (state.is64Bit()) return matchBreakpoints(words, BREAK_EXECUTE, lo, core.ripHi(), 1);
    return matchBreakpoints(words, BREAK_EXECUTE, (lo + state.baseLo(CS)) | 0, 0, 1);
  }

  /** Between two instructions: what is pending, in the order of SDM Vol. 3A, "Priority Among Concurrent Events". */
  #attend(): RunEnd | undefined {
    const { core } = this;
    if (core.pending & PENDING_SHUTDOWN) return 'shutdown';
    if (core.pending & PENDING_STOP) return 'stopped';
    if (core.pending & PENDING_DEBUG_TRAP && !(core.pending & PENDING_SHADOW_SS)) {
      core.pending &= ~(PENDING_DEBUG_TRAP | PENDING_HALT);
      this.#countDelivery(SOURCE_EXCEPTION);
      this.#deliver(core.fault.set(VECTOR_DB), 'trap');
      if (core.pending & PENDING_SHUTDOWN) return 'shutdown';
      if (this.#isTrapDue()) return undefined;
    }
    const shadow = core.pending & SHADOWS;
    if (core.pending & PENDING_SMI && !shadow) {
      core.pending &= ~PENDING_SMI;
      this.betweenInstructions();
      enterSmm(core);
      core.contextStale = true;
    } else if (core.pending & PENDING_NMI && !(core.pending & PENDING_NMI_BLOCKED) && !shadow) {
      core.pending &= ~(PENDING_NMI | PENDING_HALT);
      core.pending |= PENDING_NMI_BLOCKED;
      this.#deliverExternal(VECTOR_NMI);
    } else if (core.pending & PENDING_INTR && core.flags.system() & RFLAGS_IF && !shadow) {
      core.pending &= ~PENDING_HALT;
      const vector = core.interruptController?.acknowledge() ?? 0xff;
      this.#deliverExternal(vector);
    }
    if (core.pending & PENDING_SHUTDOWN) return 'shutdown';
    if (core.pending & PENDING_HALT) return 'halted';
    return undefined;
  }

  #deliver(fault: GuestFault, kind: 'fault' | 'trap'): void {
    this.betweenInstructions();
    deliverException(this.core, fault, this.hooks, kind, this.#activeTier);
    this.core.contextStale = true;
  }

  #deliverExternal(vector: number): void {
    this.betweenInstructions();
    deliverExternal(this.core, vector, this.hooks, this.#activeTier);
    this.core.contextStale = true;
  }

  /**
   * After a fault: RIP back to the start of the instruction, and those before it counted. A task switch that faulted
   * behind its commit point keeps the RIP of the new task.
   */
  #rewind(keepRip = false): void {
    const { core } = this;
    if (core.at < this.#block.count && !keepRip) core.setRip(this.#ripOf(core.at), this.#blockRipHi);
    this.#retired += core.at;
    this.#remaining -= core.at;
    core.at = 0;
  }

  /** RIP of an instruction of the running block, by its number. */
  #ripOf(at: number): number {
    return (this.#blockRipLo + this.#block.startOf(at)) | 0;
  }

  /**
   * A delivery takes the time of an instruction, so that a guest that only ever faults still reaches its limits.
   */
  #countDelivery(source: number): void {
    if (source === SOURCE_EXCEPTION) this.#deliveries++;
    else this.#retired++;
    this.#remaining--;
  }

  #codeWritten(physical: number, bytes: number): void {
    if (this.blocks.invalidate(physical, bytes, this.#block)) this.core.endBlock();
  }

  /** The runner knows 64-bit code, and 32-bit code with flat segments: `context` tells of CS. */
  #isForRunner({ codeSize, ripLo, store }: Block, context: number): boolean {
    if (store.runner === undefined) return false;
    if (codeSize === 64) return true;
    return codeSize === 32 && context >= 0 && ripLo >>> 0 < LAST_PAGE && this.#contexts.hasFlatData();
  }

  #lookup(ripLo: number, ripHi: number): Block {
    const block = this.#fetcher.blockAt(ripLo, ripHi);
    if (this.#fetcher.cacheable) {
      block.enterAt(ripLo, ripHi, this.#contexts.present());
      this.#jump[(ripLo ^ (ripLo >>> 12)) & (JUMP_ENTRIES - 1)] = block;
      if (ripLo >>> 0 < LAST_PAGE) block.store.runner?.link(block);
    }
    return block;
  }
}
