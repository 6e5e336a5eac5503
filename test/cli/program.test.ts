import { describe, expect, test } from 'vitest';
import { BootError } from '../../src/index.ts';
import { KERNEL, LOADER, longmode, recordingIo } from './recording-io.ts';

/** Status, standard error, and standard output of a command line that boots nothing. */
async function refused(files: Record<string, Uint8Array | string>, ...argv: string[]): Promise<string> {
  const io = recordingIo(files);
  expect(await longmode(io, ...argv)).toBe(2);
  expect(io.out()).toBe('');
  expect(io.err().endsWith('\n')).toBe(true);
  expect(io.err().trimEnd()).not.toContain('\n');
  return io.err().trimEnd();
}

describe('usage: one line that names option, value and expectation, status 2', () => {
  const memory = 'expected a size such as 64M or 1G, from 1M to 3584M in steps of 4K';
  test.each([
    [[], 'longmode: COMMAND is missing, expected run, inspect, bench or tlb (longmode --help tells more)'],
    [['frob'], "longmode: unknown command 'frob', expected run, inspect, bench or tlb"],
    [['run'], 'longmode: KERNEL is missing, expected the path of a boot image'],
    [
      ['run', 'a', 'b'],
      'longmode: KERNEL is given 2 times (a, b), expected one; further images are modules: --module',
    ],
    [['run', '--bogus', 'a'], "longmode: unknown option '--bogus'"],
    [['run', '--memmory', '4M', 'a'], "longmode: unknown option '--memmory' (Did you mean --memory?)"],
    [['run', LOADER, '--timeout'], "longmode: option '--timeout <SECONDS>' argument missing"],
    [['run', LOADER, '--memory', '0'], `longmode: --memory is 0 bytes, ${memory}`],
    [['run', LOADER, '--memory', '1'], `longmode: --memory is 1 bytes, ${memory}`],
    [['run', LOADER, '--memory', '5T'], `longmode: --memory is 5T (5497558138880 bytes), ${memory}`],
    [['run', LOADER, '--memory', 'abc'], `longmode: --memory is abc, ${memory}`],
    [['run', LOADER, '--memory', ''], `longmode: --memory is empty, ${memory}`],
    [['run', LOADER, '--serial', 'tty'], 'longmode: --serial is tty, expected stdio, none or file:PATH'],
    [
      ['run', LOADER, '--debugcon', 'file:'],
      'longmode: --debugcon is file:, expected stdio, none or file:PATH',
    ],
    [
      ['run', LOADER, '--max-instructions', '1e6'],
      'longmode: --max-instructions is 1e6, expected a whole number from 1 to 2^53 - 1',
    ],
    [
      ['run', LOADER, '--timeout', '-1'],
      'longmode: --timeout is -1, expected a number of seconds above 0, such as 10 or 0.5',
    ],
    [
      ['run', LOADER, '--protocol', 'linux'],
      'longmode: --protocol is linux, expected multiboot1, multiboot2, linux32, linux64 or pvh',
    ],
    [['run', LOADER, '--smp', '17'], 'longmode: --smp is 17, expected 1 to 16'],
    [
      ['run', LOADER, '--smp', '2', '--machine', 'isa'],
      'longmode: --smp is 2, expected 1 with --machine isa, which has no APIC',
    ],
    [['run', LOADER, '--hostile=x'], 'longmode: --hostile is x, expected a seed from 0 to 4294967295'],
    [
      ['run', LOADER, '--module-at', '1M'],
      'longmode: --module-at is 1M, expected a physical address such as 0x1000000',
    ],
    [
      ['run', LOADER, '--module-at', '0x1000'],
      'longmode: --module-at is given once, expected at most one for each --module (0)',
    ],
    [['run', LOADER, '--module', ' '], 'longmode: --module is empty, expected "FILE [CMDLINE]"'],
    [
      ['run', LOADER, '--serial', 'file:/nowhere/x'],
      'longmode: --serial /nowhere/x: the directory of the file does not exist, expected a path that can be written',
    ],
    [
      ['run', LOADER, '--report', '/nowhere/x'],
      'longmode: --report /nowhere/x: the directory of the file does not exist, expected a path that can be written',
    ],
    [
      ['inspect', LOADER, '--explain', 'here'],
      'longmode: --explain is here, expected a linear address such as 0xffffffff80200000',
    ],
  ])('%j', async (argv, line) => {
    expect(await refused({}, ...argv)).toBe(line);
  });

  test('an unknown processor model is told as an option', async () => {
    expect(await refused({}, 'run', LOADER, '--cpu', 'z80')).toMatch(/^longmode: --cpu: .*z80.*max/);
  });

  test('an unknown symbol, with those that resemble it', async () => {
    expect(await refused({}, 'inspect', LOADER, '--until', 'enter_kernal')).toContain(
      '--until is enter_kernal, expected a symbol of',
    );
    expect(await refused({}, 'inspect', LOADER, '--until', 'kernel')).toContain('similar: call_kernel');
  });
});

describe('files: one line, status 2', () => {
  test.each([
    ['ENOENT', 'x: file does not exist, expected a boot image'],
    ['EISDIR', 'x: file is a directory, expected a boot image'],
    ['EACCES', 'x: file cannot be opened (permission denied), expected a boot image'],
    ['EDEVICE', 'x: file is a device, expected a boot image'],
    ['EMFILE', 'x: file cannot be used (EMFILE), expected a boot image'],
  ])('%s', async (code, line) => {
    expect(await refused({ x: code }, 'run', 'x')).toBe(`longmode: ${line}`);
  });

  test('an empty kernel and a missing module', async () => {
    expect(await refused({ x: new Uint8Array() }, 'run', 'x')).toBe(
      'longmode: x: file is empty (0 bytes), expected a boot image',
    );
    expect(await refused({ 'm n': 'ENOENT' }, 'run', LOADER, '--module', 'm n')).toBe(
      'longmode: m n: file does not exist, expected a module',
    );
    expect(await refused({}, 'run', LOADER, '--module', 'gone with arguments')).toContain(
      'gone: file does not exist',
    );
  });

  test('a file that is no boot image', async () => {
    expect(await refused({ x: new TextEncoder().encode('hello') }, 'run', 'x')).toMatch(
      /^longmode: x: multiboot header is missing, expected/,
    );
  });
});

describe('what is not there yet', () => {
  test.each(['bench', 'tlb'])('%s says so, status 6, whatever its arguments are', async (name) => {
    const io = recordingIo();
    expect(await longmode(io, name, '--size', '4K', 'x')).toBe(6);
    expect(io.err()).toMatch(new RegExp(`^longmode: ${name} is not implemented yet.*\n$`));
  });
});

describe('help', () => {
  test('goes to standard output, status 0', async () => {
    const io = recordingIo();
    expect(await longmode(io, '--help')).toBe(0);
    expect(io.out()).toContain('124 a limit was reached');
    expect(await longmode(io, 'run', '--help')).toBe(0);
    for (const option of [
      '--module',
      '--append',
      '--memory',
      '--cpu',
      '--serial',
      '--debugcon',
      '--max-instructions',
      '--timeout',
      '--wall-timeout',
      '--no-jit',
      '--report',
    ]) {
      expect(io.out()).toContain(option);
    }
    expect(io.err()).toBe('');
  });

  test('the version', async () => {
    const io = recordingIo();
    expect(await longmode(io, '--version')).toBe(0);
    expect(io.out()).toBe('1.2.3\n');
  });
});

describe('errors of the emulator itself', () => {
  const breaking = (error: unknown, debug = false) =>
    recordingIo({}, { debug, createMachine: () => { throw error; } }); // biome-ignore format: one line.

  test('one line, status 8; the stack only on request', async () => {
    const io = breaking(new TypeError('undefined is not\na function'));
    expect(await longmode(io, 'run', LOADER)).toBe(8);
    expect(io.err()).toBe('longmode: internal error: undefined is not a function\n');
    const loud = breaking(new TypeError('x'), true);
    expect(await longmode(loud, 'run', LOADER)).toBe(8);
    expect(loud.err()).toContain('program.test.ts');
    const strange = breaking('just text');
    expect(await longmode(strange, 'run', LOADER)).toBe(8);
  });

  test('a bad image is not one', async () => {
    const io = breaking(new BootError('a.elf', 'e_machine', '40', '3 or 62'));
    expect(await longmode(io, 'run', LOADER)).toBe(2);
    expect(io.err()).toBe('longmode: a.elf: e_machine is 40, expected 3 or 62\n');
  });
});

test('--hostile does not take the kernel for its seed', async () => {
  const seeds: unknown[] = [];
  const io = recordingIo({}, { createMachine: ({ hostile }) => { seeds.push(hostile); throw new BootError('x', 'y', 'z', 'w'); } }); // biome-ignore format: one line.
  for (const options of [
    ['--hostile'],
    ['--hostile', '7'],
    ['--hostile=0x10'],
    ['--module', `${KERNEL} a b`],
  ]) {
    await longmode(io, 'run', ...options, LOADER);
  }
  expect(seeds).toEqual([1, 7, 16, undefined]);
});

test('--cpu help lists models and features, and boots nothing', async () => {
  const io = recordingIo({});
  expect(await longmode(io, 'run', '--cpu', 'help')).toBe(0);
  expect(io.err()).toBe('');
  for (const word of ['max', 'skylake', 'zen2', 'zen5', 'x86-64-v3', 'avx2', 'sse4a', 'avx512f'])
    expect(io.out()).toMatch(new RegExp(`(^|\\s)${word}(\\s|$)`));
});
