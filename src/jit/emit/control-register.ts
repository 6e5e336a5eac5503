import { STATE_CPL, STATE_CR0, STATE_CR2, STATE_CR3, STATE_CR4 } from '../../state/layout.ts';
import { I32_LOAD, I64_EXTEND_I32_U, I64_LOAD } from '../wasm/opcodes.ts';
import type { Emit } from './form.ts';

const NARROW: Readonly<Record<number, number>> = { 0: STATE_CR0, 4: STATE_CR4 };
const WIDE: Readonly<Record<number, number>> = { 2: STATE_CR2, 3: STATE_CR3 };

/** Whether reading the control register is reading the state: CR8 is the local APIC's, and the others do not exist. */
export function isPlainControlRegister(register: number): boolean {
  return register in NARROW || register in WIDE;
}

/** MOV r64, CRn, for the registers above: CR2 is read at every page fault. */
const readControl: Emit = (e, insn) => {
  const { code } = e;
  code.i32(0);
  code.memory(I32_LOAD, STATE_CPL);
  code.unlikelyIf();
  e.sideExit();
  code.end();
  code.i32(0);
  const wide = WIDE[insn.reg];
  if (wide !== undefined) code.memory(I64_LOAD, wide);
  else {
    code.memory(I32_LOAD, NARROW[insn.reg]!);
    code.op(I64_EXTEND_I32_U);
  }
  e.setRegister(insn.rm, 64);
};

/** By name of op. */
export const CONTROL_REGISTER: Readonly<Record<string, Emit>> = { MOV_Rq_Cq: readControl };
