import type { Core } from '../cpu/execute/core.ts';
import { CS } from '../isa/registers.ts';
import { VECTOR_PF } from '../isa/vectors.ts';
import type { Walk } from '../mmu/mmu.ts';
import { CpuState, type Mode, RIP_HI, RIP_LO } from '../state/cpu-state.ts';
import { Flags } from '../state/flags.ts';
import {
  STATE_COPIES,
  STATE_COPIES_OFFSET,
  STATE_COPY_BYTES,
  STATE_COPY_STRIDE,
  STATE_CR2,
} from '../state/layout.ts';
import { type Registers, readRegisters } from './registers.ts';

/** One exception, as it was when it was raised. Interrupts are not faults and are not kept. */
export interface FaultRecord {
  readonly vector: number;
  readonly hasErrorCode: boolean;
  readonly errorCode: number;
  /** The faulting linear address of a #PF; for others what CR2 held. */
  readonly cr2: readonly [lo: number, hi: number];
  /** Of the instruction that faulted (for a trap: of the next one). */
  readonly rip: readonly [lo: number, hi: number];
  readonly cs: number;
  readonly cpl: number;
  /** Instructions retired before it. Records of one chain share it. */
  readonly instruction: number;
  readonly mode: Mode;
  readonly registers: Registers;
  /** For a #PF: the walk of the failing address through the tables as they were. */
  readonly walk: Walk | undefined;
  /** For a #PF or a fetch problem: the walk of RIP when RIP itself cannot be fetched. */
  readonly opcodeBytes: Uint8Array;
}

/** How many faults are kept whole as they happen. */
const FIRST_KEPT = 32;
/** How many later ones are remembered by a copy of the registers, to be worked out when somebody asks. */
const LAST_KEPT = STATE_COPIES;
/** Words of the state page that a record needs. */
const KEPT_WORDS = STATE_COPY_BYTES >> 2;

/** Exceptions have the first vectors alone. */
const VECTORS = 32;

interface Sketch {
  /** In the machine's memory, one place for each sketch. */
  readonly words: Int32Array<ArrayBuffer>;
  vector: number;
  hasErrorCode: boolean;
  errorCode: number;
  instruction: number;
  record: FaultRecord | undefined;
}

export interface SavedFaults {
  readonly first: readonly FaultRecord[];
  readonly last: readonly Sketch[];
  readonly next: number;
  /** By vector. */
  readonly counts: readonly number[];
  readonly total: number;
}

/**
 * Keeps the first faults of a run, the last ones, and a count of each vector. A page-fault storm must not pay for
 * records that nobody reads: after the first few, a fault costs one copy of the registers.
 */
export class FaultLog {
  readonly #first: FaultRecord[] = [];
  readonly #last: Sketch[] = [];
  #next = 0;
  /** The words of the processor that a record needs: there is one core for all of them. */
  #source: Int32Array | undefined;
  readonly #counts: number[] = new Array(VECTORS).fill(0);
  total = 0;
  /** A faster way to copy the state page to one of the places for copies; false when it has done nothing. */
  copier: { copyState(to: number): boolean } | undefined;
  readonly #buffer: ArrayBuffer;

  /** `buffer` is the memory of the machine. */
  constructor(buffer: ArrayBuffer) {
    this.#buffer = buffer;
  }

  /** Times each vector was raised, where it was. */
  get counts(): Map<number, number> {
    return new Map([...this.#counts.entries()].filter(([, count]) => count > 0));
  }

  save(): SavedFaults {
    const last = this.#last.map((sketch) => ({ ...sketch, words: sketch.words.slice() }));
    for (const { words } of last) new Flags(words).settle();
    return {
      first: [...this.#first],
      last,
      next: this.#next,
      counts: [...this.#counts],
      total: this.total,
    };
  }

  restore(saved: SavedFaults): void {
    this.#first.splice(0, this.#first.length, ...saved.first);
    const last = saved.last.map((sketch, slot) => {
      const words = this.#place(slot);
      words.set(sketch.words);
      return { ...sketch, words };
    });
    this.#last.splice(0, this.#last.length, ...last);
    this.#next = saved.next;
    this.#counts.splice(0, VECTORS, ...saved.counts);
    this.total = saved.total;
  }

  /** The kept records, oldest first. */
  records(): FaultRecord[] {
    const later = Math.min(this.#next, LAST_KEPT);
    const last: FaultRecord[] = [];
    for (let i = this.#next - later; i < this.#next; i++) {
      const sketch = this.#last[i % LAST_KEPT]!;
      last.push(sketch.record ?? fromSketch(sketch));
    }
    return [...this.#first, ...last];
  }

  /** The records of the last chain: those that were raised without an instruction in between. */
  lastChain(): FaultRecord[] {
    const all = this.records();
    const last = all[all.length - 1];
    if (!last) return [];
    let start = all.length - 1;
    while (start > 0 && all[start - 1]!.instruction === last.instruction) start--;
    return all.slice(start);
  }

  /** Notes a fault that is about to be delivered; RIP in `core` is that of the faulting instruction. */
  note(core: Core, instruction: number, vector: number, hasErrorCode: boolean, errorCode: number): void {
    this.total++;
    this.#counts[vector]!++;
    if (this.#first.length < FIRST_KEPT) {
      this.#first.push(
        capture(
          core,
          core.words.slice(0, KEPT_WORDS) as Int32Array<ArrayBuffer>,
          instruction,
          vector,
          hasErrorCode,
          errorCode,
        ),
      );
      return;
    }
    const previous = this.#next > 0 ? this.#last[(this.#next - 1) % LAST_KEPT] : undefined;
    const nested = previous?.instruction === instruction;
    // Nothing has run since the previous fault, so the tables still are what it met.
    if (nested && previous && !previous.record) previous.record = fromSketch(previous, core);
    const slot = this.#next++ % LAST_KEPT;
    this.#last[slot] ??= {
      words: this.#place(slot),
      vector: 0,
      hasErrorCode: false,
      errorCode: 0,
      instruction: 0,
      record: undefined,
    };
    const sketch = this.#last[slot]!;
    if (this.copier?.copyState(STATE_COPIES_OFFSET + slot * STATE_COPY_STRIDE) !== true) {
      this.#source ??= core.words.subarray(0, KEPT_WORDS);
      sketch.words.set(this.#source);
    }
    sketch.vector = vector;
    sketch.hasErrorCode = hasErrorCode;
    sketch.errorCode = errorCode;
    sketch.instruction = instruction;
    sketch.record = nested ? fromSketch(sketch, core) : undefined;
  }

  #place(slot: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#buffer, STATE_COPIES_OFFSET + slot * STATE_COPY_STRIDE, KEPT_WORDS);
  }
}

function fromSketch(sketch: Sketch, core?: Core): FaultRecord {
  return capture(
    core,
    sketch.words.slice(),
    sketch.instruction,
    sketch.vector,
    sketch.hasErrorCode,
    sketch.errorCode,
  );
}

function capture(
  core: Core | undefined,
  words: Int32Array<ArrayBuffer>,
  instruction: number,
  vector: number,
  hasErrorCode: boolean,
  errorCode: number,
): FaultRecord {
  const cr2: [number, number] = [words[STATE_CR2 >> 2]!, words[(STATE_CR2 >> 2) + 1]!];
  const state = CpuState.over(words);
  const rip: [number, number] = [words[RIP_LO]!, words[RIP_HI]!];
  return {
    vector,
    hasErrorCode,
    errorCode,
    cr2,
    rip,
    cs: state.selector(CS),
    cpl: state.cpl(),
    instruction,
    mode: state.mode(),
    registers: readRegisters(words),
    walk: core && vector === VECTOR_PF ? core.mmu.explain(cr2[0], cr2[1]) : undefined,
    opcodeBytes: core ? bytesAt(core, rip[0], rip[1]) : new Uint8Array(),
  };
}

/** Up to 15 bytes at CS:RIP, read without side effects; fewer where they are not mapped. */
function bytesAt(core: Core, ripLo: number, ripHi: number): Uint8Array {
  const { state, mmu, space } = core;
  const bytes: number[] = [];
  const long = state.is64Bit();
  for (let i = 0; i < 15; i++) {
    const ipLo = (ripLo + i) | 0;
    const lo = long ? ipLo : (ipLo + state.baseLo(CS)) | 0;
    const hi = long ? (ripHi + (ipLo >>> 0 < ripLo >>> 0 ? 1 : 0)) | 0 : 0;
    const walk = mmu.explain(lo, hi);
    if (walk.physical === undefined || space.hostPage(Math.floor(walk.physical / 4096)) < 0) break;
    bytes.push(space.read8(walk.physical));
  }
  return Uint8Array.from(bytes);
}
