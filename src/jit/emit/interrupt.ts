import { DESC_DPL_SHIFT, TYPE_INTERRUPT_GATE32 } from '../../isa/descriptors.ts';
import { CS, RSP, SS, TR } from '../../isa/registers.ts';
import { RFLAGS_IF, RFLAGS_NT, RFLAGS_RF } from '../../isa/rflags.ts';
import { segmentWord } from '../../state/cpu-state.ts';
import {
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_CPL,
  STATE_GPR,
  STATE_IDTR,
  STATE_JIT_ERROR,
  STATE_JIT_PENDING,
  STATE_RFLAGS,
  STATE_RIP,
} from '../../state/layout.ts';
import type { FunctionBody } from '../wasm/module.ts';
import {
  I32_ADD,
  I32_AND,
  I32_GT_U,
  I32_LOAD,
  I32_LT_U,
  I32_OR,
  I32_SHL,
  I32_SHR_U,
  I64_ADD,
  I64_AND,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_OR,
  I64_SHL,
  I64_STORE,
  I64_SUB,
  SELECT,
} from '../wasm/opcodes.ts';
import { cacheSegment, pushLevel, readDescriptor, requireLongCode } from './descriptor.ts';
import { ACCESS_WRITE } from './emitter.ts';
import { ARGUMENT, CLASS_SUPERVISOR, Routine, SLOW_FLAGS } from './routine.ts';

/** Of the argument of the routine: the vector, and what it is. RFLAGS.RF there goes into the pushed RFLAGS. */
const EVENT_VECTOR = 0xff;
export const EVENT_SOFTWARE = 1 << 8;
/** There is an error code: it is in STATE_JIT_ERROR. */
export const EVENT_ERROR = 1 << 9;

const FRAME_BYTES = 40;
/** Offsets in the 64-bit TSS (SDM Vol. 3A, "Task Management in 64-bit Mode"): of RSP0, and of what would be IST0. */
const TASK_RSP0 = 4;
const TASK_IST0 = 28;
/** P, S and the type but for its lowest bit, which tells a trap gate. */
const GATE_MASK = 0x9e00;
const GATE_BITS = 0x8000 | (TYPE_INTERRUPT_GATE32 << 8);
const GATE_TRAP = 1 << 8;

function slot(segment: number, field: number): number {
  return segmentWord(segment, field) * 4;
}

/**
 * Through a gate of the 64-bit IDT to privilege level 0, as `cpu/gates.ts` does, with the RIP of the state page as the
 * one to return to.
 */
export function deliverRoutine(): FunctionBody {
  const r = new Routine();
  const { code } = r;
  code.get(ARGUMENT);
  code.i32(EVENT_SOFTWARE);
  code.op(I32_AND);
  code.if();
  r.load32(STATE_JIT_PENDING);
  r.failIf();
  code.end();
  r.load32(STATE_RFLAGS);
  r.failIfAny(SLOW_FLAGS);
  const supervisor = r.openClass(CLASS_SUPERVISOR);

  // The gate.
  const offset = r.narrow();
  code.get(ARGUMENT);
  code.i32(EVENT_VECTOR);
  code.op(I32_AND);
  code.i32(4);
  code.op(I32_SHL);
  code.tee(offset);
  code.i32(15);
  code.op(I32_OR);
  r.load32(STATE_IDTR + 8);
  code.i32(0xffff);
  code.op(I32_AND);
  code.op(I32_GT_U);
  r.failIf();
  const at = r.wide();
  r.load64(STATE_IDTR);
  code.get(offset);
  code.op(I64_EXTEND_I32_U);
  code.op(I64_ADD);
  code.set(at);
  const gateHost = r.probeRead(at, 16, supervisor);
  const gateLo = r.narrow();
  const gateHi = r.narrow();
  code.get(gateHost);
  code.memory(I32_LOAD, 0);
  code.set(gateLo);
  code.get(gateHost);
  code.memory(I32_LOAD, 4);
  code.tee(gateHi);
  r.failUnlessBits(GATE_MASK, GATE_BITS);
  const cpl = r.narrow();
  r.load32(STATE_CPL);
  code.set(cpl);
  code.get(ARGUMENT);
  code.i32(EVENT_SOFTWARE);
  code.op(I32_AND);
  code.if();
  pushLevel(r, gateHi);
  code.get(cpl);
  code.op(I32_LT_U);
  r.failIf();
  code.end();
  const target = r.wide();
  code.get(gateHost);
  code.memory(I32_LOAD, 8);
  code.op(I64_EXTEND_I32_U);
  code.i64(32);
  code.op(I64_SHL);
  code.get(gateHi);
  code.i32(0xffff0000 | 0);
  code.op(I32_AND);
  code.get(gateLo);
  code.i32(0xffff);
  code.op(I32_AND);
  code.op(I32_OR);
  code.op(I64_EXTEND_I32_U);
  code.op(I64_OR);
  code.set(target);
  r.failUnlessCanonical(target);

  // The code segment, of level 0.
  const selector = r.narrow();
  code.get(gateLo);
  code.i32(16);
  code.op(I32_SHR_U);
  code.set(selector);
  const segment = readDescriptor(r, selector, supervisor);
  requireLongCode(r, segment);
  code.get(segment.hi);
  r.failIfAny(3 << DESC_DPL_SHIFT);

  // The stack: that of the interrupt-stack table or of level 0 in the TSS, or the present one.
  const rsp = r.wide();
  const ist = r.narrow();
  code.get(gateHi);
  code.i32(7);
  code.op(I32_AND);
  code.tee(ist);
  code.get(cpl);
  code.op(I32_OR);
  code.if();
  code.get(ist);
  code.i32(3);
  code.op(I32_SHL);
  code.i32(TASK_IST0);
  code.op(I32_ADD);
  code.i32(TASK_RSP0);
  code.get(ist);
  code.op(SELECT);
  code.tee(offset);
  code.i32(7);
  code.op(I32_ADD);
  r.load32(slot(TR, SEGMENT_LIMIT));
  code.op(I32_GT_U);
  r.failIf();
  r.load64(slot(TR, SEGMENT_BASE));
  code.get(offset);
  code.op(I64_EXTEND_I32_U);
  code.op(I64_ADD);
  code.set(at);
  const taskHost = r.probeRead(at, 8, supervisor);
  code.get(taskHost);
  code.memory(I64_LOAD, 0);
  code.set(rsp);
  code.else();
  r.load64(STATE_GPR + RSP * 8);
  code.set(rsp);
  code.end();
  r.failUnlessCanonical(rsp);

  // The frame, below the stack pointer aligned to 16 bytes; it may not cross a page.
  code.get(rsp);
  code.i64(-16);
  code.op(I64_AND);
  code.set(rsp);
  const bottom = r.wide();
  const error = r.narrow();
  code.get(ARGUMENT);
  code.i32(EVENT_ERROR);
  code.op(I32_AND);
  code.i32(6);
  code.op(I32_SHR_U);
  code.set(error); // Bytes of the error code: 8 or 0.
  code.get(rsp);
  code.i64(FRAME_BYTES);
  code.op(I64_SUB);
  code.get(error);
  code.op(I64_EXTEND_I32_U);
  code.op(I64_SUB);
  code.set(bottom);
  const pushLast = () => {
    code.get(rsp);
    code.i64(1);
    code.op(I64_SUB);
  };
  const host = r.probe(bottom, pushLast, ACCESS_WRITE, supervisor);

  // Nothing fails from here on.
  code.get(error);
  code.if();
  code.get(host);
  r.load32(STATE_JIT_ERROR);
  code.op(I64_EXTEND_I32_U);
  code.memory(I64_STORE, 0);
  code.get(host);
  code.i32(8);
  code.op(I32_ADD);
  code.set(host);
  code.end();
  const push = (place: number, value: () => void) => {
    code.get(host);
    value();
    code.memory(I64_STORE, place);
  };
  push(0, () => r.load64(STATE_RIP));
  push(8, () => pushWord(r, slot(CS, SEGMENT_SELECTOR)));
  push(16, () => {
    r.readFlags();
    code.get(ARGUMENT);
    code.i32(RFLAGS_RF);
    code.op(I32_AND);
    code.op(I32_OR);
    code.op(I64_EXTEND_I32_U);
  });
  push(24, () => r.load64(STATE_GPR + RSP * 8));
  push(32, () => pushWord(r, slot(SS, SEGMENT_SELECTOR)));

  const nothing = () => code.i64(0);
  code.get(cpl);
  code.if();
  r.loadSegment(SS, () => code.i32(0), nothing, nothing);
  code.end();
  const level0 = () => {
    code.get(selector);
    code.i32(~3);
    code.op(I32_AND);
  };
  cacheSegment(r, CS, level0, segment);
  r.store64(STATE_GPR + RSP * 8, () => code.get(bottom));
  r.store64(STATE_RIP, () => code.get(target));
  r.store32(STATE_RFLAGS, () => {
    r.load32(STATE_RFLAGS);
    code.i32(~RFLAGS_NT);
    code.i32(~(RFLAGS_NT | RFLAGS_IF));
    code.get(gateHi);
    code.i32(GATE_TRAP);
    code.op(I32_AND);
    code.op(SELECT);
    code.op(I32_AND);
  });
  r.enterLevel(0, supervisor);
  return r.finish();
}

function pushWord(r: Routine, offset: number): void {
  r.load32(offset);
  r.code.op(I64_EXTEND_I32_U);
}
