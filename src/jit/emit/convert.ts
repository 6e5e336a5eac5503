import { RAX, RDX } from '../../isa/registers.ts';
import { I32_EXTEND8_S, I32_EXTEND16_S, I32_SHR_S, I64_EXTEND_I32_S, I64_SHR_S } from '../wasm/opcodes.ts';
import type { Form } from './form.ts';

export const CBW: Form = () => (e) => {
  e.getRegister(0, 8);
  e.code.op(I32_EXTEND8_S);
  e.setRegister(RAX, 16);
};

export const CWDE: Form = () => (e) => {
  e.getRegister(RAX, 16);
  e.code.op(I32_EXTEND16_S);
  e.setRegister(RAX, 32);
};

export const CDQE: Form = () => (e) => {
  e.getRegister(RAX, 32);
  e.code.op(I64_EXTEND_I32_S);
  e.setRegister(RAX, 64);
};

export const CDQ: Form = () => (e) => {
  e.getRegister(RAX, 32);
  e.code.i32(31);
  e.code.op(I32_SHR_S);
  e.setRegister(RDX, 32);
};

export const CQO: Form = () => (e) => {
  e.getRegister(RAX, 64);
  e.code.i64(63);
  e.code.op(I64_SHR_S);
  e.setRegister(RDX, 64);
};
