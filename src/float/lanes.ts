/**
 * Singles and doubles of the vector unit live as lanes of one buffer (the state page, with room for a memory operand in
 * it). An operation names its lanes by word index: no value passes through a JavaScript number while it may be a NaN,
 * whose payload an engine need not keep, and no half-word pair has to be joined before the arithmetic. A double's index
 * is even. Results may overwrite operands.
 *
 * With round-to-nearest and ordinary operands the host computes the result, and its exactness (PE) is found by cheap exact
 * tests, or not at all when `env.sticky` says that nobody would see it. Everything else goes through the exact path of
 * unpacked numbers.
 */
export class Lanes {
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;

  /** Word 0 is at `offset`, which is a multiple of 8, as is the length. */
  constructor(buffer: ArrayBufferLike, offset = 0, bytes = buffer.byteLength - offset) {
    this.words = new Int32Array(buffer, offset, bytes >> 2);
    this.floats = new Float32Array(buffer, offset, bytes >> 2);
    this.doubles = new Float64Array(buffer, offset, bytes >> 3);
  }
}
