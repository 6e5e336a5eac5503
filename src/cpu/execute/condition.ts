import type { Flags } from '../../state/flags.ts';

/*
 * The sixteen conditions (SDM Vol. 1, "EFLAGS Condition Codes"), in the order of their codes and by the names of the opcode map.
 */

/** 0: overflow. */
export function isO(flags: Flags): boolean {
  return flags.of() === 1;
}

/** 1: no overflow. */
export function isNO(flags: Flags): boolean {
  return flags.of() === 0;
}

/** 2: below. */
export function isB(flags: Flags): boolean {
  return flags.cf() === 1;
}

/** 3: not below. */
export function isNB(flags: Flags): boolean {
  return flags.cf() === 0;
}

/** 4: zero. */
export function isZ(flags: Flags): boolean {
  return flags.zf() === 1;
}

/** 5: not zero. */
export function isNZ(flags: Flags): boolean {
  return flags.zf() === 0;
}

/** 6: below or equal. */
export function isBE(flags: Flags): boolean {
  return (flags.cf() | flags.zf()) === 1;
}

/** 7: not below or equal. */
export function isNBE(flags: Flags): boolean {
  return (flags.cf() | flags.zf()) === 0;
}

/** 8: sign. */
export function isS(flags: Flags): boolean {
  return flags.sf() === 1;
}

/** 9: no sign. */
export function isNS(flags: Flags): boolean {
  return flags.sf() === 0;
}

/** A: parity even. */
export function isP(flags: Flags): boolean {
  return flags.pf() === 1;
}

/** B: parity odd. */
export function isNP(flags: Flags): boolean {
  return flags.pf() === 0;
}

/** C: less. */
export function isL(flags: Flags): boolean {
  return flags.sf() !== flags.of();
}

/** D: not less. */
export function isNL(flags: Flags): boolean {
  return flags.sf() === flags.of();
}

/** E: less or equal. */
export function isLE(flags: Flags): boolean {
  return flags.zf() === 1 || flags.sf() !== flags.of();
}

/** F: not less or equal. */
export function isNLE(flags: Flags): boolean {
  return flags.zf() === 0 && flags.sf() === flags.of();
}
