import type { Instruction } from '../../isa/instruction.ts';
import { RCX } from '../../isa/registers.ts';
import {
  I32_NE,
  I32_SUB,
  I32_WRAP_I64,
  I64_EXTEND_I32_U,
  I64_NE,
  I64_SHL,
  I64_SHR_S,
} from '../wasm/opcodes.ts';
import type { Emitter } from './emitter.ts';
import { moveStack, peekValue, pushValue } from './stack.ts';
import { constant, type Value } from './value.ts';

/** A target of 64 bits must be canonical; what is not is left to the interpreter, and so is a fifth paging level. */
function exitUnlessCanonical(e: Emitter, target: Value): void {
  if (e.codeSize !== 64) return;
  const { code } = e;
  e.push(target, 64);
  code.i64(16);
  code.op(I64_SHL);
  code.i64(16);
  code.op(I64_SHR_S);
  e.push(target, 64);
  code.op(I64_NE);
  code.unlikelyIf();
  e.sideExit();
  code.end();
}

/** The return address of a call goes onto the stack. */
export function emitCall(e: Emitter, insn: Instruction): void {
  const next = (e.ripLo + insn.length) | 0;
  pushValue(e, e.codeSize === 64 ? 64 : 32, constant(next, e.ripHi));
}

/** Takes the return address off the stack: a wide temporary. */
export function emitReturn(e: Emitter, insn: Instruction): Value {
  const size = e.codeSize === 64 ? 64 : 32;
  peekValue(e, size);
  if (size === 32) e.code.op(I64_EXTEND_I32_U);
  const target = e.keep(3, 64);
  exitUnlessCanonical(e, target);
  moveStack(e, (size >> 3) + (insn.opcode === 0xc2 ? insn.immediate & 0xffff : 0));
  return target;
}

/** The target of an indirect jump or call, whose return address is then on the stack: a wide temporary. */
export function emitIndirect(e: Emitter, insn: Instruction, isCall: boolean): Value {
  const size = e.codeSize === 64 ? 64 : 32;
  e.loadE(insn, size);
  if (size === 32) e.code.op(I64_EXTEND_I32_U);
  const target = e.keep(3, 64);
  exitUnlessCanonical(e, target);
  if (isCall) emitCall(e, insn);
  return target;
}

/** LOOP: counts rCX down and pushes whether it is not zero. No flag changes. */
export function emitLoop(e: Emitter): void {
  const size = e.codeSize === 64 ? 64 : 32;
  e.getRegister(RCX, size);
  e.push(constant(1), size);
  e.alu(I32_SUB, size);
  e.setRegister(RCX, size);
  e.getRegister(RCX, size);
  e.push(constant(0), size);
  e.compare(I32_NE, size);
}

/** Low word of a wide temporary. */
export function pushLow(e: Emitter, value: Value): void {
  e.push(value, 64);
  e.code.op(I32_WRAP_I64);
}
