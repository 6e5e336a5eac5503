/** From runs to rows: nanoseconds per operation, ratios taken within one repetition, and the figures to be reached. */
import { geometricMean, median, spread } from './statistics.ts';
import type { Kind } from './workloads.ts';

/** One emulator on one workload: a figure for each repetition, or why there is none. */
export interface Cell {
  readonly nanoseconds: readonly number[];
  readonly failure?: string;
}

export interface Row {
  readonly name: string;
  readonly kind: Kind;
  /** By emulator: `longmode`, `interp`, `qemu`, `bochs`, and of the 32-bit image `longmode32` and `v86`. */
  readonly cells: Readonly<Record<string, Cell>>;
}

/** How many times faster the first is. Runs of one repetition are neighbours in time, so they are compared pair by pair. */
export interface Ratio {
  readonly median: number;
  readonly spread: number;
}

export function ratioOf(row: Row, ours: string, theirs: string): Ratio | undefined {
  const mine = row.cells[ours]?.nanoseconds ?? [];
  const others = row.cells[theirs]?.nanoseconds ?? [];
  const pairs = Math.min(mine.length, others.length);
  if (pairs === 0) return undefined;
  const ratios = Array.from({ length: pairs }, (_, i) => others[i]! / mine[i]!);
  return { median: median(ratios), spread: spread(ratios) };
}

/** The pairs that are compared, with the word that tables use. */
export const COMPARISONS = [
  { title: 'qemu/longmode', ours: 'longmode', theirs: 'qemu' },
  { title: 'bochs/interp', ours: 'interp', theirs: 'bochs' },
  { title: 'v86/longmode32', ours: 'longmode32', theirs: 'v86' },
] as const;

/** What a process costs before and besides the guest. */
export interface Costs {
  /** Milliseconds from the start of the process to the guest's first line. */
  readonly start: readonly number[];
  /** The same, as processor time of all its threads. */
  readonly startCpu: readonly number[];
  /** With 3.5 GiB of guest RAM, as processor time. */
  readonly startLargeCpu: readonly number[];
  /** MiB resident at most beyond the guest's RAM. */
  readonly beyondRam: readonly number[];
}

export interface Figure {
  readonly name: string;
  readonly value: number | undefined;
  readonly unit: string;
  readonly target: number;
  readonly goal?: number;
  /** Whether the target is a floor or a ceiling. */
  readonly better: 'more' | 'less';
}

export function isMet({ value, target, better }: Figure): boolean | undefined {
  if (value === undefined) return undefined;
  return better === 'more' ? value >= target : value <= target;
}

/** The table of what must be reached, with what was. */
export function figures(rows: readonly Row[], costs: Costs | undefined): Figure[] {
  const ratios = (kind: Kind, ours: string, theirs: string, wanted: (row: Row) => boolean = () => true) =>
    rows
      .filter((row) => row.kind === kind && wanted(row))
      .map((row) => ratioOf(row, ours, theirs)?.median)
      .filter((ratio) => ratio !== undefined);
  const mean = (values: number[]) => (values.length ? geometricMean(values) : undefined);
  const worst = (values: number[]) => (values.length ? Math.min(...values) : undefined);
  const middle = (values: readonly number[] | undefined) => (values?.length ? median(values) : undefined);
  const large = (row: Row) => !/ 32 /.test(row.name);
  const compute = ratios('compute', 'longmode', 'qemu');
  const cpu = middle(costs?.startCpu);
  const cpuLarge = middle(costs?.startLargeCpu);
  const ratio = { unit: 'x', better: 'more' } as const;
  return [
    { name: 'compute against QEMU, geometric mean', value: mean(compute), target: 1, goal: 1.5, ...ratio },
    { name: 'compute against QEMU, worst', value: worst(compute), target: 0.6, ...ratio },
    {
      name: 'chases over 1,024 pages and more against QEMU, geometric mean',
      value: mean(ratios('chase', 'longmode', 'qemu', large)),
      target: 10,
      ...ratio,
    },
    {
      name: 'chases over 1,024 pages and more against QEMU, worst',
      value: worst(ratios('chase', 'longmode', 'qemu', large)),
      target: 10,
      ...ratio,
    },
    {
      name: 'storms against QEMU, geometric mean',
      value: mean(ratios('storm', 'longmode', 'qemu')),
      target: 1,
      ...ratio,
    },
    {
      name: 'storms against QEMU, worst',
      value: worst(ratios('storm', 'longmode', 'qemu')),
      target: 1,
      ...ratio,
    },
    {
      name: '32-bit compute against v86, geometric mean',
      value: mean(ratios('compute', 'longmode32', 'v86')),
      target: 1.5,
      ...ratio,
    },
    {
      name: 'interpreter against Bochs, compute, geometric mean',
      value: mean(ratios('compute', 'interp', 'bochs')),
      target: 0.5,
      goal: 1,
      ...ratio,
    },
    {
      name: 'start of the process to the first line of the guest',
      value: middle(costs?.start),
      unit: 'ms',
      target: 200,
      better: 'less',
    },
    {
      name: 'the same, processor time of all threads',
      value: middle(costs?.startCpu),
      unit: 'ms',
      target: 200,
      better: 'less',
    },
    {
      name: "memory beyond the guest's RAM",
      value: costs?.beyondRam.length ? Math.max(...costs.beyondRam) : undefined,
      unit: 'MiB',
      target: 150,
      better: 'less',
    },
    {
      name: '3.5 GiB of guest RAM against 64 MiB at start',
      value: cpu !== undefined && cpuLarge !== undefined ? cpuLarge / cpu : undefined,
      unit: 'x',
      target: 1.2,
      better: 'less',
    },
  ];
}
