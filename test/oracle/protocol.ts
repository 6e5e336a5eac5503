/**
 * The records that go to host.c and come back, little-endian.
 *
 * Case: code 16, length 1, flags 1, pad 6, 16 x gpr 8, rflags 8, 16 x xmm 16, 16 x upper ymm 16, 8 x st 16, fcw 2, fsw 2, ftw 4,
 * mxcsr 4, pad 4. Result: vector 4 (all ones: none), error 4, cr2 8, then gpr to mxcsr as in a case but with rip before rflags,
 * then what changed in the data pages: offset 4, bytes 4, contents 512.
 */
export const CODE = 0x200010;
export const CODE_PAGE = 0x200000;
export const DATA = 0x300000;
export const DATA_BYTES = 0x2000;
export const CASE_BYTES = 816;
export const RESULT_BYTES = 1336;
export const CHANGES = 512;
export const NO_VECTOR = 0xffffffff;

/** Run with RFLAGS.TF: the instruction may branch or change TF. */
export const FLAG_STEP = 1;

const AT_LENGTH = 16;
const AT_FLAGS = 17;
const AT_GPR = 24;
const AT_RFLAGS = 152;
const AT_VECTORS = 160;
const AT_ST = 672;
const AT_FPU = 800;
const AT_CR2 = 8;
const AT_RESULT_GPR = 16;
const AT_RIP = 144;
const AT_CHANGED = 816;

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

export interface Case extends Registers {
  /** The op, for people. */
  name: string;
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
  return { ...emptyRegisters(), name: '', bytes: new Uint8Array(16), length: 0, flags: 0 };
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
  };
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

/** A record at `at`, as words and bytes. Records start at multiples of 8. */
export function writeCase(c: Case, buffer: ArrayBuffer, at: number): void {
  const view = new DataView(buffer, at, CASE_BYTES);
  const words = new Int32Array(buffer, at, CASE_BYTES / 4);
  new Uint8Array(buffer, at, 16).set(c.bytes);
  view.setUint8(AT_LENGTH, c.length);
  view.setUint8(AT_FLAGS, c.flags);
  words.set(c.gpr, AT_GPR / 4);
  words[AT_RFLAGS / 4] = c.rflags;
  words[AT_RFLAGS / 4 + 1] = 0;
  words.set(c.vectors, AT_VECTORS / 4);
  words.set(c.st, AT_ST / 4);
  view.setUint16(AT_FPU, c.fcw, true);
  view.setUint16(AT_FPU + 2, c.fsw, true);
  view.setUint32(AT_FPU + 4, c.ftw, true);
  view.setUint32(AT_FPU + 8, c.mxcsr, true);
}

export function readResult(buffer: ArrayBuffer, at: number, into: Outcome): Outcome {
  const view = new DataView(buffer, at, RESULT_BYTES);
  const words = new Int32Array(buffer, at, RESULT_BYTES / 4);
  into.vector = view.getUint32(0, true);
  into.error = view.getUint32(4, true);
  into.cr2Lo = words[AT_CR2 / 4]!;
  into.cr2Hi = words[AT_CR2 / 4 + 1]!;
  into.gpr.set(words.subarray(AT_RESULT_GPR / 4, AT_RESULT_GPR / 4 + 32));
  into.ripLo = words[AT_RIP / 4]!;
  into.ripHi = words[AT_RIP / 4 + 1]!;
  into.rflags = words[AT_RFLAGS / 4]!;
  into.vectors.set(words.subarray(AT_VECTORS / 4, AT_VECTORS / 4 + 128));
  into.st.set(words.subarray(AT_ST / 4, AT_ST / 4 + 32));
  into.fcw = view.getUint16(AT_FPU, true);
  into.fsw = view.getUint16(AT_FPU + 2, true);
  into.ftw = view.getUint32(AT_FPU + 4, true);
  into.mxcsr = view.getUint32(AT_FPU + 8, true);
  into.changedFrom = view.getUint32(AT_CHANGED, true);
  into.changedBytes = view.getUint32(AT_CHANGED + 4, true);
  into.changed.set(new Uint8Array(buffer, at + AT_CHANGED + 8, CHANGES));
  return into;
}
