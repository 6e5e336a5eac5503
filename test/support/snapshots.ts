import type { Machine } from '../../src/index.ts';
import {
  createMachine,
  createReport,
  type GuestCase,
  guestOptions,
  resumeMachine,
  Snapshot,
} from './dist.ts';

/** A machine that a snapshot was taken of, and one made from it: whichever tiers they have. */
export interface Tiers {
  readonly saved: boolean;
  readonly loaded: boolean;
}

/** What a run leaves behind. */
export interface Remains {
  readonly report: string;
  readonly serial: string;
}

export function guestMachine(guest: GuestCase, jit: boolean) {
  return createMachine({ ...guestOptions(guest), jit });
}

/** Runs to the end, or until the machine has made `steps` steps since power-on. */
export function finish(machine: Machine, steps: number): Remains {
  const result = machine.run({ maxInstructions: Math.max(0, steps - machine.processor.steps()) });
  return { report: JSON.stringify(createReport(machine, result), undefined, 1), serial: machine.serial.text };
}

/** Through the bytes of a file and back. */
export function throughFile(snapshot: Snapshot): Snapshot {
  return Snapshot.fromBytes(snapshot.toBytes());
}

/**
 * Runs a guest in pieces, each in a machine of its own that was made from the snapshot of the one before, and beside it the
 * same guest in one machine. Answers the step at which they are not the same, byte for byte; undefined when they always are.
 */
export function hop(guest: GuestCase, pieces: readonly number[], tier: () => boolean): number | undefined {
  const straight = guestMachine(guest, tier());
  let hopping: Machine = guestMachine(guest, tier());
  for (const piece of pieces) {
    if (straight.exit) return undefined;
    straight.run({ maxInstructions: piece });
    hopping.run({ maxInstructions: piece });
    const bytes = hopping.snapshot().toBytes();
    if (!isSame(straight.snapshot().toBytes(), bytes)) return straight.processor.steps();
    hopping = resumeMachine(Snapshot.fromBytes(bytes), { jit: tier() });
    if (!isSame(hopping.snapshot().toBytes(), bytes)) return straight.processor.steps();
  }
  return undefined;
}

/** `expect` would print megabytes. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Uniform numbers from 0 to 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    return (seed >>> 0) / 2 ** 32;
  };
}
