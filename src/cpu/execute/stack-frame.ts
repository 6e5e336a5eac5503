import { carryOut, isCanonical } from '../../bits/words.ts';
import { DESC_DB } from '../../isa/descriptors.ts';
import { RSP, SS } from '../../isa/registers.ts';
import { VECTOR_SS } from '../../isa/vectors.ts';
import { withinLimit } from '../../mmu/segmentation.ts';
import type { Core } from './core.ts';
import { baseOf, type Descriptor, limitOf, selectorError } from './descriptor.ts';

/** Puts a stack pointer into SP, ESP or RSP; what the stack does not use keeps its value, the upper half of ESP is cleared. */
export function setStackPointer(core: Core, size: 16 | 32 | 64, lo: number, hi: number): void {
  if (size === 16) {
    core.gpr16[RSP * 4] = lo;
    return;
  }
  core.gpr32[RSP * 2] = lo;
  core.gpr32[RSP * 2 + 1] = size === 64 ? hi : 0;
}

/**
 * Pushes onto the current stack with a stack pointer of its own: nothing but memory below the stack changes until
 * `commit`, so a fault half-way leaves the registers as they were.
 */
export class PushFrame {
  readonly core: Core;
  readonly size: 16 | 32 | 64;
  lo: number;
  hi: number;

  constructor(core: Core) {
    this.core = core;
    this.size = core.stackSize();
    this.lo = core.gpr32[RSP * 2]!;
    this.hi = this.size === 64 ? core.gpr32[RSP * 2 + 1]! : 0;
  }

  /** Pushes `bits` bits of `hi:lo`. */
  push(bits: 16 | 32 | 64, lo: number, hi: number): void {
    const offset = this.#descend(bits >> 3);
    if (bits === 16) this.core.store16(SS, offset, this.hi, lo);
    else if (bits === 32) this.core.store32(SS, offset, this.hi, lo);
    else this.core.store64(SS, offset, this.hi, lo, hi);
  }

  commit(): void {
    setStackPointer(this.core, this.size, this.lo, this.hi);
  }

  /** Moves the pointer down and answers the low word of the offset. */
  #descend(bytes: number): number {
    const lo = (this.lo - bytes) | 0;
    if (this.size === 64) this.hi = (this.hi - (lo >>> 0 > this.lo >>> 0 ? 1 : 0)) | 0;
    this.lo = this.size === 16 ? lo & 0xffff : lo;
    return this.lo;
  }
}

/**
 * Pushes onto a stack that is not loaded yet: the one of an inner level. Faults name its selector; the accesses are
 * those of the level that it belongs to, so of the supervisor.
 */
export class InnerFrame {
  readonly core: Core;
  readonly size: 16 | 32 | 64;
  readonly selector: number;
  readonly descriptor: Descriptor | undefined;
  readonly #base: number;
  readonly #limit: number;
  readonly #sameLevel: boolean;
  lo: number;
  hi: number;

  /** Without a descriptor it is a 64-bit stack with a null selector; `sameLevel` when the level does not change. */
  constructor(
    core: Core,
    selector: number,
    descriptor: Descriptor | undefined,
    lo: number,
    hi: number,
    sameLevel = false,
  ) {
    this.core = core;
    this.#sameLevel = sameLevel;
    this.selector = selector;
    this.descriptor = descriptor;
    this.size = !descriptor ? 64 : descriptor.hi & DESC_DB ? 32 : 16;
    this.#base = descriptor ? baseOf(descriptor) : 0;
    this.#limit = descriptor ? limitOf(descriptor) : 0;
    this.lo = lo;
    this.hi = hi;
  }

  push(bits: 16 | 32 | 64, lo: number, hi: number): void {
    const bytes = bits >> 3;
    const { mmu, fault } = this.core;
    let at = (this.lo - bytes) | 0;
    let atHi = 0;
    if (this.descriptor) {
      if (this.size === 16) at &= 0xffff;
      this.lo = at;
      if (!withinLimit(this.descriptor.hi, this.#limit, at, bytes)) {
        throw fault.setWithCode(VECTOR_SS, selectorError(this.selector));
      }
      at = (at + this.#base) | 0;
    } else {
      atHi = (this.hi - (at >>> 0 > this.lo >>> 0 ? 1 : 0)) | 0;
      this.lo = at;
      this.hi = atHi;
      const lastHi = (atHi + carryOut(at, (at + bytes - 1) | 0)) | 0;
      if (!isCanonical(atHi, mmu.linearBits) || !isCanonical(lastHi, mmu.linearBits)) {
        throw fault.setWithCode(VECTOR_SS, 0);
      }
    }
    if (this.#sameLevel) mmu.write64(at, atHi, lo, hi);
    else if (bits === 16) mmu.writeSystem16(at, atHi, lo);
    else if (bits === 32) mmu.writeSystem32(at, atHi, lo);
    else mmu.writeSystem64(at, atHi, lo, hi);
  }
}

/** Pops from the current stack with a stack pointer of its own. */
export class PopFrame {
  readonly core: Core;
  readonly size: 16 | 32 | 64;
  lo: number;
  hi: number;
  /** High word of the last 64-bit pop. */
  high = 0;

  constructor(core: Core) {
    this.core = core;
    this.size = core.stackSize();
    this.lo = this.size === 16 ? core.gpr16[RSP * 4]! : core.gpr32[RSP * 2]!;
    this.hi = this.size === 64 ? core.gpr32[RSP * 2 + 1]! : 0;
  }

  /**
   * #SS(0) unless the next `count` pops lie within the limit (SDM Vol. 2A, "IRET", "RET": "if the top bytes of stack are not
   * within stack limits"). No memory is touched.
   */
  prove(bits: 16 | 32 | 64, count: number): void {
    const { core, lo, hi } = this;
    if ((core.flatRead >> SS) & 1) return;
    for (let n = 0; n < count; n++) {
      core.linear(SS, this.lo, this.hi, bits >> 3, false);
      this.skip(bits >> 3);
    }
    this.lo = lo;
    this.hi = hi;
  }

  /** The low word, zero-extended below 32 bits; the high word of a quadword is then in `high`. */
  pop(bits: 16 | 32 | 64): number {
    const { core, lo, hi } = this;
    this.high = 0;
    let value: number;
    if (bits === 16) value = core.load16(SS, lo, hi);
    else if (bits === 32) value = core.load32(SS, lo, hi);
    else {
      value = core.load64(SS, lo, hi);
      this.high = core.high;
    }
    this.skip(bits >> 3);
    return value;
  }

  /** What the pop after `index` others would answer. */
  peek(bits: 16 | 32 | 64, index: number): number {
    const { lo, hi } = this;
    this.skip(index * (bits >> 3));
    const value = this.pop(bits);
    this.lo = lo;
    this.hi = hi;
    return value;
  }

  skip(bytes: number): void {
    const lo = (this.lo + bytes) | 0;
    if (this.size === 64) this.hi = (this.hi + (lo >>> 0 < this.lo >>> 0 ? 1 : 0)) | 0;
    this.lo = this.size === 16 ? lo & 0xffff : lo;
  }

  commit(): void {
    setStackPointer(this.core, this.size, this.lo, this.hi);
  }
}
