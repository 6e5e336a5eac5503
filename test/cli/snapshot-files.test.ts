import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { KERNEL, LOADER, longmode, recordingIo } from './recording-io.ts';

const BOOT = ['run', LOADER, '--module', `${KERNEL} a=b`];
let saved: Uint8Array;
let firstPart: string;

beforeAll(async () => {
  const io = recordingIo();
  expect(await longmode(io, ...BOOT, '--until', 'kernel_main', '--save', 'k.snap')).toBe(0);
  saved = io.bytesOf('k.snap');
  firstPart = io.out();
});

/** Loads a file with these contents; answers the status and what standard error said. */
async function load(bytes: Uint8Array | string, ...options: string[]): Promise<[number, string]> {
  const io = recordingIo({ 'k.snap': bytes });
  const status = await longmode(io, 'run', '--load', 'k.snap', '--serial', 'none', ...options);
  return [status, io.err()];
}

describe('--save and --load', () => {
  test.each([[[]], [['--no-jit']], [['--lockstep']]])(
    'the rest of a run is the same, with %s',
    async (more) => {
      const whole = recordingIo();
      await longmode(whole, ...BOOT, '--report', 'r.json');
      const io = recordingIo({ 'k.snap': saved });
      expect(await longmode(io, 'run', '--load', 'k.snap', '--report', 'r.json', ...more)).toBe(33);
      expect(firstPart + io.out()).toBe(whole.out());
      expect(io.written.get('r.json')).toBe(whole.written.get('r.json'));
    },
  );

  test('a limit counts from there, and the run can be saved again', async () => {
    const io = recordingIo({ 'k.snap': saved });
    const more = ['--serial', 'none', '--max-instructions', '1000', '--save', 'l.snap'];
    expect(await longmode(io, 'run', '--load', 'k.snap', ...more)).toBe(124);
    const [, told] = /stopped after (\d+) instructions/.exec(io.err())!;
    const [status, err] = await load(io.bytesOf('l.snap'), '--max-instructions', '10');
    expect([status, err]).toEqual([124, `longmode: stopped after ${Number(told) + 10} instructions\n`]);
  });

  test('a run that has ended is there to be looked at', async () => {
    const io = recordingIo();
    expect(await longmode(io, ...BOOT, '--serial', 'none', '--save', 'end.snap')).toBe(33);
    const after = recordingIo({ 'end.snap': io.bytesOf('end.snap') });
    expect(await longmode(after, 'inspect', '--load', 'end.snap', '--explain', '0xffffffff80200000')).toBe(
      33,
    );
    expect(after.err()).toContain('Walk of 0xffffffff80200000');
    expect(after.err()).toMatch(/^At .*\(.*kernel\.elf\), 64-bit mode/m);
  });

  test('the compressed bytes are those of the API', async () => {
    expect(gunzipSync(saved).subarray(0, 13).toString()).toBe('longmode snap');
    expect(await load(gunzipSync(saved), '--max-instructions', '1')).toEqual(
      await load(saved, '--max-instructions', '1'),
    );
  });
});

describe('--until on a text that the guest prints', () => {
  test('stops behind it; only what is new counts', async () => {
    const io = recordingIo({ 'k.snap': saved });
    const point = ['--until', 'serial:kernel: entered'];
    expect(await longmode(io, 'run', '--load', 'k.snap', ...point, '--save', 'l.snap')).toBe(0);
    expect(io.out()).toContain('kernel: entered');
    const again = recordingIo({ 'l.snap': io.bytesOf('l.snap') });
    expect(await longmode(again, 'run', '--load', 'l.snap', ...point)).toBe(33);
    expect(again.err()).toContain(
      'longmode: --until serial:kernel: entered: the run ended before that point\n',
    );
  });

  test('or at a limit before', async () => {
    const limits = ['--until', 'serial:never', '--max-instructions', '250000'];
    expect(await load(saved, ...limits)).toEqual([
      124,
      expect.stringMatching(
        /^longmode: stopped after \d+ instructions\nlongmode: --until serial:never: the run ended/,
      ),
    ]);
  });

  test('not together with a loop of another kind', async () => {
    expect(await load(saved, '--until', '64-bit', '--trace', 't')).toEqual([
      2,
      'longmode: --until: given with --trace, expected one of the two\n',
    ]);
  });
});

describe('bad snapshots are told in one line, status 2', () => {
  const flipped = (at: number) => {
    const bytes = new Uint8Array(gunzipSync(saved));
    bytes[at]! ^= 0x10;
    return bytes;
  };

  test.each([
    [
      'no file',
      'ENOENT',
      'k.snap: file does not exist, expected a snapshot that longmode run --save has written',
    ],
    ['nothing', new Uint8Array(), 'k.snap: file is empty (0 bytes), expected a snapshot that'],
    [
      'something else',
      new TextEncoder().encode('MZ and more'),
      'k.snap: magic is "MZ and m", expected a snapshot',
    ],
  ])('%s', async (_, bytes, message) => {
    const [status, err] = await load(bytes);
    expect(err).toMatch(/^longmode: [^\n]*\n$/);
    expect(err).toContain(message);
    expect(status).toBe(2);
  });

  test.each([
    [
      'cut short',
      () => saved.subarray(0, saved.length - 9),
      'compressed data is damaged (unexpected end of file)',
    ],
    [
      'cut short before it was compressed',
      () => gzipSync(gunzipSync(saved).subarray(0, 99_999)),
      'size is 99999 bytes, expected',
    ],
    ['another version', () => flipped(16), 'format is 19, expected 3: it was saved by another version'],
    ['a bit flipped in RAM', () => flipped(200_000), 'check sum is 0x'],
    ['a bit flipped in the header', () => flipped(5000), 'the file is damaged'],
    [
      'a bit flipped where it is compressed',
      () => saved.map((b, i) => (i === 30_000 ? b ^ 1 : b)),
      'k.snap: ',
    ],
  ])('%s', async (_, bytes, message) => {
    const [status, err] = await load(bytes());
    expect(err).toMatch(/^longmode: k\.snap: [^\n]*\n$/);
    expect(err).toContain(message);
    expect(status).toBe(2);
  });
});

describe('options that contradict the snapshot', () => {
  test.each([
    [[LOADER], `--load: given with KERNEL ${LOADER}, expected one of the two`],
    [
      ['--append', 'x', '--module-at', '0'],
      '--load: given with --module-at and --append, expected one of the two',
    ],
    [['--bios', LOADER], '--load: given with --bios, expected'],
    [['--memory', '64M'], '--memory is 64M, expected 134217728 bytes, as in k.snap, or nothing'],
    [['--memory', '64Q'], '--memory is 64Q, expected a size'],
    [['--cpu', 'zen2'], '--cpu is zen2, expected max, as in k.snap'],
    [['--cpu', 'six86'], "--cpu: unknown processor model 'six86'"],
    [['--smp', '2'], '--smp is 2, expected 1, as in k.snap'],
    [['--machine', 'isa'], '--machine is isa, expected pc, as in k.snap'],
    [['--no-reboot'], '--no-reboot: given with --load, expected nothing: k.snap was saved without it'],
    [['--disk', LOADER], `k.snap: disk is ${LOADER}, expected none: the machine of the snapshot has none`],
    [['--save', '/nowhere/x'], '--save /nowhere/x: the directory of the file does not exist'],
  ])('%o', async (options, message) => {
    const [status, err] = await load(saved, ...options);
    expect(err).toMatch(/^longmode: [^\n]*\n$/);
    expect(err).toContain(message);
    expect(status).toBe(2);
  });

  test('the same values again are fine', async () => {
    const same = ['--memory', '128M', '--smp', '1', '--machine', 'pc', '--cpu', 'MAX'];
    expect(await load(saved, ...same, '--max-instructions', '1')).toEqual([124, expect.any(String)]);
  });
});

test('a medium that the machine had is given again', async () => {
  const image = new Uint8Array(2048 * 18).fill(1);
  image.set(Buffer.from('\xffCD001', 'latin1'), 0x8000); // Volume descriptors, of which the first is the last.
  const files = { 'a.iso': image, 'b.iso': image.slice(0, 2048 * 17), 'c.iso': image.slice() };
  const io = recordingIo(files);
  await longmode(io, ...BOOT, '--cdrom', 'a.iso', '--max-instructions', '100', '--save', 'k.snap');
  const again = async (...options: string[]) => {
    const other = recordingIo({ ...files, 'k.snap': io.bytesOf('k.snap') });
    const status = await longmode(other, 'run', '--load', 'k.snap', ...options, '--max-instructions', '1');
    return `${status} ${other.err()}`;
  };
  expect(await again()).toMatch(
    /^2 longmode: k\.snap: cdrom is missing, expected a\.iso \(36864 bytes, check sum/,
  );
  expect(await again('--cdrom', 'b.iso')).toMatch(
    /^2 longmode: k\.snap: cdrom is b\.iso .*, expected a\.iso /,
  );
  expect(await again('--cdrom', 'c.iso')).toMatch(/^124 /);
});
