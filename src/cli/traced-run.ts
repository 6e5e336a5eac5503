/** `--trace FILE`: one instruction at a time, each written before it runs. */
import { type Address, add } from '../debug/address.ts';
import { Symbols } from '../debug/symbols.ts';
import { type Disassembler, type TracePoint, traceLine } from '../debug/trace.ts';
import type { ExitResult, Pc, RunLimits } from '../index.ts';
import { CS } from '../isa/registers.ts';
import type { Output } from './io.ts';

const LONGEST_INSTRUCTION = 15;

export function runTraced(
  machine: Pc,
  limits: RunLimits,
  output: Output,
  disassemble: Disassembler,
): ExitResult {
  const symbols = new Symbols(machine.images);
  const {
    maxInstructions = Number.POSITIVE_INFINITY,
    timeout = Number.POSITIVE_INFINITY,
    wallTimeout,
  } = limits;
  const lastInstruction = machine.instructions + maxInstructions;
  const lastTime = machine.guestNanoseconds + timeout * 1e9;
  const wallEnd =
    wallTimeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + wallTimeout * 1000;
  for (;;) {
    // The machine words the endings itself: a run that may do nothing more says which limit was reached.
    if (machine.instructions >= lastInstruction) return machine.run({ maxInstructions: 0 });
    if (machine.guestNanoseconds >= lastTime) return machine.run({ timeout: 0 });
    if (performance.now() >= wallEnd) return machine.run({ wallTimeout: 0 });
    output.write(`${traceLine(nextPoint(machine), symbols, disassemble)}\n`);
    const end = machine.step();
    if (end) return end;
  }
}

/** The instruction that runs next, read without side effects. */
function nextPoint(machine: Pc): TracePoint {
  const { core, state } = machine;
  const rip: Address = [core.ripLo(), core.ripHi()];
  const linear = state.is64Bit() ? rip : ([(rip[0] + state.baseLo(CS)) | 0, 0] as const);
  const bytes: number[] = [];
  for (let i = 0; i < LONGEST_INSTRUCTION; i++) {
    const { physical } = machine.translate(add(linear, i));
    if (physical === undefined) break;
    bytes.push(machine.readPhysical(physical, 1)[0]!);
  }
  return {
    instruction: machine.instructions,
    rip,
    codeSize: state.codeSize(),
    bytes: Uint8Array.from(bytes),
  };
}
