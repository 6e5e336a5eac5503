/** Gets the peers: Debian's packages when one of their programs is missing, v86 from npm into the cache. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const DEBIAN: Readonly<Record<string, { file: string; packages: readonly string[] }[]>> = {
  qemu: [{ file: '/usr/bin/qemu-system-x86_64', packages: ['qemu-system-x86'] }],
  bochs: [
    { file: '/usr/bin/bochs', packages: ['bochs'] },
    { file: '/usr/share/bochs/BIOS-bochs-latest', packages: ['bochsbios'] },
    { file: '/usr/share/bochs/VGABIOS-lgpl-latest', packages: ['bochsbios', 'vgabios'] },
    { file: '/usr/bin/grub-mkrescue', packages: ['grub-common'] },
    { file: '/usr/lib/grub/i386-pc/multiboot.mod', packages: ['grub-pc-bin'] },
    { file: '/usr/bin/xorriso', packages: ['xorriso'] },
    { file: '/usr/bin/mformat', packages: ['mtools'] },
  ],
};

const V86 = 'v86@0.5.462';

/** Installs what `peer` lacks. @throws Error with one line when that needs rights this process has not. */
export function installDebian(peer: string): void {
  const missing = (DEBIAN[peer] ?? []).filter(({ file }) => !existsSync(file));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((each) => each.packages))];
  if (process.getuid?.() !== 0)
    throw new Error(`${peer} needs root, or: sudo apt-get install ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
  execFileSync('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...packages], {
    stdio: 'ignore',
    env,
  });
}

/** The folder of the v86 package. */
export function installV86(cache: string): string {
  const folder = join(cache, V86.replace('@', '-'));
  if (existsSync(join(folder, 'package/package.json'))) return join(folder, 'package');
  mkdirSync(folder, { recursive: true });
  execFileSync('npm', ['pack', '--silent', V86], { cwd: folder, stdio: 'ignore' });
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (!archive) throw new Error(`npm pack ${V86} left no archive`);
  execFileSync('tar', ['-xf', archive], { cwd: folder });
  return join(folder, 'package');
}
