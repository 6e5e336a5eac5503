import type { Instruction } from '../../isa/instruction.ts';
import { RAX, RCX, RDX } from '../../isa/registers.ts';
import { RFLAGS_CF, RFLAGS_OF, RFLAGS_SF, RFLAGS_ZF } from '../../isa/rflags.ts';
import type { VectorFile } from '../../state/vector-file.ts';
import type { Core, Handler } from './core.ts';
import { clearUpper, requireAvx, requireSse, source } from './vector-operand.ts';

/*
 * PCMPESTRI PCMPESTRM PCMPISTRI PCMPISTRM (SDM Vol. 1, "String and Text Processing", and Vol. 2B). The first operand is the
 * set, the range or the needle, the second the text that is searched. Memory need not be aligned.
 */

const WORDS = 1;
const SIGNED = 2;
const AGGREGATION = 0xc;
const EQUAL_ANY = 0x0;
const RANGES = 0x4;
const EQUAL_EACH = 0x8;
const NEGATIVE = 0x10;
const MASKED = 0x20;
/** Of the index: the last and not the first. Of the mask: lanes and not bits. */
const LAST_OR_LANES = 0x40;

function element(v: VectorFile, slot: number, n: number, control: number): number {
  if (control & WORDS) return control & SIGNED ? v.i16[slot * 16 + n]! : v.u16[slot * 16 + n]!;
  return control & SIGNED ? v.i8[slot * 32 + n]! : v.u8[slot * 32 + n]!;
}

/** Elements before the first that is 0. */
function implicitLength(v: VectorFile, slot: number, count: number, control: number): number {
  let n = 0;
  while (n < count && element(v, slot, n, control) !== 0) n++;
  return n;
}

/** The absolute value of EAX or EDX (RAX or RDX with REX.W), at most `count`. */
function explicitLength(core: Core, register: number, count: number, wide: boolean): number {
  const lo = core.gpr32[register * 2]!;
  if (!wide) return Math.min(Math.abs(lo), count);
  const hi = core.gpr32[register * 2 + 1]!;
  if (hi === 0 && lo >= 0) return Math.min(lo, count);
  if (hi === -1 && lo < 0) return Math.min(-lo, count);
  return count;
}

/** IntRes1: bit n speaks of element n of `text`. */
function compare(
  v: VectorFile,
  set: number,
  setLength: number,
  text: number,
  textLength: number,
  count: number,
  control: number,
): number {
  let result = 0;
  const at = (slot: number, n: number) => element(v, slot, n, control);
  switch (control & AGGREGATION) {
    case EQUAL_ANY:
      for (let n = 0; n < textLength; n++) {
        for (let k = 0; k < setLength; k++) if (at(set, k) === at(text, n)) result |= 1 << n;
      }
      return result;
    case RANGES:
      for (let n = 0; n < textLength; n++) {
        // A range needs both its ends.
        for (let k = 0; k + 1 < setLength; k += 2) {
          if (at(text, n) >= at(set, k) && at(text, n) <= at(set, k + 1)) result |= 1 << n;
        }
      }
      return result;
    case EQUAL_EACH:
      for (let n = 0; n < count; n++) {
        const both = n < setLength && n < textLength;
        const equal = both ? at(set, n) === at(text, n) : n >= setLength && n >= textLength;
        if (equal) result |= 1 << n;
      }
      return result;
    default:
      // Equal ordered: the needle may go on beyond the end of the register, but not beyond the end of the text.
      for (let n = 0; n < count; n++) {
        let found = true;
        for (let k = 0; found && k < setLength && n + k < count; k++) {
          found = n + k < textLength && at(set, k) === at(text, n + k);
        }
        if (found) result |= 1 << n;
      }
      return result;
  }
}

/** Computes IntRes2 and the flags. */
function run(core: Core, insn: Instruction, text: number, explicit: boolean): number {
  const v = core.vectors;
  const control = insn.immediate;
  const count = control & WORDS ? 8 : 16;
  const all = (1 << count) - 1;
  const wide = insn.codeSize === 64 && insn.operandSize === 64;
  const setLength = explicit
    ? explicitLength(core, RAX, count, wide)
    : implicitLength(v, insn.reg, count, control);
  const textLength = explicit
    ? explicitLength(core, RDX, count, wide)
    : implicitLength(v, text, count, control);
  let result = compare(v, insn.reg, setLength, text, textLength, count, control);
  if (control & NEGATIVE) result ^= control & MASKED ? (1 << textLength) - 1 : all;
  core.flags.setStatus(
    (result !== 0 ? RFLAGS_CF : 0) |
      (textLength < count ? RFLAGS_ZF : 0) |
      (setLength < count ? RFLAGS_SF : 0) |
      (result & 1 ? RFLAGS_OF : 0),
  );
  return result;
}

function storeIndex(core: Core, insn: Instruction, result: number): void {
  const count = insn.immediate & WORDS ? 8 : 16;
  let index = count;
  if (result !== 0) {
    index = insn.immediate & LAST_OR_LANES ? 31 - Math.clz32(result) : 31 - Math.clz32(result & -result);
  }
  core.gpr32[RCX * 2] = index;
  core.gpr32[RCX * 2 + 1] = 0;
}

/** To XMM0. */
function storeMask(core: Core, insn: Instruction, result: number): void {
  const { u8, u16, i32 } = core.vectors;
  if ((insn.immediate & LAST_OR_LANES) === 0) {
    i32[0] = result;
    i32[1] = 0;
    i32[2] = 0;
    i32[3] = 0;
  } else if (insn.immediate & WORDS) for (let n = 0; n < 8; n++) u16[n] = (result >> n) & 1 ? 0xffff : 0;
  else for (let n = 0; n < 16; n++) u8[n] = (result >> n) & 1 ? 0xff : 0;
}

function toIndex(explicit: boolean, require: (core: Core) => void): Handler {
  return (core, insn) => {
    require(core);
    const text = source(core, insn, 16);
    storeIndex(core, insn, run(core, insn, text, explicit));
  };
}

function toMask(explicit: boolean, require: (core: Core) => void, vex: boolean): Handler {
  return (core, insn) => {
    require(core);
    const text = source(core, insn, 16);
    storeMask(core, insn, run(core, insn, text, explicit));
    if (vex) clearUpper(core.vectors, 0);
  };
}

/** PCMPESTRM | 66 0F 3A 60 ib | (SDM Vol. 2B, "PCMPESTRM—Packed Compare Explicit Length Strings, Return Mask"). */
export const PCMPESTRM_Vx_Wx_Ib = toMask(true, requireSse, false);
export const VPCMPESTRM_Vx_Wx_Ib = toMask(true, requireAvx, true);
/** PCMPESTRI | 66 0F 3A 61 ib | (SDM Vol. 2B, "PCMPESTRI—Packed Compare Explicit Length Strings, Return Index"). */
export const PCMPESTRI_Vx_Wx_Ib = toIndex(true, requireSse);
export const VPCMPESTRI_Vx_Wx_Ib = toIndex(true, requireAvx);
/** PCMPISTRM | 66 0F 3A 62 ib | (SDM Vol. 2B, "PCMPISTRM—Packed Compare Implicit Length Strings, Return Mask"). */
export const PCMPISTRM_Vx_Wx_Ib = toMask(false, requireSse, false);
export const VPCMPISTRM_Vx_Wx_Ib = toMask(false, requireAvx, true);
/** PCMPISTRI | 66 0F 3A 63 ib | (SDM Vol. 2B, "PCMPISTRI—Packed Compare Implicit Length Strings, Return Index"). */
export const PCMPISTRI_Vx_Wx_Ib = toIndex(false, requireSse);
export const VPCMPISTRI_Vx_Wx_Ib = toIndex(false, requireAvx);
