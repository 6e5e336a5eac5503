import { describe, expect, it } from 'vitest';
import { hasLinuxHeader, linuxVersion, parseLinuxHeader } from '../../src/boot/linux-header.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import { type BzImageSpec, buildBzImage, concat, counting } from '../support/image-builder.ts';

const parse = (spec: BzImageSpec = {}) => parseLinuxHeader(buildBzImage(spec), 'bzImage');
const patched = (at: number, ...bytes: number[]): Uint8Array => {
  const file = buildBzImage();
  file.set(bytes, at);
  return file;
};

describe('hasLinuxHeader', () => {
  it('wants the boot signature and HdrS', () => {
    expect(hasLinuxHeader(buildBzImage())).toBe(true);
    expect(hasLinuxHeader(patched(0x202, 0))).toBe(false);
    expect(hasLinuxHeader(patched(0x1fe, 0))).toBe(false);
    expect(hasLinuxHeader(new Uint8Array(0x205))).toBe(false);
  });
});

describe('parseLinuxHeader', () => {
  it('reads every field of version 2.15', () => {
    const header = parse({ preferred: 0x2000000n, initBytes: 0x345678, commandLineMax: 100 });
    expect(header).toMatchObject({
      version: 0x20f,
      relocatable: true,
      alignment: 0x200000,
      preferred: 0x2000000,
      initBytes: 0x345678,
      initrdMax: 0x7fffffff,
      commandLineMax: 100,
      has64BitEntry: true,
    });
    expect(header.payload).toEqual(counting(0x1000));
    // From 0x1f1 to 0x202 plus the byte at 0x201.
    expect(header.bytes.length).toBe(0x202 + 0x6a - 0x1f1);
    expect(linuxVersion(header.version)).toBe('2.15');
  });

  it('does not look at the alignment of a kernel that cannot be moved', () => {
    expect(parse({ relocatable: 0, alignment: 0 })).toMatchObject({ relocatable: false, alignment: 0x1000 });
    expect(bootErrorOf(() => parse({ alignment: 0 }))).toMatch(/kernel_alignment is 0x0/);
  });

  it('takes the defaults of the text where a version has no such field', () => {
    expect(parse({ version: 0x200, initrdMax: 5, alignment: 7 })).toMatchObject({
      relocatable: false,
      preferred: 0x100000,
      initBytes: 0,
      initrdMax: 0x37ffffff,
      commandLineMax: 255,
      has64BitEntry: false,
    });
    expect(parse({ version: 0x20b })).toMatchObject({ has64BitEntry: false, preferred: 0x1000000 });
    expect(parse({ xloadFlags: 0 }).has64BitEntry).toBe(false);
  });

  it('counts four setup sectors for none', () => {
    expect(parse({ setupSectors: 0 }).payload).toEqual(counting(0x1000));
    expect(parse({ setupSectors: 30 }).payload).toEqual(counting(0x1000));
  });

  it('leaves out what lies behind the kernel, and forgives a last paragraph that is not whole', () => {
    const file = concat(buildBzImage(), counting(100));
    expect(parseLinuxHeader(file, 'k').payload).toEqual(counting(0x1000));
    expect(parse({ kernel: counting(0xff5) }).payload).toEqual(counting(0xff5));
  });

  it.each([
    [
      'no header',
      new Uint8Array(0x2000),
      'bzImage: Linux setup header is missing, expected 0xaa55 at 0x1fe and HdrS at 0x202 (boot protocol 2.00 or newer)',
    ],
    [
      'a file that ends in its header',
      buildBzImage().subarray(0, 0x230),
      'bzImage: file size is 560 bytes, expected a whole setup header (the file is cut short)',
    ],
    [
      'a cut kernel',
      buildBzImage().subarray(0, 0x1800),
      'bzImage: file size is 0x1800, expected setup 0xa00 and kernel 0x1000 bytes (the file is cut short)',
    ],
    [
      'setup sectors alone',
      buildBzImage({ version: 0x203 }).subarray(0, 0xa00),
      'bzImage: file size is 0xa00, expected setup 0xa00 and kernel 0x0 bytes (the file is cut short)',
    ],
    [
      'an old protocol',
      buildBzImage({ version: 0x105 }),
      'bzImage: boot protocol is 1.05, expected 2.00 or newer',
    ],
    [
      'a zImage',
      buildBzImage({ loadFlags: 0x80 }),
      'bzImage: loadflags is 0x80, expected LOADED_HIGH (bit 0) set: a bzImage, not a zImage',
    ],
    [
      'an odd alignment',
      buildBzImage({ alignment: 0x300000 }),
      'bzImage: kernel_alignment is 0x300000, expected a power of two',
    ],
    [
      'a high address',
      buildBzImage({ preferred: 1n << 32n }),
      'bzImage: pref_address is 0x100000000, expected an address below 4 GiB',
    ],
  ])('refuses %s in one line', (_, file, message) => {
    expect(bootErrorOf(() => parseLinuxHeader(file, 'bzImage'))).toBe(message);
  });
});
