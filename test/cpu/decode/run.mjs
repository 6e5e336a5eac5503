/** `npm run test:decoder`: see iced-main.ts. */
import { join } from 'node:path';
import { inTemporaryFolder, runBundled } from '../../support/bundle.mjs';

process.exitCode = await inTemporaryFolder((folder) =>
  runBundled(join(import.meta.dirname, 'iced-main.ts'), process.argv.slice(2), folder),
);
