/** Fetches SeaBIOS and its VGA option ROM of Debian's package into `.cache/images` and prints their paths. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { provideImages, unpackPackage } from './support/debian.mjs';

const FILES = ['bios-256k.bin', 'vgabios-stdvga.bin'];

await provideImages('fetch-seabios', FILES, (work, write) => {
  const root = unpackPackage('seabios', work);
  for (const name of FILES) write(name, readFileSync(join(root, 'usr/share/seabios', name)));
});
