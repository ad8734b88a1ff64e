// Answers requests in the service worker. It mixes no builds: a page comes from the cache only when
// every file of its build is there.
import { isNamedByContent } from './app-files.ts';
import type { AppFile } from './app-files.ts';
import { deleteUnneeded, earlierFiles, isWhole } from './builds.ts';
import type { Kept } from './builds.ts';
import { checkedResponse } from './check-file.ts';

/** The state of a service worker. */
export interface Served extends Kept {
  /** The URL of the page for navigations that have no page of their own. */
  readonly fallback: string | undefined;
  /** Whether nothing is left to delete. */
  isTidy: boolean;
  saveData: boolean;
  /** URLs of the files of an earlier build that is whole. Undefined while they are looked up. */
  earlierUrls: ReadonlySet<string> | undefined;
}

interface Extendable {
  waitUntil(work: Promise<unknown>): void;
}

/** Answers with a page of this build. Before it is whole, an earlier build answers offline. */
export async function answerPage(
  served: Served,
  request: Request,
  event: Extendable,
  pageUrl: string,
): Promise<Response> {
  if (!served.isTidy) event.waitUntil(tidy(served));
  // The page may have forgotten the files, and the browser may have deleted them.
  const page = (await isWhole(served)) ? await keptFile(served, served.files, pageUrl) : undefined;
  if (page) return page;
  try {
    return await fetch(request);
  } catch (error) {
    return withoutHost(served, pageUrl, undefined, error);
  }
}

/**
 * Answers with a file of this build, or with one of any build if its name has a hash. Before this
 * build is whole, pages are of the host or of an earlier build. So is a file that has the same name
 * in each build.
 */
export async function answerFile(
  served: Served,
  request: Request,
  event: Extendable,
  file: AppFile | undefined,
): Promise<Response> {
  // A part of a file is not kept.
  if (request.headers.has('range')) return fetch(request);
  const cache = await caches.open(served.cacheName);
  const kept = await cache.match(file?.key ?? request.url, { ignoreVary: true });
  if (kept && (!file || isNamedByContent(file))) return kept;
  const isOfWhole = file !== undefined && (await isWhole(served));
  if (kept && isOfWhole) return kept;
  try {
    const response = await fetch(request);
    if (file && !file.required && response.ok)
      event.waitUntil(keepUsed(served, file, response.clone()));
    return response;
  } catch (error) {
    // A page of this build gets no file of an earlier one.
    if (isOfWhole) throw error;
    return withoutHost(served, file?.url ?? request.url, kept, error);
  }
}

/** Notes which files pages of an earlier build may ask for. */
export async function noteEarlier(served: Served): Promise<void> {
  let earlier: readonly AppFile[] = [];
  try {
    earlier = await earlierFiles(served);
  } finally {
    served.earlierUrls = new Set(earlier.map(({ url }) => url));
  }
}

/**
 * Answers from an earlier build, or else with what is kept of this one.
 * @throws the error of the network if there is neither
 */
async function withoutHost(
  served: Served,
  url: string,
  kept: Response | undefined,
  error: unknown,
): Promise<Response> {
  const answer = (await keptFile(served, await earlierFiles(served), url)) ?? kept;
  if (!answer) throw error;
  return answer;
}

async function keptFile(
  { cacheName }: Served,
  files: readonly AppFile[],
  url: string,
): Promise<Response | undefined> {
  const file = files.find((file) => file.url === url);
  if (!file) return undefined;
  return (await caches.open(cacheName)).match(file.key, { ignoreVary: true });
}

/** Keeps a file that the page used, if its user let the app be kept. */
async function keepUsed(served: Served, file: AppFile, response: Response): Promise<void> {
  if (served.saveData || !(await isWhole(served))) return;
  try {
    const checked = await checkedResponse(file, response, served.files);
    await (await caches.open(served.cacheName)).put(file.key, checked);
  } catch {
    // The page has its answer. The file is kept at a later use, or there is no room for it.
  }
}

async function tidy(served: Served): Promise<void> {
  served.isTidy = await deleteUnneeded(served);
}
