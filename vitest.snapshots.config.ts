import { defineConfig } from 'vitest/config';

/** Guests and real boot images, saved at random points and loaded again. SNAPSHOT_SEED and SNAPSHOT_POINTS repeat and extend a run. */
export default defineConfig({
  test: {
    include: ['test/guests/snapshots.test.ts', 'test/images/snapshots.test.ts'],
    testTimeout: 1_200_000,
    fileParallelism: false,
    server: { deps: { external: [/\/dist\//] } },
  },
});
