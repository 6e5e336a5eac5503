import type { InterruptController, InterruptLine } from '../bus/lines.ts';
import {
  type Core,
  type MsrDevice,
  PENDING_DEBUG_TRAP,
  PENDING_HALT,
  PENDING_INTR,
  PENDING_MWAIT,
  PENDING_NMI,
  PENDING_NMI_BLOCKED,
  PENDING_SHUTDOWN,
  PENDING_SMI,
  PENDING_STOP,
} from '../cpu/execute/core.ts';
import { isMonitorTriggered } from '../cpu/execute/monitor.ts';
import { SMM_ACTIVE, SMM_LATCHED } from '../cpu/execute/smm.ts';
import { initCore, startUpCore } from '../cpu/reset.ts';
import { RFLAGS_IF } from '../isa/rflags.ts';
import type { Mode } from '../state/cpu-state.ts';
import { Flags } from '../state/flags.ts';
import {
  STATE_BYTES,
  STATE_JIT_CONTEXT,
  STATE_JIT_ENTRY,
  STATE_JIT_OPERAND,
  STATE_JIT_PENDING,
  STATE_RFLAGS,
  STATE_RUN_HEADER,
  STATE_RUN_PATIENCE,
  STATE_SMM,
  STATE_YMM,
  VECTOR_SLOT_BYTES,
} from '../state/layout.ts';

/** The local APIC, as the processor sees it. */
export type AttachedApic = InterruptController & MsrDevice & { cr8: number };

/** What a snapshot keeps of a processor besides its translations. */
export interface SavedLogicalProcessor {
  readonly words: Int32Array;
  readonly pending: number;
  readonly debugTrap: number;
  readonly isWaiting: boolean;
  readonly isInitDue: boolean;
  readonly startupVector: number;
  readonly mode: Mode;
  readonly control: readonly (readonly [register: string, value: string])[];
}

const NO_STARTUP = -1;
/** Behind the sixteen vector registers: operands of instructions that run. */
const SCRATCH_WORD = (STATE_YMM + 16 * VECTOR_SLOT_BYTES) >> 2;
/** What the processor attends to even in HLT, whatever RFLAGS.IF says. */
const PENDING_BEFORE_HALT = PENDING_DEBUG_TRAP | PENDING_STOP | PENDING_SHUTDOWN | PENDING_SMI;

/**
 * One processor of the machine. All of them run on the one core, in turn; what the core holds of a processor is kept
 * here while another one runs.
 */
export class LogicalProcessor {
  readonly id: number;
  /** The one that starts; the others wait for a start-up message. */
  readonly isBootstrap: boolean;
  apic: AttachedApic | undefined;
  /** After INIT and until a start-up message an application processor does nothing. */
  isWaiting: boolean;
  /** Messages that have come and are not obeyed yet. */
  isInitDue = false;
  startupVector = NO_STARTUP;
  /** For the timeline: the mode and the control registers as they were last told. */
  mode: Mode = 'real';
  readonly control = new Map<string, string>();

  readonly #core: Core;
  /** Somebody wants this processor's attention. */
  readonly #onSignal: (processor: LogicalProcessor) => void;
  isRunning: boolean;
  /** While it does not run: its state page, and the rest of what the core knows. */
  readonly parked = new Int32Array(STATE_BYTES >> 2);
  parkedPending = 0;
  parkedTrap = 0;

  constructor(core: Core, id: number, onSignal: (processor: LogicalProcessor) => void) {
    this.#core = core;
    this.id = id;
    this.isBootstrap = id === 0;
    this.isWaiting = id !== 0;
    this.isRunning = id === 0;
    this.#onSignal = onSignal;
  }

  /** Its state page. */
  get words(): Int32Array {
    return this.isRunning ? this.#core.words : this.parked;
  }

  get pending(): number {
    return this.isRunning ? this.#core.pending : this.parkedPending;
  }

  set pending(bits: number) {
    if (this.isRunning) this.#core.pending = bits;
    else this.parkedPending = bits;
  }

  /** Its INTR pin. */
  readonly intr: InterruptLine = {
    raise: () => {
      this.pending |= PENDING_INTR;
      this.#signal();
    },
    lower: () => {
      this.pending &= ~PENDING_INTR;
    },
  };

  /** Its NMI pin. */
  readonly nmi: InterruptLine = {
    raise: () => {
      if (this.isWaiting) return;
      this.pending |= PENDING_NMI;
      this.#signal();
    },
    lower: () => {},
  };

  /** Its SMI# pin: an edge. In SMM, one more is remembered. */
  readonly smi: InterruptLine = {
    raise: () => {
      if (this.isWaiting) return;
      if (this.isInSmm) this.words[STATE_SMM >> 2]! |= SMM_LATCHED;
      else {
        this.pending |= PENDING_SMI;
        this.#signal();
      }
    },
    lower: () => {},
  };

  get isInSmm(): boolean {
    return (this.words[STATE_SMM >> 2]! & SMM_ACTIVE) !== 0;
  }

  /** RSM: an INIT that had to wait is obeyed next. */
  leftSmm(): void {
    if (this.isInitDue) this.#onSignal(this);
  }

  /** An INIT message: it resets the processor before that executes another instruction. */
  init(): void {
    this.isInitDue = true;
    this.startupVector = NO_STARTUP;
    this.#onSignal(this);
  }

  /** A start-up message, which only a processor that waits for it obeys. */
  startUp(vector: number): void {
    if (!this.isWaiting && !(this.isInitDue && !this.isBootstrap)) return;
    this.startupVector = vector;
    this.#onSignal(this);
  }

  get hasMessage(): boolean {
    return (this.isInitDue && !this.isInSmm) || (this.isWaiting && this.startupVector !== NO_STARTUP);
  }

  /** Does what the messages say. It is this processor that runs. */
  obey(): void {
    if (this.isInitDue) {
      this.isInitDue = false;
      initCore(this.#core);
      this.isWaiting = !this.isBootstrap;
    }
    if (this.isWaiting && this.startupVector !== NO_STARTUP) {
      this.isWaiting = false;
      startUpCore(this.#core, this.startupVector);
    }
    this.startupVector = NO_STARTUP;
  }

  /** HLT or MWAIT. */
  get isHalted(): boolean {
    return (this.pending & PENDING_HALT) !== 0;
  }

  /** MWAIT: a store may end the wait, and nobody tells. */
  get isMonitoring(): boolean {
    return (this.pending & (PENDING_HALT | PENDING_MWAIT)) === (PENDING_HALT | PENDING_MWAIT);
  }

  /** Nothing but a message of another processor can ever make it go on. */
  get isIdleForGood(): boolean {
    if (this.isWaiting) return true;
    return this.isHalted && !this.isMonitoring && (this.words[STATE_RFLAGS >> 2]! & RFLAGS_IF) === 0;
  }

  /** Whether it has something to do. Ends the wait of MWAIT when the monitored line has changed. */
  isRunnable(): boolean {
    if (this.isWaiting) return false;
    const { pending } = this;
    if ((pending & PENDING_HALT) === 0 || pending & PENDING_BEFORE_HALT) return true;
    if ((pending & (PENDING_NMI | PENDING_NMI_BLOCKED)) === PENDING_NMI) return true;
    if (pending & PENDING_INTR && this.words[STATE_RFLAGS >> 2]! & RFLAGS_IF) return true;
    if (!this.isMonitoring || !isMonitorTriggered(this.words, this.#core.space)) return false;
    this.pending = pending & ~(PENDING_HALT | PENDING_MWAIT);
    return true;
  }

  /** Power-on, after the core was reset for the bootstrap processor: the others are like it. */
  reset(): void {
    this.isWaiting = !this.isBootstrap;
    this.isInitDue = false;
    this.startupVector = NO_STARTUP;
    this.mode = 'real';
    this.control.clear();
    this.parked.set(this.#core.words);
    this.parkedPending = 0;
    this.parkedTrap = 0;
  }

  /** Between two instructions. What depends on the tier that ran them is left out. */
  save(): SavedLogicalProcessor {
    const words = this.words.slice();
    words.fill(0, SCRATCH_WORD);
    words.fill(0, STATE_JIT_CONTEXT >> 2, (STATE_JIT_ENTRY >> 2) + 1);
    words.fill(0, STATE_JIT_PENDING >> 2, (STATE_JIT_OPERAND >> 2) + 2);
    words.fill(0, STATE_RUN_HEADER >> 2, (STATE_RUN_PATIENCE >> 2) + 1);
    new Flags(words).settle();
    return {
      words,
      pending: this.pending,
      debugTrap: this.isRunning ? this.#core.debugTrap : this.parkedTrap,
      isWaiting: this.isWaiting,
      isInitDue: this.isInitDue,
      startupVector: this.startupVector,
      mode: this.mode,
      control: [...this.control],
    };
  }

  /** As the one that runs, or as one that does not. What follows from the state page, `Core.replaced` makes. */
  restore(saved: SavedLogicalProcessor, isRunning: boolean): void {
    this.isRunning = isRunning;
    this.words.set(saved.words);
    this.pending = saved.pending;
    if (isRunning) this.#core.debugTrap = saved.debugTrap;
    else this.parkedTrap = saved.debugTrap;
    this.isWaiting = saved.isWaiting;
    this.isInitDue = saved.isInitDue;
    this.startupVector = saved.startupVector;
    this.mode = saved.mode;
    this.control.clear();
    for (const [register, value] of saved.control) this.control.set(register, value);
  }

  /** Another processor is going to run. */
  park(): void {
    const core = this.#core;
    this.parked.set(core.words);
    this.parkedPending = core.pending;
    this.parkedTrap = core.debugTrap;
    this.isRunning = false;
  }

  /** It is going to run, where it was parked. */
  resume(previous: LogicalProcessor): void {
    const core = this.#core;
    core.words.set(this.parked);
    core.pending = this.parkedPending;
    core.debugTrap = this.parkedTrap;
    this.isRunning = true;
    this.connect();
    core.mmu.switchProcessor(previous.id, this.id);
    core.replaced();
  }

  /** The core's wires lead to this processor's parts. */
  connect(): void {
    const core = this.#core;
    core.interruptController = this.apic;
    core.msrDevice = this.apic;
    core.taskPriority = this.apic;
    core.identity = { ...core.identity, apicId: this.id };
  }

  #signal(): void {
    if (this.isRunning) this.#core.endBlock();
    else this.#onSignal(this);
  }
}
