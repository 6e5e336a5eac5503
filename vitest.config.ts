import { defineConfig } from 'vitest/config';

/** The unit tests and the bundled guests. Real images, fuzzing, lockstep and the oracle have configurations of their own. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/images/**',
      'test/fuzz/**',
      'test/guests/lockstep.test.ts',
      'test/guests/snapshots.test.ts',
    ],
    testTimeout: 60_000,
    // No test changes what another sees; a fresh context for every file costs more than the tests do.
    isolate: false,
    // By default one processor of the machine stays idle.
    maxWorkers: '100%',
    server: { deps: { external: [/\/dist\//] } },
  },
});
