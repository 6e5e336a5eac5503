import { RIP_LO } from '../state/cpu-state.ts';
import type { Block, BlockLists } from './blocks.ts';
import {
  type CodeStore,
  RECORD_DISPLACEMENT,
  RECORD_IMMEDIATE,
  RECORD_WORDS,
  SHAPE_MASK,
} from './code-store.ts';
import type { Core } from './execute/core.ts';

/** So many runs of a block from its records are enough: it has its instructions at hand from then on. */
const OFTEN = 64;

/** Runs the block, whose first instruction is at `ripLo`, up to `core.end` by its handlers. Answers how many have retired. */
export function runHandlers(core: Core, block: Block, ripLo: number): number {
  const { words } = core;
  if (block.lists) return runLists(core, block.lists, ripLo);
  if (++block.runs === OFTEN) block.lists = block.unpack();
  const { words: records, shapes, handlers } = block.store;
  let at = 0;
  let rip = ripLo;
  let record = block.record;
  let shape = records[record]! & SHAPE_MASK;
  let insn = shapes[shape]!;
  let handler = handlers[shape]!;
  do {
    insn.displacement = records[record + RECORD_DISPLACEMENT]!;
    insn.immediate = records[record + RECORD_IMMEDIATE]!;
    rip = (rip + insn.length) | 0;
    words[RIP_LO] = rip;
    record += RECORD_WORDS;
    // Of the next one, before the call: the host fetches these while the handler runs.
    shape = records[record]! & SHAPE_MASK;
    const running = insn;
    const call = handler;
    insn = shapes[shape]!;
    handler = handlers[shape]!;
    call(core, running);
    core.at = ++at;
  } while (at < core.end);
  return at;
}

function runLists(core: Core, { instructions, handlers }: BlockLists, ripLo: number): number {
  const { words } = core;
  let at = 0;
  let rip = ripLo;
  do {
    const insn = instructions[at]!;
    rip = (rip + insn.length) | 0;
    words[RIP_LO] = rip;
    handlers[at]!(core, insn);
    core.at = ++at;
  } while (at < core.end);
  return at;
}

/** Executes the instruction of a record by its handler, with RIP at it. */
export function runRecord(core: Core, { words, shapes, handlers }: CodeStore, record: number): void {
  const shape = words[record]! & SHAPE_MASK;
  const insn = shapes[shape]!;
  insn.displacement = words[record + RECORD_DISPLACEMENT]!;
  insn.immediate = words[record + RECORD_IMMEDIATE]!;
  core.words[RIP_LO]! += insn.length;
  const handler = handlers[shape]!;
  handler(core, insn);
}
