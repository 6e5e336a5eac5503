/** `npm run docs:instructions`: see instruction-table-main.ts. */
import { join } from 'node:path';
import { inTemporaryFolder, runBundled } from './bundle.mjs';

process.exitCode = await inTemporaryFolder((folder) =>
  runBundled(join(import.meta.dirname, 'instruction-table-main.ts'), process.argv.slice(2), folder),
);
