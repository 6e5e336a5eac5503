/**
 * Fetches Debian's cloud kernel and a static busybox, and makes of them in `.cache/images`:
 *   bzImage      the kernel as packed
 *   vmlinux      the ELF64 file inside it (lz4)
 *   initrd.cpio  busybox with an /init that mounts proc, sys and dev and gives a shell on the serial console
 *   modules.cpio drivers of IDE and virtio disks, consoles and entropy and load-modules, to go behind initrd.cpio
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { payloadOf } from './support/bzimage.mjs';
import { characterDevice, cpioArchive, folder, link, program } from './support/cpio.mjs';
import { dependencyOf, fileLike, provideImages, unpackPackage } from './support/debian.mjs';
import { unpackLegacyLz4 } from './support/lz4.mjs';

const INIT = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
echo "longmode-initrd: userspace is up on $(uname -r)"
while :; do setsid cttyhack sh; done
`;
const FOLDERS = ['bin', 'dev', 'proc', 'sys', 'tmp', 'root'];
/** Busybox finds its other applets itself (CONFIG_FEATURE_SH_STANDALONE or `busybox NAME`); these are used by name. */
const APPLETS =
  'sh mount echo uname setsid cttyhack cat ls ps dmesg sha256sum md5sum poweroff reboot halt head tail grep wc seq dd sleep date free env true false test expr sort uniq cut tr vi top kill id hexdump od find stat df du mkdir rm cp mv ln touch awk sed time usleep printf taskset nproc'.split(
    ' ',
  );

/** Modules in the order in which they can be loaded. */
const MODULES = [
  'drivers/scsi/scsi_common',
  'drivers/scsi/scsi_mod',
  'drivers/scsi/sd_mod',
  'drivers/ata/libata',
  'drivers/ata/ata_piix',
  'drivers/virtio/virtio_ring',
  'drivers/virtio/virtio',
  'drivers/virtio/virtio_pci_legacy_dev',
  'drivers/virtio/virtio_pci_modern_dev',
  'drivers/virtio/virtio_pci',
  'drivers/block/virtio_blk',
  'drivers/char/virtio_console',
  'drivers/char/hw_random/virtio-rng',
];

const unpackKernel = (work) =>
  unpackPackage(dependencyOf('linux-image-cloud-amd64', /linux-image-\d[\w.-]*-cloud-amd64/), work);

await provideImages('fetch-linux', ['modules.cpio'], (work, write) => {
  const versions = join(unpackKernel(work), 'lib/modules');
  const modules = MODULES.map((name) =>
    program(`lib/modules/${basename(name)}.ko`, readFileSync(`${fileLike(versions, /./)}/kernel/${name}.ko`)),
  );
  const load = `#!/bin/sh\n${MODULES.map((name) => `busybox insmod /lib/modules/${basename(name)}.ko\n`).join('')}`;
  const folders = ['bin', 'lib', 'lib/modules'].map(folder);
  write('modules.cpio', cpioArchive([...folders, program('bin/load-modules', load), ...modules]));
});

await provideImages('fetch-linux', ['bzImage', 'vmlinux', 'initrd.cpio'], (work, write) => {
  const bzImage = readFileSync(fileLike(join(unpackKernel(work), 'boot'), /^vmlinuz-/));
  const vmlinux = unpackLegacyLz4(payloadOf(bzImage));
  if (vmlinux.readUInt32BE(0) !== 0x7f454c46) throw new Error('the payload of bzImage is not an ELF file');
  const busybox = readFileSync(join(unpackPackage('busybox-static', work), 'bin/busybox'));
  write('bzImage', bzImage);
  write('vmlinux', vmlinux);
  write(
    'initrd.cpio',
    cpioArchive([
      ...FOLDERS.map(folder),
      characterDevice('dev/console', 5, 1),
      characterDevice('dev/null', 1, 3),
      characterDevice('dev/ttyS0', 4, 64),
      program('bin/busybox', busybox),
      ...APPLETS.map((name) => link(`bin/${name}`, 'busybox')),
      program('init', INIT),
    ]),
  );
});
