/**
 * Builds the harness with nasm and the driver with rolldown, as scripts/build.mjs bundles the emulator, in a temporary
 * folder and runs them; see main.ts for the words it takes. A missing tool is an error, not a skipped test.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'longmode-references-'));
try {
  for (const name of ['rom', 'harness'])
    execFileSync('nasm', ['-f', 'bin', '-o', join(out, `${name}.bin`), join(here, `${name}.asm`)], {
      stdio: 'inherit',
    });
  copyFileSync(join(here, 'unicorn-runner.py'), join(out, 'unicorn-runner.py'));
  const bundle = await rolldown({
    input: join(here, 'main.ts'),
    platform: 'node',
    optimization: { inlineConst: { mode: 'all', pass: 3 } },
  });
  await bundle.write({ file: join(out, 'main.mjs'), format: 'esm' });
  const { status } = spawnSync(process.execPath, [join(out, 'main.mjs'), out, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
