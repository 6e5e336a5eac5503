/** Legacy prefixes (SDM Vol. 2A, "Instruction Prefixes"): in any order, the last of a group wins. */
import {
  PREFIX_ADDRESS, PREFIX_LOCK, PREFIX_OPERAND, PREFIX_REP, PREFIX_REPNE, PREFIX_SEGMENT,
} from '../../isa/instruction.ts'; // biome-ignore format: a list of nouns.

/** A prefix kind holds the bit that it sets, the bits that it clears, and the segment in bits 18:16 if it names one. */
const CLEARS_SHIFT = 20;
const SEGMENT_SHIFT = 16;
const SEGMENT_FIELD = 7 << SEGMENT_SHIFT;
/** Of F2 and F3 the last counts: each clears the other's bit. REX has a kind so that one look-up tells all prefixes. */
const REX = 1 << 30;

function segment(number: number): number {
  return PREFIX_SEGMENT | (number << SEGMENT_SHIFT);
}

/** 0 where the byte is no prefix. One table for 16- and 32-bit code, one for 64-bit. */
export const PREFIX_KIND = new Int32Array(256);
export const PREFIX_KIND_64 = new Int32Array(256);

const KINDS: readonly (readonly [number, number])[] = [
  [0x26, segment(0)],
  [0x2e, segment(1)],
  [0x36, segment(2)],
  [0x3e, segment(3)],
  [0x64, segment(4)],
  [0x65, segment(5)],
  [0x66, PREFIX_OPERAND],
  [0x67, PREFIX_ADDRESS],
  [0xf0, PREFIX_LOCK],
  [0xf2, PREFIX_REPNE | (PREFIX_REP << CLEARS_SHIFT)],
  [0xf3, PREFIX_REP | (PREFIX_REPNE << CLEARS_SHIFT)],
];
/** In 64-bit mode ES CS SS and DS overrides are read and ignored: the segment before them stands. */
const IGNORED = 1 << 29;
for (const [byte, kind] of KINDS) {
  PREFIX_KIND[byte] = kind;
  PREFIX_KIND_64[byte] = byte === 0x26 || byte === 0x2e || byte === 0x36 || byte === 0x3e ? IGNORED : kind;
}
for (let byte = 0x40; byte < 0x50; byte++) PREFIX_KIND_64[byte] = REX;

export function isRex(kind: number): boolean {
  return kind === REX;
}

/** `prefixes` after one more prefix of this kind; bits 18:16 carry the segment as long as decoding goes on. */
export function addPrefix(prefixes: number, kind: number): number {
  if (kind === IGNORED) return prefixes;
  if ((kind & PREFIX_SEGMENT) !== 0) prefixes &= ~SEGMENT_FIELD;
  return (prefixes & ~((kind >> CLEARS_SHIFT) & 0x1ff)) | (kind & (SEGMENT_FIELD | 0x1ff));
}

export function prefixSegment(prefixes: number): number {
  return (prefixes >> SEGMENT_SHIFT) & 7;
}
