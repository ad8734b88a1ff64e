// Keeps the app's shell offline: page, scripts, worker scripts, and the wasm file of the CPU. It
// does not keep model files: the SDK keeps them, verified, in IndexedDB.
const worker = self as unknown as ServiceWorkerGlobalScope;

interface Precache {
  readonly version: string;
  readonly files: readonly string[];
}

const PREFIX = 'perigee-demo-';
const RUNTIME = `${PREFIX}runtime`;

worker.addEventListener('install', (event) => {
  event.waitUntil(install());
});
worker.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const scope = new URL(worker.registration.scope);
  if (
    request.method !== 'GET' ||
    url.origin !== scope.origin ||
    url.pathname.startsWith(`${scope.pathname}registry/`)
  )
    return;
  event.respondWith(answer(request));
});

async function install(): Promise<void> {
  const { version, files } = await precache();
  const cache = await caches.open(PREFIX + version);
  // Bypasses the HTTP cache, because the kept files must be of this version.
  await cache.addAll(files.map((file) => new Request(file, { cache: 'reload' })));
}

/** Deletes old shells and takes over the open pages. */
async function activate(): Promise<void> {
  const { version } = await precache().catch(() => ({ version: null }));
  if (version !== null)
    for (const name of await caches.keys())
      if (name.startsWith(PREFIX) && name !== PREFIX + version && name !== RUNTIME)
        await caches.delete(name);
  await worker.clients.claim();
}

async function answer(request: Request): Promise<Response> {
  const known = await caches.match(request, {
    ignoreSearch: request.mode === 'navigate',
    ignoreVary: true,
  });
  if (known) return known;
  try {
    const response = await fetch(request);
    // Files named by their content, such as the wasm file of the GPU, are kept after their first
    // use.
    if (response.ok && new URL(request.url).pathname.includes('/assets/'))
      await (await caches.open(RUNTIME)).put(request, response.clone());
    return response;
  } catch (error) {
    const page = request.mode === 'navigate' ? await caches.match('./') : undefined;
    if (page) return page;
    throw error;
  }
}

async function precache(): Promise<Precache> {
  return (await (await fetch('precache.json', { cache: 'no-cache' })).json()) as Precache;
}
