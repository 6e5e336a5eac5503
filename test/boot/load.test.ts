import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BootError } from '../../src/boot/boot-error.ts';
import { applyPlan, type BootOptions, type BootPlan, type BootProtocol } from '../../src/boot/boot-plan.ts';
import { planBoot } from '../../src/boot/load.ts';
import { createMemoryMap } from '../../src/boot/memory-map.ts';
import { AddressSpace } from '../../src/bus/address-space.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import {
  buildElf,
  concat,
  counting,
  headerTag,
  kernelWith,
  multiboot1Header,
  multiboot2Header,
  type SectionSpec,
  symbolSections,
} from '../support/image-builder.ts';
import { MemoryReader, readMultiboot1, readMultiboot2 } from '../support/multiboot-reader.ts';

const MIB = 1 << 20;
const RAM = 16 * MIB;
const HIGH = 0xffffffff80200000n;

const kernel1 = kernelWith(multiboot1Header(3), { memoryBytes: 0x2000 });
const kernel2 = kernelWith(multiboot2Header([headerTag(6, [])]), { memoryBytes: 0x2000 });
const kernel64 = kernelWith(multiboot1Header(3), { class: 64, virtual: HIGH, physical: 0x200000n });
const module64 = buildElf({
  class: 64,
  segments: [{ virtual: HIGH, data: counting(32) }],
  sections: symbolSections(true, 1, [{ name: 'kmain', address: HIGH + 8n, size: 8 }]),
});

type Change = Partial<Omit<BootOptions, 'kernel'>>;
const plan = (bytes: Uint8Array, change: Change = {}): BootPlan =>
  planBoot({ kernel: { name: 'k.elf', bytes }, ramBytes: RAM, ...change });
const file = (name: string, bytes: Uint8Array, commandLine = '', at?: number) => ({
  name,
  bytes,
  commandLine,
  ...(at === undefined ? {} : { at }),
});

function createSpace(ramBytes: number): AddressSpace {
  const buffer = new ArrayBuffer(0x1000 + ramBytes);
  return new AddressSpace({ buffer, ramOffset: 0x1000, ramBytes, romOffset: 0, romBytes: 0 });
}

function memoryAfter(planned: BootPlan): MemoryReader {
  const space = createSpace(planned.ramBytes);
  space.u8.fill(0xee);
  applyPlan(planned, space);
  return new MemoryReader(space.u8.subarray(0x1000));
}

describe('planBoot', () => {
  it('boots a 32-bit kernel by multiboot 1 with a 64-bit module', () => {
    const module = file('kernel.elf', module64, 'one two');
    const planned = plan(kernel1, { modules: [module], commandLine: 'console=com1' });
    expect(planned).toMatchObject({
      protocol: 'multiboot1',
      entry: {
        mode: 'protected-32',
        eax: 0x2badb002,
        ebx: 0x10000,
        eip: 0x100010,
        cr0: 0x11,
        eflags: 2,
        a20: true,
      },
    });
    const memory = memoryAfter(planned);
    const segment = memory.bytes.subarray(0x100000, 0x102000);
    expect(segment.subarray(4, 16)).toEqual(multiboot1Header(3));
    expect(segment.subarray(16, 80)).toEqual(counting(64));
    expect(segment.subarray(80).every((b) => b === 0)).toBe(true);
    const read = readMultiboot1(memory, planned.entry.ebx);
    expect(read).toMatchObject({ commandLine: 'console=com1', lowerKib: 639, upperKib: 15 * 1024 });
    expect(read.modules).toEqual([{ start: 0x102000, end: 0x102000 + module64.length, text: 'one two' }]);
    expect(read.memoryMap).toEqual(createMemoryMap(RAM));
    expect(memory.bytes.subarray(0x102000, 0x102000 + module64.length)).toEqual(module64);
  });

  it('boots by multiboot 2', () => {
    const planned = plan(kernel2, { modules: [file('m', counting(5), 'x')], commandLine: 'a b' });
    expect(planned).toMatchObject({ protocol: 'multiboot2', entry: { eax: 0x36d76289 } });
    const read = readMultiboot2(memoryAfter(planned), planned.entry.ebx);
    expect(read).toMatchObject({ commandLine: 'a b', loadBase: 0x100000, framebuffer: undefined });
    expect(read.modules).toEqual([{ start: 0x102000, end: 0x102005, text: 'x' }]);
  });

  it('prefers multiboot 1 when an image has both headers, unless told otherwise', () => {
    const both = kernelWith(concat(multiboot2Header(), multiboot1Header()));
    expect(plan(both).protocol).toBe('multiboot1');
    expect(plan(both, { protocol: 'multiboot2' }).protocol).toBe('multiboot2');
  });

  it('loads an ELF64 kernel by p_paddr', () => {
    const planned = plan(kernel64);
    expect(planned.entry.eip).toBe(0x20000c);
    expect(planned.images[0]).toMatchObject({
      name: 'k.elf',
      role: 'kernel',
      loadedAt: 0x200000,
      relocation: 0,
    });
  });

  it('loads a flat image by its address fields', () => {
    const flat = concat(
      counting(32),
      multiboot1Header(0x10000, [0x100020, 0x100010, 0, 0x101000, 0x100044]),
      counting(64),
    );
    const planned = plan(flat);
    expect(planned.entry.eip).toBe(0x100044);
    const memory = memoryAfter(planned);
    expect(memory.bytes.subarray(0x100010, 0x100010 + flat.length - 16)).toEqual(flat.subarray(16));
    expect(memory.u8(0x100fff)).toBe(0);
    expect(memory.u8(0x101000)).toBe(0xee);
  });

  it('loads by the address tag of multiboot 2, and moves the image where it may lie', () => {
    const fields = [0x400000, 0x400000, 0, 0x401000];
    const tags = [
      headerTag(2, fields),
      headerTag(3, [0x400080]),
      headerTag(10, [0x800000, 0xc00000, 0x100000, 2]),
    ];
    const planned = plan(concat(multiboot2Header(tags), counting(64)));
    expect(planned.entry.eip).toBe(0xb00080);
    expect(planned.images[0]).toMatchObject({ loadedAt: 0xb00000, relocation: 0x700000 });
    expect(readMultiboot2(memoryAfter(planned), planned.entry.ebx).loadBase).toBe(0xb00000);
  });

  it('gives the images with their symbols, and says why a module has none', () => {
    const cut = module64.subarray(0, 100);
    const modules = [file('kernel.elf', module64), file('initrd', counting(9)), file('cut.elf', cut)];
    const { images } = plan(kernel1, { modules });
    expect(images.map((i) => [i.name, i.role, i.symbols.map((s) => s.name)])).toEqual([
      ['k.elf', 'kernel', []],
      ['kernel.elf', 'module', ['kmain']],
      ['initrd', 'module', []],
      ['cut.elf', 'module', []],
    ]);
    expect(images[1]!.symbols[0]!.address).toEqual([0x80200008 | 0, -1]);
    expect(images.slice(1, 3).map((i) => i.problem)).toEqual([undefined, undefined]);
    expect(images[3]!.problem).toMatch(/^cut\.elf: /);
  });

  it('puts modules where the user says, and the others around them', () => {
    const modules = [file('a', counting(16)), file('b', counting(16), '', 0x102000), file('c', counting(0))];
    const read = readMultiboot1(memoryAfter(plan(kernel1, { modules })), 0x10000);
    expect(read.modules.map((m) => m.start)).toEqual([0x103000, 0x102000, 0]);
  });

  it('is a pure function of its input', () => {
    const options = { modules: [file('m', module64)], hostile: 5 };
    const { images, ...data } = plan(kernel1, options);
    const { images: imagesAgain, ...dataAgain } = plan(kernel1, options);
    expect(dataAgain).toEqual(data);
    expect(imagesAgain.map((i) => [i.loadedAt, i.symbols])).toEqual(
      images.map((i) => [i.loadedAt, i.symbols]),
    );
  });

  it('gives the default state a descriptor table that is in memory', () => {
    const planned = plan(kernel1);
    const { base, limit } = planned.entry.gdtr;
    expect(planned.ranges).toContainEqual({ start: base, end: base + limit + 1, what: 'boot loader GDT' });
    expect(memoryAfter(planned).u32(base + planned.entry.cs.selector + 4)).toBe(0x00cf9b00);
  });
});

describe('placement as GRUB 2.06 was seen to do it', () => {
  // The sections of the kernel that was booted: name, size, address, alignment; with .shstrtab 0xab bytes of names.
  const sectionsAt = (base: number): SectionSpec[] => {
    const row = (name: string, bytes: number, address = 0, alignment = 1): SectionSpec => ({
      name,
      type: 1,
      address: BigInt(address),
      data: new Uint8Array(bytes),
      alignment,
    });
    return [
      row('.mb', 0x24, base),
      row('.text', 0x318, base + 0x24),
      row('.rodata', 0x6a, base + 0x33c),
      { ...row('.bss', 0x406c, base + 0x3a6), type: 8 },
      row('.debug_info', 0x507),
      row('.debug_abbrev', 0x12a),
      row('.debug_loclists', 0x173),
      row('.debug_aranges', 0x20),
      row('.debug_rnglists', 0x3f),
      row('.debug_line', 0x3e6),
      row('.debug_str', 0xb3),
      row('.debug_line_str', 0xf),
      row('.comment', 0x27),
      row('.symtab', 0xf0, 0, 4),
      row('.strtab', 0x3b),
    ];
  };
  const kernelAt = (base: number): Uint8Array => {
    const header = concat(multiboot2Header(), multiboot1Header(3));
    const data = concat(new Uint8Array(4), header, counting(0x100));
    const segments = [{ virtual: BigInt(base), data, memoryBytes: 0x4412 }];
    return buildElf({ entry: BigInt(base + 0x100), segments, sections: sectionsAt(base) });
  };
  const modules = [file('m1', counting(10000), 'one'), file('m2', counting(300000))];

  it.each<[BootProtocol, number, number[], number[], number]>([
    ['multiboot1', 0x100000, [0x106000, 0x109000], [0x104412, 0x104919, 0x1050e4], 0x10000],
    ['multiboot2', 0x100000, [0x106000, 0x109000], [0x104412, 0x104919, 0x1050e4], 0x1052c0],
    ['multiboot1', 0x1000000, [0x101000, 0x104000], [0x100000, 0x100507, 0x100cd4], 0x10000],
    ['multiboot2', 0x1000000, [0x101000, 0x104000], [0x100000, 0x100507, 0x100cd4], 0x103710],
  ])('%s, kernel at 0x%x', (protocol, base, moduleStarts, sectionStarts, information) => {
    const planned = plan(kernelAt(base), { modules, protocol, ramBytes: 128 * MIB });
    const starts = (pattern: RegExp): number[] =>
      planned.writes.filter((w) => pattern.test(w.what)).map((w) => w.physical);
    expect(starts(/^module/)).toEqual(moduleStarts);
    expect(starts(/\.debug_info|\.debug_abbrev|\.symtab/)).toEqual(sectionStarts);
    expect(planned.entry.ebx).toBe(information);
  });
});

describe('hostile boots', () => {
  it('keeps what was placed and fills the rest of RAM with the same garbage each time', () => {
    const modules = [file('m', module64)];
    const planned = plan(kernel1, { modules, hostile: 7 });
    const memory = memoryAfter(planned);
    expect(memory.bytes.subarray(0x102000, 0x102000 + module64.length)).toEqual(module64);
    expect(readMultiboot1(memory, planned.entry.ebx).modules).toHaveLength(1);
    expect(memory.bytes.subarray(0x700000, 0x700400).every((b) => b === 0)).toBe(false);
    expect(Buffer.compare(memory.bytes, memoryAfter(plan(kernel1, { modules, hostile: 7 })).bytes)).toBe(0);
    expect(Buffer.compare(memory.bytes, memoryAfter(plan(kernel1, { modules, hostile: 8 })).bytes)).not.toBe(
      0,
    );
    expect(planned.ranges.some((r) => r.what === 'boot loader GDT')).toBe(false);
  });
});

describe('applyPlan', () => {
  it('tells the machine about every byte it changes', () => {
    const planned = plan(kernel1, { hostile: 1 });
    const space = createSpace(RAM);
    const seen = new Uint8Array(RAM);
    space.onExternalWrite = (host, bytes) => seen.fill(1, host - 0x1000, host - 0x1000 + bytes);
    applyPlan(planned, space);
    for (let at = 0; at < RAM; at += 1021) if (space.u8[0x1000 + at] !== 0) expect(seen[at]).toBe(1);
    expect(seen.subarray(0x100000, 0x102000).every((b) => b === 1)).toBe(true);
  });
});

describe('bad input', () => {
  const elf64 = buildElf({ class: 64, segments: [{ virtual: HIGH, data: counting(32) }] });
  const long = 'x'.repeat(700_000);
  it.each<[string, Uint8Array, Change, string]>([
    ['an empty file', new Uint8Array(0), {}, 'k.elf: file size is 0 bytes, expected a boot image'],
    [
      'a gzip file',
      Uint8Array.of(0x1f, 0x8b, 8, 0),
      {},
      'k.elf: file type is gzip, expected the image itself: decompress it with gunzip first',
    ],
    [
      'a text file',
      counting(9000),
      {},
      'k.elf: multiboot header is missing, expected multiboot 1 in the first 8192 bytes, multiboot 2 in the first 32768 bytes, a Linux header (HdrS at 0x202) or a PVH entry note (owner Xen, type 18)',
    ],
    [
      'no header of the wanted protocol',
      kernel1,
      { protocol: 'multiboot2' },
      'k.elf: multiboot 2 header is missing, expected one in the first 32768 bytes',
    ],
    [
      'a header beyond 8 KiB',
      kernelWith(concat(new Uint8Array(8192), multiboot1Header())),
      { protocol: 'multiboot1' },
      'k.elf: multiboot 1 header is missing, expected one in the first 8192 bytes',
    ],
    [
      'a 64-bit kernel without a header',
      elf64,
      {},
      'k.elf: multiboot header is missing, expected multiboot 1 in the first 8192 bytes, multiboot 2 in the first 32768 bytes, a Linux header (HdrS at 0x202) or a PVH entry note (owner Xen, type 18); to boot a 64-bit kernel, give a 32-bit multiboot loader and pass this file with --module',
    ],
    [
      'an ARM kernel without a header',
      buildElf({ machine: 40, segments: [{ virtual: 0x100000n, data: counting(8) }] }),
      {},
      'k.elf: e_machine is 40 (ARM), expected 3 (Intel 80386) in a 32-bit ELF file',
    ],
    [
      'an ARM kernel with a header',
      kernelWith(multiboot1Header(), { machine: 40 }),
      {},
      'k.elf: e_machine is 40 (ARM), expected 3 (Intel 80386) in a 32-bit ELF file',
    ],
    [
      'a header in something that is not ELF',
      concat(counting(4), multiboot1Header()),
      {},
      'k.elf: file magic is 01 02 03 04, expected 7f 45 4c 46 (ELF), or load addresses by flag 16 of its multiboot header',
    ],
    [
      'a truncated kernel',
      kernel1.subarray(0, 100),
      {},
      'k.elf: program header 0 p_filesz is 0x50 bytes at offset 0x54, expected at most the 100 bytes of the file',
    ],
    [
      'a bad checksum',
      kernelWith(multiboot1Header(0, [], 1)),
      {},
      'k.elf: multiboot 1 checksum at 0x58 is 0x00000001, expected 0xe4524ffe for flags 0x00000000',
    ],
    [
      'an unsupported requirement',
      kernelWith(multiboot1Header(0x10)),
      {},
      'k.elf: multiboot 1 flags is 0x00000010, expected requirements 0x0001, 0x0002 and 0x0004 only (bits 3 to 15 are not defined)',
    ],
    [
      'an entry point outside every segment',
      kernelWith(multiboot1Header(), { entry: 0x200000n }),
      {},
      'k.elf: e_entry is 0x00200000, expected an address inside a PT_LOAD segment',
    ],
    [
      'a segment over video memory',
      kernelWith(multiboot1Header(), { virtual: 0x9f000n, memoryBytes: 0x2000 }),
      {},
      'k.elf: segment 0 load address is 0x9f000-0xa0fff, expected addresses inside available RAM (0x0-0x9fbff or 0x100000-0xffffff)',
    ],
    [
      'a segment outside RAM',
      kernelWith(multiboot1Header(), { virtual: 0x1000000n }),
      {},
      'k.elf: segment 0 load address is 0x1000000-0x100004f, expected addresses inside available RAM (0x0-0x9fbff or 0x100000-0xffffff)',
    ],
    [
      'a kernel larger than RAM',
      kernelWith(multiboot1Header(), { memoryBytes: 0x7fffffff }),
      {},
      'k.elf: segment 0 load address is 0x100000-0x800ffffe, expected addresses inside available RAM (0x0-0x9fbff or 0x100000-0xffffff)',
    ],
    [
      'a module over the kernel',
      kernel1,
      { modules: [file('m', counting(8), '', 0x101000)] },
      'm: module address is 0x101000-0x101007, expected memory that k.elf segment 0 (0x100000-0x101fff) does not occupy',
    ],
    [
      'a module over a module',
      kernel1,
      { modules: [file('m', counting(8), '', 0x200000), file('n', counting(8), '', 0x1ff000 + 0x1000)] },
      'n: module address is 0x200000-0x200007, expected memory that module 1 m (0x200000-0x200007) does not occupy',
    ],
    [
      'a module that is not page-aligned',
      kernel1,
      { modules: [file('m', counting(8), '', 0x200010)] },
      'm: module address is 0x200010, expected a multiple of 0x1000: the kernel asks for page-aligned modules',
    ],
    [
      'a module outside RAM',
      kernel1,
      { modules: [file('m', counting(8), '', 0x1000000)] },
      'm: module address is 0x1000000-0x1000007, expected addresses inside available RAM (0x0-0x9fbff or 0x100000-0xffffff)',
    ],
    [
      'a module larger than RAM',
      kernel1,
      { modules: [file('m', new Uint8Array(RAM))] },
      'm: module size is 0x1000000, expected at most 0xefe000, the largest free range above 1 MiB (--memory gives more)',
    ],
    [
      'a command line that does not fit',
      kernel1,
      { commandLine: long },
      'k.elf: command line length is 700000 bytes, expected boot information in at most 0x8fc00 free bytes',
    ],
    [
      "a module's command line that does not fit",
      kernel1,
      { modules: [file('m', counting(8), long)] },
      'm: command line length is 700000 bytes, expected boot information in at most 0x8fc00 free bytes',
    ],
    [
      'a command line with a zero in it',
      kernel1,
      { modules: [file('m', counting(8), 'a\0')] },
      'k.elf: command line of module 1 is text with a zero at 1, expected text without zero characters',
    ],
    ['no memory', kernel1, { ramBytes: 0 }, 'memory: size is 0x0, expected at least 0x100000 (1 MiB)'],
    [
      'too little memory',
      kernel1,
      { ramBytes: 4096 },
      'memory: size is 0x1000, expected at least 0x100000 (1 MiB)',
    ],
  ])('refuses %s', (_, bytes, change, message) => {
    expect(bootErrorOf(() => plan(bytes, change))).toBe(message);
  });
});

describe('random and mutated images', () => {
  const relocatable = [
    headerTag(1, [1, 4, 6]),
    headerTag(10, [0x200000, 0xffffffff, 0x1000, 1]),
    headerTag(4, [2]),
  ];
  const flat = multiboot1Header(0x10004, [0x100000, 0x100000, 0, 0x101000, 0x100040, 1, 80, 25, 0]);
  const seeds = [
    kernel1,
    kernel2,
    kernel64,
    concat(flat, counting(64)),
    kernelWith(multiboot2Header(relocatable), { class: 64 }),
    concat(multiboot2Header([headerTag(2, [0x100000, -1, 0, 0]), headerTag(3, [0x100040])]), counting(64)),
    buildElf({
      segments: [{ virtual: 0x100000n, data: concat(multiboot1Header(), counting(32)) }],
      sections: symbolSections(false, 1, [{ name: 'start', address: 0x10000cn }]),
    }),
  ];
  const interesting = fc.constantFrom(
    0,
    1,
    7,
    8,
    0x7f,
    0xff,
    0xffff,
    0x100000,
    0x7fffffff,
    0x80000000,
    0xffffffff,
  );
  const mutation = fc.record({
    at: fc.nat(0xffff),
    width: fc.constantFrom(1, 2, 4),
    value: fc.oneof(interesting, fc.nat(0xffffffff)),
  });
  const mutated = fc
    .record({
      seed: fc.constantFrom(...seeds),
      mutations: fc.array(mutation, { maxLength: 6 }),
      keep: fc.oneof(
        { weight: 4, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
      ),
    })
    .map(({ seed, mutations, keep }) => {
      const bytes = seed.slice(0, Math.floor(seed.length * keep));
      for (const { at, width, value } of mutations) {
        for (let i = 0; i < width && bytes.length > 0; i++)
          bytes[(at + i) % bytes.length] = value >>> (8 * i);
      }
      return bytes;
    });
  const image = fc.oneof(
    { weight: 6, arbitrary: mutated },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }) },
  );

  it('either plan a boot or explain in one line', () => {
    let planned = 0;
    const attempt = (bytes: Uint8Array, module: Uint8Array, protocol: BootProtocol | undefined): void => {
      try {
        const { ranges, images, entry } = plan(bytes, {
          modules: [file('m', module)],
          ...(protocol ? { protocol } : {}),
        });
        for (const { symbols, elf } of images)
          expect(symbols.length + (elf?.notes().length ?? 0)).toBeLessThan(100);
        let end = 0;
        for (const range of ranges) {
          expect(range.start).toBeGreaterThanOrEqual(end);
          end = range.end;
        }
        expect(end).toBeLessThanOrEqual(RAM);
        expect(ranges.some((range) => entry.eip >= range.start && entry.eip < range.end)).toBe(true);
        planned++;
      } catch (error) {
        if (!(error instanceof BootError)) throw error;
        expect(error.message).not.toMatch(/[\n\r]|undefined|NaN|Infinity/);
      }
    };
    const protocols = fc.constantFrom<(BootProtocol | undefined)[]>(undefined, 'multiboot1', 'multiboot2');
    fc.assert(fc.property(image, image, protocols, attempt), { numRuns: 10_000, seed: 20260801 });
    expect(planned).toBeGreaterThan(1000);
  });
});
