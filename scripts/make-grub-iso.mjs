/**
 * Makes a GRUB 2 ISO of every higher-half guest that ends in PASS, as its developer would: grub-mkrescue, the loader as
 * `multiboot`, its kernel as `module`, a serial terminal. They lie in `.cache/images/grub-NAME.iso`. Uses the tools
 * that are installed, or those of Debian's packages, unpacked.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideImages, run, unpackPackage } from './support/debian.mjs';

const GUESTS = fileURLToPath(new URL('../guests/', import.meta.url));
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
const PASSED = 33;

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
function tools(work) {
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

/** GRUB's quoting: only the single quote needs care. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function configuration(guest) {
  const line = (verb, file, text) => `  ${verb} /boot/${basename(file)} ${text === '' ? '' : quoted(text)}`;
  return [
    'serial --unit=0 --speed=115200',
    'terminal_input serial',
    'terminal_output serial',
    'set timeout=0',
    `menuentry ${quoted(guest.name)} {`,
    line('multiboot', guest.kernel, guest.append),
    ...guest.modules.map(({ file, cmdline }) => line('module', file, cmdline)),
    '}',
    '',
  ].join('\n');
}

function makeIso(guest, work, { command, first, env }) {
  const tree = join(work, guest.name);
  mkdirSync(join(tree, 'boot/grub'), { recursive: true });
  for (const file of [guest.kernel, ...guest.modules.map((module) => module.file)]) {
    writeFileSync(join(tree, 'boot', basename(file)), readFileSync(join(GUESTS, file)));
  }
  writeFileSync(join(tree, 'boot/grub/grub.cfg'), configuration(guest));
  const iso = join(work, `${guest.name}.iso`);
  const small = ['--fonts=', '--locales=', '--themes=', '--compress=no'];
  run(command, [...first, ...small, '-o', iso, tree], { env });
  return readFileSync(iso);
}

const manifest = JSON.parse(readFileSync(join(GUESTS, 'manifest.json'), 'utf8'));
const guests = manifest.guests.filter(
  ({ name, expect }) => name.startsWith('higher-half') && expect.status === PASSED,
);
const isoOf = (guest) => `grub-${guest.name}.iso`;

await provideImages('make-grub-iso', guests.map(isoOf), (work, write) => {
  const found = tools(work);
  for (const guest of guests) write(isoOf(guest), makeIso(guest, work, found));
});
