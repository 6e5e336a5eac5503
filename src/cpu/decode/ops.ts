/** The ops: what `Instruction.op` numbers. All of it is read from the opcode maps. */
import { OP_INDEX, OP_TOO_LONG, OP_UD, OPS } from './tables.ts';

export { OP_TOO_LONG, OP_UD };

/** Names of handlers, mnemonic and operand codes, by op. */
export const OP_NAMES: readonly string[] = OPS.map((op) => op.name);
export const OP_BY_NAME: ReadonlyMap<string, number> = OP_INDEX;

/**
 * Something that depends on the name of an op alone, found out when it is first asked for: a run meets a few hundred of the
 * 2,500 ops.
 */
export function perOp<T>(find: (name: string) => T): (op: number) => T {
  const known: T[] = [];
  return (op) => {
    if (!(op in known)) known[op] = find(OP_NAMES[op]!);
    return known[op]!;
  };
}

const ENDS_BLOCK = Uint8Array.from(OPS, (op) => (op.endsBlock ? 1 : 0));
const LOCKABLE = Uint8Array.from(OPS, (op) => (op.lockable ? 1 : 0));
const FALLBACK = Uint16Array.from(OPS, (op) =>
  op.fallback === undefined ? OP_UD : OP_INDEX.get(op.fallback)!,
);

/**
 * The CPUID feature that the op needs at this VEX.L, or undefined when every processor has it. A VEX-encoded op of
 * another feature than bmi1 and bmi2 (`fma`, `f16c`, `aes`, `pclmulqdq`, `gfni`) needs `avx` besides.
 */
export function opFeature(op: number, vectorLength = 0): string | undefined {
  return vectorLength === 0 ? OPS[op]!.feature : OPS[op]!.feature256;
}

/** What the same bytes mean to a processor without the feature: BSR for LZCNT, for most UD. */
export function opFallback(op: number): number {
  return FALLBACK[op]!;
}

/** The instruction after this one may not follow in the same block. */
export function opEndsBlock(op: number): boolean {
  return ENDS_BLOCK[op] === 1;
}

export function opIsLockable(op: number): boolean {
  return LOCKABLE[op] === 1;
}

/** For people: the mnemonic and the operand codes of the manual. */
export function opMnemonic(op: number): string {
  return OPS[op]!.mnemonic;
}

export function opOperands(op: number): readonly string[] {
  return OPS[op]!.operands;
}
