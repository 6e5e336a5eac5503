/** Operand size in bits. */
export type Size = 8 | 16 | 32 | 64;

/** A value that can be pushed again and again: a local, or a constant. */
export interface Value {
  /** -1 for a constant. */
  readonly local: number;
  readonly lo: number;
  readonly hi: number;
}

export function constant(lo: number, hi: number = lo >> 31): Value {
  return { local: -1, lo, hi };
}
