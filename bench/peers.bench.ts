/**
 * `npm run bench:peers -- [OPTIONS]`: longmode beside other emulators, on the workloads of guests/bench, alternating in
 * one run so that a machine that is busy is busy for all of them.
 *
 *   --only REGEXP     workloads whose name matches (an empty match: `--only costs` for the costs of the process alone)
 *   --peers LIST      of interp, qemu, bochs, v86; all of them by default
 *   --repeat K        repetitions, 5 by default
 *   --quick           an eighth of the units, once
 *   --wall            wall time instead of the busiest thread's processor time
 *   --save            writes bench/peers.json and bench/peers.svg
 *   --json FILE, --svg FILE
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chart, panelOf } from './peers/chart.ts';
import { bochs, type Emulator, longmode, qemu, v86 } from './peers/emulators.ts';
import { installDebian, installV86 } from './peers/install.ts';
import { type Run, run } from './peers/process.ts';
import { COMPARISONS, type Costs, figures, type Row } from './peers/results.ts';
import { figureTable, workloadTable } from './peers/table.ts';
import { WORKLOADS, type Workload } from './peers/workloads.ts';

const PEERS = ['interp', 'qemu', 'bochs', 'v86'];
const TIMEOUT = 300;

function usage(message: string): never {
  process.stderr.write(`bench:peers: ${message}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', default: '' },
        peers: { type: 'string', default: PEERS.join(',') },
        repeat: { type: 'string' },
        quick: { type: 'boolean', default: false },
        wall: { type: 'boolean', default: false },
        save: { type: 'boolean', default: false },
        json: { type: 'string' },
        svg: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return usage((error as Error).message);
  }
}

const options = readOptions();
const repeat = Number(options.repeat ?? (options.quick ? 1 : 5));
if (!Number.isInteger(repeat) || repeat < 1)
  usage(`--repeat ${options.repeat}: a number from 1 was expected`);
const peers = options.peers.split(',').filter((name) => name !== '');
const unknown = peers.find((name) => !PEERS.includes(name));
if (unknown !== undefined) usage(`--peers ${unknown}: ${PEERS.join(', ')} were expected`);

// The bundle lies elsewhere; npm runs scripts in the folder of package.json.
const root = process.cwd();
if (!existsSync(resolve(root, 'guests/bin/bench/bench.elf'))) usage('to be run in the repository');
const cache = resolve(root, '.cache/peers');
mkdirSync(cache, { recursive: true });
const places = { root, cache };

function emulators(): Emulator[] {
  const list = [longmode(places, { name: 'longmode' })];
  for (const peer of peers) {
    installDebian(peer);
    if (peer === 'interp') list.push(longmode(places, { name: 'interp', interpreter: true }));
    if (peer === 'qemu') list.push(qemu(places));
    if (peer === 'bochs') list.push(bochs(places));
    if (peer === 'v86') {
      list.push(longmode(places, { name: 'longmode32', narrow: true }), v86(places, installV86(cache)));
    }
  }
  return list;
}

const log = (text: string) => process.stderr.write(`${text}\n`);

async function measure(workload: Workload, list: readonly Emulator[]): Promise<Row> {
  const cells: Record<string, { nanoseconds: number[]; failure?: string }> = {};
  const able = list.filter((emulator) => !emulator.narrow || workload.narrow);
  for (const { name } of able) cells[name] = { nanoseconds: [] };
  for (let round = 0; round < repeat; round++) {
    for (const emulator of able) {
      const cell = cells[emulator.name]!;
      if (cell.failure !== undefined) continue;
      const fewer = (emulator.slow ? workload.slower : 1) * (options.quick ? 8 : 1);
      const units = Math.max(1, Math.round(workload.units / fewer));
      try {
        const done = await run(emulator.command(workload, units), TIMEOUT);
        const seconds = options.wall ? done.wall : done.cpu;
        cell.nanoseconds.push((seconds * 1e9) / (done.units * done.operations));
        log(`  ${workload.name} ${emulator.name}: ${seconds.toFixed(3)} s (wall ${done.wall.toFixed(3)} s)`);
      } catch (error) {
        cell.failure = (error as Error).message;
        log(`  ${workload.name} ${emulator.name}: ${cell.failure}`);
      }
    }
  }
  return { name: workload.name, kind: workload.kind, cells };
}

/** Starts that do nothing, with little and with much RAM in turn; and a guest that makes the compiled tier work. */
async function measureCosts(self: Emulator): Promise<Costs> {
  const small: Workload = { ...WORKLOADS[0]!, options: 'bench=none', mebibytes: 64 };
  const large: Workload = { ...small, mebibytes: 3584 };
  const starts: Run[] = [];
  const largeStarts: Run[] = [];
  const beyondRam: number[] = [];
  for (let round = 0; round < Math.max(repeat, 3); round++) {
    starts.push(await run(self.command(small, 1), TIMEOUT));
    largeStarts.push(await run(self.command(large, 1), TIMEOUT));
  }
  for (const name of ['quicksort', 'sse-integer', 'page-fault']) {
    const workload = WORKLOADS.find((each) => each.name === name)!;
    const done = await run(self.command(workload, Math.ceil(workload.units / 4)), TIMEOUT);
    beyondRam.push(done.resident / 2 ** 20); // These guests touch some 3 MiB, which are not taken off.
  }
  const milliseconds = (runs: readonly Run[], of: 'start' | 'startCpu') => runs.map((run) => run[of] * 1e3);
  return {
    start: milliseconds(starts, 'start'),
    startCpu: milliseconds(starts, 'startCpu'),
    startLargeCpu: milliseconds(largeStarts, 'startCpu'),
    beyondRam,
  };
}

const wanted = new RegExp(options.only);
const chosen = WORKLOADS.filter(({ name }) => wanted.test(name));
const list = emulators();
const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'an unknown processor'}`;
const versions = Object.fromEntries(list.map(({ name, version }) => [name, version]));
log(`${machine}; ${[...new Set(Object.values(versions))].join(', ')}`);

const rows: Row[] = [];
for (const workload of chosen) rows.push(await measure(workload, list));
const costs = wanted.test('costs') ? await measureCosts(list[0]!) : undefined;

const reached = figures(rows, costs);
if (rows.length > 0)
  console.log(
    `${workloadTable(
      rows,
      list.map(({ name }) => name),
    )}\n`,
  );
console.log(figureTable(reached.filter(({ value }) => value !== undefined)));

const clock = options.wall ? 'wall' : 'busiest thread';
const when = new Date().toISOString();
const json = JSON.stringify(
  { when, machine, versions, clock, repeat, rows, costs, figures: reached },
  undefined,
  1,
);
const panels = COMPARISONS.map(({ title, ours, theirs }) =>
  panelOf(`${title}: times faster`, rows, ours, theirs),
);
const svg = chart(panels, `${when.slice(0, 10)}, ${machine}`);
for (const [file, text] of [
  [options.json ?? (options.save ? 'bench/peers.json' : undefined), `${json}\n`],
  [options.svg ?? (options.save ? 'bench/peers.svg' : undefined), svg],
] as const) {
  if (file !== undefined) writeFileSync(file, text);
}
if (rows.some(({ cells }) => ['longmode', 'interp', 'longmode32'].some((name) => cells[name]?.failure))) {
  process.exitCode = 1;
}
