/**
 * The context that compiled code compares in its lookup (`STATE_JIT_CONTEXT`): bits that say what the segments are like,
 * below the processor's own number. Of that number bit 0 says that it is privilege level 3: see `cpu/code-contexts.ts`.
 */
export const SEGMENT_BITS = 14;
export const CONTEXT_LONG = 1 << (SEGMENT_BITS - 1);
export const CONTEXT_STACK32 = 1 << 12;
export const CONTEXT_USER = 1 << SEGMENT_BITS;
