import { RFLAGS_AF, RFLAGS_DF, RFLAGS_FIXED, RFLAGS_OF, RFLAGS_RF, RFLAGS_VM } from '../../isa/rflags.ts';
import { STATE_RFLAGS } from '../../state/layout.ts';
import {
  I32_AND,
  I32_LOAD,
  I32_OR,
  I32_SHL,
  I32_SHR_U,
  I32_STORE,
  I32_SUB,
  I32_XOR,
  I64_EXTEND_I32_U,
} from '../wasm/opcodes.ts';
import { STATUS_FLAGS } from './condition.ts';
import type { Emitter } from './emitter.ts';
import type { Form } from './form.ts';
import { FLAG_CARRY } from './locals.ts';
import { pushValue } from './stack.ts';

/** Byte offset of AH in the register file. */
const AH = 1;

/** CF in FLAG_CARRY becomes what is on the stack (0 or 1); OF stays. */
export function setCarry(e: Emitter): void {
  const { code } = e;
  code.get(FLAG_CARRY);
  code.i32(31);
  code.op(I32_SHR_U);
  code.op(I32_XOR);
  // 0 - changed is a mask; OF is CF ^ bit 30, so that both bits turn.
  const changed = e.temp(4, 32);
  code.set(changed);
  code.i32(0);
  code.get(changed);
  code.op(I32_SUB);
  code.i32(0xc0000000 | 0);
  code.op(I32_AND);
  code.get(FLAG_CARRY);
  code.op(I32_XOR);
  code.set(FLAG_CARRY);
}

function carry(value: number): Form {
  return () => (e) => {
    e.flags.carryOnly(() => {
      e.code.i32(value);
      setCarry(e);
    });
  };
}

export const CLC: Form = carry(0);
export const STC: Form = carry(1);

/** At once: every other recipe may be carried out twice. */
export const CMC: Form = () => (e) => {
  e.flags.direct();
  e.code.get(FLAG_CARRY);
  e.code.i32(0xc0000000 | 0);
  e.code.op(I32_XOR);
  e.code.set(FLAG_CARRY);
};

function direction(op: number, value: number): Form {
  return () =>
    ({ code }) => {
      code.i32(0);
      code.i32(0);
      code.memory(I32_LOAD, STATE_RFLAGS);
      code.i32(value);
      code.op(op);
      code.memory(I32_STORE, STATE_RFLAGS);
    };
}

export const CLD: Form = direction(I32_AND, ~RFLAGS_DF);
export const STD: Form = direction(I32_OR, RFLAGS_DF);

/** Pushes the status flags of `mask` at their places in RFLAGS. */
function pushStatus(e: Emitter, mask: number): void {
  const { code } = e;
  e.flags.direct();
  code.get(FLAG_CARRY);
  code.i32(1);
  code.op(I32_SHL);
  code.i32(RFLAGS_AF);
  code.op(I32_AND);
  for (const [condition, flag] of STATUS_FLAGS) {
    if ((mask & flag) === 0) continue;
    e.flags.condition(condition);
    code.i32(31 - Math.clz32(flag));
    code.op(I32_SHL);
    code.op(I32_OR);
  }
}

/** PUSHFD and PUSHFQ outside of virtual-8086 mode. VM and RF are 0 in the image. */
export const PUSHF: Form = ([code]) => {
  const size = code === 'q' ? 64 : code === 'd' ? 32 : undefined;
  if (!size) return undefined;
  return (e) => {
    pushStatus(e, ~0);
    e.code.i32(0);
    e.code.memory(I32_LOAD, STATE_RFLAGS);
    e.code.i32(~(RFLAGS_VM | RFLAGS_RF));
    e.code.op(I32_AND);
    e.code.op(I32_OR);
    e.code.i32(RFLAGS_FIXED);
    e.code.op(I32_OR);
    if (size === 64) e.code.op(I64_EXTEND_I32_U);
    pushValue(e, size, e.keep(3, size));
  };
};

/** AH = SF ZF 0 AF 0 PF 1 CF. */
export const LAHF: Form = () => (e) => {
  pushStatus(e, ~RFLAGS_OF);
  e.code.i32(RFLAGS_FIXED);
  e.code.op(I32_OR);
  e.setRegister(AH, 8);
};
