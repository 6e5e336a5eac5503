/** Byte strings for the decoders: systematic ones, and random ones. */
import { SLOT } from './iced-differences.ts';

export const MODRM = [
  0x00, 0x0c, 0x15, 0x1e, 0x28, 0x30, 0x44, 0xb8, 0xc1, 0xca, 0xd1, 0xd9, 0xe8, 0xf3, 0xf8, 0xfa,
]; // biome-ignore format: memory forms, register forms.
/** Every register form, and of the memory forms every third: all extensions, all address forms. */
export const DENSE_MODRM = Array.from({ length: 256 }, (_, n) => n).filter((n) => n >= 0xc0 || n % 3 === 0);
export const PREFIXES: readonly (readonly number[])[] = [
  [], [0x66], [0xf2], [0xf3], [0xf0], [0x67], [0x66, 0xf2], [0xf2, 0xf3], [0x64, 0x26], [0xf0, 0xf2], [0x2e],
]; // biome-ignore format: one line.
export const REX_PREFIXES: readonly (readonly number[])[] = [
  [0x48], [0x41], [0x44], [0x66, 0x48], [0xf3, 0x49], [0xf2, 0x4f], [0x65, 0x42], [0x48, 0x66], [0x67, 0x47],
]; // biome-ignore format: one line.
const ESCAPES = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]] as const;
/** What follows ModRM: a SIB byte and then enough for any displacement and immediate. */
const REST = [0x91, 0x22, 0x33, 0x44, 0xd5, 0x66, 0x77, 0x88, 0x12, 0x34];

export function legacy(modrms: readonly number[], prefixes: readonly (readonly number[])[]): number[][] {
  const cases: number[][] = [];
  for (const opening of ESCAPES) {
    for (let opcode = 0; opcode < 256; opcode++) {
      for (const prefix of prefixes) {
        for (const modrm of modrms) cases.push([...prefix, ...opening, opcode, modrm, ...REST]);
      }
    }
  }
  return cases;
}

/** VEX with both W, both L, vvvv 1111 and another, all pp. */
export function vex(): number[][] {
  const cases: number[][] = [];
  for (let map = 1; map < 4; map++) {
    for (let last = 0; last < 256; last++) {
      if ((last & 0x78) !== 0x78 && (last & 0x78) !== 0x28) continue;
      for (let opcode = 0; opcode < 256; opcode++) {
        for (const modrm of [0x04, 0x4d, 0x10, 0x18, 0xca, 0xd3]) {
          cases.push([0xc4, 0xe0 | map, last, opcode, modrm, ...REST]);
          if (modrm === 0xca) cases.push([0xc4, map, last, opcode, modrm, ...REST]);
          if (map === 1 && last < 0x80) cases.push([0xc5, 0x80 | last, opcode, modrm, ...REST]);
        }
      }
    }
  }
  return cases;
}

/** What is not in the maps: 3DNow! by its suffixes, XOP and EVEX by their maps. */
export function withdrawn(): number[][] {
  const cases: number[][] = [];
  for (let suffix = 0; suffix < 256; suffix++) {
    cases.push([0x0f, 0x0f, 0xca, suffix, ...REST], [0x0f, 0x0f, 0x44, 0x91, 0x22, suffix, ...REST]);
    for (let map = 0; map < 32; map++) {
      for (const last of [0x78, 0xf8, 0x7c, 0x28])
        cases.push([0x8f, 0xe0 | map, last, suffix, 0xca, ...REST]);
    }
    for (let map = 0; map < 8; map++) {
      for (const last of [0x7c, 0xfd, 0x7e, 0x7f]) {
        cases.push([0x62, 0xf0 | map, last, 0x08, suffix, 0xca, ...REST]);
        cases.push([0x62, 0xf0 | map, last, 0x48, suffix, 0x44, ...REST]);
      }
    }
  }
  return cases;
}

const OPENINGS = [0x0f, 0x66, 0xf2, 0xf3, 0x48, 0xc4, 0xc5, 0x4c, 0x67, 0xf0, 0x62, 0x8f, 0x2e, 0x64];

/** A seeded generator (Marsaglia's xorshift32) of strings; half of them with prefixes and escapes more often than chance has them. */
export class RandomStrings {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  #next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** Fills the slots of `bytes`. */
  fill(bytes: Uint8Array): void {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    for (let n = 0; n < words.length; n++) words[n] = this.#next();
    for (let at = 0; at < bytes.length; at += SLOT) {
      const choice = this.#next() >>> 8;
      if (choice & 1) continue;
      const openings = (choice >> 1) & 3;
      for (let n = 0; n < openings; n++) bytes[at + n] = OPENINGS[(this.#next() >>> 8) % OPENINGS.length]!;
    }
  }
}
