import { STATE_CPL, STATE_CR0, STATE_CR2, STATE_CR3, STATE_CR4 } from '../../state/layout.ts';
import { I32_LOAD, I64_EXTEND_I32_U, I64_LOAD } from '../wasm/opcodes.ts';
import type { Emit } from './form.ts';

/** Where the control registers are, and how wide; CR8 may be a register of the local APIC. */
const REGISTERS: Readonly<Record<number, readonly [offset: number, load: number]>> = {
  0: [STATE_CR0, I32_LOAD],
  2: [STATE_CR2, I64_LOAD],
  3: [STATE_CR3, I64_LOAD],
  4: [STATE_CR4, I32_LOAD],
};

/** MOV r64, CRn. */
const MOV_Rq_Cq: Emit = (e, insn) => {
  const { code } = e;
  const register = REGISTERS[insn.reg];
  if (!register) {
    e.callHandler();
    return;
  }
  code.i32(0);
  code.memory(I32_LOAD, STATE_CPL);
  code.if();
  e.sideExit();
  code.end();
  const [offset, load] = register;
  code.i32(0);
  code.memory(load, offset);
  if (load === I32_LOAD) code.op(I64_EXTEND_I32_U);
  e.setRegister(insn.rm, 64);
};

/** By name of op. */
export const CONTROL: Readonly<Record<string, Emit>> = { MOV_Rq_Cq };
