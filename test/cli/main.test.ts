import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { COMPILERS_NICE } from '../../src/cli/engine.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'longmode-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The package in another place, with this in place of what V8 has compiled of the program. */
function installed(name: string, cache: Uint8Array | undefined): string {
  const place = join(folder, name);
  mkdirSync(join(place, 'dist'), { recursive: true });
  for (const file of ['package.json', 'dist/cli.js', 'dist/program.cjs'])
    cpSync(join(ROOT, file), join(place, file));
  symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'));
  if (cache) writeFileSync(join(place, 'dist/program.cache'), cache);
  return join(place, 'dist/cli.js');
}

function versionOf(cli: string): string {
  return spawnSync(process.execPath, [cli, '--version'], { encoding: 'utf8' }).stdout.trim();
}

test('the program runs with what V8 has compiled of it, without, and with what V8 refuses', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const cache = readFileSync(join(ROOT, 'dist/program.cache'));
  const other = Uint8Array.from(cache);
  other[4]! ^= 0xff; // A hash of V8's version.
  const places = [installed('with', cache), installed('without', undefined), installed('refused', other)];
  expect(places.map(versionOf)).toEqual([version, version, version]);
});

test('what scripts/precompute.mjs computes is in the bundles, and what computes it is not', () => {
  for (const file of ['program.cjs', 'chunk-src.js']) {
    const text = readFileSync(join(ROOT, 'dist', file), 'utf8');
    expect(text).not.toContain('opcode map: rows of');
    expect(text).toContain('const LEAF_OP = Uint16Array.from(JSON.parse(');
    expect(text).not.toContain('InterpreterCode');
    expect(text).toContain('const REGISTER_64 = Uint16Array.from(JSON.parse(');
  }
});

/** By thread: how nice it is (proc_pid_stat(5)). */
function nicenessOf(pid: number): Map<number, number> {
  const threads = readdirSync(`/proc/${pid}/task`).map(Number);
  const fields = (thread: number) =>
    readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  return new Map(threads.map((thread) => [thread, Number(fields(thread)[16])]));
}

test.runIf(process.platform === 'linux')('V8 compiles in threads that give way to the guest', async () => {
  const guest = ['guests/bin/bench/bench.elf', '--append', 'bench=mix n=1000000'];
  const child = spawn(process.execPath, ['dist/cli.js', 'run', ...guest], { cwd: ROOT });
  await once(child.stdout, 'data');
  const own = nicenessOf(child.pid!).get(child.pid!)!;
  const nicer = Math.min(own + COMPILERS_NICE, 19);
  const others = () => [...nicenessOf(child.pid!).values()].filter((nice) => nice === nicer).length;
  // After some fifty million instructions.
  await vi
    .waitUntil(() => others() >= 4, { timeout: 30_000, interval: 20 })
    .finally(() => child.kill('SIGKILL'));
});
