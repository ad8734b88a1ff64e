// A small service worker. It keeps every file of the app that was fetched, and answers with it when
// the host cannot be reached. Models are not kept here: the SDK has a store for them.
const scope = /** @type {import('../types.d.ts').OfflineWorkerScope} */ (
  /** @type {unknown} */ (globalThis)
);

scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  const isOfApp = origin === location.origin && !pathname.startsWith('/registry/');
  if (method === 'GET' && isOfApp) event.respondWith(answer(event.request));
});

/** @param {Request} request */
async function answer(request) {
  const cache = await caches.open('app');
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
