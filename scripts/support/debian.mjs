/**
 * Files out of Debian packages, without installing anything: what every `fetch-*` script shares. Needs apt-get and
 * dpkg-deb. Results lie in `.cache/images`, which is never committed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const IMAGES = fileURLToPath(new URL('../../.cache/images/', import.meta.url));

/** Runs a command and gives its standard output; a failure is one line that names it. */
export function run(command, args, options = {}) {
  try {
    return execFileSync(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      ...options,
    });
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Error(`${command} is missing: a Debian or Ubuntu system is needed`, { cause: error });
    const reason = String(error.stderr || error.message)
      .trim()
      .split('\n')
      .at(-1);
    throw new Error(`${command} ${args.join(' ')} failed: ${reason}`, { cause: error });
  }
}

let updated = false;

/** A fresh container has no package lists, or they name a version that is gone: then once more with new ones. */
function withLists(attempt) {
  try {
    return attempt();
  } catch (error) {
    if (updated || /is missing/.test(error.message)) throw error;
    run('apt-get', ['update']);
    updated = true;
    return attempt();
  }
}

/** The newest package that a metapackage depends on, by a pattern of its name. */
export function dependencyOf(metapackage, pattern) {
  return withLists(() => {
    const found = run('apt-cache', ['depends', metapackage]).match(pattern);
    if (!found) throw new Error(`apt-cache depends ${metapackage} names no package like ${pattern}`);
    return found[0];
  });
}

/** Downloads a package into `folder` and unpacks it; gives the folder that holds its files. */
export function unpackPackage(name, folder) {
  const work = join(folder, name);
  mkdirSync(work, { recursive: true });
  withLists(() => run('apt-get', ['download', name], { cwd: work }));
  const archive = readdirSync(work).find((entry) => entry.endsWith('.deb'));
  if (!archive) throw new Error(`apt-get download ${name} left no .deb file`);
  const root = join(work, 'root');
  run('dpkg-deb', ['-x', join(work, archive), root]);
  return root;
}

/** The one file in `folder` whose name matches. */
export function fileLike(folder, pattern) {
  const name = existsSync(folder) ? readdirSync(folder).find((entry) => pattern.test(entry)) : undefined;
  if (!name) throw new Error(`${folder} holds no file like ${pattern}`);
  return join(folder, name);
}

/**
 * Makes the images named in `names` with `make(work, write)` unless all of them are there, and prints their paths.
 * Only complete images ever get their final names, so an interrupted run leaves nothing half done.
 */
export async function provideImages(script, names, make) {
  const paths = names.map((name) => join(IMAGES, name));
  if (!paths.every((path) => existsSync(path))) {
    const work = join(IMAGES, `${script}.${process.pid}.part`);
    mkdirSync(work, { recursive: true });
    try {
      const made = new Map();
      await make(work, (name, bytes) => {
        const part = join(work, `${name}.whole`);
        writeFileSync(part, bytes);
        made.set(name, part);
      });
      for (const name of names) {
        if (!made.has(name)) throw new Error(`${name} was not made`);
        renameSync(made.get(name), join(IMAGES, name));
      }
    } catch (error) {
      console.error(`${script}: ${error.message}`);
      process.exitCode = 1;
      return;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  for (const path of paths) console.log(path);
}
