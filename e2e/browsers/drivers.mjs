// Starts each engine and runs scripts in it, with the drivers that Debian and npm provide. Each
// function resolves to null if the browser is not installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { freePort } from '../../scripts/steps.mjs';

/** @typedef {import('./types.d.ts').DrivenBrowser} DrivenBrowser */

const FIREFOXES = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
];
const WEBKIT_DRIVER = '/usr/bin/WebKitWebDriver';
const MINI_BROWSERS = [
  '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
  '/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
  '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.0/MiniBrowser',
];
/** Time limit of a scenario. A scenario that hangs fails under its own name. */
const TIMEOUT_MS = 120_000;

/**
 * Firefox by WebDriver BiDi. WebGPU is behind preferences there. Keeps a `profile` folder that is
 * passed in.
 * @param {string} [profile]
 * @returns {Promise<DrivenBrowser | null>}
 */
export async function openFirefox(profile) {
  const executablePath = FIREFOXES.find((path) => existsSync(path));
  if (!executablePath) return null;
  const { launch } = await import('puppeteer-core');
  const browser = await launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    protocolTimeout: TIMEOUT_MS,
    ...(profile && { userDataDir: profile }),
    extraPrefsFirefox: { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true },
  });
  const page = await browser.newPage();
  return {
    name: `Firefox (${await browser.version()})`,
    goto: async (url) => void (await page.goto(url)),
    call: (source) => page.evaluate(source),
    close: () => browser.close(),
  };
}

/**
 * WebKitGTK's MiniBrowser by WebDriver, on a virtual screen if there is no other.
 * @returns {Promise<DrivenBrowser | null>}
 */
export async function openWebKit() {
  const binary = MINI_BROWSERS.find((path) => existsSync(path));
  if (!binary || !existsSync(WEBKIT_DRIVER)) return null;
  const { Builder } = await import('selenium-webdriver');
  const port = await freePort();
  const display = process.env.DISPLAY ?? `:${90 + (process.pid % 900)}`;
  /** @type {import('node:child_process').ChildProcess[]} */
  const started = [];
  if (!process.env.DISPLAY)
    started.push(spawn('Xvfb', [display, '-screen', '0', '1280x900x24'], { stdio: 'ignore' }));
  started.push(
    spawn(WEBKIT_DRIVER, [`--port=${port}`, '--host=127.0.0.1'], {
      stdio: 'ignore',
      env: { ...process.env, DISPLAY: display },
    }),
  );
  await answering(port);
  const driver = await new Builder()
    .usingServer(`http://127.0.0.1:${port}`)
    .withCapabilities({
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary, args: ['--automation'] },
    })
    .build();
  await driver.manage().setTimeouts({ script: TIMEOUT_MS });
  const version = (await driver.getCapabilities()).get('browserVersion');
  return {
    name: `WebKitGTK (${version})`,
    goto: (url) => driver.get(url),
    call: async (source) => {
      const { value, error } = await driver.executeAsyncScript(
        'const done = arguments[arguments.length - 1]; ' +
          `Promise.resolve(${source}).then((value) => done({ value }), (error) => done({ ` +
          'error: String(error && error.message || error) }));',
      );
      if (error !== undefined) throw new Error(error);
      return value;
    },
    async close() {
      await driver.quit();
      for (const child of started) child.kill();
    },
  };
}

/** @param {number} port */
async function answering(port) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (
      await fetch(`http://127.0.0.1:${port}/status`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('WebKitWebDriver did not start.');
}
