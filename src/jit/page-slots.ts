import { perOp } from '../cpu/decode/ops.ts';
import { ADDRESS_BASE, type Instruction } from '../isa/instruction.ts';
import { RBP, RSP } from '../isa/registers.ts';
import { PAGE_SLOTS, siteOf, stackSite } from './emit/sites.ts';
import type { Flow } from './flow.ts';
import type { Node } from './region.ts';

/** So many times more often than what is around it is a loop expected to run. */
const LOOP_WEIGHT = 8;
const MAX_DEPTH = 4;
/** Below it a slot costs more than it saves: outside of loops, two accesses. */
const LEAST_WEIGHT = 3;

const STACK_OPS = /^(?:PUSHF?|POP|CALL|RET)(?:_|$)/;
const usesStack = perOp((name) => STACK_OPS.test(name));
const usesFrame = perOp((name) => name.startsWith('LEAVE'));
const hasNoAccess = perOp((name) => /^(?:LEA|NOP|PREFETCH)/.test(name));

/** A load that replaces its own base goes from object to object, and hardly ever to the page where it was. */
const isLoad = perOp((name) => /^MOV_G[dq]_E/.test(name));
function followsPointer(insn: Instruction): boolean {
  return insn.addressForm === ADDRESS_BASE && insn.reg === insn.base && isLoad(insn.op);
}

/** The sites of a region that are accessed most, for whose pages it keeps slots. */
export function choosePageSites(nodes: readonly Node[], flow: Flow): ReadonlySet<string> {
  const weights = new Map<string, number>();
  const depths = loopDepths(nodes, flow);
  for (const [n, node] of nodes.entries()) {
    if (flow.order[n]! < 0) continue;
    const weight = LOOP_WEIGHT ** Math.min(depths[n]!, MAX_DEPTH);
    const count = (site: string) => weights.set(site, (weights.get(site) ?? 0) + weight);
    for (let at = 0; at < node.count; at++) {
      const insn = node.instructions[at]!;
      if (insn.isMemory && !hasNoAccess(insn.op) && !followsPointer(insn)) count(siteOf(insn));
      if (usesStack(insn.op)) count(stackSite(RSP));
      if (usesFrame(insn.op)) count(stackSite(RBP));
    }
  }
  const chosen = [...weights].filter(([, weight]) => weight >= LEAST_WEIGHT);
  chosen.sort(([, a], [, b]) => b - a);
  return new Set(chosen.slice(0, PAGE_SLOTS).map(([site]) => site));
}

/** How many loops each node is in. */
function loopDepths(nodes: readonly Node[], { order, isLoopHeader }: Flow): number[] {
  const before: number[][] = nodes.map(() => []);
  for (const [n, node] of nodes.entries()) {
    if (order[n]! < 0) continue;
    for (const { to } of node.edges) if (to >= 0) before[to]!.push(n);
  }
  const depths = nodes.map(() => 0);
  for (const [header, isHeader] of isLoopHeader.entries()) {
    if (!isHeader) continue;
    // A natural loop: the header and what reaches a backward edge to it without passing it.
    const body = new Set([header]);
    const waiting = before[header]!.filter((n) => order[n]! >= order[header]!);
    for (let n = waiting.pop(); n !== undefined; n = waiting.pop()) {
      if (body.has(n)) continue;
      body.add(n);
      waiting.push(...before[n]!);
    }
    for (const n of body) depths[n]!++;
  }
  return depths;
}
