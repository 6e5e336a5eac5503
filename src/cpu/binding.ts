import { type Instruction, PREFIX_VEX } from '../isa/instruction.ts';
import { DECODE_LOCK_CR8, DECODE_NEAR_16 } from './decode/decode.ts';
import { opFallback, opFeature } from './decode/ops.ts';
import type { Handler } from './execute/core.ts';
import type { CpuModel } from './execute/cpu-model.ts';
import { HANDLERS } from './handlers.ts';

/** What bytes and ops mean to a processor model: how it decodes, and which handler each op has. */
export class Binding {
  /** `DECODE_*`. */
  readonly rules: number;
  readonly #model: CpuModel;
  /**
   * Handler of each op on this processor model that was met: where the model lacks the feature, of what it decodes instead.
   * Then the same for VEX-encoded instructions of 128 and of 256 bits, which may need other features.
   */
  readonly #handlers: readonly (Handler | undefined)[][] = [[], [], []];

  constructor(model: CpuModel) {
    this.#model = model;
    this.rules =
      (model.vendor === 'amd' ? DECODE_NEAR_16 : 0) | (model.has('cr8-legacy') ? DECODE_LOCK_CR8 : 0);
  }

  handlerOf(insn: Instruction): Handler {
    const isVex = (insn.prefixes & PREFIX_VEX) !== 0;
    const handlers = this.#handlers[isVex ? 1 + insn.vectorLength : 0]!;
    const known = handlers[insn.op];
    if (known) return known;
    const feature = opFeature(insn.op, isVex ? insn.vectorLength : 0);
    const found = HANDLERS[this.#lacks(feature, isVex) ? opFallback(insn.op) : insn.op]!;
    handlers[insn.op] = found;
    return found;
  }

  /** Whatever works on vector registers needs AVX besides its own feature (AES, FMA ...). */
  #lacks(feature: string | undefined, isVex: boolean): boolean {
    const model = this.#model;
    if (feature === undefined) return false;
    return !model.has(feature) || (isVex && !feature.startsWith('bmi') && !model.has('avx'));
  }
}
