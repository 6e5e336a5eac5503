import {
  ADDRESS_ABSOLUTE,
  ADDRESS_BASE,
  ADDRESS_BASE_INDEX,
  ADDRESS_RIP,
  type Instruction,
} from '../../isa/instruction.ts';
import { RIP_HI, RIP_LO } from '../../state/cpu-state.ts';
import type { Core } from './core.ts';

/**
 * The ModRM operand (E, M) and the register operand (G) in the four sizes.
 *
 * - `effectiveAddress`: the offset into the segment, cut to the address size; low word returned, high in `core.high`.
 * - `loadE*`: reads. `storeE*`: writes a destination that is not read. Both may fault.
 * - `openE*`: reads for update, and proves that the write will succeed. `closeE*`: writes there; cannot fault.
 *
 * Bytes and words are returned unsigned, doublewords as signed words, quadwords as low word with the high word in
 * `core.high`: read it before anything else touches memory. A 32-bit register write clears the upper half.
 */

/** SDM Vol. 1, "Specifying an Offset"; Vol. 2A, "RIP-Relative Addressing". */
export function effectiveAddress(core: Core, insn: Instruction): number {
  const gpr32 = core.gpr32;
  if (insn.addressSize === 64) {
    const displacement = insn.displacement;
    switch (insn.addressForm) {
      case ADDRESS_BASE: {
        const base = gpr32[insn.base * 2]!;
        const lo = (base + displacement) | 0;
        core.high = (gpr32[insn.base * 2 + 1]! + (displacement >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
        return lo;
      }
      case ADDRESS_RIP: {
        const base = core.words[RIP_LO]!;
        const lo = (base + displacement) | 0;
        core.high = (core.words[RIP_HI]! + (displacement >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
        return lo;
      }
      case ADDRESS_ABSOLUTE:
        core.high = insn.displacementHigh;
        return displacement;
      default: {
        const scale = insn.scale;
        const indexLo = gpr32[insn.index * 2]!;
        const indexHi = gpr32[insn.index * 2 + 1]!;
        const scaledLo = indexLo << scale;
        // `>>> 1 >>> (31 - scale)` is `>>> (32 - scale)` that also works for a scale of 0.
        const scaledHi = (indexHi << scale) | ((indexLo >>> 1) >>> (31 - scale));
        let lo = (scaledLo + displacement) | 0;
        let hi = (scaledHi + (displacement >> 31) + (lo >>> 0 < scaledLo >>> 0 ? 1 : 0)) | 0;
        if (insn.addressForm === ADDRESS_BASE_INDEX) {
          const base = gpr32[insn.base * 2]!;
          lo = (lo + base) | 0;
          hi = (hi + gpr32[insn.base * 2 + 1]! + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
        }
        core.high = hi;
        return lo;
      }
    }
  }
  core.high = 0;
  let lo = insn.displacement;
  switch (insn.addressForm) {
    case ADDRESS_BASE:
      lo = (lo + gpr32[insn.base * 2]!) | 0;
      break;
    case ADDRESS_BASE_INDEX:
      lo = (lo + gpr32[insn.base * 2]! + (gpr32[insn.index * 2]! << insn.scale)) | 0;
      break;
    case ADDRESS_ABSOLUTE:
      break;
    case ADDRESS_RIP:
      lo = (lo + core.words[RIP_LO]!) | 0;
      break;
    default:
      lo = (lo + (gpr32[insn.index * 2]! << insn.scale)) | 0;
  }
  return insn.addressSize === 32 ? lo : lo & 0xffff;
}

export function loadEb(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return core.gpr8[insn.rm8]!;
  const lo = effectiveAddress(core, insn);
  return core.load8(insn.segment, lo, core.high);
}

export function loadEw(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return core.gpr16[insn.rm * 4]!;
  const lo = effectiveAddress(core, insn);
  return core.load16(insn.segment, lo, core.high);
}

export function loadEd(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return core.gpr32[insn.rm * 2]!;
  const lo = effectiveAddress(core, insn);
  return core.load32(insn.segment, lo, core.high);
}

export function loadEq(core: Core, insn: Instruction): number {
  if (!insn.isMemory) {
    core.high = core.gpr32[insn.rm * 2 + 1]!;
    return core.gpr32[insn.rm * 2]!;
  }
  const lo = effectiveAddress(core, insn);
  return core.load64(insn.segment, lo, core.high);
}

export function storeEb(core: Core, insn: Instruction, value: number): void {
  if (!insn.isMemory) {
    core.gpr8[insn.rm8] = value;
    return;
  }
  const lo = effectiveAddress(core, insn);
  core.store8(insn.segment, lo, core.high, value);
}

export function storeEw(core: Core, insn: Instruction, value: number): void {
  if (!insn.isMemory) {
    core.gpr16[insn.rm * 4] = value;
    return;
  }
  const lo = effectiveAddress(core, insn);
  core.store16(insn.segment, lo, core.high, value);
}

export function storeEd(core: Core, insn: Instruction, value: number): void {
  if (!insn.isMemory) {
    core.gpr32[insn.rm * 2] = value;
    core.gpr32[insn.rm * 2 + 1] = 0;
    return;
  }
  const lo = effectiveAddress(core, insn);
  core.store32(insn.segment, lo, core.high, value);
}

export function storeEq(core: Core, insn: Instruction, valueLo: number, valueHi: number): void {
  if (!insn.isMemory) {
    core.gpr32[insn.rm * 2] = valueLo;
    core.gpr32[insn.rm * 2 + 1] = valueHi;
    return;
  }
  const lo = effectiveAddress(core, insn);
  core.store64(insn.segment, lo, core.high, valueLo, valueHi);
}

export function openEb(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return core.gpr8[insn.rm8]!;
  const lo = effectiveAddress(core, insn);
  return core.modify8(insn.segment, lo, core.high);
}

export function openEw(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return core.gpr16[insn.rm * 4]!;
  const lo = effectiveAddress(core, insn);
  return core.modify16(insn.segment, lo, core.high);
}

export function openEd(core: Core, insn: Instruction): number {
  if (!insn.isMemory) return core.gpr32[insn.rm * 2]!;
  const lo = effectiveAddress(core, insn);
  return core.modify32(insn.segment, lo, core.high);
}

export function openEq(core: Core, insn: Instruction): number {
  if (!insn.isMemory) {
    core.high = core.gpr32[insn.rm * 2 + 1]!;
    return core.gpr32[insn.rm * 2]!;
  }
  const lo = effectiveAddress(core, insn);
  return core.modify64(insn.segment, lo, core.high);
}

export function closeEb(core: Core, insn: Instruction, value: number): void {
  if (insn.isMemory) core.mmu.commit8(value);
  else core.gpr8[insn.rm8] = value;
}

export function closeEw(core: Core, insn: Instruction, value: number): void {
  if (insn.isMemory) core.mmu.commit16(value);
  else core.gpr16[insn.rm * 4] = value;
}

export function closeEd(core: Core, insn: Instruction, value: number): void {
  if (insn.isMemory) core.mmu.commit32(value);
  else {
    core.gpr32[insn.rm * 2] = value;
    core.gpr32[insn.rm * 2 + 1] = 0;
  }
}

export function closeEq(core: Core, insn: Instruction, valueLo: number, valueHi: number): void {
  if (insn.isMemory) core.mmu.commit64(valueLo, valueHi);
  else {
    core.gpr32[insn.rm * 2] = valueLo;
    core.gpr32[insn.rm * 2 + 1] = valueHi;
  }
}

/** Writes the 32-bit register that ModRM.reg names, upper half cleared. */
export function storeGd(core: Core, insn: Instruction, value: number): void {
  core.gpr32[insn.reg * 2] = value;
  core.gpr32[insn.reg * 2 + 1] = 0;
}

export function storeGq(core: Core, insn: Instruction, valueLo: number, valueHi: number): void {
  core.gpr32[insn.reg * 2] = valueLo;
  core.gpr32[insn.reg * 2 + 1] = valueHi;
}
