import {
  RFLAGS_AC,
  RFLAGS_AF,
  RFLAGS_CF,
  RFLAGS_FIXED,
  RFLAGS_OF,
  RFLAGS_PF,
  RFLAGS_RF,
  RFLAGS_SF,
  RFLAGS_STATUS,
  RFLAGS_SYSTEM,
  RFLAGS_TF,
  RFLAGS_VM,
  RFLAGS_ZF,
} from '../../isa/rflags.ts';
import {
  SEGMENT_BASE,
  SEGMENT_BYTES,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_CPL,
  STATE_FLAG_CARRY,
  STATE_FLAG_RESULT,
  STATE_JIT_CONTEXT,
  STATE_JIT_MOVED,
  STATE_RFLAGS,
  STATE_SEGMENTS,
  STATE_TLB_BANK,
  STATE_TLB_BANKS,
  STATE_TLB_MASK,
} from '../../state/layout.ts';
import { CONTEXT_USER } from '../context.ts';
import { Code } from '../wasm/code.ts';
import type { FunctionBody } from '../wasm/module.ts';
import {
  I32_ADD,
  I32_AND,
  I32_EQZ,
  I32_LOAD,
  I32_NE,
  I32_OR,
  I32_SHL,
  I32_SHR_U,
  I32_STORE,
  I32_WRAP_I64,
  I32_XOR,
  I64_ADD,
  I64_AND,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_NE,
  I64_SHL,
  I64_SHR_S,
  I64_STORE,
  RETURN,
  TYPE_I32,
  TYPE_I64,
} from '../wasm/opcodes.ts';
import { pushCondition, STATUS_FLAGS } from './condition.ts';
import { ACCESS_READ } from './emitter.ts';

/** The parameter. */
export const ARGUMENT = 0;
const WIDE = 1;
const WIDE_LOCALS = 12;
const NARROW = WIDE + WIDE_LOCALS;
const NARROW_LOCALS = 24;

/** Classes of `mmu/permissions.ts` that a routine may enter: those of the two levels that count, without RFLAGS.AC. */
export const CLASS_SUPERVISOR = 0;
export const CLASS_USER = 2;
/** Bytes of an entry of STATE_TLB_BANKS. */
const BANK_BYTES = 8;

/** With one of these in the new RFLAGS the interpreter must look: single-stepping, other rules of access. */
export const SLOW_FLAGS = RFLAGS_TF | RFLAGS_RF | RFLAGS_VM | RFLAGS_AC;

/** Pushes a value. */
export type Push = () => void;

/** Locals of the offset and the mask of a TLB bank. */
export interface TlbClass {
  readonly bank: number;
  readonly mask: number;
}

/**
 * Writes one of the functions that all regions share: a change of the privilege level in the shape that kernels use, on
 * the state in memory alone. A routine answers 1 when all is done, and 0 when nothing is: then the handler of the
 * interpreter does it, with all the checks and faults that were left out here. Checks come first, then the commit.
 */
export class Routine {
  readonly code = new Code(1024);
  #wide = 0;
  #narrow = 0;
  readonly #fail: number;

  constructor() {
    this.#fail = this.code.block();
  }

  wide(): number {
    return WIDE + this.#wide++;
  }

  narrow(): number {
    return NARROW + this.#narrow++;
  }

  /** The end: the work is done. */
  finish(): FunctionBody {
    const { code } = this;
    if (this.#wide > WIDE_LOCALS || this.#narrow > NARROW_LOCALS) throw new Error('too few locals');
    this.store32(STATE_JIT_MOVED, () => code.i32(1));
    code.i32(1);
    code.op(RETURN);
    code.end();
    code.i32(0);
    const locals = [[WIDE_LOCALS, TYPE_I64] as const, [NARROW_LOCALS, TYPE_I32] as const];
    return { locals, code };
  }

  /** Takes a condition from the stack: if it is not 0 the routine has done nothing. */
  failIf(): void {
    this.code.brIf(this.#fail);
  }

  failUnless(): void {
    this.code.op(I32_EQZ);
    this.failIf();
  }

  /** Takes a value from the stack; fails if any of the bits is set. */
  failIfAny(bits: number): void {
    this.code.i32(bits);
    this.code.op(I32_AND);
    this.failIf();
  }

  /** Takes a value from the stack; fails unless its bits under the mask are these. */
  failUnlessBits(mask: number, bits: number): void {
    this.code.i32(mask);
    this.code.op(I32_AND);
    this.code.i32(bits);
    this.code.op(I32_NE);
    this.failIf();
  }

  // The state page.

  load32(offset: number): void {
    this.code.i32(0);
    this.code.memory(I32_LOAD, offset);
  }

  load64(offset: number): void {
    this.code.i32(0);
    this.code.memory(I64_LOAD, offset);
  }

  store32(offset: number, push: Push): void {
    this.code.i32(0);
    push();
    this.code.memory(I32_STORE, offset);
  }

  store64(offset: number, push: Push): void {
    this.code.i32(0);
    push();
    this.code.memory(I64_STORE, offset);
  }

  /** Fails unless the quadword is an address of 48 bits. With a fifth level that is stricter than need be. */
  failUnlessCanonical(local: number): void {
    const { code } = this;
    code.get(local);
    code.i64(16);
    code.op(I64_SHL);
    code.i64(16);
    code.op(I64_SHR_S);
    code.get(local);
    code.op(I64_NE);
    this.failIf();
  }

  // Flags.

  /** Pushes RFLAGS. */
  readFlags(): void {
    const { code } = this;
    const result = this.wide();
    const carry = this.narrow();
    this.load64(STATE_FLAG_RESULT);
    code.set(result);
    this.load32(STATE_FLAG_CARRY);
    code.set(carry);
    this.load32(STATE_RFLAGS);
    code.i32(RFLAGS_FIXED);
    code.op(I32_OR);
    const words = { result: () => code.get(result), carry: () => code.get(carry) };
    for (const [condition, flag] of STATUS_FLAGS) {
      pushCondition(code, condition, words);
      this.#place(flag);
    }
    code.get(carry);
    code.i32(1);
    code.op(I32_SHL);
    code.i32(RFLAGS_AF);
    code.op(I32_AND);
    code.op(I32_OR);
  }

  /** ORs the 0 or 1 on the stack into the flags below it. */
  #place(flag: number): void {
    this.code.i32(31 - Math.clz32(flag));
    this.code.op(I32_SHL);
    this.code.op(I32_OR);
  }

  /** Loads all flags from a local. */
  writeFlags(rflags: number): void {
    this.writeSystemFlags(rflags);
    this.writeStatus(rflags);
  }

  writeSystemFlags(rflags: number): void {
    this.store32(STATE_RFLAGS, () => {
      this.code.get(rflags);
      this.code.i32(RFLAGS_SYSTEM);
      this.code.op(I32_AND);
    });
  }

  /** As `Flags.setStatus` of `state/flags.ts`. */
  writeStatus(rflags: number): void {
    const { code } = this;
    const bit = (flag: number) => {
      code.get(rflags);
      code.i32(31 - Math.clz32(flag));
      code.op(I32_SHR_U);
      code.i32(1);
      code.op(I32_AND);
    };
    this.store64(STATE_FLAG_RESULT, () => {
      bit(RFLAGS_ZF);
      code.op(I32_EQZ);
      code.op(I64_EXTEND_I32_U);
    });
    this.store32(STATE_FLAG_CARRY, () => {
      bit(RFLAGS_CF);
      code.i32(31);
      code.op(I32_SHL);
      bit(RFLAGS_CF);
      bit(RFLAGS_OF);
      code.op(I32_XOR);
      code.i32(30);
      code.op(I32_SHL);
      code.op(I32_OR);
      bit(RFLAGS_AF);
      code.i32(3);
      code.op(I32_SHL);
      code.op(I32_OR);
      bit(RFLAGS_PF);
      bit(RFLAGS_ZF);
      code.op(I32_XOR);
      code.i32(8);
      code.op(I32_SHL);
      code.op(I32_OR);
      bit(RFLAGS_SF);
      code.op(I32_OR);
    });
  }

  /** Loads the status flags from a local if `mask`, a local too, has any of them. */
  writeStatusIf(mask: number, rflags: number): void {
    const { code } = this;
    code.get(mask);
    code.i32(RFLAGS_STATUS);
    code.op(I32_AND);
    code.if();
    this.writeStatus(rflags);
    code.end();
  }

  // Segments and privilege.

  /** Loads a segment register: base and selector, and the limit below the attributes as a quadword. */
  loadSegment(segment: number, selector: Push, base: Push, limitAndAttributes: Push): void {
    const slot = STATE_SEGMENTS + segment * SEGMENT_BYTES;
    this.store64(slot + SEGMENT_BASE, base);
    this.store64(slot + SEGMENT_LIMIT, limitAndAttributes);
    this.store32(slot + SEGMENT_SELECTOR, selector);
  }

  /** Fails unless the class has a bank in use; answers the locals of its offset and mask. */
  openClass(accessClass: number): TlbClass {
    const { code } = this;
    const bank = this.narrow();
    const mask = this.narrow();
    this.load32(STATE_TLB_BANKS + accessClass * BANK_BYTES);
    code.tee(bank);
    this.failUnless();
    this.load32(STATE_TLB_BANKS + accessClass * BANK_BYTES + 4);
    code.set(mask);
    return { bank, mask };
  }

  /** Enters a privilege level with the TLB bank of its accesses. */
  enterLevel(cpl: 0 | 3, { bank, mask }: TlbClass): void {
    const { code } = this;
    this.store32(STATE_CPL, () => code.i32(cpl));
    this.store32(STATE_TLB_BANK, () => code.get(bank));
    this.store32(STATE_TLB_MASK, () => code.get(mask));
    this.store32(STATE_JIT_CONTEXT, () => {
      this.load32(STATE_JIT_CONTEXT);
      code.i32(cpl === 3 ? CONTEXT_USER : ~CONTEXT_USER);
      code.op(cpl === 3 ? I32_OR : I32_AND);
    });
  }

  // Memory.

  /**
   * Host address of the bytes from the linear address in a local to the one that is pushed. They must lie in one page and
   * go straight to memory in this bank: else the routine fails.
   */
  probe(address: number, pushLast: Push, access: number, { bank, mask }: TlbClass): number {
    const { code } = this;
    const entry = this.narrow();
    const host = this.narrow();
    code.get(address);
    code.op(I32_WRAP_I64);
    code.i32(7);
    code.op(I32_SHR_U);
    code.get(mask);
    code.op(I32_AND);
    code.get(bank);
    code.op(I32_ADD);
    code.tee(entry);
    code.memory(I64_LOAD, access * 8);
    pushLast();
    code.i64(-0x1000);
    code.op(I64_AND);
    code.op(I64_NE);
    this.failIf();
    code.get(entry);
    code.memory(I32_LOAD, 24);
    code.get(address);
    code.op(I32_WRAP_I64);
    code.op(I32_ADD);
    code.set(host);
    return host;
  }

  /** Host address of so many bytes that are to be read. */
  probeRead(address: number, bytes: number, tlb: TlbClass): number {
    const { code } = this;
    const pushLast = () => {
      code.get(address);
      code.i64(bytes - 1);
      code.op(I64_ADD);
    };
    return this.probe(address, pushLast, ACCESS_READ, tlb);
  }
}
