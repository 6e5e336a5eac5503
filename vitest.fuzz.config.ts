import { defineConfig } from 'vitest/config';

/** Random input: images, device registers, guest code. The seed is printed by every failure. */
export default defineConfig({
  test: {
    include: ['test/fuzz/**/*.test.ts'],
    testTimeout: 1_200_000,
    fileParallelism: false,
    server: { deps: { external: [/\/dist\//] } },
  },
});
