import { AddressSpace } from '../../src/bus/address-space.ts';
import {
  CR0_PE,
  CR0_PG,
  CR0_WP,
  CR4_PAE,
  CR4_PCIDE,
  CR4_PGE,
  EFER_LMA,
  EFER_LME,
  EFER_NXE,
} from '../../src/isa/control.ts';
import { DESC_L } from '../../src/isa/descriptors.ts';
import { PTE_A, PTE_D, PTE_P, PTE_PS, PTE_RW } from '../../src/isa/paging.ts';
import { CS } from '../../src/isa/registers.ts';
import { Mmu } from '../../src/mmu/mmu.ts';
import type { PagingProfile } from '../../src/mmu/profile.ts';
import { CpuState, segmentWord } from '../../src/state/cpu-state.ts';
import { GuestFault } from '../../src/state/faults.ts';
import { RAM_OFFSET, SEGMENT_ATTRIBUTES, STATE_CR0, STATE_CR4, STATE_EFER } from '../../src/state/layout.ts';

export type PageSize = '4K' | '2M' | '1G';

const GiB = 0x40000000;
/** Tables lie from 4 KiB on; the memory that is mapped is the second GiB. */
const RAM_BYTES = 2 * GiB;
const DATA = GiB;
const ROOT = 0x1000;
const TABLES_END = 0x1000000;
const TABLE_RIGHTS = PTE_P | PTE_RW | PTE_A;
const PAGE_RIGHTS = TABLE_RIGHTS | PTE_D;

/** Linear 0xffff880000000000, the direct map of the guests, is mapped to physical 1 GiB. */
const LINEAR_HI = -0x7800;

const PROFILE: PagingProfile = {
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

const RAW = RAM_OFFSET + DATA;

const PAGE = 0x1000;
/** Four pages that share one entry of the largest bank. */
const RIVAL_STRIDE = 65536 * PAGE;
export const COLD_PAGES = 2048;
export const SWITCH_PAGES = 64;

interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
type WasmMemoryConstructor = new (limits: { initial: number; maximum: number }) => WasmMemory;
const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: WasmMemoryConstructor } }).WebAssembly;
let machineMemory: ArrayBuffer | undefined;

/** The memory of a machine, made once: only one rig at a time is of use. */
function memory(): ArrayBuffer {
  const pages = (RAM_OFFSET + RAM_BYTES) / 65536;
  machineMemory ??= new Memory({ initial: pages, maximum: pages }).buffer;
  return machineMemory;
}

/**
 * An MMU in 64-bit mode with 1 GiB mapped by pages of one size, and loops of 32-bit reads over it, written as an
 * instruction handler would call it.
 */
export class TranslationRig {
  readonly mmu: Mmu;
  readonly space: AddressSpace;
  /** What was read, so that no loop can be removed. */
  sum = 0;
  #position = 0;
  #seed = 12345;

  constructor(pageSize: PageSize) {
    const buffer = memory();
    this.space = new AddressSpace({
      buffer,
      ramOffset: RAM_OFFSET,
      ramBytes: RAM_BYTES,
      romOffset: RAM_OFFSET + RAM_BYTES,
      romBytes: 0,
    });
    const state = new CpuState(buffer);
    const { words } = state;
    words.fill(0);
    this.mmu = new Mmu(state, this.space, PROFILE, new GuestFault());
    mapGigabyte(new DataView(buffer, RAM_OFFSET, TABLES_END), pageSize);
    words[STATE_CR0 >> 2] = CR0_PE | CR0_PG | CR0_WP;
    words[STATE_CR4 >> 2] = CR4_PAE | CR4_PGE | CR4_PCIDE;
    words[STATE_EFER >> 2] = EFER_LME | EFER_LMA | EFER_NXE;
    words[segmentWord(CS, SEGMENT_ATTRIBUTES)] = DESC_L;
    this.mmu.updateMode();
    this.mmu.loadCr3(ROOT, 0, false);
  }

  /** Word after word in four pages: every translation is in the TLB. */
  hits(count: number): void {
    const { mmu } = this;
    const hi = LINEAR_HI;
    let sum = 0;
    let lo = 0;
    for (let n = 0; n < count; n++) {
      sum = (sum + mmu.read32(lo, hi)) | 0;
      lo = (lo + 4) & 0x3ffc;
    }
    this.sum ^= sum;
  }

  /** The same words without an MMU: what the host's memory allows. */
  raw(count: number): void {
    const { view } = this.space;
    let sum = 0;
    let lo = 0;
    for (let n = 0; n < count; n++) {
      sum = (sum + view.getInt32((lo + RAW) | 0, true)) | 0;
      lo = (lo + 4) & 0x3ffc;
    }
    this.sum ^= sum;
  }

  /** One word of each page, page after page, and again from the start. */
  sequential(workingSet: number, count: number): void {
    const { mmu } = this;
    const hi = LINEAR_HI;
    const mask = workingSet - 1;
    let sum = 0;
    let lo = this.#position & mask;
    for (let n = 0; n < count; n++) {
      sum = (sum + mmu.read32(lo, hi)) | 0;
      lo = (lo + PAGE) & mask;
    }
    this.#position = lo;
    this.sum ^= sum;
  }

  /** Words in an order without pattern. */
  random(workingSet: number, count: number): void {
    const { mmu } = this;
    const hi = LINEAR_HI;
    const mask = (workingSet - 1) & ~3;
    let sum = 0;
    let seed = this.#seed;
    for (let n = 0; n < count; n++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      sum = (sum + mmu.read32(((seed >>> 2) ^ (seed << 14)) & mask, hi)) | 0;
    }
    this.#seed = seed;
    this.sum ^= sum;
  }

  /** Four pages in turn that push each other out: every access misses, and all that it needs is in the host's caches. */
  rivals(count: number): void {
    const { mmu } = this;
    const hi = LINEAR_HI;
    let sum = 0;
    let lo = 0;
    for (let n = 0; n < count; n++) {
      sum = (sum + mmu.read32(lo, hi)) | 0;
      lo = (lo + RIVAL_STRIDE) & (GiB - 1);
    }
    this.sum ^= sum;
  }

  /** Everything is flushed, then COLD_PAGES pages are touched once each. */
  cold(count: number): void {
    const { mmu } = this;
    for (let n = 0; n < count; n += COLD_PAGES) {
      mmu.flushAll('reset');
      this.#touch(COLD_PAGES);
    }
  }

  /** SWITCH_PAGES pages are touched between two loads of CR3, which drop translations or, with PCIDs, keep them. */
  switches(count: number, keep: boolean): void {
    const { mmu } = this;
    for (let n = 0; n < count; n += SWITCH_PAGES) {
      const pcid = (n / SWITCH_PAGES) & 1;
      mmu.loadCr3(ROOT | pcid, 0, keep);
      this.#touch(SWITCH_PAGES);
    }
  }

  #touch(pages: number): void {
    const { mmu } = this;
    const hi = LINEAR_HI;
    let sum = 0;
    for (let lo = 0; lo < pages * PAGE; lo += PAGE) sum = (sum + mmu.read32(lo, hi)) | 0;
    this.sum ^= sum;
  }
}

function mapGigabyte(tables: DataView, pageSize: PageSize): void {
  const set = (table: number, index: number, entry: number) =>
    tables.setInt32(table + index * 8, entry, true);
  new Uint8Array(tables.buffer, tables.byteOffset, tables.byteLength).fill(0);
  const pdpt = 0x2000;
  const directory = 0x3000;
  set(ROOT, 0x110, pdpt | TABLE_RIGHTS);
  if (pageSize === '1G') {
    set(pdpt, 0, DATA | PAGE_RIGHTS | PTE_PS);
    return;
  }
  set(pdpt, 0, directory | TABLE_RIGHTS);
  for (let n = 0; n < 512; n++) {
    const physical = DATA + n * 0x200000;
    if (pageSize === '2M') {
      set(directory, n, physical | PAGE_RIGHTS | PTE_PS);
      continue;
    }
    const table = 0x4000 + n * PAGE;
    set(directory, n, table | TABLE_RIGHTS);
    for (let page = 0; page < 512; page++) set(table, page, (physical + page * PAGE) | PAGE_RIGHTS);
  }
}
