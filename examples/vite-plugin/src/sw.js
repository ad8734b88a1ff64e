const list = self.__WB_MANIFEST;

self.addEventListener('install', (event) =>
  event.waitUntil(caches.open('app').then((cache) => cache.addAll(list.map(({ url }) => url)))),
);
