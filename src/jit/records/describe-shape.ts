import { perOp } from '../../cpu/decode/ops.ts';
import type { Handler } from '../../cpu/execute/core.ts';
import { HANDLERS } from '../../cpu/handlers.ts';
import { ADDRESS_ABSOLUTE, ADDRESS_INDEX, ADDRESS_RIP, type Instruction } from '../../isa/instruction.ts';
import { CS, FS, NO_REGISTER } from '../../isa/registers.ts';
import {
  SEGMENT_BASE,
  SEGMENT_BYTES,
  STATE_GPR,
  STATE_SEGMENTS,
  STATE_YMM,
  STATE_ZERO,
  VECTOR_SLOT_BYTES,
} from '../../state/layout.ts';
import { ACCESS_WRITES, ACCESSES, MEMORY_32, MEMORY_64, REGISTER_32, REGISTER_64 } from './made.ts';
import {
  ACTION_SHIFT,
  SHAPE_ACCESS,
  SHAPE_ADDRESS,
  SHAPE_BASE,
  SHAPE_BY_REGISTER,
  SHAPE_BYTES,
  SHAPE_E,
  SHAPE_G,
  SHAPE_HIGH,
  SHAPE_INDEX,
  SHAPE_LAST_BYTE,
  SHAPE_LENGTH,
  SHAPE_NARROW,
  SHAPE_RELATIVE,
  SHAPE_SCALE,
  SHAPE_SEGMENT,
  SHAPE_WRITE,
} from './shapes.ts';

type Kind = 'general' | 'byte' | 'vector';
const kindOfE = perOp(
  (name): Kind => (name.includes('_Eb') ? 'byte' : /_[UW]/.test(name) ? 'vector' : 'general'),
);
const kindOfG = perOp(
  (name): Kind => (name.includes('_Gb') ? 'byte' : /_V/.test(name) ? 'vector' : 'general'),
);
const isNear = perOp((name) => /^(J|CALL_|RET_)/.test(name));
const isByRegister = perOp((name) => /_CL$|^BT[SRC]?_E._G/.test(name));
const isBitTest = perOp((name) => /^BT[SRC]?_E._G/.test(name));
const hasNoSegment = perOp((name) => name.startsWith('LEA'));

/** Fills the 16 bytes of a shape, and answers what its records have in the upper half of their first word. */
export function describeShape(view: DataView, at: number, insn: Instruction, handler: Handler): number {
  for (let n = 0; n < SHAPE_BYTES; n += 4) view.setUint32(at + n, 0);
  view.setUint8(at + SHAPE_LENGTH, insn.length);
  const action = actionNumber(insn, handler);
  if (action === 0) return 0;
  const general = (register: number) => STATE_GPR + register * 8;
  const operand = (kind: Kind, register: number, byte: number) => {
    if (kind === 'byte') return STATE_GPR + byte;
    return kind === 'vector' ? STATE_YMM + register * VECTOR_SLOT_BYTES : general(register);
  };
  view.setUint16(at + SHAPE_G, operand(kindOfG(insn.op), insn.reg, insn.reg8), true);
  view.setUint16(at + SHAPE_E, operand(kindOfE(insn.op), insn.rm, insn.rm8), true);
  const byRegister = isByRegister(insn.op) ? SHAPE_BY_REGISTER : 0;
  if (!insn.isMemory) {
    view.setInt32(at + SHAPE_HIGH, insn.immediateHigh, true);
    return (action << ACTION_SHIFT) | byRegister | (insn.codeSize === 32 ? SHAPE_NARROW : 0);
  }
  const access = ACCESSES[action]!;
  const bytes = access & ~ACCESS_WRITES;
  const isRelative = insn.addressForm === ADDRESS_RIP;
  const hasBase = insn.addressForm !== ADDRESS_ABSOLUTE && insn.addressForm !== ADDRESS_INDEX && !isRelative;
  view.setUint16(at + SHAPE_BASE, hasBase ? general(insn.base) : STATE_ZERO, true);
  view.setUint16(at + SHAPE_INDEX, insn.index === NO_REGISTER ? STATE_ZERO : general(insn.index), true);
  view.setUint8(at + SHAPE_SCALE, insn.scale);
  view.setUint8(at + SHAPE_LAST_BYTE, Math.max(bytes - 1, 0));
  const hasSegment = insn.segment >= FS && !hasNoSegment(insn.op);
  const base = STATE_SEGMENTS + insn.segment * SEGMENT_BYTES + SEGMENT_BASE;
  view.setUint16(at + SHAPE_SEGMENT, hasSegment ? base : STATE_ZERO, true);
  return (
    (action << ACTION_SHIFT) |
    SHAPE_ADDRESS |
    byRegister |
    (bytes > 0 ? SHAPE_ACCESS : 0) |
    (isRelative ? SHAPE_RELATIVE : 0) |
    (insn.addressSize === 32 ? SHAPE_NARROW : 0) |
    (access & ACCESS_WRITES ? SHAPE_WRITE : 0)
  );
}

/**
 * 0 where the interpreter in WebAssembly cannot do it: 16-bit code and addresses, 64-bit addresses in the code, bit strings by
 * 32-bit addresses in 64-bit mode, and outside of that mode segments that may have a base or lack a right.
 */
function actionNumber(insn: Instruction, handler: Handler): number {
  const { codeSize } = insn;
  if (codeSize === 16 || handler !== HANDLERS[insn.op]) return 0;
  if (isNear(insn.op) && insn.operandSize !== codeSize) return 0;
  if (!insn.isMemory) return (codeSize === 64 ? REGISTER_64 : REGISTER_32)[insn.op]!;
  const isMoffs = (insn.opcode & 0xfc) === 0xa0 && insn.modrm === 0 && insn.addressForm === ADDRESS_ABSOLUTE;
  if (insn.addressSize === 16 || (isMoffs && insn.addressSize === 64)) return 0;
  if (insn.addressSize !== codeSize && isBitTest(insn.op)) return 0;
  const isFlat = insn.segment !== CS && insn.segment < FS;
  if (codeSize === 32 && !isFlat && !hasNoSegment(insn.op)) return 0;
  return (codeSize === 64 ? MEMORY_64 : MEMORY_32)[insn.op]!;
}
