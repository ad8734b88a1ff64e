import { expect, test, vi } from 'vitest';
import { answerFile, answerPage } from './answers.ts';
import type { Served } from './answers.ts';
import { keepList } from './builds.ts';
import { fileAt, lonelyWorker, stubCaches } from './offline.fixture.ts';

const PAGE = fileAt('/index.html');
const SCRIPT = fileAt('/assets/index-1.js');
const LATER = fileAt('/assets/gpu-1.wasm', false);
const CACHE = 'perigee-app';

/** A service worker whose app was kept and served, and was then forgotten. */
async function forgotten() {
  const all = stubCaches();
  vi.stubGlobal('fetch', async () => new Response('of the host'));
  const served = {
    worker: lonelyWorker(),
    files: [PAGE, SCRIPT, LATER],
    fallback: PAGE.url,
    cacheName: CACHE,
    listsName: 'perigee-app-builds',
    isTidy: true,
    saveData: false,
    earlierUrls: undefined,
  } satisfies Served;
  const work: Promise<unknown>[] = [];
  const event = { waitUntil: (more: Promise<unknown>) => void work.push(more) };
  const page = async (): Promise<string> =>
    (await answerPage(served, new Request(PAGE.url), event, PAGE.url)).text();
  const later = async (): Promise<void> => {
    await answerFile(served, new Request(LATER.url), event, LATER);
    await Promise.all(work);
  };
  const keep = async (file: typeof PAGE): Promise<void> =>
    (await caches.open(CACHE)).put(file.key, new Response('kept'));
  await keep(PAGE);
  await keep(SCRIPT);
  expect(await page()).toBe('kept');
  all.delete(CACHE);
  return { page, later, keep, kept: () => [...(all.get(CACHE)?.kept.keys() ?? [])] };
}

test('after the app was forgotten, pages come from the host until all is kept again', async () => {
  const { page, keep } = await forgotten();
  await keep(PAGE);
  expect(await page()).toBe('of the host');
  await keep(SCRIPT);
  expect(await page()).toBe('kept');
});

test('after the app was forgotten, no file that the page uses is kept', async () => {
  const { later, kept } = await forgotten();
  await later();
  expect(kept()).toEqual([]);
});

/** Two builds that have a style with the same name. The first one and both styles are kept. */
async function twoBuilds(isRequired: boolean) {
  const all = stubCaches();
  const style = fileAt('/style.css', isRequired);
  const [before, now] = [
    { ...style, key: `${style.url}?1` },
    { ...style, key: `${style.url}?2` },
  ];
  const served: Served = {
    worker: lonelyWorker(),
    files: [PAGE, now],
    fallback: PAGE.url,
    cacheName: CACHE,
    listsName: 'perigee-app-builds',
    isTidy: true,
    saveData: false,
    earlierUrls: undefined,
  };
  await keepList({ ...served, files: [before] });
  const cache = await caches.open(CACHE);
  for (const { key } of [before, now]) await cache.put(key, new Response(key));
  const work: Promise<unknown>[] = [];
  const event = { waitUntil: (more: Promise<unknown>) => void work.push(more) };
  const answer = async (): Promise<string> => {
    const response = await answerFile(served, new Request(style.url), event, now);
    await Promise.all(work);
    return response.text();
  };
  return { before, now, cache, answer, kept: () => [...all.get(CACHE)!.kept.keys()] };
}

const withHost = () => vi.stubGlobal('fetch', async () => new Response('of the host'));
const noNetwork = () => vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')));

test('before a build is whole, its files with unchanged names do not come with earlier pages', async () => {
  const { before, now, cache, answer } = await twoBuilds(true);
  withHost();
  expect(await answer()).toBe('of the host');
  noNetwork();
  expect(await answer()).toBe(before.key);
  // Without an earlier build the page is of the host, and so of this build.
  await cache.delete(before.key);
  expect(await answer()).toBe(now.key);
  await cache.put(before.key, new Response(before.key));
  await cache.put(PAGE.key, new Response('page'));
  expect(await answer()).toBe(now.key);
});

test('a page of a whole build gets no file of an earlier one, and none is kept', async () => {
  const { now, cache, answer, kept } = await twoBuilds(false);
  await cache.put(PAGE.key, new Response('page'));
  await cache.delete(now.key);
  noNetwork();
  await expect(answer()).rejects.toThrow('no network');
  expect(kept()).not.toContain(now.key);
  withHost();
  expect(await answer()).toBe('of the host');
  expect(kept()).toContain(now.key);
});
