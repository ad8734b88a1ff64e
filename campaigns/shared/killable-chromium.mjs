// Chromium as a process group of its own, which is killed as a whole.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { CHROMIUM_ARGS, WITHOUT_POPUPS } from '../../scripts/chromium-args.mjs';
import { installedChromium } from '../../scripts/steps.mjs';

const ARGS = [
  ...CHROMIUM_ARGS,
  WITHOUT_POPUPS,
  '--headless=new',
  '--remote-debugging-port=0',
  '--disable-gpu',
];
/** Files that a killed browser leaves in its profile, and that keep the next one from starting. */
const LEFT_BEHIND = ['DevToolsActivePort', 'SingletonLock', 'SingletonCookie', 'SingletonSocket'];

/**
 * @typedef {object} KillableChromium
 * @property {import('@playwright/test').Browser} browser
 * @property {import('@playwright/test').BrowserContext} context its only one
 * @property {() => void} kill
 * @property {Promise<unknown>} ended
 */

/**
 * Starts Chromium on a profile.
 * @param {string} profile folder
 * @param {{ userAgent?: string | undefined, executablePath?: string | undefined }} options
 * @returns {Promise<KillableChromium>}
 */
export async function launchChromium(profile, { userAgent, executablePath } = {}) {
  for (const name of LEFT_BEHIND) rmSync(join(profile, name), { force: true });
  const agent = userAgent === undefined ? [] : [`--user-agent=${userAgent}`];
  const child = spawn(
    executablePath ?? installedChromium() ?? chromium.executablePath(),
    [...ARGS, ...agent, `--user-data-dir=${profile}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  const ended = once(child, 'exit');
  const browser = await chromium.connectOverCDP(await endpointOf(child));
  const [context] = browser.contexts();
  if (!context) throw new Error('Chromium has no context.');
  return {
    browser,
    context,
    ended,
    kill() {
      const isRunning = child.exitCode === null && child.signalCode === null;
      // Kill the whole group: the renderer, storage and network processes die with it.
      if (isRunning && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    },
  };
}

/**
 * The address for Playwright, which Chromium prints.
 * @param {import('node:child_process').ChildProcessByStdio<null, null, import('node:stream').Readable>} child
 * @returns {Promise<string>}
 */
function endpointOf(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += String(chunk);
      const found = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(`Chromium ended: ${text.slice(-500)}`)));
  });
}
