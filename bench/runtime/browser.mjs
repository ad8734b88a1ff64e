// Starts Chromium and measures in it, for the sections.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { CHROMIUM_ARGS, WITHOUT_POPUPS_IN_PLAYWRIGHT } from '../../scripts/chromium-args.mjs';

/** @typedef {import('../server.mjs').BenchServer} BenchServer */
/** @typedef {import('@playwright/test').Browser} Browser */
/** @typedef {import('./types.d.ts').Lab} Lab */
/** @typedef {import('./types.d.ts').Visit} Visit */
/**
 * An event of a trace of Chromium.
 * @typedef {object} TraceEvent
 * @property {string} name
 * @property {number} pid
 * @property {number} tid
 * @property {number} [tdur] CPU time of the thread, in microseconds
 * @property {{ name?: string }} [args]
 */

const ARGS = [
  ...CHROMIUM_ARGS,
  WITHOUT_POPUPS_IN_PLAYWRIGHT,
  '--enable-blink-features=ForceEagerMeasureMemory',
];
const SETTLE_MS = 400;
const SAMPLE_MS = 10;
/** Categories of a trace that has the tasks of threads. */
export const TASKS = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];
/** After its first answer a page writes to its store and fetches code for later visits. */
const QUIET_MS = 2_500;

/** Leaves a page alone for as long as a person looks at an answer. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, QUIET_MS));

/** @param {string} executablePath */
export const launch = (executablePath) => chromium.launch({ executablePath, args: ARGS });

/**
 * A page of the lab in a context of its own, without the store or cache of another measurement.
 * @param {Browser} browser
 * @param {string} url
 */
export async function openLab(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => document.title === 'ready');
  return page;
}

/**
 * Runs one function of the lab in a page of its own.
 * @template {keyof Lab} Name
 * @param {Browser} browser
 * @param {string} url
 * @param {Name} name
 * @param {object} options
 * @param {object} [before] the options of a run on an earlier visit; the page is left alone after
 *   it for a while, and reloaded
 * @returns {Promise<Awaited<ReturnType<Lab[Name]>>>}
 */
export async function inLab(browser, url, name, options, before) {
  const page = await openLab(browser, url);
  /** @param {object} request */
  const run = (request) => {
    /** @type {{ what: keyof Lab, request: object }} */
    const task = { what: name, request };
    return page.evaluate(
      /** @returns {Promise<unknown>} */
      ({ what, request: asked }) => bench[what](asked),
      task,
    );
  };
  try {
    if (before) {
      await run(before);
      await quiet();
      await page.reload();
      await page.waitForFunction(() => document.title === 'ready');
    }
    const answer = await run(options);
    return /** @type {Awaited<ReturnType<Lab[Name]>>} */ (answer);
  } finally {
    await page.context().close();
  }
}

/**
 * Measures the first visit with an empty profile, a reload, and the first visit of a new browser on
 * the same profile.
 * @param {string} executablePath
 * @param {BenchServer} server
 * @param {Record<string, string>} query
 * @param {readonly string[]} [visits] the visits to make, of 'first', 'reload' at once, 'again'
 *   (a reload of a page that was left alone for a while) and 'later', before which the first page
 *   is left alone for a while, too; the first is always made
 * @returns {Promise<import('./types.d.ts').Visits>}
 */
export async function visit(executablePath, server, query, visits = ['first', 'reload', 'later']) {
  const profile = mkdtempSync(join(tmpdir(), 'perigee-bench-'));
  const url = `${server.url}start.html?${new URLSearchParams(query)}`;
  /** @type {import('./types.d.ts').Visits} */
  const answers = {};
  /**
   * @param {import('@playwright/test').Page} page
   * @param {string} name
   * @param {() => Promise<unknown>} go
   */
  const answered = async (page, name, go) => {
    server.takeTraffic();
    await go();
    const { ms, error } = await page.evaluate(() => globalThis.answered);
    if (error) throw new Error(`${query.side} on ${query.model}: ${error}`);
    answers[name] = { ...ms, traffic: server.takeTraffic() };
  };
  try {
    for (const [name, ...reloads] of [['first', 'reload', 'again'], ['later']]) {
      if (name === 'later' && !visits.includes('later')) continue;
      const context = await chromium.launchPersistentContext(profile, {
        executablePath,
        args: ARGS,
      });
      try {
        const page = context.pages()[0] ?? (await context.newPage());
        // A browser that has just started is still busy with itself.
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        await answered(page, name, () => page.goto(url));
        // Chromium keeps compiled wasm for later only if the page stays for some seconds.
        if (name === 'first' && visits.includes('later')) await quiet();
        for (const reload of reloads.filter((one) => visits.includes(one))) {
          if (reload === 'again') await quiet();
          await answered(page, reload, () => page.reload());
        }
        // Leaving the page lets it finish its writes to the store.
        await page.goto('about:blank');
      } finally {
        await context.close();
      }
    }
    return answers;
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * The peak resident memory of a page's process, in a new browser on a profile that has the model.
 * Linux only; NaN elsewhere.
 * @param {string} executablePath
 * @param {BenchServer} server
 * @param {Record<string, string>} query
 */
export async function peakOfLaterVisit(executablePath, server, query) {
  const profile = mkdtempSync(join(tmpdir(), 'perigee-bench-'));
  const url = `${server.url}start.html?${new URLSearchParams(query)}`;
  /** @param {boolean} stays for some seconds, so that Chromium keeps its compiled wasm */
  const visited = async (stays) => {
    const context = await chromium.launchPersistentContext(profile, { executablePath, args: ARGS });
    try {
      const page = context.pages()[0] ?? (await context.newPage());
      await page.goto(url);
      const { ms, error } = await page.evaluate(() => globalThis.answered);
      if (error) throw new Error(`${query.side} on ${query.model}: ${error}`);
      const peak = peakOfRenderers(profile);
      if (stays) await quiet();
      // Leaving the page lets it finish its writes to the store.
      await page.goto('about:blank');
      return { ...ms, peak };
    } finally {
      await context.close();
    }
  };
  try {
    await visited(true);
    return await visited(false);
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Peak of the renderers of the browser on this profile. Spare renderers stay below the one with the
 * page.
 * @param {string} profile
 */
function peakOfRenderers(profile) {
  if (process.platform !== 'linux') return NaN;
  const peaks = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map((id) => {
      try {
        const command = readFileSync(`/proc/${id}/cmdline`, 'utf8');
        return command.includes(profile) && command.includes('--type=renderer')
          ? Number(/VmHWM:\s+([0-9]+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]) * 1024
          : 0;
      } catch {
        // The process has ended meanwhile.
        return 0;
      }
    });
  return Math.max(...peaks);
}

/**
 * A first visit in a browser of its own: the most bytes in ArrayBuffers of the page's main thread,
 * and that thread's CPU time until the first answer.
 * @param {string} executablePath
 * @param {BenchServer} server
 * @param {Record<string, string>} query
 */
export async function mainThreadOfVisit(executablePath, server, query) {
  const browser = await launch(executablePath);
  try {
    const page = await browser.newPage();
    const session = await page.context().newCDPSession(page);
    await browser.startTracing(page, { categories: TASKS });
    await page.goto(`${server.url}start.html?${new URLSearchParams(query)}`);
    let arrayBuffers = 0;
    const look = async () => {
      const { backingStorageSize = 0 } = await session.send('Runtime.getHeapUsage');
      arrayBuffers = Math.max(arrayBuffers, backingStorageSize);
    };
    const meter = setInterval(() => look().catch(() => undefined), SAMPLE_MS);
    const { ms, error } = await page.evaluate(() => globalThis.answered);
    clearInterval(meter);
    await look();
    const cpuMs = tasksOfPages(await browser.stopTracing()).reduce((sum, task) => sum + task, 0);
    if (error) throw new Error(`${query.side} on ${query.model}: ${error}`);
    return { arrayBuffers, cpuMs, answerMs: ms.answerMs };
  } finally {
    await browser.close();
  }
}

/**
 * Longest task of the pages' main threads in a trace.
 * @param {Buffer} trace
 */
export const longestTaskMs = (trace) =>
  tasksOfPages(trace).reduce((longest, task) => Math.max(longest, task), 0);

/**
 * Tasks of the pages' main threads in a trace, in milliseconds of the thread's own CPU time, which
 * does not depend on the load of the machine.
 * @param {Buffer} trace
 */
function tasksOfPages(trace) {
  /** @type {{ traceEvents: TraceEvent[] }} */
  const { traceEvents } = JSON.parse(trace.toString());
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  return traceEvents.flatMap(({ name, pid, tid, tdur }) =>
    name === 'RunTask' && tdur !== undefined && mains.has(`${pid} ${tid}`) ? tdur / 1_000 : [],
  );
}

/**
 * Resident bytes of the browser's pages, as the system counts them; null where `ps` does not work.
 * @param {Browser} browser
 */
export async function pagesResident(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const ids = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => String(id));
  try {
    return execFileSync('ps', ['-o', 'rss=', '-p', ids.join(',')], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .reduce((sum, line) => sum + Number(line) * 1024, 0);
  } catch {
    return null;
  }
}
