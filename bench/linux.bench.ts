/**
 * `npm run bench:linux -- [OPTIONS]`: from the start of the process to userspace of Debian's cloud kernel, under longmode
 * and under QEMU's TCG with one processor, in turns, so that a machine that is busy is busy for both.
 *
 *   --repeat K     repetitions, 3 by default
 *   --kernel NAME  bzImage (default) or vmlinux, of .cache/images
 *   --append TEXT  the kernel command line, `console=ttyS0` by default
 *   --busiest      processor time of the busiest thread instead of wall time
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { installDebian } from './peers/install.ts';
import { busiest, type Command, threadTimes } from './peers/process.ts';
import { median } from './peers/statistics.ts';

/** Lines of the guest's boot that both print. */
const MILESTONES = [
  ['kernel', 'Linux version'],
  ['processors', 'smp: Brought up'],
  ['init', 'Run /init as init process'],
  ['userspace', 'longmode-initrd: userspace is up'],
] as const;
const MEMORY = 128;
const TIMEOUT_SECONDS = 600;

const { values: options } = parseArgs({
  options: {
    repeat: { type: 'string', default: '3' },
    kernel: { type: 'string', default: 'bzImage' },
    append: { type: 'string', default: 'console=ttyS0' },
    busiest: { type: 'boolean', default: false },
  },
});

const root = process.cwd();
const image = (name: string) => resolve(root, '.cache/images', name);
for (const name of [options.kernel, 'initrd.cpio']) {
  if (existsSync(image(name))) continue;
  process.stderr.write(`bench:linux: ${image(name)} is missing: npm run bench:linux fetches it\n`);
  process.exit(2);
}

function longmode(): Command {
  const files = [image(options.kernel), '--initrd', image('initrd.cpio')];
  const settings = ['--memory', `${MEMORY}M`, '--append', options.append];
  return { program: process.execPath, args: [resolve(root, 'dist/cli.js'), 'run', ...files, ...settings] };
}

function qemu(): Command {
  const files = ['-kernel', image(options.kernel), '-initrd', image('initrd.cpio')];
  const machine = [
    '-accel',
    'tcg',
    '-cpu',
    'max',
    '-m',
    String(MEMORY),
    '-smp',
    '1',
    '-nodefaults',
    '-no-user-config',
  ];
  const console = ['-display', 'none', '-serial', 'stdio', '-no-reboot'];
  return {
    program: 'qemu-system-x86_64',
    args: [...machine, ...console, ...files, '-append', options.append],
  };
}

/** Seconds from the start to each milestone, of the wall or of the busiest thread. */
function run({ program, args }: Command): Promise<number[]> {
  return new Promise((done, fail) => {
    const started = performance.now();
    const child = spawn(program, [...args], { stdio: ['pipe', 'pipe', 'ignore'] });
    const limit = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_SECONDS * 1000);
    const times: number[] = [];
    let output = '';
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      output += text;
      while (times.length < MILESTONES.length && output.includes(MILESTONES[times.length]![1])) {
        const wall = (performance.now() - started) / 1e3;
        times.push(options.busiest ? (busiest(new Map(), threadTimes(child.pid!)) ?? 0) / 1e9 : wall);
      }
      if (times.length === MILESTONES.length) child.kill('SIGKILL');
    });
    child.on('error', fail);
    child.on('close', () => {
      clearTimeout(limit);
      if (times.length === MILESTONES.length) done(times);
      else fail(new Error(`${program} ended before userspace; its output ends in\n${output.slice(-500)}`));
    });
  });
}

installDebian('qemu');
const repeat = Number(options.repeat);
const runs: Record<'longmode' | 'qemu', number[][]> = { longmode: [], qemu: [] };
for (let i = 0; i < repeat; i++) {
  runs.longmode.push(await run(longmode()));
  runs.qemu.push(await run(qemu()));
  const [ours, theirs] = [runs.longmode.at(-1)!.at(-1)!, runs.qemu.at(-1)!.at(-1)!];
  process.stderr.write(
    `  ${i + 1}: longmode ${ours.toFixed(2)} s, qemu ${theirs.toFixed(2)} s, ratio ${(ours / theirs).toFixed(2)}\n`,
  );
}

const clock = options.busiest ? 'processor time of the busiest thread' : 'wall time';
console.log(
  `${cpus().length} x ${cpus()[0]?.model ?? 'an unknown processor'}; ${clock}, medians of ${repeat}, s`,
);
console.log(
  `${'to'.padEnd(12)}${'longmode'.padStart(10)}${'qemu'.padStart(10)}${'longmode / qemu'.padStart(18)}`,
);
for (const [i, [name]] of MILESTONES.entries()) {
  const [ours, theirs] = [runs.longmode, runs.qemu].map((list) => list.map((times) => times[i]!));
  const ratio = median(ours!.map((time, round) => time / theirs![round]!));
  console.log(
    name.padEnd(12) +
      median(ours!).toFixed(2).padStart(10) +
      median(theirs!).toFixed(2).padStart(10) +
      ratio.toFixed(2).padStart(18),
  );
}
