/**
 * The translate guest end to end: what page size and order cost a real guest under this emulator, decode, loop and
 * serial port included. `--json FILE` writes the same figures.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Bench } from 'tinybench';
import { createMachine } from '../src/index.ts';

/** The bundle lies in node_modules/.cache/longmode-bench of the repository. */
const REPOSITORY = new URL('../../../', import.meta.url);
const TOUCHES = 400_000;

const image = new Uint8Array(readFileSync(new URL('guests/bin/translate/translate.elf', REPOSITORY)));

function run(pages: string, order: string, size: string): { instructions: number; walks: number } {
  const machine = createMachine({
    kernel: { name: 'translate.elf', bytes: image },
    commandLine: `pages=${pages} order=${order} size=${size} touches=${TOUCHES} write=1`,
    memory: 128 * 1024 * 1024,
  });
  const result = machine.run({ maxInstructions: 500_000_000 });
  if (result.status !== 33)
    throw new Error(`${pages} ${order} ${size}: ${result.detail}: ${machine.serial.text}`);
  const { walks } = machine.mmu.counters.report();
  return { instructions: machine.instructions, walks: walks['4K'] + walks['2M'] + walks['1G'] };
}

const bench = new Bench({ time: 500, iterations: 3, warmupTime: 0, warmupIterations: 1 });
const facts = new Map<string, { instructions: number; walks: number }>();
for (const size of ['1M', '64M']) {
  for (const order of ['seq', 'random']) {
    for (const pages of ['4k', '2m', '1g']) {
      const name = `${pages} ${order} ${size}`;
      bench.add(name, () => {
        facts.set(name, run(pages, order, size));
      });
    }
  }
}
await bench.run();

const rows = bench.tasks.map((task) => {
  const { result } = task;
  const fact = facts.get(task.name);
  if (!('latency' in result) || !fact) throw new Error(`${task.name} did not run`);
  const seconds = result.latency.p50 / 1000;
  return {
    name: task.name,
    touchesPerSecond: TOUCHES / seconds,
    mips: fact.instructions / seconds / 1e6,
    walks: fact.walks,
  };
});
console.log(`${'translate guest'.padEnd(18)}  M touches/s    MIPS      walks`);
for (const { name, touchesPerSecond, mips, walks } of rows) {
  const columns = [
    (touchesPerSecond / 1e6).toFixed(2).padStart(13),
    mips.toFixed(1).padStart(8),
    String(walks).padStart(11),
  ];
  console.log(name.padEnd(18) + columns.join(''));
}
const json = process.argv.indexOf('--json');
if (json > 0) writeFileSync(process.argv[json + 1]!, `${JSON.stringify(rows, undefined, 2)}\n`);
