// node scripts/docs/screenshots.mjs: takes the pictures of the demo in README.md, light and dark.
// It needs the built packages and demo (`npm run build`), and a Chromium: that of Playwright, or
// PERIGEE_CHROMIUM.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { startDemo } from '../../demo/server.mjs';
import { CHROMIUM_ARGS } from '../chromium-args.mjs';
import { main, node, ROOT, StepError } from '../steps.mjs';

const PICTURES = join(ROOT, 'docs', 'pictures');
/** A repository's page should load fast. */
const MAX_BYTES = 150_000;
const SIZE = { width: 1280, height: 760 };

await main(async () => {
  const registry = join(ROOT, '.perigee', 'registry');
  await node('models/publish.mjs', [registry]);
  const demo = await startDemo({ port: 0, dist: join(ROOT, 'demo', 'dist'), registry });
  const executablePath = process.env.PERIGEE_CHROMIUM;
  const browser = await chromium.launch({
    args: CHROMIUM_ARGS,
    ...(executablePath && { executablePath }),
  });
  try {
    mkdirSync(PICTURES, { recursive: true });
    for (const theme of /** @type {const} */ (['light', 'dark'])) {
      const page = await browser.newPage({
        viewport: SIZE,
        colorScheme: theme,
        reducedMotion: 'reduce',
      });
      await page.goto(demo.url);
      await drawDigit(page);
      const path = join(PICTURES, `demo-${theme}.png`);
      await page.screenshot({ path });
      await page.close();
      check(path);
    }
  } finally {
    await browser.close();
    await demo.close();
  }
});

/**
 * Draws a 7 on the pad of the first page, and waits for the answer.
 * @param {import('@playwright/test').Page} page
 */
async function drawDigit(page) {
  const pad = page.locator('canvas').first();
  const box = await pad.boundingBox();
  if (!box) throw new StepError('The first page of the demo shows no pad.');
  const to = (/** @type {number} */ x, /** @type {number} */ y) =>
    page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 8 });
  await to(0.28, 0.24);
  await page.mouse.down();
  await to(0.72, 0.24);
  await to(0.44, 0.8);
  await page.mouse.up();
  await page.mouse.move(0, 0);
  await page.getByRole('main').getByText('7', { exact: true }).first().waitFor();
  await page.waitForLoadState('networkidle');
}

/** @param {string} path */
function check(path) {
  const { size } = statSync(path);
  if (size > MAX_BYTES) throw new StepError(`${path} has ${size} bytes; at most ${MAX_BYTES}.`);
  console.log(`${path}: ${Math.round(size / 1000)} KB`);
}
