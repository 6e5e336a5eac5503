import { BATCH } from '../../cpu/execute/repeat.ts';
import { PREFIX_REP, PREFIX_REPNE } from '../../isa/instruction.ts';
import { ES, RAX, RCX, RDI, RSI } from '../../isa/registers.ts';
import {
  I32_ADD,
  I32_AND,
  I32_EQ,
  I32_EQZ,
  I32_LE_U,
  I32_LT_U,
  I32_NE,
  I32_SHL,
  I32_SHR_U,
  I32_SUB,
  I64_EXTEND_I32_U,
  I64_LE_U,
  SELECT,
} from '../wasm/opcodes.ts';
import { ACCESS_READ, type Emitter } from './emitter.ts';
import type { Emit, Form } from './form.ts';
import { HOST, STATUS } from './locals.ts';
import {
  addressSize,
  PAGE_BYTES,
  pushDirection,
  pushRivals,
  pushStringAddress,
  stepRegisters,
} from './string.ts';
import { subtract } from './subtract.ts';
import { constant, type Size } from './value.ts';

/* CMPS SCAS, one iteration or as many as there are. */

const REPEATED = PREFIX_REP | PREFIX_REPNE;

function compareOne(size: Size): Emit {
  return (e, insn) => {
    pushStringAddress(e, insn, RSI, insn.segment);
    e.probe(ACCESS_READ, size >> 3);
    e.loadHost(size);
    const a = e.keep(0, size);
    pushStringAddress(e, insn, RDI, ES);
    e.probe(ACCESS_READ, size >> 3);
    e.loadHost(size);
    const b = e.keep(1, size);
    stepRegisters(e, insn, size, [RSI, RDI]);
    subtract(e, size, a, b);
  };
}

function scanOne(size: Size): Emit {
  return (e, insn) => {
    pushStringAddress(e, insn, RDI, ES);
    e.probe(ACCESS_READ, size >> 3);
    e.loadHost(size);
    const b = e.keep(1, size);
    e.getRegister(RAX, size);
    const a = e.keep(0, size);
    stepRegisters(e, insn, size, [RDI]);
    subtract(e, size, a, b);
  };
}

/** Pushes the number of whole elements between where the register points and the end of the page. */
function pushRoom(e: Emitter, register: number, size: Size): void {
  const { code } = e;
  code.i32(PAGE_BYTES);
  e.getRegister(register, 32);
  code.i32(PAGE_BYTES - 1);
  code.op(I32_AND);
  code.op(I32_SUB);
  scale(e, size, I32_SHR_U);
}

/** Turns elements into bytes (I32_SHL), or the other way round (I32_SHR_U). */
function scale(e: Emitter, size: Size, shift: number): void {
  if (size === 8) return;
  e.code.i32(31 - Math.clz32(size >> 3));
  e.code.op(shift);
}

function smaller(e: Emitter, local: number, push: () => void): void {
  const { code } = e;
  push();
  code.get(local);
  push();
  code.get(local);
  code.op(I32_LT_U);
  code.op(SELECT);
  code.set(local);
}

/**
 * A repeated comparison that goes forward, page by page. The handler does the rest: backwards, an element across the end of
 * a page, and the last iteration of a batch that does not use up the count, after which the block ends.
 */
function repeated(size: Size, withSource: boolean): Emit {
  return (e, insn) => {
    const { code } = e;
    const width = addressSize(insn);
    const bytes = size >> 3;
    const wide = width === 64;
    const ending = insn.prefixes & PREFIX_REP ? I32_NE : I32_EQ;
    const registers = withSource ? [RSI, RDI] : [RDI];
    const room = STATUS;
    const end = e.temp(3, 32);
    const from = e.temp(4, 32);
    e.flags.direct();
    const done = code.block();
    const byHandler = code.block();
    pushDirection(e);
    code.brIf(byHandler);
    e.getRegister(RCX, width);
    e.compare(I32_EQZ, width);
    code.brIf(done);
    const again = code.loop();

    // The count, or what is left of the batch less one: the handler ends the batch.
    e.getRegister(RCX, 32);
    e.getRegister(RCX, 32);
    code.i32(1);
    code.op(I32_SUB);
    code.i32(BATCH - 1);
    code.op(I32_AND);
    e.getRegister(RCX, width);
    e.push(constant(BATCH), width);
    code.op(wide ? I64_LE_U : I32_LE_U);
    code.op(SELECT);
    code.set(room);
    for (const register of registers) smaller(e, room, () => pushRoom(e, register, size));
    code.get(room);
    code.op(I32_EQZ);
    code.brIf(byHandler);

    if (withSource) {
      pushRivals(e, insn);
      code.brIf(byHandler);
      pushStringAddress(e, insn, RSI, insn.segment);
      e.probe(ACCESS_READ, bytes);
      code.get(HOST);
      code.set(from);
    }
    pushStringAddress(e, insn, RDI, ES);
    e.probe(ACCESS_READ, bytes);
    code.get(HOST);
    code.get(room);
    scale(e, size, I32_SHL);
    code.op(I32_ADD);
    code.set(end);

    const a = { local: e.temp(0, size), lo: 0, hi: 0 };
    const b = { local: e.temp(1, size), lo: 0, hi: 0 };
    if (!withSource) {
      e.getRegister(RAX, size);
      code.set(a.local);
    }
    const found = code.block();
    const next = code.loop();
    if (withSource) {
      e.loadAt(from, size);
      code.set(a.local);
      code.get(from);
      code.i32(bytes);
      code.op(I32_ADD);
      code.set(from);
    }
    e.loadHost(size);
    code.set(b.local);
    code.get(HOST);
    code.i32(bytes);
    code.op(I32_ADD);
    code.set(HOST);
    e.push(a, size);
    e.push(b, size);
    e.compare(ending, size);
    code.brIf(found);
    code.get(HOST);
    code.get(end);
    code.op(I32_LT_U);
    code.brIf(next);
    code.end();
    code.end();

    // As many iterations as HOST has moved.
    code.get(room);
    code.get(end);
    code.get(HOST);
    code.op(I32_SUB);
    scale(e, size, I32_SHR_U);
    code.op(I32_SUB);
    code.set(room);
    const add = (register: number, op: number, shift: boolean) => {
      e.getRegister(register, width);
      code.get(room);
      if (shift) scale(e, size, I32_SHL);
      if (wide) code.op(I64_EXTEND_I32_U);
      e.alu(op, width);
      e.setRegister(register, width);
    };
    for (const register of registers) add(register, I32_ADD, true);
    add(RCX, I32_SUB, false);
    subtract(e, size, a, b);
    e.flags.direct();
    e.push(a, size);
    e.push(b, size);
    e.compare(ending, size);
    code.brIf(done);
    e.getRegister(RCX, width);
    e.compare(I32_EQZ, width);
    code.brIf(done);
    code.br(again);
    code.end();
    code.end();
    e.callHandlerAside();
    code.end();
    e.flags.reset();
  };
}

/** Outside of 64-bit mode `emitterOf` has made sure of flat segments; FS and GS may have a base in it. */
function string(single: Emit, all: Emit): Form {
  return (codes) => {
    if (codes.length > 0) return undefined;
    return (e, insn) => {
      if ((insn.prefixes & REPEATED) === 0) single(e, insn);
      else if (e.codeSize !== 64 || insn.segment <= 3) all(e, insn);
      else e.callHandler();
    };
  };
}

export const STRING_COMPARE_FORMS: Readonly<Record<string, Form>> = Object.fromEntries(
  (
    [
      ['B', 8],
      ['W', 16],
      ['D', 32],
      ['Q', 64],
    ] as const
  ).flatMap(([letter, size]) => [
    [`CMPS${letter}`, string(compareOne(size), repeated(size, true))],
    [`SCAS${letter}`, string(scanOne(size), repeated(size, false))],
  ]),
);
