/**
 * `node bench/run.mjs NAME [OPTIONS]` bundles bench/NAME.bench.ts exactly as scripts/build.mjs bundles the package
 * (constants inlined across modules, without which a TLB probe runs at half its speed) and runs it in this process.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { precompute } from '../scripts/precompute.mjs';

const [name, ...options] = process.argv.slice(2);
const root = new URL('../', import.meta.url);
const input = new URL(`bench/${name}.bench.ts`, root).pathname;
if (!name || !existsSync(input)) {
  console.error(
    `usage: node bench/run.mjs NAME [OPTIONS], where bench/NAME.bench.ts exists (not ${name ?? 'given'})`,
  );
  process.exit(2);
}

const dir = new URL('node_modules/.cache/longmode-bench/', root).pathname;
await mkdir(dir, { recursive: true });
const bundle = await rolldown({
  input: { [name]: input },
  platform: 'node',
  external: [/^[a-z@][^:]*$/i, /^node:/],
  plugins: [precompute()],
  optimization: { inlineConst: { mode: 'all', pass: 3 } },
});
await bundle.write({ dir, format: 'esm', sourcemap: true, entryFileNames: '[name].js' });
await bundle.close();
process.argv = [process.argv[0], `${dir}${name}.js`, ...options];
await import(pathToFileURL(`${dir}${name}.js`).href);
