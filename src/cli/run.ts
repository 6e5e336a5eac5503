/** `longmode run`: boots an image and runs it to its end. */
import pc from 'picocolors';
import { autopsyLines, needsAutopsy } from '../debug/autopsy.ts';
import { createReport, evidenceOf, reportText } from '../debug/report.ts';
import { type Palette, summaryLines } from '../debug/summary.ts';
import { loadDisassembler } from '../debug/trace.ts';
import type { ExitResult, Pc, RunLimits } from '../index.ts';
import { boot, limitsOf, type RawBootOptions } from './boot-options.ts';
import { openConsoles } from './consoles.ts';
import { cpuListText } from './cpu-list.ts';
import { Disks } from './disks.ts';
import { named, openOutput } from './files.ts';
import type { Io, Output } from './io.ts';
import { runLive } from './live-run.ts';
import { runLockstep } from './lockstep-run.ts';
import { openScreen } from './screen.ts';
import { openSave } from './snapshot-files.ts';
import { runTraced } from './traced-run.ts';
import { runTo, untilTarget } from './until.ts';
import { UsageError } from './usage-error.ts';
import { parseClock, parseInputMode, parseStatus } from './values.ts';

export interface RawRunOptions extends RawBootOptions {
  readonly summary?: true;
  readonly trace?: string;
  readonly screen?: string;
  readonly clock: string;
  readonly input?: string;
  readonly successStatus?: string;
  readonly lockstep?: true;
  readonly until?: string;
  readonly save?: string;
}

export async function run(io: Io, kernels: readonly string[], raw: RawRunOptions): Promise<number> {
  if (raw.cpu === 'help') {
    io.stdout.write(cpuListText());
    return 0;
  }
  const limits = limitsOf(raw);
  const success =
    raw.successStatus === undefined ? undefined : parseStatus('--success-status', raw.successStatus);
  const live = liveOptions(io, raw);
  checkLockstep(raw, live !== undefined);
  checkUntil(raw, live !== undefined);
  if (raw.commit && raw.save !== undefined) {
    throw new UsageError(
      '--save: given with --commit, expected one of the two: a snapshot goes back, a disk image does not',
    );
  }
  const disks = new Disks(io, raw.commit === true);
  const machine = boot(io, kernels, raw, disks);
  const target = raw.until === undefined ? undefined : untilTarget(machine, raw.until);
  const twin = raw.lockstep ? boot(io, kernels, { ...raw, jit: false }, new Disks(io, false)) : undefined;
  const consoles = openConsoles(io, raw);
  const report = openReport(io, raw.report);
  const screen = openScreen(io, raw.screen);
  const trace = raw.trace === undefined ? undefined : openOutput(io, '--trace', raw.trace);
  const save = openSave(io, raw.save);
  const disassemble = trace ? await loadDisassembler() : undefined;
  const attached = consoles.attach(machine);
  const result = live
    ? await runLive(io, machine, { ...live, limits })
    : twin
      ? runLockstep(machine, twin, limits, (line) => io.stderr.write(`${line}\n`))
      : trace && disassemble
        ? runTraced(machine, limits, trace, disassemble)
        : target
          ? runTo(machine, target, limits)
          : runAlone(io, machine, limits);
  attached.close();
  disks.close();
  trace?.close();
  screen?.show(machine);
  await tell(io, machine, result, raw.summary === true);
  if (machine.unreadKernel !== undefined) {
    io.stderr.write(
      `longmode: ${machine.unreadKernel}: not read by the firmware, expected one that takes a kernel from fw_cfg (SeaBIOS, OVMF, qboot)\n`,
    );
  }
  if (target && result.reason !== 'stopped')
    io.stderr.write(`longmode: --until ${raw.until}: the run ended before that point\n`);
  writeReport(report, machine, result);
  save?.write(machine);
  return result.reason === 'debug-exit' && result.status === success ? 0 : result.status;
}

/**
 * Instructions after which V8's compilers give way to the guest. Before that they do not: what a short run needs most is that
 * the emulator itself is compiled soon.
 */
const WARM = 50_000_000;

function runAlone(io: Io, machine: Pc, limits: RunLimits): ExitResult {
  const { maxInstructions = Number.POSITIVE_INFINITY, timeout, wallTimeout } = limits;
  if (wallTimeout !== undefined || maxInstructions <= WARM) return machine.run(limits);
  const end = timeout === undefined ? undefined : machine.clock.now() + timeout * 1e9;
  const before = machine.processor.steps();
  const result = machine.run({ ...limits, maxInstructions: WARM });
  const ran = machine.processor.steps() - before;
  if (machine.exit || ran < WARM) return result;
  io.yieldToGuest();
  return machine.run({
    maxInstructions: maxInstructions - ran,
    timeout: end === undefined ? undefined : Math.max(0, end - machine.clock.now()) / 1e9,
  });
}

/** What `--clock host` means; undefined with the virtual clock. */
function liveOptions(io: Io, raw: RawRunOptions): { input: 'raw' | 'line' | undefined } | undefined {
  const mode = raw.input === undefined ? undefined : parseInputMode('--input', raw.input);
  if (parseClock('--clock', raw.clock) === 'virtual') {
    if (mode) throw new UsageError('--input: given without --clock host, expected both or neither');
    return undefined;
  }
  if (raw.trace !== undefined)
    throw new UsageError('--trace: given with --clock host, expected the virtual clock');
  if (raw.serial !== 'stdio') return { input: undefined };
  return { input: mode ?? (io.stdin.isTerminal ? 'raw' : 'line') };
}

/** Both tiers must be there, and nothing may reach one machine alone. */
function checkLockstep(raw: RawRunOptions, isLive: boolean): void {
  if (!raw.lockstep) return;
  const others = [
    ...(raw.jit ? [] : ['--no-jit']),
    ...(raw.trace === undefined ? [] : ['--trace']),
    ...(isLive ? ['--clock host'] : []),
    ...(raw.commit ? ['--commit'] : []),
  ];
  if (others.length === 0) return;
  throw new UsageError(`--lockstep: given with ${others.join(' and ')}, expected one of the two`);
}

/** The point is looked for by the loop that runs alone. */
function checkUntil(raw: RawRunOptions, isLive: boolean): void {
  if (raw.until === undefined) return;
  const others = [
    ...(raw.lockstep ? ['--lockstep'] : []),
    ...(raw.trace === undefined ? [] : ['--trace']),
    ...(isLive ? ['--clock host'] : []),
  ];
  if (others.length === 0) return;
  throw new UsageError(`--until: given with ${others.join(' and ')}, expected one of the two`);
}

/** The JSON report's place, opened before the run; undefined when none is wanted. */
export function openReport(io: Io, path: string | undefined): Output | undefined {
  if (path === undefined) return undefined;
  return path === '-'
    ? { ...named(io.stdout, 'standard output'), close: () => undefined }
    : openOutput(io, '--report', path);
}

export function writeReport(output: Output | undefined, machine: Pc, result: ExitResult): void {
  if (!output) return;
  output.write(reportText(createReport(machine, result)));
  output.close();
}

export function paletteOf(io: Io): Palette {
  return pc.createColors(io.color);
}

/** What the emulator itself has to say about the end of a run, on standard error. */
export async function tell(io: Io, machine: Pc, result: ExitResult, summary: boolean): Promise<void> {
  const palette = paletteOf(io);
  const lines: string[] = [];
  if (summary) lines.push(...summaryLines(machine, palette, result));
  // A guest that ends the run itself has said what it had to say.
  else if (result.reason !== 'debug-exit' && result.reason !== 'power-off')
    lines.push(`longmode: ${endingText(result, io.debug)}`);
  const evidence = needsAutopsy(result) ? evidenceOf(machine) : undefined;
  if (evidence) lines.push('', ...autopsyLines(evidence, { disassemble: await loadDisassembler() }));
  if (lines.length > 0) io.stderr.write(`${lines.join('\n')}\n`);
}

/** One line, except that an internal error shows its stack to those who ask for it. */
function endingText(result: ExitResult, debug: boolean): string {
  return debug ? result.detail : result.detail.split('\n')[0]!;
}
