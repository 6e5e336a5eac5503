/**
 * Fetches the Xen hypervisor of Debian's package into `.cache/images/xen` (never committed) and prints its path.
 * Needs apt-get, dpkg-deb and nothing installed; an image that is there already is left alone.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const PACKAGE = 'xen-hypervisor-4.17-amd64';
const folder = fileURLToPath(new URL('../.cache/images/', import.meta.url));
const image = join(folder, 'xen');
const work = join(folder, `xen.${process.pid}.part`);

function fail(message) {
  console.error(`fetch-xen: ${message}`);
  process.exitCode = 1;
}

function run(command, args) {
  try {
    execFileSync(command, args, { cwd: work, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Error(`${command} is missing: a Debian or Ubuntu system is needed`);
    const reason = String(error.stderr ?? error.message)
      .trim()
      .split('\n')
      .at(-1);
    throw new Error(`${command} ${args.join(' ')} failed: ${reason}`);
  }
}

function download() {
  try {
    run('apt-get', ['download', PACKAGE]);
  } catch (error) {
    if (/is missing/.test(error.message)) throw error;
    run('apt-get', ['update']); // A fresh container has no package lists, or they name a version that is gone.
    run('apt-get', ['download', PACKAGE]);
  }
}

function fetchImage() {
  download();
  const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
  if (!archive) throw new Error(`apt-get download ${PACKAGE} left no .deb file`);
  run('dpkg-deb', ['-x', archive, 'root']);
  const boot = join(work, 'root', 'boot');
  const packed = readdirSync(boot).find((name) => /^xen-.*\.gz$/.test(name));
  if (!packed) throw new Error(`${archive} holds no boot/xen-*.gz`);
  const bytes = gunzipSync(readFileSync(join(boot, packed)));
  if (bytes.readUInt32BE(0) !== 0x7f454c46) throw new Error(`${packed} is not an ELF file inside`);
  const whole = join(work, 'xen');
  writeFileSync(whole, bytes);
  renameSync(whole, image); // Only a complete image ever gets the final name.
}

if (existsSync(image)) {
  console.log(image);
} else {
  mkdirSync(work, { recursive: true });
  try {
    fetchImage();
    console.log(image);
  } catch (error) {
    fail(error.message);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
