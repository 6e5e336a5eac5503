/**
 * Fetches Debian's cloud kernel and a static busybox, and makes of them in `.cache/images`:
 *   bzImage      the kernel as packed
 *   vmlinux      the ELF64 file inside it (lz4)
 *   initrd.cpio  busybox with an /init that mounts proc, sys and dev and gives a shell on the serial console
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** The packed kernel inside a bzImage (Linux/x86 boot protocol 2.08: payload_offset and payload_length). */
function payloadOf(bzImage) {
  if (bzImage.toString('latin1', 0x202, 0x206) !== 'HdrS') throw new Error('bzImage: no HdrS at 0x202');
  const start = ((bzImage[0x1f1] || 4) + 1) * 512 + bzImage.readUInt32LE(0x248);
  return bzImage.subarray(start, start + bzImage.readUInt32LE(0x24c));
}

await provideImages('fetch-linux', ['bzImage', 'vmlinux', 'initrd.cpio'], (work, write) => {
  const kernel = dependencyOf('linux-image-cloud-amd64', /linux-image-\d[\w.-]*-cloud-amd64/);
  const bzImage = readFileSync(fileLike(join(unpackPackage(kernel, work), 'boot'), /^vmlinuz-/));
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
