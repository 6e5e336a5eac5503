import {
  CR0_CD, CR0_EM, CR0_ET, CR0_NW, CR0_PE, CR0_PG, CR0_TS, CR4_PAE, DR6_FIXED, DR7_FIXED, EFER_LMA, EFER_LME,
} from '../../isa/control.ts'; // biome-ignore format: a list of nouns.
import { DESC_G, DESC_P, DESC_S, DESC_USABLE } from '../../isa/descriptors.ts';
import type { Instruction } from '../../isa/instruction.ts';
import { CS, LDTR } from '../../isa/registers.ts';
import { RFLAGS_FIXED } from '../../isa/rflags.ts';
import { segmentWord } from '../../state/cpu-state.ts';
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_CPL,
  STATE_CR0,
  STATE_CR3,
  STATE_CR4,
  STATE_DR6,
  STATE_DR7,
  STATE_EFER,
  STATE_GDTR,
  STATE_GPR,
  STATE_IDTR,
  STATE_RIP,
  STATE_SMBASE,
  STATE_SMM,
} from '../../state/layout.ts';
import { CR0_DEFINED, definedCr4, usesPdptes } from './control.ts';
import {
  type Core,
  PENDING_HALT,
  PENDING_MWAIT,
  PENDING_NMI_BLOCKED,
  PENDING_REPEATING,
  PENDING_SHUTDOWN,
  PENDING_SMI,
} from './core.ts';
import { setSegment } from './descriptor.ts';
import { SMM_MAP_32, SMM_MAP_64, type SmmMap, type SmmSegment } from './smm-map.ts';

/** Bits of `STATE_SMM`: the processor is in SMM; an SMI has come meanwhile, and waits for RSM. */
export const SMM_ACTIVE = 1 << 0;
export const SMM_LATCHED = 1 << 1;

/** Where execution begins, from SMBASE. */
const ENTRY = 0x8000;
const WHOLE = -1;
const DATA = (3 << 8) | DESC_S | DESC_P | DESC_G | DESC_USABLE;
const CODE = (0xb << 8) | DESC_S | DESC_P | DESC_G | DESC_USABLE;
/** Bits of a descriptor's attributes in the map, and one that it does not define: the register holds no segment. */
const MAP_ATTRIBUTES = 0xf0ff;
const MAP_UNUSABLE = 1 << 8;
const RFLAGS_DEFINED = 0x3f7fd5 | RFLAGS_FIXED;
const IS_HALTED = PENDING_HALT | PENDING_MWAIT;

function mapOf(core: Core): SmmMap {
  return core.model.has('lm') ? SMM_MAP_64 : SMM_MAP_32;
}

/**
 * A system-management interrupt, between two instructions (SDM Vol. 3C, "Entering SMM", "SMRAM", "SMI Handler Execution
 * Environment"): the state goes to SMRAM, and real mode with 4 GiB segments begins at SMBASE + 8000h.
 */
export function enterSmm(core: Core): void {
  const { words } = core;
  const smbase = words[STATE_SMBASE >> 2]!;
  words[STATE_SMM >> 2]! |= SMM_ACTIVE;
  core.onSmm?.(true);
  saveState(core, mapOf(core), smbase);
  core.pending &= ~(IS_HALTED | PENDING_REPEATING);
  core.pending |= PENDING_NMI_BLOCKED;

  core.flags.write(RFLAGS_FIXED);
  words[STATE_CR0 >> 2]! &= ~(CR0_PE | CR0_EM | CR0_TS | CR0_PG);
  words[STATE_CR4 >> 2] = 0;
  words[STATE_EFER >> 2] = 0;
  words[STATE_DR7 >> 2] = DR7_FIXED;
  words[STATE_CPL >> 2] = 0;
  for (let segment = 0; segment < 6; segment++) setSegment(core, segment, 0, 0, 0, WHOLE, DATA);
  setSegment(core, CS, (smbase >>> 4) & 0xffff, smbase, 0, WHOLE, CODE);
  core.setRip(ENTRY, 0);
  stateReplaced(core);
}

/** RSM | 0F AA | (SDM Vol. 2B, "RSM—Resume from System Management Mode"). #UD outside of SMM. */
export function RSM(core: Core, _insn: Instruction): void {
  const { words } = core;
  const status = words[STATE_SMM >> 2]!;
  if ((status & SMM_ACTIVE) === 0) core.raiseUD();
  const map = mapOf(core);
  const area = new SaveArea(core, words[STATE_SMBASE >> 2]!);
  core.pending &= ~PENDING_NMI_BLOCKED;
  if (!loadState(core, map, area)) {
    core.pending |= PENDING_SHUTDOWN;
    core.endBlock();
    return;
  }
  words[STATE_SMM >> 2] = 0;
  if (status & SMM_LATCHED) core.pending |= PENDING_SMI;
  core.onSmm?.(false);
  stateReplaced(core);
}

/** Everything that follows from control registers, segments and breakpoints follows. */
function stateReplaced(core: Core): void {
  const { words, mmu } = core;
  mmu.updateMode();
  mmu.flushAll('map');
  mmu.loadCr3(words[STATE_CR3 >> 2]!, words[(STATE_CR3 >> 2) + 1]!, false);
  core.segmentsChanged();
  core.breakpointsChanged();
}

/** SMRAM as the processor reaches it, untranslated. */
class SaveArea {
  readonly #core: Core;
  readonly #base: number;

  constructor(core: Core, smbase: number) {
    this.#core = core;
    this.#base = smbase >>> 0;
  }

  read8(at: number): number {
    return this.#core.space.read8(this.#base + at);
  }

  read16(at: number): number {
    return this.#core.space.read16(this.#base + at);
  }

  read32(at: number): number {
    return this.#core.space.read32(this.#base + at) | 0;
  }

  write8(at: number, value: number): void {
    this.#core.space.write8(this.#base + at, value);
  }

  write16(at: number, value: number): void {
    this.#core.space.write16(this.#base + at, value);
  }

  write32(at: number, value: number): void {
    this.#core.space.write32(this.#base + at, value);
  }

  /** A field of 64 bits, or of 32: from the state page, and to it. */
  save(at: number, stateOffset: number, wide: boolean): void {
    const { words } = this.#core;
    this.write32(at, words[stateOffset >> 2]!);
    if (wide) this.write32(at + 4, words[(stateOffset >> 2) + 1]!);
  }

  load(at: number, stateOffset: number, wide: boolean): void {
    const { words } = this.#core;
    words[stateOffset >> 2] = this.read32(at);
    words[(stateOffset >> 2) + 1] = wide ? this.read32(at + 4) : 0;
  }
}

/** State with two words of which the second is always there, and zero without 64-bit mode. */
const WIDE_FIELDS = [
  ['rip', STATE_RIP],
  ['cr3', STATE_CR3],
] as const;

function saveState(core: Core, map: SmmMap, smbase: number): void {
  const { words, pending } = core;
  const area = new SaveArea(core, smbase);
  for (const [register, at] of map.registers.entries()) area.save(at, STATE_GPR + register * 8, map.wide);
  for (const [field, offset] of WIDE_FIELDS) area.save(map[field], offset, map.wide);
  const narrow = (at: number, value: number) => {
    area.write32(at, value);
    if (map.wide) area.write32(at + 4, 0);
  };
  narrow(map.rflags, core.flags.read());
  narrow(map.cr0, words[STATE_CR0 >> 2]!);
  narrow(map.cr4, words[STATE_CR4 >> 2]!);
  narrow(map.dr6, words[STATE_DR6 >> 2]!);
  narrow(map.dr7, words[STATE_DR7 >> 2]!);
  if (map.efer >= 0) narrow(map.efer, words[STATE_EFER >> 2]!);
  for (const [segment, at] of map.segments.entries()) {
    const attributes = words[segmentWord(segment, SEGMENT_ATTRIBUTES)]!;
    area.write16(at.selector, words[segmentWord(segment, SEGMENT_SELECTOR)]!);
    area.write16(
      at.attributes,
      ((attributes >>> 8) & MAP_ATTRIBUTES) | (attributes & DESC_USABLE ? 0 : MAP_UNUSABLE),
    );
    area.write32(at.limit, words[segmentWord(segment, SEGMENT_LIMIT)]!);
    area.save(at.base, segmentWord(segment, SEGMENT_BASE) << 2, map.wide);
  }
  for (const [at, offset] of tables(map)) {
    area.write32(at.limit, words[(offset + 8) >> 2]! & 0xffff);
    area.save(at.base, offset, map.wide);
  }
  area.write8(map.autoHalt, pending & PENDING_HALT ? 1 : 0);
  area.write8(map.nmiMask, pending & PENDING_NMI_BLOCKED ? 1 : 0);
  area.write8(map.cpl, words[STATE_CPL >> 2]!);
  area.write8(map.repeating, pending & PENDING_REPEATING ? 1 : 0);
  area.write32(map.revisionAt, map.revision);
  area.write32(map.smbase, smbase);
}

function tables(map: SmmMap): readonly (readonly [at: SmmSegment, stateOffset: number])[] {
  return [
    [map.gdtr, STATE_GDTR],
    [map.idtr, STATE_IDTR],
  ];
}

/** False, and nothing loaded, when the state cannot be ("Exiting From SMM": the processor shuts down). */
function loadState(core: Core, map: SmmMap, area: SaveArea): boolean {
  const { words } = core;
  const cr0 = area.read32(map.cr0);
  const cr4 = area.read32(map.cr4);
  const efer = map.efer < 0 ? 0 : area.read32(map.efer);
  if (!isPossible(core, cr0, cr4, efer)) return false;
  if (usesPdptes(cr0, cr4, efer) && !loadPdptes(core, area.read32(map.cr3))) return false;

  for (const [register, at] of map.registers.entries()) area.load(at, STATE_GPR + register * 8, map.wide);
  for (const [field, offset] of WIDE_FIELDS) area.load(map[field], offset, map.wide);
  words[STATE_CR0 >> 2] = cr0;
  words[STATE_CR4 >> 2] = cr4;
  words[STATE_EFER >> 2] = efer;
  words[STATE_DR6 >> 2] = area.read32(map.dr6) | DR6_FIXED;
  words[STATE_DR7 >> 2] = area.read32(map.dr7) | DR7_FIXED;
  core.flags.write((area.read32(map.rflags) & RFLAGS_DEFINED) | RFLAGS_FIXED);
  for (const [segment, at] of map.segments.entries()) loadSegment(core, area, segment, at, map.wide);
  for (const [at, offset] of tables(map)) {
    area.load(at.base, offset, map.wide);
    words[(offset + 8) >> 2] = area.read32(at.limit) & 0xffff;
  }
  words[STATE_CPL >> 2] = area.read8(map.cpl) & 3;
  words[STATE_SMBASE >> 2] = area.read32(map.smbase);
  if (area.read8(map.nmiMask) & 1) core.pending |= PENDING_NMI_BLOCKED;
  if (area.read8(map.repeating) & 1) core.pending |= PENDING_REPEATING;
  if (area.read8(map.autoHalt) & 1) core.pending |= PENDING_HALT;
  return true;
}

/** False when reserved bits are set in them. */
function loadPdptes(core: Core, cr3: number): boolean {
  try {
    core.mmu.loadPdptes(cr3, 0);
    return true;
  } catch (thrown) {
    if (thrown !== core.fault) throw thrown;
    return false;
  }
}

function isPossible(core: Core, cr0: number, cr4: number, efer: number): boolean {
  if ((cr0 & (CR0_PG | CR0_PE)) === CR0_PG || (cr0 & (CR0_NW | CR0_CD)) === CR0_NW) return false;
  if (cr0 & ~(CR0_DEFINED | CR0_ET) || cr4 & ~definedCr4(core.model)) return false;
  const isActive = (efer & EFER_LME) !== 0 && (cr0 & CR0_PG) !== 0;
  return isActive === ((efer & EFER_LMA) !== 0) && (!isActive || (cr4 & CR4_PAE) !== 0);
}

function loadSegment(core: Core, area: SaveArea, segment: number, at: SmmSegment, wide: boolean): void {
  const { words } = core;
  const saved = area.read16(at.attributes);
  const isUsable = (saved & MAP_UNUSABLE) === 0 && (segment !== LDTR || (saved & (DESC_P >> 8)) !== 0);
  words[segmentWord(segment, SEGMENT_SELECTOR)] = area.read16(at.selector);
  words[segmentWord(segment, SEGMENT_ATTRIBUTES)] =
    ((saved & MAP_ATTRIBUTES) << 8) | (isUsable ? DESC_USABLE : 0);
  words[segmentWord(segment, SEGMENT_LIMIT)] = area.read32(at.limit);
  area.load(at.base, segmentWord(segment, SEGMENT_BASE) << 2, wide);
}
