// Starts Chromium and measures in it, for the sections.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';

const ARGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--enable-blink-features=ForceEagerMeasureMemory',
];
const SETTLE_MS = 400;

export const launch = (executablePath) => chromium.launch({ executablePath, args: ARGS });

/** A page of the lab in a context of its own, without the store or cache of another measurement. */
export async function openLab(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => document.title === 'ready');
  return page;
}

/** Runs one function of the lab in a page of its own. */
export async function inLab(browser, url, name, options) {
  const page = await openLab(browser, url);
  try {
    return await page.evaluate(
      ([what, request]) => globalThis.bench[what](request),
      [name, options],
    );
  } finally {
    await page.context().close();
  }
}

/**
 * Measures the first visit with an empty profile, a reload, and the first visit of a new browser on
 * the same profile.
 * @param visits the visits to make, of 'first', 'reload', 'later'; the first is always made
 * @returns {Promise<Record<string, { scriptMs: number, openMs: number, answerMs: number,
 *   timing?: object, traffic: object[] }>>}
 */
export async function visit(executablePath, server, query, visits = ['first', 'reload', 'later']) {
  const profile = mkdtempSync(join(tmpdir(), 'perigee-bench-'));
  const url = `${server.url}start.html?${new URLSearchParams(query)}`;
  const answers = {};
  const answered = async (page, name, go) => {
    server.takeTraffic();
    await go();
    const { ms, error } = await page.evaluate(() => globalThis.answered);
    if (error) throw new Error(`${query.side} on ${query.model}: ${error}`);
    answers[name] = { ...ms, traffic: server.takeTraffic() };
  };
  try {
    for (const [index, names] of [['first', 'reload'], ['later']].entries()) {
      if (index > 0 && !visits.includes('later')) continue;
      const context = await chromium.launchPersistentContext(profile, {
        executablePath,
        args: ARGS,
      });
      try {
        const page = context.pages()[0] ?? (await context.newPage());
        // A browser that has just started is still busy with itself.
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        await answered(page, names[0], () => page.goto(url));
        if (names[1] && visits.includes('reload'))
          await answered(page, names[1], () => page.reload());
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
 */
export async function peakOfLaterVisit(executablePath, server, query) {
  const profile = mkdtempSync(join(tmpdir(), 'perigee-bench-'));
  const url = `${server.url}start.html?${new URLSearchParams(query)}`;
  const visited = async () => {
    const context = await chromium.launchPersistentContext(profile, { executablePath, args: ARGS });
    try {
      const page = context.pages()[0] ?? (await context.newPage());
      await page.goto(url);
      const { ms, error } = await page.evaluate(() => globalThis.answered);
      if (error) throw new Error(`${query.side} on ${query.model}: ${error}`);
      const peak = peakOfRenderers(profile);
      // Leaving the page lets it finish its writes to the store.
      await page.goto('about:blank');
      return { ...ms, peak };
    } finally {
      await context.close();
    }
  };
  try {
    await visited();
    return await visited();
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Peak of the renderers of the browser on this profile. Spare renderers stay below the one with the
 * page.
 */
function peakOfRenderers(profile) {
  if (process.platform !== 'linux') return NaN;
  const peaks = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map((id) => {
      try {
        const command = readFileSync(`/proc/${id}/cmdline`, 'utf8');
        return command.includes(profile) && command.includes('--type=renderer')
          ? Number(/VmHWM:\s+([0-9]+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))[1]) * 1024
          : 0;
      } catch {
        // The process has ended meanwhile.
        return 0;
      }
    });
  return Math.max(...peaks);
}

/**
 * Longest task of the pages' main threads in a trace, in milliseconds of the thread's own CPU time,
 * which does not depend on the load of the machine.
 */
export function longestTaskMs(trace) {
  const { traceEvents } = JSON.parse(trace.toString());
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  return traceEvents.reduce(
    (longest, { name, pid, tid, tdur }) =>
      name === 'RunTask' && tdur !== undefined && mains.has(`${pid} ${tid}`)
        ? Math.max(longest, tdur / 1_000)
        : longest,
    0,
  );
}

/**
 * Resident bytes of the browser's pages, as the system counts them; null where `ps` does not work.
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
