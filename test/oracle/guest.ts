import { AddressSpace } from '../../src/bus/address-space.ts';
import { PortSpace } from '../../src/bus/ports.ts';
import type { Block } from '../../src/cpu/blocks.ts';
import { Core } from '../../src/cpu/execute/core.ts';
import { createCpuModel } from '../../src/cpu/execute/cpu-model.ts';
import { HANDLERS } from '../../src/cpu/handlers.ts';
import { correctStackFault } from '../../src/cpu/stack-fault.ts';
import { BETWEEN_NOTHING, CONTEXT_NONE } from '../../src/cpu/tier.ts';
import {
  CR0_AM, CR0_ET, CR0_MP, CR0_NE, CR0_PE, CR0_PG, CR0_WP, CR4_FSGSBASE, CR4_OSFXSR, CR4_OSXMMEXCPT, CR4_OSXSAVE, CR4_PAE, EFER_LMA,
  EFER_LME, EFER_SCE,
} from '../../src/isa/control.ts'; // biome-ignore format: a list of nouns.
import {
  DESC_CODE, DESC_DB, DESC_DPL_SHIFT, DESC_G, DESC_L, DESC_P, DESC_READABLE, DESC_S, 
  DESC_TYPE_SHIFT,DESC_USABLE, DESC_WRITABLE, TYPE_TSS32_BUSY,
} from '../../src/isa/descriptors.ts'; // biome-ignore format: a list of nouns.
import type { Instruction } from '../../src/isa/instruction.ts';
import { CS, FS, GS, RAX, RCX, SS, TR } from '../../src/isa/registers.ts';
import { VECTOR_PF } from '../../src/isa/vectors.ts';
import { CompiledTier } from '../../src/jit/tier.ts';
import { Mmu } from '../../src/mmu/mmu.ts';
import { CpuState, RIP_HI, RIP_LO, segmentWord } from '../../src/state/cpu-state.ts';
import { GuestFault } from '../../src/state/faults.ts';
import {
  RAM_OFFSET, SEGMENT_ATTRIBUTES, SEGMENT_BASE, SEGMENT_LIMIT, SEGMENT_SELECTOR, STATE_CPL, STATE_CR0, STATE_CR2, STATE_CR3,
  STATE_CR4, STATE_EFER, STATE_FCS, STATE_FCW, STATE_FDP, STATE_FDS, STATE_FIP, STATE_FOP, STATE_FSW, STATE_FTW, STATE_MXCSR, STATE_X87, STATE_XCR0,
} from '../../src/state/layout.ts'; // biome-ignore format: a list of nouns.
import { blockOf } from '../support/blocks.ts';
import {
  type Case,
  CHANGES,
  CODE,
  CODE_BYTES,
  CODE_PAGE,
  DATA,
  DATA_BYTES,
  FLAG_STEP,
  NO_VECTOR,
  type Outcome,
} from './protocol.ts';
import { isResultUndefined, readsFlags, undefinedFlags } from './undefined.ts';

const RAM_BYTES = 0x400000;
const TABLES = 0x1000;
/**
 * The task-state segment is in a page that the process on the host does not have; its linear address is far from
 * everything that registers and displacements of the cases come near to.
 */
const TASK = 0x3ff000;
const TASK_LINEAR = 0x25923000;
const INT3 = 0xcc;
/** What takes a mask of state components in EDX:EAX. */
const XSAVES = /^X(?:SAVE|RSTOR)/;
/** Present and of the user; data may be written. */
const PAGE_CODE = 5;
const PAGE_DATA = 7;
const IO_MAP_BASE = 0x66;
const RFLAGS_FIXED_USER = 0x202;
const FSW_TOP_SHIFT = 11;
/** The processor's number for where code runs: any, as it never changes. */
const CONTEXT = 5;
/** Blocks that one tier compiles. */
const TIER_LIFE = 64;
const BASE_WORDS = [FS, GS].flatMap((s) => [segmentWord(s, SEGMENT_BASE), segmentWord(s, SEGMENT_BASE) + 1]);
/** Zero at the start of every case. */
const FRESH = [
  STATE_CR2, STATE_CR2 + 4, STATE_FOP, STATE_FIP, STATE_FIP + 4, STATE_FDP, STATE_FDP + 4, STATE_FCS, STATE_FDS,
]; // biome-ignore format: offsets.

/** The interpreter in 64-bit mode at CPL 3, with one page of code and two of data, as the process on the host has them. */
export class Guest {
  readonly core: Core;
  /** Changed now and then: putting a function into a table takes as long as there are modules that see the table. */
  tier: CompiledTier;
  readonly #memory: WebAssembly.Memory;
  #compiled = 0;
  /** Instructions of the last case that compiled code retired. */
  ranCompiled = 0;
  /** Blocks whose compiled code calls handlers. */
  readonly #callers = new WeakSet<Block>();
  readonly #pattern: Uint8Array;
  /** The page of code, to be read: what runs is decoded elsewhere. */
  readonly #code: Uint8Array;
  readonly #data: Uint8Array;
  readonly #dataBuffer: Buffer;
  readonly #patternBuffer: Buffer;

  /** State components that the host saves besides ours: what an XSAVE of them leaves cannot be compared. */
  readonly #foreign: number;

  constructor(vendor: string, foreign = 0) {
    this.#foreign = foreign;
    const pages = (RAM_OFFSET + RAM_BYTES) >> 16;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const buffer = memory.buffer as ArrayBuffer;
    const state = new CpuState(buffer);
    const space = new AddressSpace({
      buffer,
      ramOffset: RAM_OFFSET,
      ramBytes: RAM_BYTES,
      romOffset: RAM_OFFSET + RAM_BYTES,
      romBytes: 0,
    });
    const fault = new GuestFault();
    const model = createCpuModel(vendor === 'amd' ? 'max,+xsaveerptr,+misalignsse,+sse4a' : 'max');
    // The vendors differ in corners of user mode too.
    Object.assign(model, { vendor });
    const mmu = new Mmu(state, space, model.paging, fault);
    const time = { readTsc: (): [number, number] => [0, 0], writeTsc: () => {}, portCycle: () => {} };
    this.core = new Core({ state, mmu, ports: new PortSpace(), space, model, time, fault });
    const { words } = state;
    for (let level = 0; level < 3; level++) {
      space.write32(TABLES + level * 0x1000, (TABLES + (level + 1) * 0x1000) | 7);
    }
    // 0x200000 and 0x300000 are in the second entry of the page directory.
    space.write32(TABLES + 0x2000, 0);
    space.write32(TABLES + 0x2008, (TABLES + 0x3000) | 7);
    const map = (address: number, attributes: number) =>
      space.write32(TABLES + 0x3000 + ((address >> 12) & 511) * 8, address | attributes);
    map(CODE_PAGE, PAGE_CODE);
    space.write32(TABLES + 0x2000 + (TASK_LINEAR >>> 21) * 8, (TABLES + 0x4000) | 7);
    space.write32(TABLES + 0x4000 + ((TASK_LINEAR >>> 12) & 511) * 8, TASK | 1);
    for (let at = 0; at < DATA_BYTES; at += 0x1000) map(DATA + at, PAGE_DATA);
    this.#code = space.u8.subarray(RAM_OFFSET + CODE_PAGE, RAM_OFFSET + CODE_PAGE + 0x1000).fill(INT3);
    words[STATE_CR0 >> 2] = CR0_PE | CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_AM;
    words[STATE_CR4 >> 2] = CR4_PAE | CR4_FSGSBASE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
    words[STATE_XCR0 >> 2] = 7;
    words[STATE_EFER >> 2] = EFER_LME | EFER_LMA | EFER_SCE;
    words[STATE_CR3 >> 2] = TABLES;
    words[STATE_CPL >> 2] = 3;
    const common = DESC_S | DESC_P | DESC_USABLE | (3 << DESC_DPL_SHIFT) | DESC_G;
    for (let segment = 0; segment < 6; segment++) {
      words[segmentWord(segment, SEGMENT_LIMIT)] = -1;
      words[segmentWord(segment, SEGMENT_SELECTOR)] = segment === CS ? 0x33 : segment === SS ? 0x2b : 0;
      words[segmentWord(segment, SEGMENT_ATTRIBUTES)] =
        common | (segment === CS ? DESC_CODE | DESC_READABLE | DESC_L : DESC_WRITABLE | DESC_DB);
    }
    // A task whose I/O map lies beyond its limit: no port is permitted.
    space.write16(TASK + IO_MAP_BASE, 0xffff);
    words[segmentWord(TR, SEGMENT_BASE)] = TASK_LINEAR;
    words[segmentWord(TR, SEGMENT_LIMIT)] = 0x67;
    words[segmentWord(TR, SEGMENT_ATTRIBUTES)] = (TYPE_TSS32_BUSY << DESC_TYPE_SHIFT) | DESC_P | DESC_USABLE;
    this.core.segmentsChanged();
    this.#memory = memory;
    this.tier = this.#newTier();
    this.#pattern = new Uint8Array(DATA_BYTES);
    this.#data = space.u8.subarray(RAM_OFFSET + DATA, RAM_OFFSET + DATA + DATA_BYTES);
    this.#dataBuffer = Buffer.from(buffer, RAM_OFFSET + DATA, DATA_BYTES);
    this.#patternBuffer = Buffer.from(this.#pattern.buffer);
  }

  setPattern(pattern: Uint8Array): void {
    this.#pattern.set(pattern);
    this.#data.set(pattern);
  }

  /** On the interpreter's handlers, one after the other. */
  run(c: Case, out: Outcome): Outcome {
    this.#load(c, out);
    this.#interpret(c, 0, out);
    return this.#store(out);
  }

  /** On the compiled tier, whose code for `block` (of `blockOf`) is made at its first run and kept until `drop`. */
  runCompiled(c: Case, block: Block, out: Outcome): Outcome {
    const { core, tier } = this;
    this.#load(c, out);
    const { calls } = tier.cache;
    const known = calls.length;
    this.ranCompiled = 0;
    try {
      this.ranCompiled = tier.run(block, CODE, 0, CONTEXT, c.insns.length);
      if (tier.faulted) throw core.fault;
    } catch (thrown) {
      this.ranCompiled = c.insns.length;
      this.#caught(thrown, tier.running?.insn, out);
      return this.#store(out);
    } finally {
      if (tier.cache.calls.length > (calls === tier.cache.calls ? known : 0)) this.#callers.add(block);
    }
    // What the tier stops in front of, the interpreter executes, as the processor's loop has it.
    const at = c.insns.findIndex((insn) => CODE + insn.start === core.words[RIP_LO]);
    if (at >= 0 && (this.ranCompiled === 0 || (c.flags & FLAG_STEP) === 0)) this.#interpret(c, at, out);
    return this.#store(out);
  }

  /** Who ran the last case, on the compiled tier: its code alone, its code with calls of handlers, or the interpreter in the end. */
  lastTier(c: Case, block: Block): 'native' | 'handlers' | 'interpreter' {
    if (this.ranCompiled < c.insns.length) return 'interpreter';
    return this.#callers.has(block) ? 'handlers' : 'native';
  }

  #newTier(): CompiledTier {
    return new CompiledTier(
      this.core,
      {
        blockAt: () => undefined,
        context: () => CONTEXT,
        recordContext: () => CONTEXT_NONE,
        remaining: () => 0,
        between: () => BETWEEN_NOTHING,
      },
      this.#memory,
    );
  }

  /** A block of the case's code that has not been compiled yet. */
  blockOf(c: Case): Block {
    if (++this.#compiled % TIER_LIFE === 0) this.tier = this.#newTier();
    return blockOf(CODE, 64, c.insns);
  }

  #load(c: Case, out: Outcome): void {
    const { core } = this;
    const { words, state, flags } = core;
    this.#code.fill(INT3, CODE - CODE_PAGE, CODE - CODE_PAGE + 2 * CODE_BYTES);
    this.#code.set(c.bytes.subarray(0, c.length), CODE - CODE_PAGE);
    core.gpr32.set(c.gpr);
    flags.write(c.rflags | RFLAGS_FIXED_USER);
    core.mmu.updateMode();
    const { i32 } = state.vectors;
    for (let n = 0; n < 64; n++) {
      const at = (n >> 2) * 8 + (n & 3);
      i32[at] = c.vectors[n]!;
      i32[at + 4] = c.vectors[64 + n]!;
    }
    const top = (c.fsw >> FSW_TOP_SHIFT) & 7;
    for (let n = 0; n < 32; n++) words[(STATE_X87 >> 2) + (((n >> 2) + top) & 7) * 4 + (n & 3)] = c.st[n]!;
    words[STATE_FCW >> 2] = c.fcw;
    words[STATE_FSW >> 2] = c.fsw;
    words[STATE_FTW >> 2] = c.ftw;
    words[STATE_MXCSR >> 2] = c.mxcsr;
    for (const offset of FRESH) words[offset >> 2] = 0;
    for (let n = 0; n < 4; n++) words[BASE_WORDS[n]!] = 0;
    core.segmentsChanged();
    core.end = 1;
    core.at = 0;
    core.pending = 0;
    core.setRip(CODE, 0);
    out.vector = NO_VECTOR;
    out.error = 0;
    out.cr2Lo = 0;
    out.cr2Hi = 0;
    out.undefined = 0;
    out.isTainted = false;
  }

  #interpret(c: Case, from: number, out: Outcome): void {
    const { core } = this;
    const { words } = core;
    let insn = c.insns[from]!;
    let start = 0;
    try {
      for (let n = from; n < c.insns.length; n++) {
        insn = c.insns[n]!;
        start = CODE + insn.start;
        this.#noteUndefined(c.names[n]!, insn, out);
        const handler = HANDLERS[insn.op]!;
        // A repeated string instruction comes back to itself after a batch.
        do {
          core.setRip(CODE + insn.next, 0);
          handler(core, insn);
        } while ((c.flags & FLAG_STEP) === 0 && words[RIP_LO] === start);
      }
    } catch (thrown) {
      core.setRip(start, 0);
      this.#caught(thrown, insn, out);
    }
  }

  #noteUndefined(name: string, insn: Instruction, out: Outcome): void {
    if (out.undefined !== 0 && readsFlags(name)) out.isTainted = true;
    const cl = this.core.gpr32[RCX * 2]!;
    out.undefined |= undefinedFlags(name, insn, cl);
    if (isResultUndefined(name, insn, cl)) out.isTainted = true;
    if (XSAVES.test(name) && this.core.gpr32[RAX * 2]! & this.#foreign) out.isTainted = true;
  }

  #caught(thrown: unknown, insn: Instruction | undefined, out: Outcome): void {
    const { core } = this;
    if (thrown !== core.fault) throw thrown;
    if (core.fault.nonCanonical && insn) correctStackFault(core, insn);
    out.vector = core.fault.vector;
    out.error = core.fault.hasErrorCode ? core.fault.errorCode : 0;
    if (out.vector === VECTOR_PF) {
      out.cr2Lo = core.words[STATE_CR2 >> 2]!;
      out.cr2Hi = core.words[(STATE_CR2 >> 2) + 1]!;
    }
  }

  #store(out: Outcome): Outcome {
    const { core } = this;
    const { words, flags } = core;
    const { i32 } = core.state.vectors;
    out.gpr.set(core.gpr32);
    out.ripLo = words[RIP_LO]!;
    out.ripHi = words[RIP_HI]!;
    out.rflags = flags.read();
    for (let n = 0; n < 64; n++) {
      const at = (n >> 2) * 8 + (n & 3);
      out.vectors[n] = i32[at]!;
      out.vectors[64 + n] = i32[at + 4]!;
    }
    for (let n = 0; n < 4; n++) out.bases[n] = words[BASE_WORDS[n]!]!;
    const fsw = words[STATE_FSW >> 2]!;
    const newTop = (fsw >> FSW_TOP_SHIFT) & 7;
    for (let n = 0; n < 32; n++)
      out.st[n] = words[(STATE_X87 >> 2) + (((n >> 2) + newTop) & 7) * 4 + (n & 3)]!;
    out.fcw = words[STATE_FCW >> 2]!;
    out.fsw = fsw;
    out.ftw = words[STATE_FTW >> 2]!;
    out.mxcsr = words[STATE_MXCSR >> 2]!;
    this.#findChanges(out);
    return out;
  }

  #findChanges(out: Outcome): void {
    out.changedFrom = 0;
    out.changedBytes = 0;
    if (this.#dataBuffer.compare(this.#patternBuffer) === 0) return;
    let first = 0;
    let last = DATA_BYTES - 1;
    while (this.#data[first] === this.#pattern[first]) first++;
    while (this.#data[last] === this.#pattern[last]) last--;
    out.changedFrom = first;
    out.changedBytes = last + 1 - first;
    out.changed.fill(0);
    out.changed.set(this.#data.subarray(first, first + Math.min(out.changedBytes, CHANGES)));
    this.#data.set(this.#pattern);
  }
}
