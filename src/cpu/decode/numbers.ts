/** Numbers of the opcode maps and of the ops that no map has. */

/** The maps by number; a VEX map follows its legacy map by three. */
export const ONE_BYTE = 0;
export const ESCAPE_0F = 1;
export const ESCAPE_0F38 = 2;
export const ESCAPE_0F3A = 3;
export const VEX_0F = 4;
export const VEX_0F38 = 5;
export const VEX_0F3A = 6;
/** Added to VEX.mmmmm, which is 1 to 3, it gives the map. */
export const VEX_MAPS = 3;
export const MAPS = 7;

/** Place of the node of an opcode in `ROOTS`. */
export function rootOf(map: number, in64: boolean, opcode: number): number {
  return (((in64 ? MAPS : 0) + map) << 8) | opcode;
}

/** What the maps say of one op, gathered from the rows that share it. */
export interface OpEntry {
  readonly name: string;
  readonly mnemonic: string;
  /** Operand codes, for the formatter. */
  readonly operands: readonly string[];
  readonly feature: string | undefined;
  /** The feature that 256-bit operands need. */
  readonly feature256: string | undefined;
  readonly fallback: string | undefined;
  readonly endsBlock: boolean;
  lockable: boolean;
}

/** #UD. Op 0, so that an encoding nobody claims leads here. */
export const OP_UD = 0;
/** More than 15 bytes: #GP(0) (SDM Vol. 3A, "General Protection Exception"). */
export const OP_TOO_LONG = 1;
