import { RECORD_IMMEDIATE } from '../../cpu/code-store.ts';
import {
  SHAPES_OFFSET,
  STATE_FLAG_CARRY,
  STATE_FLAG_RESULT,
  STATE_TLB_BANK,
  STATE_TLB_MASK,
} from '../../state/layout.ts';
import { pushCondition } from '../emit/condition.ts';
import { Code } from '../wasm/code.ts';
import {
  I32_ADD,
  I32_AND,
  I32_EQZ,
  I32_EXTEND8_S,
  I32_EXTEND16_S,
  I32_LOAD,
  I32_LOAD8_U,
  I32_LOAD16_U,
  I32_SHR_U,
  I32_STORE,
  I32_STORE8,
  I32_STORE16,
  I32_WRAP_I64,
  I64_ADD,
  I64_AND,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_NE,
  I64_SHL,
  I64_SHR_S,
  I64_STORE,
  SELECT,
  TYPE_I32,
  TYPE_I64,
} from '../wasm/opcodes.ts';
import type { Bits } from './actions.ts';
import { SHAPE_BY_REGISTER, SHAPE_G, SHAPE_NARROW } from './shapes.ts';

/** What the parts of the interpreter are written in: its locals, the operands of the present instruction, conditions. */

// Parameters.
/** First word of the present block; an address from its first use on, as RECORD is. */
export const HEADER = 0;
export const RECORD = 1;
/** Instructions of the block that may still follow, and those behind the block. */
export const COUNT = 2;
export const MORE = 3;
export const CONTEXT = 4;
export const PATIENCE = 5;
export const PARAMETERS = 6;
// Locals.
export const SHAPE = 6;
export const FLAGS = 7;
/** Linear address of the operand E: in the register file, or of the guest's memory. */
export const E = 8;
/** Instructions of this and the blocks before it that were to be done: COUNT less is what has been. */
export const LIMIT = 9;
export const N = 10;
export const M = 11;
export const RIP = 12;
/** RIP of the next instruction. */
export const NEXT = 13;
export const ADDRESS = 14;
export const A = 15;
export const B = 16;
export const R = 17;
export const LOCALS = [
  [6, TYPE_I32],
  [6, TYPE_I64],
] as const;

export class RecordEmitter {
  readonly code = new Code(1 << 15);
  /** Label in front of the instruction: it is for a handler. */
  exit = 0;

  /** E becomes where ADDRESS is in the host's memory, or the instruction is left to its handler. */
  probe(toTag: () => void, lastByte: () => void): void {
    const code = this.code;
    code.get(ADDRESS);
    code.op(I32_WRAP_I64);
    code.i32(7);
    code.op(I32_SHR_U);
    this.load32(STATE_TLB_MASK);
    code.op(I32_AND);
    this.load32(STATE_TLB_BANK);
    code.op(I32_ADD);
    code.tee(M);
    toTag();
    code.memory(I64_LOAD);
    code.get(ADDRESS);
    lastByte();
    code.op(I64_ADD);
    code.i64(-4096);
    code.op(I64_AND);
    code.op(I64_NE);
    code.brIf(this.exit);
    code.get(ADDRESS);
    code.op(I32_WRAP_I64);
    code.get(M);
    code.memory(I32_LOAD, 0x18);
    code.op(I32_ADD);
    code.set(E);
  }

  loadE(bits: Bits): void {
    this.code.get(E);
    this.loadAt(bits);
  }

  loadSignedE(bits: Bits): void {
    this.code.get(E);
    this.loadSignedAt(bits);
  }

  loadG(bits: Bits): void {
    this.g();
    this.loadAt(bits);
  }

  loadAt(bits: Bits): void {
    const code = this.code;
    if (bits === 64) {
      code.memory(I64_LOAD);
      return;
    }
    code.memory(bits === 32 ? I32_LOAD : bits === 16 ? I32_LOAD16_U : I32_LOAD8_U);
    code.op(I64_EXTEND_I32_U);
  }

  loadSignedAt(bits: Bits): void {
    const code = this.code;
    if (bits === 64) {
      code.memory(I64_LOAD);
      return;
    }
    code.memory(bits === 32 ? I32_LOAD : bits === 16 ? I32_LOAD16_U : I32_LOAD8_U);
    if (bits === 16) code.op(I32_EXTEND16_S);
    if (bits === 8) code.op(I32_EXTEND8_S);
    code.op(I64_EXTEND_I32_S);
  }

  immediate(): void {
    const code = this.code;
    code.get(RECORD);
    code.memory(I32_LOAD, RECORD_IMMEDIATE * 4);
    code.op(I64_EXTEND_I32_S);
  }

  /** Pushes a count or the number of a bit: an immediate, or what the register at `register` holds. */
  immediateOr(register: () => void): void {
    const code = this.code;
    register();
    code.memory(I64_LOAD);
    this.immediate();
    code.get(FLAGS);
    code.i32(SHAPE_BY_REGISTER);
    code.op(I32_AND);
    code.op(SELECT);
  }

  /** R goes to E. */
  storeE(bits: Bits, isMemory: boolean): void {
    this.code.get(E);
    this.storeAt(bits, !isMemory);
  }

  /** R goes to G. */
  storeG(bits: Bits): void {
    this.g();
    this.storeAt(bits, true);
  }

  storeAt(bits: Bits, isRegister: boolean): void {
    const code = this.code;
    code.get(R);
    if (bits === 64 || (bits === 32 && isRegister)) {
      if (bits === 32) {
        code.i64(-1, 0);
        code.op(I64_AND);
      }
      code.memory(I64_STORE);
      return;
    }
    code.op(I32_WRAP_I64);
    code.memory(bits === 32 ? I32_STORE : bits === 16 ? I32_STORE16 : I32_STORE8);
  }

  /** Cuts a local to 32 bits where the shape says so. */
  narrow(local: number): void {
    const code = this.code;
    code.get(FLAGS);
    code.i32(SHAPE_NARROW);
    code.op(I32_AND);
    code.if();
    code.get(local);
    code.i64(-1, 0);
    code.op(I64_AND);
    code.set(local);
    code.end();
  }

  /** With 57-bit addresses there are more; those are left to the handler. */
  ifNotCanonical(local: number, label: number): void {
    const code = this.code;
    code.get(local);
    code.i64(16);
    code.op(I64_SHL);
    code.i64(16);
    code.op(I64_SHR_S);
    code.get(local);
    code.op(I64_NE);
    code.brIf(label);
  }

  /** Pushes 0 or 1 (SDM Vol. 1, "EFLAGS Condition Codes"). */
  condition(condition: number): void {
    pushCondition(this.code, condition & ~1, {
      result: () => this.load64(STATE_FLAG_RESULT),
      carry: () => this.load32(STATE_FLAG_CARRY),
    });
    if (condition & 1) this.code.op(I32_EQZ);
  }

  g(): void {
    this.ofShape(I32_LOAD16_U, SHAPE_G);
  }

  ofShape(opcode: number, offset: number): void {
    this.code.get(SHAPE);
    this.code.memory(opcode, SHAPES_OFFSET + offset);
  }

  load32(at: number): void {
    this.code.i32(0);
    this.code.memory(I32_LOAD, at);
  }

  load64(at: number): void {
    this.code.i32(0);
    this.code.memory(I64_LOAD, at);
  }
}
