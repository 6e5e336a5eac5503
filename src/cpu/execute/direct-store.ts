import type { Instruction } from '../../isa/instruction.ts';
import { ES, RAX } from '../../isa/registers.ts';
import type { Core } from './core.ts';
import { effectiveAddress, storeEd, storeEq } from './operand.ts';

/** Stores that go past the caches, and a store of a whole cache line. Nothing is cached here. */

/** MOVDIRI m32, r32 | NP 0F 38 F9 /r | Md,Gd (SDM Vol. 2B, "MOVDIRI—Move Doubleword as Direct Store"). */
export function MOVDIRI_Md_Gd(core: Core, insn: Instruction): void {
  storeEd(core, insn, core.gpr32[insn.reg * 2]!);
}

export function MOVDIRI_Mq_Gq(core: Core, insn: Instruction): void {
  storeEq(core, insn, core.gpr32[insn.reg * 2]!, core.gpr32[insn.reg * 2 + 1]!);
}

const LINE_BYTES = 64;
const LINE = new Int32Array(LINE_BYTES / 4);

/** An offset in a register, as wide as the address size; the high word in `core.high`. */
function registerAddress(core: Core, insn: Instruction, register: number): number {
  const lo = core.gpr32[register * 2]!;
  core.high = insn.addressSize === 64 ? core.gpr32[register * 2 + 1]! : 0;
  return insn.addressSize === 16 ? lo & 0xffff : lo;
}

/**
 * MOVDIR64B r, m512 | 66 0F 38 F8 /r | G,M (SDM Vol. 2B, "MOVDIR64B—Move 64 Bytes as Direct Store"). The register holds
 * the destination in ES, which must be aligned; the source need not be.
 */
export function MOVDIR64B(core: Core, insn: Instruction): void {
  const { mmu } = core;
  const source = effectiveAddress(core, insn);
  const from = core.linear(insn.segment, source, core.high, LINE_BYTES, false);
  const fromHigh = core.high;
  const destination = registerAddress(core, insn, insn.reg);
  const to = core.linear(ES, destination, core.high, LINE_BYTES, true);
  const toHigh = core.high;
  if (to & (LINE_BYTES - 1)) core.raiseGP(0);
  for (let i = 0; i < LINE.length; i++) {
    const at = (from + i * 4) | 0;
    LINE[i] = mmu.read32(at, at >>> 0 < from >>> 0 ? core.highOfNext(fromHigh) : fromHigh);
  }
  mmu.probeWrite(to, toHigh, LINE_BYTES);
  for (let i = 0; i < LINE.length; i++) mmu.write32(to + i * 4, toHigh, LINE[i]!);
}

/** CLZERO rAX | 0F 01 FC | (APM Vol. 3, "CLZERO"). Zeroes the cache line that holds the address. */
export function CLZERO(core: Core, insn: Instruction): void {
  const offset = registerAddress(core, insn, RAX) & -LINE_BYTES;
  const lo = core.linear(insn.segment, offset, core.high, LINE_BYTES, true);
  const hi = core.high;
  core.mmu.probeWrite(lo, hi, LINE_BYTES);
  for (let i = 0; i < LINE_BYTES; i += 4) {
    const at = (lo + i) | 0;
    core.mmu.write32(at, at >>> 0 < lo >>> 0 ? core.highOfNext(hi) : hi, 0);
  }
}
