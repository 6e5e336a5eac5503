import { CR0_WP, CR4_PKE, CR4_SMAP, CR4_SMEP } from '../isa/control.ts';
import { PAGING_4LEVEL, PAGING_NONE, PTE_PK_SHIFT_HIGH, PTE_RW, PTE_US } from '../isa/paging.ts';
import { PF_P, PF_PK } from '../isa/vectors.ts';
import { TLB_CLASSES } from '../state/layout.ts';

/** What an access does. `1 << access` is its bit in a set of grants. */
export const ACCESS_READ = 0;
export const ACCESS_WRITE = 1;
export const ACCESS_FETCH = 2;

export const GRANT_READ = 1 << ACCESS_READ;
export const GRANT_WRITE = 1 << ACCESS_WRITE;
export const GRANT_FETCH = 1 << ACCESS_FETCH;
export const GRANT_ALL = GRANT_READ | GRANT_WRITE | GRANT_FETCH;

/** Who accesses: the classes that have TLB banks of their own. */
export const CLASS_SUPERVISOR = 0;
/** Supervisor with RFLAGS.AC set under SMAP: may touch user pages explicitly. */
export const CLASS_SUPERVISOR_AC = 1;
export const CLASS_USER = 2;
/** User with alignment checking: the rights of `CLASS_USER`. */
export const CLASS_USER_ALIGNED = 3;

export function isUserClass(accessClass: number): boolean {
  return accessClass >= CLASS_USER;
}

/**
 * Rights of a page, of all levels together, in one word: R/W and U/S where an entry has them (both the AND of all
 * levels), D and G of the leaf, XD in bit 31 (the OR of all levels), protection key of the leaf in bits 30:27.
 */
export const RIGHTS_XD = 1 << 31;
export const RIGHTS_KEY_SHIFT = PTE_PK_SHIFT_HIGH;
export const RIGHTS_KEY = 0xf << RIGHTS_KEY_SHIFT;
/** What a walk starts with, and all there is without paging. */
export const RIGHTS_ALL = PTE_RW | PTE_US;

const PKRU_AD = 1;
const PKRU_WD = 2;

/** Access rights (SDM Vol. 3A, "Access Rights"), tabulated: three bits of rights and the class choose the grants. */
export class Permissions {
  /** Index: class * 8 + (US, RW) + XD. */
  readonly #grants = new Uint8Array(TLB_CLASSES * 8);
  #wp = false;
  #keys = false;
  #pkru = 0;

  update(mode: number, cr0: number, cr4: number, pkru: number): void {
    this.#wp = (cr0 & CR0_WP) !== 0;
    this.#keys = mode >= PAGING_4LEVEL && (cr4 & CR4_PKE) !== 0;
    this.#pkru = pkru;
    if (mode === PAGING_NONE) {
      this.#grants.fill(GRANT_ALL);
      return;
    }
    for (let accessClass = 0; accessClass < TLB_CLASSES; accessClass++) {
      for (let page = 0; page < 8; page++) {
        this.#grants[accessClass * 8 + page] = isUserClass(accessClass)
          ? userGrants(page)
          : supervisorGrants(
              page,
              this.#wp,
              (cr4 & CR4_SMEP) !== 0,
              (cr4 & CR4_SMAP) !== 0 && accessClass === CLASS_SUPERVISOR,
            );
      }
    }
  }

  /** The set of accesses that `accessClass` may make to a page with `rights`. */
  granted(accessClass: number, rights: number): number {
    const grants = this.#grants[(accessClass << 3) | (rights & RIGHTS_ALL) | (rights >>> 31)]!;
    if (this.#keys && rights & PTE_US) return grants & ~this.#deniedByKey(accessClass, rights);
    return grants;
  }

  /** P, and PK when the protection key denies it, of the error code of a forbidden access. */
  errorCode(accessClass: number, rights: number, access: number): number {
    const byKey = this.#keys && rights & PTE_US && this.#deniedByKey(accessClass, rights) & (1 << access);
    return byKey ? PF_P | PF_PK : PF_P;
  }

  /** SDM Vol. 3A, "Protection Keys": data accesses to user pages, whoever makes them. */
  #deniedByKey(accessClass: number, rights: number): number {
    const key = (rights >>> RIGHTS_KEY_SHIFT) & 0xf;
    const rule = this.#pkru >>> (key * 2);
    if (rule & PKRU_AD) return GRANT_READ | GRANT_WRITE;
    if (rule & PKRU_WD && (this.#wp || isUserClass(accessClass))) return GRANT_WRITE;
    return 0;
  }
}

function userGrants(page: number): number {
  if ((page & PTE_US) === 0) return 0;
  return GRANT_READ | (page & PTE_RW ? GRANT_WRITE : 0) | (page & 1 ? 0 : GRANT_FETCH);
}

function supervisorGrants(page: number, wp: boolean, smep: boolean, smap: boolean): number {
  const user = (page & PTE_US) !== 0;
  const data = user && smap ? 0 : GRANT_READ | (page & PTE_RW || !wp ? GRANT_WRITE : 0);
  return data | (page & 1 || (user && smep) ? 0 : GRANT_FETCH);
}
