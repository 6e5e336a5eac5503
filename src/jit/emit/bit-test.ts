import type { Instruction } from '../../isa/instruction.ts';
import {
  I32_AND,
  I32_OR,
  I32_SHL,
  I32_SHR_U,
  I32_WRAP_I64,
  I32_XOR,
  I64_ADD,
  I64_AND,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
  I64_SHL,
  I64_SHR_S,
} from '../wasm/opcodes.ts';
import { ACCESS_READ, ACCESS_WRITE, type Emitter } from './emitter.ts';
import { setCarry } from './flag.ts';
import { type Form, sizeOf } from './form.ts';
import { constant, type Size, type Value } from './value.ts';

/** Pushes the linear address of the doubleword or quadword that holds the bit; a bit offset in a register is signed. */
function bitStringAddress(e: Emitter, insn: Instruction, size: Size): void {
  const { code } = e;
  const [bits, bytes] = size === 64 ? [6, 3] : [5, 2];
  e.offset(insn);
  e.getG(insn, size);
  if (size === 32) code.op(I64_EXTEND_I32_S);
  code.i64(bits);
  code.op(I64_SHR_S);
  code.i64(bytes);
  code.op(I64_SHL);
  code.op(I64_ADD);
  if (insn.addressSize === 32) {
    code.i64(-1, 0);
    code.op(I64_AND);
  }
  e.addBase(insn.segment);
}

/** BT BTS BTR BTC: a bit by register or number. CF alone changes. */
function bitTest(change: 'none' | 'set' | 'reset' | 'complement'): Form {
  return ([dest, src]) => {
    const size = sizeOf(dest);
    if (!size || size < 32) return undefined;
    const byRegister = src![0] === 'G';
    return (e, insn) => {
      const { code } = e;
      if (byRegister && insn.isMemory) {
        bitStringAddress(e, insn, size);
        e.probe(change === 'none' ? ACCESS_READ : ACCESS_WRITE, size >> 3);
        e.loadHost(size);
      } else if (change === 'none') e.loadE(insn, size);
      else e.openE(insn, size);
      const a = e.keep(0, size);
      let bit: Value = constant(insn.immediate & (size - 1));
      if (byRegister) {
        e.getG(insn, 32);
        if (size === 64) code.op(I64_EXTEND_I32_U);
        e.push(constant(size - 1), size);
        e.alu(I32_AND, size);
        bit = e.keep(1, size);
      }
      if (change !== 'none') {
        e.push(a, size);
        e.push(constant(1), size);
        e.push(bit, size);
        e.alu(I32_SHL, size);
        if (change === 'reset') {
          e.push(constant(-1), size);
          e.alu(I32_XOR, size);
        }
        e.alu(change === 'set' ? I32_OR : change === 'reset' ? I32_AND : I32_XOR, size);
        e.closeE(insn, size, e.keep(2, size));
      }
      e.flags.carryOnly(() => {
        e.push(a, size);
        e.push(bit, size);
        e.alu(I32_SHR_U, size);
        if (size === 64) code.op(I32_WRAP_I64);
        code.i32(1);
        code.op(I32_AND);
        setCarry(e);
      });
    };
  };
}

export const BT: Form = bitTest('none');
export const BTS: Form = bitTest('set');
export const BTR: Form = bitTest('reset');
export const BTC: Form = bitTest('complement');
