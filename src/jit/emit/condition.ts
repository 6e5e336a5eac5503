import { RFLAGS_CF, RFLAGS_OF, RFLAGS_PF, RFLAGS_SF, RFLAGS_ZF } from '../../isa/rflags.ts';
import type { Code } from '../wasm/code.ts';
import {
  I32_AND,
  I32_EQZ,
  I32_OR,
  I32_POPCNT,
  I32_SHL,
  I32_SHR_U,
  I32_WRAP_I64,
  I32_XOR,
  I64_EQZ,
  I64_SHR_U,
} from '../wasm/opcodes.ts';

/** Conditions by the low four bits of the opcode (SDM Vol. 1, "EFLAGS Condition Codes"). */
export const CONDITION_NAMES = [
  'O', 'NO', 'B', 'NB', 'Z', 'NZ', 'BE', 'NBE', 'S', 'NS', 'P', 'NP', 'L', 'NL', 'LE', 'NLE',
] as const; // biome-ignore format: two rows of eight.
export const O = 0;
export const B = 2;
export const Z = 4;
export const BE = 6;
export const S = 8;
export const P = 10;
export const L = 12;
export const LE = 14;

/** Status flags, each with the condition that it is; AF is none. */
export const STATUS_FLAGS = [
  [B, RFLAGS_CF],
  [P, RFLAGS_PF],
  [Z, RFLAGS_ZF],
  [S, RFLAGS_SF],
  [O, RFLAGS_OF],
] as const;

/** Where the lazy words of `state/flags.ts` are: each pushes one, an i64 and an i32. */
export interface LazyFlags {
  readonly result: () => void;
  readonly carry: () => void;
}

/** Pushes 0 or 1: whether an even condition holds for the lazy words. */
export function pushCondition(code: Code, condition: number, words: LazyFlags): void {
  const { result, carry } = words;
  switch (condition) {
    case O:
      carry();
      carry();
      code.i32(1);
      code.op(I32_SHL);
      code.op(I32_XOR);
      code.i32(31);
      code.op(I32_SHR_U);
      break;
    case B:
      carry();
      code.i32(31);
      code.op(I32_SHR_U);
      break;
    case Z:
      result();
      code.op(I64_EQZ);
      break;
    case BE:
      pushCondition(code, B, words);
      pushCondition(code, Z, words);
      code.op(I32_OR);
      break;
    case S:
      result();
      code.i64(63);
      code.op(I64_SHR_U);
      code.op(I32_WRAP_I64);
      carry();
      code.i32(1);
      code.op(I32_AND);
      code.op(I32_XOR);
      break;
    case P:
      result();
      code.op(I32_WRAP_I64);
      carry();
      code.i32(8);
      code.op(I32_SHR_U);
      code.op(I32_XOR);
      code.i32(0xff);
      code.op(I32_AND);
      code.op(I32_POPCNT);
      code.i32(1);
      code.op(I32_AND);
      code.op(I32_EQZ);
      break;
    case L:
      pushCondition(code, S, words);
      pushCondition(code, O, words);
      code.op(I32_XOR);
      break;
    case LE:
      pushCondition(code, L, words);
      pushCondition(code, Z, words);
      code.op(I32_OR);
      break;
  }
}
