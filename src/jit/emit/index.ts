import { OP_NAMES } from '../../cpu/decode/ops.ts';
import { ADC, ADD, INC } from './add.ts';
import { BSF, BSR } from './bit-scan.ts';
import { BT, BTC, BTR, BTS } from './bit-test.ts';
import { CMP, TEST } from './compare.ts';
import { CONDITIONAL_MOVE_FORMS } from './conditional-move.ts';
import { CBW, CDQ, CDQE, CQO, CWDE } from './convert.ts';
import { XCHG } from './exchange.ts';
import { CLC, CLD, CMC, STC, STD } from './flag.ts';
import type { Emit, Form } from './form.ts';
import { AND, NOT, OR, XOR } from './logic.ts';
import { LEA, MOV, MOVSX, MOVSXD, MOVZX, NOP, PAUSE, PREFETCH } from './move.ts';
import { DIV, IDIV, IMUL, MUL } from './multiply.ts';
import { ROL, ROR } from './rotate.ts';
import { SET_FORMS } from './set.ts';
import { SAR, SHL, SHR } from './shift.ts';
import { LEAVE, POP, PUSH } from './stack.ts';
import { DEC, NEG, SBB, SUB } from './subtract.ts';

/** By mnemonic: what compiled code does itself. Everything else calls the handler of the interpreter. */
const FORMS: Readonly<Record<string, Form>> = {
  ADC, ADD, AND, BSF, BSR, BT, BTC, BTR, BTS, CBW, CDQ, CDQE, CLC, CLD, CMC, CMP, CQO, CWDE, DEC, DIV, IDIV, IMUL, INC, LEA,
  LEAVE, MOV, MOVSX, MOVSXD, MOVZX, MUL, NEG, NOP, NOT, OR, PAUSE, POP, PREFETCH, PUSH, ROL, ROR, SAR, SBB, SHL, SHR, STC,
  STD, SUB, TEST, XCHG, XOR, ...SET_FORMS, ...CONDITIONAL_MOVE_FORMS,
}; // biome-ignore format: a list of nouns.

/** SSE's MOVSD and the string one share names with forms here; their operand codes tell them apart. */
const GENERAL = /^(?:[EG][bwdq]|[MI][bwdqv]?|I[bwdqv]|CL|[dq]|E|Ib)$/;

/** The emitter of each op, where there is one. */
export const EMITTERS: readonly (Emit | undefined)[] = OP_NAMES.map((name) => {
  const [mnemonic = '', ...codes] = name.split('_');
  if (!codes.every((code) => GENERAL.test(code))) return undefined;
  return FORMS[mnemonic]?.(codes);
});
