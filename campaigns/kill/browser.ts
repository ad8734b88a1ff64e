import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@perigee/profile/analysis';
import type { Page } from '@playwright/test';
import { progress } from '../../scripts/progress.mjs';
import { visitLab } from '../../e2e/support/lab.ts';
import { LAB } from '../../e2e/support/paths.ts';
import { startStaticHost } from '../../e2e/support/static-host.ts';
import type { StaticHost } from '../../e2e/support/static-host.ts';
import { launchChromium } from '../shared/killable-chromium.mjs';
import { matrix, moments, stepOf } from './moments.ts';
import type { Moment, Seen } from './moments.ts';
import { makeRegistry } from '../shared/two-versions.mjs';

/**
 * User agent of a browser that loses Blobs. The SDK then keeps files in the origin private file
 * system.
 */
export const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
  'Version/18.0 Safari/605.1.15';
const REQUESTS = 24;
const SPAN_MS = 700;

interface Answer {
  readonly version: string;
  readonly scores: string;
}

export const killBrowser = (
  folder: string,
  kills: number,
  seed: number,
): ReturnType<typeof killDevices> => killDevices(folder, kills, seed, 'blob');
/** Runs Chromium as a browser that keeps whole files outside IndexedDB. */
export const killBrowserWithOpfs = (
  folder: string,
  kills: number,
  seed: number,
): ReturnType<typeof killDevices> => killDevices(folder, kills, seed, 'opfs');

/**
 * Like killNode, in Chromium with IndexedDB: the whole browser is SIGKILLed and started again on
 * its profile.
 */
async function killDevices(
  folder: string,
  kills: number,
  seed: number,
  form: 'blob' | 'opfs',
): Promise<{ seen: Seen[]; table: string }> {
  const agent = form === 'opfs' ? SAFARI : undefined;
  const registry = await makeRegistry(join(folder, 'registry'));
  const host = await startStaticHost({ '/': LAB.built, '/registry/': registry.folder });
  const template = join(folder, 'template');
  const expected = new Map<string, string>();
  const note = ({ version, scores }: Answer): void => void expected.set(version, scores);
  const elsewhere = await startStaticHost({ '/': LAB.built, '/registry/': registry.folder });
  await inBrowser(template, host, agent, async (page) => {
    note(await load(page, 'latest'));
    await packed(page, form);
    await registry.offerNew();
    // A first visit, because the origin is new.
    await visitLab(page, elsewhere);
    note(await load(page, 'latest'));
  });
  await elsewhere.close();

  const seen: Seen[] = [];
  const { say, done } = progress(`Killing Chromium, ${form}`);
  for (const [i, moment] of moments(kills, REQUESTS, 0, SPAN_MS, seededRandom(seed)).entries()) {
    say(`${i + 1} of ${kills}: ${moment.kind}`);
    const profile = join(folder, `profile-${i}`);
    cpSync(template, profile, { recursive: true });
    rmSync(join(profile, 'DevToolsActivePort'), { force: true });
    const step = await killAt(moment, profile, host, agent);
    host.onRequest((path) => path.startsWith('/registry/'));
    const local = await inBrowser(profile, host, agent, (page) => load(page, 'local')).catch(
      (error: Error) => error,
    );
    host.onRequest(() => false);
    const outcome =
      local instanceof Error
        ? 'neither'
        : expected.get(local.version) !== local.scores
          ? 'mixture'
          : local.version === '1.0.0'
            ? 'old'
            : 'new';
    seen.push({
      moment,
      step,
      outcome,
      detail: local instanceof Error ? local.message : JSON.stringify(local),
    });
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  done();
  await host.close();
  return {
    seen,
    table: matrix(
      form === 'opfs'
        ? 'Chromium, IndexedDB and the origin private file system'
        : 'Chromium, IndexedDB',
      seen,
    ),
  };
}

async function killAt(
  moment: Moment,
  profile: string,
  host: StaticHost,
  agent: string | undefined,
): Promise<string> {
  let last: string | undefined;
  let requests = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const { page, kill, ended } = await launch(profile, host, agent);
  host.onRequest((path) => {
    if (!path.startsWith('/registry/')) return false;
    last = path;
    requests += 1;
    if (moment.kind === 'request' && requests === moment.n) kill();
    // Timed from the first request, so that the whole span falls into the update.
    if (moment.kind === 'random' && requests === 1) timer = setTimeout(kill, moment.ms);
    return false;
  });
  // If the update ends before the chosen moment, kill the browser then.
  load(page, 'latest')
    .catch(() => undefined)
    .finally(() => setTimeout(kill, 50));
  await ended;
  clearTimeout(timer);
  return stepOf(last);
}

async function inBrowser<T>(
  profile: string,
  host: StaticHost,
  agent: string | undefined,
  use: (page: Page) => Promise<T>,
): Promise<T> {
  const { page, close, ended } = await launch(profile, host, agent);
  try {
    return await use(page);
  } finally {
    await close();
    await ended;
  }
}

/**
 * Starts a separate Chromium that is killed as a whole, and opens the lab page in it. `agent`
 * replaces its user agent.
 */
export async function launch(
  profile: string,
  host: StaticHost,
  agent?: string,
): Promise<{ page: Page; kill(): void; close(): Promise<void>; ended: Promise<unknown> }> {
  const executablePath = process.env['PERIGEE_CHROMIUM'];
  const { browser, context, kill, ended } = await launchChromium(profile, {
    userAgent: agent,
    executablePath,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  await visitLab(page, host);
  const session = await browser.newBrowserCDPSession();
  const close = async (): Promise<void> => {
    await session.send('Browser.close').catch(() => undefined);
  };
  return { page, kill, close, ended };
}

/**
 * Resolves once the model's file is in one piece, in this form. A load begins the packing and does
 * not wait for it.
 */
async function packed(page: Page, form: 'blob' | 'opfs'): Promise<void> {
  await page.evaluate(
    async () =>
      void (await globalThis.lab
        .createPerigee({ registry: '/registry/' })
        .load('digits', { update: 'local', backend: 'cpu' })),
  );
  await page.waitForFunction(
    (wanted) =>
      new Promise<boolean>((resolve) => {
        const request = indexedDB.open('perigee');
        request.addEventListener('success', () => {
          const files = request.result.transaction('files').objectStore('files').getAll();
          files.addEventListener('success', () => {
            request.result.close();
            resolve(
              files.result.length > 0 && files.result.every((file: object) => wanted in file),
            );
          });
        });
      }),
    form,
  );
}

/** Loads the model, predicts and disposes. */
export function load(
  page: Page,
  update: 'local' | 'latest',
  encryptAtRest = false,
): Promise<Answer> {
  return page.evaluate(
    async ([update, encryptAtRest]) => {
      const perigee = globalThis.lab.createPerigee({ registry: '/registry/', encryptAtRest });
      const model = await perigee.load('digits', { update, backend: 'cpu' });
      const [input] = model.signature.inputs;
      const shape = (input?.shape ?? []).map((size) => (typeof size === 'number' ? size : 1));
      const data = Float32Array.from(
        { length: shape.reduce((a, b) => a * b, 1) },
        (_, i) => ((i * 7) % 16) / 16,
      );
      const output = Object.values(
        await model.run({ [input?.name ?? '']: { dtype: 'float32', shape, data } }),
      )[0]?.data as Float32Array;
      const answer = {
        version: model.version,
        scores: JSON.stringify([...output].map((value) => Number(value.toPrecision(4)))),
      };
      await perigee.dispose();
      return answer;
    },
    [update, encryptAtRest] as const,
  );
}
