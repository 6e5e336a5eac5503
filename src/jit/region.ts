import { isCanonical } from '../bits/words.ts';
import { Block, type BlockLists } from '../cpu/blocks.ts';
import { OP_NAMES, OP_UD, opEndsBlock, perOp } from '../cpu/decode/ops.ts';
import type { Handler } from '../cpu/execute/core.ts';
import { HANDLERS } from '../cpu/handlers.ts';
import type { CodeSource } from '../cpu/tier.ts';
import type { Instruction } from '../isa/instruction.ts';
import { CONDITION_NAMES } from './emit/condition.ts';

/** Where control goes from a node: another node, or out of the region (-1). */
export interface Edge {
  to: number;
  readonly ripLo: number;
  readonly ripHi: number;
}

export type Ending =
  | 'entries'
  | 'next'
  | 'jump'
  | 'branch'
  | 'loop'
  | 'call'
  | 'return'
  | 'indirect'
  | 'system';

/**
 * A block of the region and how it ends. `system`: by an instruction whose handler must be called. `entries`: not a block
 * but the way in, where a region has several: it leads to what it `returns` to.
 *
 * The analyses look at nodes again and again, hundreds of times in a boot before V8 has compiled them: all nodes are alike, and
 * have their edges at hand.
 */
export class Node {
  readonly block: Block;
  readonly instructions: readonly Instruction[];
  readonly handlers: readonly Handler[];
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
  #returns: Edge[] = [];
  #edges: Edge[] = [];

  constructor(
    block: Block,
    { instructions, handlers }: BlockLists,
    ripLo: number,
    ending: Ending,
    taken?: Edge,
    next?: Edge,
  ) {
    this.block = block;
    this.instructions = instructions;
    this.handlers = handlers;
    this.ripLo = ripLo;
    this.ending = ending;
    this.count = instructions.length;
    this.condition = ending === 'branch' ? conditionOfOp(instructions[this.count - 1]!.op) : 0;
    this.taken = taken;
    this.next = next;
    if (taken) this.#edges.push(taken);
    if (next) this.#edges.push(next);
  }

  get returns(): readonly Edge[] {
    return this.#returns;
  }

  /** Of a node that has no other edges. */
  set returns(edges: Edge[]) {
    this.#returns = edges;
    this.#edges = edges;
  }

  /** To the successors. */
  get edges(): readonly Edge[] {
    return this.#edges;
  }
}

const MAX_NODES = 48;
const MAX_INSTRUCTIONS = 400;
const MAX_RETURNS = 4;
const MAX_ENTRIES = 16;
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

const NOTHING = Block.empty();

/** How often the interpreter has entered blocks, and what is compiled of them already. */
export interface Visits {
  /** So many entries from outside make a block an entry of the region. */
  readonly least: number;
  /** -1 of what cannot be an entry. */
  of(block: Block): number;
  /** Whether the block may be of this region, besides those that hold it already. */
  isOpen(block: Block): boolean;
}
const NO_VISITS: Visits = { least: 1, of: () => 0, isOpen: () => true };

/**
 * The blocks of one page that can be reached from an entry by direct jumps, calls, and falling through. Returns lead
 * back behind the calls of the region. What is entered from outside as well, to tell from `visits`, and what calls of code
 * outside return to are entries too, if they lead back into the region: otherwise each would soon begin a second region,
 * with all that follows it in both.
 */
export function discover(
  source: Pick<CodeSource, 'blockAt'>,
  entry: Block,
  ripLo: number,
  ripHi: number,
  stackNative: boolean,
  isFlat: (segment: number) => boolean,
  visits: Visits = NO_VISITS,
): Node[] {
  const size = entry.codeSize;
  const page = ripLo & PAGE_MASK;
  const physicalPage = entry.physical - (ripLo - page);
  const nodes: Node[] = [];
  const numbers = new Map<number, number>();
  const waiting: { edge: Edge; ripLo: number; behind: number | undefined }[] = [];
  const returns: Edge[] = [];
  const resumes: number[] = [];
  const entries = [0];
  let instructions = 0;

  const edge = (lo: number, hi: number, behind?: number): Edge => {
    const made: Edge = { to: -1, ripLo: lo, ripHi: hi };
    if ((lo & PAGE_MASK) === page && hi === ripHi) waiting.push({ edge: made, ripLo: lo, behind });
    return made;
  };
  const add = (block: Block, lo: number): number => {
    const number = nodes.length;
    numbers.set(lo, number);
    instructions += block.count;
    const node = nodeOf(block, lo, ripHi, size, stackNative, isFlat, edge, returns);
    nodes.push(node);
    const next = (lo + block.bytes) | 0;
    if ((next & PAGE_MASK) === page && callsOutside(node, page, ripHi)) resumes.push(next);
    return number;
  };
  const nodeAt = (lo: number, isWanted: (block: Block) => boolean): number => {
    const known = numbers.get(lo);
    if (known !== undefined) return known;
    if (nodes.length >= MAX_NODES || instructions >= MAX_INSTRUCTIONS) return -1;
    const block = source.blockAt(physicalPage + (lo - page), size);
    return block && isWanted(block) && visits.isOpen(block) ? add(block, lo) : -1;
  };

  add(entry, ripLo);
  const follow = () => {
    for (let w = waiting.shift(); w; w = waiting.shift()) {
      w.edge.to = nodeAt(w.ripLo, () => true);
      if (w.edge.to < 0 && w.behind !== undefined && (w.behind & PAGE_MASK) === page) resumes.push(w.behind);
    }
  };
  follow();
  for (;;) {
    const lo = resumes.shift();
    if (lo === undefined || entries.length === MAX_ENTRIES) break;
    const whole = { nodes: nodes.length, resumes: resumes.length, returns: returns.length, instructions };
    const number = nodeAt(lo, (block) => visits.of(block) >= visits.least);
    if (number <= 0 || visits.of(nodes[number]!.block) < visits.least || entries.includes(number)) continue;
    follow();
    const isApart =
      number >= whole.nodes &&
      !nodes.slice(number).some((node) => node.edges.some(({ to }) => to >= 0 && to < number));
    if (!isApart) {
      entries.push(number);
      continue;
    }
    // It shares nothing with the rest, and is better off with a region, and registers, of its own.
    for (const { ripLo } of nodes.splice(whole.nodes)) numbers.delete(ripLo);
    resumes.length = whole.resumes;
    returns.length = whole.returns;
    instructions = whole.instructions;
  }
  const known = returns.filter((r) => r.to >= 0).slice(0, MAX_RETURNS);
  for (const node of nodes) if (node.ending === 'return') node.returns = known.map((r) => ({ ...r }));
  addVisited(nodes, entries, visits);
  return entries.length === 1 ? nodes : withEntries(nodes, entries, ripHi);
}

/** Whether the block calls code outside of the region, which then returns to what follows the block. */
function callsOutside({ ending, taken, instructions }: Node, page: number, ripHi: number): boolean {
  if (ending === 'call') return taken!.ripHi !== ripHi || (taken!.ripLo & PAGE_MASK) !== page;
  return ending === 'indirect' && OP_NAMES[instructions.at(-1)!.op] === 'CALL_E';
}

/** Nodes that were entered more often than those that lead to them, and so from elsewhere as well. */
function addVisited(nodes: readonly Node[], entries: number[], visits: Visits): void {
  const inner = nodes.map(() => 0);
  for (const node of nodes) {
    const count = Math.max(visits.of(node.block), visits.least);
    for (const { to } of node.edges) if (to >= 0) inner[to]! += count;
  }
  for (const [n, node] of nodes.entries()) {
    if (entries.length === MAX_ENTRIES) return;
    if (visits.of(node.block) - inner[n]! >= visits.least && !entries.includes(n)) entries.push(n);
  }
}

/** Node 0 is the way in, and all others have moved up by one. */
function withEntries(nodes: readonly Node[], entries: readonly number[], ripHi: number): Node[] {
  for (const node of nodes) for (const edge of node.edges) if (edge.to >= 0) edge.to++;
  const returns = entries.map((n): Edge => ({ to: n + 1, ripLo: nodes[n]!.ripLo, ripHi }));
  const way = new Node(NOTHING, { instructions: [], handlers: [] }, nodes[0]!.ripLo, 'entries');
  way.returns = returns;
  return [way, ...nodes];
}

/** The nodes at which the region can be entered, by the number that says so. */
export function entriesOf(nodes: readonly Node[]): Node[] {
  const first = nodes[0]!;
  if (first.ending !== 'entries') return [first];
  return first.returns.filter(({ to }) => to >= 0).map(({ to }) => nodes[to]!);
}

function nodeOf(
  block: Block,
  ripLo: number,
  ripHi: number,
  size: number,
  stackNative: boolean,
  isFlat: (segment: number) => boolean,
  edge: (lo: number, hi: number, behind?: number) => Edge,
  returns: Edge[],
): Node {
  const lists = block.unpack();
  const { instructions, handlers } = lists;
  const last = instructions.at(-1)!;
  const nextLo = (ripLo + block.bytes) | 0;
  const node = (ending: Ending, taken?: Edge, next?: Edge) =>
    new Node(block, lists, ripLo, ending, taken, next);
  const next = () => edge(nextLo, ripHi);
  const targetLo = (nextLo + last.immediate) | 0;
  const targetHi = () => {
    const carry = targetLo >>> 0 < nextLo >>> 0 ? 1 : 0;
    return size === 64 ? (ripHi + (last.immediate >> 31) + carry) | 0 : 0;
  };
  const taken = () => edge(targetLo, targetHi());
  if (!opEndsBlock(last.op) && last.op !== OP_UD) return node('next', undefined, next());
  let ending = endingOf(last, handlers.at(-1)!, size, stackNative, isFlat);
  if (ending !== 'return' && ending !== 'indirect' && ending !== 'system' && !isCanonical(targetHi(), 48))
    ending = 'system';
  switch (ending) {
    case 'jump':
      return node(ending, taken());
    case 'branch':
    case 'loop':
      return node(ending, taken(), next());
    case 'call': {
      const made = node(ending, edge(targetLo, targetHi(), nextLo));
      // Only a callee in the region can return within the region.
      if (!callsOutside(made, ripLo & PAGE_MASK, ripHi)) returns.push(next());
      return made;
    }
    default:
      return node(ending);
  }
}

function endingOf(
  last: Instruction,
  handler: Handler,
  size: number,
  stackNative: boolean,
  isFlat: (segment: number) => boolean,
): Ending {
  const ending = endingOfOp(last.op);
  if (!ending || handler !== HANDLERS[last.op] || last.operandSize !== size) return 'system';
  if (ending === 'indirect' && last.isMemory && (last.addressSize === 16 || !isFlat(last.segment)))
    return 'system';
  if (ending === 'loop' && last.addressSize !== size) return 'system';
  const usesStack = ending === 'call' || ending === 'return' || OP_NAMES[last.op] === 'CALL_E';
  if (usesStack && !stackNative) return 'system';
  return ending;
}
