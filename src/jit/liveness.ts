import { OP_NAMES, perOp } from '../cpu/decode/ops.ts';
import type { Node } from './region.ts';

/** Mnemonics that set all six status flags and read none. */
const SETS_ALL = new Set([
  'ADD',
  'SUB',
  'AND',
  'OR',
  'XOR',
  'CMP',
  'TEST',
  'NEG',
  'XADD',
  'CMPXCHG',
  'ANDN',
  'BLSR',
  'BLSMSK',
  'BLSI',
  'BZHI',
  'BEXTR',
  'POPCNT',
]);
/** Mnemonics that neither read nor write a status flag. */
const LEAVES = new Set([
  'MOV', 'LEA', 'MOVZX', 'MOVSX', 'MOVSXD', 'NOP', 'PAUSE', 'PREFETCH', 'NOT', 'XCHG', 'CBW', 'CWDE', 'CDQE', 'CDQ', 'CQO', 'CLD',
  'STD', 'BSWAP', 'MOVBE', 'MOVNTI', 'LFENCE', 'MFENCE', 'SFENCE', 'MULX', 'RORX', 'SHLX', 'SHRX', 'SARX',
]); // biome-ignore format: a list of nouns.

const KILLS = 1;
const PASSES = 2;
const effectOf = perOp((name) => {
  const mnemonic = name.split('_')[0]!;
  return SETS_ALL.has(mnemonic) ? KILLS : LEAVES.has(mnemonic) ? PASSES : 0;
});

/** Nobody looks at the flags; only what comes after an exit may; code of the region does. */
export const FLAGS_DEAD = 0;
export const FLAGS_FOR_EXITS = 1;
export const FLAGS_READ = 2;
export type FlagsUse = typeof FLAGS_DEAD | typeof FLAGS_FOR_EXITS | typeof FLAGS_READ;

/** For each node who may look at the status flags that it is entered with. */
export function usesOfFlags(
  nodes: readonly Node[],
  isNative: (node: Node, at: number) => boolean,
): readonly FlagsUse[] {
  const passes = nodes.map(() => false);
  const uses = nodes.map((node, n): FlagsUse => {
    const straight = node.ending === 'next' || node.ending === 'system' ? node.count : node.count - 1;
    let use: FlagsUse = FLAGS_DEAD;
    for (let at = 0; at < straight; at++) {
      const insn = node.instructions[at]!;
      const effect = effectOf(insn.op);
      if (effect === 0 || !isNative(node, at)) return FLAGS_READ;
      // An access to memory may leave for the interpreter before the instruction has set anything.
      if (insn.isMemory && !OP_NAMES[insn.op]!.startsWith('LEA')) use = FLAGS_FOR_EXITS;
      if (effect === KILLS) return use;
    }
    if (node.ending === 'branch') return FLAGS_READ;
    passes[n] = true;
    return node.ending === 'next' || node.ending === 'jump' || node.ending === 'loop' ? use : FLAGS_FOR_EXITS;
  });
  for (let changed = true; changed; ) {
    changed = false;
    for (let n = 0; n < nodes.length; n++) {
      if (!passes[n]) continue;
      let use = uses[n]!;
      for (const { to } of nodes[n]!.edges) {
        const behind = to < 0 ? FLAGS_FOR_EXITS : uses[to]!;
        if (behind > use) use = behind;
      }
      if (use === uses[n]) continue;
      uses[n] = use;
      changed = true;
    }
  }
  return uses;
}
