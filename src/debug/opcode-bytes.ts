/** As much of an instruction's bytes as the autopsy needs, where a full decode would ask for a whole processor. */

export interface SimdForm {
  /** AVX: a VEX prefix. */
  readonly vex: boolean;
  /** A form with a memory operand that must be 16-byte aligned, such as MOVAPS. */
  readonly alignedMemory: boolean;
}

const LEGACY_PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);
/** Two-byte opcodes of SSE (SDM Vol. 2D, "Opcode Maps", Table A-3): moves, arithmetic, conversions, compares. */
const SSE_RANGES: readonly (readonly [from: number, to: number])[] = [
  [0x10, 0x17],
  [0x28, 0x2f],
  [0x50, 0x7f],
  [0xc2, 0xc2],
  [0xc4, 0xc6],
  [0xd0, 0xfe],
];

/** SSE and AVX instructions told from their first bytes; undefined for all others. */
export function simdForm(bytes: Uint8Array, code64: boolean): SimdForm | undefined {
  let at = 0;
  let operand = false;
  let repeat = false;
  for (; LEGACY_PREFIXES.has(bytes[at] ?? 0); at++) {
    operand ||= bytes[at] === 0x66;
    repeat ||= bytes[at] === 0xf2 || bytes[at] === 0xf3;
  }
  const lead = bytes[at] ?? 0;
  // Outside 64-bit mode C4 and C5 are LES and LDS unless the next byte looks like a register form.
  if (lead === 0xc4 || lead === 0xc5) {
    return code64 || (bytes[at + 1] ?? 0) >= 0xc0 ? { vex: true, alignedMemory: false } : undefined;
  }
  if (code64 && (lead & 0xf0) === 0x40) at++;
  if (bytes[at] !== 0x0f) return undefined;
  const opcode = bytes[at + 1] ?? 0;
  if (!SSE_RANGES.some(([from, to]) => opcode >= from && opcode <= to)) return undefined;
  const memory = (bytes[at + 2] ?? 0xc0) < 0xc0;
  const aligned = operand
    ? [0x28, 0x29, 0x2b, 0x6f, 0x7f, 0xe7].includes(opcode)
    : [0x28, 0x29, 0x2b].includes(opcode);
  return { vex: false, alignedMemory: memory && !repeat && aligned };
}
