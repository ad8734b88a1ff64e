// npm run bench -- storage: measures in which form a browser keeps and reads a model's file
// fastest. The store's `chooseFileForm` follows the results.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { build } from 'vite';
import { openFirefox } from '../../../e2e/browsers/drivers/puppeteer.mjs';
import { f, median, ratio } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';
import { serve } from '../../server.mjs';

/** @typedef {import('../../../e2e/browsers/types.d.ts').DrivenBrowser} AnyBrowser */
/** @typedef {Pick<AnyBrowser, 'goto' | 'call' | 'close'>} DrivenBrowser */
/** @typedef {import('../../report/types.d.ts').Say} Say */
/** @typedef {(profile: string) => Promise<DrivenBrowser | null>} OpenBrowser */
/** @typedef {{ op: 'read' | 'write', form: string, key: number }} Task */
/** @typedef {(task: Task) => Promise<number>} Call resolves to milliseconds */

const FORMS = {
  buffer: 'by hand: one ArrayBuffer',
  chunks: 'chunks of 1 MiB',
  blob: 'one Blob',
  opfs: 'one file in OPFS',
};
const SIZES = [14, 45];
const MIB = 1024 * 1024;

export const note =
  'Milliseconds, median (fastest), each in a worker of its own, forms in random turns. ' +
  'Written: all of it, chunks first, which the by-hand way has none of. Again: another ' +
  'worker of the same browser; later: a new browser on the same profile. ' +
  ('A read is opening the database and having the bytes in one array, not verified; the ' +
    'system has the files in its cache.');

/**
 * @param {string} out
 * @param {{ executablePath: string, rounds: number, say: Say }} options
 * @returns rows of a table with a head
 */
export async function measureStorage(out, { executablePath, rounds, say }) {
  await build({
    root: fileURLToPath(new URL('.', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir: out, emptyOutDir: true, target: 'es2022' },
  });
  const server = await serve([['/', out]]);
  /** @type {(readonly import('../../report/types.d.ts').Cell[])[]} */
  const rows = [
    ['browser', 'MiB', 'form', 'written', 'read again', 'read later', 'later ÷ by hand'],
  ];
  try {
    for (const [name, open] of Object.entries({
      Chromium: (/** @type {string} */ profile) => openChromium(profile, executablePath),
      Firefox: (/** @type {string} */ profile) => openFirefox({ profile, webgpu: true }),
    })) {
      for (const size of SIZES)
        rows.push(...(await measure(name, open, server.url, { size, rounds, say })));
    }
  } finally {
    server.close();
  }
  return rows;
}

/**
 * @param {string} name
 * @param {OpenBrowser} open
 * @param {string} url
 * @param {{ size: number, rounds: number, say: Say }} options
 * @returns {Promise<import('../../report/types.d.ts').Table>}
 */
async function measure(name, open, url, { size, rounds, say }) {
  const profile = mkdtempSync(join(tmpdir(), 'perigee-storage-'));
  /** @type {Record<string, Record<'write' | 'again' | 'later', number[]>>} */
  const times = Object.fromEntries(
    Object.keys(FORMS).map((form) => [form, { write: [], again: [], later: [] }]),
  );
  /** @param {(call: Call) => Promise<void>} work */
  const inBrowser = async (work) => {
    const browser = await open(profile);
    if (!browser) return false;
    try {
      await browser.goto(url);
      await work(async (task) =>
        Number(
          await browser.call(`storage(${JSON.stringify({ ...task, sizeBytes: size * MIB })})`),
        ),
      );
    } finally {
      await browser.close();
    }
    return true;
  };
  /**
   * @param {Call} call
   * @param {'again' | 'later'} how
   */
  const read = async (call, how) => {
    for (const form of shuffle(Object.keys(FORMS)))
      times[form][how].push(await call({ op: 'read', form, key: 0 }));
  };
  try {
    const isThere = await inBrowser(async (call) => {
      for (let key = 0; key < rounds; key += 1) {
        say(`${name}, ${size} MiB, ${key + 1} of ${rounds}`);
        for (const form of shuffle(Object.keys(FORMS)))
          times[form].write.push(await call({ op: 'write', form, key }));
        await read(call, 'again');
      }
    });
    if (!isThere) return [[name, size, 'not installed', '–', '–', '–', '–']];
    for (let round = 0; round < rounds; round += 1) await inBrowser((call) => read(call, 'later'));
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  /** @param {readonly number[]} list */
  const cell = (list) => `${f(median(list))} (${f(Math.min(...list))})`;
  return Object.entries(FORMS).map(([form, title]) => [
    name,
    size,
    title,
    cell(times[form].write),
    cell(times[form].again),
    cell(times[form].later),
    ratio(median(times[form].later), median(times.buffer.later)),
  ]);
}

/**
 * @param {string} profile
 * @param {string} executablePath
 * @returns {Promise<DrivenBrowser>}
 */
async function openChromium(profile, executablePath) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: ['--no-sandbox'],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  return {
    goto: async (url) => void (await page.goto(url)),
    call: (source) => page.evaluate(source),
    close: () => context.close(),
  };
}
