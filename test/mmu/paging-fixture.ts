import { AddressSpace } from '../../src/bus/address-space.ts';
import {
  CR0_PE,
  CR0_PG,
  CR0_WP,
  CR4_LA57,
  CR4_PAE,
  CR4_PGE,
  CR4_PSE,
  EFER_LMA,
  EFER_LME,
  EFER_NXE,
} from '../../src/isa/control.ts';
import { DESC_L } from '../../src/isa/descriptors.ts';
import { PTE_P, PTE_PS, PTE_RW, PTE_US } from '../../src/isa/paging.ts';
import { CS } from '../../src/isa/registers.ts';
import { Mmu } from '../../src/mmu/mmu.ts';
import type { PagingProfile } from '../../src/mmu/profile.ts';
import { CpuState, segmentWord } from '../../src/state/cpu-state.ts';
import { GuestFault } from '../../src/state/faults.ts';
import {
  RAM_OFFSET,
  SEGMENT_ATTRIBUTES,
  STATE_BYTES,
  STATE_CPL,
  STATE_CR0,
  STATE_CR2,
  STATE_CR3,
  STATE_CR4,
  STATE_EFER,
  STATE_PKRU,
  STATE_RFLAGS,
} from '../../src/state/layout.ts';

export const FULL_PROFILE: PagingProfile = {
  physicalBits: 40,
  pse: true,
  pse36: true,
  pae: true,
  nx: true,
  pages1g: true,
  pge: true,
  pcid: true,
  smep: true,
  smap: true,
  pku: true,
  la57: true,
};

export const RAM_BYTES = 0x4000000;
const ROM_BYTES = 0x10000;

/** One memory for all tests of a file, as a machine's WebAssembly.Memory would be. */
const pages = (RAM_OFFSET + RAM_BYTES + ROM_BYTES) / 65536;
const buffer = new ArrayBuffer(pages * 65536);

export type PagingKind = '32-bit' | 'PAE' | '4-level' | '5-level';
export type Address = readonly [lo: number, hi: number];

/** `0xffff_8000_0000_1000` as a pair of words. */
export function at(linear: bigint): Address {
  return [Number(BigInt.asIntN(32, linear)), Number(BigInt.asIntN(32, linear >> 32n))];
}

/** An entry's 64 bits. */
export type Bits = bigint;
export const P = BigInt(PTE_P);
export const RW = BigInt(PTE_RW);
export const US = BigInt(PTE_US);
export const PS = BigInt(PTE_PS);
export const A = 1n << 5n;
export const D = 1n << 6n;
export const G = 1n << 8n;
export const XD = 1n << 63n;
export const ALL = P | RW | US;

/** An MMU over a little memory, with page tables built from 1 MiB on. */
export class Fixture {
  readonly space: AddressSpace;
  readonly state: CpuState;
  readonly fault = new GuestFault();
  readonly mmu: Mmu;
  #nextTable = 0x100000;
  #root = 0;
  readonly kind: PagingKind;

  constructor(kind: PagingKind = '4-level', profile: PagingProfile = FULL_PROFILE) {
    new Uint8Array(buffer, 0, STATE_BYTES).fill(0);
    new Uint8Array(buffer, RAM_OFFSET, 0x800000).fill(0);
    this.kind = kind;
    this.space = new AddressSpace({
      buffer,
      ramOffset: RAM_OFFSET,
      ramBytes: RAM_BYTES,
      romOffset: RAM_OFFSET + RAM_BYTES,
      romBytes: ROM_BYTES,
    });
    this.state = new CpuState(buffer);
    this.mmu = new Mmu(this.state, this.space, profile, this.fault);
    this.#root = this.newTable();
    const { words } = this.state;
    words[STATE_CR0 >> 2] = CR0_PE | CR0_PG | CR0_WP;
    const cr4 = { '32-bit': CR4_PSE, PAE: CR4_PAE, '4-level': CR4_PAE, '5-level': CR4_PAE | CR4_LA57 }[kind];
    words[STATE_CR4 >> 2] = cr4 | CR4_PGE;
    const long = kind.endsWith('level');
    words[STATE_EFER >> 2] = (kind === '32-bit' ? 0 : EFER_NXE) | (long ? EFER_LME | EFER_LMA : 0);
    if (long) words[segmentWord(CS, SEGMENT_ATTRIBUTES)] = DESC_L;
    this.mmu.updateMode();
    this.mmu.loadCr3(this.#root, 0, false);
    this.mmu.counters.clear();
  }

  get root(): number {
    return this.#root;
  }

  newTable(): number {
    const table = this.#nextTable;
    this.#nextTable += 0x1000;
    return table;
  }

  cr2(): bigint {
    const { words } = this.state;
    return (BigInt(words[(STATE_CR2 >> 2) + 1]! >>> 0) << 32n) | BigInt(words[STATE_CR2 >> 2]! >>> 0);
  }

  /** Sets and clears bits of control registers as an instruction would, then tells the MMU. */
  control(change: {
    cr0?: number;
    cr4?: number;
    efer?: number;
    pkru?: number;
    cpl?: number;
    rflags?: number;
  }): void {
    const { words } = this.state;
    const places = {
      cr0: STATE_CR0,
      cr4: STATE_CR4,
      efer: STATE_EFER,
      pkru: STATE_PKRU,
      cpl: STATE_CPL,
      rflags: STATE_RFLAGS,
    };
    for (const [name, value] of Object.entries(change))
      words[places[name as keyof typeof places] >> 2] = value;
    this.mmu.updateMode();
  }

  word(register: 'cr0' | 'cr4' | 'efer'): number {
    return this.state.words[{ cr0: STATE_CR0, cr4: STATE_CR4, efer: STATE_EFER }[register] >> 2]!;
  }

  entry(physical: number): bigint {
    if (this.kind === '32-bit') return BigInt(this.space.read32(physical));
    return BigInt(this.space.read32(physical)) | (BigInt(this.space.read32(physical + 4)) << 32n);
  }

  setEntry(physical: number, value: bigint): void {
    this.space.write32(physical, Number(BigInt.asUintN(32, value)));
    if (this.kind !== '32-bit') this.space.write32(physical + 4, Number((value >> 32n) & 0xffffffffn));
  }

  /** Physical address of the entry of `level` for an address; tables above are made, with `rights`, where absent. */
  entryAt(linear: bigint, level: number, rights: bigint = ALL): number {
    const narrow = this.kind === '32-bit';
    const bits = narrow ? 10n : 9n;
    const top = { '32-bit': 2, PAE: 3, '4-level': 4, '5-level': 5 }[this.kind];
    let table = Number(BigInt(this.state.words[STATE_CR3 >> 2]! >>> 0) & ~0xfffn);
    for (let l = top; ; l--) {
      const index = Number((linear >> (12n + bits * BigInt(l - 1))) & ((1n << bits) - 1n));
      const entry = table + (this.kind === 'PAE' && l === 3 ? index & 3 : index) * (narrow ? 4 : 8);
      if (l === level) return entry;
      if ((this.entry(entry) & P) === 0n) {
        const next = this.newTable();
        this.setEntry(entry, BigInt(next) | (this.kind === 'PAE' && l === 3 ? P : rights));
        if (this.kind === 'PAE' && l === 3) this.mmu.loadPdptes(this.root, 0);
      }
      table = Number(this.entry(entry) & 0xff_ffff_f000n);
    }
  }

  /** Maps one page: level 1 by default, 2 and 3 for large ones. Nothing is flushed. */
  map(linear: bigint, physical: number, bits: bigint = ALL, level = 1, above: bigint = ALL): number {
    const entry = this.entryAt(linear, level, above);
    this.setEntry(entry, BigInt(physical) | bits | (level > 1 ? PS : 0n));
    return entry;
  }

  /** `ok`, or the fault as text: `#PF(0x6)`. */
  outcome(access: () => unknown): string {
    try {
      access();
      return 'ok';
    } catch (thrown) {
      if (thrown !== this.fault) throw thrown;
      const name = { 13: '#GP', 14: '#PF', 17: '#AC' }[this.fault.vector] ?? `#${this.fault.vector}`;
      return `${name}(0x${this.fault.errorCode.toString(16)})`;
    }
  }

  access(kind: 'read' | 'write' | 'fetch', linear: bigint): string {
    const [lo, hi] = at(linear);
    return this.outcome(() => {
      if (kind === 'read') this.mmu.read8(lo, hi);
      else if (kind === 'write') this.mmu.write8(lo, hi, 0x5a);
      else this.mmu.fetchByte(lo, hi);
    });
  }

  cr3(): number {
    return this.state.words[STATE_CR3 >> 2]!;
  }
}
