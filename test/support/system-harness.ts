import { AddressSpace } from '../../src/bus/address-space.ts';
import { PortSpace } from '../../src/bus/ports.ts';
import { Binding } from '../../src/cpu/binding.ts';
import { decode } from '../../src/cpu/decode/decode.ts';
import { type DeliveryHooks, deliverException, deliverExternal } from '../../src/cpu/delivery.ts';
import { Core, PENDING_SOFTWARE } from '../../src/cpu/execute/core.ts';
import { type CpuModel, createCpuModel } from '../../src/cpu/execute/cpu-model.ts';
import { setSegment } from '../../src/cpu/execute/descriptor.ts';
import { resetCore } from '../../src/cpu/reset.ts';
import { CR0_ET, CR0_PE, CR0_PG, CR4_PAE, EFER_LMA, EFER_LME, EFER_SCE } from '../../src/isa/control.ts';
import { DESC_ATTRIBUTES, DESC_USABLE } from '../../src/isa/descriptors.ts';
import { CS, DS, ES, FS, GS, RSP, SS, TR } from '../../src/isa/registers.ts';
import { RFLAGS_VM } from '../../src/isa/rflags.ts';
import { Mmu } from '../../src/mmu/mmu.ts';
import { CpuState } from '../../src/state/cpu-state.ts';
import { GuestFault } from '../../src/state/faults.ts';
import {
  RAM_OFFSET,
  STATE_CPL,
  STATE_CR0,
  STATE_CR3,
  STATE_CR4,
  STATE_EFER,
  STATE_GDTR,
  STATE_IDTR,
} from '../../src/state/layout.ts';

/** A core with 1 MiB of RAM and hand-made tables: no loop, no board. Places of things, all identity-mapped. */
export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;
export const TSS2 = 0x3800;
export const LDT = 0x4000;
export const STACK = 0x8000;
export const INNER_STACK = 0x9000;
export const IST_STACK = 0xa000;
export const CODE = 0x10000;
const PML4 = 0x20000;
const RAM_BYTES = 0x100000;

/** Selectors of the flat segments that every test table has. */
export const CODE0 = 0x08;
export const DATA0 = 0x10;
export const CODE3 = 0x1b;
export const DATA3 = 0x23;
export const LONG0 = 0x28;
export const LONG3 = 0x33;
export const TSS_SELECTOR = 0x40;
/** First selector that tests may fill. */
export const FREE = 0x60;

export type StartMode = 'real' | 'v86' | 'protected' | 'user' | 'long' | 'long-user' | 'compatibility';

/** Descriptor of a segment: type and S in one byte as `0x9a`, flags nibble `G D L AVL`. */
export function descriptor(base: number, limit: number, access: number, flags = 0): [lo: number, hi: number] {
  return [
    (limit & 0xffff) | (base << 16),
    ((base >>> 16) & 0xff) | (access << 8) | (limit & 0xf0000) | (flags << 20) | (base & 0xff000000),
  ];
}

/** Gate: type byte as `0x8e`, and for call gates the count of parameters. */
export function gate(selector: number, offset: number, access: number, low = 0): [lo: number, hi: number] {
  return [(offset & 0xffff) | (selector << 16), (offset & 0xffff0000) | (access << 8) | low];
}

export interface Caught {
  readonly vector: number;
  readonly errorCode: number | undefined;
}

const BINDINGS = new Map<string, Binding>();

/** Making one takes longer than most tests. */
function bindingOf(model: CpuModel): Binding {
  let binding = BINDINGS.get(model.name);
  if (!binding) {
    binding = new Binding(model);
    BINDINGS.set(model.name, binding);
  }
  return binding;
}

export class SystemHarness {
  readonly core: Core;
  readonly space: AddressSpace;
  readonly memory: WebAssembly.Memory;
  /** What `deliver` told: vectors of exceptions in order. */
  readonly seen: string[] = [];
  tsc = 0;

  readonly #binding: Binding;

  constructor(mode: StartMode, model = 'max') {
    const pages = Math.ceil((RAM_OFFSET + RAM_BYTES) / 65536);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const buffer = this.memory.buffer as ArrayBuffer;
    this.space = new AddressSpace({
      buffer,
      ramOffset: RAM_OFFSET,
      ramBytes: RAM_BYTES,
      romOffset: RAM_OFFSET + RAM_BYTES,
      romBytes: 0,
    });
    const state = new CpuState(buffer);
    const cpu = createCpuModel(model);
    const fault = new GuestFault();
    const mmu = new Mmu(state, this.space, cpu.paging, fault);
    this.core = new Core({
      state,
      mmu,
      ports: new PortSpace(),
      space: this.space,
      model: cpu,
      fault,
      time: {
        readTsc: () => [this.tsc | 0, 0],
        writeTsc: (lo) => {
          this.tsc = lo;
        },
        portCycle: () => {},
      },
    });
    this.#binding = bindingOf(cpu);
    resetCore(this.core);
    this.#enter(mode);
  }

  word(offset: number): number {
    return this.core.words[offset >> 2]!;
  }

  setWord(offset: number, value: number): void {
    this.core.words[offset >> 2] = value;
  }

  get rip(): number {
    return this.core.ripLo() >>> 0;
  }

  get rsp(): number {
    return this.core.gpr32[RSP * 2]! >>> 0;
  }

  set rsp(value: number) {
    this.core.gpr32[RSP * 2] = value;
    this.core.gpr32[RSP * 2 + 1] = 0;
  }

  reg(register: number): number {
    return this.core.gpr32[register * 2]! >>> 0;
  }

  setReg(register: number, lo: number, hi = 0): void {
    this.core.gpr32[register * 2] = lo;
    this.core.gpr32[register * 2 + 1] = hi;
  }

  setFlags(rflags: number): void {
    this.core.flags.write(rflags);
    this.core.segmentsChanged();
  }

  selector(segment: number): number {
    return this.core.state.selector(segment);
  }

  read32(physical: number): number {
    return this.space.read32(physical);
  }

  read16(physical: number): number {
    return this.space.read16(physical);
  }

  write32(physical: number, ...values: number[]): void {
    for (const [i, value] of values.entries()) this.space.write32(physical + i * 4, value >>> 0);
  }

  write16(physical: number, ...values: number[]): void {
    for (const [i, value] of values.entries()) this.space.write16(physical + i * 2, value & 0xffff);
  }

  /** Puts descriptors or gates into the GDT (or another table), 8 bytes each. */
  describe(selector: number, words: readonly number[], table = GDT): void {
    this.write32(table + (selector & 0xfff8), ...words);
  }

  /** An entry of the IDT; 16 bytes in IA-32e mode. */
  vector(vector: number, words: readonly [lo: number, hi: number], ist = 0, upper = 0): void {
    if (this.core.state.isLongModeActive())
      this.write32(IDT + vector * 16, words[0], words[1] | ist, upper, 0);
    else this.write32(IDT + vector * 8, ...words);
  }

  /** Decodes and runs one instruction at CS:RIP. Answers the fault, with RIP back at the instruction. */
  execute(...bytes: number[]): Caught | undefined {
    const { core } = this;
    const code = (core.state.baseLo(CS) + core.ripLo()) >>> 0;
    for (const [i, byte] of bytes.entries()) this.space.write8(code + i, byte);
    const at = this.space.memory.ramOffset + code;
    const insn = decode(this.space.u8, at, 15, core.state.codeSize(), undefined, this.#binding.rules);
    if (!insn) throw new Error('the bytes are not an instruction');
    const start = [core.ripLo(), core.ripHi()] as const;
    core.setRip((start[0] + insn.length) | 0, start[1]);
    try {
      this.#binding.handlerOf(insn)(core, insn);
      if ((core.pending & PENDING_SOFTWARE) === 0) return undefined;
      core.pending &= ~PENDING_SOFTWARE;
      throw core.fault;
    } catch (thrown) {
      if (thrown !== core.fault) throw thrown;
      if (!core.fault.keepRip) core.setRip(start[0], start[1]);
      const { vector, hasErrorCode, errorCode } = core.fault;
      return { vector, errorCode: hasErrorCode ? errorCode : undefined };
    }
  }

  /** Runs one instruction and delivers what it throws, as the loop does. */
  step(...bytes: number[]): void {
    if (this.execute(...bytes)) this.deliver();
  }

  /** Delivers the fault that is in the core. */
  deliver(kind: 'fault' | 'trap' = 'fault'): void {
    deliverException(this.core, this.core.fault, this.#hooks, kind);
  }

  interrupt(vector: number): void {
    deliverExternal(this.core, vector, this.#hooks);
  }

  readonly #hooks: DeliveryHooks = {
    onFault: (vector, hasErrorCode, errorCode) =>
      this.seen.push(hasErrorCode ? `${vector}(${errorCode.toString(16)})` : `${vector}`),
    onInterrupt: (vector, external) => this.seen.push(`${external ? 'ext' : 'int'} ${vector}`),
  };

  #enter(mode: StartMode): void {
    const { core } = this;
    this.setWord(STATE_CR0, CR0_ET);
    this.setWord(STATE_GDTR, GDT);
    this.setWord(STATE_GDTR + 8, 0xff);
    this.rsp = STACK;
    core.setRip(0, 0);
    if (mode === 'real') {
      this.setWord(STATE_IDTR + 8, 0x3ff);
      for (const segment of [ES, SS, DS, FS, GS])
        setSegment(core, segment, 0, 0, 0, 0xffff, core.state.attributes(DS));
      setSegment(core, CS, CODE >> 4, CODE, 0, 0xffff, core.state.attributes(CS));
      core.segmentsChanged();
      return;
    }
    const long = mode === 'long' || mode === 'long-user' || mode === 'compatibility';
    this.describe(CODE0, descriptor(0, 0xfffff, 0x9a, 0xc));
    this.describe(DATA0, descriptor(0, 0xfffff, 0x92, 0xc));
    this.describe(CODE3, descriptor(0, 0xfffff, 0xfa, 0xc));
    this.describe(DATA3, descriptor(0, 0xfffff, 0xf2, 0xc));
    this.describe(LONG0, descriptor(0, 0xfffff, 0x9a, 0xa));
    this.describe(LONG3, descriptor(0, 0xfffff, 0xfa, 0xa));
    this.describe(TSS_SELECTOR, [...descriptor(TSS, 0x67, 0x8b), 0, 0]);
    this.setWord(STATE_IDTR, IDT);
    this.setWord(STATE_IDTR + 8, 0x7ff);
    setSegment(core, TR, TSS_SELECTOR, TSS, 0, 0x67, (0x8b << 8) | DESC_USABLE);
    this.setWord(STATE_CR0, CR0_ET | CR0_PE);
    if (long) {
      // 1 MiB through one 2 MiB page, for everyone.
      this.write32(PML4, (PML4 + 0x1000) | 7, 0);
      this.write32(PML4 + 0x1000, (PML4 + 0x2000) | 7, 0);
      this.write32(PML4 + 0x2000, 0x87, 0);
      this.setWord(STATE_CR4, CR4_PAE);
      this.setWord(STATE_CR3, PML4);
      this.setWord(STATE_EFER, EFER_LME | EFER_LMA | EFER_SCE);
      this.setWord(STATE_CR0, CR0_ET | CR0_PE | CR0_PG);
      this.setWord(STATE_IDTR + 8, 0xfff);
      this.write32(TSS + 4, INNER_STACK, 0);
      this.write32(TSS + 0x24, IST_STACK, 0);
    } else this.write32(TSS + 4, INNER_STACK, DATA0);
    const user = mode === 'user' || mode === 'long-user' || mode === 'compatibility';
    this.setWord(STATE_CPL, user || mode === 'v86' ? 3 : 0);
    const code =
      { long: LONG0, 'long-user': LONG3, compatibility: CODE3, user: CODE3 }[mode as string] ?? CODE0;
    for (const segment of [ES, CS, SS, DS, FS, GS])
      this.#loadFlat(segment, segment === CS ? code : user ? DATA3 : DATA0);
    core.setRip(CODE, 0);
    if (mode === 'v86') this.#enterV86();
    core.mmu.loadCr3(this.word(STATE_CR3), 0, false);
    core.segmentsChanged();
  }

  #enterV86(): void {
    const { core } = this;
    core.flags.write(RFLAGS_VM);
    for (const segment of [ES, SS, DS, FS, GS])
      setSegment(core, segment, 0, 0, 0, 0xffff, 0xf300 | DESC_USABLE);
    setSegment(core, CS, CODE >> 4, CODE, 0, 0xffff, 0xf300 | DESC_USABLE);
    core.setRip(0, 0);
  }

  #loadFlat(segment: number, selector: number): void {
    const hi = this.read32(GDT + (selector & 0xfff8) + 4);
    setSegment(this.core, segment, selector, 0, 0, -1, (hi & DESC_ATTRIBUTES) | 0x100 | DESC_USABLE);
  }
}
