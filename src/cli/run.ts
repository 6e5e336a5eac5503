/** `longmode run`: boots an image and runs it to its end. */
import pc from 'picocolors';
import { autopsyLines, needsAutopsy } from '../debug/autopsy.ts';
import { createReport, evidenceOf, reportText } from '../debug/report.ts';
import { type Palette, summaryLines } from '../debug/summary.ts';
import { loadDisassembler } from '../debug/trace.ts';
import type { ExitResult, Pc } from '../index.ts';
import { boot, limitsOf, type RawBootOptions } from './boot-options.ts';
import { openConsoles } from './consoles.ts';
import { named, openOutput } from './files.ts';
import type { Io, Output } from './io.ts';
import { runTraced } from './traced-run.ts';
import { parseStatus } from './values.ts';

export interface RawRunOptions extends RawBootOptions {
  readonly summary?: true;
  readonly trace?: string;
  readonly successStatus?: string;
}

export async function run(io: Io, kernels: readonly string[], raw: RawRunOptions): Promise<number> {
  const limits = limitsOf(raw);
  const success =
    raw.successStatus === undefined ? undefined : parseStatus('--success-status', raw.successStatus);
  const machine = boot(io, kernels, raw);
  const consoles = openConsoles(io, raw.serial, raw.debugcon);
  const report = openReport(io, raw.report);
  const trace = raw.trace === undefined ? undefined : openOutput(io, '--trace', raw.trace);
  const disassemble = trace ? await loadDisassembler() : undefined;
  const attached = consoles.attach(machine);
  const result = trace && disassemble ? runTraced(machine, limits, trace, disassemble) : machine.run(limits);
  attached.close();
  trace?.close();
  await tell(io, machine, result, raw.summary === true);
  writeReport(report, machine, result);
  return result.reason === 'debug-exit' && result.status === success ? 0 : result.status;
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
