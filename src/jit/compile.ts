import { OP_NAMES, perOp } from '../cpu/decode/ops.ts';
import type { Handler } from '../cpu/execute/core.ts';
import { HANDLERS } from '../cpu/handlers.ts';
import { type Instruction, PREFIX_VEX } from '../isa/instruction.ts';
import { ES } from '../isa/registers.ts';
import {
  STATE_FLAG_CARRY,
  STATE_FLAG_RESULT,
  STATE_GPR,
  STATE_JIT_STOPPED,
  STATE_RIP,
} from '../state/layout.ts';
import { emitCall, emitIndirect, emitLoop, emitReturn, pushLow } from './emit/branch.ts';
import { isPlainControlRegister } from './emit/control-register.ts';
import { Emitter, type FlatSegments } from './emit/emitter.ts';
import type { Emit } from './emit/form.ts';
import { emitterFor } from './emit/index.ts';
import {
  BUDGET,
  FLAG_CARRY,
  FLAG_RESULT,
  FUNCTION_RUN,
  GPR,
  LOCALS,
  LOCALS_WITH_VECTORS,
  RIP,
  routineFunction,
  SIDE,
  STATUS,
} from './emit/locals.ts';
import { stackIsFlat } from './emit/stack.ts';
import { emitStackRun, stackRun } from './emit/stack-run.ts';
import { loadVectors, storeVectors } from './emit/vector-operand.ts';
import { analyse, type Flow } from './flow.ts';
import { FLAGS_DEAD, FLAGS_FOR_EXITS, type FlagsUse, usesOfFlags } from './liveness.ts';
import { choosePageSites } from './page-slots.ts';
import { type Edge, entriesOf, type Node } from './region.ts';
import { pushRoutineArgument, type RoutineCall, routineOf } from './routines.ts';
import { Code } from './wasm/code.ts';
import type { FunctionBody } from './wasm/module.ts';
import {
  I32_EQ,
  I32_EQZ,
  I32_LOAD,
  I32_LT_S,
  I32_NE,
  I32_STORE,
  I32_SUB,
  I32_WRAP_I64,
  I32_XOR,
  I64_EQ,
  I64_LOAD,
  I64_SHR_U,
  I64_STORE,
  RETURN,
  UNREACHABLE,
} from './wasm/opcodes.ts';

/** A call of the interpreter's handler from compiled code. */
export interface HandlerCall {
  readonly handler: Handler;
  readonly insn: Instruction;
  readonly ripLo: number;
  /** It is the last of a block, and the region ends behind it. */
  readonly endsBlock: boolean;
}

export interface Compiled {
  readonly body: FunctionBody;
  readonly calls: readonly HandlerCall[];
  /** Instructions that an entry may retire before it looks at the budget again. */
  readonly longest: number;
  /** Where the region can be entered. */
  readonly entries: readonly Node[];
}

/** What makes the compiled code of a region differ besides its bytes. */
export interface Surroundings {
  readonly codeSize: number;
  readonly ripHi: number;
  readonly flat: FlatSegments;
}

const STACK_OPS = /^(?:PUSHF?|POP|LEAVE)_/;
const isString = perOp((name) => /^(?:MOVS|STOS|LODS|CMPS|SCAS)[BWDQ]$/.test(name));
const usesStack = perOp((name) => STACK_OPS.test(name));

/** The emitter of an instruction here, or undefined when its handler must be called. */
export function emitterOf(
  handler: Handler,
  insn: Instruction,
  codeSize: number,
  isFlat: (segment: number) => boolean,
  stackNative: boolean,
): Emit | undefined {
  const emit = emitterFor(insn.op);
  // Another handler than that of the op: the processor model lacks the feature.
  if (!emit || handler !== HANDLERS[insn.op]) return undefined;
  if (insn.isMemory && (insn.addressSize === 16 || !isFlat(insn.segment))) return undefined;
  if (usesStack(insn.op) && (!stackNative || insn.operandSize === 16)) return undefined;
  if (OP_NAMES[insn.op]!.startsWith('POP_E') && insn.isMemory) return undefined;
  if (isString(insn.op) && !(insn.addressSize >= 32 && isFlat(insn.segment) && isFlat(ES))) return undefined;
  if (insn.prefixes & PREFIX_VEX && codeSize !== 64) return undefined;
  if (OP_NAMES[insn.op] === 'MOV_Rq_Cq' && !isPlainControlRegister(insn.reg)) return undefined;
  if (insn.addressSize === 16 && OP_NAMES[insn.op]!.startsWith('LEA')) return undefined;
  return codeSize === 16 ? undefined : emit;
}

/**
 * Compiles the region whose way in is node 0. Its calls of handlers are numbered from `firstCall`. `leavers`: physical
 * addresses of instructions at which regions had to be left again and again.
 */
export function compile(
  nodes: readonly Node[],
  surroundings: Surroundings,
  firstCall: number,
  leavers: ReadonlySet<number> = new Set(),
): Compiled {
  return new RegionCompiler(nodes, surroundings, firstCall, leavers).compile();
}

class RegionCompiler {
  readonly #nodes: readonly Node[];
  readonly #flow: Flow;
  readonly #e: Emitter;
  readonly #calls: HandlerCall[] = [];
  readonly #flagsUses: readonly FlagsUse[];
  /** Labels to branch to, by node. */
  readonly #labels: number[];
  readonly #stackNative: boolean;
  readonly #firstCall: number;
  readonly #leavers: ReadonlySet<number>;

  constructor(
    nodes: readonly Node[],
    { codeSize, ripHi, flat }: Surroundings,
    firstCall: number,
    leavers: ReadonlySet<number>,
  ) {
    this.#firstCall = firstCall;
    this.#leavers = leavers;
    this.#nodes = nodes;
    this.#flow = analyse(nodes);
    this.#e = new Emitter(codeSize, ripHi, flat);
    this.#e.sites = choosePageSites(nodes, this.#flow);
    this.#e.callHandler = () => this.#handler(HANDLERS[this.#e.insn.op]!, this.#e.insn, false);
    this.#stackNative = stackIsFlat(this.#e);
    this.#labels = nodes.map(() => -1);
    this.#flagsUses = usesOfFlags(nodes, (node, at) => this.#emitter(node, at) !== undefined);
  }

  #emitter(node: Node, at: number): Emit | undefined {
    const e = this.#e;
    const { handlers, instructions } = node;
    const isFlat = (segment: number) => e.isFlat(segment, 0) && e.isFlat(segment, 1);
    return emitterOf(handlers[at]!, instructions[at]!, e.codeSize, isFlat, this.#stackNative);
  }

  compile(): Compiled {
    const e = this.#e;
    const { code } = e;
    // The function head is put in front later; it opens no block.
    e.leave = code.block();
    e.side = code.block();
    this.#tree(0);
    code.op(UNREACHABLE);
    code.end();
    code.i32(1);
    code.set(SIDE);
    code.end();
    const longest = this.#flow.longest[0]!;
    const locals = e.hasVectors ? LOCALS_WITH_VECTORS : LOCALS;
    const body = { locals, code: this.#assemble(longest) };
    return { body, calls: this.#calls, longest, entries: entriesOf(this.#nodes) };
  }

  // Control flow, after Ramsey: "Beyond Relooper" (2022).

  #tree(n: number): void {
    const merges = this.#flow.children[n]!.filter((child) => this.#flow.isMerge[child]);
    merges.sort((a, b) => this.#flow.order[b]! - this.#flow.order[a]!);
    const { code } = this.#e;
    if (!this.#flow.isLoopHeader[n]) {
      this.#within(n, merges);
      return;
    }
    this.#passFlags(n);
    this.#labels[n] = code.loop();
    this.#takeFlags(n);
    this.#within(n, merges);
    code.end();
  }

  #within(n: number, merges: readonly number[]): void {
    const [outer, ...rest] = merges;
    const { code, flags } = this.#e;
    if (outer === undefined) {
      this.#node(n);
      return;
    }
    const before = flags.snapshot();
    this.#labels[outer] = code.block();
    this.#within(n, rest);
    code.end();
    flags.restore(before);
    this.#takeFlags(outer);
    this.#labels[outer] = -1;
    this.#tree(outer);
  }

  /** In front of a jump to a node that others jump to as well: the flags in the form in which it takes them. */
  #passFlags(n: number): void {
    const { flags } = this.#e;
    const use = this.#flagsUses[n]!;
    if (use === FLAGS_FOR_EXITS) flags.settle();
    else if (use !== FLAGS_DEAD) flags.materialise();
  }

  /** At the start of such a node. */
  #takeFlags(n: number): void {
    const { flags } = this.#e;
    if (this.#flagsUses[n] === FLAGS_FOR_EXITS) flags.resetSettled();
    else flags.reset();
  }

  #node(n: number): void {
    const e = this.#e;
    const node = this.#nodes[n]!;
    const { block, instructions, handlers } = node;
    e.checked = 0;
    if (node.ending === 'entries') {
      this.#entries(node.returns.filter(({ to }) => to >= 0));
      return;
    }
    const straight = node.ending === 'next' ? node.count : node.count - 1;
    const isApart = (at: number) => this.#leavers.has(block.physical + block.startOf(at));
    for (let at = 0; at < straight; at++) {
      this.#enter(node, at);
      const run = this.#stackNative ? stackRun(e, instructions, at, straight, isApart) : 0;
      if (run > 0) {
        emitStackRun(e, instructions.slice(at, at + run));
        at += run - 1;
        continue;
      }
      const emit = this.#emitter(node, at);
      if (!emit) this.#handler(handlers[at]!, e.insn, false);
      else if (isApart(at)) this.#emitStaying(emit);
      else emit(e, e.insn);
    }
    if (node.ending === 'next') {
      e.spend(node.count);
      this.#edge(n, node.next!);
      return;
    }
    const last = block.count - 1;
    this.#enter(node, last);
    this.#ending(n, node);
  }

  /** The way in: RIP says where. */
  #entries(entries: readonly Edge[]): void {
    const { code, flags } = this.#e;
    const labels = entries.map(() => code.block()).reverse();
    code.i32(0);
    code.memory(I32_LOAD, STATE_RIP);
    code.set(RIP);
    for (const [at, { ripLo }] of entries.entries()) {
      if (at === 0) continue;
      code.get(RIP);
      code.i32(ripLo);
      code.op(I32_EQ);
      code.brIf(labels[at]!);
    }
    code.br(labels[0]!);
    const before = flags.snapshot();
    for (const entry of entries) {
      code.end();
      this.#edge(0, entry);
      flags.restore(before);
      this.#e.checked = 0;
    }
  }

  /** An instruction that often has something for its handler to do: where others leave the region, it calls that. */
  #emitStaying(emit: Emit): void {
    const e = this.#e;
    const { code, flags, insn } = e;
    flags.direct();
    const done = code.block();
    e.rescue = () => {
      e.rescue = undefined;
      flags.aside(() => this.#handler(HANDLERS[insn.op]!, insn, false));
      code.br(done);
      e.rescue = rescue;
    };
    const { rescue } = e;
    emit(e, insn);
    e.rescue = undefined;
    flags.direct();
    code.end();
    e.checked = 0;
  }

  #enter(node: Node, at: number): void {
    const e = this.#e;
    e.insn = node.instructions[at]!;
    e.index = at;
    e.ripLo = (node.ripLo + node.block.startOf(at)) | 0;
  }

  #ending(n: number, node: Node): void {
    const e = this.#e;
    switch (node.ending) {
      case 'jump':
        e.spend(node.count);
        this.#edge(n, node.taken!);
        return;
      case 'call':
        emitCall(e, e.insn);
        e.spend(node.count);
        this.#edge(n, node.taken!);
        return;
      case 'branch':
        e.spend(node.count);
        e.flags.condition(node.condition);
        this.#fork(n, node.taken!, node.next!);
        return;
      case 'loop':
        e.spend(node.count);
        emitLoop(e);
        this.#fork(n, node.taken!, node.next!);
        return;
      case 'return': {
        const target = emitReturn(e, e.insn);
        e.spend(node.count);
        for (const edge of node.returns) {
          if (edge.to < 0) continue;
          e.push(target, 64);
          e.code.i64(edge.ripLo, edge.ripHi);
          e.code.op(I64_EQ);
          e.code.if();
          const before = e.flags.snapshot();
          this.#edge(n, edge);
          e.flags.restore(before);
          e.code.end();
        }
        this.#leaveTo(target);
        return;
      }
      case 'system':
        this.#handler(node.handlers[node.count - 1]!, e.insn, true, routineOf(e, node));
        e.spend(node.count);
        e.code.get(BUDGET);
        e.code.op(RETURN);
        return;
      default: {
        const isCall = OP_NAMES[e.insn.op] === 'CALL_E';
        const target = emitIndirect(e, e.insn, isCall);
        e.spend(node.count);
        this.#leaveTo(target);
      }
    }
  }

  /** Takes the condition from the stack. */
  #fork(n: number, taken: Edge, next: Edge): void {
    const { code, flags } = this.#e;
    code.if();
    const before = flags.snapshot();
    this.#edge(n, taken);
    flags.restore(before);
    code.else();
    this.#edge(n, next);
    flags.restore(before);
    code.end();
    // Both ways lead elsewhere, which the validator does not know of an if without a result.
    code.op(UNREACHABLE);
  }

  #edge(from: number, edge: Edge): void {
    const { code, flags } = this.#e;
    const { order, isMerge, longest } = this.#flow;
    const { to } = edge;
    if (to < 0) {
      flags.settle();
      this.#setRip(edge.ripLo, edge.ripHi);
      code.br(this.#e.leave);
      return;
    }
    const isBackward = order[to]! <= order[from]!;
    if (isBackward) {
      // The only place where a budget can run out: what lies ahead up to the next such place must fit.
      code.get(BUDGET);
      code.i32(longest[to]!);
      code.op(I32_LT_S);
      code.unlikelyIf();
      flags.aside(() => flags.settle());
      this.#setRip(edge.ripLo, edge.ripHi);
      code.br(this.#e.leave);
      code.end();
    }
    if (isBackward || isMerge[to]) {
      this.#passFlags(to);
      code.br(this.#labels[to]!);
      return;
    }
    this.#tree(to);
  }

  #setRip(lo: number, hi: number): void {
    const e = this.#e;
    e.code.i32(lo);
    e.code.set(RIP);
    if (hi === e.ripHi) return;
    e.code.i32(0);
    e.code.i32(hi);
    e.code.memory(I32_STORE, STATE_RIP + 4);
  }

  #leaveTo(target: { local: number; lo: number; hi: number }): void {
    const e = this.#e;
    const { code } = e;
    e.flags.settle();
    pushLow(e, target);
    code.set(RIP);
    if (e.codeSize === 64) {
      code.i32(0);
      e.push(target, 64);
      code.i64(32);
      code.op(I64_SHR_U);
      code.op(I32_WRAP_I64);
      code.memory(I32_STORE, STATE_RIP + 4);
    }
    code.br(e.leave);
  }

  /** Calls the interpreter's handler with all state in memory. */
  #handler(handler: Handler, insn: Instruction, endsBlock: boolean, routine?: RoutineCall): void {
    const e = this.#e;
    const { code } = e;
    e.flags.direct();
    e.splices.push({ at: code.length, kind: 'store' });
    code.i32(0);
    if (routine) {
      // All of it, because the routine loads all of it.
      code.i64((e.ripLo + insn.length) | 0, e.ripHi);
      code.memory(I64_STORE, STATE_RIP);
    } else {
      code.i32((e.ripLo + insn.length) | 0);
      code.memory(I32_STORE, STATE_RIP);
    }
    if (routine) {
      pushRoutineArgument(e, routine);
      code.call(routineFunction(routine.routine));
      code.op(I32_EQZ);
      code.unlikelyIf();
    }
    code.i32(this.#firstCall + this.#calls.length);
    code.get(BUDGET);
    code.i32(e.index);
    code.op(I32_SUB);
    code.call(FUNCTION_RUN);
    code.tee(STATUS);
    code.i32(-1);
    code.op(I32_NE);
    code.unlikelyIf();
    code.get(STATUS);
    leaveAtOnce(code);
    code.end();
    if (routine) code.end();
    this.#calls.push({ handler, insn, ripLo: e.ripLo, endsBlock });
    if (endsBlock) return;
    e.splices.push({ at: code.length, kind: 'load' });
    e.flags.replaced();
    e.checked = 0;
  }

  // The head, the tail, and the registers around calls of handlers.

  #assemble(longest: number): Code {
    const e = this.#e;
    const out = new Code(e.code.length + 1024);
    out.get(BUDGET);
    out.i32(longest);
    out.op(I32_LT_S);
    out.unlikelyIf();
    out.get(BUDGET);
    leaveAtOnce(out);
    out.end();
    this.#load(out);
    let from = 0;
    for (const { at, kind } of e.splices) {
      out.appendCode(e.code, from, at);
      if (kind === 'store') this.#store(out);
      else if (kind === 'load') this.#load(out);
      else e.emptySlots(out);
      from = at;
    }
    out.appendCode(e.code, from);
    if (e.flags.touched) e.flags.complete(out);
    this.#store(out);
    out.i32(0);
    out.get(RIP);
    out.memory(I32_STORE, STATE_RIP);
    out.get(SIDE);
    out.if();
    out.i32(0);
    out.i32(1);
    out.memory(I32_STORE, STATE_JIT_STOPPED);
    out.get(BUDGET);
    leaveAtOnce(out);
    out.end();
    out.get(BUDGET);
    return out;
  }

  #load(out: Code): void {
    const e = this.#e;
    for (let register = 0; register < 16; register++) {
      if (((e.used >> register) & 1) === 0) continue;
      out.i32(0);
      out.memory(I64_LOAD, STATE_GPR + register * 8);
      out.set(GPR + register);
    }
    loadVectors(e, out);
    e.emptySlots(out);
    if (!e.flags.touched) return;
    out.i32(0);
    out.memory(I64_LOAD, STATE_FLAG_RESULT);
    out.set(FLAG_RESULT);
    out.i32(0);
    out.memory(I32_LOAD, STATE_FLAG_CARRY);
    out.set(FLAG_CARRY);
  }

  #store(out: Code): void {
    const e = this.#e;
    for (let register = 0; register < 16; register++) {
      if (((e.written >> register) & 1) === 0) continue;
      out.i32(0);
      out.get(GPR + register);
      out.memory(I64_STORE, STATE_GPR + register * 8);
    }
    storeVectors(e, out);
    if (!e.flags.touched) return;
    out.i32(0);
    out.get(FLAG_RESULT);
    out.memory(I64_STORE, STATE_FLAG_RESULT);
    out.i32(0);
    out.get(FLAG_CARRY);
    out.memory(I32_STORE, STATE_FLAG_CARRY);
  }
}

/** Returns with the budget on the stack, and no look at what is at the new RIP: see `dispatcher.ts`. */
function leaveAtOnce(out: Code): void {
  out.i32(-1);
  out.op(I32_XOR);
  out.op(RETURN);
}
