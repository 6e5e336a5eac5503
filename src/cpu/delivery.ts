import { CR4_VME, DEBUGCTL_BTF, DEBUGCTL_LBR, DR6_BD, DR6_FIXED, DR7_GD } from '../isa/control.ts';
import { RFLAGS_RF } from '../isa/rflags.ts';
import {
  ERROR_EXT,
  VECTOR_DB,
  VECTOR_DE,
  VECTOR_DF,
  VECTOR_GP,
  VECTOR_MC,
  VECTOR_NP,
  VECTOR_PF,
  VECTOR_SS,
  VECTOR_TS,
} from '../isa/vectors.ts';
import {
  type GuestFault,
  SOURCE_EXCEPTION,
  SOURCE_EXTERNAL,
  SOURCE_INT_N,
  SOURCE_INT1,
  SOURCE_SOFTWARE_EXCEPTION,
} from '../state/faults.ts';
import { STATE_CR4, STATE_DEBUGCTL, STATE_DR6, STATE_DR7 } from '../state/layout.ts';
import {
  type Core,
  PENDING_DEBUG_TRAP,
  PENDING_REPEATING,
  PENDING_SHADOW_SS,
  PENDING_SHADOW_STI,
  PENDING_SHUTDOWN,
} from './execute/core.ts';
import {
  type Delivery,
  deliverLong,
  deliverProtected,
  deliverReal,
  deliverRedirected,
  isRedirected,
} from './gates.ts';
import type { Tier } from './tier.ts';

/** Whoever watches deliveries or steers them: the machine and the debugger. */
export interface DeliveryHooks {
  /** An exception is about to be delivered; RIP in the core is that which will be pushed. Not for interrupts. */
  onFault?(vector: number, hasErrorCode: boolean, errorCode: number): void;
  /** A software (INT n, INT3, INTO, INT1) or external interrupt is about to be delivered. */
  onInterrupt?(vector: number, external: boolean): void;
}

/** What ends with any delivery. */
const FORGOTTEN = PENDING_SHADOW_STI | PENDING_SHADOW_SS | PENDING_REPEATING;

type DeliveringTier = Pick<Tier, 'deliver'>;

/**
 * Delivers an exception or a software interrupt that a handler threw, with RIP at the instruction that caused it (for
 * a `trap`, at the one behind it). Faults on the way are delivered in their turn, become #DF, or end in shutdown:
 * then `PENDING_SHUTDOWN` is set and the state is that before the last delivery (SDM Vol. 3A, "Interrupt 8—Double
 * Fault Exception (#DF)").
 */
export function deliverException(
  core: Core,
  fault: GuestFault,
  hooks: DeliveryHooks,
  kind: 'fault' | 'trap',
  tier?: DeliveringTier,
): void {
  const isPlain = kind === 'fault' && fault.source === SOURCE_EXCEPTION && fault.vector !== VECTOR_DB;
  if (!tier || !isPlain) {
    deliverChain(core, eventOf(core, fault, kind), hooks, tier);
    return;
  }
  // The same as the chain does first, without an event: page faults come by the million.
  const { vector, hasErrorCode, errorCode } = fault;
  core.pending &= ~FORGOTTEN;
  hooks.onFault?.(vector, hasErrorCode, errorCode);
  if (tier.deliver(vector, pushesRf(core, fault) ? RFLAGS_RF : 0, hasErrorCode, errorCode)) core.endBlock();
  else deliverChain(core, eventOf(core, fault, kind), hooks, undefined, true);
}

/** Delivers an interrupt from outside: INTR with its vector, or NMI. */
export function deliverExternal(
  core: Core,
  vector: number,
  hooks: DeliveryHooks,
  tier?: DeliveringTier,
): void {
  const flags = core.pending & PENDING_REPEATING ? RFLAGS_RF : 0;
  core.pending &= ~FORGOTTEN;
  hooks.onInterrupt?.(vector, true);
  if (tier?.deliver(vector, flags, false, 0)) {
    core.endBlock();
    return;
  }
  deliverChain(
    core,
    {
      vector,
      hasErrorCode: false,
      errorCode: 0,
      source: SOURCE_EXTERNAL,
      returnLo: core.ripLo(),
      returnHi: core.ripHi(),
      rflags: core.flags.read() | flags,
    },
    hooks,
    undefined,
    true,
  );
}

function deliverChain(
  core: Core,
  first: Delivery,
  hooks: DeliveryHooks,
  tier: DeliveringTier | undefined,
  wasTold = false,
): void {
  let event = first;
  let isTold = wasTold;
  core.pending &= ~FORGOTTEN;
  for (;;) {
    if (isTold) isTold = false;
    else if (event.source === SOURCE_EXCEPTION)
      hooks.onFault?.(event.vector, event.hasErrorCode, event.errorCode);
    else hooks.onInterrupt?.(event.vector, event.source === SOURCE_EXTERNAL);
    const told = event.vector === VECTOR_DB && event.source === SOURCE_EXCEPTION;
    const due = told ? 0 : core.debugTrap;
    try {
      deliverOnce(core, event, tier);
      core.endBlock();
      return;
    } catch (thrown) {
      if (thrown !== core.fault) throw thrown;
    }
    core.keepDebugTraps(due);
    const { fault } = core;
    if (isExternalToProgram(event) && takesExt(fault.vector)) fault.errorCode |= ERROR_EXT;
    if (event.source === SOURCE_EXCEPTION) {
      if (event.vector === VECTOR_DF && faultClass(fault.vector) !== 'benign') {
        hooks.onFault?.(fault.vector, fault.hasErrorCode, fault.errorCode);
        core.pending |= PENDING_SHUTDOWN;
        core.endBlock();
        return;
      }
      if (makesDoubleFault(event.vector, fault.vector)) {
        hooks.onFault?.(fault.vector, fault.hasErrorCode, fault.errorCode);
        fault.setWithCode(VECTOR_DF, 0);
      }
    }
    event = eventOf(core, fault, 'fault');
  }
}

/**
 * RFLAGS as an interrupt or a debug trap pushes them: RF is 1 after every iteration of a repeated string instruction
 * but the last, so that a breakpoint on it does not stop the next one (SDM Vol. 3B, "Instruction-Breakpoint Exception
 * Condition").
 */
function betweenInstructions(core: Core): number {
  const rflags = core.flags.read();
  return core.pending & PENDING_REPEATING ? rflags | RFLAGS_RF : rflags;
}

/** One try. Leaves registers as they were when it throws, unless a task switch has come past its commit point. */
function deliverOnce(core: Core, event: Delivery, tier: DeliveringTier | undefined): void {
  const { state } = core;
  if (event.vector === VECTOR_DB) noteDebugException(core, event.source);
  else if (tier && (event.source === SOURCE_EXCEPTION || event.source === SOURCE_EXTERNAL)) {
    const { vector, rflags, hasErrorCode, errorCode } = event;
    if (tier.deliver(vector, rflags & RFLAGS_RF, hasErrorCode, errorCode)) return;
  }
  if (!state.isProtected()) deliverReal(core, event);
  else if (state.isLongModeActive()) deliverLong(core, event);
  else if (
    event.source === SOURCE_INT_N &&
    state.isVirtual8086() &&
    hasVme(core) &&
    isRedirected(core, event.vector)
  ) {
    deliverRedirected(core, event);
  } else deliverProtected(core, event);
}

function hasVme(core: Core): boolean {
  return (core.words[STATE_CR4 >> 2]! & CR4_VME) !== 0;
}

/**
 * On the way to the handler of #DB GD, LBR and BTF go off (SDM Vol. 3B, "Debug Control Register (DR7)", "Single-Stepping
 * on Branches"). DR6 is told what happened, once, when the exception is first delivered. INT1 says nothing in it.
 */
function noteDebugException(core: Core, source: number): void {
  if (source !== SOURCE_EXCEPTION && source !== SOURCE_INT1) return;
  const { words } = core;
  words[STATE_DR7 >> 2] = words[STATE_DR7 >> 2]! & ~DR7_GD;
  words[STATE_DEBUGCTL >> 2] = words[STATE_DEBUGCTL >> 2]! & ~(DEBUGCTL_LBR | DEBUGCTL_BTF);
  const bits = core.debugTrap;
  if (source === SOURCE_INT1 || bits === 0) return;
  core.debugTrap = 0;
  core.pending &= ~PENDING_DEBUG_TRAP;
  words[STATE_DR6 >> 2] = (words[STATE_DR6 >> 2]! & ~15) | bits | DR6_FIXED;
}

function eventOf(core: Core, fault: GuestFault, kind: 'fault' | 'trap'): Delivery {
  const { vector, source, length } = fault;
  const software = source !== SOURCE_EXCEPTION;
  let returnLo = (core.ripLo() + length) | 0;
  let returnHi = core.ripHi();
  const codeSize = core.state.codeSize();
  if (codeSize === 64) returnHi = (returnHi + (returnLo >>> 0 < core.ripLo() >>> 0 ? 1 : 0)) | 0;
  else if (codeSize === 16 && software) returnLo &= 0xffff;
  const rflags = kind === 'trap' ? betweenInstructions(core) : core.flags.read();
  return {
    vector,
    hasErrorCode: fault.hasErrorCode,
    errorCode: fault.errorCode,
    source,
    returnLo,
    returnHi,
    rflags: kind === 'fault' && pushesRf(core, fault) ? rflags | RFLAGS_RF : rflags,
  };
}

/**
 * Faults push RF = 1, so that a code breakpoint on the instruction does not stop its restart (SDM Vol. 3B,
 * "Instruction-Breakpoint Exception Condition"). Of the #DB faults only general detect does; #DF and #MC are aborts.
 */
function pushesRf(core: Core, fault: GuestFault): boolean {
  if (fault.source !== SOURCE_EXCEPTION || fault.vector === VECTOR_DF || fault.vector === VECTOR_MC)
    return false;
  return fault.vector !== VECTOR_DB || (core.debugTrap & DR6_BD) !== 0;
}

/** Whether faults on the way of this event carry EXT: not where a software interrupt asked for it. */
function isExternalToProgram(event: Delivery): boolean {
  return event.source !== SOURCE_INT_N && event.source !== SOURCE_SOFTWARE_EXCEPTION;
}

function takesExt(vector: number): boolean {
  return vector === VECTOR_TS || vector === VECTOR_NP || vector === VECTOR_SS || vector === VECTOR_GP;
}

type FaultClass = 'benign' | 'contributory' | 'page fault';

/** SDM Vol. 3A, "Interrupt and Exception Classes". */
export function faultClass(vector: number): FaultClass {
  if (vector === VECTOR_PF) return 'page fault';
  if (vector === VECTOR_DE || (vector >= VECTOR_TS && vector <= VECTOR_GP)) return 'contributory';
  return 'benign';
}

/** SDM Vol. 3A, "Conditions for Generating a Double Fault". */
export function makesDoubleFault(first: number, second: number): boolean {
  const before = faultClass(first);
  const after = faultClass(second);
  if (before === 'contributory') return after === 'contributory';
  return before === 'page fault' && after !== 'benign';
}
