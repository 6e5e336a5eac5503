import { describe, expect, it } from 'vitest';
import { findMultiboot2Header } from '../../src/boot/multiboot2.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import { concat, counting, headerTag, multiboot2Header, words } from '../support/image-builder.ts';

const find = (...tags: readonly Uint8Array[]) => findMultiboot2Header(multiboot2Header(tags), 'k');

describe('findMultiboot2Header', () => {
  it('finds the header at any multiple of 8 in the first 32768 bytes', () => {
    const header = multiboot2Header();
    expect(findMultiboot2Header(concat(counting(32744), header), 'k')).toMatchObject({ fileOffset: 32744 });
    expect(findMultiboot2Header(concat(counting(32768), header), 'k')).toBeUndefined();
    expect(findMultiboot2Header(concat(counting(12), header), 'k')).toBeUndefined();
    expect(findMultiboot2Header(new Uint8Array(0), 'k')).toBeUndefined();
  });

  it('passes over headers for other processors', () => {
    expect(findMultiboot2Header(concat(multiboot2Header([], 4), multiboot2Header()), 'k')).toMatchObject({
      fileOffset: 24,
    });
  });

  it('reads every tag of the specification', () => {
    const header = find(
      headerTag(1, [4, 6, 21]),
      headerTag(2, [0x100020, 0x100000, 0x101000, 0x102000]),
      headerTag(3, [0x100040]),
      headerTag(4, [3]),
      headerTag(5, [80, 25, 0], true),
      headerTag(6, []),
      headerTag(7, []),
      headerTag(8, [1]),
      headerTag(9, [1]),
      headerTag(10, [0x200000, 0xffffffff, 0x200000, 2]),
    );
    expect(header).toEqual({
      fileOffset: 0,
      addresses: {
        headerAddress: 0x100020,
        loadAddress: 0x100000,
        loadEndAddress: 0x101000,
        bssEndAddress: 0x102000,
      },
      entry: 0x100040,
      pageAlignModules: true,
      screen: 'text',
      relocatable: { lowest: 0x200000, highest: 0xffffffff, alignment: 0x200000, prefer: 'high' },
    });
  });

  it('has nothing to do for a header without tags', () => {
    expect(find()).toEqual({
      fileOffset: 0,
      addresses: undefined,
      entry: undefined,
      pageAlignModules: false,
      screen: undefined,
      relocatable: undefined,
    });
  });

  it('reads the wish for a frame buffer, which is console enough', () => {
    expect(find(headerTag(4, [1]), headerTag(5, [800, 600, 32]))?.screen).toEqual({
      width: 800,
      height: 600,
      depth: 32,
    });
    expect(find(headerTag(4, [2]), headerTag(5, [0, 0, 0]))?.screen).toEqual({
      width: 0,
      height: 0,
      depth: 0,
    });
  });

  it('loads from the start of the file when load_addr is -1', () => {
    const file = concat(
      counting(64),
      multiboot2Header([headerTag(2, [0x100040, -1, 0, 0]), headerTag(3, [0x100000])]),
    );
    expect(findMultiboot2Header(file, 'k')?.addresses?.loadAddress).toBe(0x100000);
  });

  it('ignores what is marked optional', () => {
    expect(find(headerTag(99, [1, 2, 3], true), headerTag(1, [77], true))).toBeDefined();
  });

  it.each<[string, Uint8Array, string]>([
    [
      'a bad checksum',
      multiboot2Header([], 0, 7),
      'multiboot 2 checksum at 0x0 is 0x00000007, expected 0x17adaf12 for architecture 0 and length 24',
    ],
    [
      'MIPS',
      multiboot2Header([], 4),
      'multiboot 2 architecture at 0x0 is 4 (MIPS), expected 0 (i386, protected mode)',
    ],
    [
      'a header that leaves the file',
      multiboot2Header([headerTag(6, [])]).subarray(0, 24),
      'multiboot 2 header_length is 32, expected 24 to 24, so that the header lies in the searched part of the file',
    ],
    [
      'a header without an end tag',
      concat(words(0xe85250d6, 0, 24, -(0xe85250d6 + 24)), headerTag(6, [])),
      'multiboot 2 header tags is not terminated, expected an end tag (type 0, size 8) before 0x18',
    ],
    [
      'a tag of no size',
      concat(words(0xe85250d6, 0, 24, -(0xe85250d6 + 24)), words(6, 0)),
      'multiboot 2 tag type 6 at 0x10 size is 0, expected 8 to 8, so that the tag ends inside the header',
    ],
    [
      'a tag that leaves the header',
      concat(words(0xe85250d6, 0, 24, -(0xe85250d6 + 24)), words(6, 16)),
      'multiboot 2 tag type 6 at 0x10 size is 16, expected 8 to 8, so that the tag ends inside the header',
    ],
    [
      'an unknown mandatory tag',
      multiboot2Header([headerTag(11, [])]),
      'multiboot 2 mandatory header tag is type 11, expected types 0 to 10 or the optional flag',
    ],
    [
      'an unknown mandatory request',
      multiboot2Header([headerTag(1, [6, 22])]),
      'multiboot 2 information request is type 22, expected types up to 21 or the optional flag',
    ],
    [
      'load addresses without an entry',
      multiboot2Header([headerTag(2, [0x100000, 0x100000, 0, 0])]),
      'multiboot 2 address tag is alone, expected an entry address tag (type 3) beside it',
    ],
    [
      'a short tag',
      multiboot2Header([headerTag(2, [0x100000])]),
      'multiboot 2 tag type 2 size is 12, expected at least 24',
    ],
    [
      'a required console that is not text',
      multiboot2Header([headerTag(4, [1])]),
      'multiboot 2 console_flags is 0x00000001, expected EGA text support (bit 1) or a framebuffer tag where a console is required (bit 0)',
    ],
    [
      'an odd alignment',
      multiboot2Header([headerTag(10, [0, 0xffffffff, 0x3000, 0])]),
      'multiboot 2 relocatable tag align is 0x3000, expected a power of two',
    ],
  ])('refuses %s', (_, file, message) => {
    expect(bootErrorOf(() => findMultiboot2Header(file, 'k'))).toBe(`k: ${message}`);
  });
});
