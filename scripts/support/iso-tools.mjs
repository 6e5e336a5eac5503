/** grub-mkrescue and xorriso, installed or out of Debian's packages. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, unpackPackage } from './debian.mjs';

const PLATFORM = 'usr/lib/grub/i386-pc';
/** grub-mkrescue with its modules, xorriso with its libraries. A BIOS image needs no mtools. */
const PACKAGES = [
  'grub-common',
  'grub-pc-bin',
  'xorriso',
  'libisoburn1',
  'libisofs6',
  'libburn4',
  'libjte2',
  'libdevmapper1.02.1',
  'libefiboot1',
  'libefivar1',
  'libreadline8',
];
function installed() {
  try {
    run('grub-mkrescue', ['--version']);
    run('xorriso', ['-version']);
    return existsSync(join('/', PLATFORM, 'multiboot.mod'));
  } catch {
    return false;
  }
}

/** The command, its first arguments and its environment. */
export function isoTools(work) {
  if (installed()) return { command: 'grub-mkrescue', first: [], env: process.env };
  const roots = PACKAGES.map((name) => unpackPackage(name, join(work, 'tools')));
  const paths = (folder) => roots.map((root) => join(root, folder));
  const env = {
    ...process.env,
    PATH: [...paths('usr/bin'), process.env.PATH].join(delimiter),
    LD_LIBRARY_PATH: [...paths('usr/lib/x86_64-linux-gnu'), ...paths('lib/x86_64-linux-gnu')].join(delimiter),
  };
  const root = roots.find((each) => existsSync(join(each, PLATFORM)));
  return { command: 'grub-mkrescue', first: ['-d', join(root, PLATFORM)], env };
}
