/** `--until`: the point at which a run stops and could go on. */
import { Symbols } from '../debug/symbols.ts';
import type { ExitResult, Mode, Pc, RunLimits } from '../index.ts';
import { exitResult } from '../machine/exit.ts';
import { UsageError } from './usage-error.ts';
import { parseLinear } from './values.ts';

const MODES: readonly Mode[] = [
  'real', 'virtual-8086', 'protected16', 'protected32', 'compatibility16', 'compatibility32', '64-bit',
]; // biome-ignore format: one row.

const SERIAL = 'serial:';
/** Serial output is looked at after so many instructions. */
const SERIAL_CHUNK = 100_000;

export type Target =
  | { readonly mode: Mode }
  | { readonly linear: readonly [lo: number, hi: number] }
  | { readonly serial: string };

/** A mode by its name, an address, a symbol of an image, or a text that the guest prints. */
export function untilTarget(machine: Pick<Pc, 'images'>, text: string): Target {
  if (text.startsWith(SERIAL) && text.length > SERIAL.length) return { serial: text.slice(SERIAL.length) };
  const mode = MODES.find((name) => name === text);
  if (mode) return { mode };
  if (/^0x/i.test(text)) return { linear: parseLinear('--until', text) };
  const symbols = new Symbols(machine.images);
  const linear = symbols.find(text);
  if (linear) return { linear };
  const similar = symbols.similar(text);
  const images = machine.images.map((image) => image.name).join(', ');
  const hint = similar.length === 0 ? '' : `; similar: ${similar.join(', ')}`;
  const symbol = images === '' ? '' : `a symbol of ${images}${hint}, `;
  throw new UsageError(
    `--until is ${text}, expected ${symbol}a 0x address, serial:TEXT, or a mode (${MODES.join(', ')})`,
  );
}

export function runTo(machine: Pc, target: Target, limits: RunLimits): ExitResult {
  return 'serial' in target ? runToText(machine, target.serial, limits) : machine.runUntil(target, limits);
}

/** Text that was printed before does not count. The point is the same for every such run, whatever limits it has. */
function runToText(machine: Pc, text: string, limits: RunLimits): ExitResult {
  const { maxInstructions = Number.POSITIVE_INFINITY, timeout = Number.POSITIVE_INFINITY } = limits;
  const { wallTimeout = Number.POSITIVE_INFINITY } = limits;
  const from = machine.serial.text.length;
  const lastInstruction = machine.instructions + maxInstructions;
  const lastTime = machine.guestNanoseconds + timeout * 1e9;
  const wallEnd = performance.now() + wallTimeout * 1000;
  let seen = from;
  for (;;) {
    const left = lastInstruction - machine.instructions;
    const result = machine.run({
      maxInstructions: Math.min(left, SERIAL_CHUNK),
      timeout: Math.max(0, lastTime - machine.guestNanoseconds) / 1e9,
      wallTimeout: Math.max(0, wallEnd - performance.now()) / 1000,
    });
    // A text may have come in two pieces.
    if (machine.serial.text.indexOf(text, Math.max(from, seen - text.length)) >= 0)
      return exitResult('stopped', 'the awaited text was printed');
    seen = machine.serial.text.length;
    const isOver =
      left <= SERIAL_CHUNK || machine.guestNanoseconds >= lastTime || performance.now() >= wallEnd;
    if (machine.exit || isOver) return result;
  }
}
