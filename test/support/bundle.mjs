/** Bundles a test program as scripts/build.mjs bundles the emulator (constants inlined: several times faster) and runs it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const ICED = pathToFileURL(createRequire(import.meta.url).resolve('iced-x86')).href;

/** Calls `use` with a folder of its own that is gone afterwards. */
export async function inTemporaryFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'longmode-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `input` with `words` as arguments; its exit status. */
export async function runBundled(input, words, folder) {
  const bundle = await rolldown({
    input,
    platform: 'node',
    external: ['iced-x86'],
    optimization: { inlineConst: { mode: 'all', pass: 3 } },
  });
  const file = join(folder, 'main.mjs');
  await bundle.write({ file, format: 'esm', paths: { 'iced-x86': ICED } });
  return spawnSync(process.execPath, [file, ...words], { stdio: 'inherit' }).status ?? 1;
}
