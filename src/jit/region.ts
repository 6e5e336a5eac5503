import { isCanonical } from '../bits/words.ts';
import type { Block } from '../cpu/blocks.ts';
import { OP_NAMES, OP_UD, opEndsBlock, perOp } from '../cpu/decode/ops.ts';
import { HANDLERS } from '../cpu/handlers.ts';
import type { CodeSource } from '../cpu/tier.ts';
import type { Instruction } from '../isa/instruction.ts';
import { CONDITION_NAMES } from './emit/flags.ts';

/** Where control goes from a node: another node, or out of the region (-1). */
export interface Edge {
  to: number;
  readonly ripLo: number;
  readonly ripHi: number;
}

export type Ending = 'next' | 'jump' | 'branch' | 'loop' | 'call' | 'return' | 'indirect' | 'system';

/** A block of the region and how it ends. `system`: by an instruction whose handler must be called. */
export interface Node {
  readonly block: Block;
  readonly ripLo: number;
  readonly ending: Ending;
  /** Instructions that the region executes of it: all of them. */
  readonly count: number;
  /** Of a branch: the condition. */
  readonly condition: number;
  /** Jump, branch taken, call. */
  readonly taken: Edge | undefined;
  /** Next block, or a branch not taken. */
  readonly next: Edge | undefined;
  /** Of a call: where it returns to. Of a return, once the region is whole: all such places. */
  returns: Edge[];
}

const MAX_NODES = 48;
const MAX_INSTRUCTIONS = 400;
const MAX_RETURNS = 4;
const PAGE_MASK = -0x1000;

const CONDITIONS = new Map<string, number>(CONDITION_NAMES.map((name, number) => [`J${name}_J`, number]));
const ENDINGS = new Map<string, Ending>([
  ['JMP_J', 'jump'],
  ['CALL_J', 'call'],
  ['LOOP_J', 'loop'],
  ['RET_near', 'return'],
  ['RET_near_Iw', 'return'],
  ['JMP_E', 'indirect'],
  ['CALL_E', 'indirect'],
]);
/** How a block ends with the op, where compiled code branches by itself. */
export const endingOfOp = perOp((name) => (CONDITIONS.has(name) ? 'branch' : ENDINGS.get(name)));
const conditionOfOp = perOp((name) => CONDITIONS.get(name) ?? 0);

/**
 * The blocks of one page that can be reached from an entry by direct jumps, calls, and falling through. Returns lead
 * back behind the calls of the region.
 */
export function discover(
  source: Pick<CodeSource, 'blockAt'>,
  entry: Block,
  ripLo: number,
  ripHi: number,
  stackNative: boolean,
  isFlat: (segment: number) => boolean,
): Node[] {
  const size = entry.instructions[0]!.codeSize;
  const page = ripLo & PAGE_MASK;
  const physicalPage = entry.physical - (ripLo - page);
  const nodes: Node[] = [];
  const numbers = new Map<number, number>();
  const waiting: { edge: Edge; ripLo: number }[] = [];
  const returns: Edge[] = [];
  let instructions = 0;

  const edge = (lo: number, hi: number): Edge => {
    const made: Edge = { to: -1, ripLo: lo, ripHi: hi };
    if ((lo & PAGE_MASK) === page && hi === ripHi) waiting.push({ edge: made, ripLo: lo });
    return made;
  };
  const add = (block: Block, lo: number): number => {
    const number = nodes.length;
    numbers.set(lo, number);
    instructions += block.count;
    nodes.push(nodeOf(block, lo, ripHi, size, stackNative, isFlat, edge, returns));
    return number;
  };

  add(entry, ripLo);
  for (let at = 0; at < waiting.length; at++) {
    const { edge: pending, ripLo: lo } = waiting[at]!;
    const known = numbers.get(lo);
    if (known !== undefined) {
      pending.to = known;
      continue;
    }
    if (nodes.length >= MAX_NODES || instructions >= MAX_INSTRUCTIONS) continue;
    const block = source.blockAt(physicalPage + (lo - page), size);
    if (block) pending.to = add(block, lo);
  }
  const known = returns.filter((r) => r.to >= 0).slice(0, MAX_RETURNS);
  for (const node of nodes) if (node.ending === 'return') node.returns = known.map((r) => ({ ...r }));
  return nodes;
}

function nodeOf(
  block: Block,
  ripLo: number,
  ripHi: number,
  size: number,
  stackNative: boolean,
  isFlat: (segment: number) => boolean,
  edge: (lo: number, hi: number) => Edge,
  returns: Edge[],
): Node {
  const last = block.instructions[block.count - 1]!;
  const nextLo = (ripLo + block.bytes) | 0;
  const node = { block, ripLo, count: block.count, condition: 0, returns: [] };
  const next = () => edge(nextLo, ripHi);
  const targetLo = (nextLo + last.immediate) | 0;
  const targetHi = () => {
    const carry = targetLo >>> 0 < nextLo >>> 0 ? 1 : 0;
    return size === 64 ? (ripHi + (last.immediate >> 31) + carry) | 0 : 0;
  };
  const taken = () => edge(targetLo, targetHi());
  if (!opEndsBlock(last.op) && last.op !== OP_UD) {
    return { ...node, ending: 'next', taken: undefined, next: next() };
  }
  let ending = endingOf(last, block, size, stackNative, isFlat);
  if (ending !== 'return' && ending !== 'indirect' && ending !== 'system' && !isCanonical(targetHi(), 48))
    ending = 'system';
  switch (ending) {
    case 'jump':
      return { ...node, ending, taken: taken(), next: undefined };
    case 'branch':
      return { ...node, ending, condition: conditionOfOp(last.op), taken: taken(), next: next() };
    case 'loop':
      return { ...node, ending, taken: taken(), next: next() };
    case 'call': {
      const made: Node = { ...node, ending, taken: taken(), next: undefined };
      // Only a callee in the region can return within the region.
      if (made.taken!.ripHi === ripHi && ((made.taken!.ripLo ^ ripLo) & PAGE_MASK) === 0)
        returns.push(next());
      return made;
    }
    case 'return':
    case 'indirect':
      return { ...node, ending, taken: undefined, next: undefined };
    default:
      return { ...node, ending: 'system', taken: undefined, next: undefined };
  }
}

function endingOf(
  last: Instruction,
  block: Block,
  size: number,
  stackNative: boolean,
  isFlat: (segment: number) => boolean,
): Ending {
  const ending = endingOfOp(last.op);
  if (!ending || block.handlers[block.count - 1] !== HANDLERS[last.op] || last.operandSize !== size)
    return 'system';
  if (ending === 'indirect' && last.isMemory && (last.addressSize === 16 || !isFlat(last.segment)))
    return 'system';
  if (ending === 'loop' && last.addressSize !== size) return 'system';
  const usesStack = ending === 'call' || ending === 'return' || OP_NAMES[last.op] === 'CALL_E';
  if (usesStack && !stackNative) return 'system';
  return ending;
}

/** The successors of a node. */
export function edgesOf(node: Node): Edge[] {
  return [...(node.taken ? [node.taken] : []), ...(node.next ? [node.next] : []), ...node.returns];
}
