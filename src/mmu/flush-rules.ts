import {
  CR0_PG,
  CR0_WP,
  CR4_LA57,
  CR4_PAE,
  CR4_PGE,
  CR4_PKE,
  CR4_PSE,
  CR4_SMAP,
  CR4_SMEP,
  EFER_LMA,
  EFER_NXE,
} from '../isa/control.ts';

/** Changes of these bits change what cached tags may promise, so all of them go (a superset of the manual's rules). */
export const CR0_FLUSHING = CR0_PG | CR0_WP;
export const CR4_FLUSHING = CR4_PGE | CR4_PAE | CR4_PSE | CR4_SMEP | CR4_SMAP | CR4_PKE | CR4_LA57;
export const EFER_FLUSHING = EFER_NXE | EFER_LMA;

/** Access and write disable of key 0, that of every page that was given none: its tags are not listed apart. */
export const PKRU_KEY_0 = 0x3;
