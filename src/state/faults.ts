import { VECTOR_GP, VECTOR_MF } from '../isa/vectors.ts';

/** Where an event comes from (SDM Vol. 3A, "Sources of Interrupts", "Sources of Exceptions"). */
export const SOURCE_EXCEPTION = 0;
/** INT n: DPL-checked, redirected in virtual-8086 mode, no EXT bit in faults on its way. */
export const SOURCE_INT_N = 1;
/** INT3 and INTO: DPL-checked, no EXT bit, but neither redirected nor subject to IOPL. */
export const SOURCE_SOFTWARE_EXCEPTION = 2;
/** INT1: a #DB that nobody checks. */
export const SOURCE_INT1 = 3;
/** Interrupt pins. */
export const SOURCE_EXTERNAL = 4;

/**
 * How a guest exception leaves a handler: one preallocated object is thrown, never an `Error`, so raising a fault
 * allocates nothing and records no host stack.
 */
export class GuestFault {
  vector = 0;
  hasErrorCode = false;
  errorCode = 0;
  /** One of `SOURCE_*`. */
  source = SOURCE_EXCEPTION;
  /** Of a software interrupt: bytes of the instruction. The return address lies behind it. */
  length = 0;
  /** The context that RIP names was switched before the fault: it must not be put back to the instruction's start. */
  keepRip = false;
  /** A #GP(0) of the MMU for a non-canonical address: the loop makes it #SS(0) when the stack segment was used. */
  nonCanonical = false;
  /** No fault at all: the instruction does not begin before an interrupt has come. */
  isFrozen = false;

  set(vector: number): this {
    this.vector = vector;
    this.hasErrorCode = false;
    this.errorCode = 0;
    this.source = SOURCE_EXCEPTION;
    this.length = 0;
    this.keepRip = false;
    this.nonCanonical = false;
    this.isFrozen = false;
    return this;
  }

  /** A waiting x87 instruction in front of an error that CR0.NE leaves to the board. */
  setFrozen(): this {
    this.set(VECTOR_MF);
    this.isFrozen = true;
    return this;
  }

  /** A software interrupt by an instruction of `length` bytes. */
  setSoftware(vector: number, source: number, length: number): this {
    this.set(vector);
    this.source = source;
    this.length = length;
    return this;
  }

  /** #GP(0) for a linear address that is not canonical. */
  setNonCanonical(): this {
    this.setWithCode(VECTOR_GP, 0);
    this.nonCanonical = true;
    return this;
  }

  setWithCode(vector: number, errorCode: number): this {
    this.set(vector);
    this.hasErrorCode = true;
    this.errorCode = errorCode;
    return this;
  }
}

/** An instruction or device access that the emulator does not have: ends the run with exit status 6. */
export class Unimplemented {
  readonly what: string;
  constructor(what: string) {
    this.what = what;
  }
}

/** Fails loudly: never a silent zero. */
export function unimplemented(what: string): never {
  throw new Unimplemented(what);
}
