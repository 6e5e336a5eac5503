import { AddressSpace } from '../../src/bus/address-space.ts';
import { CR0_PE, CR0_PG, CR0_WP, CR4_PAE, CR4_PCIDE, CR4_PGE, EFER_LMA, EFER_LME, EFER_NXE } from '../../src/isa/control.ts';
import { DESC_L } from '../../src/isa/descriptors.ts';
import { PTE_A, PTE_D, PTE_P, PTE_PS, PTE_RW } from '../../src/isa/paging.ts';
import { CS } from '../../src/isa/registers.ts';
import { Mmu } from '../../src/mmu/mmu.ts';
import { CpuState, segmentWord } from '../../src/state/cpu-state.ts';
import { GuestFault } from '../../src/state/faults.ts';
import { RAM_OFFSET, SEGMENT_ATTRIBUTES, STATE_CR0, STATE_CR4, STATE_EFER } from '../../src/state/layout.ts';

export type PageSize = '4K' | '2M' | '1G';

const GiB = 0x40000000;
/** Tables come first, then, at 1 GiB, the memory that is mapped. */
const RAM_BYTES = 2 * GiB;
const DATA = GiB;
const ROOT = 0x1000;
const TABLE_RIGHTS = PTE_P | PTE_RW | PTE_A;
const PAGE_RIGHTS = TABLE_RIGHTS | PTE_D;

/** Linear 0xffff880000000000, the direct map of the guests, is mapped to physical 1 GiB. */
const LINEAR_HI = -0x7800;

// biome-ignore lint/suspicious/noExplicitAny: WebAssembly is not in the libraries that the sources are checked with.
const WasmMemory = (globalThis as any).WebAssembly.Memory;
let shared: ArrayBuffer | undefined;

/** An MMU in 64-bit mode with 1 GiB mapped by pages of one size, and loops over it. Each answers how often it accessed. */
export class TranslationRig {
  readonly mmu: Mmu;
  readonly space: AddressSpace;
  readonly state: CpuState;
  /** What was read, so that no loop can be removed. */
  sum = 0;

  constructor(pageSize: PageSize, bytes: number = GiB) {
    const pages = (RAM_OFFSET + RAM_BYTES) / 65536;
    shared ??= new WasmMemory({ initial: pages, maximum: pages }).buffer as ArrayBuffer;
    new Uint8Array(shared, RAM_OFFSET, 0x1000000).fill(0);
    this.space = new AddressSpace({ buffer: shared, ramOffset: RAM_OFFSET, ramBytes: RAM_BYTES, romOffset: RAM_OFFSET, romBytes: 0 });
    this.state = new CpuState(shared);
    this.state.words.fill(0);
    this.mmu = new Mmu(
      this.state,
      this.space,
      { physicalBits: 40, pse: true, pse36: true, pae: true, nx: true, pages1g: true, pge: true, pcid: true, smep: true, smap: true, pku: true, la57: true },
      new GuestFault(),
    );
    this.#map(pageSize, bytes);
    const { words } = this.state;
    words[STATE_CR0 >> 2] = CR0_PE | CR0_PG | CR0_WP;
    words[STATE_CR4 >> 2] = CR4_PAE | CR4_PGE | CR4_PCIDE;
    words[STATE_EFER >> 2] = EFER_LME | EFER_LMA | EFER_NXE;
    words[segmentWord(CS, SEGMENT_ATTRIBUTES)] = DESC_L;
    this.mmu.updateMode();
    this.mmu.loadCr3(ROOT, 0, false);
  }

  #map(pageSize: PageSize, bytes: number): void {
    const pml4 = this.space.view;
    const set = (table: number, index: number, lo: number): void => pml4.setInt32(RAM_OFFSET + table + index * 8, lo, true);
    const pdpt = 0x2000;
    set(ROOT, 0x110, pdpt | TABLE_RIGHTS);
    if (pageSize === '1G') {
      set(pdpt, 0, DATA | PAGE_RIGHTS | PTE_PS);
      return;
    }
    const pd = 0x3000;
    set(pdpt, 0, pd | TABLE_RIGHTS);
    for (let megabytes = 0; megabytes < bytes / 0x200000; megabytes++) {
      const physical = DATA + megabytes * 0x200000;
      if (pageSize === '2M') {
        set(pd, megabytes, physical | PAGE_RIGHTS | PTE_PS);
        continue;
      }
      const pt = 0x4000 + megabytes * 0x1000;
      set(pd, megabytes, pt | TABLE_RIGHTS);
      for (let page = 0; page < 512; page++) set(pt, page, (physical + page * 0x1000) | PAGE_RIGHTS);
    }
  }

  /** Word after word in eight pages. */
  hits(count: number): number {
    const { mmu } = this;
    const hi = LINEAR_HI;
    let sum = 0;
    let lo = 0;
    for (let n = 0; n < count; n++) {
      sum = (sum + mmu.read32(lo, hi)) | 0;
      lo = (lo + 4) & 0x7ffc;
    }
    this.sum ^= sum;
    return count;
  }

  /** One access a page, page after page. */
  sequential(workingSet: number, count: number): number {
    const { mmu } = this;
    const hi = LINEAR_HI;
    let sum = 0;
    let lo = 0;
    for (let n = 0; n < count; n++) {
      sum = (sum + mmu.read32(lo, hi)) | 0;
      lo = lo + 0x1000;
      if (lo >= workingSet) lo = 0;
    }
    this.sum ^= sum;
    return count;
  }

  /** Pages in an order without pattern: a linear congruential sequence over a power of two of bytes. */
  random(workingSet: number, count: number): number {
    const { mmu } = this;
    const hi = LINEAR_HI;
    const mask = (workingSet - 1) & ~3;
    let sum = 0;
    let state = 12345;
    for (let n = 0; n < count; n++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      sum = (sum + mmu.read32(((state >>> 2) ^ (state << 14)) & mask, hi)) | 0;
    }
    this.sum ^= sum;
    return count;
  }

  /** Walks alone: after a full flush 4,096 pages are touched once, 256 KiB apart in turn. */
  cold(count: number): number {
    const { mmu } = this;
    const hi = LINEAR_HI;
    let sum = 0;
    for (let n = 0; n < count; n += 2048) {
      mmu.flushAll('reset');
      for (let k = 0; k < 2048; k++) sum = (sum + mmu.read32(k * 0x1000, hi)) | 0;
    }
    this.sum ^= sum;
    return count;
  }
}
