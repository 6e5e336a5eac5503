/** ISR, TMR and IRR: a bit for each of 256 vectors, in eight words. */

/** The highest vector that is set, or -1. */
export function highest(words: Int32Array): number {
  for (let i = 7; i >= 0; i--) {
    const word = words[i]!;
    if (word !== 0) return i * 32 + 31 - Math.clz32(word);
  }
  return -1;
}

export function setBit(words: Int32Array, vector: number): void {
  words[vector >>> 5]! |= 1 << (vector & 31);
}

export function clearBit(words: Int32Array, vector: number): void {
  words[vector >>> 5]! &= ~(1 << (vector & 31));
}

export function testBit(words: Int32Array, vector: number): boolean {
  return ((words[vector >>> 5]! >>> (vector & 31)) & 1) !== 0;
}
