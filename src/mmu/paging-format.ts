import { CR0_PG, CR4_LA57, CR4_PAE, CR4_PSE, EFER_LMA, EFER_NXE } from '../isa/control.ts';
import {
  PAGING_4LEVEL,
  PAGING_5LEVEL,
  PAGING_32BIT,
  PAGING_NONE,
  PAGING_PAE,
  PTE_P,
  PTE_PCD,
  PTE_PS,
  PTE_PWT,
  PTE_XD_HIGH,
} from '../isa/paging.ts';
import type { PagingProfile } from './profile.ts';

/** Levels, as the manual counts them from the leaves: 1 page table, 2 page directory, 3 PDPT, 4 PML4, 5 PML5. */
export const LEVEL_PD = 2;
const LEVEL_PDPT = 3;
const LEVEL_PML4 = 4;
const LEVEL_PML5 = 5;

/** Bits 20:13 of a 2 MiB leaf and 29:13 of a 1 GiB leaf lie below the frame and above the PAT bit. */
const RESERVED_2M = 0x001fe000;
const RESERVED_1G = 0x3fffe000;
/** Bits 21:13 of a 4 MiB leaf: with PSE-36 the lower of them are bits 39:32 of the frame. */
const RESERVED_4M = 0x003fe000;
const PSE36_LOWEST_BIT = 13;

/**
 * Which levels there are and which bits are reserved in each (SDM Vol. 3A, "Paging", the tables of formats of
 * paging-structure entries). The one source for the walker, the explanation and the list of mappings.
 */
export class PagingFormat {
  /** PAGING_NONE to PAGING_5LEVEL. */
  mode: number = PAGING_NONE;
  /** The level that CR3 points to; 2 with PAE paging, whose level 3 is in registers. */
  top = 0;
  linearBits: 48 | 57 = 48;
  /** Large pages exist at level 2 and at level 3. */
  large2 = false;
  large3 = false;
  /** By level: bits of the low word that must be 0 in an entry that refers to a table, and in one that maps a page. */
  readonly tableReserved = new Int32Array(6);
  readonly leafReserved = new Int32Array(6);
  /** Bits of the high word that must be 0 in every 8-byte entry. */
  highReserved = 0;
  /** High bits of the frame in a 4 MiB leaf: bits 20:13 as far as the processor has them. */
  pse36 = 0;

  readonly #profile: PagingProfile;

  constructor(profile: PagingProfile) {
    this.#profile = profile;
  }

  update(cr0: number, cr4: number, efer: number): void {
    const profile = this.#profile;
    this.mode = pagingMode(cr0, cr4, efer);
    this.linearBits = cr4 & CR4_LA57 ? 57 : 48;
    const { mode } = this;
    this.top = mode === PAGING_5LEVEL ? 5 : mode === PAGING_4LEVEL ? 4 : mode === PAGING_NONE ? 0 : 2;
    this.large2 = mode === PAGING_32BIT ? (cr4 & CR4_PSE) !== 0 : true;
    this.large3 = mode >= PAGING_4LEVEL && profile.pages1g;
    this.tableReserved.fill(0);
    this.leafReserved.fill(0);
    const physicalHigh = profile.physicalBits - 32;
    if (mode === PAGING_32BIT) {
      const extra = profile.pse36 ? Math.min(physicalHigh, 8) : 0;
      this.pse36 = ((1 << extra) - 1) << PSE36_LOWEST_BIT;
      this.leafReserved[LEVEL_PD] = RESERVED_4M & ~this.pse36;
      this.highReserved = 0;
      return;
    }
    this.tableReserved[LEVEL_PML5] = PTE_PS;
    this.tableReserved[LEVEL_PML4] = PTE_PS;
    this.tableReserved[LEVEL_PDPT] = this.large3 ? 0 : PTE_PS;
    this.leafReserved[LEVEL_PDPT] = RESERVED_1G;
    this.leafReserved[LEVEL_PD] = RESERVED_2M;
    // Bits 51:M of every entry, with PAE paging 62:M; bit 63 while there is no execute-disable.
    const width = mode === PAGING_PAE ? 31 : 20;
    this.highReserved = lowMask(width) & ~lowMask(physicalHigh);
    if ((efer & EFER_NXE) === 0) this.highReserved |= PTE_XD_HIGH;
  }

  /** Reserved bits of a PDPTE register, low word (SDM Vol. 3A, "PDPTE Registers"). */
  pdpteReserved(lo: number, hi: number): boolean {
    const high = ~lowMask(this.#profile.physicalBits - 32);
    return (
      (lo & PTE_P) !== 0 && ((lo & 0xfff & ~(PTE_P | PTE_PWT | PTE_PCD | 0xe00)) !== 0 || (hi & high) !== 0)
    );
  }
}

function lowMask(bits: number): number {
  return (1 << bits) - 1;
}

/** SDM Vol. 3A, "Paging-Mode Enabling". */
export function pagingMode(cr0: number, cr4: number, efer: number): number {
  if ((cr0 & CR0_PG) === 0) return PAGING_NONE;
  if ((cr4 & CR4_PAE) === 0) return PAGING_32BIT;
  if ((efer & EFER_LMA) === 0) return PAGING_PAE;
  return cr4 & CR4_LA57 ? PAGING_5LEVEL : PAGING_4LEVEL;
}
