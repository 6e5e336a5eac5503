import { describe, expect, test } from 'vitest';
import { createFirmwareMachine } from '../../src/boot/firmware-machine.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import { type BzImageSpec, buildBzImage, counting } from '../support/image-builder.ts';

const MIB = 1 << 20;
const ROM = 'genroms/longmode-kernel.bin';

const firmware = (code: readonly number[] = [], rom: Uint8Array = new Uint8Array(0)) => {
  const bytes = new Uint8Array(65536);
  bytes.set(rom);
  bytes.set(code, 0x8000);
  bytes.set([0xe9, 0x0d, 0x80], 0xfff0); // jmp 8000h
  return { name: 'bios', bytes };
};
const kernelOf = (spec: BzImageSpec = {}) => ({ name: 'bzImage', bytes: buildBzImage(spec) });
const initrd = { name: 'initrd', bytes: counting(5000) };
const make = (options: Partial<Parameters<typeof createFirmwareMachine>[0]> = {}) =>
  createFirmwareMachine({ bios: firmware(), kernel: kernelOf(), memory: 16 * MIB, ...options });

/** What a guest reads of an item by its ports. */
function item(machine: ReturnType<typeof make>, key: number, bytes: number): Uint8Array {
  machine.ports.write16(0x510, key);
  return Uint8Array.from({ length: bytes }, () => machine.ports.read8(0x511));
}
const number = (machine: ReturnType<typeof make>, key: number) =>
  new DataView(item(machine, key, 4).buffer).getUint32(0, true);

describe('the items of fw_cfg', () => {
  test('hold kernel, initrd, command line and setup code, each with its address', () => {
    const machine = make({ initrd, commandLine: 'console=ttyS0' });
    expect([0x07, 0x08].map((key) => number(machine, key))).toEqual([0x100000, 0x1000]);
    expect(item(machine, 0x11, 0x1000)).toEqual(counting(0x1000));
    const initrdAt = number(machine, 0x0a);
    // On a page, and as high as the megabyte at the end of memory leaves room.
    expect([initrdAt % 4096, initrdAt, number(machine, 0x0b)]).toEqual([0, 15 * MIB - 8192, 5000]);
    expect(item(machine, 0x12, 5000)).toEqual(initrd.bytes);
    expect(number(machine, 0x14)).toBe(14);
    expect(new TextDecoder().decode(item(machine, 0x15, 14))).toBe('console=ttyS0\0');
    expect([0x16, 0x17].map((key) => number(machine, key))).toEqual([0x10000, 5 * 512]);

    const view = new DataView(item(machine, 0x18, 5 * 512).buffer);
    expect(view.getUint8(0x210)).toBe(0xff); // type_of_loader
    expect(view.getUint8(0x211) & 0x81).toBe(0x81); // LOADED_HIGH, CAN_USE_HEAP
    expect([view.getUint32(0x218, true), view.getUint32(0x21c, true)]).toEqual([initrdAt, 5000]);
    // Heap and stack end where the command line begins.
    expect(0x10000 + view.getUint16(0x224, true) + 0x200).toBe(number(machine, 0x13));
    expect(view.getUint32(0x228, true)).toBe(number(machine, 0x13));
  });

  test('tell whether the firmware has asked for the kernel', () => {
    const machine = make({ initrd });
    item(machine, 0x12, 16);
    expect(machine.unreadKernel).toBe('bzImage');
    item(machine, 0x11, 1);
    expect(machine.unreadKernel).toBeUndefined();
  });

  test('leave the file of the kernel as it is', () => {
    const kernel = kernelOf();
    make({ kernel, initrd });
    expect(kernel.bytes).toEqual(buildBzImage());
  });

  test('hold an EFI application as a kernel without setup code, and no ROM for it', () => {
    const bytes = Uint8Array.from([0x4d, 0x5a, 1, 2, 3]);
    const machine = make({ kernel: { name: 'app.efi', bytes } });
    expect([number(machine, 0x08), number(machine, 0x17)]).toEqual([5, 0]);
    expect(item(machine, 0x11, 5)).toEqual(bytes);
    expect(machine.devices.fwCfg.file(ROM)).toBeUndefined();
  });

  test('tell the size of memory by a map', () => {
    const map = make().devices.fwCfg.file('etc/e820')!;
    const view = new DataView(map.buffer);
    expect([map.length, view.getBigUint64(0, true), view.getBigUint64(8, true)]).toEqual([
      20,
      0n,
      16n << 20n,
    ]);
    expect(view.getUint32(16, true)).toBe(1);
  });
});

describe('the expansion ROM', () => {
  const rom = make().devices.fwCfg.file(ROM)!;
  const word = (at: number) => rom[at]! | (rom[at + 1]! << 8);
  const header = word(0x1a);
  const bootVector = word(header + 0x1a);

  test('has the headers of the Plug and Play BIOS Specification, and is the first to boot from', () => {
    expect([word(0), rom[2]! * 512]).toEqual([0xaa55, rom.length]);
    expect(rom.reduce((sum, byte) => (sum + byte) & 0xff, 0)).toBe(0);
    expect(new TextDecoder().decode(rom.subarray(header, header + 4))).toBe('$PnP');
    expect(rom[header + 5]! * 16).toBe(0x20);
    const order = new TextDecoder().decode(make().devices.fwCfg.file('bootorder')!);
    expect(order).toBe(`/rom@${ROM}\0`);
  });

  /** mov ax, 0; mov ss, ax; mov sp, 7c00h; call F000:`offset`; out F4h, al */
  const calling = (offset: number) => [
    ...[0xb8, 0, 0, 0x8e, 0xd0, 0xbc, 0x00, 0x7c],
    ...[0x9a, offset & 0xff, offset >> 8, 0x00, 0xf0],
    ...[0xe6, 0xf4],
  ];

  test('says that it can boot when it is initialised', () => {
    const machine = make({ bios: firmware(calling(3), rom) });
    expect(machine.run({ maxInstructions: 1000 }).status).toBe((0x20 << 1) | 1);
  });

  test('enters the setup code in real mode, with everything in its place', () => {
    const kernel = kernelOf();
    // mov ax, cs; mov bx, ds; mov cx, ss; out F4h, al
    kernel.bytes.set([0x8c, 0xc8, 0x8c, 0xdb, 0x8c, 0xd1, 0xe6, 0xf4], 0x26c);
    const machine = make({
      bios: firmware(calling(bootVector), rom),
      kernel,
      initrd,
      commandLine: 'root=/dev/ram',
    });
    expect(machine.run({ maxInstructions: 10_000 }).reason).toBe('debug-exit');
    const { rax, rbx, rcx, rsp, rflags } = machine.registers();
    const low = (value: unknown) => Number(value) & 0xffff;
    expect([rax, rbx, rcx, rsp].map((value) => low(value))).toEqual([0x1020, 0x1000, 0x1000, 0xe000]);
    expect(low(rflags) & 0x200).toBe(0); // "Enter with interrupts disabled".
    const at = (physical: number, bytes: number) =>
      Uint8Array.from({ length: bytes }, (_, i) => machine.space.read8(physical + i));
    expect(at(0x100000, 0x1000)).toEqual(counting(0x1000));
    expect(at(number(machine, 0x0a), 5000)).toEqual(initrd.bytes);
    const commandLine = new DataView(at(0x10228, 4).buffer).getUint32(0, true);
    expect(new TextDecoder().decode(at(commandLine, 14))).toBe('root=/dev/ram\0');
  });

  test('gives control back where there is no setup code', () => {
    const machine = make({
      bios: firmware([...calling(bootVector).slice(0, -2), 0xb0, 0x11, 0xe6, 0xf4], rom),
      kernel: { name: 'app.efi', bytes: Uint8Array.from([0x4d, 0x5a]) },
    });
    expect(machine.run({ maxInstructions: 10_000 }).status).toBe(0x23);
  });
});

describe('what firmware cannot be handed', () => {
  test.each([
    [
      { kernel: { name: 'k', bytes: counting(0x1000) } },
      'k: file type is neither, expected a Linux image (HdrS at 0x202) or an EFI application (MZ): firmware is handed no others',
    ],
    [
      { kernel: kernelOf({ version: 0x201 }) },
      'bzImage: boot protocol is 2.01, expected 2.02 or newer with --bios',
    ],
    [
      { kernel: kernelOf({ commandLineMax: 5 }), commandLine: 'panic=1' },
      'bzImage: command line length is 7 bytes, expected at most 5 (cmdline_size of the kernel)',
    ],
    [
      { kernel: kernelOf({ kernel: new Uint8Array(15 * MIB) }) },
      'bzImage: kernel size is 0xf00000, expected at most 0xe00000, the memory above 1 MiB (--memory gives more)',
    ],
    [
      { initrd: { name: 'i', bytes: new Uint8Array(14 * MIB) } },
      'i: initrd size is 0xe00000, expected at most 0xdff000, the memory from 0x101000 to 0xf00000 (--memory gives more)',
    ],
  ])('%#', (options, line) => {
    expect(bootErrorOf(() => make(options))).toBe(line);
  });
});
