// Apps in empty folders outside the repository, as users have them.
import { chromium } from '@playwright/test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../../e2e/browsers/serve.mjs';
import { findChromium, npm, ROOT, StepError } from '../steps.mjs';

/** Small and large, light and dark. */
const SCREENS = /** @type {const} */ ([
  { width: 360, height: 740, colorScheme: 'light' },
  { width: 1280, height: 800, colorScheme: 'dark' },
]);

/** The smallest size of a button that a finger can touch. */
const FINGER_PX = 24;

const FOLDER = join(ROOT, 'packages/create-perigee/templates');
/** The templates of `npm create perigee`. The folders without a package are parts of several. */
export const TEMPLATES = readdirSync(FOLDER).filter((name) =>
  existsSync(join(FOLDER, name, 'package.json')),
);

/** @typedef {import('@playwright/test').Browser} Browser */

/**
 * Lends an empty folder, where nothing of this repository is found, and removes it.
 * @template T
 * @param {(folder: string) => Promise<T>} work
 */
export async function inEmptyFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-app-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * @template T
 * @param {(browser: Browser) => Promise<T>} work
 */
export async function withBrowser(work) {
  const executablePath = await findChromium();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/**
 * Installs and runs an app of a template, and checks what it says about each sample.
 * @param {string} app folder
 * @param {string} template
 * @param {Browser} browser
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function tryApp(app, template, browser, env) {
  const labels = samplesOf(app);
  await npm(app, ['install'], env);
  if (template === 'node') {
    const output = await npm(app, ['start'], env);
    const right = labels.every((label) => output.includes(`A ${label} is read as ${label} (`));
    if (!right) throw new StepError(`The app does not read every sample:\n${output}`);
    return;
  }
  await npm(app, ['run', 'build'], env);
  await openBuilt(join(app, 'dist'), browser, (page) => readSamples(page, labels));
}

/** @param {string} app folder */
function samplesOf(app) {
  /** @type {{ label: string }[]} */
  const samples = JSON.parse(readFileSync(join(app, 'model', 'samples.json'), 'utf8'));
  return samples.map(({ label }) => label);
}

/**
 * Opens a built page on each kind of screen. It may write no error and be no wider than the screen.
 * @param {string} dist folder
 * @param {Browser} browser
 * @param {(page: import('@playwright/test').Page) => Promise<void>} work
 */
export async function openBuilt(dist, browser, work) {
  const host = await serve({ '/': dist });
  try {
    for (const { colorScheme, ...viewport } of SCREENS) {
      const context = await browser.newContext({ colorScheme, viewport });
      const page = await context.newPage();
      /** @type {string[]} */
      const errors = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await page.goto(host.url);
      await work(page);
      const tooWide = await page.evaluate(() => document.body.scrollWidth - innerWidth);
      if (tooWide > 0) errors.push(`The page is ${tooWide} px wider than ${viewport.width} px.`);
      await context.close();
      if (errors.length > 0) throw new StepError(`The page has errors:\n${errors.join('\n')}`);
    }
  } finally {
    host.close();
  }
}

/**
 * Shows one sample after the other, with the keyboard alone.
 * @param {import('@playwright/test').Page} page
 * @param {readonly string[]} labels
 */
async function readSamples(page, labels) {
  for (const label of labels) {
    const answer = page.locator('.answer', { hasText: new RegExp(`^${label}$`) });
    await answer.waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Next sample' }).press('Enter');
  }
  await drawOne(page);
}

/**
 * Draws a 1 with the arrow keys.
 * @param {import('@playwright/test').Page} page
 */
async function drawOne(page) {
  await page.getByRole('button', { name: 'Clear' }).press('Enter');
  await page.locator('.answer', { hasText: '–' }).waitFor();
  const first = page.getByRole('button', { name: 'Row 1, column 1' });
  const { width = 0 } = (await first.boundingBox()) ?? {};
  if (width < FINGER_PX) throw new StepError(`A pixel is ${width} px wide: too small to touch.`);
  await first.focus();
  for (let column = 1; column < 4; column += 1) await page.keyboard.press('ArrowRight');
  for (let row = 1; row <= 8; row += 1) {
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
  }
  await page.locator('.answer', { hasText: /^1$/ }).waitFor({ timeout: 60_000 });
}
