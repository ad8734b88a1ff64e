import { onTestFinished, vi } from 'vitest';
import type { AppFile } from './app-files.ts';
import type { WorkerScope } from './worker-scope.ts';

export const SCOPE = 'https://app.example/';

/** Entries of one cache, by address, as far as the offline app uses them. */
class MemoryCache {
  readonly kept = new Map<string, Response>();

  async match(request: Request | string): Promise<Response | undefined> {
    return this.kept.get(addressOf(request))?.clone();
  }

  async put(request: Request | string, response: Response): Promise<void> {
    this.kept.set(addressOf(request), response);
  }

  async keys(): Promise<readonly Request[]> {
    return [...this.kept.keys()].map((url) => new Request(url));
  }

  async delete(request: Request | string): Promise<boolean> {
    return this.kept.delete(addressOf(request));
  }
}

function addressOf(request: Request | string): string {
  return typeof request === 'string' ? request : request.url;
}

/** Replaces the browser's caches for one test. Returns the caches by name. */
export function stubCaches(): Map<string, MemoryCache> {
  const all = new Map<string, MemoryCache>();
  vi.stubGlobal('caches', {
    async open(name: string) {
      const cache = all.get(name) ?? new MemoryCache();
      all.set(name, cache);
      return cache;
    },
    delete: async (name: string) => all.delete(name),
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  return all;
}

export function fileAt(path: string, required = true): AppFile {
  const url = new URL(path, SCOPE).href;
  return { url, key: url, bytes: undefined, integrity: undefined, required };
}

/** A service worker without open pages, and without a newer worker. */
export function lonelyWorker(): WorkerScope {
  return {
    location: { href: `${SCOPE}sw.js` },
    navigator: {},
    registration: { scope: SCOPE, installing: null, waiting: null },
    clients: { matchAll: async () => [], claim: async () => undefined },
    skipWaiting: async () => undefined,
    addEventListener: () => undefined,
  };
}
