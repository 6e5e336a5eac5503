import {
  DESC_CODE,
  DESC_READABLE,
  DESC_S,
  DESC_WRITABLE,
  TYPE_CALL_GATE16,
  TYPE_CALL_GATE32,
  TYPE_LDT,
  TYPE_TASK_GATE,
  TYPE_TSS16,
  TYPE_TSS16_BUSY,
  TYPE_TSS32,
  TYPE_TSS32_BUSY,
} from '../../isa/descriptors.ts';
import type { Instruction } from '../../isa/instruction.ts';
import type { Core } from './core.ts';
import {
  type Descriptor,
  dplOf,
  findDescriptor,
  isConformingCode,
  isNull,
  limitOf,
  SELECTOR_RPL,
  typeOf,
} from './descriptor.ts';
import { closeEw, loadEw, openEw, storeGd } from './operand.ts';
import { isRealOrV86 } from './segment.ts';

/** System types that have a limit, and with the gates those that have access rights (SDM Vol. 2A, "LAR", "LSL"). */
const LIMIT_TYPES = [TYPE_TSS16, TYPE_LDT, TYPE_TSS16_BUSY, TYPE_TSS32, TYPE_TSS32_BUSY];
const RIGHTS_TYPES = [...LIMIT_TYPES, TYPE_CALL_GATE16, TYPE_TASK_GATE, TYPE_CALL_GATE32];
/** Those that IA-32e mode still knows. */
const LONG_TYPES = [TYPE_LDT, TYPE_TSS32, TYPE_TSS32_BUSY, TYPE_CALL_GATE32];

/** The descriptor of `selector` if the program may see it, and if its type is one of `systemTypes` or not a system one. */
function visibleDescriptor(
  core: Core,
  selector: number,
  systemTypes: readonly number[],
): Descriptor | undefined {
  if (isNull(selector)) return undefined;
  const descriptor = findDescriptor(core, selector);
  if (!descriptor) return undefined;
  if ((descriptor.hi & DESC_S) === 0) {
    const type = typeOf(descriptor);
    if (!systemTypes.includes(type)) return undefined;
    if (core.state.isLongModeActive() && (!LONG_TYPES.includes(type) || descriptor.upperHi & 0x1f00))
      return undefined;
  }
  if (isConformingCode(descriptor)) return descriptor;
  const dpl = dplOf(descriptor);
  return dpl >= core.state.cpl() && dpl >= (selector & SELECTOR_RPL) ? descriptor : undefined;
}

/** Reads the selector, looks, and sets ZF; what was found is the caller's to store. */
function lookUp(core: Core, insn: Instruction, systemTypes: readonly number[]): Descriptor | undefined {
  if (isRealOrV86(core)) core.raiseUD();
  const descriptor = visibleDescriptor(core, loadEw(core, insn), systemTypes);
  core.flags.setZf(descriptor ? 1 : 0);
  return descriptor;
}

/** LAR r16, r/m16 | 0F 02 /r | Gw,Ew (SDM Vol. 2A, "LAR—Load Access Rights"). Writes ZF. */
export function LAR_Gw_Ew(core: Core, insn: Instruction): void {
  const descriptor = lookUp(core, insn, RIGHTS_TYPES);
  if (descriptor) core.gpr16[insn.reg * 4] = descriptor.hi & 0xff00;
}

/** LAR r32, r32/m16. Bits 19:16 are undefined; processors leave the limit's there. */
export function LAR_Gd_Ew(core: Core, insn: Instruction): void {
  const descriptor = lookUp(core, insn, RIGHTS_TYPES);
  if (descriptor) storeGd(core, insn, descriptor.hi & 0x00ffff00);
}

export const LAR_Gq_Ew = LAR_Gd_Ew;

/** LSL r16, r/m16 | 0F 03 /r | Gw,Ew (SDM Vol. 2A, "LSL—Load Segment Limit"). Writes ZF. */
export function LSL_Gw_Ew(core: Core, insn: Instruction): void {
  const descriptor = lookUp(core, insn, LIMIT_TYPES);
  if (descriptor) core.gpr16[insn.reg * 4] = limitOf(descriptor);
}

export function LSL_Gd_Ew(core: Core, insn: Instruction): void {
  const descriptor = lookUp(core, insn, LIMIT_TYPES);
  if (descriptor) storeGd(core, insn, limitOf(descriptor));
}

export const LSL_Gq_Ew = LSL_Gd_Ew;

/** VERR r/m16 | 0F 00 /4 | Ew (SDM Vol. 2B, "VERR/VERW—Verify a Segment for Reading or Writing"). Writes ZF. */
export function VERR_Ew(core: Core, insn: Instruction): void {
  const descriptor = lookUp(core, insn, []);
  if (descriptor && descriptor.hi & DESC_CODE && (descriptor.hi & DESC_READABLE) === 0) core.flags.setZf(0);
}

/** VERW r/m16 | 0F 00 /5 | Ew. */
export function VERW_Ew(core: Core, insn: Instruction): void {
  const descriptor = lookUp(core, insn, []);
  if (descriptor && (descriptor.hi & (DESC_CODE | DESC_WRITABLE)) !== DESC_WRITABLE) core.flags.setZf(0);
}

/** ARPL r/m16, r16 | 63 /r | Ew,Gw (SDM Vol. 2A, "ARPL—Adjust RPL Field of Segment Selector"). Writes ZF. */
export function ARPL_Ew_Gw(core: Core, insn: Instruction): void {
  if (isRealOrV86(core)) core.raiseUD();
  const dest = openEw(core, insn);
  const rpl = core.gpr16[insn.reg * 4]! & SELECTOR_RPL;
  const raise = (dest & SELECTOR_RPL) < rpl;
  if (raise) closeEw(core, insn, (dest & ~SELECTOR_RPL) | rpl);
  core.flags.setZf(raise ? 1 : 0);
}
