import { readFileSync } from 'node:fs';
import { AddressSpace } from '../../src/bus/address-space.ts';
import { PortSpace } from '../../src/bus/ports.ts';
import { Core } from '../../src/cpu/execute/core.ts';
import { createCpuModel } from '../../src/cpu/execute/cpu-model.ts';
import { HANDLERS } from '../../src/cpu/handlers.ts';
import { correctStackFault } from '../../src/cpu/stack-fault.ts';
import {
  CR0_AM, CR0_ET, CR0_MP, CR0_NE, CR0_PE, CR0_PG, CR0_WP, CR4_OSFXSR, CR4_OSXMMEXCPT, CR4_OSXSAVE, CR4_PAE, EFER_LMA,
  EFER_LME,
} from '../../src/isa/control.ts'; // biome-ignore format: a list of nouns.
import {
  DESC_CODE, DESC_DB, DESC_DPL_SHIFT, DESC_G, DESC_L, DESC_P, DESC_READABLE, DESC_S, 
  DESC_TYPE_SHIFT,DESC_USABLE, DESC_WRITABLE, TYPE_TSS32_BUSY,
} from '../../src/isa/descriptors.ts'; // biome-ignore format: a list of nouns.
import type { Instruction } from '../../src/isa/instruction.ts';
import { CS, TR } from '../../src/isa/registers.ts';
import { VECTOR_PF } from '../../src/isa/vectors.ts';
import { Mmu } from '../../src/mmu/mmu.ts';
import { CpuState, RIP_HI, RIP_LO, segmentWord } from '../../src/state/cpu-state.ts';
import { GuestFault } from '../../src/state/faults.ts';
import {
  RAM_OFFSET, SEGMENT_ATTRIBUTES, SEGMENT_LIMIT, SEGMENT_SELECTOR, STATE_CPL, STATE_CR0, STATE_CR2, STATE_CR3,
  STATE_CR4, STATE_EFER, STATE_FCW, STATE_FSW, STATE_FTW, STATE_MXCSR, STATE_X87, STATE_XCR0,
} from '../../src/state/layout.ts'; // biome-ignore format: a list of nouns.
import {
  type Case,
  CHANGES,
  CODE,
  CODE_PAGE,
  DATA,
  DATA_BYTES,
  NO_VECTOR,
  type Outcome,
} from './protocol.ts';

const RAM_BYTES = 0x400000;
const TABLES = 0x1000;
const RFLAGS_FIXED_USER = 0x202;
const FSW_TOP_SHIFT = 11;

/** The interpreter in 64-bit mode at CPL 3, with one page of code and two of data, as the process on the host has them. */
export class Guest {
  readonly core: Core;
  readonly #pattern: Uint8Array;
  readonly #data: Uint8Array;
  readonly #dataBuffer: Buffer;
  readonly #patternBuffer: Buffer;

  constructor() {
    const buffer = new ArrayBuffer(RAM_OFFSET + RAM_BYTES);
    const state = new CpuState(buffer);
    const space = new AddressSpace({
      buffer,
      ramOffset: RAM_OFFSET,
      ramBytes: RAM_BYTES,
      romOffset: RAM_OFFSET + RAM_BYTES,
      romBytes: 0,
    });
    const fault = new GuestFault();
    const model = createCpuModel();
    // The vendors differ in corners of user mode too: be of the host's.
    if (/AuthenticAMD/.test(readFileSync('/proc/cpuinfo', 'utf8'))) Object.assign(model, { vendor: 'amd' });
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
    const map = (address: number) =>
      space.write32(TABLES + 0x3000 + ((address >> 12) & 511) * 8, address | 7);
    map(CODE_PAGE);
    for (let at = 0; at < DATA_BYTES; at += 0x1000) map(DATA + at);
    words[STATE_CR0 >> 2] = CR0_PE | CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_AM;
    words[STATE_CR4 >> 2] = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
    words[STATE_XCR0 >> 2] = 7;
    words[STATE_EFER >> 2] = EFER_LME | EFER_LMA;
    words[STATE_CR3 >> 2] = TABLES;
    words[STATE_CPL >> 2] = 3;
    const common = DESC_S | DESC_P | DESC_USABLE | (3 << DESC_DPL_SHIFT) | DESC_G;
    for (let segment = 0; segment < 6; segment++) {
      words[segmentWord(segment, SEGMENT_LIMIT)] = -1;
      words[segmentWord(segment, SEGMENT_SELECTOR)] = segment === CS ? 0x33 : 0x2b;
      words[segmentWord(segment, SEGMENT_ATTRIBUTES)] =
        common | (segment === CS ? DESC_CODE | DESC_READABLE | DESC_L : DESC_WRITABLE | DESC_DB);
    }
    words[segmentWord(TR, SEGMENT_LIMIT)] = 0x67;
    words[segmentWord(TR, SEGMENT_ATTRIBUTES)] = (TYPE_TSS32_BUSY << DESC_TYPE_SHIFT) | DESC_P | DESC_USABLE;
    this.core.segmentsChanged();
    this.#pattern = new Uint8Array(DATA_BYTES);
    this.#data = space.u8.subarray(RAM_OFFSET + DATA, RAM_OFFSET + DATA + DATA_BYTES);
    this.#dataBuffer = Buffer.from(buffer, RAM_OFFSET + DATA, DATA_BYTES);
    this.#patternBuffer = Buffer.from(this.#pattern.buffer);
  }

  setPattern(pattern: Uint8Array): void {
    this.#pattern.set(pattern);
    this.#data.set(pattern);
  }

  run(c: Case, insn: Instruction, out: Outcome): Outcome {
    const { core } = this;
    const { words, state, flags } = core;
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
    words[STATE_CR2 >> 2] = 0;
    words[(STATE_CR2 >> 2) + 1] = 0;
    core.end = 1;
    core.at = 0;
    core.pending = 0;
    out.vector = NO_VECTOR;
    out.error = 0;
    out.cr2Lo = 0;
    out.cr2Hi = 0;
    const handler = HANDLERS[insn.op]!;
    core.setRip(CODE, 0);
    try {
      // A repeated string instruction comes back to itself after a batch.
      do {
        core.setRip(CODE + insn.length, 0);
        handler(core, insn);
      } while ((c.flags & 1) === 0 && words[RIP_LO] === CODE);
    } catch (thrown) {
      if (thrown !== core.fault) throw thrown;
      core.setRip(CODE, 0);
      if (core.fault.nonCanonical) correctStackFault(core, insn);
      out.vector = core.fault.vector;
      out.error = core.fault.hasErrorCode ? core.fault.errorCode : 0;
      if (out.vector === VECTOR_PF) {
        out.cr2Lo = words[STATE_CR2 >> 2]!;
        out.cr2Hi = words[(STATE_CR2 >> 2) + 1]!;
      }
    }
    out.gpr.set(core.gpr32);
    out.ripLo = words[RIP_LO]!;
    out.ripHi = words[RIP_HI]!;
    out.rflags = flags.read();
    for (let n = 0; n < 64; n++) {
      const at = (n >> 2) * 8 + (n & 3);
      out.vectors[n] = i32[at]!;
      out.vectors[64 + n] = i32[at + 4]!;
    }
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
