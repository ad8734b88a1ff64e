import { defineConfig } from 'vitest/config';

/** Campaigns that measure. They run one after the other, on a machine that does nothing else. */
export default defineConfig({
  test: { include: ['packages/*/src/**/*.campaign.ts'], environment: 'node', maxWorkers: 1 },
});
