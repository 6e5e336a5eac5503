import { defineConfig } from 'vitest/config';

/** The unit tests and the bundled guests. Real images, fuzzing and the oracle have configurations of their own. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/images/**', 'test/fuzz/**'],
    testTimeout: 60_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
