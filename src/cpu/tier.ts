import type { Instruction } from '../isa/instruction.ts';
import type { Block } from './blocks.ts';
import type { RecordRunner } from './code-store.ts';

/** What a tier may ask of the processor: the code around a hot block, and whether it may go on. */
export interface CodeSource {
  /**
   * The block that starts at a physical address, if the interpreter has come by. Much of a kernel is written for what
   * hardly ever happens: to compile that as well would be dearer than to leave compiled code when it does happen.
   */
  blockAt(physical: number, codeSize: number): Block | undefined;
  /** Number of the present context, as `run` gets it. */
  context(): number;
  /** The same, where the runner of records knows the code there; CONTEXT_NONE where not. */
  recordContext(): number;
  /** The budget as it was when the tier was entered, or less when somebody has cut it short. */
  remaining(): number;
  /**
   * Compiled code has been left behind `ran` instructions, with all state in memory, because the next one has faulted or
   * because something is pending: does what the loop does between two instructions, if that is all there is to do. Answers
   * how many instructions may follow at the new RIP; 0 when the loop must go on from here, BETWEEN_NOTHING when it must
   * do this as well.
   */
  between(ran: number, faulted: boolean): number;
}

/** A context that no block is linked in. */
export const CONTEXT_NONE = 0x7fffffff;

/** What `CodeSource.between` answers when it has done nothing. */
export const BETWEEN_NOTHING = -1;

/** A faster way to execute hot blocks. The processor knows no more of it than this. */
export interface Tier {
  readonly records: RecordRunner;
  /** Entries of a block before `run` is asked to compile it. */
  readonly patience: number;
  /**
   * Executes code from the start of `block` at RIP, at most `count` instructions, and answers how many have retired
   * that `CodeSource.between` was not told of. RIP and all other state are then exact. After a guest fault `faulted` is set, and `Core.at` is the number of
   * instructions that retired before it. 0: nothing was done, or only the interpreter can do the next instruction.
   */
  run(block: Block, ripLo: number, ripHi: number, context: number, count: number): number;
  /** Whether any code is compiled: only then `resume` does what the runner of records does not. */
  readonly hasCode: boolean;
  /**
   * The same for a block that is not hot, at an instruction of it with RIP there: runs `here` instructions of it by their
   * records (0 where RIP is behind it), and then, compiled or not, what follows. Like `run` it may stop inside a block: the runner's STOPPED_LEFT
   * tells. 0 may also mean that the first instruction is for its handler.
   */
  resume(block: Block, record: number, here: number, context: number, count: number): number;
  /** The last `run` stopped in front of something that the interpreter must execute. */
  readonly stopped: boolean;
  /** The last `run` has gone on behind what the source did between two instructions: 0 does not mean that nothing was done. */
  readonly wentOn: boolean;
  /** The last `run` ended with the fault that `Core.fault` describes. */
  readonly faulted: boolean;
  /** The instruction whose handler runs, or was the last to throw, and the low word of its RIP. */
  running: { readonly insn: Instruction; readonly ripLo: number } | undefined;
  /**
   * Delivers an exception or an external interrupt through the IDT, with RIP as the one to return to, `flags` set in the
   * pushed RFLAGS besides. False: nothing was done, and the interpreter must.
   */
  deliver(vector: number, flags: number, hasErrorCode: boolean, errorCode: number): boolean;
  /** The bytes of the block have changed. Answers whether code that was made of it is running. */
  drop(block: Block): boolean;
  /** All blocks are gone. */
  clear(): void;
}
