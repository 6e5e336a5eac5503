/**
 * Translations per second through the real MMU. `node bench/run.mjs translate [--best] [--time MS] [--json FILE]`;
 * what each row means is in bench/README.md.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Bench } from 'tinybench';
import { COLD_PAGES, type PageSize, SWITCH_PAGES, TranslationRig } from './support/translation-rig.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const PAGE_SIZES: readonly PageSize[] = ['4K', '2M', '1G'];
const WORKING_SETS = [64 * KiB, 1 * MiB, 16 * MiB, 256 * MiB, 1 * GiB];
/** Accesses in one sample: short enough that most samples are not interrupted. */
const SAMPLE = 65536;
/** Samples over which walks and refills are counted. */
const COUNTED_SAMPLES = 8;
const DEFAULT_TIME_MS = 300;

interface Workload {
  readonly name: string;
  run(rig: TranslationRig): void;
}

const WORKLOADS: readonly Workload[] = [
  { name: 'no MMU', run: (rig) => rig.raw(SAMPLE) },
  { name: 'all hit', run: (rig) => rig.hits(SAMPLE) },
  ...WORKING_SETS.map((bytes) => ({
    name: `sequential ${sizeName(bytes)}`,
    run: (rig: TranslationRig) => rig.sequential(bytes, SAMPLE),
  })),
  ...WORKING_SETS.map((bytes) => ({
    name: `random ${sizeName(bytes)}`,
    run: (rig: TranslationRig) => rig.random(bytes, SAMPLE),
  })),
  { name: 'miss, caches warm', run: (rig) => rig.rivals(SAMPLE) },
  { name: `flush, ${COLD_PAGES} pages`, run: (rig) => rig.cold(SAMPLE) },
  { name: `CR3, ${SWITCH_PAGES} pages`, run: (rig) => rig.switches(SAMPLE, false) },
  { name: `CR3 with PCID, ${SWITCH_PAGES} pages`, run: (rig) => rig.switches(SAMPLE, true) },
];

interface Figure {
  readonly workload: string;
  readonly pageSize: PageSize;
  /** Accesses per second of the median and of the best sample. */
  readonly median: number;
  readonly best: number;
  readonly samples: number;
  /** Per access, over all samples: walks, and refills from a large page without a walk. */
  readonly walks: number;
  readonly refills: number;
}

async function measure(pageSize: PageSize, time: number): Promise<Figure[]> {
  const rig = new TranslationRig(pageSize);
  const figures: Figure[] = [];
  // Touches all of the memory once, so that no sample pays for its first use by the host.
  rig.sequential(GiB, GiB / 0x1000);
  for (const { name, run } of WORKLOADS) {
    const bench = new Bench({ time, warmupTime: time / 3 });
    bench.add(name, () => run(rig));
    await bench.run();
    const result = bench.tasks[0]!.result;
    if (!('latency' in result)) throw new Error(`${name}: no result`);
    const { latency } = result;
    rig.mmu.counters.clear();
    for (let n = 0; n < COUNTED_SAMPLES; n++) run(rig);
    const { walks, refills } = rig.mmu.counters;
    figures.push({
      workload: name,
      pageSize,
      median: (SAMPLE / latency.p50) * 1000,
      best: (SAMPLE / latency.min) * 1000,
      samples: latency.samplesCount,
      walks: sum(walks) / (COUNTED_SAMPLES * SAMPLE),
      refills: sum(refills) / (COUNTED_SAMPLES * SAMPLE),
    });
  }
  return figures;
}

function sum(bySize: Float64Array): number {
  return bySize.reduce((total, count) => total + count, 0);
}

function sizeName(bytes: number): string {
  if (bytes >= GiB) return `${bytes / GiB} GiB`;
  return bytes >= MiB ? `${bytes / MiB} MiB` : `${bytes / KiB} KiB`;
}

function millions(perSecond: number): string {
  return (perSecond / 1e6).toFixed(perSecond < 1e7 ? 1 : 0);
}

/** Million accesses per second by page size, and how much faster 2 MiB pages are than 4 KiB pages. */
function table(figures: readonly Figure[], rate: 'median' | 'best'): string[] {
  const rows = [[`M accesses/s, ${rate}`, ...PAGE_SIZES, '2M/4K', 'walks 4K', 'walks 2M', 'refills 2M']];
  for (const { name } of WORKLOADS) {
    const of = (pageSize: PageSize) => figures.find((f) => f.workload === name && f.pageSize === pageSize)!;
    rows.push([
      name,
      ...PAGE_SIZES.map((pageSize) => millions(of(pageSize)[rate])),
      (of('2M')[rate] / of('4K')[rate]).toFixed(2),
      of('4K').walks.toFixed(2),
      of('2M').walks.toFixed(2),
      of('2M').refills.toFixed(2),
    ]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  '),
  );
}

function option(name: string): string | undefined {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? undefined : process.argv[index + 1];
}

const time = Number(option('time') ?? DEFAULT_TIME_MS);
const figures: Figure[] = [];
for (const pageSize of PAGE_SIZES) figures.push(...(await measure(pageSize, time)));
console.log(table(figures, process.argv.includes('--best') ? 'best' : 'median').join('\n'));
const json = option('json');
if (json) {
  const host = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cpus: cpus().length };
  writeFileSync(json, `${JSON.stringify({ benchmark: 'translate', host, figures }, null, 2)}\n`);
}
