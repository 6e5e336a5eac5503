import { EFER_SCE } from '../../isa/control.ts';
import {
  DESC_ACCESSED,
  DESC_CODE,
  DESC_DB,
  DESC_DPL_SHIFT,
  DESC_G,
  DESC_L,
  DESC_P,
  DESC_READABLE,
  DESC_S,
  DESC_USABLE,
  DESC_WRITABLE,
} from '../../isa/descriptors.ts';
import { CS, GS, R11, RCX, SS } from '../../isa/registers.ts';
import { RFLAGS_RF } from '../../isa/rflags.ts';
import {
  SEGMENT_BASE,
  SEGMENT_BYTES,
  SEGMENT_SELECTOR,
  STATE_CPL,
  STATE_EFER,
  STATE_FMASK,
  STATE_GPR,
  STATE_JIT_MOVED,
  STATE_JIT_PENDING,
  STATE_KERNEL_GS_BASE,
  STATE_LSTAR,
  STATE_RIP,
  STATE_SEGMENTS,
  STATE_STAR,
} from '../../state/layout.ts';
import type { FunctionBody } from '../wasm/module.ts';
import {
  I32_ADD,
  I32_AND,
  I32_LOAD,
  I32_OR,
  I32_SHR_U,
  I32_STORE,
  I32_XOR,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_STORE,
} from '../wasm/opcodes.ts';
import type { Form } from './form.ts';
import { CLASS_SUPERVISOR, CLASS_USER, type Push, Routine, SLOW_FLAGS } from './routine.ts';

const CODE_TYPE = DESC_CODE | DESC_READABLE | DESC_ACCESSED | DESC_L | DESC_G;
const STACK_TYPE = DESC_WRITABLE | DESC_ACCESSED | DESC_DB | DESC_G;
const DPL3 = 3 << DESC_DPL_SHIFT;
/** What SYSRET takes from R11: see `execute/system-call.ts`. */
const SYSRET_FLAGS = 0x3c7fd7;
/** A flat segment as SYSCALL and SYSRET make it. */
function loadFlat(r: Routine, segment: number, selector: Push, attributes: number): void {
  const present = DESC_S | DESC_P | DESC_USABLE;
  r.loadSegment(
    segment,
    selector,
    () => r.code.i64(0),
    () => r.code.i64(-1, attributes | present),
  );
}

/** SYSCALL in 64-bit mode. */
export function syscallRoutine(): FunctionBody {
  const r = new Routine();
  const { code } = r;
  const flags = r.narrow();
  const cleared = r.narrow();
  const selector = r.narrow();
  r.load32(STATE_EFER);
  code.i32(EFER_SCE);
  code.op(I32_AND);
  r.failUnless();
  const supervisor = r.openClass(CLASS_SUPERVISOR);
  r.readFlags();
  code.i32(~RFLAGS_RF);
  code.op(I32_AND);
  code.set(flags);
  r.load32(STATE_FMASK);
  code.set(cleared);

  const pushed = r.narrow();
  code.get(flags);
  code.set(pushed);
  code.get(flags);
  code.get(cleared);
  code.i32(-1);
  code.op(I32_XOR);
  code.op(I32_AND);
  code.set(flags);
  code.get(flags);
  r.failIfAny(SLOW_FLAGS);

  r.store64(STATE_GPR + RCX * 8, () => r.load64(STATE_RIP));
  r.store64(STATE_GPR + R11 * 8, () => {
    code.get(pushed);
    code.op(I64_EXTEND_I32_U);
  });
  r.store64(STATE_RIP, () => r.load64(STATE_LSTAR));
  r.load32(STATE_STAR + 4);
  code.i32(0xfffc);
  code.op(I32_AND);
  code.set(selector);
  loadFlat(r, CS, () => code.get(selector), CODE_TYPE);
  const stack = () => {
    code.get(selector);
    code.i32(8);
    code.op(I32_ADD);
    code.i32(0xffff);
    code.op(I32_AND);
  };
  loadFlat(r, SS, stack, STACK_TYPE);
  r.enterLevel(0, supervisor);
  r.writeSystemFlags(flags);
  r.writeStatusIf(cleared, flags);
  return r.finish();
}

/** SYSRET to 64-bit mode. Only Intel's loads the hidden part of SS. */
export function sysretRoutine(vendor: 'intel' | 'amd'): FunctionBody {
  const r = new Routine();
  const { code } = r;
  const flags = r.narrow();
  const selector = r.narrow();
  const target = r.wide();
  r.load32(STATE_EFER);
  code.i32(EFER_SCE);
  code.op(I32_AND);
  r.failUnless();
  r.load32(STATE_CPL);
  r.failIf();
  // RFLAGS.IF may let in what is pending.
  r.load32(STATE_JIT_PENDING);
  r.failIf();
  r.load64(STATE_GPR + RCX * 8);
  code.set(target);
  r.failUnlessCanonical(target);
  r.load32(STATE_GPR + R11 * 8);
  code.i32(SYSRET_FLAGS);
  code.op(I32_AND);
  code.set(flags);
  code.get(flags);
  r.failIfAny(SLOW_FLAGS);
  const user = r.openClass(CLASS_USER);

  r.store64(STATE_RIP, () => code.get(target));
  r.load32(STATE_STAR + 4);
  code.i32(16);
  code.op(I32_SHR_U);
  code.set(selector);
  const sum = (offset: number, rpl: number) => () => {
    code.get(selector);
    code.i32(offset);
    code.op(I32_ADD);
    code.i32(rpl);
    code.op(I32_OR);
    code.i32(0xffff);
    code.op(I32_AND);
  };
  loadFlat(r, CS, sum(16, 3), CODE_TYPE | DPL3);
  if (vendor === 'intel') loadFlat(r, SS, sum(8, 3), STACK_TYPE | DPL3);
  else r.store32(STATE_SEGMENTS + SS * SEGMENT_BYTES + SEGMENT_SELECTOR, sum(8, 0));
  r.enterLevel(3, user);
  r.writeFlags(flags);
  return r.finish();
}

/** SWAPGS, at privilege level 0 of 64-bit mode. */
export const SWAPGS: Form = () => (e) => {
  const { code } = e;
  const gs = STATE_SEGMENTS + GS * SEGMENT_BYTES + SEGMENT_BASE;
  code.i32(0);
  code.memory(I32_LOAD, STATE_CPL);
  code.if();
  e.sideExit();
  code.end();
  code.i32(0);
  code.memory(I64_LOAD, gs);
  const before = e.keep(3, 64);
  code.i32(0);
  code.i32(0);
  code.memory(I64_LOAD, STATE_KERNEL_GS_BASE);
  code.memory(I64_STORE, gs);
  code.i32(0);
  e.push(before, 64);
  code.memory(I64_STORE, STATE_KERNEL_GS_BASE);
  code.i32(0);
  code.i32(1);
  code.memory(I32_STORE, STATE_JIT_MOVED);
};
