import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { violations } from '../debug/schema.ts';
import { GUESTS, KERNEL, LOADER, longmode, recordingIo } from './recording-io.ts';

const schema = JSON.parse(readFileSync(new URL('../../docs/report.schema.json', import.meta.url), 'utf8'));
const BENCH = 'guests/bin/bench/bench.elf';
const BOOT = ['run', LOADER, '--module', KERNEL];

describe('a run to its end', () => {
  test('standard output has the serial output and nothing else; the status is the guest’s', async () => {
    const io = recordingIo();
    expect(await longmode(io, ...BOOT)).toBe(33);
    expect(io.out()).toMatch(/^loader: entered in protected mode[\s\S]*\nPASS\n?$/);
    expect(io.err()).toBe('');
  });

  test('--summary tells the boot on standard error', async () => {
    const io = recordingIo();
    expect(await longmode(io, ...BOOT, '--summary', '--serial', 'none')).toBe(33);
    expect(io.out()).toBe('');
    expect(io.err()).toMatch(/-> compatibility32 .*mov cr0, eax[\s\S]*-> 64-bit .*jmp/i);
    expect(io.err()).toMatch(/0xffff880000000000-0xffff88003fffffff +1 GiB +2 MiB pages/);
    expect(io.err()).toMatch(/Exit {2}debug-exit, status 33/);
  });

  test('--report: fits the schema, and is the same for the same run', async () => {
    const io = recordingIo();
    await longmode(io, ...BOOT, '--serial', 'none', '--report', 'a.json');
    await longmode(io, ...BOOT, '--serial', 'none', '--report', 'b.json');
    const report = io.written.get('a.json')!;
    expect(violations(schema, JSON.parse(report))).toEqual([]);
    expect(io.written.get('b.json')).toBe(report);
    await longmode(io, ...BOOT, '--serial', 'none', '--report', '-');
    expect(io.out()).toBe(report);
  });

  test('--serial file: and the command line of a module', async () => {
    const io = recordingIo();
    expect(
      await longmode(io, 'run', LOADER, '--module', `${KERNEL} hello there`, '--serial', 'file:log'),
    ).toBe(33);
    expect(io.out()).toBe('');
    expect(io.written.get('log')).toContain('"hello there"');
  });
});

describe('other endings', () => {
  test('a limit: status 124 and one line', async () => {
    const io = recordingIo();
    expect(await longmode(io, ...BOOT, '--serial', 'none', '--max-instructions', '1000')).toBe(124);
    expect(io.err()).toBe('longmode: stopped after 1000 instructions\n');
  });

  test.each([
    ['50000000', 0],
    ['50000001', 1],
    ['52000000', 1],
  ])('a limit of %s instructions, however often others give way to the guest: %i', async (limit, times) => {
    const yielded = vi.fn();
    const io = recordingIo({}, { yieldToGuest: yielded });
    const guest = ['run', BENCH, '--append', 'bench=mix n=1000000', '--serial', 'none'];
    expect(await longmode(io, ...guest, '--max-instructions', limit)).toBe(124);
    expect(io.err()).toBe(`longmode: stopped after ${limit} instructions\n`);
    expect(yielded).toHaveBeenCalledTimes(times);
  });

  test('limits of guest time are the same on both sides of that point', async () => {
    const io = recordingIo();
    const guest = ['run', BENCH, '--append', 'bench=mix n=1000000', '--serial', 'none'];
    expect(await longmode(io, ...guest, '--timeout', '0.52')).toBe(124);
    expect(io.err()).toMatch(/^longmode: stopped after 0\.52\d* s of guest time\n$/);
  });

  test('a triple fault: status 4, and the chain with address, symbol and level', async () => {
    const io = recordingIo();
    const broken = [
      'run',
      LOADER,
      '--module',
      `${GUESTS}/kernel-80390000.elf`,
      '--append',
      'layout=broken',
      '--serial',
      'none',
    ];
    expect(await longmode(io, ...broken, '--report', 'r.json')).toBe(4);
    expect(io.err()).toContain('CR2 0xffffffff80390000  _start (');
    expect(io.err()).toContain(
      '0xffffffff80390000 is not mapped: stopped at the PDE (level 2), entry 1 of the table at',
    );
    expect(io.err()).toMatch(
      /likely cause: 0xffffffff80390000 \(_start\) is where .*kernel-80390000.elf is linked, but nothing is mapped there/,
    );
    const report = JSON.parse(io.written.get('r.json')!);
    expect(violations(schema, report)).toEqual([]);
    expect(report.exit).toMatchObject({ reason: 'triple-fault', status: 4 });
  });

  test('an output that fails ends the run with one line, status 2', async () => {
    const closed = { write: () => { throw Object.assign(new Error('x'), { code: 'EPIPE' }); }, close: () => undefined }; // biome-ignore format: one line.
    const io = recordingIo({}, { stdout: closed });
    expect(await longmode(io, ...BOOT)).toBe(2);
    expect(io.err()).toBe('longmode: standard output: was closed by its reader\n');
  });
});

test('--trace writes one line an instruction and ends at the same limit', async () => {
  const io = recordingIo();
  expect(await longmode(io, ...BOOT, '--serial', 'none', '--trace', 't', '--max-instructions', '50')).toBe(
    124,
  );
  const lines = io.written.get('t')!.trimEnd().split('\n');
  expect(lines).toHaveLength(50);
  expect(lines[0]).toMatch(/^ {12}0 {2}0x0000000000100\w{3} {2}\w+/);
  expect(io.err()).toBe('longmode: stopped after 50 instructions\n');
});
