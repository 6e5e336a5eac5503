import { defineConfig } from 'vitest/config';

/** Real boot images from Debian's packages; `npm run images` fetches them. A missing image fails. */
export default defineConfig({
  test: {
    include: ['test/images/**/*.test.ts'],
    testTimeout: 600_000,
    fileParallelism: false,
    server: { deps: { external: [/\/dist\//] } },
  },
});
