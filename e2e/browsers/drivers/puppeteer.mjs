// Starts Chromium by the DevTools protocol and Firefox by WebDriver BiDi, both through Puppeteer.
import { existsSync } from 'node:fs';
import { CHROMIUM_ARGS } from '../../../scripts/chromium-args.mjs';
import { installedChromium } from '../../../scripts/steps.mjs';
import { TIMEOUT_MS } from './timeout.mjs';

/** @typedef {import('../types.d.ts').DrivenBrowser} DrivenBrowser */
/** @typedef {import('../types.d.ts').Tab} Tab */

const FIREFOXES = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
];

/**
 * Chromium. WebGPU is on SwiftShader, behind a flag. A `profile` folder that is passed in is kept.
 * @param {{ profile?: string, webgpu?: boolean }} [options]
 * @returns {Promise<DrivenBrowser | null>}
 */
export async function openChromium({ profile, webgpu = false } = {}) {
  const executablePath = process.env.PERIGEE_CHROMIUM ?? installedChromium();
  if (!executablePath) return null;
  return open({
    browser: 'chrome',
    executablePath,
    args: [...CHROMIUM_ARGS, ...(webgpu ? ['--enable-unsafe-webgpu'] : [])],
    ...(profile && { userDataDir: profile }),
  });
}

/**
 * Firefox. WebGPU is behind preferences. A `profile` folder that is passed in is kept.
 * @param {{ profile?: string, webgpu?: boolean }} [options]
 * @returns {Promise<DrivenBrowser | null>}
 */
export async function openFirefox({ profile, webgpu = false } = {}) {
  const executablePath = FIREFOXES.find((path) => existsSync(path));
  if (!executablePath) return null;
  return open({
    browser: 'firefox',
    executablePath,
    ...(profile && { userDataDir: profile }),
    ...(webgpu && {
      extraPrefsFirefox: { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true },
    }),
  });
}

/**
 * @param {import('puppeteer-core').LaunchOptions} options
 * @returns {Promise<DrivenBrowser>}
 */
async function open(options) {
  const { launch } = await import('puppeteer-core');
  const browser = await launch({ headless: true, protocolTimeout: TIMEOUT_MS, ...options });
  return {
    ...tabOf(await browser.newPage()),
    version: (await browser.version()).replace(/^.*\//, ''),
    openTab: async () => tabOf(await browser.newPage()),
    close: () => browser.close(),
  };
}

/**
 * @param {import('puppeteer-core').Page} page
 * @returns {Tab}
 */
function tabOf(page) {
  return {
    goto: async (url) => void (await page.goto(url)),
    call: (source) => page.evaluate(source),
    closeTab: () => page.close(),
  };
}
