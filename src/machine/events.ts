import type TypedEmitter from 'typed-emitter';
import type { Mode } from '../state/cpu-state.ts';
import type { ExitResult } from './exit.ts';
import type { FaultRecord } from './fault-log.ts';

/** An entry of the boot timeline: a change of mode, or a control-register write that prepares or causes one. */
export interface TimelineEntry {
  /** Instructions retired before the one that caused it. */
  readonly instruction: number;
  /** RIP of the instruction that caused it. */
  readonly rip: readonly [lo: number, hi: number];
  /** `mode`, or the control register that changed. */
  readonly event: 'mode' | 'cr0' | 'cr3' | 'cr4' | 'efer';
  /** Mode names, or the values of the register as `0x` strings. */
  readonly from: string;
  readonly to: string;
  /** Mode names at the time, for `mode` entries the new one. */
  readonly mode: Mode;
  /** Number of the processor, when it is not 0, the one that started. */
  readonly processor?: number;
  /** The instruction in the manual's syntax. */
  readonly cause: string;
}

/** Typed events of a machine. Listeners run synchronously, between or inside instructions; they must not run the machine. */
export type MachineEvents = {
  /** The processor went from one execution mode to another. */
  mode: (entry: TimelineEntry) => void;
  /** CR0, CR3, CR4 or EFER was written with another value. */
  control: (entry: TimelineEntry) => void;
  /** A fault, trap or abort is about to be delivered. */
  fault: (record: FaultRecord) => void;
  /** Cached translations were dropped. */
  flush: (reason: string) => void;
  /** A byte was sent on COM1. */
  serial: (byte: number) => void;
  /** A byte was written to port 0xE9. */
  debugcon: (byte: number) => void;
  /** A byte was sent on the virtio console. */
  virtioConsole: (byte: number) => void;
  /** The guest reset the machine, which starts over. */
  reset: () => void;
  /** The run is over for good. */
  exit: (result: ExitResult) => void;
};

export type MachineEmitter = TypedEmitter<MachineEvents>;
