import { defineConfig } from '@playwright/test';
import { CHROMIUM_ARGS, WITHOUT_POPUPS_IN_PLAYWRIGHT } from '../scripts/chromium-args.mjs';
import { installedChromium } from '../scripts/steps.mjs';

const executablePath = process.env['PERIGEE_CHROMIUM'] ?? installedChromium();

/**
 * Journeys in a real Chromium against the built demo, SDK and collector. No retries: a flaky
 * journey is a bug to find.
 */
export default defineConfig({
  testDir: './journeys',
  outputDir: '../test-results/journeys',
  globalSetup: './support/build-lab.ts',
  // These limits only end a hang. On a machine with a load of 16 a journey takes ten times as long
  // as alone, and a first load on WebGPU in software takes seconds even alone.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  retries: 0,
  // Journeys mostly wait, so two share the processors.
  workers: 2,
  reporter: [
    ['list'],
    [
      'json',
      { outputFile: process.env['PLAYWRIGHT_JSON_OUTPUT_NAME'] ?? '../test-results/journeys.json' },
    ],
  ],
  use: {
    launchOptions: {
      ...(executablePath !== undefined && { executablePath }),
      args: [...CHROMIUM_ARGS, WITHOUT_POPUPS_IN_PLAYWRIGHT, '--enable-unsafe-webgpu'],
    },
    screenshot: 'only-on-failure',
  },
});
