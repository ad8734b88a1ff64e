// Opens the page of an example in Chromium, and judges what it answers.
import { chromium } from '@playwright/test';
import { findChromium } from '../../scripts/steps.mjs';

/** The answer of onnxruntime-node to the features that shared/check.js makes up. */
const LOGITS = [1.9553532600402832, -1.8012447357177734];
const WAIT_MS = 180_000;

/**
 * @typedef {{ logits?: number[], backend?: string, threads?: number, error?: string }} Answer
 * @typedef {{ file: Answer, wasm: Answer, registry: Answer }} Answers
 */

export async function openBrowser() {
  return chromium.launch({
    executablePath: await findChromium(),
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/**
 * Opens the page and waits for its answers. Resolves to a mark for each, and the console's
 * warnings.
 * @param {import('@playwright/test').Browser} browser
 * @param {string} url
 * @param {() => void} [stop] stops the host; the page is then opened once more
 */
export async function openPage(browser, url, stop) {
  const context = await browser.newContext();
  const page = await context.newPage();
  /** @type {string[]} */
  const said = [];
  page.on('console', (message) => {
    const { url } = message.location();
    if (['error', 'warning'].includes(message.type()) && !url.endsWith('favicon.ico'))
      said.push(message.text());
  });
  page.on('pageerror', ({ message }) => said.push(message));
  try {
    await page.goto(url);
    const answers = await answersOf(page);
    const marks = Object.fromEntries(Object.entries(answers).map(judge));
    if (!stop) return { marks, said };
    const before = [...said];
    stop();
    await page.reload();
    const { registry } = await answersOf(page);
    return {
      marks: { ...marks, ...Object.fromEntries([judge(['offline', registry])]) },
      said: before,
    };
  } catch (error) {
    return { marks: { page: String(error).split('\n')[0] ?? '' }, said };
  } finally {
    await context.close();
  }
}

/**
 * @param {import('@playwright/test').Page} page
 * @returns {Promise<Answers>}
 */
async function answersOf(page) {
  await page.waitForFunction('globalThis.answers', undefined, { timeout: WAIT_MS });
  return page.evaluate('globalThis.answers');
}

/**
 * @param {[string, Answer]} entry
 * @returns {[string, string]}
 */
export function judge([name, { logits, error, threads }]) {
  const isRight =
    logits?.length === LOGITS.length &&
    logits.every((value, i) => Math.abs(value - (LOGITS[i] ?? NaN)) < 1e-4);
  if (isRight) return [name, (threads ?? 1) > 1 ? `ok, ${threads} threads` : 'ok'];
  return [name, error ?? `wrong: ${logits}`];
}
