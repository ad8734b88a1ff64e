// Opens the page of an example in Chromium, and judges what it answers.
import { chromium } from '@playwright/test';
import { CHROMIUM_ARGS, WITHOUT_POPUPS_IN_PLAYWRIGHT } from '../../scripts/chromium-args.mjs';
import { findChromium } from '../../scripts/steps.mjs';

/** The answer of onnxruntime-node to the features that shared/check.js makes up. */
const LOGITS = [1.9553532600402832, -1.8012447357177734];
const WAIT_MS = 180_000;

/**
 * `refused`: an error that the set-up is documented to give.
 * @typedef {{ logits?: number[], backend?: string, threads?: number, error?: string,
 *   refused?: boolean }} Answer
 * @typedef {{ file: Answer, wasm: Answer, registry: Answer }} Answers
 */

export async function openBrowser() {
  return chromium.launch(await launchOptions());
}

export async function launchOptions() {
  return {
    executablePath: await findChromium(),
    args: [...CHROMIUM_ARGS, WITHOUT_POPUPS_IN_PLAYWRIGHT],
  };
}

/**
 * Opens the page and waits for its answers. Resolves to a mark for each, and the console's
 * warnings.
 * @param {Pick<import('@playwright/test').Browser, 'newPage'>} browser or a context of it
 * @param {string} url
 * @param {() => void} [stop] stops the host; the page is then opened once more
 */
export async function openPage(browser, url, stop) {
  const page = await browser.newPage();
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
    await page.close();
  }
}

/**
 * Asks again and again, because a strict Content-Security-Policy forbids waitForFunction().
 * @param {import('@playwright/test').Page} page
 * @returns {Promise<Answers>}
 */
async function answersOf(page) {
  const end = performance.now() + WAIT_MS;
  while (performance.now() < end) {
    const answers = await page.evaluate('globalThis.answers');
    if (answers) return answers;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The page did not answer.');
}

/**
 * @param {[string, Answer]} entry
 * @returns {[string, string]}
 */
export function judge([name, { logits, error, threads, refused }]) {
  if (refused) return [name, 'ok, refused as documented'];
  const isRight =
    logits?.length === LOGITS.length &&
    logits.every((value, i) => Math.abs(value - (LOGITS[i] ?? NaN)) < 1e-4);
  if (isRight) return [name, (threads ?? 1) > 1 ? `ok, ${threads} threads` : 'ok'];
  return [name, error ?? `wrong: ${logits}`];
}
