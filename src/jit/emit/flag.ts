import { RFLAGS_DF } from '../../isa/rflags.ts';
import { STATE_RFLAGS } from '../../state/layout.ts';
import { I32_AND, I32_LOAD, I32_OR, I32_SHR_U, I32_STORE, I32_SUB, I32_XOR } from '../wasm/opcodes.ts';
import type { Emitter } from './emitter.ts';
import type { Form } from './form.ts';
import { FLAG_CARRY } from './locals.ts';

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

export const CMC: Form = () => (e) => {
  e.flags.carryOnly(() => {
    e.code.get(FLAG_CARRY);
    e.code.i32(0xc0000000 | 0);
    e.code.op(I32_XOR);
    e.code.set(FLAG_CARRY);
  });
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
