// Opens a web extension in a Chromium of its own, and asks its page or its background to answer.
import { chromium } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, launchOptions, openPage } from './pages.mjs';

/**
 * @param {string} folder the unpacked extension
 * @param {'page' | 'background'} where
 * @param {string} host the address of the models
 * @returns {Promise<{ marks: Record<string, string>, said: string[] }>}
 */
export async function openExtension(folder, where, host) {
  const profile = await mkdtemp(join(tmpdir(), 'perigee-extension-'));
  const { executablePath, args } = await launchOptions();
  const flags = [`--disable-extensions-except=${folder}`, `--load-extension=${folder}`];
  // The new headless mode runs extensions; Playwright's default does not.
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: false,
    args: [...args, ...flags, '--headless=new'],
  });
  try {
    const [running] = context.serviceWorkers();
    const background = running ?? (await context.waitForEvent('serviceworker'));
    const origin = new URL(host).origin;
    const { href } = new URL(`page.html?host=${origin}`, background.url());
    if (where === 'page') return await openPage(context, href);
    /** @type {Record<string, import('./pages.mjs').Answer>} */
    const answers = await background.evaluate(`checkFrom('${origin}')`);
    return { marks: Object.fromEntries(Object.entries(answers).map(judge)), said: [] };
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}
