import { PREFIX_REP, PREFIX_REPNE } from '../../isa/instruction.ts';
import { ES, RAX, RDI, RSI } from '../../isa/registers.ts';
import { ACCESS_READ } from './emitter.ts';
import type { Emit, Form } from './form.ts';
import { pushStringAddress, stepRegisters } from './string.ts';
import { subtract } from './subtract.ts';
import type { Size } from './value.ts';

/* CMPS SCAS, one iteration. The handler repeats. */

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

function string(emit: Emit): Form {
  return (codes) => {
    if (codes.length > 0) return undefined;
    return (e, insn) => {
      if ((insn.prefixes & REPEATED) === 0) emit(e, insn);
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
    [`CMPS${letter}`, string(compareOne(size))],
    [`SCAS${letter}`, string(scanOne(size))],
  ]),
);
