import { defineConfig } from '@playwright/test';

const { PERIGEE_CHROMIUM } = process.env;

/** Journeys in a real Chromium against the built demo, SDK and collector. No retries: a flaky journey is a bug to find. */
export default defineConfig({
  testDir: './journeys',
  outputDir: '../test-results/journeys',
  globalSetup: './support/build-lab.ts',
  timeout: 60_000,
  retries: 0,
  workers: 1,
  reporter: [['list'], ['json', { outputFile: process.env['PLAYWRIGHT_JSON_OUTPUT_NAME'] ?? '../test-results/journeys.json' }]],
  use: {
    launchOptions: {
      ...(PERIGEE_CHROMIUM !== undefined && { executablePath: PERIGEE_CHROMIUM }),
      // The sandbox needs a user other than root; the others keep the browser from calling home.
      args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--enable-unsafe-webgpu'],
    },
    screenshot: 'only-on-failure',
  },
});
