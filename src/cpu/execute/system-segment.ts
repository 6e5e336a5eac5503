import { CR4_UMIP } from '../../isa/control.ts';
import { DESC_S, TYPE_LDT, TYPE_TSS16, TYPE_TSS32 } from '../../isa/descriptors.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { LDTR, TR } from '../../isa/registers.ts';
import { VECTOR_GP } from '../../isa/vectors.ts';
import { STATE_CR4 } from '../../state/layout.ts';
import type { Core } from './core.ts';
import {
  cacheSystemSegment,
  type Descriptor,
  isNull,
  isPresent,
  readDescriptor,
  SELECTOR_TI,
  selectorError,
  setSegment,
  typeOf,
  writeHigh,
} from './descriptor.ts';
import { loadEw, storeEw } from './operand.ts';
import { isRealOrV86 } from './segment.ts';

/** The busy bit of a TSS descriptor: bit 1 of its type. */
export const TSS_BUSY = 1 << 9;

export function requireCpl0(core: Core): void {
  if (core.state.cpl() !== 0) core.raiseGP(0);
}

/** SGDT, SIDT, SLDT, SMSW and STR are for the supervisor alone (SDM Vol. 3A, "CR4", UMIP). */
export function checkUmip(core: Core): void {
  if (core.words[STATE_CR4 >> 2]! & CR4_UMIP && core.state.cpl() > 0) core.raiseGP(0);
}

/** LLDT r/m16 | 0F 00 /2 | Ew (SDM Vol. 2A, "LLDT—Load Local Descriptor Table Register"). */
export function LLDT_Ew(core: Core, insn: Instruction): void {
  if (isRealOrV86(core)) core.raiseUD();
  requireCpl0(core);
  const selector = loadEw(core, insn);
  if (isNull(selector)) {
    setSegment(core, LDTR, selector, 0, 0, 0, 0);
    return;
  }
  const descriptor = readGlobalSystem(core, selector);
  if (typeOf(descriptor) !== TYPE_LDT) core.raiseGP(selectorError(selector));
  if (!isPresent(descriptor)) core.raiseNP(selectorError(selector));
  checkSystemBase(core, selector, descriptor);
  cacheSystemSegment(core, LDTR, selector, descriptor);
}

/** LTR r/m16 | 0F 00 /3 | Ew (SDM Vol. 2A, "LTR—Load Task Register"). Marks the TSS busy. */
export function LTR_Ew(core: Core, insn: Instruction): void {
  if (isRealOrV86(core)) core.raiseUD();
  requireCpl0(core);
  const selector = loadEw(core, insn);
  if (isNull(selector)) core.raiseGP(0);
  const descriptor = readGlobalSystem(core, selector);
  const type = typeOf(descriptor);
  const available = type === TYPE_TSS32 || (type === TYPE_TSS16 && !core.state.isLongModeActive());
  if (!available) core.raiseGP(selectorError(selector));
  if (!isPresent(descriptor)) core.raiseNP(selectorError(selector));
  checkSystemBase(core, selector, descriptor);
  writeHigh(core, descriptor, descriptor.hi | TSS_BUSY);
  cacheSystemSegment(core, TR, selector, { ...descriptor, hi: descriptor.hi | TSS_BUSY });
}

function readGlobalSystem(core: Core, selector: number): Descriptor {
  if (selector & SELECTOR_TI) core.raiseGP(selectorError(selector));
  const descriptor = readDescriptor(core, selector, VECTOR_GP);
  if (descriptor.hi & DESC_S) core.raiseGP(selectorError(selector));
  return descriptor;
}

/** In IA-32e mode the upper type bits must be 0 and the base canonical. */
function checkSystemBase(core: Core, selector: number, descriptor: Descriptor): void {
  const high = descriptor.upperLo;
  const shift = core.mmu.linearBits - 33;
  if (descriptor.upperHi & 0x1f00 || high >> shift !== high >> 31) core.raiseGP(selectorError(selector));
}

/** SLDT r/m16, r32, r64 | 0F 00 /0 | E (SDM Vol. 2B, "SLDT—Store Local Descriptor Table Register"). */
export function SLDT_E(core: Core, insn: Instruction): void {
  storeSystemSelector(core, insn, LDTR);
}

/** STR r/m16, r32, r64 | 0F 00 /1 | E (SDM Vol. 2B, "STR—Store Task Register"). */
export function STR_E(core: Core, insn: Instruction): void {
  storeSystemSelector(core, insn, TR);
}

function storeSystemSelector(core: Core, insn: Instruction, segment: number): void {
  if (isRealOrV86(core)) core.raiseUD();
  checkUmip(core);
  storeWordOrRegister(core, insn, core.state.selector(segment));
}

/** 16 bits to memory or a 16-bit register; the whole `value` to a wider register. */
export function storeWordOrRegister(core: Core, insn: Instruction, value: number): void {
  if (insn.isMemory || insn.operandSize === 16) {
    storeEw(core, insn, value);
    return;
  }
  core.gpr32[insn.rm * 2] = value;
  core.gpr32[insn.rm * 2 + 1] = 0;
}
