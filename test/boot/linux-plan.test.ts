import { describe, expect, it } from 'vitest';
import { applyPlan, type BootOptions, type BootPlan } from '../../src/boot/boot-plan.ts';
import { planBoot } from '../../src/boot/load.ts';
import { AddressSpace } from '../../src/bus/address-space.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import { type BzImageSpec, buildBzImage, counting } from '../support/image-builder.ts';
import { MemoryReader } from '../support/multiboot-reader.ts';

const MIB = 1 << 20;
const RAM = 32 * MIB;
const INITRD = { name: 'initrd', bytes: counting(0x1801) };

type Change = Partial<Omit<BootOptions, 'kernel'>>;
const plan = (spec: BzImageSpec = {}, change: Change = {}): BootPlan =>
  planBoot({ kernel: { name: 'bzImage', bytes: buildBzImage(spec) }, ramBytes: RAM, ...change });

function memoryAfter(planned: BootPlan): MemoryReader {
  const buffer = new ArrayBuffer(planned.ramBytes);
  const space = new AddressSpace({
    buffer,
    ramOffset: 0,
    ramBytes: planned.ramBytes,
    romOffset: 0,
    romBytes: 0,
  });
  applyPlan(planned, space);
  return new MemoryReader(space.u8);
}

describe('the 32-bit boot protocol', () => {
  it('is what a bzImage gets, at its preferred address', () => {
    const planned = plan();
    expect(planned.protocol).toBe('linux32');
    expect(planned.entry).toMatchObject({
      mode: 'protected-32',
      eip: 0x1000000,
      ebx: 0,
      edi: 0,
      ebp: 0,
      cr0: 0x11,
    });
    expect(planned.images).toMatchObject([{ role: 'kernel', loadedAt: 0x1000000 }]);
    expect(planned.ranges).toContainEqual({ start: 0x1000000, end: 0x1400000, what: 'bzImage kernel' });
    const memory = memoryAfter(planned);
    expect(memory.bytes.subarray(0x1000000, 0x1001000)).toEqual(counting(0x1000));
    expect(memory.u32(planned.entry.esi + 0x214)).toBe(0x1000000);
  });

  it('enters with the descriptors of __BOOT_CS and __BOOT_DS, which are in the table', () => {
    const { entry, ...planned } = plan();
    expect(entry.cs).toMatchObject({ selector: 0x10, base: 0, limit: 0xffffffff, attributes: 0xc09b });
    expect(entry.ss).toMatchObject({ selector: 0x18, base: 0, limit: 0xffffffff, attributes: 0xc093 });
    const memory = memoryAfter({ entry, ...planned });
    const at = entry.gdtr.base;
    expect([memory.u32(at + 0x14), memory.u32(at + 0x1c)]).toEqual([0x00cf9b00, 0x00cf9300]);
    expect(entry.gdtr.limit).toBe(0x1f);
  });

  it('passes the command line and the initrd, which lies as high as it may, on a page', () => {
    const planned = plan({ initrdMax: 0x1bfffff }, { initrd: INITRD, commandLine: 'console=ttyS0' });
    const memory = memoryAfter(planned);
    const zeroPage = planned.entry.esi;
    expect([memory.u32(zeroPage + 0x218), memory.u32(zeroPage + 0x21c)]).toEqual([0x1bfe000, 0x1801]);
    expect(memory.bytes.subarray(0x1bfe000, 0x1bfe000 + 0x1801)).toEqual(INITRD.bytes);
    expect(memory.string(memory.u32(zeroPage + 0x228))).toBe('console=ttyS0');
    expect(planned.images).toMatchObject([{ role: 'kernel' }, { role: 'initrd', loadedAt: 0x1bfe000 }]);
  });

  it('moves a relocatable kernel down when its preferred place is too small, others not', () => {
    expect(plan({ initBytes: 0x1200000 }).entry.eip).toBe(0x200000);
    expect(plan({ relocatable: 0, preferred: 0x400000n }).entry.eip).toBe(0x400000);
    expect(plan({ version: 0x205 }).entry.eip).toBe(0x200000);
    expect(plan({ version: 0x203 }).entry.eip).toBe(0x100000);
  });

  it('fills what the protocol leaves open with garbage when asked', () => {
    const a = plan({}, { hostile: 1 }).entry;
    const b = plan({}, { hostile: 2 }).entry;
    expect([a.ebx, a.edi, a.ebp, a.eip]).toEqual([0, 0, 0, 0x1000000]);
    expect(a.ecx).not.toBe(b.ecx);
    expect(a.eflags & 0x202).toBe(2);
  });
});

describe('the 64-bit boot protocol', () => {
  it('enters 0x200 bytes further on, in long mode, with all it passes mapped onto itself', () => {
    const planned = plan({}, { protocol: 'linux64', initrd: INITRD });
    const { entry } = planned;
    if (entry.mode !== 'long-64') throw new Error('not in long mode');
    expect(entry).toMatchObject({ eip: 0x1000200, cr0: 0x80000031, cr4: 0x20, efer: 0x500 });
    expect(entry.cs).toMatchObject({ selector: 0x10, attributes: 0xa09b });
    const memory = memoryAfter(planned);
    const translate = (linear: number): number => {
      const table = (at: number, index: number): number => {
        const value = memory.u64(at + index * 8);
        expect(value & 3).toBe(3);
        return value;
      };
      const pointers = table(entry.cr3, 0) & ~0xfff;
      const directory = table(pointers, Math.floor(linear / 2 ** 30)) & ~0xfff;
      const page = table(directory, Math.floor(linear / 2 ** 21) % 512);
      expect(page & 0x80).toBe(0x80);
      return page - (page % 2 ** 21) + (linear % 2 ** 21);
    };
    for (const at of [0, entry.eip, entry.esi, 0x12345678, 0xffffffff]) expect(translate(at)).toBe(at);
    expect(memory.u32(entry.gdtr.base + 0x14)).toBe(0x00af9b00);
  });

  it('needs the kernel to have that entry point', () => {
    const expected = 'expected XLF_KERNEL_64 (bit 0) in boot protocol 2.12 or newer, or the protocol linux32';
    expect(bootErrorOf(() => plan({ xloadFlags: 0 }, { protocol: 'linux64' }))).toBe(
      `bzImage: xloadflags is without a 64-bit entry (2.15), ${expected}`,
    );
  });
});

describe('what cannot be booted is told in one line', () => {
  it.each([
    [
      'too little memory',
      {},
      { ramBytes: 4 * MIB },
      'bzImage: init_size is 0x400000, expected at most the 0x200000 bytes free above 1 MiB (--memory gives more)',
    ],
    [
      'a kernel whose place is not RAM',
      { relocatable: 0 },
      { ramBytes: 16 * MIB },
      'bzImage: load address is 0x1000000-0x13fffff, expected addresses inside available RAM (0x0-0x9fbff or 0x100000-0xffffff)',
    ],
    [
      'an initrd larger than memory',
      {},
      { initrd: { name: 'big', bytes: new Uint8Array(RAM) } },
      'big: initrd size is 0x2000000, expected at most 0xf00000, the largest free range from 1 MiB to 0x7fffffff (--memory gives more)',
    ],
    [
      'a long command line',
      { commandLineMax: 10 },
      { commandLine: 'a'.repeat(11) },
      'bzImage: command line length is 11 bytes, expected at most 10 (cmdline_size of the kernel)',
    ],
    [
      'a module',
      {},
      { modules: [{ name: 'extra', bytes: counting(4) }] },
      'extra: module is given to bzImage, a Linux kernel, expected an initrd (--initrd): the Linux boot protocol passes no other files',
    ],
  ] as const)('%s', (_, spec: BzImageSpec, change: Change, message: string) => {
    expect(bootErrorOf(() => plan(spec, change))).toBe(message);
  });

  it('a kernel that is entered in real mode alone, as iPXE is', () => {
    const bytes = buildBzImage();
    bytes.fill(0, 0x214, 0x218); // code32_start
    expect(bootErrorOf(() => planBoot({ kernel: { name: 'ipxe.lkrn', bytes }, ramBytes: RAM }))).toBe(
      'ipxe.lkrn: code32_start is 0x0, expected a 32-bit entry point: this kernel starts in real mode, behind firmware (--bios)',
    );
  });

  it('a file that is no Linux kernel at all', () => {
    const kernel = { name: 'k', bytes: counting(0x1000) };
    expect(bootErrorOf(() => planBoot({ kernel, ramBytes: RAM, protocol: 'linux32' }))).toMatch(
      /^k: Linux setup header is missing, /,
    );
  });
});
