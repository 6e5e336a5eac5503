/** A seeded generator: xorshift128 of words (Marsaglia, "Xorshift RNGs"). */
export class Random {
  #x: number;
  #y = 0x12345678;
  #z = 0x9abcdef0 | 0;
  #w = 0x0badcafe;

  constructor(seed: number) {
    this.#x = seed | 0 || 1;
    for (let n = 0; n < 20; n++) this.word();
  }

  /** A signed word. */
  word(): number {
    const t = this.#x ^ (this.#x << 11);
    this.#x = this.#y;
    this.#y = this.#z;
    this.#z = this.#w;
    this.#w = this.#w ^ (this.#w >>> 19) ^ t ^ (t >>> 8);
    return this.#w;
  }

  /** 0 to limit - 1. */
  below(limit: number): number {
    return (this.word() >>> 0) % limit;
  }

  chance(probability: number): boolean {
    return this.word() >>> 0 < probability * 4294967296;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}
