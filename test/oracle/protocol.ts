import { Instruction } from '../../src/isa/instruction.ts';

/**
 * The records that go to host.c and come back, little-endian.
 *
 * Case: code 64, length 1, flags 1, pad 6, 16 x gpr 8, rflags 8, 16 x xmm 16, 16 x upper ymm 16, 8 x st 16, fcw 2, fsw 2, ftw 4,
 * mxcsr 4, pad 4. Result: vector 4 (all ones: none), error 4, cr2 8, then gpr to mxcsr as in a case but with rip before rflags,
 * then what changed in the data pages: offset 4, bytes 4, contents 1024;
 * at the end the bases of FS and GS 8 each.
 */
export const CODE = 0x200010;
export const CODE_PAGE = 0x200000;
export const DATA = 0x300000;
export const DATA_BYTES = 0x2000;
export const CASE_BYTES = 864;
export const RESULT_BYTES = 1864;
export const CHANGES = 1024;
export const NO_VECTOR = 0xffffffff;

/** Run with RFLAGS.TF: the instruction may branch or change TF. */
export const FLAG_STEP = 1;

/** Room for the code of a case. */
export const CODE_BYTES = 64;

const AT_LENGTH = 64;
const AT_FLAGS = 65;
const AT_GPR = 72;
const AT_RFLAGS = 200;
const AT_VECTORS = 208;
const AT_ST = 720;
const AT_FPU = 848;
const AT_CR2 = 8;
const AT_RESULT_GPR = 16;
const AT_RIP = 144;
const AT_RESULT_RFLAGS = 152;
const AT_RESULT_VECTORS = 160;
const AT_RESULT_ST = 672;
const AT_RESULT_FPU = 800;
const AT_CHANGED = 816;
const AT_BASES = 1848;

/** Registers as both sides have them. Words: gpr 32, xmm and upper halves 64 + 64, st 32. */
export interface Registers {
  readonly gpr: Int32Array;
  rflags: number;
  readonly vectors: Int32Array;
  readonly st: Int32Array;
  fcw: number;
  fsw: number;
  ftw: number;
  mxcsr: number;
}

/** An instruction, and where it is in the code of its case. */
export class PlacedInstruction extends Instruction {
  start = 0;
  /** Where the one behind it is. */
  get next(): number {
    return this.start + this.length;
  }
}

export interface Case extends Registers {
  /** The ops, for people and for tables of what is undefined. */
  names: readonly string[];
  /** The decoded instructions, one behind the other. */
  insns: readonly PlacedInstruction[];
  readonly bytes: Uint8Array;
  length: number;
  flags: number;
}

export interface Outcome extends Registers {
  vector: number;
  error: number;
  cr2Lo: number;
  cr2Hi: number;
  ripLo: number;
  ripHi: number;
  changedFrom: number;
  changedBytes: number;
  readonly changed: Uint8Array;
  /** Of FS and GS: words, low and high. */
  readonly bases: Int32Array;
  /** Flags that the manual leaves undefined after these instructions; told by the interpreter alone. */
  undefined: number;
  /** An undefined flag was read, or a result is undefined: nothing can be said about the rest. */
  isTainted: boolean;
}

function emptyRegisters(): Registers {
  return {
    gpr: new Int32Array(32),
    rflags: 0,
    vectors: new Int32Array(128),
    st: new Int32Array(32),
    fcw: 0x37f,
    fsw: 0,
    ftw: 0,
    mxcsr: 0x1f80,
  };
}

export function emptyCase(): Case {
  return {
    ...emptyRegisters(),
    names: [],
    insns: [],
    bytes: new Uint8Array(CODE_BYTES),
    length: 0,
    flags: 0,
  };
}

export function emptyOutcome(): Outcome {
  return {
    ...emptyRegisters(),
    vector: NO_VECTOR,
    error: 0,
    cr2Lo: 0,
    cr2Hi: 0,
    ripLo: 0,
    ripHi: 0,
    changedFrom: 0,
    changedBytes: 0,
    changed: new Uint8Array(CHANGES),
    bases: new Int32Array(4),
    undefined: 0,
    isTainted: false,
  };
}

/** Copies `from` into `into`, which it answers. */
export function copyOutcome(from: Outcome, into: Outcome): Outcome {
  const { gpr, vectors, st, changed, bases } = into;
  gpr.set(from.gpr);
  vectors.set(from.vectors);
  st.set(from.st);
  changed.set(from.changed);
  bases.set(from.bases);
  return Object.assign(into, from, { gpr, vectors, st, changed, bases });
}

export function copyCase(c: Case): Case {
  return {
    ...c,
    bytes: c.bytes.slice(),
    gpr: c.gpr.slice(),
    vectors: c.vectors.slice(),
    st: c.st.slice(),
  };
}

/** All records of a batch in one buffer, seen as words. Records start at multiples of 8. */
export function writeCase(c: Case, bytes: Uint8Array, words: Int32Array, at: number): void {
  const first = at >> 2;
  bytes.set(c.bytes, at);
  bytes[at + AT_LENGTH] = c.length;
  bytes[at + AT_FLAGS] = c.flags;
  words.set(c.gpr, first + AT_GPR / 4);
  words[first + AT_RFLAGS / 4] = c.rflags;
  words[first + AT_RFLAGS / 4 + 1] = 0;
  words.set(c.vectors, first + AT_VECTORS / 4);
  words.set(c.st, first + AT_ST / 4);
  words[first + AT_FPU / 4] = (c.fcw & 0xffff) | (c.fsw << 16);
  words[first + AT_FPU / 4 + 1] = c.ftw;
  words[first + AT_FPU / 4 + 2] = c.mxcsr;
}

export function readResult(words: Int32Array, at: number, into: Outcome): Outcome {
  const first = at >> 2;
  into.vector = words[first]! >>> 0;
  into.error = words[first + 1]! >>> 0;
  into.cr2Lo = words[first + AT_CR2 / 4]!;
  into.cr2Hi = words[first + AT_CR2 / 4 + 1]!;
  const { gpr, vectors, st } = into;
  for (let n = 0; n < 32; n++) gpr[n] = words[first + AT_RESULT_GPR / 4 + n]!;
  for (let n = 0; n < 128; n++) vectors[n] = words[first + AT_RESULT_VECTORS / 4 + n]!;
  for (let n = 0; n < 32; n++) st[n] = words[first + AT_RESULT_ST / 4 + n]!;
  into.ripLo = words[first + AT_RIP / 4]!;
  into.ripHi = words[first + AT_RIP / 4 + 1]!;
  into.rflags = words[first + AT_RESULT_RFLAGS / 4]!;
  into.fcw = words[first + AT_RESULT_FPU / 4]! & 0xffff;
  into.fsw = words[first + AT_RESULT_FPU / 4]! >>> 16;
  into.ftw = words[first + AT_RESULT_FPU / 4 + 1]! >>> 0;
  into.mxcsr = words[first + AT_RESULT_FPU / 4 + 2]! >>> 0;
  for (let n = 0; n < 4; n++) into.bases[n] = words[first + AT_BASES / 4 + n]!;
  into.changedFrom = words[first + AT_CHANGED / 4]!;
  into.changedBytes = words[first + AT_CHANGED / 4 + 1]!;
  if (into.changedBytes > 0)
    into.changed.set(new Uint8Array(words.buffer, words.byteOffset + at + AT_CHANGED + 8, CHANGES));
  return into;
}
