import type { ExitResult } from '../machine/exit.ts';
import type { Machine, RunLimits } from '../machine/machine.ts';
import type { Registers } from '../machine/registers.ts';
import { createReport, reportText } from './report.ts';

/** The first difference between two machines that should have done the same. */
export interface Divergence {
  /** Instructions after which they were last seen alike. */
  readonly after: number;
  /** Instructions that each has retired when the difference was seen. */
  readonly instructions: readonly [first: number, second: number];
  /** What differs: names of registers, `serial`, `exit`, `report`, or the physical address of a page of RAM. */
  readonly what: readonly string[];
  readonly registers: readonly [first: Registers, second: Registers];
}

export interface LockstepOptions {
  /** Instructions in all. */
  readonly maxInstructions: number;
  /** Instructions between two comparisons: a number, or one for each comparison. */
  readonly chunk: number | (() => number);
  /** Compare all of RAM after every so many chunks. Default: at the end alone. */
  readonly memoryEvery?: number;
  /** Seconds of guest time in all. */
  readonly timeout?: number | undefined;
  /** Seconds of host time in all. */
  readonly wallTimeout?: number | undefined;
}

const PAGE_BYTES = 4096;

/**
 * Runs two machines that were made alike, one with compiled code and one without, side by side, and answers the first
 * difference: registers, serial output and the ending after every chunk, RAM now and then, the reports at the end.
 */
export function runInLockstep(
  first: Machine,
  second: Machine,
  options: LockstepOptions,
): Divergence | undefined {
  const { chunk, maxInstructions, memoryEvery = Number.POSITIVE_INFINITY } = options;
  const { timeout = Number.POSITIVE_INFINITY, wallTimeout = Number.POSITIVE_INFINITY } = options;
  const start = first.instructions;
  const guestEnd = first.guestNanoseconds + timeout * 1e9;
  const wallEnd = performance.now() + wallTimeout * 1000;
  for (let round = 1; ; round++) {
    const after = first.instructions;
    const left = maxInstructions - (after - start);
    const limits: RunLimits = {
      maxInstructions: Math.min(left, typeof chunk === 'number' ? chunk : chunk()),
      ...(guestEnd === Number.POSITIVE_INFINITY
        ? {}
        : { timeout: (guestEnd - first.guestNanoseconds) / 1e9 }),
    };
    const ends = [first.run(limits), second.run(limits)] as const;
    const isLast =
      first.exit !== undefined ||
      second.exit !== undefined ||
      first.instructions - start >= maxInstructions ||
      first.guestNanoseconds >= guestEnd ||
      performance.now() >= wallEnd;
    const what = differences(first, second, isLast || round % memoryEvery === 0);
    if (ends[0].status !== ends[1].status) what.push('exit');
    if (isLast && what.length === 0 && reportOf(first, ends[0]) !== reportOf(second, ends[1]))
      what.push('report');
    if (what.length > 0) {
      return {
        after,
        instructions: [first.instructions, second.instructions],
        what,
        registers: [first.registers(), second.registers()],
      };
    }
    if (isLast) return undefined;
  }
}

function reportOf(machine: Machine, end: ExitResult): string {
  return reportText(createReport(machine, end));
}

function differences(first: Machine, second: Machine, withMemory: boolean): string[] {
  const what: string[] = [];
  if (first.instructions !== second.instructions) what.push('instructions');
  const a = first.registers() as unknown as Record<string, unknown>;
  const b = second.registers() as unknown as Record<string, unknown>;
  for (const name of Object.keys(a)) if (JSON.stringify(a[name]) !== JSON.stringify(b[name])) what.push(name);
  if (first.serial.text.length !== second.serial.text.length) what.push('serial');
  if (withMemory) {
    if (first.serial.text !== second.serial.text && !what.includes('serial')) what.push('serial');
    const at = differingPage(first, second);
    if (at >= 0) what.push(`0x${at.toString(16)}`);
  }
  return what;
}

/** Physical address of the first page of RAM that differs, or -1. */
function differingPage(first: Machine, second: Machine): number {
  const offset = first.space.memory.ramOffset;
  const a = new Int32Array(first.space.memory.buffer, offset, first.memory / 4);
  const b = new Int32Array(second.space.memory.buffer, offset, second.memory / 4);
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return Math.floor((i * 4) / PAGE_BYTES) * PAGE_BYTES;
  return -1;
}
