import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createMachine,
  createReport,
  GUESTS,
  type GuestCase,
  guestCases,
  guestOptions,
} from '../support/dist.ts';

/** The command as a user types it, on the built package. */
const CLI = resolve(import.meta.dirname, '../../dist/cli.js');
const LIMIT = '3000000';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'longmode-reports-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(guest: GuestCase, report: string, ...more: string[]) {
  const modules = guest.modules.flatMap(({ file, cmdline }) => [
    '--module',
    cmdline ? `${file} ${cmdline}` : file,
  ]);
  const limit = ['--max-instructions', LIMIT];
  const args = [
    'run',
    guest.kernel,
    ...modules,
    '--append',
    guest.append,
    ...limit,
    '--report',
    report,
    ...more,
  ];
  return spawnSync(process.execPath, [CLI, ...args], { cwd: GUESTS, encoding: 'utf8' });
}

/** What a run leaves behind, as text. */
function remains(guest: GuestCase): string {
  const machine = createMachine({ ...guestOptions(guest), jit: true });
  const result = machine.run({ maxInstructions: Number(LIMIT) });
  return `${machine.serial.text}\n${JSON.stringify(createReport(machine, result))}`;
}

test.each(guestCases())('$name: two runs give the same output and byte-identical reports', (guest) => {
  const first = remains(guest);
  expect(first.length).toBeGreaterThan(500);
  expect(remains(guest) === first).toBe(true);
});

const AS_COMMANDS = ['higher-half', 'higher-half-broken', 'higher-half-linux', 'modes', 'translate'];

describe.each(guestCases().filter((guest) => AS_COMMANDS.includes(guest.name)))('$name', (guest) => {
  test('and so do two runs of the command', () => {
    const [a, b] = ['a', 'b'].map((name) => {
      const report = join(folder, `${guest.name}-${name}.json`);
      const { status, stdout, stderr } = run(guest, report);
      return { status, stdout, stderr, report: readFileSync(report, 'utf8') };
    });
    expect(JSON.parse(a!.report).exit.status).toBe(a!.status);
    expect(b).toEqual(a);
  });
});

describe.each(guestCases().filter((guest) => guest.fault))('$name is explained', (guest) => {
  test('by address, symbol, level and image', () => {
    const { status, stderr, stdout } = run(guest, join(folder, 'fault.json'));
    const { linear, symbol, level, errorCode } = guest.fault as Record<string, string>;
    expect(status).toBe(4);
    expect(stdout).toContain(`loader: entering the kernel at ${linear}`);
    expect(stderr).toContain('#PF (14) page fault');
    expect(stderr).toMatch(new RegExp(`error code 0x0*${errorCode!.slice(2)}: instruction fetch`));
    expect(stderr).toMatch(new RegExp(`CR2 ${linear}  ${symbol} \\(.*kernel.*\\.elf\\)`));
    expect(stderr).toContain(`${linear} is not mapped: stopped at the ${level}E`);
    expect(stderr).toContain(`likely cause: ${linear} (${symbol}) is where`);
    const report = JSON.parse(readFileSync(join(folder, 'fault.json'), 'utf8'));
    expect(report.faults.map((f: { vector: number }) => f.vector)).toEqual([14, 13, 8, 13]);
  });
});
