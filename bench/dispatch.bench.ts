/**
 * How to get from one predecoded instruction to the next: five designs on the same guest loop, the same handlers and
 * the same memory. See bench/README.md for what came out and why the interpreter is built as it is.
 */
import { readFileSync } from 'node:fs';
import { Bench } from 'tinybench';
import {
  CodeStore,
  HEADER_WORDS,
  RECORD_DISPLACEMENT,
  RECORD_IMMEDIATE,
  RECORD_WORDS,
} from '../src/cpu/code-store.ts';
import { decode } from '../src/cpu/decode/decode.ts';
import type { Core, Handler } from '../src/cpu/execute/core.ts';
import { HANDLERS } from '../src/cpu/handlers.ts';
import { createMachine } from '../src/index.ts';
import { RCX, RDI, RSP } from '../src/isa/registers.ts';
import { RIP_LO } from '../src/state/cpu-state.ts';
import { compileBlock, type Listed, PlacedInstruction } from './support/block-function.ts';

/** One round of a checksum loop: loads, arithmetic, shifts, a store, stack traffic. All 64-bit, no branch inside. */
const LOOP = [
  '488b07', //       mov rax, [rdi]
  '4801d8', //       add rax, rbx
  '4831c2', //       xor rdx, rax
  '48c1e007', //     shl rax, 7
  '488d7308', //     lea rsi, [rbx+8]
  '4829d6', //       sub rsi, rdx
  '89f0', //         mov eax, esi
  '480fb6c8', //     movzx rcx, al
  '50', //           push rax
  '59', //           pop rcx
  '48894708', //     mov [rdi+8], rax
  '48ffc3', //       inc rbx
];
const ROUNDS = 2000;

function bootedCore(): Core {
  const file = new URL('../guests/bin/translate/translate.elf', bundleRoot()).pathname;
  const machine = createMachine({
    kernel: { name: 'translate.elf', bytes: new Uint8Array(readFileSync(file)) },
  });
  machine.runUntil({ mode: '64-bit' });
  machine.step(200); // The guest has set its stack up by then.
  const { gpr32 } = machine.state;
  gpr32[RDI * 2] = gpr32[RSP * 2]! - 4096;
  gpr32[RDI * 2 + 1] = gpr32[RSP * 2 + 1]!;
  gpr32[RCX * 2] = 0;
  return machine.core;
}

/** The repository, seen from where `bench/run.mjs` puts the bundle. */
function bundleRoot(): URL {
  return new URL('../../../bench/', import.meta.url);
}

function decodeLoop(): PlacedInstruction[] {
  const bytes = Uint8Array.from(Buffer.from(LOOP.join(''), 'hex'));
  const instructions: PlacedInstruction[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const insn = new PlacedInstruction();
    if (!decode(bytes, offset, bytes.length - offset, 64, insn)) throw new Error('the loop does not decode');
    offset += insn.length;
    insn.next = offset;
    instructions.push(insn);
  }
  return instructions;
}

type Runner = (core: Core, rounds: number) => void;

/** Records that name the shape of an instruction, one call site: what the processor does. */
function records({ instructions, handlers }: Listed): Runner {
  const store = new CodeStore();
  for (const [n, insn] of instructions.entries()) store.append(insn, handlers[n]!);
  const count = instructions.length;
  return (core, rounds) => {
    const { words } = core;
    const { words: packed, shapes } = store;
    for (let r = 0; r < rounds; r++) {
      core.end = count;
      let at = 0;
      let rip = 0;
      let record = HEADER_WORDS;
      do {
        const shape = packed[record]!;
        const insn = shapes[shape]!;
        insn.displacement = packed[record + RECORD_DISPLACEMENT]!;
        insn.immediate = packed[record + RECORD_IMMEDIATE]!;
        record += RECORD_WORDS;
        rip = (rip + insn.length) | 0;
        words[RIP_LO] = rip;
        store.handlers[shape]!(core, insn);
        core.at = ++at;
      } while (at < core.end);
    }
  };
}

/** A list of handlers beside the list of instructions, one call site. */
function parallelArrays(block: Listed): Runner {
  const { handlers, instructions, count } = block;
  return (core, rounds) => {
    const { words } = core;
    for (let r = 0; r < rounds; r++) {
      core.end = count;
      let at = 0;
      do {
        const insn = instructions[at]!;
        words[RIP_LO] = insn.next;
        handlers[at]!(core, insn);
        core.at = ++at;
      } while (at < core.end);
    }
  };
}

class BoundInstruction extends PlacedInstruction {
  handler: Handler = () => undefined;
  link: BoundInstruction | null = null;
}

function bound(block: Listed): BoundInstruction[] {
  const list = block.instructions.map((insn, i) =>
    Object.assign(new BoundInstruction(), insn, { handler: block.handlers[i] }),
  );
  for (const [i, insn] of list.entries()) insn.link = list[i + 1] ?? null;
  return list;
}

/** The handler is a property of the instruction, one call site. */
function handlerProperty(block: Listed): Runner {
  const instructions = bound(block);
  const count = instructions.length;
  return (core, rounds) => {
    const { words } = core;
    for (let r = 0; r < rounds; r++) {
      core.end = count;
      let at = 0;
      do {
        const insn = instructions[at]!;
        words[RIP_LO] = insn.next;
        insn.handler(core, insn);
        core.at = ++at;
      } while (at < core.end);
    }
  };
}

/** Instructions linked to each other, one call site, no index. */
function linkedList(block: Listed): Runner {
  const first = bound(block)[0]!;
  return (core, rounds) => {
    const { words } = core;
    for (let r = 0; r < rounds; r++) {
      core.end = 1;
      let insn: BoundInstruction | null = first;
      do {
        words[RIP_LO] = insn.next;
        insn.handler(core, insn);
        insn = insn.link;
      } while (insn !== null && core.end !== 0);
    }
  };
}

/** A closure over each instruction, one call site. */
function closures(block: Listed): Runner {
  const steps = block.instructions.map((insn, i) => {
    const handler = block.handlers[i]!;
    return (core: Core) => {
      core.words[RIP_LO] = insn.next;
      handler(core, insn);
    };
  });
  const count = steps.length;
  return (core, rounds) => {
    for (let r = 0; r < rounds; r++) {
      core.end = count;
      for (let at = 0; at < count && core.end !== 0; at++) {
        core.at = at;
        steps[at]!(core);
      }
    }
  };
}

/** A generated function with a call site for each instruction. */
function blockFunction(block: Listed): Runner {
  const run = compileBlock(block)!;
  return (core, rounds) => {
    const { words } = core;
    for (let r = 0; r < rounds; r++) {
      core.end = block.count;
      run(core, words, 0);
    }
  };
}

const instructions = decodeLoop();
const block: Listed = {
  instructions,
  handlers: instructions.map((insn) => HANDLERS[insn.op]!),
  count: instructions.length,
};
const core = bootedCore();
const bench = new Bench({ time: 1500, warmupTime: 500 });
const designs = { records, parallelArrays, handlerProperty, linkedList, closures, blockFunction };
for (const [name, design] of Object.entries(designs)) {
  const run = design(block);
  bench.add(name, () => run(core, ROUNDS));
}
await bench.run();
const perTask = ROUNDS * instructions.length;
for (const task of bench.tasks) {
  const { result } = task;
  if (!('latency' in result)) throw new Error(`${task.name} did not run`);
  const median = result.latency.p50;
  console.log(`${task.name.padEnd(16)} ${(perTask / median / 1000).toFixed(0).padStart(5)} MIPS`);
}
