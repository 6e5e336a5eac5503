/** Firmware, loaders and kernels that nothing here was built for. */
import { describe, expect, test } from 'vitest';
import type { Pc } from '../../src/index.ts';
import { createFirmwareMachine, createMachine } from '../support/dist.ts';
import { image } from '../support/linux-boot.ts';

const screenOf = (pc: Pc) => pc.devices.vga.textScreen().join('\n');

/** Runs until the text is on the screen or on COM1. @throws with both when it never is */
function waitFor(pc: Pc, wanted: string, mostMillions = 600): void {
  const isThere = () => [pc.serial.text, screenOf(pc)].some((text) => text.includes(wanted));
  const last = pc.instructions + mostMillions * 1e6;
  while (!isThere()) {
    if (pc.exit || pc.instructions >= last) {
      throw new Error(
        `no ${wanted} (${pc.exit?.detail}) in\n${pc.serial.text.slice(-1000)}\n${screenOf(pc)}`,
      );
    }
    pc.run({ maxInstructions: 4e6, timeout: 0.5 });
  }
}

describe('firmware', () => {
  test.each(['pc', 'isa'] as const)(
    'SeaBIOS of 128 KiB, without PCI space for its SMM, shows its text on the display of the board %s',
    (board) => {
      const [bios, vgaRom] = [image('other-seabios-128k.bin'), image('vgabios-stdvga.bin')];
      waitFor(createFirmwareMachine({ board, bios, vgaRom, jit: true }), 'No bootable device.', 20);
    },
  );

  test("Bochs's BIOS and VGA BIOS on the board isa", () => {
    const [bios, vgaRom] = [image('other-bochs-legacy.bin'), image('other-vgabios.bin')];
    const pc = createFirmwareMachine({ board: 'isa', bios, vgaRom, jit: true });
    waitFor(pc, 'Bochs VBE Display Adapter enabled', 20);
    waitFor(pc, 'FATAL: No bootable device.', 20);
  });

  test('GRUB as firmware comes to its menu', () => {
    const [bios, vgaRom] = [image('other-grub.bin'), image('vgabios-stdvga.bin')];
    waitFor(createFirmwareMachine({ bios, vgaRom, jit: true }), 'GNU GRUB', 200);
  });

  test.each(['other-u-boot32.bin', 'other-u-boot64.bin'])('%s finds its tables and counts down', (bios) => {
    const pc = createFirmwareMachine({ bios: image(bios), jit: true });
    waitFor(pc, 'Model: QEMU x86 (I440FX)', 300);
    waitFor(pc, 'Hit any key to stop autoboot:', 300);
    expect(pc.serial.text).not.toContain("can't find etc/table-loader");
  });

  test.each([
    ['OVMF', 'other-ovmf.bin', 1],
    ['OVMF', 'other-ovmf.bin', 2],
    ["OVMF's code of 4 MiB without its variables", 'other-ovmf-code.bin', 1],
  ])('%s (%s) with %i processors comes to the shell of EFI on the serial console', (_, bios, processors) => {
    const pc = createFirmwareMachine({ bios: image(bios), processors, jit: true });
    waitFor(pc, 'UEFI Interactive Shell', 1500);
    expect(pc.processors.all.map(({ isWaiting }) => isWaiting)).toEqual(Array(processors).fill(false));
  });
});

test('OVMF and GRUB for EFI start Linux, to its shell and to its end', () => {
  const [bios, cdrom] = [image('other-ovmf.bin'), image('other-linux-efi.iso')];
  const pc = createFirmwareMachine({ bios, cdrom, memory: 256 << 20, jit: true });
  waitFor(pc, '/ # ', 3000);
  for (const text of [
    'efi: EFI v2.70 by EDK II',
    'SMBIOS 2.8 present.',
    'DMI: longmode PC (i440FX + PIIX), BIOS ',
  ]) {
    pc.serial.expect(text);
  }
  pc.serial.send('poweroff -f\r');
  expect(pc.run({ maxInstructions: 1000e6 })).toMatchObject({ reason: 'power-off', status: 0 });
});

describe('kernels through firmware', () => {
  const initrd = image('initrd.cpio');
  const bySeabios = { bios: image('bios-256k.bin'), vgaRom: image('vgabios-stdvga.bin') };

  test.each([
    ['SeaBIOS, in real mode', bySeabios, 'BIOS-provided physical RAM map'],
    ['qboot, in real mode', { bios: image('other-qboot.bin') }, 'BIOS-provided physical RAM map'],
    ['OVMF, by its EFI stub', { bios: image('other-ovmf.bin') }, 'efi: EFI v2.70 by EDK II'],
  ])('Linux by %s', (_, firmware, text) => {
    const kernel = { kernel: image('bzImage'), initrd, commandLine: 'console=ttyS0 panic=-1' };
    const pc = createFirmwareMachine({ ...firmware, ...kernel, memory: 256 << 20, jit: true });
    waitFor(pc, 'Freeing initrd memory', 3000);
    for (const told of [text, 'Command line: console=ttyS0 panic=-1']) expect(pc.serial.text).toContain(told);
  });

  test('iPXE, which has a real-mode entry alone, by SeaBIOS', () => {
    const pc = createFirmwareMachine({ ...bySeabios, kernel: image('other-ipxe.lkrn'), jit: true });
    waitFor(pc, 'iPXE 1.0.0', 200);
    waitFor(pc, 'No more network devices', 200);
  });

  test('MEMDISK, which stands between the BIOS and what it boots from a diskette in memory', () => {
    const kernel = { kernel: image('other-memdisk'), initrd: image('other-grub-rescue.img') };
    const pc = createFirmwareMachine({ ...bySeabios, ...kernel, jit: true });
    waitFor(pc, 'GNU GRUB  version 2', 300);
    waitFor(pc, 'Change the colors', 300);
  });

  test('Memtest86+, an application for EFI, by OVMF with its command line', () => {
    const kernel = { kernel: image('other-memtest.efi'), commandLine: 'console=ttyS0,115200' };
    const pc = createFirmwareMachine({ bios: image('other-ovmf.bin'), ...kernel, jit: true });
    waitFor(pc, 'Memtest86+ v6.10', 1500);
  });
});

describe('media through firmware', () => {
  const powerOn = (media: Pick<Parameters<typeof createFirmwareMachine>[0], 'cdrom' | 'disk' | 'floppy'>) =>
    createFirmwareMachine({
      bios: image('bios-256k.bin'),
      vgaRom: image('vgabios-stdvga.bin'),
      jit: true,
      ...media,
    });

  const byBochs = (media: Parameters<typeof powerOn>[0]) => {
    const [bios, vgaRom] = [image('other-bochs-legacy.bin'), image('other-vgabios.bin')];
    return createFirmwareMachine({ board: 'isa', bios, vgaRom, jit: true, ...media });
  };

  test.each([
    ['cdrom', 'SeaBIOS', powerOn],
    ['disk', 'SeaBIOS', powerOn],
    ['cdrom', "Bochs's BIOS on the board isa", byBochs],
    ['disk', "Bochs's BIOS on the board isa", byBochs],
  ] as const)('ISOLINUX and mboot.c32 start our guest from a %s through %s', (medium, _, start) => {
    const pc = start({ [medium]: image('other-isolinux.iso') });
    expect(pc.run({ maxInstructions: 200e6 }).status).toBe(33);
    pc.serial.expect(/ checks, 0 failed\r?\nPASS/);
  });

  test.each([
    ['SeaBIOS', powerOn],
    ["Bochs's BIOS on the board isa", byBochs],
  ])(
    'the rescue diskette of GRUB, an image shorter than its format, comes to its menu through %s',
    (_, start) => {
      const pc = start({ floppy: image('other-grub-rescue.img') });
      waitFor(pc, 'GNU GRUB  version 2', 200);
      waitFor(pc, 'Change the colors', 200);
    },
  );

  test('GRUB Legacy comes to its prompt from a diskette', () => {
    waitFor(powerOn({ floppy: image('other-grub-legacy.img') }), 'GNU GRUB  version 0.97  (639K lower', 100);
  });

  test('iPXE looks for network cards', () => {
    const pc = powerOn({ cdrom: image('other-ipxe.iso') });
    waitFor(pc, 'iPXE 1.0.0', 200);
    waitFor(pc, 'No more network devices', 200);
  });

  test('Memtest86+ tests memory', () => {
    const pc = powerOn({ cdrom: image('other-memtest.iso') });
    waitFor(pc, 'Memtest86+ v6.10', 600);
    waitFor(pc, 'Test #2  [Address test, own address + window]', 600);
    expect(screenOf(pc)).toMatch(/Errors: 0 /);
  });
});

describe('kernels', () => {
  test.each([
    ['other-memtest64', 'Memtest86+ v6.10'],
    ['other-memtest32', 'Memtest86+ v6.10'],
  ])('%s by the Linux boot protocol', (kernel, banner) => {
    const pc = createMachine({ kernel: image(kernel), commandLine: 'console=ttyS0,115200', jit: true });
    waitFor(pc, banner, 100);
    waitFor(pc, 'Test #2  [Address test, own address + window]', 600);
    expect(screenOf(pc)).toMatch(/Errors: 0 /);
  });

  test('GRUB Invaders, a game without a loader of its own, draws its fleet', () => {
    waitFor(createMachine({ kernel: image('other-invaders'), jit: true }), '-*-           -*-', 50);
  });

  test.each(['isa', 'pc'] as const)('GNU Mach on the board %s asks for its bootstrap program', (board) => {
    const pc = createMachine({
      kernel: image('other-gnumach'),
      commandLine: 'gnumach console=com0',
      board,
      jit: true,
    });
    waitFor(pc, 'No bootstrap code loaded with the kernel!', 50);
    pc.serial.expect('GNU Mach 1.8');
  });
});
