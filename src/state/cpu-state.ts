import { CR0_PE, EFER_LMA } from '../isa/control.ts';
import { DESC_DB, DESC_L } from '../isa/descriptors.ts';
import { CS } from '../isa/registers.ts';
import { RFLAGS_VM } from '../isa/rflags.ts';
import { Flags } from './flags.ts';
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_BYTES,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_BYTES,
  STATE_CPL,
  STATE_CR0,
  STATE_EFER,
  STATE_GPR,
  STATE_RFLAGS,
  STATE_RIP,
  STATE_SEGMENTS,
} from './layout.ts';
import { VectorFile } from './vector-file.ts';

/** Word indices (byte offset / 4) that the interpreter uses on every path. */
export const RIP_LO = STATE_RIP >> 2;
export const RIP_HI = RIP_LO + 1;
const SEGMENT_WORDS = STATE_SEGMENTS >> 2;
const SEGMENT_STRIDE = SEGMENT_BYTES >> 2;

/** Word index of a field of segment register `segment`: `words[segmentWord(CS, SEGMENT_LIMIT)]`. */
export function segmentWord(segment: number, field: number): number {
  return SEGMENT_WORDS + segment * SEGMENT_STRIDE + (field >> 2);
}

/** The execution modes of SDM Vol. 1, "Modes of Operation", as people name them. */
export type Mode =
  | 'real'
  | 'virtual-8086'
  | 'protected16'
  | 'protected32'
  | 'compatibility16'
  | 'compatibility32'
  | '64-bit';

/**
 * Typed-array views of the CPU state page. Nothing here has behaviour of the processor; every field is at the offset
 * that `layout.ts` gives it.
 */
export class CpuState {
  /** The whole state page as words: index = byte offset >> 2. */
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** General registers. Index: byte offset (`insn.reg8`), register * 4, register * 2 (+1 for the high word). */
  readonly gpr8: Uint8Array;
  readonly gpr16: Uint16Array;
  readonly gpr32: Int32Array;
  readonly flags: Flags;
  /** XMM and YMM registers. */
  readonly vectors: VectorFile;

  constructor(buffer: ArrayBuffer, bytes = STATE_BYTES) {
    this.words = new Int32Array(buffer, 0, bytes / 4);
    this.bytes = new Uint8Array(buffer, 0, bytes);
    this.view = new DataView(buffer, 0, bytes);
    this.gpr8 = new Uint8Array(buffer, STATE_GPR, 128);
    this.gpr16 = new Uint16Array(buffer, STATE_GPR, 64);
    this.gpr32 = new Int32Array(buffer, STATE_GPR, 32);
    this.flags = new Flags(this.words);
    this.vectors = new VectorFile(buffer, bytes);
  }

  /** A view of a copy of the state page, or of its beginning, that somebody kept. */
  static over(words: Int32Array<ArrayBuffer>): CpuState {
    return new CpuState(words.buffer, words.byteLength);
  }

  selector(segment: number): number {
    return this.words[segmentWord(segment, SEGMENT_SELECTOR)]!;
  }

  attributes(segment: number): number {
    return this.words[segmentWord(segment, SEGMENT_ATTRIBUTES)]!;
  }

  limit(segment: number): number {
    return this.words[segmentWord(segment, SEGMENT_LIMIT)]!;
  }

  baseLo(segment: number): number {
    return this.words[segmentWord(segment, SEGMENT_BASE)]!;
  }

  baseHi(segment: number): number {
    return this.words[segmentWord(segment, SEGMENT_BASE) + 1]!;
  }

  cr0(): number {
    return this.words[STATE_CR0 >> 2]!;
  }

  cpl(): number {
    return this.words[STATE_CPL >> 2]!;
  }

  isProtected(): boolean {
    return (this.cr0() & CR0_PE) !== 0;
  }

  isVirtual8086(): boolean {
    return (this.words[STATE_RFLAGS >> 2]! & RFLAGS_VM) !== 0;
  }

  /** IA-32e mode is active: compatibility or 64-bit mode. */
  isLongModeActive(): boolean {
    return (this.words[STATE_EFER >> 2]! & EFER_LMA) !== 0;
  }

  /** 64-bit mode proper: EFER.LMA and CS.L. */
  is64Bit(): boolean {
    return this.isLongModeActive() && (this.attributes(CS) & DESC_L) !== 0;
  }

  /** 16, 32 or 64: the default size of code at CS. */
  codeSize(): 16 | 32 | 64 {
    if (this.is64Bit()) return 64;
    return this.attributes(CS) & DESC_DB ? 32 : 16;
  }

  mode(): Mode {
    if (!this.isProtected()) return 'real';
    if (this.isVirtual8086()) return 'virtual-8086';
    if (!this.isLongModeActive()) return this.attributes(CS) & DESC_DB ? 'protected32' : 'protected16';
    if (this.attributes(CS) & DESC_L) return '64-bit';
    return this.attributes(CS) & DESC_DB ? 'compatibility32' : 'compatibility16';
  }
}
