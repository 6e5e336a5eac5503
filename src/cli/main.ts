#!/usr/bin/env node
/**
 * Loads the program. It is a script and not a module: V8 can keep what it has compiled of a script, and compiling took
 * a third of the time to a guest's first instruction. `program.cache` is made by `scripts/build.mjs`; another version
 * of Node refuses it and compiles.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { tuneEngine } from './engine.ts';

/** What `entry.ts` exports. */
interface Entry {
  run(version: string): Promise<number>;
}

/** Where to write the cache, when it is being made. */
const MADE_CACHE = 'LONGMODE_MAKE_CACHE';

/** Relative to dist/cli.js, which is what runs. */
const place = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const { version } = JSON.parse(readFileSync(place('../package.json'), 'utf8')) as { version: string };

function readCache(): Buffer | undefined {
  try {
    return readFileSync(place('program.cache'));
  } catch {
    return undefined;
  }
}

tuneEngine(); // First: V8 refuses what it has compiled with other flags.
const made = process.env[MADE_CACHE];
const filename = place('program.cjs');
const cachedData = made === undefined ? readCache() : undefined;
const script = new Script(`(exports, require) => {${readFileSync(filename, 'utf8')}\n}`, {
  filename,
  ...(cachedData ? { cachedData } : {}),
});
const entry = {} as Entry;
script.runInThisContext()(entry, createRequire(import.meta.url));
process.exitCode = await entry.run(version);
if (made !== undefined) writeFileSync(made, script.createCachedData());
