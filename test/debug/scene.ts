/** A small machine state for tests of this floor: real page tables walked by the MMU's own `explain`, and fault records. */
import { AddressSpace } from '../../src/bus/address-space.ts';
import { type Address, add, addressFromText } from '../../src/debug/address.ts';
import { type DebugImage, Evidence, type EvidenceInput, type PlacedBytes } from '../../src/debug/evidence.ts';
import { CR0_PE, CR0_PG, CR0_WP, CR4_PAE, EFER_LMA, EFER_LME, EFER_NXE } from '../../src/isa/control.ts';
import { DESC_CODE, DESC_L, DESC_P, DESC_S, DESC_USABLE } from '../../src/isa/descriptors.ts';
import { CS } from '../../src/isa/registers.ts';
import { VECTOR_PF } from '../../src/isa/vectors.ts';
import type { TimelineEntry } from '../../src/machine/events.ts';
import type { FaultRecord } from '../../src/machine/fault-log.ts';
import { readRegisters } from '../../src/machine/registers.ts';
import { explain, type Walk, type WalkContext } from '../../src/mmu/explain.ts';
import { listMappings, type Mapping } from '../../src/mmu/mappings.ts';
import { PagingFormat } from '../../src/mmu/paging-format.ts';
import { TableMemory } from '../../src/mmu/table-memory.ts';
import { CpuState, segmentWord } from '../../src/state/cpu-state.ts';
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_BYTES,
  STATE_CPL,
  STATE_CR0,
  STATE_CR3,
  STATE_CR4,
  STATE_EFER,
  STATE_GDTR,
  STATE_GPR,
  STATE_IDTR,
  STATE_RIP,
} from '../../src/state/layout.ts';

const RAM_OFFSET = 0x10000;
const RAM_BYTES = 0x100000;
const PROFILE = {
  physicalBits: 40, pse: true, pse36: true, pae: true, nx: true, pages1g: true,
  pge: true, pcid: false, smep: true, smap: true, pku: true, la57: false,
}; // biome-ignore format: rows.

export const PML4 = 0x1000;
export const PDPT = 0x2000;
export const PD = 0x3000;
export const PT = 0x4000;

export class Scene {
  readonly state: CpuState;
  readonly space: AddressSpace;
  readonly #format: PagingFormat;
  readonly #context: WalkContext;
  readonly images: DebugImage[] = [];
  readonly timeline: TimelineEntry[] = [];
  readonly placed: PlacedBytes[] = [];
  readonly chain: FaultRecord[] = [];

  constructor(changes: { pages1g?: boolean } = {}) {
    const buffer = new ArrayBuffer(RAM_OFFSET + RAM_BYTES);
    this.state = new CpuState(buffer);
    this.space = new AddressSpace({
      buffer,
      ramOffset: RAM_OFFSET,
      ramBytes: RAM_BYTES,
      romOffset: 0,
      romBytes: 0,
    });
    this.#format = new PagingFormat({ ...PROFILE, ...changes });
    const tables = new TableMemory(this.space);
    this.#context = { state: this.state.words, tables, format: this.#format, globalPages: false };
    this.set(STATE_CR0, CR0_PE | CR0_PG | CR0_WP)
      .set(STATE_CR4, CR4_PAE)
      .set(STATE_EFER, EFER_LME | EFER_LMA | EFER_NXE);
    this.set(STATE_CR3, PML4);
    this.segment(CS, 8, 0, -1, DESC_P | DESC_S | DESC_CODE | DESC_L);
    this.table(STATE_IDTR, 0xffffffff80005000n, 0xfff);
    this.table(STATE_GDTR, 0xffffffff80006000n, 0x3f);
    this.register(4, 0xffffffff80008000n);
  }

  set(offset: number, lo: number, hi = 0): this {
    this.state.words[offset >> 2] = lo;
    if (hi !== 0) this.state.words[(offset >> 2) + 1] = hi;
    return this;
  }

  register(number: number, value: bigint): this {
    this.state.view.setBigUint64(STATE_GPR + number * 8, value, true);
    return this;
  }

  table(offset: number, base: bigint, limit: number): this {
    this.state.view.setBigUint64(offset, base, true);
    return this.set(offset + 8, limit);
  }

  segment(number: number, selector: number, base: number, limit: number, attributes: number): this {
    const { words } = this.state;
    words[segmentWord(number, SEGMENT_SELECTOR)] = selector;
    words[segmentWord(number, SEGMENT_BASE)] = base;
    words[segmentWord(number, SEGMENT_LIMIT)] = limit;
    words[segmentWord(number, SEGMENT_ATTRIBUTES)] = attributes | DESC_USABLE;
    return this;
  }

  /** Writes 64-bit values into physical memory: entries of a table, code, descriptors. */
  write(physical: number, ...values: bigint[]): this {
    values.forEach((value, i) => {
      this.space.view.setBigUint64(RAM_OFFSET + physical + i * 8, value, true);
    });
    return this;
  }

  /** PML4 -> PDPT -> PD -> PT for the kernel half (0xffffffff80000000), and `pages` 4 KiB pages from physical 0. */
  mapKernel(pages: number, flags = 3n): this {
    this.write(PML4 + 511 * 8, BigInt(PDPT) | 3n)
      .write(PDPT + 510 * 8, BigInt(PD) | 3n)
      .write(PD, BigInt(PT) | 3n);
    for (let i = 0; i < pages; i++) this.write(PT + i * 8, (BigInt(i) << 12n) | flags);
    return this;
  }

  image(image: DebugImage): this {
    this.images.push(image);
    return this;
  }

  walk(linear: Address): Walk {
    this.#update();
    return explain(this.#context, linear[0], linear[1]);
  }

  mappings(): readonly Mapping[] {
    this.#update();
    return listMappings(this.#context).ranges;
  }

  /** Notes an exception in the present state. */
  fault(
    vector: number,
    at: { rip?: string; cr2?: string; error?: number; code?: number[]; instruction?: number } = {},
  ): this {
    const rip = addressFromText(at.rip ?? '0xffffffff80000000');
    this.set(STATE_RIP, rip[0], rip[1]);
    const cr2 = addressFromText(at.cr2 ?? '0x0');
    this.chain.push({
      vector,
      hasErrorCode: at.error !== undefined,
      errorCode: at.error ?? 0,
      cr2,
      rip,
      cs: this.state.selector(CS),
      cpl: this.state.words[STATE_CPL >> 2]!,
      instruction: at.instruction ?? 1000,
      mode: this.state.mode(),
      registers: readRegisters(this.state.words.slice(0, STATE_BYTES / 4)),
      walk: vector === VECTOR_PF ? this.walk(cr2) : undefined,
      opcodeBytes: Uint8Array.from(at.code ?? []),
    });
    return this;
  }

  readPhysical(physical: number, bytes: number): Uint8Array {
    return this.space.u8.slice(RAM_OFFSET + physical, RAM_OFFSET + physical + bytes);
  }

  readLinear(address: Address, bytes: number): Uint8Array | undefined {
    const parts = Array.from({ length: bytes }, (_, i) => this.walk(add(address, i)).physical);
    if (parts.some((physical) => physical === undefined)) return undefined;
    return Uint8Array.from(parts, (physical) => this.readPhysical(physical!, 1)[0]!);
  }

  evidence(): Evidence {
    const input: EvidenceInput = {
      chain: this.chain,
      timeline: this.timeline,
      images: this.images,
      ranges: this.mappings(),
      readLinear: (address, bytes) => this.readLinear(address, bytes),
      placed: this.placed,
      readPhysical: (physical, bytes) => this.readPhysical(physical, bytes),
    };
    return new Evidence(input);
  }

  #update(): void {
    const { words } = this.state;
    this.#format.update(words[STATE_CR0 >> 2]!, words[STATE_CR4 >> 2]!, words[STATE_EFER >> 2]!);
  }
}

/** The loader and a kernel linked at 0xffffffff80390000 that lies at 1 MiB + 64 KiB as a module's file. */
export const LOADER: DebugImage = {
  name: 'loader.elf',
  symbols: [{ name: 'enter_kernel', address: addressFromText('0x100200'), size: 0x40 }],
};
export const KERNEL: DebugImage = {
  name: 'kernel.elf',
  role: 'module',
  loadedAt: 0x20000,
  symbols: [{ name: 'kernel_start', address: addressFromText('0xffffffff80390000'), size: 0x20 }],
  elf: {
    entry: addressFromText('0xffffffff80390000'),
    segments: [
      {
        type: 1,
        virtual: addressFromText('0xffffffff80390000'),
        physical: 0x390000,
        fileOffset: 0x1000,
        fileBytes: 0x800,
        memoryBytes: 0x2000,
      },
    ],
  },
};
