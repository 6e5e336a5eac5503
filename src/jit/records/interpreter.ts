import type { Block } from '../../cpu/blocks.ts';
import type { RecordRunner } from '../../cpu/code-store.ts';
import type { Handler } from '../../cpu/execute/core.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { RECORD_JUMP_ENTRIES, RECORD_JUMP_OFFSET, SHAPES_OFFSET } from '../../state/layout.ts';
import { describeShape } from './describe-shape.ts';
import { MODULE } from './made.ts';
import { SHAPE_BYTES } from './shapes.ts';

/** One for all machines. */
let compiled: WebAssembly.Module | undefined;

/** The interpreter of the commonest instructions of 64-bit and flat 32-bit code, in WebAssembly. */
export class RecordInterpreter implements RecordRunner {
  readonly #view: DataView;
  readonly #jump: Int32Array;
  /** What the memory begins with links nothing; to write zeros there would make the host find pages for them. */
  #isLinked = false;
  readonly run: RecordRunner['run'];

  constructor(memory: WebAssembly.Memory) {
    compiled ??= new WebAssembly.Module(MODULE);
    const instance = new WebAssembly.Instance(compiled, { e: { m: memory } });
    this.run = instance.exports['0'] as RecordRunner['run'];
    this.#jump = new Int32Array(memory.buffer, RECORD_JUMP_OFFSET, RECORD_JUMP_ENTRIES);
    this.#view = new DataView(memory.buffer);
  }

  describe(shape: number, insn: Instruction, handler: Handler): number {
    return describeShape(this.#view, SHAPES_OFFSET + shape * SHAPE_BYTES, insn, handler);
  }

  link({ header, ripLo }: Block): void {
    this.#isLinked = true;
    this.#jump[(ripLo ^ (ripLo >>> 12)) & (RECORD_JUMP_ENTRIES - 1)] = header;
  }

  clear(): void {
    if (this.#isLinked) this.#jump.fill(0);
    this.#isLinked = false;
  }
}
