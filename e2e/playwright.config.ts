import { defineConfig } from '@playwright/test';
import { installedChromium } from '../scripts/steps.mjs';

const executablePath = process.env['PERIGEE_CHROMIUM'] ?? installedChromium();

/** Journeys in a real Chromium against the built demo, SDK and collector. No retries: a flaky journey is a bug to find. */
export default defineConfig({
  testDir: './journeys',
  outputDir: '../test-results/journeys',
  globalSetup: './support/build-lab.ts',
  timeout: 60_000,
  // A first load tries every backend, and WebGPU in software takes its seconds.
  expect: { timeout: 20_000 },
  retries: 0,
  workers: 1,
  reporter: [['list'], ['json', { outputFile: process.env['PLAYWRIGHT_JSON_OUTPUT_NAME'] ?? '../test-results/journeys.json' }]],
  use: {
    launchOptions: {
      ...(executablePath !== undefined && { executablePath }),
      // The sandbox needs a user other than root; the others keep the browser from calling home.
      args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--enable-unsafe-webgpu'],
    },
    screenshot: 'only-on-failure',
  },
});
