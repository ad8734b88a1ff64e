import { defineConfig } from 'vitest/config';

/** Unit tests of every package and model. Pages are built by the vite.config.ts beside them, journeys run by e2e/playwright.config.ts. */
export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/collector/dashboard/**/*.test.ts', 'models/**/*.test.ts', 'scripts/**/*.test.ts'],
    environment: 'node',
    testTimeout: 90_000,
    // Two cores are what CI has; workers inside tests take their share.
    maxWorkers: 2,
  },
});
