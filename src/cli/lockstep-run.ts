/** `--lockstep`: the compiled tier and the interpreter side by side, up to the first difference. */
import { type Divergence, runInLockstep } from '../debug/lockstep.ts';
import type { ExitResult, Pc, RunLimits } from '../index.ts';
import { exitResult } from '../machine/exit.ts';
import type { Registers } from '../machine/registers.ts';

/** Instructions between two comparisons of the registers: no divisor of anything that guests count in. */
const CHUNK = 4999;
/** Comparisons of registers to one of all memory. */
const MEMORY_EVERY = 400;

/**
 * `machine` and `twin` were made alike, except that the twin has the interpreter alone. At a difference both states are
 * told to `say`, line by line, and the run ends as an internal error.
 */
export function runLockstep(
  machine: Pc,
  twin: Pc,
  limits: RunLimits,
  say: (line: string) => void,
): ExitResult {
  const { maxInstructions, timeout, wallTimeout } = limits;
  const divergence = runInLockstep(machine, twin, {
    maxInstructions: maxInstructions ?? Number.POSITIVE_INFINITY,
    chunk: CHUNK,
    memoryEvery: MEMORY_EVERY,
    timeout,
    wallTimeout,
  });
  if (divergence) {
    for (const line of stateLines(divergence.registers)) say(line);
    const { after, instructions, what } = divergence;
    const places = instructions[0] === instructions[1] ? `${instructions[0]}` : instructions.join(' and ');
    return exitResult(
      'internal-error',
      `lockstep: compiled code and the interpreter are alike after ${after} instructions and differ after ${places}: ${what.join(', ')}`,
    );
  }
  // The machine words the endings itself: a run that may do nothing more says which limit was reached.
  if (machine.exit) return machine.exit;
  if (maxInstructions !== undefined && machine.instructions >= maxInstructions) {
    return machine.run({ maxInstructions: 0 });
  }
  return machine.run(
    timeout !== undefined && machine.guestNanoseconds >= timeout * 1e9 ? { timeout: 0 } : { wallTimeout: 0 },
  );
}

/** All registers of both, those that differ marked. */
export function stateLines([first, second]: Divergence['registers']): string[] {
  const compiled = flatten(first);
  const interpreted = flatten(second);
  const lines = [`  ${'register'.padEnd(16)} ${'compiled'.padEnd(20)} interpreter`];
  for (const [name, value] of compiled) {
    const other = interpreted.get(name) ?? '';
    lines.push(`${value === other ? ' ' : '*'} ${name.padEnd(16)} ${value.padEnd(20)} ${other}`);
  }
  return lines;
}

function flatten(registers: Registers): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [name, value] of Object.entries(registers)) {
    if (typeof value === 'string') flat.set(name, value);
    else if (value !== undefined) {
      for (const [segment, fields] of Object.entries(value)) {
        for (const [field, text] of Object.entries(fields)) flat.set(`${segment}.${field}`, String(text));
      }
    }
  }
  return flat;
}
