import { RFLAGS_FIXED, RFLAGS_IF, RFLAGS_RF, RFLAGS_VM } from '../../isa/rflags.ts';
import { STATE_CPL, STATE_FLAG_CARRY, STATE_FLAG_RESULT, STATE_RFLAGS } from '../../state/layout.ts';
import { B as CARRY, O as OVERFLOW, P as PARITY, S as SIGN, Z as ZERO } from '../emit/condition.ts';
import {
  I32_AND,
  I32_EXTEND8_S,
  I32_EXTEND16_S,
  I32_OR,
  I32_SHL,
  I32_SHR_S,
  I32_STORE,
  I32_WRAP_I64,
  I32_XOR,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
  I64_STORE,
} from '../wasm/opcodes.ts';
import type { Bits } from './actions.ts';
import { N, R, type RecordEmitter } from './emitter.ts';

/* The lazy flags as the handlers leave them: the words are those of `state/flags.ts`. */

/** CF, and CF ^ OF. */
export const CARRY_BITS = 0xc0000000 | 0;
export const CARRY_AF = 8;
/** Exclusive-ored into the byte whose parity is PF. */
const CARRY_PARITY = 8;

/** R, sign-extended, is the result that the flags are of. */
export function setResult(e: RecordEmitter, bits: Bits): void {
  const code = e.code;
  code.i32(0);
  code.get(R);
  if (bits !== 64) {
    code.op(I32_WRAP_I64);
    if (bits === 16) code.op(I32_EXTEND16_S);
    if (bits === 8) code.op(I32_EXTEND8_S);
    code.op(I64_EXTEND_I32_S);
  }
  code.memory(I64_STORE, STATE_FLAG_RESULT);
}

/** CF becomes N (0 or 1), and nothing else changes. */
export function setCarry(e: RecordEmitter): void {
  const code = e.code;
  code.i32(0);
  e.load32(STATE_FLAG_CARRY);
  // Where CF changes, both bits turn.
  e.load32(STATE_FLAG_CARRY);
  code.get(N);
  code.i32(31);
  code.op(I32_SHL);
  turnCarry(e);
  code.memory(I32_STORE, STATE_FLAG_CARRY);
}

/** Takes three carry words: turns both bits of CF in the first where the other two have another CF. */
export function turnCarry({ code }: RecordEmitter): void {
  code.op(I32_XOR);
  code.i32(31);
  code.op(I32_SHR_S);
  code.i32(CARRY_BITS);
  code.op(I32_AND);
  code.op(I32_XOR);
}

/** CF and OF become N (0 or 1). */
export function setOverflow(e: RecordEmitter): void {
  const code = e.code;
  code.i32(0);
  e.load32(STATE_FLAG_CARRY);
  code.i32(~CARRY_BITS);
  code.op(I32_AND);
  code.get(N);
  code.i32(31);
  code.op(I32_SHL);
  code.op(I32_OR);
  code.memory(I32_STORE, STATE_FLAG_CARRY);
}

/** ZF becomes N (0 or 1), and nothing else changes. */
export function setZero(e: RecordEmitter): void {
  const code = e.code;
  code.i32(0);
  e.load32(STATE_FLAG_CARRY);
  code.i32(CARRY_BITS | CARRY_AF);
  code.op(I32_AND);
  e.condition(PARITY);
  code.get(N);
  code.op(I32_XOR);
  code.i32(CARRY_PARITY);
  code.op(I32_SHL);
  code.op(I32_OR);
  e.condition(SIGN);
  code.op(I32_OR);
  code.memory(I32_STORE, STATE_FLAG_CARRY);
  resultOfZero(e);
}

/** ZF becomes N (0 or 1), CF what `carry` pushes, unless there is none; OF stays then. The others become 0. */
export function setCount(e: RecordEmitter, carry: (() => void) | undefined): void {
  const code = e.code;
  code.i32(0);
  code.get(N);
  code.i32(CARRY_PARITY);
  code.op(I32_SHL);
  if (carry) {
    carry();
    code.i32(31);
    code.op(I32_SHL);
    code.op(I32_OR);
    carry();
    e.condition(OVERFLOW);
    code.op(I32_XOR);
    code.i32(30);
    code.op(I32_SHL);
    code.op(I32_OR);
  }
  code.memory(I32_STORE, STATE_FLAG_CARRY);
  resultOfZero(e);
}

/** After a division: AF is set, SF ZF PF are clear, CF and OF stay. */
export function setDivision(e: RecordEmitter): void {
  const code = e.code;
  code.i32(0);
  code.i64(1);
  code.memory(I64_STORE, STATE_FLAG_RESULT);
  code.i32(0);
  e.load32(STATE_FLAG_CARRY);
  code.i32(CARRY_BITS);
  code.op(I32_AND);
  code.i32(CARRY_AF);
  code.op(I32_OR);
  code.memory(I32_STORE, STATE_FLAG_CARRY);
}

/** The result is 1, or 0 where N is 1. */
function resultOfZero(e: RecordEmitter): void {
  const code = e.code;
  code.i32(0);
  code.get(N);
  code.i32(1);
  code.op(I32_XOR);
  code.op(I64_EXTEND_I32_U);
  code.memory(I64_STORE, STATE_FLAG_RESULT);
}

/** Where the flags that are conditions are in RFLAGS. */
const STATUS = [
  [CARRY, 0],
  [PARITY, 2],
  [ZERO, 6],
  [SIGN, 7],
  [OVERFLOW, 11],
] as const;

/** Pushes what PUSHF does: VM and RF are 0 in the image. Code of 16 bits, and so virtual-8086 mode, does not come here. */
export function flagsImage(e: RecordEmitter): void {
  const code = e.code;
  e.load32(STATE_RFLAGS);
  code.i32(~(RFLAGS_VM | RFLAGS_RF));
  code.op(I32_AND);
  code.i32(RFLAGS_FIXED);
  code.op(I32_OR);
  // AF.
  e.load32(STATE_FLAG_CARRY);
  code.i32(CARRY_AF);
  code.op(I32_AND);
  code.i32(1);
  code.op(I32_SHL);
  code.op(I32_OR);
  for (const [condition, place] of STATUS) {
    e.condition(condition);
    code.i32(place);
    code.op(I32_SHL);
    code.op(I32_OR);
  }
  code.op(I64_EXTEND_I32_U);
}

/** CLI, where no privilege is to be looked at. */
export function disableInterrupts(e: RecordEmitter): void {
  const code = e.code;
  e.load32(STATE_CPL);
  code.brIf(e.exit);
  code.i32(0);
  e.load32(STATE_RFLAGS);
  code.i32(~RFLAGS_IF);
  code.op(I32_AND);
  code.memory(I32_STORE, STATE_RFLAGS);
}
