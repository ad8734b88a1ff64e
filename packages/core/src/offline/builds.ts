// Keeps the files of builds. All builds share one cache of files. A second cache has a list of
// files for each build, and the pages that were open when this worker took over.
import type { AppFile } from './app-files.ts';
import type { WorkerScope } from './worker-scope.ts';

/** A build and where its files are kept. */
export interface Kept {
  readonly worker: WorkerScope;
  readonly files: readonly AppFile[];
  readonly cacheName: string;
  readonly listsName: string;
}

interface BuildList {
  readonly installedAt: number;
  readonly files: readonly AppFile[];
}

const LIST = 'build-';
const OPEN_PAGES = 'open-pages';

/** Keeps the list of this build's files, so that a later worker can serve them. */
export async function keepList({ listsName, files, worker }: Kept): Promise<void> {
  const installedAt = Date.now();
  const list: BuildList = { installedAt, files };
  const lists = await caches.open(listsName);
  await lists.put(addressOf(worker, LIST + installedAt), Response.json(list));
}

/** Keeps the list again if it is not there: a page deleted it, or there was no room for it. */
export async function restoreList(kept: Kept): Promise<void> {
  const lists = await readLists(kept);
  if (!lists.some(({ files }) => isSame(files, kept.files))) await keepList(kept);
}

/** Whether every file that this build requires is kept. */
export async function isWhole({ cacheName, files }: Kept): Promise<boolean> {
  return areKept(files, await keysOf(cacheName));
}

/** The files of the newest earlier build that is whole. */
export async function earlierFiles(kept: Kept): Promise<readonly AppFile[]> {
  const keys = await keysOf(kept.cacheName);
  const lists = await readLists(kept);
  const earlier = lists.filter(({ files }) => !isSame(files, kept.files));
  return earlier.find(({ files }) => areKept(files, keys))?.files ?? [];
}

/** Notes which pages are open, because they may still need the files of an earlier build. */
export async function noteOpenPages(kept: Kept): Promise<void> {
  const lists = await caches.open(kept.listsName);
  const ids = await openPages(kept.worker);
  const address = addressOf(kept.worker, OPEN_PAGES);
  // Without room for a new note, the old one must not stand for it.
  await lists.delete(address);
  await lists.put(address, Response.json(ids));
}

/**
 * Deletes the files that no build needs: neither this one, nor the earlier one while this one is
 * not whole. Returns false if it has to be done later, because pages of an earlier build are open
 * or a newer build is about to take over.
 */
export async function deleteUnneeded(kept: Kept): Promise<boolean> {
  const { worker, cacheName, listsName } = kept;
  const cache = await caches.open(cacheName);
  const lists = await caches.open(listsName);
  // Noted before the look at the workers, so what a newer build keeps from now on is not among it.
  const [files, builds] = [await cache.keys(), await lists.keys()];
  if (worker.registration.waiting || worker.registration.installing) return false;
  if (await hasPagesOfBefore(kept)) return false;
  const needed = [...kept.files, ...((await isWhole(kept)) ? [] : await earlierFiles(kept))];
  const keys = new Set(needed.map(({ key }) => key));
  for (const { url } of files) if (!keys.has(url)) await cache.delete(url);
  for (const request of builds) {
    const list = await readList(lists, request);
    if (list && !list.files.every(({ key }) => keys.has(key))) await lists.delete(request);
  }
  return true;
}

async function hasPagesOfBefore(kept: Kept): Promise<boolean> {
  const open = await openPages(kept.worker);
  if (open.length === 0) return false;
  const lists = await caches.open(kept.listsName);
  const noted = await lists.match(addressOf(kept.worker, OPEN_PAGES));
  if (!noted) {
    await noteOpenPages(kept);
    return true;
  }
  const before = new Set((await noted.json()) as string[]);
  return open.some((id) => before.has(id));
}

async function openPages({ clients }: WorkerScope): Promise<readonly string[]> {
  const pages = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  return pages.map(({ id }) => id);
}

/** The lists of all builds, the newest first. */
async function readLists({ listsName }: Kept): Promise<readonly BuildList[]> {
  const lists = await caches.open(listsName);
  const requests = await lists.keys();
  const found = await Promise.all(requests.map((request) => readList(lists, request)));
  return found
    .filter((list) => list !== undefined)
    .toSorted((a, b) => b.installedAt - a.installedAt);
}

async function readList(lists: Cache, request: Request): Promise<BuildList | undefined> {
  if (!new URL(request.url).search.startsWith(`?${LIST}`)) return undefined;
  const response = await lists.match(request);
  return response && ((await response.json()) as BuildList);
}

async function keysOf(cacheName: string): Promise<ReadonlySet<string>> {
  const requests = await (await caches.open(cacheName)).keys();
  return new Set(requests.map(({ url }) => url));
}

function areKept(files: readonly AppFile[], keys: ReadonlySet<string>): boolean {
  return files.every(({ key, required }) => !required || keys.has(key));
}

function isSame(one: readonly AppFile[], other: readonly AppFile[]): boolean {
  const keys = new Set(other.map(({ key }) => key));
  return one.length === other.length && one.every(({ key }) => keys.has(key));
}

/** Keys of a cache are addresses. Nothing is ever fetched from this one. */
function addressOf({ registration }: WorkerScope, name: string): string {
  return new URL(`?${name}`, registration.scope).href;
}
