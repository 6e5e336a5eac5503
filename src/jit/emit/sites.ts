import { ADDRESS_BASE, ADDRESS_BASE_INDEX, ADDRESS_INDEX, type Instruction } from '../../isa/instruction.ts';

/*
 * A site stands for memory operands that are likely to stay in one page for a while: the same registers, and
 * displacements less than a page apart. A region remembers the page of a few sites in memory ("slots"), which is
 * compared before the TLB is looked at. They hold what the TLB answered; whatever may change it empties them.
 */

/** Slots of a region. */
export const PAGE_SLOTS = 8;

const NO_REGISTER = 16;

/** The displacement in pages, to the nearest: what surrounds a base is one site. */
function pages(displacement: number): number {
  return (displacement + 0x800) >> 12;
}

/** The site of a memory operand. */
export function siteOf(insn: Instruction): string {
  const { addressForm } = insn;
  const hasBase = addressForm === ADDRESS_BASE || addressForm === ADDRESS_BASE_INDEX;
  const hasIndex = addressForm === ADDRESS_INDEX || addressForm === ADDRESS_BASE_INDEX;
  const base = hasBase ? insn.base : NO_REGISTER;
  const index = hasIndex ? insn.index : NO_REGISTER;
  return `${base} ${index} ${pages(insn.displacement)} ${insn.segment > 3 ? insn.segment : 0}`;
}

/** The site of what lies at a stack pointer or near it. */
export function stackSite(register: number): string {
  return `${register} ${NO_REGISTER} 0 0`;
}
