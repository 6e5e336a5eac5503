import { DESC_DB } from '../isa/descriptors.ts';
import { CS, DS, ES, SS } from '../isa/registers.ts';
import { segmentWord } from '../state/cpu-state.ts';
import { SEGMENT_ATTRIBUTES, SEGMENT_BASE, SEGMENT_LIMIT, STATE_CPL } from '../state/layout.ts';
import type { Core } from './execute/core.ts';
import { CONTEXT_NONE } from './tier.ts';

const DATA_SEGMENTS = (1 << ES) | (1 << SS) | (1 << DS);
const SS_ATTRIBUTES = segmentWord(SS, SEGMENT_ATTRIBUTES);

/** Numbers for everything besides RIP that decides which bytes are executed: blocks are entered by RIP and by such a number. */
export class CodeContexts {
  readonly #core: Core;
  #present = 0;
  #generation = -1;
  /** Numbers of contexts with a based or limited CS, negative, in the present generation. */
  readonly #ids = new Map<string, number>();
  #lastId = -1;

  constructor(core: Core) {
    this.#core = core;
  }

  present(): number {
    const core = this.#core;
    if (core.contextStale || core.mmu.generation !== this.#generation) this.#find();
    return this.#present;
  }

  /** The present one, if the runner of records knows all code that is linked in it; else CONTEXT_NONE. */
  ofRecords(): number {
    const context = this.present();
    const size = this.#core.state.codeSize();
    return size === 64 || (size === 32 && context >= 0 && this.hasFlatData()) ? context : CONTEXT_NONE;
  }

  /** Whether 32-bit code can access all of its memory through ES, SS and DS, and has a 32-bit stack. */
  hasFlatData(): boolean {
    const core = this.#core;
    const isFlat = (core.flatRead & core.flatWrite & DATA_SEGMENTS) === DATA_SEGMENTS;
    return isFlat && (core.words[SS_ATTRIBUTES]! & DESC_DB) !== 0;
  }

  /**
   * Gives the present surroundings a number: where CS lies, its limit and size, the privilege, and the generation of
   * translations. A kernel and its user code thus find their blocks again after every system call.
   */
  #find(): void {
    const core = this.#core;
    const { words } = core;
    const { generation } = core.mmu;
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#ids.clear();
    }
    core.contextStale = false;
    const size = core.state.codeSize();
    const user = words[STATE_CPL >> 2] === 3 ? 1 : 0;
    const base = words[segmentWord(CS, SEGMENT_BASE)]!;
    const limit = words[segmentWord(CS, SEGMENT_LIMIT)]!;
    const flat = size === 64 || (base === 0 && limit === -1);
    if (flat) {
      this.#present = generation * 8 + (size >> 5) * 2 + user;
      return;
    }
    const key = `${size}.${user}.${base}.${limit}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = --this.#lastId;
      this.#ids.set(key, id);
    }
    this.#present = id;
  }
}
