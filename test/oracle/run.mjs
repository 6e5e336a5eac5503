/**
 * Builds the helper with gcc and the driver with rolldown, as scripts/build.mjs bundles the emulator, into a temporary folder and
 * runs them: `node test/oracle/run.mjs [--cases N] [--seed S] [--only REGEXP] [--all-flags]`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'longmode-oracle-'));
try {
  execFileSync(
    'gcc',
    [
      '-O2',
      '-mno-red-zone',
      '-fno-stack-protector',
      '-mfsgsbase',
      '-Wall',
      '-o',
      join(out, 'host'),
      join(here, 'host.c'),
    ],
    {
      stdio: 'inherit',
    },
  );
  const bundle = await rolldown({
    input: join(here, 'main.ts'),
    platform: 'node',
    optimization: { inlineConst: { mode: 'all', pass: 3 } },
  });
  await bundle.write({ file: join(out, 'main.mjs'), format: 'esm' });
  const { status } = spawnSync(
    process.execPath,
    [join(out, 'main.mjs'), join(out, 'host'), join(here, '../vectors/oracle.txt'), ...process.argv.slice(2)],
    { stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
