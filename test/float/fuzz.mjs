/**
 * The long run against the host's processor: builds the oracle with gcc, bundles the replay, and compares.
 *
 *   node test/float/fuzz.mjs [--set x87|sse|transcendental] [--cases 1000000] [--seed N] [--op NAME] [--show 10]
 *
 * Without --set it runs all sets. Prints the seed and, by operation, what differs; exit status 1 when something does.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';

const { values: options } = parseArgs({
  options: {
    set: { type: 'string' },
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1000000) },
    op: { type: 'string' },
    show: { type: 'string', default: '5' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'longmode-float-'));
const REPLAYS = { x87: 'replayX87', sse: 'replaySse', transcendental: 'replayTranscendental' };

try {
  const oracle = join(folder, 'oracle');
  execFileSync('gcc', ['-O1', '-o', oracle, join(import.meta.dirname, 'oracle.c')], { stdio: 'inherit' });
  const bundle = await rolldown({ input: join(import.meta.dirname, 'replay.ts'), platform: 'node' });
  const file = join(folder, 'replay.mjs');
  await bundle.write({ file, format: 'esm' });
  const replays = await import(pathToFileURL(file).href);
  let wrong = 0;
  for (const set of options.set ? [options.set] : Object.keys(REPLAYS)) {
    wrong += await run(oracle, set, replays[REPLAYS[set]]);
  }
  if (replays.transcendentalStatistics) replays.transcendentalStatistics();
  process.exitCode = wrong ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}

async function run(oracle, set, replay) {
  const cases = set === 'transcendental' ? Math.ceil(Number(options.cases) / 10) : Number(options.cases);
  const child = spawn(oracle, [set, options.seed, String(cases), ...(options.op ? [options.op] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const started = Date.now();
  const mismatches = new Map();
  let count = 0;
  let wrong = 0;
  let rest = '';
  child.stdout.setEncoding('latin1');
  for await (const chunk of child.stdout) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      count++;
      const mismatch = replay(line);
      if (!mismatch) continue;
      wrong++;
      const op = line.slice(0, line.indexOf(' '));
      const list = mismatches.get(op) ?? [];
      mismatches.set(op, list);
      list.push(mismatch);
    }
  }
  for (const [op, list] of mismatches) {
    process.stdout.write(`${op}: ${list.length} differ\n`);
    for (const text of list.slice(0, Number(options.show))) process.stdout.write(`${text}\n`);
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${set}: seed ${options.seed}, ${count} cases, ${wrong} mismatches, ${seconds} s\n`);
  return wrong;
}
