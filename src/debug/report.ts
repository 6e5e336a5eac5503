/** The JSON report (docs/report.md, docs/report.schema.json). The same run gives the same bytes: no host time, no paths. */
import { hex32, hexNumber } from '../bits/hex.ts';
import { VECTOR_NAMES, VECTOR_PF } from '../isa/vectors.ts';
import type { ExitReason, ExitResult } from '../machine/exit.ts';
import type { FaultRecord } from '../machine/fault-log.ts';
import type { Registers } from '../machine/registers.ts';
import type { CountersReport } from '../mmu/counters.ts';
import { linearText, physicalText } from './address.ts';
import { needsAutopsy } from './autopsy.ts';
import { Evidence } from './evidence.ts';
import { accessOf } from './fault-text.ts';
import { likelyCauses } from './likely-cause.ts';
import { linearReader, type MachineView } from './machine-view.ts';
import { Symbols } from './symbols.ts';
import { walkSummary } from './walk-text.ts';

const REPORT_VERSION = 1;

export interface Report {
  readonly version: typeof REPORT_VERSION;
  readonly exit: {
    readonly reason: ExitReason | 'running';
    readonly status: number;
    readonly detail: string;
  };
  readonly instructions: number;
  readonly guestSeconds: number;
  readonly resets: number;
  readonly mode: string;
  readonly timeline: readonly ReportTimelineEntry[];
  readonly registers: Registers;
  readonly mappings: readonly ReportMapping[];
  readonly tlb: CountersReport;
  readonly faults: readonly ReportFault[];
  /** Every exception that was raised, by name; `faults` keeps the first and the last ones. */
  readonly faultCounts: { readonly [vector: string]: number };
  /** What probably caused a triple fault, the most direct cause first; empty otherwise. */
  readonly likelyCauses: readonly string[];
  readonly unclaimed: { readonly ports: readonly Unclaimed[]; readonly memory: readonly Unclaimed[] };
  readonly images: readonly ReportImage[];
}

interface ReportTimelineEntry {
  readonly instruction: number;
  readonly rip: string;
  readonly event: string;
  readonly from: string;
  readonly to: string;
  readonly mode: string;
  readonly cause: string;
}

interface ReportMapping {
  readonly linear: string;
  readonly physical: string;
  readonly bytes: number;
  readonly pageSize: number;
  readonly writable: boolean;
  readonly user: boolean;
  readonly executable: boolean;
  readonly global: boolean;
  readonly protectionKey: number;
}

interface ReportFault {
  readonly instruction: number;
  readonly vector: number;
  readonly name: string;
  readonly errorCode: string | null;
  readonly cr2: string | null;
  readonly rip: string;
  readonly symbol: string | null;
  readonly cs: string;
  readonly cpl: number;
  readonly mode: string;
  /** For a page fault: what the tables said of the address at that moment. */
  readonly walk: string | null;
}

interface Unclaimed {
  readonly address: string;
  readonly count: number;
}

interface ReportImage {
  readonly name: string;
  readonly role: string | null;
  readonly loadedAt: string | null;
  readonly symbols: number;
}

/** `result` is what the run answered; a run that stopped at a limit has ended, though its machine could go on. */
export function createReport(machine: MachineView, result?: ExitResult): Report {
  const exit = result ?? machine.exit;
  const symbols = new Symbols(machine.images);
  return {
    version: REPORT_VERSION,
    // Only the first line: an internal error brings a stack of host paths with it.
    exit: exit
      ? { reason: exit.reason, status: exit.status, detail: exit.detail.split('\n')[0]! }
      : { reason: 'running', status: 0, detail: 'the run has not ended' },
    instructions: machine.instructions,
    guestSeconds: machine.guestNanoseconds / 1e9,
    resets: machine.resets,
    mode: machine.mode,
    timeline: machine.timeline.map(({ instruction, rip, event, from, to, mode, processor, cause }) => ({
      instruction,
      rip: linearText(rip),
      event,
      from,
      to,
      mode,
      ...(processor === undefined ? {} : { processor }),
      cause,
    })),
    registers: machine.registers(),
    mappings: machine.mappings().map((r) => ({
      linear: linearText(r.linear),
      physical: physicalText(r.physical),
      bytes: r.bytes,
      pageSize: r.pageSize,
      writable: r.writable,
      user: r.user,
      executable: r.executable,
      global: r.global,
      protectionKey: r.protectionKey,
    })),
    tlb: machine.mmu.counters.report(),
    faults: machine.faultLog.records().map((fault) => reportFault(symbols, fault)),
    faultCounts: Object.fromEntries(
      [...machine.faultLog.counts]
        .sort(([a], [b]) => a - b)
        .map(([vector, count]) => [vectorName(vector), count]),
    ),
    likelyCauses: exit && needsAutopsy(exit) ? causesOf(machine) : [],
    unclaimed: {
      ports: unclaimed(machine.ports.unclaimed, (port) => hex32(port, 4)),
      memory: unclaimed(machine.space.unclaimed, physicalText),
    },
    images: machine.images.map((image) => ({
      name: image.name,
      role: image.role ?? null,
      loadedAt: image.loadedAt === undefined ? null : physicalText(image.loadedAt),
      symbols: image.symbols.length,
    })),
  };
}

/** The report as the text of a file: two spaces of indentation and a line feed at the end. */
export function reportText(report: Report): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** Everything the rules of the autopsy ask for; undefined when no exception was raised. */
export function evidenceOf(machine: MachineView): Evidence | undefined {
  const chain = machine.faultLog.lastChain();
  if (chain.length === 0) return undefined;
  return new Evidence({
    chain,
    timeline: machine.timeline,
    images: machine.images,
    ranges: machine.mappings(),
    readLinear: linearReader(machine),
    placed: machine.plan?.writes ?? [],
    readPhysical: (physical, bytes) => machine.readPhysical(physical, bytes),
  });
}

function causesOf(machine: MachineView): string[] {
  const evidence = evidenceOf(machine);
  return evidence ? likelyCauses(evidence) : [];
}

function vectorName(vector: number): string {
  return VECTOR_NAMES[vector] ?? `vector ${vector}`;
}

function reportFault(symbols: Symbols, fault: FaultRecord): ReportFault {
  const pageFault = fault.vector === VECTOR_PF;
  return {
    instruction: fault.instruction,
    vector: fault.vector,
    name: vectorName(fault.vector),
    errorCode: fault.hasErrorCode ? hex32(fault.errorCode, 4) : null,
    cr2: pageFault ? linearText(fault.cr2) : null,
    rip: linearText(fault.rip),
    symbol: symbols.describe(fault.rip) ?? null,
    cs: hexNumber(fault.cs, 4),
    cpl: fault.cpl,
    mode: fault.mode,
    walk: fault.walk ? walkSummary(fault.walk, accessOf(fault)) : null,
  };
}

function unclaimed(counts: ReadonlyMap<number, number>, text: (address: number) => string): Unclaimed[] {
  return [...counts].sort(([a], [b]) => a - b).map(([address, count]) => ({ address: text(address), count }));
}
