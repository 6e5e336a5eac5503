/**
 * Makes a GRUB 2 ISO of every higher-half guest that ends in PASS, as its developer would: grub-mkrescue, the loader as
 * `multiboot`, its kernel as `module`, a serial terminal. They lie in `.cache/images/grub-NAME.iso`. Uses the tools
 * that are installed, or those of Debian's packages, unpacked.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideImages, run } from './support/debian.mjs';
import { isoTools } from './support/iso-tools.mjs';

const GUESTS = fileURLToPath(new URL('../guests/', import.meta.url));
const PASSED = 33;

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
  const found = isoTools(work);
  for (const guest of guests) write(isoOf(guest), makeIso(guest, work, found));
});
