import { DESC_DPL_SHIFT, DESC_USABLE } from '../../isa/descriptors.ts';
import { CS, DS, ES, FS, GS, RSP, SS } from '../../isa/registers.ts';
import {
  RFLAGS_AC,
  RFLAGS_DF,
  RFLAGS_ID,
  RFLAGS_IF,
  RFLAGS_IOPL,
  RFLAGS_NT,
  RFLAGS_RF,
  RFLAGS_STATUS,
  RFLAGS_TF,
  RFLAGS_VIF,
  RFLAGS_VIP,
} from '../../isa/rflags.ts';
import { segmentWord } from '../../state/cpu-state.ts';
import {
  SEGMENT_ATTRIBUTES,
  STATE_CPL,
  STATE_GPR,
  STATE_JIT_PENDING,
  STATE_JIT_RESUMED,
  STATE_RFLAGS,
  STATE_RIP,
} from '../../state/layout.ts';
import type { FunctionBody } from '../wasm/module.ts';
import { I32_AND, I32_LOAD, I32_LOAD16_U, I32_NE, I32_OR, I64_LOAD } from '../wasm/opcodes.ts';
import {
  cacheSegment,
  pushBase,
  pushLimitAndAttributes,
  readDescriptor,
  requireLevel,
  requireLongCode,
  requireStack,
} from './descriptor.ts';
import { ARGUMENT, CLASS_SUPERVISOR, CLASS_USER, Routine, SLOW_FLAGS } from './routine.ts';

const FRAME_BYTES = 40;
/** What IRETQ at level 0 loads. */
const LOADED =
  RFLAGS_STATUS | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC | RFLAGS_ID | RFLAGS_IF |
  RFLAGS_IOPL | RFLAGS_VIF | RFLAGS_VIP; // biome-ignore format: two rows.
const DPL = 3 << DESC_DPL_SHIFT;

/** IRETQ at level 0 of 64-bit mode, to 64-bit code of level 0 or 3: see `execute/iret.ts`. */
export function iretRoutine(): FunctionBody {
  const r = new Routine();
  const { code } = r;
  // RFLAGS.IF may let in what is pending, and NMIs are unblocked.
  r.load32(STATE_JIT_PENDING);
  r.failIf();
  r.load32(STATE_CPL);
  r.failIf();
  r.load32(STATE_RFLAGS);
  r.failIfAny(SLOW_FLAGS | RFLAGS_NT);
  const supervisor = r.openClass(CLASS_SUPERVISOR);
  const frame = r.wide();
  r.load64(STATE_GPR + RSP * 8);
  code.set(frame);
  const host = r.probeRead(frame, FRAME_BYTES, supervisor);

  const target = r.wide();
  code.get(host);
  code.memory(I64_LOAD, 0);
  code.set(target);
  r.failUnlessCanonical(target);
  const flags = r.narrow();
  code.get(host);
  code.memory(I32_LOAD, 16);
  code.i32(LOADED);
  code.op(I32_AND);
  code.tee(flags);
  r.failIfAny(SLOW_FLAGS & ~RFLAGS_RF);

  const selector = r.narrow();
  const level = r.narrow();
  code.get(host);
  code.memory(I32_LOAD16_U, 8);
  code.tee(selector);
  code.i32(3);
  code.op(I32_AND);
  code.set(level);
  const segment = readDescriptor(r, selector, supervisor);
  requireLongCode(r, segment);
  requireLevel(r, segment, level);

  // SS: null is right for level 0 alone.
  const stackSelector = r.narrow();
  const stackBase = r.wide();
  const stackRest = r.wide();
  code.get(host);
  code.memory(I32_LOAD16_U, 32);
  code.tee(stackSelector);
  code.if();
  const stack = readDescriptor(r, stackSelector, supervisor);
  requireStack(r, stack);
  requireLevel(r, stack, level);
  code.get(stackSelector);
  code.i32(3);
  code.op(I32_AND);
  code.get(level);
  code.op(I32_NE);
  r.failIf();
  pushBase(r, stack);
  code.set(stackBase);
  pushLimitAndAttributes(r, stack);
  code.set(stackRest);
  code.else();
  code.get(level);
  r.failIf();
  code.i64(0);
  code.set(stackBase);
  code.i64(0);
  code.set(stackRest);
  code.end();

  // Outer code: data segments that it may not have are for the interpreter to take away.
  const user = { bank: r.narrow(), mask: r.narrow() };
  code.get(level);
  code.if();
  code.get(level);
  code.i32(3);
  code.op(I32_NE);
  r.failIf();
  const opened = r.openClass(CLASS_USER);
  code.get(opened.bank);
  code.set(user.bank);
  code.get(opened.mask);
  code.set(user.mask);
  const attributes = r.narrow();
  for (const each of [ES, DS, FS, GS]) {
    r.load32(segmentWord(each, SEGMENT_ATTRIBUTES) * 4);
    code.tee(attributes);
    code.i32(DPL);
    code.op(I32_AND);
    code.i32(DPL);
    code.op(I32_NE);
    code.get(attributes);
    code.i32(DESC_USABLE);
    code.op(I32_AND);
    code.op(I32_AND);
    r.failIf();
  }
  code.end();

  // Nothing fails from here on.
  r.store64(STATE_RIP, () => code.get(target));
  r.store64(STATE_GPR + RSP * 8, () => {
    code.get(host);
    code.memory(I64_LOAD, 24);
  });
  cacheSegment(r, CS, () => code.get(selector), segment);
  r.loadSegment(
    SS,
    () => code.get(stackSelector),
    () => code.get(stackBase),
    () => code.get(stackRest),
  );
  // RF is set until the next instruction is through: see `CompiledTier`.
  code.get(flags);
  code.i32(RFLAGS_RF);
  code.op(I32_AND);
  code.if();
  r.store32(STATE_JIT_RESUMED, () => code.get(ARGUMENT));
  code.end();
  const value = r.narrow();
  r.load32(STATE_RFLAGS);
  code.i32(~LOADED);
  code.op(I32_AND);
  code.get(flags);
  code.op(I32_OR);
  code.set(value);
  r.writeFlags(value);
  code.get(level);
  code.if();
  r.enterLevel(3, user);
  code.else();
  r.enterLevel(0, supervisor);
  code.end();
  return r.finish();
}
