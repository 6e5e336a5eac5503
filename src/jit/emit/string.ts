import { type Instruction, PREFIX_REP, PREFIX_REPNE } from '../../isa/instruction.ts';
import { ES, RAX, RCX, RDI, RSI } from '../../isa/registers.ts';
import { RFLAGS_DF } from '../../isa/rflags.ts';
import { STATE_RFLAGS } from '../../state/layout.ts';
import {
  I32_ADD,
  I32_AND,
  I32_EQZ,
  I32_GT_U,
  I32_LOAD,
  I32_LT_U,
  I32_OR,
  I32_SHL,
  I32_SUB,
  I64_EXTEND_I32_U,
  I64_GT_U,
  I64_NE,
  I64_SHR_U,
  I64_XOR,
  SELECT,
} from '../wasm/opcodes.ts';
import { ACCESS_READ, ACCESS_WRITE, type Emitter } from './emitter.ts';
import type { Emit, Form } from './form.ts';
import { HOST } from './locals.ts';
import { constant, type Size, type Value } from './value.ts';

/*
 * MOVS STOS LODS. One iteration is a load, a store and the registers; repeated MOVS and STOS are done at once where they go
 * forward within one page of each operand. All else is the handler's.
 */

export const PAGE_BYTES = 4096;
const REPEATED = PREFIX_REP | PREFIX_REPNE;

export function addressSize(insn: Instruction): 32 | 64 {
  return insn.addressSize === 64 ? 64 : 32;
}

/** Pushes rSI or rDI as a linear address. */
export function pushStringAddress(e: Emitter, insn: Instruction, register: number, segment: number): void {
  const size = addressSize(insn);
  e.getRegister(register, size);
  if (size === 32) e.code.op(I64_EXTEND_I32_U);
  e.addBase(segment);
}

export function pushDirection({ code }: Emitter): void {
  code.i32(0);
  code.memory(I32_LOAD, STATE_RFLAGS);
  code.i32(RFLAGS_DF);
  code.op(I32_AND);
}

/** Adds the size of an element to the registers, or subtracts it when DF is set. */
export function stepRegisters(e: Emitter, insn: Instruction, size: Size, registers: readonly number[]): void {
  const width = addressSize(insn);
  e.push(constant(-(size >> 3)), width);
  e.push(constant(size >> 3), width);
  pushDirection(e);
  e.code.op(SELECT);
  const step = e.keep(4, width);
  for (const register of registers) {
    e.getRegister(register, width);
    e.push(step, width);
    e.alu(I32_ADD, width);
    e.setRegister(register, width);
  }
}

function moveOne(size: Size): Emit {
  return (e, insn) => {
    pushStringAddress(e, insn, RSI, insn.segment);
    e.probe(ACCESS_READ, size >> 3);
    e.loadHost(size);
    const value = e.keep(3, size);
    pushStringAddress(e, insn, RDI, ES);
    e.probe(ACCESS_WRITE, size >> 3);
    e.storeHost(value, size);
    stepRegisters(e, insn, size, [RSI, RDI]);
  };
}

function storeOne(size: Size): Emit {
  return (e, insn) => {
    pushStringAddress(e, insn, RDI, ES);
    e.probe(ACCESS_WRITE, size >> 3);
    e.code.get(HOST);
    e.getRegister(RAX, size);
    e.storeOp(size);
    stepRegisters(e, insn, size, [RDI]);
  };
}

function loadOne(size: Size): Emit {
  return (e, insn) => {
    pushStringAddress(e, insn, RSI, insn.segment);
    e.probe(ACCESS_READ, size >> 3);
    e.loadHost(size);
    e.setRegister(RAX, size);
    stepRegisters(e, insn, size, [RSI]);
  };
}

/** Pushes whether `bytes` bytes from where the register points cross the end of the page. */
function pushCrosses(e: Emitter, register: number, bytes: Value): void {
  const { code } = e;
  e.getRegister(register, 32);
  code.i32(PAGE_BYTES - 1);
  code.op(I32_AND);
  e.push(bytes, 32);
  code.op(I32_ADD);
  code.i32(PAGE_BYTES);
  code.op(I32_GT_U);
}

/**
 * Pushes whether the pages of source and destination push each other out of the TLB. The handler then accesses one after
 * the other, element by element, and reports count what that costs.
 */
export function pushRivals(e: Emitter, insn: Instruction): void {
  const { code } = e;
  pushStringAddress(e, insn, RSI, insn.segment);
  pushStringAddress(e, insn, RDI, ES);
  code.op(I64_XOR);
  const apart = e.keep(4, 64);
  e.push(apart, 64);
  e.tlbOffset();
  code.op(I32_EQZ);
  e.push(apart, 64);
  code.i64(12);
  code.op(I64_SHR_U);
  code.i64(0);
  code.op(I64_NE);
  code.op(I32_AND);
}

/**
 * A repeated instruction that `inPage` can do in one go, or else the handler. A count of 0 does nothing. `inPage` gets the
 * number of bytes, an i32 temporary.
 */
function repeated(
  e: Emitter,
  insn: Instruction,
  size: Size,
  registers: readonly number[],
  inPage: (bytes: Value) => void,
): void {
  const { code } = e;
  const width = addressSize(insn);
  const done = code.block();
  const byHandler = code.block();
  // A segment with a base would move the page boundary.
  e.getRegister(RCX, width);
  e.push(constant(PAGE_BYTES / (size >> 3)), width);
  code.op(width === 64 ? I64_GT_U : I32_GT_U);
  code.brIf(byHandler);
  e.getRegister(RCX, 32);
  code.op(I32_EQZ);
  code.brIf(done);
  e.getRegister(RCX, 32);
  if (size > 8) {
    code.i32(31 - Math.clz32(size >> 3));
    code.op(I32_SHL);
  }
  const bytes = e.keep(3, 32);
  pushDirection(e);
  for (const register of registers) {
    pushCrosses(e, register, bytes);
    code.op(I32_OR);
  }
  if (registers.length > 1) {
    pushRivals(e, insn);
    code.op(I32_OR);
  }
  code.brIf(byHandler);
  inPage(bytes);
  for (const register of registers) {
    e.getRegister(register, width);
    e.push(bytes, 32);
    if (width === 64) code.op(I64_EXTEND_I32_U);
    e.alu(I32_ADD, width);
    e.setRegister(register, width);
  }
  e.push(constant(0), width);
  e.setRegister(RCX, width);
  code.br(done);
  code.end();
  e.callHandlerAside();
  code.end();
}

function moveMany(size: Size): Emit {
  return (e, insn) => {
    repeated(e, insn, size, [RSI, RDI], (bytes) => {
      const { code } = e;
      pushStringAddress(e, insn, RSI, insn.segment);
      e.probe(ACCESS_READ, size >> 3);
      code.get(HOST);
      const from = e.keep(4, 32);
      pushStringAddress(e, insn, RDI, ES);
      e.probeRun(size >> 3);
      // A destination shortly behind the source is fed with what has just been stored.
      code.get(HOST);
      e.push(from, 32);
      code.op(I32_SUB);
      code.i32(1);
      code.op(I32_SUB);
      e.push(bytes, 32);
      code.i32(1);
      code.op(I32_SUB);
      code.op(I32_LT_U);
      code.unlikelyIf();
      e.sideExit();
      code.end();
      code.get(HOST);
      e.push(from, 32);
      e.push(bytes, 32);
      code.memoryCopy();
    });
  };
}

function storeMany(size: Size): Emit {
  return (e, insn) => {
    repeated(e, insn, size, [RDI], (bytes) => {
      const { code } = e;
      pushStringAddress(e, insn, RDI, ES);
      e.probeRun(size >> 3);
      if (size === 8) {
        code.get(HOST);
        e.getRegister(RAX, 8);
        e.push(bytes, 32);
        code.memoryFill();
        return;
      }
      const end = e.temp(4, 32);
      code.get(HOST);
      e.push(bytes, 32);
      code.op(I32_ADD);
      code.set(end);
      const again = code.loop();
      code.get(HOST);
      e.getRegister(RAX, size);
      e.storeOp(size);
      code.get(HOST);
      code.i32(size >> 3);
      code.op(I32_ADD);
      code.tee(HOST);
      code.get(end);
      code.op(I32_LT_U);
      code.brIf(again);
      code.end();
    });
  };
}

/** Outside of 64-bit mode `emitterOf` has made sure of flat segments; FS and GS may have a base in it. */
function string(size: Size, one: (size: Size) => Emit, many?: (size: Size) => Emit): Form {
  return (codes) => {
    if (codes.length > 0) return undefined;
    const single = one(size);
    const all = many?.(size);
    return (e, insn) => {
      if ((insn.prefixes & REPEATED) === 0) single(e, insn);
      else if (all && (e.codeSize !== 64 || insn.segment <= 3)) all(e, insn);
      else e.callHandler();
    };
  };
}

export const STRING_FORMS: Readonly<Record<string, Form>> = Object.fromEntries(
  (
    [
      ['B', 8],
      ['W', 16],
      ['D', 32],
      ['Q', 64],
    ] as const
  ).flatMap(([letter, size]) => [
    [`MOVS${letter}`, string(size, moveOne, moveMany)],
    [`STOS${letter}`, string(size, storeOne, storeMany)],
    [`LODS${letter}`, string(size, loadOne)],
  ]),
);
