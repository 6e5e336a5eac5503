/**
 * Makes `.cache/images/other-linux-efi.iso`: GRUB for EFI by grub-mkrescue, with the kernel and the initrd of
 * `fetch-linux.mjs` and a serial terminal. Uses the tools that are installed, or those of Debian's packages, unpacked.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideImages, run, unpackPackage } from './support/debian.mjs';
import { isoTools } from './support/iso-tools.mjs';

const IMAGES = fileURLToPath(new URL('../.cache/images/', import.meta.url));

const CONFIGURATION = `serial --unit=0 --speed=115200
terminal_input serial
terminal_output serial
set timeout=0
menuentry linux {
  linux /boot/bzImage console=ttyS0
  initrd /boot/initrd.cpio
}
`;

await provideImages('make-efi-iso', ['other-linux-efi.iso'], (work, write) => {
  const tree = join(work, 'tree');
  mkdirSync(join(tree, 'boot/grub'), { recursive: true });
  for (const name of ['bzImage', 'initrd.cpio']) copyFileSync(join(IMAGES, name), join(tree, 'boot', name));
  writeFileSync(join(tree, 'boot/grub/grub.cfg'), CONFIGURATION);
  const { command, env } = isoTools(work);
  const platform = join(unpackPackage('grub-efi-amd64-bin', work), 'usr/lib/grub/x86_64-efi');
  // The image of the EFI system partition is made with mtools.
  const mtools = join(unpackPackage('mtools', work), 'usr/bin');
  const iso = join(work, 'other-linux-efi.iso');
  const small = ['--fonts=', '--locales=', '--themes='];
  run(command, ['-d', platform, ...small, '-o', iso, tree], {
    env: { ...env, PATH: [mtools, env.PATH].join(delimiter) },
  });
  write('other-linux-efi.iso', readFileSync(iso));
});
