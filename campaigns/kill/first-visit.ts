import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@perigee/profile/analysis';
import type { Page } from '@playwright/test';
import { progress } from '../../scripts/progress.mjs';
import { visitLab } from '../../e2e/support/lab.ts';
import { LAB } from '../../e2e/support/paths.ts';
import { startStaticHost } from '../../e2e/support/static-host.ts';
import type { StaticHost } from '../../e2e/support/static-host.ts';
import { makeRegistry } from '../shared/two-versions.mjs';
import { table } from '../shared/table.mjs';
import { launch, load } from './browser.ts';

const REQUESTS = 24;
const SPAN_MS = 700;
/** The store and the pointer follow the first answer within this time. */
const AFTER_MS = 120;

/**
 * When a browser is killed on its first visit: at its n-th request, some milliseconds after the
 * first one, or some after the first answer, behind which the version is stored and activated.
 */
type Moment =
  | { readonly kind: 'request'; readonly n: number }
  | { readonly kind: 'random'; readonly ms: number }
  | { readonly kind: 'answer'; readonly ms: number };

export interface SeenFirst {
  readonly moment: Moment;
  /**
   * The state that the next visit finds. `whole`: a version that answers without the registry.
   * `nothing`: no version, and the visit fetches what is missing. `torn`: a version that does not
   * answer, or wrongly. `again`: objects were fetched that were stored. `lost`: the next visit has
   * no answer.
   */
  readonly outcome: 'whole' | 'nothing' | 'torn' | 'again' | 'lost';
  /** Objects that were stored when the next visit began. */
  readonly stored: number;
  readonly detail: string;
}

/**
 * SIGKILLs Chromium on its first visit of a model, and visits it again on the same profile. A visit
 * is a first one because its origin is new: each browser visits the origin of the kill before it
 * again, and then the next one for the first time.
 */
export async function killFirstVisit(
  folder: string,
  kills: number,
  seed: number,
): Promise<{ seen: SeenFirst[]; table: string }> {
  const registry = await makeRegistry(join(folder, 'registry'));
  const newHost = (): Promise<StaticHost> =>
    startStaticHost({ '/': LAB.built, '/registry/': registry.folder });
  const profile = join(folder, 'profile');
  mkdirSync(profile, { recursive: true });
  const random = seededRandom(seed);
  const seen: SeenFirst[] = [];
  const { say, done } = progress('Killing Chromium on its first visit');
  let host = await newHost();
  let browser = await launch(profile, host);
  const expected = await load(browser.page, 'local');
  for (let i = 0; i < kills; i += 1) {
    const moment = momentOf(i, random);
    say(`${i + 1} of ${kills}: ${moment.kind}`);
    await host.close();
    host = await newHost();
    await killAt(moment, browser, host);
    browser = await launch(profile, host);
    seen.push({ moment, ...(await visitAgain(browser.page, host, expected.scores)) });
  }
  await browser.close();
  await browser.ended;
  done();
  await host.close();
  return { seen, table: tableOf(seen) };
}

function momentOf(i: number, random: () => number): Moment {
  if (i % 3 === 0) return { kind: 'answer', ms: Math.floor(random() * AFTER_MS) };
  if (i % 3 === 1) return { kind: 'random', ms: Math.floor(random() * SPAN_MS) };
  return { kind: 'request', n: 1 + Math.floor(random() * REQUESTS) };
}

async function killAt(
  moment: Moment,
  { page, kill, ended }: Awaited<ReturnType<typeof launch>>,
  host: StaticHost,
): Promise<void> {
  await visitLab(page, host);
  const timers: ReturnType<typeof setTimeout>[] = [];
  let requests = 0;
  host.onRequest((path) => {
    if (!path.startsWith('/registry/')) return false;
    requests += 1;
    if (moment.kind === 'request' && requests === moment.n) kill();
    if (moment.kind === 'random' && requests === 1) timers.push(setTimeout(kill, moment.ms));
    return false;
  });
  await page.exposeFunction('onAnswer', () => {
    if (moment.kind === 'answer') timers.push(setTimeout(kill, moment.ms));
    // A moment that never comes: the visit is over before.
    else timers.push(setTimeout(kill, SPAN_MS));
  });
  firstAnswer(page).catch(() => undefined);
  await ended;
  for (const timer of timers) clearTimeout(timer);
  host.onRequest(() => false);
}

/** Loads the model, predicts, and stays open. */
function firstAnswer(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const model = await perigee.load('digits', { update: 'local', backend: 'cpu' });
    const data = Float32Array.from({ length: 64 }, (_, i) => ((i * 7) % 16) / 16);
    await model.run({ image: { dtype: 'float32', shape: [1, 1, 8, 8], data } });
    (globalThis as unknown as { onAnswer(): void }).onAnswer();
  });
}

async function visitAgain(
  page: Page,
  host: StaticHost,
  scores: string,
): Promise<Omit<SeenFirst, 'moment'>> {
  const { pointers, objects } = await storeOf(page);
  if (pointers > 0) host.onRequest((path) => path.startsWith('/registry/'));
  host.forget();
  const answer = await load(page, 'local').catch((error: Error) => error);
  host.onRequest(() => false);
  const fetched = host.requests.flatMap((path) => /\/([0-9a-f]{64})[^/]*$/.exec(path)?.[1] ?? []);
  const again = fetched.filter((digest) => objects.includes(digest));
  const isRight = !(answer instanceof Error) && answer.scores === scores;
  const failed = pointers > 0 ? 'torn' : 'lost';
  const right = pointers > 0 ? 'whole' : 'nothing';
  return {
    outcome: again.length > 0 ? 'again' : isRight ? right : failed,
    stored: objects.length,
    detail: answer instanceof Error ? answer.message : JSON.stringify({ ...answer, again }),
  };
}

/** The number of pointers and the digests of the objects in the page's store. */
function storeOf(page: Page): Promise<{ pointers: number; objects: string[] }> {
  return page.evaluate(async () => {
    const known = await indexedDB.databases();
    if (!known.some(({ name }) => name === 'perigee')) return { pointers: 0, objects: [] };
    return new Promise<{ pointers: number; objects: string[] }>((resolve, reject) => {
      const opening = indexedDB.open('perigee');
      opening.addEventListener('error', () => reject(opening.error as Error));
      opening.addEventListener('success', () => {
        const database = opening.result;
        if (!database.objectStoreNames.contains('sizes')) {
          database.close();
          return resolve({ pointers: 0, objects: [] });
        }
        const transaction = database.transaction(['pointers', 'sizes']);
        const pointers = transaction.objectStore('pointers').count();
        const objects = transaction.objectStore('sizes').getAllKeys();
        transaction.addEventListener('complete', () => {
          database.close();
          resolve({ pointers: pointers.result, objects: objects.result.map(String) });
        });
      });
    });
  });
}

function tableOf(seen: readonly SeenFirst[]): string {
  const outcomes = ['whole', 'nothing', 'torn', 'again', 'lost'] as const;
  const kinds = ['request', 'random', 'answer'] as const;
  const rows = kinds.map((kind) => {
    const of = seen.filter(({ moment }) => moment.kind === kind);
    const part = of.filter(({ outcome, stored }) => outcome === 'nothing' && stored > 0).length;
    return [
      kind,
      of.length,
      ...outcomes.map((outcome) => of.filter((one) => one.outcome === outcome).length),
      part,
    ];
  });
  return (
    `Chromium, first visit: ${seen.length} rounds\n` +
    table([['killed at', 'rounds', ...outcomes, 'nothing, but objects'], ...rows])
  );
}
