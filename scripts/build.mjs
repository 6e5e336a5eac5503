/**
 * Bundles src/ into dist/. Constants are inlined across modules: V8 does not fold an imported `const`, and a TLB
 * probe that reads its masks through module cells runs at half the speed of one that has them as literals.
 */
import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { precompute } from './precompute.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const common = {
  platform: 'node',
  external: [/^[a-z@][^:]*$/i, /^node:/],
  plugins: [precompute()],
  optimization: { inlineConst: { mode: 'all', pass: 3 } },
};

/** The library: modules, to be read. */
async function buildLibrary() {
  const input = { index: 'src/index.ts', testing: 'src/testing/index.ts', cli: 'src/cli/main.ts' };
  const bundle = await rolldown({ ...common, input });
  await bundle.write({ dir: dist, format: 'esm', sourcemap: true, chunkFileNames: 'chunk-[name].js' });
}

/** The program of the command line: one script, see src/cli/main.ts. */
async function buildProgram() {
  const bundle = await rolldown({ ...common, input: 'src/cli/entry.ts' });
  await bundle.write({
    file: `${dist}program.cjs`,
    format: 'cjs',
    sourcemap: true,
    dynamicImportInCjs: false,
  });
}

/** What V8 has compiled of the program when it has run a guest. */
function makeCache() {
  const guest = fileURLToPath(new URL('../guests/bin/bench/bench.elf', import.meta.url));
  const args = ['run', guest, '--append', 'bench=none', '--max-instructions', '1000000'];
  const env = { ...process.env, LONGMODE_MAKE_CACHE: `${dist}program.cache` };
  const { status, stderr } = spawnSync(process.execPath, [`${dist}cli.js`, ...args], {
    env,
    encoding: 'utf8',
  });
  if (status !== 33) throw new Error(`the first run of the program ended with ${status}: ${stderr}`);
}

await rm(dist, { recursive: true, force: true });
await Promise.all([buildLibrary(), buildProgram()]);
makeCache();
