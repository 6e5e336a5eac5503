import { describe, expect, it } from 'vitest';
import { applyPlan, type BootOptions, type BootPlan } from '../../src/boot/boot-plan.ts';
import { planBoot } from '../../src/boot/load.ts';
import { AddressSpace } from '../../src/bus/address-space.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import { buildElf, counting, elfNote, words } from '../support/image-builder.ts';
import { MemoryReader } from '../support/multiboot-reader.ts';

const RAM = 32 << 20;
const vmlinux = (entry: number): Uint8Array =>
  buildElf({
    class: 64,
    entry: 0xffffffff81000000n,
    segments: [
      { virtual: 0xffffffff81000000n, physical: 0x1000000n, data: counting(64), memoryBytes: 0x2000 },
      { type: 4, virtual: 0n, data: elfNote('Xen', 18, words(entry, 0)) },
    ],
  });

type Change = Partial<Omit<BootOptions, 'kernel'>>;
const plan = (change: Change = {}, bytes = vmlinux(0x1000010)): BootPlan =>
  planBoot({ kernel: { name: 'vmlinux', bytes }, ramBytes: RAM, ...change });

function memoryAfter(planned: BootPlan): MemoryReader {
  const buffer = new ArrayBuffer(planned.ramBytes);
  const space = new AddressSpace({
    buffer,
    ramOffset: 0,
    ramBytes: planned.ramBytes,
    romOffset: 0,
    romBytes: 0,
  });
  space.u8.fill(0xee);
  applyPlan(planned, space);
  return new MemoryReader(space.u8);
}

describe('planPvh', () => {
  it('is what an ELF file with the note gets, in the state of the ABI', () => {
    const planned = plan();
    expect(planned.protocol).toBe('pvh');
    expect(planned.entry).toMatchObject({
      mode: 'protected-32',
      eip: 0x1000010,
      cr0: 0x11,
      eflags: 2,
      tr: { base: 0, limit: 0x67, attributes: 0x8b },
    });
    for (const name of ['cs', 'ds', 'es', 'ss'] as const) {
      expect(planned.entry[name]).toMatchObject({ base: 0, limit: 0xffffffff });
    }
    const memory = memoryAfter(planned);
    expect(memory.bytes.subarray(0x1000000, 0x1000040)).toEqual(counting(64));
    expect(memory.u32(0x1000040)).toBe(0);
    expect(memory.u32(planned.entry.ebx)).toBe(0x336ec578);
  });

  it('passes the initrd first, then modules with their command lines, at addresses of the user too', () => {
    const planned = plan({
      initrd: { name: 'initrd', bytes: counting(0x1001) },
      modules: [
        { name: 'a', bytes: counting(10), commandLine: 'first' },
        { name: 'b', bytes: counting(20), at: 0x1800000 },
      ],
    });
    const memory = memoryAfter(planned);
    const { u32, u64, bytes } = memory;
    const info = planned.entry.ebx;
    expect(u32(info + 12)).toBe(3);
    const list = u64(info + 16);
    const modules = [0, 1, 2].map((i) => ({ start: u64(list + i * 32), bytes: u64(list + i * 32 + 8) }));
    expect(modules).toEqual([
      { start: 0x1ffe000, bytes: 0x1001 },
      { start: 0x1ffd000, bytes: 10 },
      { start: 0x1800000, bytes: 20 },
    ]);
    expect(memory.string(u64(list + 32 + 16))).toBe('first');
    expect(bytes.subarray(0x1ffe000, 0x1ffe000 + 0x1001)).toEqual(counting(0x1001));
    expect(planned.images.map(({ name, role }) => [name, role])).toEqual([
      ['vmlinux', 'kernel'],
      ['initrd', 'initrd'],
      ['a', 'module'],
      ['b', 'module'],
    ]);
  });

  it('fills registers that the ABI leaves open with garbage when asked, and no others', () => {
    const { entry } = plan({ hostile: 3 });
    expect(entry.esi).not.toBe(0);
    expect([entry.cr0, entry.eip, entry.cs.base]).toEqual([0x11, 0x1000010, 0]);
    expect(entry.eflags & 0x20202).toBe(2);
  });

  it.each([
    [
      'a note outside the image',
      {},
      vmlinux(0x5000),
      'vmlinux: PVH entry note is 0x5000, expected an address inside the loaded image',
    ],
    [
      'a big initrd',
      { initrd: { name: 'i', bytes: new Uint8Array(RAM) } },
      vmlinux(0x1000010),
      'i: initrd size is 0x2000000, expected at most 0xffe000, the largest free range above 1 MiB (--memory gives more)',
    ],
    [
      'an unaligned module',
      { modules: [{ name: 'm', bytes: counting(4), at: 0x1800004 }] },
      vmlinux(0x1000010),
      'm: module address is 0x1800004, expected a multiple of 0x1000',
    ],
    [
      'no note',
      { protocol: 'pvh' },
      buildElf({ class: 64, segments: [{ virtual: 0x1000000n, data: counting(4) }] }),
      'vmlinux: PVH entry is missing, expected a PVH entry note (owner Xen, type 18) in an ELF file',
    ],
    [
      'no ELF file',
      { protocol: 'pvh' },
      counting(100),
      'vmlinux: e_ident magic is 01 02 03 04, expected 7f 45 4c 46 (ELF)',
    ],
  ] as const)('refuses %s', (_, change: Change, bytes: Uint8Array, message: string) => {
    expect(bootErrorOf(() => plan(change, bytes))).toBe(message);
  });
});
