import { expect, test, vi } from 'vitest';
import { answerFile, answerPage } from './answers.ts';
import type { Served } from './answers.ts';
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
