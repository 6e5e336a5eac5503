/**
 * Fetches firmware, loaders and kernels that nothing here was built for, from Debian's packages, into `.cache/images`:
 *   other-seabios-128k.bin, other-bochs-legacy.bin, other-vgabios.bin, other-grub.bin, other-ovmf.bin, other-ovmf-code.bin,
 *   other-u-boot32.bin, other-u-boot64.bin, other-qboot.bin  firmware
 *   other-grub-rescue.img, other-grub-legacy.img   diskettes, shorter than their format
 *   other-memtest.iso, other-ipxe.iso, other-isolinux.iso   discs; the last with our higher-half guest by mboot.c32
 *   other-memtest32, other-memtest64, other-gnumach, other-invaders, other-ipxe.lkrn,
 *   other-memdisk   kernels; the last is given a diskette
 *   other-memtest.efi   an application for EFI
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { provideImages, run, unpackPackage } from './support/debian.mjs';
import { isoTools } from './support/iso-tools.mjs';

const GUEST = fileURLToPath(new URL('../guests/bin/higher-half/', import.meta.url));

// biome-ignore format: a table.
const FILES = [
  ['other-seabios-128k.bin', 'seabios',            'usr/share/seabios/bios.bin'],
  ['other-bochs-legacy.bin', 'bochsbios',          'usr/share/bochs/BIOS-bochs-legacy'],
  ['other-vgabios.bin',      'vgabios',            'usr/share/vgabios/vgabios.bin'],
  ['other-grub.bin',         'grub-firmware-qemu', 'usr/share/qemu/grub.bin'],
  ['other-ovmf.bin',         'ovmf',               'usr/share/ovmf/OVMF.fd'],
  ['other-ovmf-code.bin',    'ovmf',               'usr/share/OVMF/OVMF_CODE_4M.fd'],
  ['other-u-boot32.bin',     'u-boot-qemu',        'usr/lib/u-boot/qemu-x86/u-boot.rom'],
  ['other-u-boot64.bin',     'u-boot-qemu',        'usr/lib/u-boot/qemu-x86_64/u-boot.rom'],
  ['other-qboot.bin',        'qemu-system-data',   'usr/share/qemu/qboot.rom'],
  ['other-grub-rescue.img',  'grub-rescue-pc',     'usr/lib/grub-rescue/grub-rescue-floppy.img'],
  ['other-memtest.iso',      'memtest86+',         'usr/lib/memtest86+/memtest86+x64.iso'],
  ['other-memtest32',        'memtest86+',         'boot/memtest86+ia32.bin'],
  ['other-memtest64',        'memtest86+',         'boot/memtest86+x64.bin'],
  ['other-memtest.efi',      'memtest86+',         'boot/memtest86+x64.efi'],
  ['other-ipxe.iso',         'ipxe',               'usr/lib/ipxe/ipxe.iso'],
  ['other-ipxe.lkrn',        'ipxe',               'boot/ipxe.lkrn'],
  ['other-invaders',         'grub-invaders',      'boot/invaders.exec'],
  ['other-memdisk',          'syslinux-common',    'usr/lib/syslinux/memdisk'],
  ['other-gnumach',          'gnumach-image-1.8-486', 'boot/gnumach-1.8-486.gz'],
];

const MENU = `SERIAL 0 115200
DEFAULT higher-half
PROMPT 0
LABEL higher-half
  KERNEL mboot.c32
  APPEND /loader.elf --- /kernel.elf hello=world
`;

/** A disc that boots as a CD-ROM, and as a hard disk by its master boot record. */
function isolinuxIso(work, unpack) {
  const tree = join(work, 'isolinux');
  mkdirSync(join(tree, 'isolinux'), { recursive: true });
  const [loader, modules] = [unpack('isolinux'), unpack('syslinux-common')];
  const into = (folder, file) => copyFileSync(file, join(tree, folder, basename(file)));
  into('isolinux', join(loader, 'usr/lib/ISOLINUX/isolinux.bin'));
  for (const name of ['ldlinux', 'libcom32', 'libutil', 'mboot']) {
    into('isolinux', join(modules, `usr/lib/syslinux/modules/bios/${name}.c32`));
  }
  for (const name of ['loader.elf', 'kernel.elf']) into('', join(GUEST, name));
  writeFileSync(join(tree, 'isolinux/isolinux.cfg'), MENU);
  const iso = join(work, 'isolinux.iso');
  const boot = [
    '-b',
    'isolinux/isolinux.bin',
    '-c',
    'isolinux/boot.cat',
    '-no-emul-boot',
    '-boot-load-size',
    '4',
  ];
  const hybrid = ['-boot-info-table', '-isohybrid-mbr', join(loader, 'usr/lib/ISOLINUX/isohdpfx.bin')];
  const { env } = isoTools(work);
  run('xorriso', ['-as', 'mkisofs', '-quiet', '-o', iso, ...boot, ...hybrid, tree], { env });
  return readFileSync(iso);
}

/** GRUB Legacy as its manual puts it on a diskette: both stages, one behind the other. */
function legacyDiskette(unpack) {
  const folder = join(unpack('grub-legacy'), 'usr/lib/grub/x86_64-pc');
  return Buffer.concat(['stage1', 'stage2'].map((name) => readFileSync(join(folder, name))));
}

const names = [...FILES.map(([name]) => name), 'other-grub-legacy.img', 'other-isolinux.iso'];

await provideImages('fetch-others', names, (work, write) => {
  const roots = new Map();
  const unpack = (name) => {
    if (!roots.has(name)) roots.set(name, unpackPackage(name, work));
    return roots.get(name);
  };
  for (const [name, from, path] of FILES) {
    const bytes = readFileSync(join(unpack(from), path));
    write(name, path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  }
  write('other-grub-legacy.img', legacyDiskette(unpack));
  write('other-isolinux.iso', isolinuxIso(work, unpack));
});
