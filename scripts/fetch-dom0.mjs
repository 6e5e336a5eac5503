/**
 * Fetches Debian's kernel for all machines, which unlike the cloud kernel can be Xen's dom0, and unpacks it:
 *   vmlinux-generic   the ELF64 file inside its bzImage (xz)
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { payloadOf } from './support/bzimage.mjs';
import { dependencyOf, fileLike, provideImages, run, unpackPackage } from './support/debian.mjs';

await provideImages('fetch-dom0', ['vmlinux-generic'], (work, write) => {
  const kernel = dependencyOf('linux-image-amd64', /linux-image-\d[\w.-]*-amd64/);
  const bzImage = readFileSync(fileLike(join(unpackPackage(kernel, work), 'boot'), /^vmlinuz-/));
  // Behind the compressed data lies its size unpacked, which xz would take for a damaged stream.
  const packed = payloadOf(bzImage).subarray(0, -4);
  const vmlinux = run('xz', ['--decompress', '--stdout'], {
    input: packed,
    encoding: 'buffer',
    stdio: 'pipe',
  });
  if (vmlinux.readUInt32BE(0) !== 0x7f454c46) throw new Error('the payload of bzImage is not an ELF file');
  write('vmlinux-generic', vmlinux);
});
