import { perOp } from '../../cpu/decode/ops.ts';
import { ADC, ADD, INC } from './add.ts';
import {
  ADCX,
  ADOX,
  ANDN,
  BEXTR,
  BLSI,
  BLSMSK,
  BLSR,
  BZHI,
  MULX,
  RORX,
  SARX,
  SHLX,
  SHRX,
} from './bit-field.ts';
import { BSF, BSR, BSWAP, LZCNT, MOVBE, POPCNT, TZCNT } from './bit-scan.ts';
import { BT, BTC, BTR, BTS } from './bit-test.ts';
import { CMP, TEST } from './compare.ts';
import { CONDITIONAL_MOVE_FORMS } from './conditional-move.ts';
import { CONTROL } from './control.ts';
import { CONTROL_REGISTER } from './control-register.ts';
import { CBW, CDQ, CDQE, CQO, CWDE } from './convert.ts';
import { SHLD, SHRD } from './double-shift.ts';
import { CMPXCHG, CMPXCHG8B, CMPXCHG16B, XADD, XCHG } from './exchange.ts';
import { CLC, CLD, CMC, LAHF, PUSHF, STC, STD } from './flag.ts';
import { FLOAT_ARITHMETIC } from './float-arithmetic.ts';
import { FLOAT_COMPARE } from './float-compare.ts';
import { FLOAT_CONVERT } from './float-convert.ts';
import { FLOAT_CONVERT_INTEGER } from './float-convert-integer.ts';
import type { Emit, Form } from './form.ts';
import { AND, NOT, OR, XOR } from './logic.ts';
import {
  LEA,
  LFENCE,
  MFENCE,
  MOV,
  MOVNTI,
  MOVSX,
  MOVSXD,
  MOVZX,
  NOP,
  PAUSE,
  PREFETCH,
  SFENCE,
} from './move.ts';
import { DIV, IDIV, IMUL, MUL } from './multiply.ts';
import { RCL, RCR, ROL, ROR } from './rotate.ts';
import { SET_FORMS } from './set.ts';
import { SAR, SHL, SHR } from './shift.ts';
import { LEAVE, POP, PUSH } from './stack.ts';
import { STRING_FORMS } from './string.ts';
import { STRING_COMPARE_FORMS } from './string-compare.ts';
import { DEC, NEG, SBB, SUB } from './subtract.ts';
import { SWAPGS } from './system-call.ts';
import { VECTOR_COMPARE } from './vector-compare.ts';
import { VECTOR_INSERT } from './vector-insert.ts';
import { VECTOR_INTEGER_ADD } from './vector-integer-add.ts';
import { VECTOR_LOGIC } from './vector-logic.ts';
import { VECTOR_MOVE } from './vector-move.ts';
import { VECTOR_MULTIPLY } from './vector-multiply.ts';
import { VECTOR_PACK } from './vector-pack.ts';
import { VECTOR_SHIFT } from './vector-shift.ts';
import { VECTOR_SHUFFLE } from './vector-shuffle.ts';

/** By mnemonic: what compiled code does itself. Everything else calls the handler of the interpreter. */
const FORMS: Readonly<Record<string, Form>> = {
  ADC, ADCX, ADD, ADOX, AND, ANDN, BEXTR, BLSI, BLSMSK, BLSR, BSF, BSR, BSWAP, BT, BTC, BTR, BTS, BZHI, CBW, CDQ, CDQE, CLC,
  CLD, CMC, CMP, CMPXCHG, CMPXCHG16B, CMPXCHG8B, CQO, CWDE, DEC, DIV, IDIV, IMUL, INC, LAHF, LEA, LEAVE, LFENCE, LZCNT,
  MFENCE, MOV, MOVBE, MOVNTI, MOVSX, MOVSXD, MOVZX, MUL, MULX, NEG, NOP, NOT, OR, PAUSE, POP, POPCNT, PREFETCH, PUSH, PUSHF,
  RCL, RCR, ROL, ROR, RORX, SAR, SARX, SBB, SFENCE, SHL, SHLD, SHLX, SHR, SHRD, SHRX, STC, STD, SUB, SWAPGS, TEST, TZCNT, XADD,
  XCHG, XOR, ...SET_FORMS, ...CONDITIONAL_MOVE_FORMS, ...STRING_FORMS, ...STRING_COMPARE_FORMS,
}; // biome-ignore format: a list of nouns.

/** By name of op. */
const NAMED_EMITTERS: Readonly<Record<string, Emit>> = {
  ...CONTROL, ...CONTROL_REGISTER, ...VECTOR_COMPARE, ...VECTOR_INSERT, ...VECTOR_INTEGER_ADD, ...VECTOR_LOGIC, ...VECTOR_MOVE, ...VECTOR_MULTIPLY, ...VECTOR_PACK,
  ...VECTOR_SHIFT, ...VECTOR_SHUFFLE, ...FLOAT_ARITHMETIC, ...FLOAT_COMPARE, ...FLOAT_CONVERT, ...FLOAT_CONVERT_INTEGER,
}; // biome-ignore format: a list of nouns.

/** SSE's MOVSD and the string one share names with forms here; their operand codes tell them apart. */
const GENERAL = /^(?:[EGB][bwdq]|[MI][bwdqv]?|I[bwdqv]|CL|[dq]|E|Ib)$/;

/** The emitter of an op, where there is one. */
export const emitterFor = perOp((name): Emit | undefined => {
  if (NAMED_EMITTERS[name]) return NAMED_EMITTERS[name];
  const [mnemonic = '', ...codes] = name.split('_');
  if (!codes.every((code) => GENERAL.test(code))) return undefined;
  return FORMS[mnemonic]?.(codes);
});
