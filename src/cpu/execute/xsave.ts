import { CR0_TS, CR4_OSXSAVE } from '../../isa/control.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { RAX } from '../../isa/registers.ts';
import {
  STATE_CR0,
  STATE_CR4,
  STATE_FCW,
  STATE_FIP,
  STATE_FSW,
  STATE_MXCSR,
  STATE_PKRU,
  STATE_X87,
  STATE_XCR0,
  STATE_XSS,
  STATE_YMM,
} from '../../state/layout.ts';
import type { Core } from './core.ts';
import { followFerr, initializeX87, restoreX87, saveX87 } from './fx-state.ts';
import { effectiveAddress } from './operand.ts';
import {
  XCR0_YMM as AVX,
  offsetOfPkru,
  XCR0_PKRU as PKRU,
  XCR0_SSE as SSE,
  XCR0_X87 as X87,
  XSAVE_BASE_BYTES,
  XSAVE_OFFSET_AVX,
  xsaveBytes,
} from './xsave-area.ts';

/*
 * The XSAVE feature set (SDM Vol. 1, "Managing State Using the XSAVE Feature Set"). Components: x87, SSE, AVX, PKRU. Whether a
 * component is in its initial configuration (XINUSE) is read off its contents.
 */
const MXCSR_INITIAL = 0x1f80;

const OFFSET_MXCSR = 24;
const OFFSET_XMM = 160;
const OFFSET_HEADER = 512;
const OFFSET_XCOMP_BV = 520;
const HEADER_BYTES = 64;
/** Bit 63 of XCOMP_BV: the compacted format. */
const COMPACTED = 1 << 31;

/** The components that are not in their initial configuration. MXCSR does not count. */
export function componentsInUse(core: Core): number {
  const { words } = core;
  let inUse = 0;
  const anySet = (from: number, count: number) => {
    for (let n = 0; n < count; n++) if (words[from + n] !== 0) return true;
    return false;
  };
  if (words[STATE_FCW >> 2] !== 0x37f || anySet(STATE_X87 >> 2, 32) || anySet(STATE_FSW >> 2, 3))
    inUse |= X87;
  if (anySet(STATE_FIP >> 2, 6)) inUse |= X87;
  for (let slot = 0; slot < 16; slot++) {
    const at = (STATE_YMM >> 2) + slot * 8;
    if (anySet(at, 4)) inUse |= SSE;
    if (anySet(at + 4, 4)) inUse |= AVX;
  }
  if (words[STATE_PKRU >> 2] !== 0) inUse |= PKRU;
  return inUse;
}

/** An XSAVE area in memory. */
class Area {
  readonly #core: Core;
  readonly #lo: number;
  readonly #hi: number;

  /** Checks what all these instructions check: OSXSAVE, TS, the segment, the alignment to 64 bytes. */
  constructor(core: Core, insn: Instruction, bytes: number, write: boolean) {
    if ((core.words[STATE_CR4 >> 2]! & CR4_OSXSAVE) === 0) core.raiseUD();
    if (core.words[STATE_CR0 >> 2]! & CR0_TS) core.raiseNM();
    const offset = effectiveAddress(core, insn);
    this.#core = core;
    this.#lo = core.linear(insn.segment, offset, core.high, bytes, write);
    this.#hi = core.high;
    if (this.#lo & 63) core.raiseGP(0);
  }

  probe(bytes: number, write: boolean): void {
    if (write) this.#core.mmu.probeWrite(this.#lo, this.#hi, bytes);
    else this.#core.mmu.probeRead(this.#lo, this.#hi, bytes);
  }

  #highOf(at: number): number {
    return (this.#hi + (at >>> 0 < this.#lo >>> 0 ? 1 : 0)) | 0;
  }

  readonly load = (offset: number): number => {
    const at = (this.#lo + offset) | 0;
    return this.#core.mmu.read32(at, this.#highOf(at));
  };

  readonly store = (offset: number, value: number): void => {
    const at = (this.#lo + offset) | 0;
    this.#core.mmu.write32(at, this.#highOf(at), value);
  };

  /** Four words of each vector register, from `part` on: 0 for XMM, 4 for what is above. */
  storeVectors(offset: number, part: number): void {
    const { i32 } = this.#core.vectors;
    for (let slot = 0; slot < vectorCount(this.#core); slot++) {
      for (let n = 0; n < 4; n++) this.store(offset + slot * 16 + n * 4, i32[slot * 8 + part + n]!);
    }
  }

  loadVectors(offset: number, part: number): void {
    const { i32 } = this.#core.vectors;
    for (let slot = 0; slot < vectorCount(this.#core); slot++) {
      for (let n = 0; n < 4; n++) i32[slot * 8 + part + n] = this.load(offset + slot * 16 + n * 4);
    }
  }
}

function vectorCount(core: Core): number {
  return core.state.is64Bit() ? 16 : 8;
}

function clearVectors(core: Core, part: number): void {
  const { i32 } = core.vectors;
  for (let slot = 0; slot < vectorCount(core); slot++) i32.fill(0, slot * 8 + part, slot * 8 + part + 4);
}

/** RFBM: what EDX:EAX asks for of what the operating system has enabled. No component is above bit 31. */
function requested(core: Core, enabled: number): number {
  return core.gpr32[RAX * 2]! & enabled;
}

/** `format`: the components that the compacted format has room for; 0 for the standard format. */
function save(core: Core, insn: Instruction, mask: number, area: Area, format: number): void {
  if (mask & X87) saveX87(core, insn.operandSize === 64, area.store, area.load);
  if (mask & SSE) area.storeVectors(OFFSET_XMM, 0);
  if (mask & AVX) area.storeVectors(XSAVE_OFFSET_AVX, 4);
  if (mask & PKRU) {
    const offset = offsetOfPkru(format, format !== 0);
    area.store(offset, core.words[STATE_PKRU >> 2]!);
    area.store(offset + 4, 0);
  }
}

function saveMxcsr(core: Core, area: Area): void {
  area.store(OFFSET_MXCSR, core.words[STATE_MXCSR >> 2]!);
  area.store(OFFSET_MXCSR + 4, core.mxcsrMask);
}

function saveStandard(core: Core, insn: Instruction, optimized: boolean): void {
  const mask = requested(core, core.words[STATE_XCR0 >> 2]!);
  const bytes = xsaveBytes(mask, false);
  const area = new Area(core, insn, bytes, true);
  area.probe(bytes, true);
  const inUse = componentsInUse(core);
  const old = area.load(OFFSET_HEADER);
  save(core, insn, optimized ? mask & inUse : mask, area, 0);
  if (mask & (SSE | AVX)) saveMxcsr(core, area);
  area.store(OFFSET_HEADER, (old & ~mask) | (inUse & mask));
}

/** XSAVE mem | NP 0F AE /4 | M (SDM Vol. 2C, "XSAVE—Save Processor Extended States"). */
export function XSAVE(core: Core, insn: Instruction): void {
  saveStandard(core, insn, false);
}

/** XSAVEOPT mem | NP 0F AE /6 | M (SDM Vol. 2C, "XSAVEOPT—Save Processor Extended States Optimized"). What is initial is not stored. */
export function XSAVEOPT(core: Core, insn: Instruction): void {
  saveStandard(core, insn, true);
}

function saveCompacted(core: Core, insn: Instruction, enabled: number): void {
  const mask = requested(core, enabled);
  const bytes = xsaveBytes(mask, true);
  const area = new Area(core, insn, bytes, true);
  area.probe(bytes, true);
  let inUse = componentsInUse(core) & mask;
  // Here MXCSR is part of the SSE component.
  if (mask & SSE && core.words[STATE_MXCSR >> 2] !== MXCSR_INITIAL) inUse |= SSE;
  save(core, insn, inUse, area, mask | COMPACTED);
  if (inUse & SSE) saveMxcsr(core, area);
  area.store(OFFSET_HEADER, inUse);
  area.store(OFFSET_HEADER + 4, 0);
  area.store(OFFSET_XCOMP_BV, mask);
  area.store(OFFSET_XCOMP_BV + 4, COMPACTED);
}

/** XSAVEC mem | NP 0F C7 /4 | M (SDM Vol. 2C, "XSAVEC—Save Processor Extended States With Compaction"). */
export function XSAVEC(core: Core, insn: Instruction): void {
  saveCompacted(core, insn, core.words[STATE_XCR0 >> 2]!);
}

/** XSAVES mem | NP 0F C7 /5 | M (SDM Vol. 2C, "XSAVES—Save Processor Extended States Supervisor"). */
export function XSAVES(core: Core, insn: Instruction): void {
  requireSupervisor(core);
  saveCompacted(core, insn, core.words[STATE_XCR0 >> 2]! | core.words[STATE_XSS >> 2]!);
}

/** #GP(0) outside of CPL 0, but behind the #UD and #NM that all of them have. */
function requireSupervisor(core: Core): void {
  if ((core.words[STATE_CR4 >> 2]! & CR4_OSXSAVE) === 0) core.raiseUD();
  if (core.words[STATE_CR0 >> 2]! & CR0_TS) core.raiseNM();
  if (core.state.cpl() !== 0) core.raiseGP(0);
}

function restore(core: Core, insn: Instruction, enabled: number, onlyCompacted: boolean): void {
  const { words } = core;
  const mask = requested(core, enabled);
  const area = new Area(core, insn, xsaveBytes(mask, false), false);
  area.probe(XSAVE_BASE_BYTES, false);
  const present = area.load(OFFSET_HEADER);
  const format = area.load(OFFSET_XCOMP_BV);
  const formatHigh = area.load(OFFSET_XCOMP_BV + 4);
  const compacted = (formatHigh & COMPACTED) !== 0;
  // A processor without XSAVEC knows the standard format only.
  if (compacted ? !core.model.has('xsavec') : onlyCompacted) core.raiseGP(0);
  let reserved = area.load(OFFSET_HEADER + 4);
  if (compacted) {
    if (formatHigh !== COMPACTED || format & ~enabled || present & ~format) core.raiseGP(0);
    for (let offset = 16; offset < HEADER_BYTES; offset += 4) reserved |= area.load(OFFSET_HEADER + offset);
  } else {
    if (present & ~enabled || format | formatHigh) core.raiseGP(0);
    for (let offset = 16; offset < 24; offset += 4) reserved |= area.load(OFFSET_HEADER + offset);
  }
  if (reserved !== 0) core.raiseGP(0);
  const extended = mask & present & (AVX | PKRU);
  if (extended)
    area.probe(compacted ? xsaveBytes(format & 0xffff, true) : xsaveBytes(extended, false), false);
  const pkruOffset = offsetOfPkru(format, compacted);
  // MXCSR: its own rule in the standard format, part of the SSE component in the compacted one.
  const takesMxcsr = compacted ? (mask & SSE) !== 0 : (mask & (SSE | AVX)) !== 0;
  const mxcsr = compacted && (present & SSE) === 0 ? MXCSR_INITIAL : area.load(OFFSET_MXCSR);
  if (takesMxcsr && mxcsr & ~core.mxcsrMask) core.raiseGP(0);

  if (mask & X87) {
    if (present & X87) restoreX87(core, insn.operandSize === 64, area.load);
    else initializeX87(words);
    followFerr(core);
  }
  if (takesMxcsr) words[STATE_MXCSR >> 2] = mxcsr;
  if (mask & SSE) {
    if (present & SSE) area.loadVectors(OFFSET_XMM, 0);
    else clearVectors(core, 0);
  }
  if (mask & AVX) {
    if (present & AVX) area.loadVectors(XSAVE_OFFSET_AVX, 4);
    else clearVectors(core, 4);
  }
  if (mask & PKRU) {
    words[STATE_PKRU >> 2] = present & PKRU ? area.load(pkruOffset) : 0;
    core.mmu.updateMode();
    core.endBlock();
  }
}

/** XRSTOR mem | NP 0F AE /5 | M (SDM Vol. 2C, "XRSTOR—Restore Processor Extended States"). */
export function XRSTOR(core: Core, insn: Instruction): void {
  restore(core, insn, core.words[STATE_XCR0 >> 2]!, false);
}

/** XRSTORS mem | NP 0F C7 /3 | M (SDM Vol. 2C, "XRSTORS—Restore Processor Extended States Supervisor"). */
export function XRSTORS(core: Core, insn: Instruction): void {
  requireSupervisor(core);
  restore(core, insn, core.words[STATE_XCR0 >> 2]! | core.words[STATE_XSS >> 2]!, true);
}
