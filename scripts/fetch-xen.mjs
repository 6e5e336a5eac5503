/** Fetches the Xen hypervisor of Debian's package into `.cache/images/xen` and prints its path. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fileLike, provideImages, unpackPackage } from './support/debian.mjs';

await provideImages('fetch-xen', ['xen'], (work, write) => {
  const root = unpackPackage('xen-hypervisor-4.17-amd64', work);
  const packed = fileLike(join(root, 'boot'), /^xen-.*\.gz$/);
  const bytes = gunzipSync(readFileSync(packed));
  if (bytes.readUInt32BE(0) !== 0x7f454c46) throw new Error(`${packed} is not an ELF file inside`);
  write('xen', bytes);
});
