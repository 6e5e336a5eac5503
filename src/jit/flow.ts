import type { Node } from './region.ts';

/** The shape of a region: order, dominators, loops. All lists are indexed by node. */
export interface Flow {
  /** Position in reverse postorder; -1 where the node cannot be reached. */
  readonly order: readonly number[];
  readonly isLoopHeader: readonly boolean[];
  /** More than one forward edge leads here. */
  readonly isMerge: readonly boolean[];
  /** Nodes that the node immediately dominates, the last in order first. */
  readonly children: readonly (readonly number[])[];
  /** Most instructions from the start of the node to an exit or a backward edge. */
  readonly longest: readonly number[];
}

/**
 * Analyses the region from node 0. Edges that would make it irreducible (a way into a loop beside its header) are
 * turned into exits, so that what remains can be written with blocks, loops and ifs. An entry inside of a loop is given
 * up first, and the loop kept.
 */
export function analyse(nodes: readonly Node[]): Flow {
  for (;;) {
    const sequence = reversePostorder(nodes);
    const order = nodes.map(() => -1);
    for (const [at, n] of sequence.entries()) order[n] = at;
    const dominator = dominators(nodes, sequence, order);
    if (cutIrreducible(nodes, sequence, order, dominator)) continue;
    return shape(nodes, sequence, order, dominator);
  }
}

function reversePostorder(nodes: readonly Node[]): number[] {
  const seen = nodes.map(() => false);
  const out: number[] = [];
  const visit = (n: number) => {
    seen[n] = true;
    // The edge that falls through is visited first and so comes last: taken branches, mostly loops, stay close.
    for (const { to } of nodes[n]!.edges) if (to >= 0 && !seen[to]) visit(to);
    out.push(n);
  };
  visit(0);
  return out.reverse();
}

/** Immediate dominators (Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm"). */
function dominators(nodes: readonly Node[], sequence: readonly number[], order: readonly number[]): number[] {
  const before: number[][] = nodes.map(() => []);
  for (const n of sequence) for (const { to } of nodes[n]!.edges) if (to >= 0) before[to]!.push(n);
  const dominator = nodes.map(() => -1);
  dominator[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (const n of sequence) {
      if (n === 0) continue;
      let common = -1;
      for (const p of before[n]!) {
        if (dominator[p] === -1) continue;
        common = common === -1 ? p : meet(p, common, order, dominator);
      }
      if (dominator[n] !== common) {
        dominator[n] = common;
        changed = true;
      }
    }
  }
  return dominator;
}

function meet(a: number, b: number, order: readonly number[], dominator: readonly number[]): number {
  while (a !== b) {
    while (order[a]! > order[b]!) a = dominator[a]!;
    while (order[b]! > order[a]!) b = dominator[b]!;
  }
  return a;
}

function dominates(a: number, b: number, order: readonly number[], dominator: readonly number[]): boolean {
  while (order[b]! > order[a]!) b = dominator[b]!;
  return a === b;
}

function cutIrreducible(
  nodes: readonly Node[],
  sequence: readonly number[],
  order: readonly number[],
  dominator: readonly number[],
): boolean {
  let cut = false;
  for (const n of sequence) {
    for (const edge of nodes[n]!.edges) {
      if (edge.to < 0 || order[edge.to]! > order[n]! || dominates(edge.to, n, order, dominator)) continue;
      if (!dropEntries(nodes, n, edge.to)) edge.to = -1;
      cut = true;
    }
    if (cut && nodes[0]!.ending === 'entries') return true;
  }
  return cut;
}

/** Whether there were entries, besides the first, into the loop that the edge from `n` to `header` closes. */
function dropEntries(nodes: readonly Node[], n: number, header: number): boolean {
  const way = nodes[0]!;
  if (way.ending !== 'entries') return false;
  const body = new Set([header]);
  const waiting = [n];
  const before: number[][] = nodes.map(() => []);
  for (const [from, node] of nodes.entries())
    for (const { to } of node.edges) if (to >= 0 && from > 0) before[to]!.push(from);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (body.has(at)) continue;
    body.add(at);
    waiting.push(...before[at]!);
  }
  const [first, ...others] = way.returns;
  const isFirstInside = first!.to !== header && body.has(first!.to);
  let dropped = false;
  for (const entry of others) {
    if (!body.has(entry.to) || (entry.to === header && !isFirstInside)) continue;
    entry.to = -1;
    dropped = true;
  }
  return dropped;
}

function shape(
  nodes: readonly Node[],
  sequence: readonly number[],
  order: readonly number[],
  dominator: readonly number[],
): Flow {
  const isLoopHeader = nodes.map(() => false);
  const forward = nodes.map(() => 0);
  const longest = nodes.map((node) => node.count);
  const children: number[][] = nodes.map(() => []);
  for (let at = sequence.length - 1; at >= 0; at--) {
    const n = sequence[at]!;
    if (n !== 0) children[dominator[n]!]!.push(n);
    let behind = 0;
    for (const { to } of nodes[n]!.edges) {
      if (to < 0) continue;
      if (order[to]! <= at) isLoopHeader[to] = true;
      else {
        forward[to]!++;
        behind = Math.max(behind, longest[to]!);
      }
    }
    longest[n]! += behind;
  }
  return { order, isLoopHeader, isMerge: forward.map((count) => count > 1), children, longest };
}
