/** `npm run test:oracle`: builds the helper with gcc and runs main.ts with it. README.md says what the options mean. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { inTemporaryFolder, runBundled } from '../support/bundle.mjs';

const HERE = import.meta.dirname;
const VECTORS = join(HERE, '../vectors/oracle.txt');
const FLAGS = ['-O2', '-mno-red-zone', '-fno-stack-protector', '-mfsgsbase', '-Wall'];

process.exitCode = await inTemporaryFolder((folder) => {
  const helper = join(folder, 'host');
  execFileSync('gcc', [...FLAGS, '-o', helper, join(HERE, 'host.c')], { stdio: 'inherit' });
  return runBundled(join(HERE, 'main.ts'), [helper, VECTORS, ...process.argv.slice(2)], folder);
});
