import type { Code } from '../wasm/code.ts';
import {
  I32_AND,
  I32_EQ,
  I32_EQZ,
  I32_EXTEND8_S,
  I32_EXTEND16_S,
  I32_LE_S,
  I32_LE_U,
  I32_LT_S,
  I32_LT_U,
  I32_NE,
  I32_OR,
  I32_POPCNT,
  I32_SHL,
  I32_SHR_S,
  I32_SHR_U,
  I32_WRAP_I64,
  I32_XOR,
  I64_ADD,
  I64_AND,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
  I64_OR,
  I64_SHR_U,
  I64_SUB,
  I64_XOR,
  SELECT,
} from '../wasm/opcodes.ts';
import { B, BE, L, LE, O, P, pushCondition, S, Z } from './condition.ts';
import { FLAG_A, FLAG_B, FLAG_CARRY, FLAG_KIND, FLAG_RESULT, POINTER } from './locals.ts';
import { constant, type Size, type Value } from './value.ts';

const CARRY_BITS = 0xc0000000 | 0;
const CARRY_AF = 8;

/** Bits of FLAG_KIND; 0 says that FLAG_CARRY is right. With KIND_STEP its bit 31 is, which is CF. */
const KIND_SUBTRACT = 1;
const KIND_WIDE = 2;
const KIND_STEP = 4;
const KIND_DELAYED = 8;

/** What the flags need of the emitter. */
export interface FlagHost {
  readonly code: Code;
  push(value: Value, size: Size): void;
  alu(op: number, size: Size): void;
  compare(op: number, size: Size): void;
  temp(number: number, size: Size): number;
}

/** Flags that an instruction has left behind and that nobody has asked for yet. */
interface Pending {
  /** Computes FLAG_RESULT and FLAG_CARRY. */
  readonly materialise: () => void;
  /** Pushes 0 or 1 for an even condition, or answers false when it has no short way. */
  readonly condition?: (condition: number) => boolean;
  /** CF is bit 31 of FLAG_CARRY already. */
  readonly carryKept?: boolean;
  /** Operands and kind, where the rest can be left to whoever needs it. */
  readonly delayed?: { size: Size; a: Value; b: Value; kind: number };
  /** They are in the locals as `settle` puts them there. */
  readonly isSettled?: boolean;
}

interface Snapshot {
  readonly pending: Pending | undefined;
  readonly parity: number;
}

/**
 * The lazy flags of `state/flags.ts` in locals. What the last instruction left is kept as a recipe on its operands;
 * it is carried out only where the flags may be read: exits, blocks that need them, conditions without a short way.
 */
export class FlagEmitter {
  /** Which set of temporaries the present instruction uses. */
  parity = 0;
  /** Whether the region reads or writes flags at all. */
  touched = false;
  readonly #e: FlagHost;
  #pending: Pending | undefined;

  constructor(host: FlagHost) {
    this.#e = host;
  }

  /** At the start of a block that several ways lead to: the flags are in the locals. */
  reset(): void {
    this.#pending = undefined;
    this.parity = 0;
  }

  snapshot(): Snapshot {
    return { pending: this.#pending, parity: this.parity };
  }

  restore(snapshot: Snapshot): void {
    this.#pending = snapshot.pending;
    this.parity = snapshot.parity;
  }

  /** Emits code that is off the main path: what is known of the flags there does not count afterwards. */
  aside(emit: () => void): void {
    const before = this.snapshot();
    emit();
    this.restore(before);
  }

  /** Brings FLAG_RESULT and FLAG_CARRY up to date. */
  materialise(): void {
    const pending = this.#pending;
    this.touched = true;
    if (!pending) return;
    this.#pending = undefined;
    pending.materialise();
    if (pending.isSettled) return;
    this.#e.code.i32(0);
    this.#e.code.set(FLAG_KIND);
  }

  /**
   * Puts the flags into the locals in the shortest form, for exits, whose common tail completes them, and for blocks that
   * look at them at exits alone.
   */
  settle(): void {
    const e = this.#e;
    const { code } = e;
    if (this.#pending?.isSettled) return;
    const delayed = this.#pending?.delayed;
    if (!delayed) {
      this.materialise();
      return;
    }
    this.touched = true;
    for (const [value, local] of [
      [delayed.a, FLAG_A],
      [delayed.b, FLAG_B],
    ] as const) {
      e.push(value, delayed.size);
      if (delayed.size !== 64) code.op(I64_EXTEND_I32_U);
      code.set(local);
    }
    code.i32(delayed.kind);
    code.set(FLAG_KIND);
  }

  /** At the start of a block that several ways lead to: the flags are in the locals, as `settle` has put them there. */
  resetSettled(): void {
    this.touched = true;
    this.parity = 0;
    this.#pending = { isSettled: true, materialise: () => this.complete(this.#e.code) };
  }

  /** Computes FLAG_RESULT and FLAG_CARRY where FLAG_KIND says that they are still to be computed. */
  complete(code: Code): void {
    code.get(FLAG_KIND);
    code.if();
    const subtracts = () => {
      code.get(FLAG_KIND);
      code.i32(KIND_SUBTRACT);
      code.op(I32_AND);
      code.op(I64_EXTEND_I32_U);
    };
    code.get(FLAG_A);
    code.get(FLAG_B);
    code.op(I64_ADD);
    code.get(FLAG_A);
    code.get(FLAG_B);
    code.op(I64_SUB);
    code.get(FLAG_KIND);
    code.i32(KIND_SUBTRACT);
    code.op(I32_AND);
    code.op(I32_EQZ);
    code.op(SELECT);
    code.tee(FLAG_RESULT);
    code.get(FLAG_RESULT);
    code.op(I32_WRAP_I64);
    code.op(I64_EXTEND_I32_S);
    code.get(FLAG_KIND);
    code.i32(KIND_WIDE);
    code.op(I32_AND);
    code.op(SELECT);
    code.set(FLAG_RESULT);
    // With m all ones for a subtraction: (a ^ m & b) | ((a ^ m | b) & (r ^ ~m)).
    code.i64(0);
    subtracts();
    code.op(I64_SUB);
    code.get(FLAG_A);
    code.op(I64_XOR);
    code.tee(FLAG_A);
    code.get(FLAG_B);
    code.op(I64_AND);
    code.get(FLAG_A);
    code.get(FLAG_B);
    code.op(I64_OR);
    subtracts();
    code.i64(1);
    code.op(I64_SUB);
    code.get(FLAG_RESULT);
    code.op(I64_XOR);
    code.op(I64_AND);
    code.op(I64_OR);
    code.tee(FLAG_A);
    code.i64(32);
    code.i64(0);
    code.get(FLAG_KIND);
    code.i32(KIND_WIDE);
    code.op(I32_AND);
    code.op(SELECT);
    code.op(I64_SHR_U);
    code.op(I32_WRAP_I64);
    code.i32(CARRY_BITS);
    code.op(I32_AND);
    code.get(FLAG_A);
    code.op(I32_WRAP_I64);
    code.i32(CARRY_AF);
    code.op(I32_AND);
    code.op(I32_OR);
    // A step leaves CF as it was: where the new one differs, both bits turn. POINTER is free between accesses.
    code.tee(POINTER);
    code.get(FLAG_CARRY);
    code.op(I32_XOR);
    code.i32(31);
    code.op(I32_SHR_S);
    code.i32(CARRY_BITS);
    code.op(I32_AND);
    code.i32(0);
    code.get(FLAG_KIND);
    code.i32(KIND_STEP);
    code.op(I32_AND);
    code.op(SELECT);
    code.get(POINTER);
    code.op(I32_XOR);
    code.set(FLAG_CARRY);
    code.i32(0);
    code.set(FLAG_KIND);
    code.end();
  }

  /** Brings at least bit 31 of FLAG_CARRY up to date. */
  materialiseCarry(): void {
    if (!this.#pending?.carryKept) this.materialise();
  }

  /** All that is known of older flags no longer counts. The temporaries of the instruction belong to the flags now. */
  #set(pending: Pending): void {
    this.#pending = pending;
    this.parity ^= 1;
    this.touched = true;
  }

  add(size: Size, a: Value, b: Value, result: Value, carryIn = false): void {
    this.#set({
      ...(carryIn ? {} : this.#delay(size, a, b, 0)),
      materialise: () => this.#vector(size, a, b, result, false),
      condition: (cc) =>
        this.#byResult(size, result, cc) || (!carryIn && cc === B && this.#addCarry(size, a, result)),
    });
  }

  subtract(size: Size, a: Value, b: Value, result: Value, borrowIn = false): void {
    this.#set({
      ...(borrowIn ? {} : this.#delay(size, a, b, KIND_SUBTRACT)),
      materialise: () => this.#vector(size, a, b, result, true),
      condition: (cc) => (!borrowIn && this.#compare(size, a, b, cc)) || this.#byResult(size, result, cc),
    });
  }

  /** The operands of the next pending flags, which belong to the temporaries of this instruction. */
  #delay(size: Size, a: Value, b: Value, kind: number): Pick<Pending, 'delayed'> {
    if (size < 32) return {};
    return { delayed: { size, a, b, kind: KIND_DELAYED | kind | (size === 64 ? KIND_WIDE : 0) } };
  }

  logic(size: Size, result: Value): void {
    const { code } = this.#e;
    this.#set({
      materialise: () => {
        this.#signed(size, result);
        code.set(FLAG_RESULT);
        code.i32(0);
        code.set(FLAG_CARRY);
      },
      condition: (cc) => {
        if (cc === O || cc === B) code.i32(0);
        else if (cc === BE) return this.#byResult(size, result, Z);
        else if (cc === L) return this.#byResult(size, result, S);
        else if (cc === LE) {
          this.#narrow(size, result);
          this.#e.push(constant(0), size);
          this.#e.compare(I32_LE_S, size);
        } else return this.#byResult(size, result, cc);
        return true;
      },
    });
  }

  /** INC and DEC: CF stays as it was, so it must be in bit 31 of FLAG_CARRY already. */
  step(size: Size, a: Value, result: Value, down: boolean): void {
    const { code } = this.#e;
    this.#set({
      ...this.#delay(size, a, constant(1), KIND_STEP | (down ? KIND_SUBTRACT : 0)),
      carryKept: true,
      materialise: () => {
        // CF ends up in bit 31, and OF = CF ^ bit 30.
        code.get(FLAG_CARRY);
        code.i32(31);
        code.op(I32_SHR_U);
        this.#vector(size, a, constant(1), result, down);
        code.get(FLAG_CARRY);
        code.i32(31);
        code.op(I32_SHR_U);
        code.op(I32_NE);
        code.i32(30);
        code.op(I32_SHL);
        const fix = this.#e.temp(4, 32);
        code.tee(fix);
        code.get(fix);
        code.i32(1);
        code.op(I32_SHL);
        code.op(I32_OR);
        code.get(FLAG_CARRY);
        code.op(I32_XOR);
        code.set(FLAG_CARRY);
      },
      condition: (cc) => {
        if (cc !== B) return this.#byResult(size, result, cc);
        code.get(FLAG_CARRY);
        code.i32(31);
        code.op(I32_SHR_U);
        return true;
      },
    });
  }

  /**
   * A result with CF, OF and AF of its own: shifts and rotates. `carry` pushes the carry word. When `unless` is given
   * and is zero at run time, the older flags stay; they must be materialised already.
   */
  shifted(size: Size, result: Value, carry: () => void, unless?: Value): void {
    const { code } = this.#e;
    this.#set({
      materialise: () => {
        this.#signed(size, result);
        if (unless) {
          code.get(FLAG_RESULT);
          this.#e.push(unless, 32);
          code.op(SELECT);
        }
        code.set(FLAG_RESULT);
        carry();
        if (unless) {
          code.get(FLAG_CARRY);
          this.#e.push(unless, 32);
          code.op(SELECT);
        }
        code.set(FLAG_CARRY);
      },
      ...(unless ? {} : { condition: (cc: number) => this.#byResult(size, result, cc) }),
    });
  }

  /** Changes CF alone, or CF and OF; `emit` changes FLAG_CARRY, when somebody asks. Older flags are materialised here. */
  carryOnly(emit: () => void): void {
    this.materialise();
    this.#set({ materialise: emit });
  }

  /** Replaces all flags: `emit` sets FLAG_RESULT and FLAG_CARRY, when somebody asks; see `Pending` for `condition`. */
  overwrite(emit: () => void, condition?: (condition: number) => boolean): void {
    this.#set({ materialise: emit, ...(condition ? { condition } : {}) });
  }

  /** Changes the flags in the locals at once. */
  direct(): void {
    this.materialise();
    this.#e.code.i32(0);
    this.#e.code.set(FLAG_KIND);
  }

  /** Code outside has stored new flags, which the region has loaded. */
  replaced(): void {
    this.#pending = undefined;
    this.touched = true;
    this.#e.code.i32(0);
    this.#e.code.set(FLAG_KIND);
  }

  /** Pushes 0 or 1. */
  condition(condition: number): void {
    const { code } = this.#e;
    this.touched = true;
    const even = condition & ~1;
    if (!this.#pending?.condition?.(even)) {
      this.materialise();
      this.#materialised(even);
    }
    if (condition & 1) code.op(I32_EQZ);
  }

  #materialised(condition: number): void {
    const { code } = this.#e;
    pushCondition(code, condition, {
      result: () => code.get(FLAG_RESULT),
      carry: () => code.get(FLAG_CARRY),
    });
  }

  /** Pushes a result as a signed i64. */
  #signed(size: Size, result: Value): void {
    const { code } = this.#e;
    this.#e.push(result, size);
    if (size === 64) return;
    if (size === 8) code.op(I32_EXTEND8_S);
    if (size === 16) code.op(I32_EXTEND16_S);
    code.op(I64_EXTEND_I32_S);
  }

  /** Pushes a value that has the sign and the zero of the operand, whatever its upper bits: i32, for quadwords i64. */
  #narrow(size: Size, value: Value): void {
    this.#e.push(value, size);
    if (size === 8) this.#e.code.op(I32_EXTEND8_S);
    if (size === 16) this.#e.code.op(I32_EXTEND16_S);
  }

  /** ZF, SF and PF are those of the result. */
  #byResult(size: Size, result: Value, condition: number): boolean {
    const e = this.#e;
    const { code } = e;
    if (condition === Z) {
      this.#narrow(size, result);
      e.compare(I32_EQZ, size);
      return true;
    }
    if (condition === S) {
      this.#narrow(size, result);
      e.push(constant(0), size);
      e.compare(I32_LT_S, size);
      return true;
    }
    if (condition !== P) return false;
    e.push(result, size);
    if (size === 64) code.op(I32_WRAP_I64);
    code.i32(0xff);
    code.op(I32_AND);
    code.op(I32_POPCNT);
    code.i32(1);
    code.op(I32_AND);
    code.op(I32_EQZ);
    return true;
  }

  #addCarry(size: Size, a: Value, result: Value): boolean {
    if (size < 32) return false;
    this.#e.push(result, size);
    this.#e.push(a, size);
    this.#e.compare(I32_LT_U, size);
    return true;
  }

  /** What a comparison says of its operands directly. */
  #compare(size: Size, a: Value, b: Value, condition: number): boolean {
    const op = { [B]: I32_LT_U, [Z]: I32_EQ, [BE]: I32_LE_U, [L]: I32_LT_S, [LE]: I32_LE_S }[condition];
    if (op === undefined) return false;
    // Bytes and words are kept zero-extended, which is right for the unsigned comparisons.
    const signed = condition === L || condition === LE;
    if (signed) {
      this.#narrow(size, a);
      this.#narrow(size, b);
    } else {
      this.#e.push(a, size);
      this.#e.push(b, size);
    }
    this.#e.compare(op, size);
    return true;
  }

  /** FLAG_RESULT, and FLAG_CARRY from the carries (borrows) out of every bit. */
  #vector(size: Size, a: Value, b: Value, result: Value, borrow: boolean): void {
    const e = this.#e;
    const { code } = e;
    this.#signed(size, result);
    code.set(FLAG_RESULT);
    const inverted = (value: Value, flip: boolean) => {
      e.push(value, size);
      if (!flip) return;
      e.push(constant(-1), size);
      e.alu(I32_XOR, size);
    };
    // add: (a & b) | ((a | b) & ~r)      sub: (~a & b) | ((~a | b) & r)
    inverted(a, borrow);
    e.push(b, size);
    e.alu(I32_AND, size);
    inverted(a, borrow);
    e.push(b, size);
    e.alu(I32_OR, size);
    inverted(result, !borrow);
    e.alu(I32_AND, size);
    e.alu(I32_OR, size);
    if (size === 64) {
      const vector = e.temp(4, 64);
      code.tee(vector);
      code.i64(32);
      code.op(I64_SHR_U);
      code.op(I32_WRAP_I64);
      code.i32(CARRY_BITS);
      code.op(I32_AND);
      code.get(vector);
      code.op(I32_WRAP_I64);
    } else if (size === 32) {
      code.i32(CARRY_BITS | CARRY_AF);
      code.op(I32_AND);
      code.set(FLAG_CARRY);
      return;
    } else {
      const vector = e.temp(4, 32);
      code.tee(vector);
      code.i32(32 - size);
      code.op(I32_SHL);
      code.i32(CARRY_BITS);
      code.op(I32_AND);
      code.get(vector);
    }
    code.i32(CARRY_AF);
    code.op(I32_AND);
    code.op(I32_OR);
    code.set(FLAG_CARRY);
  }
}
