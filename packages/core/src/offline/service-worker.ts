/**
 * Keeps an app for offline use: `perigee/service-worker` in the script of the service worker,
 * `perigee/offline-app` on the page.
 *
 * @packageDocumentation
 */
import { PrecacheController, PrecacheRoute } from 'workbox-precaching';
import { NavigationRoute, Route, Router } from 'workbox-routing';
import { PerigeeError } from '../error.ts';
import {
  A_FILE,
  folderOf,
  foldersOfHashed,
  isModelFile,
  isPage,
  withoutModels,
} from './app-files.ts';
import type { AppFile, PrecacheEntry } from './app-files.ts';
import { answerFile, answerPage, noteEarlier } from './answers.ts';
import type { Served } from './answers.ts';
import { earlierFiles, keepList, noteOpenPages, restoreList } from './builds.ts';
import { KEEPING } from './messages.ts';
import type { AppBuild, ToWorker } from './messages.ts';
import type { WorkerScope } from './worker-scope.ts';

export type { PrecacheEntry } from './app-files.ts';

/** Options of `serveApp()`. */
export interface ServeAppOptions {
  /**
   * The page that answers every navigation for which the build has no page of its own, as apps with
   * routes in the address need it. Null: such a navigation goes to the host. Default: `index.html`.
   */
  readonly navigateFallback?: string | null;
  /**
   * Navigations that go to the host. They are compared with path and query. A path whose last part
   * has a dot, such as `/report.pdf`, goes to the host in any case.
   */
  readonly navigateFallbackDenylist?: readonly RegExp[];
  /**
   * Chooses files that are kept only once the page used them, such as the builds of ONNX Runtime
   * for GPUs. `size()` does not count them.
   */
  readonly later?: (entry: PrecacheEntry) => boolean;
}

/**
 * Serves the app from what the page kept with `perigee/offline-app`, and from the host before.
 * Installing fetches nothing. Models and the files of a registry go to the host in any case:
 * Perigee's own store keeps them.
 *
 * @example
 * import { serveApp } from 'perigee/service-worker';
 *
 * serveApp(list); // `list` stands for what the build tool replaces: see docs/offline.md
 *
 * @param entries the list that the build tool puts into the script
 * @throws PerigeeError INVALID_CONFIG if it put nothing there
 */
export function serveApp(
  entries: readonly (string | PrecacheEntry)[],
  options: ServeAppOptions = {},
): void {
  if (!Array.isArray(entries))
    throw new PerigeeError(
      'INVALID_CONFIG',
      'serveApp() got no list of files. Let a build tool put it into the script: see ' +
        'docs/offline.md.',
    );
  const worker = globalThis as unknown as WorkerScope;
  const controller = new PrecacheController();
  const served = describe(worker, controller, entries, options);
  // Without room for the list, the version is installed as well. The list is kept later.
  worker.addEventListener('install', (event) => event.waitUntil(attempt(keepList(served))));
  worker.addEventListener('activate', (event) => event.waitUntil(takeOver(served)));
  worker.addEventListener('message', (event) => event.waitUntil(answerMessage(served, event)));
  worker.addEventListener('fetch', ({ request }) => noteSaveData(served, request));
  route(served, new PrecacheRoute(controller), options).addFetchListener();
  void attempt(noteEarlier(served));
}

/** Goes on where the browser refuses to read or write. */
async function attempt(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch {
    // Room may come back: what was not kept is tried again, at the latest by the next worker.
  }
}

function describe(
  worker: WorkerScope,
  controller: PrecacheController,
  entries: readonly (string | PrecacheEntry)[],
  { later, navigateFallback = 'index.html' }: ServeAppOptions,
): Served {
  const base = worker.location.href;
  const known = withoutModels(entries, base);
  controller.addToCacheList([...known]);
  const files = known.map((entry): AppFile => {
    const { href: url } = new URL(entry.url, base);
    return {
      url,
      key: controller.getCacheKeyForURL(url) ?? url,
      bytes: entry.size ?? entry.bytes,
      integrity: entry.integrity,
      required: !later?.(entry),
    };
  });
  const { scope } = worker.registration;
  const fallback = navigateFallback === null ? undefined : new URL(navigateFallback, base).href;
  return {
    worker,
    files,
    fallback: files.find(({ url }) => url === fallback)?.url,
    cacheName: `perigee-app:${scope}`,
    listsName: `perigee-app-builds:${scope}`,
    isTidy: false,
    saveData: worker.navigator.connection?.saveData ?? false,
    earlierUrls: undefined,
  };
}

/** The routes, in the order in which they are tried. Other requests go to the host. */
function route(
  served: Served,
  listed: PrecacheRoute,
  { navigateFallbackDenylist = [] }: ServeAppOptions,
): Router {
  const { files, fallback } = served;
  const byKey = new Map(files.map((file) => [file.key, file]));
  const fileOf = (params: unknown): AppFile | undefined =>
    byKey.get((params as { readonly cacheKey: string }).cacheKey);
  const folders = foldersOfHashed(files);
  const router = new Router();
  router.registerRoute(
    new Route(
      (matching) => !isKeeping(matching.request) && listed.match(matching),
      ({ request, event, params }) => {
        const file = fileOf(params);
        return file && isPage(file)
          ? answerPage(served, request, event, file.url)
          : answerFile(served, request, event, file);
      },
    ),
  );
  if (fallback !== undefined)
    router.registerRoute(
      new NavigationRoute(({ request, event }) => answerPage(served, request, event, fallback), {
        denylist: [A_FILE, ...navigateFallbackDenylist],
      }),
    );
  // Pages of an earlier build ask for files that this build does not list.
  const isOfEarlier = (url: string, isOwn: boolean): boolean =>
    folders.has(folderOf({ url })) || (served.earlierUrls?.has(url) ?? isOwn);
  router.registerRoute(
    new Route(
      ({ url: { href }, sameOrigin, request }) =>
        isOfEarlier(href, sameOrigin) && !isModelFile(href) && !isKeeping(request),
      ({ request, event }) => answerFile(served, request, event, undefined),
    ),
  );
  return router;
}

/** `cache()` of the page wants the host's file, and not the one of the build in use. */
function isKeeping({ headers }: Request): boolean {
  return headers.has(KEEPING);
}

async function takeOver(served: Served): Promise<void> {
  await attempt(noteOpenPages(served));
  await served.worker.clients.claim();
}

async function answerMessage(
  served: Served,
  { data, ports: [port] }: { readonly data: unknown; readonly ports: readonly MessagePort[] },
): Promise<void> {
  const { perigee: asked } = (data ?? {}) as Partial<ToWorker>;
  if (asked === 'take-over') return served.worker.skipWaiting();
  if (asked === 'kept') served.isTidy = false;
  if (asked !== 'describe') return;
  await attempt(restoreList(served));
  const { cacheName, files, saveData } = served;
  const hasEarlier = (await earlierFiles(served)).length > 0;
  const build: AppBuild = { cacheName, files, saveData, hasEarlier };
  port?.postMessage(build);
}

/** Not all browsers that send the header have `navigator.connection`. */
function noteSaveData(served: Served, { headers, mode }: Request): void {
  const value = headers.get('save-data');
  if (value !== null) served.saveData = value.toLowerCase() === 'on';
  else if (mode === 'navigate')
    served.saveData = served.worker.navigator.connection?.saveData ?? false;
}
