/**
 * The context that compiled code compares in its lookup (`STATE_JIT_CONTEXT`): bits that say what the segments are like,
 * below the processor's own number. Of that number bit 0 says that it is privilege level 3: see `cpu/processor.ts`.
 */
export const SEGMENT_BITS = 14;
export const CONTEXT_LONG = 1 << (SEGMENT_BITS - 1);
export const CONTEXT_STACK32 = 1 << 12;
export const CONTEXT_USER = 1 << SEGMENT_BITS;

/**
 * How the lowest bits of the generation go into the index of the lookup, so that a few address spaces have code there side by
 * side: an index differs by `(STATE_JIT_CONTEXT >>> SPACES_SHIFT) & SPACES_MASK`.
 */
const SPACES_PLACE = 11;
export const SPACES = 8;
export const SPACES_SHIFT = SEGMENT_BITS + 3 - SPACES_PLACE;
export const SPACES_STEP = 1 << SPACES_PLACE;
export const SPACES_MASK = (SPACES - 1) << SPACES_PLACE;
