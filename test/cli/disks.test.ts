import { describe, expect, test } from 'vitest';
import { longmode, recordingIo } from './recording-io.ts';

const SECTOR = 512;
const LBA = 3;

/** A firmware that writes 256 words of 5A5Ah to sector 3 of the first IDE disk by PIO, then ends the run with status 3. */
function writingBios(): Uint8Array {
  const bytes = new Uint8Array(65536);
  const out = (port: number, value: number) => [0xba, port & 0xff, port >> 8, 0xb0, value, 0xee];
  const untilDataRequest = [0xec, 0xa8, 0x08, 0x74, 0xfb]; // in al, dx; test al, 8; jz
  const untilIdle = [0xba, 0xf7, 0x01, 0xec, 0xa8, 0x80, 0x75, 0xfb]; // in al, dx; test al, 80h; jnz
  const code = [
    ...[
      out(0x1f6, 0xe0),
      out(0x1f2, 1),
      out(0x1f3, LBA),
      out(0x1f4, 0),
      out(0x1f5, 0),
      out(0x1f7, 0x30),
    ].flat(),
    ...untilDataRequest,
    ...[0xba, 0xf0, 0x01, 0xb9, 0x00, 0x01, 0xb8, 0x5a, 0x5a, 0xef, 0xe2, 0xfd], // out dx, ax; loop
    ...untilIdle,
    ...[0xb0, 0x01, 0xe6, 0xf4],
  ];
  bytes.set(code, 0xff00);
  bytes.set([0xe9, 0x0d, 0xff], 0xfff0); // jmp ff00h
  return bytes;
}

const files = (disk: Uint8Array) => ({
  'bios.bin': writingBios(),
  'disk.img': disk,
  '/readonly/disk.img': disk,
});
const run = (io: ReturnType<typeof recordingIo>, ...more: string[]) =>
  longmode(io, 'run', '--bios', 'bios.bin', '--max-instructions', '100000', ...more);

describe('--disk', () => {
  test('keeps the image as it is', async () => {
    const disk = new Uint8Array(8 * SECTOR);
    expect(await run(recordingIo(files(disk)), '--disk', 'disk.img')).toBe(3);
    expect(disk.some((byte) => byte !== 0)).toBe(false);
  });

  test.each(['--disk', '--virtio-disk'])(
    '%s takes an image that does not end with a sector',
    async (option) => {
      const io = recordingIo({ 'bios.bin': writingBios(), 'disk.img': new Uint8Array(8 * SECTOR + 1) });
      expect(await run(io, option, 'disk.img')).toBe(3);
    },
  );

  test('with --commit writes to it', async () => {
    const disk = new Uint8Array(8 * SECTOR);
    expect(await run(recordingIo(files(disk)), '--disk', 'disk.img', '--commit')).toBe(3);
    const written = [...disk].flatMap((byte, at) => (byte === 0 ? [] : [at]));
    expect([written[0], written.at(-1), written.length]).toEqual([
      LBA * SECTOR,
      (LBA + 1) * SECTOR - 1,
      SECTOR,
    ]);
  });

  test.each([
    ['an image of odd size', ['--disk', 'disk.img', '--commit'], 1000,
     'disk.img: size is 1000 bytes, expected whole sectors of 512 bytes, as a disk image that is written to has'],
    ['a virtio image of odd size', ['--virtio-disk', 'disk.img', '--commit'], 513,
     'disk.img: size is 513 bytes, expected whole sectors of 512 bytes, as a disk image that is written to has'],
    ['an empty image', ['--disk', 'disk.img'], 0, 'disk.img: file is empty (0 bytes), expected a disk image'],
    ['an image that cannot be written', ['--disk', '/readonly/disk.img', '--commit'], SECTOR,
     '/readonly/disk.img: file cannot be opened (permission denied), expected a disk image that --commit can write'],
    ['--commit with --lockstep', ['--disk', 'disk.img', '--commit', '--lockstep'], SECTOR,
     '--lockstep: given with --commit, expected one of the two'],
    ['virtio without PCI', ['--virtio-rng', '--machine', 'isa'], SECTOR,
     'machine: virtio is given with the board isa, expected the board pc: they are PCI devices'],
    ['a bad seed', ['--virtio-rng=x'], SECTOR, '--virtio-rng is x, expected a seed from 0 to 4294967295'],
    ['a bad console', ['--virtio-console', 'tcp'], SECTOR, '--virtio-console is tcp, expected stdio, none or file:PATH'],
  ])('%s is told in one line', async (_name, options, bytes, line) => {
    const io = recordingIo(files(new Uint8Array(bytes)));
    expect(await run(io, ...options)).toBe(2);
    expect(io.err()).toBe(`longmode: ${line}\n`);
  }); // biome-ignore format: a table.

  test('a write that the host refuses ends the run', async () => {
    const full = () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    };
    const io = recordingIo(files(new Uint8Array(8 * SECTOR)), {
      openDisk: () => ({ write: full, close() {} }),
    });
    expect(await run(io, '--disk', 'disk.img', '--commit')).toBe(2);
    expect(io.err()).toBe(
      'longmode: disk.img: cannot be written (no space left), expected a disk image that --commit can write\n',
    );
  });
});
