import { OP_NAMES, perOp } from '../cpu/decode/ops.ts';
import { edgesOf, type Node } from './region.ts';

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

/**
 * For each node whether somebody may look at the status flags that it is entered with: an instruction, or the
 * interpreter after an exit.
 */
export function flagsNeeded(
  nodes: readonly Node[],
  isNative: (node: Node, at: number) => boolean,
): readonly boolean[] {
  /** true: yes, false: no, undefined: whatever the successors say. */
  const local = nodes.map((node) => {
    const straight = node.ending === 'next' || node.ending === 'system' ? node.count : node.count - 1;
    for (let at = 0; at < straight; at++) {
      const insn = node.block.instructions[at]!;
      const effect = effectOf(insn.op);
      // An access to memory may leave for the interpreter before the instruction has set anything.
      const exits = insn.isMemory && !OP_NAMES[insn.op]!.startsWith('LEA');
      if (effect === 0 || exits || !isNative(node, at)) return true;
      if (effect === KILLS) return false;
    }
    return node.ending === 'next' || node.ending === 'jump' || node.ending === 'loop' ? undefined : true;
  });
  const needed = local.map((l) => l === true);
  for (let changed = true; changed; ) {
    changed = false;
    for (const [n, node] of nodes.entries()) {
      if (needed[n] || local[n] !== undefined) continue;
      if (!edgesOf(node).some(({ to }) => to < 0 || needed[to])) continue;
      needed[n] = true;
      changed = true;
    }
  }
  return needed;
}
