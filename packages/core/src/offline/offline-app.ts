/**
 * Keeps an app for offline use: `perigee/offline-app` on the page, `perigee/service-worker` in the
 * script of the service worker.
 *
 * @packageDocumentation
 */
import { askForBuild, sizeOf } from './app-size.ts';
import type { AppSize } from './app-size.ts';
import { fetchMissing } from './fetch-missing.ts';
import type { FetchOptions } from './fetch-missing.ts';
import { registerScript } from './register-script.ts';
import type { RegisterOptions } from './register-script.ts';
import { applyUpdate, watchUpdates } from './updates.ts';
import type { AppUpdate } from './updates.ts';

export type { AppSize } from './app-size.ts';
export type { CacheProgress, FetchOptions } from './fetch-missing.ts';
export type { RegisterOptions } from './register-script.ts';
export type { AppUpdate } from './updates.ts';

/** Options of `OfflineApp.cache()`. */
export interface CacheOptions extends FetchOptions {
  /** True: the user asked for it, although Save-Data is on. Default: false. */
  readonly evenWithSaveData?: boolean;
}

/** The result of `OfflineApp.cache()`. `'save-data'`: nothing was fetched, as Save-Data is on. */
export type CacheResult = 'kept' | 'save-data';

/** An app with a service worker that calls `serveApp()`. */
export interface OfflineApp {
  readonly registration: ServiceWorkerRegistration;
  /** Measures the files to fetch and the files kept. It asks neither the host nor the user. */
  size(): Promise<AppSize>;
  /**
   * Fetches the files of the newest build that are not kept yet, and keeps them. Files that the
   * browser's HTTP cache has are taken from there. Files that were fetched before an abort or a
   * fault stay, so the next call goes on with the rest.
   *
   * @throws PerigeeError QUOTA (no room), NETWORK (no answer), WRONG_CONTENT (the host has another
   * file, or a page instead of it); an aborted call rejects with its signal's reason
   */
  cache(options?: CacheOptions): Promise<CacheResult>;
  /** Forgets every file that was kept. The app then comes from the host again. */
  remove(): Promise<void>;
  /** Whether a new version waits for `applyUpdate()`, or another tab applied it already. */
  readonly update: AppUpdate;
  /** Calls the listener at each update. Returns a function that ends this. */
  onUpdate(listener: (update: AppUpdate) => void): () => void;
  /** Lets the new version take over and reloads this page. Other tabs learn of it by `onUpdate`. */
  applyUpdate(): Promise<void>;
}

/**
 * Registers the script of the service worker. It fetches no other file: `cache()` does, when the
 * page calls it.
 *
 * @example
 * const app = await registerApp('/sw.js');
 * const { bytes, saveData } = await app.size();
 * if (!saveData && (await ask(bytes))) await app.cache();
 * app.onUpdate(() => showButton('Update', () => app.applyUpdate()));
 *
 * @throws PerigeeError UNSUPPORTED_BROWSER without service workers, INVALID_CONFIG on an insecure
 * origin or if the script cannot be used, NETWORK without an answer of the host
 */
export async function registerApp(
  scriptUrl: string | URL,
  options: RegisterOptions = {},
): Promise<OfflineApp> {
  const registration = await registerScript(scriptUrl, options);
  const updates = watchUpdates(registration);
  const buildOf = () => askForBuild(registration);
  return {
    registration,
    get update() {
      return updates.update;
    },
    size: async () => sizeOf(await buildOf()),
    async cache({ evenWithSaveData = false, ...fetching } = {}) {
      const build = await buildOf();
      const { saveData, bytes, room } = await sizeOf(build);
      if (saveData && !evenWithSaveData) return 'save-data';
      const signals = [updates.leaving.signal, ...(fetching.signal ? [fetching.signal] : [])];
      const signal = AbortSignal.any(signals);
      await fetchMissing(build, { bytes, room }, { ...fetching, signal });
      registration.active?.postMessage({ perigee: 'kept' });
      return 'kept';
    },
    async remove() {
      await caches.delete((await buildOf()).cacheName);
    },
    onUpdate(listener) {
      updates.listeners.add(listener);
      if (updates.update !== 'none') listener(updates.update);
      return () => updates.listeners.delete(listener);
    },
    applyUpdate: () => applyUpdate(updates),
  };
}
