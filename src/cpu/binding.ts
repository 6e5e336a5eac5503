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
  /** Handler of each op on this processor model; where the model lacks the feature, of what it decodes instead. */
  readonly #handlers: readonly Handler[];
  /** The same for VEX-encoded instructions of 128 and of 256 bits, which may need other features. */
  readonly #handlersVex: readonly (readonly Handler[])[];

  constructor(model: CpuModel) {
    this.rules =
      (model.vendor === 'amd' ? DECODE_NEAR_16 : 0) | (model.has('cr8-legacy') ? DECODE_LOCK_CR8 : 0);
    const bind = (lacks: (feature: string) => boolean, vectorLength: number) =>
      HANDLERS.map((handler, op) => {
        const feature = opFeature(op, vectorLength);
        return feature !== undefined && lacks(feature) ? HANDLERS[opFallback(op)]! : handler;
      });
    this.#handlers = bind((feature) => !model.has(feature), 0);
    // Whatever works on vector registers needs AVX besides its own feature (AES, FMA ...).
    const lacksVex = (feature: string) =>
      !model.has(feature) || !(feature.startsWith('bmi') || model.has('avx'));
    this.#handlersVex = [bind(lacksVex, 0), bind(lacksVex, 1)];
  }

  handlerOf(insn: Instruction): Handler {
    const table = insn.prefixes & PREFIX_VEX ? this.#handlersVex[insn.vectorLength]! : this.#handlers;
    return table[insn.op]!;
  }
}
