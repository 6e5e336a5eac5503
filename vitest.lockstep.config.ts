import { defineConfig } from 'vitest/config';

/** Every bundled guest on both tiers side by side, compared every few thousand instructions. */
export default defineConfig({
  test: {
    include: ['test/guests/lockstep.test.ts'],
    testTimeout: 600_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
