/** `longmode inspect`: boots to a point and prints what the machine looks like there. */

import { hex32 } from '../bits/hex.ts';
import { addressFromText, linearText } from '../debug/address.ts';
import { registerLines } from '../debug/autopsy.ts';
import { describeGdt, describeIdt, describeTss, type TableText, vectorText } from '../debug/descriptors.ts';
import { controlRegister0, linearReader, pagingRoot, tableReader } from '../debug/machine-view.ts';
import { mappingLines, overlapLines } from '../debug/page-explorer.ts';
import { timelineLines, translationLines } from '../debug/summary.ts';
import { Symbols } from '../debug/symbols.ts';
import { walkLines } from '../debug/walk-text.ts';
import type { Pc } from '../index.ts';
import { boot, limitsOf, type RawBootOptions } from './boot-options.ts';
import { openConsoles } from './consoles.ts';
import type { Io } from './io.ts';
import { openReport, paletteOf, tell, writeReport } from './run.ts';
import { runTo, untilTarget } from './until.ts';
import { parseLinear } from './values.ts';

export interface RawInspectOptions extends RawBootOptions {
  readonly until?: string;
  readonly explain: readonly string[];
}

export async function inspect(io: Io, kernels: readonly string[], raw: RawInspectOptions): Promise<number> {
  const explained = raw.explain.map((text) => parseLinear('--explain', text));
  const limits = limitsOf(raw);
  const machine = boot(io, kernels, raw);
  const target = raw.until === undefined ? undefined : untilTarget(machine, raw.until);
  const consoles = openConsoles(io, raw.serial, raw.debugcon);
  const report = openReport(io, raw.report);
  const attached = consoles.attach(machine);
  const result = target ? runTo(machine, target, limits) : machine.run(limits);
  attached.close();
  const reached = result.reason === 'stopped';
  if (!reached) await tell(io, machine, result, false);
  if (target && !reached)
    io.stderr.write(`longmode: --until ${raw.until}: the run ended before that point\n`);
  io.stderr.write(`${inspectionLines(io, machine).join('\n')}\n`);
  for (const address of explained) io.stderr.write(`${explanationLines(machine, address).join('\n')}\n`);
  writeReport(report, machine, result);
  return reached ? 0 : result.status;
}

function inspectionLines(io: Io, machine: Pc): string[] {
  const palette = paletteOf(io);
  const title = (text: string): string => palette.bold(text);
  const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
  const view = { cr0: controlRegister0(machine), root: pagingRoot(machine), ranges: machine.mappings() };
  const [headline = '', ...ranges] = mappingLines(view);
  const rip = addressFromText(machine.registers().rip);
  const place = new Symbols(machine.images).describe(rip);
  return [
    `${title('At')}  ${linearText(rip)}${place ? `  ${place}` : ''}, ${machine.mode} mode, after ${machine.instructions} instructions`,
    title('Modes'),
    ...indent(timelineLines(machine, palette)),
    title('Registers'),
    ...indent(registerLines(machine.registers())),
    `${title('Mappings')}  ${headline}`,
    ...ranges,
    title('Overlaps'),
    ...indent(overlapLines(view, tableReader(machine))),
    title('Descriptors'),
    ...indent(descriptorLines(machine)),
    title('Translation'),
    ...indent(translationLines(machine)),
  ];
}

function descriptorLines(machine: Pc): string[] {
  const registers = machine.registers();
  const read = linearReader(machine);
  const text = (name: string): string => String(registers[name] ?? '0x0');
  const table = (name: 'gdtr' | 'idtr') => ({
    base: addressFromText(text(`${name}Base`)),
    limit: addressFromText(text(`${name}Limit`))[0],
  });
  const long = machine.state.isLongModeActive();
  const lines = [
    ...tableLines('GDT', table('gdtr').base, describeGdt(read, table('gdtr'), long), (offset) =>
      hex32(offset, 4),
    ),
  ];
  if (machine.mode === 'real') return [...lines, 'IDT: real mode uses the vectors at the base of IDTR'];
  const step = long ? 16 : 8;
  lines.push(
    ...tableLines('IDT', table('idtr').base, describeIdt(read, table('idtr'), long), (offset) =>
      vectorText(offset / step),
    ),
  );
  const tr = registers.segments['tr'];
  if (!tr || addressFromText(tr.selector)[0] === 0) return [...lines, 'TSS: none (TR is null)'];
  const base = addressFromText(tr.base);
  const stacks = describeTss(read, base, addressFromText(tr.limit)[0] >>> 0, long);
  return [
    ...lines,
    `TSS at ${linearText(base)}${stacks ? '' : ' is not mapped'}`,
    ...(stacks ?? []).map((line) => `  ${line}`),
  ];
}

function tableLines(
  name: string,
  base: readonly [number, number],
  table: TableText,
  label: (offset: number) => string,
): string[] {
  return [
    `${name} at ${linearText(base)}${table.broken ? `: ${table.broken}` : ''}`,
    ...table.entries.flatMap(({ offset, text, problems }) => [
      `  ${label(offset)}  ${text}`,
      ...problems.map((problem) => `      ! ${problem}`),
    ]),
  ];
}

function explanationLines(machine: Pc, address: readonly [lo: number, hi: number]): string[] {
  const place = new Symbols(machine.images).describe(address);
  return [
    `Walk of ${linearText(address)}${place ? `  ${place}` : ''}`,
    ...walkLines(machine.translate(address)).map((line) => `  ${line}`),
  ];
}
