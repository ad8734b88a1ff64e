// Serves the app's page, scripts and wasm files, once a visitor keeps them. The SDK keeps the
// models, verified, in IndexedDB.
import { serveApp } from 'perigee/service-worker';
import type { PrecacheEntry } from 'perigee/service-worker';

declare const self: ServiceWorkerGlobalScope & {
  readonly __WB_MANIFEST: readonly PrecacheEntry[];
};

/** The builds of ONNX Runtime for GPUs are 44 MB, so they are kept only once they were used. */
serveApp(self.__WB_MANIFEST, { later: ({ url }) => /jspi|asyncify/.test(url) });

/** The demo's own caches, which it had before. */
const CACHES_BEFORE = 'perigee-demo-';

self.addEventListener('activate', (event) => event.waitUntil(deleteCachesBefore()));

async function deleteCachesBefore(): Promise<void> {
  const names = await caches.keys();
  const before = names.filter((name) => name.startsWith(CACHES_BEFORE));
  await Promise.all(before.map((name) => caches.delete(name)));
}
