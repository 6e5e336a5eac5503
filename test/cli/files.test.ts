/** What users get wrong: one line that names the file, the field, the value and what was expected; status 2. */
import { describe, expect, test } from 'vitest';
import { buildBzImage } from '../support/image-builder.ts';
import { longmode, recordingIo } from './recording-io.ts';

const CD_SECTOR = 2048;

/** A disc of so many sectors whose primary volume descriptor speaks of `volume`. */
function disc(sectors: number, volume: number, identifier = 'CD001'): Uint8Array {
  const bytes = new Uint8Array(sectors * CD_SECTOR);
  bytes[16 * CD_SECTOR] = 1;
  for (const [i, char] of [...identifier].entries()) bytes[16 * CD_SECTOR + 1 + i] = char.charCodeAt(0);
  const view = new DataView(bytes.buffer, 16 * CD_SECTOR);
  view.setUint32(80, volume, true);
  view.setUint16(128, CD_SECTOR, true);
  return bytes;
}

/** A firmware that ends the run at once, with status 1. */
function bios(bytes = 65536): Uint8Array {
  const image = new Uint8Array(bytes);
  image.set([0xb0, 0x00, 0xe6, 0xf4], bytes - 16);
  return image;
}

const cutShort = () => buildBzImage().subarray(0, 0x600);
const FIRMWARE = ['--bios', 'good.bin'];

// biome-ignore format: a table.
const CASES: readonly (readonly [what: string, file: Uint8Array | string, args: readonly string[], line: string])[] = [
  ['an ISO that is no whole number of sectors', disc(20, 20).subarray(1), [...FIRMWARE, '--cdrom', 'bad'],
   'bad: size is 40959 bytes, expected whole sectors of 2048 bytes, as a CD-ROM image has'],
  ['an ISO that was cut short', disc(20, 21), [...FIRMWARE, '--cdrom', 'bad'],
   'bad: size is 40960 bytes, expected at least the 43008 of its volume (the file is cut short)'],
  ['an ISO cut short in front of its descriptors', disc(20, 20).subarray(0, 15 * CD_SECTOR), [...FIRMWARE, '--cdrom', 'bad'],
   'bad: volume descriptor at 0x8000 is missing, expected CD001 (ISO 9660) or BEA01 (UDF)'],
  ['something else for an ISO', disc(20, 20, 'CD0O1'), [...FIRMWARE, '--cdrom', 'bad'],
   'bad: volume descriptor at 0x8000 is "CD0O1", expected CD001 (ISO 9660) or BEA01 (UDF)'],
  ['an empty ISO', new Uint8Array(0), [...FIRMWARE, '--cdrom', 'bad'],
   'bad: file is empty (0 bytes), expected a CD-ROM image'],
  ['a bzImage that was cut short', cutShort(), ['bad'],
   'bad: file size is 0x600, expected setup 0xa00 and kernel 0x1000 bytes (the file is cut short)'],
  ['a bzImage of a header alone', cutShort().subarray(0, 0x230), ['bad'],
   'bad: file size is 560 bytes, expected a whole setup header (the file is cut short)'],
  ['an initrd larger than memory', new Uint8Array(3 << 20), ['good', '--memory', '4M', '--initrd', 'bad'],
   'bad: initrd size is 0x300000, expected at most 0x1ff000, the largest free range from 1 MiB to 0x7fffffff (--memory gives more)'],
  ['a BIOS that may not be read', 'EACCES', ['--bios', 'bad'],
   'bad: file cannot be opened (permission denied), expected a firmware image'],
  ['a BIOS that is not there', 'ENOENT', ['--bios', 'bad'], 'bad: file does not exist, expected a firmware image'],
  ['a folder for a BIOS', 'EISDIR', ['--bios', 'bad'], 'bad: file is a directory, expected a firmware image'],
  ['a BIOS of odd size', bios(65535), ['--bios', 'bad'],
   'bad: size is 65535 bytes, expected a multiple of 4 KiB from 64 KiB to 16 MiB, as firmware images have'],
  ['a diskette larger than any', new Uint8Array(2880 * 1024 + 1), [...FIRMWARE, '--floppy', 'bad'],
   'bad: size is 2949121 bytes, expected 1 to 2949120 (2880 KiB), as diskettes have'],
  ['something else for the ROM of the display', new Uint8Array(512), [...FIRMWARE, '--vga-rom', 'bad'],
   'bad: signature is 0x0, expected 0xaa55, as expansion ROMs have'],
  ['a ROM that was cut short', Uint8Array.of(0x55, 0xaa, 2), [...FIRMWARE, '--vga-rom', 'bad'],
   'bad: size is 3 bytes, expected the 1024 of its header (the file is cut short)'],
  ['a kernel that firmware is not handed', new Uint8Array(2), [...FIRMWARE, 'bad'],
   'bad: file type is neither, expected a Linux image (HdrS at 0x202) or an EFI application (MZ): firmware is handed no others'],
  ['an initrd for firmware alone', new Uint8Array(1), [...FIRMWARE, '--initrd', 'bad'],
   '--initrd: given with --bios and without KERNEL, expected the kernel that it is for'],
  ['a module for firmware', new Uint8Array(1), [...FIRMWARE, 'good', '--module', 'bad'],
   '--module: given with --bios, expected a KERNEL that is started without firmware'],
  ['an empty BIOS', new Uint8Array(0), ['--bios', 'bad'], 'bad: file is empty (0 bytes), expected a firmware image'],
];

describe('bad input is told in one line, with status 2', () => {
  test.each(CASES)('%s', async (_what, file, args, line) => {
    const io = recordingIo({ bad: file, good: buildBzImage({ initBytes: 0x1000 }), 'good.bin': bios() });
    expect(await longmode(io, 'run', ...args, '--max-instructions', '10')).toBe(2);
    expect([io.err(), io.out()]).toEqual([`longmode: ${line}\n`, '']);
  });

  test.each([
    ['whole', disc(20, 20)],
    ['padded', disc(40, 20)],
    ['of UDF', disc(20, 0, 'BEA01')],
  ])('a disc %s is taken', async (_what, file) => {
    const io = recordingIo({ 'disc.iso': file, 'good.bin': bios() });
    expect(await longmode(io, 'run', ...FIRMWARE, '--cdrom', 'disc.iso', '--max-instructions', '10')).toBe(1);
  });
});

test('a kernel that the firmware has not asked for is named at the end', async () => {
  const io = recordingIo({ bzImage: buildBzImage({ initBytes: 0x1000 }), 'good.bin': bios() });
  expect(await longmode(io, 'run', ...FIRMWARE, 'bzImage', '--max-instructions', '100')).not.toBe(0);
  expect(io.err()).toContain(
    'longmode: bzImage: not read by the firmware, expected one that takes a kernel from fw_cfg',
  );
});
