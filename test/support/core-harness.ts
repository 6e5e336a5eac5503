import { AddressSpace } from '../../src/bus/address-space.ts';
import { type PortDevice, PortSpace } from '../../src/bus/ports.ts';
import { decode, NEED_MORE } from '../../src/cpu/decode/decode.ts';
import { OP_NAMES } from '../../src/cpu/decode/ops.ts';
import { Core, type Handler } from '../../src/cpu/execute/core.ts';
import { createCpuModel } from '../../src/cpu/execute/cpu-model.ts';
import { correctStackFault } from '../../src/cpu/stack-fault.ts';
import {
  CR0_ET,
  CR0_NE,
  CR0_PE,
  CR0_PG,
  CR0_WP,
  CR4_PAE,
  EFER_LMA,
  EFER_LME,
} from '../../src/isa/control.ts';
import {
  DESC_CODE,
  DESC_DB,
  DESC_DPL_SHIFT,
  DESC_G,
  DESC_L,
  DESC_P,
  DESC_S,
  DESC_TYPE_SHIFT,
  DESC_USABLE,
  DESC_WRITABLE,
  TYPE_TSS32_BUSY,
} from '../../src/isa/descriptors.ts';
import { CS, GPR64_NAMES, TR } from '../../src/isa/registers.ts';
import {
  RFLAGS_AF,
  RFLAGS_CF,
  RFLAGS_OF,
  RFLAGS_PF,
  RFLAGS_SF,
  RFLAGS_STATUS,
  RFLAGS_VM,
  RFLAGS_ZF,
} from '../../src/isa/rflags.ts';
import { VECTOR_NAMES } from '../../src/isa/vectors.ts';
import { Mmu } from '../../src/mmu/mmu.ts';
import { updateFlatSegments } from '../../src/mmu/segmentation.ts';
import { CpuState, RIP_HI, RIP_LO, segmentWord } from '../../src/state/cpu-state.ts';
import { GuestFault } from '../../src/state/faults.ts';
import {
  RAM_OFFSET,
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_CPL,
  STATE_CR0,
  STATE_CR3,
  STATE_CR4,
  STATE_EFER,
} from '../../src/state/layout.ts';

export type HarnessMode = 'real' | 'virtual-8086' | 'protected16' | 'protected32' | '64-bit';
/** A 64-bit register: `rax` and its kin, `rip`. */
export type RegisterName = (typeof GPR64_NAMES)[number] | 'rip';

/** Where instructions are put. Tables are below, data may lie anywhere above. */
export const CODE = 0x8000;
/** Initial RSP. */
export const STACK = 0x20000;
const TASK = 0x6000;
const TABLES = 0x1000;
const PAGE_TABLE = 0x4000;
const RAM_BYTES = 0x200000;

const STATUS_NAMES: readonly (readonly [string, number])[] = [
  ['CF', RFLAGS_CF],
  ['PF', RFLAGS_PF],
  ['AF', RFLAGS_AF],
  ['ZF', RFLAGS_ZF],
  ['SF', RFLAGS_SF],
  ['OF', RFLAGS_OF],
];

/** `CF PF ...` for people; the empty string when none is set. */
export function statusText(rflags: number): string {
  return STATUS_NAMES.flatMap(([name, bit]) => (rflags & bit ? [name] : [])).join(' ');
}

/**
 * One core over 2 MiB of identity-mapped memory, without a loop: `run` decodes one instruction and calls its handler, as
 * the processor does. `handlers` are the modules under test.
 */
export class CoreHarness {
  readonly mode: HarnessMode;
  readonly core: Core;
  readonly space: AddressSpace;
  readonly ports = new PortSpace();
  readonly #handlers = new Map<string, Handler>();

  constructor(mode: HarnessMode, ...handlers: readonly object[]) {
    this.mode = mode;
    for (const module of handlers) {
      for (const [name, value] of Object.entries(module)) this.#handlers.set(name, value as Handler);
    }
    const buffer = new ArrayBuffer(RAM_OFFSET + RAM_BYTES);
    const state = new CpuState(buffer);
    this.space = new AddressSpace({
      buffer,
      ramOffset: RAM_OFFSET,
      ramBytes: RAM_BYTES,
      romOffset: RAM_OFFSET + RAM_BYTES,
      romBytes: 0,
    });
    const fault = new GuestFault();
    const model = createCpuModel();
    const mmu = new Mmu(state, this.space, model.paging, fault);
    const time = { readTsc: (): [number, number] => [0, 0], writeTsc: () => {}, portCycle: () => {} };
    this.core = new Core({ state, mmu, ports: this.ports, space: this.space, model, time, fault });
    this.#enter(mode);
  }

  #enter(mode: HarnessMode): void {
    const { core } = this;
    const { words } = core;
    const isProtected = mode !== 'real';
    words[STATE_CR0 >> 2] = CR0_ET | CR0_NE | CR0_WP | (isProtected ? CR0_PE : 0);
    if (mode === '64-bit' || mode === 'protected32') this.#buildTables(mode === '64-bit');
    for (let segment = 0; segment < 6; segment++) {
      if (mode === 'real' || mode === 'virtual-8086')
        this.segment(segment, 0, 0xffff, DESC_WRITABLE | (segment === CS ? DESC_CODE : 0));
      else {
        const size = mode === '64-bit' && segment === CS ? DESC_L : mode === 'protected16' ? 0 : DESC_DB;
        this.segment(
          segment,
          0,
          0xffffffff,
          DESC_WRITABLE | (segment === CS ? DESC_CODE : 0) | size | DESC_G,
        );
      }
    }
    words[segmentWord(TR, SEGMENT_BASE)] = TASK;
    words[segmentWord(TR, SEGMENT_LIMIT)] = 0x67;
    words[segmentWord(TR, SEGMENT_ATTRIBUTES)] = (TYPE_TSS32_BUSY << DESC_TYPE_SHIFT) | DESC_P | DESC_USABLE;
    words[segmentWord(TR, SEGMENT_SELECTOR)] = 0x40;
    if (mode === 'virtual-8086') {
      core.flags.setSystem(RFLAGS_VM);
      this.setCpl(3);
    }
    this.set('rip', CODE);
    this.set('rsp', mode === 'real' || mode === 'virtual-8086' ? 0x7000 : STACK);
    updateFlatSegments(core);
    core.mmu.updateMode();
  }

  /** Identity-maps the 2 MiB with 4 KiB pages, all present, writable and of the user. */
  #buildTables(isLong: boolean): void {
    const { words, mmu } = this.core;
    const entry = isLong ? 8 : 4;
    if (isLong)
      for (let level = 0; level < 3; level++)
        this.space.write32(TABLES + level * 0x1000, (TABLES + (level + 1) * 0x1000) | 7);
    else this.space.write32(TABLES, PAGE_TABLE | 7);
    for (let page = 0; page < RAM_BYTES >> 12; page++)
      this.space.write32(PAGE_TABLE + page * entry, (page << 12) | 7);
    if (isLong) {
      words[STATE_CR4 >> 2] = CR4_PAE;
      words[STATE_EFER >> 2] = EFER_LME | EFER_LMA;
    }
    words[STATE_CR3 >> 2] = TABLES;
    words[STATE_CR0 >> 2]! |= CR0_PG;
    mmu.updateMode();
  }

  /** Sets the permissions of the 4 KiB page at `address`. Modes with paging only. */
  page(address: number, isPresent: boolean, isWritable: boolean): void {
    const entry = this.mode === '64-bit' ? 8 : 4;
    const page = address >>> 12;
    this.space.write32(
      PAGE_TABLE + page * entry,
      (page << 12) | 4 | (isPresent ? 1 : 0) | (isWritable ? 2 : 0),
    );
    this.core.mmu.invlpg(address | 0, 0);
  }

  /** Gives a segment register a base, a byte limit and attributes; DPL follows the CPL. */
  segment(segment: number, base: number, limit: number, attributes: number): void {
    const { words } = this.core;
    words[segmentWord(segment, SEGMENT_SELECTOR)] = (segment + 1) * 8;
    words[segmentWord(segment, SEGMENT_BASE)] = base;
    words[segmentWord(segment, SEGMENT_LIMIT)] = limit;
    words[segmentWord(segment, SEGMENT_ATTRIBUTES)] =
      attributes | DESC_S | DESC_P | DESC_USABLE | (this.core.state.cpl() << DESC_DPL_SHIFT);
    updateFlatSegments(this.core);
  }

  setCpl(cpl: number): void {
    this.core.words[STATE_CPL >> 2] = cpl;
    this.core.mmu.updateMode();
  }

  /** Fills the I/O permission map of the TSS; `map` is at offset 104, as an operating system would put it. */
  ioMap(map: readonly number[]): void {
    this.space.write16(TASK + 102, 104);
    map.forEach((byte, at) => {
      this.space.write8(TASK + 104 + at, byte);
    });
    this.core.words[segmentWord(TR, SEGMENT_LIMIT)] = 104 + map.length - 1;
  }

  /** A port that answers `values` in turn and remembers what is written. */
  port(base: number, count: number, values: number[] = []): number[] {
    const written: number[] = [];
    const device: PortDevice = {
      readPort: () => values.shift() ?? 0xff,
      writePort: (_offset, value) => {
        written.push(value);
      },
    };
    this.ports.attach(base, count, device);
    return written;
  }

  get(register: RegisterName): bigint {
    const { words, gpr32 } = this.core;
    const n = GPR64_NAMES.indexOf(register as never);
    const [lo, hi] = n < 0 ? [words[RIP_LO]!, words[RIP_HI]!] : [gpr32[n * 2]!, gpr32[n * 2 + 1]!];
    return BigInt(lo >>> 0) | (BigInt(hi >>> 0) << 32n);
  }

  /** The low 32 bits, unsigned. */
  get32(register: RegisterName): number {
    return Number(this.get(register) & 0xffffffffn);
  }

  set(register: RegisterName, value: bigint | number): void {
    const { words, gpr32 } = this.core;
    const bits = BigInt.asUintN(64, BigInt(value));
    const lo = Number(bits & 0xffffffffn);
    const hi = Number(bits >> 32n);
    const n = GPR64_NAMES.indexOf(register as never);
    if (n < 0) {
      words[RIP_LO] = lo;
      words[RIP_HI] = hi;
    } else {
      gpr32[n * 2] = lo;
      gpr32[n * 2 + 1] = hi;
    }
  }

  read64(address: number): bigint {
    return BigInt(this.space.read32(address)) | (BigInt(this.space.read32(address + 4)) << 32n);
  }

  write64(address: number, value: bigint): void {
    this.space.write32(address, Number(value & 0xffffffffn));
    this.space.write32(address + 4, Number((value >> 32n) & 0xffffffffn));
  }

  /** Status flags at their places in RFLAGS. */
  get status(): number {
    return this.core.flags.status();
  }

  set status(rflags: number) {
    this.core.flags.setStatus(rflags & RFLAGS_STATUS);
  }

  /**
   * Puts `bytes` at RIP and executes them as one instruction. Answers undefined, or the fault as `#GP(0)`; RIP is then back
   * at the instruction, as the processor's loop leaves it.
   */
  run(...bytes: readonly number[]): string | undefined {
    const { core } = this;
    const at = Number(this.get('rip')) & 0xfffff;
    const hostAt = RAM_OFFSET + at + core.state.baseLo(CS);
    this.space.u8.set(bytes, hostAt);
    const insn = decode(Uint8Array.from(bytes), 0, bytes.length, core.state.codeSize());
    if (insn === NEED_MORE) throw new Error('the instruction has no end');
    if (insn.length !== bytes.length)
      throw new Error(`${insn.length} of ${bytes.length} bytes are an instruction`);
    const name = OP_NAMES[insn.op]!;
    const handler = this.#handlers.get(name);
    if (!handler) throw new Error(`${name} has no handler here`);
    const before = this.get('rip');
    const next = before + BigInt(insn.length);
    this.set('rip', insn.codeSize === 64 ? next : insn.codeSize === 32 ? next & 0xffffffffn : next & 0xffffn);
    core.end = 1;
    try {
      handler(core, insn);
      return undefined;
    } catch (thrown) {
      if (thrown !== core.fault) throw thrown;
      if (core.fault.nonCanonical) correctStackFault(core, insn);
      this.set('rip', before);
      const { vector, hasErrorCode, errorCode } = core.fault;
      return VECTOR_NAMES[vector]! + (hasErrorCode ? `(${errorCode})` : '');
    }
  }
}
