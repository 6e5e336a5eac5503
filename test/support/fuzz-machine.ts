/**
 * A machine in the midst of random code, in a mode of choice: its own tables, a handler for every vector that goes on
 * somewhere else in the code with the privilege it had, and code that is random bytes or random instructions.
 */
import { decode, NEED_MORE } from '../../src/cpu/decode/decode.ts';
import { OP_UD } from '../../src/cpu/decode/ops.ts';
import { setSegment } from '../../src/cpu/execute/descriptor.ts';
import type { BootedMachine } from '../../src/index.ts';
import {
  CR0_ET, CR0_NE, CR0_PE, CR0_PG, CR4_FSGSBASE, CR4_LA57, CR4_OSFXSR, CR4_OSXMMEXCPT, CR4_OSXSAVE, CR4_PAE, CR4_PSE, EFER_LMA,
  EFER_LME, EFER_NXE, EFER_SCE,
} from '../../src/isa/control.ts'; // biome-ignore format: a list of nouns.
import { DESC_USABLE } from '../../src/isa/descriptors.ts';
import { CS, DS, ES, FS, GS, RSP, SS, TR } from '../../src/isa/registers.ts';
import { RFLAGS_VM } from '../../src/isa/rflags.ts';
import {
  STATE_CPL, STATE_CR0, STATE_CR3, STATE_CR4, STATE_EFER, STATE_GDTR, STATE_IDTR, STATE_PDPTE, STATE_XCR0,
} from '../../src/state/layout.ts'; // biome-ignore format: a list of nouns.
import { Random } from '../oracle/random.ts';
import { createMachine, guestFile } from './dist.ts';
import {
  CODE0,
  CODE3,
  DATA0,
  DATA3,
  descriptor,
  gate,
  LONG0,
  LONG3,
  TSS_SELECTOR,
} from './system-harness.ts';

export const FUZZ_MODES = [
  'real',
  'protected16',
  'protected32',
  'PAE',
  'virtual-8086',
  'compatibility',
  '64-bit',
] as const;
export type FuzzMode = (typeof FUZZ_MODES)[number];

const GDT = 0x3000;
const IDT = 0x4000;
const TSS = 0x5000;
const TABLES = 0x8000;
const PML5 = 0xe000;
const FRAME = 0xf000;
const HANDLER = 0xf800;
const CODE = 0x10000;
const CODE_BYTES = 0x4000;
const STACK = 0x30000;
const INNER_STACK = 0x38000;
const RAM_BYTES = 4 * 1024 * 1024;
const KERNEL = { name: 'modes.elf', bytes: guestFile('bin/modes/modes.elf') };
/** 16-bit segments beside those of the harness. */
const CODE16 = 0x48;
const DATA16 = 0x50;

/** What a seed stands for. */
export interface FuzzPlan {
  readonly seed: number;
  readonly mode: FuzzMode;
  readonly cpl: 0 | 3;
  readonly board: 'isa' | 'pc';
  readonly jit: boolean;
  /** Random bytes, or instructions that decode, with loops. */
  readonly valid: boolean;
  readonly paging: boolean;
  /** Five levels, in IA-32e mode. */
  readonly la57: boolean;
  /** What is spoilt: page tables, descriptors. */
  readonly spoilt: readonly ('pages' | 'descriptors')[];
}

export function planOf(seed: number, mode: FuzzMode): FuzzPlan {
  const random = new Random(Math.imul(seed, 0x9e3779b1));
  const long = mode === 'compatibility' || mode === '64-bit';
  const cpl = mode === 'virtual-8086' ? 3 : mode === 'real' || random.chance(0.5) ? 0 : 3;
  return {
    seed,
    mode,
    cpl,
    board: random.chance(0.5) ? 'isa' : 'pc',
    jit: random.chance(0.6),
    valid: random.chance(0.7),
    paging: long || mode === 'PAE' || (mode !== 'real' && random.chance(0.5)),
    spoilt: (['pages', 'descriptors'] as const).filter(() => random.chance(0.2)),
    la57: long && random.chance(0.2),
  };
}

/** MSRs that code is likely to meet, and neighbours. */
const MSRS = [
  0x10, 0x1b, 0xfe, 0x174, 0x175, 0x176, 0x179, 0x1a0, 0x1d9, 0x200, 0x250, 0x277, 0x2ff, 0x6e0, 0x802, 0x80b, 0x828, 0x830, 0xda0,
  0xc0000080, 0xc0000081, 0xc0000082, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103, 0xc0010015,
]; // biome-ignore format: numbers.
const OPENINGS = [0x0f, 0x0f, 0x66, 0xf2, 0xf3, 0xc4, 0xc5, 0x48, 0x0f, 0xd8, 0xdb, 0xdd, 0x65, 0x67];

/** Instructions that exist, small loops, and loads of control registers and MSRs with bits that may make sense. */
function validCode(random: Random, codeSize: 16 | 32 | 64, isPrivileged: boolean): Uint8Array {
  const code = new Uint8Array(CODE_BYTES);
  const scratch = new Uint8Array(16);
  const word = (value: number) => [
    value & 255,
    (value >> 8) & 255,
    (value >> 16) & 255,
    (value >>> 24) & 255,
  ];
  const put = (at: number, bytes: readonly number[] | Uint8Array) => {
    if (at + bytes.length <= CODE_BYTES) code.set(bytes, at);
    return at + bytes.length;
  };
  for (let at = 0; at < CODE_BYTES; ) {
    const kind = random.below(isPrivileged ? 64 : 60);
    if (kind < 5) at = put(at, [random.pick([0xe2, 0x75, 0x72, 0x74, 0x79]), 0x100 - 2 - random.below(40)]);
    else if (kind === 60 && codeSize !== 16) {
      const register = random.pick([0, 3, 4, 8, 4, 0]);
      const value = register === 3 ? TABLES : random.word() & (random.chance(0.5) ? 0x80050033 : 0x7fffff);
      at = put(at, [0xb8, ...word(value), 0x0f, 0x22, 0xc0 | ((register & 7) << 3)]);
    } else if (kind === 61 && codeSize !== 16) {
      const low = random.chance(0.5) ? random.word() : random.below(0x1000);
      at = put(at, [
        0xb9,
        ...word(random.pick(MSRS)),
        0xb8,
        ...word(low),
        0xba,
        ...word(random.below(4)),
        0x0f,
        0x30,
      ]);
    } else {
      for (let n = 0; n < 16; n++) scratch[n] = random.below(256);
      if (random.chance(0.5)) scratch[0] = random.pick(OPENINGS);
      const insn = decode(scratch, 0, 15, codeSize);
      if (insn !== NEED_MORE && insn.op !== OP_UD && insn.length < 15)
        at = put(at, scratch.subarray(0, insn.length));
    }
  }
  return code;
}

function randomBytes(random: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.below(256));
}

/** A machine as the plan has it. */
export class FuzzMachine {
  readonly machine: BootedMachine;
  readonly plan: FuzzPlan;
  readonly #random: Random;

  constructor(plan: FuzzPlan) {
    this.plan = plan;
    this.#random = new Random(plan.seed);
    this.machine = createMachine({ kernel: KERNEL, memory: RAM_BYTES, board: plan.board, jit: plan.jit });
    this.refresh();
  }

  /** Fresh tables, code and registers; devices stay as the code before has left them. */
  refresh(): void {
    const { machine } = this;
    const { core, state } = machine;
    const random = this.#random;
    this.#setTables();
    this.#setMode();
    const isMore = () => random.word() & (random.chance(0.5) ? 0x1ffff : -1);
    for (let n = 0; n < 32; n++) state.gpr32[n] = (n & 1) === 1 && random.chance(0.7) ? 0 : isMore();
    state.gpr32[RSP * 2] = STACK & 0xffff || 0x8000;
    if (this.plan.mode !== 'real' && this.plan.mode !== 'virtual-8086') state.gpr32[RSP * 2] = STACK;
    state.gpr32[RSP * 2 + 1] = 0;
    const codeSize = this.#codeSize();
    const code = this.plan.valid
      ? validCode(random, codeSize, this.plan.cpl === 0)
      : randomBytes(random, CODE_BYTES);
    machine.space.load(CODE, code);
    core.pending = 0;
    machine.stateChanged();
  }

  #codeSize(): 16 | 32 | 64 {
    const { mode } = this.plan;
    return mode === '64-bit'
      ? 64
      : mode === 'protected32' || mode === 'PAE' || mode === 'compatibility'
        ? 32
        : 16;
  }

  #isLong(): boolean {
    return this.plan.mode === 'compatibility' || this.plan.mode === '64-bit';
  }

  #write(at: number, words: readonly number[]): void {
    for (const [n, word] of words.entries()) this.machine.space.write32(at + n * 4, word >>> 0);
  }

  #setTables(): void {
    const { plan } = this;
    const { space } = this.machine;
    const random = this.#random;
    const long = this.#isLong();
    space.load(0, new Uint8Array(CODE));
    const describe = (selector: number, words: readonly number[]) =>
      this.#write(GDT + (selector & ~7), words);
    describe(CODE0, descriptor(0, 0xfffff, 0x9a, 0xc));
    describe(DATA0, descriptor(0, 0xfffff, 0x92, 0xc));
    describe(CODE3, descriptor(0, 0xfffff, 0xfa, 0xc));
    describe(DATA3, descriptor(0, 0xfffff, 0xf2, 0xc));
    describe(LONG0, descriptor(0, 0xfffff, 0x9a, 0xa));
    describe(LONG3, descriptor(0, 0xfffff, 0xfa, 0xa));
    describe(TSS_SELECTOR, [...descriptor(TSS, 0x2067, 0x8b), 0, 0]);
    const ring = plan.cpl === 3 ? 0x60 : 0;
    describe(CODE16, descriptor(CODE, 0xffff, 0x9a | ring, 0));
    describe(DATA16, descriptor(0, 0xfffff, 0x92 | ring, 0x8));
    const kinds = [0x82, 0x84, 0x85, 0x89, 0x8c, 0xe4, 0xec, 0x9e, 0xfe, 0x92, 0xf6, 0xec];
    for (let n = 0x60 / 8; n < 128; n++) {
      const [lo, hi] = random.chance(0.5)
        ? descriptor(random.word() & 0xfffff, random.below(0x100000), random.pick(kinds), random.below(16))
        : gate(
            random.pick([CODE0, LONG0, CODE16, TSS_SELECTOR]),
            CODE + random.below(CODE_BYTES),
            random.pick(kinds),
          );
      describe(n * 8, [lo, hi]);
    }
    if (plan.mode === 'real') {
      for (let n = 0; n < 256; n++) this.#write(n * 4, [((CODE >> 4) << 16) | (random.below(16) << 6)]);
      return;
    }
    this.#write(TSS + 4, long ? [INNER_STACK, 0] : [INNER_STACK, DATA0]);
    this.#write(TSS + 0x64, [random.chance(0.5) ? 0x680000 : 0xffff0000]);
    for (let n = 0; n < 256; n++) {
      const access = 0x8e | (random.chance(0.4) ? 0x60 : 0) | (random.chance(0.1) ? 1 : 0);
      const words = gate(long ? LONG0 : CODE0, HANDLER, access);
      this.#write(IDT + n * (long ? 16 : 8), long ? [...words, 0, 0] : words);
    }
    this.#setHandler();
    if (plan.paging) this.#setPaging();
    if (plan.spoilt.includes('descriptors'))
      for (let n = random.below(12); n >= 0; n--) this.#write(GDT + random.below(256) * 4, [random.word()]);
  }

  /** Goes on at one of sixteen places: ESP (RSP) to a frame whose RIP moves on, IRET. */
  #setHandler(): void {
    const { plan } = this;
    const long = this.#isLong();
    const v86 = plan.mode === 'virtual-8086';
    const based = v86 || plan.mode === 'protected16';
    // mov esp, FRAME / add dword [esp], 40h / and dword [esp], mask / iret
    const mask = (based ? 0 : CODE) | 0x3c0;
    const bytes = [
      0xbc,
      0,
      0xf0,
      0,
      0,
      0x83,
      0x04,
      0x24,
      0x40,
      0x81,
      0x24,
      0x24,
      mask & 255,
      mask >> 8,
      mask >> 16,
      0,
    ];
    this.machine.space.load(HANDLER, Uint8Array.from([...bytes, ...(long ? [0x48] : []), 0xcf]));
    const [cs, ss] = this.#selectors();
    const flags = 2 | (v86 ? RFLAGS_VM : 0);
    const frame = [based ? 0 : CODE, cs, flags, STACK & 0xfff0, ss, 0x2000, 0x2000, 0x1000, 0];
    if (!v86) frame[3] = STACK;
    this.#write(FRAME, long ? frame.flatMap((word) => [word, 0]) : frame);
  }

  #selectors(): [cs: number, ss: number] {
    const user = this.plan.cpl === 3;
    switch (this.plan.mode) {
      case 'protected16':
        return user ? [CODE16 | 3, DATA16 | 3] : [CODE16, DATA16];
      case '64-bit':
        return user ? [LONG3, DATA3] : [LONG0, DATA0];
      case 'real':
      case 'virtual-8086':
        return [CODE >> 4, 0];
      default:
        return user ? [CODE3, DATA3] : [CODE0, DATA0];
    }
  }

  /** 4 MiB, page by page, for everyone. */
  #setPaging(): void {
    const random = this.#random;
    const long = this.#isLong();
    if (long) {
      if (this.plan.la57) this.#write(PML5, [TABLES | 7, 0]);
      for (let level = 0; level < 2; level++)
        this.#write(TABLES + level * 0x1000, [(TABLES + (level + 1) * 0x1000) | 7, 0]);
      this.#write(TABLES + 0x2000, [(TABLES + 0x3000) | 7, 0, 0x200000 | 0x87, 0]);
      for (let n = 0; n < 512; n++) this.#write(TABLES + 0x3000 + n * 8, [(n << 12) | 7, 0]);
    } else if (this.plan.mode === 'PAE') {
      this.#write(TABLES, [(TABLES + 0x1000) | 1, 0, (TABLES + 0x1000) | 1, 0]);
      this.#write(TABLES + 0x1000, [(TABLES + 0x3000) | 7, 0, 0x200000 | 0x87, 0]);
      for (let n = 0; n < 512; n++) this.#write(TABLES + 0x3000 + n * 8, [(n << 12) | 7, 0]);
    } else {
      this.#write(TABLES, [(TABLES + 0x3000) | 7, 0x87]);
      for (let n = 0; n < 1024; n++) this.#write(TABLES + 0x3000 + n * 4, [(n << 12) | 7]);
    }
    if (!this.plan.spoilt.includes('pages')) return;
    for (let n = random.below(20); n >= 0; n--) {
      const table = random.pick([0, 0x1000, 0x2000, 0x3000, 0x3000, 0x3000]);
      this.#write(TABLES + table + random.below(0x300) * 4, [
        random.word() & (random.chance(0.6) ? 0x3ff9ff : -1),
      ]);
    }
  }

  #setMode(): void {
    const { plan } = this;
    const { core } = this.machine;
    const set = (offset: number, value: number) => {
      core.words[offset >> 2] = value;
    };
    const long = this.#isLong();
    const real = plan.mode === 'real';
    const v86 = plan.mode === 'virtual-8086';
    const pae = plan.mode === 'PAE';
    set(STATE_GDTR, GDT);
    set(STATE_GDTR + 4, 0);
    set(STATE_GDTR + 8, 0x3ff);
    set(STATE_IDTR, real ? 0 : IDT);
    set(STATE_IDTR + 4, 0);
    set(STATE_IDTR + 8, real ? 0x3ff : 0xfff);
    set(STATE_EFER, long ? EFER_LME | EFER_LMA | EFER_SCE : EFER_SCE | (pae ? EFER_NXE : 0));
    const format = long || pae ? CR4_PAE | (plan.la57 ? CR4_LA57 : 0) : CR4_PSE;
    set(STATE_CR4, CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE | CR4_FSGSBASE | format);
    for (let n = 0; n < 8; n++) set(STATE_PDPTE + n * 4, n === 0 || n === 2 ? (TABLES + 0x1000) | 1 : 0);
    set(STATE_XCR0, 7);
    const root = plan.la57 ? PML5 : TABLES;
    set(STATE_CR3, root);
    set(STATE_CR3 + 4, 0);
    set(STATE_CR0, CR0_ET | CR0_NE | (real ? 0 : CR0_PE) | (plan.paging ? CR0_PG : 0));
    set(STATE_CPL, plan.cpl);
    core.flags.write(2 | (v86 ? RFLAGS_VM : 0));
    setSegment(core as never, TR, TSS_SELECTOR, TSS, 0, 0x2067, 0x8b00 | DESC_USABLE);
    const [cs, ss] = this.#selectors();
    for (const segment of [ES, CS, SS, DS, FS, GS]) {
      const selector = segment === CS ? cs : ss;
      if (real || v86) {
        const access = real ? (segment === CS ? 0x9b00 : 0x9300) : 0xf300;
        setSegment(core as never, segment, selector, selector << 4, 0, 0xffff, access | DESC_USABLE);
        continue;
      }
      const at = GDT + (selector & ~7);
      const [lo, hi] = [this.machine.space.read32(at), this.machine.space.read32(at + 4)];
      const limit = (lo & 0xffff) | (hi & 0xf0000);
      const base = (lo >>> 16) | ((hi & 255) << 16) | (hi & 0xff000000);
      const bytes = hi & (1 << 23) ? (limit << 12) | 0xfff : limit;
      setSegment(core as never, segment, selector, base, 0, bytes, (hi & 0x00f0ff00) | 0x100 | DESC_USABLE);
    }
    core.setRip(real || v86 || plan.mode === 'protected16' ? 0 : CODE, 0);
    core.controlChanged();
    core.mmu.loadCr3(root, 0, false);
    core.segmentsChanged();
  }
}
