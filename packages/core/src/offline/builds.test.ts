import { expect, test } from 'vitest';
import { deleteUnneeded } from './builds.ts';
import { fileAt, lonelyWorker, SCOPE, stubCaches } from './offline.fixture.ts';

const FILES = 'perigee-app';
const LISTS = 'perigee-app-builds';
const [OLD, OWN, NEW] = [
  fileAt('/assets/old-1.js'),
  fileAt('/assets/own-2.js'),
  fileAt('/new-3.js'),
];

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

  const kept = { worker: lonelyWorker(), files: [OWN], cacheName: FILES, listsName: LISTS };
  expect(await deleteUnneeded(kept)).toBe(true);
  expect([...files.kept.keys()]).toEqual([OWN.key]);
  expect([...all.get(LISTS)!.kept.keys()]).toEqual([`${SCOPE}?build-2`, `${SCOPE}?build-3`]);
});
