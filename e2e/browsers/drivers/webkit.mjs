// Starts WebKitGTK's MiniBrowser: by WebDriver, or without a driver, with a page that asks for its
// work. A browser that a driver started keeps nothing of its sessions.
import { existsSync } from 'node:fs';
import { freePort } from '../../../scripts/steps.mjs';
import { openDriven } from './driven-page.mjs';
import { startPrograms, until } from './programs.mjs';
import { TIMEOUT_MS } from './timeout.mjs';

/** @typedef {import('../types.d.ts').DrivenBrowser} DrivenBrowser */
/** @typedef {import('../types.d.ts').Tab} Tab */

const DRIVER = '/usr/bin/WebKitWebDriver';
const MINI_BROWSERS = [
  '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
  '/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
  '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.0/MiniBrowser',
];

/**
 * WebKitGTK on a virtual screen if there is no other. A `profile` folder that is passed in is kept.
 * `sharedMemory` gives pages SharedArrayBuffer, which WebKitGTK leaves out.
 * @param {{ profile?: string, sharedMemory?: boolean }} [options]
 * @returns {Promise<DrivenBrowser | null>}
 */
export async function openWebKit({ profile, sharedMemory = false } = {}) {
  const binary = MINI_BROWSERS.find((path) => existsSync(path));
  if (!binary || !existsSync(DRIVER)) return null;
  const env = sharedMemory ? { JSC_useSharedArrayBuffer: '1' } : {};
  return profile ? openDriven(binary, profile, env) : openByDriver(binary, env);
}

/**
 * @param {string} binary
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<DrivenBrowser>}
 */
async function openByDriver(binary, env) {
  const { Builder } = await import('selenium-webdriver');
  const port = await freePort();
  const server = `http://127.0.0.1:${port}`;
  const programs = startPrograms(DRIVER, [`--port=${port}`, '--host=127.0.0.1'], env);
  await until('WebKitWebDriver', () => fetch(`${server}/status`).then(({ ok }) => ok));
  const driver = await new Builder()
    .usingServer(server)
    .withCapabilities({
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary, args: ['--automation'] },
    })
    .build();
  await driver.manage().setTimeouts({ script: TIMEOUT_MS });
  return {
    ...tabOf(driver, await driver.getWindowHandle()),
    version: String((await driver.getCapabilities()).get('browserVersion')),
    async openTab() {
      await driver.switchTo().newWindow('tab');
      return tabOf(driver, await driver.getWindowHandle());
    },
    async close() {
      await driver.quit();
      await programs.stop();
    },
  };
}

/**
 * @param {import('selenium-webdriver').Driver} driver
 * @param {string} handle
 * @returns {Tab}
 */
function tabOf(driver, handle) {
  const enter = () => driver.switchTo().window(handle);
  return {
    async goto(url) {
      await enter();
      await driver.get(url);
    },
    async call(source) {
      await enter();
      const { value, error } = await driver.executeAsyncScript(
        'const done = arguments[arguments.length - 1]; ' +
          `Promise.resolve(${source}).then((value) => done({ value }), (error) => done({ ` +
          'error: String(error && error.message || error) }));',
      );
      if (error !== undefined) throw new Error(error);
      return value;
    },
    async closeTab() {
      await enter();
      await driver.close();
    },
  };
}
