import { expect, test } from 'vitest';
import type { AppFile } from './app-files.ts';
import { deleteUnneeded, earlierFiles, keepList, noteOpenPages, restoreList } from './builds.ts';
import { fileAt, lonelyWorker, SCOPE, stubCaches } from './offline.fixture.ts';

const FILES = 'perigee-app';
const LISTS = 'perigee-app-builds';
const [OLD, OWN, NEW] = [
  fileAt('/assets/old-1.js'),
  fileAt('/assets/own-2.js'),
  fileAt('/new-3.js'),
];

const buildOf = (...files: readonly AppFile[]) => ({
  worker: lonelyWorker(),
  files,
  cacheName: FILES,
  listsName: LISTS,
});

test('what a newer build keeps while the files of an old one are deleted stays', async () => {
  const all = stubCaches();
  const [cache, lists] = [await caches.open(FILES), await caches.open(LISTS)];
  const list = (installedAt: number, files: readonly unknown[]): Promise<void> =>
    lists.put(`${SCOPE}?build-${installedAt}`, Response.json({ installedAt, files }));
  await list(1, [OLD]);
  await list(2, [OWN]);
  for (const { key } of [OLD, OWN]) await cache.put(key, new Response('kept'));
  const files = all.get(FILES)!;
  const remove = files.delete.bind(files);
  // The newer build is installed in the middle.
  files.delete = async (request) => {
    await list(3, [NEW]);
    return remove(request);
  };

  const kept = buildOf(OWN);
  expect(await deleteUnneeded(kept)).toBe(true);
  expect([...files.kept.keys()]).toEqual([OWN.key]);
  expect([...all.get(LISTS)!.kept.keys()]).toEqual([`${SCOPE}?build-2`, `${SCOPE}?build-3`]);
});

test('a list that was lost is kept again, and only then', async () => {
  const all = stubCaches();
  await keepList(buildOf(OLD));
  await (await caches.open(FILES)).put(OLD.key, new Response('kept'));
  await restoreList(buildOf(OLD));
  expect(all.get(LISTS)!.kept.size).toBe(1);
  all.delete(LISTS);
  expect(await earlierFiles(buildOf(NEW))).toEqual([]);
  await restoreList(buildOf(OLD));
  expect(await earlierFiles(buildOf(NEW))).toEqual([OLD]);
});

test('where the open pages could not be noted, what they may need stays until they close', async () => {
  const all = stubCaches();
  const kept = buildOf(OWN);
  let open = [{ id: 'long before' }];
  kept.worker.clients.matchAll = async () => open;
  await noteOpenPages(kept);
  const cache = await caches.open(FILES);
  for (const { key } of [OLD, OWN]) await cache.put(key, new Response('kept'));

  open = [{ id: 'before' }];
  const lists = all.get(LISTS)!;
  const put = lists.put.bind(lists);
  lists.put = () => Promise.reject(new DOMException('Quota exceeded.', 'QuotaExceededError'));
  await expect(noteOpenPages(kept)).rejects.toThrow('Quota exceeded.');
  await expect(deleteUnneeded(kept)).rejects.toThrow('Quota exceeded.');
  lists.put = put;
  expect(await deleteUnneeded(kept)).toBe(false);
  open = [{ id: 'before' }, { id: 'now' }];
  expect(await deleteUnneeded(kept)).toBe(false);
  expect(await cache.keys()).toHaveLength(2);
  open = [{ id: 'now' }];
  expect(await deleteUnneeded(kept)).toBe(true);
  expect((await cache.keys()).map(({ url }) => url)).toEqual([OWN.key]);
});
