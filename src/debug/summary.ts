/** The boot summary for people: how the machine went through its modes, what is mapped, what it cost, how it ended. */
import { hex32 } from '../bits/hex.ts';
import type { TimelineEntry } from '../machine/events.ts';
import type { ExitResult } from '../machine/exit.ts';
import { SIZE_BYTES, SIZE_NAMES } from '../mmu/counters.ts';
import { groups, linearText, physicalText, sizeText } from './address.ts';
import { controlRegister0, type MachineView, pagingRoot } from './machine-view.ts';
import { mappingLines } from './page-explorer.ts';
import { Symbols } from './symbols.ts';

/** Colours; picocolors fits, and `PLAIN` for output that is not a terminal. */
export interface Palette {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const same = (text: string): string => text;
export const PLAIN: Palette = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

/** Rows of a list that are shown before the rest is only counted. */
const ROWS = 40;

export function summaryLines(machine: MachineView, palette: Palette, result?: ExitResult): string[] {
  const view = { cr0: controlRegister0(machine), root: pagingRoot(machine), ranges: machine.mappings() };
  const [headline = '', ...ranges] = mappingLines(view);
  return [
    palette.bold('Modes'),
    ...shorten(timelineLines(machine, palette)).map(indent),
    `${palette.bold('Mappings')}  ${headline}`,
    ...shorten(ranges),
    palette.bold('Translation'),
    ...translationLines(machine).map(indent),
    ...unclaimedLines(machine, palette),
    `${palette.bold('Executed')}  ${groups(machine.instructions)} instructions, ${secondsText(machine.guestNanoseconds)} of guest time`,
    `${palette.bold('Exit')}  ${exitText(result ?? machine.exit, palette)}`,
  ];
}

function indent(line: string): string {
  return `  ${line}`;
}

function shorten(lines: readonly string[]): readonly string[] {
  if (lines.length <= ROWS) return lines;
  return [
    ...lines.slice(0, ROWS),
    `  ... and ${lines.length - ROWS} more (all of them are in the JSON report)`,
  ];
}

/** One line a change: instructions before it, what changed, and the instruction that did it. */
export function timelineLines(machine: MachineView, palette: Palette): string[] {
  const symbols = new Symbols(machine.images);
  const first = machine.timeline.find((entry) => entry.event === 'mode');
  const start = `${'0'.padStart(13)}  ${palette.cyan(first ? first.from : machine.mode)}`;
  return [start, ...machine.timeline.map((entry) => timelineLine(entry, symbols, palette))];
}

function timelineLine(entry: TimelineEntry, symbols: Symbols, palette: Palette): string {
  const count = groups(entry.instruction).padStart(13);
  const isMode = entry.event === 'mode';
  const change = isMode ? `-> ${entry.to}` : `${entry.event} ${entry.from} -> ${entry.to}`;
  const place = symbols.describe(entry.rip);
  const who = entry.processor === undefined ? '' : `processor ${entry.processor}  `;
  const where = `${who}${linearText(entry.rip)}  ${entry.cause}${place ? `  ${place}` : ''}`;
  const padded = change.padEnd(isMode ? 19 : 0);
  return isMode
    ? `${count}  ${palette.cyan(padded)}  ${where}`
    : palette.dim(`${count}    ${padded}  ${where}`);
}

/** Page walks, entries read, fills and flushes, by size of page. */
export function translationLines(machine: MachineView): string[] {
  const { walks, references, fills, refills, evictions, pageFaults, flushes } = machine.mmu.counters.report();
  const lines = SIZE_NAMES.flatMap((size, i) => {
    if (walks[size] === 0 && fills[size] === 0) return [];
    const page = sizeText(SIZE_BYTES[i]!).padStart(5);
    const depth = walks[size] === 0 ? '' : ` (${(references[size] / walks[size]).toFixed(2)} entries each)`;
    const whole = refills[size] === 0 ? '' : `, ${groups(refills[size])} of them without a walk`;
    return [
      `${page} pages  ${plural(walks[size], 'walk')}${depth}, ${plural(fills[size], 'TLB fill')}${whole}`,
    ];
  });
  const reasons = Object.entries(flushes).filter(([, count]) => count > 0);
  const flushText =
    reasons.length === 0
      ? 'no flushes'
      : `flushes: ${reasons.map(([why, n]) => `${why} ${groups(n)}`).join(', ')}`;
  return [...lines, `${plural(evictions, 'eviction')}, ${plural(pageFaults, 'page fault')}, ${flushText}`];
}

function plural(count: number, noun: string): string {
  return `${groups(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function unclaimedLines(machine: MachineView, palette: Palette): string[] {
  const list = (counts: ReadonlyMap<number, number>, text: (address: number) => string): string => {
    const all = [...counts].sort(([a], [b]) => a - b).map(([address, n]) => `${text(address)} ${groups(n)}x`);
    return all.length > 8 ? `${all.slice(0, 8).join(', ')}, and ${all.length - 8} more` : all.join(', ');
  };
  const lines: string[] = [];
  if (machine.ports.unclaimed.size > 0)
    lines.push(`ports ${list(machine.ports.unclaimed, (port) => hex32(port, 4))}`);
  if (machine.space.unclaimed.size > 0) lines.push(`memory ${list(machine.space.unclaimed, physicalText)}`);
  return lines.map((line) => `${palette.bold('Nobody answered')}  ${palette.yellow(line)}`);
}

function secondsText(nanoseconds: number): string {
  const seconds = nanoseconds / 1e9;
  return seconds >= 1 ? `${seconds.toFixed(3)} s` : `${(seconds * 1e3).toFixed(3)} ms`;
}

/** `debug-exit, status 33: the guest ...`, green where the run ended as it should. */
export function exitText(exit: ExitResult | undefined, palette: Palette): string {
  if (!exit) return palette.yellow('the run has not ended');
  const good = exit.reason === 'debug-exit' || exit.status === 0;
  const colour = good ? palette.green : palette.red;
  return `${colour(`${exit.reason}, status ${exit.status}`)}  ${exit.detail.split('\n')[0]}`;
}
